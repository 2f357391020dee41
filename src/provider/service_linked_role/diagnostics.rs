//! Every diagnostic of the role's operations, as pure functions of the facts: what happened, why,
//! and what to do. Snapshots hold their texts.
//!
//! Must not decide anything: the operations do.

use std::time::Duration;

use super::{
    MssRole,
    find::{Expected, RAM_LAG},
    model::{DeletionPolicy, Difference, Model},
    verdict::Verdict,
};
use crate::{
    cloud::{
        self,
        api::resource_manager::{DeletionTask, Role, RoleUsage},
    },
    framework::{diagnostics::Diagnostic, value::Path},
    provider::{
        diagnostics::{cloud_error, cloud_warning, on_account, reason},
        layout::{list, paragraphs, verbatim},
        run::Intent,
        subscription::Subscription,
        wait::Interruption,
    },
};

/// A role's name and, where it is known, its account.
pub(super) type Named<'a> = (&'a str, Option<&'a str>);

/// The role of a model, to be named in a text.
pub(super) fn of(model: &Model) -> Named<'_> {
    (model.role_name(), model.account_id())
}

/// The role of a response of RAM, to be named in a text.
fn of_role(role: &Role) -> Named<'_> {
    (&role.role_name, role.account_id())
}

/// The role in words: its name and, where it is known, the account.
pub(super) fn named(role_name: &str, account_id: Option<&str>) -> String {
    match account_id {
        Some(account_id) => format!("\"{role_name}\" in account {account_id}"),
        None => format!("\"{role_name}\""),
    }
}

fn words((role_name, account_id): Named) -> String {
    named(role_name, account_id)
}

/// How to bring an existing role under this resource.
fn how_to_import(role: Named) -> String {
    let id = import_id(role);
    let block =
        verbatim(&[&format!("import {{\n  to = mss_service_linked_role.example\n  id = \"{id}\"\n}}")]);
    let command = verbatim(&[&format!("terraform import 'mss_service_linked_role.example' {id}")]);
    paragraphs(&[
        "To manage it here, add this block (with the address of your resource) and plan again:",
        &block,
        "Or run:",
        &command,
    ])
}

fn import_id((role_name, account_id): Named) -> String {
    account_id.map_or_else(|| role_name.to_owned(), |account_id| format!("{account_id}:{role_name}"))
}

/// The command that imports a role at the address of the diagnostic.
fn import(role: Named) -> String {
    format!("terraform import 'ADDRESS' {}", import_id(role))
}

/// The commands that import a role at an address that already holds another one.
fn import_instead(role: Named) -> String {
    format!("{FORGET}\n{}", import(role))
}

/// How to delete a role by hand, and as whom; `lead` begins the sentence.
fn how_to_delete(lead: &str, (role_name, account_id): Named) -> String {
    let command = format!("aliyun resourcemanager DeleteServiceLinkedRole --RoleName {role_name}");
    let who = account_id.map_or_else(String::new, |id| format!(" with credentials of account {id}"));
    paragraphs(&[&format!("{lead} run{who}:"), &verbatim(&[&command])])
}

/// Ways out: each a sentence, and on lines of their own the commands that it ends with. Where one of them is about
/// an address in the state, it is followed by how to find that.
fn ways_out(role: Named, ways: &[&str]) -> String {
    let listed = list("Ways out (with OpenTofu, run `tofu` instead of `terraform`):", ways);
    let is_in_state = |way: &&str| ["untaint 'ADDRESS'", FORGET].iter().any(|command| way.contains(command));
    match ways.iter().any(is_in_state) {
        true => paragraphs(&[&listed, &how_to_find_address(role)]),
        false => listed,
    }
}

/// How to find what `ADDRESS` stands for: a destroy has no configuration, so Terraform may show no address with its
/// errors; and a resource that is being moved has its old address in the state.
fn how_to_find_address(role: Named) -> String {
    let command = find_address(role);
    paragraphs(&[
        "If no address is shown, or a `moved` block makes it differ from the one in state, this command prints the \
         address in state:",
        &verbatim(&[&command]),
    ])
}

/// The command that prints the address at which the state holds a role.
fn find_address(role: Named) -> String {
    format!("terraform state list -id={}", import_id(role))
}

/// Takes the object that a diagnostic is about out of state.
const FORGET: &str = "terraform state rm 'ADDRESS'";

/// What taking over a role means.
const ADOPT: &str = "To take it over without an import, set `adopt_existing = true`. The role then stays in the \
                     account when you destroy the resource, unless `deletion_policy` says otherwise.";

// Plan.

/// Two plans of one run that contradict each other; this one came second.
pub(super) fn contradicting(role: Named, this: Intent, other: Intent) -> Diagnostic {
    match (this, other) {
        (Intent::Delete, Intent::Forget) | (Intent::Forget, Intent::Delete) => deleted_and_left(role),
        (Intent::Delete, other) | (other, Intent::Delete) => destroyed_and_held(role, other),
        _ => held_twice(role),
    }
}

fn destroyed_and_held(role: Named, holding: Intent) -> Diagnostic {
    let holding = match holding {
        Intent::Take => "creates it or takes it over",
        _ => "keeps it",
    };
    let what = format!(
        "Two objects of this plan share the service-linked role {}: one destroys it, the other {holding}. An account can \
         have only one role of this name, so the deletion would take it away from both. The role was not changed.",
        words(role)
    );
    let deposed = format!(
        "If Terraform shows the destroyed object as deposed, remove `create_before_destroy` and run:\n{}",
        import_instead(role)
    );
    let next = ways_out(
        role,
        &[
            RENAMED,
            EXCHANGED,
            &deposed,
            "Otherwise, take the object that should go out of state; the role stays in the account:\n\
         terraform state rm 'ADDRESS'",
            BEFORE_DESTROY,
        ],
    );
    let detail = paragraphs(&[&what, &next]);
    Diagnostic::error("One plan destroys and keeps the same role", detail).at(Path::of("role_name"))
}

const RENAMED: &str = "If the resource was renamed or has another key, add a `moved` block from the old address to the new \
                       one and plan again.";

const EXCHANGED: &str = "If two resources exchange their roles, move them through a third address:\n\
                         terraform state mv 'FIRST' 'THIRD'\nterraform state mv 'SECOND' 'FIRST'\n\
                         terraform state mv 'THIRD' 'SECOND'";

/// The role that is to come exists, and an object in state holds it that no plan has mentioned yet.
pub(super) fn held_at_another_address(role: Named) -> Diagnostic {
    let what = format!(
        "The service-linked role {} already exists, and another object in the state holds it. An import would put one \
         role at two addresses. The role was not changed.",
        words(role)
    );
    let next = ways_out(role, &[RENAMED, EXCHANGED, BEFORE_DESTROY]);
    let holder = "This command prints the address that holds the role:";
    let detail = paragraphs(&[&what, &next, holder, &verbatim(&[&find_address(role)])]);
    Diagnostic::error("Role is held at another address", detail).at(Path::of("role_name"))
}

/// If the state may hold the role and nothing has said so yet.
fn if_held(role: Named) -> String {
    format!(
        "If another resource in the state holds the role, do not import it: add a `moved` block from the address of that \
         resource to this one. If the two resources should exchange their roles, move both with `state mv` through a \
         third address instead. This command prints the address of the other resource:\n{}",
        find_address(role)
    )
}

fn deleted_and_left(role: Named) -> Diagnostic {
    let what = format!(
        "Two objects of the state hold the service-linked role {}, and this plan destroys both: the `deletion_policy` \
         of one deletes the role, that of the other leaves it in the account. The role was not changed.",
        words(role)
    );
    let next = ways_out(
        role,
        &[
            "Take one of the two out of state; the policy of the other then counts:\nterraform state rm 'ADDRESS'",
        ],
    );
    let detail = paragraphs(&[&what, &next]);
    Diagnostic::error("One plan deletes and abandons the same role", detail).at(Path::of("deletion_policy"))
}

fn held_twice(role: Named) -> Diagnostic {
    let what = format!(
        "Another resource in this configuration already holds the service-linked role {}, or is about to. An account \
         can have only one role of this name, so only one resource can hold it. The role was not changed.",
        words(role)
    );
    let next = ways_out(
        role,
        &[
            "Remove one of the two resources from the configuration. If the state holds the role at that address, take \
         it out of state first, so that the role is not destroyed:\nterraform state rm 'ADDRESS'",
            "If the resource was renamed or has another key, remove the old one and add a `moved` block from its \
         address to the new one.",
            BEFORE_DESTROY,
        ],
    );
    Diagnostic::error("Role is planned twice", paragraphs(&[&what, &next])).at(Path::of("role_name"))
}

