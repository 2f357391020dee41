//! What a list resource is to Terraform: a search for objects that may be imported
//! (`terraform query`, since Terraform 1.14).
//!
//! Must not know the wire.

use futures_util::stream::BoxStream;
use tokio_util::sync::CancellationToken;

use super::{
    diagnostics::{Diagnostic, Diagnostics},
    schema::Schema,
    value::Object,
};

/// A list resource: finds existing objects of the managed resource of the same name, for `terraform query`.
pub trait ListResource: Send + Sync {
    /// The name of the managed resource whose objects it finds. The server pairs the two by it.
    fn type_name(&self) -> &'static str;

    /// The attributes of the `config` block within a `list` block. Called at most once in a process.
    fn schema(&self) -> Schema;

    /// Checks what no attribute can check alone, after each attribute's own validators. Called before the
    /// provider is configured, and again before each search. An unknown value passes, and nothing is asked
    /// from the network.
    fn validate(&self, _config: &Object) -> Diagnostics {
        Diagnostics::new()
    }

    /// Searches, and yields each object as soon as it is found. Lazy: the server stops reading at the
    /// practitioner's limit, and nothing is asked of the cloud beyond what has been read from the stream. The
    /// stream ends soon after `stop` is cancelled (Ctrl-C).
    fn list(&self, config: Object, stop: CancellationToken) -> BoxStream<'static, ListResult>;
}

/// One item of a search: an object, or something to say about the search.
#[derive(Debug)]
pub enum ListResult {
    /// An object that exists and can be imported.
    Object {
        /// What a person calls it; shown beside the identity.
        display_name: String,
        /// Its state, as a read after an import would return it. The identity is taken from it, so it must
        /// hold every attribute of the identity.
        state: Object,
    },
    /// Something that the practitioner should know. After a warning the search continues. After an error it
    /// ends, and Terraform then shows no object at all.
    Diagnostic(Diagnostic),
}
