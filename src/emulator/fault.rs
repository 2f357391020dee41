//! Failures on request, for one call or many.
//!
//! `POST /_emulator/faults` takes one:
//!
//! ```json
//! { "action": "CreateServiceLinkedRole", "kind": "drop_after", "nth": 1, "count": 1 }
//! ```
//!
//! `nth` is the first call of the action (from now on, counted from 1) that it strikes, `count` how
//! many in a row; 0 means for ever. Both are 1 if they are left out. `account` limits it to one.
//!
//! | Kind | Fields | What happens |
//! |---|---|---|
//! | `status` | `http_status`, `code`, `message` | the call is refused with these |
//! | `drop_before` | | the connection is cut, nothing is carried out |
//! | `drop_after` | | the call is carried out, then the connection is cut |
//! | `delay` | `millis` | the call is carried out, the answer comes after a while |
//! | `hold_before` | | nothing is carried out and no answer comes; the connection stays open |
//! | `hold_after` | | the call is carried out and no answer comes; the connection stays open |
//! | `truncate` | | the call is carried out, half of the answer is sent |
//! | `garbage` | | HTTP 200 with a page that is not JSON; nothing is carried out |
//! | `success_false` | | HTTP 200 whose envelope says `Success: false` |
//! | `throttle` | `retry_after_millis` | `Throttling.User` |
//! | `deny` | | the permission of the action is missing |
//! | `expired_token` | | `InvalidSecurityToken.Expired` |
//! | `clock_skew` | | `InvalidTimeStamp.Expired` |
//! | `hide_role` | `seconds` | GetRole answers that the role does not exist, though it may; with `seconds` for that long |
//! | `task_status` | `status`, `message`, `usages` | the deletion status; FAILED and INTERNAL_ERROR end the task |
//! | `purge_task` | | the deletion task is not known |
//!
//! For `hide_role` the action is GetRole, for the last two GetServiceLinkedRoleDeletionStatus, if
//! none is given.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::state::TaskStatus;

/// A fault that waits for its calls.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fault {
    #[serde(default)]
    action: String,
    #[serde(default = "one")]
    nth: u64,
    #[serde(default = "one")]
    count: u64,
    account: Option<String>,
    pub(super) kind: Kind,
    // The fields of the kinds.
    #[serde(default = "internal_error_status")]
    pub(super) http_status: u16,
    #[serde(default = "internal_error_code")]
    pub(super) code: String,
    #[serde(default)]
    pub(super) message: String,
    #[serde(default)]
    pub(super) millis: u64,
    pub(super) retry_after_millis: Option<u64>,
    seconds: Option<i64>,
    pub(super) status: Option<TaskStatus>,
    usages: Option<Vec<Usage>>,
    /// Calls of the action so far.
    #[serde(skip)]
    seen: u64,
    #[serde(skip)]
    until: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Status,
    DropBefore,
    DropAfter,
    Delay,
    HoldBefore,
    HoldAfter,
    Truncate,
    Garbage,
    SuccessFalse,
    Throttle,
    Deny,
    ExpiredToken,
    ClockSkew,
    HideRole,
    TaskStatus,
    PurgeTask,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Usage {
    region: String,
    resources: Vec<String>,
}

impl Fault {
    /// Reads what the control call sent.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(super) fn read(json: Json, now: Timestamp) -> Result<Self, String> {
        let mut fault: Self = serde_json::from_value(json).map_err(|error| error.to_string())?;
        if fault.action.is_empty() {
            fault.action = match fault.kind {
                Kind::HideRole => "GetRole".to_owned(),
                Kind::TaskStatus | Kind::PurgeTask => "GetServiceLinkedRoleDeletionStatus".to_owned(),
                _ => return Err("a fault of this kind needs an action".to_owned()),
            };
        }
        if fault.kind == Kind::TaskStatus && fault.status.is_none() {
            return Err("a fault of kind task_status needs a status".to_owned());
        }
        if fault.nth == 0 {
            return Err("nth counts from 1".to_owned());
        }
        fault.until = fault.seconds.map(|seconds| now + SignedDuration::from_secs(seconds));
        Ok(fault)
    }

    /// Counts a call, and tells whether the fault strikes it.
    fn strikes(&mut self, action: &str, account: &str, now: Timestamp) -> bool {
        if self.action != action || self.account.as_ref().is_some_and(|only| only != account) {
            return false;
        }
        self.seen += 1;
        match self.until {
            Some(until) => now < until,
            None => self.seen >= self.nth && (self.count == 0 || self.seen < self.nth + self.count),
        }
    }

    /// The `Reason` of a failed deletion.
    pub(super) fn reason(&self) -> Json {
        let message = if self.message.is_empty() { "The deletion failed on request." } else { &self.message };
        let usages = self.usages.as_deref().unwrap_or_default().iter();
        let usage =
            |usage: &Usage| json!({ "Region": usage.region, "Resources": { "Resource": usage.resources } });
        json!({ "Message": message, "RoleUsages": { "RoleUsage": usages.map(usage).collect::<Vec<_>>() } })
    }
}

/// The fault that strikes a call; every waiting fault counts it.
pub(super) fn strike(faults: &mut [Fault], action: &str, account: &str, now: Timestamp) -> Option<Fault> {
    let mut struck = None;
    for fault in faults {
        if fault.strikes(action, account, now) && struck.is_none() {
            struck = Some(fault.clone());
        }
    }
    struck
}

fn one() -> u64 {
    1
}

fn internal_error_status() -> u16 {
    500
}

fn internal_error_code() -> String {
    "InternalError".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(json: Json) -> Fault {
        Fault::read(json, Timestamp::UNIX_EPOCH).unwrap()
    }

    fn struck(faults: &mut [Fault], calls: usize) -> Vec<bool> {
        (0..calls).map(|_| strike(faults, "GetRole", "1", Timestamp::UNIX_EPOCH).is_some()).collect()
    }

    #[test]
    fn strikes_the_calls_that_it_was_asked_for() {
        let case = |extra: Json| {
            let mut json = json!({ "action": "GetRole", "kind": "drop_before" });
            json.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
            struck(&mut [fault(json)], 4)
        };
        assert_eq!(case(json!({})), [true, false, false, false]);
        assert_eq!(case(json!({ "nth": 2, "count": 2 })), [false, true, true, false]);
        assert_eq!(case(json!({ "nth": 3, "count": 0 })), [false, false, true, true]);
        assert_eq!(case(json!({ "account": "2" })), [false; 4]);
        assert_eq!(case(json!({ "action": "ListRoles" })), [false; 4]);
    }

    #[test]
    fn for_a_while() {
        let mut faults = [fault(json!({ "kind": "hide_role", "seconds": 10 }))];
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        assert!(strike(&mut faults, "GetRole", "1", at(9)).is_some());
        assert!(strike(&mut faults, "GetRole", "1", at(10)).is_none());
    }

    #[test]
    fn refuses_what_makes_no_sense() {
        for json in [
            json!({ "kind": "drop_before" }),
            json!({ "action": "GetRole" }),
            json!({ "action": "GetRole", "kind": "explode" }),
            json!({ "action": "GetRole", "kind": "status", "colour": "red" }),
            json!({ "kind": "task_status" }),
            json!({ "kind": "task_status", "status": "DONE" }),
            json!({ "action": "GetRole", "kind": "deny", "nth": 0 }),
        ] {
            assert!(Fault::read(json.clone(), Timestamp::UNIX_EPOCH).is_err(), "{json}");
        }
    }
}
