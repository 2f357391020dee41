//! Which proxy a request goes through, so that an error can name it.
//!
//! The HTTP client chooses by the same matcher but does not report its choice.

use hyper_util::client::proxy::matcher::Matcher;
use url::{Host, Url};

/// Host and port of the proxy for an HTTPS request, without user and password; `None` if it goes directly.
///
/// An endpoint on this machine counts as direct: the emulator's clients go past every proxy.
pub(super) fn of(url: &Url) -> Option<String> {
    if url.scheme() == "https" && !is_loopback(url) && !is_excepted(url) {
        of_matcher(&Matcher::from_system(), url)
    } else {
        None
    }
}

/// Whether `NO_PROXY` excepts a host in a way that Go's clients know and the HTTP client does not.
#[expect(
    clippy::disallowed_methods,
    reason = "the HTTP client reads its proxies from the environment as well"
)]
pub(super) fn is_excepted(url: &Url) -> bool {
    let set = |name| std::env::var(name).ok().filter(|list| !list.is_empty());
    set("NO_PROXY").or_else(|| set("no_proxy")).is_some_and(|list| excepts(&list, url))
}

/// `*.example.com` is every host below it; `example.com:8443` holds for one port alone.
fn excepts(list: &str, url: &Url) -> bool {
    let plain = |entry: &str| {
        let (host, port) = match entry.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
                (host, Some(port.parse().ok()?))
            }
            _ => (entry, None),
        };
        let here = port.is_none() || port == url.port_or_known_default();
        let below = host.strip_prefix('*').filter(|domain| domain.starts_with('.'));
        here.then(|| below.unwrap_or(host).trim_matches(['[', ']']).to_owned())
    };
    let entries: Vec<_> =
        list.split(',').map(str::trim).filter_map(plain).filter(|entry| !entry.is_empty()).collect();
    let matcher = Matcher::builder().all("http://proxy.invalid").no(entries.join(",")).build();
    url.as_str().parse().is_ok_and(|uri| matcher.intercept(&uri).is_none())
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

    /// Each as Go's `httpproxy` decides it (golang.org/x/net).
    #[test]
    fn exceptions_are_read_as_go_reads_them() {
        let table = [
            ("*.aliyuncs.com", "https://ram.aliyuncs.com", true),
            ("*.aliyuncs.com", "https://sts.cn-hangzhou.aliyuncs.com", true),
            ("*.aliyuncs.com", "https://aliyuncs.example.com", false),
            ("ram.aliyuncs.com:443", "https://ram.aliyuncs.com", true),
            ("ram.aliyuncs.com:443", "https://ram.aliyuncs.com:8443", false),
            ("ram.aliyuncs.com:x", "https://ram.aliyuncs.com", false),
            ("10.0.0.0/8, [fd00::1]:8443", "https://[fd00::1]:8443", true),
            ("10.0.0.0/8, fd00::1", "https://10.1.2.3", true),
            ("*", "https://ram.aliyuncs.com", true),
            (" , ", "https://ram.aliyuncs.com", false),
        ];
        for (list, url, excepted) in table {
            assert_eq!(excepts(list, &Url::parse(url).unwrap()), excepted, "{list}: {url}");
        }
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
