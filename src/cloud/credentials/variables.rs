//! The variables of the environment that say where credentials are, each list in the order in which it is read. The names
//! are those of the SDKs and of the alicloud provider (SDK, peer). The documentation of the provider block is made of them.

/// The AccessKey ID.
pub(crate) const ACCESS_KEY_ID: &[&str] =
    &["ALICLOUD_ACCESS_KEY", "ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABACLOUD_ACCESS_KEY_ID"];
/// The AccessKey secret.
pub(crate) const ACCESS_KEY_SECRET: &[&str] =
    &["ALICLOUD_SECRET_KEY", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABACLOUD_ACCESS_KEY_SECRET"];
/// The security token of temporary credentials.
pub(crate) const SECURITY_TOKEN: &[&str] =
    &["ALICLOUD_SECURITY_TOKEN", "ALIBABA_CLOUD_SECURITY_TOKEN", "ALIBABACLOUD_SECURITY_TOKEN"];
/// The token that a profile of the command-line tool leaves out.
pub(super) const TOKEN_OF_PROFILE: &str = "ALIBABA_CLOUD_SECURITY_TOKEN";

/// The profile of the command-line tool, or the section of the ini file, by name.
pub(crate) const PROFILE: &[&str] = &["ALICLOUD_PROFILE", "ALIBABA_CLOUD_PROFILE"];
/// The file of the command-line tool.
pub(crate) const CLI_FILE: &[&str] = &["ALICLOUD_SHARED_CREDENTIALS_FILE", "ALIBABA_CLOUD_CONFIG_FILE"];
/// The SDKs' ini file; the alicloud provider reads the command-line tool's file from it.
pub(crate) const CREDENTIALS_FILE: &str = "ALIBABA_CLOUD_CREDENTIALS_FILE";

/// A server that returns credentials.
pub(crate) const CREDENTIALS_URI: &[&str] = &["ALICLOUD_CREDENTIALS_URI", "ALIBABA_CLOUD_CREDENTIALS_URI"];
/// The role of the ECS instance.
pub(crate) const ECS_ROLE_NAME: &[&str] = &["ALICLOUD_ECS_ROLE_NAME", ECS_ROLE_OF_PROFILE];
/// The same, where a profile leaves it out.
pub(super) const ECS_ROLE_OF_PROFILE: &str = "ALIBABA_CLOUD_ECS_METADATA";

/// A role to assume on top.
pub(crate) const ASSUMED_ROLE_ARN: &[&str] = &["ALICLOUD_ASSUME_ROLE_ARN", ROLE_ARN];
/// The name of a role's session.
pub(crate) const ROLE_SESSION_NAME: &[&str] =
    &["ALICLOUD_ASSUME_ROLE_SESSION_NAME", "ALIBABA_CLOUD_ROLE_SESSION_NAME"];
/// The length of a role's session, in seconds.
pub(crate) const SESSION_EXPIRATION: &str = "ALICLOUD_ASSUME_ROLE_SESSION_EXPIRATION";

/// The identity provider whose token opens a session (RRSA sets it).
pub(crate) const OIDC_PROVIDER_ARN: &str = "ALIBABA_CLOUD_OIDC_PROVIDER_ARN";
/// The role of that session (RRSA sets it).
pub(crate) const ROLE_ARN: &str = "ALIBABA_CLOUD_ROLE_ARN";
/// The token itself.
pub(crate) const OIDC_TOKEN: &str = "ALIBABA_CLOUD_OIDC_TOKEN";
/// The file with the token (RRSA sets it).
pub(crate) const OIDC_TOKEN_FILE: &str = "ALIBABA_CLOUD_OIDC_TOKEN_FILE";
