//! Bytes in and bytes out: accepts connections, reads requests, and leads each to what answers it.

use std::{collections::BTreeMap, sync::Arc};

use http_body_util::{BodyExt, Limited};
use hyper::{
    HeaderMap, Method, Response,
    body::Incoming,
    header::{HOST, HeaderValue, ORIGIN},
    http::request::Parts,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::{
    cloud::Cloud,
    control, dispatch, metadata, page,
    reply::{Body, Cut, Ending, Reply},
    request::Request,
};

/// What answers requests, and what it needs to know of its own address.
pub(super) struct Server {
    pub(super) cloud: Arc<Cloud>,
    /// Host and port, such as `127.0.0.1:8080`.
    pub(super) authority: String,
    pub(super) port: u16,
    pub(super) acceptor: Option<TlsAcceptor>,
    pub(super) stop: CancellationToken,
}

/// Accepts until it is stopped, then drops what is still open.
pub(super) async fn serve(listener: TcpListener, server: Arc<Server>) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            () = server.stop.cancelled() => break,
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
        };
        let Ok((stream, _)) = accepted else { continue };
        // Small responses must not wait for more.
        let _ = stream.set_nodelay(true);
        connections.spawn(connection(Arc::clone(&server), stream));
    }
}

async fn connection(server: Arc<Server>, stream: TcpStream) {
    match &server.acceptor {
        None => converse(server, stream).await,
        Some(acceptor) => {
            if let Ok(stream) = acceptor.accept(stream).await {
                converse(server, stream).await;
            }
        }
    }
}

async fn converse(server: Arc<Server>, stream: impl AsyncRead + AsyncWrite + Unpin) {
    let service = service_fn(move |request| respond(Arc::clone(&server), request));
    // A connection that ends badly is the client's affair, or a fault at work.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn respond(server: Arc<Server>, request: hyper::Request<Incoming>) -> Result<Response<Body>, Cut> {
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, REQUEST_LIMIT).collect().await else {
        return Err(Cut);
    };
    let body = body.to_bytes().to_vec();
    if is_of_another_site(&head.headers) {
        let problem = "a page of another site may not ask this emulator";
        return Reply::json(403, &json!({ "error": problem })).into_response();
    }
    if is_own(&head) {
        return own_answer(&server, &head, &body);
    }
    send(reply(&server.cloud, &head, body)).await
}

/// What a browser says of a request that a page of the web has it make, also without an origin.
fn is_of_another_site(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site")
}

/// What is the emulator's own: its page and its control calls.
fn is_own(head: &Parts) -> bool {
    head.uri.path().starts_with("/_emulator/") || page::is_asked_for(head)
}

fn own_answer(server: &Server, head: &Parts, body: &[u8]) -> Result<Response<Body>, Cut> {
    if let Err(problem) = check_sender(server, &head.headers) {
        return Reply::json(403, &json!({ "error": problem })).into_response();
    }
    match (&head.method, head.uri.path()) {
        (&Method::GET, "/") => page::reply().into_response(),
        (&Method::GET, "/_emulator/events") => page::events(&server.cloud, &server.stop),
        (method, path) => {
            let path = path.trim_start_matches("/_emulator/");
            let query = head.uri.query().unwrap_or_default();
            control::reply(&server.cloud, method.as_str(), path, query, body).into_response()
        }
    }
}

/// Control calls are not signed. A page of the web that the developer has open must not make them:
/// neither from its own origin, nor under a name of its own that leads to loopback.
fn check_sender(server: &Server, headers: &HeaderMap) -> Result<(), String> {
    let text = |value: &HeaderValue| value.to_str().unwrap_or_default().to_ascii_lowercase();
    let names = own_names(server);
    let host = headers.get(HOST).map(text).unwrap_or_default();
    if !names.contains(&host) {
        return Err(format!(
            "{host:?} is not a name of this emulator: control calls go to {}",
            server.authority
        ));
    }
    let scheme = if server.acceptor.is_some() { "https" } else { "http" };
    let is_own = |origin: &str| names.iter().any(|name| origin == format!("{scheme}://{name}"));
    match headers.get(ORIGIN).map(text) {
        Some(origin) if !is_own(&origin) => {
            Err(format!("a page of {origin:?} may not make control calls of this emulator"))
        }
        _ => Ok(()),
    }
}

fn own_names(server: &Server) -> [String; 4] {
    let port = server.port;
    [
        server.authority.clone(),
        format!("localhost:{port}"),
        format!("127.0.0.1:{port}"),
        format!("[::1]:{port}"),
    ]
}

/// Of a metadata service or of the cloud.
fn reply(cloud: &Cloud, head: &Parts, body: Vec<u8>) -> Reply {
    let query = head.uri.query().unwrap_or_default();
    let request = read_request(head.method.as_str(), query, &head.headers, body);
    let own = metadata::reply(cloud, head.uri.path(), &request);
    own.unwrap_or_else(|| dispatch::reply(cloud, &request))
}

async fn send(reply: Reply) -> Result<Response<Body>, Cut> {
    if let Some(delay) = reply.delay {
        tokio::time::sleep(delay).await;
    }
    if reply.ending == Ending::Never {
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

/// No request of these APIs comes near.
const REQUEST_LIMIT: usize = 1024 * 1024;
