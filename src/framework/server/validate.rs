//! Checks configuration: each attribute's validators, then the provider's own.
//!
//! Runs before configuration is known (`terraform validate`): unknown values pass, and nothing is
//! asked from the network.

use super::{RegisteredDataSource, RegisteredListResource, RegisteredResource, Server};
use crate::framework::{
    diagnostics::{Diagnostic, Diagnostics},
    schema::{Attribute, Kind, Nesting, Presence, Schema},
    value::{Object, Path, Root, Value},
};

impl Server {
    /// Checks the provider block. An empty text counts as not set, as in configure.
    pub fn validate_provider_config(&self, config: Root) -> Diagnostics {
        let config = without_empty_texts(config);
        validate_block(self.provider_schema(), config, |config| self.provider.validate(config))
    }

    /// Checks the block of a data source, in a process that may not be configured.
    pub fn validate_data_source_config(
        &self,
        registered: &RegisteredDataSource,
        config: Root,
    ) -> Diagnostics {
        validate_block(&registered.schema, config, |config| registered.data_source.validate(config))
    }

    /// Checks the `config` block of a list resource, in a process that may not be configured.
    pub fn validate_list_config(&self, registered: &RegisteredListResource, config: Root) -> Diagnostics {
        validate_block(&registered.schema, config, |config| registered.list_resource.validate(config))
    }

    /// Checks the block of a resource, in a process that may not be configured.
    pub fn validate_resource_config(&self, registered: &RegisteredResource, config: Root) -> Diagnostics {
        validate_block(&registered.schema, config, |config| registered.resource.validate(config))
    }
}

/// A provider block in which an empty text counts as not set, at every depth: what those expect who fill it from
/// variables. What a resource is given stays as it is, since its state must hold what its configuration says.
pub(super) fn without_empty_texts(config: Root) -> Root {
    match config {
        Root::Object(config) => Root::Object(config.mapped(unset_if_empty)),
        other => other,
    }
}

fn unset_if_empty(value: Value) -> Value {
    match value {
        Value::String(text) if text.is_empty() => Value::Null,
        Value::Map(members) => {
            Value::Map(members.into_iter().map(|(name, value)| (name, unset_if_empty(value))).collect())
        }
        other => other,
    }
}

/// Checks each attribute of a block, then what they say together.
fn validate_block(
    schema: &Schema,
    config: Root,
    together: impl FnOnce(&Object) -> Diagnostics,
) -> Diagnostics {
    let config = match config.object("the configuration") {
        Ok(config) => config,
        Err(refused) => return refused.into(),
    };
    let mut diagnostics = validate_root(&schema.attributes, &config);
    diagnostics.append(together(&config));
    diagnostics
}

fn validate_root(attributes: &[Attribute], config: &Object) -> Diagnostics {
    let mut found = Diagnostics::new();
    for attribute in attributes {
        let path = Path::root().attribute(attribute.name);
        validate_attribute(attribute, config.get(attribute.name), &path, &mut found);
    }
    found
}

fn validate_object(attributes: &[Attribute], value: &Value, path: &Path, found: &mut Diagnostics) {
    let Value::Map(values) = value else { return };
    for attribute in attributes {
        let value = values.get(attribute.name).unwrap_or(&Value::Null);
        validate_attribute(attribute, value, &path.attribute(attribute.name), found);
    }
}

fn validate_attribute(attribute: &Attribute, value: &Value, path: &Path, found: &mut Diagnostics) {
    match value {
        // First, because an unknown value of a read-only attribute is set all the same, and must not pass.
        Value::Null if attribute.presence == Presence::Computed => return,
        _ if attribute.presence == Presence::Computed => return found.push(read_only(path)),
        Value::Unknown => return,
        Value::Null if attribute.presence == Presence::Required => {
            return found.push(missing(path));
        }
        Value::Null => return,
        _ => found.extend(attribute.validators.iter().filter_map(|validator| validator(value, path))),
    }
    let Kind::Nested(nesting, attributes) = &attribute.kind else {
        return;
    };
    match (nesting, value) {
        (Nesting::Single, value) => validate_object(attributes, value, path, found),
        (Nesting::List, Value::List(elements)) => {
            for (index, element) in elements.iter().enumerate() {
                validate_object(attributes, element, &path.index(index), found);
            }
        }
        (Nesting::Map, Value::Map(elements)) => {
            for (key, element) in elements {
                validate_object(attributes, element, &path.key(key), found);
            }
        }
        (Nesting::Set, Value::List(elements)) => {
            let mut inside = Diagnostics::new();
            for element in elements {
                validate_object(attributes, element, path, &mut inside);
            }
            // No path leads into a set: it ends there.
            found.extend(inside.into_iter().map(|diagnostic| diagnostic.at(path.clone())));
        }
        _ => {}
    }
}

