//! Everything that the sources read: the provider block, the environment, the home folder.

use std::{collections::BTreeMap, path::PathBuf};

use secrecy::SecretString;
use url::Url;

use super::variables;
use crate::cloud::place::Place;

/// Everything that the sources read: the provider block, the environment and the home folder.
/// `provider::config` fills it in, so that no source looks anything up by itself. A value of the block is
/// `None` where the block is silent.
#[derive(Clone, Default)]
pub struct Inputs {
    /// `access_key` of the provider block.
    pub access_key_id: Option<String>,
    /// `secret_key` of the provider block.
    pub access_key_secret: Option<SecretString>,
    /// `security_token` of the provider block.
    pub security_token: Option<SecretString>,
    /// `profile` of the provider block, for either kind of file.
    pub profile: Option<String>,
    /// `shared_credentials_file` of the provider block: a file of the `aliyun` tool.
    pub shared_credentials_file: Option<String>,
    /// `ecs_role_name` of the provider block.
    pub ecs_role_name: Option<String>,
    /// `credentials_uri` of the provider block.
    pub credentials_uri: Option<String>,
    /// `assume_role` of the provider block: a role on top of whatever is found.
    pub assume_role: Option<RoleRequest>,
    /// `assume_role_with_oidc` of the provider block: a source of its own.
    pub assume_role_with_oidc: Option<OidcRequest>,
    /// The environment variables of the process, empty ones included.
    pub environment: BTreeMap<String, String>,
    /// The home folder; `None` if the system names none.
    pub home: Option<PathBuf>,
    /// Whether the endpoint of STS was set, so that a profile's own does not count.
    pub sts_is_set: bool,
    /// Where the ECS metadata service is, if not at its fixed address.
    pub metadata_url: Option<Url>,
    /// Where OAuth tokens are renewed, if not at Alibaba Cloud's site.
    pub oauth_site: Option<Url>,
}

/// `assume_role` in the provider block, or what a profile says about a role. Null attributes are `None`.
#[derive(Clone, Debug, Default)]
pub struct RoleRequest {
    /// `role_arn`; an empty text means that no role is assumed.
    pub role_arn: Option<String>,
    /// `session_name`; else a variable, else `terraform`.
    pub session_name: Option<String>,
    /// `policy`: JSON that narrows what the session may do.
    pub policy: Option<String>,
    /// `session_expiration`, in seconds; else a variable, else the default of STS.
    pub session_expiration: Option<u64>,
    /// `external_id`, which some trust policies demand.
    pub external_id: Option<String>,
}

/// `assume_role_with_oidc` in the provider block. What is `None` here may come from variables.
#[derive(Clone, Debug, Default)]
pub struct OidcRequest {
    /// `oidc_provider_arn`: `acs:ram::<account_id>:oidc-provider/<name>`.
    pub provider_arn: Option<String>,
    /// `oidc_token`: the token itself; it goes before a file.
    pub token: Option<SecretString>,
    /// `oidc_token_file`: a file that holds a token.
    pub token_file: Option<String>,
    /// The attributes about the role: `role_arn`, `role_session_name`, `policy`, `session_expiration`.
    pub role: RoleRequest,
}

impl Inputs {
    /// The first of these variables that is set and not empty, with its name.
    pub(super) fn variable<'a>(&'a self, names: &[&'static str]) -> Option<(&'static str, &'a str)> {
        let set = |name: &&'static str| {
            let value = self.environment.get(*name).filter(|value| !value.is_empty())?;
            Some((*name, value.as_str()))
        };
        names.iter().find_map(set)
    }

    /// The same, with the place to name in an error.
    pub(super) fn placed(&self, names: &[&'static str]) -> Option<(Place, &str)> {
        self.variable(names).map(|(name, value)| (Place::Variable(name), value))
    }

    /// The value alone, where an error would not name its place.
    pub(super) fn value(&self, names: &[&'static str]) -> Option<&str> {
        self.variable(names).map(|(_, value)| value)
    }

    pub(super) fn is_true(&self, name: &'static str) -> bool {
        self.value(&[name]).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// A path as a person writes it: `~` is the home folder.
    pub(super) fn path(&self, text: &str) -> PathBuf {
        match (text.strip_prefix("~/"), &self.home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => PathBuf::from(text),
        }
    }

    pub(super) fn in_home(&self, path: &str) -> Option<PathBuf> {
        self.home.as_ref().map(|home| home.join(path))
    }

    /// The profile that was asked for by name.
    pub(super) fn asked_profile(&self) -> Option<&str> {
        self.profile.as_deref().or_else(|| self.value(variables::PROFILE))
    }
}
