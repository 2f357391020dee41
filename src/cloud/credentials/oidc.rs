//! A role assumed with the token of an identity provider (RRSA on Kubernetes, CI systems):
//! `assume_role_with_oidc`, or the three variables that RRSA sets.

use std::path::PathBuf;

use secrecy::SecretString;

use super::{
    error::{Error, NoRecipe},
    files::{self, reading},
    inputs::Inputs,
    role::{AssumeRole, RoleSettings},
    variables::{OIDC_PROVIDER_ARN, OIDC_TOKEN, OIDC_TOKEN_FILE, ROLE_ARN},
};
use crate::cloud::{key::Credentials, place::Place};

/// A role, and the token that stands for a signature.
#[derive(Clone, Debug)]
pub struct Oidc {
    /// The provider that issues the token: `acs:ram::<account_id>:oidc-provider/<name>`.
    pub provider_arn: String,
    /// The token that stands for a signature.
    pub token: OidcToken,
    /// The role to assume with it.
    pub role: RoleSettings,
}

/// A token of an identity provider.
#[derive(Clone, Debug)]
pub enum OidcToken {
    /// The token itself, and where it is set.
    Inline(Place, SecretString),
    /// A file, read again for each session: whoever runs the workload renews it.
    File(PathBuf),
}

/// The role of `assume_role_with_oidc`, else of the environment if all three variables are set.
pub(super) fn find(inputs: &Inputs) -> Result<Oidc, NoRecipe> {
    let provider_arn = inputs.value(&[OIDC_PROVIDER_ARN]).map(str::to_owned);
    let role_arn = inputs.value(&[ROLE_ARN]).map(str::to_owned);
    let file = inputs.value(&[OIDC_TOKEN_FILE]).map(|file| OidcToken::File(inputs.path(file)));
    let Some(request) = &inputs.assume_role_with_oidc else {
        let (Some(provider_arn), Some(role_arn), Some(token)) = (provider_arn, role_arn, file) else {
            return Err(NoRecipe::NotConfigured(format!(
                "OIDC: no `assume_role_with_oidc` in the provider block, and not all of {OIDC_PROVIDER_ARN}, {ROLE_ARN}, \
                 {OIDC_TOKEN_FILE} in the environment"
            )));
        };
        let role = RoleSettings::new(inputs, &Place::Variable(ROLE_ARN), role_arn, Default::default())?;
        return Ok(Oidc { provider_arn, token, role });
    };
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let place = Place::Attribute("assume_role_with_oidc");
    let missing = |attribute: &str, variable: &str| {
        Error::wrong(place.clone(), format!("`{attribute}` is missing"))
            .advise(format!("Set `{attribute}` in it, or {variable} in the environment."))
    };
    let inline = request.token.clone().map(|token| OidcToken::Inline(place.clone(), token));
    let inline =
        inline.or_else(|| given(&request.token_file).map(|file| OidcToken::File(inputs.path(&file))));
    let from_variable =
        || inputs.placed(&[OIDC_TOKEN]).map(|(place, token)| OidcToken::Inline(place, token.into()));
    let role_arn = given(&request.role.role_arn).or(role_arn).ok_or_else(|| missing("role_arn", ROLE_ARN))?;
    let provider_arn = given(&request.provider_arn).or(provider_arn);
    let token = inline.or_else(from_variable).or(file);
    Ok(Oidc {
        provider_arn: provider_arn.ok_or_else(|| missing("oidc_provider_arn", OIDC_PROVIDER_ARN))?,
        token: token.ok_or_else(|| missing("oidc_token_file", OIDC_TOKEN_FILE))?,
        role: RoleSettings::new(inputs, &place, role_arn, request.role.clone())?,
    })
}

impl Oidc {
    /// Opens a session of the role.
    ///
    /// # Errors
    /// The file cannot be read or holds no token; or STS refuses.
    pub(super) async fn fetch(&self, roles: &dyn AssumeRole) -> Result<Credentials, Error> {
        let (place, token) = match &self.token {
            OidcToken::Inline(place, token) => (place.clone(), token.clone()),
            OidcToken::File(path) => (Place::File(path.clone()), read_token(path.clone()).await?),
        };
        roles.assume_role_with_oidc(&self.provider_arn, &token, &self.role, place).await
    }
}

async fn read_token(path: PathBuf) -> Result<SecretString, Error> {
    let place = Place::File(path.clone());
    let text = reading(place.clone(), move || files::read(&path)).await?;
    let wrong = |problem: &str| {
        Error::wrong(place.clone(), problem)
            .advise("Check that the OIDC token is written there, and that the path is right.")
    };
    // The token travels as it is written, but for the line break that an editor or a shell adds.
    let token = text.ok_or_else(|| wrong("there is no such file"))?.trim_end_matches(['\n', '\r']).to_owned();
    match token.chars().any(char::is_control) || token.is_empty() {
        true => Err(wrong("it does not hold one token")),
        false => Ok(token.into()),
    }
}
