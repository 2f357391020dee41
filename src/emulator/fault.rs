//! Failures on request, for one call or many.
//!
//! `POST /_emulator/faults` takes one:
//!
//! ```json
//! { "action": "CreateServiceLinkedRole", "kind": "drop_after", "nth": 1, "count": 1 }
//! ```
//!
//! `nth` is the first call of the action (from now on, counted from 1) that it strikes, `count` how
//! many in a row; 0 means for ever. Both are 1 if they are left out. `account` limits it to calls of
//! one account and to those that enter it by AssumeRole. Each kind takes its own fields and no other:
//! [`Kind`] lists them. A field or an action that is not known is refused.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use super::task::TaskStatus;

/// Each kind, its own fields, and what happens. The guide and the help show them.
pub(super) const KINDS: [[&str; 3]; 17] = [
    [
        "status",
        "`http_status` (default 500), `code` (default InternalError), `message`",
        "the call is refused with these",
    ],
    ["drop_before", "", "the connection is cut, nothing is done"],
    ["drop_after", "", "the call takes effect, then the connection is cut; a deletion then takes a second"],
    ["delay", "`millis`", "the call takes effect, the response comes `millis` later"],
    ["hold_before", "", "nothing is done and no response comes; the connection stays open"],
    [
        "hold_after",
        "",
        "the call takes effect and no response comes; the connection stays open; a deletion then takes a second",
    ],
    ["truncate", "", "the call takes effect, half of the response is sent"],
    ["garbage", "", "HTTP 200 with a page that is not JSON; nothing is done"],
    ["success_false", "", "HTTP 200 with `Success: false`. Default action: GetUserStatus"],
    [
        "throttle",
        "`retry_after_millis`, `headers` (`\"both\"`, the default, `\"retry_after\"` or `\"rate_limit\"`)",
        "Throttling.User, and how long to wait",
    ],
    ["deny", "", "the permission of the action is missing"],
    ["expired_token", "", "InvalidSecurityToken.Expired"],
    ["clock_skew", "", "InvalidTimeStamp.Expired"],
    [
        "hide_role",
        "`seconds`",
        "the role seems not to exist: once, or for `seconds`. Default action: GetRole",
    ],
    [
        "slow_task",
        "`seconds`",
        "the deletion takes `seconds` by the emulator's clock. Default action: DeleteServiceLinkedRole",
    ],
    [
        "task_status",
        "`status`, `message`, `usages` (a list of `{\"region\": \"…\", \"resources\": [\"…\"]}`)",
        "the deletion status; FAILED and INTERNAL_ERROR end the task. Default action: GetServiceLinkedRoleDeletionStatus",
    ],
    ["purge_task", "", "the deletion task is not known. Default action: GetServiceLinkedRoleDeletionStatus"],
];

/// A fault that waits for its calls.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    calls: Calls,
    pub(super) kind: Kind,
    /// Calls of the action so far.
    seen: u64,
    until: Option<Timestamp>,
}

/// Which calls of which action a fault strikes.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct Calls {
    action: String,
    nth: u64,
    /// How many in a row; 0 for all that follow.
    count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
}

impl Default for Calls {
    fn default() -> Self {
        Self { action: String::new(), nth: 1, count: 1, account: None }
    }
}

/// What a fault does to a call, with the fields of its own.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Kind {
    /// The call is refused with these.
    Status {
        /// Any error status, 400 to 599.
        #[serde(default = "internal_error_status")]
        http_status: u16,
        #[serde(default = "internal_error_code")]
        code: String,
        #[serde(default = "on_request")]
        message: String,
    },
    /// The connection is cut, nothing is done.
    DropBefore {},
    /// The call takes effect, then the connection is cut.
    DropAfter {},
    /// The call takes effect, the response comes after a while.
    Delay {
        /// In milliseconds, at most an hour.
        millis: u64,
    },
    /// Nothing is done and no response comes; the connection stays open.
    HoldBefore {},
    /// The call takes effect and no response comes; the connection stays open.
    HoldAfter {},
    /// The call takes effect, half of the response is sent.
    Truncate {},
    /// HTTP 200 with a page that is not JSON; nothing is done.
    Garbage {},
    /// HTTP 200 whose envelope says `Success: false`; for GetUserStatus.
    SuccessFalse {},
    /// `Throttling.User`, with how long to wait in the headers of newer clients, older ones, or both.
    Throttle {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_millis: Option<u64>,
        #[serde(default)]
        headers: ThrottleHeaders,
    },
    /// The permission of the action is missing.
    Deny {},
    /// The call is refused with `InvalidSecurityToken.Expired`.
    ExpiredToken {},
    /// The call is refused with `InvalidTimeStamp.Expired`.
    ClockSkew {},
    /// GetRole answers that the role does not exist, though it may; with `seconds` for that long.
    HideRole {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seconds: Option<i64>,
    },
    /// DeleteServiceLinkedRole starts a task that takes so long by the emulator's clock.
    SlowTask { seconds: i64 },
    /// The deletion status; FAILED and INTERNAL_ERROR end the task.
    TaskStatus {
        status: TaskStatus,
        #[serde(default = "deletion_failed")]
        message: String,
        #[serde(default)]
        usages: Vec<Usage>,
    },
    /// The deletion task is not known.
    PurgeTask {},
}

