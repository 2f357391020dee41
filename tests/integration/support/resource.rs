//! Drives the role resource over gRPC as Terraform does, and checks each answer against the laws
//! that Terraform enforces.
//!
//! Values are JSON here; the text `"unknown!"` stands for an unknown value.

use std::sync::Mutex;

use futures_util::StreamExt;
use serde_json::{Value as Json, json};
use terraform_provider_mss::framework::value::{Type, Value, msgpack};
use tonic::transport::Channel;

use super::{
    cloud::Cloud,
    provider_process::ProviderProcess,
    rpc::tfplugin6::{self as wire, provider_client::ProviderClient},
    secrets,
};

const TYPE_NAME: &str = "mss_service_linked_role";
pub const UNKNOWN: &str = "unknown!";

/// A configured provider process.
pub struct Provider {
    process: ProviderProcess,
    attributes: Vec<wire::schema::Attribute>,
    resource_type: Type,
    identity_type: Type,
    config_type: Type,
    config_attributes: Vec<wire::schema::Attribute>,
    /// The configuration in force.
    configured: Mutex<Json>,
    schema: wire::get_provider_schema::Response,
}

/// What a search told.
#[derive(Debug)]
pub struct Listing {
    pub found: Vec<Found>,
    pub diagnostics: Vec<Diagnostic>,
}

/// An object that a search found.
#[derive(Debug)]
pub struct Found {
    pub display_name: String,
    pub identity: Json,
    pub resource: Json,
}

/// One diagnostic of an answer.
#[derive(Debug)]
pub struct Diagnostic {
    pub is_error: bool,
    pub summary: String,
    pub detail: String,
    pub path: String,
}

/// The outcome of an operation that ends with a state.
#[derive(Debug)]
pub struct Applied {
    pub state: Json,
    pub diagnostics: Vec<Diagnostic>,
}

impl Applied {
    #[track_caller]
    pub fn expect_success(self) -> Json {
        assert!(!self.has_error(), "{:#?}", self.diagnostics);
        self.state
    }

    pub fn has_error(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.is_error)
    }
}

/// A plan.
#[derive(Debug, Default)]
pub struct Plan {
    pub config: Json,
    pub planned: Json,
    pub requires_replace: Vec<String>,
    pub private: Vec<u8>,
    pub diagnostics: Vec<Diagnostic>,
}

impl Plan {
    pub fn is_unknown(&self, attribute: &str) -> bool {
        self.planned[attribute] == UNKNOWN
    }

    #[track_caller]
    pub fn expect_success(self) -> Self {
        assert!(self.diagnostics.is_empty(), "{:#?}", self.diagnostics);
        self
    }

    #[track_caller]
    pub fn expect_error(&self, summary: &str, facts: &[&str]) {
        self.expect(true, summary, facts);
    }

    #[track_caller]
    pub fn expect_warning(&self, summary: &str, facts: &[&str]) {
        self.expect(false, summary, facts);
    }

    #[track_caller]
    fn expect(&self, is_error: bool, summary: &str, facts: &[&str]) {
        let found = self.diagnostics.iter().find(|diagnostic| diagnostic.summary == summary);
        let Some(found) = found else { panic!("no {summary:?} in {:#?}", self.diagnostics) };
        assert_eq!(found.is_error, is_error, "{found:#?}");
        for fact in facts {
            assert!(found.detail.contains(fact), "{fact:?} is not in: {}", found.detail);
        }
    }
}

impl Provider {
    /// Starts a provider that reaches a cloud, and configures it with an empty block.
    pub async fn start(cloud: &Cloud) -> Self {
        Self::start_with(cloud, &[]).await
    }

    /// The same with more variables.
    pub async fn start_with(cloud: &Cloud, variables: &[(&str, &str)]) -> Self {
        let provider = Self::unconfigured(&[&cloud.environment()[..], variables].concat()).await;
        provider.configure().await;
        provider
    }

