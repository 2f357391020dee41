//! What can be seen from outside: the cloud, the state file, and what a command printed.
//!
//! Must not know the provider's code: it reads the emulator's state, Terraform's files and Terraform's JSON.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::configuration::TYPE;

/// An account ID and a role name.
pub type Name = (String, String);

/// The cloud and the state at one moment.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The role ID of each role that exists.
    pub roles: BTreeMap<Name, String>,
    /// What the state file holds.
    pub objects: Vec<Object>,
}

/// One object in state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// With instance key.
    pub address: String,
    pub deposed: bool,
    pub tainted: bool,
    /// The provider configuration that it belongs to.
    pub provider: String,
    pub name: Name,
    pub role_id: String,
    pub policy: String,
}

impl Object {
    /// Whether it belongs to the provider configuration `mss.other`.
    pub fn is_of_alias(&self) -> bool {
        self.provider.ends_with(".other")
    }
}

impl Snapshot {
    /// Reads the emulator's `state` and the text of a state file; an empty text means no state.
    pub fn read(cloud: &Json, state: &str) -> Self {
        let state = serde_json::from_str(state).unwrap_or(Json::Null);
        Self { roles: roles(cloud), objects: objects(&state) }
    }

    /// Whether a role with this ID exists.
    pub fn exists(&self, role_id: &str) -> bool {
        self.roles.values().any(|id| id == role_id)
    }

    /// The current object at an address.
    pub fn at(&self, address: &str) -> Option<&Object> {
        self.objects.iter().find(|object| object.address == address && !object.deposed)
    }

    /// The objects that hold a role.
    pub fn holding(&self, name: &Name) -> impl Iterator<Item = &Object> {
        self.objects.iter().filter(move |object| object.name == *name)
    }
}

fn roles(cloud: &Json) -> BTreeMap<Name, String> {
    let mut found = BTreeMap::new();
    for (account, content) in entries(&cloud["accounts"]) {
        for (role_name, role) in entries(&content["roles"]) {
            found.insert((account.clone(), role_name.clone()), text(&role["role_id"]));
        }
    }
    found
}

fn entries(json: &Json) -> impl Iterator<Item = (&String, &Json)> {
    json.as_object().into_iter().flatten()
}

fn objects(state: &Json) -> Vec<Object> {
    let resources = items(&state["resources"]);
    let ours = resources.iter().filter(|resource| resource["type"] == TYPE && resource["mode"] == "managed");
    ours.flat_map(|resource| items(&resource["instances"]).iter().map(|instance| object(resource, instance)))
        .collect()
}

fn object(resource: &Json, instance: &Json) -> Object {
    let module = resource["module"].as_str().map(|module| format!("{module}.")).unwrap_or_default();
    let key = match &instance["index_key"] {
        Json::String(key) => format!("[\"{key}\"]"),
        Json::Number(index) => format!("[{index}]"),
        _ => String::new(),
    };
    let attributes = &instance["attributes"];
    Object {
        address: format!("{module}{TYPE}.{}{key}", text(&resource["name"])),
        deposed: instance["deposed"].is_string(),
        tainted: instance["status"] == "tainted",
        provider: text(&resource["provider"]),
        name: (text(&attributes["account_id"]), text(&attributes["role_name"])),
        role_id: text(&attributes["role_id"]),
        policy: text(&attributes["deletion_policy"]),
    }
}

/// The items of an array; none if it is not one.
pub fn items(json: &Json) -> &[Json] {
    json.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// A string; empty if it is not one.
pub fn text(json: &Json) -> String {
    json.as_str().unwrap_or_default().to_owned()
}

/// What a command printed and how it ended.
#[derive(Clone, Debug, Default)]
pub struct Output {
    pub code: Option<i32>,
    pub diagnostics: Vec<Diagnostic>,
    /// What the printed plan changes: address and action.
    pub changes: Vec<(String, String)>,
    /// The address and action of each change that apply has finished.
    pub completed: Vec<(String, String)>,
    /// All of it, for reports.
    pub text: String,
}

/// A diagnostic of Terraform or of the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub is_error: bool,
    pub summary: String,
    /// With single spaces in place of line breaks.
    pub detail: String,
    /// As the provider wrote it.
    pub lines: String,
    /// Empty if Terraform shows none.
    pub address: String,
}

impl Output {
    /// Reads the lines of a command that was given `-json`; others are only text, with one diagnostic if it failed.
    pub fn read(code: Option<i32>, printed: &str) -> Self {
        let mut output = Self { code, text: printed.to_owned(), ..Self::default() };
        for line in printed.lines() {
            if let Ok(event) = serde_json::from_str::<Json>(line) {
                output.take(&event);
            }
        }
        if output.failed() && output.diagnostics.iter().all(|found| !found.is_error) {
            output.diagnostics.push(Diagnostic::of_text(printed));
        }
        output
    }

