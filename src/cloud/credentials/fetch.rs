//! Follows a recipe: asks STS, a metadata service, a server or a command for credentials.

use std::{fs, time::Duration};

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use reqwest::{Method, RequestBuilder, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;
use url::Url;

use super::{Credentials, Error, OidcToken, Recipe, RoleSettings, oauth, process};
use crate::{
    cloud::{
        self, Client,
        api::{form, sts},
        body::Body,
        error::chain,
    },
    text::line,
};

/// The credentials of a recipe.
///
/// # Errors
/// [`Error::Failed`] with what the source answered.
pub(in crate::cloud) fn fetch<'a>(
    client: &'a Client,
    recipe: &'a Recipe,
) -> BoxFuture<'a, Result<Credentials, cloud::Error>> {
    Box::pin(async move {
        Ok(match recipe {
            Recipe::Keys(credentials) => credentials.clone(),
            Recipe::AssumeRole { base, role } => {
                let base = fetch(client, base).await?;
                let assumed = client.assume_role_as(base, role.sts.as_ref(), &parameters(role)).await;
                assumed.map_err(|error| role_failed(role, &error))?
            }
            Recipe::AssumeRoleWithOidc { provider_arn, token, role } => {
                assume_role_with_oidc(client, provider_arn, token, role).await?
            }
            Recipe::Metadata { url, role_name, allow_version_1, passed } => {
                let service = Metadata { client, url, allow_version_1: *allow_version_1 };
                let found = service.credentials(role_name.as_deref()).await;
                found.map_err(|problem| metadata_failed(role_name.as_deref(), passed, problem))?
            }
            Recipe::Uri(url) => {
                let place = format!("credentials URI {}", url.origin().ascii_serialization());
                remember_secrets_in(client, url);
                let request = client.plain_request(Method::GET, url.clone())?.timeout(URI_TIMEOUT);
                let answer: Issued = read(client, request, &place).await?;
                answer.into_credentials(&place)?
            }
            Recipe::Process { place, command } => process::run(place, command).await?,
            Recipe::CloudSso { place, url, account_id, access_configuration, access_token, expires_at } => {
                if expires_at.is_some_and(|seconds| seconds <= client.server_now().as_second()) {
                    let problem =
                        "the sign-in of Cloud SSO has expired; sign in again with `aliyun configure`";
                    return Err(Error::failed(place, problem).into());
                }
                let body = json!({ "AccountId": account_id, "AccessConfigurationId": access_configuration });
                let request = client.plain_request(Method::POST, url.clone())?;
                let request = request.bearer_auth(secret(client, access_token)).body(body.to_string());
                let answer: SsoAnswer =
                    read(client, request.header("content-type", "application/json"), place).await?;
                answer.cloud_credential.into_credentials(place)?
            }
            Recipe::OAuth { .. } => by_oauth(client, recipe).await?,
        })
    })
}

/// The parameters of AssumeRole.
pub(in crate::cloud) fn parameters(role: &RoleSettings) -> Vec<(&str, String)> {
    let mut parameters =
        vec![("RoleArn", role.role_arn.clone()), ("RoleSessionName", role.session_name.clone())];
    let optional = [
        ("DurationSeconds", role.duration_seconds.map(|seconds| seconds.to_string())),
        ("Policy", role.policy.clone()),
        ("ExternalId", role.external_id.clone()),
    ];
    parameters.extend(optional.into_iter().filter_map(|(name, value)| Some((name, value?))));
    parameters
}

fn role_failed(role: &RoleSettings, error: &cloud::Error) -> cloud::Error {
    Error::failed(format!("role {}", role.role_arn), format!("cannot be assumed: {}", chain(error))).into()
}

async fn assume_role_with_oidc(
    client: &Client,
    provider_arn: &str,
    token: &OidcToken,
    role: &RoleSettings,
) -> Result<Credentials, cloud::Error> {
    let token = match token {
        OidcToken::Inline(token) => token.clone(),
        OidcToken::File(path) => {
            let text = fs::read_to_string(path);
            let text = text.map_err(|error| {
                Error::wrong(format!("OIDC token file {}", path.display()), error.to_string())
            });
            SecretString::from(text?)
        }
    };
    let mut parameters = parameters(role);
    parameters.push(("OIDCProviderArn", provider_arn.to_owned()));
    parameters.push(("OIDCToken", token.expose_secret().to_owned()));
    let assumed = client.assume_role_unsigned(role.sts.as_ref(), &parameters).await;
    assumed.map_err(|error| role_failed(role, &error))
}

