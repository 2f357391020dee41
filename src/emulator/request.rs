//! A request of a cloud client, and the response to it.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};

/// What a client sent, before anything about it is checked.
#[derive(Clone, Debug, Default)]
pub(super) struct Request {
    pub(super) method: String,
    /// The headers, by name in lower case; a header that is repeated has its last value.
    pub(super) headers: BTreeMap<String, String>,
    /// The parameters of the query, decoded, in their order: signatures need it.
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

/// Who sent a request, once its signature has been verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Caller {
    pub(super) account_id: String,
    pub(super) identity: Identity,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Identity {
    /// The key of a RAM user of the account.
    User,
    /// A session: the ARN and name of its role, its own name, and the ID of its key.
    Role { role_arn: String, role_name: String, session_name: String, access_key_id: String },
    /// Nobody: the request is not signed.
    Nobody,
}

impl Caller {
    /// `acs:ram::<account>:user/emulated`, or the ARN of the role.
    pub(super) fn arn(&self) -> String {
        match &self.identity {
            Identity::User | Identity::Nobody => format!("acs:ram::{}:user/{USER_NAME}", self.account_id),
            Identity::Role { role_arn, .. } => role_arn.clone(),
        }
    }

    /// The kind of principal, and the name of it, as a refusal shows them.
    fn principal(&self) -> (&'static str, String) {
        match &self.identity {
            Identity::User => ("SubUser", USER_ID.to_owned()),
            Identity::Role { role_name, session_name, .. } => {
                ("AssumedRoleUser", format!("{role_name}:{session_name}"))
            }
            Identity::Nobody => ("Federated", USER_NAME.to_owned()),
        }
    }
}

/// The fields of a success, beside the request ID.
pub(super) type ActionResult = Result<Map<String, Json>, Refusal>;

/// The fields of a success, from a JSON object.
pub(super) fn fields(json: Json) -> ActionResult {
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

/// `YYYY-MM-DDThh:mm:ssZ`, as most products write it.
pub(super) fn date(timestamp: Timestamp) -> String {
    timestamp.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// An error as the products answer it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) http_status: u16,
    pub(super) code: String,
    pub(super) message: String,
    /// The field `AccessDeniedDetail`, if a permission is missing.
    pub(super) denied: Option<Json>,
}

/// Which policy keeps a caller out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DeniedBy {
    Account,
    Session,
    /// The role does not trust the caller.
    Trust,
}

impl Refusal {
    pub(super) fn new(http_status: u16, code: &str, message: &str) -> Self {
        Self { http_status, code: code.to_owned(), message: message.to_owned(), denied: None }
    }

    pub(super) fn invalid(name: &str) -> Self {
        Self::new(400, &format!("InvalidParameter.{name}"), "The parameter is invalid.")
    }

    /// A missing permission. RAM, STS and Resource Management say `NoPermission` (documented), MSS
    /// and Security Center say `Forbidden.RAM` as other products do (observed).
    pub(super) fn denied(permission: &str, caller: &Caller, by: DeniedBy) -> Self {
        let (code, message) = if permission.starts_with("yundun-") {
            ("Forbidden.RAM", "User not authorized to operate on the specified resource.")
        } else {
            ("NoPermission", "You are not authorized to do this action. You should be authorized by RAM.")
        };
        let (principal, name) = caller.principal();
        let policy_type = match by {
            DeniedBy::Account => "AccountLevelIdentityBasedPolicy",
            DeniedBy::Session => "SessionPolicy",
            DeniedBy::Trust => "AssumeRolePolicy",
        };
        let mut detail = json!({
            "AuthAction": permission,
            "AuthPrincipalType": principal,
            "AuthPrincipalOwnerId": caller.account_id,
            "AuthPrincipalDisplayName": name,
            "NoPermissionType": "ImplicitDeny",
            "PolicyType": policy_type,
        });
        // Opaque to clients; here it holds the detail itself, for DecodeDiagnosticMessage.
        let encoded = STANDARD.encode(detail.to_string());
        set(&mut detail, "EncodedDiagnosticMessage", encoded);
        Self { denied: Some(detail), ..Self::new(403, code, message) }
    }

    /// The body, as a product under a host name answers it.
    pub(super) fn to_json(&self, request_id: &str, host: &str, product: &str) -> Json {
        let recommend = format!(
            "https://api.aliyun.com/troubleshoot?q={}&product={product}&requestId={request_id}",
            self.code
        );
        let mut body = json!({
            "RequestId": request_id,
            "HostId": host,
            "Code": self.code,
            "Message": self.message,
            "Recommend": recommend,
        });
        if let Some(denied) = &self.denied {
            set(&mut body, "AccessDeniedDetail", denied.clone());
        }
        body
    }
}

/// The name of the one RAM user that every account has.
const USER_NAME: &str = "emulated";
pub(super) const USER_ID: &str = "200000000000000001";
