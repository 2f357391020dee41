//! Which certificates are trusted: those of the machine's trust store, whose file `SSL_CERT_FILE` replaces on Linux
//! and whose folders `SSL_CERT_DIR` replaces, as Go's clients do it.
//!
//! Beyond that, as Go's clients too, a server's certificate that is in the trust store itself is trusted:
//! a plain self-signed one that a variable names. rustls wants another certificate to have signed it.

use std::{fmt, sync::Arc};

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme,
    client::{
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    crypto::CryptoProvider,
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::ParsedCertificate,
};
use rustls_platform_verifier::Verifier;

use super::advice;

/// What is trusted beside the certificates that `SSL_CERT_FILE` and `SSL_CERT_DIR` name. Go's clients replace
/// the system's file by the one variable and its folders by the other, each for itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExtraRoots {
    /// Both are named, or neither: nothing else.
    #[default]
    None,
    /// Only a file is named: the system's folders as well.
    Folders,
    /// Only folders are named: the system's file as well.
    File,
}

impl ExtraRoots {
    #[cfg(all(unix, not(target_vendor = "apple")))]
    fn certificates(self) -> Vec<CertificateDer<'static>> {
        use rustls_native_certs::load_certs_from_paths as load;
        use std::path::Path;

        match self {
            Self::None => Vec::new(),
            Self::Folders => {
                FOLDERS.iter().flat_map(|folder| load(None, Some(Path::new(folder))).certs).collect()
            }
            Self::File => {
                let mut found = FILES.iter().map(|file| load(Some(Path::new(file)), None).certs);
                found.find(|certificates| !certificates.is_empty()).unwrap_or_default()
            }
        }
    }
}

/// A TLS client with this trust.
///
/// # Errors
/// A trust store without any certificate.
pub(super) fn client_config(trusted: ExtraRoots) -> Result<ClientConfig, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let trust = Trust { platform: platform_verifier(&provider, trusted)? };
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let config = config.dangerous().with_custom_certificate_verifier(Arc::new(trust));
    Ok(config.with_no_client_auth())
}

#[cfg(all(unix, not(target_vendor = "apple")))]
fn platform_verifier(provider: &Arc<CryptoProvider>, trusted: ExtraRoots) -> Result<Verifier, Error> {
    Verifier::new_with_extra_roots(trusted.certificates(), Arc::clone(provider))
}

/// The variables have no meaning here: the system decides.
#[cfg(not(all(unix, not(target_vendor = "apple"))))]
fn platform_verifier(provider: &Arc<CryptoProvider>, _trusted: ExtraRoots) -> Result<Verifier, Error> {
    Verifier::new(Arc::clone(provider))
}

/// Why a certificate is not trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistrust {
    /// The reason in plain words, to follow "not trusted:".
    problem: String,
    /// Whether naming the certificate's authority can help.
    is_about_issuer: bool,
}

impl Mistrust {
    pub(crate) fn of_issuer(problem: &str) -> Self {
        Self { problem: problem.to_owned(), is_about_issuer: true }
    }

    pub(crate) fn of_certificate(problem: impl Into<String>) -> Self {
        Self { problem: problem.into(), is_about_issuer: false }
    }

    /// What to do about it, in the imperative.
    pub fn next_step(&self) -> &'static str {
        if self.is_about_issuer { advice::NAME_THE_AUTHORITY } else { advice::CHECK_THE_HOST }
    }
}

impl fmt::Display for Mistrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem)
    }
}

/// Why a certificate is not trusted; `None` if an error is about something else.
pub(super) fn problem(error: &Error) -> Option<Mistrust> {
    let problem = match error {
        Error::InvalidCertificate(problem) => problem,
        Error::General(text) if text.starts_with("No CA certificates") => {
            return Some(Mistrust::of_issuer("this machine's trust store holds no certificate"));
        }
        _ => return None,
    };
    Some(match problem {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            Mistrust::of_certificate("it has expired, by this machine's clock")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            Mistrust::of_certificate("it is not valid yet, by this machine's clock")
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            Mistrust::of_certificate("it is for another host")
        }
        _ if is_own_authority(problem) => {
            Mistrust::of_issuer("it is self-signed, and not in this machine's trust store")
        }
        _ if lacks_issuer(problem) => Mistrust::of_issuer("its issuer is not in this machine's trust store"),
        other => Mistrust::of_certificate(format!("{other:?}")),
    })
}

#[derive(Debug)]
struct Trust {
    platform: Verifier,
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verdict = self.platform.verify_server_cert(certificate, intermediates, name, ocsp_response, now);
        match verdict {
            Err(Error::InvalidCertificate(problem)) if lacks_issuer(&problem) && is_trusted(certificate) => {
                verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
                verify_time(certificate, now)?;
                Ok(ServerCertVerified::assertion())
            }
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.platform.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.platform.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.platform.supported_verify_schemes()
    }
}

/// Whether nothing that is trusted has signed the certificate. A trusted authority that happens to have the name of
/// the issuer has another key: its signature does not fit.
fn lacks_issuer(problem: &CertificateError) -> bool {
    matches!(
        problem,
        CertificateError::UnknownIssuer
            | CertificateError::BadSignature
            | CertificateError::UnsupportedSignatureAlgorithmContext { .. }
            | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. }
    ) || is_own_authority(problem)
}

/// Whether a certificate of an authority was shown as the one of a server; webpki's error for it has no
/// type in rustls.
fn is_own_authority(problem: &CertificateError) -> bool {
    matches!(problem, CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity"))
}

/// Whether a certificate is in the trust store itself. Go looks there on Linux alone; elsewhere the
/// system decides.
#[cfg(all(unix, not(target_vendor = "apple")))]
fn is_trusted(certificate: &CertificateDer<'_>) -> bool {
    rustls_native_certs::load_native_certs().certs.iter().any(|trusted| trusted == certificate)
}

#[cfg(not(all(unix, not(target_vendor = "apple"))))]
fn is_trusted(_certificate: &CertificateDer<'_>) -> bool {
    false
}

fn verify_time(certificate: &CertificateDer<'_>, now: UnixTime) -> Result<(), Error> {
    let parsed = x509_parser::parse_x509_certificate(certificate);
    let (_, parsed) = parsed.map_err(|_| Error::InvalidCertificate(CertificateError::BadEncoding))?;
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    let validity = parsed.validity();
    if now < validity.not_before.timestamp() {
        return Err(Error::InvalidCertificate(CertificateError::NotValidYet));
    }
    if now > validity.not_after.timestamp() {
        return Err(Error::InvalidCertificate(CertificateError::Expired));
    }
    Ok(())
}

// Where Go's clients look on Linux.
#[cfg(all(unix, not(target_vendor = "apple")))]
const FOLDERS: [&str; 2] = ["/etc/ssl/certs", "/etc/pki/tls/certs"];
#[cfg(all(unix, not(target_vendor = "apple")))]
const FILES: [&str; 6] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_of_the_same_name_with_another_key_is_not_the_issuer() {
        for problem_of_signature in [
            CertificateError::UnknownIssuer,
            CertificateError::BadSignature,
            CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext {
                signature_algorithm_id: vec![6, 8],
                public_key_algorithm_id: vec![6, 9],
            },
        ] {
            let mistrust = problem(&Error::InvalidCertificate(problem_of_signature)).unwrap();
            assert_eq!(mistrust.to_string(), "its issuer is not in this machine's trust store");
            assert_eq!(mistrust.next_step(), advice::NAME_THE_AUTHORITY);
        }
    }
}
