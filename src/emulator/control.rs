//! The emulator's own calls, under `/_emulator/`: JSON in and out, not signed, for this machine alone.
//! A refusal is `{"error": "…"}` with status 400, 403, 404 or 405; 500 if the state file cannot be
//! written. [`CALLS`] lists them.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value as Json, json};

use super::{
    account::{Account, AccountSubscription},
    cloud::{Cloud, SaveError},
    directory::MemberSettings,
    fault::Fault,
    metadata, products,
    reply::Reply,
    request::set,
    role::View,
    seed::SeededAccount,
    state::State,
};

/// One call: method, path, body, and what it does. The guide shows them.
pub(super) const CALLS: [[&str; 4]; 18] = [
    ["GET", "state", "", "returns everything there is, without secrets"],
    ["POST", "reset", "", "goes back to the seed, including its keys"],
    [
        "PUT",
        "accounts/{id}",
        "what a seed says of an account",
        "makes an account: a member of the directory, unless it is `standalone`",
    ],
    ["DELETE", "accounts/{id}", "", "closes an account, with its keys and sessions"],
    [
        "PUT",
        "accounts/{id}/member",
        "`display_name`, `folder`, `status`, `type`, `join_method`, `join_time`, `deletion_status`, `tags`, `delegated_administrator`, `access_role`",
        "changes the given fields; with `null` as the body, the account leaves the directory",
    ],
    [
        "PUT",
        "accounts/{id}/subscription",
        "`status`, `version`, `customer_type`, `instance_id`, `start_date`, `end_date`",
        "changes the given fields; a field set to `null` is removed",
    ],
    ["PUT", "accounts/{id}/denied", "a list of permissions", "sets what the account's identities may not do"],
    [
        "PUT",
        "accounts/{id}/policy",
        "a policy document, or `null`",
        "sets all that the account's identities may do; with `null`, they may do everything",
    ],
    [
        "POST",
        "accounts/{id}/roles",
        "`role_name` or `service_name`, `create_date`, `trusted_accounts`, `trusted_providers` or `trust_policy`, `max_session_duration`",
        "creates a role as the console would; returns it",
    ],
    ["DELETE", "accounts/{id}/roles/{name}", "", "deletes a role as the console would"],
    [
        "POST",
        "folders",
        "`folder_name`, `folder_id`, `parent`",
        "creates a folder of the directory; returns its ID",
    ],
    ["PUT", "metadata", "`token_required`", "sets whether the metadata service requires a token"],
    ["POST", "clock", "`advance_seconds`", "advances the clock; returns the new time"],
    [
        "GET",
        "calls",
        "",
        "returns each call so far: time, account, action, parameters without secrets, outcome; with `?after=N`, those after the N-th",
    ],
    ["GET", "faults", "", "returns the active faults"],
    ["POST", "faults", "a fault", "adds a failure of a later call; returns all active faults"],
    ["DELETE", "faults", "", "removes all faults"],
    ["GET", "events", "", "sends server-sent events: one whenever something may have changed"],
];

/// Carries out one control call. `path` is what follows `/_emulator/`.
pub(super) fn reply(cloud: &Cloud, method: &str, path: &str, query: &str, body: &[u8]) -> Reply {
    let path = path.trim_end_matches('/');
    let outcome = match method {
        "GET" => cloud.look(|state| look(state, path, query)),
        _ => cloud
            .change(|state| change(cloud, state, method, path, body))
            .unwrap_or_else(|SaveError(text)| Err(problem(500, text))),
    };
    match outcome {
        Ok(json) => Reply::json(200, &json),
        Err(Problem { status, text }) => Reply::json(status, &json!({ "error": text })),
    }
}

/// Why a control call is refused, as its response says it.
struct Problem {
    status: u16,
    text: String,
}

fn problem(status: u16, text: impl Into<String>) -> Problem {
    Problem { status, text: text.into() }
}

fn refused(text: String) -> Problem {
    problem(400, text)
}

