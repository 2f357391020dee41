//! The judge: which law a command broke, from what was seen before and after it.
//!
//! Pure functions of the emulator's state, the state file and Terraform's JSON; must not know the provider's code.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    observe::{Diagnostic, Name, Object, Output, Planned, Snapshot, text},
    program::{Options, Role},
    ways_out::how_to_find_address,
};

/// The laws; see the module's document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Law {
    NoSurprise,
    AsShown,
    StateIsTrue,
    WayOutWorks,
    Quiet,
}

impl Law {
    fn name(self) -> &'static str {
        match self {
            Self::NoSurprise => "L1 no surprise",
            Self::AsShown => "L2 as shown, or not at all",
            Self::StateIsTrue => "L3 the state is true",
            Self::WayOutWorks => "L4 the way out works",
            Self::Quiet => "L5 quiet",
        }
    }
}

/// A law that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    pub law: Law,
    /// The kind of breach; the same for the same fault, so that programs can be shrunk.
    pub kind: String,
    /// What was seen.
    pub seen: String,
}

impl Breach {
    pub fn new(law: Law, kind: impl Into<String>, seen: impl Into<String>) -> Self {
        Self { law, kind: kind.into(), seen: seen.into() }
    }

    /// Law and kind, by which breaches are told apart.
    pub fn key(&self) -> String {
        format!("{}: {}", self.law.name(), self.kind)
    }
}

/// A command and everything around it.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub options: Options,
    pub before: Snapshot,
    pub after: Snapshot,
    pub output: Output,
    /// The role IDs that events outside have taken away so far.
    pub gone_outside: BTreeSet<String>,
    /// The roles that others have to do with, of whom a provider cannot know.
    pub shared: BTreeSet<Name>,
    /// The role that the configuration names at each address.
    pub configured: BTreeMap<String, Name>,
    /// For the apply of a kept plan: what it shows.
    pub planned: Option<Vec<Planned>>,
    /// The warnings of the plan that is applied.
    pub plan_warnings: Vec<Diagnostic>,
    /// The addresses whose resources have `create_before_destroy`, of which a provider is not told.
    pub created_before_destroyed: BTreeSet<String>,
    /// Nothing has changed outside since the plan, and nothing is denied.
    pub calm: bool,
    /// A fault has struck a call of the command, or an interrupt the command itself.
    pub disturbed: bool,
    pub interrupted: bool,
    /// RAM did not show a role that was there.
    pub deceived: bool,
    /// Whether the command applies changes.
    pub applies: bool,
}

impl Seen {
    /// The role IDs in state that another provider configuration, or an address outside the target, has deleted, or of
    /// whose deletion the run says that it does not know the end.
    pub fn excusably_gone(&self) -> Vec<String> {
        let excused = |object: &&Object| taken_by_others(self, object) || left_open(self, object);
        let objects = self.after.objects.iter().filter(excused);
        objects.map(|object| object.role_id.clone()).filter(|id| !self.after.exists(id)).collect()
    }
}

/// Every law that one command can break by itself.
pub fn judge(seen: &Seen) -> Vec<Breach> {
    let mut breaches = Vec::new();
    breaches.extend(crashed(seen));
    breaches.extend(surprised(seen));
    breaches.extend(not_as_shown(seen));
    breaches.extend(untrue_state(seen));
    breaches.extend(held_twice(seen));
    breaches.extend(orphans(seen));
    breaches.extend(untrue_texts(seen));
    breaches
}

/// The provider crashed or broke the protocol.
fn crashed(seen: &Seen) -> Option<Breach> {
    let bad =
        ["crashed", "did not respond", "invalid plan", "inconsistent result after apply", "Invalid resource"];
    let found = seen.output.errors().find(|error| bad.iter().any(|bad| error.summary.contains(bad)))?;
    Some(Breach::new(Law::StateIsTrue, format!("broken protocol: {}", found.summary), show(found)))
}

// L1.

