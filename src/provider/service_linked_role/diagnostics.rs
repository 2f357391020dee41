//! Every diagnostic of the role's operations, as pure functions of the facts: what happened, why,
//! and what to do. Their texts are kept in snapshots.
//!
//! Must not decide anything: the operations do.

use std::time::Duration;

use super::{MssRole, model::Model};
use crate::{
    cloud::{
        self,
        api::resource_manager::{DeletionTask, Role},
    },
    framework::{diagnostics::Diagnostic, value::Path},
    provider::{
        diagnostics::{cloud_error, cloud_warning, paragraphs, reason},
        subscription::Subscription,
    },
};

/// The role in words: its name and, where it is known, the account.
pub(super) fn named(role_name: &str, account_id: Option<&str>) -> String {
    match account_id {
        Some(account_id) => format!("\"{role_name}\" in account {account_id}"),
        None => format!("\"{role_name}\""),
    }
}

/// How to bring an existing role under this resource.
fn how_to_import(role_name: &str, account_id: Option<&str>) -> String {
    let id = import_id(role_name, account_id);
    format!(
        "To manage it here, add this block (with the address of your resource) and plan again:\n\n    \
         import {{\n      to = mss_service_linked_role.example\n      id = \"{id}\"\n    }}\n\nor run `terraform \
         import mss_service_linked_role.example {id}`."
    )
}

fn import_id(role_name: &str, account_id: Option<&str>) -> String {
    account_id.map_or_else(|| role_name.to_owned(), |account_id| format!("{account_id}:{role_name}"))
}

// Create.

pub(super) fn exists_already(role_name: &str, account_id: Option<&str>) -> Diagnostic {
    let what = format!(
        "The service-linked role {} exists already, and this resource is not in state; nothing was changed.",
        named(role_name, account_id)
    );
    let adopt = "To take it over without an import, set `adopt_existing = true`: the role then stays in the \
                 account when the resource is destroyed, unless `deletion_policy` says otherwise.";
    let detail = paragraphs(&[&what, &how_to_import(role_name, account_id), adopt]);
    Diagnostic::error("Service-linked role exists already", detail).at(Path::of("role_name"))
}

pub(super) fn managed_already(role_name: &str, account_id: Option<&str>) -> Diagnostic {
    let what = format!(
        "The service-linked role {} exists, and the state holds it already.",
        named(role_name, account_id)
    );
    let next = "If this plan replaces a tainted resource, go on. If two resources name the same role, remove \
                one of them: apply would fail.";
    Diagnostic::warning("Service-linked role is in state already", paragraphs(&[&what, next]))
        .at(Path::of("role_name"))
}

pub(super) fn look_up_failed(role_name: &str, error: &cloud::Error) -> Diagnostic {
    let what = format!(
        "Whether the service-linked role \"{role_name}\" exists already could not be checked, so that apply may \
         still find that it does."
    );
    cloud_warning("Service-linked role could not be looked up", &what, error)
}

pub(super) fn no_credentials(role_name: &str, error: &cloud::Error) -> Diagnostic {
    let what =
        format!("The provider has no credentials to plan the service-linked role \"{role_name}\" with.");
    cloud_error("No credentials", &what, error)
}

pub(super) fn unknown_service(role_name: &str, service_name: &str, error: &cloud::Error) -> Diagnostic {
    let what = format!(
        "Alibaba Cloud knows no service \"{service_name}\", which the role \"{role_name}\" was to trust; nothing \
         was created."
    );
    let next = "Remove `service_name` to use the provider's default, or set it to the name that Alibaba Cloud's \
                document on this role gives.";
    let detail = paragraphs(&[&what, &reason(error), next]);
    Diagnostic::error("Unknown service name", detail).at(Path::of("service_name"))
}

pub(super) fn other_role_of_service(role_name: &str, service_name: &str, belongs_to: &str) -> Diagnostic {
    let detail = format!(
        "The service \"{service_name}\" belongs to the role \"{belongs_to}\", not to \"{role_name}\"; nothing was \
         created.\n\nRemove `service_name`, or change `role_name`."
    );
    Diagnostic::error("Service name belongs to another role", detail).at(Path::of("service_name"))
}

