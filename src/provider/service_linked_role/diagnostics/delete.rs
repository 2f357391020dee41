//! Destroying a role: why it is refused, how far it came, and what was left.
//!
//! Must not decide anything: `judgement` and `delete` do.

use super::{
    super::{find::RAM_LAG, model::DeletionPolicy, role_reference::RoleReference, verdict::Verdict},
    create::given_up,
    ways_out::{DEPOSED, how_to_delete, one_way_out, ways_out},
};
use crate::{
    cloud::{
        self,
        api::resource_manager::{DeletionTask, RoleUsage},
    },
    framework::{diagnostics::Diagnostic, value::Path},
    provider::{
        diagnostics::cloud_error,
        layout::{list, paragraphs},
        subscription::Subscription,
        wait::Interruption,
    },
};

pub(in crate::provider) fn deletion_prevented(role: RoleReference, in_full: bool) -> Diagnostic {
    let what = format!(
        "Destroying the service-linked role {role} is refused because its `deletion_policy` is \"prevent\". The role \
         was not changed."
    );
    let next = ways_out(
        role,
        &[
            "If the role should go, change the policy. For this, the resource must be in the configuration: if you have \
         removed it, put it back first. If the resource is tainted, run `terraform untaint 'ADDRESS'`. Set `deletion_policy = \"delete\"`, and change nothing else. Run \
         `terraform apply`, then destroy or replace the role.",
            "If the role should stay, leave out whatever destroys or replaces it. Or make Terraform forget the role, which \
         stays in the account:\nterraform state rm 'ADDRESS'",
            DEPOSED,
        ],
    );
    let next = if in_full { next } else { one_way_out(role) };
    let detail = paragraphs(&[&what, &next]);
    Diagnostic::error("Destroying the role is prevented", detail).at(Path::of("deletion_policy"))
}

pub(in crate::provider) fn subscription_is_active(
    role: RoleReference,
    subscription: &Subscription,
    in_full: bool,
) -> Diagnostic {
    let what = format!(
        "Destroying the service-linked role {role} is refused because the MSS subscription of the account is active. \
         The role was not changed."
    );
    let wait = match subscription.end_date() {
        Some(end_date) => {
            format!("Wait until the subscription has ended ({end_date}), then run the same command again.")
        }
        None => "End the subscription, then run the same command again.".to_owned(),
    };
    let next = ways_out(
        role,
        &[
            &wait,
            "Make Terraform forget the role, which stays in the account. Unless you are giving up the whole \
         configuration, also remove the resource from it, or the next plan will try to create the role. This works for \
         one instance of a `for_each` too:\nterraform state rm 'ADDRESS'",
            "Make destroy leave the role in the account. For this, the resource must be in the configuration: if \
         you have removed it, put it back first. If the resource is tainted, run `terraform untaint 'ADDRESS'`. Set `deletion_policy = \"abandon\"` (or \
         \"delete_or_abandon\"), and change nothing else. Run `terraform apply`, then destroy the role again.",
            "If this plan replaces the role, leave out `-replace`, or undo the change that replaces it.",
            DEPOSED,
        ],
    );
    let next = if in_full { next } else { one_way_out(role) };
    let detail = paragraphs(&[&what, &why_active(subscription), &next]);
    Diagnostic::error("MSS subscription is active", detail)
}

/// Why a subscription keeps a role from being deleted.
pub(in crate::provider) fn why_active(subscription: &Subscription) -> String {
    format!(
        "Subscription: {}. Alibaba Cloud refuses to delete the role until the subscription has ended.",
        subscription.describe()
    )
}

/// `why` it could not be read, and what to do about that.
pub(in crate::provider) fn subscription_unreadable(role_name: &str, why: &str) -> Diagnostic {
    let what = format!(
        "The provider could not check whether the MSS subscription is active before destroying \"{role_name}\". If it is active, \
         Alibaba Cloud itself will refuse."
    );
    let next = "To do without this check, set `skip_subscription_check = true` in the provider block.";
    Diagnostic::warning("MSS subscription could not be checked", paragraphs(&[&what, why, next]))
}

