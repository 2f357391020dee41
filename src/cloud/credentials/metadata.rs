//! The metadata service of an ECS instance: credentials of the instance's role.
//!
//! Nothing says beforehand whether this machine is an instance, so the source is last and
//! gives up soon. Version 2 of the service wants a token; where it does not give one, or not in time, version 1
//! is asked, unless that is switched off.

use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use secrecy::SecretString;
use url::Url;

use super::{
    error::{Error, NoRecipe},
    inputs::Inputs,
    issued::{self, IssuedCredentials},
    variables,
};
use crate::{
    cause::chain,
    cloud::{
        api::form,
        key::Credentials,
        place::Place,
        transport::http::{Kind, Transport},
    },
};

/// The metadata service, and how to ask it.
#[derive(Clone, Debug)]
pub struct Metadata {
    /// Base URL of the service, without a path.
    url: Url,
    /// The role of the instance; asked for if it is not given.
    role_name: Option<String>,
    /// Whether the older, tokenless way may be used.
    allow_version_1: bool,
    /// Whether someone asked for this source, by a role's name or in a profile.
    is_asked_for: bool,
    /// Why each source before was passed over.
    passed: Vec<String>,
}

/// The service, unless it is switched off. A role's name asks for it expressly.
pub(super) fn find(inputs: &Inputs) -> Result<Metadata, NoRecipe> {
    if inputs.ecs_role_name.is_none() && inputs.is_true(DISABLED) {
        let reason = format!("ECS metadata: switched off by {DISABLED}");
        return Err(NoRecipe::NotConfigured(reason));
    }
    let role_name =
        inputs.ecs_role_name.as_deref().or_else(|| inputs.value(variables::ECS_ROLE_NAME)).map(str::to_owned);
    Ok(service(inputs, role_name.is_some(), role_name)?)
}

/// The service as a profile asks for it; without a role's name the variable names it, or the service itself.
pub(super) fn of_profile(inputs: &Inputs, place: &Place, role_name: Option<&str>) -> Result<Metadata, Error> {
    if inputs.is_true(DISABLED) {
        let problem = format!("ECS metadata is switched off by {DISABLED}");
        return Err(Error::wrong(place.clone(), problem)
            .advise(format!("Unset {DISABLED}, or choose another profile.")));
    }
    let role_name = role_name.or_else(|| inputs.value(&[variables::ECS_ROLE_OF_PROFILE]));
    service(inputs, true, role_name.map(str::to_owned))
}

fn service(inputs: &Inputs, is_asked_for: bool, role_name: Option<String>) -> Result<Metadata, Error> {
    let url = match &inputs.metadata_url {
        Some(url) => url.clone(),
        None => Url::parse(ADDRESS).map_err(|error| Error::wrong(place(), error.to_string()))?,
    };
    let allow_version_1 = !inputs.is_true("ALIBABA_CLOUD_IMDSV1_DISABLED");
    Ok(Metadata { url, role_name, allow_version_1, is_asked_for, passed: Vec::new() })
}

impl Metadata {
    /// Remembers why the sources before were passed over.
    pub(super) fn after(self, passed: Vec<String>) -> Self {
        Self { passed, ..self }
    }

    /// Credentials of the instance's role, over the network.
    pub(super) async fn fetch(&self, transport: &Transport) -> Result<Credentials, Error> {
        self.credentials(transport).await.map_err(|problem| self.failed(problem))
    }

    async fn credentials(&self, transport: &Transport) -> Result<Credentials, String> {
        let token = self.token(transport).await?;
        let role_name = match self.role_name.as_deref().filter(|name| !name.is_empty()) {
            Some(role_name) => role_name.to_owned(),
            None => role_name_in(&self.get(transport, "", token.as_ref()).await?)?,
        };
        let text = self.get(transport, &role_name, token.as_ref()).await?;
        let issued: IssuedCredentials = issued::decode(transport, text.as_bytes())
            .ok_or_else(|| format!("the answer for role {role_name:?} is not credentials"))?;
        let place = Place::Service(format!("ECS metadata, role {role_name:?}"));
        issued.into_credentials(place).map_err(|problem| format!("role {role_name:?}: {problem}"))
    }

