//! Every call of every operation, under every fault, at every position.
//!
//! A cell is one operation during which one fault strikes one action (the first time, the second time, or
//! always), or during which two faults strike two calls of a create or a delete that follow each other, every
//! fault with every other. Whatever happens, these hold:
//!
//! - Success is reported only for what was done: a role in state exists, a destroyed one is gone.
//! - After an error the state is what it was, and a role that exists beside it is named in the error
//!   with the way to import it.
//! - A plan that could not check something says so: with a warning, or, if the cloud does not accept the
//!   credentials, with an error.
//! - Every operation ends within its time-out, and the next one without faults tells the truth.
//! - No secret is in the log or in an answer.
//!
//! `cargo test fault_matrix -- --nocapture` prints the table.

use std::{collections::BTreeMap, time::Duration};

use futures_util::{StreamExt, stream};
use serde_json::{Value as Json, json};

use crate::support::{
    cloud::Cloud,
    names::{ACCOUNT, MEMBER, ROLE},
    resource::{Applied, Diagnostic, Provider},
};

/// Of each operation, as configured; long enough for an operation whose fault strikes once.
const TIMEOUT: &str = "2s";
/// A cell that takes longer hangs: the time-out, a last look, and a machine that is busy.
const HANG: Duration = Duration::from_secs(20);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Operation {
    Plan,
    Create,
    CreateInMember,
    Adopt,
    Read,
    Import,
    PlanDestroy,
    Delete,
}

/// Each operation and the actions that it calls.
const CALLS: [(Operation, &[&str]); 8] = [
    (Operation::Plan, &["GetCallerIdentity", "GetRole"]),
    (Operation::Create, &["GetServiceLinkedRoleTemplate", "CreateServiceLinkedRole", "GetRole"]),
    (Operation::CreateInMember, &["GetCallerIdentity", "AssumeRole", "CreateServiceLinkedRole", "GetRole"]),
    (Operation::Adopt, &["GetCallerIdentity", "GetRole"]),
    (Operation::Read, &["GetCallerIdentity", "GetRole"]),
    (Operation::Import, &["GetRole"]),
    (Operation::PlanDestroy, &["GetUserStatus"]),
    (
        Operation::Delete,
        &["GetUserStatus", "DeleteServiceLinkedRole", "GetServiceLinkedRoleDeletionStatus", "GetRole"],
    ),
];

/// Every fault, with the action that it is for; none means any.
fn faults() -> Vec<(&'static str, Option<&'static str>, Json)> {
    let status =
        |http_status: u16, code: &str| json!({ "kind": "status", "http_status": http_status, "code": code });
    let deletion = Some("GetServiceLinkedRoleDeletionStatus");
    let task = |status: &str| json!({ "kind": "task_status", "status": status });
    vec![
        ("400", None, status(400, "InvalidParameter")),
        ("403", None, status(403, "Forbidden.AccessKeyDisabled")),
        ("404 of another kind", None, status(404, "InvalidAccessKeyId.NotFound")),
        ("409", None, status(409, "LimitExceeded.Role")),
        ("429", None, status(429, "TooManyRequests")),
        ("500", None, status(500, "InternalError")),
        ("503", None, status(503, "ServiceUnavailable")),
        ("cut before", None, json!({ "kind": "drop_before" })),
        ("cut after", None, json!({ "kind": "drop_after" })),
        ("late", None, json!({ "kind": "delay", "millis": 4000 })),
        ("half an answer", None, json!({ "kind": "truncate" })),
        ("garbage", None, json!({ "kind": "garbage" })),
        ("throttled", None, json!({ "kind": "throttle" })),
        ("throttled, asked to wait", None, json!({ "kind": "throttle", "retry_after_millis": 50 })),
        ("denied", None, json!({ "kind": "deny" })),
        ("expired token", None, json!({ "kind": "expired_token" })),
        ("clock skew", None, json!({ "kind": "clock_skew" })),
        ("used nonce", None, status(400, "SignatureNonceUsed")),
        ("hidden role", Some("GetRole"), json!({ "kind": "hide_role" })),
        ("no success", Some("GetUserStatus"), json!({ "kind": "success_false" })),
        ("task FAILED", deletion, task("FAILED")),
        ("task INTERNAL_ERROR", deletion, task("INTERNAL_ERROR")),
        ("task IN_PROGRESS", deletion, task("IN_PROGRESS")),
        ("task NOT_STARTED", deletion, task("NOT_STARTED")),
        ("task SUCCEEDED", deletion, task("SUCCEEDED")),
        ("task purged", deletion, json!({ "kind": "purge_task" })),
    ]
}