pub(super) fn other_service_trusted(role: &Role, trusted: &str, service_name: &str) -> Diagnostic {
    let detail = format!(
        "The role {} exists and trusts the service \"{trusted}\", not \"{service_name}\"; nothing was \
         changed.\n\nSet `service_name = \"{trusted}\"` to adopt the role as it is.",
        named(&role.role_name, role.account_id())
    );
    Diagnostic::error("Existing role trusts another service", detail).at(Path::of("service_name"))
}

pub(super) fn not_created(role_name: &str, account_id: Option<&str>, error: &cloud::Error) -> Diagnostic {
    let what = format!("The service-linked role {} was not created.", named(role_name, account_id));
    cloud_error("Service-linked role was not created", &what, error)
}

pub(super) fn created_under_another_name(planned: &str, role: &Role) -> Diagnostic {
    let what = format!(
        "Alibaba Cloud created the role \"{}\" ({}) where \"{planned}\" was planned. It exists now, and it is not \
         in state.",
        role.role_name, role.arn
    );
    let next = format!(
        "Delete it on the RAM console's Roles page, or with `aliyun resourcemanager DeleteServiceLinkedRole \
         --RoleName {}`; then check `service_name`.",
        role.role_name
    );
    Diagnostic::error("Role was created under another name", paragraphs(&[&what, &next]))
        .at(Path::of("service_name"))
}

pub(super) fn outcome_unknown(
    role_name: &str,
    account_id: Option<&str>,
    lost: &cloud::Error,
    look_up: Option<&cloud::Error>,
) -> Diagnostic {
    let what = format!(
        "The answer to the request that creates {} was lost, and whether the role exists could not be settled. \
         It is not in state.",
        named(role_name, account_id)
    );
    let looked = look_up.map_or_else(
        || "RAM shows no such role so far.".to_owned(),
        |error| format!("Looking it up failed as well. {}", reason(error)),
    );
    let next = format!(
        "Run `terraform plan` again: it tells whether the role exists. {}",
        how_to_import(role_name, account_id)
    );
    let detail = paragraphs(&[&what, &reason(lost), &looked, &next]);
    Diagnostic::error("Outcome of creating the role is unknown", detail)
}

/// What is known of a role whose create was ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trace {
    /// The request was not sent.
    NotSent,
    /// It was sent, and RAM shows no such role.
    NotSeen,
    /// It was sent, and RAM could not be asked.
    Unknown,
}

impl Trace {
    /// What is true, and what to do next.
    fn describe(self, role_name: &str, account_id: Option<&str>) -> (&'static str, String) {
        let look_again = || {
            let import = how_to_import(role_name, account_id);
            format!("Run `terraform plan` again: it tells whether the role exists after all. {import}")
        };
        match self {
            Self::NotSent => ("Nothing was asked of RAM yet.", "Run the same command again.".to_owned()),
            Self::NotSeen => {
                ("RAM was asked and shows no such role so far; it is not in state.", look_again())
            }
            Self::Unknown => {
                ("RAM was asked, and whether the role exists is not known; it is not in state.", look_again())
            }
        }
    }
}

pub(super) fn interrupted_create(role_name: &str, account_id: Option<&str>, trace: Trace) -> Diagnostic {
    let (known, next) = trace.describe(role_name, account_id);
    let role = named(role_name, account_id);
    let what = format!("Terraform was interrupted while creating the service-linked role {role}. {known}");
    Diagnostic::error("Creating the role was interrupted", paragraphs(&[&what, &next]))
}

pub(super) fn create_timed_out(
    role_name: &str,
    account_id: Option<&str>,
    trace: Trace,
    after: Duration,
) -> Diagnostic {
    let (known, next) = trace.describe(role_name, account_id);
    let role = named(role_name, account_id);
    let what = format!("The service-linked role {role} could not be created within {after:?}. {known}");
    Diagnostic::error("Creating the role timed out", paragraphs(&[&what, &next]))
        .at(Path::of("timeouts.create"))
}

pub(super) fn created_but_invisible(role: &Role, after: Duration) -> Diagnostic {
    let what = format!(
        "Alibaba Cloud confirmed that the service-linked role {} was created ({}), but RAM did not show it \
         within {after:?}. The role most likely exists; it is not in state.",
        named(&role.role_name, role.account_id()),
        role.arn,
    );
    let next = format!(
        "Wait until RAM shows the role. {}\n\nTo remove it instead: `aliyun resourcemanager \
         DeleteServiceLinkedRole --RoleName {}`. A longer `timeouts.create` avoids this.",
        how_to_import(&role.role_name, role.account_id()),
        role.role_name
    );
    Diagnostic::error("Created role stays invisible", paragraphs(&[&what, &next]))
        .at(Path::of("timeouts.create"))
}

