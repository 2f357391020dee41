//! Configurations, states and identities in messages: decoded and encoded in one way for every RPC.

use super::super::{
    convert::value::{decode_root, encode},
    frame::Fault,
    generated::{self as wire, DynamicValue},
};
use crate::framework::{
    diagnostics::Diagnostic,
    server::Registered,
    value::{Root, Type, Value},
};

/// The configuration of a request, decoded as the type of its block.
///
/// # Errors
/// A message without configuration, or one that does not fit the type.
pub(super) fn config(message: Option<&DynamicValue>, of: &Type) -> Result<Root, Fault> {
    Ok(decode_root(message, "config", of)?)
}

pub(super) fn encode_answer(value: Value, of: &Type) -> Result<DynamicValue, Fault> {
    encode(value, of)
        .map_err(|error| Diagnostic::bug(format!("An answer does not fit its schema: {error}.")).into())
}

pub(super) fn encode_state(registered: &Registered, state: Root) -> Result<Option<DynamicValue>, Fault> {
    encode_answer(state.into(), &registered.object_type).map(Some)
}

/// The identity in a state or plan, where it is known.
pub(super) fn encode_identity(
    registered: &Registered,
    state: &Root,
) -> Result<Option<wire::ResourceIdentityData>, Fault> {
    let Root::Object(state) = state else { return Ok(None) };
    let Some(identity) = registered.identity.identity_of(state) else { return Ok(None) };
    encode_identity_data(registered, identity).map(Some)
}

pub(super) fn encode_identity_data(
    registered: &Registered,
    identity: Value,
) -> Result<wire::ResourceIdentityData, Fault> {
    let data = encode_answer(identity, &registered.identity.object_type())?;
    Ok(wire::ResourceIdentityData { identity_data: Some(data) })
}

/// The JSON of stored state. Flat maps are from Terraform before 0.12, which never ran this
/// provider.
pub(super) fn raw_json(state: Option<&wire::RawState>) -> Result<&[u8], Fault> {
    match state {
        Some(state) if !state.json.is_empty() => Ok(&state.json),
        _ => Err(Fault::Undecodable("stored state has no JSON".to_owned())),
    }
}
