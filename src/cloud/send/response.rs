//! A response: read as the JSON of its action, or sorted by what there is to decide about its error.

use std::time::Duration;

use reqwest::header::HeaderMap;
use serde::de::DeserializeOwned;

use super::request::ApiRequest;
use crate::{
    cloud::{
        body::Body,
        error::{ApiError, Error, read_body},
        transport::http::{Failure, Kind, Response},
    },
    text::Secrets,
};

/// Why a request failed, and how long the cloud asked to wait.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) error: Box<Error>,
    pub(super) asked_wait: Option<Duration>,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self { error: Box::new(error), asked_wait: None }
    }
}

impl ApiRequest<'_> {
    /// Decodes a response as that of the action, or says what to decide about it.
    pub(super) fn read<T: DeserializeOwned>(
        &self,
        response: &Response,
        secrets: &Secrets,
    ) -> Result<T, Refusal> {
        let headers = &response.headers;
        self.decode(response.status, &response.body, secrets).map_err(|error| Refusal {
            error: Box::new(throttled_if_asked(error, headers)),
            asked_wait: asked_wait(headers),
        })
    }

    fn decode<T: DeserializeOwned>(&self, status: u16, bytes: &[u8], secrets: &Secrets) -> Result<T, Error> {
        match Body::read(bytes, secrets) {
            Some(body) if (200..300).contains(&status) => {
                body.decode().map_err(|problem| self.misfit(status, &body, &problem))
            }
            None if (200..300).contains(&status) => Err(self.unexpected(status, "not JSON".to_owned())),
            body => Err(self.refusal(status, body.as_ref())),
        }
    }

    /// A success with another shape than this action has.
    fn misfit(&self, http_status: u16, body: &Body, problem: &str) -> Error {
        let error_body = read_body(self.action, http_status, body);
        Error::UnexpectedResponse {
            action: self.action,
            host: self.host(),
            http_status,
            code: error_body.as_ref().map(|error_body| error_body.code.clone()),
            request_id: error_body.and_then(|error_body| error_body.request_id).or_else(|| body.request_id()),
            problem: format!("not the JSON of this action ({problem})"),
        }
    }

    fn refusal(&self, http_status: u16, body: Option<&Body>) -> Error {
        match body.and_then(|body| read_body(self.action, http_status, body)) {
            Some(api) => Error::from_api(api),
            // Gateways answer 5xx and 429 with pages of their own; the status is enough to decide.
            None if http_status >= 500 || http_status == 429 => Error::from_api(ApiError {
                action: self.action,
                http_status,
                message: "the response is not from this API".to_owned(),
                ..ApiError::default()
            }),
            None => self.unexpected(http_status, "not an error of this API".to_owned()),
        }
    }

    /// What there is to decide about a missing response.
    pub(super) fn no_response(&self, failure: Failure) -> Error {
        let (action, host) = (self.action, self.host());
        match failure.kind {
            Kind::NotTrusted(mistrust) => Error::NotTrusted { action, host, mistrust },
            Kind::TooLong { status } => self.unexpected(status, failure.source.to_string()),
            kind => {
                Error::Unreachable { action, host, sent: kind == Kind::NoResponse, source: failure.source }
            }
        }
    }

    fn unexpected(&self, http_status: u16, problem: String) -> Error {
        let (action, host) = (self.action, self.host());
        Error::UnexpectedResponse { action, host, http_status, code: None, request_id: None, problem }
    }
}

/// The newest SDKs treat any refusal with a retry-after header as throttling.
fn throttled_if_asked(error: Error, headers: &HeaderMap) -> Error {
    match error {
        Error::Refused(api) if retry_after(headers).is_some() => Error::Throttled(api),
        other => other,
    }
}

/// How long the cloud asks to wait: the longest of what its headers say.
fn asked_wait(headers: &HeaderMap) -> Option<Duration> {
    let limits = ["x-ratelimit-user-api", "x-ratelimit-user"];
    let left = limits.into_iter().filter_map(|name| time_left(headers.get(name)?.to_str().ok()?));
    left.chain(retry_after(headers)).max()
}

/// `x-acs-retry-after` in milliseconds, which newer SDKs read, or the standard `Retry-After` in seconds.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
    let milliseconds = number("x-acs-retry-after").map(Duration::from_millis);
    milliseconds.or_else(|| number("retry-after").map(Duration::from_secs))
}

/// The milliseconds in a text such as `Limit:100,Remain:0,TimeLeft:1500`, which older SDKs read.
fn time_left(text: &str) -> Option<Duration> {
    let fields = text.split(',').filter_map(|field| field.split_once(':'));
    let mut left = fields.filter(|(name, _)| name.trim().eq_ignore_ascii_case("TimeLeft"));
    left.next()?.1.trim().parse().ok().map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn the_longest_wait_that_any_header_asks_for() {
        for (headers, milliseconds) in [
            (&[][..], None),
            (&[("x-acs-retry-after", "1500")], Some(1500)),
            (&[("retry-after", "2")], Some(2000)),
            (&[("x-ratelimit-user-api", "Limit:100,Remain:0,TimeLeft:700")], Some(700)),
            (&[("x-ratelimit-user", " timeleft: 90 ")], Some(90)),
            (&[("x-ratelimit-user-api", "TimeLeft:700"), ("x-ratelimit-user", "TimeLeft:900")], Some(900)),
            (&[("x-acs-retry-after", "1500"), ("x-ratelimit-user", "TimeLeft:900")], Some(1500)),
            (&[("x-acs-retry-after", "100"), ("x-ratelimit-user", "TimeLeft:900")], Some(900)),
            (&[("x-ratelimit-user", "TimeLeft:-1,x")], None),
            (&[("x-acs-retry-after", "soon")], None),
        ] {
            assert_eq!(asked_wait(&map(headers)), milliseconds.map(Duration::from_millis), "{headers:?}");
        }
    }

    #[test]
    fn only_a_retry_header_makes_a_refusal_a_throttling() {
        let refused = || Error::Refused(Box::default());
        for (header, throttled) in
            [("x-acs-retry-after", true), ("retry-after", true), ("x-ratelimit-user", false)]
        {
            let text = if throttled { "1" } else { "TimeLeft:1" };
            let found = throttled_if_asked(refused(), &map(&[(header, text)]));
            assert_eq!(matches!(found, Error::Throttled(_)), throttled, "{header}");
        }
    }

    fn map(headers: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        headers.iter().map(pair).collect()
    }
}