    /// Starts a provider with these variables alone.
    pub async fn unconfigured(variables: &[(&str, &str)]) -> Self {
        Self::of(ProviderProcess::start(variables).await).await
    }

    /// The same, started by another program such as `nsenter`.
    pub async fn unconfigured_by(by: &[&str], variables: &[(&str, &str)]) -> Self {
        Self::of(ProviderProcess::start_by(by, variables).await).await
    }

    async fn of(process: ProviderProcess) -> Self {
        let schema = process.client().get_provider_schema(wire::get_provider_schema::Request {}).await;
        let schema = schema.unwrap().into_inner();
        let attributes = block(&schema.resource_schemas[TYPE_NAME]);
        let identity = ["account_id", "role_name"].map(|name| (name.to_owned(), Type::String));
        Self {
            process,
            resource_type: object_type(&attributes),
            identity_type: Type::Object(identity.into()),
            attributes,
            config_type: object_type(&block(schema.provider.as_ref().unwrap())),
            config_attributes: block(schema.provider.as_ref().unwrap()),
            configured: Mutex::new(Json::Null),
            schema,
        }
    }

    #[cfg(target_os = "linux")]
    pub fn process_id(&self) -> u32 {
        self.process.program().process_id()
    }

    /// What the provider has logged so far.
    pub fn log(&self) -> String {
        self.process.stderr().join("\n")
    }

    pub async fn configure(&self) {
        self.configure_with(&json!({})).await.expect_success();
    }

    pub async fn configure_with(&self, config: &Json) -> Applied {
        add_secrets(&self.config_attributes, config);
        self.configured.lock().unwrap().clone_from(config);
        let request = wire::configure_provider::Request {
            terraform_version: "1.11.4".to_owned(),
            config: Some(encode(config, &self.config_type)),
            client_capabilities: None,
        };
        let answer = self.client().configure_provider(request).await.unwrap().into_inner();
        Applied { state: Json::Null, diagnostics: diagnostics(answer.diagnostics) }
    }

    /// A new run with the same configuration: Terraform starts a process for each walk, or configures one
    /// that serves several of them again.
    pub async fn begin_run(&self) {
        let config = self.configured.lock().unwrap().clone();
        self.configure_with(&config).await.expect_success();
    }

    pub async fn validate(&self, config: &Json) -> Vec<Diagnostic> {
        let request = wire::validate_resource_config::Request {
            type_name: TYPE_NAME.to_owned(),
            config: Some(encode(config, &self.resource_type)),
            client_capabilities: None,
        };
        let answer = self.client().validate_resource_config(request).await.unwrap().into_inner();
        diagnostics(answer.diagnostics)
    }

    pub async fn validate_provider(&self, config: &Json) -> Vec<Diagnostic> {
        add_secrets(&self.config_attributes, config);
        let request =
            wire::validate_provider_config::Request { config: Some(encode(config, &self.config_type)) };
        let answer = self.client().validate_provider_config(request).await.unwrap().into_inner();
        diagnostics(answer.diagnostics)
    }

    pub async fn upgrade(&self, state: &Json) -> Json {
        let request = wire::upgrade_resource_state::Request {
            type_name: TYPE_NAME.to_owned(),
            version: 0,
            raw_state: Some(wire::RawState {
                json: state.to_string().into_bytes(),
                flatmap: Default::default(),
            }),
        };
        let answer = self.client().upgrade_resource_state(request).await.unwrap().into_inner();
        assert_eq!(answer.diagnostics, []);
        self.decode(answer.upgraded_state.as_ref())
    }

    pub async fn read(&self, state: &Json) -> Applied {
        self.read_with(state, &[]).await
    }

    /// Reads a state beside which this private data is stored.
    pub async fn read_with(&self, state: &Json, private: &[u8]) -> Applied {
        let request = wire::read_resource::Request {
            type_name: TYPE_NAME.to_owned(),
            current_state: Some(self.encode(state)),
            private: private.to_vec(),
            ..Default::default()
        };
        let answer = self.client().read_resource(request).await.unwrap().into_inner();
        let read = self.decode(answer.new_state.as_ref());
        assert_known(&read);
        Applied { state: read, diagnostics: diagnostics(answer.diagnostics) }
    }

