//! STS 2015-04-01: who calls, and sessions of roles (documented).

use jiff::Timestamp;
use secrecy::SecretString;
use serde::Deserialize;

use super::form;

/// Answer of GetCallerIdentity.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CallerIdentity {
    /// The account of the credentials.
    #[serde(deserialize_with = "form::account_id")]
    pub account_id: String,
}

/// Answer of AssumeRole.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AssumedRole {
    /// Credentials of the session.
    pub credentials: SessionCredentials,
}

/// Temporary credentials.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SessionCredentials {
    /// Begins with `STS.`.
    pub access_key_id: String,
    /// Secret.
    pub access_key_secret: SecretString,
    /// Secret.
    pub security_token: SecretString,
    /// When they end.
    pub expiration: Timestamp,
}

/// Action names.
pub mod action {
    /// Asks whose credentials these are.
    pub const GET_CALLER_IDENTITY: &str = "GetCallerIdentity";
    /// Opens a session of a role.
    pub const ASSUME_ROLE: &str = "AssumeRole";
    /// Opens a session of a role for a token of an identity provider; not signed.
    pub const ASSUME_ROLE_WITH_OIDC: &str = "AssumeRoleWithOIDC";
}
