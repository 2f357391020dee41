//! An emulator from its start to its end.

use std::{fmt, net::SocketAddr, path::PathBuf, sync::Arc};

use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::{
    cloud::Cloud,
    error::Error,
    seed::Seed,
    server::{self, Server},
    state::State,
    store::Store,
    tls::Tls,
};

/// How to run an emulator: where it listens, and what it holds.
#[derive(Clone, Debug)]
pub struct EmulatorOptions {
    /// A loopback address; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Whether to speak HTTPS, with certificates of its own.
    pub tls: bool,
    /// Where to keep the state: read at the start if it exists, replaced as a whole after each
    /// change, so that it survives also a kill.
    pub state: Option<PathBuf>,
    /// What to begin with if there is no state yet, and what a reset goes back to.
    pub seed: Seed,
}

impl Default for EmulatorOptions {
    fn default() -> Self {
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        Self { listen, tls: false, state: None, seed: Seed::default() }
    }
}

/// A running emulator; it stops when it is dropped.
pub struct Emulator {
    authority: String,
    endpoint: String,
    account_id: String,
    access_key_id: String,
    access_key_secret: String,
    tls: Option<Tls>,
    cloud: Arc<Cloud>,
    stop: CancellationToken,
    server: JoinHandle<()>,
}

/// Starts an emulator; it accepts requests when this returns.
///
/// # Errors
/// [`Error::NotLoopback`], a port that is taken, a state or seed that cannot be read, certificates that
/// cannot be made.
pub async fn start(options: EmulatorOptions) -> Result<Emulator, Error> {
    if !options.listen.ip().is_loopback() {
        return Err(Error::NotLoopback(options.listen));
    }
    let store = options.state.map(Store::new);
    let stored = store.as_ref().map(Store::load).transpose()?.flatten();
    let fresh = || State::new(&options.seed).map_err(|problem| Error::Seed(None, problem));
    let state = stored.map_or_else(fresh, Ok)?;
    // A place where nothing can be stored is reported at once.
    store.as_ref().map(|store| store.begin(&state.stored)).transpose()?;
    let (account_id, access_key_id, access_key_secret) = state.first_key();
    let tls = options.tls.then(|| Tls::new(options.listen.ip())).transpose().map_err(Error::Tls)?;
    let failed = |source| Error::Listen(options.listen, source);
    let listener = TcpListener::bind(options.listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let stop = CancellationToken::new();
    let cloud = Arc::new(Cloud::new(state, store, options.seed));
    let server = Server {
        cloud: Arc::clone(&cloud),
        authority: address.to_string(),
        port: address.port(),
        acceptor: tls.as_ref().map(|tls| tls.acceptor.clone()),
        stop: stop.clone(),
    };
    let scheme = if tls.is_some() { "https" } else { "http" };
    Ok(Emulator {
        authority: address.to_string(),
        endpoint: format!("{scheme}://{address}"),
        account_id,
        access_key_id,
        access_key_secret,
        tls,
        cloud,
        stop,
        server: tokio::spawn(server::serve(listener, Arc::new(server))),
    })
}

impl Emulator {
    /// Base URL of every product, without a slash at the end.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Host and port of the endpoint.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The account of the AccessKey: the management account, if there is a resource directory.
    pub fn account_id(&self) -> &str {
        &self.account_id
    }

    /// An AccessKey that works, of the management account.
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// The secret of that AccessKey, which protects nothing.
    pub fn access_key_secret(&self) -> &str {
        &self.access_key_secret
    }

    /// With HTTPS, two PEM files: the emulator's authority, and a bundle of it with the system's. They
    /// are there as long as the emulator.
    pub fn certificates(&self) -> Option<(PathBuf, PathBuf)> {
        self.tls.as_ref().map(|tls| (tls.certificate(), tls.bundle()))
    }

    /// Every secret that its keys and sessions have now.
    pub fn secrets(&self) -> Vec<String> {
        self.cloud.look(State::secrets)
    }

    /// Stops accepting, and waits until nothing runs any more.
    ///
    /// # Errors
    /// The text says which change could not be kept in the state file, if one could not.
    pub async fn stop(mut self) -> Result<(), String> {
        self.stop.cancel();
        // It ended in any case.
        let _ = (&mut self.server).await;
        self.cloud.lost().map_or(Ok(()), Err)
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
