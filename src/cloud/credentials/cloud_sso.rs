//! A sign-in of Cloud SSO, which the `aliyun` tool keeps in a profile.

use reqwest::Method;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::{
    error::Error,
    issued::{self, CredentialService, IssuedCredentials, sign_in_again},
};
use crate::cloud::{key::Credentials, place::Place, transport::http::Transport};

/// A sign-in of Cloud SSO, and the access that it is exchanged for.
#[derive(Clone, Debug)]
pub struct CloudSso {
    /// The profile that holds the sign-in.
    pub place: Place,
    /// Where it is exchanged: `https://<sign-in host>/cloud-credentials`.
    pub url: Url,
    /// The member account to enter.
    pub account_id: String,
    /// The access configuration, by ID.
    pub access_configuration: String,
    /// The token of the sign-in. Nobody can renew it but the person who signs in again.
    pub access_token: SecretString,
    /// When the sign-in ends, in seconds of Unix time.
    pub expires_at: i64,
}

impl CloudSso {
    /// Exchanges the sign-in for a session in the account.
    ///
    /// # Errors
    /// The sign-in has expired, or the exchange fails.
    pub(super) async fn fetch(&self, transport: &Transport) -> Result<Credentials, Error> {
        let service = CredentialService {
            place: self.place.clone(),
            host: self.url.host_str().map(str::to_owned),
            next: sign_in_again(&self.place, "CloudSSO"),
        };
        if self.expires_at <= transport.clock().now().as_second() {
            return Err(service.failed("the sign-in of Cloud SSO has expired".to_owned()));
        }
        let body =
            json!({ "AccountId": self.account_id, "AccessConfigurationId": self.access_configuration });
        let request = issued::request(transport, Method::POST, self.url.clone());
        let request = request.map_err(|problem| service.failed(problem))?;
        let request = request.bearer_auth(issued::secret(transport, &self.access_token));
        let request = request.header("content-type", "application/json").body(body.to_string());
        let response: Response =
            issued::read(transport, request).await.map_err(|problem| service.failed(problem))?;
        let credentials = response.cloud_credential.into_credentials(self.place.clone());
        credentials.map_err(|problem| service.failed(problem))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Response {
    cloud_credential: IssuedCredentials,
}
