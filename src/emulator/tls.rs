//! HTTPS with certificates of the emulator's own.
//!
//! Each start makes an authority, whose key never leaves the process and which can vouch for this
//! machine and for Alibaba Cloud's names alone. It signs a certificate for whatever name of these a
//! client asks for, so that clients may also be led here under the cloud's real host names. What
//! clients need are two files: the authority, and a bundle of it with the system's authorities.

use std::{
    collections::HashMap,
    env, fmt, fs, io,
    net::IpAddr,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, GeneralSubtree, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, NameConstraints, SanType,
};
use rustls::{
    ServerConfig,
    pki_types::PrivatePkcs8KeyDer,
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use tempfile::TempDir;
use tokio_rustls::TlsAcceptor;

/// HTTPS of one emulator; its files go when it is dropped.
pub(super) struct Tls {
    pub(super) acceptor: TlsAcceptor,
    folder: TempDir,
}

impl Tls {
    /// Makes the authority, and writes the files.
    ///
    /// # Errors
    /// A key cannot be made, or a file not written.
    pub(super) fn new(listen: IpAddr) -> io::Result<Self> {
        let authority = Authority::new(listen).map_err(io::Error::other)?;
        let folder = tempfile::Builder::new().prefix("mss-emulator-").tempdir()?;
        fs::write(folder.path().join(CERTIFICATE), &authority.pem)?;
        fs::write(folder.path().join(BUNDLE), with_system_authorities(&authority.pem))?;
        let acceptor = TlsAcceptor::from(Arc::new(server_config(authority).map_err(io::Error::other)?));
        Ok(Self { acceptor, folder })
    }

    /// The file with the authority alone, PEM.
    pub(super) fn certificate(&self) -> PathBuf {
        self.folder.path().join(CERTIFICATE)
    }

    /// The authority and the system's authorities, PEM: for clients that take one file for all.
    pub(super) fn bundle(&self) -> PathBuf {
        self.folder.path().join(BUNDLE)
    }
}

fn server_config(authority: Authority) -> Result<ServerConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(authority));
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// Without a bundle on this system, the authority alone.
#[expect(clippy::disallowed_methods, reason = "the bundle stands in for the one that the person has")]
fn with_system_authorities(pem: &str) -> String {
    let named = env::var_os("SSL_CERT_FILE").map(PathBuf::from);
    let known = SYSTEM_BUNDLES.iter().map(PathBuf::from);
    let system = named.into_iter().chain(known).find_map(|path| fs::read_to_string(path).ok());
    format!("{}\n{pem}", system.unwrap_or_default())
}

/// Signs a certificate for each name under which a client connects.
struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
    listen: IpAddr,
    /// By name; the empty name is for clients that ask for none.
    certificates: Mutex<HashMap<String, Arc<CertifiedKey>>>,
}

impl Authority {
    fn new(listen: IpAddr) -> Result<Self, rcgen::Error> {
        let key = KeyPair::generate()?;
        let mut params = parameters("mss-emulator authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.name_constraints = Some(NameConstraints {
            permitted_subtrees: vec![
                GeneralSubtree::DnsName("localhost".to_owned()),
                GeneralSubtree::DnsName(CLOUD.to_owned()),
                GeneralSubtree::IpAddress(CidrSubnet::V4([127, 0, 0, 0], [255, 0, 0, 0])),
                GeneralSubtree::IpAddress(CidrSubnet::V6(std::net::Ipv6Addr::LOCALHOST.octets(), [255; 16])),
            ],
            excluded_subtrees: Vec::new(),
        });
        let pem = params.self_signed(&key)?.pem();
        Ok(Self { pem, issuer: Issuer::new(params, key), listen, certificates: Mutex::default() })
    }

    /// A certificate for a name, made once.
    fn certified(&self, name: &str) -> Option<Arc<CertifiedKey>> {
        let mut certificates = self.certificates.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = certificates.get(name) {
            return Some(Arc::clone(known));
        }
        let certified = Arc::new(self.sign(name).ok()?);
        if certificates.len() < NAMES_KEPT {
            certificates.insert(name.to_owned(), Arc::clone(&certified));
        }
        Some(certified)
    }

    fn sign(&self, name: &str) -> Result<CertifiedKey, Box<dyn std::error::Error>> {
        let key = KeyPair::generate()?;
        let mut params = parameters("mss-emulator");
        params.subject_alt_names = if name.is_empty() {
            vec![SanType::DnsName("localhost".try_into()?), SanType::IpAddress(self.listen)]
        } else {
            vec![SanType::DnsName(name.try_into()?)]
        };
        let certificate = params.signed_by(&key, &self.issuer)?;
        let signer = rustls::crypto::ring::sign::any_supported_type(
            &PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        )?;
        Ok(CertifiedKey::new(vec![certificate.der().clone()], signer))
    }
}

/// With rcgen's wide dates: the certificate lives as long as the process, whatever the clock says.
fn parameters(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

impl ResolvesServerCert for Authority {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let cloud = |name: &&str| name.ends_with(&format!(".{CLOUD}"));
        self.certified(hello.server_name().filter(cloud).unwrap_or_default())
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

const CERTIFICATE: &str = "certificate.pem";
const BUNDLE: &str = "bundle.pem";
/// Where the cloud's host names end.
const CLOUD: &str = "aliyuncs.com";
/// More than the cloud has products and regions that anybody asks for.
const NAMES_KEPT: usize = 1000;
/// Where systems keep the authorities that they trust.
const SYSTEM_BUNDLES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];