/// An apply refused what its plan let pass.
fn surprised(seen: &Seen) -> Vec<Breach> {
    if !seen.applies || !seen.calm || seen.disturbed {
        return Vec::new();
    }
    let refused = seen.output.errors().filter(|error| error.is_ours());
    let unexpected = refused
        .filter(|error| !decided_by_ram(error) && !warned_of(seen, error) && !about_shared(seen, error))
        .filter(|error| !made_first(seen, error) && !tainted_and_unread(seen, error));
    unexpected
        .map(|error| Breach::new(Law::NoSurprise, format!("apply: {}", error.summary), show(error)))
        .collect()
}

/// The deletion of the role whose rule is not documented: RAM alone can tell.
fn decided_by_ram(error: &Diagnostic) -> bool {
    error.detail.contains(Role::AntiRansomware.name()) && error.detail.contains("FAILED")
}

/// Whether the role is also that of another provider configuration, or of an address outside the target. Terraform's own
/// errors name no role: the configuration does.
fn about_shared(seen: &Seen, error: &Diagnostic) -> bool {
    let configured = || seen.configured.get(&error.address).cloned();
    full_name(seen, error).or_else(configured).is_some_and(|name| seen.shared.contains(&name))
}

/// Whether it is a role that was to be created before the old one of its name is destroyed: `lifecycle` is told to no
/// provider, nor that this plan is made during apply. Nothing may have changed then.
fn made_first(seen: &Seen, error: &Diagnostic) -> bool {
    let summaries = ["Service-linked role already exists", INCONSISTENT_PLAN];
    // What is imported and replaced by one apply is in state only after it.
    let stays = |object: &Object| seen.before.exists(&object.role_id) && seen.after.exists(&object.role_id);
    summaries.contains(&error.summary.as_str())
        && seen.created_before_destroyed.contains(&error.address)
        && [&seen.before, &seen.after].iter().any(|snapshot| snapshot.at(&error.address).is_some_and(stays))
}

/// Whether it is the destroy of a tainted object whose role changes, planned with `-refresh=false`: Terraform plans a
/// tainted object without its prior state, and what the provider has not read either it cannot know.
fn tainted_and_unread(seen: &Seen, error: &Diagnostic) -> bool {
    let Some(name) = full_name(seen, error) else { return false };
    let tainted = seen.before.holding(&name).any(|object| object.tainted);
    let changed = |change: &&Planned| change.name_before() == name && change.name_after() != name;
    let replaced = seen.planned.iter().flatten().filter(changed).any(|change| change.does("create"));
    seen.options.no_refresh && tainted && replaced
}

/// Whether a warning of the plan named what then happened to the same role.
fn warned_of(seen: &Seen, error: &Diagnostic) -> bool {
    let (account, role) = error.name();
    seen.plan_warnings.iter().filter(|warning| names(warning, error)).any(|warning| {
        let (warned_account, warned_role) = warning.name();
        let same_account = account.is_none() || warned_account.is_none() || account == warned_account;
        (warned_role.is_some() && warned_role == role && same_account)
            || (!warning.address.is_empty() && warning.address == error.address)
    })
}

/// Whether a warning says that this may come.
fn names(warning: &Diagnostic, error: &Diagnostic) -> bool {
    WARNINGS.iter().any(|(words, summaries)| {
        warning.detail.contains(words) && summaries.iter().any(|summary| error.summary.starts_with(summary))
    })
}

/// Terraform's own check of the plan that it asks for again during apply.
pub const INCONSISTENT_PLAN: &str = "Provider produced inconsistent final plan";

/// What a warning says, and the refusals of an apply that it thereby names.
const WARNINGS: [(&str, &[&str]); 7] = [
    (
        "apply may still find that it does",
        &[
            "Service-linked role already exists",
            "Existing role trusts another service",
            "Role is not service-linked",
            INCONSISTENT_PLAN,
        ],
    ),
    ("that the account is not allowed", &["Account is not allowed"]),
    (
        "that another resource holds the role",
        &[
            "Role is planned twice",
            "One plan destroys and keeps the same role",
            "Role in state cannot be replaced",
        ],
    ),
    ("apply fails", &["Service-linked role already exists"]),
    (
        "If another object in the state holds the role, apply stops",
        &["Service-linked role already exists", INCONSISTENT_PLAN],
    ),
    (
        "apply would destroy that role first, and would be refused",
        &["MSS subscription is active", "Destroying the role is prevented", "Account is not allowed"],
    ),
    (
        "Alibaba Cloud itself will refuse",
        &["MSS subscription is active", "Service-linked role is still in use", "Role cannot be replaced now"],
    ),
];

