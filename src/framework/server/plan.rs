//! Plans a change.
//!
//! The laws: an attribute that the configuration sets keeps that value; one that is not computed
//! and not set stays null; a computed one may become anything, but what is known in the plan must
//! be the outcome, and planning twice must give the same. A plan equal to the prior state is not a
//! change at all, so computed values become unknown only when something else differs.

use tokio_util::sync::CancellationToken;

use super::{RegisteredResource, Server};
use crate::framework::{
    diagnostics::{Diagnostic, Diagnostics},
    private::Private,
    resource::{Phase, Plan, PlanDestroy, Prior},
    schema::{Attribute, Kind, Nesting},
    value::{Object, Path, Root, Value, unexpected},
};

/// What Terraform proposes for one object.
#[derive(Debug)]
pub struct PlanRequest {
    /// The state before the change; null for a create and for the create half of a replacement.
    pub prior: Root,
    /// The configuration laid over the prior state; null for a destroy.
    pub proposed: Root,
    /// The configuration; null for a destroy.
    pub config: Root,
    /// Private data of the prior state, or of the first plan of a replacement.
    pub prior_private: Vec<u8>,
    /// Private data that the plan which the practitioner saw has left (Terraform 1.16 and later, during
    /// apply); else empty.
    pub planned_private: Vec<u8>,
    /// Whether Terraform says that it is applying.
    pub applying: bool,
}

/// What will be done to the object, or why it cannot be.
#[derive(Debug)]
pub struct PlanResponse {
    /// The planned state; null for a destroy. After an error Terraform ignores it.
    pub planned: Root,
    /// Attributes whose change replaces the object. Terraform ignores them in a create.
    pub requires_replace: Vec<Path>,
    /// Private data for the apply or, in a replacement, for the second plan; encoded.
    pub private: Vec<u8>,
    /// Warnings let the plan pass, one error refuses it.
    pub diagnostics: Diagnostics,
}

/// The one thing that a request asks for.
enum Proposal {
    Destroy {
        prior: Object,
    },
    Change {
        prior: Prior,
        proposed: Object,
        config: Object,
    },
    /// Nothing is there, and nothing is wanted.
    Nothing,
}

impl Proposal {
    fn of(request: &PlanRequest) -> Result<Self, Diagnostic> {
        let config = || request.config.clone().object("the configuration");
        Ok(match (request.prior.clone(), request.proposed.clone()) {
            (Root::Unknown, _) => return Err(unexpected("the prior state", "unknown")),
            (_, Root::Unknown) => return Err(unexpected("the proposed new state", "unknown")),
            (Root::Null, Root::Null) => Self::Nothing,
            (Root::Object(prior), Root::Null) => Self::Destroy { prior },
            (Root::Null, Root::Object(proposed)) => {
                Self::Change { prior: Prior::Nothing, proposed, config: config()? }
            }
            (Root::Object(prior), Root::Object(proposed)) => {
                Self::Change { prior: Prior::Object(prior), proposed, config: config()? }
            }
        })
    }
}

impl PlanRequest {
    fn prior_private(&self) -> Result<Vec<u8>, Diagnostic> {
        Ok(Private::decode(&self.prior_private)?.data)
    }

    fn phase(&self) -> Result<Phase, Diagnostic> {
        let planned_private = Private::decode(&self.planned_private)?.data;
        Ok(match self.applying || !planned_private.is_empty() {
            true => Phase::Apply { planned_private },
            false => Phase::Plan,
        })
    }
}

impl Server {
    /// Plans a create, an update or a destroy of one object: applies the schema, then asks the resource.
    pub async fn plan_resource_change(
        &self,
        registered: &RegisteredResource,
        request: PlanRequest,
        stop: &CancellationToken,
    ) -> PlanResponse {
        match plan_proposal(registered, &request, stop).await {
            Ok(response) => response,
            Err(refused) => PlanResponse {
                planned: request.prior,
                requires_replace: Vec::new(),
                private: request.prior_private,
                diagnostics: refused.into(),
            },
        }
    }
}

