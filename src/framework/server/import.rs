//! Imports an object by its ID. The law: exactly one object, with a state that is not null; the
//! read that follows fills it in.

use super::{Registered, Server};
use crate::framework::{diagnostics::Diagnostic, value::Value};

impl Server {
    /// The state to read the object from.
    ///
    /// # Errors
    /// An ID that names no object of this type.
    pub fn import_resource_state(&self, registered: &Registered, id: &str) -> Result<Value, Diagnostic> {
        registered.resource.import(id).map(Value::from)
    }
}
