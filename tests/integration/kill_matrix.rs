//! Every cloud call of every command, and at that moment a kill, an interrupt, or the end of the
//! cloud; then whatever a person would do next.
//!
//! A cell is one command of a real Terraform during which one call is held, before or after the cloud
//! has carried it out, and one thing happens. Afterwards these hold:
//!
//! - A command that reports success has done it.
//! - A role that exists beside the state is named, with its `terraform import`, by the command itself
//!   or by the next one.
//! - The next command, and what its errors name, is all that recovery needs; it makes no second role,
//!   and asks to destroy nothing that is gone.
//! - No provider outlives its Terraform, and none leaves its socket behind, but for one that is killed.
//!
//! Ctrl-C reaches a provider only in `plan` and in the second half of `apply`: `import` and the plan that
//! `apply` makes first do not pass it on (observed, Terraform 1.11), so that such a call ends by its
//! time-out.
//!
//! `cargo test kill_matrix -- --nocapture` prints the table.

use std::{
    collections::BTreeMap,
    fs,
    panic::AssertUnwindSafe,
    path::{Path, PathBuf},
};

use futures_util::{FutureExt, StreamExt, stream};
use serde_json::json;
use tempfile::TempDir;

use crate::support::{
    cloud::Cloud,
    names::{ACCOUNT, MEMBER, ROLE},
    terraform::{Product, Terraform},
    workspace::{Run, Workspace, interrupt, providers, signal, wait_until_gone},
};

const ADDRESS: &str = "mss_service_linked_role.this";

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Operation {
    Plan,
    Create,
    CreateInMember,
    Import,
    Destroy,
    Replace,
}

impl Operation {
    const ALL: [Self; 6] =
        [Self::Plan, Self::Create, Self::CreateInMember, Self::Import, Self::Destroy, Self::Replace];

    fn command(self) -> Vec<String> {
        let id = format!("{ACCOUNT}:{ROLE}");
        let words: &[&str] = match self {
            Self::Plan => &["plan"],
            Self::Create | Self::CreateInMember => &["apply", "-auto-approve"],
            Self::Import => &["import", ADDRESS, &id],
            Self::Destroy => &["destroy", "-auto-approve"],
            Self::Replace => &["apply", "-auto-approve", "-replace", ADDRESS],
        };
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    /// The command that a person gives next.
    fn next_command(self) -> Vec<String> {
        match self {
            // The half that is done need not be done again.
            Self::Replace => Self::Create.command(),
            other => other.command(),
        }
    }

    fn account(self) -> &'static str {
        if self == Self::CreateInMember { MEMBER } else { ACCOUNT }
    }

    /// Whether the role is there in the end.
    fn makes_role(self) -> bool {
        !matches!(self, Self::Plan | Self::Destroy)
    }

    fn configuration(self) -> String {
        format!(
            r#"
            provider "mss" {{
              client_read_timeout = 8000
              max_retries         = 1
            }}

            resource "mss_service_linked_role" "this" {{
              role_name  = "{ROLE}"
              account_id = {account}
              timeouts   = {{ create = "10s", read = "10s", delete = "10s" }}
            }}
            "#,
            account = if self == Self::CreateInMember { MEMBER } else { "null" },
        )
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    KillProvider,
    KillTerraform,
    Interrupt,
    StopCloud,
}

const EVENTS: [(Event, &str); 4] = [
    (Event::KillProvider, "kill -9 provider"),
    (Event::KillTerraform, "kill -9 Terraform"),
    (Event::Interrupt, "Ctrl-C"),
    (Event::StopCloud, "cloud stops"),
];

#[derive(Clone, Debug)]
struct Cell {
    operation: Operation,
    /// Position among the calls of the command, from 1.
    position: usize,
    action: String,
    /// Which call of its action, from 1.
    nth: usize,
    /// `hold_before` or `hold_after`.
    hold: &'static str,
    event: Event,
}

/// The files that each cell of an operation begins with.
struct Start {
    folder: TempDir,
    calls: Vec<String>,
}

impl Start {
    /// Runs the command once undisturbed, to see what it calls.
    async fn of(operation: Operation) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let cloud = Cloud::start_with_state(&folder.path().join("cloud.json")).await;
        let workspace = Workspace::new(&cloud, &operation.configuration());
        cloud.end_subscription(ACCOUNT).await;
        match operation {
            Operation::Import => cloud.add_role(ACCOUNT, ROLE).await,
            Operation::Destroy | Operation::Replace => {
                run(&workspace, &Operation::Create.command()).await.expect_success();
            }
            Operation::Plan | Operation::Create | Operation::CreateInMember => {}
        }
        for file in ["cloud.json", "terraform.tfstate"] {
            let from = if file == "cloud.json" { folder.path().join(file) } else { workspace.path(file) };
            if from.exists() {
                fs::copy(from, folder.path().join(format!("start-{file}"))).unwrap();
            }
        }
        let before = cloud.call_count().await;
        run(&workspace, &operation.command()).await.expect_success();
        Self { folder, calls: cloud.actions().await.split_off(before) }
    }

