//! STS 2015-04-01: who calls, and sessions of roles (documented).

use jiff::SignedDuration;
use serde_json::json;

use super::{
    request::{Answer, Caller, Identity, Refusal, Request, fields},
    state::{Session, State, new_id},
};
use crate::cloud::api::sts::action;

/// Carries out an action; `None` if the product has no such action.
pub(super) fn handle(state: &mut State, caller: &Caller, request: &Request) -> Option<Answer> {
    Some(match request.action()? {
        action::GET_CALLER_IDENTITY => get_caller_identity(caller),
        action::ASSUME_ROLE => assume_role(state, caller, request),
        _ => return None,
    })
}

/// Identity types other than `RAMUser` are inferred.
fn get_caller_identity(caller: &Caller) -> Answer {
    let account_id = &caller.account_id;
    fields(match &caller.identity {
        Identity::User => json!({
            "AccountId": account_id, "IdentityType": "RAMUser", "Arn": format!("acs:ram::{account_id}:user/emulated"),
            "PrincipalId": "200000000000000001", "UserId": "200000000000000001",
        }),
        Identity::Role(arn) => json!({
            "AccountId": account_id, "IdentityType": "AssumedRoleUser", "Arn": format!("{arn}/emulated"),
            "PrincipalId": "300000000000000000:emulated", "RoleId": "300000000000000000",
        }),
    })
}

fn assume_role(state: &mut State, caller: &Caller, request: &Request) -> Answer {
    let role_arn = request.required("RoleArn")?;
    let session_name = request.required("RoleSessionName")?;
    let invalid =
        |name: &str| Refusal::new(400, &format!("InvalidParameter.{name}"), "The parameter is invalid.");
    let parts = role_arn.strip_prefix("acs:ram::").and_then(|rest| rest.split_once(":role/"));
    let Some((account_id, role_name)) = parts.filter(|(account_id, _)| is_account_id(account_id)) else {
        return Err(invalid("RoleArn"));
    };
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".@-_".contains(&byte);
    if !(2..=64).contains(&session_name.len()) || !session_name.bytes().all(allowed) {
        return Err(invalid("RoleSessionName"));
    }
    let seconds: i64 = request
        .parameter("DurationSeconds")
        .map_or(Ok(3600), str::parse)
        .map_err(|_| invalid("DurationSeconds"))?;
    if !(900..=3600).contains(&seconds) {
        return Err(invalid("DurationSeconds"));
    }
    let (account_id, role_name) = (account_id.to_owned(), role_name.to_owned());
    check_trust(state, caller, &account_id, &role_name)?;
    let session = Session {
        account_id,
        role_arn: role_arn.to_owned(),
        secret: format!("EmulatorSessionSecret{}", new_id()),
        token: format!("CAISEmulatorToken{}", new_id()),
        expires_at: state.now() + SignedDuration::from_secs(seconds),
    };
    let id = format!("STS.{}", new_id());
    let answer = fields(json!({
        "AssumedRoleUser": {
            "Arn": format!("{role_arn}/{session_name}"),
            "AssumedRoleId": format!("300000000000000000:{session_name}"),
        },
        "Credentials": {
            "AccessKeyId": id,
            "AccessKeySecret": session.secret,
            "SecurityToken": session.token,
            "Expiration": session.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        },
    }));
    state.kept.sessions.insert(id, session);
    answer
}

/// Every account trusts the others in its directory role; other roles must exist and trust the
/// caller's account. A service-linked role trusts its service alone.
fn check_trust(state: &mut State, caller: &Caller, account_id: &str, role_name: &str) -> Result<(), Refusal> {
    if role_name.eq_ignore_ascii_case(DIRECTORY_ROLE) {
        state.account(account_id);
        return Ok(());
    }
    match state.role(account_id, role_name) {
        None => Err(Refusal::new(404, "EntityNotExist.Role", "The specified Role not exists.")),
        Some(role) if role.service_name.is_none() && caller.account_id == account_id => Ok(()),
        Some(_) => Err(Refusal::denied("sts:AssumeRole", caller)),
    }
}

fn is_account_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// What a resource directory creates in each member account.
const DIRECTORY_ROLE: &str = "ResourceDirectoryAccountAccessRole";
