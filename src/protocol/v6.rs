//! The gRPC service `tfplugin6.Provider`: decode, call the server, encode; nothing else.
//!
//! What a practitioner should see is a diagnostic, also when our own code panics. A gRPC status is
//! only for a request that cannot be decoded. Kinds that this provider does not offer are answered
//! with a diagnostic that says so.

use std::{any::Any, future::Future, panic::AssertUnwindSafe, sync::Arc};

use futures_util::{FutureExt, StreamExt, stream, stream::BoxStream};
use tonic::{Request, Response, Status, Streaming};
use tracing::Instrument;

use super::{
    convert::{
        diagnostics::{encode as encode_diagnostics, path as encode_path},
        function::{encode_all as encode_functions, encode_error as encode_function_error},
        schema::{
            encode as encode_schema, encode_all as encode_schemas, encode_identity as encode_identity_schema,
        },
        value::{decode, decode_root, encode},
    },
    generated::{
        self as wire, ClientCapabilities, DynamicValue, ServerCapabilities, provider_server::Provider,
    },
};
use crate::framework::{
    diagnostics::{Diagnostic, Diagnostics, Severity},
    function::{Definition, Error as FunctionError, Function},
    private::Private,
    resource::MoveSource,
    server::{
        ApplyRequest, ImportAnswer, ListEvent, ListRequest, PlanRequest, ReadRequest, Registered, Server,
        not_offered,
    },
    value::{Error as ValueError, Root, Type, Value},
};

/// Serves a provider to Terraform.
#[derive(Clone)]
pub struct ProviderService {
    server: Arc<Server>,
}

impl ProviderService {
    /// Serves what `server` runs.
    pub fn new(server: Server) -> Self {
        Self { server: Arc::new(server) }
    }

    /// Ends every wait of every call in flight, as StopProvider does.
    pub fn stopper(&self) -> impl Fn() + use<> {
        let server = Arc::clone(&self.server);
        move || server.stop()
    }

    /// What this provider can do beyond the oldest protocol 6.
    fn capabilities() -> ServerCapabilities {
        ServerCapabilities {
            plan_destroy: true,
            get_provider_schema_optional: true,
            move_resource_state: true,
            generate_resource_config: true,
        }
    }

    /// Starts a search.
    fn list(&self, request: &wire::list_resource::Request) -> Result<BoxStream<'static, ListEvent>, Fault> {
        let registered = self.server.list_resource(&request.type_name)?;
        let resource = self.server.resource(&request.type_name)?;
        let list = ListRequest {
            config: decode_root(request.config.as_ref(), "config", &registered.object_type)?,
            include_resource: request.include_resource_object,
            // A client that wants none would not ask.
            limit: usize::try_from(request.limit).ok().filter(|limit| *limit > 0),
        };
        Ok(self.server.list_resources_of(registered, resource, list)?)
    }
}

#[tonic::async_trait]
impl Provider for ProviderService {
    async fn get_metadata(
        &self,
        _request: Request<wire::get_metadata::Request>,
    ) -> Answer<wire::get_metadata::Response> {
        use wire::get_metadata::{DataSourceMetadata, ListResourceMetadata, ResourceMetadata};

        let resource = |name: &&str| ResourceMetadata { type_name: (*name).to_owned() };
        let data_source = |name: &&str| DataSourceMetadata { type_name: (*name).to_owned() };
        let list_resource = |name: &&str| ListResourceMetadata { type_name: (*name).to_owned() };
        let answer = async {
            Ok(wire::get_metadata::Response {
                server_capabilities: Some(Self::capabilities()),
                resources: self.server.resources().keys().map(resource).collect(),
                data_sources: self.server.data_sources().keys().map(data_source).collect(),
                list_resources: self.server.list_resources().keys().map(list_resource).collect(),
                functions: self
                    .server
                    .functions()
                    .iter()
                    .map(|function| function_name(&**function))
                    .collect(),
                ..Default::default()
            })
        };
        let refuse = |diagnostics| wire::get_metadata::Response { diagnostics, ..Default::default() };
        respond(Call::of("GetMetadata"), refuse, answer).await
    }

    async fn get_provider_schema(
        &self,
        _request: Request<wire::get_provider_schema::Request>,
    ) -> Answer<wire::get_provider_schema::Response> {
        let answer = async {
            let resources = self.server.resources().iter();
            let data_sources = self.server.data_sources().iter();
            let list_resources = self.server.list_resources().iter();
            Ok(wire::get_provider_schema::Response {
                provider: Some(encode_schema(self.server.provider_schema())),
                resource_schemas: encode_schemas(resources.map(|(name, of)| (*name, &of.schema))),
                data_source_schemas: encode_schemas(data_sources.map(|(name, of)| (*name, &of.schema))),
                list_resource_schemas: encode_schemas(list_resources.map(|(name, of)| (*name, &of.schema))),
                functions: encode_functions(self.server.functions()),
                server_capabilities: Some(Self::capabilities()),
                ..Default::default()
            })
        };
        let refuse = |diagnostics| wire::get_provider_schema::Response { diagnostics, ..Default::default() };
        respond(Call::of("GetProviderSchema"), refuse, answer).await
    }

