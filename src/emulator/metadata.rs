//! Where credentials come from, besides keys: the metadata service of an ECS instance, a credentials
//! URI, a sign-in of Cloud SSO, and the exchange of OAuth tokens. All give sessions of one role of the
//! management account (SDK).
//! [`CALLS`] lists them.

use serde_json::{Value as Json, json};

use super::{
    ambient::new_id,
    cloud::{Cloud, SaveError},
    fault::{Kind, strike},
    reply::Reply,
    request::{Request, date},
    session::NewSession,
    state::State,
};
use crate::cloud::api::arn::RoleArn;

/// Each call, the name that faults give it, and what it gives. The guide shows them.
pub(super) const CALLS: [[&str; 3]; 8] = [
    [
        "PUT /latest/api/token",
        "MetadataToken",
        "a token, which the metadata calls below insist on if `token_required` is set",
    ],
    ["GET /latest/meta-data/region-id", "MetadataRegion", "the region"],
    ["GET /latest/meta-data/ram/security-credentials/", "MetadataRole", "the name of the role"],
    ["GET /latest/meta-data/ram/security-credentials/{role}", "MetadataCredentials", "credentials"],
    ["GET /credentials", "CredentialsUri", "credentials, for `ALIBABA_CLOUD_CREDENTIALS_URI`"],
    ["POST /cloud-credentials", "CloudSso", "credentials in the format of Cloud SSO, for any bearer token"],
    ["POST /v1/token", "OAuthToken", "new OAuth tokens for a refresh token"],
    ["POST /v1/exchange", "OAuthExchange", "credentials for an OAuth access token"],
];

/// The calls here, by the name that faults give them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MetadataCall {
    MetadataToken,
    MetadataRegion,
    MetadataRole,
    MetadataCredentials,
    CredentialsUri,
    CloudSso,
    OAuthToken,
    OAuthExchange,
}

impl MetadataCall {
    const ALL: [Self; 8] = [
        Self::MetadataToken,
        Self::MetadataRegion,
        Self::MetadataRole,
        Self::MetadataCredentials,
        Self::CredentialsUri,
        Self::CloudSso,
        Self::OAuthToken,
        Self::OAuthExchange,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::MetadataToken => "MetadataToken",
            Self::MetadataRegion => "MetadataRegion",
            Self::MetadataRole => "MetadataRole",
            Self::MetadataCredentials => "MetadataCredentials",
            Self::CredentialsUri => "CredentialsUri",
            Self::CloudSso => "CloudSso",
            Self::OAuthToken => "OAuthToken",
            Self::OAuthExchange => "OAuthExchange",
        }
    }

    fn of(method: &str, path: &str) -> Option<Self> {
        Some(match (method, path) {
            ("PUT", "/latest/api/token") => Self::MetadataToken,
            ("GET", "/latest/meta-data/region-id") => Self::MetadataRegion,
            ("GET", "/credentials") => Self::CredentialsUri,
            ("POST", "/cloud-credentials") => Self::CloudSso,
            ("POST", "/v1/token") => Self::OAuthToken,
            ("POST", "/v1/exchange") => Self::OAuthExchange,
            ("GET", path) => match path.strip_prefix(ROLE_PATH)? {
                "" => Self::MetadataRole,
                _ => Self::MetadataCredentials,
            },
            _ => return None,
        })
    }

    fn is_of_the_metadata_service(self) -> bool {
        matches!(self, Self::MetadataRegion | Self::MetadataRole | Self::MetadataCredentials)
    }
}

/// Whether faults may name a call so: these calls have no action of an API.
pub(super) fn has_action(name: &str) -> bool {
    MetadataCall::ALL.iter().any(|call| call.name() == name)
}

/// Answers one of the calls; `None` for any other.
pub(super) fn reply(cloud: &Cloud, path: &str, request: &Request) -> Option<Reply> {
    let call = MetadataCall::of(&request.method, path)?;
    let reply = cloud.change(|state| {
        let now = state.now();
        let account_id = state.stored.management_account_id.clone();
        let fault = strike(&mut state.faults, call.name(), &[&account_id], now);
        let refused = fault.as_ref().and_then(refusal_on_request);
        let mut reply = refused.unwrap_or_else(|| carry_out(state, call, path, request));
        if let Some(fault) = &fault {
            reply.spoil(fault);
        }
        reply.at(now)
    });
    Some(reply.unwrap_or_else(|SaveError(problem)| refusal(500, &problem)))
}

fn refusal_on_request(fault: &Kind) -> Option<Reply> {
    Some(match fault {
        Kind::Status { http_status, message, .. } => refusal(*http_status, message),
        Kind::Deny {} | Kind::ExpiredToken {} => refusal(403, "denied on request"),
        Kind::Throttle { .. } => refusal(429, "throttled on request"),
        Kind::DropBefore {} | Kind::HoldBefore {} | Kind::Garbage {} => refusal(500, "failed on request"),
        _ => return None,
    })
}

fn refusal(http_status: u16, message: &str) -> Reply {
    Reply::json(http_status, &json!({ "error": message }))
}

