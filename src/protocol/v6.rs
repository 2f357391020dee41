//! The gRPC service `tfplugin6.Provider`: each RPC goes through one frame, and nothing else is done here.

use std::sync::Arc;

use tokio_util::task::TaskTracker;
use tonic::{Request, Streaming};

use super::{
    frame::{self, Rpc, RpcResult},
    generated::{self as wire, provider_server::Provider},
    rpc::{Events, not_offered::WriteStateBytes},
    servers::{ClientHandle, Servers},
};
use crate::framework::server::Server;

/// Serves a provider to Terraform: the implementation of the generated gRPC service. Clones serve together.
#[derive(Clone)]
pub struct ProviderService {
    servers: Arc<Servers>,
    tasks: TaskTracker,
}

impl ProviderService {
    /// Serves what the server runs that `make` makes for each client, as an `Arc<()>` in the connect info tells them
    /// apart; one for all without.
    pub fn new(make: impl Fn() -> Server + Send + Sync + 'static) -> Self {
        Self { servers: Arc::new(Servers::new(make)), tasks: TaskTracker::new() }
    }

    /// Stops every request under way and waits until each has ended; a create takes a last look at what it
    /// has made. Whoever cannot wait drops it.
    pub async fn end(self) {
        self.servers.stop();
        self.tasks.close();
        self.tasks.wait().await;
    }

    async fn serve<R: Rpc>(&self, request: Request<R>) -> RpcResult<R::Response> {
        let server = self.servers.of(request.extensions().get::<ClientHandle>());
        frame::serve(&server, &self.tasks, request.into_inner()).await
    }
}

#[tonic::async_trait]
impl Provider for ProviderService {
    async fn get_metadata(
        &self,
        request: Request<wire::get_metadata::Request>,
    ) -> RpcResult<wire::get_metadata::Response> {
        self.serve(request).await
    }

    async fn get_provider_schema(
        &self,
        request: Request<wire::get_provider_schema::Request>,
    ) -> RpcResult<wire::get_provider_schema::Response> {
        self.serve(request).await
    }

    async fn get_resource_identity_schemas(
        &self,
        request: Request<wire::get_resource_identity_schemas::Request>,
    ) -> RpcResult<wire::get_resource_identity_schemas::Response> {
        self.serve(request).await
    }

    async fn validate_provider_config(
        &self,
        request: Request<wire::validate_provider_config::Request>,
    ) -> RpcResult<wire::validate_provider_config::Response> {
        self.serve(request).await
    }

    async fn configure_provider(
        &self,
        request: Request<wire::configure_provider::Request>,
    ) -> RpcResult<wire::configure_provider::Response> {
        self.serve(request).await
    }

    async fn validate_resource_config(
        &self,
        request: Request<wire::validate_resource_config::Request>,
    ) -> RpcResult<wire::validate_resource_config::Response> {
        self.serve(request).await
    }

    async fn upgrade_resource_state(
        &self,
        request: Request<wire::upgrade_resource_state::Request>,
    ) -> RpcResult<wire::upgrade_resource_state::Response> {
        self.serve(request).await
    }

    async fn upgrade_resource_identity(
        &self,
        request: Request<wire::upgrade_resource_identity::Request>,
    ) -> RpcResult<wire::upgrade_resource_identity::Response> {
        self.serve(request).await
    }

    async fn read_resource(
        &self,
        request: Request<wire::read_resource::Request>,
    ) -> RpcResult<wire::read_resource::Response> {
        self.serve(request).await
    }

    async fn plan_resource_change(
        &self,
        request: Request<wire::plan_resource_change::Request>,
    ) -> RpcResult<wire::plan_resource_change::Response> {
        self.serve(request).await
    }

    async fn apply_resource_change(
        &self,
        request: Request<wire::apply_resource_change::Request>,
    ) -> RpcResult<wire::apply_resource_change::Response> {
        self.serve(request).await
    }

    async fn import_resource_state(
        &self,
        request: Request<wire::import_resource_state::Request>,
    ) -> RpcResult<wire::import_resource_state::Response> {
        self.serve(request).await
    }