pub(super) fn created_unconfirmed(role: &Role, why: &str) -> Diagnostic {
    let what = format!(
        "The service-linked role {} was created and is in state, but reading it back was not finished: {why}.",
        named(&role.role_name, role.account_id())
    );
    Diagnostic::warning(
        "Created role was not read back",
        paragraphs(&[&what, "Run `terraform plan` to see it as RAM shows it."]),
    )
}

// Data sources and searches.

pub(super) fn no_such_role(role_name: &str, account_id: Option<&str>) -> Diagnostic {
    let what = format!("The service-linked role {} does not exist.", named(role_name, account_id));
    let next = "Create it with the resource `mss_service_linked_role`, or ask whether it exists with the data source \
                `mss_service_linked_roles`, which takes a missing role for an answer.";
    Diagnostic::error("Service-linked role does not exist", paragraphs(&[&what, next]))
        .at(Path::of("role_name"))
}

pub(super) fn no_policy(role_name: &str, account_id: &str) -> Diagnostic {
    let what = format!(
        "RAM shows no system policy for the service-linked role {}, although every such role has one.",
        named(role_name, Some(account_id))
    );
    let next = "If the role was created just now, run the same command again; otherwise ask Alibaba Cloud's support.";
    Diagnostic::error("Role has no system policy", paragraphs(&[&what, next])).at(Path::of("role_name"))
}

pub(super) fn nothing_searched(failed: usize) -> Diagnostic {
    let detail = format!(
        "None of the {failed} accounts could be searched for service-linked roles of MSS; the warnings say \
         why.\n\nCheck the provider's credentials and `member_account_role`, then run the same command again."
    );
    Diagnostic::error("No account could be searched", detail).at(Path::of("account_ids"))
}

// Read.

pub(super) fn not_read(role_name: &str, account_id: Option<&str>, error: &cloud::Error) -> Diagnostic {
    let what = format!(
        "Reading the service-linked role {} failed; whether it still exists is not known, and its state is \
         unchanged.",
        named(role_name, account_id)
    );
    cloud_error("Service-linked role could not be read", &what, error)
}

pub(super) fn read_timed_out(role_name: &str, account_id: Option<&str>, after: Duration) -> Diagnostic {
    let what = format!(
        "Reading the service-linked role {} took longer than {after:?}; its state is unchanged.",
        named(role_name, account_id)
    );
    let next = "Check the network, then run the same command again or set a longer `timeouts.read`.";
    Diagnostic::error("Reading the role timed out", paragraphs(&[&what, next])).at(Path::of("timeouts.read"))
}

pub(super) fn interrupted_read(role_name: &str) -> Diagnostic {
    Diagnostic::error(
        "Reading the role was interrupted",
        format!("The state of \"{role_name}\" is unchanged.\n\nRun the same command again."),
    )
}

pub(super) fn not_service_linked(role: &Role) -> Diagnostic {
    let detail = format!(
        "The role {} is not a service-linked role, although it has the name of one; the provider leaves it \
         alone.\n\nManage it with a resource for ordinary RAM roles, or delete it so that MSS can have its own.",
        named(&role.role_name, role.account_id())
    );
    Diagnostic::error("Role is not service-linked", detail).at(Path::of("role_name"))
}

pub(super) fn wrong_account(role: &Role, expected: &str) -> Diagnostic {
    let detail = format!(
        "Account {expected} was asked for \"{}\", but the answer came from account {}; nothing was \
         changed.\n\nCheck the provider's credentials and `endpoints`.",
        role.role_name,
        role.account_id().unwrap_or("unknown")
    );
    Diagnostic::error("Role belongs to another account", detail).at(Path::of("account_id"))
}

pub(super) fn provider_not_known_yet(role_name: &str) -> Diagnostic {
    let detail = format!(
        "The provider's configuration depends on values that are known only after apply, so that \"{role_name}\" \
         could not be read; the plan shows it as it was last seen.\n\nApply first what the provider's \
         configuration depends on (`terraform apply -target=…`) to plan with certainty."
    );
    Diagnostic::warning("Service-linked role was not refreshed", detail)
}