    fn take(&mut self, event: &Json) {
        let change = |of: &Json| (text(&of["resource"]["addr"]), text(&of["action"]));
        match event["type"].as_str().unwrap_or_default() {
            "diagnostic" => {
                let found = Diagnostic::read(&event["diagnostic"]);
                // Of the test's own making.
                if !found.summary.starts_with("Provider development overrides") {
                    self.diagnostics.push(found);
                }
            }
            "planned_change" => self.changes.push(change(&event["change"])),
            "apply_complete" => self.completed.push(change(&event["hook"])),
            _ => {}
        }
    }

    /// Whether the command ended with an error.
    pub fn failed(&self) -> bool {
        !matches!(self.code, Some(0 | 2))
    }

    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|found| found.is_error)
    }

    pub fn warnings(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|found| !found.is_error)
    }
}

impl Diagnostic {
    fn read(json: &Json) -> Self {
        let lines = text(&json["detail"]);
        let shown = text(&json["address"]);
        Self {
            is_error: json["severity"] == "error",
            summary: text(&json["summary"]),
            detail: flat(&lines),
            address: if shown.is_empty() { expanded(&lines) } else { shown },
            lines,
        }
    }

    fn of_text(printed: &str) -> Self {
        let summary = printed.lines().find_map(|line| line.split_once("Error: ")).map(|(_, summary)| summary);
        Self {
            is_error: true,
            summary: summary.unwrap_or("no diagnostic").to_owned(),
            detail: flat(&printed.replace(['│', '╷', '╵'], " ")),
            lines: printed.to_owned(),
            address: String::new(),
        }
    }

    /// Whether it is about a resource of ours and says what Terraform itself would not.
    pub fn is_ours(&self) -> bool {
        !OF_TERRAFORM.iter().any(|summary| self.summary.starts_with(summary))
    }

    /// The account and role that its text names, as far as it does.
    pub fn name(&self) -> (Option<String>, Option<String>) {
        let role_name = self.detail.split('"').find(|part| part.starts_with("AliyunServiceRoleFor"));
        let account_id = self.detail.split("account ").skip(1).find_map(|rest| {
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            (digits.len() == ACCOUNT_ID_DIGITS).then_some(digits)
        });
        (account_id, role_name.map(str::to_owned))
    }
}

/// The address in the text of Terraform's own check of a plan, which has it nowhere else.
fn expanded(lines: &str) -> String {
    let rest = lines.split_once("expanding the plan for ").map(|(_, rest)| rest);
    rest.and_then(|rest| rest.split(' ').next()).unwrap_or_default().to_owned()
}

fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// One change of a saved plan, for a resource of ours.
#[derive(Clone, Debug)]
pub struct Planned {
    pub address: String,
    /// Such as `delete` and `create` for a replacement.
    pub actions: Vec<String>,
    pub before: Json,
    pub after: Json,
}

impl Planned {
    /// The changes in the output of `terraform show -json` of a plan.
    pub fn read(plan: &Json) -> Vec<Self> {
        let changes = items(&plan["resource_changes"]);
        let ours = changes.iter().filter(|change| change["type"] == TYPE && change["mode"] == "managed");
        ours.map(Self::one).collect()
    }

    fn one(change: &Json) -> Self {
        let actions = items(&change["change"]["actions"]).iter().map(text).collect();
        Self {
            address: text(&change["address"]),
            actions,
            before: change["change"]["before"].clone(),
            after: change["change"]["after"].clone(),
        }
    }

    pub fn does(&self, action: &str) -> bool {
        self.actions.iter().any(|known| known == action)
    }

    /// The role that the change begins with.
    pub fn name_before(&self) -> Name {
        (text(&self.before["account_id"]), text(&self.before["role_name"]))
    }

    /// The role that the change would bring; its account is empty while unknown.
    pub fn name_after(&self) -> Name {
        (text(&self.after["account_id"]), text(&self.after["role_name"]))
    }
}

const ACCOUNT_ID_DIGITS: usize = 16;

/// How the summaries of Terraform's own errors begin, as far as programs can bring them about.
const OF_TERRAFORM: [&str; 26] = [
    // Of a targeted destroy; Terraform calls it a bug of its own.
    "Resource has no configuration",
    "Config generation for count and for_each resources not supported",
    "Moved resource instances excluded by targeting",
    "Cannot import non-existent remote object",
    "Instance cannot be destroyed",
    "Saved plan is stale",
    "Cycle",
    "Moved object still exists",
    "Ambiguous move statements",
    "Cyclic dependency in move statements",
    "Removed resource still exists",
    "Redundant move statement",
    "Invalid move",
    "Cross-package move statement",
    "Resource already managed by Terraform",
    "Resource already exists",
    "Configuration for import target does not exist",
    "Import block target does not exist",
    "Invalid target address",
    "Resource instance cannot be destroyed",
    "Conflicting",
    "Duplicate import configuration",
    "Invalid for_each argument",
    "Invalid import ID argument",
    "Operation",
    "No such resource instance",
];
