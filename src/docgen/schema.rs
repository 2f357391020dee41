//! The "Schema" section: attributes by who fills them, nested ones in sections of their own.

use std::fmt::Write;

use crate::framework::{
    schema::{Attribute, Kind, Nesting, Presence, Schema},
    value::Type,
};

/// The section of a schema, with its heading.
pub(super) fn section(schema: &Schema) -> String {
    let mut nested = Vec::new();
    let mut text = "## Schema\n".to_owned();
    for group in GROUPS {
        let items = items(&schema.attributes, group, "", &mut nested);
        if !items.is_empty() {
            text += &format!("\n### {}\n\n{items}", group.title());
        }
    }
    text + &nested_sections(nested)
}

/// The attributes of a function's argument or an identity, one in a line.
pub(super) fn item(name: &str, of: &str, description: &str) -> String {
    format!("`{name}` ({of}) {description}")
}

/// A type in the words of Terraform's documentation.
pub(super) fn type_words(of: &Type) -> String {
    match of {
        Type::String => "String".to_owned(),
        Type::Number => "Number".to_owned(),
        Type::Bool => "Boolean".to_owned(),
        Type::Dynamic => "Dynamic".to_owned(),
        Type::List(element) => format!("List of {}", type_words(element)),
        Type::Set(element) => format!("Set of {}", type_words(element)),
        Type::Map(element) => format!("Map of {}", type_words(element)),
        Type::Object(_) => "Object".to_owned(),
        Type::Tuple(_) => "Tuple".to_owned(),
    }
}

/// A type as configuration would constrain a variable to it.
pub(super) fn type_constraint(of: &Type) -> String {
    match of {
        Type::String => "string".to_owned(),
        Type::Number => "number".to_owned(),
        Type::Bool => "bool".to_owned(),
        Type::Dynamic => "any".to_owned(),
        Type::List(element) => format!("list({})", type_constraint(element)),
        Type::Set(element) => format!("set({})", type_constraint(element)),
        Type::Map(element) => format!("map({})", type_constraint(element)),
        Type::Object(attributes) => {
            let attributes = attributes.iter().map(|(name, of)| format!("{name} = {}", type_constraint(of)));
            format!("object({{ {} }})", attributes.collect::<Vec<_>>().join(", "))
        }
        Type::Tuple(elements) => {
            format!("tuple([{}])", elements.iter().map(type_constraint).collect::<Vec<_>>().join(", "))
        }
    }
}

/// Who fills an attribute, as a reader asks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    Required,
    Optional,
    ReadOnly,
}

const GROUPS: [Group; 3] = [Group::Required, Group::Optional, Group::ReadOnly];

impl Group {
    fn of(presence: Presence) -> Self {
        match presence {
            Presence::Required => Self::Required,
            Presence::Optional | Presence::OptionalComputed => Self::Optional,
            Presence::Computed => Self::ReadOnly,
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Required => "Required",
            Self::Optional => "Optional",
            Self::ReadOnly => "Read-Only",
        }
    }
}

/// A nested attribute whose section is still to come.
struct Nested<'a> {
    path: String,
    attributes: &'a [Attribute],
}

impl Nested<'_> {
    fn anchor(&self) -> String {
        format!("nestedatt--{}", self.path.replace('.', "--"))
    }
}

/// The attributes of one group as a list; nested ones are noted for a section of their own.
fn items<'a>(attributes: &'a [Attribute], group: Group, path: &str, nested: &mut Vec<Nested<'a>>) -> String {
    let mut text = String::new();
    for attribute in attributes.iter().filter(|attribute| Group::of(attribute.presence) == group) {
        let mut words = match &attribute.kind {
            Kind::Plain(of) => type_words(of),
            Kind::Nested(Nesting::Single, _) => "Attributes".to_owned(),
            Kind::Nested(Nesting::List, _) => "Attributes List".to_owned(),
            Kind::Nested(Nesting::Set, _) => "Attributes Set".to_owned(),
            Kind::Nested(Nesting::Map, _) => "Attributes Map".to_owned(),
        };
        if attribute.sensitive {
            words += ", Sensitive";
        }
        text += &format!("- {}", item(attribute.name, &words, &attribute.description));
        if let Kind::Nested(_, attributes) = &attribute.kind {
            let dot = if path.is_empty() { "" } else { "." };
            let below = Nested { path: format!("{path}{dot}{}", attribute.name), attributes };
            text += &format!(" (see [below for nested schema](#{}))", below.anchor());
            nested.push(below);
        }
        text.push('\n');
    }
    text
}

fn nested_sections(mut waiting: Vec<Nested<'_>>) -> String {
    let mut text = String::new();
    waiting.reverse();
    while let Some(next) = waiting.pop() {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n<a id=\"{}\"></a>\n### Nested Schema for `{}`\n", next.anchor(), next.path);
        let mut below = Vec::new();
        for group in GROUPS {
            let items = items(next.attributes, group, &next.path, &mut below);
            if !items.is_empty() {
                text += &format!("\n{}:\n\n{items}", group.title());
            }
        }
        // What is nested in it follows it at once.
        waiting.extend(below.into_iter().rev());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_attribute() {
        let inner = vec![Attribute::single(
            "deep",
            vec![Attribute::optional("leaf", Type::Number, "Leaf.")],
            "Deep.",
        )];
        let listed = Attribute {
            kind: Kind::Nested(Nesting::List, vec![Attribute::computed("a", Type::Bool, "A.")]),
            presence: Presence::Computed,
            ..Attribute::single("found", Vec::new(), "Found.")
        };
        let attributes = vec![
            Attribute::computed("id", Type::String, "ID."),
            Attribute::required("name", Type::String, "Name."),
            Attribute::optional("secret", Type::Set(Box::new(Type::String)), "Secret.").sensitive(),
            Attribute::single("outer", inner, "Outer."),
            Attribute::optional_computed("kind", Type::Map(Box::new(Type::Dynamic)), "Kind."),
            listed,
        ];
        let expected = r#"## Schema

### Required

- `name` (String) Name.

### Optional

- `secret` (Set of String, Sensitive) Secret.
- `outer` (Attributes) Outer. (see [below for nested schema](#nestedatt--outer))
- `kind` (Map of Dynamic) Kind.

### Read-Only

- `id` (String) ID.
- `found` (Attributes List) Found. (see [below for nested schema](#nestedatt--found))

<a id="nestedatt--outer"></a>
### Nested Schema for `outer`

Optional:

- `deep` (Attributes) Deep. (see [below for nested schema](#nestedatt--outer--deep))

<a id="nestedatt--outer--deep"></a>
### Nested Schema for `outer.deep`

Optional:

- `leaf` (Number) Leaf.

<a id="nestedatt--found"></a>
### Nested Schema for `found`

Read-Only:

- `a` (Boolean) A.
"#;
        assert_eq!(section(&Schema { version: 0, description: "", attributes }), expected);
    }

    #[test]
    fn constraints() {
        let object = Type::Object([("a".to_owned(), Type::Number), ("b".to_owned(), Type::Bool)].into());
        for (of, words) in [
            (Type::List(Box::new(Type::String)), "list(string)"),
            (Type::Set(Box::new(Type::Map(Box::new(Type::Dynamic)))), "set(map(any))"),
            (object, "object({ a = number, b = bool })"),
            (Type::Tuple(vec![Type::String, Type::Number]), "tuple([string, number])"),
        ] {
            assert_eq!(type_constraint(&of), words);
        }
    }
}
