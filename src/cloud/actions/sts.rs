//! STS 2015-04-01: whose credentials these are, and sessions of roles.

use futures_util::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::account::SharedConnection;
use crate::{
    cause::chain,
    cloud::{
        api::{Product, sts},
        credentials::{
            self,
            role::{AssumeRole, RoleSettings},
        },
        endpoint::host_of,
        error::Error,
        key::Credentials,
        place::Place,
        send::sender::{ApiRequest, ApiResponse, Idempotency},
        signer::Signer,
        transport::advice,
    },
};

impl SharedConnection {
    /// GetCallerIdentity: the account of whoever signs, and the ID of the key that did.
    pub(super) async fn get_caller_identity(
        &self,
        signer: &Signer,
    ) -> Result<ApiResponse<sts::CallerIdentity>, Error> {
        self.sts(signer, None, sts::action::GET_CALLER_IDENTITY, &[]).await
    }

    /// AssumeRole, or AssumeRoleWithOIDC if nobody signs, with these parameters; `source` is what the session
    /// is named.
    pub(super) async fn open_session(
        &self,
        signer: &Signer,
        endpoint: Option<&Url>,
        parameters: &[(&str, &str)],
        source: Place,
    ) -> Result<Credentials, Error> {
        let action = match signer {
            Signer::Nobody => sts::action::ASSUME_ROLE_WITH_OIDC,
            Signer::Cached(_) | Signer::Given(_) => sts::action::ASSUME_ROLE,
        };
        let assumed: ApiResponse<sts::AssumedRole> = self.sts(signer, endpoint, action, parameters).await?;
        let host = host_of(self.sts_endpoint(endpoint));
        session_of(assumed.value.credentials, source, host)
    }

    fn sts_endpoint<'a>(&'a self, own: Option<&'a Url>) -> &'a Url {
        own.unwrap_or_else(|| self.endpoints.of(Product::Sts))
    }

    async fn sts<T: serde::de::DeserializeOwned + Send>(
        &self,
        signer: &Signer,
        endpoint: Option<&Url>,
        action: &'static str,
        parameters: &[(&str, &str)],
    ) -> Result<ApiResponse<T>, Error> {
        let endpoint = self.sts_endpoint(endpoint);
        let request = ApiRequest { product: Product::Sts, endpoint, action, parameters };
        self.sender.send(signer, request, Idempotency::Safe, None).await
    }
}

/// For the sources of credentials that end in a role.
impl AssumeRole for SharedConnection {
    fn assume_role<'a>(
        &'a self,
        base: Credentials,
        role: &'a RoleSettings,
    ) -> BoxFuture<'a, Result<Credentials, credentials::Error>> {
        Box::pin(async move {
            let place = role_place(role, base.source().clone());
            let parameters = role.parameters();
            let parameters: Vec<_> = parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let (signer, sts) = (Signer::Given(base), role.sts.as_ref());
            let session = self.open_session(&signer, sts, &parameters, place.clone()).await;
            session.map_err(|error| not_assumed(&place, &error, WITH_A_KEY))
        })
    }

    fn assume_role_with_oidc<'a>(
        &'a self,
        provider_arn: &'a str,
        token: &'a SecretString,
        role: &'a RoleSettings,
        source: Place,
    ) -> BoxFuture<'a, Result<Credentials, credentials::Error>> {
        Box::pin(async move {
            let place = role_place(role, source);
            let parameters = role.parameters();
            let mut parameters: Vec<_> =
                parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
            parameters.push(("OIDCProviderArn", provider_arn));
            parameters.push(("OIDCToken", token.expose_secret()));
            let session =
                self.open_session(&Signer::Nobody, role.sts.as_ref(), &parameters, place.clone()).await;
            session.map_err(|error| not_assumed(&place, &error, WITH_A_TOKEN))
        })
    }
}

fn role_place(role: &RoleSettings, opened_with: Place) -> Place {
    Place::Role { role_arn: role.role_arn.clone(), opened_with: Box::new(opened_with) }
}

/// `advice` is for a refusal that is about the role.
fn not_assumed(place: &Place, error: &Error, advice: &str) -> credentials::Error {
    let by_cause = || error.next_step().or_else(|| error.is_not_authenticated().then(|| place.correction()));
    let overloaded = matches!(error, Error::Throttled(_)).then(|| advice::LATER.to_owned());
    credentials::Error::Failed {
        place: Box::new(place.clone()),
        problem: format!("the role cannot be assumed: {}", chain(error)),
        next: overloaded.or_else(by_cause).unwrap_or_else(|| advice.to_owned()),
        is_rejected: error.is_not_authenticated(),
    }
}

const WITH_A_KEY: &str = "Check that the role exists, that it trusts the identity of the key, and that this identity may \
                          call `sts:AssumeRole`.";
const WITH_A_TOKEN: &str = "Check that the role and the OIDC provider exist, that the role trusts tokens of the provider \
                            with this subject, and that the token has not expired.";

/// A session as credentials.
///
/// # Errors
/// A key that no request can carry: not a response of STS.
fn session_of(session: sts::SessionCredentials, source: Place, host: String) -> Result<Credentials, Error> {
    let (id, secret, token) = (session.access_key_id, session.access_key_secret, session.security_token);
    let unexpected = |problem: String| Error::UnexpectedResponse {
        action: sts::action::ASSUME_ROLE,
        host,
        http_status: 200,
        code: None,
        request_id: None,
        problem,
    };
    // Without one the key would be someone's own, and not a session of the role.
    if token.expose_secret().is_empty() {
        return Err(unexpected("the security token is empty".to_owned()));
    }
    let credentials = Credentials::new(id, secret, Some(token), source);
    let credentials = credentials.map_err(|problem| unexpected(problem.to_string()));
    Ok(credentials?.until(Some(session.expiration)))
}
