//! Generates configuration from state. The law: the configuration fits the schema, sets nothing that
//! only the provider may, and plans no change.

use super::{Registered, Server};
use crate::framework::{
    schema::Presence,
    value::{Object, Value},
};

impl Server {
    /// The configuration of an object in state.
    pub fn generate_resource_config(&self, registered: &Registered, state: &Value) -> Value {
        let Some(mut config) = Object::from_value(state) else { return Value::Null };
        for attribute in &registered.schema.attributes {
            let is_default = attribute.default.as_ref() == Some(config.get(attribute.name));
            if attribute.presence == Presence::Computed || is_default {
                config.set(attribute.name, Value::Null);
            }
        }
        registered.resource.generate_config(config).into()
    }
}
