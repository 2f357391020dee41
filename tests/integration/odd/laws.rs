//! Every law of Terraform, over every shape: any configuration, with unknown values anywhere, over any
//! prior state that applying another configuration leaves.

use std::{collections::BTreeMap, sync::Arc};

use proptest::{
    collection::{btree_map, vec},
    prelude::*,
};
use terraform_provider_mss::{
    framework::{
        diagnostics::Diagnostics,
        provider::Provider,
        schema::{Attribute, Kind, Nesting, Presence},
        server::{ApplyRequest, PlanRequest, PlanResponse, ReadRequest, RegisteredResource, Server},
        value::{Members, Path, Root, Type, Value, json, msgpack},
    },
    provider::{Mss, ProviderEnvironment},
};

use super::shapes::{Odd, TYPE_NAME};
use crate::support::laws::{
    as_sent, keeps_what_was_known, plan_is_valid, proposed, replacements_are_real, same,
};

/// A Terraform that uses one resource of a provider, and judges each answer.
struct Terraform {
    server: Server,
    type_name: &'static str,
}

impl Terraform {
    fn new(provider: impl Provider + 'static, type_name: &'static str) -> Self {
        Self { server: Server::new(Arc::new(provider)), type_name }
    }

    fn registered(&self) -> &RegisteredResource {
        self.server.resource(self.type_name).unwrap()
    }

    fn attributes(&self) -> &[Attribute] {
        &self.registered().schema.attributes
    }

    fn of(&self) -> &Type {
        &self.registered().object_type
    }

    /// Plans as Terraform does, and holds the plan to the laws.
    async fn plan(&self, prior: &Value, config: &Value) -> Planned {
        self.plan_over(prior, config, if prior.is_null() { b"" } else { b"pstored" }).await
    }

    async fn plan_over(&self, prior: &Value, config: &Value, private: &[u8]) -> Planned {
        let ask = async || {
            let request = PlanRequest {
                prior: root(as_sent(prior, self.of())),
                proposed: root(as_sent(&proposed(self.attributes(), prior, config), self.of())),
                config: root(as_sent(config, self.of())),
                prior_private: private.to_vec(),
                planned_private: Vec::new(),
                applying: false,
            };
            Planned::from(
                self.server.plan_resource_change(self.registered(), request, &self.server.stop_token()).await,
            )
        };
        let (plan, again) = (ask().await, ask().await);
        assert_eq!(plan.planned, again.planned, "planning twice gives the same");
        msgpack::encode(plan.planned.clone(), self.of()).unwrap();
        plan_is_valid(self.attributes(), prior, config, &plan.planned).unwrap();
        replacements_are_real(prior, &plan.planned, &plan.requires_replace).unwrap();
        plan
    }

    /// The plan of a change that may replace: then Terraform plans once more, without the prior state.
    async fn plan_change(&self, prior: &Value, config: &Value) -> (Value, Planned) {
        let plan = self.plan(prior, config).await;
        match plan.requires_replace.is_empty() {
            true => (prior.clone(), plan),
            false => (Value::Null, self.plan_over(&Value::Null, config, &plan.private).await),
        }
    }

    /// Plans with what is known, plans again with the rest, and applies.
    async fn change(&self, prior: &Value, config: &Value) -> (Value, Value) {
        let (planned_over, first) = self.plan_change(prior, config).await;
        let config = resolve(config, self.of(), &mut 0);
        let last = self.plan(&planned_over, &config).await;
        assert_eq!((&first.diagnostics, &last.diagnostics), (&Diagnostics::new(), &Diagnostics::new()));
        if planned_over.is_null() || last.requires_replace.is_empty() {
            keeps_what_was_known(self.of(), &first.planned, &last.planned).unwrap();
        }
        let state = self.apply(&planned_over, &last, &config).await;
        (state, config)
    }

