//! Reads a data source. The laws: the state is not null and wholly known, and holds the configuration.

use super::{RegisteredDataSource, Server};
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
    ) -> Result<Value, Diagnostics> {
        let config = Object::from_value(config).unwrap_or_default();
        registered.data_source.read(config, &self.stop_token()).await.map(Value::from)
    }

    /// What is known of a data source before it is read: its configuration.
    pub fn unread_data_source(&self, registered: &RegisteredDataSource, config: &Value) -> Value {
        let mut state = Object::from_value(config).unwrap_or_default();
        for attribute in &registered.schema.attributes {
            if attribute.presence.is_computed() && state.get(attribute.name).is_null() {
                state.set(attribute.name, Value::Unknown);
            }
        }
        state.into()
    }
}
