//! The metadata service of an ECS instance, a credentials URI, and a sign-in of Cloud SSO: all give
//! sessions of one role of the first account (SDK).
//!
//! | Call | What |
//! |---|---|
//! | `PUT /latest/api/token` | a token, which the calls below do not insist on, as version 1 did not |
//! | `GET /latest/meta-data/ram/security-credentials/` | the name of the role |
//! | `GET /latest/meta-data/ram/security-credentials/<role>` | credentials |
//! | `GET /credentials` | the same, for `ALIBABA_CLOUD_CREDENTIALS_URI` |
//! | `POST /cloud-credentials` | the same, for any bearer token, as Cloud SSO words it |

use hyper::HeaderMap;
use jiff::SignedDuration;
use serde_json::{Value as Json, json};

use super::{
    http::Cloud,
    state::{Session, State, new_id},
};

/// Answers one of the calls; `None` for any other.
pub(super) fn handle(cloud: &Cloud, method: &str, path: &str, headers: &HeaderMap) -> Option<(u16, String)> {
    let role_path = "/latest/meta-data/ram/security-credentials/";
    Some(match (method, path) {
        ("PUT", "/latest/api/token") if headers.contains_key("x-aliyun-ecs-metadata-token-ttl-seconds") => {
            (200, TOKEN.to_owned())
        }
        ("PUT", "/latest/api/token") => (400, String::new()),
        ("GET", "/credentials") => (200, issue(cloud).to_string()),
        ("POST", "/cloud-credentials") if headers.contains_key("authorization") => {
            (200, json!({ "CloudCredential": issue(cloud) }).to_string())
        }
        ("GET", path) => match path.strip_prefix(role_path)? {
            "" => (200, ROLE_NAME.to_owned()),
            ROLE_NAME => (200, issue(cloud).to_string()),
            _ => (404, String::new()),
        },
        _ => return None,
    })
}

fn issue(cloud: &Cloud) -> Json {
    let mut state = cloud.lock();
    let (account_id, _, _) = state.first_key();
    let (id, session) =
        open_session(&mut state, format!("acs:ram::{account_id}:role/{ROLE_NAME}"), account_id, 3600);
    cloud.save(&state);
    let date = |timestamp: jiff::Timestamp| timestamp.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    json!({
        "Code": "Success",
        "AccessKeyId": id,
        "AccessKeySecret": session.secret,
        "SecurityToken": session.token,
        "LastUpdated": date(state.now()),
        "Expiration": date(session.expires_at),
    })
}

/// Opens a session of a role; answers its AccessKey ID too.
pub(super) fn open_session(
    state: &mut State,
    role_arn: String,
    account_id: String,
    seconds: i64,
) -> (String, Session) {
    let session = Session {
        account_id,
        role_arn,
        secret: format!("{SESSION_SECRET}{}", new_id()),
        // With the letters that real tokens have, and that URLs and forms must escape.
        token: format!("{SECURITY_TOKEN}{}/+==", new_id()),
        expires_at: state.now() + SignedDuration::from_secs(seconds),
    };
    let id = format!("STS.{}", new_id());
    state.kept.sessions.insert(id.clone(), session.clone());
    (id, session)
}

const ROLE_NAME: &str = "EmulatorEcsRole";
/// Good for ever; nothing here is protected.
pub(super) const TOKEN: &str = "emulator-metadata-token";
pub(super) const SESSION_SECRET: &str = "EmulatorSessionSecret";
pub(super) const SECURITY_TOKEN: &str = "CAISEmulatorSecurityToken";
