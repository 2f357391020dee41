//! Credentials and where they come from: a chain of sources, the first that is configured wins.
//!
//! A source that is not configured passes on; one that is configured wrongly stops the chain. The
//! error tells of each source why it was passed over. Names of variables are those of the alicloud
//! provider and of the official SDKs.

mod keys;

use std::{collections::BTreeMap, fmt, path::PathBuf};

use jiff::Timestamp;
use secrecy::SecretString;

/// What signs a request.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Identifies the key; no secret.
    pub access_key_id: String,
    /// Signs.
    pub access_key_secret: SecretString,
    /// Only with temporary credentials.
    pub security_token: Option<SecretString>,
    /// When temporary credentials end.
    pub expires_at: Option<Timestamp>,
}

/// Everything that the sources read.
#[derive(Clone, Default)]
pub struct Inputs {
    /// From the provider block.
    pub access_key_id: Option<String>,
    /// From the provider block.
    pub access_key_secret: Option<SecretString>,
    /// From the provider block.
    pub security_token: Option<SecretString>,
    /// The environment of the process.
    pub environment: BTreeMap<String, String>,
    /// The home folder.
    pub home: Option<PathBuf>,
}

/// The sources, in order.
#[derive(Clone, Default)]
pub struct Chain {
    inputs: Inputs,
}

impl Chain {
    /// A chain over these inputs; nothing is read yet.
    pub fn new(inputs: Inputs) -> Self {
        Self { inputs }
    }

    /// Tells early, without the network, that there can be no credentials.
    ///
    /// # Errors
    /// A source that is configured wrongly, or none that is configured.
    pub fn check(&self) -> Result<(), Error> {
        self.resolve().map(drop)
    }

    /// The credentials of the first source that is configured.
    ///
    /// # Errors
    /// A source that is configured wrongly, or none that is configured.
    pub fn resolve(&self) -> Result<Credentials, Error> {
        let mut attempts = Vec::new();
        match keys::find(&self.inputs) {
            Ok(credentials) => return Ok(credentials),
            Err(keys::Passed::Wrong(problem)) => return Err(Error::Wrong(problem)),
            Err(keys::Passed::NotConfigured(reason)) => attempts.push(reason),
        }
        Err(Error::NoSource(attempts))
    }
}

/// Why there are no credentials. Whoever runs Terraform can act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// A source is configured wrongly: which, and how.
    Wrong(String),
    /// No source is configured: each with the reason.
    NoSource(Vec<String>),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wrong(problem) => f.write_str(problem),
            Self::NoSource(attempts) => {
                write!(f, "no source of credentials is configured: {}", attempts.join("; "))
            }
        }
    }
}

impl std::error::Error for Error {}
