//! What a data source is to Terraform: something to look at, which is never changed.
//!
//! Must not know the wire.

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use super::{
    diagnostics::{Diagnostic, Diagnostics},
    schema::Schema,
    value::Object,
};

/// A data source. Implement it once for each type; [`super::server::Server`] calls it.
#[async_trait]
pub trait DataSource: Send + Sync {
    /// The name in configuration, with the provider's prefix.
    fn type_name(&self) -> &'static str;

    /// The attributes. Called at most once in a process, perhaps before the provider is configured.
    /// [`DataSource::read`] fills the computed ones.
    fn schema(&self) -> Schema;

    /// Checks what no attribute can check alone, after each attribute's own validators. Called before the
    /// provider is configured, and often before the configuration is wholly known: an unknown value passes,
    /// and nothing is asked from the network.
    fn validate(&self, _config: &Object) -> Diagnostics {
        Diagnostics::new()
    }

    /// Reads what the configuration names. Called during plan once the configuration is wholly known and
    /// nothing that it depends on is about to change, else during apply. The state returned holds the
    /// configuration and every computed value. Ends soon after `stop` is cancelled (Ctrl-C).
    ///
    /// # Errors
    /// Whatever keeps it from being read: a data source cannot say "not there", unless an attribute of its
    /// own does.
    async fn read(&self, config: Object, stop: &CancellationToken) -> Result<DataSourceResult, Diagnostics>;
}

/// What a read returns: the whole state, and what is worth knowing of it.
#[derive(Debug)]
pub struct DataSourceResult {
    /// The configuration and every computed value; wholly known.
    pub state: Object,
    /// What the practitioner should know although the state is whole. Warnings only: what keeps it from being
    /// whole is the error of [`DataSource::read`].
    pub warnings: Vec<Diagnostic>,
}

impl From<Object> for DataSourceResult {
    fn from(state: Object) -> Self {
        Self { state, warnings: Vec::new() }
    }
}
