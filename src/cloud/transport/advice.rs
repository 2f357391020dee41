//! What to do about a call without a usable response, whatever was asked: in the imperative.

/// The server's certificate is not trusted for its issuer.
pub(super) const NAME_THE_AUTHORITY: &str = "If a proxy inspects TLS, or the endpoint has a private certificate, make its authority's certificate known in \
     the environment: a PEM file in SSL_CERT_FILE, or a folder of PEM files in SSL_CERT_DIR. Then run the same command \
     again.";
/// The server's certificate has expired, is not valid yet, or is for another host.
pub(super) const CHECK_THE_HOST: &str = "Check this machine's clock and the host's certificate, and that no proxy answers in its \
                                  place, then run the same command again.";
/// The host could not be reached, or did not answer.
pub(in crate::cloud) const CHECK_THE_NETWORK: &str =
    "Check the network, the proxy settings and the provider's `endpoints`, then run the same command again.";
/// The host is overloaded, or has failed.
pub(in crate::cloud) const LATER: &str = "Run the same command again later.";
