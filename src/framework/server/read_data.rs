//! Reads a data source. The laws: the state is not null and wholly known, and holds the configuration.

use tokio_util::sync::CancellationToken;

use super::{RegisteredDataSource, Server};
use crate::framework::{data_source::DataSourceResult, diagnostics::Diagnostics, value::Root};

impl Server {
    /// Reads one data source. Terraform has validated the configuration before, and it is wholly known.
    ///
    /// # Errors
    /// Whatever kept it from being read.
    pub async fn read_data_source(
        &self,
        registered: &RegisteredDataSource,
        config: Root,
        stop: &CancellationToken,
    ) -> Result<DataSourceResult, Diagnostics> {
        let config = config.object("the configuration")?;
        registered.data_source.read(config, stop).await
    }
}
