//! The life of the process: start, handshake, serve, end.

use std::{
    io::{self, Write},
    panic::{self, AssertUnwindSafe},
    pin::Pin,
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use tokio::{runtime, sync::mpsc, time};
use tokio_rustls::TlsAcceptor;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{service::Routes, transport::Server};

use super::{
    connection,
    environment::PluginEnvironment,
    error::Error,
    handshake, lifetime,
    lifetime::OpenConnections,
    listener::Listener,
    log,
    program::Plugin,
    reattach, services,
    tls::{self, PinnedClient, RunCertificate},
};
#[cfg(unix)]
use super::{descriptors, watch::Watch};
use crate::cause::chain;

/// The largest message, in bytes, that a service should accept and send: what Go providers do.
///
/// A tonic service has limits of its own; whoever makes it sets them to this.
pub const MESSAGE_LIMIT: usize = 256 * 1024 * 1024;

/// How long calls in flight may continue after a shutdown. Terraform kills the process after two seconds.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(1);

/// How long calls under way have to settle once nobody can read their responses: long enough for one look at what
/// a create has made.
const SETTLE_LIMIT: Duration = Duration::from_secs(2);

/// How long a refused client has to read the handshake line. When the process ends sooner, go-plugin
/// may report the end and not the line (inferred from its source).
const REFUSAL_PAUSE: Duration = Duration::from_secs(1);

/// What a provider serves, as the plugin layer needs it.
pub struct Service {
    /// Its gRPC services, with [`MESSAGE_LIMIT`] in both directions.
    pub routes: Routes,
    /// Ends every wait of the calls under way, and ends with the last of them, whether or not anybody still reads
    /// the responses.
    pub end: Pin<Box<dyn Future<Output = ()> + Send>>,
}

/// Lives the whole life of a provider process, from its environment to its exit status.
///
/// `make_service` is called once, after the handshake, so that whatever it does costs no time before Terraform
/// connects.
///
/// | Started | Behaviour |
/// |---|---|
/// | by Terraform | handshake; serves until Terraform asks to shut down or is gone; status 0 |
/// | by hand | says on standard error what this program is; status 1 |
/// | with `-debug` | prints how to attach Terraform; serves until Ctrl-C; status 0 |
/// | with `-version` | prints name, version and build; status 0 |
///
/// What goes wrong is said on standard error, with status 1.
pub fn run(plugin: Plugin, make_service: impl FnOnce() -> Service) -> ExitCode {
    let type_name = plugin.source.rsplit('/').next().unwrap_or_default();
    let environment = PluginEnvironment::read(type_name);
    if environment.has_flag("version") {
        print(&format!("{} {} ({})\n", plugin.name, plugin.version, plugin.build));
        return ExitCode::SUCCESS;
    }
    let debug = environment.has_flag("debug");
    if !debug && !handshake::started_as_plugin(&environment) {
        complain(&handshake::introduction(&plugin));
        return ExitCode::FAILURE;
    }
    log::start(&environment.log_levels);
    let life = || live(&plugin, &environment, debug, make_service);
    match panic::catch_unwind(AssertUnwindSafe(life)) {
        Ok(Ok(status)) => status,
        Ok(Err(error)) => {
            complain(&format!("{}: {}\n", plugin.name, chain(&error)));
            ExitCode::FAILURE
        }
        Err(payload) => {
            // Terraform shows lines from this prefix on to the practitioner, as the report of a crash.
            complain(&format!("panic: {}\n", log::panic_text(payload.as_ref())));
            ExitCode::FAILURE
        }
    }
}

fn live(
    plugin: &Plugin,
    environment: &PluginEnvironment,
    debug: bool,
    make_service: impl FnOnce() -> Service,
) -> Result<ExitCode, Error> {
    #[cfg(unix)]
    descriptors::make_room()?;
    let runtime = runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Runtime)?;
    let outcome = runtime.block_on(async {
        if debug {
            serve_reattached(plugin, environment, make_service).await
        } else {
            serve_terraform(plugin, environment, make_service).await
        }
    });
    // A name look-up that hangs in a thread must not hold the process.
    runtime.shutdown_background();
    outcome
}

