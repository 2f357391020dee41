//! Credentials as metadata services, servers and sign-ins issue them, and how they are asked.

use std::fmt;

use jiff::Timestamp;
use reqwest::{Method, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use url::Url;

use super::error::Error;
use crate::{
    cause::chain,
    cloud::{
        body::Body,
        key::Credentials,
        place::Place,
        transport::{
            advice,
            http::{self, Response, Transport},
        },
    },
    text::line,
};

/// Credentials as they are issued. Products write the keys in Pascal case, the OAuth exchange in camel case
/// (Go, Java, Node, CLI) or Pascal case (Python). A response may hold both: Pascal case goes first.
#[derive(Deserialize)]
#[serde(from = "Spellings")]
pub(super) struct IssuedCredentials {
    code: Option<String>,
    access_key_id: Option<String>,
    access_key_secret: Option<SecretString>,
    security_token: Option<SecretString>,
    expiration: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Spellings {
    code: Option<String>,
    #[serde(rename = "code")]
    camel_code: Option<String>,
    access_key_id: Option<String>,
    #[serde(rename = "accessKeyId")]
    camel_access_key_id: Option<String>,
    access_key_secret: Option<SecretString>,
    #[serde(rename = "accessKeySecret")]
    camel_access_key_secret: Option<SecretString>,
    security_token: Option<SecretString>,
    #[serde(rename = "securityToken")]
    camel_security_token: Option<SecretString>,
    expiration: Option<Timestamp>,
    #[serde(rename = "expiration")]
    camel_expiration: Option<Timestamp>,
}

impl From<Spellings> for IssuedCredentials {
    fn from(found: Spellings) -> Self {
        Self {
            code: found.code.or(found.camel_code),
            access_key_id: found.access_key_id.or(found.camel_access_key_id),
            access_key_secret: found.access_key_secret.or(found.camel_access_key_secret),
            security_token: found.security_token.or(found.camel_security_token),
            expiration: found.expiration.or(found.camel_expiration),
        }
    }
}

impl IssuedCredentials {
    /// The credentials.
    ///
    /// # Errors
    /// A code other than success, a missing part, or one that no request can carry.
    pub(super) fn into_credentials(self, place: Place) -> Result<Credentials, String> {
        if let Some(code) = self.code.filter(|code| code != "Success") {
            return Err(format!("answered with code {:?}", line(&code, LONGEST_CODE)));
        }
        let is_token = |token: &SecretString| !token.expose_secret().is_empty();
        let token = self.security_token.filter(is_token);
        let (Some(id), Some(secret), token @ Some(_), end @ Some(_)) =
            (self.access_key_id, self.access_key_secret, token, self.expiration)
        else {
            return Err(
                "answered without AccessKeyId, AccessKeySecret, SecurityToken and Expiration".to_owned()
            );
        };
        let credentials = Credentials::new(id, secret, token, place);
        let credentials =
            credentials.map_err(|problem| format!("answered with a key that cannot be used: {problem}"))?;
        Ok(credentials.until(end))
    }
}

/// Why a service gave no credentials.
#[derive(Debug)]
pub(super) enum Problem {
    /// There is no response: the network, or trust in the certificate.
    NoResponse(http::Failure),
    /// The response has a status that is not a success.
    Status(u16),
    /// Anything else about the sign-in, or about what it gave.
    Other(String),
}

impl Problem {
    /// What to do about it, unless that depends on the service.
    fn next_step(&self) -> Option<&'static str> {
        match self {
            Self::NoResponse(failure) => failure.next_step(),
            Self::Status(429 | 500..) => Some(advice::LATER),
            Self::Status(_) | Self::Other(_) => None,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoResponse(failure) => f.write_str(&chain(failure)),
            Self::Status(status) => write!(f, "answered with HTTP {status}"),
            Self::Other(problem) => f.write_str(problem),
        }
    }
}

impl From<String> for Problem {
    fn from(problem: String) -> Self {
        Self::Other(problem)
    }
}

impl From<Problem> for String {
    fn from(problem: Problem) -> Self {
        problem.to_string()
    }
}

/// Begins a request to a service.
pub(super) fn request(transport: &Transport, method: Method, url: Url) -> Result<RequestBuilder, Problem> {
    transport.to_service(method, url).map_err(Problem::NoResponse)
}

/// Sends a request, and reads the whole response.
pub(super) async fn exchange(request: RequestBuilder) -> Result<Response, http::Failure> {
    http::exchange(request, RESPONSE_LIMIT).await
}

/// A secret to send, which is masked from then on.
pub(super) fn secret<'a>(transport: &Transport, secret: &'a SecretString) -> &'a str {
    transport.secrets().remember(secret.expose_secret());
    secret.expose_secret()
}

