//! Replays `tests/vectors/credentials`: one folder for each scenario, with a line of reason.
//!
//! | File | What |
//! |---|---|
//! | `env.json` | the environment; `{home}` and `{server}` stand for the folder and the server of the run |
//! | `block.json` | the provider block |
//! | `files/` | the home folder |
//! | `traffic.json` | the requests that must come, in order, and the response to each |
//! | `expected.json` | the credentials, or facts that the error must name; all else is wrong |
//!
//! Every text that begins with `hush-` is a secret: it must not appear in any error or log line.

use std::{
    collections::{BTreeMap, VecDeque},
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value as Json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tracing::field::{Field, Visit};
use tracing_subscriber::{Layer, layer::SubscriberExt};
use url::Url;

use super::{
    chain::Chain,
    inputs::{Inputs, OidcRequest, RoleRequest},
};
use crate::{
    cause::chain,
    cloud::{
        client::{Client, ClientOptions},
        endpoint::Endpoints,
        transport::trust::ExtraRoots,
    },
};

#[derive(Deserialize)]
struct Exchange {
    request: Expected,
    response: Response,
}

#[derive(Deserialize)]
struct Expected {
    method: String,
    contains: Vec<String>,
    /// How many hours ahead of this machine the request is dated.
    #[serde(default)]
    hours_ahead: Option<i64>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Response {
    status: u16,
    body: Json,
    /// How many hours the `Date` header is ahead of this machine.
    hours_ahead: Option<i64>,
    /// The connection is cut in place of a response.
    cut: bool,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Outcome {
    access_key_id: Option<String>,
    security_token: bool,
    error: Vec<String>,
    /// The account, after a call to GetCallerIdentity.
    caller: Option<String>,
    caller_error: Vec<String>,
    /// A file of the home folder and what it then holds.
    file_contains: Vec<String>,
}

#[test]
fn scenarios() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/credentials");
    let mut folders: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    if cfg!(windows) {
        // Their commands are for `sh`.
        folders.retain(|folder| !folder.to_string_lossy().contains("external"));
    }
    assert!(folders.len() > 50, "{} scenarios", folders.len());
    let failed: Vec<_> =
        folders.iter().filter(|folder| std::panic::catch_unwind(|| run(folder)).is_err()).collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

fn run(folder: &Path) {
    let log = Log::default();
    let subscriber = tracing_subscriber::registry().with(log.clone());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tracing::subscriber::with_default(subscriber, || runtime.block_on(replay(folder)));
    let log = log.0.lock().unwrap().clone();
    assert!(!log.contains("hush-"), "{}: a secret is in the log: {log}", folder.display());
}

async fn replay(folder: &Path) {
    let name = folder.file_name().unwrap().to_str().unwrap();
    let read = |file: &str| fs::read_to_string(folder.join(file)).unwrap_or_else(|_| "null".to_owned());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = format!("http://{}", listener.local_addr().unwrap());
    let home = tempfile::tempdir().unwrap();
    // In JSON a backslash begins something else.
    let place = home.path().to_str().unwrap().replace('\\', "/");
    let fill = |text: String| text.replace("{home}", &place).replace("{server}", &server);
    copy(&folder.join("files"), home.path(), &fill);
    let traffic: Option<VecDeque<Exchange>> = serde_json::from_str(&read("traffic.json")).unwrap();
    let left = Arc::new(Mutex::new(traffic.unwrap_or_default()));
    tokio::spawn(serve(listener, Arc::clone(&left), name.to_owned()));

    let environment: BTreeMap<String, String> = serde_json::from_str(&fill(read("env.json"))).unwrap();
    let block: Json = serde_json::from_str(&fill(read("block.json"))).unwrap();
    let client = client(inputs(&block, environment, home.path(), &server), &server);
    let expected: Outcome = serde_json::from_str(&read("expected.json")).unwrap();
    if expected.caller.is_some() || !expected.caller_error.is_empty() {
        let outcome = client.caller_account_id().await;
        check(name, outcome, expected.caller.as_ref(), &expected.caller_error);
    } else {
        let outcome = client.caller_credentials().await;
        if let (Ok(found), Some(_)) = (&outcome, &expected.access_key_id) {
            assert_eq!(found.security_token().is_some(), expected.security_token, "{name}: security token");
        }
        let id = outcome.map(|found| found.access_key_id().to_owned());
        check(name, id, expected.access_key_id.as_ref(), &expected.error);
    }
    assert_eq!(left.lock().unwrap().len(), 0, "{name}: requests that did not come");
    if let [file, text] = expected.file_contains.as_slice() {
        let content = fs::read_to_string(home.path().join(file)).unwrap();
        assert!(content.contains(text), "{name}: {content}");
    }
}

fn check(name: &str, outcome: Result<String, crate::cloud::Error>, value: Option<&String>, facts: &[String]) {
    match (outcome, value) {
        (Ok(found), Some(expected)) => assert_eq!(found, *expected, "{name}"),
        (Ok(found), None) => panic!("{name}: {found} where an error was expected"),
        (Err(error), Some(_)) => panic!("{name}: {}", chain(&error)),
        (Err(error), None) => {
            let next = match &error {
                crate::cloud::error::Error::Credentials(error) => error.next_step(),
                _ => "",
            };
            let tried = error.sources_passed_over().join("\n");
            let text = format!("{} ({}) {tried} {next}", chain(&error), error.code().unwrap_or_default());
            for fact in facts {
                assert!(text.contains(fact), "{name}: {fact:?} is not in: {text}");
            }
            assert!(
                !format!("{text}{error:?}").contains("hush-"),
                "{name}: a secret is in the error: {text}"
            );
        }
    }
}

fn inputs(block: &Json, environment: BTreeMap<String, String>, home: &Path, server: &str) -> Inputs {
    let text = |block: &Json, name: &str| block[name].as_str().map(str::to_owned);
    let role = |block: &Json, session_name: &str| RoleRequest {
        role_arn: text(block, "role_arn"),
        session_name: text(block, session_name),
        policy: text(block, "policy"),
        session_expiration: block["session_expiration"].as_u64(),
        external_id: text(block, "external_id"),
    };
    let oidc = |block: &Json| OidcRequest {
        provider_arn: text(block, "oidc_provider_arn"),
        token: text(block, "oidc_token").map(Into::into),
        token_file: text(block, "oidc_token_file"),
        role: role(block, "role_session_name"),
    };
    let of = |name: &str| Some(&block[name]).filter(|block| block.is_object());
    Inputs {
        access_key_id: text(block, "access_key"),
        access_key_secret: text(block, "secret_key").map(Into::into),
        security_token: text(block, "security_token").map(Into::into),
        profile: text(block, "profile"),
        shared_credentials_file: text(block, "shared_credentials_file"),
        ecs_role_name: text(block, "ecs_role_name"),
        credentials_uri: text(block, "credentials_uri"),
        assume_role: of("assume_role").map(|block| role(block, "session_name")),
        assume_role_with_oidc: of("assume_role_with_oidc").map(oidc),
        environment,
        home: Some(home.to_owned()),
        sts_is_set: true,
        metadata_url: Url::parse(server).ok(),
        oauth_site: Url::parse(server).ok(),
    }
}

fn client(inputs: Inputs, server: &str) -> Client {
    let server = Url::parse(server).unwrap();
    Client::new(ClientOptions {
        endpoints: Endpoints {
            ram: server.clone(),
            resourcemanager: server.clone(),
            sts: server.clone(),
            mssp: server,
        },
        credentials: Chain::new(inputs),
        connect_timeout: Duration::from_secs(10),
        read_timeout: Duration::from_secs(10),
        max_retries: 0,
        user_agent: "test".to_owned(),
        extra_roots: ExtraRoots::default(),
        member_account_role: "Member".to_owned(),
    })
}

fn copy(from: &Path, to: &Path, fill: &dyn Fn(String) -> String) {
    for entry in fs::read_dir(from).into_iter().flatten() {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name())).unwrap();
        let target = to.join(name);
        if path.is_dir() {
            fs::create_dir_all(&target).unwrap();
            copy(&path, &target, fill);
        } else {
            fs::write(target, fill(fs::read_to_string(path).unwrap())).unwrap();
        }
    }
}

/// Answers each request as the scenario says; one that is not expected gets HTTP 500.
async fn serve(listener: TcpListener, left: Arc<Mutex<VecDeque<Exchange>>>, name: String) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let request = read_request(&mut stream).await;
        let exchange = left.lock().unwrap().pop_front();
        let (status, body, date) = match exchange {
            Some(Exchange { request: expected, response }) => {
                let method = request.starts_with(&format!("{} ", expected.method));
                let missing = expected.contains.iter().find(|part| !request.contains(*part));
                assert!(method && missing.is_none(), "{name}: {missing:?} is not in {request}");
                if let Some(hours) = expected.hours_ahead {
                    let off = dated(&request).duration_since(hours_from_now(hours)).abs();
                    assert!(off < SignedDuration::from_mins(30), "{name}: {request}");
                }
                if response.cut {
                    continue;
                }
                let body = match response.body {
                    Json::String(text) => text,
                    json => json.to_string(),
                };
                (response.status, body, response.hours_ahead.map(date_header).unwrap_or_default())
            }
            None => (500, format!("{name}: not expected: {request}"), String::new()),
        };
        let length = body.len();
        let response = format!(
            "HTTP/1.1 {status} X\r\n{date}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
        );
        stream.write_all(response.as_bytes()).await.unwrap();
    }
}