#[derive(Clone, Debug)]
struct Cell {
    operation: Operation,
    action: &'static str,
    fault_name: &'static str,
    faults: Vec<Json>,
    position: &'static str,
    max_retries: u32,
}

/// Calls of one operation that follow each other.
const NEIGHBOURS: [(Operation, [&str; 2]); 6] = [
    (Operation::Create, ["GetServiceLinkedRoleTemplate", "CreateServiceLinkedRole"]),
    (Operation::Create, ["CreateServiceLinkedRole", "GetRole"]),
    (Operation::Delete, ["GetUserStatus", "GetRole"]),
    (Operation::Delete, ["GetRole", "DeleteServiceLinkedRole"]),
    (Operation::Delete, ["DeleteServiceLinkedRole", "GetServiceLinkedRoleDeletionStatus"]),
    (Operation::Delete, ["GetServiceLinkedRoleDeletionStatus", "GetRole"]),
];

/// The faults that can strike an action.
fn faults_of(action: &str) -> Vec<(&'static str, Json)> {
    let strikes = |only: &Option<&str>| only.is_none_or(|only| only == action);
    faults().into_iter().filter(|(_, only, _)| strikes(only)).map(|(name, _, fault)| (name, fault)).collect()
}

fn fault_at(mut fault: Json, action: &str, nth: u32, count: u32) -> Json {
    fault["action"] = action.into();
    fault["nth"] = nth.into();
    fault["count"] = count.into();
    fault
}

/// Every fault on a call with every fault on the next.
fn pairs() -> Vec<Cell> {
    let mut cells = Vec::new();
    for (operation, [action, next]) in NEIGHBOURS {
        // Right before the delete RAM is asked for the role, and once more after the status.
        let nth = if (operation, action) == (Operation::Delete, "GetServiceLinkedRoleDeletionStatus") {
            2
        } else {
            1
        };
        for (fault_name, fault) in faults_of(action) {
            for (next_name, next_fault) in faults_of(next) {
                let faults = vec![fault_at(fault.clone(), action, 1, 1), fault_at(next_fault, next, nth, 1)];
                cells.push(Cell {
                    operation,
                    action,
                    fault_name,
                    faults,
                    position: next_name,
                    max_retries: 0,
                });
            }
        }
    }
    cells
}

fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for (operation, actions) in CALLS {
        for action in actions.iter().copied() {
            for (fault_name, fault) in faults_of(action) {
                for (position, nth, count) in [("first", 1, 1), ("second", 2, 1), ("always", 1, 0)] {
                    let faults = vec![fault_at(fault.clone(), action, nth, count)];
                    cells.push(Cell { operation, action, fault_name, faults, position, max_retries: 2 });
                }
            }
        }
    }
    cells
}

#[tokio::test]
async fn holds_in_every_cell() {
    println!("{}", table(&hold_in(cells()).await));
}

#[tokio::test]
async fn holds_for_every_pair_of_faults() {
    let mut ends: BTreeMap<(String, &str, &str), usize> = BTreeMap::new();
    for (cell, outcome) in hold_in(pairs()).await {
        let ended = outcome.unwrap_or("FAILED");
        *ends
            .entry((format!("{:?} / {}", cell.operation, cell.action), cell.fault_name, ended))
            .or_default() += 1;
    }
    println!("| Operation / action | Fault | Ended | With any fault on the next call |\n|---|---|---|---|");
    for ((call, fault, ended), count) in ends {
        println!("| {call} | {fault} | {ended} | {count} |");
    }
}

/// Runs every cell; none may fail.
async fn hold_in(cells: Vec<Cell>) -> Vec<(Cell, Result<&'static str, String>)> {
    let total = cells.len();
    // Those of one kind wait alike: each worker gets some of each.
    let shares = (0..WORKERS).map(|worker| cells.iter().skip(worker).step_by(WORKERS).cloned().collect());
    let shares: Vec<Vec<Cell>> = shares.collect();
    let outcomes: Vec<Vec<(Cell, Result<&str, String>)>> =
        stream::iter(shares).map(work).buffer_unordered(WORKERS).collect().await;
    let outcomes: Vec<_> = outcomes.into_iter().flatten().collect();
    let failed: Vec<_> = outcomes
        .iter()
        .filter_map(|(cell, outcome)| Some(format!("{cell:?}: {}", outcome.as_ref().err()?)))
        .collect();
    assert_eq!(outcomes.len(), total, "no cell is skipped");
    assert!(failed.is_empty(), "{} of {total} cells failed:\n{}", failed.len(), failed.join("\n"));
    outcomes
}