/// JSON of this shape, with its texts made presentable; `None` for anything else.
pub(super) fn decode<T: DeserializeOwned>(transport: &Transport, bytes: &[u8]) -> Option<T> {
    Body::read(bytes, transport.secrets())?.decode().ok()
}

/// Sends a request, and reads JSON from a success.
pub(super) async fn read<T: DeserializeOwned>(
    transport: &Transport,
    request: RequestBuilder,
) -> Result<T, Problem> {
    let response = exchange(request).await.map_err(Problem::NoResponse)?;
    // The body can hold secrets: it is never shown.
    let decoded = decode(transport, &body_of_success(response)?);
    decoded.ok_or_else(|| Problem::Other("answered with something other than credentials".to_owned()))
}

/// The body of a response that is a success.
pub(super) fn body_of_success(response: Response) -> Result<Vec<u8>, Problem> {
    if (200..300).contains(&response.status) {
        Ok(response.body)
    } else {
        Err(Problem::Status(response.status))
    }
}

/// A service that credentials are asked of.
pub(super) struct CredentialService {
    /// What errors call the service.
    pub(super) place: Place,
    /// Its host, unless the place names it.
    pub(super) host: Option<String>,
    /// What to do unless the kind of problem says so, in the imperative.
    pub(super) next: String,
}

impl CredentialService {
    /// The error for a service that gave no credentials.
    pub(super) fn failed(&self, problem: impl Into<Problem>) -> Error {
        let problem = problem.into();
        let next = problem.next_step().unwrap_or(&self.next).to_owned();
        let text = match (&problem, &self.host) {
            (Problem::NoResponse(_), Some(host)) => format!("{host}: {problem}"),
            (Problem::Status(_), Some(host)) => format!("{host} {problem}"),
            _ => problem.to_string(),
        };
        Error::failed(self.place.clone(), text, next)
    }
}

/// What to do about a sign-in of the `aliyun` tool that has ended, in the imperative. Without the profile's name
/// the tool would write over the one that it uses.
pub(super) fn sign_in_again(profile: &Place, mode: &str) -> String {
    let name = match profile {
        Place::Profile { name, .. } => shlex::try_quote(name).map(|name| format!(" --profile {name}")),
        _ => Ok(String::new()),
    };
    format!("Sign in again with `aliyun configure{} --mode {mode}`.", name.unwrap_or_default())
}

const LONGEST_CODE: usize = 64;
/// Hundreds of times what credentials take.
const RESPONSE_LIMIT: usize = 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn issued(json: &str) -> Result<String, String> {
        let issued: IssuedCredentials = serde_json::from_str(json).unwrap();
        issued.into_credentials(Place::Service("x".to_owned())).map(|found| found.access_key_id().to_owned())
    }

    #[test]
    fn keys_are_in_either_spelling_or_in_both() {
        let pascal = r#""AccessKeyId":"pascal","AccessKeySecret":"s","SecurityToken":"t","Expiration":"2099-01-01T00:00:00Z""#;
        let camel = r#""accessKeyId":"camel","accessKeySecret":"s","securityToken":"t","expiration":"2099-01-01T00:00:00Z""#;
        for (json, id) in [
            (format!("{{{pascal}}}"), "pascal"),
            (format!("{{{camel}}}"), "camel"),
            (format!("{{{camel},{pascal}}}"), "pascal"),
            (format!(r#"{{{pascal},"accessKeyId":null,"requestId":"R"}}"#), "pascal"),
        ] {
            assert_eq!(issued(&json).as_deref(), Ok(id), "{json}");
        }
        assert!(issued(&format!(r#"{{{pascal},"code":"Fail"}}"#)).unwrap_err().contains("Fail"));
        for key in ["AccessKeyId", "AccessKeySecret", "SecurityToken", "Expiration"] {
            let without = format!("{{{}}}", pascal.replace(key, "Other"));
            assert!(issued(&without).unwrap_err().starts_with("answered without"), "{key}");
        }
    }
}
