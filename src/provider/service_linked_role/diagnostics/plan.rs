//! Why a role cannot be taken, replaced or looked up as planned.
//!
//! Must not decide anything: the plan does.

use std::time::Duration;

use super::{
    super::role_reference::RoleReference,
    ways_out::{ADOPT, BEFORE_DESTROY, EXCHANGED, how_to_import, if_held, import, import_instead, ways_out},
};
use crate::{
    cloud,
    framework::{diagnostics::Diagnostic, value::Path},
    provider::{
        diagnostics::{cloud_error, cloud_warning, on_account},
        layout::{paragraphs, verbatim},
    },
};

pub(in crate::provider) fn exists_already(role: RoleReference, in_full: bool) -> Diagnostic {
    already_exists(role, &if in_full { every_way_to_hold(role, ADOPT) } else { one_way_to_hold(role) })
}

/// The same of an apply, whose plan has shown a create. `adopting` says whether the configuration adopts.
pub(in crate::provider) fn exists_by_now(role: RoleReference, adopting: bool) -> Diagnostic {
    already_exists(role, &every_way_to_hold(role, if adopting { ADOPTING } else { ADOPT }))
}

fn already_exists(role: RoleReference, ways: &str) -> Diagnostic {
    // Of the role alone: an apply may have dropped it from the state before it came to this.
    let what = format!("The service-linked role {role} already exists. The role was not changed.");
    Diagnostic::error("Service-linked role already exists", paragraphs(&[&what, ways]))
        .at(Path::of("role_name"))
}

const ADOPTING: &str = "`adopt_existing` is set, so a new plan takes the role over. Plan again.";

fn every_way_to_hold(role: RoleReference, adopt: &str) -> String {
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
    paragraphs(&[&how_to_import(role), &held, adopt, replaced, &import, &destroy])
}

fn one_way_to_hold(role: RoleReference) -> String {
    let next = "To manage it here, run this command. Another error in this run lists the other ways out.";
    paragraphs(&[next, &verbatim(&[&import(role)])])
}

/// The role that is to replace the one in state exists. Its address is taken, so an import alone does not help.
pub(in crate::provider) fn successor_exists(role: RoleReference, in_state: RoleReference) -> Diagnostic {
    let what = format!(
        "This plan would replace the role in state with the service-linked role {role}, which already exists. Neither role was \
         changed."
    );
    let import = format!(
        "To manage the existing role, and leave the one in state in its account, run:\n{}",
        import_instead(role)
    );
    let next = ways_out(
        in_state,
        &[
            "To keep the role in state, undo the change that replaces it, or leave out `-replace`.",
            &import,
            "To take over the existing role and destroy the one in state, set `adopt_existing = true`.",
            &if_held(role),
            EXCHANGED,
            BEFORE_DESTROY,
        ],
    );
    Diagnostic::error("Service-linked role already exists", paragraphs(&[&what, &next]))
        .at(Path::of("role_name"))
}

/// The role that is to replace the one in state cannot be created, and the one in state would be destroyed before.
pub(in crate::provider) fn successor_not_entered(role: RoleReference, error: &cloud::Error) -> Diagnostic {
    let what = format!(
        "The service-linked role {role} cannot replace the one in state, because its account cannot be entered. The role \
         in state is not touched; without `create_before_destroy`, apply would destroy it first."
    );
    on_account(cloud_error("Account of the new role cannot be entered", &what, error), error)
}

