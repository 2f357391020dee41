//! The frame around every RPC: a span in the log, a task of its own, and a response whatever goes wrong.
//!
//! A request becomes a response through [`Rpc`] and in no other way, so that none is served outside. What a
//! practitioner should see is a diagnostic, also when our own code panics; a gRPC status is only for a request that
//! cannot be decoded. A request whose caller has gone is stopped, and ends by itself: a create still looks
//! what became of it.

use std::{future::Future, sync::Arc};

use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};
use tonic::{Response, Status};
use tracing::Instrument;

use super::{convert::diagnostics::encode as encode_diagnostics, generated::Diagnostic as WireDiagnostic};
use crate::framework::{
    diagnostics::{Diagnostic, Diagnostics, Severity},
    server::Server,
    value::Error as ValueError,
};

/// What tonic sends: a message, or a gRPC status for a request that cannot be decoded.
pub(super) type RpcResult<T> = Result<Response<T>, Status>;

/// One RPC, identified by its request.
pub(super) trait Rpc: Send + Sync + 'static {
    /// The message that Terraform receives: generated, like the request.
    type Response: Send + 'static;
    /// Its name in the protocol, for the log and for errors.
    const NAME: &'static str;

    /// What the request is about, for the log.
    fn subject(&self) -> Subject<'_> {
        Subject::Provider
    }

    /// Decodes the request, calls the server, encodes the response. A panic here becomes a diagnostic.
    fn respond(&self, context: &RpcContext) -> impl Future<Output = Result<Self::Response, RpcError>> + Send;

    /// The response that carries diagnostics and leaves everything as it was: prior state, prior private
    /// data.
    fn refuse(&self, diagnostics: Vec<WireDiagnostic>) -> Self::Response;
}

/// What a request is served with: by whom, and until when.
pub(super) struct RpcContext {
    /// The server of the client that sent the request.
    pub(super) server: Arc<Server>,
    /// Ends every wait of this request: Ctrl-C, or a caller that has gone.
    pub(super) stop: CancellationToken,
}

/// What a request is about, with its name in configuration.
#[derive(Clone, Copy)]
pub(super) enum Subject<'a> {
    Provider,
    Resource(&'a str),
    DataSource(&'a str),
    ListResource(&'a str),
    Function(&'a str),
}

impl<'a> Subject<'a> {
    fn resource(self) -> Option<&'a str> {
        if let Self::Resource(name) = self { Some(name) } else { None }
    }

    fn data_source(self) -> Option<&'a str> {
        if let Self::DataSource(name) = self { Some(name) } else { None }
    }

    fn list_resource(self) -> Option<&'a str> {
        if let Self::ListResource(name) = self { Some(name) } else { None }
    }

    fn function(self) -> Option<&'a str> {
        if let Self::Function(name) = self { Some(name) } else { None }
    }
}

/// Why a request is not served.
pub(super) enum RpcError {
    /// It cannot be decoded: a gRPC status.
    Undecodable(String),
    /// What the practitioner reads: Terraform gets a response with diagnostics.
    Diagnostics(Diagnostics),
}

impl From<ValueError> for RpcError {
    fn from(error: ValueError) -> Self {
        Self::Undecodable(error.to_string())
    }
}

impl From<Diagnostic> for RpcError {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Diagnostics(diagnostic.into())
    }
}

impl From<Diagnostics> for RpcError {
    fn from(diagnostics: Diagnostics) -> Self {
        Self::Diagnostics(diagnostics)
    }
}

/// Serves one request. When the caller goes, what is under way is stopped and ends in its task.
pub(super) async fn serve<R: Rpc>(
    server: &Arc<Server>,
    tasks: &TaskTracker,
    request: R,
) -> RpcResult<R::Response> {
    // A child of the server's: a caller that goes stops this request alone, Ctrl-C every one.
    let stop = server.stop_token().child_token();
    let caller_is_there: DropGuard = stop.clone().drop_guard();
    let context = RpcContext { server: Arc::clone(server), stop };
    let span = span(R::NAME, request.subject());
    let request = Arc::new(request);
    // A task of its own, since tonic drops the future of a request whose caller has gone: a create must still look what
    // it has created.
    let task = tasks.spawn(run(Arc::clone(&request), context).instrument(span.clone()));
    let outcome = task.await;
    // From here on a stream of ours may outlive the request: only Ctrl-C stops it.
    caller_is_there.disarm();
    let error = match outcome {
        Ok(Ok(response)) => return Ok(Response::new(response)),
        Ok(Err(error)) => error,
        Err(ended) => RpcError::from(abandoned(R::NAME, ended)),
    };
    span.in_scope(|| refused(&*request, error))
}

async fn run<R: Rpc>(request: Arc<R>, context: RpcContext) -> Result<R::Response, RpcError> {
    tracing::trace!("request received");
    let outcome = request.respond(&context).await;
    tracing::trace!("request served");
    outcome
}

fn refused<R: Rpc>(request: &R, error: RpcError) -> RpcResult<R::Response> {
    match error {
        RpcError::Diagnostics(diagnostics) => Ok(Response::new(request.refuse(report(diagnostics)))),
        RpcError::Undecodable(problem) => {
            tracing::error!(problem, "request cannot be decoded");
            Err(Status::invalid_argument(format!("{} cannot be decoded: {problem}", R::NAME)))
        }
    }
}

/// The task of a request ended without an outcome: it panicked, or the process is ending.
fn abandoned(rpc: &str, ended: tokio::task::JoinError) -> Diagnostic {
    match ended.try_into_panic() {
        Ok(panic) => Diagnostic::panicked(rpc, &*panic, ""),
        Err(_) => Diagnostic::error(
            "Provider is exiting",
            format!(
                "{rpc} was not done, because the provider was asked to exit.\n\nRun the same command again."
            ),
        ),
    }
}

/// Logs the diagnostics of a response and encodes them.
pub(super) fn report(diagnostics: Diagnostics) -> Vec<WireDiagnostic> {
    diagnostics.iter().for_each(log);
    encode_diagnostics(diagnostics)
}

fn log(found: &Diagnostic) {
    let severity = match found.severity {
        Severity::Error => "ERROR",
        Severity::Warning => "WARNING",
    };
    tracing::debug!(
        diagnostic_severity = severity,
        diagnostic_summary = %found.summary,
        diagnostic_detail = %found.detail,
        diagnostic_attribute = %found.path.as_ref().map(ToString::to_string).unwrap_or_default(),
        "diagnostic"
    );
}

/// What each line of the log says of a request; the names are those of HashiCorp's SDKs.
pub(super) fn span(rpc: &'static str, subject: Subject<'_>) -> tracing::Span {
    if !tracing::enabled!(tracing::Level::ERROR) {
        return tracing::Span::none();
    }
    let request_id = request_id();
    tracing::error_span!(
        "rpc",
        tf_req_id = %request_id,
        tf_rpc = rpc,
        tf_resource_type = subject.resource(),
        tf_data_source_type = subject.data_source(),
        tf_list_resource_type = subject.list_resource(),
        tf_function_name = subject.function(),
        tf_proto_version = "6.11",
    )
}

#[expect(clippy::disallowed_methods, reason = "the identifier that the log gives to one request")]
fn request_id() -> uuid::Uuid {
    uuid::Uuid::new_v4()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::framework::diagnostics::Samples;

    /// A sample of each diagnostic that this file makes, for the snapshot.
    pub(crate) async fn samples() -> Samples {
        let task = tokio::spawn(std::future::pending::<()>());
        task.abort();
        vec![("abandoned", abandoned("ApplyResourceChange", task.await.unwrap_err()))]
    }
}