    async fn get_resource_identity_schemas(
        &self,
        _request: Request<wire::get_resource_identity_schemas::Request>,
    ) -> Answer<wire::get_resource_identity_schemas::Response> {
        let resources = self.server.resources().iter();
        let identity = |(name, registered): (&&str, &Registered)| {
            ((*name).to_owned(), encode_identity_schema(&registered.identity))
        };
        let identity_schemas = resources.map(identity).collect();
        let diagnostics = Vec::new();
        Ok(Response::new(wire::get_resource_identity_schemas::Response { identity_schemas, diagnostics }))
    }

    async fn validate_provider_config(
        &self,
        request: Request<wire::validate_provider_config::Request>,
    ) -> Answer<wire::validate_provider_config::Response> {
        let request = request.into_inner();
        let answer = async {
            let of = self.server.provider_schema().object_type();
            let config = decode_root(request.config.as_ref(), "config", &of)?;
            let diagnostics = self.server.validate_provider_config(config);
            Ok(wire::validate_provider_config::Response { diagnostics: report(diagnostics) })
        };
        let refuse = |diagnostics| wire::validate_provider_config::Response { diagnostics };
        respond(Call::of("ValidateProviderConfig"), refuse, answer).await
    }

    async fn configure_provider(
        &self,
        request: Request<wire::configure_provider::Request>,
    ) -> Answer<wire::configure_provider::Response> {
        let request = request.into_inner();
        let answer = async {
            let of = self.server.provider_schema().object_type();
            let config = decode_root(request.config.as_ref(), "config", &of)?;
            let diagnostics = self.server.configure(config, &request.terraform_version).await;
            Ok(wire::configure_provider::Response { diagnostics: report(diagnostics) })
        };
        let refuse = |diagnostics| wire::configure_provider::Response { diagnostics };
        respond(Call::of("ConfigureProvider"), refuse, answer).await
    }

    async fn validate_resource_config(
        &self,
        request: Request<wire::validate_resource_config::Request>,
    ) -> Answer<wire::validate_resource_config::Response> {
        let request = request.into_inner();
        let answer = async {
            let registered = self.server.resource(&request.type_name)?;
            let config = decode_root(request.config.as_ref(), "config", &registered.object_type)?;
            let diagnostics = self.server.validate_config(&registered.schema, config);
            Ok(wire::validate_resource_config::Response { diagnostics: report(diagnostics) })
        };
        let refuse = |diagnostics| wire::validate_resource_config::Response { diagnostics };
        respond(Call::resource("ValidateResourceConfig", &request.type_name), refuse, answer).await
    }

    async fn upgrade_resource_state(
        &self,
        request: Request<wire::upgrade_resource_state::Request>,
    ) -> Answer<wire::upgrade_resource_state::Response> {
        let request = request.into_inner();
        let answer = async {
            let registered = self.server.resource(&request.type_name)?;
            let state = raw_json(request.raw_state.as_ref())?;
            let state = self.server.upgrade_resource_state(registered, request.version, state)?;
            Ok(wire::upgrade_resource_state::Response {
                upgraded_state: Some(encode_answer(&state.into(), &registered.object_type)?),
                diagnostics: Vec::new(),
            })
        };
        let refuse =
            |diagnostics| wire::upgrade_resource_state::Response { diagnostics, ..Default::default() };
        respond(Call::resource("UpgradeResourceState", &request.type_name), refuse, answer).await
    }

    async fn upgrade_resource_identity(
        &self,
        request: Request<wire::upgrade_resource_identity::Request>,
    ) -> Answer<wire::upgrade_resource_identity::Response> {
        let request = request.into_inner();
        let answer = async {
            let registered = self.server.resource(&request.type_name)?;
            let identity = raw_json(request.raw_identity.as_ref())?;
            let identity = self.server.upgrade_resource_identity(registered, request.version, identity)?;
            let data = encode_answer(&identity, &registered.identity.object_type())?;
            Ok(wire::upgrade_resource_identity::Response {
                upgraded_identity: Some(wire::ResourceIdentityData { identity_data: Some(data) }),
                diagnostics: Vec::new(),
            })
        };
        let refuse =
            |diagnostics| wire::upgrade_resource_identity::Response { diagnostics, ..Default::default() };
        respond(Call::resource("UpgradeResourceIdentity", &request.type_name), refuse, answer).await
    }

    async fn read_resource(
        &self,
        request: Request<wire::read_resource::Request>,
    ) -> Answer<wire::read_resource::Response> {
        let request = request.into_inner();
        let answer = async {
            let registered = self.server.resource(&request.type_name)?;
            let of = &registered.object_type;
            let read = ReadRequest {
                current: decode_root(request.current_state.as_ref(), "current_state", of)?,
                private: request.private,
            };
            let read = self.server.read_resource(registered, read).await;
            Ok(wire::read_resource::Response {
                new_identity: encode_identity(registered, &read.state)?,
                new_state: Some(encode_answer(&read.state.into(), of)?),
                diagnostics: report(read.diagnostics),
                private: read.private,
                deferred: None,
            })
        };
        let refuse = |diagnostics| wire::read_resource::Response { diagnostics, ..Default::default() };
        respond(Call::resource("ReadResource", &request.type_name), refuse, answer).await
    }

