//! Alibaba Cloud's own host names on this machine: a proxy that a client finds through HTTPS_PROXY, which
//! answers for every host with a certificate of its own and passes each request on to an emulator.

use std::{path::PathBuf, sync::Arc};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer},
};
use serde_json::Value as Json;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

use super::cloud::Cloud;

/// Changes the answer to an action before the client gets it.
pub type Alter = fn(action: &str, answer: &mut Json);

/// The proxy, with its authority's certificate in a file.
pub struct RealHosts {
    endpoint: String,
    folder: TempDir,
    served: JoinHandle<()>,
}

impl RealHosts {
    /// Stands before an emulator.
    pub async fn before(cloud: &Cloud, alter: Alter) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (acceptor, authority) = tls();
        std::fs::write(folder.path().join("authority.pem"), authority).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let target = cloud.endpoint().trim_start_matches("http://").to_owned();
        let served = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(client, acceptor.clone(), target.clone(), alter));
            }
        });
        Self { endpoint, folder, served }
    }

    /// What a client needs to find the hosts, and to trust them.
    pub fn environment(&self) -> Vec<(String, String)> {
        let authority = self.authority().to_str().unwrap().to_owned();
        vec![("HTTPS_PROXY".to_owned(), self.endpoint.clone()), ("SSL_CERT_FILE".to_owned(), authority)]
    }

    fn authority(&self) -> PathBuf {
        self.folder.path().join("authority.pem")
    }
}

impl Drop for RealHosts {
    fn drop(&mut self) {
        self.served.abort();
    }
}

/// A certificate for the hosts, and its authority's in PEM.
fn tls() -> (TlsAcceptor, String) {
    let authority_key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_certificate = authority.self_signed(&authority_key).unwrap();
    let issuer = Issuer::new(authority, authority_key);
    let key = KeyPair::generate().unwrap();
    let hosts = ["*.aliyuncs.com".to_owned()];
    let certificate = CertificateParams::new(hosts).unwrap().signed_by(&key, &issuer).unwrap();
    let chain = vec![CertificateDer::from(certificate.der().to_vec())];
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
    (TlsAcceptor::from(Arc::new(config)), authority_certificate.pem())
}

/// One connection of a client: CONNECT, TLS, then requests one after another.
async fn serve(client: TcpStream, acceptor: TlsAcceptor, target: String, alter: Alter) -> Option<()> {
    let mut client = BufReader::new(client);
    read_head(&mut client).await?;
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.ok()?;
    let mut client = BufReader::new(acceptor.accept(client.into_inner()).await.ok()?);
    loop {
        let answer = pass_on(&mut client, &target, alter).await?;
        client.write_all(&answer).await.ok()?;
        client.flush().await.ok()?;
    }
}

/// Passes one request on; what the signature covers stays as it is.
async fn pass_on<S: AsyncRead + AsyncWrite + Unpin>(
    client: &mut BufReader<S>,
    target: &str,
    alter: Alter,
) -> Option<Vec<u8>> {
    let head = read_head(client).await?;
    let mut body = vec![0; length(&head)];
    client.read_exact(&mut body).await.ok()?;
    let action = header(&head, "x-acs-action").unwrap_or_default().to_owned();
    let mut emulator = TcpStream::connect(target).await.ok()?;
    let closing = head.trim_end().to_owned() + "\r\nconnection: close\r\n\r\n";
    emulator.write_all(&[closing.as_bytes(), &body].concat()).await.ok()?;
    let mut emulator = BufReader::new(emulator);
    let head = read_head(&mut emulator).await?;
    let mut answer = Vec::new();
    emulator.read_to_end(&mut answer).await.ok()?;
    let answer = match serde_json::from_slice::<Json>(&answer) {
        Ok(mut json) => {
            alter(&action, &mut json);
            serde_json::to_vec(&json).unwrap()
        }
        Err(_) => answer,
    };
    let lines = head.lines().filter(|line| {
        let line = line.to_ascii_lowercase();
        !line.is_empty() && !line.starts_with("content-length:") && !line.starts_with("connection:")
    });
    let head = lines.collect::<Vec<_>>().join("\r\n");
    Some([format!("{head}\r\ncontent-length: {}\r\n\r\n", answer.len()).as_bytes(), &answer].concat())
}

/// Up to the empty line.
async fn read_head<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> Option<String> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    Some(head)
}

fn length(head: &str) -> usize {
    header(head, "content-length").and_then(|length| length.parse().ok()).unwrap_or(0)
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
}
