//! Requests and their responses: two HTTP clients, one that heeds the proxies of the environment and one that
//! goes past them, made by the first request that needs them.

use std::{fmt, sync::OnceLock, time::Duration};

use reqwest::{Method, RequestBuilder, header::HeaderMap};
use url::Url;

use super::{
    advice,
    clock::Clock,
    proxy,
    trust::{self, ExtraRoots, Mistrust},
};
use crate::{
    cause::chain,
    text::{Secrets, line},
};

/// What the HTTP clients are made of.
#[derive(Clone, Debug)]
pub struct TransportSettings {
    /// The longest time for opening one connection, TLS included.
    pub connect_timeout: Duration,
    /// The longest time for one request and its response.
    pub read_timeout: Duration,
    /// The `User-Agent` header; visible ASCII.
    pub user_agent: String,
    /// Whether no request goes through a proxy: an emulator on this machine is never behind one.
    pub past_proxies: bool,
    /// What is trusted beside what the environment names.
    pub extra_roots: ExtraRoots,
}

/// The HTTP clients, the cloud's clock, and what is masked in whatever a host says.
pub struct Transport {
    settings: TransportSettings,
    proxied: OnceLock<reqwest::Client>,
    direct: OnceLock<reqwest::Client>,
    clock: Clock,
    secrets: Secrets,
}

/// A response whose body has been read to its end.
#[derive(Debug)]
pub struct Response {
    /// The status, of any class: deciding is for others.
    pub status: u16,
    /// The headers as they came.
    pub headers: HeaderMap,
    /// The body as it came: nothing of it may be shown yet.
    pub body: Vec<u8>,
}

/// Why there is no usable response.
#[derive(Debug)]
pub struct Failure {
    /// What there is to decide, above all whether the request may have arrived.
    pub kind: Kind,
    /// What the HTTP client says; without the URL, which can hold secrets.
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// What there is to decide about a missing response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The request did not go out: name resolution, connection, or no client to send it with.
    NotSent,
    /// It may have arrived: time-out, or a connection cut short.
    NoResponse,
    /// The server's certificate is not trusted; why, in plain words.
    NotTrusted(Mistrust),
    /// The response is longer than the limit.
    TooLong {
        /// The HTTP status of that response.
        status: u16,
    },
}

impl Transport {
    /// Makes no client yet: neither reads the trust store nor opens a connection.
    pub fn new(settings: TransportSettings, clock: Clock) -> Self {
        let (proxied, direct, secrets) = (OnceLock::new(), OnceLock::new(), Secrets::default());
        Self { settings, proxied, direct, clock, secrets }
    }

    /// What is masked in whatever a host says: all that is sent to one or signed with.
    pub fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// The time by the cloud's clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// A request to a product of the cloud.
    ///
    /// # Errors
    /// A trust store or a proxy setting that cannot be used.
    pub fn to_product(&self, method: Method, url: Url) -> Result<RequestBuilder, Failure> {
        let past_proxies = self.settings.past_proxies || proxy::is_excepted(&url);
        let client = if past_proxies { self.direct()? } else { self.proxied()? };
        Ok(client.request(method, url))
    }

    /// A request to something else: a metadata service, a sign-in. Over plain HTTP it goes past every proxy,
    /// which could read the credentials in the response, or answer with its own.
    ///
    /// # Errors
    /// As [`Transport::to_product`].
    pub fn to_service(&self, method: Method, url: Url) -> Result<RequestBuilder, Failure> {
        match url.scheme() {
            "http" => Ok(self.direct()?.request(method, url)),
            _ => self.to_product(method, url),
        }
    }

    fn proxied(&self) -> Result<&reqwest::Client, Failure> {
        kept(&self.proxied, || self.builder())
    }

    fn direct(&self) -> Result<&reqwest::Client, Failure> {
        kept(&self.direct, || Ok(self.builder()?.no_proxy()))
    }

    fn builder(&self) -> Result<reqwest::ClientBuilder, rustls::Error> {
        let builder = reqwest::Client::builder()
            .tls_backend_preconfigured(trust::client_config(self.settings.extra_roots)?)
            .connect_timeout(self.settings.connect_timeout)
            .timeout(self.settings.read_timeout)
            .user_agent(&self.settings.user_agent)
            // The signature covers the `Host` header, which HTTP/2 does not have.
            .http1_only()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never());
        Ok(builder)
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// The client that is kept, made if it is the first time.
fn kept(
    place: &OnceLock<reqwest::Client>,
    builder: impl FnOnce() -> Result<reqwest::ClientBuilder, rustls::Error>,
) -> Result<&reqwest::Client, Failure> {
    if let Some(client) = place.get() {
        return Ok(client);
    }
    let client = builder().map_err(Failure::of_tls)?.build().map_err(Failure::of)?;
    Ok(place.get_or_init(|| client))
}

/// Sends a request and reads the whole response, of at most `limit` bytes.
///
/// # Errors
/// No response, one that is longer, or a server that is not trusted.
pub async fn exchange(request: RequestBuilder, limit: usize) -> Result<Response, Failure> {
    let mut response = request.send().await.map_err(Failure::of)?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(Failure::of)? {
        body.extend_from_slice(&chunk);
        if body.len() > limit {
            let source = format!("the answer is longer than {limit} bytes").into();
            return Err(Failure { kind: Kind::TooLong { status }, source });
        }
    }
    Ok(Response { status, headers, body })
}

impl Failure {
    /// What to do about it, unless that depends on what was asked.
    pub fn next_step(&self) -> Option<&'static str> {
        match &self.kind {
            Kind::NotSent | Kind::NoResponse => Some(advice::CHECK_THE_NETWORK),
            Kind::NotTrusted(mistrust) => Some(mistrust.next_step()),
            Kind::TooLong { .. } => None,
        }
    }

    fn of(error: reqwest::Error) -> Self {
        let proxy = error.url().and_then(proxy::of);
        let error = error.without_url();
        let kind = match mistrust(&error) {
            Some(problem) => Kind::NotTrusted(problem),
            None if error.is_connect() || error.is_builder() => Kind::NotSent,
            None => Kind::NoResponse,
        };
        let through = proxy.map_or_else(String::new, |proxy| format!("through the proxy {proxy}: "));
        // A certificate holds names that its owner chose.
        Self { kind, source: line(&format!("{through}{}", chain(&error)), REASON_LIMIT).into() }
    }

    fn of_tls(error: rustls::Error) -> Self {
        let kind = trust::problem(&error).map_or(Kind::NotSent, Kind::NotTrusted);
        Self { kind, source: error.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::NotTrusted(problem) => write!(f, "the server's certificate is not trusted: {problem}"),
            Kind::TooLong { .. } => write!(f, "{}", self.source),
            Kind::NotSent | Kind::NoResponse => f.write_str("no answer"),
        }
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self.kind {
            Kind::NotSent | Kind::NoResponse => Some(self.source.as_ref()),
            Kind::NotTrusted(_) | Kind::TooLong { .. } => None,
        }
    }
}

/// In characters: what the HTTP client says of a failure.
const REASON_LIMIT: usize = 1000;

/// Why TLS does not trust the server, if that is what an error is about. TLS puts its errors into those of
/// input and output.
fn mistrust(error: &(dyn std::error::Error + 'static)) -> Option<Mistrust> {
    if let Some(tls) = error.downcast_ref::<rustls::Error>() {
        return trust::problem(tls);
    }
    let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    wrapped.and_then(|inner| mistrust(inner)).or_else(|| mistrust(error.source()?))
}