// L2.

/// An apply of a kept plan did something else than the plan shows.
fn not_as_shown(seen: &Seen) -> Vec<Breach> {
    let Some(planned) = &seen.planned else { return Vec::new() };
    let mut breaches = unplanned_deletions(seen, planned);
    breaches.extend(unplanned_creations(seen, planned));
    breaches.extend(planned.iter().flat_map(|change| half_done(seen, change)));
    breaches
}

fn unplanned_deletions(seen: &Seen, planned: &[Planned]) -> Vec<Breach> {
    let deletes = |id: &str| {
        planned.iter().any(|change| {
            let policy = text(&change.before["deletion_policy"]);
            change.does("delete") && text(&change.before["role_id"]) == id && policy.starts_with("delete")
        })
    };
    deleted(seen)
        .filter(|(_, id)| !deletes(id))
        .map(|(name, id)| {
            let seen = format!("role {name:?} ({id}) was deleted; the plan does not show that");
            Breach::new(Law::AsShown, "a role was deleted that the plan does not delete", seen)
        })
        .collect()
}

fn unplanned_creations(seen: &Seen, planned: &[Planned]) -> Vec<Breach> {
    let creates = |name: &Name| {
        planned.iter().any(|change| {
            let (account, role_name) = change.name_after();
            let there = account.is_empty() || account == name.0;
            change.does("create") && role_name == name.1 && there && change.after["adopted"] != true
        })
    };
    created(seen)
        .filter(|(name, _)| !creates(name))
        .map(|(name, id)| {
            let seen = format!("role {name:?} ({id}) was created; the plan does not show that");
            Breach::new(Law::AsShown, "a role was created that the plan does not create", seen)
        })
        .collect()
}

/// A change that was reported as done, or refused, and is not what it should then be.
fn half_done(seen: &Seen, change: &Planned) -> Vec<Breach> {
    let mut breaches = Vec::new();
    let completed =
        |action: &str| seen.output.completed.contains(&(change.address.clone(), action.to_owned()));
    if change.does("create") && completed("create") {
        breaches.extend(wrong_create(seen, change));
    }
    if change.does("delete") && completed("delete") {
        breaches.extend(wrong_delete(seen, change));
    }
    breaches
}

fn wrong_create(seen: &Seen, change: &Planned) -> Option<Breach> {
    let object = seen.after.at(&change.address)?;
    let existed = seen.before.exists(&object.role_id);
    let breach = |kind: &str| Some(Breach::new(Law::AsShown, kind, format!("{change:?}\n{object:?}")));
    let (account, role_name) = change.name_after();
    match change.after["adopted"].as_bool() {
        _ if role_name != object.name.1 || !(account.is_empty() || account == object.name.0) => {
            breach("another role or account than planned")
        }
        Some(false) if existed => breach("planned to create, took over"),
        Some(true) if !existed => breach("planned to take over, created"),
        _ => None,
    }
}

fn wrong_delete(seen: &Seen, change: &Planned) -> Option<Breach> {
    let id = text(&change.before["role_id"]);
    let there = seen.after.exists(&id);
    let breach = |kind: &str| Some(Breach::new(Law::AsShown, kind, format!("{change:?}")));
    match text(&change.before["deletion_policy"]).as_str() {
        "delete" if there => breach("destroyed, and the role is there"),
        // Another provider configuration may have deleted it.
        _ if !there && seen.shared.contains(&change.name_before()) => None,
        "abandon" if !there && seen.before.exists(&id) => breach("abandoned, and the role is gone"),
        "delete_or_abandon" if there && !abandoned(seen, change) => {
            breach("destroyed without a word, and the role is there")
        }
        "delete_or_abandon" if !there && seen.before.exists(&id) && only_removed(seen, change) => {
            breach("deleted, and the plan said that it stays")
        }
        _ => None,
    }
}

/// Whether the apply says that it left the role of a change in the account.
fn abandoned(seen: &Seen, change: &Planned) -> bool {
    told(seen.output.warnings(), change, "was removed from state and still exists")
}

/// Whether the plan said so.
fn only_removed(seen: &Seen, change: &Planned) -> bool {
    told(seen.plan_warnings.iter(), change, "will only remove it from state")
}

