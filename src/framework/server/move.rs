//! Takes over state of another resource type, or of ours under another address (`moved` blocks). The law: the
//! state is an object, wholly known.

use super::{ImportAnswer, Registered, Server};
use crate::framework::{diagnostics::Diagnostic, private::Private, resource::MoveSource};

impl Server {
    /// The source's state as state of this resource.
    ///
    /// # Errors
    /// A source that cannot become this resource.
    pub fn move_resource_state(
        &self,
        registered: &Registered,
        source: &MoveSource,
    ) -> Result<ImportAnswer, Diagnostic> {
        let moved = registered.resource.move_state(source)?;
        if !moved.state.is_wholly_known() {
            return Err(Diagnostic::bug("A value is unknown after a move."));
        }
        // OpenTofu plans in this process, and does not ask for an upgrade of what it moved.
        registered.resource.seen_in_state(&moved.state);
        Ok(ImportAnswer { state: moved.state, private: Private::of(moved.private).encode() })
    }
}