fn missing(path: &Path) -> Diagnostic {
    Diagnostic::error(
        "Missing required attribute",
        format!("The attribute \"{path}\" is required.\n\nSet a value."),
    )
    .at(path.clone())
}

/// A value that is not known yet is a value that someone has set.
fn read_only(path: &Path) -> Diagnostic {
    Diagnostic::error(
        "Read-only attribute",
        format!("The attribute \"{path}\" is set, but only the provider can set it.\n\nRemove it from the configuration."),
    )
    .at(path.clone())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::framework::diagnostics::Samples;
    use crate::framework::value::Type;

    /// A sample of each diagnostic that this file makes, for the snapshot.
    pub(crate) fn samples() -> Samples {
        let path = Path::of("role_name");
        vec![("missing", missing(&path)), ("read_only", read_only(&path))]
    }

    fn nested(name: &'static str, nesting: Nesting, attributes: Vec<Attribute>) -> Attribute {
        Attribute { kind: Kind::Nested(nesting, attributes), ..Attribute::optional(name, Type::Dynamic, "") }
    }

    /// A read-only attribute at the root and below each nesting, and one that is nested itself.
    fn attributes() -> Vec<Attribute> {
        let leaf = || vec![Attribute::computed("made", Type::String, "")];
        vec![
            Attribute::computed("made", Type::String, ""),
            Attribute::computed_list("made_list", leaf(), ""),
            nested("single", Nesting::Single, leaf()),
            nested("list", Nesting::List, leaf()),
            nested("set", Nesting::Set, leaf()),
            nested("map", Nesting::Map, leaf()),
        ]
    }

    fn object(name: &str, value: Value) -> Value {
        Value::Map([(name.to_owned(), value)].into_iter().collect())
    }

    #[test]
    fn read_only_attributes_are_refused_at_every_depth() {
        let made = || object("made", "x".into());
        let list = || Value::List(vec![made()]);
        for (config, path) in [
            (made(), "made"),
            (object("made", Value::Unknown), "made"),
            (object("made_list", Value::List(Vec::new())), "made_list"),
            (object("single", made()), "single.made"),
            (object("single", object("made", Value::Unknown)), "single.made"),
            (object("list", list()), "list[0].made"),
            (object("set", list()), "set"),
            (object("map", object("k", made())), "map[\"k\"].made"),
        ] {
            let Root::Object(config) = Root::try_from(config).unwrap() else { panic!("an object") };
            let found: Vec<_> = validate_root(&attributes(), &config).into_iter().collect();
            assert_eq!(found.len(), 1, "{path}: {found:?}");
            assert_eq!(found[0].summary, "Read-only attribute");
            assert_eq!(found[0].path.as_ref().unwrap().to_string(), path);
        }
    }

    #[test]
    fn empty_texts_are_unset_at_every_depth_of_a_provider_block() {
        let block = object("endpoints", object("ram", "".into()));
        let config = Root::try_from(block).unwrap();
        assert_eq!(Value::from(without_empty_texts(config)), object("endpoints", object("ram", Value::Null)));
        let list = object("ids", Value::List(vec!["".into()]));
        let kept = Root::try_from(list.clone()).unwrap();
        assert_eq!(Value::from(without_empty_texts(kept)), list, "an element is not an argument");
    }

    #[test]
    fn read_only_attributes_that_are_null_pass() {
        let nulls = |names: &[&str]| -> Value {
            Value::Map(names.iter().map(|name| ((*name).to_owned(), Value::Null)).collect())
        };
        let config = Root::try_from(nulls(&["made", "made_list", "single"])).unwrap();
        let Root::Object(config) = config else { panic!("an object") };
        assert_eq!(validate_root(&attributes(), &config), Diagnostics::new());
    }
}
