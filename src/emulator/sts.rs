//! STS 2015-04-01: who calls, and sessions of roles (documented).

use serde_json::{Value as Json, json};

use super::{
    action::{Action, ActionCall, Product, Strength},
    policy::Policy,
    request::{ActionResult, Caller, DeniedBy, Identity, Refusal, Request, USER_ID, date, fields, set},
    role::EmulatedRole,
    session::NewSession,
    trust::{Applicant, CLAIM, ISSUER},
};
use crate::cloud::api::{arn::RoleArn, form::is_account_id, sts::action};

pub(super) const PRODUCT: Product = Product {
    code: "Sts",
    version: "2015-04-01",
    host: "sts.aliyuncs.com",
    actions: &[
        Action {
            name: action::GET_CALLER_IDENTITY,
            strength: Strength::Documented,
            permission: None,
            run: get_caller_identity,
        },
        Action {
            name: ASSUME_ROLE,
            strength: Strength::Documented,
            permission: Some("sts:AssumeRole"),
            run: assume_role,
        },
        Action {
            name: ASSUME_ROLE_WITH_OIDC,
            strength: Strength::Documented,
            permission: None,
            run: assume_role_with_oidc,
        },
    ],
};

pub(super) const ASSUME_ROLE: &str = action::ASSUME_ROLE;
pub(super) const ASSUME_ROLE_WITH_OIDC: &str = action::ASSUME_ROLE_WITH_OIDC;

/// Identity types other than `RAMUser` are inferred.
fn get_caller_identity(call: &mut ActionCall<'_>) -> ActionResult {
    let account_id = &call.caller.account_id;
    fields(match &call.caller.identity {
        Identity::User | Identity::Nobody => json!({
            "AccountId": account_id, "IdentityType": "RAMUser", "Arn": call.caller.arn(),
            "PrincipalId": USER_ID, "UserId": USER_ID,
        }),
        Identity::Role { role_arn, role_name, session_name, .. } => {
            let role_id = role_id(call.state.role(account_id, role_name));
            json!({
                "AccountId": account_id, "IdentityType": "AssumedRoleUser",
                "Arn": format!("{role_arn}/{session_name}"),
                "PrincipalId": format!("{role_id}:{session_name}"), "RoleId": role_id,
            })
        }
    })
}

/// The roles of the resource directory and of instances have none of their own here.
fn role_id(role: Option<&EmulatedRole>) -> String {
    role.map_or_else(|| "300000000000000000".to_owned(), |role| role.role_id.clone())
}

fn assume_role(call: &mut ActionCall<'_>) -> ActionResult {
    let wanted = SessionRequest::read(call.request)?;
    let external_id = checked_external_id(call.request)?;
    let arn = call.caller.arn();
    let applicant = Applicant::Ram { account_id: &call.caller.account_id, arn: &arn, external_id };
    let seconds = wanted.checked_seconds(call, &applicant)?;
    fields(wanted.open(call, seconds))
}

/// A provider of the role's account vouches for the token, which is not looked into.
fn assume_role_with_oidc(call: &mut ActionCall<'_>) -> ActionResult {
    let wanted = SessionRequest::read(call.request)?;
    let provider_arn = call.request.required("OIDCProviderArn")?;
    let of_account = format!("acs:ram::{}:oidc-provider/", wanted.account_id);
    if !provider_arn.starts_with(&of_account) {
        return Err(Refusal::invalid("OIDCProviderArn"));
    }
    let token = call.request.required("OIDCToken")?;
    if !(4..=20_000).contains(&token.len()) {
        return Err(Refusal::invalid("OIDCToken"));
    }
    let seconds = wanted.checked_seconds(call, &Applicant::Federated { provider_arn })?;
    let mut response = wanted.open(call, seconds);
    let info = json!({
        "Subject": CLAIM, "Issuer": ISSUER, "ClientIds": CLAIM,
        "ExpirationTime": "2099-01-01T00:00:00Z", "IssuanceTime": "2026-01-01T00:00:00Z",
        "VerificationInfo": "Success",
    });
    set(&mut response, "OIDCTokenInfo", info);
    fields(response)
}

/// 2 to 1,224 of letters, digits and `_+=,.@:/-` (documented).
fn checked_external_id(request: &Request) -> Result<Option<&str>, Refusal> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@:/-".contains(&byte);
    match request.parameter("ExternalId") {
        Some(id) if !(2..=1224).contains(&id.len()) || !id.bytes().all(allowed) => {
            Err(Refusal::invalid("ExternalId"))
        }
        external_id => Ok(external_id),
    }
}

/// The account of the role that a request names.
pub(super) fn entered_account(request: &Request) -> Result<&str, Refusal> {
    let (account_id, _) = split_role_arn(request.required("RoleArn")?)?;
    Ok(account_id)
}

