//! Creating a role: what was not done, what was done otherwise, and what nobody knows.
//!
//! Must not decide anything: `create` does.

use std::time::Duration;

use super::{
    super::{find::ExpectedRole, model::Difference, role_reference::RoleReference},
    ways_out::{FORGET, how_to_delete, how_to_import},
};
use crate::{
    cloud::{self, api::resource_manager::Role},
    framework::{diagnostics::Diagnostic, value::Path},
    provider::{
        diagnostics::{cloud_error, reason},
        layout::{paragraphs, verbatim},
        wait::Interruption,
    },
};

pub(in crate::provider) fn unknown_service(
    role_name: &str,
    service_name: &str,
    error: &cloud::Error,
) -> Diagnostic {
    let what = format!(
        "Alibaba Cloud has no service \"{service_name}\" for the role \"{role_name}\" to trust. Nothing was created."
    );
    let next = "Remove `service_name` to use the provider's default, or set it to the name in Alibaba Cloud's \
                documentation of this role.";
    let detail = paragraphs(&[&what, &reason(error), next]);
    Diagnostic::error("Unknown service name", detail).at(Path::of("service_name"))
}

pub(in crate::provider) fn other_role_of_service(
    role_name: &str,
    service_name: &str,
    belongs_to: &str,
) -> Diagnostic {
    let detail = format!(
        "The service \"{service_name}\" belongs to the role \"{belongs_to}\", not to \"{role_name}\". Nothing was \
         created.\n\nRemove `service_name`, or change `role_name`."
    );
    Diagnostic::error("Service name belongs to another role", detail).at(Path::of("service_name"))
}

pub(in crate::provider) fn other_service_trusted(
    role: &Role,
    trusted: &str,
    service_name: &str,
) -> Diagnostic {
    let detail = format!(
        "The role {} already exists and trusts the service \"{trusted}\", not \"{service_name}\". The role was not \
         changed.\n\nTo adopt the role as it is, set `service_name = \"{trusted}\"`.",
        RoleReference::from(role)
    );
    Diagnostic::error("Existing role trusts another service", detail).at(Path::of("service_name"))
}

pub(in crate::provider) fn not_created(role: RoleReference, error: &cloud::Error) -> Diagnostic {
    let what = format!("The service-linked role {role} was not created.");
    cloud_error("Service-linked role was not created", &what, error)
}

