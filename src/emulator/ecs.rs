//! The metadata service of an ECS instance, and a credentials URI: both give sessions of one role of
//! the first account (SDK).
//!
//! | Call | What |
//! |---|---|
//! | `PUT /latest/api/token` | a token, which the calls below do not insist on, as version 1 did not |
//! | `GET /latest/meta-data/ram/security-credentials/` | the name of the role |
//! | `GET /latest/meta-data/ram/security-credentials/<role>` | credentials |
//! | `GET /credentials` | the same, for `ALIBABA_CLOUD_CREDENTIALS_URI` |

use hyper::HeaderMap;
use jiff::SignedDuration;
use serde_json::json;

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
        ("GET", "/credentials") => (200, issue(cloud)),
        ("GET", path) => match path.strip_prefix(role_path)? {
            "" => (200, ROLE_NAME.to_owned()),
            ROLE_NAME => (200, issue(cloud)),
            _ => (404, String::new()),
        },
        _ => return None,
    })
}

fn issue(cloud: &Cloud) -> String {
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
    .to_string()
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
        secret: format!("EmulatorSessionSecret{}", new_id()),
        token: format!("CAISEmulatorToken{}", new_id()),
        expires_at: state.now() + SignedDuration::from_secs(seconds),
    };
    let id = format!("STS.{}", new_id());
    state.kept.sessions.insert(id.clone(), session.clone());
    (id, session)
}

const ROLE_NAME: &str = "EmulatorEcsRole";
/// Good for ever; nothing here is protected.
const TOKEN: &str = "emulator-metadata-token";
