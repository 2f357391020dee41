//! A server that answers with credentials: `credentials_uri`.
//!
//! Plain HTTP is for servers beside the provider: on this machine, or link-local. The path and the query of the
//! URI can hold a secret: no text shows more than its origin.

use std::{fmt, time::Duration};

use reqwest::Method;
use url::Url;

use super::{
    error::{Error, NoRecipe},
    inputs::Inputs,
    issued::{self, CredentialService, IssuedCredentials},
    variables::CREDENTIALS_URI,
};
use crate::cloud::{
    endpoint::may_send_credentials, key::Credentials, place::Place, transport::http::Transport,
};

/// Where a server answers with credentials.
#[derive(Clone)]
pub struct CredentialsUri(Url);

/// The URI of the block, else of the environment.
///
/// # Errors
/// It is not configured; or it is not one that credentials may come from.
pub(super) fn find(inputs: &Inputs) -> Result<CredentialsUri, NoRecipe> {
    let set = inputs.credentials_uri.as_deref().map(|uri| (Place::Attribute("credentials_uri"), uri));
    let Some((place, text)) = set.or_else(|| inputs.placed(CREDENTIALS_URI)) else {
        return Err(NoRecipe::NotConfigured(format!(
            "credentials URI: neither `credentials_uri` in the provider block nor {} in the environment",
            CREDENTIALS_URI.join(", ")
        )));
    };
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let Some(url) = url else { return Err(Error::wrong(place, "is not an HTTP URL").into()) };
    if !may_send_credentials(&url) {
        let origin = url.origin().ascii_serialization();
        let problem = format!(
            "{origin} is plain HTTP to a host that is not this machine: credentials would be sent in the open"
        );
        return Err(Error::wrong(place, problem).advise("Use an HTTPS URL.").into());
    }
    Ok(CredentialsUri(url))
}

impl CredentialsUri {
    /// The credentials that the server responds with.
    pub(super) async fn fetch(&self, transport: &Transport) -> Result<Credentials, Error> {
        let place = Place::Service(format!("credentials URI {}", self.0.origin().ascii_serialization()));
        let service = CredentialService { place, host: None, next: NEXT.to_owned() };
        self.remember_secrets(transport);
        let request = issued::request(transport, Method::GET, self.0.clone());
        let request = request.map_err(|problem| service.failed(problem))?.timeout(TIMEOUT);
        let response: IssuedCredentials =
            issued::read(transport, request).await.map_err(|problem| service.failed(problem))?;
        response.into_credentials(service.place.clone()).map_err(|problem| service.failed(problem))
    }
}

impl CredentialsUri {
    /// Whatever is more than a place in a URI: it may let someone in.
    fn remember_secrets(&self, transport: &Transport) {
        let values = self.0.query_pairs().map(|(_, value)| value.into_owned());
        let parts = self.0.path_segments().into_iter().flatten().map(str::to_owned);
        let password = self.0.password().map(str::to_owned);
        values.chain(parts).chain(password).for_each(|secret| transport.secrets().remember(&secret));
    }
}

impl fmt::Debug for CredentialsUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CredentialsUri").field(&self.0.origin().ascii_serialization()).finish()
    }
}

const NEXT: &str = "Check that the server of the credentials URI is up and answers with credentials.";
const TIMEOUT: Duration = Duration::from_secs(10);
