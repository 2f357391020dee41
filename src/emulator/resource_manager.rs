//! Resource Management 2020-03-31: service-linked roles and their deletion tasks (documented).

use serde_json::{Value as Json, json};

use super::{
    catalog,
    fault::{Fault, Kind},
    request::{Answer, Caller, Refusal, Request, fields, set},
    state::{State, Task, TaskStatus, new_id},
};
use crate::cloud::api::resource_manager::action;

/// Carries out an action; `None` if the product has no such action.
pub(super) fn handle(
    state: &mut State,
    caller: &Caller,
    request: &Request,
    fault: Option<&Fault>,
) -> Option<Answer> {
    Some(match request.action()? {
        action::CREATE_SERVICE_LINKED_ROLE => create_service_linked_role(state, caller, request),
        action::GET_ROLE => get_role(state, caller, request, fault),
        "ListRoles" => list_roles(state, caller, request),
        action::DELETE_SERVICE_LINKED_ROLE => delete_service_linked_role(state, caller, request),
        action::GET_SERVICE_LINKED_ROLE_DELETION_STATUS => deletion_status(state, caller, request, fault),
        _ => return None,
    })
}

pub(super) fn create_service_linked_role(state: &mut State, caller: &Caller, request: &Request) -> Answer {
    let service_name = request.required("ServiceName")?;
    let Some(template) = catalog::by_service_name(service_name) else {
        return Err(no_such_service());
    };
    if request.parameter("CustomSuffix").is_some() {
        let message = "Custom suffix is not allowed for this Service Linked Role.";
        return Err(Refusal::new(400, "InvalidParameter.CustomSuffix.NotAllowed", message));
    }
    if request.parameter("Description").is_some() {
        let message = "Custom description is not allowed for default service linked role.";
        return Err(Refusal::new(400, "InvalidParameter.Description.NotAllowed", message));
    }
    if state.role(&caller.account_id, template.role_name).is_some() {
        return Err(Refusal::new(409, "EntityAlreadyExists.Role", "The role already exists."));
    }
    let role = state.add_role(caller, template.role_name)?;
    let mut shown = role.to_json(&caller.account_id);
    // Fields that this answer does not have (documented).
    for absent in ["UpdateDate", "MaxSessionDuration"] {
        shown.as_object_mut().and_then(|role| role.remove(absent));
    }
    fields(json!({ "Role": shown }))
}

pub(super) fn get_role(state: &State, caller: &Caller, request: &Request, fault: Option<&Fault>) -> Answer {
    let role_name = checked_role_name(request)?;
    let hidden = fault.is_some_and(|fault| fault.kind == Kind::HideRole);
    match state.role(&caller.account_id, role_name).filter(|_| !hidden) {
        Some(role) => fields(json!({ "Role": role.to_json(&caller.account_id) })),
        None => Err(no_such_role(role_name)),
    }
}

fn list_roles(state: &State, caller: &Caller, request: &Request) -> Answer {
    let number = |name: &str, default: usize, most: usize| {
        let number = request.parameter(name).map_or(Ok(default), str::parse);
        let in_range = number.ok().filter(|number| (1..=most).contains(number));
        in_range.ok_or_else(|| {
            Refusal::new(400, &format!("InvalidParameter.{name}"), "The parameter is invalid.")
        })
    };
    let (page, size) = (number("PageNumber", 1, usize::MAX)?, number("PageSize", 10, 100)?);
    let roles: Vec<Json> = all_roles(state, &caller.account_id);
    let total = roles.len();
    let shown: Vec<Json> = roles.into_iter().skip((page - 1).saturating_mul(size)).take(size).collect();
    fields(json!({ "Roles": { "Role": shown }, "PageNumber": page, "PageSize": size, "TotalCount": total }))
}

/// Every role, as lists show it: without the trust policy.
pub(super) fn all_roles(state: &State, account_id: &str) -> Vec<Json> {
    let roles = state.kept.accounts.get(account_id).into_iter().flat_map(|account| account.roles.values());
    let listed = |role: &super::account::Role| {
        let mut role = role.to_json(account_id);
        role.as_object_mut().and_then(|role| role.remove("AssumeRolePolicyDocument"));
        role
    };
    roles.map(listed).collect()
}

pub(super) fn delete_service_linked_role(state: &mut State, caller: &Caller, request: &Request) -> Answer {
    let role_name = request.required("RoleName")?;
    let Some(role) = state.role(&caller.account_id, role_name).cloned() else {
        return Err(no_such_role(role_name));
    };
    let Some(service_name) = &role.service_name else {
        let message = "This role exists but is not a Service Linked Role.";
        return Err(Refusal::new(404, "EntityNotExist.ServiceLinkedRole", message));
    };
    let same = |task: &Task| task.account_id == caller.account_id && task.role_name == role.role_name;
    let running = state.kept.tasks.iter().find(|(_, task)| same(task) && !task.status.is_over());
    if let Some((task_id, _)) = running {
        // What a second call gets is not documented; the running task is inferred.
        return fields(json!({ "DeletionTaskId": task_id }));
    }
    let task_id =
        format!("task/acs-service-role/{service_name}/{}/{}", role.role_name, new_id().to_lowercase());
    let task = Task {
        account_id: caller.account_id.clone(),
        role_name: role.role_name.clone(),
        status: TaskStatus::NotStarted,
        reason: None,
    };
    state.kept.tasks.insert(task_id.clone(), task);
    fields(json!({ "DeletionTaskId": task_id }))
}