/// What destroying a role with the policy `delete_or_abandon` will do; `None` if it is refused.
pub(in crate::provider) fn what_destroy_does(role: RoleReference, verdict: &Verdict) -> Option<Diagnostic> {
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
pub(in crate::provider) fn role_abandoned(
    role: RoleReference,
    policy: DeletionPolicy,
    why: &str,
) -> Diagnostic {
    let what = format!(
        "The service-linked role {} was removed from state and still exists, because its `deletion_policy` is \
         \"{}\".",
        role,
        policy.name()
    );
    let next = how_to_delete("To delete it once the MSS subscription has ended,", role);
    Diagnostic::warning("Service-linked role was abandoned", paragraphs(&[&what, why, &next]))
}

pub(in crate::provider) fn not_deleted(role: RoleReference, error: &cloud::Error) -> Diagnostic {
    let what =
        format!("The service-linked role {role} was not deleted; it stays in state and in the account.");
    cloud_error("Service-linked role was not deleted", &what, error)
}

/// The wait for another attempt was ended; those before had no effect, for the reason in `error`.
pub(in crate::provider) fn deletion_given_up(
    role: RoleReference,
    error: &cloud::Error,
    ended: Interruption,
) -> Diagnostic {
    let what = format!(
        "The service-linked role {role} was not deleted; it stays in state and in the account. {}",
        given_up(ended, "timeouts.delete")
    );
    cloud_error("Service-linked role was not deleted", &what, error)
}

/// RAM has refused the deletion; `why` is that of [`why_in_use`].
pub(in crate::provider) fn still_in_use(role: RoleReference, why: &str) -> Diagnostic {
    let what = format!("Alibaba Cloud refused to delete {role}; the role still exists and stays in state.");
    let next = ways_out(
        role,
        &[
            "Wait until the MSS subscription has ended and nothing uses the role, then run the same command again.",
            "Make Terraform forget the role, which stays in the account:\nterraform state rm 'ADDRESS'",
            DEPOSED,
        ],
    );
    let detail = paragraphs(&[&what, why, &next]);
    Diagnostic::error("Service-linked role is still in use", detail)
}

/// What RAM and MSS say of a role that is in use.
pub(in crate::provider) fn why_in_use(
    task: &DeletionTask,
    task_id: &str,
    subscription: Option<&Subscription>,
) -> String {
    let usages = task.reason.iter().flat_map(|reason| &reason.role_usages).map(usage).collect::<Vec<_>>();
    let usages = if usages.is_empty() { String::new() } else { list("Used by:", &usages) };
    let subscription =
        subscription.map_or_else(String::new, |found| format!("Subscription: {}.", found.describe()));
    paragraphs(&[&task_reason(task, "FAILED", task_id), &usages, &subscription])
}

/// A region, and on lines of their own the resources there.
fn usage(usage: &RoleUsage) -> String {
    let region = usage.region.as_deref().unwrap_or("unknown");
    match usage.resources.as_slice() {
        [] => format!("Region {region}: no resource named."),
        resources => format!("Region {region}:\n{}", resources.join("\n")),
    }
}

pub(in crate::provider) fn deletion_task_broke(
    role: RoleReference,
    task: &DeletionTask,
    task_id: &str,
) -> Diagnostic {
    let what = format!(
        "The deletion task of {role} ended with an internal error of Alibaba Cloud; the role still exists and stays in \
         state."
    );
    let why = task_reason(task, "INTERNAL_ERROR", task_id);
    let next = "Run the same command again later. If the error persists, give the task ID and the request ID to \
                Alibaba Cloud support.";
    Diagnostic::error("Deletion task failed inside Alibaba Cloud", paragraphs(&[&what, &why, next]))
}

/// What a deletion task that has ended says.
fn task_reason(task: &DeletionTask, status: &str, task_id: &str) -> String {
    let message = task.reason.as_ref().and_then(|reason| reason.message.as_deref());
    let message = message.map_or_else(|| "no reason given".to_owned(), |message| format!("\"{message}\""));
    let request = task.request_id.as_ref().map_or_else(String::new, |id| format!(", request ID {id}"));
    format!("Alibaba Cloud: {message} (deletion task {status}, task ID {task_id}{request}).")
}

/// A request may be under way, and RAM refuses another.
pub(in crate::provider) fn deletion_left_open(role: RoleReference, history: &str) -> Diagnostic {
    let what = format!(
        "It is not known whether the service-linked role {role} is being deleted. RAM still shows it, and it stays in \
         state."
    );
    Diagnostic::error(
        "Outcome of deleting the role is unknown",
        paragraphs(&[&what, history, SEE_AND_REPEAT]),
    )
}

/// How far a deletion had come when its wait ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::provider) enum Progress {
    /// No request to delete was sent.
    NotSent,
    /// No request was sent, because RAM does not show the role.
    NotShown,
    /// RAM has answered that there is no such role to delete.
    NoSuchRole,
    /// The response was lost, and why; empty if none came in time.
    Lost(String),
    /// RAM has refused a second request, after this.
    Refused(String),
    /// A task is under way; its ID, and its last status once there was one.
    Task(String, Option<String>),
    /// The task of this ID has ended with an error of Alibaba Cloud.
    Broken(String),
    /// RAM no longer knows the task of this ID.
    Vanished(String),
    /// The task of this ID has succeeded, and RAM has not shown that the role is gone.
    Succeeded(String),
}

