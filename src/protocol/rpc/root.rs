//! Configurations, states and identities in messages: decoded and encoded in one way for every RPC.

use super::super::{
    convert::value::{decode_root, encode},
    frame::RpcError,
    generated::{self as wire, DynamicValue},
};
use crate::framework::{
    diagnostics::Diagnostic,
    server::RegisteredResource,
    value::{Root, Type, Value},
};

/// The configuration of a request, decoded as the type of its block.
///
/// # Errors
/// A message without configuration, or one that does not fit the type.
pub(super) fn config(message: Option<&DynamicValue>, of: &Type) -> Result<Root, RpcError> {
    Ok(decode_root(message, "config", of)?)
}

pub(super) fn encode_response(value: Value, of: &Type) -> Result<DynamicValue, RpcError> {
    encode(value, of)
        .map_err(|error| Diagnostic::bug(format!("An answer does not fit its schema: {error}.")).into())
}

pub(super) fn encode_state(
    registered: &RegisteredResource,
    state: Root,
) -> Result<Option<DynamicValue>, RpcError> {
    encode_response(state.into(), &registered.object_type).map(Some)
}

/// The identity in a state or plan, where it is known.
pub(super) fn encode_identity(
    registered: &RegisteredResource,
    state: &Root,
) -> Result<Option<wire::ResourceIdentityData>, RpcError> {
    let Root::Object(state) = state else { return Ok(None) };
    let Some(identity) = registered.identity.identity_of(state) else { return Ok(None) };
    encode_identity_data(registered, identity).map(Some)
}

pub(super) fn encode_identity_data(
    registered: &RegisteredResource,
    identity: Value,
) -> Result<wire::ResourceIdentityData, RpcError> {
    let data = encode_response(identity, &registered.identity.object_type())?;
    Ok(wire::ResourceIdentityData { identity_data: Some(data) })
}

/// The JSON of stored state. Flat maps are from Terraform before 0.12, which never ran this
/// provider.
pub(super) fn raw_json(state: Option<&wire::RawState>) -> Result<&[u8], RpcError> {
    match state {
        Some(state) if !state.json.is_empty() => Ok(&state.json),
        _ => Err(RpcError::Undecodable("stored state has no JSON".to_owned())),
    }
}
