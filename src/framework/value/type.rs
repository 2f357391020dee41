//! Types and their JSON form, as in `["list","string"]` (Terraform's type constraint syntax).

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::{Error, Path};

/// The type of a value, as Terraform's type constraints have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// UTF-8 text.
    String,
    /// A decimal number of any size and precision.
    Number,
    /// True or false.
    Bool,
    /// Any type: each value says which it has.
    Dynamic,
    /// Elements of one type, in order.
    List(Box<Type>),
    /// Elements of one type, each once, without order.
    Set(Box<Type>),
    /// Elements of one type under keys that the practitioner chooses.
    Map(Box<Type>),
    /// Named attributes, each with its type.
    Object(BTreeMap<String, Type>),
    /// A fixed number of elements, each of its own type.
    Tuple(Vec<Type>),
}

impl Type {
    /// The JSON form that schemas and dynamic values carry.
    pub fn to_json(&self) -> Json {
        match self {
            Self::String => json!("string"),
            Self::Number => json!("number"),
            Self::Bool => json!("bool"),
            Self::Dynamic => json!("dynamic"),
            Self::List(element) => json!(["list", element.to_json()]),
            Self::Set(element) => json!(["set", element.to_json()]),
            Self::Map(element) => json!(["map", element.to_json()]),
            Self::Object(attributes) => {
                let attributes: serde_json::Map<_, _> = attributes
                    .iter()
                    .map(|(name, value_type)| (name.clone(), value_type.to_json()))
                    .collect();
                json!(["object", attributes])
            }
            Self::Tuple(elements) => {
                json!(["tuple", elements.iter().map(Self::to_json).collect::<Vec<_>>()])
            }
        }
    }

    /// Reads the JSON form, as a dynamic value carries it.
    ///
    /// # Errors
    /// Bytes that are not JSON, not a type expression, or nest too deep.
    pub fn from_json_bytes(bytes: &[u8], path: &Path) -> Result<Self, Error> {
        let json: Json = serde_json::from_slice(bytes)
            .map_err(|error| Error::new(path, format!("type expression is not JSON: {error}")))?;
        Self::from_json(&json, path, 0)
    }

    fn from_json(json: &Json, path: &Path, depth: usize) -> Result<Self, Error> {
        if depth > DEPTH_LIMIT {
            return Err(Error::new(path, "type expression nests too deep"));
        }
        let element = |json: &Json| Self::from_json(json, path, depth + 1);
        let parts = json.as_array().map(Vec::as_slice);
        Ok(match (json.as_str(), parts) {
            (Some("string"), _) => Self::String,
            (Some("number"), _) => Self::Number,
            (Some("bool"), _) => Self::Bool,
            (Some("dynamic"), _) => Self::Dynamic,
            // An object may name its optional attributes third; values do not need them.
            (_, Some([Json::String(kind), Json::Object(attributes), rest @ ..]))
                if kind == "object" && are_optionals(rest, attributes) =>
            {
                let attributes =
                    attributes.iter().map(|(name, value_type)| Ok((name.clone(), element(value_type)?)));
                Self::Object(attributes.collect::<Result<_, _>>()?)
            }
            (_, Some([Json::String(kind), inner])) => match (kind.as_str(), inner) {
                ("list", inner) => Self::List(Box::new(element(inner)?)),
                ("set", inner) => Self::Set(Box::new(element(inner)?)),
                ("map", inner) => Self::Map(Box::new(element(inner)?)),
                ("tuple", Json::Array(elements)) => {
                    Self::Tuple(elements.iter().map(element).collect::<Result<_, _>>()?)
                }
                _ => return Err(Error::new(path, "unknown type expression")),
            },
            _ => return Err(Error::new(path, "unknown type expression")),
        })
    }

    /// The type with its article, for messages: "a string".
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::String => "a string",
            Self::Number => "a number",
            Self::Bool => "a bool",
            Self::Dynamic => "a value of any type",
            Self::List(_) => "a list",
            Self::Set(_) => "a set",
            Self::Map(_) => "a map",
            Self::Object(_) => "an object",
            Self::Tuple(_) => "a tuple",
        }
    }
}

/// Whether what follows the attributes of an object is nothing, or the names of some of them.
fn are_optionals(rest: &[Json], attributes: &serde_json::Map<String, Json>) -> bool {
    let is_attribute = |name: &Json| name.as_str().is_some_and(|name| attributes.contains_key(name));
    match rest {
        [] => true,
        [Json::Array(names)] => names.iter().all(is_attribute),
        _ => false,
    }
}

/// How deep a value may nest. Terraform's own values stay far below; the limit keeps a hostile
/// one from exhausting the stack.
pub(super) const DEPTH_LIMIT: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_both_ways() {
        let cases = [
            r#""string""#,
            r#""dynamic""#,
            r#"["list","number"]"#,
            r#"["set",["map","bool"]]"#,
            r#"["object",{"a":"string","b":["tuple",["string","number"]]}]"#,
            r#"["tuple",[]]"#,
        ];
        for case in cases {
            let read = Type::from_json_bytes(case.as_bytes(), &Path::root()).unwrap();
            assert_eq!(read.to_json().to_string(), case);
        }
    }

    #[test]
    fn optional_attributes_of_an_object_are_read_over() {
        let read = Type::from_json_bytes(br#"["object",{"a":"string"},["a"]]"#, &Path::root()).unwrap();
        assert_eq!(read, Type::Object(BTreeMap::from([("a".to_owned(), Type::String)])));
    }

    #[test]
    fn refuses_the_rest() {
        let deep = format!("{}\"string\"{}", r#"["list","#.repeat(100), "]".repeat(100));
        for case in [
            "",
            "nul",
            "1",
            r#""text""#,
            r#"["list"]"#,
            r#"["box","string"]"#,
            r#"["tuple","string"]"#,
            r#"["tuple",null]"#,
            r#"["tuple",[null]]"#,
            r#"["tuple",[],1]"#,
            r#"["list",null]"#,
            r#"["list","string","x"]"#,
            r#"["object",null]"#,
            r#"["object",{"a":null}]"#,
            r#"["object",{"a":"string"},null]"#,
            r#"["object",{"a":"string"},["b"]]"#,
            r#"["object",{"a":"string"},["a"],1]"#,
            &deep,
        ] {
            assert!(Type::from_json_bytes(case.as_bytes(), &Path::root()).is_err(), "{case}");
        }
    }
}