    async fn generate_resource_config(
        &self,
        request: Request<wire::generate_resource_config::Request>,
    ) -> RpcResult<wire::generate_resource_config::Response> {
        self.serve(request).await
    }

    async fn move_resource_state(
        &self,
        request: Request<wire::move_resource_state::Request>,
    ) -> RpcResult<wire::move_resource_state::Response> {
        self.serve(request).await
    }

    async fn validate_list_resource_config(
        &self,
        request: Request<wire::validate_list_resource_config::Request>,
    ) -> RpcResult<wire::validate_list_resource_config::Response> {
        self.serve(request).await
    }

    type ListResourceStream = Events<wire::list_resource::Event>;

    async fn list_resource(
        &self,
        request: Request<wire::list_resource::Request>,
    ) -> RpcResult<Self::ListResourceStream> {
        self.serve(request).await
    }

    async fn validate_data_resource_config(
        &self,
        request: Request<wire::validate_data_resource_config::Request>,
    ) -> RpcResult<wire::validate_data_resource_config::Response> {
        self.serve(request).await
    }

    async fn read_data_source(
        &self,
        request: Request<wire::read_data_source::Request>,
    ) -> RpcResult<wire::read_data_source::Response> {
        self.serve(request).await
    }

    async fn get_functions(
        &self,
        request: Request<wire::get_functions::Request>,
    ) -> RpcResult<wire::get_functions::Response> {
        self.serve(request).await
    }

    async fn call_function(
        &self,
        request: Request<wire::call_function::Request>,
    ) -> RpcResult<wire::call_function::Response> {
        self.serve(request).await
    }

    async fn stop_provider(
        &self,
        request: Request<wire::stop_provider::Request>,
    ) -> RpcResult<wire::stop_provider::Response> {
        self.serve(request).await
    }

    // Kinds that this provider does not offer.

    async fn validate_ephemeral_resource_config(
        &self,
        request: Request<wire::validate_ephemeral_resource_config::Request>,
    ) -> RpcResult<wire::validate_ephemeral_resource_config::Response> {
        self.serve(request).await
    }

    async fn open_ephemeral_resource(
        &self,
        request: Request<wire::open_ephemeral_resource::Request>,
    ) -> RpcResult<wire::open_ephemeral_resource::Response> {
        self.serve(request).await
    }

    async fn renew_ephemeral_resource(
        &self,
        request: Request<wire::renew_ephemeral_resource::Request>,
    ) -> RpcResult<wire::renew_ephemeral_resource::Response> {
        self.serve(request).await
    }

    async fn close_ephemeral_resource(
        &self,
        request: Request<wire::close_ephemeral_resource::Request>,
    ) -> RpcResult<wire::close_ephemeral_resource::Response> {
        self.serve(request).await
    }

    async fn validate_action_config(
        &self,
        request: Request<wire::validate_action_config::Request>,
    ) -> RpcResult<wire::validate_action_config::Response> {
        self.serve(request).await
    }

    async fn plan_action(
        &self,
        request: Request<wire::plan_action::Request>,
    ) -> RpcResult<wire::plan_action::Response> {
        self.serve(request).await
    }

    type InvokeActionStream = Events<wire::invoke_action::Event>;

    async fn invoke_action(
        &self,
        request: Request<wire::invoke_action::Request>,
    ) -> RpcResult<Self::InvokeActionStream> {
        self.serve(request).await
    }

    async fn validate_state_store_config(
        &self,
        request: Request<wire::validate_state_store::Request>,
    ) -> RpcResult<wire::validate_state_store::Response> {
        self.serve(request).await
    }

    async fn configure_state_store(
        &self,
        request: Request<wire::configure_state_store::Request>,
    ) -> RpcResult<wire::configure_state_store::Response> {
        self.serve(request).await
    }

    type ReadStateBytesStream = Events<wire::read_state_bytes::Response>;

    async fn read_state_bytes(
        &self,
        request: Request<wire::read_state_bytes::Request>,
    ) -> RpcResult<Self::ReadStateBytesStream> {
        self.serve(request).await
    }

    async fn lock_state(
        &self,
        request: Request<wire::lock_state::Request>,
    ) -> RpcResult<wire::lock_state::Response> {
        self.serve(request).await
    }