    async fn plan_resource_change(
        &self,
        request: Request<wire::plan_resource_change::Request>,
    ) -> Answer<wire::plan_resource_change::Response> {
        let request = request.into_inner();
        let answer = async {
            let registered = self.server.resource(&request.type_name)?;
            let of = &registered.object_type;
            let plan = PlanRequest {
                prior: decode_root(request.prior_state.as_ref(), "prior_state", of)?,
                proposed: decode_root(request.proposed_new_state.as_ref(), "proposed_new_state", of)?,
                config: decode_root(request.config.as_ref(), "config", of)?,
                prior_private: request.prior_private,
                planned_private: request.planned_private,
                applying: is_applying(request.client_capabilities.as_ref()),
            };
            let planned = self.server.plan_resource_change(registered, plan).await;
            Ok(wire::plan_resource_change::Response {
                planned_identity: encode_identity(registered, &planned.planned)?,
                planned_state: Some(encode_answer(&planned.planned.into(), of)?),
                requires_replace: planned.requires_replace.iter().map(encode_path).collect(),
                planned_private: planned.private,
                diagnostics: report(planned.diagnostics),
                ..Default::default()
            })
        };
        let refuse = |diagnostics| wire::plan_resource_change::Response { diagnostics, ..Default::default() };
        respond(Call::resource("PlanResourceChange", &request.type_name), refuse, answer).await
    }

    async fn apply_resource_change(
        &self,
        request: Request<wire::apply_resource_change::Request>,
    ) -> Answer<wire::apply_resource_change::Response> {
        let request = request.into_inner();
        let answer = async {
            let registered = self.server.resource(&request.type_name)?;
            let of = &registered.object_type;
            let change = ApplyRequest {
                prior: decode_root(request.prior_state.as_ref(), "prior_state", of)?,
                planned: decode_root(request.planned_state.as_ref(), "planned_state", of)?,
                config: decode_root(request.config.as_ref(), "config", of)?,
                planned_private: request.planned_private.clone(),
            };
            let applied = self.server.apply_resource_change(registered, change).await;
            Ok(wire::apply_resource_change::Response {
                new_identity: encode_identity(registered, &applied.state)?,
                new_state: Some(encode_answer(&applied.state.into(), of)?),
                private: applied.private,
                diagnostics: report(applied.diagnostics),
                ..Default::default()
            })
        };
        // Terraform stores the state beside an error too: what was there before is still true.
        let (unchanged, private) = (request.prior_state.clone(), request.planned_private.clone());
        let refuse = |diagnostics| wire::apply_resource_change::Response {
            new_state: unchanged,
            private,
            diagnostics,
            ..Default::default()
        };
        respond(Call::resource("ApplyResourceChange", &request.type_name), refuse, answer).await
    }

    async fn import_resource_state(
        &self,
        request: Request<wire::import_resource_state::Request>,
    ) -> Answer<wire::import_resource_state::Response> {
        let request = request.into_inner();
        let answer = async {
            let registered = self.server.resource(&request.type_name)?;
            let state = match &request.identity {
                Some(identity) if request.id.is_empty() => {
                    let of = registered.identity.object_type();
                    let identity = decode_root(identity.identity_data.as_ref(), "identity_data", &of)?;
                    self.server.import_resource_by_identity(registered, identity)?
                }
                _ => self.server.import_resource_state(registered, &request.id)?,
            };
            let ImportAnswer { state, private } = state;
            let state = Root::from(state);
            let imported = wire::import_resource_state::ImportedResource {
                type_name: request.type_name.clone(),
                identity: encode_identity(registered, &state)?,
                state: Some(encode_answer(&state.into(), &registered.object_type)?),
                private,
            };
            Ok(wire::import_resource_state::Response {
                imported_resources: vec![imported],
                ..Default::default()
            })
        };
        let refuse =
            |diagnostics| wire::import_resource_state::Response { diagnostics, ..Default::default() };
        respond(Call::resource("ImportResourceState", &request.type_name), refuse, answer).await
    }

    async fn validate_list_resource_config(
        &self,
        request: Request<wire::validate_list_resource_config::Request>,
    ) -> Answer<wire::validate_list_resource_config::Response> {
        let request = request.into_inner();
        let answer = async {
            let registered = self.server.list_resource(&request.type_name)?;
            let config = decode_root(request.config.as_ref(), "config", &registered.object_type)?;
            let diagnostics = self.server.validate_list_config(registered, config);
            Ok(wire::validate_list_resource_config::Response { diagnostics: report(diagnostics) })
        };
        let refuse = |diagnostics| wire::validate_list_resource_config::Response { diagnostics };
        respond(Call::resource("ValidateListResourceConfig", &request.type_name), refuse, answer).await
    }

    type ListResourceStream = BoxStream<'static, Result<wire::list_resource::Event, Status>>;

    async fn list_resource(
        &self,
        request: Request<wire::list_resource::Request>,
    ) -> Answer<Self::ListResourceStream> {
        let request = request.into_inner();
        let call = Call::resource("ListResource", &request.type_name);
        let span = call.span();
        let answer = async {
            let events = watched(self.list(&request)?, span);
            let (server, type_name) = (Arc::clone(&self.server), request.type_name.clone());
            Ok(events.map(move |event| Ok(encode_list_event(&server, &type_name, event))).boxed())
        };
        let refuse = |diagnostics| only(list_diagnostics(diagnostics));
        respond(call, refuse, answer).await
    }