fn told<'a>(mut diagnostics: impl Iterator<Item = &'a Diagnostic>, change: &Planned, words: &str) -> bool {
    let name = (Some(text(&change.before["account_id"])), Some(text(&change.before["role_name"])));
    diagnostics.any(|found| found.detail.contains(words) && found.name() == name)
}

/// The roles that this command has taken away, with their IDs.
fn deleted(seen: &Seen) -> impl Iterator<Item = (&Name, &String)> {
    seen.before.roles.iter().filter(|(_, id)| !seen.after.exists(id))
}

/// The roles that this command has made, with their IDs.
fn created(seen: &Seen) -> impl Iterator<Item = (&Name, &String)> {
    seen.after.roles.iter().filter(|(_, id)| !seen.before.exists(id))
}

// L3.

/// The state holds a role that does not exist and that nobody outside took away.
fn untrue_state(seen: &Seen) -> Vec<Breach> {
    let false_objects = seen.after.objects.iter().filter(|object| {
        !seen.after.exists(&object.role_id)
            && !seen.gone_outside.contains(&object.role_id)
            && !taken_by_others(seen, object)
            && !left_open(seen, object)
    });
    false_objects
        .map(|object| {
            let deleted = seen.before.exists(&object.role_id);
            let kind = if deleted {
                "the state holds a role that this command deleted"
            } else {
                "the state holds a role that does not exist"
            };
            Breach::new(Law::StateIsTrue, kind, format!("{object:?}"))
        })
        .collect()
}

/// Whether the run says that it ended before it knew whether the role is gone: RAM's status could not be read, and the
/// time-out is shorter than RAM may lag.
fn left_open(seen: &Seen, object: &Object) -> bool {
    let open = |error: &&Diagnostic| {
        error.summary == "Deleting the role timed out"
            && error.detail.contains("to see whether the role is gone")
    };
    seen.output.errors().filter(open).any(|error| full_name(seen, error).as_ref() == Some(&object.name))
}

/// Whether another provider configuration, or an address outside the target, may have deleted the role.
fn taken_by_others(seen: &Seen, object: &Object) -> bool {
    seen.applies && seen.shared.contains(&object.name)
}

/// After a successful apply two objects of one provider configuration hold one role.
fn held_twice(seen: &Seen) -> Vec<Breach> {
    let whole = seen.options.target.is_none() && !seen.options.refresh_only && !seen.options.destroy;
    if !seen.applies || !whole || seen.output.failed() {
        return Vec::new();
    }
    let mut holders: BTreeMap<(&Name, &str), Vec<&Object>> = BTreeMap::new();
    for object in &seen.after.objects {
        holders.entry((&object.name, &object.provider)).or_default().push(object);
    }
    let twice = holders.into_values().filter(|objects| objects.len() > 1);
    twice
        .map(|objects| {
            Breach::new(Law::StateIsTrue, "two objects hold one role after apply", format!("{objects:?}"))
        })
        .collect()
}

/// A role of our making is neither in state nor named with its import.
fn orphans(seen: &Seen) -> Vec<Breach> {
    let orphaned = created(seen).filter(|((account, role_name), id)| {
        let in_state = seen.after.objects.iter().any(|object| object.role_id == **id);
        let import = format!("{account}:{role_name}");
        let named = |found: &Diagnostic| {
            found.detail.contains("import")
                && (found.detail.contains(&import) || found.detail.contains(&format!("\"{role_name}\"")))
        };
        !in_state && !seen.output.diagnostics.iter().any(named)
    });
    orphaned
        .map(|(name, id)| {
            let seen = format!("role {name:?} ({id}) was created\n{}", seen.output.text);
            Breach::new(Law::StateIsTrue, "a role of ours is neither in state nor named", seen)
        })
        .collect()
}

/// A text says the opposite of what is.
fn untrue_texts(seen: &Seen) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for found in seen.output.diagnostics.iter().filter(|found| found.is_ours()) {
        let Some(name) = full_name(seen, found) else { continue };
        let untrue = SENTENCES.iter().filter(|sentence| {
            let said = sentence.said.iter().any(|words| found.detail.contains(words));
            said && !(sentence.holds)(seen, &name, found)
        });
        breaches.extend(untrue.map(|sentence| {
            let kind = format!("\"{}\" is untrue: {}", sentence.said[0], found.summary);
            Breach::new(Law::StateIsTrue, kind, format!("{}\n{name:?}", show(found)))
        }));
    }
    breaches
}

