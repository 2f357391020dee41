//! Credentials and where they come from: a chain of sources, the first that is configured wins.
//!
//! Reading the configuration is one step, without network: [`Chain::recipe`] says how to get
//! credentials. Following the [`Recipe`] is the other, in `fetch`; what it gets is kept and renewed
//! before it ends.
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
//! `assume_role` goes on top of any of them. The order is that of the official SDKs, but for the
//! URI: asking a metadata service that is not there first would only cost time. What stands in the
//! provider block goes before all that is found in the environment. Names of variables and modes are
//! those of the SDKs and of the alicloud provider (SDK, peer).
//!
//! A source that is not configured passes on; one that is configured wrongly stops the chain, with
//! the file, the profile and the key named. The last error tells of each source why it was passed
//! over.

mod cli_profile;
mod fetch;
mod ini_profile;
mod keys;
mod metadata;
mod oauth;
mod oidc;
mod process;
mod recipe;
#[cfg(test)]
mod scenarios;
mod uri;

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

pub(super) use fetch::fetch;
use jiff::Timestamp;
pub use recipe::{OidcToken, Recipe, RoleSettings};
use secrecy::SecretString;
use url::Url;

/// What signs a request.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Identifies the key; no secret.
    pub access_key_id: String,
    /// Signs.
    pub access_key_secret: SecretString,
    /// Only with temporary credentials.
    pub security_token: Option<SecretString>,
    /// When temporary credentials end.
    pub expires_at: Option<Timestamp>,
}

/// Everything that the sources read: the provider block, the environment, the home folder.
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
    fn variable<'a>(&'a self, names: &[&'static str]) -> Option<(&'static str, &'a str)> {
        let set = |name: &&'static str| {
            let value = self.environment.get(*name).filter(|value| !value.is_empty())?;
            Some((*name, value.as_str()))
        };
        names.iter().find_map(set)
    }

    fn is_true(&self, name: &'static str) -> bool {
        self.variable(&[name]).is_some_and(|(_, value)| value.eq_ignore_ascii_case("true"))
    }

    /// A path as a person writes it: `~` is the home folder.
    fn path(&self, text: &str) -> PathBuf {
        match (text.strip_prefix("~/"), &self.home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => PathBuf::from(text),
        }
    }

    fn in_home(&self, path: &str) -> Option<PathBuf> {
        self.home.as_ref().map(|home| home.join(path))
    }
}

/// The sources, in order.
#[derive(Clone, Default)]
pub struct Chain {
    inputs: Inputs,
}

impl Chain {
    /// A chain over these inputs; nothing is read yet.
    pub fn new(inputs: Inputs) -> Self {
        Self { inputs }
    }

    /// How to get credentials. Reads files, asks nobody.
    ///
    /// # Errors
    /// A source that is configured wrongly, or none that is configured.
    pub fn recipe(&self) -> Result<Recipe, Error> {
        let base = self.base()?;
        match RoleSettings::on_top(&self.inputs)? {
            Some(role) => Ok(Recipe::AssumeRole { base: Box::new(base), role }),
            None => Ok(base),
        }
    }

    fn base(&self) -> Result<Recipe, Error> {
        type Find = fn(&Inputs) -> Result<Recipe, Passed>;
        let sources: [Find; 6] =
            [keys::find, oidc::find, cli_profile::find, ini_profile::find, uri::find, metadata::find];
        let mut passed = Vec::new();
        for find in sources {
            match find(&self.inputs) {
                Ok(recipe) => return Ok(recipe.after(passed)),
                Err(Passed::NotConfigured(reason)) => passed.push(reason),
                Err(Passed::Wrong(error)) => return Err(error),
            }
        }
        Err(Error::NoSource(passed))
    }
}

/// Why a source gives no recipe.
#[derive(Debug)]
enum Passed {
    /// It is not configured: what is missing.
    NotConfigured(String),
    /// It is configured wrongly.
    Wrong(Error),
}

impl From<Error> for Passed {
    fn from(error: Error) -> Self {
        Self::Wrong(error)
    }
}

/// Why there are no credentials. Whoever runs Terraform can act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// A source is configured wrongly.
    Wrong {
        /// File, profile, attribute or variable.
        place: String,
        /// What is wrong there, and what would be right.
        problem: String,
    },
    /// A source is configured and does not give credentials.
    Failed {
        /// Which one.
        place: String,
        /// What it answered.
        problem: String,
    },
    /// No source is configured: each with the reason.
    NoSource(Vec<String>),
}

impl Error {
    fn wrong(place: impl fmt::Display, problem: impl Into<String>) -> Self {
        Self::Wrong { place: place.to_string(), problem: problem.into() }
    }

    fn failed(place: impl fmt::Display, problem: impl Into<String>) -> Self {
        Self::Failed { place: place.to_string(), problem: problem.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wrong { place, problem } | Self::Failed { place, problem } => {
                write!(f, "{place}: {problem}")
            }
            Self::NoSource(passed) => {
                write!(f, "no source of credentials is configured")?;
                passed.iter().try_for_each(|reason| write!(f, "\n  - {reason}"))
            }
        }
    }
}

impl std::error::Error for Error {}

/// A value out of a file of credentials in quotes, with a space, if it looks like the name of something;
/// nothing if it could be a secret that has slipped into the wrong place.
fn shown(value: &str) -> String {
    let is_name = value.len() <= LONGEST_NAME && value.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_');
    if is_name { format!("{value:?} ") } else { String::new() }
}

/// The longest name of a mode or type has 22 letters, the shortest secret 30 characters.
const LONGEST_NAME: usize = 24;

/// The content of a file of credentials; `None` if there is no such file.
fn read_file(path: &Path) -> Result<Option<String>, Error> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::wrong(path.display(), format!("cannot be read: {error}"))),
    }
}