/// `terraform destroy` plans first as for an apply.
const BEFORE_DESTROY: &str = "To destroy everything, run this command, which leaves out this plan. It also leaves out \
                              the refresh, so changes made outside Terraform show only during apply:\n\
                              terraform destroy -refresh=false";

/// A role that an object in state holds, and that this plan cannot replace.
pub(super) fn tainted(role: Named, why: &str) -> Diagnostic {
    let what = format!(
        "The state holds the service-linked role {}, and this plan creates it: either the resource is tainted or \
         another object holds the role. The role cannot be replaced now. The role was not changed.",
        words(role)
    );
    let next = ways_out(
        role,
        &[
            "If the resource is tainted, run:\nterraform untaint 'ADDRESS'",
            "If the resource was renamed or has another key, add a `moved` block from the old address to the new one.",
            "If another resource holds the role, remove this one from the configuration.",
            BEFORE_DESTROY,
        ],
    );
    Diagnostic::error("Role in state cannot be replaced", paragraphs(&[&what, why, &next]))
        .at(Path::of("role_name"))
}

/// A role that this plan may be about to destroy, and cannot. `why` it cannot.
pub(super) fn unspoken(role: Named, why: &str) -> Diagnostic {
    let what = format!(
        "The state holds the service-linked role {}, and nothing in this plan shows what happens to it. If this resource \
         is tainted and holds that role, apply would destroy that role first, and would be refused.",
        words(role)
    );
    let next = ways_out(
        role,
        &[
            "If the resource is tainted, run this command and plan again:\nterraform untaint 'ADDRESS'",
            "If another resource holds the role, there is nothing to do.",
        ],
    );
    Diagnostic::warning("Role in state might not be deletable", paragraphs(&[&what, why, &next]))
        .at(Path::of("role_name"))
}

pub(super) const WHY_PREVENTED: &str = "The `deletion_policy` in state is \"prevent\".";

pub(super) const WHY_ABANDONED: &str = "The `deletion_policy` in state is \"abandon\": the role would stay in the \
                                        account, and a second role of the same name cannot be created.";

/// The same where the role can be replaced. Terraform does not say which case it is, so the text lists them.
pub(super) fn held_in_state(role: Named, going: Intent) -> Diagnostic {
    let what = format!(
        "The state holds the service-linked role {}, and this plan creates it. Terraform does not say which of the \
         cases below it is.",
        words(role)
    );
    let tainted = match going {
        Intent::Delete => {
            "If the resource is tainted, apply deletes the role and creates it again. With `create_before_destroy` \
             that fails, because the name can exist only once. To keep the role, run:\nterraform untaint 'ADDRESS'"
        }
        _ => {
            "If the resource is tainted, apply takes over the role again. To keep it as it is, run:\n\
             terraform untaint 'ADDRESS'"
        }
    };
    let here = format!(
        "If another object in the state holds the role, apply stops. Take that object out of state and import the role \
         here:\nterraform state rm 'OTHER_ADDRESS'\n{}",
        import(role)
    );
    let next = ways_out(
        role,
        &[
            tainted,
            "If the resource was renamed or has another key, add a `moved` block from the old address to the new one.",
            &here,
        ],
    );
    Diagnostic::warning("Service-linked role is already in state", paragraphs(&[&what, &next]))
        .at(Path::of("role_name"))
}

pub(super) fn replaced_is_abandoned(role: Named) -> Diagnostic {
    let what = format!(
        "The service-linked role {} cannot be replaced: the `deletion_policy` in state is \"abandon\", so the role \
         would stay in the account, and a second role of the same name cannot be created. The role was not changed.",
        words(role)
    );
    let next = ways_out(
        role,
        &[
            "To keep the role, leave out `-replace` and any other change that makes Terraform replace it.",
            "To have it created again, set `deletion_policy = \"delete\"`, change nothing else, run `terraform apply`, \
         and then replace it.",
            BEFORE_DESTROY,
        ],
    );
    Diagnostic::error("Abandoned role cannot be replaced", paragraphs(&[&what, &next]))
        .at(Path::of("deletion_policy"))
}

/// A replacement whose first half Alibaba Cloud would refuse.
pub(super) fn not_replaced(role: Named, why: &str) -> Diagnostic {
    let what = format!(
        "The service-linked role {} cannot be replaced: Alibaba Cloud does not delete it now, and a second role of the \
         same name cannot be created. The role was not changed.",
        words(role)
    );
    let next = ways_out(
        role,
        &[
            "To keep the role, leave out `-replace` and any other change that makes Terraform replace it.",
            "To have it created again, wait until the MSS subscription has ended, and then replace it.",
        ],
    );
    Diagnostic::error("Role cannot be replaced now", paragraphs(&[&what, why, &next]))
}

pub(super) fn replacement_keeps_name(role: Named) -> Diagnostic {
    let what = format!(
        "The service-linked role {} is replaced by one of the same name, which can exist only once. With \
         `create_before_destroy`, apply fails: remove that argument if the resource has it.",
        words(role)
    );
    Diagnostic::warning("Replacement keeps the role's name", what).at(Path::of("role_name"))
}

pub(super) fn exists_already(role: Named, in_full: bool) -> Diagnostic {
    // Of the role alone: an apply may have dropped it from the state before it came to this.
    let what = format!("The service-linked role {} already exists. The role was not changed.", words(role));
    let detail = if in_full { every_way_to_hold(role, &what) } else { one_way_to_hold(role, &what) };
    Diagnostic::error("Service-linked role already exists", detail).at(Path::of("role_name"))
}

fn every_way_to_hold(role: Named, what: &str) -> String {
    let replaced = "If this happens while Terraform replaces a resource with `create_before_destroy`, or with OpenTofu's \
                    `destroy = false`: the name can exist only once, so the new role cannot be created while the old \
                    one exists. Remove that argument, then run (the first command only if the state still shows the \
                    resource):";
    let import = verbatim(&[&import_instead(role)]);
    let held = if_held(role);
    let below = |way: &str| {
        let (prose, command) = way.split_once('\n').unwrap_or((way, ""));
        paragraphs(&[prose, &verbatim(&[command])])
    };
    let (held, destroy) = (below(&held), below(BEFORE_DESTROY));
    paragraphs(&[what, &how_to_import(role), &held, ADOPT, replaced, &import, &destroy])
}

fn one_way_to_hold(role: Named, what: &str) -> String {
    let next = "To manage it here, run this command. An earlier error in this run lists the other ways out.";
    paragraphs(&[what, next, &verbatim(&[&import(role)])])
}

/// The role that is to replace the one in state exists. Its address is taken, so an import alone does not help.
pub(super) fn successor_exists(role: Named) -> Diagnostic {
    let what = format!(
        "This plan would replace the role in state with the service-linked role {}, which already exists. The role was not \
         changed.",
        words(role)
    );
    let import = format!(
        "To manage the existing role, and leave the one in state in its account, run:\n{}",
        import_instead(role)
    );
    let next = ways_out(
        role,
        &[
            "To keep the role in state, undo the change that replaces it, or leave out `-replace`.",
            &import,
            "To take over the existing role and destroy the one in state, set `adopt_existing = true`.",
            &if_held(role),
            BEFORE_DESTROY,
        ],
    );
    Diagnostic::error("Service-linked role already exists", paragraphs(&[&what, &next]))
        .at(Path::of("role_name"))
}

const REMADE: &str = "Role was deleted and another one created";

/// Nobody can tell the two apart: what a run made that was killed is not in the state.
const REMADE_BY: &str =
    "Someone created it outside Terraform, or a run was stopped before it saved its state.";

/// The refresh of this run has found the role of the state gone, and RAM shows another one of its name. An import
/// alone does not help: the state keeps the old one, since the plan fails.
pub(super) fn made_again_outside(role: Named) -> Diagnostic {
    let what = format!(
        "The service-linked role {} in state no longer exists, and another role of the same name already exists. \
         {REMADE_BY} The role was not changed.",
        words(role)
    );
    let import = format!("To manage the new role, run:\n{}", import_instead(role));
    let next = ways_out(role, &[&import, ADOPT, BEFORE_DESTROY]);
    Diagnostic::error(REMADE, paragraphs(&[&what, &next])).at(Path::of("role_name"))
}

