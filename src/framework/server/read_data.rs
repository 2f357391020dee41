//! Reads a data source. The laws: the state is not null and wholly known, and holds the configuration.

use super::{ReadAnswer, RegisteredDataSource, Server};
use crate::framework::{
    diagnostics::Diagnostics,
    value::{Object, Value},
};

impl Server {
    /// Reads one data source.
    ///
    /// # Errors
    /// Whatever kept it from being read.
    pub async fn read_data_source(
        &self,
        registered: &RegisteredDataSource,
        config: &Value,
    ) -> Result<ReadAnswer, Diagnostics> {
        let config = Object::from_value(config).unwrap_or_default();
        let seen = registered.data_source.read(config, &self.stop_token()).await?;
        Ok(ReadAnswer { state: seen.state.into(), diagnostics: seen.warnings.into() })
    }

    /// What is known of a data source before it is read: its configuration.
    pub fn unread_data_source(&self, registered: &RegisteredDataSource, config: &Value) -> ReadAnswer {
        let mut state = Object::from_value(config).unwrap_or_default();
        for attribute in &registered.schema.attributes {
            if attribute.presence.is_computed() && state.get(attribute.name).is_null() {
                state.set(attribute.name, Value::Unknown);
            }
        }
        ReadAnswer { state: state.into(), diagnostics: Diagnostics::new() }
    }
}
