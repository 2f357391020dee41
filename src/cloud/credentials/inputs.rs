//! Everything that the sources read: the provider block, the environment, the home folder.

use std::{collections::BTreeMap, path::PathBuf};

use secrecy::SecretString;
use url::Url;

use crate::cloud::place::Place;

/// The provider block, the environment, the home folder.
#[derive(Clone, Default)]
pub struct Inputs {
    /// `access_key`.
    pub access_key_id: Option<String>,
    /// `secret_key`.
    pub access_key_secret: Option<SecretString>,
    /// `security_token`.
    pub security_token: Option<SecretString>,
    /// `profile`.
    pub profile: Option<String>,
    /// `shared_credentials_file`.
    pub shared_credentials_file: Option<String>,
    /// `ecs_role_name`.
    pub ecs_role_name: Option<String>,
    /// `credentials_uri`.
    pub credentials_uri: Option<String>,
    /// `assume_role`.
    pub assume_role: Option<RoleRequest>,
    /// `assume_role_with_oidc`.
    pub assume_role_with_oidc: Option<OidcRequest>,
    /// The environment of the process.
    pub environment: BTreeMap<String, String>,
    /// The home folder.
    pub home: Option<PathBuf>,
    /// Whether the endpoint of STS was set, so that a profile's own does not count.
    pub sts_is_set: bool,
    /// Where the ECS metadata service is, if not at its fixed address.
    pub metadata_url: Option<Url>,
    /// Where OAuth tokens are renewed, if not at Alibaba Cloud's site.
    pub oauth_site: Option<Url>,
}

/// The block `assume_role`.
#[derive(Clone, Debug, Default)]
pub struct RoleRequest {
    /// `role_arn`.
    pub role_arn: Option<String>,
    /// `session_name`.
    pub session_name: Option<String>,
    /// `policy`.
    pub policy: Option<String>,
    /// `session_expiration`, in seconds.
    pub session_expiration: Option<u64>,
    /// `external_id`.
    pub external_id: Option<String>,
}

/// The block `assume_role_with_oidc`.
#[derive(Clone, Debug, Default)]
pub struct OidcRequest {
    /// `oidc_provider_arn`.
    pub provider_arn: Option<String>,
    /// `oidc_token`.
    pub token: Option<SecretString>,
    /// `oidc_token_file`.
    pub token_file: Option<String>,
    /// `role_arn`, `role_session_name`, `policy`, `session_expiration`.
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

    /// The same, with the place that it is.
    pub(super) fn placed(&self, names: &[&'static str]) -> Option<(Place, &str)> {
        self.variable(names).map(|(name, value)| (Place::Variable(name), value))
    }

    /// Its value alone.
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
        self.profile.as_deref().or_else(|| self.value(PROFILE))
    }
}

const PROFILE: &[&str] = &["ALICLOUD_PROFILE", "ALIBABA_CLOUD_PROFILE"];
