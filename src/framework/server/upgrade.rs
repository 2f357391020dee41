//! Reads stored state, of this schema version or an older one. The law: the response fits the
//! current schema and is wholly known.

use super::{RegisteredResource, Server};
use crate::framework::{
    diagnostics::Diagnostic,
    value::{Root, Value, json},
};

impl Server {
    /// A stored state in the current shape, from the JSON of the state file. Terraform asks for each object
    /// in state, also if the version is the current one.
    ///
    /// # Errors
    /// A state that does not fit any released schema: it was edited by hand or is damaged.
    pub fn upgrade_resource_state(
        &self,
        registered: &RegisteredResource,
        version: i64,
        state: &[u8],
    ) -> Result<Root, Diagnostic> {
        let state = json::decode(state, &registered.object_type).map_err(|error| damaged(&error))?;
        match Root::try_from(state).map_err(|error| damaged(&error))? {
            Root::Object(stored) => {
                let state = registered.resource.upgrade(version, stored)?;
                // Only now: in an older shape the resource could not tell which object it is.
                registered.resource.seen_in_state(&state);
                Ok(state.into())
            }
            none => Ok(none),
        }
    }
}

impl Server {
    /// A stored identity in the current shape. Terraform asks only if the stored version is not the current
    /// one.
    ///
    /// # Errors
    /// A version that no release has written, or an identity that does not fit the schema.
    pub fn upgrade_resource_identity(
        &self,
        registered: &RegisteredResource,
        version: i64,
        identity: &[u8],
    ) -> Result<Value, Diagnostic> {
        if version != registered.identity.version {
            let text = format!("A stored identity has version {version}, which no release has written.");
            return Err(Diagnostic::bug(text));
        }
        json::decode(identity, &registered.identity.object_type()).map_err(|error| damaged(&error))
    }
}

fn damaged(error: &crate::framework::value::Error) -> Diagnostic {
    Diagnostic::error(
        "Stored state cannot be read",
        format!(
            "The state of this resource does not have the shape that the provider writes: {error}.\n\nIf the \
             state was edited by hand, restore a backup. Otherwise take the resource out of state and import it \
             again; nothing in the cloud changes:\n\n    terraform state rm 'ADDRESS'"
        ),
    )
    .at(error.path().clone())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::framework::diagnostics::Samples;
    use crate::framework::value::Path;

    /// A sample of each diagnostic that this file makes, for the snapshot.
    pub(crate) fn samples() -> Samples {
        let error =
            crate::framework::value::Error::new(&Path::of("arn"), "expected a string, found a number");
        vec![("damaged", damaged(&error))]
    }
}
