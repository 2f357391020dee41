//! A small Alibaba Cloud on loopback: RAM, Resource Management, STS and MSS as an account sees
//! them, for the quick start, for tests, and for the CI of people who use the provider.
//!
//! It answers any client of these APIs: signatures V3 and V1 are verified, parameters may stand in the
//! query or in a form, errors are JSON with a request ID. Behaviour follows Alibaba Cloud's
//! documents; where those are silent a comment says "inferred". Its own calls stand under
//! `/_emulator/` and are described in [`control`]; what it can be made to do wrong in [`fault`].
//!
//! Roles, deletion tasks and subscriptions live by the emulator's clock, which runs with real time
//! and can be moved on. Signatures are checked against real time, so that clients keep working
//! after a jump; the `Date` header shows the emulator's clock.
//!
//! It must not know the provider's client, its signing or its credentials: it has to find their
//! mistakes. It listens on loopback only, since its control calls are not protected.

mod account;
mod catalog;
pub mod control;
mod directory;
pub mod ecs;
pub mod fault;
mod http;
mod mssp;
mod policy;
mod ram;
mod request;
mod resource_directory;
mod resource_manager;
mod seed;
mod signature;
mod state;
mod store;
mod sts;

use std::{
    fmt,
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

pub use self::seed::Seed;
use self::{state::State, store::Store};

/// How the secrets of an emulator begin, with what each is: for whoever searches logs for them. Those
/// that a seed brings are not among them.
pub const SECRETS: [(&str, &str); 4] = [
    ("AccessKey secret", state::DEFAULT_SECRET),
    ("AccessKey secret of a session", ecs::SESSION_SECRET),
    ("security token", ecs::SECURITY_TOKEN),
    ("metadata token", ecs::TOKEN),
];

/// How to run an emulator.
#[derive(Clone, Debug)]
pub struct Options {
    /// A loopback address; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where to keep the state: read at the start if it exists, replaced as a whole after each
    /// change, so that it survives also a kill.
    pub state: Option<PathBuf>,
    /// What to begin with if there is no state yet, and what a reset goes back to.
    pub seed: Seed,
}

impl Default for Options {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 0)), state: None, seed: Seed::default() }
    }
}

/// A running emulator; it stops when it is dropped.
pub struct Emulator {
    endpoint: String,
    account_id: String,
    access_key_id: String,
    access_key_secret: String,
    cloud: Arc<http::Cloud>,
    stop: CancellationToken,
    server: JoinHandle<()>,
}

/// Starts an emulator; it accepts requests when this returns.
///
/// # Errors
/// [`Error::NotLoopback`], a port that is taken, a state or seed that cannot be read.
pub async fn start(options: Options) -> Result<Emulator, Error> {
    if !options.listen.ip().is_loopback() {
        return Err(Error::NotLoopback(options.listen));
    }
    let store = options.state.map(Store::new);
    let kept = store.as_ref().map(Store::load).transpose()?.flatten();
    let fresh = || State::new(&options.seed).map_err(|problem| Error::Seed(None, problem));
    let state = kept.map_or_else(fresh, Ok)?;
    let (account_id, access_key_id, access_key_secret) = state.first_key();
    let listener =
        TcpListener::bind(options.listen).await.map_err(|source| Error::Listen(options.listen, source))?;
    let address = listener.local_addr().map_err(|source| Error::Listen(options.listen, source))?;
    let stop = CancellationToken::new();
    let cloud = Arc::new(http::Cloud { state: Mutex::new(state), store, seed: options.seed });
    let server = tokio::spawn(http::serve(listener, Arc::clone(&cloud), stop.clone()));
    Ok(Emulator {
        endpoint: format!("http://{address}"),
        account_id,
        access_key_id,
        access_key_secret,
        cloud,
        stop,
        server,
    })
}

impl Emulator {
    /// Base URL of every product, without a slash at the end.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The account of the AccessKey.
    pub fn account_id(&self) -> &str {
        &self.account_id
    }

    /// An AccessKey that works.
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// Its secret, which protects nothing.
    pub fn access_key_secret(&self) -> &str {
        &self.access_key_secret
    }

    /// Every secret that its keys and sessions have now.
    pub fn secrets(&self) -> Vec<String> {
        self.cloud.lock().secrets()
    }

    /// Stops accepting, and waits until nothing runs any more.
    pub async fn stop(mut self) {
        self.stop.cancel();
        // It ended in any case.
        let _ = (&mut self.server).await;
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

/// Why an emulator does not start.
#[derive(Debug)]
pub enum Error {
    /// The address can be reached from outside this machine.
    NotLoopback(SocketAddr),
    /// The address cannot be listened on.
    Listen(SocketAddr, std::io::Error),
    /// The state file cannot be read, or is of another version.
    State(PathBuf, String),
    /// The seed cannot be read, or says what no cloud can hold.
    Seed(Option<PathBuf>, String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotLoopback(address) => {
                write!(f, "{address} is not a loopback address; the emulator serves this machine alone")
            }
            Self::Listen(address, source) => write!(f, "cannot listen on {address}: {source}"),
            Self::State(path, problem) => write!(f, "state file {}: {problem}", path.display()),
            Self::Seed(Some(path), problem) => write!(f, "seed file {}: {problem}", path.display()),
            Self::Seed(None, problem) => write!(f, "seed: {problem}"),
        }
    }
}

impl std::error::Error for Error {}