fn look(state: &State, path: &str, query: &str) -> Result<Json, Problem> {
    match path {
        "state" => Ok(show(state)),
        "faults" => Ok(show_faults(state)),
        "calls" => {
            let after = query.strip_prefix("after=").unwrap_or("0");
            let after = after.parse().map_err(|_| problem(400, "after is a number"))?;
            Ok(json!({ "calls": state.calls.after(after) }))
        }
        _ => Err(unknown("GET", path)),
    }
}

fn change(cloud: &Cloud, state: &mut State, method: &str, path: &str, body: &[u8]) -> Result<Json, Problem> {
    let parts: Vec<_> = path.split('/').collect();
    match (method, parts.as_slice()) {
        ("POST", ["reset"]) => {
            *state = State::new(&cloud.seed).map_err(refused)?;
            Ok(json!({}))
        }
        ("PUT", ["accounts", id]) => make_account(state, id, read(body)?),
        ("DELETE", ["accounts", id]) => close_account(state, id),
        ("PUT", ["accounts", id, "member"]) => set_membership(state, id, read(body)?),
        ("PUT", ["accounts", id, "subscription"]) => set_subscription(account(state, id)?, read(body)?),
        ("PUT", ["accounts", id, "denied"]) => {
            let denied = read(body)?;
            products::check_permissions(&denied).map_err(refused)?;
            account(state, id)?.denied = denied;
            Ok(json!({}))
        }
        ("PUT", ["accounts", id, "policy"]) => {
            account(state, id)?.policy = read(body)?;
            Ok(json!({}))
        }
        ("POST", ["accounts", id, "roles"]) => {
            account(state, id)?;
            let role = state.make_role(id, read(body)?).map_err(refused)?;
            Ok(role.to_json(id, View::ResourceManagerGet, &role.description))
        }
        ("DELETE", ["accounts", id, "roles", name]) => remove_role(account(state, id)?, id, name),
        ("POST", ["folders"]) => {
            let now = state.now();
            let id = state.directory().add_folder(read(body)?, now).map_err(refused)?;
            Ok(json!({ "folder_id": id }))
        }
        ("PUT", ["metadata"]) => {
            state.stored.metadata = read(body)?;
            Ok(json!({}))
        }
        ("POST", ["clock"]) => advance_clock(state, &read(body)?),
        ("POST", ["faults"]) => {
            let fault = Fault::read(read(body)?, state.now(), knows_action).map_err(refused)?;
            fault.account().map(|id| account(state, id).map(drop)).transpose()?;
            state.faults.push(fault);
            Ok(show_faults(state))
        }
        ("DELETE", ["faults"]) => {
            state.faults.clear();
            Ok(json!({}))
        }
        _ => Err(unknown(method, path)),
    }
}

/// There is no such path, or it knows other methods.
fn unknown(method: &str, path: &str) -> Problem {
    let parts: Vec<_> = path.split('/').collect();
    let is_like = |known: &str| {
        let known: Vec<_> = known.split('/').collect();
        let same = |(known, part): (&&str, &&str)| known.starts_with('{') || known == part;
        known.len() == parts.len() && known.iter().zip(&parts).all(same)
    };
    let methods: Vec<_> =
        CALLS.iter().filter(|[_, known, ..]| is_like(known)).map(|[method, ..]| *method).collect();
    if methods.is_empty() {
        return problem(404, format!("there is no /_emulator/{path}"));
    }
    problem(405, format!("{method} is not allowed on /_emulator/{path}, but {}", methods.join(" and ")))
}

fn knows_action(name: &str) -> bool {
    products::has_action(name) || metadata::has_action(name)
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| refused(error.to_string()))
}

/// An account that exists: an ID that is mistyped must not seem to work.
fn account<'a>(state: &'a mut State, id: &str) -> Result<&'a mut Account, Problem> {
    state.stored.accounts.get_mut(id).ok_or_else(|| {
        let text = format!(
            "there is no account {id}; accounts come from the seed (\"members\") or PUT /_emulator/accounts/{id}"
        );
        problem(404, text)
    })
}