    /// Imports, and reads what was imported.
    pub async fn import(&self, id: &str) -> Applied {
        let (imported, private) = self.begin_import(id).await;
        match imported.has_error() {
            true => imported,
            false => self.read_with(&imported.state, &private).await,
        }
    }

    /// Imports; what the read that follows needs is the state and this private data.
    pub async fn begin_import(&self, id: &str) -> (Applied, Vec<u8>) {
        let request = wire::import_resource_state::Request {
            type_name: TYPE_NAME.to_owned(),
            id: id.to_owned(),
            ..Default::default()
        };
        let answer = self.client().import_resource_state(request).await.unwrap().into_inner();
        let imported = answer.imported_resources.first();
        let state = imported.map_or(Json::Null, |imported| self.decode(imported.state.as_ref()));
        let private = imported.map_or_else(Vec::new, |imported| imported.private.clone());
        (Applied { state, diagnostics: diagnostics(answer.diagnostics) }, private)
    }

    /// Plans in a run of its own.
    pub async fn plan(&self, prior: &Json, config: &Json) -> Plan {
        self.begin_run().await;
        self.plan_with(prior, config, Vec::new()).await
    }

    /// The create half of a replacement, in the run of the first half.
    pub async fn plan_second_half(&self, first: &Plan, config: &Json) -> Plan {
        self.plan_with(&Json::Null, config, first.private.clone()).await
    }

    /// Plans a create again in a run of its own, as Terraform does from 1.16 during apply: with what the plan showed.
    pub async fn plan_during_apply(&self, shown: &Plan, config: &Json) -> Plan {
        self.begin_run().await;
        let request = wire::plan_resource_change::Request {
            planned_private: shown.private.clone(),
            ..self.plan_request(&Json::Null, config, Vec::new())
        };
        let answer = self.client().plan_resource_change(request).await.unwrap().into_inner();
        self.decode_plan(&self.whole(config), answer)
    }

    /// Plans in the same run, without the second time that checks the first.
    pub async fn plan_once(&self, prior: &Json, config: &Json) -> Plan {
        let request = self.plan_request(prior, config, Vec::new());
        let answer = self.client().plan_resource_change(request).await.unwrap().into_inner();
        self.decode_plan(&self.whole(config), answer)
    }

    /// Plans and reads as a client with these capabilities.
    pub async fn plan_and_read_with(
        &self,
        config: &Json,
        state: &Json,
        client_capabilities: wire::ClientCapabilities,
    ) -> (wire::plan_resource_change::Response, wire::read_resource::Response) {
        let plan = wire::plan_resource_change::Request {
            client_capabilities: Some(client_capabilities),
            ..self.plan_request(&Json::Null, config, Vec::new())
        };
        let read = wire::read_resource::Request {
            type_name: TYPE_NAME.to_owned(),
            current_state: Some(self.encode(state)),
            client_capabilities: Some(client_capabilities),
            ..Default::default()
        };
        let planned = self.client().plan_resource_change(plan).await.unwrap().into_inner();
        (planned, self.client().read_resource(read).await.unwrap().into_inner())
    }

    fn plan_request(
        &self,
        prior: &Json,
        config: &Json,
        prior_private: Vec<u8>,
    ) -> wire::plan_resource_change::Request {
        let config = self.whole(config);
        wire::plan_resource_change::Request {
            type_name: TYPE_NAME.to_owned(),
            prior_state: Some(self.encode(prior)),
            proposed_new_state: Some(self.encode(&self.proposed(prior, &config))),
            config: Some(self.encode(&config)),
            prior_private,
            ..Default::default()
        }
    }