/// A create that ended before any request that could change something was sent to RAM.
pub(in crate::provider) fn create_not_begun(role: RoleReference, ended: Interruption) -> Diagnostic {
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

/// The requests to RAM, and what has become of them, may have created the role.
pub(in crate::provider) fn outcome_unknown(role: RoleReference, history: &[String]) -> Diagnostic {
    outcome_left_open(role, history, "")
}

/// The same where the wait ended early.
pub(in crate::provider) fn create_left_open(
    role: RoleReference,
    history: &[String],
    ended: Interruption,
) -> Diagnostic {
    match ended {
        Interruption::Stopped => outcome_left_open(role, history, "Terraform was interrupted."),
        Interruption::TimedOut(after) => {
            let ended = format!("The time-out of {after:?} (`timeouts.create`) has passed.");
            outcome_left_open(role, history, &ended)
        }
    }
}

fn outcome_left_open(role: RoleReference, history: &[String], ended: &str) -> Diagnostic {
    let what = format!(
        "The request that creates the service-linked role {role} may have reached RAM, and it is not known whether the role exists. It \
         is not in state."
    );
    let next = "Run `terraform plan` again to see whether the role exists.";
    let history = history.join("\n\n");
    let detail = paragraphs(&[&what, &history, ended, next, &how_to_import(role)]);
    Diagnostic::error("Outcome of creating the role is unknown", detail)
}

/// The wait for another attempt was ended; those before had no effect, for the reason in `error`.
pub(in crate::provider) fn create_given_up(
    role: RoleReference,
    error: &cloud::Error,
    ended: Interruption,
) -> Diagnostic {
    let what =
        format!("The service-linked role {role} was not created. {}", given_up(ended, "timeouts.create"));
    cloud_error("Service-linked role was not created", &what, error)
}

/// What ended the wait for another attempt.
pub(super) fn given_up(ended: Interruption, timeout: &str) -> String {
    let waiting = "while the provider was waiting to repeat the request";
    match ended {
        Interruption::Stopped => format!("Terraform was interrupted {waiting}."),
        Interruption::TimedOut(after) => format!("The time-out of {after:?} (`{timeout}`) passed {waiting}."),
    }
}

/// The beginning of a report, where the create itself can no longer say anything.
pub(in crate::provider) fn left_by_a_broken_create(role: RoleReference) -> String {
    let what = format!(
        "The service-linked role {role} may have been created, and it is not in state. Look for it on the Roles page of the \
         RAM console, or run:"
    );
    let command = verbatim(&[&format!("aliyun resourcemanager GetRole --RoleName {}", role.role_name)]);
    let missing = "If the role is not there, run the same command again.";
    paragraphs(&[&what, &command, missing, &how_to_import(role)])
}

/// A role that appeared after a lost response.
pub(in crate::provider) fn created_in_doubt(role: &Role) -> Diagnostic {
    let what = format!(
        "The service-linked role {} (role ID {}) is in state. The response to the create request was lost, so it is not \
         certain whether this request created the role or someone else did at the same time.",
        RoleReference::from(role),
        role.role_id
    );
    let next = "If the role belongs to someone else, take it out of state; it stays in the account:";
    Diagnostic::warning("Response to the create was lost", paragraphs(&[&what, next, &verbatim(&[FORGET])]))
}

/// RAM has confirmed another role than the planned one.
pub(in crate::provider) fn created_elsewhere(planned: &ExpectedRole, role: &Role) -> Diagnostic {
    let what = format!(
        "Alibaba Cloud created the role {} ({}), but the plan was for {}. The created role exists now, and it is not in \
         state.",
        RoleReference::from(role),
        role.arn,
        planned.reference()
    );
    let next = how_to_delete("Delete it on the Roles page of the RAM console, or", role.into());
    let check = "Then check `service_name` and the provider's credentials.";
    Diagnostic::error("Another role was created", paragraphs(&[&what, &next, check]))
        .at(Path::of("service_name"))
}

/// A role that was created by us and is not what the plan showed.
pub(in crate::provider) fn created_otherwise(role: &Role, differences: &[Difference]) -> Diagnostic {
    let what = format!(
        "The service-linked role {} was created, but it differs from the plan: {}. It exists now, and it is not in \
         state.",
        RoleReference::from(role),
        listed(differences)
    );
    Diagnostic::error("Created role differs from the plan", paragraphs(&[&what, &how_to_import(role.into())]))
}

pub(in crate::provider) fn differs_from_plan(role: &Role, differences: &[Difference]) -> Diagnostic {
    let what = format!(
        "The service-linked role {} differs from the plan: {}. The state holds what the plan showed until the next \
         refresh.",
        RoleReference::from(role),
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
pub(in crate::provider) fn created_and_remade(created: &Role, found: &Role) -> Diagnostic {
    let what = format!(
        "The service-linked role {} was created (role ID {}), but RAM now shows another role of that name (role ID \
         {}), which someone else created. The provider leaves it alone; it is not in state.",
        RoleReference::from(created),
        created.role_id,
        found.role_id
    );
    Diagnostic::error(
        "Created role was replaced by another",
        paragraphs(&[&what, &how_to_import(found.into())]),
    )
}

pub(in crate::provider) fn created_but_invisible(role: &Role, after: Duration) -> Diagnostic {
    let what = format!(
        "Alibaba Cloud confirmed that the service-linked role {} was created ({}), but RAM did not show it \
         within {after:?}. The role most likely exists; it is not in state.",
        RoleReference::from(role),
        role.arn,
    );
    let detail = paragraphs(&[
        &what,
        "Wait until RAM shows the role.",
        &how_to_import(role.into()),
        &how_to_delete("To remove it instead,", role.into()),
        "A longer `timeouts.create` avoids this error.",
    ]);
    Diagnostic::error("Created role stays invisible", detail).at(Path::of("timeouts.create"))
}

pub(in crate::provider) fn created_unconfirmed(role: &Role, why: &str) -> Diagnostic {
    let what = format!(
        "The service-linked role {} was created and is in state, but the provider could not read it back: {why}.",
        RoleReference::from(role)
    );
    Diagnostic::warning(
        "Created role was not read back",
        paragraphs(&[&what, "Run `terraform plan` to see the role as RAM shows it."]),
    )
}

#[cfg(test)]
pub(super) mod tests {
    use super::{super::facts::*, *};
    use crate::framework::diagnostics::Samples;

    /// Every diagnostic of this file.
    pub(crate) fn samples() -> Samples {
        let other = Role { role_name: "AliyunServiceRoleForOther".to_owned(), ..role() };
        let remade = Role { role_id: "8".to_owned(), ..role() };
        let history = [reason(&unreachable()), reason(&denied())];
        vec![
            ("unknown_service", unknown_service(ROLE, "mss.aliyuncs.com", &denied())),
            (
                "other_role_of_service",
                other_role_of_service(ROLE, "esa.mssp.aliyuncs.com", "AliyunServiceRoleForESAMssp"),
            ),
            (
                "other_service_trusted",
                other_service_trusted(&role(), "mss.aliyuncs.com", "mssp.aliyuncs.com"),
            ),
            ("not_created, denied", not_created(NAMED, &denied())),
            (
                "not_created, unreachable",
                not_created(RoleReference { account_id: None, ..NAMED }, &unreachable()),
            ),
            (
                "not_created, no session",
                not_created(RoleReference { account_id: Some("2222222222222222"), ..NAMED }, &not_assumed()),
            ),
            (
                "create_given_up, timed out",
                create_given_up(NAMED, &throttled("CreateServiceLinkedRole"), Interruption::TimedOut(AFTER)),
            ),
            (
                "create_given_up, interrupted",
                create_given_up(NAMED, &throttled("CreateServiceLinkedRole"), Interruption::Stopped),
            ),
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
}
