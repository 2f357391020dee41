//! Plans a change.
//!
//! The laws: an attribute that the configuration sets keeps that value; one that is not computed
//! and not set stays null; a computed one may become anything, but what is known in the plan must
//! be the outcome, and planning twice must give the same. A plan equal to the prior state is no
//! change at all, so computed values become unknown only when something else differs.

use std::collections::BTreeMap;

use super::{Registered, Server};
use crate::framework::{
    diagnostics::Diagnostics,
    resource::Plan,
    schema::{Attribute, Kind, Nesting},
    value::{Object, Path, Value},
};

/// What Terraform proposes.
#[derive(Debug)]
pub struct PlanRequest {
    /// The state before; null for a create.
    pub prior: Value,
    /// The configuration laid over the prior state; null for a destroy.
    pub proposed: Value,
    /// The configuration; null for a destroy.
    pub config: Value,
    /// Private data of the prior state, or of the first plan of a replacement.
    pub prior_private: Vec<u8>,
}

/// What will be done.
#[derive(Debug)]
pub struct PlanAnswer {
    /// The planned state; null for a destroy.
    pub planned: Value,
    /// Attributes whose change replaces the object.
    pub requires_replace: Vec<Path>,
    /// Private data for the apply.
    pub private: Vec<u8>,
    /// What the practitioner is told.
    pub diagnostics: Diagnostics,
}

impl Server {
    /// Plans a create, an update or a destroy of one object.
    pub async fn plan_resource_change(&self, registered: &Registered, request: PlanRequest) -> PlanAnswer {
        let stop = self.stop_token();
        let Some(proposed) = Object::from_value(&request.proposed) else {
            let prior = Object::from_value(&request.prior).unwrap_or_default();
            return PlanAnswer {
                planned: Value::Null,
                requires_replace: Vec::new(),
                private: request.prior_private,
                diagnostics: registered.resource.plan_destroy(&prior, &stop).await,
            };
        };
        let attributes = &registered.schema.attributes;
        let planned = plan_attributes(attributes, &request, proposed.into());
        let mut plan = Plan {
            requires_replace: replaced(attributes, &request.prior, &planned),
            config: Object::from_value(&request.config).unwrap_or_default(),
            prior: Object::from_value(&request.prior),
            planned: Object::from_value(&planned).unwrap_or_default(),
            private: Vec::new(),
            prior_private: request.prior_private,
            diagnostics: Diagnostics::new(),
        };
        registered.resource.plan(&mut plan, &stop).await;
        PlanAnswer {
            planned: plan.planned.into(),
            requires_replace: plan.requires_replace,
            private: plan.private,
            diagnostics: plan.diagnostics,
        }
    }
}

/// Takes defaults, and makes computed values unknown if anything changes.
fn plan_attributes(attributes: &[Attribute], request: &PlanRequest, proposed: Value) -> Value {
    let with_defaults = map_attributes(attributes, &request.config, &Value::Null, proposed, &take_default);
    if with_defaults == request.prior {
        return with_defaults;
    }
    map_attributes(attributes, &request.config, &request.prior, with_defaults, &make_unknown)
}

fn take_default(attribute: &Attribute, config: &Value, _prior: &Value, planned: Value) -> Value {
    match &attribute.default {
        Some(default) if config.is_null() => default.clone(),
        _ => planned,
    }
}

fn make_unknown(attribute: &Attribute, config: &Value, prior: &Value, planned: Value) -> Value {
    let filled_by_provider =
        attribute.presence.is_computed() && attribute.default.is_none() && config.is_null();
    match filled_by_provider {
        true if attribute.keeps_prior && !prior.is_null() => prior.clone(),
        true => Value::Unknown,
        false => planned,
    }
}

type Rule<'a> = &'a dyn Fn(&Attribute, &Value, &Value, Value) -> Value;

/// Applies a rule to every attribute, from the outside in. Inside, what belongs together is found by index
/// and key; in sets, which come in an order of their own, by what the configuration sets.
fn map_attributes(
    attributes: &[Attribute],
    config: &Value,
    prior: &Value,
    planned: Value,
    rule: Rule,
) -> Value {
    let Value::Map(mut values) = planned else {
        return planned;
    };
    for attribute in attributes {
        let config = member(config, attribute.name);
        let prior = member(prior, attribute.name);
        let planned = values.remove(attribute.name).unwrap_or(Value::Null);
        let planned = rule(attribute, config, prior, planned);
        values.insert(attribute.name.to_owned(), map_nested(attribute, config, prior, planned, rule));
    }
    Value::Map(values)
}

