//! One request and its answer: build, sign, send, decode, classify.

use std::time::Duration;

use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;
use url::Url;

use super::{
    api::Product,
    body::Body,
    client::{Client, local_now},
    credentials::Credentials,
    error::{self, ApiError, Error, chain},
    signature::{Request, authorization, canonical_query, sha256_hex},
};
use crate::text::line;

/// One request.
pub(super) struct Call<'a> {
    pub(super) client: &'a Client,
    pub(super) product: Product,
    pub(super) endpoint: &'a Url,
    pub(super) action: &'static str,
    pub(super) parameters: &'a [(&'a str, &'a str)],
}

/// Why a request failed, and how long the cloud asked to wait.
pub(super) struct Failure {
    pub(super) error: Error,
    pub(super) asked_wait: Option<Duration>,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, asked_wait: None }
    }
}

impl Call<'_> {
    pub(super) async fn send<T: DeserializeOwned>(
        &self,
        credentials: Option<&Credentials>,
    ) -> Result<T, Failure> {
        let started = tokio::time::Instant::now();
        self.remember_secrets(credentials);
        let outcome = self.exchange(credentials).await;
        let (status, asked_wait, body) = outcome.map_err(|error| {
            tracing::debug!(action = self.action, host = self.host(), error = %chain(&error), "no answer");
            Failure::from(error)
        })?;
        let answer = self.decode(status, &body);
        tracing::debug!(
            action = self.action,
            host = self.host(),
            http_status = status,
            code = answer.as_ref().err().and_then(Error::code).unwrap_or_default(),
            request_id = answer.as_ref().err().and_then(Error::request_id).unwrap_or_default(),
            duration_ms = started.elapsed().as_millis(),
            "answer"
        );
        answer.map_err(|error| Failure { error: throttled_if_asked(error, asked_wait), asked_wait })
    }

    /// What is sent, or signed with, is masked in whatever comes back.
    fn remember_secrets(&self, credentials: Option<&Credentials>) {
        let secrets = self.client.secrets();
        if let Some(credentials) = credentials {
            secrets.remember(credentials.access_key_secret.expose_secret());
            credentials.security_token.iter().for_each(|token| secrets.remember(token.expose_secret()));
        }
        let tokens = self.parameters.iter().filter(|(name, _)| SECRET_PARAMETERS.contains(name));
        tokens.for_each(|(_, token)| secrets.remember(token));
    }

    /// Sends the request and reads the whole answer.
    async fn exchange(
        &self,
        credentials: Option<&Credentials>,
    ) -> Result<(u16, Option<Duration>, Vec<u8>), Error> {
        let http = self.client.http(self.action, self.endpoint)?;
        let request = match credentials {
            Some(credentials) => self.signed(http, credentials),
            None => self.unsigned(http),
        };
        let request =
            request.header("accept", "application/json").build().map_err(|error| self.unreachable(error))?;
        let mut response = http.execute(request).await.map_err(|error| self.unreachable(error))?;
        self.client.learn_clock(response.headers());
        let (status, asked_wait) = (response.status().as_u16(), asked_wait(response.headers()));
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.unreachable(error))? {
            body.extend_from_slice(&chunk);
            if body.len() > ANSWER_LIMIT {
                return Err(
                    self.unexpected(status, format!("the answer is longer than {ANSWER_LIMIT} bytes"))
                );
            }
        }
        Ok((status, asked_wait, body))
    }

    fn signed(&self, http: &reqwest::Client, credentials: &Credentials) -> reqwest::RequestBuilder {
        let query: Vec<_> =
            self.parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let body_sha256 = sha256_hex(b"");
        let mut headers: Vec<(String, String)> = [
            ("host", self.host()),
            ("x-acs-action", self.action.to_owned()),
            ("x-acs-content-sha256", body_sha256.clone()),
            ("x-acs-date", signing_date()),
            ("x-acs-signature-nonce", nonce()),
            ("x-acs-version", self.product.version().to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        if let Some(token) = &credentials.security_token {
            headers.push(("x-acs-accesskey-id".to_owned(), credentials.access_key_id.clone()));
            headers.push(("x-acs-security-token".to_owned(), token.expose_secret().to_owned()));
        }
        let signed = Request { method: "POST", query: &query, headers: &headers, body_sha256: &body_sha256 };
        let authorization =
            authorization(&signed, &credentials.access_key_id, &credentials.access_key_secret);
        self.client.secrets().remember_passing(signature_in(&authorization));
        let mut url = self.endpoint.clone();
        url.set_query(Some(canonical_query(&query).as_str()).filter(|query| !query.is_empty()));
        let request = http.post(url).header("authorization", authorization);
        headers.into_iter().fold(request, |request, (name, value)| request.header(name, value))
    }

    /// The action in the query, the parameters in a form, as the official SDK for Go sends it.
    fn unsigned(&self, http: &reqwest::Client) -> reqwest::RequestBuilder {
        let mut url = self.endpoint.clone();
        url.query_pairs_mut()
            .append_pair("Action", self.action)
            .append_pair("Format", "JSON")
            .append_pair("Timestamp", &signing_date())
            .append_pair("Version", self.product.version());
        let form =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(self.parameters).finish();
        http.post(url).header("content-type", "application/x-www-form-urlencoded").body(form)
    }

    fn decode<T: DeserializeOwned>(&self, status: u16, bytes: &[u8]) -> Result<T, Error> {
        match Body::read(bytes, self.client.secrets()) {
            Some(body) if (200..300).contains(&status) => {
                body.decode().map_err(|problem| self.misfit(status, &body, &problem))
            }
            None if (200..300).contains(&status) => Err(self.unexpected(status, "not JSON".to_owned())),
            body => Err(self.refusal(status, body.as_ref())),
        }
    }

    /// A success that is not one of this action.
    fn misfit(&self, http_status: u16, body: &Body, problem: &str) -> Error {
        let told = error::read_body(self.action, http_status, body);
        Error::UnexpectedAnswer {
            action: self.action,
            host: self.host(),
            http_status,
            code: told.as_ref().map(|told| told.code.clone()),
            request_id: told.and_then(|told| told.request_id).or_else(|| body.request_id()),
            problem: format!("not the JSON of this action ({problem})"),
        }
    }

    fn refusal(&self, http_status: u16, body: Option<&Body>) -> Error {
        match body.and_then(|body| error::read_body(self.action, http_status, body)) {
            Some(api) => Error::from_api(api),
            // Gateways answer 5xx and 429 with pages of their own; the status is enough to decide.
            None if http_status >= 500 || http_status == 429 => Error::from_api(ApiError {
                action: self.action,
                http_status,
                message: "the answer is not one of this API".to_owned(),
                ..ApiError::default()
            }),
            None => self.unexpected(http_status, "not an error of this API".to_owned()),
        }
    }

    fn unreachable(&self, error: reqwest::Error) -> Error {
        let sent = !(error.is_connect() || error.is_builder());
        Error::Unreachable {
            action: self.action,
            host: self.host(),
            sent,
            // A certificate holds names that its owner chose.
            source: line(&chain(&error.without_url()), REASON_LIMIT).into(),
        }
    }

    fn unexpected(&self, http_status: u16, problem: String) -> Error {
        let (action, host) = (self.action, self.host());
        Error::UnexpectedAnswer { action, host, http_status, code: None, request_id: None, problem }
    }

    fn host(&self) -> String {
        host_of(self.endpoint)
    }
}

/// The newest SDKs take any refusal that asks to wait for throttling.
fn throttled_if_asked(error: Error, asked_wait: Option<Duration>) -> Error {
    match error {
        Error::Refused(api) if asked_wait.is_some() => Error::Throttled(api),
        other => other,
    }
}

/// How long the cloud asks to wait: `x-acs-retry-after` in milliseconds (SDK), or the standard
/// `Retry-After` in seconds.
fn asked_wait(headers: &reqwest::header::HeaderMap) -> Option<Duration> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
    let milliseconds = number("x-acs-retry-after").map(Duration::from_millis);
    milliseconds.or_else(|| number("retry-after").map(Duration::from_secs))
}

/// The signature in a header `Authorization`; it is good for one request, and nobody needs to see it.
fn signature_in(authorization: &str) -> &str {
    authorization.rsplit_once("Signature=").map_or("", |(_, signature)| signature)
}

/// Host, and port where it is not the scheme's own, as the `Host` header has it.
pub(super) fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn signing_date() -> String {
    local_now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[expect(clippy::disallowed_methods, reason = "randomness comes in here: each attempt has a nonce")]
fn nonce() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

/// The longest real answer is a page of 1,000 roles, below 2 MiB.
const ANSWER_LIMIT: usize = 8 * 1024 * 1024;
/// Parameters that stand for a signature.
const SECRET_PARAMETERS: [&str; 1] = ["OIDCToken"];
/// In characters: what the HTTP client says of a failure.
const REASON_LIMIT: usize = 1000;