    async fn apply(&self, prior: &Value, plan: &Planned, config: &Value) -> Value {
        let planned = &plan.planned;
        let request = ApplyRequest {
            prior: root(prior.clone()),
            planned: root(planned.clone()),
            config: root(config.clone()),
            planned_private: plan.private.clone(),
        };
        let applied =
            self.server.apply_resource_change(self.registered(), request, &self.server.stop_token()).await;
        assert!(!applied.diagnostics.has_error(), "{:?}", applied.diagnostics);
        assert!(applied.state.is_wholly_known(), "{:?}", applied.state);
        let private: &[u8] = if planned.is_null() { b"" } else { b"pstored" };
        assert_eq!(applied.private, private, "what is left is stored beside a state");
        let state = applied.state.into();
        keeps_what_was_known(self.of(), planned, &state).unwrap();
        if let Some(identity) = self.identity(planned) {
            assert_eq!(self.identity(&state), Some(identity), "the identity that was planned");
        }
        as_sent(&state, self.of())
    }

    fn identity(&self, state: &Value) -> Option<Value> {
        match root(state.clone()) {
            Root::Object(state) => self.registered().identity.identity_of(&state),
            Root::Null | Root::Unknown => None,
        }
    }

    async fn read(&self, state: &Value, private: Vec<u8>) -> Value {
        let request = ReadRequest { current: root(state.clone()), private };
        let read = self.server.read_resource(self.registered(), request, &self.server.stop_token()).await;
        assert!(!read.diagnostics.has_error(), "{:?}", read.diagnostics);
        read.state.into()
    }

    /// What holds for every state: read, stored, imported and planned again, nothing changes.
    async fn settle(&self, state: &Value, config: &Value) {
        assert!(
            same(self.of(), &self.read(state, b"pstored".to_vec()).await, state),
            "reading changes nothing"
        );
        let stored = json::encode(state, self.of()).unwrap();
        let upgraded = self.server.upgrade_resource_state(self.registered(), 0, &stored).unwrap();
        assert!(same(self.of(), &upgraded.into(), state), "stored state reads as it was");
        let wire = msgpack::encode(state.clone(), self.of()).unwrap();
        assert_eq!(msgpack::decode(&wire, self.of()).unwrap(), *state);
        let plan = self.plan(state, config).await;
        assert!(same(self.of(), &plan.planned, state), "the same configuration changes nothing");
        assert_eq!(plan.requires_replace, []);
        let Value::Map(members) = state else { panic!("an object") };
        let Some(Value::String(name)) = members.get("name") else { panic!("a name") };
        let imported = self.server.import_resource_state(self.registered(), name).unwrap();
        let read = self.read(&imported.state.into(), imported.private).await;
        assert!(same(self.of(), &read, state), "an import reads what is there");
        assert_eq!(self.identity(&read), self.identity(state));
    }

    async fn destroy(&self, state: &Value) {
        let plan = self.plan(state, &Value::Null).await;
        assert_eq!((&plan.planned, &plan.diagnostics), (&Value::Null, &Diagnostics::new()));
        assert_eq!(self.apply(state, &plan, &Value::Null).await, Value::Null);
        assert_eq!(self.read(state, b"pstored".to_vec()).await, Value::Null, "what is destroyed is gone");
    }
}

/// A plan, as Terraform reads it.
struct Planned {
    planned: Value,
    requires_replace: Vec<Path>,
    private: Vec<u8>,
    diagnostics: Diagnostics,
}

impl From<PlanResponse> for Planned {
    fn from(answer: PlanResponse) -> Self {
        let PlanResponse { planned, requires_replace, private, diagnostics } = answer;
        Self { planned: planned.into(), requires_replace, private, diagnostics }
    }
}

