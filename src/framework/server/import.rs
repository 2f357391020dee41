//! Imports an object by its ID or its identity. The law: exactly one object, with a state that is not null; the
//! read that follows fills it in.

use super::{Registered, Server};
use crate::framework::{
    diagnostics::Diagnostic,
    value::{Object, Value},
};

impl Server {
    /// The state to read the object from.
    ///
    /// # Errors
    /// An ID that names no object of this type.
    pub fn import_resource_state(&self, registered: &Registered, id: &str) -> Result<Value, Diagnostic> {
        registered.resource.import(id).map(Value::from)
    }

    /// The state to read the object of an identity from.
    ///
    /// # Errors
    /// An identity that no object of this type has.
    pub fn import_resource_by_identity(
        &self,
        registered: &Registered,
        identity: &Value,
    ) -> Result<Value, Diagnostic> {
        let identity = Object::from_value(identity).unwrap_or_default();
        registered.resource.import_identity(&identity).map(Value::from)
    }
}