    async fn unlock_state(
        &self,
        request: Request<wire::unlock_state::Request>,
    ) -> RpcResult<wire::unlock_state::Response> {
        self.serve(request).await
    }

    async fn get_states(
        &self,
        request: Request<wire::get_states::Request>,
    ) -> RpcResult<wire::get_states::Response> {
        self.serve(request).await
    }

    async fn delete_state(
        &self,
        request: Request<wire::delete_state::Request>,
    ) -> RpcResult<wire::delete_state::Response> {
        self.serve(request).await
    }

    async fn write_state_bytes(
        &self,
        request: Request<Streaming<wire::write_state_bytes::RequestChunk>>,
    ) -> RpcResult<wire::write_state_bytes::Response> {
        self.serve(request.map(|_| WriteStateBytes)).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::{wire::DynamicValue, *};
    use crate::{
        framework::{
            diagnostics::{Diagnostic, Diagnostics},
            provider::Provider as FrameworkProvider,
            resource::{
                CancellationToken, Create, Delete, IdentitySchema, ImportedState, MoveSource, Plan,
                PlanDestroy, Read, Resource, ResourceResult, Update,
            },
            schema::{Attribute, Schema},
            value::{Knowable, Object, Type, Value},
        },
        protocol::convert::value::encode,
    };

    /// A provider with one resource, which panics in some operations, and in others waits to be stopped.
    #[derive(Clone, Default)]
    struct Fragile {
        /// Whether a create that was stopped has looked what became of it.
        settled: Arc<AtomicBool>,
    }

    #[async_trait::async_trait]
    impl FrameworkProvider for Fragile {
        fn schema(&self) -> Schema {
            Schema { version: 0, description: "", attributes: Vec::new() }
        }

        fn resources(&self) -> Vec<Arc<dyn Resource>> {
            vec![Arc::new(self.clone())]
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

        fn import_identity(&self, _identity: &Object) -> Result<ImportedState, Diagnostic> {
            Err(Diagnostic::error("No", ""))
        }

        fn generate_config(&self, config: Object) -> Object {
            config
        }

        async fn plan_destroy(&self, _destroy: &mut PlanDestroy, _stop: &CancellationToken) {}

        async fn create(&self, create: Create<'_>, stop: &CancellationToken) -> ResourceResult {
            if create.config.string("name") == Knowable::Known("slow".to_owned()) {
                stop.cancelled().await;
                tokio::task::yield_now().await;
                self.settled.store(true, Ordering::Relaxed);
            }
            assert!(create.planned.get("value") != &Value::from("broken"), "create is broken");
            ResourceResult::state(create.planned)
        }

        fn left_by_a_broken_create(&self, _planned: &Object) -> String {
            "Look for it.".to_owned()
        }

        async fn read(&self, _read: Read<'_>, _stop: &CancellationToken) -> ResourceResult {
            panic!("read is broken")
        }

        async fn update(&self, _update: Update<'_>, _stop: &CancellationToken) -> ResourceResult {
            panic!("update is broken")
        }

        async fn delete(&self, _delete: Delete<'_>, _stop: &CancellationToken) -> ResourceResult {
            ResourceResult::unchanged(Diagnostic::error("No", "it stays"))
        }

        fn import(&self, id: &str) -> Result<ImportedState, Diagnostic> {
            Err(Diagnostic::error("No", id))
        }

        fn upgrade(&self, _version: i64, state: Object) -> Result<Object, Diagnostic> {
            Ok(state)
        }

        fn seen_in_state(&self, _state: &Object) {}

        fn move_state(&self, _source: &MoveSource) -> Result<ImportedState, Diagnostic> {
            Err(Diagnostic::error("No", ""))
        }
    }

    fn service() -> ProviderService {
        ProviderService::new(|| Server::new(Arc::new(Fragile::default())))
    }

    fn thing(value: Value) -> DynamicValue {
        thing_named("a", value)
    }

    fn thing_named(name: &str, value: Value) -> DynamicValue {
        let members = [("name".to_owned(), name.into()), ("value".to_owned(), value)];
        let value_type =
            Type::Object([("name".to_owned(), Type::String), ("value".to_owned(), Type::String)].into());
        encode(Value::Map(members.into_iter().collect()), &value_type).unwrap()
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
        let response = run(service().configure_provider(Request::new(request))).unwrap().into_inner();
        assert_eq!(summaries(&response.diagnostics), ["Unexpected provider behaviour"]);
        assert!(response.diagnostics[0].detail.starts_with("ConfigureProvider failed: 1 is configured."));

        let request = wire::read_resource::Request {
            type_name: "fragile".to_owned(),
            current_state: Some(thing("v".into())),
            ..Default::default()
        };
        let response = run(service().read_resource(Request::new(request))).unwrap().into_inner();
        assert!(response.diagnostics[0].detail.contains("read is broken"));
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
    fn each_client_has_a_server_while_it_is_connected() {
        let servers = Servers::new(|| Server::new(Arc::new(Fragile::default())));
        let (one, other) = (ClientHandle::default(), ClientHandle::default());
        let first = servers.of(Some(&one));
        assert!(Arc::ptr_eq(&first, &servers.of(Some(&one))), "it is the same for all its requests");
        assert!(!Arc::ptr_eq(&first, &servers.of(Some(&other))));
        assert!(Arc::ptr_eq(&servers.of(None), &servers.of(None)));
        drop(one);
        servers.of(Some(&other));
        assert_eq!(Arc::strong_count(&first), 1, "what it had goes with the client");
    }

    #[test]
    fn a_request_whose_caller_has_gone_still_ends() {
        let provider = Fragile::default();
        let fragile = provider.clone();
        let service = ProviderService::new(move || Server::new(Arc::new(fragile.clone())));
        let request = wire::apply_resource_change::Request {
            type_name: "fragile".to_owned(),
            prior_state: Some(null()),
            config: Some(thing_named("slow", Value::Null)),
            planned_state: Some(thing_named("slow", Value::Null)),
            ..Default::default()
        };
        run(async {
            {
                let mut called = service.apply_resource_change(Request::new(request));
                tokio::select! {
                    biased;
                    response = &mut called => panic!("{response:?}"),
                    () = tokio::task::yield_now() => {}
                }
            }
            service.end().await;
        });
        assert!(provider.settled.load(Ordering::Relaxed));
    }

    #[test]
    fn absent_and_unknown_states_change_nothing() {
        let prior = thing("old".into());
        let absent = wire::apply_resource_change::Request {
            type_name: "fragile".to_owned(),
            prior_state: Some(prior.clone()),
            config: Some(null()),
            ..Default::default()
        };
        let status = run(service().apply_resource_change(Request::new(absent.clone()))).unwrap_err();
        assert_eq!(status.message(), "ApplyResourceChange cannot be decoded: planned_state is absent");
        let unknown = DynamicValue { msgpack: vec![0xd4, 0, 0], json: Vec::new() };
        let request = wire::apply_resource_change::Request { planned_state: Some(unknown.clone()), ..absent };
        let response = run(service().apply_resource_change(Request::new(request))).unwrap().into_inner();
        assert_eq!(summaries(&response.diagnostics), ["Unexpected request"]);
        assert_eq!(response.new_state, Some(prior));

        let read = wire::read_resource::Request { type_name: "fragile".to_owned(), ..Default::default() };
        let status = run(service().read_resource(Request::new(read.clone()))).unwrap_err();
        assert_eq!(status.message(), "ReadResource cannot be decoded: current_state is absent");
        let read = wire::read_resource::Request { current_state: Some(unknown), ..read };
        let response = run(service().read_resource(Request::new(read))).unwrap().into_inner();
        assert_eq!(summaries(&response.diagnostics), ["Unexpected request"]);
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
        let response = run(service().plan_resource_change(Request::new(request))).unwrap().into_inner();
        assert!(response.diagnostics[0].detail.contains("value: expected a string, found a bool"));
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
        let response = run(service().validate_resource_config(Request::new(request))).unwrap().into_inner();
        assert_eq!(summaries(&response.diagnostics), ["Not offered by this provider"]);
        assert!(response.diagnostics[0].detail.contains("resource type \"other\""));
    }
}