/// The refresh of this run was told that there is no such role, and RAM shows that very one. The state keeps it,
/// since the plan fails.
pub(super) fn found_again(role: &Role) -> Diagnostic {
    let what = format!(
        "During the refresh, RAM reported that the service-linked role {} does not exist; now it shows the same role \
         (role ID {}). The role in state is not touched.",
        words(of_role(role)),
        role.role_id
    );
    let next = "Plan again: a replica of RAM was behind.";
    Diagnostic::error("RAM contradicts itself", paragraphs(&[&what, next]))
}

/// RAM was asked about one role and answered about another.
pub(super) fn other_role_answered(expected: &Expected, found: &Role) -> Diagnostic {
    let detail = format!(
        "The provider asked RAM for the service-linked role {} and received {} ({}). The role was not changed.\n\nCheck the \
         provider's `endpoints`, and that no proxy answers in place of Alibaba Cloud.",
        named(&expected.role_name, expected.account_id.as_deref()),
        words(of_role(found)),
        found.arn
    );
    Diagnostic::error("RAM answered with another role", detail).at(Path::of("role_name"))
}

/// How a role comes that could not be looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comes {
    /// No object of the state goes for it.
    New,
    /// In place of a role in state, which is destroyed before.
    InPlace,
}

pub(super) fn look_up_failed(comes: Comes, role_name: &str, error: &cloud::Error) -> Diagnostic {
    cloud_warning(NOT_LOOKED_UP, &could_not_check(comes, role_name), error)
}

pub(super) fn look_up_timed_out(comes: Comes, (role_name, _): Named, after: Duration) -> Diagnostic {
    let why = format!("Reason: Alibaba Cloud did not answer within {after:?}.");
    let next = "Check the network, then plan again.";
    Diagnostic::warning(NOT_LOOKED_UP, paragraphs(&[&could_not_check(comes, role_name), &why, next]))
}

/// `unknown` is what is known only after apply.
pub(super) fn not_looked_up(comes: Comes, (role_name, _): Named, unknown: &str) -> Diagnostic {
    let why = format!(
        "{unknown} is known only after apply. Apply may then also find that the account is not allowed, or that \
         another resource holds the role."
    );
    Diagnostic::warning(NOT_LOOKED_UP, paragraphs(&[&could_not_check(comes, role_name), &why]))
}

fn could_not_check(comes: Comes, role_name: &str) -> String {
    let name = if role_name.is_empty() { String::new() } else { format!(" \"{role_name}\"") };
    let then = match comes {
        Comes::New => "apply may still find that it does.",
        Comes::InPlace => "apply destroys the role in state first, and may then find that this one exists.",
    };
    format!("Could not check whether the service-linked role{name} already exists; {then}")
}

/// The role that is to replace the one in state cannot be created, and the one in state would be destroyed before.
pub(super) fn successor_not_entered(role: Named, error: &cloud::Error) -> Diagnostic {
    let what = format!(
        "The service-linked role {} cannot replace the one in state, because its account cannot be entered. The role \
         in state is not touched; apply would destroy it first.",
        words(role)
    );
    on_account(cloud_error("Account of the new role cannot be entered", &what, error), error)
}

/// The role that would be replaced is not the one that RAM shows.
pub(super) fn replaced_is_another(expected: &Expected, found: &Role) -> Diagnostic {
    let role = (expected.role_name.as_str(), expected.account_id.as_deref());
    let what = format!(
        "The service-linked role {} in state (role ID {}) no longer exists, and another role of the same name already \
         exists (role ID {}). {REMADE_BY} It cannot be replaced, and neither is touched.",
        words(role),
        expected.role_id.as_deref().unwrap_or("not known"),
        found.role_id
    );
    let import = format!("To manage the new role, run:\n{}", import_instead(role));
    let refresh = "Otherwise, plan again without `-refresh=false`.";
    Diagnostic::error(REMADE, paragraphs(&[&what, &ways_out(role, &[&import, refresh])]))
        .at(Path::of("role_name"))
}

const NOT_LOOKED_UP: &str = "Service-linked role could not be looked up";

/// Reported in the plan and before a destroy.
pub(super) fn no_credentials(role_name: &str, error: &cloud::Error) -> Diagnostic {
    let (summary, why) = match error {
        cloud::Error::AccountChanged { .. } => (
            "Credentials belong to another account",
            "the provider's credentials have changed in the middle of this run",
        ),
        _ if error.has_no_credentials() => ("No credentials", "the provider has no credentials"),
        _ => ("Credentials are not accepted", "Alibaba Cloud does not accept the provider's credentials"),
    };
    let what = format!(
        "Nothing can be planned or changed about the service-linked role \"{role_name}\", because {why}."
    );
    cloud_error(summary, &what, error)
}

/// Terraform 1.16 and later: what the plan showed is no longer so.
pub(super) fn changed_since_plan(role: Named, showed: &str, found: &str) -> Diagnostic {
    let what = format!(
        "The plan showed that the service-linked role {} {showed}, but now {found}. The role was not changed.",
        words(role)
    );
    let next = "Plan again, and apply the new plan.";
    Diagnostic::error("Role has changed since the plan", paragraphs(&[&what, next]))
}

pub(super) fn check_interrupted(role: Named) -> Diagnostic {
    let detail = format!(
        "Terraform was interrupted while the provider was checking the service-linked role {}. The role was not \
         changed.\n\nPlan again, and apply the new plan.",
        words(role)
    );
    Diagnostic::error("Checking the role was interrupted", detail)
}

// Create.

pub(super) fn unknown_service(role_name: &str, service_name: &str, error: &cloud::Error) -> Diagnostic {
    let what = format!(
        "Alibaba Cloud has no service \"{service_name}\" for the role \"{role_name}\" to trust. Nothing was created."
    );
    let next = "Remove `service_name` to use the provider's default, or set it to the name in Alibaba Cloud's \
                documentation of this role.";
    let detail = paragraphs(&[&what, &reason(error), next]);
    Diagnostic::error("Unknown service name", detail).at(Path::of("service_name"))
}

pub(super) fn other_role_of_service(role_name: &str, service_name: &str, belongs_to: &str) -> Diagnostic {
    let detail = format!(
        "The service \"{service_name}\" belongs to the role \"{belongs_to}\", not to \"{role_name}\". Nothing was \
         created.\n\nRemove `service_name`, or change `role_name`."
    );
    Diagnostic::error("Service name belongs to another role", detail).at(Path::of("service_name"))
}

pub(super) fn other_service_trusted(role: &Role, trusted: &str, service_name: &str) -> Diagnostic {
    let detail = format!(
        "The role {} already exists and trusts the service \"{trusted}\", not \"{service_name}\". The role was not \
         changed.\n\nTo adopt the role as it is, set `service_name = \"{trusted}\"`.",
        words(of_role(role))
    );
    Diagnostic::error("Existing role trusts another service", detail).at(Path::of("service_name"))
}

pub(super) fn not_created(role: Named, error: &cloud::Error) -> Diagnostic {
    let what = format!("The service-linked role {} was not created.", words(role));
    cloud_error("Service-linked role was not created", &what, error)
}

/// The beginning of a report, where the create itself can no longer say anything.
pub(super) fn left_by_a_broken_create(role: Named) -> String {
    let what = format!(
        "The service-linked role {} may have been created, and it is not in state. Look for it on the Roles page of the \
         RAM console, or run:",
        words(role)
    );
    let command = verbatim(&[&format!("aliyun resourcemanager GetRole --RoleName {}", role.0)]);
    let missing = "If the role is not there, run the same command again.";
    paragraphs(&[&what, &command, missing, &how_to_import(role)])
}

/// RAM has confirmed another role than the planned one.
pub(super) fn created_elsewhere(planned: &Expected, role: &Role) -> Diagnostic {
    let what = format!(
        "Alibaba Cloud created the role {} ({}), but the plan was for {}. The created role exists now, and it is not in \
         state.",
        words(of_role(role)),
        role.arn,
        named(&planned.role_name, planned.account_id.as_deref())
    );
    let next = how_to_delete("Delete it on the Roles page of the RAM console, or", of_role(role));
    let check = "Then check `service_name` and the provider's credentials.";
    Diagnostic::error("Another role was created", paragraphs(&[&what, &next, check]))
        .at(Path::of("service_name"))
}