impl Progress {
    pub(in crate::provider) fn describe(&self, role: RoleReference) -> String {
        match self {
            Self::NotSent => format!("No request was sent to RAM; the role {role} is unchanged."),
            Self::NotShown => format!(
                "No request was sent to delete the role {role}, because RAM does not show it. RAM can be behind, so \
                 the role counts as gone only when RAM has not shown it for {RAM_LAG:?}."
            ),
            Self::NoSuchRole => format!("RAM answered that there is no role {role} to delete."),
            Self::Lost(why) if why.is_empty() => {
                format!("A request to delete the role {role} may have reached RAM; no response came in time.")
            }
            Self::Lost(why) => {
                format!(
                    "The provider asked RAM to delete the role {role}, and it is not known whether RAM did. {why}"
                )
            }
            Self::Refused(history) => history.clone(),
            Self::Task(id, None) => format!(
                "RAM has accepted the deletion of the role {role} (task ID {id}); its status is not known."
            ),
            Self::Task(id, Some(status)) => format!(
                "The deletion task of the role {role} is {status} (task ID {id}) and continues in Alibaba Cloud."
            ),
            Self::Broken(id) => format!(
                "The deletion task of the role {role} has ended with INTERNAL_ERROR (task ID {id}), and RAM has not shown \
                 whether the role still exists."
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
pub(in crate::provider) fn deletion_ended(
    role: RoleReference,
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
            let next = format!(
                "{SEE_AND_REPEAT} To wait longer, first increase `timeouts.delete` and apply that change."
            );
            Diagnostic::error("Deleting the role timed out", paragraphs(&[&what, last_failure, &next]))
                .at(Path::of("timeouts.delete"))
        }
    }
}

const SEE_AND_REPEAT: &str = "Run `terraform plan` to see whether the role is gone. If it is not, run the same command \
                              again.";

#[cfg(test)]
pub(super) mod tests {
    use super::{super::facts::*, *};
    use crate::{
        cloud::api::resource_manager::DeletionStatus, framework::diagnostics::Samples,
        provider::diagnostics::reason,
    };

    /// Every diagnostic of this file.
    pub(crate) fn samples() -> Samples {
        let active = why_active(&subscription());
        let running = Progress::Task(TASK.to_owned(), Some("IN_PROGRESS".to_owned()));
        let succeeded = Progress::Succeeded(TASK.to_owned());
        let lost = Progress::Lost(reason(&unreachable()));
        let (policy, over) = (DeletionPolicy::DeleteOrAbandon, Interruption::TimedOut(AFTER));
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
            (
                "deletion_given_up, timed out",
                deletion_given_up(NAMED, &throttled("DeleteServiceLinkedRole"), over),
            ),
            (
                "deletion_ended, no status",
                deletion_ended(NAMED, &Progress::Task(TASK.to_owned(), None), "", over),
            ),
            ("still_in_use", still_in_use(NAMED, &in_use)),
            ("role_abandoned, in use", role_abandoned(NAMED, policy, &in_use)),
            ("deletion_task_broke", deletion_task_broke(NAMED, &task(DeletionStatus::InternalError), TASK)),
            ("deletion_left_open", deletion_left_open(NAMED, &lost.describe(NAMED))),
            ("deletion_ended, not asked", deletion_ended(NAMED, &Progress::NotSent, "", over)),
            ("deletion_ended, not shown", deletion_ended(NAMED, &Progress::NotShown, "", over)),
            ("deletion_ended, told gone", deletion_ended(NAMED, &Progress::NoSuchRole, "", over)),
            ("deletion_ended, no response", deletion_ended(NAMED, &Progress::Lost(String::new()), "", over)),
            ("deletion_ended, lost", deletion_ended(NAMED, &lost, "", over)),
            (
                "deletion_ended, vanished",
                deletion_ended(NAMED, &Progress::Vanished(TASK.to_owned()), "", over),
            ),
            ("deletion_ended, broken", deletion_ended(NAMED, &Progress::Broken(TASK.to_owned()), "", over)),
            ("deletion_ended, running", deletion_ended(NAMED, &running, &reason(&denied()), over)),
            ("deletion_ended, succeeded", deletion_ended(NAMED, &succeeded, &reason(&unreachable()), over)),
            ("deletion_ended, interrupted", deletion_ended(NAMED, &running, "", Interruption::Stopped)),
        ]
    }
}
