//! Generates configuration from state. The law: the configuration fits the schema, sets nothing that
//! only the provider may, and plans no change.

use super::{RegisteredResource, Server};
use crate::framework::{
    diagnostics::Diagnostic,
    schema::Presence,
    value::{Object, Root, Value},
};

impl Server {
    /// The configuration of an object in state: what only the provider fills, and every default, is null.
    ///
    /// # Errors
    /// A state that is null or unknown as a whole.
    pub fn generate_resource_config(
        &self,
        registered: &RegisteredResource,
        state: Root,
    ) -> Result<Object, Diagnostic> {
        let mut config = state.object("the state")?;
        for attribute in &registered.schema.attributes {
            let is_default = attribute.default.as_ref() == Some(config.get(attribute.name));
            if attribute.presence == Presence::Computed || is_default {
                config.set(attribute.name, Value::Null);
            }
        }
        Ok(registered.resource.generate_config(config))
    }
}