#[expect(clippy::disallowed_methods, reason = "the client under test goes by the machine's clock")]
fn hours_from_now(hours: i64) -> Timestamp {
    Timestamp::now() + SignedDuration::from_hours(hours)
}

fn date_header(hours_ahead: i64) -> String {
    format!("date: {}\r\n", hours_from_now(hours_ahead).strftime("%a, %d %b %Y %H:%M:%S GMT"))
}

/// When a request says that it was made.
fn dated(request: &str) -> Timestamp {
    let date = request.split("x-acs-date: ").nth(1).unwrap();
    date.lines().next().unwrap().parse().unwrap()
}

async fn read_request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer).await.unwrap();
        bytes.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if count == 0 || body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
            return text;
        }
    }
}

/// Everything that is logged, at every level.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl<S: tracing::Subscriber> Layer<S> for Log {
    fn on_event(&self, event: &tracing::Event<'_>, _context: tracing_subscriber::layer::Context<'_, S>) {
        struct Text<'a>(&'a mut String);
        impl Visit for Text<'_> {
            fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
                *self.0 += &format!("{field}={value:?} ");
            }
        }
        // Other crates' lines are not ours: the provider's log leaves out their details.
        if event.metadata().target().starts_with("terraform_provider_mss") {
            event.record(&mut Text(&mut self.0.lock().unwrap()));
        }
    }
}
