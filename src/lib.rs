//! Terraform and OpenTofu provider for the service-linked roles of Alibaba Cloud's Managed
//! Security Service (MSS).
//!
//! A request travels through the layers in this order, and each layer knows only the next one:
//!
//! | Layer | What it knows |
//! |---|---|
//! | [`plugin`] | how Terraform starts, trusts and stops a provider process |
//! | [`protocol`] | tfplugin6 on the wire |
//! | [`framework`] | Terraform's ideas: values, schemas, plans, diagnostics |
//! | [`provider`] | the MSS resources |
//! | [`cloud`] | Alibaba Cloud's API over HTTPS |
//!
//! Below them all are [`text`], the rule for what is shown of a text from outside, [`cause`], how an error is printed, and
//! [`mod@file`], how files are read and replaced.
//!
//! [`docgen`] is separate: it generates the documentation from what the provider lists. So are two modules that are
//! compiled only with the feature `emulator`, since the provider needs neither them nor their dependencies:
//! `emulator`, a small Alibaba Cloud for the quick start and for tests, and `probe`, which compares the real cloud
//! with it.

pub mod cause;
pub mod cloud;
pub mod docgen;
#[cfg(feature = "emulator")]
pub mod emulator;
pub mod file;
pub mod framework;
pub mod plugin;
#[cfg(feature = "emulator")]
pub mod probe;
pub mod protocol;
pub mod provider;
pub mod text;

#[cfg(test)]
mod all_diagnostics;