    async fn plan_with(&self, prior: &Json, config: &Json, prior_private: Vec<u8>) -> Plan {
        let config = self.whole(config);
        let request = self.plan_request(prior, &config, prior_private);
        let again = request.clone();
        let answer = self.client().plan_resource_change(request).await.unwrap().into_inner();
        let plan = self.decode_plan(&config, answer);
        self.check_plan(prior, &config, &plan.planned);
        if !plan.diagnostics.is_empty() {
            return plan;
        }
        // The plan during apply, whose private data the apply gets.
        self.begin_run().await;
        let twice = self.client().plan_resource_change(again).await.unwrap().into_inner();
        let twice = self.decode_plan(&config, twice);
        assert_eq!(twice.planned, plan.planned, "planning is deterministic");
        twice
    }

    /// Plans a destroy in a run of its own.
    pub async fn plan_destroy(&self, prior: &Json) -> Plan {
        self.begin_run().await;
        self.plan_destroy_once(prior).await
    }

    /// Plans a destroy in the same run.
    pub async fn plan_destroy_once(&self, prior: &Json) -> Plan {
        let request = wire::plan_resource_change::Request {
            type_name: TYPE_NAME.to_owned(),
            prior_state: Some(self.encode(prior)),
            proposed_new_state: Some(self.encode(&Json::Null)),
            config: Some(self.encode(&Json::Null)),
            ..Default::default()
        };
        let answer = self.client().plan_resource_change(request).await.unwrap().into_inner();
        let plan = self.decode_plan(&Json::Null, answer);
        assert_eq!(plan.planned, Json::Null);
        plan
    }

    pub async fn apply(&self, prior: &Json, plan: &Plan) -> Applied {
        let applied = self.apply_change(prior, plan).await;
        if !applied.has_error() {
            for (name, planned) in plan.planned.as_object().unwrap() {
                let holds = planned == UNKNOWN || applied.state[name] == *planned;
                assert!(holds, "{name} was planned as {planned} and is {}", applied.state[name]);
            }
        }
        applied
    }

    /// Plans and applies a create.
    pub async fn create(&self, config: &Json) -> Applied {
        let plan = self.plan(&Json::Null, config).await.expect_success();
        self.apply(&Json::Null, &plan).await
    }

    /// The same in the same run.
    pub async fn create_in_this_run(&self, config: &Json) -> Applied {
        let plan = self.plan_once(&Json::Null, config).await.expect_success();
        self.apply(&Json::Null, &plan).await
    }

    /// Applies a create whatever its plan said.
    pub async fn create_without_plan(&self, config: &Json) -> Applied {
        let plan = self.plan(&Json::Null, config).await;
        self.apply(&Json::Null, &plan).await
    }

    pub async fn destroy(&self, prior: &Json) -> Applied {
        self.apply_change(prior, &Plan::default()).await
    }

    /// Destroys what a plan has said.
    pub async fn destroy_as_planned(&self, prior: &Json, plan: &Plan) -> Applied {
        self.apply_change(prior, plan).await
    }

    async fn apply_change(&self, prior: &Json, plan: &Plan) -> Applied {
        let request = wire::apply_resource_change::Request {
            type_name: TYPE_NAME.to_owned(),
            prior_state: Some(self.encode(prior)),
            planned_state: Some(self.encode(&plan.planned)),
            config: Some(self.encode(&plan.config)),
            planned_private: plan.private.clone(),
            ..Default::default()
        };
        let answer = self.client().apply_resource_change(request).await.unwrap().into_inner();
        let state = self.decode(answer.new_state.as_ref());
        assert_known(&state);
        Applied { state, diagnostics: diagnostics(answer.diagnostics) }
    }

    /// Reads a data source.
    pub async fn read_data_source(&self, type_name: &str, config: &Json) -> Applied {
        let answer = self.ask_for_data_source(type_name, config, None).await;
        let of = object_type(&block(&self.schema.data_source_schemas[type_name]));
        let state = decode(answer.state.as_ref(), &of);
        assert_known(&state);
        let applied = Applied { state, diagnostics: diagnostics(answer.diagnostics) };
        assert!(applied.has_error() == applied.state.is_null(), "null exactly after an error: {applied:?}");
        applied
    }

