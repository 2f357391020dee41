//! Takes over state of another resource type, or of ours under another address (`moved` blocks). The law: the
//! state is an object, wholly known.

use super::{ImportResponse, RegisteredResource, Server};
use crate::framework::{
    diagnostics::Diagnostic,
    private::Private,
    resource::{ImportedState, MoveSource},
};

impl Server {
    /// The source's state as state of this resource. State of this very type, which another host or namespace
    /// of this provider holds, is read as if this address had written it.
    ///
    /// # Errors
    /// A source that cannot become this resource.
    pub fn move_resource_state(
        &self,
        registered: &RegisteredResource,
        source: &MoveSource,
    ) -> Result<ImportResponse, Diagnostic> {
        let moved = match source.type_name == registered.resource.type_name() {
            true => self.own_state(registered, source)?,
            false => registered.resource.move_state(source)?,
        };
        if !moved.state.is_wholly_known() {
            return Err(Diagnostic::bug("A value is unknown after a move."));
        }
        // OpenTofu plans in this process, and does not ask for an upgrade of what it moved.
        registered.resource.seen_in_state(&moved.state);
        Ok(ImportResponse { state: moved.state, private: Private::of(moved.private).encode() })
    }

    /// Our own state, of any schema version, with the data beside it.
    fn own_state(
        &self,
        registered: &RegisteredResource,
        source: &MoveSource,
    ) -> Result<ImportedState, Diagnostic> {
        let stored = serde_json::Value::Object(source.state.clone()).to_string();
        let state = self.upgrade_resource_state(registered, source.schema_version, stored.as_bytes())?;
        Ok(ImportedState { state: state.object("the state to move")?, private: source.private.clone() })
    }
}