fn carry_out(state: &mut State, call: MetadataCall, path: &str, request: &Request) -> Reply {
    if call.is_of_the_metadata_service() && !has_token(state, request) {
        return refusal(403, "the header X-aliyun-ecs-metadata-token is mandatory");
    }
    match call {
        MetadataCall::MetadataToken => match request.header("x-aliyun-ecs-metadata-token-ttl-seconds") {
            Some(_) => Reply::text(200, TEXT, TOKEN),
            None => refusal(400, "the header X-aliyun-ecs-metadata-token-ttl-seconds is mandatory"),
        },
        MetadataCall::MetadataRegion => Reply::text(200, TEXT, REGION),
        MetadataCall::MetadataRole => Reply::text(200, TEXT, ROLE_NAME),
        MetadataCall::MetadataCredentials if path.strip_prefix(ROLE_PATH) != Some(ROLE_NAME) => {
            refusal(404, "there is no such role")
        }
        MetadataCall::MetadataCredentials | MetadataCall::CredentialsUri => {
            Reply::json(200, &credentials(state))
        }
        MetadataCall::CloudSso if !has_bearer(request) => refusal(401, "a bearer token is mandatory"),
        MetadataCall::CloudSso => Reply::json(200, &json!({ "CloudCredential": credentials(state) })),
        MetadataCall::OAuthToken => oauth_token(request),
        MetadataCall::OAuthExchange if !has_bearer(request) => refusal(401, "a bearer token is mandatory"),
        MetadataCall::OAuthExchange => oauth_exchange(state),
    }
}

fn has_token(state: &State, request: &Request) -> bool {
    match request.header("x-aliyun-ecs-metadata-token") {
        Some(token) => token == TOKEN,
        None => !state.stored.metadata.token_required,
    }
}

fn has_bearer(request: &Request) -> bool {
    request.header("authorization").is_some_and(|value| value.starts_with("Bearer "))
}

/// For `grant_type=refresh_token`, as the official libraries ask (SDK).
fn oauth_token(request: &Request) -> Reply {
    if request.parameter("grant_type") != Some("refresh_token")
        || request.parameter("refresh_token").is_none()
    {
        return refusal(400, "grant_type must be refresh_token, with a refresh_token");
    }
    let token = |kind: &str| format!("{OAUTH_TOKEN}{kind}{}", new_id());
    let tokens = json!({
        "access_token": token("Access"), "refresh_token": token("Refresh"), "expires_in": 3600,
        "token_type": "Bearer", "scope": "/acs/ccc",
    });
    Reply::json(200, &tokens)
}

/// In the spelling that all libraries but Python's read (SDK).
fn oauth_exchange(state: &mut State) -> Reply {
    let found = credentials(state);
    let of = |name: &str| found.get(name).cloned().unwrap_or_default();
    let exchanged = json!({
        "requestId": new_id(),
        "accessKeyId": of("AccessKeyId"),
        "accessKeySecret": of("AccessKeySecret"),
        "securityToken": of("SecurityToken"),
        "expiration": of("Expiration"),
    });
    Reply::json(200, &exchanged)
}

fn credentials(state: &mut State) -> Json {
    let account_id = state.stored.management_account_id.clone();
    let now = state.now();
    let new = NewSession {
        role_arn: RoleArn { account_id: &account_id, role_name: ROLE_NAME }.to_string(),
        role_name: ROLE_NAME.to_owned(),
        session_name: "emulated".to_owned(),
        account_id,
        policy: None,
        seconds: 3600,
    };
    let (id, session) = new.open(now);
    let json = json!({
        "Code": "Success",
        "AccessKeyId": id,
        "AccessKeySecret": session.secret,
        "SecurityToken": session.token,
        "LastUpdated": date(now),
        "Expiration": date(session.expires_at),
    });
    state.keep_session(id, session);
    json
}

const ROLE_PATH: &str = "/latest/meta-data/ram/security-credentials/";
const ROLE_NAME: &str = "EmulatorEcsRole";
const REGION: &str = "cn-hangzhou";
const TEXT: &str = "text/plain; charset=utf-8";
/// Good for ever; nothing here is protected.
pub(super) const TOKEN: &str = "emulator-metadata-token";
/// How OAuth tokens begin, for whoever searches logs for secrets.
pub(super) const OAUTH_TOKEN: &str = "EmulatorOAuthTokenOfKind";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_path_is_one_call() {
        for (method, path, expected) in [
            ("PUT", "/latest/api/token", Some(MetadataCall::MetadataToken)),
            ("GET", "/latest/api/token", None),
            ("GET", ROLE_PATH, Some(MetadataCall::MetadataRole)),
            ("GET", "/latest/meta-data/ram/security-credentials/x", Some(MetadataCall::MetadataCredentials)),
            ("POST", "/", None),
        ] {
            assert_eq!(MetadataCall::of(method, path), expected, "{method} {path}");
        }
        assert!(has_action("OAuthExchange") && !has_action("GetRole"));
        for ([call, name, _], known) in CALLS.into_iter().zip(MetadataCall::ALL) {
            let (method, path) = call.split_once(' ').unwrap();
            assert_eq!((MetadataCall::of(method, path), name), (Some(known), known.name()));
        }
    }
}