async fn plan_proposal(
    registered: &RegisteredResource,
    request: &PlanRequest,
    stop: &CancellationToken,
) -> Result<PlanResponse, Diagnostic> {
    let prior_private = request.prior_private()?;
    match Proposal::of(request)? {
        Proposal::Nothing => Ok(PlanResponse {
            planned: Root::Null,
            requires_replace: Vec::new(),
            private: Vec::new(),
            diagnostics: Diagnostics::new(),
        }),
        Proposal::Destroy { prior } => {
            let destroy = PlanDestroy { prior, private: prior_private, diagnostics: Diagnostics::new() };
            Ok(plan_destroy(registered, destroy, stop).await)
        }
        Proposal::Change { prior, proposed, config } => {
            let plan = propose(&registered.schema.attributes, prior, proposed, config);
            Ok(plan_change(registered, Plan { phase: request.phase()?, prior_private, ..plan }, stop).await)
        }
    }
}

async fn plan_destroy(
    registered: &RegisteredResource,
    mut destroy: PlanDestroy,
    stop: &CancellationToken,
) -> PlanResponse {
    registered.resource.plan_destroy(&mut destroy, stop).await;
    PlanResponse {
        planned: Root::Null,
        requires_replace: Vec::new(),
        private: Private::of(destroy.private).encode(),
        diagnostics: destroy.diagnostics,
    }
}

async fn plan_change(
    registered: &RegisteredResource,
    mut plan: Plan,
    stop: &CancellationToken,
) -> PlanResponse {
    registered.resource.plan(&mut plan, stop).await;
    PlanResponse {
        planned: plan.planned.into(),
        requires_replace: plan.requires_replace,
        private: Private::of(plan.private).encode(),
        diagnostics: plan.diagnostics,
    }
}

/// What the schema alone makes of a proposal.
fn propose(attributes: &[Attribute], prior: Prior, proposed: Object, config: Object) -> Plan {
    let configured = Value::from(config.clone());
    let before = match &prior {
        Prior::Nothing => None,
        Prior::Object(prior) => Some(Value::from(prior.clone())),
    };
    let planned = plan_attributes(attributes, before.as_ref(), &configured, proposed);
    Plan {
        requires_replace: replaced(attributes, before.as_ref(), &configured, &planned.clone().into()),
        config,
        prior,
        planned,
        phase: Phase::Plan,
        prior_private: Vec::new(),
        private: Vec::new(),
        diagnostics: Diagnostics::new(),
    }
}

/// Takes defaults, and makes computed values unknown if anything changes.
fn plan_attributes(
    attributes: &[Attribute],
    prior: Option<&Value>,
    config: &Value,
    proposed: Object,
) -> Object {
    // Defaults first: what only takes its default has not changed, and must make nothing unknown.
    let with_defaults = map_object(attributes, config, None, proposed, &take_default);
    if prior.is_some_and(|prior| *prior == with_defaults.clone().into()) {
        return with_defaults;
    }
    map_object(attributes, config, prior, with_defaults, &make_unknown)
}

fn take_default(attribute: &Attribute, config: &Value, _prior: Option<&Value>, planned: Value) -> Value {
    match &attribute.default {
        Some(default) if config.is_null() => default.clone(),
        _ => planned,
    }
}

/// A null that the provider has filled in is as known as any other value.
fn make_unknown(attribute: &Attribute, config: &Value, prior: Option<&Value>, planned: Value) -> Value {
    let filled_by_provider =
        attribute.presence.is_computed() && attribute.default.is_none() && config.is_null();
    match prior {
        Some(prior) if filled_by_provider && attribute.keeps_prior => prior.clone(),
        _ if filled_by_provider => Value::Unknown,
        _ => planned,
    }
}

/// From an attribute, its configuration, what it was before and what is planned so far to what is planned.
/// Nothing came before if there was no object around it; an attribute that was null is there.
type Rule<'a> = &'a dyn Fn(&Attribute, &Value, Option<&Value>, Value) -> Value;

/// Applies a rule to every attribute, from the outside in. Inside, what belongs together is found by index
/// and key; in sets, which come in an order of their own, by what the configuration sets.
fn map_object(
    attributes: &[Attribute],
    config: &Value,
    prior: Option<&Value>,
    planned: Object,
    rule: Rule,
) -> Object {
    let map = |attribute: &Attribute| {
        let config = member(config, attribute.name);
        let prior = prior.and_then(|prior| before(prior, attribute.name));
        let planned = rule(attribute, config, prior, planned.get(attribute.name).clone());
        (attribute.name.to_owned(), map_nested(attribute, config, prior, planned, rule))
    };
    attributes.iter().map(map).collect()
}

