//! Whose credentials sign a request, and how long they are kept.
//!
//! Where credentials come from is given as a [`CredentialsSource`]: the caller's are found by the chain of sources,
//! those of a member account are a session of a role there.

use std::{fmt, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use tokio::{sync::Mutex, time::Instant};

use super::{error::Error, key::Credentials};

/// Whose credentials sign a request, if anybody's do.
#[derive(Clone, Debug)]
pub enum Signer {
    /// Those of a source, kept until they end: the caller's, or a member account's.
    Cached(Arc<CachedCredentials>),
    /// Given ones, for one request: a session that another opens.
    Given(Credentials),
    /// Nobody's: the request is not signed, because a token in it stands for a signature.
    Nobody,
}

impl Signer {
    /// The credentials to sign with at a time. `refused` names a key that no longer works.
    ///
    /// # Errors
    /// A source that gives none.
    pub async fn credentials(
        &self,
        now: Timestamp,
        refused: Option<&str>,
    ) -> Result<Option<Credentials>, Error> {
        match self {
            Self::Cached(cached) => cached.credentials(now, refused).await.map(Some),
            Self::Given(credentials) => Ok(Some(credentials.clone())),
            Self::Nobody => Ok(None),
        }
    }

    /// Whether other credentials can be had in place of expired ones.
    pub async fn can_renew(&self) -> bool {
        match self {
            Self::Cached(cached) => cached.state.lock().await.can_renew,
            Self::Given(_) | Self::Nobody => false,
        }
    }
}

/// Where credentials come from: the chain, or a session in a member account.
pub trait CredentialsSource: Send + Sync {
    /// Gets credentials, over the network if need be. Called again whenever they are about to end.
    ///
    /// # Errors
    /// No credentials can be had; the error names the source.
    fn fetch(&self) -> BoxFuture<'_, Result<FetchedCredentials, Error>>;
}

/// Credentials as a source gave them.
#[derive(Debug)]
pub struct FetchedCredentials {
    /// Good from now on, until they say that they end.
    pub credentials: Credentials,
    /// Whether asking again can give others.
    pub can_renew: bool,
}

/// Credentials of a source. One asks, all share; they are asked for again before they end.
pub struct CachedCredentials {
    source: Box<dyn CredentialsSource>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    credentials: Option<Credentials>,
    can_renew: bool,
    failure: Option<(Instant, super::credentials::Error)>,
}

impl CachedCredentials {
    /// Over a source that is asked by the first request.
    pub fn new(source: impl CredentialsSource + 'static) -> Self {
        Self { source: Box::new(source), state: Mutex::default() }
    }

    /// The credentials at a time. `refused` names a key that no longer works.
    ///
    /// # Errors
    /// What the source reports; a source that has no credentials is not asked again for a while.
    pub async fn credentials(&self, now: Timestamp, refused: Option<&str>) -> Result<Credentials, Error> {
        let mut state = self.state.lock().await;
        if let Some(good) = state.good(now, refused) {
            return Ok(good.clone());
        }
        if let Some(failure) = state.recent_failure() {
            return Err(failure.into());
        }
        match self.source.fetch().await {
            Ok(FetchedCredentials { credentials, can_renew }) => {
                state.can_renew = can_renew;
                state.failure = None;
                Ok(state.credentials.insert(credentials).clone())
            }
            Err(error) => {
                if let Error::Credentials(error) = &error {
                    state.failure = Some((Instant::now(), error.clone()));
                }
                Err(error)
            }
        }
    }
}

impl CachedCredentials {
    /// Forgets the credentials: they turned out to be another account's, and nobody may sign with them.
    pub async fn forget(&self) {
        self.state.lock().await.credentials = None;
    }
}

impl State {
    fn good(&self, now: Timestamp, refused: Option<&str>) -> Option<&Credentials> {
        let credentials = self.credentials.as_ref()?;
        let is_refused = refused == Some(credentials.access_key_id());
        Some(credentials).filter(|_| !self.can_renew || !is_refused && !ends_soon(credentials, now))
    }

    fn recent_failure(&self) -> Option<super::credentials::Error> {
        let (at, error) = self.failure.as_ref()?;
        (at.elapsed() < FAILURE_MEMORY).then(|| error.clone())
    }
}

impl fmt::Debug for CachedCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").finish_non_exhaustive()
    }
}

fn ends_soon(credentials: &Credentials, now: Timestamp) -> bool {
    credentials.expires_at().is_some_and(|end| end.duration_since(now) <= MARGIN)
}

/// A source that gave nothing is not asked again for so long: many roles ask at the same time.
const FAILURE_MEMORY: Duration = Duration::from_secs(10);
/// Credentials are renewed this long before they end, as the official SDKs do.
const MARGIN: SignedDuration = SignedDuration::from_secs(180);