/// A sentence in diagnostics, and how to see whether it is true of a role.
struct Sentence {
    said: &'static [&'static str],
    holds: fn(&Seen, &Name, &Diagnostic) -> bool,
}

const SENTENCES: [Sentence; 9] = [
    Sentence {
        said: &["was not created", "othing was created"],
        holds: |seen, name, _| seen.after.roles.get(name).is_none_or(|id| seen.before.exists(id)),
    },
    Sentence {
        said: &["othing was changed"],
        // What another resource did is not meant.
        holds: |seen, name, found| {
            let elsewhere = seen.after.holding(name).any(|object| object.address != found.address);
            elsewhere || seen.before.roles.get(name) == seen.after.roles.get(name)
        },
    },
    Sentence {
        said: &["was not deleted", "the role still exists", "already exists"],
        holds: |seen, name, found| {
            let leaves_open = ["ould not check whether", "not known whether"];
            leaves_open.iter().any(|words| found.detail.contains(words))
                || seen.after.roles.contains_key(name)
        },
    },
    Sentence {
        said: &["this resource is not in state"],
        holds: |seen, name, found| seen.after.holding(name).all(|object| object.address != found.address),
    },
    Sentence {
        said: &["it is not in state", "It is not in state"],
        holds: |seen, name, _| seen.after.holding(name).all(|object| !seen.after.exists(&object.role_id)),
    },
    Sentence {
        said: &["is in state"],
        holds: |seen, name, found| {
            found.detail.contains("not in state") || seen.after.holding(name).next().is_some()
        },
    },
    Sentence { said: &["stays in state"], holds: |seen, name, _| seen.after.holding(name).next().is_some() },
    Sentence {
        said: &["othing in the state was changed"],
        holds: |seen, name, _| seen.before.holding(name).eq(seen.after.holding(name)),
    },
    Sentence {
        said: &["prints the address in state"],
        holds: |seen, _, found| {
            let here = seen.after.objects.iter().filter(|object| object.address == found.address);
            let mut ids = here.map(|object| format!("-id={}:{}", object.name.0, object.name.1)).peekable();
            let command = how_to_find_address(found).unwrap_or_default();
            ids.peek().is_none() || ids.any(|id| command.contains(&id))
        },
    },
];

/// The account and role that a diagnostic is about: as its text says, else as the state has it at its address.
fn full_name(seen: &Seen, found: &Diagnostic) -> Option<Name> {
    let (account, role_name) = found.name();
    let at = || seen.before.at(&found.address).or_else(|| seen.after.at(&found.address));
    let account = account.or_else(|| at().map(|object| object.name.0.clone()))?;
    let role_name = role_name.or_else(|| at().map(|object| object.name.1.clone()))?;
    Some((account, role_name))
}

// L5.

/// The plan after a successful apply is not empty. What another provider configuration has done to a role is not a breach.
pub fn not_quiet(seen: &Seen, next: &Output) -> Option<Breach> {
    let shared =
        |address: &String| seen.after.at(address).is_some_and(|object| seen.shared.contains(&object.name));
    let of_others = next.code == Some(2) && next.changes.iter().all(|(address, _)| shared(address));
    let excused = |error: &Diagnostic| !error.is_ours() || about_shared(seen, error);
    let not_of_ours = next.errors().next().is_some() && next.errors().all(excused);
    if next.code == Some(0) || of_others || not_of_ours {
        return None;
    }
    let kind = match next.errors().next() {
        Some(error) => format!("the next plan fails: {}", error.summary),
        None => "the next plan is not empty".to_owned(),
    };
    let errors: Vec<_> = next.errors().map(show).collect();
    Some(Breach::new(Law::Quiet, kind, format!("{:?}\n{}", next.changes, errors.join("\n"))))
}

