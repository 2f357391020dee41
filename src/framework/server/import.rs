//! Imports an object by its ID or its identity. The law: exactly one object, with a state that is not null; the
//! read that follows fills it in, and knows by a mark in private data that it follows an import.

use super::{RegisteredResource, Server};
use crate::framework::{
    diagnostics::Diagnostic,
    private::Private,
    resource::ImportedState,
    value::{Object, Root},
};

/// The state of an imported object, before the read that fills it in.
#[derive(Debug)]
pub struct ImportResponse {
    /// At least what the read needs to find the object; all else is null.
    pub state: Object,
    /// Private data for that read, with the mark of an import.
    pub private: Vec<u8>,
}

impl Server {
    /// The state to read the object from. Needs no configuration, and asks nothing from the network.
    ///
    /// # Errors
    /// An ID whose form is not one of this type's.
    pub fn import_resource_state(
        &self,
        registered: &RegisteredResource,
        id: &str,
    ) -> Result<ImportResponse, Diagnostic> {
        registered.resource.import(id).map(marked)
    }

    /// The state to read the object of an identity from. Needs no configuration, and asks nothing from the
    /// network.
    ///
    /// # Errors
    /// An identity that is null or unknown as a whole, or that no object of this type can have.
    pub fn import_resource_by_identity(
        &self,
        registered: &RegisteredResource,
        identity: Root,
    ) -> Result<ImportResponse, Diagnostic> {
        let identity = identity.object("the identity")?;
        registered.resource.import_identity(&identity).map(marked)
    }
}

fn marked(imported: ImportedState) -> ImportResponse {
    let private = Private { data: imported.private, imported: true };
    ImportResponse { state: imported.state, private: private.encode() }
}