fn map_nested(attribute: &Attribute, config: &Value, prior: &Value, planned: Value, rule: Rule) -> Value {
    let Kind::Nested(nesting, attributes) = &attribute.kind else {
        return planned;
    };
    match (nesting, config, planned) {
        (Nesting::Single, Value::Map(_), planned) => map_attributes(attributes, config, prior, planned, rule),
        (Nesting::List, Value::List(configured), Value::List(planned))
            if configured.len() == planned.len() =>
        {
            let elements = configured.iter().zip(planned).enumerate();
            let map = |(index, (config, planned))| {
                map_attributes(attributes, config, element(prior, index), planned, rule)
            };
            Value::List(elements.map(map).collect())
        }
        (Nesting::Set, Value::List(configured), Value::List(planned)) => {
            let mut left: Vec<&Value> = configured.iter().collect();
            let map = |planned: Value| {
                let found = left.iter().position(|config| stems_from(attributes, config, &planned));
                let config = found.map_or(&Value::Null, |index| left.remove(index));
                // Terraform has found the prior element, and proposes what it held.
                let prior = planned.clone();
                map_attributes(attributes, config, &prior, planned, rule)
            };
            Value::List(planned.into_iter().map(map).collect())
        }
        (Nesting::Map, Value::Map(configured), Value::Map(planned)) => {
            let map = |(key, planned): (String, Value)| {
                let config = configured.get(&key).unwrap_or(&Value::Null);
                let planned = map_attributes(attributes, config, member(prior, &key), planned, rule);
                (key, planned)
            };
            Value::Map(planned.into_iter().map(map).collect::<BTreeMap<_, _>>())
        }
        (_, _, planned) => planned,
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
fn replaced(attributes: &[Attribute], prior: &Value, planned: &Value) -> Vec<Path> {
    let mut paths = Vec::new();
    if !prior.is_null() {
        add_replaced(attributes, prior, planned, &Path::root(), &mut paths);
    }
    paths
}

fn add_replaced(
    attributes: &[Attribute],
    prior: &Value,
    planned: &Value,
    path: &Path,
    paths: &mut Vec<Path>,
) {
    for attribute in attributes {
        let (prior, planned) = (member(prior, attribute.name), member(planned, attribute.name));
        let path = path.attribute(attribute.name);
        if prior == planned {
            continue;
        }
        match (&attribute.kind, prior, planned) {
            _ if attribute.requires_replace => paths.push(path),
            (Kind::Plain(_), _, _) => {}
            (Kind::Nested(Nesting::Set, inner), _, _) if any_requires_replace(inner) => paths.push(path),
            (Kind::Nested(_, inner), Value::List(before), Value::List(after)) => {
                for (index, (before, after)) in before.iter().zip(after).enumerate() {
                    add_replaced(inner, before, after, &path.index(index), paths);
                }
            }
            (Kind::Nested(_, inner), Value::Map(before), Value::Map(after)) if attribute.is_map() => {
                for (key, before) in before {
                    let Some(after) = after.get(key) else { continue };
                    add_replaced(inner, before, after, &path.key(key), paths);
                }
            }
            (Kind::Nested(_, inner), Value::Map(_), Value::Map(_)) => {
                add_replaced(inner, prior, planned, &path, paths);
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

fn element(value: &Value, index: usize) -> &Value {
    match value {
        Value::List(elements) => elements.get(index).unwrap_or(&Value::Null),
        _ => &Value::Null,
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
        let request = PlanRequest {
            prior: value(prior),
            proposed: value(proposed),
            config: value(config),
            prior_private: Vec::new(),
        };
        plan_attributes(&attributes(), &request, value(proposed))
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
        let paths = |planned: &str| replaced(&attributes(), &prior, &value(planned));
        assert_eq!(paths(r#"{"required":"a"}"#), []);
        assert_eq!(paths(r#"{"required":"b"}"#), [Path::of("required")]);
        assert_eq!(paths(r#"{"required":"?"}"#), [Path::of("required")]);
        assert_eq!(replaced(&attributes(), &Value::Null, &value(r#"{"required":"b"}"#)), []);
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
            assert_eq!(replaced(&attributes(), &value(prior), &value(planned)), expected, "{planned}");
        }
        let come =
            replaced(&attributes(), &value(r#"{"single":null}"#), &value(r#"{"single":{"required":"a"}}"#));
        assert_eq!(come, []);
    }

    #[test]
    fn unknown_objects_stay_unknown() {
        let config = r#"{"required":"?","single":"?","list":"?"}"#;
        let plan = planned("null", config, config);
        assert_has(&plan, r#"{"required":"?","single":"?","list":"?"}"#);
    }
}