    async fn generate_resource_config(
        &self,
        request: Request<wire::generate_resource_config::Request>,
    ) -> Answer<wire::generate_resource_config::Response> {
        let request = request.into_inner();
        let answer = async {
            let registered = self.server.resource(&request.type_name)?;
            let state = decode_root(request.state.as_ref(), "state", &registered.object_type)?;
            let config = self.server.generate_resource_config(registered, state)?;
            Ok(wire::generate_resource_config::Response {
                config: Some(encode_answer(&config.into(), &registered.object_type)?),
                diagnostics: Vec::new(),
            })
        };
        let refuse =
            |diagnostics| wire::generate_resource_config::Response { diagnostics, ..Default::default() };
        respond(Call::resource("GenerateResourceConfig", &request.type_name), refuse, answer).await
    }

    async fn move_resource_state(
        &self,
        request: Request<wire::move_resource_state::Request>,
    ) -> Answer<wire::move_resource_state::Response> {
        let request = request.into_inner();
        let answer = async {
            let registered = self.server.resource(&request.target_type_name)?;
            let state = raw_json(request.source_state.as_ref())?;
            let source = MoveSource {
                provider_address: request.source_provider_address.clone(),
                type_name: request.source_type_name.clone(),
                schema_version: request.source_schema_version,
                state: serde_json::from_slice(state)
                    .map_err(|error| Fault::Undecodable(error.to_string()))?,
                private: private_of_ours(&request)?,
            };
            let ImportAnswer { state, private } = self.server.move_resource_state(registered, &source)?;
            let state = Root::from(state);
            Ok(wire::move_resource_state::Response {
                target_identity: encode_identity(registered, &state)?,
                target_state: Some(encode_answer(&state.into(), &registered.object_type)?),
                target_private: private,
                ..Default::default()
            })
        };
        let refuse = |diagnostics| wire::move_resource_state::Response { diagnostics, ..Default::default() };
        respond(Call::resource("MoveResourceState", &request.target_type_name), refuse, answer).await
    }

    async fn validate_data_resource_config(
        &self,
        request: Request<wire::validate_data_resource_config::Request>,
    ) -> Answer<wire::validate_data_resource_config::Response> {
        let request = request.into_inner();
        let answer = async {
            let registered = self.server.data_source(&request.type_name)?;
            let config = decode_root(request.config.as_ref(), "config", &registered.object_type)?;
            let diagnostics = self.server.validate_data_source_config(registered, config);
            Ok(wire::validate_data_resource_config::Response { diagnostics: report(diagnostics) })
        };
        let refuse = |diagnostics| wire::validate_data_resource_config::Response { diagnostics };
        respond(Call::data_source("ValidateDataResourceConfig", &request.type_name), refuse, answer).await
    }

    async fn read_data_source(
        &self,
        request: Request<wire::read_data_source::Request>,
    ) -> Answer<wire::read_data_source::Response> {
        let request = request.into_inner();
        let answer = async {
            let registered = self.server.data_source(&request.type_name)?;
            let config = decode_root(request.config.as_ref(), "config", &registered.object_type)?;
            let seen = self.server.read_data_source(registered, config).await?;
            let state = Some(encode_answer(&seen.state.into(), &registered.object_type)?);
            let diagnostics = report(seen.warnings.into());
            Ok(wire::read_data_source::Response { state, diagnostics, deferred: None })
        };
        let refuse = |diagnostics| wire::read_data_source::Response { diagnostics, ..Default::default() };
        respond(Call::data_source("ReadDataSource", &request.type_name), refuse, answer).await
    }

    async fn get_functions(
        &self,
        _request: Request<wire::get_functions::Request>,
    ) -> Answer<wire::get_functions::Response> {
        let functions = encode_functions(self.server.functions());
        Ok(Response::new(wire::get_functions::Response { functions, diagnostics: Vec::new() }))
    }

    async fn call_function(
        &self,
        request: Request<wire::call_function::Request>,
    ) -> Answer<wire::call_function::Response> {
        let request = request.into_inner();
        let answer = async {
            let called = self.server.function(&request.name).and_then(|function| {
                let definition = function.definition();
                let arguments = decode_arguments(&definition, &request.arguments)?;
                Ok((definition.result, self.server.call_function(function, &arguments)?))
            });
            Ok(match called {
                Ok((of, result)) => {
                    wire::call_function::Response { result: Some(encode_answer(&result, &of)?), error: None }
                }
                Err(error) => {
                    wire::call_function::Response { result: None, error: Some(encode_function_error(error)) }
                }
            })
        };
        let refuse = |diagnostics: Vec<wire::Diagnostic>| {
            let text = diagnostics.into_iter().map(|diagnostic| diagnostic.detail).collect();
            let error = Some(wire::FunctionError { text, function_argument: None });
            wire::call_function::Response { result: None, error }
        };
        respond(Call::of("CallFunction"), refuse, answer).await
    }

    async fn stop_provider(
        &self,
        _request: Request<wire::stop_provider::Request>,
    ) -> Answer<wire::stop_provider::Response> {
        tracing::info!(tf_rpc = "StopProvider", "stopping every wait");
        self.server.stop();
        Ok(Response::new(wire::stop_provider::Response::default()))
    }

    // Kinds that this provider does not offer.

    async fn validate_ephemeral_resource_config(
        &self,
        request: Request<wire::validate_ephemeral_resource_config::Request>,
    ) -> Answer<wire::validate_ephemeral_resource_config::Response> {
        let diagnostics = absent("ephemeral resource", &request.get_ref().type_name);
        Ok(Response::new(wire::validate_ephemeral_resource_config::Response { diagnostics }))
    }

