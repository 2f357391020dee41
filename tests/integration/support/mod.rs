//! What the tests share: Terraform's side of the conversation with a provider.

pub mod client_certificate;
pub mod cloud;
pub mod guide;
pub mod laws;
pub mod names;
pub mod postgres;
pub mod provider_process;
pub mod real_hosts;
pub mod resource;
pub mod rpc;
pub mod secrets;
pub mod terraform;
pub mod workspace;

use std::{future::Future, time::Duration};

/// Far longer than anything that works takes on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

/// Waits for an event that must come; fails the test, naming the event, when it does not.
pub async fn within<T>(event: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(LIMIT, future).await {
        Ok(value) => value,
        Err(_) => panic!("waited {LIMIT:?} for {event}"),
    }
}