    fn copy(&self, file: &str, to: &Path) {
        let from: PathBuf = self.folder.path().join(format!("start-{file}"));
        if from.exists() {
            fs::copy(from, to).unwrap();
        }
    }

    fn cells(&self, operation: Operation) -> Vec<Cell> {
        let mut cells = Vec::new();
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for (index, action) in self.calls.iter().enumerate() {
            let nth = seen.entry(action).or_default();
            *nth += 1;
            // Only a call that changes something differs before and after.
            let changes = ["CreateServiceLinkedRole", "DeleteServiceLinkedRole"].contains(&action.as_str());
            let holds: &[_] = if changes { &["hold_before", "hold_after"] } else { &["hold_before"] };
            for hold in holds {
                for (event, _) in EVENTS {
                    let (position, action) = (index + 1, action.clone());
                    cells.push(Cell { operation, position, action, nth: *nth, hold, event });
                }
            }
        }
        cells
    }
}

async fn run(workspace: &Workspace, command: &[String]) -> Run {
    let command: Vec<_> = command.iter().map(String::as_str).collect();
    workspace.run(&command).await
}

#[tokio::test]
async fn holds_in_every_cell() {
    let starts: Vec<_> = stream::iter(Operation::ALL)
        .map(|operation| async move { (operation, Start::of(operation).await) })
        .buffered(WORKERS)
        .collect()
        .await;
    let cells: Vec<_> = starts
        .iter()
        .flat_map(|(operation, start)| start.cells(*operation).into_iter().map(move |cell| (start, cell)))
        .collect();
    let total = cells.len();
    let outcomes: Vec<(Cell, Result<String, String>)> = stream::iter(cells)
        .map(|(start, cell)| async move {
            let outcome = AssertUnwindSafe(strike(start, &cell)).catch_unwind().await;
            let outcome = outcome.unwrap_or_else(|panic| Err(panic_text(&*panic)));
            (cell, outcome)
        })
        .buffer_unordered(WORKERS)
        .collect()
        .await;
    println!("{}", table(&outcomes));
    let failed: Vec<_> = outcomes
        .iter()
        .filter_map(|(cell, outcome)| Some(format!("{cell:?}: {}", outcome.as_ref().err()?)))
        .collect();
    assert!(failed.is_empty(), "{} of {total} cells failed:\n{}", failed.len(), failed.join("\n\n"));
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "panicked".to_owned())
}

