//! Which certificates are trusted: those of the machine's trust store, which on Linux `SSL_CERT_FILE` and
//! `SSL_CERT_DIR` replace, as Go's clients do it.
//!
//! Beyond that, as Go's clients too, a server's certificate that stands in the trust store itself is trusted:
//! a plain self-signed one that a variable names. rustls wants another certificate to have signed it.

use std::sync::Arc;

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

/// A TLS client with this trust.
///
/// # Errors
/// A trust store without any certificate.
pub(super) fn client_config() -> Result<ClientConfig, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let trust = Trust { platform: platform_verifier(&provider)? };
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let config = config.dangerous().with_custom_certificate_verifier(Arc::new(trust));
    Ok(config.with_no_client_auth())
}

fn platform_verifier(provider: &Arc<CryptoProvider>) -> Result<Verifier, Error> {
    Verifier::new(Arc::clone(provider))
}

/// In plain words why a certificate is not trusted; `None` if an error is about something else.
pub(super) fn problem(error: &Error) -> Option<String> {
    let problem = match error {
        Error::InvalidCertificate(problem) => problem,
        Error::General(text) if text.starts_with("No CA certificates") => {
            return Some("this machine's trust store holds no certificate".to_owned());
        }
        _ => return None,
    };
    Some(match problem {
        CertificateError::UnknownIssuer => "its issuer is not in this machine's trust store".to_owned(),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "it has expired, by this machine's clock".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "it is not valid yet, by this machine's clock".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it is for another host".to_owned()
        }
        _ if is_own_authority(problem) => {
            "it is self-signed, and not in this machine's trust store".to_owned()
        }
        other => format!("{other:?}"),
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

fn lacks_issuer(problem: &CertificateError) -> bool {
    matches!(problem, CertificateError::UnknownIssuer) || is_own_authority(problem)
}

/// Whether a certificate of an authority was shown as the one of a server; webpki's error for it has no
/// type in rustls.
fn is_own_authority(problem: &CertificateError) -> bool {
    matches!(problem, CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity"))
}

/// Whether a certificate stands in the trust store itself. Go looks there on Linux alone; elsewhere the
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
