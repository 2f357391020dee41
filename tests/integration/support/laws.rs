//! Terraform's side of planning and applying: what it proposes, and the laws by which it judges the
//! answers.
//!
//! The laws are those of Terraform's packages `plans/objchange` and `terraform` (what it reports as
//! "Provider produced invalid plan", "inconsistent final plan" and "inconsistent result after apply"),
//! told again for this project's values. A law that is broken is an `Err` that says where.

use terraform_provider_mss::framework::{
    schema::{Attribute, Kind, Nesting, Presence},
    value::{Path, Step, Type, Value},
};

/// Whether a law is kept.
pub type Verdict = Result<(), String>;

/// The configuration laid over the prior state: what Terraform proposes to a provider.
pub fn proposed(attributes: &[Attribute], prior: &Value, config: &Value) -> Value {
    let Value::Map(config) = config else { return config.clone() };
    let propose = |attribute: &Attribute| {
        let configured = config.get(attribute.name).unwrap_or(&Value::Null);
        let before = member(prior, attribute.name);
        let value = match &attribute.kind {
            _ if configured.is_null() && attribute.presence.is_computed() => {
                if was_configured(attribute, before) { Value::Null } else { before.clone() }
            }
            _ if configured.is_unknown() => Value::Unknown,
            Kind::Nested(nesting, inner) => proposed_nested(*nesting, inner, before, configured),
            Kind::Plain(_) => configured.clone(),
        };
        (attribute.name.to_owned(), value)
    };
    Value::Map(attributes.iter().map(propose).collect())
}

fn proposed_nested(nesting: Nesting, inner: &[Attribute], prior: &Value, config: &Value) -> Value {
    match (nesting, config) {
        (Nesting::Single, config) => proposed(inner, prior, config),
        (Nesting::List, Value::List(elements)) => {
            let of = |(index, element)| proposed(inner, element_at(prior, index), element);
            Value::List(elements.iter().enumerate().map(of).collect())
        }
        (Nesting::Map, Value::Map(elements)) => {
            let of = |(key, element): (&String, &Value)| {
                (key.clone(), proposed(inner, member(prior, key), element))
            };
            Value::Map(elements.iter().map(of).collect())
        }
        (Nesting::Set, Value::List(elements)) => {
            let mut left = match prior {
                Value::List(elements) => elements.clone(),
                _ => Vec::new(),
            };
            let mut of = |element: &Value| {
                let found = left.iter().position(|prior| corresponds(inner, prior, element));
                let prior = found.map_or(Value::Null, |index| left.remove(index));
                proposed(inner, &prior, element)
            };
            Value::List(elements.iter().map(&mut of).collect())
        }
        (_, other) => other.clone(),
    }
}

/// Whether a practitioner must have set a nested attribute that is optional and computed: something is in it
/// that no provider fills. Without that, it does not stay when it leaves the configuration.
fn was_configured(attribute: &Attribute, prior: &Value) -> bool {
    let Kind::Nested(nesting, inner) = &attribute.kind else { return false };
    attribute.presence == Presence::OptionalComputed
        && objects(*nesting, prior).into_iter().any(|object| {
            inner.iter().any(|inside| {
                let value = member(object, inside.name);
                let set = !value.is_null() && !inside.presence.is_computed();
                set || was_set_inside(inside, value)
            })
        })
}

fn was_set_inside(attribute: &Attribute, value: &Value) -> bool {
    let within = Attribute { presence: Presence::OptionalComputed, ..attribute.clone() };
    was_configured(&within, value)
}

fn objects(nesting: Nesting, value: &Value) -> Vec<&Value> {
    match (nesting, value) {
        (Nesting::Single, value) => vec![value],
        (_, Value::List(elements)) => elements.iter().collect(),
        (_, Value::Map(elements)) => elements.values().collect(),
        _ => Vec::new(),
    }
}

/// Whether a prior object can stem from a configured one: it differs only in what the provider may fill.
fn corresponds(inner: &[Attribute], prior: &Value, config: &Value) -> bool {
    if prior == config {
        return true;
    }
    let (Value::Map(_), Value::Map(_)) = (prior, config) else { return false };
    inner.iter().all(|attribute| {
        let (before, configured) = (member(prior, attribute.name), member(config, attribute.name));
        same(&attribute.value_type(), before, configured)
            || match &attribute.kind {
                Kind::Plain(_) => attribute.presence.is_computed() && configured.is_null(),
                Kind::Nested(nesting, inner) => {
                    before.is_null() || nested_corresponds(*nesting, inner, before, configured)
                }
            }
    })
}