// Destroy.

pub(super) fn deletion_prevented(role_name: &str, account_id: Option<&str>) -> Diagnostic {
    let what = format!(
        "Destroying the service-linked role {} is refused because its `deletion_policy` is \"prevent\". Nothing \
         was changed.",
        named(role_name, account_id)
    );
    let next = "If the role should go, set `deletion_policy = \"delete\"`, run `terraform apply`, then destroy \
                again. If it should stay, take it out of state with a `removed` block with `lifecycle { destroy \
                = false }`.";
    Diagnostic::error("Destroying the role is prevented", paragraphs(&[&what, next]))
        .at(Path::of("deletion_policy"))
}

pub(super) fn subscription_is_active(
    role_name: &str,
    account_id: Option<&str>,
    subscription: &Subscription,
) -> Diagnostic {
    let what = format!(
        "Destroying the service-linked role {} is refused because the MSS subscription of the account is active. \
         Nothing was changed.",
        named(role_name, account_id)
    );
    let why = format!(
        "Subscription: {}. Alibaba Cloud does not delete the role before the subscription has ended.",
        subscription.describe()
    );
    let wait = match subscription.end_date() {
        Some(end_date) => {
            format!("wait until the subscription has ended ({end_date}), then destroy again")
        }
        None => "end the subscription, then destroy again".to_owned(),
    };
    let next = format!(
        "Ways out:\n  - {wait};\n  - set `deletion_policy = \"abandon\"` and run `terraform apply`, then destroy: \
         the role stays in the account;\n  - replace the resource by a `removed` block with `lifecycle {{ destroy \
         = false }}` (before Terraform 1.7: run `terraform state rm`): Terraform forgets the role, which stays in the \
         account."
    );
    Diagnostic::error("MSS subscription is active", paragraphs(&[&what, &why, &next]))
}

pub(super) fn subscription_unreadable(role_name: &str, why: &str) -> Diagnostic {
    let what = format!(
        "Whether the MSS subscription is active could not be checked before destroying \"{role_name}\"; Alibaba \
         Cloud itself will refuse if it is."
    );
    let next = "To silence this warning, allow `yundun-mss:GetUserStatus`, or set `skip_subscription_check = \
                true` in the provider block.";
    Diagnostic::warning("MSS subscription could not be checked", paragraphs(&[&what, why, next]))
}

pub(super) fn role_abandoned(role_name: &str, account_id: Option<&str>) -> Diagnostic {
    let what = format!(
        "The service-linked role {} was removed from state and still exists, as its `deletion_policy` \"abandon\" \
         says.",
        named(role_name, account_id)
    );
    let next = format!(
        "To delete it later: `aliyun resourcemanager DeleteServiceLinkedRole --RoleName {role_name}`, after the \
         MSS subscription has ended."
    );
    Diagnostic::warning("Service-linked role was abandoned", paragraphs(&[&what, &next]))
}

pub(super) fn not_deleted(role_name: &str, account_id: Option<&str>, error: &cloud::Error) -> Diagnostic {
    let what = format!(
        "Deleting the service-linked role {} failed; the role stays in state.",
        named(role_name, account_id)
    );
    cloud_error("Service-linked role was not deleted", &what, error)
}

pub(super) fn still_in_use(
    role_name: &str,
    account_id: Option<&str>,
    task: &DeletionTask,
    task_id: &str,
    subscription: Option<&Subscription>,
) -> Diagnostic {
    let what = format!(
        "Deleting {} was refused; the role still exists and stays in state.",
        named(role_name, account_id)
    );
    let reason = task.reason.as_ref();
    let message =
        reason.and_then(|reason| reason.message.clone()).unwrap_or_else(|| "no reason given".to_owned());
    let why = format!("Alibaba Cloud: \"{}\" (deletion task FAILED{}).", message, task_facts(task, task_id));
    let usages: Vec<_> = reason
        .iter()
        .flat_map(|reason| &reason.role_usages)
        .map(|usage| {
            let region = usage.region.as_deref().unwrap_or("unknown");
            let resources =
                if usage.resources.is_empty() { "none named".to_owned() } else { usage.resources.join(", ") };
            format!("  - region {region}: {resources}")
        })
        .collect();
    let usages = if usages.is_empty() { String::new() } else { format!("Used by:\n{}", usages.join("\n")) };
    let subscription =
        subscription.map_or_else(String::new, |found| format!("Subscription: {}.", found.describe()));
    let next = "Wait until the MSS subscription has ended and nothing uses the role, then run `terraform destroy` \
                again, or take the role out of state with a `removed` block with `lifecycle { destroy = false }`.";
    let detail = paragraphs(&[&what, &why, &usages, &subscription, next]);
    Diagnostic::error("Service-linked role is still in use", detail)
}

