//! STS 2015-04-01: who calls, and sessions of roles (documented).

use serde_json::{Value as Json, json};

use super::{
    ecs::open_session,
    request::{Answer, Caller, Identity, Refusal, Request, fields, set},
    state::{State, is_account_id},
};
use crate::cloud::api::sts::action;

/// Carries out an action; `None` if the product has no such action.
pub(super) fn handle(state: &mut State, caller: &Caller, request: &Request) -> Option<Answer> {
    Some(match request.action()? {
        action::GET_CALLER_IDENTITY => get_caller_identity(caller),
        action::ASSUME_ROLE => assume_role(state, caller, request),
        action::ASSUME_ROLE_WITH_OIDC => assume_role_with_oidc(state, request),
        _ => return None,
    })
}

/// Identity types other than `RAMUser` are inferred.
fn get_caller_identity(caller: &Caller) -> Answer {
    let account_id = &caller.account_id;
    fields(match &caller.identity {
        Identity::User | Identity::Nobody => json!({
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
    let wanted = Wanted::read(request)?;
    check_trust(state, caller, &wanted)?;
    fields(wanted.open(state))
}

/// Any identity provider of the role's account is taken to vouch for the token, which is not looked
/// into.
fn assume_role_with_oidc(state: &mut State, request: &Request) -> Answer {
    let wanted = Wanted::read(request)?;
    let provider = request.required("OIDCProviderArn")?;
    let of_account = format!("acs:ram::{}:oidc-provider/", wanted.account_id);
    if !provider.starts_with(&of_account) {
        return Err(Refusal::new(400, "InvalidParameter.OIDCProviderArn", "The parameter is invalid."));
    }
    let token = request.required("OIDCToken")?;
    if !(4..=20_000).contains(&token.len()) {
        return Err(Refusal::new(400, "InvalidParameter.OIDCToken", "The parameter is invalid."));
    }
    check_provider_trust(state, &wanted)?;
    let mut answer = wanted.open(state);
    let info = json!({
        "Subject": "emulated", "Issuer": "https://localhost", "ClientIds": "emulated",
        "ExpirationTime": "2099-01-01T00:00:00Z", "IssuanceTime": "2026-01-01T00:00:00Z",
        "VerificationInfo": "Success",
    });
    set(&mut answer, "OIDCTokenInfo", info);
    fields(answer)
}

/// The account of the role that a request names.
pub(super) fn account_of_role(request: &Request) -> Result<String, Refusal> {
    Wanted::read(request).map(|wanted| wanted.account_id)
}

/// A session that is asked for.
struct Wanted {
    role_arn: String,
    account_id: String,
    role_name: String,
    session_name: String,
    seconds: i64,
}

impl Wanted {
    fn read(request: &Request) -> Result<Self, Refusal> {
        let invalid =
            |name: &str| Refusal::new(400, &format!("InvalidParameter.{name}"), "The parameter is invalid.");
        let role_arn = request.required("RoleArn")?;
        let session_name = request.required("RoleSessionName")?;
        let parts = role_arn.strip_prefix("acs:ram::").and_then(|rest| rest.split_once(":role/"));
        let (account_id, role_name) =
            parts.filter(|(account_id, _)| is_account_id(account_id)).ok_or_else(|| invalid("RoleArn"))?;
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".@-_".contains(&byte);
        if !(2..=64).contains(&session_name.len()) || !session_name.bytes().all(allowed) {
            return Err(invalid("RoleSessionName"));
        }
        let seconds = request.parameter("DurationSeconds").map_or(Ok(3600), str::parse);
        let seconds = seconds.ok().filter(|seconds| (900..=3600).contains(seconds));
        Ok(Self {
            seconds: seconds.ok_or_else(|| invalid("DurationSeconds"))?,
            role_arn: role_arn.to_owned(),
            account_id: account_id.to_owned(),
            role_name: role_name.to_owned(),
            session_name: session_name.to_owned(),
        })
    }

    fn open(self, state: &mut State) -> Json {
        let (id, session) = open_session(state, self.role_arn.clone(), self.account_id, self.seconds);
        json!({
            "AssumedRoleUser": {
                "Arn": format!("{}/{}", self.role_arn, self.session_name),
                "AssumedRoleId": format!("300000000000000000:{}", self.session_name),
            },
            "Credentials": {
                "AccessKeyId": id,
                "AccessKeySecret": session.secret,
                "SecurityToken": session.token,
                "Expiration": session.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            },
        })
    }
}

/// The directory role of a member trusts the management account; other roles must exist and trust the
/// caller's account. A service-linked role trusts its service alone.
fn check_trust(state: &State, caller: &Caller, wanted: &Wanted) -> Result<(), Refusal> {
    let missing = || Refusal::new(404, "EntityNotExist.Role", "The specified Role not exists.");
    if wanted.role_name.eq_ignore_ascii_case(DIRECTORY_ROLE) {
        let member = state.membership(&wanted.account_id).filter(|member| member.access_role);
        let trusted = caller.account_id == state.kept.management_account_id;
        return match (member, trusted) {
            (None, _) => Err(missing()),
            (Some(_), true) => Ok(()),
            (Some(_), false) => Err(Refusal::denied("sts:AssumeRole", caller)),
        };
    }
    match state.role(&wanted.account_id, &wanted.role_name) {
        None => Err(missing()),
        Some(role) if role.trusts(&wanted.account_id, &caller.account_id) => Ok(()),
        Some(_) => Err(Refusal::denied("sts:AssumeRole", caller)),
    }
}

/// A provider may open the roles of its account, but for service-linked ones.
fn check_provider_trust(state: &State, wanted: &Wanted) -> Result<(), Refusal> {
    let is_directory_role = wanted.role_name.eq_ignore_ascii_case(DIRECTORY_ROLE);
    if is_directory_role && state.membership(&wanted.account_id).is_some() {
        return Ok(());
    }
    let caller = Caller { account_id: wanted.account_id.clone(), identity: Identity::User };
    check_trust(state, &caller, wanted)
}

/// What a resource directory creates in each member account.
const DIRECTORY_ROLE: &str = "ResourceDirectoryAccountAccessRole";
