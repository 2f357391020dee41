//! Resource Management 2020-03-31: service-linked roles, their deletion tasks, and the directory as
//! its older version shows it (documented).

use serde_json::{Value as Json, json};

use super::{
    action::{Action, ActionCall, Product},
    fault::{Kind, reason},
    request::{ActionResult, Refusal, fields, set},
    resource_directory,
    role::View,
    service_linked::{self, all_roles, description},
    task::{Task, TaskStatus},
};
use crate::cloud::api::resource_manager::action;

pub(super) const PRODUCT: Product = Product {
    code: "ResourceManager",
    version: "2020-03-31",
    host: "resourcemanager.aliyuncs.com",
    actions: &[
        Action::documented(
            action::CREATE_SERVICE_LINKED_ROLE,
            "ram:CreateServiceLinkedRole",
            create_service_linked_role,
        ),
        Action::documented(action::GET_ROLE, "ram:GetRole", get_role),
        Action::documented("ListRoles", "ram:ListRoles", list_roles),
        Action::documented(
            action::DELETE_SERVICE_LINKED_ROLE,
            "ram:DeleteServiceLinkedRole",
            service_linked::delete,
        ),
        Action::documented(
            action::GET_SERVICE_LINKED_ROLE_DELETION_STATUS,
            "ram:GetServiceLinkedRoleDeletionStatus",
            deletion_status,
        ),
        Action::documented("ListAccounts", "resourcemanager:ListAccounts", resource_directory::list_accounts),
        Action::documented(
            "ListAccountsForParent",
            "resourcemanager:ListAccountsForParent",
            resource_directory::list_accounts_for_parent,
        ),
        Action::documented("GetAccount", "resourcemanager:GetAccount", resource_directory::get_account),
        Action::documented(
            "GetResourceDirectory",
            "resourcemanager:GetResourceDirectory",
            resource_directory::get_resource_directory,
        ),
        Action::documented(
            "ListFoldersForParent",
            "resourcemanager:ListFoldersForParent",
            resource_directory::list_folders_for_parent,
        ),
        Action::documented("GetFolder", "resourcemanager:GetFolder", resource_directory::get_folder),
        Action::documented(
            "ListAncestors",
            "resourcemanager:ListAncestors",
            resource_directory::list_ancestors,
        ),
    ],
};

fn create_service_linked_role(call: &mut ActionCall<'_>) -> ActionResult {
    service_linked::create(call, View::ResourceManagerCreate)
}

fn get_role(call: &mut ActionCall<'_>) -> ActionResult {
    let language = call.request.parameter("Language");
    service_linked::get(call, View::ResourceManagerGet, language)
}

fn list_roles(call: &mut ActionCall<'_>) -> ActionResult {
    let number = |name: &str, default: usize, most: usize| {
        let number = call.request.parameter(name).map_or(Ok(default), str::parse);
        let in_range = number.ok().filter(|number| (1..=most).contains(number));
        in_range.ok_or_else(|| Refusal::invalid(name))
    };
    let (page, size) = (number("PageNumber", 1, usize::MAX)?, number("PageSize", 10, 100)?);
    let language = call.request.parameter("Language");
    let total = all_roles(call).count();
    let on_page = all_roles(call).skip((page - 1).saturating_mul(size)).take(size);
    let roles = on_page.map(|role| {
        let description = description(call, role, language);
        role.to_json(&call.caller.account_id, View::ResourceManagerList, &description)
    });
    fields(json!({
        "Roles": { "Role": roles.collect::<Vec<_>>() },
        "PageNumber": page, "PageSize": size, "TotalCount": total,
    }))
}

fn deletion_status(call: &mut ActionCall<'_>) -> ActionResult {
    let task_id = call.request.required("DeletionTaskId")?;
    if !(26..=255).contains(&task_id.len()) {
        let message = "The deletion task ID must have 26 to 255 characters.";
        return Err(Refusal::new(400, "InvalidParameter.DeletionTaskId.Length", message));
    }
    let purged = matches!(call.fault, Some(Kind::PurgeTask {}));
    let task = call.state.stored.tasks.get_mut(task_id);
    let known = task.filter(|task| task.account_id == call.caller.account_id && !purged);
    let Some(task) = known else {
        let message = "The deletion task does not exist.";
        return Err(Refusal::new(404, "EntityNotExist.ServiceLinkedRole.DeletionTask", message));
    };
    match call.fault {
        Some(Kind::TaskStatus { status, message, usages }) => {
            spoilt_status(task, *status, reason(message, usages))
        }
        _ => task_response(task.status, task.reason.clone()),
    }
}

/// FAILED and INTERNAL_ERROR end the task; the other statuses are shown alone.
fn spoilt_status(task: &mut Task, status: TaskStatus, reason: Json) -> ActionResult {
    let failed = matches!(status, TaskStatus::Failed | TaskStatus::InternalError);
    let reason = failed.then_some(reason);
    if failed {
        task.status = status;
        task.reason.clone_from(&reason);
    }
    task_response(status, reason)
}

fn task_response(status: TaskStatus, reason: Option<Json>) -> ActionResult {
    let mut response = json!({ "Status": status });
    if let Some(reason) = reason {
        set(&mut response, "Reason", reason);
    }
    fields(response)
}
