//! Schemas, to the wire. Every message has its block: a client crashes without.

use std::collections::HashMap;

use crate::{
    framework::{
        resource::{IdentityAttribute, IdentitySchema},
        schema::{Attribute, Kind, Nesting, Presence, Schema},
        value::Type,
    },
    protocol::generated::{
        self, StringKind,
        schema::{Block, Object, object::NestingMode},
    },
};

/// A schema with its block, which is never absent: Terraform crashes without one.
pub(crate) fn encode(from: &Schema) -> generated::Schema {
    generated::Schema {
        version: from.version,
        block: Some(Block {
            attributes: from.attributes.iter().map(attribute).collect(),
            description: from.description.to_owned(),
            description_kind: StringKind::Markdown.into(),
            ..Block::default()
        }),
    }
}

/// Schemas by the name of their type.
pub(in crate::protocol) fn encode_all<'a>(
    from: impl Iterator<Item = (&'a str, &'a Schema)>,
) -> HashMap<String, generated::Schema> {
    from.map(|(name, schema)| (name.to_owned(), encode(schema))).collect()
}

/// An identity schema. Each attribute is required for an import or optional, never both.
pub(in crate::protocol) fn encode_identity(from: &IdentitySchema) -> generated::ResourceIdentitySchema {
    let attribute = |from: &IdentityAttribute| generated::resource_identity_schema::IdentityAttribute {
        name: from.name.to_owned(),
        r#type: Type::String.to_json().to_string().into_bytes(),
        required_for_import: from.required_for_import,
        optional_for_import: !from.required_for_import,
        description: from.description.to_owned(),
    };
    generated::ResourceIdentitySchema {
        version: from.version,
        identity_attributes: from.attributes.iter().map(attribute).collect(),
    }
}

fn attribute(from: &Attribute) -> generated::schema::Attribute {
    let (plain, nested) = match &from.kind {
        Kind::Nested(nesting, attributes) if !is_value(from) => {
            (Vec::new(), Some(object(*nesting, attributes)))
        }
        _ => (from.value_type().to_json().to_string().into_bytes(), None),
    };
    generated::schema::Attribute {
        name: from.name.to_owned(),
        r#type: plain,
        nested_type: nested,
        description: from.description.clone().into_owned(),
        description_kind: StringKind::Markdown.into(),
        required: from.presence == Presence::Required,
        optional: matches!(from.presence, Presence::Optional | Presence::OptionalComputed),
        computed: from.presence.is_computed(),
        sensitive: from.sensitive,
        ..generated::schema::Attribute::default()
    }
}

/// Whether objects that only the provider fills are sent as a value: a list, a set or a map. `terraform test` mocks
/// a nested attribute of many objects as empty, whatever its defaults say, and a value as they say (Terraform 1.8
/// to 1.15 tried). Nothing is lost but their descriptions in the wire schema; hidden ones need the nested form.
fn is_value(attribute: &Attribute) -> bool {
    match &attribute.kind {
        Kind::Nested(Nesting::List | Nesting::Set | Nesting::Map, inner) => {
            attribute.presence == Presence::Computed && !inner.iter().any(|inner| inner.sensitive)
        }
        Kind::Nested(Nesting::Single, _) | Kind::Plain(_) => false,
    }
}

fn object(nesting: Nesting, attributes: &[Attribute]) -> Object {
    let nesting = match nesting {
        Nesting::Single => NestingMode::Single,
        Nesting::List => NestingMode::List,
        Nesting::Set => NestingMode::Set,
        Nesting::Map => NestingMode::Map,
    };
    Object {
        attributes: attributes.iter().map(attribute).collect(),
        nesting: nesting.into(),
        ..Object::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_the_provider_fills_is_a_value() {
        let inner = || vec![Attribute::computed("id", Type::String, "")];
        let list = attribute(&Attribute::computed_list("found", inner(), ""));
        assert_eq!(list.r#type, br#"["list",["object",{"id":"string"}]]"#);
        assert_eq!(list.nested_type, None);
        let secrets = inner().into_iter().map(Attribute::sensitive).collect();
        assert!(attribute(&Attribute::computed_list("secrets", secrets, "")).nested_type.is_some());
        assert!(attribute(&Attribute::single("one", inner(), "")).nested_type.is_some());
    }
}
