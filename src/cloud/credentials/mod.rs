//! Credentials and where they come from: a chain of sources, the first that is configured wins.
//!
//! Reading the configuration is one step, without network: [`Chain::recipe`] says how to get
//! credentials. Following the [`Recipe`] is the other; what it gets is kept and renewed before it ends, by
//! the floor above. Each source's file holds its settings, how they are found, and how they are followed.
//!
//! | # | Source | Configured by |
//! |---|---|---|
//! | 1 | `keys` | `access_key`, `secret_key`, `security_token`; three prefixes of variables |
//! | 2 | `oidc` | `assume_role_with_oidc`; `ALIBABA_CLOUD_OIDC_…` |
//! | 3 | `cli_profile` | `profile`, `shared_credentials_file`; `~/.aliyun/config.json` |
//! | 4 | `ini_profile` | `~/.alibabacloud/credentials` |
//! | 5 | `uri` | `credentials_uri`; `ALIBABA_CLOUD_CREDENTIALS_URI` |
//! | 6 | `metadata` | `ecs_role_name`; on an ECS instance, unless it is switched off |
//!
//! `assume_role` applies on top of any of them. The order is that of the official SDKs, but for the
//! URI: asking a metadata service that is not there first would only cost time. Within a source, what stands in
//! the provider block goes before the environment; `profile` does not go before an AccessKey in the environment,
//! as with alicloud. Names of variables and modes are those of the SDKs and of the alicloud provider (SDK, peer).
//!
//! A source that is not configured passes on; one that is configured wrongly stops the chain, with
//! the file, the profile and the key named. The last error says for each source why it was passed
//! over.
//!
//! Must not know who uses the credentials: [`role::AssumeRole`] is given to it.

mod chain;
mod cli_profile;
mod cloud_sso;
mod error;
mod fields;
mod files;
mod ini;
mod ini_profile;
mod inputs;
mod issued;
mod keys;
mod metadata;
mod oauth;
mod oidc;
mod process;
mod quote;
mod recipe;
pub mod role;
#[cfg(test)]
mod scenarios;
mod unstoppable;
mod uri;
pub mod variables;

pub use chain::Chain;
pub use error::Error;
pub use inputs::{Inputs, OidcRequest, RoleRequest};
pub use recipe::{Access, Recipe};
pub use unstoppable::settled;
