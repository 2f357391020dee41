//! Takes over state of another resource type (`moved` blocks). The law: the state is wholly known.

use super::{Registered, Server};
use crate::framework::{diagnostics::Diagnostic, resource::MoveSource, value::Value};

impl Server {
    /// The source's state as state of this resource.
    ///
    /// # Errors
    /// A source that cannot become this resource.
    pub fn move_resource_state(
        &self,
        registered: &Registered,
        source: &MoveSource,
    ) -> Result<Value, Diagnostic> {
        registered.resource.move_state(source).map(Value::from)
    }
}
