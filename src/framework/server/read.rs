//! Reads an object again. The laws: the state is wholly known; null means that the object is gone; what
//! could not be read stays as it was, and after an import, where nothing was, that is an error.

use tokio_util::sync::CancellationToken;

use super::{RegisteredResource, Server};
use crate::framework::{
    diagnostics::{Diagnostic, Diagnostics},
    private::Private,
    resource::{Outcome, Read, ResourceResult},
    value::{Object, Root, unexpected},
};

/// The object to read again, as Terraform has it.
#[derive(Debug)]
pub struct ReadRequest {
    /// The state as it is stored, or as an import made it.
    pub current: Root,
    /// Private data stored beside the state, or left by an import; still encoded.
    pub private: Vec<u8>,
}

/// What is true of the object now.
#[derive(Debug)]
pub struct ReadResponse {
    /// The state; null when the object is gone. After an error it is the one that was sent.
    pub state: Root,
    /// Private data to store beside the state, encoded. The mark of an import has been taken off.
    pub private: Vec<u8>,
    /// Empty if the object was read, or is gone without a reason to say so.
    pub diagnostics: Diagnostics,
}

impl ReadResponse {
    fn refused(request: ReadRequest, why: Diagnostic) -> Self {
        Self { state: request.current, private: request.private, diagnostics: why.into() }
    }
}

impl Server {
    /// Reads one object. After an error the state is the one it had.
    pub async fn read_resource(
        &self,
        registered: &RegisteredResource,
        request: ReadRequest,
        stop: &CancellationToken,
    ) -> ReadResponse {
        let private = match Private::decode(&request.private) {
            Ok(private) => private,
            Err(foreign) => return ReadResponse::refused(request, foreign),
        };
        match request.current.clone() {
            Root::Object(current) => read_object(registered, current, private, stop).await,
            Root::Unknown => ReadResponse::refused(request, unexpected("the current state", "unknown")),
            // There is none, and none is made up.
            Root::Null => {
                ReadResponse { state: Root::Null, private: request.private, diagnostics: Diagnostics::new() }
            }
        }
    }
}

async fn read_object(
    registered: &RegisteredResource,
    current: Object,
    private: Private,
    stop: &CancellationToken,
) -> ReadResponse {
    let Private { mut data, imported } = private;
    let read = Read { current: current.clone(), imported, private: &mut data };
    let result = registered.resource.read(read, stop).await;
    let (state, diagnostics) = settle(current, imported, result);
    ReadResponse { state, private: Private::of(data).encode(), diagnostics }
}

fn settle(current: Object, imported: bool, result: ResourceResult) -> (Root, Diagnostics) {
    let ResourceResult { outcome, mut diagnostics } = result;
    // Whatever the outcome says: a read that failed must not make Terraform forget the object.
    if diagnostics.has_error() {
        return (current.into(), diagnostics);
    }
    let state = match outcome {
        Outcome::State(state) => state.into(),
        Outcome::Gone => Root::Null,
        Outcome::Unchanged => {
            if imported {
                diagnostics.push(not_read());
            }
            current.into()
        }
    };
    if !state.is_wholly_known() {
        diagnostics.push(Diagnostic::bug("A value is unknown after a read."));
    }
    (state, diagnostics)
}

fn not_read() -> Diagnostic {
    Diagnostic::error(
        "Import could not be read",
        "The provider could not read the object to import, so nothing was imported.\n\nIf the provider's configuration \
         depends on values that are known only after apply, apply what it depends on first (`-target`), then import.",
    )
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::framework::diagnostics::Samples;

    /// A sample of each diagnostic that this file makes, for the snapshot.
    pub(crate) fn samples() -> Samples {
        vec![("not_read", not_read())]
    }
}
