//! What goes back to a client, and how: whole, late, cut off, or not at all.

use std::{fmt, time::Duration};

use futures_util::{StreamExt, stream};
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    Response,
    body::{Bytes, Frame},
    header::{CONTENT_LENGTH, CONTENT_TYPE, DATE, HeaderName, HeaderValue},
};
use jiff::Timestamp;
use serde_json::Value as Json;

use super::fault::{Kind, ThrottleHeaders};

/// A connection that is to be cut.
#[derive(Debug)]
pub(super) struct Cut;

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cut on request")
    }
}

impl std::error::Error for Cut {}

/// A body that may end in a cut.
pub(super) type Body = UnsyncBoxBody<Bytes, Cut>;

pub(super) struct Reply {
    pub(super) http_status: u16,
    pub(super) body: Vec<u8>,
    content_type: &'static str,
    date: Option<Timestamp>,
    /// Further headers, by name.
    headers: Vec<(&'static str, String)>,
    pub(super) delay: Option<Duration>,
    pub(super) ending: Ending,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Whole,
    /// Half of the body, then the end of the connection.
    Truncated,
    /// The end of the connection, without a response.
    Cut,
    /// Nothing, and the connection stays open.
    Never,
}

impl Reply {
    pub(super) fn json(http_status: u16, body: &Json) -> Self {
        Self::text(http_status, JSON, body.to_string())
    }

    pub(super) fn text(http_status: u16, content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            http_status,
            body: body.into(),
            content_type,
            date: None,
            headers: Vec::new(),
            delay: None,
            ending: Ending::Whole,
        }
    }

    /// The `Date` header; real time without it.
    pub(super) fn at(self, date: Timestamp) -> Self {
        Self { date: Some(date), ..self }
    }

    pub(super) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Whether the client gets a response.
    pub(super) fn is_sent(&self) -> bool {
        !matches!(self.ending, Ending::Cut | Ending::Never)
    }

    /// Does to the response what a fault asks for.
    pub(super) fn spoil(&mut self, fault: &Kind) {
        match fault {
            Kind::DropBefore {} | Kind::DropAfter {} => self.ending = Ending::Cut,
            Kind::HoldBefore {} | Kind::HoldAfter {} => self.ending = Ending::Never,
            Kind::Truncate {} => self.ending = Ending::Truncated,
            Kind::Delay { millis } => self.delay = Some(Duration::from_millis(*millis)),
            Kind::Throttle { retry_after_millis: Some(millis), headers } => self.throttle(*millis, *headers),
            Kind::Garbage {} => {
                self.http_status = 200;
                self.content_type = HTML;
                self.body = b"<html><body>Please sign in to the network.</body></html>".to_vec();
            }
            _ => {}
        }
    }

    /// The header of newer clients and those of older ones (SDK).
    fn throttle(&mut self, millis: u64, headers: ThrottleHeaders) {
        if headers != ThrottleHeaders::RateLimit {
            self.headers.push(("x-acs-retry-after", millis.to_string()));
        }
        if headers != ThrottleHeaders::RetryAfter {
            let limits = format!("Limit:100,Remain:0,Time:60000,TimeLeft:{millis}");
            self.headers.push(("x-ratelimit-user-api", limits.clone()));
            self.headers.push(("x-ratelimit-user", limits));
        }
    }

    pub(super) fn into_response(self) -> Result<Response<Body>, Cut> {
        let length = self.body.len();
        let body = match self.ending {
            Ending::Cut | Ending::Never => return Err(Cut),
            Ending::Truncated => {
                let half = Bytes::copy_from_slice(self.body.get(..length / 2).unwrap_or_default());
                // The cut would overtake the half that is still to be sent.
                let cut = stream::once(async {
                    tokio::time::sleep(UNTIL_SENT).await;
                    Err(Cut)
                });
                StreamBody::new(stream::iter([Ok(Frame::data(half))]).chain(cut)).boxed_unsync()
            }
            Ending::Whole => Full::new(Bytes::from(self.body)).map_err(|never| match never {}).boxed_unsync(),
        };
        let mut response = Response::new(body);
        *response.status_mut() =
            self.http_status.try_into().unwrap_or(hyper::StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        let date = self.date.and_then(|date| HeaderValue::from_str(&http_date(date)).ok());
        headers.extend(date.map(|date| (DATE, date)));
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        Ok(response)
    }
}

fn http_date(timestamp: Timestamp) -> String {
    timestamp.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

const UNTIL_SENT: Duration = Duration::from_millis(100);
pub(super) const JSON: &str = "application/json;charset=utf-8";
pub(super) const HTML: &str = "text/html; charset=utf-8";

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn headers(retry_after_millis: Option<u64>, headers: ThrottleHeaders) -> hyper::HeaderMap {
        let mut reply = Reply::json(400, &json!({}));
        reply.spoil(&Kind::Throttle { retry_after_millis, headers });
        reply.into_response().unwrap().headers().clone()
    }

    #[test]
    fn throttling_is_told_in_both_dialects() {
        let both = headers(Some(1500), ThrottleHeaders::Both);
        assert_eq!(both["x-acs-retry-after"], "1500");
        assert_eq!(both["x-ratelimit-user-api"], "Limit:100,Remain:0,Time:60000,TimeLeft:1500");
        assert_eq!(both["x-ratelimit-user"], both["x-ratelimit-user-api"]);
        let newer = headers(Some(1500), ThrottleHeaders::RetryAfter);
        assert!(newer.contains_key("x-acs-retry-after") && !newer.contains_key("x-ratelimit-user"));
        let older = headers(Some(1500), ThrottleHeaders::RateLimit);
        assert!(!older.contains_key("x-acs-retry-after") && older.contains_key("x-ratelimit-user"));
        assert!(!headers(None, ThrottleHeaders::Both).contains_key("x-ratelimit-user"));
    }

    #[test]
    fn an_answer_that_is_not_sent_cuts_the_connection() {
        for fault in [Kind::DropBefore {}, Kind::DropAfter {}, Kind::HoldBefore {}, Kind::HoldAfter {}] {
            let mut reply = Reply::json(200, &json!({}));
            reply.spoil(&fault);
            assert!(!reply.is_sent() && reply.into_response().is_err());
        }
    }
}