fn make_account(state: &mut State, id: &str, seeded: SeededAccount) -> Result<Json, Problem> {
    products::check_permissions(&seeded.denied).map_err(refused)?;
    // All of it or nothing.
    let before = state.stored.clone();
    if let Err(text) = state.make_account(id, seeded) {
        state.stored = before;
        return Err(refused(text));
    }
    Ok(json!({}))
}

fn close_account(state: &mut State, id: &str) -> Result<Json, Problem> {
    account(state, id)?;
    if id == state.stored.management_account_id {
        return Err(refused(format!("{id} is the management account, which cannot be closed")));
    }
    state.stored.accounts.remove(id);
    state.stored.access_keys.retain(|_, key| key.account_id != id);
    state.stored.sessions.retain(|_, session| session.account_id != id);
    state.stored.tasks.retain(|_, task| task.account_id != id);
    Ok(json!({}))
}

fn set_membership(state: &mut State, id: &str, changes: Option<MemberSettings>) -> Result<Json, Problem> {
    let was = account(state, id)?.membership.clone();
    if id == state.stored.management_account_id {
        return Err(refused(format!("{id} is the management account, not a member")));
    }
    let now = state.now();
    let change = |changes| state.directory().membership(id, changes, was.as_ref(), now).map_err(refused);
    let membership = changes.map(change).transpose()?;
    account(state, id)?.membership.clone_from(&membership);
    Ok(json!({ "member": membership }))
}

fn set_subscription(account: &mut Account, changes: Map<String, Json>) -> Result<Json, Problem> {
    let mut changed =
        serde_json::to_value(&account.subscription).map_err(|error| problem(500, error.to_string()))?;
    if let Some(fields) = changed.as_object_mut() {
        fields.extend(changes);
    }
    let subscription: AccountSubscription =
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
    let moved = state.stored.clock_offset_seconds.checked_add(advance.advance_seconds);
    let within_reason =
        moved.filter(|seconds| (-CLOCK_LIMIT_SECONDS..=CLOCK_LIMIT_SECONDS).contains(seconds));
    let Some(seconds) = within_reason else {
        return Err(problem(400, "the clock cannot go that far"));
    };
    state.stored.clock_offset_seconds = seconds;
    Ok(json!({ "now": state.now().to_string() }))
}

fn show(state: &State) -> Json {
    let mut json = serde_json::to_value(&state.stored).unwrap_or_default();
    // Secrets protect nothing here; a habit of showing them would.
    for (group, secret) in [("access_keys", "secret"), ("sessions", "secret"), ("sessions", "token")] {
        for (_, entry) in json.get_mut(group).and_then(Json::as_object_mut).into_iter().flatten() {
            entry.as_object_mut().and_then(|entry| entry.remove(secret));
        }
    }
    set(&mut json, "now", state.now().to_string());
    set(&mut json, "faults", show_faults(state).get_mut("faults").map(Json::take).unwrap_or_default());
    set(&mut json, "calls", state.calls.len());
    json
}

fn show_faults(state: &State) -> Json {
    let in_force = state.faults.iter().filter(|fault| !fault.is_spent(state.now()));
    json!({ "faults": in_force.map(Fault::to_json).collect::<Vec<_>>() })
}

/// A hundred years each way: what dates can hold.
const CLOCK_LIMIT_SECONDS: i64 = 100 * 366 * 86_400;

#[cfg(test)]
mod tests {
    use super::{super::seed::Seed, *};

    fn cloud() -> Cloud {
        let seed = Seed::from_json(json!({ "members": ["2222222222222222"] })).unwrap();
        Cloud::new(State::new(&seed).unwrap(), None, seed)
    }

    fn call(cloud: &Cloud, method: &str, path: &str, body: &Json) -> (u16, Json) {
        let reply = reply(cloud, method, path, "", body.to_string().as_bytes());
        (reply.http_status, serde_json::from_slice(&reply.body).unwrap())
    }

