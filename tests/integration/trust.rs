//! Which servers are trusted: by the machine's trust store, which on Linux two variables replace, as Go's clients
//! do it; and what a server that is not trusted leads to.

#![cfg(target_os = "linux")]

use std::{
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd,
};
use rustls::{ServerConfig, pki_types::PrivateKeyDer};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

use crate::support::{
    names::ACCOUNT,
    resource::{Applied, Provider},
};

/// A cloud over HTTPS that knows one answer, and how often someone came.
struct Server {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Server {
    async fn start(certificate: &Certificate, key: &KeyPair) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config =
            ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config =
            config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, connections) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&connections);
        let acceptor = TlsAcceptor::from(Arc::new(config));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::Relaxed);
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let _ = stream.read(&mut [0; 8192]).await;
                let body = json!({ "RequestId": "R", "AccountId": ACCOUNT }).to_string();
                let head =
                    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
                let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        });
        Self { address, connections }
    }
}

/// Asks the server for the caller's account, under the name `localhost`.
async fn configure(server: &Server, variables: &[(&str, &str)]) -> Applied {
    let endpoint = format!("https://localhost:{}", server.address.port());
    let own = [
        ("MSS_ENDPOINT_URL", endpoint.as_str()),
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI5tOfTheTrustTest"),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "SecretOfTheTrustTest0001"),
    ];
    let provider = Provider::unconfigured(&[&own, variables].concat()).await;
    provider.configure_with(&json!({ "allowed_account_ids": [ACCOUNT] })).await
}

fn parameters(name: &str) -> CertificateParams {
    CertificateParams::new(vec![name.to_owned()]).unwrap()
}

fn self_signed(parameters: CertificateParams) -> (Certificate, KeyPair) {
    let key = KeyPair::generate().unwrap();
    (parameters.self_signed(&key).unwrap(), key)
}

fn write(folder: &Path, pem: &str) -> String {
    let path = folder.join("trusted.pem");
    std::fs::write(&path, pem).unwrap();
    path.to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_server_that_is_not_trusted_is_asked_once() {
    let (certificate, key) = self_signed(parameters("localhost"));
    let server = Server::start(&certificate, &key).await;
    let refused = configure(&server, &[]).await;
    let [diagnostic] = refused.diagnostics.as_slice() else { panic!("{refused:#?}") };
    for fact in ["certificate of localhost", "not trusted", "SSL_CERT_FILE", "SSL_CERT_DIR"] {
        assert!(diagnostic.detail.contains(fact), "{fact:?} is not in: {}", diagnostic.detail);
    }
    for internal in ["UnknownIssuer", "CaUsedAsEndEntity", "Check the network"] {
        assert!(!diagnostic.detail.contains(internal), "{}", diagnostic.detail);
    }
    assert_eq!(server.connections.load(Ordering::Relaxed), 1);
}

/// As a private cloud or a proxy may have it.
#[tokio::test]
async fn a_self_signed_certificate_that_is_named_is_trusted() {
    let folder = tempfile::tempdir().unwrap();
    for is_ca in [IsCa::NoCa, IsCa::ExplicitNoCa, IsCa::Ca(BasicConstraints::Unconstrained)] {
        let mut parameters = parameters("localhost");
        parameters.is_ca = is_ca;
        let (certificate, key) = self_signed(parameters);
        let server = Server::start(&certificate, &key).await;
        let file = write(folder.path(), &certificate.pem());
        configure(&server, &[("SSL_CERT_FILE", &file)]).await.expect_success();
        let folder = folder.path().to_str().unwrap();
        configure(&server, &[("SSL_CERT_DIR", folder)]).await.expect_success();
    }
}

#[tokio::test]
async fn an_authority_that_is_named_is_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = parameters("localhost").signed_by(&key, &authority).unwrap();
    let server = Server::start(&certificate, &key).await;
    let file = write(folder.path(), &authority.pem());
    configure(&server, &[("SSL_CERT_FILE", &file)]).await.expect_success();
}

/// Trust in a certificate is trust in it for its name and its time.
#[tokio::test]
async fn a_named_certificate_of_another_host_or_time_is_not_trusted() {
    let folder = tempfile::tempdir().unwrap();
    for (name, (begin, end), why) in [
        ("example.com", (2020, 2999), "it is for another host"),
        ("localhost", (2019, 2020), "it has expired"),
        ("localhost", (2999, 3000), "it is not valid yet"),
    ] {
        let mut parameters = parameters(name);
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        (parameters.not_before, parameters.not_after) =
            (date_time_ymd(begin, 1, 1), date_time_ymd(end, 1, 1));
        let (certificate, key) = self_signed(parameters);
        let server = Server::start(&certificate, &key).await;
        let file = write(folder.path(), &certificate.pem());
        let refused = configure(&server, &[("SSL_CERT_FILE", &file)]).await;
        let [diagnostic] = refused.diagnostics.as_slice() else { panic!("{refused:#?}") };
        assert!(diagnostic.detail.contains(why), "{why:?} is not in: {}", diagnostic.detail);
    }
}