fn nested_corresponds(nesting: Nesting, inner: &[Attribute], prior: &Value, config: &Value) -> bool {
    match (nesting, prior, config) {
        (Nesting::Single, prior, config) => corresponds(inner, prior, config),
        (Nesting::List, Value::List(before), Value::List(configured)) => {
            let mut pairs = before.iter().zip(configured);
            before.len() == configured.len()
                && pairs.all(|(before, config)| corresponds(inner, before, config))
        }
        (Nesting::Map, Value::Map(before), Value::Map(configured)) => {
            let mut pairs = before.values().zip(configured.values());
            before.keys().eq(configured.keys())
                && pairs.all(|(before, config)| corresponds(inner, before, config))
        }
        // No path leads into a set.
        _ => false,
    }
}

/// A plan keeps what is configured, invents nothing that is not its to fill, and is of the schema's type.
pub fn plan_is_valid(attributes: &[Attribute], prior: &Value, config: &Value, planned: &Value) -> Verdict {
    if config.is_null() != planned.is_null() {
        return Err("planned is null exactly when the configuration is".to_owned());
    }
    attributes_are_valid(attributes, prior, config, planned, &Path::root())
}

fn attributes_are_valid(
    attributes: &[Attribute],
    prior: &Value,
    config: &Value,
    planned: &Value,
    path: &Path,
) -> Verdict {
    attributes.iter().try_for_each(|attribute| {
        let path = path.attribute(attribute.name);
        let [prior, config, planned] = [prior, config, planned].map(|value| member(value, attribute.name));
        attribute_is_valid(attribute, prior, config, planned, &path)
    })
}

fn attribute_is_valid(
    attribute: &Attribute,
    prior: &Value,
    config: &Value,
    planned: &Value,
    path: &Path,
) -> Verdict {
    if same(&attribute.value_type(), planned, config) {
        return Ok(());
    }
    if config.is_null() {
        let free = attribute.presence.is_computed();
        return if free {
            Ok(())
        } else {
            Err(format!("{path}: planned {planned:?} for a non-computed attribute"))
        };
    }
    match &attribute.kind {
        Kind::Nested(nesting, inner) if !config.is_unknown() => {
            nested_is_valid(*nesting, inner, prior, config, planned, path)
        }
        _ if !prior.is_null() && same(&attribute.value_type(), planned, prior) => Ok(()),
        _ => Err(format!("{path}: planned {planned:?} does not match {config:?}")),
    }
}

fn nested_is_valid(
    nesting: Nesting,
    inner: &[Attribute],
    prior: &Value,
    config: &Value,
    planned: &Value,
    path: &Path,
) -> Verdict {
    match (nesting, config, planned) {
        (_, _, Value::Unknown) => Err(format!("{path}: planned unknown for a configured value")),
        (Nesting::Single, _, planned) => attributes_are_valid(inner, prior, config, planned, path),
        (Nesting::List | Nesting::Set, Value::List(configured), Value::List(elements)) => {
            if configured.len() != elements.len() {
                return Err(format!("{path}: {} planned, {} configured", elements.len(), configured.len()));
            }
            // In sets nothing tells which elements belong together: the count is the law.
            let ordered = nesting == Nesting::List;
            let mut pairs = configured.iter().zip(elements).enumerate().filter(|_| ordered);
            pairs.try_for_each(|(index, (config, planned))| {
                let path = path.index(index);
                match config {
                    Value::Map(_) => {
                        attributes_are_valid(inner, element_at(prior, index), config, planned, &path)
                    }
                    _ if config == planned => Ok(()),
                    _ => Err(format!("{path}: planned {planned:?} does not match {config:?}")),
                }
            })
        }
        (Nesting::Map, Value::Map(configured), Value::Map(elements)) => {
            if !configured.keys().eq(elements.keys()) {
                return Err(format!("{path}: the planned keys are not the configured ones"));
            }
            configured.iter().try_for_each(|(key, config)| {
                let path = path.key(key);
                match config {
                    Value::Map(_) => {
                        attributes_are_valid(inner, member(prior, key), config, member(planned, key), &path)
                    }
                    _ if config == member(planned, key) => Ok(()),
                    _ => Err(format!("{path}: planned does not match {config:?}")),
                }
            })
        }
        _ => Err(format!("{path}: planned {planned:?} for {config:?}")),
    }
}