/// One provider and one cloud for a share of the cells.
async fn work(cells: Vec<Cell>) -> Vec<(Cell, Result<&'static str, String>)> {
    let cloud = Cloud::start().await;
    let provider = Provider::start(&cloud).await;
    let mut outcomes = Vec::new();
    for cell in cells {
        let outcome = tokio::time::timeout(HANG, run(&cloud, &provider, &cell)).await;
        outcomes.push((cell, outcome.unwrap_or_else(|_| Err(format!("took longer than {HANG:?}")))));
    }
    let log = provider.log();
    assert!(log.contains("CreateServiceLinkedRole") || log.contains("GetRole"), "the log tells of the calls");
    outcomes
}

/// Runs a cell; answers how the operation ended.
async fn run(cloud: &Cloud, provider: &Provider, cell: &Cell) -> Result<&'static str, String> {
    cloud.reset().await;
    let member = cell.operation == Operation::CreateInMember;
    let account = if member { MEMBER } else { ACCOUNT };
    let mut config =
        json!({ "role_name": ROLE, "timeouts": { "create": TIMEOUT, "read": TIMEOUT, "delete": TIMEOUT } });
    if member {
        config["account_id"] = MEMBER.into();
    }
    if cell.operation == Operation::Adopt {
        config["adopt_existing"] = true.into();
        cloud.add_old_role(ACCOUNT, ROLE).await;
    }
    // A new run for each step: sessions and templates are asked for again.
    let provider_block = json!({ "max_retries": cell.max_retries });
    let fresh = async || provider.configure_with(&provider_block).await.expect_success();
    let strike = async || {
        for fault in &cell.faults {
            cloud.fault(fault.clone()).await;
        }
    };
    fresh().await;
    match cell.operation {
        Operation::Plan => {
            strike().await;
            checked(cell, &provider.plan_once(&Json::Null, &config).await.diagnostics)
        }
        Operation::Adopt => {
            strike().await;
            let plan = provider.plan_once(&Json::Null, &config).await;
            let told = checked(cell, &plan.diagnostics)?;
            cloud.clear_faults().await;
            fresh().await;
            if told != "error" {
                created(cloud, account, &provider.apply(&Json::Null, &plan).await, true).await?;
            }
            Ok(told)
        }
        Operation::Create | Operation::CreateInMember => {
            let plan = provider.plan_once(&Json::Null, &config).await;
            fresh().await;
            strike().await;
            let applied = provider.apply(&Json::Null, &plan).await;
            cloud.clear_faults().await;
            created(cloud, account, &applied, false).await?;
            Ok(ended(&applied.diagnostics))
        }
        Operation::Read | Operation::Import => {
            cloud.add_role(ACCOUNT, ROLE).await;
            let (imported, private) = provider.begin_import(&format!("{ACCOUNT}:{ROLE}")).await;
            let imported = imported.expect_success();
            let (prior, private) = match cell.operation {
                Operation::Read => {
                    let mut state = provider.read_with(&imported, &private).await.expect_success();
                    state["timeouts"] = config["timeouts"].clone();
                    (state, Vec::new())
                }
                _ => (imported, private),
            };
            fresh().await;
            strike().await;
            let read = provider.read_with(&prior, &private).await;
            cloud.clear_faults().await;
            // What an import has made is not a state yet: a role that RAM does not show counts as missing.
            let told_gone = cell.fault_name == "hidden role" && cell.operation == Operation::Import;
            expect(told_gone || !read.state.is_null(), || {
                "a failed read removed the role from state".to_owned()
            })?;
            expect(!read.has_error() || read.state == prior, || "an error changed the state".to_owned())?;
            fresh().await;
            let again = provider.read_with(&prior, &private).await;
            expect(again.state["id"] == format!("{ACCOUNT}:{ROLE}"), || format!("afterwards: {again:?}"))?;
            Ok(ended(&read.diagnostics))
        }
        Operation::PlanDestroy | Operation::Delete => {
            cloud.end_subscription(ACCOUNT).await;
            let plan = provider.plan_once(&Json::Null, &config).await;
            let prior = provider.apply(&Json::Null, &plan).await.expect_success();
            fresh().await;
            strike().await;
            if cell.operation == Operation::PlanDestroy {
                return checked(cell, &provider.plan_destroy(&prior).await.diagnostics);
            }
            let destroyed = provider.destroy(&prior).await;
            cloud.clear_faults().await;
            deleted(cloud, provider, &prior, &destroyed).await?;
            Ok(ended(&destroyed.diagnostics))
        }
    }
}

