//! HTTP to the cloud and to everything else that gives credentials: connections, proxies, time-outs,
//! trust in certificates, limits of responses; and the time by the cloud's clock.
//!
//! Knows nothing else of ours: neither what is asked nor who signs.

pub mod advice;
pub mod clock;
pub mod http;
mod proxy;
pub mod trust;