/// Runs one cell; answers how the command ended and what recovery took.
async fn strike(start: &Start, cell: &Cell) -> Result<String, String> {
    let folder = tempfile::tempdir().unwrap();
    start.copy("cloud.json", &folder.path().join("cloud.json"));
    let mut cloud = Cloud::start_with_state(&folder.path().join("cloud.json")).await;
    let workspace = Workspace::new(&cloud, &cell.operation.configuration());
    start.copy("terraform.tfstate", &workspace.path("terraform.tfstate"));
    let made_before = cloud.roles_made().await;

    cloud.fault(json!({ "action": cell.action, "nth": cell.nth, "kind": cell.hold })).await;
    let command = cell.operation.command();
    let command: Vec<_> = command.iter().map(String::as_str).collect();
    let terraform = workspace.spawn(&command);
    cloud.wait_for_fault(cell.hold).await;
    let process = terraform.id().unwrap();
    let providers = providers(process).await;
    expect(!providers.is_empty(), || "no provider runs".to_owned())?;
    match cell.event {
        Event::KillProvider => {
            for provider in &providers {
                signal("KILL", provider).await;
            }
        }
        Event::KillTerraform => signal("KILL", &process.to_string()).await,
        Event::Interrupt => interrupt(&terraform).await,
        Event::StopCloud => cloud.stop().await,
    }
    let struck = workspace.ended(terraform, &command).await;
    if cell.event == Event::StopCloud {
        cloud.restart().await;
    }
    let calls_before = cloud.call_count().await;
    cloud.clear_faults().await;

    let view = View::of(&cloud, &workspace, cell.operation).await;
    // OpenTofu writes local state some seconds late: what it reported before it was killed need not be there.
    if cell.event != Event::KillTerraform || Terraform::find().unwrap().product() == Product::Terraform {
        view.check_report(cell.operation, &struck)?;
    }
    let recovery = recover(&cloud, &workspace, cell.operation, &view, &struck).await?;
    for provider in &providers {
        wait_until_gone(provider).await;
    }
    // What is killed cannot clean up; a later provider does.
    let left = workspace.socket_folders();
    let killed = usize::from(cell.event == Event::KillProvider);
    expect(left.len() == killed, || format!("left behind: {left:?}"))?;

    let end = View::of(&cloud, &workspace, cell.operation).await;
    end.expect(cell.operation.makes_role())?;
    let made = cloud.roles_made().await - made_before;
    let most = u64::from(!matches!(cell.operation, Operation::Plan | Operation::Import | Operation::Destroy));
    expect(made <= most, || format!("{made} roles were made"))?;
    for call in cloud.calls().await.split_off(calls_before) {
        let in_vain = call["action"] == "DeleteServiceLinkedRole" && call["code"] == "EntityNotExist.Role";
        expect(!in_vain, || "what was gone was to be destroyed again".to_owned())?;
    }
    let code = struck.code.map_or_else(|| "killed".to_owned(), |code| format!("exit {code}"));
    Ok(format!("{code}; {recovery}"))
}

/// What is true, and what Terraform believes.
struct View {
    /// The ID that RAM gave to the role.
    in_cloud: Option<String>,
    in_state: Option<String>,
}

impl View {
    async fn of(cloud: &Cloud, workspace: &Workspace, operation: Operation) -> Self {
        let role = cloud.role(operation.account(), ROLE).await;
        let attributes = workspace.attributes_in_file(ADDRESS);
        let id = |of: &serde_json::Value| of["role_id"].as_str().map(str::to_owned);
        Self { in_cloud: id(&role), in_state: id(&attributes) }
    }

    /// A success that was reported, for the whole or for the resource, is one.
    fn check_report(&self, operation: Operation, struck: &Run) -> Result<(), String> {
        if struck.code == Some(0) {
            self.expect(operation.makes_role())?;
        }
        if struck.output.contains("Creation complete") {
            self.expect(true)?;
        } else if struck.output.contains("Destruction complete") {
            expect(self.in_state.is_none(), || format!("destroyed, but in state:\n{}", struck.output))?;
        }
        Ok(())
    }

    fn expect(&self, exists: bool) -> Result<(), String> {
        let Self { in_cloud, in_state } = self;
        expect(in_cloud == in_state && in_cloud.is_some() == exists, || {
            format!("in the cloud {in_cloud:?}, in state {in_state:?}; expected: {exists}")
        })
    }

    fn has_orphan(&self) -> bool {
        self.in_cloud.is_some() && self.in_state.is_none()
    }
}

