//! A request of a cloud client, and the answer to it.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

/// What a client sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Request {
    pub(super) method: String,
    /// Names in lower case.
    pub(super) headers: BTreeMap<String, String>,
    /// Of the query, decoded.
    pub(super) query: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    /// Of the query and of a form, decoded.
    pub(super) parameters: BTreeMap<String, String>,
}

impl Request {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A parameter that the action cannot do without.
    pub(super) fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.parameter(name).ok_or_else(|| {
            Refusal::new(400, &format!("Missing{name}"), &format!("{name} is mandatory for this action."))
        })
    }

    /// The action, from the header of V3 or the parameter of older clients.
    pub(super) fn action(&self) -> Option<&str> {
        self.header("x-acs-action").or_else(|| self.parameter("Action"))
    }

    pub(super) fn version(&self) -> Option<&str> {
        self.header("x-acs-version").or_else(|| self.parameter("Version"))
    }
}

/// Who sent a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Caller {
    pub(super) account_id: String,
    pub(super) identity: Identity,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Identity {
    /// The key of a RAM user of the account.
    User,
    /// A session of a role: its ARN.
    Role(String),
    /// Nobody: the request is not signed.
    Nobody,
}

/// The fields of a success, beside the request ID.
pub(super) type Answer = Result<Map<String, Json>, Refusal>;

/// Fields of a success.
pub(super) fn fields(json: Json) -> Answer {
    match json {
        Json::Object(fields) => Ok(fields),
        other => Ok(Map::from_iter([("Result".to_owned(), other)])),
    }
}

/// Adds a field to an object.
pub(super) fn set(object: &mut Json, name: &str, value: impl Into<Json>) {
    if let Some(fields) = object.as_object_mut() {
        fields.insert(name.to_owned(), value.into());
    }
}

/// An error as the products answer it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) http_status: u16,
    pub(super) code: String,
    pub(super) message: String,
    /// `AccessDeniedDetail`.
    pub(super) denied: Option<Json>,
}

impl Refusal {
    pub(super) fn new(http_status: u16, code: &str, message: &str) -> Self {
        Self { http_status, code: code.to_owned(), message: message.to_owned(), denied: None }
    }

    /// A missing permission. RAM, STS and Resource Management say `NoPermission` (documented), MSS
    /// says `Forbidden.RAM` as other products do (observed).
    pub(super) fn denied(permission: &str, caller: &Caller) -> Self {
        let (code, message) = if permission.starts_with("yundun-mss:") {
            ("Forbidden.RAM", "User not authorized to operate on the specified resource.")
        } else {
            ("NoPermission", "You are not authorized to do this action. You should be authorized by RAM.")
        };
        let principal = match &caller.identity {
            Identity::User => "SubUser",
            Identity::Role(_) => "AssumedRoleUser",
            Identity::Nobody => "Federated",
        };
        let detail = json!({
            "AuthAction": permission,
            "AuthPrincipalType": principal,
            "AuthPrincipalOwnerId": caller.account_id,
            "AuthPrincipalDisplayName": "emulated",
            "NoPermissionType": "ImplicitDeny",
            "PolicyType": "AccountLevelIdentityBasedPolicy",
        });
        Self { denied: Some(detail), ..Self::new(403, code, message) }
    }

    pub(super) fn to_json(&self, request_id: &str) -> Json {
        let mut body = json!({
            "RequestId": request_id,
            "HostId": "localhost",
            "Code": self.code,
            "Message": self.message,
        });
        if let Some(denied) = &self.denied {
            set(&mut body, "AccessDeniedDetail", denied.clone());
        }
        body
    }
}