fn deletion_status(state: &mut State, caller: &Caller, request: &Request, fault: Option<&Fault>) -> Answer {
    let task_id = request.required("DeletionTaskId")?;
    if !(26..=255).contains(&task_id.len()) {
        let message = "The deletion task ID must have 26 to 255 characters.";
        return Err(Refusal::new(400, "InvalidParameter.DeletionTaskId.Length", message));
    }
    let purged = fault.is_some_and(|fault| fault.kind == Kind::PurgeTask);
    let known = state.kept.tasks.get(task_id).filter(|task| task.account_id == caller.account_id && !purged);
    let Some(mut task) = known.cloned() else {
        let message = "The deletion task does not exist.";
        return Err(Refusal::new(404, "EntityNotExist.ServiceLinkedRole.DeletionTask", message));
    };
    match fault.filter(|fault| fault.kind == Kind::TaskStatus) {
        Some(fault) => {
            let status = fault.status.unwrap_or(task.status);
            let reason =
                matches!(status, TaskStatus::Failed | TaskStatus::InternalError).then(|| fault.reason());
            if status.is_over() && status != TaskStatus::Succeeded {
                task.status = status;
                task.reason.clone_from(&reason);
                state.kept.tasks.insert(task_id.to_owned(), task);
            }
            answer(status, reason)
        }
        None => {
            advance(state, &mut task);
            let (status, reason) = (task.status, task.reason.clone());
            state.kept.tasks.insert(task_id.to_owned(), task);
            answer(status, reason)
        }
    }
}

fn answer(status: TaskStatus, reason: Option<Json>) -> Answer {
    let mut answer = json!({ "Status": status.name() });
    if let Some(reason) = reason {
        set(&mut answer, "Reason", reason);
    }
    fields(answer)
}

/// Moves a task on by one step: NOT_STARTED, IN_PROGRESS, then its end. Uses of the role are checked
/// when the task starts, as RAM does.
fn advance(state: &mut State, task: &mut Task) {
    match task.status {
        TaskStatus::NotStarted => match uses(state, task) {
            Some(reason) => {
                task.status = TaskStatus::Failed;
                task.reason = Some(reason);
            }
            None => task.status = TaskStatus::InProgress,
        },
        TaskStatus::InProgress => {
            task.status = TaskStatus::Succeeded;
            let account = state.kept.accounts.get_mut(&task.account_id);
            account.and_then(|account| account.roles.remove(&task.role_name));
        }
        TaskStatus::Succeeded | TaskStatus::Failed | TaskStatus::InternalError => {}
    }
}

/// Why a role cannot be deleted now: MSS uses its roles while its subscription is active. What it
/// lists as resource is inferred.
fn uses(state: &State, task: &Task) -> Option<Json> {
    let template = catalog::by_role_name(&task.role_name).filter(|template| template.used_by_mss)?;
    let subscription = &state.kept.accounts.get(&task.account_id)?.subscription;
    if !subscription.is_active(state.now()) {
        return None;
    }
    let arn = format!("acs:ram::{}:role/{}", task.account_id, task.role_name.to_ascii_lowercase());
    let message =
        format!("Service-Linked Role {arn} cannot be deleted as it is in use by {}.", template.service_name);
    let instance = subscription.instance_id.as_deref().unwrap_or("unknown");
    let resource = format!("acs:yundun-mss::{}:instance/{instance}", task.account_id);
    let usage = json!({ "Region": "global", "Resources": { "Resource": [resource] } });
    Some(json!({ "Message": message, "RoleUsages": { "RoleUsage": [usage] } }))
}

pub(super) fn checked_role_name(request: &Request) -> Result<&str, Refusal> {
    let role_name = request.required("RoleName")?;
    if role_name.len() > 64 {
        let message = "The role name is longer than 64 characters.";
        return Err(Refusal::new(400, "InvalidParameter.RoleName.Length", message));
    }
    if !role_name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte)) {
        let message = "The role name contains invalid characters.";
        return Err(Refusal::new(400, "InvalidParameter.RoleName.InvalidChars", message));
    }
    Ok(role_name)
}

/// The message names the role (observed), unlike the documented text.
pub(super) fn no_such_role(role_name: &str) -> Refusal {
    Refusal::new(404, "EntityNotExist.Role", &format!("The role not exists: {role_name}."))
}

pub(super) fn no_such_service() -> Refusal {
    Refusal::new(404, "EntityNotExist.Service", "The service does not exist.")
}
