//! Searches for objects. The laws: each object has an identity that is wholly known, and there are no
//! more of them than were asked for.

use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};

use super::{RegisteredListResource, RegisteredResource, Server};
use crate::framework::{
    diagnostics::Diagnostic,
    list_resource::ListResult,
    resource::IdentitySchema,
    value::{Object, Root, Value},
};

/// What to search for, and how much of it to return.
#[derive(Debug)]
pub struct ListRequest {
    /// The contents of the `config` block. Terraform sends an object also where there is no such block.
    pub config: Root,
    /// Whether the whole object is wanted beside its identity.
    pub include_resource: bool,
    /// How many objects at most; `None`: all.
    pub limit: Option<usize>,
}

/// One thing that a search reports.
#[derive(Debug)]
pub enum ListEvent {
    /// An object that exists and can be imported.
    Object {
        /// What a person calls it; shown beside the identity.
        display_name: String,
        /// What distinguishes it from all others; wholly known.
        identity: Value,
        /// Its whole state, if the request asked for it.
        resource: Option<Object>,
    },
    /// Something that the practitioner should know. After an error the search has ended.
    Diagnostic(Diagnostic),
}

impl Server {
    /// Starts a search; it asks for nothing beyond what is read from the stream.
    ///
    /// # Errors
    /// A configuration that is not an object.
    pub fn list_resources_of(
        &self,
        registered: &RegisteredListResource,
        resource: &RegisteredResource,
        request: ListRequest,
    ) -> Result<BoxStream<'static, ListEvent>, Diagnostic> {
        let config = request.config.object("the configuration")?;
        let results = registered.list_resource.list(config, self.stop_token());
        let identity = resource.identity.clone();
        let include_resource = request.include_resource;
        let events = results.map(move |result| event(result, &identity, include_resource));
        Ok(match request.limit {
            Some(limit) => limited(events.boxed(), limit).boxed(),
            None => events.boxed(),
        })
    }
}

fn event(result: ListResult, identity: &IdentitySchema, include_resource: bool) -> ListEvent {
    let (display_name, state) = match result {
        ListResult::Object { display_name, state } => (display_name, state),
        ListResult::Diagnostic(diagnostic) => return ListEvent::Diagnostic(diagnostic),
    };
    match identity.identity_of(&state) {
        Some(identity) => {
            ListEvent::Object { display_name, identity, resource: include_resource.then_some(state) }
        }
        None => {
            ListEvent::Diagnostic(Diagnostic::bug(format!("\"{display_name}\" was listed without identity.")))
        }
    }
}

/// Ends after so many objects; diagnostics do not count.
fn limited(
    events: BoxStream<'static, ListEvent>,
    limit: usize,
) -> impl futures_util::Stream<Item = ListEvent> + Send {
    stream::unfold((events, limit), |(mut events, left)| async move {
        // Before the next one is asked for: it would cost a call for an object that nobody wants.
        if left == 0 {
            return None;
        }
        let event = events.next().await?;
        let left = if matches!(event, ListEvent::Object { .. }) { left - 1 } else { left };
        Some((event, (events, left)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(script: &'static str) -> BoxStream<'static, ListEvent> {
        let event = |letter| match letter {
            'f' => ListEvent::Object { display_name: String::new(), identity: Value::Null, resource: None },
            _ => ListEvent::Diagnostic(Diagnostic::warning("w", "")),
        };
        stream::iter(script.chars().map(event)).boxed()
    }

    #[test]
    fn counts_objects_alone() {
        for (script, limit, expected) in
            [("fff", 2, 2), ("wfwf", 1, 2), ("www", 1, 3), ("ff", 0, 0), ("f", 9, 1)]
        {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let got = runtime.block_on(limited(events(script), limit).count());
            assert_eq!(got, expected, "{script} limited to {limit}");
        }
    }

    #[test]
    fn an_object_without_identity_is_a_bug() {
        let identity = IdentitySchema { version: 0, attributes: Vec::new() };
        let known = ListResult::Object { display_name: "x".to_owned(), state: Object::empty() };
        assert!(matches!(event(known, &identity, false), ListEvent::Object { resource: None, .. }));
        let needs_name = IdentitySchema {
            version: 0,
            attributes: vec![crate::framework::resource::IdentityAttribute {
                name: "name",
                description: "",
                required_for_import: true,
            }],
        };
        let mut state = Object::empty();
        state.set("name", Value::Unknown);
        let unknown = ListResult::Object { display_name: "x".to_owned(), state };
        assert!(matches!(event(unknown, &needs_name, true), ListEvent::Diagnostic(_)));
    }
}
