//! A page to look at, for whoever opens the endpoint in a browser: what there is, live, and the most
//! used of the control calls as buttons. One file, nothing from outside.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use futures_util::stream;
use http_body_util::{BodyExt, StreamBody};
use hyper::{
    Method, Response,
    body::{Bytes, Frame},
    header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, HeaderValue},
    http::request::Parts,
};
use sha2::{Digest, Sha256};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{
    cloud::Cloud,
    reply::{Body, Cut, HTML, Reply},
};

/// Whether a request comes from a browser's address bar, and not from a client of the cloud.
pub(super) fn is_asked_for(head: &Parts) -> bool {
    let accepts = head.headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    head.method == Method::GET
        && head.uri.path() == "/"
        && head.uri.query().is_none()
        && !head.headers.contains_key("x-acs-action")
        && accepts.contains("text/html")
}

pub(super) fn reply() -> Reply {
    Reply::text(200, HTML, PAGE)
        .with_header("content-security-policy", content_security_policy())
        .with_header("x-content-type-options", "nosniff")
        .with_header("referrer-policy", "no-referrer")
        .with_header("cache-control", "no-store")
}

/// Nothing runs but the script of the page, and it asks nobody but the emulator.
fn content_security_policy() -> String {
    let hash = |tag: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(inner(tag))));
    format!(
        "default-src 'none'; script-src {}; style-src {}; connect-src 'self'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'; require-trusted-types-for 'script'",
        hash("script"),
        hash("style")
    )
}

/// The text between the tags of an element that the page has once.
fn inner(tag: &str) -> &'static str {
    let after = PAGE.split_once(&format!("<{tag}>")).map_or("", |(_, after)| after);
    after.split_once(&format!("</{tag}>")).map_or("", |(inner, _)| inner)
}

/// Server-sent events: one at once, and one whenever something may have changed.
pub(super) fn events(cloud: &Arc<Cloud>, stop: &CancellationToken) -> Result<Response<Body>, Cut> {
    let mut changes = cloud.watch();
    changes.mark_changed();
    let events = stream::unfold((changes, stop.clone()), next_event);
    let mut response = Response::new(StreamBody::new(events).boxed_unsync());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

type Watch = (watch::Receiver<u64>, CancellationToken);

async fn next_event((mut changes, stop): Watch) -> Option<(Result<Frame<Bytes>, Cut>, Watch)> {
    let changed = tokio::select! {
        () = stop.cancelled() => return None,
        changed = changes.changed() => changed,
    };
    changed.ok()?;
    let count = *changes.borrow_and_update();
    let event = Frame::data(Bytes::from(format!("data: {count}\n\n")));
    Some((Ok(event), (changes, stop)))
}

const PAGE: &str = include_str!("page.html");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_allows_the_script_and_the_style_of_the_page_alone() {
        assert!(inner("script").contains("EventSource") && inner("style").contains("font"));
        let policy = content_security_policy();
        assert_eq!(policy.matches("'sha256-").count(), 2);
        assert!(!policy.contains("unsafe") && policy.starts_with("default-src 'none'"));
        // What the policy would block would be missed.
        for outside in ["http://", "https://", "style=", "onclick=", "innerHTML", "src="] {
            assert!(!PAGE.contains(outside), "{outside} in the page");
        }
    }
}
