//! Whether a caller may make a call: the account's policy, the policies of a role, and the policy of a
//! session are asked in turn.

use super::{
    account::Account,
    action::ActionCall,
    catalog::SYSTEM_POLICIES,
    policy::{Access, Policy},
    request::{Caller, DeniedBy, Identity, Refusal},
    resource_directory,
    role::{AttachedPolicy, Permissions},
    state::State,
};

/// Refuses what the caller may not do.
pub(super) fn check_access(call: &ActionCall<'_>, permission: &str) -> Result<(), Refusal> {
    let Some(account) = call.state.stored.accounts.get(&call.caller.account_id) else {
        return Ok(());
    };
    let access = access_of(call, permission);
    let denied = |by| Err(Refusal::denied(permission, call.caller, by));
    let allowed = account.policy.as_ref().is_none_or(|policy| policy.allows(&access));
    if account.denied.contains(permission) || !allowed || !role_allows(account, call.caller, &access) {
        return denied(DeniedBy::Account);
    }
    if session_policy(call.state, call.caller).is_some_and(|policy| !policy.allows(&access)) {
        return denied(DeniedBy::Session);
    }
    Ok(())
}

fn role_allows(account: &Account, caller: &Caller, access: &Access) -> bool {
    let Identity::Role { role_name, .. } = &caller.identity else {
        return true;
    };
    match account.roles.get(role_name).map(|role| &role.permissions) {
        Some(Permissions::Attached(policies)) => policies
            .iter()
            .any(|attached| system_policy(attached).is_some_and(|policy| policy.allows(access))),
        Some(Permissions::Everything) | None => true,
    }
}

fn system_policy(attached: &AttachedPolicy) -> Option<Policy> {
    let (_, _, actions) = SYSTEM_POLICIES.iter().find(|(name, ..)| *name == attached.policy_name)?;
    Some(Policy::allowing(actions))
}

fn session_policy<'a>(state: &'a State, caller: &Caller) -> Option<&'a Policy> {
    match &caller.identity {
        Identity::Role { access_key_id, .. } => state.stored.sessions.get(access_key_id)?.policy.as_ref(),
        _ => None,
    }
}

/// What a call asks for: the permission of its action, with its resource and condition key (documented;
/// the resources of the actions on policies of a role and on STS inferred).
fn access_of(call: &ActionCall<'_>, permission: &str) -> Access {
    let request = call.request;
    let task = || call.state.stored.tasks.get(request.parameter("DeletionTaskId")?);
    let role_name = request.parameter("RoleName").or_else(|| task().map(|task| task.role_name.as_str()));
    let account_id = &call.caller.account_id;
    let resource = match permission.split(':').next() {
        Some("sts") => request.parameter("RoleArn").unwrap_or("*").to_owned(),
        Some("ram") => match (request.parameter("PolicyName"), role_name) {
            (Some(policy_name), None) => format!("acs:ram:*:system:policy/{policy_name}"),
            (_, role_name) => format!("acs:ram::{account_id}:role/{}", role_name.unwrap_or("*")),
        },
        Some("resourcemanager") => resource_directory::resource(call),
        _ => "*".to_owned(),
    };
    let of_role = || call.state.template_of_role(role_name?).map(|template| template.service_name.clone());
    let service_name = request.parameter("ServiceName").map(str::to_owned).or_else(of_role);
    Access { permission: permission.to_owned(), resource, service_name }
}