/// A role that was created by us and is not what the plan showed.
pub(super) fn created_otherwise(role: &Role, differences: &[Difference]) -> Diagnostic {
    let what = format!(
        "The service-linked role {} was created, but it differs from the plan: {}. It exists now, and it is not in \
         state.",
        words(of_role(role)),
        listed(differences)
    );
    Diagnostic::error(
        "Created role differs from the plan",
        paragraphs(&[&what, &how_to_import(of_role(role))]),
    )
}

pub(super) fn differs_from_plan(role: &Role, differences: &[Difference]) -> Diagnostic {
    let what = format!(
        "The service-linked role {} differs from the plan: {}. The state holds what the plan showed until the next \
         refresh.",
        words(of_role(role)),
        listed(differences)
    );
    Diagnostic::warning(
        "Role differs from the plan",
        paragraphs(&[&what, "Run `terraform plan` to refresh it."]),
    )
}

fn listed(differences: &[Difference]) -> String {
    let one = |difference: &Difference| {
        let Difference { attribute, planned, found } = difference;
        format!("`{attribute}` was planned as {planned:?} and is {found:?}")
    };
    differences.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Ours disappeared at once, and someone has created another.
pub(super) fn created_and_remade(created: &Role, found: &Role) -> Diagnostic {
    let what = format!(
        "The service-linked role {} was created (role ID {}), but RAM now shows another role of that name (role ID \
         {}), which someone else created. The provider leaves it alone; it is not in state.",
        words(of_role(created)),
        created.role_id,
        found.role_id
    );
    Diagnostic::error(
        "Created role was replaced by another",
        paragraphs(&[&what, &how_to_import(of_role(found))]),
    )
}

/// A role that appeared after a lost response.
pub(super) fn created_in_doubt(role: &Role) -> Diagnostic {
    let what = format!(
        "The service-linked role {} (role ID {}) is in state. The response to the create request was lost, so it is not \
         certain whether this request created the role or someone else did at the same time.",
        words(of_role(role)),
        role.role_id
    );
    let next = "If the role belongs to someone else, take it out of state; it stays in the account:";
    Diagnostic::warning("Response to the create was lost", paragraphs(&[&what, next, &verbatim(&[FORGET])]))
}

/// The requests to RAM, and what has become of them, may have created the role.
pub(super) fn outcome_unknown(role: Named, history: &[String]) -> Diagnostic {
    outcome_left_open(role, history, "")
}

/// The same where the wait ended early.
pub(super) fn create_left_open(role: Named, history: &[String], ended: Interruption) -> Diagnostic {
    match ended {
        Interruption::Stopped => outcome_left_open(role, history, "Terraform was interrupted."),
        Interruption::TimedOut(after) => {
            let ended = format!("The time-out of {after:?} (`timeouts.create`) has passed.");
            outcome_left_open(role, history, &ended)
        }
    }
}

fn outcome_left_open(role: Named, history: &[String], ended: &str) -> Diagnostic {
    let what = format!(
        "The request that creates the service-linked role {} may have reached RAM, and it is not known whether the role exists. It \
         is not in state.",
        words(role)
    );
    let next = "Run `terraform plan` again to see whether the role exists.";
    let history = history.join("\n\n");
    let detail = paragraphs(&[&what, &history, ended, next, &how_to_import(role)]);
    Diagnostic::error("Outcome of creating the role is unknown", detail)
}

/// A create that ended before any request that could change something was sent to RAM.
pub(super) fn create_not_begun(role: Named, ended: Interruption) -> Diagnostic {
    let role = words(role);
    let next = "No request to create it was sent.\n\nPlan again, and apply the new plan.";
    match ended {
        Interruption::Stopped => {
            let what =
                format!("Terraform was interrupted while creating the service-linked role {role}. {next}");
            Diagnostic::error("Creating the role was interrupted", what)
        }
        Interruption::TimedOut(after) => {
            let what =
                format!("The service-linked role {role} could not be created within {after:?}. {next}");
            Diagnostic::error("Creating the role timed out", what).at(Path::of("timeouts.create"))
        }
    }
}

pub(super) fn created_but_invisible(role: &Role, after: Duration) -> Diagnostic {
    let what = format!(
        "Alibaba Cloud confirmed that the service-linked role {} was created ({}), but RAM did not show it \
         within {after:?}. The role most likely exists; it is not in state.",
        words(of_role(role)),
        role.arn,
    );
    let detail = paragraphs(&[
        &what,
        "Wait until RAM shows the role.",
        &how_to_import(of_role(role)),
        &how_to_delete("To remove it instead,", of_role(role)),
        "A longer `timeouts.create` avoids this error.",
    ]);
    Diagnostic::error("Created role stays invisible", detail).at(Path::of("timeouts.create"))
}

pub(super) fn created_unconfirmed(role: &Role, why: &str) -> Diagnostic {
    let what = format!(
        "The service-linked role {} was created and is in state, but the provider could not read it back: {why}.",
        words(of_role(role))
    );
    Diagnostic::warning(
        "Created role was not read back",
        paragraphs(&[&what, "Run `terraform plan` to see the role as RAM shows it."]),
    )
}

// Data sources and searches.

pub(super) fn no_such_role(role_name: &str, account_id: Option<&str>) -> Diagnostic {
    let what = format!("The service-linked role {} does not exist.", named(role_name, account_id));
    let next = "Create it with the resource `mss_service_linked_role`. To check whether a role exists, use the data \
                source `mss_service_linked_roles`, which reports a missing role instead of failing.";
    Diagnostic::error("Service-linked role does not exist", paragraphs(&[&what, next]))
        .at(Path::of("role_name"))
}

pub(super) fn no_policy(role_name: &str, account_id: &str) -> Diagnostic {
    let what = format!(
        "RAM shows no system policy for the service-linked role {}, although every such role has one.",
        named(role_name, Some(account_id))
    );
    let next =
        "If the role was just created, run the same command again. Otherwise, contact Alibaba Cloud support.";
    Diagnostic::error("Role has no system policy", paragraphs(&[&what, next])).at(Path::of("role_name"))
}

pub(super) fn nothing_searched(failed: usize) -> Diagnostic {
    let which = if failed == 1 { "The account".to_owned() } else { format!("None of the {failed} accounts") };
    let verb = if failed == 1 { "could not" } else { "could" };
    let detail = format!(
        "{which} {verb} be searched for service-linked roles of MSS; the warnings say why.\n\nCheck the provider's \
         credentials and `member_account_role`, then run the same command again."
    );
    Diagnostic::error("No account could be searched", detail).at(Path::of("account_ids"))
}

// Read.

pub(super) fn not_read(role: Named, error: &cloud::Error) -> Diagnostic {
    let what = format!(
        "Reading the service-linked role {} failed. It is not known whether the role still exists; nothing in \
         the state was changed.",
        words(role)
    );
    cloud_error("Service-linked role could not be read", &what, error)
}

pub(super) fn read_timed_out(role: Named, after: Duration) -> Diagnostic {
    let what = format!(
        "Reading the service-linked role {} took longer than {after:?}; nothing in the state was changed.",
        words(role)
    );
    let next = "Check the network, then run the same command again or set a longer `timeouts.read`.";
    Diagnostic::error("Reading the role timed out", paragraphs(&[&what, next])).at(Path::of("timeouts.read"))
}

pub(super) fn interrupted_read(role_name: &str) -> Diagnostic {
    Diagnostic::error(
        "Reading the role was interrupted",
        format!(
            "Terraform was interrupted while the provider was reading \"{role_name}\"; nothing in the state was \
             changed.\n\nRun the same command again."
        ),
    )
}

pub(super) fn not_service_linked(role: &Role) -> Diagnostic {
    let detail = format!(
        "The role {} has the name of a service-linked role but is not one, so the provider leaves it alone.\n\nManage \
         it with a resource for ordinary RAM roles, or delete it so that MSS can create its own.",
        words(of_role(role))
    );
    Diagnostic::error("Role is not service-linked", detail).at(Path::of("role_name"))
}

pub(super) fn provider_not_known_yet(role_name: &str) -> Diagnostic {
    let detail = format!(
        "The provider's configuration depends on values that are known only after apply, so \"{role_name}\" could not \
         be read. The plan shows the role as it was last seen.\n\nTo plan with certainty, first apply what the \
         provider's configuration depends on (`-target`)."
    );
    Diagnostic::warning("Service-linked role was not refreshed", detail)
}

/// A state that an import has made and that was never read.
pub(super) fn import_not_read(role_name: &str) -> Diagnostic {
    let detail = format!(
        "The role \"{role_name}\" cannot be imported: the provider's configuration depends on values that are known \
         only after apply, so the provider could not check whether the role exists. Nothing was changed.\n\nFirst \
         apply what the provider's configuration depends on (`-target`), then import."
    );
    Diagnostic::error("Imported role could not be read", detail)
}

/// RAM does not show a role that was created moments ago.
pub(super) fn not_shown_yet(role: Named, after: Duration) -> Diagnostic {
    let what = format!(
        "RAM did not show the service-linked role {} for {after:?}. The role was created less than {RAM_LAG:?} ago, and \
         RAM can take that long. Nothing in the state was changed.",
        words(role)
    );
    let next = "Run the same command again in two minutes, or set a longer `timeouts.read`.";
    Diagnostic::error("RAM does not show the new role", paragraphs(&[&what, next]))
        .at(Path::of("timeouts.read"))
}

/// Ours is gone, and another one has its name.
pub(super) fn remade(role: Named, found: &Role) -> Diagnostic {
    let what = format!(
        "The service-linked role {} of this resource no longer exists and leaves the state. Someone has since created \
         another role of that name (role ID {}); the provider leaves it alone.",
        words(role),
        found.role_id
    );
    let next = "To manage the new role, take the old one out of state and import the new one:";
    let commands = verbatim(&["terraform apply -refresh-only", &import(role)]);
    Diagnostic::warning("Role was deleted and created again", paragraphs(&[&what, next, &commands]))
}

// Destroy.

pub(super) fn deletion_prevented(role: Named, in_full: bool) -> Diagnostic {
    let what = format!(
        "Destroying the service-linked role {} is refused because its `deletion_policy` is \"prevent\". The role \
         was not changed.",
        words(role)
    );
    let next = ways_out(
        role,
        &[
            "If the role should go, change the policy while the resource is in the configuration. If the resource is \
         tainted, run `terraform untaint 'ADDRESS'`. Set `deletion_policy = \"delete\"`, and change nothing else. Run \
         `terraform apply`, then destroy or replace the role.",
            "If the role should stay, leave out whatever destroys or replaces it. Or make Terraform forget the role, which \
         stays in the account:\nterraform state rm 'ADDRESS'",
            DEPOSED,
        ],
    );
    let next = if in_full { next } else { one_way_out() };
    let detail = paragraphs(&[&what, &next]);
    Diagnostic::error("Destroying the role is prevented", detail).at(Path::of("deletion_policy"))
}

/// A deposed object has the address of the one that has taken its place, so a command about one is about both, and no
/// configuration reaches it.
const DEPOSED: &str = "If Terraform shows the object as deposed, a newer role has its address. Note the `id` of the newer \
                       role, make Terraform forget both, and import the newer one again:\n\
                       terraform state show 'ADDRESS'\nterraform state rm 'ADDRESS'\nterraform import 'ADDRESS' ID";

/// For the second and later errors of a kind in one run.
fn one_way_out() -> String {
    let next = "One way out leaves the role in the account. An earlier error in this run lists the others.";
    paragraphs(&[next, &verbatim(&[FORGET])])
}

pub(super) fn subscription_is_active(role: Named, subscription: &Subscription, in_full: bool) -> Diagnostic {
    let what = format!(
        "Destroying the service-linked role {} is refused because the MSS subscription of the account is active. \
         The role was not changed.",
        words(role)
    );
    let wait = match subscription.end_date() {
        Some(end_date) => format!("Wait until the subscription has ended ({end_date}), then destroy again."),
        None => "End the subscription, then destroy again.".to_owned(),
    };
    let next = ways_out(
        role,
        &[
            &wait,
            "Make Terraform forget the role, which stays in the account. If you keep the configuration, also remove the \
         resource from it, or the next plan will try to create the role. This works for one instance of a `for_each` \
         too:\nterraform state rm 'ADDRESS'",
            "Make destroy leave the role in the account. Do this while the resource is in the configuration. If the \
         resource is tainted, run `terraform untaint 'ADDRESS'`. Set `deletion_policy = \"abandon\"` (or \
         \"delete_or_abandon\"), and change nothing else. Run `terraform apply`, then destroy again.",
            "If this plan replaces the role, leave out `-replace`, or undo the change that replaces it.",
            DEPOSED,
        ],
    );
    let next = if in_full { next } else { one_way_out() };
    let detail = paragraphs(&[&what, &why_active(subscription), &next]);
    Diagnostic::error("MSS subscription is active", detail)
}

/// Why a subscription keeps a role from being deleted.
pub(super) fn why_active(subscription: &Subscription) -> String {
    format!(
        "Subscription: {}. Alibaba Cloud refuses to delete the role until the subscription has ended.",
        subscription.describe()
    )
}

/// `why` it could not be read, and what to do about that.
pub(super) fn subscription_unreadable(role_name: &str, why: &str) -> Diagnostic {
    let what = format!(
        "Could not check whether the MSS subscription is active before destroying \"{role_name}\". If it is active, \
         Alibaba Cloud itself will refuse."
    );
    let next = "To do without this check, set `skip_subscription_check = true` in the provider block.";
    Diagnostic::warning("MSS subscription could not be checked", paragraphs(&[&what, why, next]))
}

/// What destroying a role with the policy `delete_or_abandon` will do; `None` if it is refused.
pub(super) fn what_destroy_does(role: Named, verdict: &Verdict) -> Option<Diagnostic> {
    let role = words(role);
    // Two summaries: Terraform shows one of several warnings with the same one.
    let (summary, what, why) = match verdict {
        Verdict::Refuse(_) => return None,
        Verdict::Delete => (
            "Destroying will delete the role",
            format!(
                "Destroying the service-linked role {role} will delete it. If the subscription turns out to be active, or \
                 Alibaba Cloud finds the role in use, the role leaves the state and stays in the account."
            ),
            "",
        ),
        Verdict::Forget(why) => (
            "Destroying will leave the role in the account",
            format!(
                "Destroying the service-linked role {role} will only remove it from state; it stays in the account."
            ),
            why.as_str(),
        ),
    };
    let next = "This is what the `deletion_policy` \"delete_or_abandon\" means.";
    Some(Diagnostic::warning(summary, paragraphs(&[&what, why, next])))
}

/// The role left the state and stays in the account; `why` is empty if the policy alone is the reason.
pub(super) fn role_abandoned(role: Named, policy: DeletionPolicy, why: &str) -> Diagnostic {
    let what = format!(
        "The service-linked role {} was removed from state and still exists, because its `deletion_policy` is \
         \"{}\".",
        words(role),
        policy.name()
    );
    let next = how_to_delete("To delete it once the MSS subscription has ended,", role);
    Diagnostic::warning("Service-linked role was abandoned", paragraphs(&[&what, why, &next]))
}

pub(super) fn not_deleted(role: Named, error: &cloud::Error) -> Diagnostic {
    let what = format!(
        "The service-linked role {} was not deleted; it stays in state and in the account.",
        words(role)
    );
    cloud_error("Service-linked role was not deleted", &what, error)
}

/// RAM has refused the deletion; `why` is that of [`why_in_use`].
pub(super) fn still_in_use(role: Named, why: &str) -> Diagnostic {
    let what =
        format!("Alibaba Cloud refused to delete {}; the role still exists and stays in state.", words(role));
    let next = ways_out(
        role,
        &[
            "Wait until the MSS subscription has ended and nothing uses the role, then run `terraform destroy` again.",
            "Make Terraform forget the role, which stays in the account:\nterraform state rm 'ADDRESS'",
            DEPOSED,
        ],
    );
    let detail = paragraphs(&[&what, why, &next]);
    Diagnostic::error("Service-linked role is still in use", detail)
}

/// What RAM and MSS say of a role that is in use.
pub(super) fn why_in_use(task: &DeletionTask, task_id: &str, subscription: Option<&Subscription>) -> String {
    let usages = task.reason.iter().flat_map(|reason| &reason.role_usages).map(usage).collect::<Vec<_>>();
    let usages = if usages.is_empty() { String::new() } else { list("Used by:", &usages) };
    let subscription =
        subscription.map_or_else(String::new, |found| format!("Subscription: {}.", found.describe()));
    paragraphs(&[&told_by_task(task, "FAILED", task_id), &usages, &subscription])
}

/// A region, and on lines of their own the resources there.
fn usage(usage: &RoleUsage) -> String {
    let region = usage.region.as_deref().unwrap_or("unknown");
    match usage.resources.as_slice() {
        [] => format!("Region {region}: no resource named."),
        resources => format!("Region {region}:\n{}", resources.join("\n")),
    }
}

pub(super) fn deletion_task_broke(role: Named, task: &DeletionTask, task_id: &str) -> Diagnostic {
    let what = format!(
        "The deletion task of {} ended with an internal error of Alibaba Cloud; the role still exists and stays in \
         state.",
        words(role)
    );
    let why = told_by_task(task, "INTERNAL_ERROR", task_id);
    let next = "Run `terraform destroy` again later. If the error persists, give the task ID and the request ID to \
                Alibaba Cloud support.";
    Diagnostic::error("Deletion task failed inside Alibaba Cloud", paragraphs(&[&what, &why, next]))
}

/// What a deletion task that has ended says.
fn told_by_task(task: &DeletionTask, status: &str, task_id: &str) -> String {
    let message = task.reason.as_ref().and_then(|reason| reason.message.as_deref());
    let message = message.map_or_else(|| "no reason given".to_owned(), |message| format!("\"{message}\""));
    let request = task.request_id.as_ref().map_or_else(String::new, |id| format!(", request ID {id}"));
    format!("Alibaba Cloud: {message} (deletion task {status}, task ID {task_id}{request}).")
}

/// A request may be under way, and RAM refuses another.
pub(super) fn deletion_left_open(role: Named, history: &str) -> Diagnostic {
    let what = format!(
        "It is not known whether the service-linked role {} is being deleted. RAM still shows it, and it stays in \
         state.",
        words(role)
    );
    Diagnostic::error(
        "Outcome of deleting the role is unknown",
        paragraphs(&[&what, history, SEE_AND_REPEAT]),
    )
}

/// How far a deletion had come when its wait ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// No request to delete was sent.
    NotAsked,
    /// No request was sent, because RAM does not show the role.
    NotShown,
    /// RAM has answered that there is no such role to delete.
    ToldGone,
    /// The response was lost, and why; empty if none came in time.
    Lost(String),
    /// RAM has refused a second request, after this.
    Refused(String),
    /// A task is under way; its ID and last status.
    Task(String, String),
    /// RAM no longer knows the task of this ID.
    Vanished(String),
    /// The task of this ID has succeeded, and RAM has not shown that the role is gone.
    Succeeded(String),
}