fn root(value: Value) -> Root {
    Root::try_from(value).unwrap()
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn every_shape_keeps_every_law(
        before in config_of(super::shapes::shape_schema().attributes, false),
        after in config_of(super::shapes::shape_schema().attributes, true),
        exists in any::<bool>(),
        incomplete in any::<bool>(),
    ) {
        run(async {
            let terraform = Terraform::new(Odd::default(), TYPE_NAME);
            let prior = match exists {
                true => terraform.change(&Value::Null, &before).await.0,
                false => Value::Null,
            };
            let prior = if incomplete { without_computed(terraform.attributes(), &prior) } else { prior };
            let (state, config) = terraform.change(&prior, &after).await;
            terraform.settle(&state, &config).await;
            terraform.destroy(&state).await;
        });
    }

    /// The product's own resource, without a cloud: planning alone.
    #[test]
    fn the_role_keeps_every_law_of_planning(before in role_config(false), after in role_config(true)) {
        run(async {
            let terraform = Terraform::new(Mss::new(ProviderEnvironment::default()), "mss_service_linked_role");
            let created = terraform.plan(&Value::Null, &before).await;
            let state = created_as_planned(&created.planned, terraform.of());
            keeps_what_was_known(terraform.of(), &created.planned, &state).unwrap();
            let unchanged = terraform.plan(&state, &before).await;
            assert_eq!(unchanged.planned, state, "the same configuration changes nothing");
            let (planned_over, first) = terraform.plan_change(&state, &after).await;
            let known = resolve(&after, terraform.of(), &mut 0);
            let last = terraform.plan(&planned_over, &known).await;
            if last.requires_replace.is_empty() {
                keeps_what_was_known(terraform.of(), &first.planned, &last.planned).unwrap();
            }
            let destroyed = terraform.plan(&state, &Value::Null).await;
            assert_eq!(destroyed.planned, Value::Null);
        });
    }
}

/// A prior state in which the provider has filled in nothing but null.
fn without_computed(attributes: &[Attribute], state: &Value) -> Value {
    let Value::Map(members) = state else { return state.clone() };
    let kept = attributes.iter().map(|attribute| {
        let value = match attribute.presence {
            Presence::Computed => &Value::Null,
            _ => members.get(attribute.name).unwrap_or(&Value::Null),
        };
        (attribute.name.to_owned(), value.clone())
    });
    Value::Map(kept.collect())
}

/// The state that a create leaves, as far as planning looks at it.
fn created_as_planned(planned: &Value, of: &Type) -> Value {
    let Value::Map(planned) = planned else { panic!("an object") };
    let Value::Map(mut state) = resolve(&Value::Map(planned.clone()), of, &mut 0) else {
        panic!("an object")
    };
    // It follows from `adopted`, which is resolved to false.
    if planned.get("deletion_policy").is_some_and(Value::is_unknown) {
        state.insert("deletion_policy".to_owned(), "delete".into());
    }
    Value::Map(state)
}

/// A configuration that validation accepts.
fn role_config(unknowns: bool) -> BoxedStrategy<Value> {
    let text = |texts: &'static [&'static str]| {
        let known = proptest::sample::select(texts).prop_map(Value::from).boxed();
        if unknowns { prop_oneof![6 => known, 1 => Just(Value::Unknown)].boxed() } else { known }
    };
    let optional = |value: BoxedStrategy<Value>| prop_oneof![Just(Value::Null), value].boxed();
    let flag = prop_oneof![Just(Value::Bool(true)), Just(Value::Bool(false))].boxed();
    let timeouts = text(&["1m", "5m"]).prop_map(|create| {
        let members = [("create", create), ("read", Value::Null), ("delete", Value::Null)];
        map_of(members.map(|(name, value)| (name.to_owned(), value)))
    });
    let attributes = Mss::new(ProviderEnvironment::default()).resources()[0].schema().attributes;
    (
        text(&["AliyunServiceRoleForMssp", "AliyunServiceRoleForESAMssp"]),
        optional(text(&["mssp.aliyuncs.com", "other.mssp.aliyuncs.com"])),
        optional(text(&["1234567890123456", "2222222222222222"])),
        optional(flag),
        optional(text(&["delete", "abandon", "prevent"])),
        optional(timeouts.boxed()),
    )
        .prop_map(move |(role_name, service_name, account_id, adopt_existing, deletion_policy, timeouts)| {
            let mut config: BTreeMap<_, _> =
                attributes.iter().map(|attribute| (attribute.name.to_owned(), Value::Null)).collect();
            for (name, value) in [
                ("role_name", role_name),
                ("service_name", service_name),
                ("account_id", account_id),
                ("adopt_existing", adopt_existing),
                ("deletion_policy", deletion_policy),
                ("timeouts", timeouts),
            ] {
                config.insert(name.to_owned(), value);
            }
            map_of(config)
        })
        .boxed()
}