/// How a throttled client learns how long to wait.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ThrottleHeaders {
    #[default]
    Both,
    /// `x-acs-retry-after`, as newer clients read it.
    RetryAfter,
    /// `x-ratelimit-user-api` and `x-ratelimit-user`, as older ones do.
    RateLimit,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Usage {
    region: String,
    resources: Vec<String>,
}

impl Fault {
    /// Reads what the control call sent; `knows` says whether there is such an action.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(super) fn read(json: Json, now: Timestamp, knows: impl Fn(&str) -> bool) -> Result<Self, String> {
        let Json::Object(fields) = json else {
            return Err("a fault is an object".to_owned());
        };
        let (calls, rest): (Map<_, _>, Map<_, _>) =
            fields.into_iter().partition(|(name, _)| CALLS_FIELDS.contains(&name.as_str()));
        let kind = Kind::read(rest)?;
        let mut calls: Calls =
            serde_json::from_value(Json::Object(calls)).map_err(|error| error.to_string())?;
        if calls.action.is_empty() {
            calls.action = kind.default_action().ok_or("a fault of this kind needs an action")?.to_owned();
        }
        if !knows(&calls.action) {
            return Err(format!(
                "there is no action {:?}; the guide lists those that are emulated",
                calls.action
            ));
        }
        if let Some(action) = kind.only_action()
            && calls.action != action
        {
            return Err(format!("a fault of this kind strikes {action} alone"));
        }
        if calls.nth == 0 {
            return Err("nth counts from 1".to_owned());
        }
        let until = match kind {
            Kind::HideRole { seconds: Some(seconds) } => {
                Some(now.checked_add(SignedDuration::from_secs(seconds)).map_err(|error| error.to_string())?)
            }
            _ => None,
        };
        Ok(Self { calls, kind, seen: 0, until })
    }

    /// The account whose calls alone it strikes.
    pub(super) fn account(&self) -> Option<&str> {
        self.calls.account.as_deref()
    }

    /// As the control call sent it, with what it left out.
    pub(super) fn to_json(&self) -> Json {
        let mut json = serde_json::to_value(&self.calls).unwrap_or_default();
        if let (Some(json), Some((name, Json::Object(fields)))) =
            (json.as_object_mut(), self.kind.named_fields())
        {
            json.insert("kind".to_owned(), name.into());
            json.extend(fields);
        }
        json
    }

    fn is_for(&self, action: &str, accounts: &[&str]) -> bool {
        let account = self.calls.account.as_deref();
        self.calls.action == action && account.is_none_or(|account| accounts.contains(&account))
    }

    /// Counts a call, and says whether the fault strikes it.
    fn strikes(&mut self, action: &str, accounts: &[&str], now: Timestamp) -> bool {
        if !self.is_for(action, accounts) {
            return false;
        }
        self.seen = self.seen.saturating_add(1);
        match self.until {
            Some(until) => now < until,
            None => self.seen >= self.calls.nth && self.is_in_force(self.seen),
        }
    }

    /// Whether it strikes this call of its action, or one that comes later.
    fn is_in_force(&self, call: u64) -> bool {
        self.calls.count == 0 || call < self.calls.nth.saturating_add(self.calls.count)
    }

    /// Whether it can strike no call any more.
    pub(super) fn is_spent(&self, now: Timestamp) -> bool {
        match self.until {
            Some(until) => now >= until,
            None => !self.is_in_force(self.seen.saturating_add(1)),
        }
    }

    /// Whether it waits to change what a deletion task of an account shows.
    pub(super) fn holds_tasks(&self, account: &str) -> bool {
        matches!(self.kind, Kind::TaskStatus { .. } | Kind::PurgeTask {})
            && self.calls.account.as_deref().is_none_or(|only| only == account)
            && self.is_in_force(self.seen.saturating_add(1))
    }
}

