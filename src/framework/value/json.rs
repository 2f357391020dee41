//! JSON, the encoding of values in stored state. It cannot hold unknown values.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::{Error, Members, Number, Path, Type, Value, r#type::DEPTH_LIMIT};

/// Reads the attributes of one stored object.
///
/// An attribute that the JSON lacks is null, and one that the type lacks is ignored: state may
/// have been written under an older or newer schema.
///
/// # Errors
/// Bytes that are not JSON, or a value that does not fit its type.
pub fn decode(bytes: &[u8], value_type: &Type) -> Result<Value, Error> {
    let root = Path::root();
    let json: Json =
        serde_json::from_slice(bytes).map_err(|error| Error::new(&root, format!("not JSON: {error}")))?;
    from_json(&json, value_type, &root, 0)
}

/// Writes a wholly known value.
///
/// # Errors
/// A value that is unknown or does not fit the type.
pub fn encode(value: &Value, value_type: &Type) -> Result<Vec<u8>, Error> {
    to_json(value, value_type, &Path::root()).map(|json| json.to_string().into_bytes())
}

fn from_json(json: &Json, value_type: &Type, path: &Path, depth: usize) -> Result<Value, Error> {
    if depth > DEPTH_LIMIT {
        return Err(Error::new(path, "value nests too deep"));
    }
    let below = |json: &Json, value_type: &Type, path: &Path| from_json(json, value_type, path, depth + 1);
    Ok(match (json, value_type) {
        (Json::Null, _) => Value::Null,
        (Json::String(text), Type::String) => Value::String(text.clone()),
        (Json::Bool(value), Type::Bool) => Value::Bool(*value),
        (Json::Number(number), Type::Number) => {
            let number: Number =
                number.to_string().parse().map_err(|()| Error::new(path, "number is out of range"))?;
            Value::Number(number)
        }
        (Json::Array(elements), Type::List(element_type) | Type::Set(element_type)) => {
            let element = |(index, json)| below(json, element_type, &path.index(index));
            Value::List(elements.iter().enumerate().map(element).collect::<Result<_, _>>()?)
        }
        (Json::Array(elements), Type::Tuple(types)) if elements.len() == types.len() => {
            let element = |(index, (json, value_type))| below(json, value_type, &path.index(index));
            Value::List(elements.iter().zip(types).enumerate().map(element).collect::<Result<_, _>>()?)
        }
        (Json::Object(elements), Type::Map(element_type)) => {
            let element =
                |(key, json): (&String, _)| Ok((key.clone(), below(json, element_type, &path.key(key))?));
            Value::Map(elements.iter().map(element).collect::<Result<_, Error>>()?)
        }
        (Json::Object(values), Type::Object(attributes)) => {
            let attribute = |(name, value_type): (&String, _)| {
                let json = values.get(name).unwrap_or(&Json::Null);
                Ok((name.clone(), below(json, value_type, &path.attribute(name))?))
            };
            Value::Map(attributes.iter().map(attribute).collect::<Result<_, Error>>()?)
        }
        (Json::Object(pair), Type::Dynamic) => {
            let (Some(expression), Some(value)) = (pair.get("type"), pair.get("value")) else {
                return Err(Error::new(path, "expected a value with its type"));
            };
            let value_type = Type::from_json_bytes(expression.to_string().as_bytes(), path)?;
            Value::Dynamic(Box::new(value_type.clone()), Box::new(below(value, &value_type, path)?))
        }
        (_, value_type) => return Err(Error::new(path, format!("expected {}", value_type.name()))),
    })
}

fn to_json(value: &Value, value_type: &Type, path: &Path) -> Result<Json, Error> {
    Ok(match (value, value_type) {
        (Value::Null, _) => Json::Null,
        (Value::String(text), Type::String) => Json::String(text.clone()),
        (Value::Bool(value), Type::Bool) => Json::Bool(*value),
        (Value::Number(number), Type::Number) => serde_json::from_str(&number.to_plain_string())
            .map_err(|_| Error::new(path, "number has no JSON form"))?,
        (Value::List(elements), Type::List(element_type) | Type::Set(element_type)) => {
            let element = |(index, value)| to_json(value, element_type, &path.index(index));
            Json::Array(elements.iter().enumerate().map(element).collect::<Result<_, _>>()?)
        }
        (Value::List(elements), Type::Tuple(types)) if elements.len() == types.len() => {
            let element = |(index, (value, value_type))| to_json(value, value_type, &path.index(index));
            Json::Array(elements.iter().zip(types).enumerate().map(element).collect::<Result<_, _>>()?)
        }
        (Value::Map(elements), Type::Map(element_type)) => {
            let element =
                |(key, value): (&String, _)| Ok((key.clone(), to_json(value, element_type, &path.key(key))?));
            Json::Object(elements.iter().map(element).collect::<Result<_, Error>>()?)
        }
        (Value::Map(values), Type::Object(attributes)) => object_to_json(values, attributes, path)?,
        (Value::Dynamic(value_type, value), Type::Dynamic) => {
            serde_json::json!({ "type": value_type.to_json(), "value": to_json(value, value_type, path)? })
        }
        (value, value_type) => {
            return Err(Error::new(path, format!("expected {}, found {}", value_type.name(), value.name())));
        }
    })
}

fn object_to_json(values: &Members, attributes: &BTreeMap<String, Type>, path: &Path) -> Result<Json, Error> {
    let attribute = |(name, value_type): (&String, &Type)| {
        let value = values.get(name).unwrap_or(&Value::Null);
        Ok((name.clone(), to_json(value, value_type, &path.attribute(name))?))
    };
    attributes.iter().map(attribute).collect::<Result<_, Error>>().map(Json::Object)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state_type() -> Type {
        Type::Object(BTreeMap::from([
            ("name".to_owned(), Type::String),
            ("count".to_owned(), Type::Number),
            ("tags".to_owned(), Type::Map(Box::new(Type::String))),
            ("any".to_owned(), Type::Dynamic),
            ("flags".to_owned(), Type::Set(Box::new(Type::Bool))),
        ]))
    }

    #[test]
    fn both_ways() {
        let text = r#"{"any":{"type":["list","number"],"value":[1,0.1234567890123456789]},"count":100000000000000000000,"flags":[true],"name":"a","tags":{"k":"v"}}"#;
        let value = decode(text.as_bytes(), &state_type()).unwrap();
        assert_eq!(String::from_utf8(encode(&value, &state_type()).unwrap()).unwrap(), text);
    }

    #[test]
    fn other_schema_versions_are_tolerated() {
        let value = decode(br#"{"name":"a","gone":{"x":1}}"#, &state_type()).unwrap();
        let Value::Map(attributes) = value else { panic!("{value:?}") };
        assert_eq!(attributes.get("name"), Some(&"a".into()));
        assert_eq!(attributes.get("count"), Some(&Value::Null));
        assert!(!attributes.contains_key("gone"));
    }

    #[test]
    fn errors_name_the_path() {
        for (text, expected) in [
            (r#"{"tags":{"k":1}}"#, r#"tags["k"]: expected a string"#),
            (r#"{"flags":[true,"x"]}"#, "flags[1]: expected a bool"),
            (r#"{"any":3}"#, "any: expected a value of any type"),
            (r#"[]"#, "expected an object"),
        ] {
            assert_eq!(decode(text.as_bytes(), &state_type()).unwrap_err().to_string(), expected);
        }
        assert!(decode(b"{", &state_type()).is_err());
        let unknown = Value::Map([("name".to_owned(), Value::Unknown)].into_iter().collect());
        assert!(encode(&unknown, &state_type()).is_err());
    }
}