    pub async fn ask_for_data_source(
        &self,
        type_name: &str,
        config: &Json,
        client_capabilities: Option<wire::ClientCapabilities>,
    ) -> wire::read_data_source::Response {
        let attributes = block(&self.schema.data_source_schemas[type_name]);
        let of = object_type(&attributes);
        let config = whole(&attributes, config);
        let request = wire::read_data_source::Request {
            type_name: type_name.to_owned(),
            config: Some(encode(&config, &of)),
            provider_meta: None,
            client_capabilities,
        };
        self.client().read_data_source(request).await.unwrap().into_inner()
    }

    /// Searches to the end.
    pub async fn list(&self, config: &Json, include_resource_object: bool, limit: i64) -> Listing {
        let attributes = block(&self.schema.list_resource_schemas[TYPE_NAME]);
        let request = wire::list_resource::Request {
            type_name: TYPE_NAME.to_owned(),
            config: Some(encode(&whole(&attributes, config), &object_type(&attributes))),
            include_resource_object,
            limit,
        };
        let mut events = self.client().list_resource(request).await.unwrap().into_inner();
        let mut listing = Listing { found: Vec::new(), diagnostics: Vec::new() };
        while let Some(event) = events.next().await {
            let event = event.unwrap();
            listing.diagnostics.extend(diagnostics(event.diagnostic));
            if let Some(identity) = event.identity {
                listing.found.push(Found {
                    display_name: event.display_name,
                    identity: decode(identity.identity_data.as_ref(), &self.identity_type),
                    resource: decode(event.resource_object.as_ref(), &self.resource_type),
                });
            }
        }
        listing
    }

    pub async fn stop(&self) {
        let answer = self.client().stop_provider(wire::stop_provider::Request {}).await;
        assert_eq!(answer.unwrap().into_inner().error, "");
    }

    pub fn client(&self) -> ProviderClient<Channel> {
        self.process.client()
    }

    /// The configuration with every attribute, null where it has none.
    fn whole(&self, config: &Json) -> Json {
        whole(&self.attributes, config)
    }

    /// The configuration laid over the prior state, as Terraform does it.
    fn proposed(&self, prior: &Json, config: &Json) -> Json {
        let propose = |attribute: &wire::schema::Attribute| {
            let name = attribute.name.clone();
            let value = match &config[&name] {
                Json::Null if attribute.computed => prior[&name].clone(),
                configured => configured.clone(),
            };
            (name, value)
        };
        self.attributes.iter().map(propose).collect()
    }

    fn check_plan(&self, prior: &Json, config: &Json, planned: &Json) {
        for attribute in &self.attributes {
            let name = &attribute.name;
            match &config[name] {
                Json::Null if attribute.computed => {}
                Json::Null => assert_eq!(planned[name], Json::Null, "{name} is neither set nor computed"),
                set if set.is_object() => {}
                set => {
                    assert!(planned[name] == *set || planned[name] == prior[name], "{name} keeps what is set")
                }
            }
        }
    }

    fn decode_plan(&self, config: &Json, answer: wire::plan_resource_change::Response) -> Plan {
        let path = |path: &wire::AttributePath| path_text(path);
        Plan {
            config: config.clone(),
            planned: self.decode(answer.planned_state.as_ref()),
            requires_replace: answer.requires_replace.iter().map(path).collect(),
            private: answer.planned_private,
            diagnostics: diagnostics(answer.diagnostics),
        }
    }

    fn encode(&self, json: &Json) -> wire::DynamicValue {
        encode(json, &self.resource_type)
    }

    fn decode(&self, value: Option<&wire::DynamicValue>) -> Json {
        decode(value, &self.resource_type)
    }
}

