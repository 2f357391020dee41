//! The emulator behind HTTPS, since real endpoints are: TLS and the trust store are part of the cost.

use std::{fs, net::SocketAddr, path::PathBuf, sync::Arc};

use rustls::pki_types::PrivatePkcs8KeyDer;
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

use crate::support::cloud::Cloud;

/// Where systems keep the authorities that they trust.
const SYSTEM_BUNDLES: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

pub struct SecureCloud {
    pub cloud: Cloud,
    address: SocketAddr,
    folder: TempDir,
}

impl SecureCloud {
    pub async fn start() -> Self {
        Self::start_with_seed(json!({})).await
    }

    pub async fn start_with_seed(seed: Json) -> Self {
        let cloud = Cloud::start_with_seed(seed).await;
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate =
            rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let system = SYSTEM_BUNDLES.iter().find_map(|path| fs::read_to_string(path).ok());
        let bundle = system.unwrap_or_default() + "\n" + &certificate.pem();
        fs::write(folder.path().join("bundle.pem"), bundle).unwrap();

        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
            )
            .unwrap();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let emulator = cloud.endpoint().trim_start_matches("http://").to_owned();
        tokio::spawn(forward(listener, TlsAcceptor::from(Arc::new(config)), emulator));
        Self { cloud, address, folder }
    }

    /// The environment in which a provider reaches this cloud.
    pub fn environment(&self) -> Vec<(String, String)> {
        let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let mut variables: Vec<_> = self.cloud.environment().into_iter().map(own).collect();
        variables.retain(|(name, _)| name != "MSS_ENDPOINT_URL");
        variables.push(("MSS_ENDPOINT_URL".to_owned(), format!("https://localhost:{}", self.address.port())));
        variables.push(("SSL_CERT_FILE".to_owned(), self.bundle().to_str().unwrap().to_owned()));
        variables
    }

    fn bundle(&self) -> PathBuf {
        self.folder.path().join("bundle.pem")
    }
}

async fn forward(listener: TcpListener, tls: TlsAcceptor, emulator: String) {
    loop {
        let (client, _) = listener.accept().await.unwrap();
        client.set_nodelay(true).unwrap();
        let (tls, emulator) = (tls.clone(), emulator.clone());
        tokio::spawn(async move {
            // A client that goes away in between does not concern us.
            let Ok(mut client) = tls.accept(client).await else { return };
            let mut cloud = TcpStream::connect(emulator).await.unwrap();
            cloud.set_nodelay(true).unwrap();
            let _ = copy_bidirectional(&mut client, &mut cloud).await;
        });
    }
}
