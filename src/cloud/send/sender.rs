//! Sends requests: what all of them share, and the way of one of them.

use serde::de::DeserializeOwned;
use tokio::time::Instant;

use super::{
    limiter::Limiter,
    progress::CallTracker,
    repeat::{Attempt, Repeat},
    request::Stamp,
    response::Refusal,
    retry::Waits,
};
pub use super::{request::ApiRequest, retry::Idempotency};
use crate::{
    cause::chain,
    cloud::{
        chance::Chance,
        error::Error,
        key::Credentials,
        signer::Signer,
        transport::http::{Response, Transport, exchange},
    },
};

/// What all requests of a client share.
#[derive(Debug)]
pub struct Sender {
    transport: Transport,
    limiter: Limiter,
    chance: Chance,
    max_retries: u32,
}

/// A response, and who is answered.
#[derive(Debug)]
pub struct ApiResponse<T> {
    /// What the action returned.
    pub value: T,
    /// The ID of the key that signed.
    pub signed_by: Option<String>,
}

impl Sender {
    /// Sends nothing yet. A request is sent again `max_retries` times at most.
    pub fn new(transport: Transport, chance: Chance, max_retries: u32) -> Self {
        Self { transport, limiter: Limiter::default(), chance, max_retries }
    }

    /// What carries the requests, for those that are not of a product.
    pub fn transport(&self) -> &Transport {
        &self.transport
    }

    /// Sends a request until it is answered, may not be sent again, or the retries are used up. `tracker` keeps how
    /// far it came.
    ///
    /// # Errors
    /// The last failure; or that there are no credentials.
    pub async fn send<T: DeserializeOwned + Send>(
        &self,
        signer: &Signer,
        request: ApiRequest<'_>,
        idempotency: Idempotency,
        tracker: Option<&CallTracker>,
    ) -> Result<ApiResponse<T>, Error> {
        let repeat = Repeat {
            limiter: &self.limiter,
            clock: self.transport.clock(),
            chance: self.chance,
            signer,
            idempotency,
            action: request.action,
            tracker,
        };
        let exchange = Exchange { sender: self, request, response: std::marker::PhantomData };
        let (value, signed_by) = repeat.run(Waits::new(self.max_retries), &exchange).await?;
        Ok(ApiResponse { value, signed_by })
    }
}

/// One request, sent over the network as often as [`Repeat`] asks.
struct Exchange<'a, T> {
    sender: &'a Sender,
    request: ApiRequest<'a>,
    response: std::marker::PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned + Send> Attempt for Exchange<'_, T> {
    type Output = T;

    async fn attempt(&self, credentials: Option<&Credentials>) -> Result<T, Refusal> {
        let started = Instant::now();
        let response = self.exchange(credentials).await.inspect_err(|error| {
            let (action, host) = (self.request.action, self.request.host());
            tracing::debug!(action, host, error = %chain(error), "no answer");
        })?;
        let read = self.request.read(&response, self.sender.transport.secrets());
        self.log(&response, read.as_ref().err().map(|refusal| &*refusal.error), started);
        read
    }
}

impl<T> Exchange<'_, T> {
    /// Sends the request and reads the whole response.
    async fn exchange(&self, credentials: Option<&Credentials>) -> Result<Response, Error> {
        let transport = &self.sender.transport;
        // For each attempt: a nonce is good once, and a date for 15 minutes.
        let stamp = Stamp { at: transport.clock().signing_now(), nonce: (self.sender.chance.nonce)() };
        let no_response = |failure| self.request.no_response(failure);
        let request = self.request.build(transport, credentials, &stamp).map_err(no_response)?;
        let response = exchange(request, RESPONSE_LIMIT).await.map_err(no_response)?;
        // From a refusal too: only when our date is refused does the cloud's clock matter.
        transport.clock().learn(&response.headers);
        Ok(response)
    }

    fn log(&self, response: &Response, error: Option<&Error>, started: Instant) {
        tracing::debug!(
            action = self.request.action,
            host = self.request.host(),
            http_status = response.status,
            code = error.and_then(Error::code).unwrap_or_default(),
            request_id = error.and_then(Error::request_id).unwrap_or_default(),
            duration_ms = started.elapsed().as_millis(),
            "answer"
        );
    }
}

/// The longest real response is a page of 1,000 roles, below 2 MiB.
const RESPONSE_LIMIT: usize = 8 * 1024 * 1024;
