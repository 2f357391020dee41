//! How to get credentials: what a configured source comes down to.

use std::path::PathBuf;

use secrecy::SecretString;
use url::Url;

use super::{Credentials, Error, Inputs, RoleRequest};

/// A way to credentials.
#[derive(Clone, Debug)]
pub enum Recipe {
    /// They are here.
    Keys(Credentials),
    /// A session of a role, opened with other credentials.
    AssumeRole {
        /// The other credentials.
        base: Box<Recipe>,
        /// The role.
        role: RoleSettings,
    },
    /// A session of a role, opened with a token of an identity provider.
    AssumeRoleWithOidc {
        /// `acs:ram::<account_id>:oidc-provider/<name>`.
        provider_arn: String,
        /// The token.
        token: OidcToken,
        /// The role.
        role: RoleSettings,
    },
    /// What the metadata service of an ECS instance gives.
    Metadata {
        /// Base URL of the service.
        url: Url,
        /// The role of the instance; asked for if it is not given.
        role_name: Option<String>,
        /// Whether the older, tokenless way may be used.
        allow_version_1: bool,
        /// Why each source before was passed over; empty if this one was asked for by name.
        passed: Vec<String>,
    },
    /// What a server answers.
    Uri(Url),
    /// What a command prints.
    Process {
        /// File and profile that name it.
        place: String,
        /// Split as a shell does.
        command: Vec<String>,
    },
    /// What Cloud SSO gives for a sign-in.
    CloudSso {
        /// File and profile of it.
        place: String,
        /// `https://<host>/cloud-credentials`.
        url: Url,
        /// The member account.
        account_id: String,
        /// The access configuration.
        access_configuration: String,
        /// Of the sign-in.
        access_token: SecretString,
        /// When the sign-in ends, in seconds of Unix time.
        expires_at: Option<i64>,
    },
    /// What the command-line tool's OAuth sign-in gives.
    OAuth {
        /// The file, where new tokens are written back.
        file: PathBuf,
        /// The profile.
        profile: String,
        /// Of the sign-in site.
        site: Url,
        /// Of the command-line tool.
        client_id: String,
        /// Opens new access tokens.
        refresh_token: SecretString,
        /// The access token, and when it ends in seconds of Unix time.
        access_token: Option<(SecretString, i64)>,
    },
}

/// A token of an identity provider.
#[derive(Clone, Debug)]
pub enum OidcToken {
    /// The token itself.
    Inline(SecretString),
    /// A file, read anew for each session: whoever runs the workload renews it.
    File(PathBuf),
}

/// A role to assume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleSettings {
    /// `acs:ram::<account_id>:role/<role_name>`.
    pub role_arn: String,
    /// 2 to 64 letters, digits and `.@-_`.
    pub session_name: String,
    /// Narrows what the session may do.
    pub policy: Option<String>,
    /// Seconds.
    pub duration_seconds: Option<u64>,
    /// Demanded by some trust policies.
    pub external_id: Option<String>,
    /// A profile's own STS.
    pub sts: Option<Url>,
}

impl Recipe {
    /// Whether asking again can give other credentials.
    pub(in crate::cloud) fn can_renew(&self) -> bool {
        !matches!(self, Self::Keys(_))
    }

    /// Remembers why the sources before were passed over, where that is worth telling.
    pub(super) fn after(self, reasons: Vec<String>) -> Self {
        match self {
            Self::Metadata { url, role_name: None, allow_version_1, .. } => {
                Self::Metadata { url, role_name: None, allow_version_1, passed: reasons }
            }
            other => other,
        }
    }
}

impl RoleSettings {
    /// The role that `assume_role` or its variables put on top of any source.
    pub(super) fn on_top(inputs: &Inputs) -> Result<Option<Self>, Error> {
        let variables: &[&'static str] = match inputs.assume_role {
            // Without the block this variable alone asks for a role: the other one also belongs to OIDC.
            None => &["ALICLOUD_ASSUME_ROLE_ARN"],
            Some(_) => &["ALICLOUD_ASSUME_ROLE_ARN", "ALIBABA_CLOUD_ROLE_ARN"],
        };
        let request = inputs.assume_role.clone().unwrap_or_default();
        let variable = inputs.variable(variables).map(|(_, arn)| arn.to_owned());
        match (request.role_arn.clone().or(variable), &inputs.assume_role) {
            (None, None) => Ok(None),
            (None, Some(_)) => Err(Error::wrong(
                "assume_role",
                format!("set `role_arn`, or one of {}", variables.join(", ")),
            )),
            (Some(role_arn), _) => Self::new(inputs, "assume_role", role_arn, request).map(Some),
        }
    }

    /// Completes a request from the environment.
    pub(super) fn new(
        inputs: &Inputs,
        place: &str,
        role_arn: String,
        request: RoleRequest,
    ) -> Result<Self, Error> {
        let well_formed = role_arn.strip_prefix("acs:ram::").and_then(|rest| rest.split_once(":role/"));
        if !well_formed.is_some_and(|(account, name)| !account.is_empty() && !name.is_empty()) {
            let problem =
                format!("{role_arn:?} is not the ARN of a role, `acs:ram::<account_id>:role/<role_name>`");
            return Err(Error::wrong(place, problem));
        }
        let session_variables = &["ALICLOUD_ASSUME_ROLE_SESSION_NAME", "ALIBABA_CLOUD_ROLE_SESSION_NAME"];
        let from_environment = inputs.variable(session_variables).map(|(_, name)| name.to_owned());
        let session_name =
            request.session_name.or(from_environment).unwrap_or_else(|| SESSION_NAME.to_owned());
        let expiration = "ALICLOUD_ASSUME_ROLE_SESSION_EXPIRATION";
        let duration_seconds = match (request.session_expiration, inputs.variable(&[expiration])) {
            (Some(seconds), _) => Some(seconds),
            (None, Some((name, text))) => Some(
                text.parse()
                    .map_err(|_| Error::wrong(name, format!("{text:?} is not a number of seconds")))?,
            ),
            (None, None) => None,
        };
        Ok(Self {
            role_arn,
            session_name,
            policy: request.policy,
            duration_seconds,
            external_id: request.external_id,
            sts: None,
        })
    }
}

/// The alicloud provider's default.
const SESSION_NAME: &str = "terraform";