impl Kind {
    fn read(mut fields: Map<String, Json>) -> Result<Self, String> {
        let Some(Json::String(kind)) = fields.remove("kind") else {
            return Err("a fault needs a kind, a text".to_owned());
        };
        let kind: Self =
            serde_json::from_value(json!({ kind: fields })).map_err(|error| error.to_string())?;
        kind.check()?;
        Ok(kind)
    }

    /// Refuses numbers that no cloud could answer, or no clock could show.
    fn check(&self) -> Result<(), String> {
        let in_range = match self {
            Self::Status { http_status, .. } => (400..=599).contains(http_status),
            Self::Delay { millis } => *millis <= HOUR_MILLIS,
            Self::Throttle { retry_after_millis, .. } => {
                retry_after_millis.is_none_or(|it| it <= HOUR_MILLIS)
            }
            Self::HideRole { seconds: Some(seconds) } | Self::SlowTask { seconds } => {
                (0..=YEAR_SECONDS).contains(seconds)
            }
            _ => true,
        };
        let range = "out of range: http_status is 400 to 599, millis at most an hour, seconds 0 to a year";
        if in_range { Ok(()) } else { Err(range.to_owned()) }
    }

    fn default_action(&self) -> Option<&'static str> {
        match self {
            Self::HideRole { .. } => Some("GetRole"),
            Self::SlowTask { .. } => Some("DeleteServiceLinkedRole"),
            Self::TaskStatus { .. } | Self::PurgeTask {} => Some("GetServiceLinkedRoleDeletionStatus"),
            Self::SuccessFalse {} => Some("GetUserStatus"),
            _ => None,
        }
    }

    /// The action that a kind has no meaning without.
    fn only_action(&self) -> Option<&'static str> {
        self.default_action().filter(|_| !matches!(self, Self::SuccessFalse {}))
    }

    fn named_fields(&self) -> Option<(String, Json)> {
        match serde_json::to_value(self) {
            Ok(Json::Object(named)) => named.into_iter().next(),
            _ => None,
        }
    }

    /// The name in requests and in the log, such as `drop_before`.
    pub(super) fn name(&self) -> String {
        self.named_fields().map(|(name, _)| name).unwrap_or_default()
    }
}

/// The `Reason` of a failed deletion.
pub(super) fn reason(message: &str, usages: &[Usage]) -> Json {
    let usage =
        |usage: &Usage| json!({ "Region": usage.region, "Resources": { "Resource": usage.resources } });
    json!({
        "Message": message,
        "RoleUsages": { "RoleUsage": usages.iter().map(usage).collect::<Vec<_>>() },
    })
}

/// The kind of the fault that strikes a call; every waiting fault counts it. `accounts` are the
/// caller's, and the one that it enters.
pub(super) fn strike(faults: &mut [Fault], action: &str, accounts: &[&str], now: Timestamp) -> Option<Kind> {
    let mut struck = None;
    for fault in faults {
        if fault.strikes(action, accounts, now) && struck.is_none() {
            struck = Some(fault.kind.clone());
        }
    }
    struck
}

fn internal_error_status() -> u16 {
    500
}

fn internal_error_code() -> String {
    "InternalError".to_owned()
}

fn on_request() -> String {
    "Failed on request.".to_owned()
}

fn deletion_failed() -> String {
    "The deletion failed on request.".to_owned()
}

