//! Values: `DynamicValue` both ways.

use crate::{
    framework::value::{Error, Path, Root, Type, Value, json, msgpack},
    protocol::generated::DynamicValue,
};

/// Reads a value. MessagePack goes before JSON; neither, or no message at all, is null: the rules
/// that Terraform's own client follows.
///
/// # Errors
/// Bytes that are not a value of the type.
pub(crate) fn decode(message: Option<&DynamicValue>, value_type: &Type) -> Result<Value, Error> {
    match message {
        Some(message) if !message.msgpack.is_empty() => msgpack::decode(&message.msgpack, value_type),
        Some(message) if !message.json.is_empty() => json::decode(&message.json, value_type),
        _ => Ok(Value::Null),
    }
}

/// Reads the root of a request under the name of its field.
///
/// # Errors
/// Bytes that are not a value of the type, and no bytes at all: null is sent as null, and what is absent may be
/// anything but a wish to delete.
pub(in crate::protocol) fn decode_root(
    message: Option<&DynamicValue>,
    field: &str,
    value_type: &Type,
) -> Result<Root, Error> {
    match message {
        Some(message) if !(message.msgpack.is_empty() && message.json.is_empty()) => {
            decode(Some(message), value_type)?.try_into()
        }
        _ => Err(Error::new(&Path::root(), format!("{field} is absent"))),
    }
}

/// Writes a value as MessagePack, which every client reads in every response.
///
/// # Errors
/// A value that does not fit the type: a defect of the provider.
pub(crate) fn encode(value: Value, value_type: &Type) -> Result<DynamicValue, Error> {
    Ok(DynamicValue { msgpack: msgpack::encode(value, value_type)?, json: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_root_is_no_null() {
        let value_type = Type::Object([("a".to_owned(), Type::Bool)].into());
        let dynamic = |msgpack: &[u8]| DynamicValue { msgpack: msgpack.into(), json: Vec::new() };
        for absent in [None, Some(dynamic(b""))] {
            let refused = decode_root(absent.as_ref(), "planned_state", &value_type).unwrap_err();
            assert_eq!(refused.to_string(), "planned_state is absent");
        }
        assert_eq!(decode_root(Some(&dynamic(&[0xc0])), "planned_state", &value_type), Ok(Root::Null));
        assert_eq!(
            decode_root(Some(&dynamic(&[0xd4, 0, 0])), "planned_state", &value_type),
            Ok(Root::Unknown)
        );
        let object =
            decode_root(Some(&dynamic(&[0x81, 0xa1, b'a', 0xc3])), "planned_state", &value_type).unwrap();
        assert!(matches!(object, Root::Object(_)));
    }

    #[test]
    fn null_json_and_msgpack() {
        let dynamic =
            |msgpack: &[u8], json: &[u8]| DynamicValue { msgpack: msgpack.into(), json: json.into() };
        assert_eq!(decode(None, &Type::Bool), Ok(Value::Null));
        assert_eq!(decode(Some(&dynamic(b"", b"")), &Type::Bool), Ok(Value::Null));
        assert_eq!(decode(Some(&dynamic(b"", b"true")), &Type::Bool), Ok(true.into()));
        assert_eq!(decode(Some(&dynamic(&[0xc2], b"true")), &Type::Bool), Ok(false.into()));
        assert!(decode(Some(&dynamic(&[0x01], b"")), &Type::Bool).is_err());
        assert_eq!(encode(true.into(), &Type::Bool), Ok(dynamic(&[0xc3], b"")));
    }
}
