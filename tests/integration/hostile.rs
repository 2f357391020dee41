//! What hosts that mean harm, and other users of the machine, cannot do. SECURITY.md names these tests.

use std::{
    fs,
    net::TcpListener as PlainListener,
    path::Path,
    sync::{Arc, Mutex},
};

use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};
use rustls::{ServerConfig, pki_types::PrivateKeyDer};
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

use crate::support::{
    resource::{Plan, Provider},
    within,
};

const KEYS: [(&str, &str); 2] = [
    ("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI5tKnownToNobody"),
    ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "SecretKnownToNobodyEither"),
];

/// A host that says the same to everybody, and keeps what it was asked.
struct Host {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Host {
    async fn start(answer: &[u8]) -> Self {
        Self::start_with(answer, None).await
    }

    async fn start_with(answer: &[u8], tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("localhost:{}", listener.local_addr().unwrap().port());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (kept, answer) = (Arc::clone(&asked), answer.to_owned());
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (kept, answer, tls) = (Arc::clone(&kept), answer.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, &answer, &kept).await,
                        // A client that does not trust us hangs up.
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                serve(stream, &answer, &kept).await;
                            }
                        }
                    }
                });
            }
        });
        Self { address, asked }
    }

    fn http(&self) -> String {
        format!("http://{}", self.address)
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, answer: &[u8], asked: &Mutex<Vec<String>>) {
    let mut request = vec![0; 16 * 1024];
    let length = stream.read(&mut request).await.unwrap_or(0);
    asked.lock().unwrap().push(String::from_utf8_lossy(&request[..length]).into_owned());
    // Whoever has heard enough hangs up.
    let _ = stream.write_all(answer).await;
    let _ = stream.shutdown().await;
}

fn answer(head: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {head}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}").into_bytes()
}

/// The hosts that a provider asks, each played by one host.
enum Asked {
    Api,
    CredentialsUri,
    Metadata,
    CloudSso,
}

impl Asked {
    const ALL: [Self; 4] = [Self::Api, Self::CredentialsUri, Self::Metadata, Self::CloudSso];

    fn name(&self) -> &'static str {
        match self {
            Self::Api => "API",
            Self::CredentialsUri => "credentials URI",
            Self::Metadata => "metadata",
            Self::CloudSso => "Cloud SSO",
        }
    }

    /// Plans the creation of a role.
    async fn plan(&self, host: &str) -> Plan {
        let home = tempfile::tempdir().unwrap();
        let mut variables = vec![("HOME", home.path().to_str().unwrap()), ("MSS_ENDPOINT_URL", host)];
        match self {
            Self::Api => variables.extend(KEYS),
            Self::CredentialsUri => variables.push(("ALIBABA_CLOUD_CREDENTIALS_URI", host)),
            Self::Metadata => variables.push(("MSS_ENDPOINT_URL_ECS_METADATA", host)),
            Self::CloudSso => sign_in(home.path(), host),
        }
        plan(&variables).await
    }
}

/// A profile of the `aliyun` tool that is signed in to Cloud SSO.
fn sign_in(home: &Path, host: &str) {
    let profile = json!({
        "name": "a", "mode": "CloudSSO", "cloud_sso_sign_in_url": host, "access_token": "AccessTokenThatIsASecret",
        "cloud_sso_account_id": "1234567890123456", "cloud_sso_access_config": "ac-1",
        "cloud_sso_access_token_expire": 4_070_908_800_i64,
    });
    fs::create_dir(home.join(".aliyun")).unwrap();
    let file = json!({ "current": "a", "profiles": [profile] });
    fs::write(home.join(".aliyun/config.json"), file.to_string()).unwrap();
}

async fn plan(variables: &[(&str, &str)]) -> Plan {
    let provider = Provider::unconfigured(variables).await;
    provider.configure_with(&json!({ "max_retries": 0 })).await.expect_success();
    let config = json!({ "role_name": "AliyunServiceRoleForMssp" });
    within("the plan", provider.plan_once(&Json::Null, &config)).await
}

fn text(plan: &Plan) -> String {
    plan.diagnostics.iter().map(|found| format!("{}\n{}\n", found.summary, found.detail)).collect()
}

#[tokio::test]
async fn redirects_lead_nowhere() {
    for status in [301, 302, 303, 307, 308] {
        for asked in Asked::ALL {
            let elsewhere = PlainListener::bind("127.0.0.1:0").unwrap();
            elsewhere.set_nonblocking(true).unwrap();
            let location = format!("location: http://{}/", elsewhere.local_addr().unwrap());
            let host = Host::start(&answer(&format!("{status} Elsewhere\r\n{location}"), "")).await;
            let told = text(&asked.plan(&host.http()).await);
            assert!(!host.asked().is_empty(), "{}", asked.name());
            assert!(told.contains(&format!("HTTP {status}")), "{}: {told}", asked.name());
            let followed = elsewhere.accept();
            assert!(followed.is_err(), "{}, {status}: {followed:?}", asked.name());
        }
    }
}

#[tokio::test]
async fn long_answers_are_not_read_to_the_end() {
    for asked in Asked::ALL {
        let host = Host::start(&answer("200 OK", &" ".repeat(9 * 1024 * 1024))).await;
        let told = text(&asked.plan(&host.http()).await);
        assert!(told.contains("the answer is longer than"), "{}: {told}", asked.name());
    }
}

