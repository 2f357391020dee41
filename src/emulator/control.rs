//! The emulator's own calls, under `/_emulator/`: JSON in and out, not signed. A refusal is
//! `{"error": "…"}` with status 400, 404 or 405.
//!
//! | Call | Body | What |
//! |---|---|---|
//! | `GET state` | | everything there is, without secrets |
//! | `POST reset` | | back to one account with a key and an active subscription |
//! | `PUT accounts/{id}/subscription` | `status`, `version`, `customer_type`, `instance_id`, `start_date`, `end_date` | changes what is given; `null` takes a field away |
//! | `PUT accounts/{id}/denied` | list of permissions | what the account's identities may not do |
//! | `PUT accounts/{id}/policy` | a policy document, or `null` | all that the account's identities may do; `null`: everything |
//! | `POST accounts/{id}/roles` | `role_name` or `service_name`, `create_date`, `trusted_accounts` | a role that the console made |
//! | `DELETE accounts/{id}/roles/{name}` | | a role that the console deleted |
//! | `POST clock` | `advance_seconds` | moves the clock on; answers the new time |
//! | `GET calls` | | each call so far: time, account, action, parameters, outcome |
//! | `POST faults` | see [`super::fault`] | a failure that waits for its call |
//! | `DELETE faults` | | takes all of them back |

use jiff::Timestamp;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value as Json, json};

use super::{
    account::{Subscription, parse_date},
    catalog,
    fault::Fault,
    http::Cloud,
    state::State,
    store::Seed,
};

/// Answers one call: the HTTP status and the body.
pub(super) fn handle(cloud: &Cloud, method: &str, path: &str, body: &[u8]) -> (u16, Json) {
    let mut state = cloud.lock();
    let outcome = route(&mut state, method, path.trim_end_matches('/'), body);
    cloud.save(&state);
    match outcome {
        Ok(json) => (200, json),
        Err(Problem { status, text }) => (status, json!({ "error": text })),
    }
}

/// Why a call is refused.
struct Problem {
    status: u16,
    text: String,
}

fn problem(status: u16, text: impl Into<String>) -> Problem {
    Problem { status, text: text.into() }
}

fn route(state: &mut State, method: &str, path: &str, body: &[u8]) -> Result<Json, Problem> {
    let parts: Vec<_> = path.split('/').collect();
    match (method, parts.as_slice()) {
        ("GET", ["state"]) => Ok(show(state)),
        ("POST", ["reset"]) => {
            *state = State::new(Seed::default());
            Ok(json!({}))
        }
        ("PUT", ["accounts", id, "subscription"]) => set_subscription(state, account_id(id)?, read(body)?),
        ("PUT", ["accounts", id, "denied"]) => {
            state.account(account_id(id)?).denied = read(body)?;
            Ok(json!({}))
        }
        ("PUT", ["accounts", id, "policy"]) => {
            state.account(account_id(id)?).policy = read(body)?;
            Ok(json!({}))
        }
        ("POST", ["accounts", id, "roles"]) => add_role(state, account_id(id)?, read(body)?),
        ("DELETE", ["accounts", id, "roles", name]) => remove_role(state, account_id(id)?, name),
        ("POST", ["clock"]) => advance_clock(state, &read(body)?),
        ("GET", ["calls"]) => Ok(json!({ "calls": state.calls })),
        ("POST", ["faults"]) => {
            let fault = Fault::read(read(body)?, state.now()).map_err(|text| problem(400, text))?;
            state.faults.push(fault);
            Ok(json!({ "faults": state.faults }))
        }
        ("DELETE", ["faults"]) => {
            state.faults.clear();
            Ok(json!({}))
        }
        (_, ["state" | "reset" | "clock" | "calls" | "faults"] | ["accounts", ..]) => {
            Err(problem(405, format!("{method} is not allowed on /_emulator/{path}")))
        }
        _ => Err(problem(404, format!("there is no /_emulator/{path}"))),
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| problem(400, error.to_string()))
}

fn account_id(text: &str) -> Result<&str, Problem> {
    let well_formed = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if well_formed { Ok(text) } else { Err(problem(400, format!("{text:?} is not an account ID"))) }
}

fn show(state: &State) -> Json {
    let mut shown = serde_json::to_value(&state.kept).unwrap_or_default();
    // Secrets protect nothing here; a habit of showing them would.
    for (group, secret) in [("access_keys", "secret"), ("sessions", "secret"), ("sessions", "token")] {
        for (_, entry) in shown.get_mut(group).and_then(Json::as_object_mut).into_iter().flatten() {
            entry.as_object_mut().and_then(|entry| entry.remove(secret));
        }
    }
    if let Some(shown) = shown.as_object_mut() {
        shown.insert("now".to_owned(), state.now().to_string().into());
        shown.insert("faults".to_owned(), serde_json::to_value(&state.faults).unwrap_or_default());
    }
    shown
}

fn set_subscription(
    state: &mut State,
    account_id: &str,
    changes: Map<String, Json>,
) -> Result<Json, Problem> {
    let current = &state.account(account_id).subscription;
    let mut changed = serde_json::to_value(current).map_err(|error| problem(500, error.to_string()))?;
    if let Some(fields) = changed.as_object_mut() {
        fields.extend(changes);
    }
    let subscription: Subscription =
        serde_json::from_value(changed.clone()).map_err(|error| problem(400, error.to_string()))?;
    let dates = [&subscription.start_date, &subscription.end_date];
    if let Some(date) = dates.into_iter().flatten().find(|date| parse_date(date).is_none()) {
        return Err(problem(400, format!("{date:?} is not a date like \"2027-01-01 00:00:00\"")));
    }
    state.account(account_id).subscription = subscription;
    Ok(changed)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewRole {
    role_name: Option<String>,
    service_name: Option<String>,
    create_date: Option<Timestamp>,
    #[serde(default)]
    trusted_accounts: Vec<String>,
}

fn add_role(state: &mut State, account_id: &str, new: NewRole) -> Result<Json, Problem> {
    let of_service =
        || catalog::by_service_name(new.service_name.as_deref()?).map(|found| found.role_name.to_owned());
    let role_name = new.role_name.clone().or_else(of_service);
    let role_name =
        role_name.ok_or_else(|| problem(400, "a role needs a role_name or a known service_name"))?;
    if state.role(account_id, &role_name).is_some() {
        return Err(problem(400, format!("the role {role_name} exists already")));
    }
    let mut role = state.add_role(account_id, &role_name, new.create_date);
    role.trusted_accounts = new.trusted_accounts;
    state.account(account_id).roles.insert(role_name, role.clone());
    Ok(role.to_json(account_id))
}

fn remove_role(state: &mut State, account_id: &str, name: &str) -> Result<Json, Problem> {
    match state.account(account_id).roles.remove(name) {
        Some(_) => Ok(json!({})),
        None => Err(problem(404, format!("account {account_id} has no role {name}"))),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_seconds: i64,
}

fn advance_clock(state: &mut State, advance: &Advance) -> Result<Json, Problem> {
    let moved = state.kept.clock_offset_seconds.checked_add(advance.advance_seconds);
    let within_reason = moved.filter(|seconds| seconds.abs() <= CLOCK_LIMIT_SECONDS);
    let Some(seconds) = within_reason else {
        return Err(problem(400, "the clock cannot go that far"));
    };
    state.kept.clock_offset_seconds = seconds;
    Ok(json!({ "now": state.now().to_string() }))
}

/// A hundred years each way.
const CLOCK_LIMIT_SECONDS: i64 = 100 * 366 * 86_400;