fn map_element(
    attributes: &[Attribute],
    config: &Value,
    prior: Option<&Value>,
    planned: Value,
    rule: Rule,
) -> Value {
    match planned {
        Value::Map(members) => {
            map_object(attributes, config, prior, members.into_iter().collect(), rule).into()
        }
        other => other,
    }
}

fn map_nested(
    attribute: &Attribute,
    config: &Value,
    prior: Option<&Value>,
    planned: Value,
    rule: Rule,
) -> Value {
    let Kind::Nested(nesting, attributes) = &attribute.kind else {
        return planned;
    };
    match (nesting, config, planned) {
        (Nesting::Single, Value::Map(_), planned) => map_element(attributes, config, prior, planned, rule),
        (Nesting::List, Value::List(configured), Value::List(planned))
            if configured.len() == planned.len() =>
        {
            let elements = configured.iter().zip(planned).enumerate();
            let map = |(index, (config, planned))| {
                map_element(attributes, config, element(prior, index), planned, rule)
            };
            Value::List(elements.map(map).collect())
        }
        (Nesting::Set, Value::List(configured), Value::List(planned)) => {
            let mut left: Vec<&Value> = configured.iter().collect();
            let map = |planned: Value| {
                let found = left.iter().position(|config| stems_from(attributes, config, &planned));
                let config = found.map_or(&Value::Null, |index| left.remove(index));
                let prior = proposed_before(&planned);
                map_element(attributes, config, Some(&prior), planned, rule)
            };
            Value::List(planned.into_iter().map(map).collect())
        }
        (Nesting::Map, Value::Map(configured), Value::Map(planned)) => {
            let map = |(key, planned): (String, Value)| {
                let config = configured.get(&key).unwrap_or(&Value::Null);
                let prior = prior.and_then(|prior| before(prior, &key));
                let planned = map_element(attributes, config, prior, planned, rule);
                (key, planned)
            };
            Value::Map(planned.into_iter().map(map).collect())
        }
        (_, _, planned) => planned,
    }
}

/// What the prior element of a set held: Terraform has found it, and proposes that. A null may as well mean
/// that there was none.
fn proposed_before(planned: &Value) -> Value {
    match planned {
        Value::Map(members) => {
            let held = members.iter().filter(|(_, value)| !value.is_null());
            Value::Map(held.map(|(name, value)| (name.clone(), value.clone())).collect())
        }
        other => other.clone(),
    }
}

/// Whether a planned object can be what Terraform proposes for a configured one: it holds what is set.
fn stems_from(attributes: &[Attribute], config: &Value, planned: &Value) -> bool {
    attributes.iter().all(|attribute| {
        let (config, planned) = (member(config, attribute.name), member(planned, attribute.name));
        match &attribute.kind {
            _ if config.is_null() => attribute.presence.is_computed() || planned.is_null(),
            Kind::Plain(_) => config == planned,
            Kind::Nested(_, inner) => match (config, planned) {
                (Value::List(configured), Value::List(planned)) => {
                    let stems = |config| planned.iter().any(|planned| stems_from(inner, config, planned));
                    configured.len() == planned.len() && configured.iter().all(stems)
                }
                (Value::Map(configured), Value::Map(elements)) if attribute.is_map() => {
                    let mut pairs = configured.iter().zip(elements);
                    configured.len() == elements.len()
                        && pairs.all(|((key, config), (other, planned))| {
                            key == other && stems_from(inner, config, planned)
                        })
                }
                (Value::Map(_), Value::Map(_)) => stems_from(inner, config, planned),
                (config, planned) => config == planned,
            },
        }
    })
}

/// The paths of attributes whose change replaces the object. None leads into a set: it ends there.
///
/// Only what the practitioner has set can ask for another object: where the configuration is null, the value
/// is the provider's, and a change of it is found out, not wanted.
fn replaced(attributes: &[Attribute], prior: Option<&Value>, config: &Value, planned: &Value) -> Vec<Path> {
    let mut paths = Vec::new();
    if let Some(prior) = prior {
        add_replaced(attributes, [prior, config, planned], &Path::root(), &mut paths);
    }
    paths
}

