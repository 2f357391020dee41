//! How Terraform starts, trusts and stops a provider process.
//!
//! Terraform runs its providers through go-plugin: it starts the binary, reads one line from its
//! standard output, connects to the address in that line with mutual TLS, speaks gRPC, and asks the
//! process to end when the work is done. This module is the other half of that conversation. It is
//! given the gRPC services of the provider and must not know what they do: no schemas, no resources,
//! no cloud.
//!
//! | File | Question |
//! |---|---|
//! | `environment` | what did the process find when it started? |
//! | `handshake` | did Terraform start us, do we speak the same version, what does the line say? |
//! | `tls` | whom do we trust, and how do they know us? |
//! | `listener`, `connection` | where do we listen, and who may come in? |
//! | `services` | what does go-plugin ask beside the provider's calls? |
//! | `lifetime` | when do we end? |
//! | `watch` | what ends us when the event loop is stuck? |
//! | `descriptors` | are there files enough to open? |
//! | `reattach` | how does a developer run us under a debugger? |
//! | `log` | how do log events reach Terraform? |
//! | `program` | who are we? |
//! | `run` | the life of the process, from start to exit |
//!
//! The facts come from go-plugin 1.8 and from measurements with Terraform 1.11 and 1.15; a comment
//! says so where a fact was observed or inferred rather than documented.

mod connection;
#[cfg(unix)]
mod descriptors;
mod environment;
mod error;
mod generated;
mod handshake;
mod lifetime;
mod listener;
mod log;
mod program;
mod reattach;
mod run;
mod services;
mod tls;
#[cfg(unix)]
mod watch;

pub use self::{
    error::Error,
    program::Plugin,
    run::{MESSAGE_LIMIT, Service, run},
};
