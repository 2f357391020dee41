//! Credentials as metadata services, servers and sign-ins issue them, and how they are asked.

use jiff::Timestamp;
use reqwest::{Method, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use url::Url;

use super::error::Error;
use crate::cloud::{
    body::Body,
    cause::chain,
    key::Credentials,
    place::Place,
    transport::http::{self, Answer, Transport},
};
use crate::text::line;

/// Credentials as they are issued. Products write the keys in Pascal case, the OAuth exchange in camel case
/// (Go, Java, Node, CLI) or Pascal case (Python).
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Issued {
    #[serde(alias = "code")]
    code: Option<String>,
    #[serde(alias = "accessKeyId")]
    access_key_id: Option<String>,
    #[serde(alias = "accessKeySecret")]
    access_key_secret: Option<SecretString>,
    #[serde(alias = "securityToken")]
    security_token: Option<SecretString>,
    #[serde(alias = "expiration")]
    expiration: Option<Timestamp>,
}

impl Issued {
    /// The credentials.
    ///
    /// # Errors
    /// A code other than success, a missing part, or one that no request can carry.
    pub(super) fn into_credentials(self, place: Place) -> Result<Credentials, String> {
        if let Some(code) = self.code.filter(|code| code != "Success") {
            return Err(format!("answered with code {:?}", line(&code, LONGEST_CODE)));
        }
        let (Some(id), Some(secret), token @ Some(_)) =
            (self.access_key_id, self.access_key_secret, self.security_token)
        else {
            return Err("answered without AccessKeyId, AccessKeySecret and SecurityToken".to_owned());
        };
        let credentials = Credentials::new(id, secret, token, place);
        let credentials =
            credentials.map_err(|problem| format!("answered with a key that cannot be used: {problem}"))?;
        Ok(credentials.until(self.expiration))
    }
}

/// Begins a request to a service.
pub(super) fn request(transport: &Transport, method: Method, url: Url) -> Result<RequestBuilder, String> {
    transport.to_service(method, url).map_err(|failure| chain(&failure))
}

/// Sends a request, and reads the whole answer.
pub(super) async fn exchange(request: RequestBuilder) -> Result<Answer, http::Failure> {
    http::exchange(request, ANSWER_LIMIT).await
}

/// A secret to send, which is masked from then on.
pub(super) fn secret<'a>(transport: &Transport, secret: &'a SecretString) -> &'a str {
    transport.secrets().remember(secret.expose_secret());
    secret.expose_secret()
}

/// JSON of this shape.
pub(super) fn decode<T: DeserializeOwned>(transport: &Transport, bytes: &[u8]) -> Option<T> {
    Body::read(bytes, transport.secrets())?.decode().ok()
}

/// Sends a request, and reads JSON from a success.
pub(super) async fn read<T: DeserializeOwned>(
    transport: &Transport,
    request: RequestBuilder,
) -> Result<T, String> {
    let answer = exchange(request).await.map_err(|failure| chain(&failure))?;
    if !(200..300).contains(&answer.status) {
        return Err(format!("answered with HTTP {}", answer.status));
    }
    // The body can hold secrets: it is never shown.
    decode(transport, &answer.body).ok_or_else(|| "answered with something other than credentials".to_owned())
}

/// A service that does not give credentials, with a next step.
pub(super) fn failed(place: &Place, next: &'static str) -> impl Fn(String) -> Error + use<> {
    let place = place.clone();
    move |problem| Error::failed(place.clone(), problem, next)
}

const LONGEST_CODE: usize = 64;
/// Hundreds of times what credentials take.
const ANSWER_LIMIT: usize = 1024 * 1024;