pub(in crate::provider) fn replaced_is_abandoned(role: RoleReference) -> Diagnostic {
    let what = format!(
        "The service-linked role {role} cannot be replaced: the `deletion_policy` in state is \"abandon\", so the role \
         would stay in the account, and a second role of the same name cannot be created. The role was not changed."
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
pub(in crate::provider) fn not_replaced(role: RoleReference, why: &str) -> Diagnostic {
    let what = format!(
        "The service-linked role {role} cannot be replaced: Alibaba Cloud does not delete it now, and a second role of the \
         same name cannot be created. The role was not changed."
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

pub(in crate::provider) fn replacement_keeps_name(role: RoleReference) -> Diagnostic {
    let what = format!(
        "The service-linked role {role} is replaced by one of the same name, which can exist only once. With \
         `create_before_destroy`, apply fails: remove that argument if the resource has it."
    );
    Diagnostic::warning("Replacement keeps the role's name", what).at(Path::of("role_name"))
}

/// How a role comes that could not be looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::provider) enum Comes {
    /// No object of the state goes for it.
    New,
    /// In place of a role in state, which is destroyed before.
    InPlace,
}

pub(in crate::provider) fn look_up_failed(comes: Comes, role_name: &str, error: &cloud::Error) -> Diagnostic {
    cloud_warning(NOT_LOOKED_UP, &could_not_check(comes, role_name), error)
}

pub(in crate::provider) fn look_up_timed_out(
    comes: Comes,
    role: RoleReference,
    after: Duration,
) -> Diagnostic {
    let why = format!("Reason: Alibaba Cloud gave no usable response within {after:?}.");
    let next = "Check the network, then plan again.";
    Diagnostic::warning(NOT_LOOKED_UP, paragraphs(&[&could_not_check(comes, role.role_name), &why, next]))
}

/// `unknown` is what is known only after apply.
pub(in crate::provider) fn not_looked_up(comes: Comes, role: RoleReference, unknown: &str) -> Diagnostic {
    let why = format!(
        "{unknown} is known only after apply. Apply may then also find that the account is not allowed, or that \
         another resource holds the role."
    );
    Diagnostic::warning(NOT_LOOKED_UP, paragraphs(&[&could_not_check(comes, role.role_name), &why]))
}

fn could_not_check(comes: Comes, role_name: &str) -> String {
    let name = if role_name.is_empty() { String::new() } else { format!(" \"{role_name}\"") };
    let then = match comes {
        Comes::New => "apply may still find that it does.",
        Comes::InPlace => "apply destroys the role in state first, and may then find that this one exists.",
    };
    format!("The provider could not check whether the service-linked role{name} already exists; {then}")
}

const NOT_LOOKED_UP: &str = "Service-linked role could not be looked up";

/// Reported in the plan and before a destroy.
pub(in crate::provider) fn no_credentials(role_name: &str, error: &cloud::Error) -> Diagnostic {
    let (summary, why) = match error {
        cloud::Error::AccountChanged { .. } => (
            "Credentials belong to another account",
            "the provider's credentials have changed in the middle of this run",
        ),
        _ if error.has_no_credentials() => ("No credentials", "the provider has no credentials"),
        _ => ("Credentials are not accepted", "Alibaba Cloud does not accept the provider's credentials"),
    };
    let what =
        format!("The service-linked role \"{role_name}\" can be neither planned nor changed, because {why}.");
    cloud_error(summary, &what, error)
}

/// Terraform 1.16 and later: what the plan showed is no longer so.
pub(in crate::provider) fn changed_since_plan(role: RoleReference, showed: &str, found: &str) -> Diagnostic {
    let what = format!(
        "The plan showed that the service-linked role {role} {showed}, but now {found}. The role was not changed."
    );
    let next = "Plan again, and apply the new plan.";
    Diagnostic::error("Role has changed since the plan", paragraphs(&[&what, next]))
}

pub(in crate::provider) fn check_interrupted(role: RoleReference) -> Diagnostic {
    let detail = format!(
        "Terraform was interrupted while the provider was checking the service-linked role {role}. The role was not \
         changed.\n\nPlan again, and apply the new plan."
    );
    Diagnostic::error("Checking the role was interrupted", detail)
}

#[cfg(test)]
pub(super) mod tests {
    use super::{
        super::{delete::why_active, facts::*},
        *,
    };
    use crate::framework::diagnostics::Samples;

    /// Every diagnostic of this file.
    pub(crate) fn samples() -> Samples {
        let active = why_active(&subscription());
        vec![
            ("replaced_is_abandoned", replaced_is_abandoned(NAMED)),
            ("not_replaced", not_replaced(NAMED, &active)),
            ("replacement_keeps_name", replacement_keeps_name(NAMED)),
            ("exists_already", exists_already(NAMED, true)),
            ("exists_by_now", exists_by_now(NAMED, false)),
            ("exists_by_now, adopting", exists_by_now(NAMED, true)),
            ("exists_already, not the first", exists_already(NAMED, false)),
            (
                "exists_already, account not known",
                exists_already(RoleReference { account_id: None, ..NAMED }, true),
            ),
            (
                "successor_exists",
                successor_exists(RoleReference { account_id: Some("2222222222222222"), ..NAMED }, NAMED),
            ),
            ("look_up_failed", look_up_failed(Comes::New, ROLE, &denied())),
            ("look_up_failed, replacing", look_up_failed(Comes::InPlace, ROLE, &denied())),
            ("look_up_timed_out", look_up_timed_out(Comes::New, NAMED, AFTER)),
            ("not_looked_up", not_looked_up(Comes::New, NAMED, "The account")),
            (
                "successor_not_entered",
                successor_not_entered(
                    RoleReference { account_id: Some("2222222222222222"), ..NAMED },
                    &not_assumed(),
                ),
            ),
            ("no_credentials", no_credentials(ROLE, &without_credentials())),
            ("no_credentials, another account", no_credentials(ROLE, &another_account())),
            ("no_credentials, not accepted", no_credentials(ROLE, &denied())),
            ("changed_since_plan", changed_since_plan(NAMED, "is taken over", "it does not exist")),
            ("check_interrupted", check_interrupted(NAMED)),
        ]
    }
}
