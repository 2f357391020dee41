//! STS 2015-04-01: who calls, and sessions of roles (documented).

use jiff::Timestamp;
use secrecy::SecretString;
use serde::Deserialize;

use super::form;

/// The response of GetCallerIdentity, of which only the account is used.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::cloud) struct CallerIdentity {
    /// The account that the credentials belong to; of a session, the role's.
    #[serde(deserialize_with = "form::account_id")]
    pub account_id: String,
}

/// The response of AssumeRole and AssumeRoleWithOIDC.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::cloud) struct AssumedRole {
    /// What signs requests of the session.
    pub credentials: SessionCredentials,
}

/// Credentials that end, together with their session.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::cloud) struct SessionCredentials {
    /// Begins with `STS.`; not a secret.
    pub access_key_id: String,
    /// Signs requests; known to this process alone.
    pub access_key_secret: SecretString,
    /// Goes with every request. An empty one would mean that this is not a session.
    pub security_token: SecretString,
    /// When they end, by the cloud's clock.
    pub expiration: Timestamp,
}

/// The names of the actions, as requests carry them.
pub mod action {
    /// Asks whose credentials these are; needs no permission (inferred).
    pub const GET_CALLER_IDENTITY: &str = "GetCallerIdentity";
    /// Opens a session of a role for a signed request.
    pub const ASSUME_ROLE: &str = "AssumeRole";
    /// Opens a session of a role for a token of an identity provider; not signed.
    pub const ASSUME_ROLE_WITH_OIDC: &str = "AssumeRoleWithOIDC";
}
