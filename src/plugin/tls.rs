//! Mutual TLS with a client that nobody else can be.
//!
//! Client and server each make a certificate for one run and tell it to the other: the client in
//! `PLUGIN_CLIENT_CERT`, the server in the handshake line. Each trusts that certificate alone, so
//! nobody else on the machine can speak to the provider or pose as it.
//!
//! Why a verifier of our own: Terraform's certificate is its own authority, which webpki refuses as a
//! client's certificate, and its key is a P-521 one, whose signatures ring cannot verify (both
//! observed). Everything else in TLS is ring's.

use std::sync::Arc;

use p521::ecdsa::{DerSignature, VerifyingKey, signature::Verifier};
use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, PeerMisbehaved, ServerConfig,
    SignatureScheme,
    client::danger::HandshakeSignatureValid,
    crypto::{
        CryptoProvider, WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature,
    },
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, UnixTime, pem::PemObject},
    server::{
        NoServerSessionStorage,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
};
use x509_parser::{parse_x509_certificate, x509::SubjectPublicKeyInfo};

use super::error::Error;

/// The name under which Terraform connects.
const SERVER_NAME: &str = "localhost";

/// Newer Terraform refuses a server that does not choose a protocol (observed with 1.15).
const ALPN: &[u8] = b"h2";

/// id-ecPublicKey: the algorithm of every key on an elliptic curve.
const EC_PUBLIC_KEY: &str = "1.2.840.10045.2.1";

/// secp521r1: the curve of the keys that Terraform makes.
const P521_CURVE: &str = "1.3.132.0.35";

/// The certificate and key of this run. They are never written anywhere.
pub(super) struct RunCertificate {
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

impl RunCertificate {
    /// Makes a P-256 key and signs a certificate for `localhost` with it.
    ///
    /// Its dates are rcgen's wide ones: the certificate lives as long as the process, and a clock that
    /// is wrong must not keep Terraform from connecting.
    ///
    /// # Errors
    /// [`Error::Certificate`] if the system has no randomness.
    pub fn generate() -> Result<Self, Error> {
        let key = KeyPair::generate().map_err(Error::Certificate)?;
        let mut params = CertificateParams::new([SERVER_NAME.to_owned()]).map_err(Error::Certificate)?;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let certificate = params.self_signed(&key).map_err(Error::Certificate)?;
        Ok(Self {
            certificate: certificate.der().clone(),
            key: PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        })
    }

    /// The certificate as the handshake line carries it.
    pub fn der(&self) -> &[u8] {
        &self.certificate
    }
}

/// TLS 1.2 and 1.3 with our certificate, for the pinned client alone.
///
/// # Errors
/// [`Error::Tls`] if the library refuses the certificate or its settings.
pub(super) fn server_config(own: RunCertificate, client: PinnedClient) -> Result<ServerConfig, Error> {
    let mut config = ServerConfig::builder_with_provider(Arc::clone(&client.provider))
        .with_safe_default_protocol_versions()
        .map_err(Error::Tls)?
        .with_client_cert_verifier(Arc::new(client))
        .with_single_cert(vec![own.certificate], own.key)
        .map_err(Error::Tls)?;
    config.alpn_protocols = vec![ALPN.to_vec()];
    // The client connects once; a resumed session would skip the check of its certificate.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(config)
}

/// The one client that may connect, known by its certificate.
///
/// Equality of the certificate is the whole question of trust. Its dates and usages are not read:
/// whoever gave it to us made it for this run.
#[derive(Debug)]
pub(super) struct PinnedClient {
    certificate: CertificateDer<'static>,
    key: PinnedKey,
    provider: Arc<CryptoProvider>,
}

#[derive(Debug)]
enum PinnedKey {
    /// What Terraform makes, and ring cannot verify.
    P521(Box<VerifyingKey>),
    /// Any other kind; ring verifies it or refuses it.
    Other,
}

impl PinnedClient {
    /// Takes the certificate of `PLUGIN_CLIENT_CERT`.
    ///
    /// # Errors
    /// [`Error::ClientCertificate`] if the text is not a PEM certificate or its key cannot be read.
    pub fn from_pem(pem: &str) -> Result<Self, Error> {
        let certificate = CertificateDer::from_pem_slice(pem.as_bytes())
            .map_err(|error| Error::ClientCertificate(error.into()))?;
        let key = PinnedKey::of(&certificate)?;
        Ok(Self { certificate, key, provider: Arc::new(ring::default_provider()) })
    }