pub(super) fn deletion_task_broke(
    role_name: &str,
    account_id: Option<&str>,
    task: &DeletionTask,
    task_id: &str,
) -> Diagnostic {
    let what = format!(
        "The deletion task of {} ended with an internal error of Alibaba Cloud; the role still exists and stays in \
         state.",
        named(role_name, account_id)
    );
    let message =
        task.reason.as_ref().and_then(|reason| reason.message.as_deref()).unwrap_or("no reason given");
    let why =
        format!("Alibaba Cloud: \"{message}\" (deletion task INTERNAL_ERROR{}).", task_facts(task, task_id));
    let next = "Run `terraform destroy` again later; if it happens again, give the task and request ID to Alibaba \
                Cloud's support.";
    Diagnostic::error("Deletion task failed inside Alibaba Cloud", paragraphs(&[&what, &why, next]))
}

fn task_facts(task: &DeletionTask, task_id: &str) -> String {
    let request = task.request_id.as_ref().map_or_else(String::new, |id| format!(", request ID {id}"));
    format!(", task ID {task_id}{request}")
}

pub(super) fn deletion_task_vanished(role_name: &str, account_id: Option<&str>, task_id: &str) -> Diagnostic {
    let what = format!(
        "RAM no longer knows the deletion task of {} (task ID {task_id}), and the role still exists. It stays in \
         state.",
        named(role_name, account_id)
    );
    Diagnostic::error("Deletion task vanished", paragraphs(&[&what, "Run `terraform destroy` again."]))
}

/// How far a deletion had come when its wait ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// No request was sent.
    NotAsked,
    /// The request was sent and not answered.
    Asked,
    /// A task is under way; its ID and last status.
    Task(String, String),
    /// The task has succeeded, and RAM still shows the role.
    StillVisible(String),
}

impl Progress {
    fn describe(&self, role: &str) -> String {
        match self {
            Self::NotAsked => {
                format!("Nothing was asked of RAM yet; the role {role} is unchanged.")
            }
            Self::Asked => format!("RAM was asked to delete the role {role} and has not answered."),
            Self::Task(id, status) => format!(
                "The deletion task of the role {role} is still {status} (task ID {id}) and goes on in Alibaba Cloud."
            ),
            Self::StillVisible(id) => format!(
                "The deletion task of the role {role} has SUCCEEDED (task ID {id}), but RAM still shows the role."
            ),
        }
    }
}

pub(super) fn deletion_timed_out(
    role_name: &str,
    account_id: Option<&str>,
    progress: &Progress,
    after: Duration,
) -> Diagnostic {
    let what = format!(
        "{} The time-out of {after:?} is over; the role stays in state.",
        progress.describe(&named(role_name, account_id))
    );
    let next = "Run `terraform plan` to see whether the role is gone by now, and `terraform destroy` again if it is \
                not. A longer `timeouts.delete` waits longer.";
    Diagnostic::error("Deleting the role timed out", paragraphs(&[&what, next]))
        .at(Path::of("timeouts.delete"))
}

pub(super) fn deletion_interrupted(
    role_name: &str,
    account_id: Option<&str>,
    progress: &Progress,
) -> Diagnostic {
    let what = format!(
        "Terraform was interrupted. {} The role stays in state.",
        progress.describe(&named(role_name, account_id))
    );
    let next = "Run `terraform plan` to see whether the role is gone by now, and `terraform destroy` again if it is \
                not.";
    Diagnostic::error("Deleting the role was interrupted", paragraphs(&[&what, next]))
}

// Import and move.

