//! Proxies of the environment. The HTTP client ignores a setting that it cannot parse and connects directly, past
//! the proxy that was to inspect or block its requests; so such a setting is refused here.

use url::Url;

use super::ProviderEnvironment;
use crate::framework::diagnostics::Diagnostic;

/// The first proxy setting that no request could follow.
pub(super) fn unusable(environment: &ProviderEnvironment) -> Option<Diagnostic> {
    malformed(environment).or_else(|| passed_over(environment))
}

/// The HTTP client takes a process with this variable for one of a web server, whose clients could set a proxy by
/// a header, and follows no proxy at all.
fn passed_over(environment: &ProviderEnvironment) -> Option<Diagnostic> {
    let proxy = VARIABLES.iter().find(|name| environment.first(&[name]).is_some())?;
    environment.first(&["REQUEST_METHOD"])?;
    Some(Diagnostic::error(
        "Proxy would be bypassed",
        format!(
            "The environment variable {proxy} names a proxy, but REQUEST_METHOD is also set. That variable marks a program \
             that a web server started (CGI), and requests of such a program bypass every proxy.\n\nUnset \
             REQUEST_METHOD, or unset {proxy}."
        ),
    ))
}

fn malformed(environment: &ProviderEnvironment) -> Option<Diagnostic> {
    let is_malformed = |name: &&&str| environment.first(&[name]).is_some_and(|value| !is_proxy(value.trim()));
    let name = VARIABLES.iter().find(is_malformed)?;
    Some(Diagnostic::error(
        "Malformed proxy setting",
        format!(
            "The environment variable {name} is not the URL of an HTTP proxy. Its value is not shown, because it can \
             contain a password.\n\nSet it to a URL such as \"http://proxy.example.com:3128\", with percent-encoding in \
             the user and the password, or unset it."
        ),
    ))
}

/// What the HTTP client can follow: `http` or `https`, or no scheme at all.
fn is_proxy(text: &str) -> bool {
    let with_scheme = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let is_followed = |url: Url| matches!(url.scheme(), "http" | "https") && url.has_host();
    text.bytes().all(|byte| byte.is_ascii_graphic()) && Url::parse(&with_scheme).is_ok_and(is_followed)
}

const VARIABLES: [&str; 6] =
    ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::framework::diagnostics::Samples;

    /// A sample of each diagnostic that this file makes, for the snapshot.
    pub(crate) fn samples() -> Samples {
        let detail = |variables: &[(&str, &str)]| {
            let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            unusable(&ProviderEnvironment {
                variables: variables.collect(),
                ..ProviderEnvironment::default()
            })
            .unwrap()
        };
        let proxy = ("HTTPS_PROXY", "http://proxy.example.com:3128");
        vec![
            ("malformed", detail(&[("HTTPS_PROXY", "ftp://proxy")])),
            ("passed_over", detail(&[proxy, ("REQUEST_METHOD", "GET")])),
        ]
    }

    #[test]
    fn a_proxy_that_the_client_would_pass_over_is_refused() {
        let detail = |variables: &[(&str, &str)]| {
            let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            unusable(&ProviderEnvironment {
                variables: variables.collect(),
                ..ProviderEnvironment::default()
            })
        };
        let (proxy, server) = (("ALL_PROXY", "http://proxy:3128"), ("REQUEST_METHOD", "GET"));
        assert!(detail(&[proxy, server]).unwrap().detail.contains("ALL_PROXY"));
        assert_eq!((detail(&[proxy]), detail(&[server])), (None, None));
    }

    fn detail(value: &str) -> Option<String> {
        let variables = [("https_proxy".to_owned(), value.to_owned())].into();
        malformed(&ProviderEnvironment { variables, ..ProviderEnvironment::default() })
            .map(|detail| detail.detail.to_string())
    }

    #[test]
    fn what_the_client_would_pass_over_is_refused_without_its_value() {
        for value in
            ["", "http://proxy:3128", "proxy.example.com:3128", "https://u:p%20w@proxy/", " http://[::1]:1 "]
        {
            assert_eq!(detail(value), None, "{value}");
        }
        for value in [
            "http://u:hush hush@proxy",
            "http://u:hüsh@proxy",
            "ftp://hush",
            "socks5://hush:1",
            "http://[::1:1",
            "http://%zz#",
            "http://",
        ] {
            let detail = detail(value).unwrap_or_else(|| panic!("{value}"));
            assert!(detail.contains("https_proxy") && !detail.contains("hush"), "{detail}");
        }
    }
}
