//! List resources: validate, list. A search answers with a stream.

use std::{panic::AssertUnwindSafe, sync::Arc};

use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use tonic::Status;
use tracing::Instrument;

use super::{
    super::{
        frame::{Rpc, RpcContext, RpcError, Subject, report},
        generated::{self as wire, list_resource::Event},
    },
    root::{config, encode_identity_data, encode_response},
};
use crate::framework::{
    diagnostics::Diagnostic,
    server::{ListEvent, ListRequest, RegisteredResource, Server},
};

impl Rpc for wire::validate_list_resource_config::Request {
    type Response = wire::validate_list_resource_config::Response;
    const NAME: &'static str = "ValidateListResourceConfig";

    fn subject(&self) -> Subject<'_> {
        Subject::ListResource(&self.type_name)
    }

    async fn respond(&self, context: &RpcContext) -> Result<Self::Response, RpcError> {
        let registered = context.server.list_resource(&self.type_name)?;
        let config = config(self.config.as_ref(), &registered.object_type)?;
        Ok(self.refuse(report(context.server.validate_list_config(registered, config))))
    }

    fn refuse(&self, diagnostics: Vec<wire::Diagnostic>) -> Self::Response {
        Self::Response { diagnostics }
    }
}

/// What tonic sends of a stream.
pub(in crate::protocol) type Events<T> = BoxStream<'static, Result<T, Status>>;

impl wire::list_resource::Request {
    fn search(&self, server: &Server) -> Result<BoxStream<'static, ListEvent>, RpcError> {
        let registered = server.list_resource(&self.type_name)?;
        let resource = server.resource(&self.type_name)?;
        let list = ListRequest {
            config: config(self.config.as_ref(), &registered.object_type)?,
            include_resource: self.include_resource_object,
            // Zero means no limit: a client that wants nothing would not call.
            limit: usize::try_from(self.limit).ok().filter(|limit| *limit > 0),
        };
        Ok(server.list_resources_of(registered, resource, list)?)
    }
}

impl Rpc for wire::list_resource::Request {
    type Response = Events<Event>;
    const NAME: &'static str = "ListResource";

    fn subject(&self) -> Subject<'_> {
        Subject::ListResource(&self.type_name)
    }

    async fn respond(&self, context: &RpcContext) -> Result<Self::Response, RpcError> {
        let events = guarded(self.search(&context.server)?);
        let (server, type_name) = (Arc::clone(&context.server), self.type_name.clone());
        Ok(events.map(move |event| Ok(encode_event(&server, &type_name, event))).boxed())
    }

    fn refuse(&self, diagnostics: Vec<wire::Diagnostic>) -> Self::Response {
        only(Event { diagnostic: diagnostics, ..Default::default() })
    }
}

/// A stream of one event, for what is refused before it starts.
pub(in crate::protocol) fn only<T: Send + 'static>(event: T) -> Events<T> {
    stream::iter([Ok(event)]).boxed()
}

/// The events of a search, logged under its span; a panic ends them with a diagnostic.
fn guarded(events: BoxStream<'static, ListEvent>) -> BoxStream<'static, ListEvent> {
    let span = tracing::Span::current();
    let instrumented = stream::unfold(events, move |mut events| {
        async move { events.next().await.map(|event| (event, events)) }.instrument(span.clone())
    });
    let caught = AssertUnwindSafe(instrumented).catch_unwind();
    caught
        .map(|event| {
            event.unwrap_or_else(|panic| {
                ListEvent::Diagnostic(Diagnostic::panicked("ListResource", &*panic, ""))
            })
        })
        .boxed()
}

fn encode_event(server: &Server, type_name: &str, event: ListEvent) -> Event {
    let encoded =
        server.resource(type_name).map_err(RpcError::from).and_then(|registered| encode(registered, event));
    encoded.unwrap_or_else(|error| {
        let diagnostics = match error {
            RpcError::Diagnostics(diagnostics) => diagnostics,
            RpcError::Undecodable(problem) => Diagnostic::bug(problem).into(),
        };
        Event { diagnostic: report(diagnostics), ..Default::default() }
    })
}

fn encode(registered: &RegisteredResource, event: ListEvent) -> Result<Event, RpcError> {
    match event {
        ListEvent::Diagnostic(diagnostic) => Err(diagnostic.into()),
        ListEvent::Object { display_name, identity, resource } => {
            let object = |resource| encode_response(resource, &registered.object_type);
            Ok(Event {
                identity: Some(encode_identity_data(registered, identity)?),
                display_name,
                resource_object: resource.map(|resource| object(resource.into())).transpose()?,
                diagnostic: Vec::new(),
            })
        }
    }
}