    /// The token of version 2; none if version 1 may be asked instead.
    async fn token(&self, transport: &Transport) -> Result<Option<SecretString>, String> {
        let request = self.request(transport, Method::PUT, "/latest/api/token")?;
        let request = request.header("x-aliyun-ecs-metadata-token-ttl-seconds", "21600");
        let problem = match issued::exchange(request).await {
            Ok(response) if response.status == 200 => {
                return Ok(Some(SecretString::from(text(response.body)?)));
            }
            Ok(response) => format!("no token: HTTP {}", response.status),
            // Nothing answered; trying IMDSv1 would take just as long.
            Err(failure) if failure.kind == Kind::NotSent => return Err(chain(&failure)),
            Err(failure) => format!("no token: {}", chain(&failure)),
        };
        if self.allow_version_1 { Ok(None) } else { Err(problem) }
    }

    /// The response about a role, with a token if there is one; if that does not help, without it.
    async fn get(
        &self,
        transport: &Transport,
        role_name: &str,
        token: Option<&SecretString>,
    ) -> Result<String, String> {
        let problem = match self.get_once(transport, role_name, token).await {
            Ok(text) => return Ok(text),
            Err(problem) => problem,
        };
        match token.is_some() && self.allow_version_1 && problem != NO_ROLE {
            true => self.get_once(transport, role_name, None).await,
            false => Err(problem),
        }
    }

    async fn get_once(
        &self,
        transport: &Transport,
        role_name: &str,
        token: Option<&SecretString>,
    ) -> Result<String, String> {
        let path = format!("/latest/meta-data/ram/security-credentials/{role_name}");
        let mut request = self.request(transport, Method::GET, &path)?;
        if let Some(token) = token {
            request = request.header("x-aliyun-ecs-metadata-token", issued::secret(transport, token));
        }
        let response = issued::exchange(request).await.map_err(|failure| chain(&failure))?;
        match response.status {
            200 => text(response.body),
            404 if role_name.is_empty() => Err(NO_ROLE.to_owned()),
            status => Err(format!("HTTP {status} for role {role_name:?}")),
        }
    }

    fn request(&self, transport: &Transport, method: Method, path: &str) -> Result<RequestBuilder, String> {
        let url = self.url.join(path).map_err(|error| error.to_string())?;
        Ok(issued::request(transport, method, url)?.timeout(TIMEOUT))
    }

    /// Not running on an ECS instance is not a failure by itself: report that no source is configured.
    fn failed(&self, problem: String) -> Error {
        if self.is_asked_for || self.passed.is_empty() {
            return Error::failed(place(), problem, NEXT);
        }
        let mut reasons = self.passed.clone();
        reasons.push(format!("ECS metadata: {problem}"));
        Error::NoSource(reasons)
    }
}

fn place() -> Place {
    Place::Service("ECS metadata".to_owned())
}

/// The service lists one role, by its name.
fn role_name_in(text: &str) -> Result<String, String> {
    let name = text.trim();
    form::is_role_name(name)
        .then(|| name.to_owned())
        .ok_or_else(|| "the answer is not the name of a role".to_owned())
}

fn text(body: Vec<u8>) -> Result<String, String> {
    String::from_utf8(body).map_err(|_| "the answer is not text".to_owned())
}

const DISABLED: &str = "ALIBABA_CLOUD_ECS_METADATA_DISABLED";
/// Link-local: only an instance sees it.
const ADDRESS: &str = "http://100.100.100.200";
const NO_ROLE: &str = "the instance has no role";
/// On an instance the service answers at once; elsewhere nobody does.
const TIMEOUT: Duration = Duration::from_secs(1);
const NEXT: &str =
    "Check that this machine is an ECS instance with that RAM role, or use another source of credentials.";