fn add_replaced(attributes: &[Attribute], values: [&Value; 3], path: &Path, paths: &mut Vec<Path>) {
    for attribute in attributes {
        let [prior, config, planned] = values.map(|value| member(value, attribute.name));
        let path = path.attribute(attribute.name);
        if prior == planned || config.is_null() {
            continue;
        }
        match (&attribute.kind, prior, planned) {
            _ if attribute.requires_replace => paths.push(path),
            (Kind::Plain(_), _, _) => {}
            (Kind::Nested(Nesting::Set, inner), _, _) if any_requires_replace(inner) => paths.push(path),
            (Kind::Nested(_, inner), Value::List(before), Value::List(after)) => {
                for (index, (before, after)) in before.iter().zip(after).enumerate() {
                    let config = element(Some(config), index).unwrap_or(&Value::Null);
                    add_replaced(inner, [before, config, after], &path.index(index), paths);
                }
            }
            (Kind::Nested(_, inner), Value::Map(before), Value::Map(after)) if attribute.is_map() => {
                for (key, before) in before {
                    let Some(after) = after.get(key) else { continue };
                    add_replaced(inner, [before, member(config, key), after], &path.key(key), paths);
                }
            }
            (Kind::Nested(_, inner), Value::Map(_), Value::Map(_)) => {
                add_replaced(inner, [prior, config, planned], &path, paths);
            }
            // As a whole it comes, goes or is not known yet.
            (Kind::Nested(..), _, _) => {}
        }
    }
}

fn any_requires_replace(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.kind {
        _ if attribute.requires_replace => true,
        Kind::Nested(_, inner) => any_requires_replace(inner),
        Kind::Plain(_) => false,
    })
}

fn element(value: Option<&Value>, index: usize) -> Option<&Value> {
    match value {
        Some(Value::List(elements)) => elements.get(index),
        _ => None,
    }
}

/// What a member was before; nothing where there was no object to have it.
fn before<'a>(prior: &'a Value, name: &str) -> Option<&'a Value> {
    match prior {
        Value::Map(members) => members.get(name),
        _ => None,
    }
}

