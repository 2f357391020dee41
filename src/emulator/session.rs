//! AccessKeys of accounts, and sessions of roles.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{ambient::new_id, policy::Policy};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AccessKey {
    pub(super) account_id: String,
    pub(super) secret: String,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Session {
    pub(super) account_id: String,
    pub(super) role_arn: String,
    pub(super) role_name: String,
    pub(super) session_name: String,
    /// What the session may do at most; `None`: what the role may.
    pub(super) policy: Option<Policy>,
    pub(super) secret: String,
    pub(super) token: String,
    pub(super) expires_at: Timestamp,
}

/// A session that is to be opened.
#[derive(Debug)]
pub(super) struct NewSession {
    pub(super) account_id: String,
    pub(super) role_arn: String,
    pub(super) role_name: String,
    pub(super) session_name: String,
    pub(super) policy: Option<Policy>,
    pub(super) seconds: i64,
}

impl NewSession {
    /// Opens it; returns its AccessKey ID too.
    pub(super) fn open(self, now: Timestamp) -> (String, Session) {
        let session = Session {
            account_id: self.account_id,
            role_arn: self.role_arn,
            role_name: self.role_name,
            session_name: self.session_name,
            policy: self.policy,
            secret: format!("{SESSION_SECRET}{}", new_id()),
            // With the letters that real tokens have, and that URLs and forms must escape.
            token: format!("{SECURITY_TOKEN}{}/+==", new_id()),
            expires_at: now.saturating_add(SignedDuration::from_secs(self.seconds)).unwrap_or(now),
        };
        (format!("STS.{}", new_id()), session)
    }
}

pub(super) const SESSION_SECRET: &str = "EmulatorSessionSecret";
pub(super) const SECURITY_TOKEN: &str = "CAISEmulatorSecurityToken";