impl Progress {
    pub(super) fn describe(&self, role: Named) -> String {
        let role = words(role);
        match self {
            Self::NotAsked => format!("No request was sent to RAM; the role {role} is unchanged."),
            Self::NotShown => format!(
                "No request was sent to delete the role {role}, because RAM does not show it. RAM can be behind, so \
                 the role counts as gone only when RAM has not shown it for {RAM_LAG:?}."
            ),
            Self::ToldGone => format!("RAM answered that there is no role {role} to delete."),
            Self::Lost(why) if why.is_empty() => {
                format!("A request to delete the role {role} may have reached RAM; no response came in time.")
            }
            Self::Lost(why) => {
                format!("The provider asked RAM to delete the role {role}, but the response was lost. {why}")
            }
            Self::Refused(history) => history.clone(),
            Self::Task(id, status) => format!(
                "The deletion task of the role {role} is {status} (task ID {id}) and continues in Alibaba Cloud."
            ),
            Self::Vanished(id) => {
                format!("RAM no longer knows the deletion task of the role {role} (task ID {id}).")
            }
            Self::Succeeded(id) => format!(
                "The deletion task of the role {role} has SUCCEEDED (task ID {id}), but RAM has not shown that the \
                 role is gone."
            ),
        }
    }
}

/// A deletion whose wait was ended. `last_failure` is why RAM's last response says nothing of the role; empty if it does.
pub(super) fn deletion_ended(
    role: Named,
    progress: &Progress,
    last_failure: &str,
    ended: Interruption,
) -> Diagnostic {
    let what = progress.describe(role);
    match ended {
        Interruption::Stopped => {
            let what = format!("Terraform was interrupted. {} The role stays in state.", what.trim_end());
            let detail = paragraphs(&[&what, last_failure, SEE_AND_REPEAT]);
            Diagnostic::error("Deleting the role was interrupted", detail)
        }
        Interruption::TimedOut(after) => {
            let what =
                format!("{} The time-out of {after:?} has passed; the role stays in state.", what.trim_end());
            let next = format!("{SEE_AND_REPEAT} To wait longer, increase `timeouts.delete`.");
            Diagnostic::error("Deleting the role timed out", paragraphs(&[&what, last_failure, &next]))
                .at(Path::of("timeouts.delete"))
        }
    }
}

