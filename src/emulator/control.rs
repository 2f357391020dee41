//! The emulator's own calls, under `/_emulator/`: JSON in and out, not signed. A refusal is
//! `{"error": "…"}` with status 400, 404 or 405.
//!
//! | Call | Body | What |
//! |---|---|---|
//! | `GET state` | | everything there is, without secrets |
//! | `POST reset` | | back to what it began with |
//! | `PUT accounts/{id}` | what a seed says of an account, see [`super::Seed`] | makes an account: a member of the directory, unless it is `standalone` |
//! | `DELETE accounts/{id}` | | closes an account |
//! | `PUT accounts/{id}/member` | `display_name`, `folder`, `status`, `type`, `join_method`, `join_time`, `deletion_status`, `tags`, `delegated_administrator`, `access_role` | changes what is given; `null`: it leaves the directory |
//! | `POST folders` | `folder_name`, `folder_id`, `parent` | a folder of the directory; answers its ID |
//! | `PUT accounts/{id}/subscription` | `status`, `version`, `customer_type`, `instance_id`, `start_date`, `end_date` | changes what is given; `null` takes a field away |
//! | `PUT accounts/{id}/denied` | list of permissions | what the account's identities may not do |
//! | `PUT accounts/{id}/policy` | a policy document, or `null` | all that the account's identities may do; `null`: everything |
//! | `POST accounts/{id}/roles` | `role_name` or `service_name`, `create_date`, `trusted_accounts` | a role that the console made |
//! | `DELETE accounts/{id}/roles/{name}` | | a role that the console deleted |
//! | `POST clock` | `advance_seconds` | moves the clock on; answers the new time |
//! | `GET calls` | | each call so far: time, account, action, parameters, outcome |
//! | `POST faults` | see [`super::fault`] | a failure that waits for its call |
//! | `DELETE faults` | | takes all of them back |

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value as Json, json};

use super::{
    account::{Account, Subscription},
    directory::MemberSettings,
    fault::Fault,
    http::Cloud,
    seed::SeededAccount,
    state::State,
};

/// Answers one call: the HTTP status and the body.
pub(super) fn handle(cloud: &Cloud, method: &str, path: &str, body: &[u8]) -> (u16, Json) {
    let mut state = cloud.lock();
    let outcome = route(cloud, &mut state, method, path.trim_end_matches('/'), body);
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

fn route(cloud: &Cloud, state: &mut State, method: &str, path: &str, body: &[u8]) -> Result<Json, Problem> {
    let parts: Vec<_> = path.split('/').collect();
    match (method, parts.as_slice()) {
        ("GET", ["state"]) => Ok(show(state)),
        ("POST", ["reset"]) => {
            *state = State::new(&cloud.seed).map_err(refused)?;
            Ok(json!({}))
        }
        ("PUT", ["accounts", id]) => make_account(state, id, read(body)?),
        ("DELETE", ["accounts", id]) => close_account(state, id),
        ("PUT", ["accounts", id, "member"]) => set_membership(state, id, read(body)?),
        ("PUT", ["accounts", id, "subscription"]) => set_subscription(account(state, id)?, read(body)?),
        ("PUT", ["accounts", id, "denied"]) => {
            account(state, id)?.denied = read(body)?;
            Ok(json!({}))
        }
        ("PUT", ["accounts", id, "policy"]) => {
            account(state, id)?.policy = read(body)?;
            Ok(json!({}))
        }
        ("POST", ["accounts", id, "roles"]) => {
            account(state, id)?;
            Ok(state.make_role(id, read(body)?).map_err(refused)?.to_json(id))
        }
        ("DELETE", ["accounts", id, "roles", name]) => remove_role(account(state, id)?, id, name),
        ("POST", ["folders"]) => {
            let now = state.now();
            let id = state.directory().add_folder(read(body)?, now).map_err(refused)?;
            Ok(json!({ "folder_id": id }))
        }
        ("POST", ["clock"]) => advance_clock(state, &read(body)?),
        ("GET", ["calls"]) => Ok(json!({ "calls": state.calls })),
        ("POST", ["faults"]) => {
            let fault = Fault::read(read(body)?, state.now()).map_err(refused)?;
            state.faults.push(fault);
            Ok(json!({ "faults": state.faults }))
        }
        ("DELETE", ["faults"]) => {
            state.faults.clear();
            Ok(json!({}))
        }
        (_, ["state" | "reset" | "clock" | "calls" | "faults" | "folders"] | ["accounts", ..]) => {
            Err(problem(405, format!("{method} is not allowed on /_emulator/{path}")))
        }
        _ => Err(problem(404, format!("there is no /_emulator/{path}"))),
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| problem(400, error.to_string()))
}

fn refused(text: String) -> Problem {
    problem(400, text)
}

/// An account that exists: an ID that is mistyped must not seem to work.
fn account<'a>(state: &'a mut State, id: &str) -> Result<&'a mut Account, Problem> {
    state.kept.accounts.get_mut(id).ok_or_else(|| {
        let text = format!(
            "there is no account {id}; accounts come from the seed (\"members\") or PUT /_emulator/accounts/{id}"
        );
        problem(404, text)
    })
}

fn make_account(state: &mut State, id: &str, seeded: SeededAccount) -> Result<Json, Problem> {
    // All of it or nothing.
    let before = state.kept.clone();
    if let Err(text) = state.make_account(id, seeded) {
        state.kept = before;
        return Err(problem(400, text));
    }
    Ok(json!({}))
}

/// Takes an account away with all that is in it, and its keys and sessions.
fn close_account(state: &mut State, id: &str) -> Result<Json, Problem> {
    account(state, id)?;
    if id == state.kept.management_account_id {
        return Err(problem(400, format!("{id} is the management account, which cannot be closed")));
    }
    state.kept.accounts.remove(id);
    state.kept.access_keys.retain(|_, key| key.account_id != id);
    state.kept.sessions.retain(|_, session| session.account_id != id);
    state.kept.tasks.retain(|_, task| task.account_id != id);
    Ok(json!({}))
}

/// Changes what an account is in the directory; `null`: it leaves.
fn set_membership(state: &mut State, id: &str, changes: Option<MemberSettings>) -> Result<Json, Problem> {
    let was = account(state, id)?.membership.clone();
    if id == state.kept.management_account_id {
        return Err(problem(400, format!("{id} is the management account, not a member")));
    }
    let now = state.now();
    let change = |changes| state.directory().membership(id, changes, was.as_ref(), now).map_err(refused);
    let membership = changes.map(change).transpose()?;
    account(state, id)?.membership.clone_from(&membership);
    Ok(json!({ "member": membership }))
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

fn set_subscription(account: &mut Account, changes: Map<String, Json>) -> Result<Json, Problem> {
    let mut changed =
        serde_json::to_value(&account.subscription).map_err(|error| problem(500, error.to_string()))?;
    if let Some(fields) = changed.as_object_mut() {
        fields.extend(changes);
    }
    let subscription: Subscription =
        serde_json::from_value(changed.clone()).map_err(|error| refused(error.to_string()))?;
    subscription.check().map_err(refused)?;
    account.subscription = subscription;
    Ok(changed)
}

fn remove_role(account: &mut Account, id: &str, name: &str) -> Result<Json, Problem> {
    match account.roles.remove(name) {
        Some(_) => Ok(json!({})),
        None => Err(problem(404, format!("account {id} has no role {name}"))),
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
