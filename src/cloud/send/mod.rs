//! One request: signed, sent, its response sorted by what there is to decide, and sent again where that is
//! safe and can help.
//!
//! Must not know what the actions mean, nor where credentials come from.

mod limiter;
pub mod progress;
mod repeat;
mod request;
mod response;
pub mod retry;
pub mod sender;
