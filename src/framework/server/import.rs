//! Imports an object by its ID or its identity. The law: exactly one object, with a state that is not null; the
//! read that follows fills it in, and knows by a mark in private data that it follows an import.

use super::{Registered, Server};
use crate::framework::{
    diagnostics::Diagnostic,
    private::Private,
    resource::Imported,
    value::{Object, Root},
};

/// A state taken over.
#[derive(Debug)]
pub struct ImportAnswer {
    /// The state; never null.
    pub state: Object,
    /// Private data for what follows.
    pub private: Vec<u8>,
}

impl Server {
    /// The state to read the object from.
    ///
    /// # Errors
    /// An ID that names no object of this type.
    pub fn import_resource_state(
        &self,
        registered: &Registered,
        id: &str,
    ) -> Result<ImportAnswer, Diagnostic> {
        registered.resource.import(id).map(marked)
    }

    /// The state to read the object of an identity from.
    ///
    /// # Errors
    /// An identity that no object of this type has.
    pub fn import_resource_by_identity(
        &self,
        registered: &Registered,
        identity: Root,
    ) -> Result<ImportAnswer, Diagnostic> {
        let identity = identity.object("the identity")?;
        registered.resource.import_identity(&identity).map(marked)
    }
}

fn marked(imported: Imported) -> ImportAnswer {
    let private = Private { data: imported.private, imported: true };
    ImportAnswer { state: imported.state, private: private.encode() }
}
