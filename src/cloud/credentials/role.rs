//! A role to assume, and who assumes it.

use std::ops::RangeInclusive;

use futures_util::future::BoxFuture;
use secrecy::SecretString;
use url::Url;

use super::{
    error::Error,
    inputs::{Inputs, RoleRequest},
    variables,
};
use crate::cloud::{
    api::{arn::RoleArn, form::is_session_name},
    key::Credentials,
    place::Place,
};

/// Opens sessions of roles: STS, which this floor cannot ask by itself.
pub trait AssumeRole: Send + Sync {
    /// A session of a role, opened with other credentials.
    fn assume_role<'a>(
        &'a self,
        base: Credentials,
        role: &'a RoleSettings,
    ) -> BoxFuture<'a, Result<Credentials, Error>>;

    /// A session of a role, opened with a token of an identity provider, which comes from `source`.
    fn assume_role_with_oidc<'a>(
        &'a self,
        provider_arn: &'a str,
        token: &'a SecretString,
        role: &'a RoleSettings,
        source: Place,
    ) -> BoxFuture<'a, Result<Credentials, Error>>;
}

/// A role to assume, with all that AssumeRole is to be called with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleSettings {
    /// The role: `acs:ram::<account_id>:role/<role_name>`.
    pub role_arn: String,
    /// What the audit log calls the session: 2 to 64 letters, digits and `.@-_`.
    pub session_name: String,
    /// JSON that narrows what the session may do; `None` for all that the role may.
    pub policy: Option<String>,
    /// How long the session lasts, in seconds; `None` for the default of STS, an hour.
    pub duration_seconds: Option<u64>,
    /// Sent along because some trust policies demand it.
    pub external_id: Option<String>,
    /// The STS endpoint that a profile names; `None` for the provider's.
    pub sts: Option<Url>,
}

impl RoleSettings {
    /// The role that `assume_role` puts on top of any source. Its variables count only if the block is present,
    /// and an empty ARN counts as none, as with alicloud.
    pub(super) fn on_top(inputs: &Inputs) -> Result<Option<Self>, Error> {
        let Some(request) = inputs.assume_role.clone() else { return Ok(None) };
        let place = Place::Attribute("assume_role");
        let given = request.role_arn.clone().filter(|arn| !arn.is_empty()).map(|arn| (place, arn));
        let variable = || {
            let (place, arn) = inputs.placed(variables::ASSUMED_ROLE_ARN)?;
            Some((place, arn.to_owned()))
        };
        let role = given.or_else(variable).map(|(place, arn)| Self::new(inputs, &place, arn, request));
        role.transpose()
    }

    /// Completes a request from the environment.
    pub(super) fn new(
        inputs: &Inputs,
        place: &Place,
        role_arn: String,
        request: RoleRequest,
    ) -> Result<Self, Error> {
        let parts = RoleArn::split(&role_arn);
        if !parts.is_some_and(|arn| !arn.account_id.is_empty() && !arn.role_name.is_empty()) {
            let problem =
                format!("{role_arn:?} is not the ARN of a role, `acs:ram::<account_id>:role/<role_name>`");
            return Err(Error::wrong(place.clone(), problem));
        }
        let session_name = session_name(inputs, request.session_name)?;
        let duration_seconds = match request.session_expiration {
            Some(seconds) => Some(seconds),
            None => session_expiration(inputs)?,
        };
        let (policy, external_id) = (request.policy, request.external_id);
        Ok(Self { role_arn, session_name, policy, duration_seconds, external_id, sts: None })
    }

    /// The parameters of AssumeRole and AssumeRoleWithOIDC; what is `None` is left out.
    pub fn parameters(&self) -> Vec<(&str, String)> {
        let mut parameters =
            vec![("RoleArn", self.role_arn.clone()), ("RoleSessionName", self.session_name.clone())];
        let optional = [
            ("DurationSeconds", self.duration_seconds.map(|seconds| seconds.to_string())),
            ("Policy", self.policy.clone()),
            ("ExternalId", self.external_id.clone()),
        ];
        parameters.extend(optional.into_iter().filter_map(|(name, value)| Some((name, value?))));
        parameters
    }
}

/// A name that is requested is the practitioner's argument, which is validated, or that of a profile, which the official
/// libraries send as it is.
fn session_name(inputs: &Inputs, requested: Option<String>) -> Result<String, Error> {
    match (requested, inputs.placed(variables::ROLE_SESSION_NAME)) {
        (Some(name), _) => Ok(name),
        (None, Some((_, name))) if is_session_name(name) => Ok(name.to_owned()),
        (None, Some((place, name))) => {
            let form = "2 to 64 letters, digits, dots, hyphens, underscores and at signs";
            Err(Error::wrong(place, format!("{name:?} is not a session name, which has {form}")))
        }
        (None, None) => Ok(SESSION_NAME.to_owned()),
    }
}

fn session_expiration(inputs: &Inputs) -> Result<Option<u64>, Error> {
    let Some((place, text)) = inputs.placed(&[variables::SESSION_EXPIRATION]) else {
        return Ok(None);
    };
    match text.parse().ok().filter(|seconds| SESSION_SECONDS.contains(seconds)) {
        Some(seconds) => Ok(Some(seconds)),
        None => {
            let (shortest, longest) = (SESSION_SECONDS.start(), SESSION_SECONDS.end());
            let problem = format!("{text:?} is not a whole number of seconds from {shortest} to {longest}");
            Err(Error::wrong(place, problem))
        }
    }
}

/// How long a session can be asked for (documented); the longest one of a role may be shorter.
pub(crate) const SESSION_SECONDS: RangeInclusive<u64> = 900..=43_200;

/// The default of the alicloud provider, so that audit rules for it fit ours.
const SESSION_NAME: &str = "terraform";