pub(super) fn malformed_import_id(id: &str, meant: Option<MssRole>) -> Diagnostic {
    let what = format!("The import ID {id:?} names no service-linked role of MSS.");
    let forms = "An import ID is `<role_name>`, `<account_id>:<role_name>` or `<service_name>:<role_name>`, such as \
                 `AliyunServiceRoleForMssp` or `1234567890123456:AliyunServiceRoleForESAMssp`.";
    let next = meant.map_or_else(String::new, |role| format!("Did you mean `{}`?", role.role_name));
    Diagnostic::error("Malformed import ID", paragraphs(&[&what, forms, &next]))
}

pub(super) fn cannot_move(from: &str, why: &str) -> Diagnostic {
    let what = format!("State of `{from}` cannot become a `mss_service_linked_role`: {why}.");
    let next = "Remove the `moved` block. To manage an existing MSS role here, use an `import` block instead; to \
                leave the old resource behind, use a `removed` block with `lifecycle { destroy = false }`.";
    Diagnostic::error("Resource cannot be moved", paragraphs(&[&what, next]))
}

pub(super) fn unknown_state_version(version: i64) -> Diagnostic {
    Diagnostic::error(
        "Stored state is from an unknown version",
        format!(
            "The state has schema version {version}, which no release of this provider has written.\n\nUse the \
             provider version that wrote it, or remove the resource with `terraform state rm` and import it \
             again; nothing in the cloud changes."
        ),
    )
}