/// Account and name of a role.
fn split_role_arn(role_arn: &str) -> Result<(&str, &str), Refusal> {
    match RoleArn::split(role_arn) {
        Some(arn) if is_account_id(arn.account_id) => Ok((arn.account_id, arn.role_name)),
        _ => Err(Refusal::invalid("RoleArn")),
    }
}

/// A session that is asked for.
struct SessionRequest<'a> {
    role_arn: &'a str,
    account_id: &'a str,
    role_name: &'a str,
    session_name: &'a str,
    policy: Option<Policy>,
    seconds: i64,
}

impl<'a> SessionRequest<'a> {
    fn read(request: &'a Request) -> Result<Self, Refusal> {
        let role_arn = request.required("RoleArn")?;
        let (account_id, role_name) = split_role_arn(role_arn)?;
        let session_name = request.required("RoleSessionName")?;
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".@-_".contains(&byte);
        if !(2..=64).contains(&session_name.len()) || !session_name.bytes().all(allowed) {
            return Err(Refusal::invalid("RoleSessionName"));
        }
        let seconds = request.parameter("DurationSeconds").map_or(Ok(DEFAULT_SECONDS), str::parse);
        let seconds = seconds.map_err(|_| Refusal::invalid("DurationSeconds"))?;
        let policy = session_policy(request)?;
        Ok(Self { role_arn, account_id, role_name, session_name, policy, seconds })
    }

    /// For how long, if the role trusts the applicant and allows so long a session.
    fn checked_seconds(&self, call: &ActionCall<'_>, applicant: &Applicant<'_>) -> Result<i64, Refusal> {
        let most = if self.role_name.eq_ignore_ascii_case(DIRECTORY_ROLE) {
            self.check_directory_role(call, applicant)?;
            DEFAULT_SECONDS
        } else {
            let role = call.state.role(self.account_id, self.role_name).ok_or_else(no_such_role)?;
            if !role.trust.trusts(applicant) {
                return Err(untrusted(call.caller));
            }
            role.max_session_duration_seconds
        };
        if (SHORTEST_SECONDS..=most).contains(&self.seconds) {
            return Ok(self.seconds);
        }
        Err(Refusal::invalid("DurationSeconds"))
    }

    /// The role that a resource directory has in each member trusts the management account alone.
    fn check_directory_role(&self, call: &ActionCall<'_>, applicant: &Applicant<'_>) -> Result<(), Refusal> {
        let member = call.state.membership(self.account_id).filter(|member| member.access_role);
        let management = &call.state.stored.management_account_id;
        match (member, applicant) {
            (None, _) => Err(no_such_role()),
            (Some(_), Applicant::Ram { account_id, .. }) if account_id == management => Ok(()),
            (Some(_), _) => Err(untrusted(call.caller)),
        }
    }

    fn open(self, call: &mut ActionCall<'_>, seconds: i64) -> Json {
        let role_id = role_id(call.state.role(self.account_id, self.role_name));
        let new = NewSession {
            account_id: self.account_id.to_owned(),
            role_arn: self.role_arn.to_owned(),
            role_name: self.role_name.to_owned(),
            session_name: self.session_name.to_owned(),
            policy: self.policy,
            seconds,
        };
        let (id, session) = new.open(call.state.now());
        let json = json!({
            "AssumedRoleUser": {
                "Arn": format!("{}/{}", self.role_arn, self.session_name),
                "AssumedRoleId": format!("{role_id}:{}", self.session_name),
            },
            "Credentials": {
                "AccessKeyId": id,
                "AccessKeySecret": session.secret,
                "SecurityToken": session.token,
                "Expiration": date(session.expires_at),
            },
        });
        call.state.keep_session(id, session);
        json
    }
}

/// 1 to 2,048 characters of a policy document. One that this emulator cannot evaluate is refused too,
/// and says so.
fn session_policy(request: &Request) -> Result<Option<Policy>, Refusal> {
    let Some(text) = request.parameter("Policy") else { return Ok(None) };
    if text.chars().count() > POLICY_LIMIT {
        let message = "The policy is longer than 2048 characters.";
        return Err(Refusal::new(400, "InvalidParameter.PolicySize", message));
    }
    let policy = serde_json::from_str(text).map_err(|error| {
        let message = format!("The policy is not one, or not one that mss-emulator evaluates: {error}");
        Refusal::new(400, "InvalidParameter.PolicyGrammar", &message)
    })?;
    Ok(Some(policy))
}

fn no_such_role() -> Refusal {
    Refusal::new(404, "EntityNotExist.Role", "The specified Role not exists.")
}

fn untrusted(caller: &Caller) -> Refusal {
    Refusal::denied("sts:AssumeRole", caller, DeniedBy::Trust)
}

/// What a resource directory creates in each member account.
const DIRECTORY_ROLE: &str = "ResourceDirectoryAccountAccessRole";
const DEFAULT_SECONDS: i64 = 3600;
const SHORTEST_SECONDS: i64 = 900;
/// In characters: the longest policy of a session (documented).
const POLICY_LIMIT: usize = 2048;
