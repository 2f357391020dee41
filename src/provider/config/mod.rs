//! The provider block and the environment, read into settings of the cloud client.
//!
//! An argument goes before the environment, and that before a default. Names and environment
//! variables are those of the alicloud provider and of the official SDKs, so that people find what
//! they know; `MSS_ENDPOINT_URL…` are our own. The environment is read once, in
//! [`ProviderEnvironment::from_process`].

mod certificates;
mod endpoints;
mod environment;
mod proxies;
mod reader;
mod schema;
mod settings;
mod validators;

pub use environment::ProviderEnvironment;
pub(super) use schema::schema;
pub(super) use settings::{Settings, validate};

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::framework::diagnostics::Samples;

    /// A sample of each diagnostic that this folder makes, for the snapshot.
    pub(crate) async fn samples() -> Samples {
        [
            settings::tests::samples().await,
            certificates::tests::samples(),
            endpoints::tests::samples(),
            proxies::tests::samples(),
            schema::tests::samples(),
            validators::tests::samples(),
        ]
        .concat()
    }
}