impl From<sts::SessionCredentials> for Credentials {
    fn from(session: sts::SessionCredentials) -> Self {
        Self {
            access_key_id: session.access_key_id,
            access_key_secret: session.access_key_secret,
            security_token: Some(session.security_token),
            expires_at: Some(session.expiration),
        }
    }
}

/// Credentials as metadata services, URIs and sign-ins give them.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Issued {
    code: Option<String>,
    access_key_id: Option<String>,
    access_key_secret: Option<SecretString>,
    security_token: Option<SecretString>,
    expiration: Option<Timestamp>,
}

impl Issued {
    fn into_credentials(self, place: &str) -> Result<Credentials, Error> {
        if let Some(code) = self.code.filter(|code| code != "Success") {
            return Err(Error::failed(place, format!("answered with code {}", line(&code, CODE_LIMIT))));
        }
        match (self.access_key_id, self.access_key_secret, self.security_token) {
            (Some(access_key_id), Some(access_key_secret), security_token @ Some(_)) => Ok(Credentials {
                access_key_id,
                access_key_secret,
                security_token,
                expires_at: self.expiration,
            }),
            _ => Err(Error::failed(place, "answered without AccessKeyId, AccessKeySecret and SecurityToken")),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SsoAnswer {
    cloud_credential: Issued,
}

/// Sends a request, and reads JSON from a success.
async fn read<T: DeserializeOwned>(
    client: &Client,
    request: RequestBuilder,
    place: &str,
) -> Result<T, Error> {
    let failed = |problem: String| Error::failed(place, problem);
    let (status, body) = exchange(request).await.map_err(failed)?;
    if !status.is_success() {
        return Err(failed(format!("answered with HTTP {}", status.as_u16())));
    }
    // The body can hold secrets: it is never shown.
    let answer = Body::read(&body, client.secrets()).and_then(|answer| answer.decode().ok());
    answer.ok_or_else(|| failed("answered with something other than credentials".to_owned()))
}

/// Sends a request, and reads the whole answer.
async fn exchange(request: RequestBuilder) -> Result<(StatusCode, Vec<u8>), String> {
    let no_answer =
        |error: reqwest::Error| format!("no answer: {}", line(&chain(&error.without_url()), REASON_LIMIT));
    let mut answer = request.send().await.map_err(no_answer)?;
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(no_answer)? {
        body.extend_from_slice(&chunk);
        if body.len() > ANSWER_LIMIT {
            return Err(format!("the answer is longer than {ANSWER_LIMIT} bytes"));
        }
    }
    Ok((answer.status(), body))
}

/// A secret to send, which is masked from then on.
fn secret<'a>(client: &Client, secret: &'a SecretString) -> &'a str {
    client.secrets().remember(secret.expose_secret());
    secret.expose_secret()
}

/// Whatever is more than a place in a URI: it may let somebody in.
fn remember_secrets_in(client: &Client, url: &Url) {
    let values = url.query_pairs().map(|(_, value)| value.into_owned());
    let parts = url.path_segments().into_iter().flatten().map(str::to_owned);
    let password = url.password().map(str::to_owned);
    values.chain(parts).chain(password).for_each(|secret| client.secrets().remember(&secret));
}

/// The metadata service of an ECS instance.
struct Metadata<'a> {
    client: &'a Client,
    url: &'a Url,
    allow_version_1: bool,
}