    /// Each call that the guide shows is there.
    #[test]
    fn every_listed_call_is_known() {
        let cloud = cloud();
        for [method, path, ..] in CALLS {
            if path == "events" {
                continue;
            }
            let path = path.replace("{id}", "2222222222222222").replace("{name}", "x");
            let (status, response) = call(&cloud, method, &path, &json!("nonsense"));
            assert!(status != 405, "{method} {path}: {response}");
            let text = response["error"].as_str().unwrap_or_default();
            assert!(!text.contains("there is no /_emulator/"), "{method} {path}: {text}");
        }
    }

    #[test]
    fn what_is_mistyped_is_refused() {
        let cloud = cloud();
        let member = "accounts/2222222222222222";
        for (method, path, body, status, problem) in [
            ("GET", "stat", json!(null), 404, "there is no /_emulator/stat"),
            ("POST", "state", json!(null), 405, "GET"),
            ("PATCH", "accounts/1", json!(null), 405, "PUT and DELETE"),
            ("PUT", "accounts/2222222222222223/denied", json!([]), 404, "no account 2222222222222223"),
            ("PUT", &format!("{member}/denied"), json!(["ram:GetRol"]), 400, "ram:GetRol"),
            (
                "POST",
                "faults",
                json!({ "action": "GetRole", "kind": "deny", "account": "9" }),
                404,
                "no account 9",
            ),
            ("POST", &format!("{member}/roles"), json!({ "role_name": "a b" }), 400, "\"a b\""),
            ("POST", &format!("{member}/roles"), json!({ "role_name": "x".repeat(65) }), 400, "64"),
            (
                "POST",
                &format!("{member}/roles"),
                json!({ "role_name": "x", "max_session_duration": 1 }),
                400,
                "3600",
            ),
            (
                "POST",
                &format!("{member}/roles"),
                json!({ "role_name": "x", "service_name": "esa.mssp.aliyuncs.com" }),
                400,
                "AliyunServiceRoleForESAMssp",
            ),
            ("PUT", &format!("{member}/subscription"), json!({ "status": "Enable" }), 400, "`Enable`"),
            ("PUT", &format!("{member}/subscription"), json!({ "end_date": "soon" }), 400, "soon"),
            ("PUT", &format!("{member}/subscription"), json!({ "stat": "Enabled" }), 400, "`stat`"),
            ("PUT", &format!("{member}/member"), json!({ "status": "Happy" }), 400, "`Happy`"),
            ("PUT", &format!("{member}/member"), json!({ "folder": "x" }), 400, "no folder"),
            ("PUT", "accounts/1234567890123456/member", json!({}), 400, "management account"),
            ("DELETE", "accounts/1234567890123456", json!(null), 400, "management account"),
            ("PUT", member, json!({}), 400, "already exists"),
            ("PUT", "accounts/x", json!({}), 400, "not an account ID"),
            ("POST", &format!("{member}/roles"), json!({ "service_name": "x.y" }), 400, "no service x.y"),
            ("DELETE", &format!("{member}/roles/x"), json!(null), 404, "no role x"),
            ("POST", "clock", json!({ "advance_seconds": i64::MIN }), 400, "that far"),
            ("POST", "faults", json!({ "action": "GetRolle", "kind": "deny" }), 400, "GetRolle"),
            ("PUT", "metadata", json!({ "token": true }), 400, "`token`"),
        ] {
            let (found, response) = call(&cloud, method, path, &body);
            let text = response["error"].as_str().unwrap_or_default();
            assert!(found == status && text.contains(problem), "{method} {path}: {found} {response}");
        }
    }

    #[test]
    fn an_account_that_is_refused_leaves_nothing() {
        let cloud = cloud();
        let body = json!({ "roles": ["x", "x"], "access_keys": { "k": "s" } });
        assert_eq!(call(&cloud, "PUT", "accounts/3333333333333333", &body).0, 400);
        let (_, state) = call(&cloud, "GET", "state", &json!(null));
        assert!(state["accounts"]["3333333333333333"].is_null() && state["access_keys"]["k"].is_null());
    }
}