/// Any configuration of these attributes; computed ones alone are null.
fn config_of(attributes: Vec<Attribute>, unknowns: bool) -> BoxedStrategy<Value> {
    let members = attributes.into_iter().fold(Just(BTreeMap::new()).boxed(), |members, attribute| {
        let name = attribute.name.to_owned();
        (members, value_of(&attribute, unknowns))
            .prop_map(move |(mut members, value)| {
                members.insert(name.clone(), value);
                members
            })
            .boxed()
    });
    members.prop_map(map_of).boxed()
}

fn value_of(attribute: &Attribute, unknowns: bool) -> BoxedStrategy<Value> {
    let set = match &attribute.kind {
        Kind::Plain(of) => known(of, unknowns),
        Kind::Nested(nesting, inner) => {
            let object = config_of(inner.clone(), unknowns);
            match nesting {
                Nesting::Single => object,
                Nesting::List => vec(object, 0..3).prop_map(Value::List).boxed(),
                Nesting::Set => vec(object, 0..3).prop_map(distinct_keys).boxed(),
                Nesting::Map => btree_map("[ab]", object, 0..3).prop_map(map_of).boxed(),
            }
        }
    };
    let unknown = Just(Value::Unknown).boxed();
    let set = if unknowns { prop_oneof![8 => set, 1 => unknown].boxed() } else { set };
    match attribute.presence {
        Presence::Computed => Just(Value::Null).boxed(),
        // The name stays known: without it nothing could be kept.
        Presence::Required if attribute.requires_replace => known(&Type::String, false),
        Presence::Required => set,
        Presence::Optional | Presence::OptionalComputed => prop_oneof![Just(Value::Null), set].boxed(),
    }
}

/// Any value of a type; inside, unknown ones.
fn known(of: &Type, unknowns: bool) -> BoxedStrategy<Value> {
    let element = |of: &Type| match unknowns {
        true => prop_oneof![6 => known(of, true), 1 => Just(Value::Unknown)].boxed(),
        false => known(of, false),
    };
    match of {
        Type::String => "[a-cé]{0,3}".prop_map(Value::String).boxed(),
        Type::Number => proptest::sample::select(&NUMBERS[..])
            .prop_map(|text| Value::Number(text.parse().unwrap()))
            .boxed(),
        Type::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Type::Dynamic => dynamic(unknowns),
        Type::List(of) => vec(element(of), 0..3).prop_map(Value::List).boxed(),
        Type::Set(of) => vec(element(of), 0..3).prop_map(distinct).boxed(),
        Type::Map(of) => btree_map("[ab]", element(of), 0..3).prop_map(map_of).boxed(),
        Type::Tuple(of) => of.iter().map(element).collect::<Vec<_>>().prop_map(Value::List).boxed(),
        Type::Object(of) => {
            let names: Vec<_> = of.keys().cloned().collect();
            let members: Vec<_> = of.values().map(element).collect();
            members.prop_map(move |members| Value::Map(names.iter().cloned().zip(members).collect())).boxed()
        }
    }
}

