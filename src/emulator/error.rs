//! Why an emulator does not start.

use std::{fmt, io, net::SocketAddr, path::PathBuf};

/// Why an emulator does not start.
#[derive(Debug)]
pub enum Error {
    /// The address can be reached from outside this machine.
    NotLoopback(SocketAddr),
    /// The address cannot be listened on.
    Listen(SocketAddr, io::Error),
    /// The state file cannot be read, or is of another version.
    State(PathBuf, String),
    /// The seed cannot be read, or says what no cloud can hold.
    Seed(Option<PathBuf>, String),
    /// The certificates of HTTPS cannot be made.
    Tls(io::Error),
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
            Self::Tls(source) => write!(f, "cannot make certificates: {source}"),
        }
    }
}

impl std::error::Error for Error {}
