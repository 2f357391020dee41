//! Alibaba Cloud's API over HTTPS: one signed request for each action, repeated where that is
//! safe, and errors that say what to decide.
//!
//! Must not know Terraform, and reads neither environment nor files by itself: whoever makes the
//! client gives it everything. Facts about the wire come from Alibaba Cloud's documents on request
//! structure and signatures (V3, `ACS3-HMAC-SHA256`) and from the official SDKs; a comment says
//! where one is only observed or inferred.
//!
//! Built in floors; each knows only those below it, and no two files know each other:
//!
//! | Floor | Holds |
//! |---|---|
//! | `client` | one set of credentials and endpoints |
//! | `actions` | the products' actions, one short function each; whose account the caller is in |
//! | `send` | one request: sign, send, classify, renew, repeat |
//! | `signer` | whose credentials sign, and how long they are kept |
//! | `credentials` | where credentials come from |
//! | `signature`, `error`, `endpoint`, `api` | pure: signing, decisions, hosts, responses |
//! | `transport` | HTTP clients, time-outs, limits, trust, the cloud's clock |

mod actions;
pub mod api;
mod body;
mod chance;
pub mod client;
pub mod credentials;
pub mod endpoint;
pub mod error;
mod key;
pub mod place;
mod send;
pub mod signature;
mod signer;
pub(crate) mod transport;

pub use actions::account::AccountClient;
pub use client::{Client, ClientOptions};
pub use error::Error;
pub use send::{progress::CallProgress, retry};
pub use transport::trust::ExtraRoots;