pub fn whole(attributes: &[wire::schema::Attribute], config: &Json) -> Json {
    attributes.iter().map(|attribute| (attribute.name.clone(), config[&attribute.name].clone())).collect()
}

pub fn decode(value: Option<&wire::DynamicValue>, of: &Type) -> Json {
    match value {
        Some(value) if !value.msgpack.is_empty() => to_json(&msgpack::decode(&value.msgpack, of).unwrap()),
        _ => Json::Null,
    }
}

pub fn encode(json: &Json, of: &Type) -> wire::DynamicValue {
    wire::DynamicValue { msgpack: msgpack::encode(to_value(json), of).unwrap(), json: Vec::new() }
}

/// The values of sensitive attributes may be nowhere from now on.
fn add_secrets(attributes: &[wire::schema::Attribute], config: &Json) {
    for attribute in attributes {
        let value = &config[&attribute.name];
        if let Some(nested) = &attribute.nested_type {
            add_secrets(&nested.attributes, value);
        } else if let (true, Some(secret)) = (attribute.sensitive, value.as_str()) {
            secrets::add(&attribute.name, secret);
        }
    }
}

#[track_caller]
fn assert_known(state: &Json) {
    assert!(!state.to_string().contains(UNKNOWN), "{state} is not wholly known");
}

fn diagnostics(from: Vec<wire::Diagnostic>) -> Vec<Diagnostic> {
    let convert = |from: wire::Diagnostic| Diagnostic {
        is_error: from.severity() == wire::diagnostic::Severity::Error,
        path: from.attribute.as_ref().map(path_text).unwrap_or_default(),
        summary: from.summary,
        detail: from.detail,
    };
    from.into_iter().map(convert).collect()
}

fn path_text(path: &wire::AttributePath) -> String {
    use wire::attribute_path::step::Selector;

    let step = |step: &wire::attribute_path::Step| match step.selector.as_ref().unwrap() {
        Selector::AttributeName(name) | Selector::ElementKeyString(name) => name.clone(),
        Selector::ElementKeyInt(index) => index.to_string(),
    };
    path.steps.iter().map(step).collect::<Vec<_>>().join(".")
}

pub fn block(schema: &wire::Schema) -> Vec<wire::schema::Attribute> {
    schema.block.as_ref().unwrap().attributes.clone()
}

pub fn object_type(attributes: &[wire::schema::Attribute]) -> Type {
    use wire::schema::object::NestingMode;

    let of = |attribute: &wire::schema::Attribute| match &attribute.nested_type {
        Some(nested) if nested.nesting() == NestingMode::List => {
            Type::List(Box::new(object_type(&nested.attributes)))
        }
        Some(nested) if nested.nesting() == NestingMode::Map => {
            Type::Map(Box::new(object_type(&nested.attributes)))
        }
        Some(nested) => object_type(&nested.attributes),
        None => Type::from_json_bytes(&attribute.r#type, &Default::default()).unwrap(),
    };
    Type::Object(attributes.iter().map(|attribute| (attribute.name.clone(), of(attribute))).collect())
}

pub fn to_value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::String(text) if text == UNKNOWN => Value::Unknown,
        Json::String(text) => Value::String(text.clone()),
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => Value::Number(number.to_string().parse().unwrap()),
        Json::Array(elements) => Value::List(elements.iter().map(to_value).collect()),
        Json::Object(members) => {
            let members = members.iter().map(|(name, json)| (name.clone(), to_value(json)));
            Value::Map(members.collect())
        }
    }
}

fn to_json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Unknown => UNKNOWN.into(),
        Value::String(text) => text.as_str().into(),
        Value::Bool(value) => (*value).into(),
        Value::Number(number) => serde_json::from_str(&number.to_string()).unwrap(),
        Value::List(elements) => elements.iter().map(to_json).collect(),
        Value::Map(members) => members.iter().map(|(name, value)| (name.clone(), to_json(value))).collect(),
        Value::Dynamic(_, value) => to_json(value),
    }
}
