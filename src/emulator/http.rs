//! The server: reads a request, lets a product answer it, and lets faults spoil that.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::stream;
use http_body_util::{BodyExt, Full, Limited, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    HeaderMap, Response,
    body::{Bytes, Frame, Incoming},
    header::{CONTENT_LENGTH, CONTENT_TYPE, DATE, HeaderName, HeaderValue},
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use serde_json::{Map, Value as Json};
use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::sync::CancellationToken;

use super::{
    control, ecs,
    fault::{Fault, Kind, strike},
    mssp, ram,
    request::{Answer, Caller, Identity, Refusal, Request},
    resource_directory, resource_manager,
    seed::Seed,
    signature::{Authorization, verify_v1},
    state::{CallRecord, State, new_id},
    store::Store,
    sts,
};

/// The emulated cloud, shared by all connections.
pub(super) struct Cloud {
    pub(super) state: Mutex<State>,
    pub(super) store: Option<Store>,
    /// What a reset goes back to.
    pub(super) seed: Seed,
}

impl Cloud {
    /// The state; held for the length of a call at most, never across a wait.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps what has changed. A state file that cannot be written is said in the log: the cloud goes
    /// on, as it would.
    pub(super) fn save(&self, state: &State) {
        if let Some(Err(error)) = self.store.as_ref().map(|store| store.save(&state.kept)) {
            tracing::error!(%error, "state file cannot be written");
        }
    }
}

/// Accepts until it is stopped, then drops what is still open.
pub(super) async fn serve(listener: TcpListener, cloud: Arc<Cloud>, stop: CancellationToken) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
        };
        let Ok((stream, _)) = accepted else { continue };
        // Small answers must not wait for more.
        let _ = stream.set_nodelay(true);
        let cloud = Arc::clone(&cloud);
        let service = service_fn(move |request| answer(Arc::clone(&cloud), request));
        connections.spawn(async move {
            // A connection that ends badly is the client's affair, or a fault at work.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

/// A connection that is to be cut.
#[derive(Debug)]
struct Cut;

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cut on request")
    }
}

impl std::error::Error for Cut {}

/// A body that may end in a cut.
type Body = UnsyncBoxBody<Bytes, Cut>;

async fn answer(cloud: Arc<Cloud>, request: hyper::Request<Incoming>) -> Result<Response<Body>, Cut> {
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, REQUEST_LIMIT).collect().await else {
        return Err(Cut);
    };
    let body = body.to_bytes().to_vec();
    if let Some(path) = head.uri.path().strip_prefix("/_emulator/") {
        let (status, json) = control::handle(&cloud, head.method.as_str(), path, &body);
        return control_reply(status, &json.to_string()).into_response();
    }
    if let Some((status, text)) = ecs::handle(&cloud, head.method.as_str(), head.uri.path(), &head.headers) {
        return control_reply(status, &text).into_response();
    }
    let query = head.uri.query().unwrap_or_default();
    let request = read_request(head.method.as_str(), query, &head.headers, body);
    let reply = reply(&cloud, &request);
    if let Some(delay) = reply.delay {
        tokio::time::sleep(delay).await;
    }
    if matches!(reply.ending, Ending::Never) {
        // Until the client goes, or the emulator.
        return std::future::pending().await;
    }
    reply.into_response()
}

fn read_request(method: &str, query: &str, headers: &HeaderMap, body: Vec<u8>) -> Request {
    let decode = |bytes: &[u8]| -> Vec<(String, String)> {
        url::form_urlencoded::parse(bytes)
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect()
    };
    let text = |value: &HeaderValue| value.to_str().unwrap_or_default().to_owned();
    let headers: BTreeMap<String, String> =
        headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    let is_form =
        headers.get("content-type").is_some_and(|of| of.starts_with("application/x-www-form-urlencoded"));
    let query = decode(query.as_bytes());
    let form = if is_form { decode(&body) } else { Vec::new() };
    let parameters = query.iter().cloned().chain(form).collect();
    Request { method: method.to_owned(), headers, query, body, parameters }
}

/// What goes back, and how.
struct Reply {
    http_status: u16,
    body: Vec<u8>,
    is_json: bool,
    date: Timestamp,
    retry_after_millis: Option<u64>,
    delay: Option<Duration>,
    ending: Ending,
}

enum Ending {
    Whole,
    /// Half of the body, then the end of the connection.
    Truncated,
    /// The end of the connection.
    Cut,
    /// Nothing, and the connection stays open.
    Never,
}