const SEE_AND_REPEAT: &str = "Run `terraform plan` to see whether the role is gone. If it is not, run `terraform destroy` \
                              again.";

// Import and move.

pub(super) fn malformed_import_id(id: &str, meant: Option<MssRole>) -> Diagnostic {
    let what = format!("The import ID {id:?} does not name a service-linked role of MSS.");
    let forms = "An import ID is `<role_name>`, `<account_id>:<role_name>` or `<service_name>:<role_name>`, such as \
                 `AliyunServiceRoleForMssp` or `1234567890123456:AliyunServiceRoleForESAMssp`.";
    let next = meant.map_or_else(String::new, |role| format!("Did you mean `{}`?", role.role_name));
    Diagnostic::error("Malformed import ID", paragraphs(&[&what, forms, &next]))
}

/// Of an `import` block with `identity`.
pub(super) fn malformed_identity(account_id: Option<&str>, role_name: &str) -> Diagnostic {
    let account = account_id.map_or_else(String::new, |id| format!("`account_id` {id:?} and "));
    let what = format!(
        "The identity with {account}`role_name` {role_name:?} does not name a service-linked role of MSS."
    );
    let forms = "`role_name` is one such as `AliyunServiceRoleForMssp`. `account_id` is a number, and optional: without it, \
                 the account is that of the credentials.";
    let meant = MssRole::meant_by(role_name).filter(|role| role.role_name != role_name);
    let next = meant.map_or_else(String::new, |role| format!("Did you mean `{}`?", role.role_name));
    Diagnostic::error("Malformed identity", paragraphs(&[&what, forms, &next]))
}

pub(super) fn cannot_move(from: &str, why: &str) -> Diagnostic {
    let what = format!("The state of `{from}` cannot become an `mss_service_linked_role`: {why}.");
    let next = "Remove the `moved` block. To manage an existing MSS role here, use an `import` block instead. To leave the \
                old resource behind, run:";
    Diagnostic::error("Resource cannot be moved", paragraphs(&[&what, next, &verbatim(&[FORGET_OLD])]))
}

/// Takes the resource that a `moved` block names as its origin out of state.
const FORGET_OLD: &str = "terraform state rm 'OLD_ADDRESS'";

pub(super) fn moved_without_account(role_name: &str) -> Diagnostic {
    let what = format!(
        "The moved state of the service-linked role \"{role_name}\" does not say which account holds it. Nothing \
         was changed, and no request was sent."
    );
    let next = "Set `account_id` to the account that holds the role, and apply. A destroy does not read the \
                configuration: apply the move first, then destroy.";
    let otherwise = "Or import the role instead of moving it: remove the `moved` block, then run:";
    let import = format!("terraform import 'mss_service_linked_role.example' ACCOUNT_ID:{role_name}");
    let detail = paragraphs(&[&what, next, otherwise, &verbatim(&[FORGET_OLD, &import])]);
    Diagnostic::error("Account of the moved role is not known", detail).at(Path::of("account_id"))
}

pub(super) fn moved_role_is_not_there(role_name: &str, account_id: &str) -> Diagnostic {
    let what = format!(
        "Account {account_id} does not have the service-linked role \"{role_name}\" that the moved state holds. \
         Nothing was changed."
    );
    let next = "Set `account_id` to the account that holds the role. If no account has it any more, remove the \
                `moved` block and run:";
    Diagnostic::error(
        "Moved role is not in this account",
        paragraphs(&[&what, next, &verbatim(&[FORGET_OLD])]),
    )
    .at(Path::of("account_id"))
}

