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

/// Finds the objects of the managed resource of the same name.
pub trait ListResource: Send + Sync {
    /// The type's name in configuration: that of the managed resource.
    fn type_name(&self) -> &'static str;

    /// The contents of the `config` block of a `list` block.
    fn schema(&self) -> Schema;

    /// Checks what no attribute can check alone. Unknown values pass: nothing is asked from the network.
    fn validate(&self, _config: &Object) -> Diagnostics {
        Diagnostics::new()
    }

    /// Searches, and reports each object as soon as it is found. Nothing is asked beyond what is read
    /// from the stream. It ends soon after `stop` is cancelled (Ctrl-C).
    fn list(&self, config: Object, stop: CancellationToken) -> BoxStream<'static, Listed>;
}

/// One thing that a search reports.
#[derive(Debug)]
pub enum Listed {
    /// An object.
    Found {
        /// What a person calls it.
        display_name: String,
        /// Its state, as an import would have it.
        state: Object,
    },
    /// Something that the practitioner should know. After a warning the search continues; an error ends the search, and
    /// Terraform then shows no object at all.
    Told(Diagnostic),
}