/// What was known in a plan is so in the plan or the state that follows it.
pub fn keeps_what_was_known(of: &Type, planned: &Value, later: &Value) -> Verdict {
    keeps(of, planned, later, &Path::root())
}

fn keeps(of: &Type, planned: &Value, later: &Value, path: &Path) -> Verdict {
    match (of, planned, later) {
        (_, Value::Unknown, _) => Ok(()),
        (Type::Dynamic, Value::Dynamic(planned_of, planned), Value::Dynamic(later_of, later)) => {
            if planned_of != later_of {
                return Err(format!("{path}: was {planned_of:?}, is {later_of:?}"));
            }
            keeps(planned_of, planned, later, path)
        }
        (Type::Set(of), Value::List(planned), Value::List(later)) => {
            let mut left: Vec<&Value> = later.iter().collect();
            // Elements that are open take what the others leave.
            let (known, open): (Vec<_>, Vec<_>) =
                planned.iter().partition(|element| element.is_wholly_known());
            for element in known.into_iter().chain(open) {
                let found = left.iter().position(|later| keeps(of, element, later, path).is_ok());
                match found {
                    Some(index) => drop(left.remove(index)),
                    None => return Err(format!("{path}: {element:?} correlates with nothing in {later:?}")),
                }
            }
            if left.is_empty() { Ok(()) } else { Err(format!("{path}: {left:?} has appeared")) }
        }
        (Type::List(of), Value::List(planned), Value::List(later)) if planned.len() == later.len() => {
            let mut pairs = planned.iter().zip(later).enumerate();
            pairs.try_for_each(|(index, (planned, later))| keeps(of, planned, later, &path.index(index)))
        }
        (Type::Tuple(of), Value::List(planned), Value::List(later)) if planned.len() == later.len() => {
            let mut pairs = of.iter().zip(planned.iter().zip(later)).enumerate();
            pairs
                .try_for_each(|(index, (of, (planned, later)))| keeps(of, planned, later, &path.index(index)))
        }
        (Type::Map(of), Value::Map(planned), Value::Map(later)) if planned.keys().eq(later.keys()) => {
            let mut pairs = planned.iter().zip(later.values());
            pairs.try_for_each(|((key, planned), later)| keeps(of, planned, later, &path.key(key)))
        }
        (Type::Object(of), planned @ Value::Map(_), later @ Value::Map(_)) => {
            let mut attributes = of.iter();
            attributes.try_for_each(|(name, of)| {
                keeps(of, member(planned, name), member(later, name), &path.attribute(name))
            })
        }
        (_, planned, later) if planned == later => Ok(()),
        (_, planned, later) => Err(format!("{path}: was {planned:?}, but now {later:?}")),
    }
}

/// Paths that replace lead to something whose value really changes.
pub fn replacements_are_real(prior: &Value, planned: &Value, paths: &[Path]) -> Verdict {
    paths.iter().try_for_each(|path| {
        let (before, after) = (at(prior, path), at(planned, path));
        match (before, after) {
            (None, None) => Err(format!("{path} leads nowhere")),
            (before, after) if before == after => Err(format!("{path} does not change")),
            _ => Ok(()),
        }
    })
}

/// A value as Terraform sends it: the elements of a set in an order of its own.
pub fn as_sent(value: &Value, of: &Type) -> Value {
    match (value, of) {
        (Value::List(elements), Type::Set(of)) => {
            let mut elements: Vec<_> = elements.iter().map(|element| as_sent(element, of)).collect();
            elements.sort_by_cached_key(|element| format!("{element:?}"));
            Value::List(elements)
        }
        (Value::List(elements), Type::List(of)) => {
            Value::List(elements.iter().map(|element| as_sent(element, of)).collect())
        }
        (Value::Map(elements), Type::Map(of)) => {
            let send = |(key, element): (&String, &Value)| (key.clone(), as_sent(element, of));
            Value::Map(elements.iter().map(send).collect())
        }
        (Value::Map(members), Type::Object(of)) => {
            let send = |(name, member): (&String, &Value)| match of.get(name) {
                Some(of) => (name.clone(), as_sent(member, of)),
                None => (name.clone(), member.clone()),
            };
            Value::Map(members.iter().map(send).collect())
        }
        (value, _) => value.clone(),
    }
}