#[tokio::test]
async fn answers_command_no_terminal() {
    let body = r#"{"Code": "Odd\u001b[2J", "Message": "\u001b]0;title\u0007 shown \u202e", "RequestId": "\u009b1m"}"#;
    let host = Host::start(&answer("400 Bad Request", body)).await;
    let told = text(&Asked::Api.plan(&host.http()).await);
    assert!(told.contains(" shown ") && told.contains("Odd"), "{told:?}");
    assert!(!told.chars().any(|c| c != '\n' && c.is_control() || c == '\u{202e}'), "{told:?}");
}

/// Names get into commands and configurations that we advise to paste.
#[tokio::test]
async fn no_advice_is_written_by_a_host() {
    for name in ["x; curl h", "x`id`", "x\" }\n", "${file(\"/etc/passwd\")}", "x\u{202e}", "../x", ""] {
        for (field, form) in [("RoleName", "role name"), ("Arn", "ARN"), ("RoleId", "ID")] {
            let mut role = json!({
                "RoleName": "AliyunServiceRoleForMssp", "RoleId": "300000000000000001",
                "Arn": "acs:ram::1234567890123456:role/aliyunserviceroleformssp",
            });
            role[field] = json!(name);
            let body = json!({ "AccountId": "1234567890123456", "Role": role });
            let host = Host::start(&answer("200 OK", &body.to_string())).await;
            let told = text(&Asked::Api.plan(&host.http()).await);
            // The path of an ARN has a slash, and more dots than one.
            if (field, name) == ("Arn", "../x") {
                continue;
            }
            assert!(told.contains(&format!("malformed {form}")), "{field} {name:?}: {told}");
            assert!(name.is_empty() || !told.contains(name), "{field} {name:?}: {told}");
        }
    }
}

/// Whoever owns the account that a host names would be printed, searched and compared.
#[tokio::test]
async fn accounts_are_digits() {
    for account in ["1\u{1b}[2J", "alias", "1234567890123456\n", ""] {
        let host = Host::start(&answer("200 OK", &json!({ "AccountId": account }).to_string())).await;
        let url = host.http();
        let provider = Provider::unconfigured(&[&KEYS[..], &[("MSS_ENDPOINT_URL", &url)]].concat()).await;
        let allowed = json!({ "allowed_account_ids": ["1234567890123456"], "max_retries": 0 });
        let told = provider.configure_with(&allowed).await.diagnostics;
        assert!(told[0].detail.contains("malformed account ID"), "{told:?}");
    }
}

#[tokio::test]
async fn credentials_in_the_open_pass_no_proxy() {
    let issued = json!({
        "AccessKeyId": "STS.id", "AccessKeySecret": "SecretKnownToNobodyEither", "SecurityToken": "SecurityTokenOfNobody",
        "Expiration": "2099-01-01T00:00:00Z",
    });
    for variable in ["ALIBABA_CLOUD_CREDENTIALS_URI", "MSS_ENDPOINT_URL_ECS_METADATA"] {
        let proxy = Host::start(b"").await;
        let host = Host::start(&answer("200 OK", &issued.to_string())).await;
        let (proxy_url, host_url) = (proxy.http(), host.http());
        plan(&[(variable, &host_url), ("HTTP_PROXY", &proxy_url), ("HTTPS_PROXY", &proxy_url)]).await;
        assert!(!host.asked().is_empty(), "{variable}");
        // What goes through the proxy is encrypted.
        let through: Vec<_> =
            proxy.asked().into_iter().filter(|asked| !asked.starts_with("CONNECT ")).collect();
        assert_eq!(through, [] as [&str; 0], "{variable}");
    }
}

/// A certificate that is its own authority, until a year.
fn certificate(name: &str, year: i32) -> (TlsAcceptor, String) {
    let key = KeyPair::generate().unwrap();
    let mut parameters = CertificateParams::new([name.to_owned()]).unwrap();
    parameters.not_after = date_time_ymd(year, 1, 1);
    parameters.distinguished_name.push(DnType::CommonName, name);
    let certificate = parameters.self_signed(&key).unwrap();
    let private_key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private_key)
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), certificate.pem())
}

#[tokio::test]
async fn only_the_right_certificate_is_trusted() {
    let reached = "Reached.TheHost";
    for (case, name, year, is_trusted, fact) in [
        ("right", "localhost", 2099, true, reached),
        ("unknown authority", "localhost", 2099, false, "its issuer is not in this machine's trust store"),
        ("another name", "example.com", 2099, true, "it is for another host"),
        ("expired", "localhost", 2020, true, "it has expired"),
    ] {
        let (tls, pem) = certificate(name, year);
        let body = json!({ "Code": reached, "Message": "reached" }).to_string();
        let host = Host::start_with(&answer("400 Bad Request", &body), Some(tls)).await;
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("trusted.pem");
        fs::write(&file, if is_trusted { pem } else { certificate("other.example.com", 2099).1 }).unwrap();
        let url = format!("https://{}", host.address);
        let variables = [("MSS_ENDPOINT_URL", url.as_str()), ("SSL_CERT_FILE", file.to_str().unwrap())];
        let told = text(&plan(&[&KEYS[..], &variables].concat()).await);
        assert!(told.contains(fact), "{case}: {told}");
        assert_eq!(!host.asked().is_empty(), fact == reached, "{case}: what was sent");
    }
}
