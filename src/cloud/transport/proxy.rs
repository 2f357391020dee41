//! Which proxy a request goes through, so that an error can name it.
//!
//! The HTTP client chooses by the same matcher but does not report its choice.

use hyper_util::client::proxy::matcher::Matcher;
use url::{Host, Url};

/// Host and port of the proxy for an HTTPS request, without user and password; `None` if it goes directly.
///
/// An endpoint on this machine counts as direct: the emulator's clients go past every proxy.
pub(super) fn of(url: &Url) -> Option<String> {
    if url.scheme() == "https" && !is_loopback(url) { of_matcher(&Matcher::from_system(), url) } else { None }
}

fn of_matcher(matcher: &Matcher, url: &Url) -> Option<String> {
    let proxy = matcher.intercept(&url.as_str().parse().ok()?)?;
    let host = proxy.uri().host()?;
    Some(match proxy.uri().port_u16() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_named_without_its_password() {
        let matcher =
            Matcher::builder().https("http://user:hush@proxy.example.com:3128").no("example.org").build();
        let of = |url: &str| of_matcher(&matcher, &Url::parse(url).unwrap());
        assert_eq!(of("https://ram.aliyuncs.com/").as_deref(), Some("proxy.example.com:3128"));
        assert_eq!(of("https://example.org/"), None);
    }

    #[test]
    fn loopback_goes_past_every_proxy() {
        for (url, loopback) in
            [("https://127.0.0.1:1", true), ("https://[::1]", true), ("https://localhost", true)]
        {
            assert_eq!(is_loopback(&Url::parse(url).unwrap()), loopback);
            assert_eq!(of(&Url::parse(url).unwrap()), None);
        }
        assert!(!is_loopback(&Url::parse("https://ram.aliyuncs.com").unwrap()));
    }
}
