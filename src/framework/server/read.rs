//! Reads an object again. The law: the state is wholly known; none means that the object is gone.

use super::{Registered, Server};
use crate::framework::{
    diagnostics::Diagnostics,
    value::{Object, Value},
};

/// What is there.
#[derive(Debug)]
pub struct ReadAnswer {
    /// The state; null when the object is gone.
    pub state: Value,
    /// What the practitioner is told.
    pub diagnostics: Diagnostics,
}

impl Server {
    /// Reads one object; after an error the state is the one it had.
    pub async fn read_resource(&self, registered: &Registered, current: Value) -> ReadAnswer {
        let Some(object) = Object::from_value(&current) else {
            return ReadAnswer { state: Value::Null, diagnostics: Diagnostics::new() };
        };
        let read = registered.resource.read(object, &self.stop_token()).await;
        let state = match read.state {
            _ if read.diagnostics.has_error() => current,
            Some(state) => state.into(),
            None => Value::Null,
        };
        ReadAnswer { state, diagnostics: read.diagnostics }
    }
}
