//! Deletion tasks of service-linked roles.
//!
//! A task is over as soon as it was started, unless a fault says otherwise: `slow_task` makes it take
//! a while of the emulator's clock, and as long as a fault waits to change what a task shows, the task
//! waits for it. Who asks, and how often, changes nothing.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// The deletion of one service-linked role.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Task {
    pub(super) account_id: String,
    pub(super) role_name: String,
    pub(super) status: TaskStatus,
    pub(super) create_date: Timestamp,
    /// When it ends by itself, by the emulator's clock.
    pub(super) due: Timestamp,
    /// The field `Reason` of a task that has failed.
    pub(super) reason: Option<Json>,
}

/// How far a deletion task is: the documented values of `Status`.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum TaskStatus {
    NotStarted,
    InProgress,
    Succeeded,
    Failed,
    InternalError,
}

impl TaskStatus {
    pub(super) fn is_over(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::InternalError)
    }
}

impl Task {
    pub(super) fn is_of(&self, account_id: &str, role_name: &str) -> bool {
        self.account_id == account_id && self.role_name == role_name
    }

    /// Whether its time has come and it has not ended yet.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        !self.status.is_over() && self.due <= now
    }
}