fn dynamic(unknowns: bool) -> BoxedStrategy<Value> {
    let types = [
        Type::String,
        Type::Number,
        Type::List(Box::new(Type::Bool)),
        Type::Tuple(vec![Type::Bool, Type::String]),
    ];
    proptest::sample::select(types.to_vec())
        .prop_flat_map(move |of| {
            let value = known(&of, unknowns);
            value.prop_map(move |value| Value::Dynamic(Box::new(of.clone()), Box::new(value)))
        })
        .boxed()
}

/// A set as Terraform sends it: each element once. Unknown elements may turn out to be equal, so there is
/// one at most.
fn distinct(elements: Vec<Value>) -> Value {
    let mut kept: Vec<Value> = Vec::new();
    for element in elements {
        let open = !element.is_wholly_known();
        if kept.contains(&element) || open && kept.iter().any(|other| !other.is_wholly_known()) {
            continue;
        }
        kept.push(element);
    }
    Value::List(kept)
}

fn map_of(members: impl IntoIterator<Item = (String, Value)>) -> Value {
    Value::Map(members.into_iter().collect())
}

/// A set of objects, each with another key: Terraform itself cannot tell those apart that differ only in
/// what the provider may fill.
fn distinct_keys(elements: Vec<Value>) -> Value {
    let mut keys: Vec<Value> = Vec::new();
    let is_new = |element: &Value| {
        let Value::Map(members) = element else { return false };
        let key = members.get("key").expect("an element has a key");
        let new = !keys.contains(key);
        keys.push(key.clone());
        new
    };
    let mut elements = elements;
    elements.retain(is_new);
    distinct(elements)
}

/// The same with a value wherever one was unknown: what Terraform knows when it applies.
fn resolve(value: &Value, of: &Type, count: &mut usize) -> Value {
    match (value, of) {
        (Value::Unknown, Type::String) => {
            *count += 1;
            format!("resolved {count}").into()
        }
        (Value::Unknown, Type::Number) => {
            *count += 1;
            Value::Number(format!("77.{count}").parse().unwrap())
        }
        (Value::Unknown, Type::Bool) => false.into(),
        (Value::Unknown, Type::Dynamic) => {
            Value::Dynamic(Box::new(Type::String), Box::new("resolved".into()))
        }
        (Value::Unknown, Type::List(_) | Type::Set(_)) => Value::List(Vec::new()),
        (Value::Unknown, Type::Map(_)) => Value::Map(Members::new()),
        (Value::Unknown, Type::Tuple(of)) => {
            Value::List(of.iter().map(|of| resolve(&Value::Unknown, of, count)).collect())
        }
        // A practitioner's object: what only the provider fills stays null.
        (Value::Unknown, Type::Object(_)) => Value::Null,
        (Value::Dynamic(of, value), _) => Value::Dynamic(of.clone(), Box::new(resolve(value, of, count))),
        (Value::List(elements), Type::List(of) | Type::Set(of)) => {
            Value::List(elements.iter().map(|element| resolve(element, of, count)).collect())
        }
        (Value::List(elements), Type::Tuple(of)) => {
            Value::List(elements.iter().zip(of).map(|(element, of)| resolve(element, of, count)).collect())
        }
        (Value::Map(elements), Type::Map(of)) => {
            let resolve = |(key, element): (&String, &Value)| (key.clone(), resolve(element, of, count));
            Value::Map(elements.iter().map(resolve).collect())
        }
        (Value::Map(members), Type::Object(of)) => {
            let resolve = |(name, value): (&String, &Value)| {
                (name.clone(), resolve(value, of.get(name).unwrap_or(&Type::Dynamic), count))
            };
            Value::Map(members.iter().map(resolve).collect())
        }
        (value, _) => value.clone(),
    }
}

/// Where other encodings lose digits.
const NUMBERS: [&str; 9] = [
    "0",
    "-1",
    "1.5",
    "0.1",
    "0.1234567890123456789",
    "9007199254740993",
    "18446744073709551616",
    "1e30",
    "-0.0000000000000000000001",
];
