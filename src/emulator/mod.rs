//! A small Alibaba Cloud on loopback: RAM, Resource Management, STS, MSS and what they need, as an
//! account sees them, for the quick start, for tests, and for the CI of people who use the provider.
//!
//! It answers any client of these APIs: signatures V3 and V1 are verified, parameters may be in the
//! query or in a form, errors are JSON with a request ID. Behaviour follows Alibaba Cloud's
//! documents; where those are silent a comment says "inferred". Its own calls are under
//! `/_emulator/` and are described in `control`; what it can be made to do wrong in `fault`.
//!
//! Roles, deletion tasks and subscriptions live by the emulator's clock, which runs with real time
//! and can be moved on. Signatures are checked against real time, so that clients keep working
//! after a jump; the `Date` header shows the emulator's clock.
//!
//! | Question | File |
//! |---|---|
//! | how bytes become a request, and who may make control calls | `server`, `tls` |
//! | who sent a request | `authentication`, `signature` |
//! | which action it is, what goes wrong with it, who may | `dispatch`, `products`, `fault`, `access` |
//! | what an action does | `ram`, `resource_manager`, `resource_directory`, `sts`, `mssp`, `sas` |
//! | what there is | `state` and what it is made of; `seed`, `store` |
//! | where credentials come from | `metadata` |
//!
//! It must not know the provider's client, its signing or its credentials: it has to find their
//! mistakes. It listens on loopback only, since its control calls are not protected.

mod access;
mod account;
mod action;
mod ambient;
mod authentication;
mod call_log;
mod catalog;
mod cloud;
mod control;
mod directory;
mod dispatch;
mod environment;
mod error;
mod fault;
mod metadata;
mod mssp;
mod page;
mod policy;
mod products;
mod ram;
mod reference;
mod reply;
mod request;
mod resource_directory;
mod resource_manager;
mod role;
mod running;
mod sas;
mod seed;
mod seed_file;
mod server;
mod service_linked;
mod session;
mod signature;
mod state;
mod store;
mod sts;
mod task;
mod tls;
mod trust;

pub use self::{
    environment::CommandEnvironment,
    error::Error,
    reference::{fault_help, reference},
    running::{Emulator, EmulatorOptions, start},
    seed::Seed,
    seed_file::schema,
};

/// How the secrets of an emulator begin, with what each is: for whoever searches logs for them. Those
/// that a seed brings are not among them.
pub const SECRETS: [(&str, &str); 5] = [
    ("AccessKey secret", state::DEFAULT_SECRET),
    ("AccessKey secret of a session", session::SESSION_SECRET),
    ("security token", session::SECURITY_TOKEN),
    ("metadata token", metadata::TOKEN),
    ("OAuth token", metadata::OAUTH_TOKEN),
];