const CALLS_FIELDS: [&str; 4] = ["action", "nth", "count", "account"];
const HOUR_MILLIS: u64 = 3_600_000;
const YEAR_SECONDS: i64 = 366 * 86_400;

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(json: Json) -> Fault {
        Fault::read(json, Timestamp::UNIX_EPOCH, |_| true).unwrap()
    }

    fn struck(faults: &mut [Fault], calls: usize) -> Vec<bool> {
        (0..calls).map(|_| strike(faults, "GetRole", &["1"], Timestamp::UNIX_EPOCH).is_some()).collect()
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
        assert_eq!(case(json!({ "nth": u64::MAX, "count": u64::MAX })), [false; 4]);
    }

    #[test]
    fn strikes_whoever_enters_its_account() {
        let deny = json!({ "action": "AssumeRole", "kind": "deny", "account": "2" });
        let mut faults = [fault(deny)];
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(strike(&mut faults, "AssumeRole", &["1", "3"], now), None);
        assert_eq!(strike(&mut faults, "AssumeRole", &["1", "2"], now), Some(Kind::Deny {}));
    }

    #[test]
    fn for_a_while() {
        let mut faults = [fault(json!({ "kind": "hide_role", "seconds": 10 }))];
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        assert!(strike(&mut faults, "GetRole", &["1"], at(9)).is_some());
        assert!(strike(&mut faults, "GetRole", &["1"], at(10)).is_none());
    }

    #[test]
    fn holds_tasks_until_it_has_struck() {
        let mut faults = [fault(json!({ "kind": "task_status", "status": "IN_PROGRESS", "count": 2 }))];
        for held in [true, true, false] {
            assert_eq!(faults[0].holds_tasks("1"), held);
            assert_eq!(faults[0].is_spent(Timestamp::UNIX_EPOCH), !held);
            strike(&mut faults, "GetServiceLinkedRoleDeletionStatus", &["1"], Timestamp::UNIX_EPOCH);
        }
        assert!(!fault(json!({ "action": "GetRole", "kind": "deny" })).holds_tasks("1"));
    }

    #[test]
    fn shows_what_was_sent_and_what_was_left_out() {
        let json = fault(json!({ "action": "GetRole", "kind": "status", "http_status": 503 })).to_json();
        let expected = json!({
            "action": "GetRole", "nth": 1, "count": 1, "kind": "status", "http_status": 503,
            "code": "InternalError", "message": "Failed on request.",
        });
        assert_eq!(json, expected);
        assert_eq!(fault(json.clone()).to_json(), json);
    }

    /// What an error of the parser expects, between backticks.
    fn expected(json: Json) -> Vec<String> {
        let refused = Fault::read(json, Timestamp::UNIX_EPOCH, |_| true).unwrap_err();
        let quoted = refused.split('`').skip(1).step_by(2);
        quoted.skip(1).map(str::to_owned).collect()
    }

    #[test]
    fn the_table_has_every_kind_and_its_fields() {
        let kinds: Vec<_> = KINDS.iter().map(|[kind, ..]| (*kind).to_owned()).collect();
        assert_eq!(expected(json!({ "action": "GetRole", "kind": "none" })), kinds);
        for [kind, fields, _] in KINDS {
            let names: Vec<_> = fields.split('`').skip(1).step_by(2).filter(|it| !it.contains('"')).collect();
            let known = expected(json!({ "action": "GetRole", "kind": kind, "none": 1 }));
            assert_eq!(known, names, "{kind}");
        }
    }

    #[test]
    fn refuses_what_makes_no_sense() {
        for (json, problem) in [
            (json!({ "kind": "drop_before" }), "needs an action"),
            (json!({ "action": "GetRole" }), "needs a kind"),
            (json!({ "action": "GetRole", "kind": "explode" }), "`explode`"),
            (json!({ "action": "GetRole", "kind": "status", "colour": "red" }), "`colour`"),
            (json!({ "action": "GetRole", "kind": "deny", "http_status": 403 }), "`http_status`"),
            (json!({ "action": "GetRole", "kind": "status", "http_status": 200 }), "out of range"),
            (json!({ "action": "GetRole", "kind": "status", "http_status": 999 }), "out of range"),
            (json!({ "action": "GetRole", "kind": "delay" }), "`millis`"),
            (json!({ "action": "GetRole", "kind": "delay", "millis": 3_600_001 }), "out of range"),
            (json!({ "kind": "task_status" }), "`status`"),
            (json!({ "kind": "task_status", "status": "DONE" }), "`DONE`"),
            (json!({ "kind": "hide_role", "seconds": i64::MAX }), "out of range"),
            (json!({ "kind": "hide_role", "seconds": i64::MIN }), "out of range"),
            (json!({ "kind": "slow_task", "seconds": -1 }), "out of range"),
            (
                json!({ "action": "GetRole", "kind": "purge_task" }),
                "GetServiceLinkedRoleDeletionStatus alone",
            ),
            (json!({ "action": "GetRole", "kind": "deny", "nth": 0 }), "counts from 1"),
            (json!({ "action": "GetRole", "kind": "deny", "acount": "2" }), "`acount`"),
            (json!([]), "an object"),
        ] {
            let refused = Fault::read(json.clone(), Timestamp::UNIX_EPOCH, |_| true).unwrap_err();
            assert!(refused.contains(problem), "{json}: {refused}");
        }
        let unknown = json!({ "action": "GetRolle", "kind": "deny" });
        let refused = Fault::read(unknown, Timestamp::UNIX_EPOCH, |action| action == "GetRole").unwrap_err();
        assert!(refused.contains("GetRolle"), "{refused}");
    }
}