    fn algorithms(&self) -> &WebPkiSupportedAlgorithms {
        &self.provider.signature_verification_algorithms
    }
}

impl PinnedKey {
    fn of(certificate: &CertificateDer<'_>) -> Result<Self, Error> {
        let (_, certificate) =
            parse_x509_certificate(certificate).map_err(|error| Error::ClientCertificate(error.into()))?;
        let key = certificate.public_key();
        if !is_p521(key) {
            return Ok(Self::Other);
        }
        VerifyingKey::from_sec1_bytes(&key.subject_public_key.data)
            .map(|key| Self::P521(Box::new(key)))
            .map_err(|error| Error::ClientCertificate(error.into()))
    }
}

fn is_p521(key: &SubjectPublicKeyInfo<'_>) -> bool {
    let curve = key.algorithm.parameters.as_ref().and_then(|parameters| parameters.as_oid().ok());
    key.algorithm.algorithm.to_id_string() == EC_PUBLIC_KEY
        && curve.is_some_and(|curve| curve.to_id_string() == P521_CURVE)
}

impl ClientCertVerifier for PinnedClient {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    // A certificate is public, so the comparison need not take constant time.
    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        if *end_entity == self.certificate {
            Ok(ClientCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        match &self.key {
            PinnedKey::P521(key) => verify_p521(key, message, signed),
            PinnedKey::Other => verify_tls12_signature(message, certificate, signed, self.algorithms()),
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        match &self.key {
            PinnedKey::P521(key) => verify_p521(key, message, signed),
            PinnedKey::Other => verify_tls13_signature(message, certificate, signed, self.algorithms()),
        }
    }

    // With a P-521 key only its own scheme: TLS 1.2 allows a client to combine its key with any hash, and
    // Go takes the first scheme that the server names (inferred from its source).
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        match &self.key {
            PinnedKey::P521(_) => vec![SignatureScheme::ECDSA_NISTP521_SHA512],
            PinnedKey::Other => self.algorithms().supported_schemes(),
        }
    }
}

fn verify_p521(
    key: &VerifyingKey,
    message: &[u8],
    signed: &DigitallySignedStruct,
) -> Result<HandshakeSignatureValid, rustls::Error> {
    if signed.scheme != SignatureScheme::ECDSA_NISTP521_SHA512 {
        return Err(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme.into());
    }
    DerSignature::try_from(signed.signature())
        .and_then(|signature| key.verify(message, &signature))
        .map(|()| HandshakeSignatureValid::assertion())
        .map_err(|_| CertificateError::BadSignature.into())
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use p521::ecdsa::{SigningKey, signature::Signer};
    use rcgen::{Certificate, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, SignatureAlgorithm};
    use rustls::{ClientConfig, RootCertStore, pki_types::ServerName};
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
    use tokio_rustls::{TlsAcceptor, TlsConnector};

    use super::*;

    /// As Terraform makes it, with a key that nobody has any more.
    const TERRAFORM_CERTIFICATE: &str = include_str!("../../tests/vectors/tls/client-p521.pem");

    fn client(algorithm: &'static SignatureAlgorithm) -> (Certificate, PrivateKeyDer<'static>) {
        let key = KeyPair::generate_for(algorithm).unwrap();
        let params = CertificateParams::new([SERVER_NAME.to_owned()]).unwrap();
        let certificate = params.self_signed(&key).unwrap();
        (certificate, PrivatePkcs8KeyDer::from(key.serialize_der()).into())
    }

    /// Connects a client to a server that pins `pinned`, and sends one byte.
    async fn connect(
        pinned: &Certificate,
        credentials: Option<(Certificate, PrivateKeyDer<'static>)>,
    ) -> Result<(), String> {
        let own = RunCertificate::generate().unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(own.der().to_vec())).unwrap();
        let server = server_config(own, PinnedClient::from_pem(&pinned.pem()).unwrap()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match credentials {
            Some((certificate, key)) => {
                config.with_client_auth_cert(vec![certificate.der().clone()], key).unwrap()
            }
            None => config.with_no_client_auth(),
        };
        config.alpn_protocols = vec![ALPN.to_vec()];

        let (near, far) = duplex(64 * 1024);
        let talk = async {
            let name = ServerName::try_from(SERVER_NAME).unwrap();
            let mut stream = TlsConnector::from(Arc::new(config))
                .connect(name, near)
                .await
                .map_err(|error| error.to_string())?;
            assert_eq!(stream.get_ref().1.alpn_protocol(), Some(ALPN));
            // The server's refusal, if any, comes after the client's half of the handshake.
            let _ = stream.write_all(b"x").await;
            let _ = stream.read_u8().await;
            Ok::<(), String>(())
        };
        let listen = async {
            let mut stream =
                TlsAcceptor::from(Arc::new(server)).accept(far).await.map_err(|error| error.to_string())?;
            assert_eq!(stream.read_u8().await.unwrap(), b'x');
            Ok(())
        };
        let (_, heard) = tokio::join!(talk, listen);
        heard
    }

    #[tokio::test]
    async fn pinned_client_may_connect_whatever_its_key() {
        let algorithms = [&rcgen::PKCS_ECDSA_P256_SHA256, &PKCS_ECDSA_P384_SHA384, &PKCS_ED25519];
        for algorithm in algorithms {
            let (certificate, key) = client(algorithm);
            let credentials = Some((certificate.clone(), key));
            assert_eq!(connect(&certificate, credentials).await, Ok(()), "{algorithm:?}");
        }
    }

    #[tokio::test]
    async fn other_client_with_the_same_name_is_refused() {
        let (pinned, _) = client(&PKCS_ED25519);
        let refusal = connect(&pinned, Some(client(&PKCS_ED25519))).await;
        assert!(refusal.unwrap_err().contains("ApplicationVerificationFailure"),);
    }

    #[tokio::test]
    async fn stolen_certificate_without_its_key_is_refused() {
        let (pinned, _) = client(&PKCS_ED25519);
        let (_, other_key) = client(&PKCS_ED25519);
        let key = rustls::crypto::ring::sign::any_supported_type(&other_key).unwrap();
        let verifier = PinnedClient::from_pem(&pinned.pem()).unwrap();
        let signer = key.choose_scheme(&[SignatureScheme::ED25519]).unwrap();
        let signed = digitally_signed(SignatureScheme::ED25519, &signer.sign(b"message").unwrap());
        let verdict = verifier.verify_tls13_signature(b"message", pinned.der(), &signed);
        assert_eq!(verdict.unwrap_err(), CertificateError::BadSignature.into());
    }

    #[tokio::test]
    async fn client_without_certificate_is_refused() {
        let (pinned, _) = client(&PKCS_ED25519);
        let refusal = connect(&pinned, None).await.unwrap_err();
        assert!(refusal.contains("no certificates"), "{refusal}");
    }

    #[test]
    fn terraform_is_asked_for_its_own_scheme_alone() {
        let client = PinnedClient::from_pem(TERRAFORM_CERTIFICATE).unwrap();
        assert_eq!(client.supported_verify_schemes(), [SignatureScheme::ECDSA_NISTP521_SHA512]);
        let other = PinnedClient::from_pem(&self::client(&PKCS_ED25519).0.pem()).unwrap();
        assert!(other.supported_verify_schemes().len() > 3);
    }

    #[test]
    fn p521_signatures_are_verified() {
        let key = SigningKey::from_slice(&[7; 66].map(|byte: u8| byte % 2)).unwrap();
        let signature: DerSignature = key.sign(b"message");
        let good = SignatureScheme::ECDSA_NISTP521_SHA512;
        let mut broken = signature.as_bytes().to_vec();
        *broken.last_mut().unwrap() ^= 1;
        let cases: [(&[u8], SignatureScheme, &[u8], bool); 5] = [
            (b"message", good, signature.as_bytes(), true),
            (b"massage", good, signature.as_bytes(), false),
            (b"message", good, &broken, false),
            (b"message", good, b"", false),
            (b"message", SignatureScheme::ECDSA_NISTP256_SHA256, signature.as_bytes(), false),
        ];
        for (message, scheme, signature, expected) in cases {
            let signed = digitally_signed(scheme, signature);
            let verdict = verify_p521(key.verifying_key(), message, &signed);
            assert_eq!(verdict.is_ok(), expected, "{scheme:?} {signature:?}");
        }
    }

    /// As it comes off the wire; rustls offers no other way to make one.
    fn digitally_signed(scheme: SignatureScheme, signature: &[u8]) -> DigitallySignedStruct {
        use rustls::internal::msgs::codec::{Codec, Reader};

        let mut wire = u16::from(scheme).to_be_bytes().to_vec();
        wire.extend(u16::try_from(signature.len()).unwrap().to_be_bytes());
        wire.extend(signature);
        DigitallySignedStruct::read(&mut Reader::init(&wire)).unwrap()
    }

    #[test]
    fn broken_certificates_are_errors() {
        let der = pem_body(TERRAFORM_CERTIFICATE);
        let curve = [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23];
        let at = der.windows(7).position(|window| window == curve).unwrap();
        let mut off_curve = der.clone();
        off_curve[at + 7 + 10] ^= 1;
        let cases = [
            String::new(),
            "certificate".to_owned(),
            TERRAFORM_CERTIFICATE.replace("CERTIFICATE", "SECRET"),
            TERRAFORM_CERTIFICATE.replace('M', "*"),
            pem(&der[..der.len() / 2]),
            pem(b"not DER"),
            pem(&off_curve),
        ];
        for text in cases {
            let error = PinnedClient::from_pem(&text).unwrap_err();
            assert!(matches!(error, Error::ClientCertificate(_)), "{text}");
        }
    }

    fn pem_body(pem: &str) -> Vec<u8> {
        CertificateDer::from_pem_slice(pem.as_bytes()).unwrap().to_vec()
    }

    fn pem(der: &[u8]) -> String {
        let body = STANDARD.encode(der);
        format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")
    }

    #[test]
    fn every_run_has_its_own_certificate_for_localhost() {
        let certificates = [(), ()].map(|()| RunCertificate::generate().unwrap());
        assert_ne!(certificates[0].der(), certificates[1].der());
        let (_, parsed) = parse_x509_certificate(certificates[0].der()).unwrap();
        let names = parsed.subject_alternative_name().unwrap().unwrap();
        let names: Vec<String> = names.value.general_names.iter().map(ToString::to_string).collect();
        assert_eq!(names, ["DNSName(localhost)"]);
        let usage = parsed.extended_key_usage().unwrap().unwrap();
        assert!(usage.value.server_auth);
    }
}