/// A diagnostic as a report shows it.
pub fn show(found: &Diagnostic) -> String {
    let severity = if found.is_error { "Error" } else { "Warning" };
    format!("{severity}: {} at {}\n{}", found.summary, found.address, found.lines)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::support::names::{ACCOUNT, ROLE};

    const ADDRESS: &str = "mss_service_linked_role.a";

    fn name() -> Name {
        (ACCOUNT.to_owned(), ROLE.to_owned())
    }

    fn snapshot(role_id: Option<&str>, objects: &[Object]) -> Snapshot {
        let roles = role_id.map(|id| (name(), id.to_owned())).into_iter().collect();
        Snapshot { roles, objects: objects.to_vec() }
    }

    fn object(address: &str, role_id: &str) -> Object {
        Object {
            address: address.to_owned(),
            deposed: false,
            tainted: false,
            provider: "mss".to_owned(),
            name: name(),
            role_id: role_id.to_owned(),
            policy: "delete".to_owned(),
        }
    }

    fn error(summary: &str, sentence: &str) -> Diagnostic {
        let lines = format!("The service-linked role \"{ROLE}\" in account {ACCOUNT} {sentence}");
        Diagnostic {
            is_error: true,
            summary: summary.to_owned(),
            detail: lines.clone(),
            lines,
            address: ADDRESS.to_owned(),
        }
    }

    fn planned(actions: &[&str], before: Json, after: Json) -> Vec<Planned> {
        let actions = actions.iter().map(|action| (*action).to_owned()).collect();
        vec![Planned { address: ADDRESS.to_owned(), actions, before, after }]
    }

    fn completed(action: &str) -> Output {
        Output {
            code: Some(0),
            completed: vec![(ADDRESS.to_owned(), action.to_owned())],
            ..Output::default()
        }
    }

    fn refused(diagnostic: Diagnostic) -> Output {
        Output { code: Some(1), diagnostics: vec![diagnostic], ..Output::default() }
    }

    #[track_caller]
    fn breaks(seen: &Seen, law: Law, kind: &str) {
        let found = judge(seen);
        assert!(found.iter().any(|breach| breach.law == law && breach.kind.contains(kind)), "{found:?}");
    }

    #[test]
    fn an_apply_that_does_what_it_showed_breaks_nothing() {
        let after = json!({ "account_id": ACCOUNT, "role_name": ROLE, "adopted": false });
        let seen = Seen {
            after: snapshot(Some("1"), &[object(ADDRESS, "1")]),
            output: completed("create"),
            planned: Some(planned(&["create"], Json::Null, after)),
            calm: true,
            applies: true,
            ..Seen::default()
        };
        assert_eq!(judge(&seen), []);
    }

    #[test]
    fn a_refusal_after_a_clean_plan_is_a_surprise() {
        let exists = error("Service-linked role already exists", "already exists.");
        let mut seen = Seen {
            before: snapshot(Some("1"), &[]),
            after: snapshot(Some("1"), &[]),
            output: refused(exists.clone()),
            calm: true,
            applies: true,
            ..Seen::default()
        };
        breaks(&seen, Law::NoSurprise, "already exists");
        let warned = |words: &str| {
            let detail = format!("{} {words}", exists.detail);
            vec![Diagnostic { is_error: false, detail, ..exists.clone() }]
        };
        seen.plan_warnings = warned("Something else may come.");
        breaks(&seen, Law::NoSurprise, "already exists");
        seen.plan_warnings = warned("Could not check: apply may still find that it does.");
        assert_eq!(judge(&seen), []);
        (seen.plan_warnings, seen.shared) = (Vec::new(), BTreeSet::from([name()]));
        assert_eq!(judge(&seen), []);
    }

    #[test]
    fn the_command_for_an_address_must_find_it() {
        let seen = |account: &str| {
            let command = format!("terraform state list -id={account}:{ROLE}");
            let sentence = format!("is tainted. This command prints the address in state:\n\n    {command}");
            let held = snapshot(Some("1"), &[object(ADDRESS, "1")]);
            let output = refused(error("Refused", &sentence));
            Seen { before: held.clone(), after: held, output, ..Seen::default() }
        };
        assert_eq!(judge(&seen(ACCOUNT)), []);
        breaks(&seen("2222222222222222"), Law::StateIsTrue, "prints the address in state");
    }

    #[test]
    fn what_the_plan_does_not_show_is_not_done() {
        let after = json!({ "account_id": ACCOUNT, "role_name": ROLE, "adopted": false });
        let took_over = Seen {
            before: snapshot(Some("1"), &[]),
            after: snapshot(Some("1"), &[object(ADDRESS, "1")]),
            output: completed("create"),
            planned: Some(planned(&["create"], Json::Null, after)),
            applies: true,
            ..Seen::default()
        };
        breaks(&took_over, Law::AsShown, "took over");
        let before = json!({ "role_id": "1", "deletion_policy": "abandon" });
        let deleted = Seen {
            before: snapshot(Some("1"), &[object(ADDRESS, "1")]),
            after: snapshot(None, &[]),
            output: completed("delete"),
            planned: Some(planned(&["delete"], before, Json::Null)),
            applies: true,
            ..Seen::default()
        };
        breaks(&deleted, Law::AsShown, "does not delete");
        breaks(&deleted, Law::AsShown, "abandoned");
    }

    #[test]
    fn what_becomes_of_a_role_that_may_stay_is_said() {
        let before = json!({
            "role_id": "1", "deletion_policy": "delete_or_abandon", "account_id": ACCOUNT, "role_name": ROLE
        });
        let warning = |words: &str| Diagnostic { is_error: false, ..error("", words) };
        let mut seen = Seen {
            before: snapshot(Some("1"), &[object(ADDRESS, "1")]),
            after: snapshot(Some("1"), &[]),
            output: completed("delete"),
            planned: Some(planned(&["delete"], before, Json::Null)),
            applies: true,
            ..Seen::default()
        };
        breaks(&seen, Law::AsShown, "without a word");
        seen.output.diagnostics.push(warning("was removed from state and still exists"));
        assert_eq!(judge(&seen), []);
        seen.after = snapshot(None, &[]);
        assert_eq!(judge(&seen), []);
        seen.plan_warnings = vec![warning("will only remove it from state")];
        breaks(&seen, Law::AsShown, "said that it stays");
    }

    #[test]
    fn the_state_and_the_texts_are_true() {
        let holds_deleted = Seen {
            before: snapshot(Some("1"), &[object(ADDRESS, "1")]),
            after: snapshot(None, &[object(ADDRESS, "1")]),
            ..Seen::default()
        };
        breaks(&holds_deleted, Law::StateIsTrue, "this command deleted");
        let twice = Seen {
            before: snapshot(Some("1"), &[]),
            after: snapshot(Some("1"), &[object(ADDRESS, "1"), object("mss_service_linked_role.b", "1")]),
            output: completed("create"),
            applies: true,
            ..Seen::default()
        };
        breaks(&twice, Law::StateIsTrue, "two objects");
        let orphan = Seen {
            after: snapshot(Some("1"), &[]),
            output: refused(error("Service-linked role was not created", "was not created.")),
            ..Seen::default()
        };
        breaks(&orphan, Law::StateIsTrue, "neither in state nor named");
        breaks(&orphan, Law::StateIsTrue, "was not created");
    }

    #[test]
    fn a_plan_after_apply_is_empty() {
        let of = |code| Output { code: Some(code), ..Output::default() };
        let mut seen = Seen { after: snapshot(Some("1"), &[object(ADDRESS, "1")]), ..Seen::default() };
        let changed = Output { changes: vec![(ADDRESS.to_owned(), "update".to_owned())], ..of(2) };
        assert_eq!(not_quiet(&seen, &of(0)), None);
        assert_eq!(not_quiet(&seen, &changed).map(|breach| breach.law), Some(Law::Quiet));
        assert_eq!(not_quiet(&seen, &of(1)).map(|breach| breach.law), Some(Law::Quiet));
        seen.shared = BTreeSet::from([name()]);
        assert_eq!(not_quiet(&seen, &changed), None);
        assert_eq!(not_quiet(&seen, &of(1)).map(|breach| breach.law), Some(Law::Quiet));
        let about_it = refused(error("Service-linked role already exists", "already exists."));
        assert_eq!(not_quiet(&seen, &about_it), None);
        seen.shared.clear();
        assert_eq!(not_quiet(&seen, &about_it).map(|breach| breach.law), Some(Law::Quiet));
    }
}
