//! Checks configuration: each attribute's validators, then the provider's own.
//!
//! Runs before configuration is known (`terraform validate`): unknown values pass, and nothing is
//! asked from the network.

use super::{RegisteredDataSource, RegisteredListResource, Server};
use crate::framework::{
    diagnostics::{Diagnostic, Diagnostics},
    schema::{Attribute, Kind, Nesting, Presence, Schema},
    value::{Object, Path, Value},
};

impl Server {
    /// Checks the provider block.
    pub fn validate_provider_config(&self, config: &Value) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        validate_object(&self.provider_schema().attributes, config, &Path::root(), &mut diagnostics);
        diagnostics.append(self.provider.validate(&Object::from_value(config).unwrap_or_default()));
        diagnostics
    }

    /// Checks the block of a data source.
    pub fn validate_data_source_config(
        &self,
        registered: &RegisteredDataSource,
        config: &Value,
    ) -> Diagnostics {
        let mut diagnostics = self.validate_config(&registered.schema, config);
        diagnostics.append(registered.data_source.validate(&Object::from_value(config).unwrap_or_default()));
        diagnostics
    }

    /// Checks the `config` block of a list resource.
    pub fn validate_list_config(&self, registered: &RegisteredListResource, config: &Value) -> Diagnostics {
        let mut diagnostics = self.validate_config(&registered.schema, config);
        diagnostics
            .append(registered.list_resource.validate(&Object::from_value(config).unwrap_or_default()));
        diagnostics
    }

    /// Checks each attribute of a block.
    pub fn validate_config(&self, schema: &Schema, config: &Value) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        validate_object(&schema.attributes, config, &Path::root(), &mut diagnostics);
        diagnostics
    }
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
        format!("The attribute \"{path}\" is null but must have a value.\n\nSet it."),
    )
    .at(path.clone())
}
