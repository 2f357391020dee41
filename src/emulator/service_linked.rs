//! What several products do with roles in the same way: make, read and delete them.

use serde_json::json;

use super::{
    action::ActionCall,
    catalog::Template,
    fault::Kind,
    request::{ActionResult, Refusal, fields},
    role::{EmulatedRole, ROLE_NAME_LIMIT, View, has_name_characters},
};

/// CreateServiceLinkedRole of RAM and of Resource Management: they take the same parameters (SDK).
pub(super) fn create(call: &mut ActionCall<'_>, view: View) -> ActionResult {
    let service_name = call.request.required("ServiceName")?;
    let template = call.state.template_of_service(service_name).cloned().ok_or_else(no_such_service)?;
    let role_name = name_of_new_role(call, &template)?;
    let description = description_of_new_role(call, &template)?;
    if call.state.role(&call.caller.account_id, &role_name).is_some() {
        return Err(already_exists());
    }
    let mut role = add_role(call, &role_name)?;
    if let Some(description) = description {
        role.description = description;
        call.state.own_account(call.caller)?.roles.insert(role_name, role.clone());
    }
    fields(json!({ "Role": role.to_json(&call.caller.account_id, view, &role.description) }))
}

/// With the suffix, where the service takes one.
fn name_of_new_role(call: &ActionCall<'_>, template: &Template) -> Result<String, Refusal> {
    let Some(suffix) = call.request.parameter("CustomSuffix") else {
        return Ok(template.role_name.clone());
    };
    let invalid = |kind: &str, message: &str| {
        Err(Refusal::new(400, &format!("InvalidParameter.CustomSuffix.{kind}"), message))
    };
    if !template.multiple_roles_allowed {
        return invalid("NotAllowed", "Custom suffix is not allowed for this Service Linked Role.");
    }
    if !suffix.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte)) {
        return invalid("InvalidChars", "The custom suffix contains invalid characters.");
    }
    let name = format!("{}_{suffix}", template.role_name);
    if name.len() > ROLE_NAME_LIMIT {
        return invalid("Length", "The maximum length of the custom suffix is exceeded.");
    }
    Ok(name)
}

fn description_of_new_role(call: &ActionCall<'_>, template: &Template) -> Result<Option<String>, Refusal> {
    let Some(description) = call.request.parameter("Description") else { return Ok(None) };
    let invalid = |kind: &str, message: &str| {
        Err(Refusal::new(400, &format!("InvalidParameter.Description.{kind}"), message))
    };
    if !template.multiple_roles_allowed {
        return invalid("NotAllowed", "Custom description is not allowed for default service linked role.");
    }
    if description.chars().count() > DESCRIPTION_LIMIT {
        return invalid("Length", "The maximum length of the description is exceeded.");
    }
    Ok(Some(description.to_owned()))
}

/// Adds a role to the caller's account.
pub(super) fn add_role(call: &mut ActionCall<'_>, role_name: &str) -> Result<EmulatedRole, Refusal> {
    let role = call.state.new_role(&call.caller.account_id, role_name, None);
    call.state.own_account(call.caller)?.roles.insert(role_name.to_owned(), role.clone());
    Ok(role)
}

/// GetRole of either product, whose responses differ by `view`. `language` is that of the preset description.
pub(super) fn get(call: &mut ActionCall<'_>, view: View, language: Option<&str>) -> ActionResult {
    let role_name = checked_role_name(call)?;
    let hidden = matches!(call.fault, Some(Kind::HideRole { .. }));
    let role = call.state.role(&call.caller.account_id, role_name).filter(|_| !hidden);
    let role = role.ok_or_else(|| no_such_role(role_name))?;
    fields(json!({ "Role": role.to_json(&call.caller.account_id, view, &description(call, role, language)) }))
}

/// The preset text in a language, or the role's own.
pub(super) fn description(call: &ActionCall<'_>, role: &EmulatedRole, language: Option<&str>) -> String {
    let template = call.state.template_of_role(&role.role_name);
    let preset = template.filter(|template| role.description == template.description(None));
    preset.map_or_else(|| role.description.clone(), |template| template.description(language))
}

/// DeleteServiceLinkedRole of either product: starts a task, whose status another action shows.
pub(super) fn delete(call: &mut ActionCall<'_>) -> ActionResult {
    let role_name = call.request.required("RoleName")?;
    let account_id = &call.caller.account_id;
    let role = call.state.role(account_id, role_name).cloned().ok_or_else(|| no_such_role(role_name))?;
    if role.service_name.is_none() {
        let message = "This role exists but is not a Service Linked Role.";
        return Err(Refusal::new(404, "EntityNotExist.ServiceLinkedRole", message));
    }
    let tasks = call.state.stored.tasks.iter();
    let mut running =
        tasks.filter(|(_, task)| task.is_of(account_id, &role.role_name) && !task.status.is_over());
    if let Some((task_id, _)) = running.next() {
        // What a second call gets is not documented; the running task is inferred.
        return fields(json!({ "DeletionTaskId": task_id }));
    }
    let seconds = match call.fault {
        Some(Kind::SlowTask { seconds }) => *seconds,
        // Whoever did not get the response finds the deletion under way.
        Some(Kind::DropAfter {} | Kind::HoldAfter {} | Kind::Truncate {}) => 1,
        _ => 0,
    };
    let task_id = call.state.start_deletion(account_id, &role, seconds);
    fields(json!({ "DeletionTaskId": task_id }))
}

pub(super) fn checked_role_name<'a>(call: &ActionCall<'a>) -> Result<&'a str, Refusal> {
    let role_name = call.request.required("RoleName")?;
    if role_name.len() > ROLE_NAME_LIMIT {
        let message = "The role name is longer than 64 characters.";
        return Err(Refusal::new(400, "InvalidParameter.RoleName.Length", message));
    }
    if !has_name_characters(role_name) {
        let message = "The role name contains invalid characters.";
        return Err(Refusal::new(400, "InvalidParameter.RoleName.InvalidChars", message));
    }
    Ok(role_name)
}

/// Every role of the caller's account, by name.
pub(super) fn all_roles<'a>(call: &'a ActionCall<'_>) -> impl Iterator<Item = &'a EmulatedRole> {
    let account = call.state.stored.accounts.get(&call.caller.account_id);
    account.into_iter().flat_map(|account| account.roles.values())
}

/// The message names the role (observed), unlike the documented text.
pub(super) fn no_such_role(role_name: &str) -> Refusal {
    Refusal::new(404, "EntityNotExist.Role", &format!("The role not exists: {role_name}."))
}

pub(super) fn no_such_service() -> Refusal {
    Refusal::new(404, "EntityNotExist.Service", "The service does not exist.")
}

pub(super) fn already_exists() -> Refusal {
    Refusal::new(409, "EntityAlreadyExists.Role", "The role already exists.")
}

/// In characters, as the documents of CreateServiceLinkedRole have it.
const DESCRIPTION_LIMIT: usize = 1024;