/// Gives the next command, and those that errors name, until one succeeds.
async fn recover(
    cloud: &Cloud,
    workspace: &Workspace,
    operation: Operation,
    view: &View,
    struck: &Run,
) -> Result<String, String> {
    let mut steps = Vec::new();
    let mut told = struck.output.clone();
    let next_command = match struck.code {
        // Nobody imports again what an import has reported.
        Some(0) if operation == Operation::Import => Operation::Plan.command(),
        _ => operation.next_command(),
    };
    for _ in 0..MOST_STEPS {
        let next = run(workspace, &next_command).await;
        told += &next.output;
        let name = next_command[0].clone();
        if next.code == Some(0) {
            steps.push(name);
            let orphan_named =
                !view.has_orphan() || operation == Operation::Import || named_import(&told).is_some();
            expect(orphan_named, || format!("no text names the role beside the state:\n{told}"))?;
            return Ok(steps.join(", "));
        }
        steps.push(format!("{name} refused"));
        if next.output.contains("Run the same command again in two minutes") {
            cloud.outlive_lag().await;
            steps.push("two minutes".to_owned());
            continue;
        }
        if next.output.contains("Role was deleted and another one created") {
            run(workspace, &["state", "rm", ADDRESS].map(str::to_owned)).await.expect_success();
            steps.push("state rm".to_owned());
        }
        let named = named_import(&next.output).map(|id| vec!["import".to_owned(), ADDRESS.to_owned(), id]);
        let unlock = || Some(vec!["force-unlock".to_owned(), "-force".to_owned(), lock_id(&next.output)?]);
        let Some(remedy) = named.or_else(unlock) else {
            return Err(format!("terraform {} names no way out:\n{}", next.command, next.output));
        };
        let remedied = run(workspace, &remedy).await;
        expect(remedied.code == Some(0), || format!("terraform {}:\n{}", remedied.command, remedied.output))?;
        steps.push(remedy[0].clone());
    }
    Err(format!("no recovery: {}\n{told}", steps.join(", ")))
}

/// The ID in the `terraform import` that a text offers.
fn named_import(output: &str) -> Option<String> {
    let flat = flat(output);
    let at = |address: &str| Some(flat.split_once(&format!("terraform import '{address}' "))?.1.to_owned());
    let rest = at("mss_service_linked_role.example").or_else(|| at("ADDRESS"))?;
    let id = rest.split(['`', ' ']).next()?;
    id.ends_with(ROLE).then(|| id.to_owned())
}

/// A text without the frame and the line breaks that Terraform gives it.
fn flat(output: &str) -> String {
    output.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ")
}

/// The ID of the lock in Terraform's own text.
fn lock_id(output: &str) -> Option<String> {
    let (_, rest) = output.split_once("Lock Info:")?;
    let (_, id) = rest.split_once("ID:")?;
    id.split_whitespace().next().map(str::to_owned)
}

fn expect(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise()) }
}

fn table(outcomes: &[(Cell, Result<String, String>)]) -> String {
    let mut rows: BTreeMap<(Operation, usize, String), Vec<String>> = BTreeMap::new();
    for (cell, outcome) in outcomes {
        let when = cell.hold.trim_start_matches("hold_");
        let row = (cell.operation, cell.position, format!("{when} {}", cell.action));
        let columns = rows.entry(row).or_insert_with(|| vec![String::new(); EVENTS.len()]);
        let index = EVENTS.iter().position(|(event, _)| *event == cell.event).unwrap();
        columns[index] = outcome.clone().unwrap_or_else(|_| "FAILED".to_owned());
    }
    let passed = outcomes.iter().filter(|(_, outcome)| outcome.is_ok()).count();
    let events = EVENTS.map(|(_, name)| name).join(" | ");
    let mut text = format!(
        "{} cells, {passed} passed\n\n| Command | # | Call | {events} |\n|{}\n",
        outcomes.len(),
        "---|".repeat(3 + EVENTS.len()),
    );
    for ((operation, position, call), columns) in rows {
        text += &format!("| {operation:?} | {position} | {call} | {} |\n", columns.join(" | "));
    }
    text
}

/// Far more than processors: most of a cell is waiting.
const WORKERS: usize = 24;
/// An orphan is imported, then the command succeeds.
const MOST_STEPS: usize = 3;
