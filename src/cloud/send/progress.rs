//! How far a request has come, for a caller that stops waiting for it.
//!
//! A caller that drops the future of a request learns nothing from it. Whether the cloud may have carried the request
//! out, and why there is no response, depends on where it was: waiting for its turn, on the way, or between two attempts.

use std::sync::{Mutex, PoisonError};

use crate::cloud::error::Error;

/// Where a request was when its caller stopped waiting.
#[derive(Debug, Default)]
pub enum CallProgress {
    /// No attempt was made: it waited for credentials, or for its turn after throttling.
    #[default]
    NotSent,
    /// An attempt was sent, and nothing came back: it may have had its effect.
    Sent,
    /// The last attempt had no effect, for this reason, and another one was to follow.
    Repelled(Error),
}

/// Shared by a request and whoever waits for it.
#[derive(Debug, Default)]
pub struct CallTracker(Mutex<CallProgress>);

impl CallTracker {
    pub(super) fn set(&self, progress: CallProgress) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = progress;
    }

    /// How far the last request came. A second call says that none was sent.
    pub(in crate::cloud) fn take(&self) -> CallProgress {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