    async fn open_ephemeral_resource(
        &self,
        request: Request<wire::open_ephemeral_resource::Request>,
    ) -> Answer<wire::open_ephemeral_resource::Response> {
        let diagnostics = absent("ephemeral resource", &request.get_ref().type_name);
        Ok(Response::new(wire::open_ephemeral_resource::Response { diagnostics, ..Default::default() }))
    }

    async fn renew_ephemeral_resource(
        &self,
        request: Request<wire::renew_ephemeral_resource::Request>,
    ) -> Answer<wire::renew_ephemeral_resource::Response> {
        let diagnostics = absent("ephemeral resource", &request.get_ref().type_name);
        Ok(Response::new(wire::renew_ephemeral_resource::Response { diagnostics, ..Default::default() }))
    }

    /// Closing what was never opened is no fault of the practitioner's.
    async fn close_ephemeral_resource(
        &self,
        _request: Request<wire::close_ephemeral_resource::Request>,
    ) -> Answer<wire::close_ephemeral_resource::Response> {
        Ok(Response::new(wire::close_ephemeral_resource::Response::default()))
    }

    async fn validate_action_config(
        &self,
        request: Request<wire::validate_action_config::Request>,
    ) -> Answer<wire::validate_action_config::Response> {
        let diagnostics = absent("action", &request.get_ref().type_name);
        Ok(Response::new(wire::validate_action_config::Response { diagnostics }))
    }

    async fn plan_action(
        &self,
        request: Request<wire::plan_action::Request>,
    ) -> Answer<wire::plan_action::Response> {
        let diagnostics = absent("action", &request.get_ref().action_type);
        Ok(Response::new(wire::plan_action::Response { diagnostics, ..Default::default() }))
    }

    type InvokeActionStream = BoxStream<'static, Result<wire::invoke_action::Event, Status>>;

