//! Alibaba Cloud's API over HTTPS: one signed request for each action, repeated where that is
//! safe, and errors that say what to decide.
//!
//! Must not know Terraform, and reads neither environment nor files by itself: whoever makes the
//! client gives it everything. Facts about the wire come from Alibaba Cloud's documents on request
//! structure and signatures (V3, `ACS3-HMAC-SHA256`) and from the official SDKs; a comment says
//! where one is only observed or inferred.

pub mod api;
mod body;
mod call;
pub mod client;
pub mod credentials;
pub mod endpoint;
pub mod error;
mod limiter;
pub mod retry;
pub mod signature;

pub use client::{AccountClient, Client, Options};
pub use error::Error;
