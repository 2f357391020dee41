//! Values: `DynamicValue` both ways.

use crate::{
    framework::value::{Error, Type, Value, json, msgpack},
    protocol::generated::DynamicValue,
};

/// Reads a value. MessagePack goes before JSON; neither, or no message at all, is null: the rules
/// that Terraform's own client follows.
///
/// # Errors
/// Bytes that are no value of the type.
pub(crate) fn decode(message: Option<&DynamicValue>, of: &Type) -> Result<Value, Error> {
    match message {
        Some(message) if !message.msgpack.is_empty() => msgpack::decode(&message.msgpack, of),
        Some(message) if !message.json.is_empty() => json::decode(&message.json, of),
        _ => Ok(Value::Null),
    }
}

/// Writes a value as MessagePack, which every client reads in every answer.
///
/// # Errors
/// A value that does not fit the type: a defect of the provider.
pub(crate) fn encode(value: &Value, of: &Type) -> Result<DynamicValue, Error> {
    Ok(DynamicValue { msgpack: msgpack::encode(value, of)?, json: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_json_and_msgpack() {
        let dynamic =
            |msgpack: &[u8], json: &[u8]| DynamicValue { msgpack: msgpack.into(), json: json.into() };
        assert_eq!(decode(None, &Type::Bool), Ok(Value::Null));
        assert_eq!(decode(Some(&dynamic(b"", b"")), &Type::Bool), Ok(Value::Null));
        assert_eq!(decode(Some(&dynamic(b"", b"true")), &Type::Bool), Ok(true.into()));
        assert_eq!(decode(Some(&dynamic(&[0xc2], b"true")), &Type::Bool), Ok(false.into()));
        assert!(decode(Some(&dynamic(&[0x01], b"")), &Type::Bool).is_err());
        assert_eq!(encode(&true.into(), &Type::Bool), Ok(dynamic(&[0xc3], b"")));
    }
}
