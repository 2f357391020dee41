//! A role assumed with the token of an identity provider (RRSA on Kubernetes, CI systems):
//! `assume_role_with_oidc`, or the three variables that RRSA sets.

use super::{Error, Inputs, OidcToken, Passed, Recipe, RoleSettings};

/// The role of `assume_role_with_oidc`, else of the environment if all three variables are set.
pub(super) fn find(inputs: &Inputs) -> Result<Recipe, Passed> {
    let provider_arn = inputs.variable(&[PROVIDER_ARN]).map(|(_, arn)| arn.to_owned());
    let role_arn = inputs.variable(&[ROLE_ARN]).map(|(_, arn)| arn.to_owned());
    let file = inputs.variable(&[TOKEN_FILE]).map(|(_, file)| OidcToken::File(inputs.path(file)));
    let Some(request) = &inputs.assume_role_with_oidc else {
        let (Some(provider_arn), Some(role_arn), Some(token)) = (provider_arn, role_arn, file) else {
            return Err(Passed::NotConfigured(format!(
                "OIDC: no `assume_role_with_oidc` in the provider block, and not all of {PROVIDER_ARN}, {ROLE_ARN}, \
                 {TOKEN_FILE} in the environment"
            )));
        };
        let role = RoleSettings::new(inputs, ROLE_ARN, role_arn, Default::default())?;
        return Ok(Recipe::AssumeRoleWithOidc { provider_arn, token, role });
    };
    let inline = request.token.clone().map(OidcToken::Inline);
    let inline =
        inline.or_else(|| request.token_file.as_deref().map(|file| OidcToken::File(inputs.path(file))));
    let from_variable = || inputs.variable(&[TOKEN]).map(|(_, token)| OidcToken::Inline(token.into()));
    let missing = |attribute: &str, variable: &str| {
        Error::wrong("assume_role_with_oidc", format!("set `{attribute}`, or {variable} in the environment"))
    };
    let provider_arn = request.provider_arn.clone().or(provider_arn);
    let role_arn = request.role.role_arn.clone().or(role_arn);
    let token = inline.or_else(from_variable).or(file);
    let role_arn = role_arn.ok_or_else(|| missing("role_arn", ROLE_ARN))?;
    Ok(Recipe::AssumeRoleWithOidc {
        provider_arn: provider_arn.ok_or_else(|| missing("oidc_provider_arn", PROVIDER_ARN))?,
        token: token.ok_or_else(|| missing("oidc_token_file", TOKEN_FILE))?,
        role: RoleSettings::new(inputs, "assume_role_with_oidc", role_arn, request.role.clone())?,
    })
}

const PROVIDER_ARN: &str = "ALIBABA_CLOUD_OIDC_PROVIDER_ARN";
const ROLE_ARN: &str = "ALIBABA_CLOUD_ROLE_ARN";
const TOKEN: &str = "ALIBABA_CLOUD_OIDC_TOKEN";
const TOKEN_FILE: &str = "ALIBABA_CLOUD_OIDC_TOKEN_FILE";