/// `named` is what the configuration names; `None` if it is known only after apply.
pub(super) fn moved_to_another_account(role_name: &str, held: &str, named: Option<&str>) -> Diagnostic {
    let named =
        named.map_or_else(|| "one that is known only after apply".to_owned(), |id| format!("account {id}"));
    let what = format!(
        "The moved state holds the service-linked role \"{role_name}\" of account {held}, but the configuration \
         names {named}. Nothing was changed."
    );
    let next = format!("Set `account_id = \"{held}\"`: a move does not change which role is managed.");
    let otherwise = "To manage the role of another account instead, remove the `moved` block and run this command. The \
                     old role stays in its account.";
    let detail = paragraphs(&[&what, &next, otherwise, &verbatim(&[FORGET_OLD])]);
    Diagnostic::error("Moved role is in another account", detail).at(Path::of("account_id"))
}

/// `named` is what the configuration names; `None` if it is known only after apply.
pub(super) fn moved_to_another_name(held: &str, named: Option<&str>) -> Diagnostic {
    let named =
        named.map_or_else(|| "one that is known only after apply".to_owned(), |name| format!("\"{name}\""));
    let what = format!(
        "The moved state holds the service-linked role \"{held}\", but the configuration names {named}. Nothing was \
         changed."
    );
    let next = format!("Set `role_name = \"{held}\"`: a move does not change which role is managed.");
    let otherwise = "To manage another role instead, remove the `moved` block and run this command. The old role stays \
                     in the account.";
    let detail = paragraphs(&[&what, &next, otherwise, &verbatim(&[FORGET_OLD])]);
    Diagnostic::error("Moved role has another name", detail).at(Path::of("role_name"))
}