impl Metadata<'_> {
    async fn credentials(&self, role_name: Option<&str>) -> Result<Credentials, String> {
        let token = self.token().await?;
        let role_name = match role_name.filter(|name| !name.is_empty()) {
            Some(role_name) => role_name.to_owned(),
            None => role_name_in(&self.get("", token.as_ref()).await?)?,
        };
        let text = self.get(&role_name, token.as_ref()).await?;
        let answer = Body::read(text.as_bytes(), self.client.secrets());
        let issued: Issued = answer
            .and_then(|answer| answer.decode().ok())
            .ok_or_else(|| format!("the answer for role {role_name:?} is not credentials"))?;
        issued.into_credentials(&format!("role {role_name:?}")).map_err(|error| error.to_string())
    }

    /// The token of version 2; none if the service has only version 1 and that is allowed.
    async fn token(&self) -> Result<Option<SecretString>, String> {
        let request = self.request(Method::PUT, "/latest/api/token")?;
        // Nobody there: asking in the older way would take as long again.
        let (status, body) =
            exchange(request.header("x-aliyun-ecs-metadata-token-ttl-seconds", "21600")).await?;
        if status == StatusCode::OK {
            return Ok(Some(SecretString::from(text(body)?)));
        }
        match self.allow_version_1 {
            true => Ok(None),
            false => Err(format!("no token: HTTP {}", status.as_u16())),
        }
    }

    async fn get(&self, role_name: &str, token: Option<&SecretString>) -> Result<String, String> {
        let path = format!("/latest/meta-data/ram/security-credentials/{role_name}");
        let mut request = self.request(Method::GET, &path)?;
        if let Some(token) = token {
            request = request.header("x-aliyun-ecs-metadata-token", secret(self.client, token));
        }
        let (status, body) = exchange(request).await?;
        match status {
            StatusCode::OK => text(body),
            StatusCode::NOT_FOUND if role_name.is_empty() => Err("the instance has no role".to_owned()),
            status => Err(format!("HTTP {} for role {role_name:?}", status.as_u16())),
        }
    }

    fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, String> {
        let url = self.url.join(path).map_err(|error| error.to_string())?;
        let request = self.client.plain_request(method, url).map_err(|error| chain(&error))?;
        Ok(request.timeout(METADATA_TIMEOUT))
    }
}

/// The service lists one role, by its name.
fn role_name_in(text: &str) -> Result<String, String> {
    let name = serde_json::Value::from(text.trim());
    form::role_name(name).map_err(|_| "the answer is not the name of a role".to_owned())
}

fn text(body: Vec<u8>) -> Result<String, String> {
    String::from_utf8(body).map_err(|_| "the answer is not text".to_owned())
}

/// Not being on an instance is no fault of its own: then no source at all is configured.
fn metadata_failed(role_name: Option<&str>, passed: &[String], problem: String) -> Error {
    if role_name.is_none() && !passed.is_empty() {
        let mut reasons = passed.to_vec();
        reasons.push(format!("ECS metadata: {problem}"));
        return Error::NoSource(reasons);
    }
    Error::failed("ECS metadata", problem)
}

async fn by_oauth(client: &Client, recipe: &Recipe) -> Result<Credentials, cloud::Error> {
    let Recipe::OAuth { file, profile, site, client_id, refresh_token, access_token } = recipe else {
        return Err(Error::NoSource(Vec::new()).into());
    };
    let place = format!("{}, profile {profile:?}", file.display());
    let url = |path: &str| site.join(path).map_err(|error| Error::failed(&place, error.to_string()));
    let now = client.server_now().as_second();
    let valid = access_token.as_ref().filter(|(_, expires_at)| *expires_at > now + TOKEN_MARGIN_SECONDS);
    let access_token = match valid {
        Some((token, _)) => token.clone(),
        None => {
            let form = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("grant_type", "refresh_token")
                .append_pair("refresh_token", secret(client, refresh_token))
                .append_pair("client_id", client_id)
                .finish();
            let request = client.plain_request(Method::POST, url("/v1/token")?)?;
            let request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
            let tokens: oauth::Tokens = read(client, request, &place).await.map_err(|error| {
                Error::failed(&place, format!("{error}; sign in again with `aliyun configure --mode OAuth`"))
            })?;
            oauth::write_back(file, profile, &tokens, now + tokens.expires_in)?;
            tokens.access_token
        }
    };
    let request = client.plain_request(Method::POST, url("/v1/exchange")?)?;
    let request =
        request.header("content-type", "application/json").bearer_auth(secret(client, &access_token));
    let issued: Issued = read(client, request, &place).await?;
    Ok(issued.into_credentials(&place)?)
}

/// On an instance the service answers at once; elsewhere nobody does.
const METADATA_TIMEOUT: Duration = Duration::from_secs(1);
const URI_TIMEOUT: Duration = Duration::from_secs(10);
const TOKEN_MARGIN_SECONDS: i64 = 180;
/// Hundreds of times what credentials take.
const ANSWER_LIMIT: usize = 1024 * 1024;
/// In characters: what the HTTP client says of a failure.
const REASON_LIMIT: usize = 1000;
/// In characters.
const CODE_LIMIT: usize = 256;