fn member<'a>(value: &'a Value, name: &str) -> &'a Value {
    match value {
        Value::Map(members) => members.get(name).unwrap_or(&Value::Null),
        Value::Unknown => &Value::Unknown,
        _ => &Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::value::Type;

    /// One attribute of each presence, and the same below each nesting.
    fn attributes() -> Vec<Attribute> {
        let nested = |name, nesting| Attribute {
            kind: Kind::Nested(nesting, leaves()),
            ..Attribute::optional(name, Type::Dynamic, "")
        };
        let mut attributes = leaves();
        attributes.extend([
            nested("single", Nesting::Single),
            nested("list", Nesting::List),
            nested("set", Nesting::Set),
            nested("map", Nesting::Map),
        ]);
        attributes
    }

    fn leaves() -> Vec<Attribute> {
        vec![
            Attribute::required("required", Type::String, "").requires_replace(),
            Attribute::optional("optional", Type::String, ""),
            Attribute::optional_computed("defaulted", Type::String, "").default("d"),
            Attribute::optional_computed("chosen", Type::String, ""),
            Attribute::computed("computed", Type::String, ""),
            Attribute::computed("kept", Type::String, "").keeps_prior(),
        ]
    }

    fn value(json: &str) -> Value {
        fn convert(json: &serde_json::Value) -> Value {
            match json {
                serde_json::Value::String(text) if text == "?" => Value::Unknown,
                serde_json::Value::String(text) => text.as_str().into(),
                serde_json::Value::Array(elements) => Value::List(elements.iter().map(convert).collect()),
                serde_json::Value::Object(members) => {
                    Value::Map(members.iter().map(|(name, json)| (name.clone(), convert(json))).collect())
                }
                _ => Value::Null,
            }
        }
        convert(&serde_json::from_str(json).unwrap())
    }

    /// Plans as the server does: the proposal is given, as Terraform makes it.
    fn planned(prior: &str, proposed: &str, config: &str) -> Value {
        let prior = value(prior);
        let prior = (!prior.is_null()).then_some(&prior);
        plan_attributes(&attributes(), prior, &value(config), object(proposed)).into()
    }

    fn object(json: &str) -> Object {
        match Root::try_from(value(json)) {
            Ok(Root::Object(object)) => object,
            other => panic!("{other:?}"),
        }
    }

    /// The members of a value that the expectation names.
    fn assert_has(actual: &Value, expected: &str) {
        let Value::Map(expected) = value(expected) else { panic!("an object") };
        for (name, expected) in expected {
            assert_eq!(member(actual, &name), &expected, "{name}");
        }
    }

    #[test]
    fn create_takes_defaults_and_leaves_computed_values_unknown() {
        let config = r#"{"required":"r"}"#;
        let plan = planned("null", config, config);
        assert_has(
            &plan,
            r#"{"required":"r","optional":null,"defaulted":"d","chosen":"?","computed":"?","kept":"?"}"#,
        );
        assert_has(&plan, r#"{"single":null,"list":null,"set":null,"map":null}"#);
    }

    #[test]
    fn no_change_is_no_change() {
        let prior = r#"{"required":"r","optional":null,"defaulted":"d","chosen":"c","computed":"x","kept":"k",
            "single":null,"list":null,"set":null,"map":null}"#;
        assert_eq!(planned(prior, prior, r#"{"required":"r"}"#), value(prior));
    }

    #[test]
    fn a_change_makes_computed_values_unknown_unless_they_keep() {
        let prior =
            r#"{"required":"r","optional":"o","defaulted":"d","chosen":"c","computed":"x","kept":"k"}"#;
        let proposed =
            r#"{"required":"r","optional":"new","defaulted":"d","chosen":"c","computed":"x","kept":"k"}"#;
        let plan = planned(prior, proposed, r#"{"required":"r","optional":"new"}"#);
        assert_has(&plan, r#"{"optional":"new","defaulted":"d","chosen":"?","computed":"?","kept":"k"}"#);
        let plan =
            planned(prior, proposed, r#"{"required":"r","optional":"new","chosen":"c","defaulted":"other"}"#);
        assert_has(&plan, r#"{"chosen":"c"}"#);
    }

    #[test]
    fn nested_attributes_follow_the_same_rules() {
        let config = r#"{"required":"r","single":{"required":"s"},"list":[{"required":"l"}],
            "set":[{"required":"e"}],"map":{"k":{"required":"m"}}}"#;
        let plan = planned("null", config, config);
        let inside = r#"{"defaulted":"d","chosen":"?","computed":"?","kept":"?","optional":null}"#;
        assert_has(member(&plan, "single"), inside);
        assert_has(member(member(&plan, "map"), "k"), inside);
        for name in ["list", "set"] {
            let Value::List(elements) = member(&plan, name) else { panic!("{name}") };
            assert_has(&elements[0], inside);
        }
    }

    #[test]
    fn prior_values_are_found_by_index_and_key_and_in_sets_by_what_is_set() {
        let element = r#"{"required":"e","kept":"K","defaulted":"d"}"#;
        let state = |optional: &str| {
            format!(
                r#"{{"required":"r","optional":"{optional}","defaulted":"d","list":[{element}],"set":[{element}],"map":{{"k":{element}}}}}"#
            )
        };
        let config = r#"{"required":"r","optional":"new","list":[{"required":"e"}],"set":[{"required":"e"}],
            "map":{"k":{"required":"e"}}}"#;
        let plan = planned(&state("old"), &state("new"), config);
        assert_has(member(member(&plan, "map"), "k"), r#"{"kept":"K"}"#);
        let first = |name| match member(&plan, name) {
            Value::List(elements) => elements[0].clone(),
            other => panic!("{other:?}"),
        };
        assert_has(&first("list"), r#"{"kept":"K"}"#);
        assert_has(&first("set"), r#"{"kept":"K"}"#);
    }

    #[test]
    fn sets_come_in_an_order_of_their_own() {
        let config = r#"{"required":"r","set":[{"required":"a"},{"required":"b","defaulted":"own"}]}"#;
        let proposed = r#"{"required":"r","set":[{"required":"b","defaulted":"own"},{"required":"a"}]}"#;
        let plan = planned("null", proposed, config);
        let Value::List(elements) = member(&plan, "set") else { panic!("{plan:?}") };
        assert_has(&elements[0], r#"{"required":"b","defaulted":"own","chosen":"?"}"#);
        assert_has(&elements[1], r#"{"required":"a","defaulted":"d","chosen":"?"}"#);
    }

    #[test]
    fn only_real_differences_replace() {
        let prior = value(r#"{"required":"a"}"#);
        let paths = |planned: &str| replaced(&attributes(), Some(&prior), &value(planned), &value(planned));
        assert_eq!(paths(r#"{"required":"a"}"#), []);
        assert_eq!(paths(r#"{"required":"b"}"#), [Path::of("required")]);
        assert_eq!(paths(r#"{"required":"?"}"#), [Path::of("required")]);
        assert_eq!(
            replaced(&attributes(), None, &value(r#"{"required":"b"}"#), &value(r#"{"required":"b"}"#)),
            []
        );
        let below = |path: Path| [path.attribute("required")];
        for (prior, planned, expected) in [
            (r#"{"single":{"required":"a"}}"#, r#"{"single":{"required":"b"}}"#, below(Path::of("single"))),
            (
                r#"{"list":[{"required":"a"}]}"#,
                r#"{"list":[{"required":"b"}]}"#,
                below(Path::of("list").index(0)),
            ),
            (
                r#"{"map":{"k":{"required":"a"}}}"#,
                r#"{"map":{"k":{"required":"b"},"l":{"required":"c"}}}"#,
                below(Path::of("map").key("k")),
            ),
            // No path leads into a set.
            (r#"{"set":[{"required":"a"}]}"#, r#"{"set":[{"required":"b"}]}"#, [Path::of("set")]),
        ] {
            let (prior, planned) = (value(prior), value(planned));
            assert_eq!(replaced(&attributes(), Some(&prior), &planned, &planned), expected, "{planned:?}");
        }
        let single = value(r#"{"single":{"required":"a"}}"#);
        assert_eq!(replaced(&attributes(), Some(&value(r#"{"single":null}"#)), &single, &single), []);
    }

    /// The case: `moved` with `-refresh=false`, where the prior state lacks what the provider fills in.
    #[test]
    fn what_is_not_configured_never_replaces() {
        let attributes = vec![
            Attribute::optional_computed("chosen", Type::String, "").requires_replace(),
            Attribute {
                kind: Kind::Nested(
                    Nesting::List,
                    vec![Attribute::optional_computed("chosen", Type::String, "").requires_replace()],
                ),
                ..Attribute::optional("list", Type::Dynamic, "")
            },
        ];
        let paths = |prior: &str, config: &str, planned: &str| {
            replaced(&attributes, Some(&value(prior)), &value(config), &value(planned))
        };
        let unset = r#"{"chosen":null,"list":[{"chosen":null}]}"#;
        for (prior, planned) in [
            (unset, r#"{"chosen":"?","list":[{"chosen":"?"}]}"#),
            (r#"{"chosen":"a","list":[{"chosen":"a"}]}"#, r#"{"chosen":"b","list":[{"chosen":"b"}]}"#),
        ] {
            assert_eq!(paths(prior, unset, planned), []);
            assert_eq!(paths(prior, planned, planned).len(), 2, "{planned}");
        }
    }

    #[test]
    fn a_null_that_is_kept_stays_null() {
        let prior = r#"{"required":"r","optional":"o","kept":null,"list":[{"required":"l","kept":null}],
            "map":{"k":{"required":"m","kept":null}},"single":{"required":"s","kept":null}}"#;
        let config = r#"{"required":"r","optional":"new","list":[{"required":"l"},{"required":"new"}],
            "map":{"k":{"required":"m"},"new":{"required":"m"}},"single":{"required":"s"}}"#;
        let plan = planned(prior, config, config);
        let (null, unknown) = (r#"{"kept":null}"#, r#"{"kept":"?"}"#);
        assert_has(&plan, null);
        assert_has(member(&plan, "single"), null);
        let Value::List(elements) = member(&plan, "list") else { panic!("{plan:?}") };
        assert_has(&elements[0], null);
        // There was none before: nothing is kept.
        assert_has(&elements[1], unknown);
        assert_has(member(member(&plan, "map"), "k"), null);
        assert_has(member(member(&plan, "map"), "new"), unknown);
    }

    #[test]
    fn unknown_objects_stay_unknown() {
        let config = r#"{"required":"?","single":"?","list":"?"}"#;
        let plan = planned("null", config, config);
        assert_has(&plan, r#"{"required":"?","single":"?","list":"?"}"#);
    }
}