pub(super) fn unknown_state_version(version: i64) -> Diagnostic {
    let what =
        format!("The state has schema version {version}, which no release of this provider has written.");
    let next = "Use the version of the provider that wrote it. Or take the resource out of state and import it again; \
                nothing in the cloud changes:";
    Diagnostic::error(
        "Stored state is from an unknown version",
        paragraphs(&[&what, next, &verbatim(&[FORGET])]),
    )
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::{
        cloud::{
            api::{
                mssp::UserStatus,
                resource_manager::{DeletionReason, DeletionStatus, RoleUsage},
            },
            error::{AccessDenied, ApiError},
        },
        framework::diagnostics::Samples,
    };

    const ROLE: &str = "AliyunServiceRoleForMssp";
    const ACCOUNT: Option<&str> = Some("1234567890123456");
    const NAMED: Named = (ROLE, ACCOUNT);
    const TASK: &str = "task/acs-service-role/mssp.aliyuncs.com/AliyunServiceRoleForMssp/64c4f9cc";
    const AFTER: Duration = Duration::from_secs(300);

    fn denied() -> cloud::Error {
        cloud::Error::Denied(Box::new(ApiError {
            action: "CreateServiceLinkedRole",
            http_status: 403,
            code: "NoPermission".to_owned(),
            message: "You are not authorized to do this action.".to_owned(),
            request_id: Some("0C2A5D0E-7B1C-5E1F-9B0D-3F6A2C1D4E5F".to_owned()),
            denied: Some(AccessDenied {
                auth_action: Some("ram:CreateServiceLinkedRole".to_owned()),
                ..AccessDenied::default()
            }),
        }))
    }

    fn without_credentials() -> cloud::Error {
        let reasons = ["AccessKey: none in the environment", "ECS metadata: no answer"];
        cloud::Error::Credentials(cloud::credentials::Error::NoSource(reasons.map(str::to_owned).into()))
    }

    fn another_account() -> cloud::Error {
        let place = cloud::place::Place::Variable("ALIBABA_CLOUD_ACCESS_KEY_ID");
        cloud::Error::AccountChanged {
            began_with: "1234567890123456".to_owned(),
            now: "2222222222222222".to_owned(),
            key: Box::new(place),
        }
    }

    fn unreachable() -> cloud::Error {
        cloud::Error::Unreachable {
            action: "CreateServiceLinkedRole",
            host: "resourcemanager.aliyuncs.com".to_owned(),
            sent: true,
            source: "connection closed before message completed".into(),
        }
    }

    fn not_assumed() -> cloud::Error {
        cloud::Error::AssumeRole {
            account_id: "2222222222222222".to_owned(),
            role_arn: "acs:ram::2222222222222222:role/ResourceDirectoryAccountAccessRole".to_owned(),
            source: Box::new(denied()),
        }
    }

    fn role() -> Role {
        Role {
            role_name: ROLE.to_owned(),
            role_id: "7".to_owned(),
            arn: "acs:ram::1234567890123456:role/aliyunserviceroleformssp".to_owned(),
            ..Role::default()
        }
    }

    fn subscription() -> Subscription {
        let status = UserStatus {
            status: Some("Enabled".to_owned()),
            version: Some("mdrgaoji".to_owned()),
            instance_id: Some("1b7d5f0e-6c3a-4c1a-9d2e-7f0a5c3b1e22".to_owned()),
            end_date: Some("2027-01-01 00:00:00".to_owned()),
            ..UserStatus::default()
        };
        Subscription::from_status(status, jiff::Timestamp::UNIX_EPOCH)
    }

    fn task(status: DeletionStatus) -> DeletionTask {
        let usage = RoleUsage {
            region: Some("global".to_owned()),
            resources: vec![
                "acs:yundun-mss::1234567890123456:instance/1b7d5f0e-6c3a-4c1a-9d2e-7f0a5c3b1e22".to_owned(),
            ],
        };
        DeletionTask {
            status,
            reason: Some(DeletionReason {
                message: Some("The role cannot be deleted as it is in use by mssp.aliyuncs.com.".to_owned()),
                role_usages: vec![usage],
            }),
            request_id: Some("5B1E0F52-33C1-5D0A-8D57-6E0C6B6C9A10".to_owned()),
        }
    }

    fn expected() -> Expected {
        Expected { role_name: ROLE.to_owned(), account_id: ACCOUNT.map(str::to_owned), role_id: None }
    }

    fn differences(attribute: &'static str) -> [Difference; 1] {
        [Difference { attribute, planned: "planned".to_owned(), found: "found".to_owned() }]
    }

    /// Every function above, with facts that show all of its parts.
    pub(crate) fn samples() -> Samples {
        [plan_diagnostics(), create_diagnostics(), read_diagnostics(), destroy_diagnostics()].concat()
    }

    fn plan_diagnostics() -> Samples {
        let other = Role { role_name: "AliyunServiceRoleForOther".to_owned(), ..role() };
        let active = why_active(&subscription());
        vec![
            ("contradicting, destroyed and created", contradicting(NAMED, Intent::Take, Intent::Delete)),
            ("contradicting, kept and destroyed", contradicting(NAMED, Intent::Delete, Intent::Keep)),
            ("contradicting, deleted and left", contradicting(NAMED, Intent::Forget, Intent::Delete)),
            ("contradicting, planned twice", contradicting(NAMED, Intent::Keep, Intent::Take)),
            ("held_at_another_address", held_at_another_address(NAMED)),
            ("tainted, abandoned", tainted(NAMED, WHY_ABANDONED)),
            ("unspoken", unspoken(NAMED, WHY_PREVENTED)),
            ("held_in_state, deleted", held_in_state(NAMED, Intent::Delete)),
            ("held_in_state, abandoned", held_in_state(NAMED, Intent::Forget)),
            ("replaced_is_abandoned", replaced_is_abandoned(NAMED)),
            ("not_replaced", not_replaced(NAMED, &active)),
            ("replacement_keeps_name", replacement_keeps_name(NAMED)),
            ("exists_already", exists_already(NAMED, true)),
            ("exists_already, not the first", exists_already(NAMED, false)),
            ("exists_already, account not known", exists_already((ROLE, None), true)),
            ("successor_exists", successor_exists(NAMED)),
            ("made_again_outside", made_again_outside(NAMED)),
            ("found_again", found_again(&role())),
            ("other_role_answered", other_role_answered(&expected(), &other)),
            ("look_up_failed", look_up_failed(Comes::New, ROLE, &denied())),
            ("look_up_failed, replacing", look_up_failed(Comes::InPlace, ROLE, &denied())),
            ("look_up_timed_out", look_up_timed_out(Comes::New, NAMED, AFTER)),
            ("not_looked_up", not_looked_up(Comes::New, NAMED, "The account")),
            (
                "successor_not_entered",
                successor_not_entered((ROLE, Some("2222222222222222")), &not_assumed()),
            ),
            (
                "replaced_is_another",
                replaced_is_another(
                    &Expected { role_id: Some("7".to_owned()), ..expected() },
                    &Role { role_id: "8".to_owned(), ..role() },
                ),
            ),
            ("no_credentials", no_credentials(ROLE, &without_credentials())),
            ("no_credentials, another account", no_credentials(ROLE, &another_account())),
            ("no_credentials, not accepted", no_credentials(ROLE, &denied())),
            ("changed_since_plan", changed_since_plan(NAMED, "is taken over", "it does not exist")),
            ("check_interrupted", check_interrupted(NAMED)),
            ("unknown_service", unknown_service(ROLE, "mss.aliyuncs.com", &denied())),
            (
                "other_role_of_service",
                other_role_of_service(ROLE, "esa.mssp.aliyuncs.com", "AliyunServiceRoleForESAMssp"),
            ),
            (
                "other_service_trusted",
                other_service_trusted(&role(), "mss.aliyuncs.com", "mssp.aliyuncs.com"),
            ),
        ]
    }

    fn create_diagnostics() -> Samples {
        let other = Role { role_name: "AliyunServiceRoleForOther".to_owned(), ..role() };
        let remade = Role { role_id: "8".to_owned(), ..role() };
        let history = [reason(&unreachable()), reason(&denied())];
        vec![
            ("not_created, denied", not_created(NAMED, &denied())),
            ("not_created, unreachable", not_created((ROLE, None), &unreachable())),
            ("not_created, no session", not_created((ROLE, Some("2222222222222222")), &not_assumed())),
            ("created_elsewhere", created_elsewhere(&expected(), &other)),
            ("created_otherwise", created_otherwise(&role(), &differences("arn"))),
            ("differs_from_plan", differs_from_plan(&role(), &differences("role_principal_name"))),
            ("created_and_remade", created_and_remade(&role(), &remade)),
            ("created_in_doubt", created_in_doubt(&role())),
            ("outcome_unknown", outcome_unknown(NAMED, &history)),
            ("create_left_open, interrupted", create_left_open(NAMED, &history, Interruption::Stopped)),
            ("create_left_open, timed out", create_left_open(NAMED, &[], Interruption::TimedOut(AFTER))),
            ("create_not_begun, interrupted", create_not_begun(NAMED, Interruption::Stopped)),
            ("create_not_begun, timed out", create_not_begun(NAMED, Interruption::TimedOut(AFTER))),
            ("created_but_invisible", created_but_invisible(&role(), AFTER)),
            ("created_unconfirmed", created_unconfirmed(&role(), "Terraform was interrupted")),
        ]
    }

    fn read_diagnostics() -> Samples {
        vec![
            ("no_such_role", no_such_role(ROLE, ACCOUNT)),
            ("no_policy", no_policy(ROLE, "1234567890123456")),
            ("nothing_searched", nothing_searched(3)),
            ("not_read", not_read(NAMED, &unreachable())),
            ("read_timed_out", read_timed_out(NAMED, AFTER)),
            ("interrupted_read", interrupted_read(ROLE)),
            ("not_service_linked", not_service_linked(&role())),
            ("provider_not_known_yet", provider_not_known_yet(ROLE)),
            ("import_not_read", import_not_read(ROLE)),
            ("not_shown_yet", not_shown_yet(NAMED, AFTER)),
            ("remade", remade(NAMED, &Role { role_id: "8".to_owned(), ..role() })),
            ("malformed_identity", malformed_identity(Some("me"), "AliyunServiceRoleForMss")),
            (
                "malformed_import_id",
                malformed_import_id("x:AliyunServiceRoleForMss", MssRole::meant_by(ROLE)),
            ),
            ("cannot_move", cannot_move("alicloud_ram_role", "its role \"admin\" is not a role of MSS")),
            ("moved_without_account", moved_without_account(ROLE)),
            ("moved_role_is_not_there", moved_role_is_not_there(ROLE, "2222222222222222")),
            (
                "moved_to_another_account",
                moved_to_another_account(ROLE, "2222222222222222", Some("1234567890123456")),
            ),
            ("moved_to_another_account (later)", moved_to_another_account(ROLE, "2222222222222222", None)),
            ("moved_to_another_name", moved_to_another_name(ROLE, Some("AliyunServiceRoleForMssp"))),
            ("moved_to_another_name (later)", moved_to_another_name(ROLE, None)),
            ("unknown_state_version", unknown_state_version(7)),
        ]
    }

    fn destroy_diagnostics() -> Samples {
        let running = Progress::Task(TASK.to_owned(), "IN_PROGRESS".to_owned());
        let succeeded = Progress::Succeeded(TASK.to_owned());
        let lost = Progress::Lost(reason(&unreachable()));
        let (policy, over) = (DeletionPolicy::DeleteOrAbandon, Interruption::TimedOut(AFTER));
        let active = why_active(&subscription());
        let in_use = why_in_use(&task(DeletionStatus::Failed), TASK, Some(&subscription()));
        let forget = Verdict::Forget(active.clone());
        vec![
            ("deletion_prevented", deletion_prevented(NAMED, true)),
            ("deletion_prevented, not the first", deletion_prevented(NAMED, false)),
            ("subscription_is_active", subscription_is_active(NAMED, &subscription(), true)),
            ("subscription_is_active, not the first", subscription_is_active(NAMED, &subscription(), false)),
            ("subscription_unreadable", subscription_unreadable(ROLE, &reason(&denied()))),
            ("what_destroy_does, delete", what_destroy_does(NAMED, &Verdict::Delete).unwrap()),
            ("what_destroy_does, forget", what_destroy_does(NAMED, &forget).unwrap()),
            ("role_abandoned", role_abandoned(NAMED, DeletionPolicy::Abandon, "")),
            ("role_abandoned, not deleted", role_abandoned(NAMED, policy, &active)),
            ("not_deleted", not_deleted(NAMED, &denied())),
            ("still_in_use", still_in_use(NAMED, &in_use)),
            ("role_abandoned, in use", role_abandoned(NAMED, policy, &in_use)),
            ("deletion_task_broke", deletion_task_broke(NAMED, &task(DeletionStatus::InternalError), TASK)),
            ("deletion_left_open", deletion_left_open(NAMED, &lost.describe(NAMED))),
            ("deletion_ended, not asked", deletion_ended(NAMED, &Progress::NotAsked, "", over)),
            ("deletion_ended, not shown", deletion_ended(NAMED, &Progress::NotShown, "", over)),
            ("deletion_ended, told gone", deletion_ended(NAMED, &Progress::ToldGone, "", over)),
            ("deletion_ended, no response", deletion_ended(NAMED, &Progress::Lost(String::new()), "", over)),
            ("deletion_ended, lost", deletion_ended(NAMED, &lost, "", over)),
            (
                "deletion_ended, vanished",
                deletion_ended(NAMED, &Progress::Vanished(TASK.to_owned()), "", over),
            ),
            ("deletion_ended, running", deletion_ended(NAMED, &running, &reason(&denied()), over)),
            ("deletion_ended, succeeded", deletion_ended(NAMED, &succeeded, &reason(&unreachable()), over)),
            ("deletion_ended, interrupted", deletion_ended(NAMED, &running, "", Interruption::Stopped)),
        ]
    }

    /// An apply may have changed other resources.
    #[test]
    fn plans_and_applies_speak_of_the_role_alone() {
        for (name, found) in [plan_diagnostics(), create_diagnostics(), destroy_diagnostics()].concat() {
            assert!(!found.detail.to_lowercase().contains("nothing was changed"), "{name}: {}", found.detail);
        }
    }

    #[test]
    fn each_detail_names_what_it_is_about() {
        for (name, found) in samples() {
            let about = ["Aliyun", "state", "accounts"];
            let told = about.iter().any(|word| found.detail.contains(word)) || name == "cannot_move";
            assert!(told, "{name} names what it is about: {}", found.detail);
        }
    }
}
