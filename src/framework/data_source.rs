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

/// A data source.
#[async_trait]
pub trait DataSource: Send + Sync {
    /// The type's name in configuration.
    fn type_name(&self) -> &'static str;

    /// Its attributes; what is computed is filled by [`DataSource::read`].
    fn schema(&self) -> Schema;

    /// Checks what no attribute can check alone. Unknown values pass: nothing is asked from the network.
    fn validate(&self, _config: &Object) -> Diagnostics {
        Diagnostics::new()
    }

    /// Looks. The configuration is wholly known and has been validated; the answer holds it and every
    /// computed value. Ends soon after `stop` is cancelled (Ctrl-C).
    ///
    /// # Errors
    /// Whatever keeps it from being read: a data source has no way to say "not there".
    async fn read(&self, config: Object, stop: &CancellationToken) -> Result<Seen, Diagnostics>;
}

/// What a data source has seen.
#[derive(Debug)]
pub struct Seen {
    /// The configuration and every computed value, wholly known.
    pub state: Object,
    /// What the practitioner should know, although the state is whole.
    pub warnings: Vec<Diagnostic>,
}

impl From<Object> for Seen {
    fn from(state: Object) -> Self {
        Self { state, warnings: Vec::new() }
    }
}