fn ended(told: &[Diagnostic]) -> &'static str {
    match (told.iter().any(|found| found.is_error), told.is_empty()) {
        (true, _) => "error",
        (false, true) => "ok",
        (false, false) => "warned",
    }
}

/// What a plan tells: a check that could not be made is a warning; only credentials that the cloud does not accept
/// are an error.
fn checked(cell: &Cell, told: &[Diagnostic]) -> Result<&'static str, String> {
    let ended = ended(told);
    let answered = ["hidden role", "used nonce"].contains(&cell.fault_name);
    expect(cell.position != "always" || answered || ended != "ok", || {
        "a plan whose check failed says nothing".to_owned()
    })?;
    let about_credentials = ["403", "404 of another kind", "expired token", "clock skew"];
    expect(ended != "error" || about_credentials.contains(&cell.fault_name), || {
        format!("a check that failed refused the plan: {told:?}")
    })?;
    Ok(ended)
}

async fn created(cloud: &Cloud, account: &str, applied: &Applied, existed: bool) -> Result<(), String> {
    let exists = cloud.role_names(account).await.contains(&ROLE.to_owned());
    if !applied.has_error() {
        expect(exists && applied.state["id"] == format!("{account}:{ROLE}"), || {
            format!("success, but {applied:?}")
        })?;
        return expect(applied.state["adopted"] == existed, || "whose role it is is wrong".to_owned());
    }
    expect(applied.state.is_null(), || format!("an error left a state: {applied:?}"))?;
    let named = applied.diagnostics.iter().any(|found| {
        found.is_error
            && found.detail.contains(ROLE)
            && found.detail.contains("import {")
            && found.detail.contains(account)
    });
    expect(!exists || existed || named, || {
        format!("the role exists and no error says how to import it: {applied:?}")
    })
}

async fn deleted(
    cloud: &Cloud,
    provider: &Provider,
    prior: &Json,
    destroyed: &Applied,
) -> Result<(), String> {
    let exists = cloud.role_names(ACCOUNT).await.contains(&ROLE.to_owned());
    if !destroyed.has_error() {
        return expect(!exists && destroyed.state.is_null(), || {
            "destroyed is reported, but the role exists".to_owned()
        });
    }
    expect(destroyed.state == *prior, || "an error changed the state".to_owned())?;
    let named = destroyed.diagnostics.iter().all(|found| found.detail.contains(ROLE));
    expect(named, || format!("an error does not name the role: {destroyed:?}"))?;
    provider.configure_with(&json!({})).await.expect_success();
    let again = cloud.outliving_lag(1, provider.destroy(prior)).await;
    let gone = cloud.role_names(ACCOUNT).await.is_empty();
    expect(!again.has_error() && gone, || format!("destroying again does not help: {again:?}"))
}

fn expect(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise()) }
}

/// How each cell ended, as first/second/always.
fn table(outcomes: &[(Cell, Result<&str, String>)]) -> String {
    let mut rows: BTreeMap<(String, &str), Vec<&str>> = BTreeMap::new();
    for (cell, outcome) in outcomes {
        let row = (format!("{:?} / {}", cell.operation, cell.action), cell.fault_name);
        let positions = rows.entry(row).or_insert_with(|| vec!["", "", ""]);
        let index = ["first", "second", "always"].iter().position(|position| *position == cell.position);
        positions[index.unwrap()] = outcome.as_ref().copied().unwrap_or("FAILED");
    }
    let passed = outcomes.iter().filter(|(_, outcome)| outcome.is_ok()).count();
    let mut text = format!(
        "{} cells, {passed} passed\n\n| Operation / action | Fault | First | Second | Always |\n|---|---|---|---|---|\n",
        outcomes.len()
    );
    for ((call, fault), positions) in rows {
        text += &format!("| {call} | {fault} | {} |\n", positions.join(" | "));
    }
    text
}

/// Most cells wait: many run at a time.
const WORKERS: usize = 12;