    async fn invoke_action(
        &self,
        request: Request<wire::invoke_action::Request>,
    ) -> Answer<Self::InvokeActionStream> {
        use wire::invoke_action::{Event, event};

        let diagnostics = absent("action", &request.get_ref().action_type);
        let completed = event::Type::Completed(event::Completed { diagnostics });
        Ok(Response::new(only(Event { r#type: Some(completed) })))
    }

    async fn validate_state_store_config(
        &self,
        request: Request<wire::validate_state_store::Request>,
    ) -> Answer<wire::validate_state_store::Response> {
        let diagnostics = absent("state store", &request.get_ref().type_name);
        Ok(Response::new(wire::validate_state_store::Response { diagnostics }))
    }

    async fn configure_state_store(
        &self,
        request: Request<wire::configure_state_store::Request>,
    ) -> Answer<wire::configure_state_store::Response> {
        let diagnostics = absent("state store", &request.get_ref().type_name);
        Ok(Response::new(wire::configure_state_store::Response { diagnostics, ..Default::default() }))
    }

    type ReadStateBytesStream = BoxStream<'static, Result<wire::read_state_bytes::Response, Status>>;

    async fn read_state_bytes(
        &self,
        request: Request<wire::read_state_bytes::Request>,
    ) -> Answer<Self::ReadStateBytesStream> {
        let diagnostics = absent("state store", &request.get_ref().type_name);
        let answer = wire::read_state_bytes::Response { diagnostics, ..Default::default() };
        Ok(Response::new(only(answer)))
    }

    async fn write_state_bytes(
        &self,
        _request: Request<Streaming<wire::write_state_bytes::RequestChunk>>,
    ) -> Answer<wire::write_state_bytes::Response> {
        let diagnostics = absent("state store", "");
        Ok(Response::new(wire::write_state_bytes::Response { diagnostics }))
    }

    async fn lock_state(
        &self,
        request: Request<wire::lock_state::Request>,
    ) -> Answer<wire::lock_state::Response> {
        let diagnostics = absent("state store", &request.get_ref().type_name);
        Ok(Response::new(wire::lock_state::Response { diagnostics, ..Default::default() }))
    }

    async fn unlock_state(
        &self,
        request: Request<wire::unlock_state::Request>,
    ) -> Answer<wire::unlock_state::Response> {
        let diagnostics = absent("state store", &request.get_ref().type_name);
        Ok(Response::new(wire::unlock_state::Response { diagnostics }))
    }

    async fn get_states(
        &self,
        request: Request<wire::get_states::Request>,
    ) -> Answer<wire::get_states::Response> {
        let diagnostics = absent("state store", &request.get_ref().type_name);
        Ok(Response::new(wire::get_states::Response { diagnostics, ..Default::default() }))
    }

    async fn delete_state(
        &self,
        request: Request<wire::delete_state::Request>,
    ) -> Answer<wire::delete_state::Response> {
        let diagnostics = absent("state store", &request.get_ref().type_name);
        Ok(Response::new(wire::delete_state::Response { diagnostics }))
    }
}

type Answer<T> = Result<Response<T>, Status>;

fn function_name(function: &dyn Function) -> wire::get_metadata::FunctionMetadata {
    wire::get_metadata::FunctionMetadata { name: function.definition().name.to_owned() }
}

/// Whether the client says that it is applying. Terraform from 1.9 on lets providers defer during apply, where
/// nothing waits any more, and never in a plan of a released version.
fn is_applying(client: Option<&ClientCapabilities>) -> bool {
    client.is_some_and(|client| client.deferral_allowed)
}

/// Private data that moves along with a state of our own type under another address.
fn private_of_ours(request: &wire::move_resource_state::Request) -> Result<Vec<u8>, Fault> {
    if request.source_type_name != request.target_type_name {
        return Ok(Vec::new());
    }
    Ok(Private::decode(&request.source_private)?.data)
}

/// The arguments by the types of their parameters; one that does not fit is told, as a caller's
/// mistake.
fn decode_arguments(
    definition: &Definition,
    arguments: &[DynamicValue],
) -> Result<Vec<Value>, FunctionError> {
    let parameters = definition.parameters.iter().map(|parameter| &parameter.of);
    let decode_one = |(index, (argument, of))| {
        decode(Some(argument), of).map_err(|error| FunctionError::at(index, error.to_string()))
    };
    // A surplus is counted when the function is called.
    let of_each = parameters.chain(std::iter::repeat(&Type::Dynamic));
    arguments.iter().zip(of_each).enumerate().map(decode_one).collect()
}

/// Why a request is not carried out.
enum Fault {
    /// It cannot be decoded: a gRPC status.
    Undecodable(String),
    /// The practitioner is told.
    Told(Diagnostics),
}

impl From<ValueError> for Fault {
    fn from(error: ValueError) -> Self {
        Self::Undecodable(error.to_string())
    }
}

impl From<Diagnostic> for Fault {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Told(diagnostic.into())
    }
}

impl From<Diagnostics> for Fault {
    fn from(diagnostics: Diagnostics) -> Self {
        Self::Told(diagnostics)
    }
}

/// What the log tells of a request.
struct Call<'a> {
    rpc: &'static str,
    resource_type: Option<&'a str>,
    data_source_type: Option<&'a str>,
}

impl<'a> Call<'a> {
    fn of(rpc: &'static str) -> Self {
        Self { rpc, resource_type: None, data_source_type: None }
    }

    fn resource(rpc: &'static str, resource_type: &'a str) -> Self {
        Self { resource_type: Some(resource_type), ..Self::of(rpc) }
    }

    fn data_source(rpc: &'static str, data_source_type: &'a str) -> Self {
        Self { data_source_type: Some(data_source_type), ..Self::of(rpc) }
    }

    fn span(&self) -> tracing::Span {
        if !tracing::enabled!(tracing::Level::ERROR) {
            return tracing::Span::none();
        }
        let request_id = request_id();
        tracing::error_span!(
            "rpc",
            tf_req_id = %request_id,
            tf_rpc = self.rpc,
            tf_resource_type = self.resource_type,
            tf_data_source_type = self.data_source_type,
            tf_proto_version = "6.11",
        )
    }
}

#[expect(clippy::disallowed_methods, reason = "the identifier that the log gives to one request")]
fn request_id() -> uuid::Uuid {
    uuid::Uuid::new_v4()
}

/// Runs one request: whatever goes wrong, Terraform gets an answer that it can show.
async fn respond<T>(
    call: Call<'_>,
    refuse: impl FnOnce(Vec<wire::Diagnostic>) -> T,
    answer: impl Future<Output = Result<T, Fault>>,
) -> Answer<T> {
    let span = call.span();
    let logged = async {
        tracing::trace!("request received");
        let outcome = AssertUnwindSafe(answer).catch_unwind().await;
        tracing::trace!("request served");
        outcome
    };
    let fault = match logged.instrument(span.clone()).await {
        Ok(Ok(answer)) => return Ok(Response::new(answer)),
        Ok(Err(fault)) => fault,
        Err(panic) => Fault::from(panicked(call.rpc, &*panic)),
    };
    let _entered = span.enter();
    match fault {
        Fault::Told(diagnostics) => Ok(Response::new(refuse(report(diagnostics)))),
        Fault::Undecodable(problem) => {
            tracing::error!(problem, "request cannot be decoded");
            Err(Status::invalid_argument(format!("{} cannot be decoded: {problem}", call.rpc)))
        }
    }
}

fn panicked(rpc: &str, panic: &(dyn Any + Send)) -> Diagnostic {
    Diagnostic::bug(format!("{rpc} failed: {}.", panic_text(panic)))
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no reason given")
}

/// Logs the diagnostics of an answer and encodes them.
fn report(diagnostics: Diagnostics) -> Vec<wire::Diagnostic> {
    for found in diagnostics.iter() {
        let severity = match found.severity {
            Severity::Error => "ERROR",
            Severity::Warning => "WARNING",
        };
        tracing::debug!(
            diagnostic_severity = severity,
            diagnostic_summary = %found.summary,
            diagnostic_detail = %found.detail,
            diagnostic_attribute = %found.path.as_ref().map(ToString::to_string).unwrap_or_default(),
            "diagnostic"
        );
    }
    encode_diagnostics(diagnostics)
}

/// The events of a search, logged as one request; a panic ends them with a diagnostic.
fn watched(events: BoxStream<'static, ListEvent>, span: tracing::Span) -> BoxStream<'static, ListEvent> {
    let instrumented = stream::unfold(events, move |mut events| {
        async move { events.next().await.map(|event| (event, events)) }.instrument(span.clone())
    });
    let caught = AssertUnwindSafe(instrumented).catch_unwind();
    caught
        .map(|event| event.unwrap_or_else(|panic| ListEvent::Told(panicked("ListResource", &*panic))))
        .boxed()
}

fn encode_list_event(server: &Server, type_name: &str, event: ListEvent) -> wire::list_resource::Event {
    let encoded = server.resource(type_name).map_err(Fault::from).and_then(|registered| match event {
        ListEvent::Told(diagnostic) => Err(diagnostic.into()),
        ListEvent::Found { display_name, identity, resource } => {
            let of = &registered.object_type;
            let identity_data = Some(encode_answer(&identity, &registered.identity.object_type())?);
            Ok(wire::list_resource::Event {
                identity: Some(wire::ResourceIdentityData { identity_data }),
                display_name,
                resource_object: resource.map(|resource| encode_answer(&resource.into(), of)).transpose()?,
                diagnostic: Vec::new(),
            })
        }
    });
    encoded.unwrap_or_else(|fault| match fault {
        Fault::Told(diagnostics) => list_diagnostics(report(diagnostics)),
        Fault::Undecodable(problem) => list_diagnostics(report(Diagnostic::bug(problem).into())),
    })
}

fn list_diagnostics(diagnostic: Vec<wire::Diagnostic>) -> wire::list_resource::Event {
    wire::list_resource::Event { diagnostic, ..Default::default() }
}

fn absent(kind: &str, name: &str) -> Vec<wire::Diagnostic> {
    report(not_offered(kind, name).into())
}

fn only<T: Send + 'static>(event: T) -> BoxStream<'static, Result<T, Status>> {
    stream::iter([Ok(event)]).boxed()
}

fn encode_answer(value: &Value, of: &Type) -> Result<DynamicValue, Fault> {
    encode(value, of)
        .map_err(|error| Diagnostic::bug(format!("An answer does not fit its schema: {error}.")).into())
}

/// The identity in a state or plan, where it is known.
fn encode_identity(
    registered: &Registered,
    state: &Root,
) -> Result<Option<wire::ResourceIdentityData>, Fault> {
    let Root::Object(state) = state else { return Ok(None) };
    let Some(identity) = registered.identity.identity_of(state) else { return Ok(None) };
    let data = encode_answer(&identity, &registered.identity.object_type())?;
    Ok(Some(wire::ResourceIdentityData { identity_data: Some(data) }))
}

/// The JSON of stored state. Flat maps are from Terraform before 0.12, which never ran this
/// provider.
fn raw_json(state: Option<&wire::RawState>) -> Result<&[u8], Fault> {
    match state {
        Some(state) if !state.json.is_empty() => Ok(&state.json),
        _ => Err(Fault::Undecodable("stored state has no JSON".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::framework::{
        provider::Provider as FrameworkProvider,
        resource::{
            Applied, CancellationToken, Create, Delete, IdentitySchema, Imported, Plan, PlanDestroy, Read,
            Resource, Update,
        },
        schema::{Attribute, Schema},
        value::Object,
    };

    /// A provider with one resource, which panics when its name says so.
    struct Fragile;

    #[async_trait::async_trait]
    impl FrameworkProvider for Fragile {
        fn schema(&self) -> Schema {
            Schema { version: 0, description: "", attributes: Vec::new() }
        }

        fn resources(&self) -> Vec<Arc<dyn Resource>> {
            vec![Arc::new(Self)]
        }

        fn validate(&self, _config: &Object) -> Diagnostics {
            Diagnostics::new()
        }

        async fn configure(&self, _config: Object, _terraform_version: &str) -> Diagnostics {
            panic!("{} is configured", 1)
        }
    }

    #[async_trait::async_trait]
    impl Resource for Fragile {
        fn type_name(&self) -> &'static str {
            "fragile"
        }

        fn schema(&self) -> Schema {
            let attributes = vec![
                Attribute::required("name", Type::String, ""),
                Attribute::computed("value", Type::String, ""),
            ];
            Schema { version: 0, description: "", attributes }
        }

        async fn plan(&self, plan: &mut Plan, _stop: &CancellationToken) {
            plan.planned.set("value", true);
        }

        fn identity_schema(&self) -> IdentitySchema {
            IdentitySchema { version: 0, attributes: Vec::new() }
        }

        fn import_identity(&self, _identity: &Object) -> Result<Imported, Diagnostic> {
            Err(Diagnostic::error("No", ""))
        }

        fn generate_config(&self, config: Object) -> Object {
            config
        }

        async fn plan_destroy(&self, _destroy: &mut PlanDestroy, _stop: &CancellationToken) {}

        async fn create(&self, create: Create<'_>, _stop: &CancellationToken) -> Applied {
            assert!(create.planned.get("value") != &Value::from("broken"), "create is broken");
            Applied::state(create.planned)
        }

        fn left_by_a_broken_create(&self, _planned: &Object) -> String {
            "Look for it.".to_owned()
        }

        async fn read(&self, _read: Read<'_>, _stop: &CancellationToken) -> Applied {
            panic!("read is broken")
        }

        async fn update(&self, _update: Update<'_>, _stop: &CancellationToken) -> Applied {
            panic!("update is broken")
        }

        async fn delete(&self, _delete: Delete<'_>, _stop: &CancellationToken) -> Applied {
            Applied::unchanged(Diagnostic::error("No", "it stays"))
        }

        fn import(&self, id: &str) -> Result<Imported, Diagnostic> {
            Err(Diagnostic::error("No", id))
        }

        fn upgrade(&self, _version: i64, state: Object) -> Result<Object, Diagnostic> {
            Ok(state)
        }

        fn seen_in_state(&self, _state: &Object) {}

        fn move_state(&self, _source: &MoveSource) -> Result<Imported, Diagnostic> {
            Err(Diagnostic::error("No", ""))
        }
    }

    fn service() -> ProviderService {
        ProviderService::new(Server::new(Arc::new(Fragile)))
    }

    fn thing(value: Value) -> DynamicValue {
        let members = BTreeMap::from([("name".to_owned(), "a".into()), ("value".to_owned(), value)]);
        let of = Type::Object([("name".to_owned(), Type::String), ("value".to_owned(), Type::String)].into());
        encode(&Value::Map(members), &of).unwrap()
    }

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    fn summaries(diagnostics: &[wire::Diagnostic]) -> Vec<&str> {
        diagnostics.iter().map(|diagnostic| diagnostic.summary.as_str()).collect()
    }

    #[test]
    fn panics_become_diagnostics() {
        let config = Some(DynamicValue { msgpack: vec![0x80], json: Vec::new() });
        let request = wire::configure_provider::Request { config, ..Default::default() };
        let answer = run(service().configure_provider(Request::new(request))).unwrap().into_inner();
        assert_eq!(summaries(&answer.diagnostics), ["Unexpected provider behaviour"]);
        assert!(answer.diagnostics[0].detail.starts_with("ConfigureProvider failed: 1 is configured."));

        let request = wire::read_resource::Request {
            type_name: "fragile".to_owned(),
            current_state: Some(thing("v".into())),
            ..Default::default()
        };
        let answer = run(service().read_resource(Request::new(request))).unwrap().into_inner();
        assert!(answer.diagnostics[0].detail.contains("read is broken"));
    }

    fn null() -> DynamicValue {
        DynamicValue { msgpack: vec![0xc0], json: Vec::new() }
    }

    fn apply(prior: DynamicValue, planned: DynamicValue) -> wire::apply_resource_change::Response {
        let request = wire::apply_resource_change::Request {
            type_name: "fragile".to_owned(),
            prior_state: Some(prior),
            config: Some(planned.clone()),
            planned_state: Some(planned),
            ..Default::default()
        };
        run(service().apply_resource_change(Request::new(request))).unwrap().into_inner()
    }

    #[test]
    fn a_failed_apply_keeps_the_prior_state() {
        let prior = thing("old".into());
        let panicked = apply(prior.clone(), thing("new".into()));
        assert_eq!(summaries(&panicked.diagnostics), ["Unexpected provider behaviour"]);
        assert_eq!(panicked.new_state, Some(prior.clone()));
        let refused = apply(prior.clone(), null());
        assert_eq!(summaries(&refused.diagnostics), ["No"]);
        assert_eq!(refused.new_state, Some(prior));
    }

    #[test]
    fn a_panic_in_a_create_says_what_it_may_have_left() {
        let panicked = apply(null(), thing("broken".into()));
        assert_eq!(summaries(&panicked.diagnostics), ["Unexpected provider behaviour"]);
        let detail = &panicked.diagnostics[0].detail;
        assert!(
            detail.starts_with("Look for it.\n\nApplyResourceChange failed: create is broken."),
            "{detail}"
        );
        assert_eq!(panicked.new_state, Some(null()));
    }

    #[test]
    fn unknown_values_after_apply_are_told() {
        let created = apply(null(), thing(Value::Unknown));
        assert!(created.diagnostics[0].detail.starts_with("A value is still unknown after apply."));
    }

    #[test]
    fn an_answer_of_the_wrong_type_is_told() {
        let request = wire::plan_resource_change::Request {
            type_name: "fragile".to_owned(),
            prior_state: Some(null()),
            proposed_new_state: Some(thing(Value::Null)),
            config: Some(thing(Value::Null)),
            ..Default::default()
        };
        let answer = run(service().plan_resource_change(Request::new(request))).unwrap().into_inner();
        assert!(answer.diagnostics[0].detail.contains("value: expected a string, found a bool"));
    }

    #[test]
    fn requests_that_cannot_be_decoded_are_invalid_arguments() {
        let garbled = DynamicValue { msgpack: vec![0x81, 0xa1], json: Vec::new() };
        let request = wire::validate_resource_config::Request {
            type_name: "fragile".to_owned(),
            config: Some(garbled),
            client_capabilities: None,
        };
        let status = run(service().validate_resource_config(Request::new(request))).unwrap_err();
        assert_eq!(status.code(), tonic::Code::InvalidArgument);
        assert!(status.message().starts_with("ValidateResourceConfig cannot be decoded"));

        let request =
            wire::upgrade_resource_state::Request { type_name: "fragile".to_owned(), ..Default::default() };
        let status = run(service().upgrade_resource_state(Request::new(request))).unwrap_err();
        assert_eq!(status.code(), tonic::Code::InvalidArgument);
    }

    #[test]
    fn types_that_are_not_offered_are_named() {
        let request = wire::validate_resource_config::Request {
            type_name: "other".to_owned(),
            config: None,
            client_capabilities: None,
        };
        let answer = run(service().validate_resource_config(Request::new(request))).unwrap().into_inner();
        assert_eq!(summaries(&answer.diagnostics), ["Not offered by this provider"]);
        assert!(answer.diagnostics[0].detail.contains("resource type \"other\""));
    }
}
