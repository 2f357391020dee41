//! tfplugin6 on the wire: decodes each request, asks [`crate::framework::server`], encodes the
//! answer.
//!
//! The only place that sees generated types. It must not know any resource by name, nor the cloud.
//! Protocol version 6.11 (Terraform 1.16) is spoken; older clients ignore what they do not know.

mod convert;
pub mod generated;
mod v6;

pub use v6::ProviderService;