impl Reply {
    fn into_response(self) -> Result<Response<Body>, Cut> {
        let length = self.body.len();
        let body = match self.ending {
            Ending::Cut | Ending::Never => return Err(Cut),
            Ending::Truncated => {
                let half = Bytes::copy_from_slice(self.body.get(..length / 2).unwrap_or_default());
                StreamBody::new(stream::iter([Ok(Frame::data(half)), Err(Cut)])).boxed_unsync()
            }
            Ending::Whole => Full::new(Bytes::from(self.body)).map_err(|never| match never {}).boxed_unsync(),
        };
        let mut response = Response::new(body);
        *response.status_mut() =
            self.http_status.try_into().unwrap_or(hyper::StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        let kind = if self.is_json { "application/json;charset=utf-8" } else { "text/html" };
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        if let Ok(date) = HeaderValue::from_str(&http_date(self.date)) {
            headers.insert(DATE, date);
        }
        if let Some(millis) = self.retry_after_millis {
            headers.insert(HeaderName::from_static("x-acs-retry-after"), HeaderValue::from(millis));
        }
        Ok(response)
    }
}

/// Carries out a call, unless a fault is in the way.
fn reply(cloud: &Cloud, request: &Request) -> Reply {
    let mut state = cloud.lock();
    let request_id = new_id();
    let authenticated = authenticate(&mut state, request);
    let account = authenticated.as_ref().map(|caller| caller.account_id.clone()).unwrap_or_default();
    let action = request.action().unwrap_or_default().to_owned();
    let now = state.now();
    // Faults wait for calls that would have been carried out.
    let fault = authenticated.as_ref().ok().and_then(|_| strike(&mut state.faults, &action, &account, now));
    let kind = fault.as_ref().map(|fault| fault.kind);
    let outcome = match (authenticated, &fault) {
        (Err(refusal), _) => Err(refusal),
        (Ok(caller), Some(fault)) => match refusal_on_request(fault, &caller, request) {
            Some(refusal) => Err(refusal),
            None => carry_out(&mut state, &caller, request, Some(fault)),
        },
        (Ok(caller), None) => carry_out(&mut state, &caller, request, None),
    };
    let mut reply = reply_to(outcome, &request_id, state.now());
    if let Some(fault) = &fault {
        spoil(&mut reply, fault);
    }
    record(&mut state, request, &account, &reply, &request_id, kind);
    cloud.save(&state);
    reply
}

/// Who calls, if the signature is right.
fn authenticate(state: &mut State, request: &Request) -> Result<Caller, Refusal> {
    let signed = request.header("authorization").is_some() || request.parameter("Signature").is_some();
    match request.action() {
        // The token of an identity provider stands for a signature.
        Some("AssumeRoleWithOIDC") if !signed => {
            Ok(Caller { account_id: sts::account_of_role(request)?, identity: Identity::Nobody })
        }
        _ if request.header("authorization").is_none() && signed => authenticate_v1(state, request),
        _ => authenticate_v3(state, request),
    }
}

fn authenticate_v3(state: &mut State, request: &Request) -> Result<Caller, Refusal> {
    let authorization = Authorization::of(request)?;
    let header = |name: &str| {
        request.header(name).ok_or_else(|| {
            Refusal::new(400, "MissingParameter", &format!("The header {name} is mandatory for this action."))
        })
    };
    State::check_date(header("x-acs-date")?)?;
    let (caller, secret) = state.key(authorization.access_key_id, request.header("x-acs-security-token"))?;
    authorization.verify(request, &secret)?;
    state.use_nonce(header("x-acs-signature-nonce")?)?;
    Ok(caller)
}

fn authenticate_v1(state: &mut State, request: &Request) -> Result<Caller, Refusal> {
    State::check_date(request.required("Timestamp")?)?;
    let (caller, secret) = state.key(request.required("AccessKeyId")?, request.parameter("SecurityToken"))?;
    verify_v1(request, &secret)?;
    state.use_nonce(request.required("SignatureNonce")?)?;
    Ok(caller)
}

fn refusal_on_request(fault: &Fault, caller: &Caller, request: &Request) -> Option<Refusal> {
    Some(match fault.kind {
        Kind::Status => {
            let message = if fault.message.is_empty() { "Failed on request." } else { &fault.message };
            Refusal::new(fault.http_status, &fault.code, message)
        }
        Kind::Throttle => {
            Refusal::new(400, "Throttling.User", "Request was denied due to user flow control.")
        }
        Kind::Deny => Refusal::denied(&permission(request), caller),
        Kind::ExpiredToken => {
            Refusal::new(400, "InvalidSecurityToken.Expired", "The security token has expired.")
        }
        Kind::ClockSkew => {
            Refusal::new(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")
        }
        // Nothing is carried out; the reply is spoilt below.
        Kind::DropBefore | Kind::HoldBefore | Kind::Garbage => {
            Refusal::new(500, "InternalError", "Failed on request.")
        }
        _ => return None,
    })
}

fn carry_out(state: &mut State, caller: &Caller, request: &Request, fault: Option<&Fault>) -> Answer {
    if !matches!(request.version(), Some(STS_VERSION)) || request.action() == Some("AssumeRole") {
        state.check_allowed(caller, &permission(request), request)?;
    }
    let answer = match request.version() {
        Some(RESOURCE_MANAGER_VERSION) => resource_manager::handle(state, caller, request, fault)
            .or_else(|| resource_directory::handle(state, caller, request)),
        Some(RESOURCE_DIRECTORY_VERSION) => resource_directory::handle(state, caller, request),
        Some(RAM_VERSION) => ram::handle(state, caller, request, fault),
        Some(STS_VERSION) => sts::handle(state, caller, request),
        Some(MSSP_VERSION) => mssp::handle(state, caller, request, fault),
        _ => {
            return Err(Refusal::new(400, "InvalidVersion", "Specified parameter Version is not valid."));
        }
    };
    answer.unwrap_or_else(|| {
        let message = "Specified api is not found, please check your url and method.";
        Err(Refusal::new(404, "InvalidAction.NotFound", message))
    })
}

/// The permission that an action needs (documented).
fn permission(request: &Request) -> String {
    let prefix = match request.version() {
        Some(MSSP_VERSION) => "yundun-mss",
        Some(STS_VERSION) => "sts",
        _ if resource_directory::ACTIONS.contains(&request.action().unwrap_or_default()) => "resourcemanager",
        _ => "ram",
    };
    format!("{prefix}:{}", request.action().unwrap_or_default())
}

fn reply_to(outcome: Answer, request_id: &str, date: Timestamp) -> Reply {
    let (http_status, body) = match outcome {
        Ok(mut fields) => {
            fields.insert("RequestId".to_owned(), request_id.into());
            (200, Json::Object(fields))
        }
        Err(refusal) => (refusal.http_status, refusal.to_json(request_id)),
    };
    Reply {
        http_status,
        body: body.to_string().into_bytes(),
        is_json: true,
        date,
        retry_after_millis: None,
        delay: None,
        ending: Ending::Whole,
    }
}

fn spoil(reply: &mut Reply, fault: &Fault) {
    match fault.kind {
        Kind::DropBefore | Kind::DropAfter => reply.ending = Ending::Cut,
        Kind::HoldBefore | Kind::HoldAfter => reply.ending = Ending::Never,
        Kind::Truncate => reply.ending = Ending::Truncated,
        Kind::Delay => reply.delay = Some(Duration::from_millis(fault.millis)),
        Kind::Throttle => reply.retry_after_millis = fault.retry_after_millis,
        Kind::Garbage => {
            reply.http_status = 200;
            reply.is_json = false;
            reply.body = b"<html><body>Please sign in to the network.</body></html>".to_vec();
        }
        _ => {}
    }
}

fn record(
    state: &mut State,
    request: &Request,
    account: &str,
    reply: &Reply,
    request_id: &str,
    fault: Option<Kind>,
) {
    if state.calls.len() >= CALLS_KEPT {
        return;
    }
    let body: Map<String, Json> = serde_json::from_slice(&reply.body).unwrap_or_default();
    let unanswered = matches!(reply.ending, Ending::Cut | Ending::Never);
    let shown = |(name, _): &(&String, &String)| !UNSHOWN_PARAMETERS.contains(&name.as_str());
    let call = CallRecord {
        seq: state.calls.len() + 1,
        time: state.now(),
        account: account.to_owned(),
        action: request.action().unwrap_or_default().to_owned(),
        version: request.version().unwrap_or_default().to_owned(),
        parameters: request
            .parameters
            .iter()
            .filter(shown)
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
        http_status: if unanswered { 0 } else { reply.http_status },
        code: body.get("Code").and_then(Json::as_str).map(str::to_owned),
        request_id: request_id.to_owned(),
        user_agent: request.header("user-agent").unwrap_or_default().to_owned(),
        fault: fault.map(|kind| {
            serde_json::to_value(kind)
                .ok()
                .and_then(|kind| kind.as_str().map(str::to_owned))
                .unwrap_or_default()
        }),
    };
    state.calls.push(call);
}

fn control_reply(http_status: u16, body: &str) -> Reply {
    Reply {
        http_status,
        body: body.as_bytes().to_vec(),
        is_json: true,
        date: Timestamp::UNIX_EPOCH,
        retry_after_millis: None,
        delay: None,
        ending: Ending::Whole,
    }
}

fn http_date(timestamp: Timestamp) -> String {
    timestamp.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

const RAM_VERSION: &str = "2015-05-01";
const RESOURCE_MANAGER_VERSION: &str = "2020-03-31";
const RESOURCE_DIRECTORY_VERSION: &str = "2022-04-19";
const STS_VERSION: &str = "2015-04-01";
const MSSP_VERSION: &str = "2016-12-28";
/// No request of these APIs comes near.
const REQUEST_LIMIT: usize = 1024 * 1024;
/// Enough for thousands of roles; a log that is full stops growing.
const CALLS_KEPT: usize = 1_000_000;
const UNSHOWN_PARAMETERS: [&str; 5] =
    ["AccessKeyId", "Signature", "SignatureNonce", "SecurityToken", "OIDCToken"];