/// Serves the Terraform that started us.
async fn serve_terraform(
    plugin: &Plugin,
    environment: &PluginEnvironment,
    make_service: impl FnOnce() -> Service,
) -> Result<ExitCode, Error> {
    #[cfg(not(unix))]
    let _ignored = lifetime::IgnoredSignals::start().map_err(Error::Runtime)?;
    let (identity, listener) = match prepare(environment).await {
        Ok(prepared) => prepared,
        Err(error) => return refuse(plugin, environment, &error).await,
    };
    // Before the line: from the moment Terraform knows of us, a signal to its process group must not end us.
    #[cfg(unix)]
    let mut watch = Watch::start(listener.folder()).map_err(Error::Runtime)?;
    let certificate = identity.as_ref().map(|(own, _)| own.der());
    // After the socket is open: Terraform connects as soon as it has read the line.
    handshake::write(&handshake::line(listener.address(), certificate, environment))?;
    // Terraform has its own work to do before it connects.
    listener.remove_stale_folders();

    let tls = identity.map(|(own, client)| tls::server_config(own, client));
    let tls = tls.transpose()?.map(Arc::new).map(TlsAcceptor::from);
    let connections = OpenConnections::new();
    let end = async {
        #[cfg(unix)]
        let reason = lifetime::should_end(&connections, &mut watch).await;
        #[cfg(not(unix))]
        let reason = lifetime::should_end(&connections).await;
        tracing::warn!("{reason}");
    };
    serve(listener, tls, &connections, make_service(), end).await
}

/// All that can fail before the handshake.
async fn prepare(
    environment: &PluginEnvironment,
) -> Result<(Option<(RunCertificate, PinnedClient)>, Listener), Error> {
    handshake::check_version(environment)?;
    let identity = match &environment.client_certificate {
        Some(pem) => Some((RunCertificate::generate()?, PinnedClient::from_pem(pem)?)),
        None => None,
    };
    Ok((identity, Listener::open(environment).await?))
}

/// Serves any Terraform that a developer points at us.
async fn serve_reattached(
    plugin: &Plugin,
    environment: &PluginEnvironment,
    make_service: impl FnOnce() -> Service,
) -> Result<ExitCode, Error> {
    let listener = Listener::open(environment).await?;
    let process_id = std::process::id();
    print(&reattach::instructions(plugin, process_id, listener.address()));
    let end = async {
        if let Err(error) = lifetime::interrupted().await {
            tracing::error!(error = &error as &dyn std::error::Error, "cannot wait for Ctrl-C");
        }
    };
    let connections = OpenConnections::of_several_clients();
    serve(listener, None, &connections, make_service(), end).await
}

/// Tells a client that it will not work, and why: on standard error for the log, and in place of the handshake,
/// where Terraform shows it to the person.
async fn refuse(plugin: &Plugin, environment: &PluginEnvironment, error: &Error) -> Result<ExitCode, Error> {
    let reason = format!("{}: {}", plugin.name, chain(error));
    complain(&format!("{reason}\n"));
    let line = match error {
        Error::UnsupportedProtocol { .. } => handshake::refusal_line(environment),
        _ => handshake::explanation(&reason),
    };
    handshake::write(&line)?;
    time::sleep(REFUSAL_PAUSE).await;
    Ok(ExitCode::FAILURE)
}

/// Serves until Shutdown is called or `end` comes, then closes the socket and lets calls in flight end.
async fn serve(
    listener: Listener,
    tls: Option<TlsAcceptor>,
    connections: &OpenConnections,
    service: Service,
    end: impl Future<Output = ()>,
) -> Result<ExitCode, Error> {
    let stop = CancellationToken::new();
    let routes = services::add(service.routes, &stop).prepare();
    let (accepted, incoming) = mpsc::channel(1);
    let mut server = std::pin::pin!(
        Server::builder()
            .add_routes(routes)
            .serve_with_incoming_shutdown(ReceiverStream::new(incoming), stop.cancelled())
    );
    let finished = tokio::select! {
        outcome = &mut server => Some(outcome),
        never = connection::accept_all(&listener, tls, connections, accepted) => match never {},
        () = end => None,
        () = stop.cancelled() => None,
    };
    // No new client, then the end of the streams that are held open, which the server would wait for.
    drop(listener);
    stop.cancel();
    let serving = async {
        match finished {
            Some(outcome) => outcome,
            None => time::timeout(SHUTDOWN_GRACE, server).await.unwrap_or(Ok(())),
        }
    };
    let (outcome, ()) = tokio::join!(serving, settle(service.end));
    outcome.map_err(Error::Serve)?;
    Ok(ExitCode::SUCCESS)
}