/// Whether two values are the same to Terraform: sets have no order.
pub fn same(of: &Type, left: &Value, right: &Value) -> bool {
    left.is_unknown() == right.is_unknown()
        && keeps(of, left, right, &Path::root()).is_ok()
        && keeps(of, right, left, &Path::root()).is_ok()
}

fn at<'a>(value: &'a Value, path: &Path) -> Option<&'a Value> {
    path.steps().iter().try_fold(value, |value, step| match (step, value) {
        (Step::Attribute(name) | Step::Key(name), Value::Map(members)) => members.get(name),
        (Step::Index(index), Value::List(elements)) => elements.get(*index),
        _ => None,
    })
}

fn member<'a>(value: &'a Value, name: &str) -> &'a Value {
    match value {
        Value::Map(members) => members.get(name).unwrap_or(&Value::Null),
        Value::Unknown => &Value::Unknown,
        _ => &Value::Null,
    }
}

fn element_at(value: &Value, index: usize) -> &Value {
    match value {
        Value::List(elements) => elements.get(index).unwrap_or(&Value::Null),
        _ => &Value::Null,
    }
}

/// Each way to break a law is seen.
#[test]
fn laws_see_each_violation() {
    let inner =
        || vec![Attribute::required("key", Type::String, ""), Attribute::computed("made", Type::String, "")];
    let nested = |name, nesting| Attribute {
        kind: Kind::Nested(nesting, inner()),
        ..Attribute::optional(name, Type::Dynamic, "")
    };
    let attributes = [
        Attribute::required("set", Type::String, ""),
        Attribute::optional("unset", Type::String, ""),
        nested("list", Nesting::List),
        nested("map", Nesting::Map),
        nested("bag", Nesting::Set),
    ];
    let value = |json: serde_json::Value| super::resource::to_value(&json);
    let config = value(serde_json::json!({
        "set": "a", "unset": null, "list": [{ "key": "k", "made": null }],
        "map": { "x": { "key": "k", "made": null } }, "bag": [{ "key": "k", "made": null }],
    }));
    let with = |name: &str, changed: serde_json::Value| {
        let Value::Map(mut members) = config.clone() else { panic!("an object") };
        members.insert(name.to_owned(), value(changed));
        Value::Map(members)
    };
    let verdict = |planned: &Value| plan_is_valid(&attributes, &Value::Null, &config, planned);
    assert_eq!(verdict(&config), Ok(()));
    assert_eq!(verdict(&with("list", serde_json::json!([{ "key": "k", "made": "unknown!" }]))), Ok(()));
    for (name, wrong) in [
        ("set", serde_json::json!("b")),
        ("set", serde_json::json!("unknown!")),
        ("unset", serde_json::json!("x")),
        ("list", serde_json::json!([])),
        ("list", serde_json::json!("unknown!")),
        ("list", serde_json::json!([{ "key": "other", "made": null }])),
        ("map", serde_json::json!({ "y": { "key": "k", "made": null } })),
        ("bag", serde_json::json!([])),
    ] {
        assert!(verdict(&with(name, wrong.clone())).is_err(), "{name} = {wrong}");
    }
    assert!(verdict(&Value::Null).is_err());

    let strings = Type::Set(Box::new(Type::String));
    let list = |json| value(serde_json::Value::Array(json));
    assert_eq!(
        keeps_what_was_known(
            &strings,
            &list(vec!["a".into(), "b".into()]),
            &list(vec!["b".into(), "a".into()])
        ),
        Ok(())
    );
    for (planned, later) in
        [(vec!["a".into()], vec![]), (vec![], vec!["a".into()]), (vec!["a".into()], vec!["b".into()])]
    {
        assert!(keeps_what_was_known(&strings, &list(planned), &list(later)).is_err());
    }
    let path = Path::of("set");
    assert!(replacements_are_real(&config, &config, std::slice::from_ref(&path)).is_err());
    assert!(replacements_are_real(&config, &config, &[Path::of("nothing")]).is_err());
    let changed = with("set", serde_json::json!("b"));
    assert_eq!(replacements_are_real(&config, &changed, &[path]), Ok(()));
}