/// The account and name of the role in a model, for texts.
pub(super) fn of(model: &Model) -> (&str, Option<&str>) {
    (model.role_name(), model.account_id())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cloud::{
            api::{
                mssp::UserStatus,
                resource_manager::{DeletionReason, DeletionStatus, RoleUsage},
            },
            error::{AccessDenied, ApiError},
        },
        framework::diagnostics::Severity,
    };

    const ROLE: &str = "AliyunServiceRoleForMssp";
    const ACCOUNT: Option<&str> = Some("1234567890123456");
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
            arn: "acs:ram::1234567890123456:role/aliyunserviceroleformssp".to_owned(),
            ..Role::default()
        }
    }

    fn subscription() -> Subscription {
        let status = UserStatus {
            status: Some("Enabled".to_owned()),
            version: Some("mdrgaoji".to_owned()),
            instance_id: Some("mss-0001".to_owned()),
            end_date: Some("2027-01-01 00:00:00".to_owned()),
            ..UserStatus::default()
        };
        Subscription::from_status(status, jiff::Timestamp::UNIX_EPOCH)
    }

    fn task(status: DeletionStatus) -> DeletionTask {
        let usage = RoleUsage {
            region: Some("global".to_owned()),
            resources: vec!["acs:yundun-mss::1234567890123456:instance/mss-0001".to_owned()],
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

    /// Every function above, with facts that show all of its parts.
    fn every_diagnostic() -> Vec<(&'static str, Diagnostic)> {
        let running = Progress::Task(TASK.to_owned(), "IN_PROGRESS".to_owned());
        let visible = Progress::StillVisible(TASK.to_owned());
        let other = Role { role_name: "AliyunServiceRoleForOther".to_owned(), ..role() };
        vec![
            ("exists_already", exists_already(ROLE, ACCOUNT)),
            ("exists_already, account not known", exists_already(ROLE, None)),
            ("managed_already", managed_already(ROLE, ACCOUNT)),
            ("look_up_failed", look_up_failed(ROLE, &denied())),
            ("no_credentials", no_credentials(ROLE, &without_credentials())),
            ("unknown_service", unknown_service(ROLE, "mss.aliyuncs.com", &denied())),
            (
                "other_role_of_service",
                other_role_of_service(ROLE, "esa.mssp.aliyuncs.com", "AliyunServiceRoleForESAMssp"),
            ),
            (
                "other_service_trusted",
                other_service_trusted(&role(), "mss.aliyuncs.com", "mssp.aliyuncs.com"),
            ),
            ("not_created, denied", not_created(ROLE, ACCOUNT, &denied())),
            ("not_created, unreachable", not_created(ROLE, None, &unreachable())),
            ("not_created, no session", not_created(ROLE, Some("2222222222222222"), &not_assumed())),
            ("created_under_another_name", created_under_another_name(ROLE, &other)),
            ("outcome_unknown", outcome_unknown(ROLE, ACCOUNT, &unreachable(), None)),
            (
                "outcome_unknown, look-up failed",
                outcome_unknown(ROLE, ACCOUNT, &unreachable(), Some(&denied())),
            ),
            ("interrupted_create, not sent", interrupted_create(ROLE, ACCOUNT, Trace::NotSent)),
            ("interrupted_create, not seen", interrupted_create(ROLE, ACCOUNT, Trace::NotSeen)),
            ("interrupted_create, unknown", interrupted_create(ROLE, ACCOUNT, Trace::Unknown)),
            ("create_timed_out", create_timed_out(ROLE, ACCOUNT, Trace::NotSeen, AFTER)),
            ("created_but_invisible", created_but_invisible(&role(), AFTER)),
            ("created_unconfirmed", created_unconfirmed(&role(), "Terraform was interrupted")),
            ("no_such_role", no_such_role(ROLE, ACCOUNT)),
            ("no_policy", no_policy(ROLE, "1234567890123456")),
            ("nothing_searched", nothing_searched(3)),
            ("not_read", not_read(ROLE, ACCOUNT, &unreachable())),
            ("read_timed_out", read_timed_out(ROLE, ACCOUNT, AFTER)),
            ("interrupted_read", interrupted_read(ROLE)),
            ("not_service_linked", not_service_linked(&role())),
            ("wrong_account", wrong_account(&role(), "2222222222222222")),
            ("provider_not_known_yet", provider_not_known_yet(ROLE)),
            ("deletion_prevented", deletion_prevented(ROLE, ACCOUNT)),
            ("subscription_is_active", subscription_is_active(ROLE, ACCOUNT, &subscription())),
            ("subscription_unreadable", subscription_unreadable(ROLE, &reason(&denied()))),
            ("role_abandoned", role_abandoned(ROLE, ACCOUNT)),
            ("not_deleted", not_deleted(ROLE, ACCOUNT, &denied())),
            (
                "still_in_use",
                still_in_use(ROLE, ACCOUNT, &task(DeletionStatus::Failed), TASK, Some(&subscription())),
            ),
            (
                "deletion_task_broke",
                deletion_task_broke(ROLE, ACCOUNT, &task(DeletionStatus::InternalError), TASK),
            ),
            ("deletion_task_vanished", deletion_task_vanished(ROLE, ACCOUNT, TASK)),
            ("deletion_timed_out, not asked", deletion_timed_out(ROLE, ACCOUNT, &Progress::NotAsked, AFTER)),
            ("deletion_timed_out, asked", deletion_timed_out(ROLE, ACCOUNT, &Progress::Asked, AFTER)),
            ("deletion_timed_out, running", deletion_timed_out(ROLE, ACCOUNT, &running, AFTER)),
            ("deletion_timed_out, visible", deletion_timed_out(ROLE, ACCOUNT, &visible, AFTER)),
            ("deletion_interrupted", deletion_interrupted(ROLE, ACCOUNT, &running)),
            (
                "malformed_import_id",
                malformed_import_id("x:AliyunServiceRoleForMss", MssRole::meant_by(ROLE)),
            ),
            ("cannot_move", cannot_move("alicloud_ram_role", "its role \"admin\" is not a role of MSS")),
            ("unknown_state_version", unknown_state_version(7)),
        ]
    }

    #[test]
    fn texts() {
        let show = |(name, found): (&str, Diagnostic)| {
            let severity = match found.severity {
                Severity::Error => "Error",
                Severity::Warning => "Warning",
            };
            let path = found.path.map(|path| format!("\nat {path}")).unwrap_or_default();
            format!("## {name}\n{severity}: {}{path}\n\n{}\n", found.summary, found.detail)
        };
        let all: Vec<_> = every_diagnostic().into_iter().map(show).collect();
        insta::with_settings!({ snapshot_path => "../../../tests/snapshots", prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!("diagnostics", all.join("\n"));
        });
    }

    #[test]
    fn summaries_are_short_titles_without_names() {
        for (name, found) in every_diagnostic() {
            assert!(found.summary.split(' ').count() < 10, "{name}: {}", found.summary);
            assert!(
                !found.summary.ends_with('.') && !found.summary.contains("Aliyun"),
                "{name}: {}",
                found.summary
            );
            let about = ["Aliyun", "state", "accounts"];
            let told = about.iter().any(|word| found.detail.contains(word)) || name == "cannot_move";
            assert!(told, "{name} names what it is about: {}", found.detail);
        }
    }
}