/// Lets what is under way end, whether or not anybody still reads its response.
async fn settle(end: impl Future<Output = ()>) {
    if time::timeout(SETTLE_LIMIT, end).await.is_err() {
        tracing::warn!("a request did not end within {SETTLE_LIMIT:?}");
    }
}

/// Writes to standard output where no handshake is expected.
fn print(text: &str) {
    // A closed pipe is the reader's wish.
    let _ = io::stdout().lock().write_all(text.as_bytes());
}

/// Writes to standard error, where Terraform logs it and a person reads it.
fn complain(text: &str) {
    // Whoever closed it does not want to know.
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::{
        convert::Infallible,
        path::{Path, PathBuf},
        task::{Context, Poll},
    };

    use hyper_util::rt::TokioIo;
    use tokio::{sync::oneshot, time::Instant};
    use tonic::{
        Request,
        body::Body,
        client::Grpc,
        codegen::{Service, http},
        server::NamedService,
        transport::Endpoint,
    };
    use tonic_prost::ProstCodec;

    use super::*;

    /// A service whose calls never end. It reports when it is called.
    #[derive(Clone)]
    struct Endless(mpsc::UnboundedSender<()>);

    impl NamedService for Endless {
        const NAME: &'static str = "test.Endless";
    }

    impl Service<http::Request<Body>> for Endless {
        type Response = http::Response<Body>;
        type Error = Infallible;
        type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

        fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _request: http::Request<Body>) -> Self::Future {
            self.0.send(()).unwrap();
            Box::pin(std::future::pending())
        }
    }

    async fn call(socket: PathBuf, path: &'static str) -> Result<(), tonic::Status> {
        let connector = tower::service_fn(move |_| {
            let socket = socket.clone();
            async move { tokio::net::UnixStream::connect(socket).await.map(TokioIo::new) }
        });
        let channel =
            Endpoint::from_static("http://localhost").connect_with_connector(connector).await.unwrap();
        let mut client = Grpc::new(channel);
        client.ready().await.unwrap();
        let path = http::uri::PathAndQuery::from_static(path);
        client.unary(Request::new(()), path, ProstCodec::<(), ()>::default()).await.map(|_| ())
    }

    fn served(routes: Routes) -> super::Service {
        super::Service { routes, end: Box::pin(std::future::ready(())) }
    }

    async fn listener(home: &Path) -> (Listener, PathBuf) {
        let environment =
            PluginEnvironment { temporary_folder: home.to_owned(), ..PluginEnvironment::default() };
        let listener = Listener::open(&environment).await.unwrap();
        let socket = PathBuf::from(&listener.address().text);
        (listener, socket)
    }

    #[tokio::test(start_paused = true)]
    async fn end_gives_calls_in_flight_a_grace_and_no_more() {
        let home = tempfile::tempdir().unwrap();
        let (listener, socket) = listener(home.path()).await;
        let (called, mut calls) = mpsc::unbounded_channel();
        let client = tokio::spawn(call(socket.clone(), "/test.Endless/Call"));
        let (ended, end) = oneshot::channel();
        tokio::spawn(async move {
            calls.recv().await.unwrap();
            ended.send(Instant::now()).unwrap();
        });
        let mut wait_until_end = None;
        let end = async { wait_until_end = Some(end.await.unwrap()) };

        let served = served(Routes::new(Endless(called)));
        let status = serve(listener, None, &OpenConnections::new(), served, end).await;

        assert_eq!(status.unwrap(), ExitCode::SUCCESS);
        assert_eq!(wait_until_end.unwrap().elapsed(), SHUTDOWN_GRACE);
        assert!(!socket.exists());
        client.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn shutdown_is_answered_and_waits_for_nobody() {
        let home = tempfile::tempdir().unwrap();
        let (listener, socket) = listener(home.path()).await;
        let client = tokio::spawn(call(socket, "/plugin.GRPCController/Shutdown"));
        let start = Instant::now();

        let never = std::future::pending();
        let connections = OpenConnections::new();
        let status = serve(listener, None, &connections, served(Routes::default()), never).await;

        assert_eq!(status.unwrap(), ExitCode::SUCCESS);
        assert!(client.await.unwrap().is_ok());
        assert_eq!(start.elapsed(), Duration::ZERO);
    }
}
