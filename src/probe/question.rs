//! The questions that the probe asks: read-only actions, in the account of the credentials.

use serde_json::Value as Json;

use crate::cloud::{
    AccountClient, Error,
    api::{Product, mssp, ram, resource_directory, resource_manager, sts},
};

/// One call. Its parameters are constants: nothing of the account goes into it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question {
    /// What the report calls the call.
    pub(super) name: &'static str,
    product: Product,
    action: &'static str,
    parameters: &'static [(&'static str, &'static str)],
}

/// What came back, without what a report must not show.
#[derive(Clone, Debug)]
pub(super) enum ProbeResponse {
    /// A success, as it came.
    Success(Json),
    /// A refusal: its status and code, its text to compare with, and whether a permission was missing.
    Refused { http_status: u16, code: String, message: String, is_denied: bool },
    /// No response of this API: why, without what was said.
    None(&'static str),
}

impl Question {
    /// Calls the action once, with the client's retries.
    pub(super) async fn ask(&self, account: &AccountClient) -> ProbeResponse {
        match account.read_only(self.product, self.action, self.parameters).await {
            Ok(response) => ProbeResponse::Success(response),
            Err(error) => ProbeResponse::of(&error),
        }
    }
}

impl ProbeResponse {
    fn of(error: &Error) -> Self {
        if let Some(why) = without_access(error) {
            return Self::None(why);
        }
        match (error.code(), error.http_status()) {
            (Some(code), Some(http_status)) => {
                let message = error.message().unwrap_or_default().to_owned();
                let is_denied = matches!(error, Error::Denied(_));
                Self::Refused { http_status, code: plain_code(code), message, is_denied }
            }
            _ => Self::None(without_response(error)),
        }
    }

    /// The response of a success; `None` for anything else.
    pub(super) fn success(&self) -> Option<&Json> {
        match self {
            Self::Success(response) => Some(response),
            Self::Refused { .. } | Self::None(_) => None,
        }
    }

    /// The value of a field of a success.
    pub(super) fn field(&self, pointer: &str) -> Option<&Json> {
        self.success()?.pointer(pointer)
    }

    /// The value of a field of a success, if it is a text.
    pub(super) fn text(&self, pointer: &str) -> Option<&str> {
        self.field(pointer)?.as_str()
    }

    /// Whether it is a refusal with this code.
    pub(super) fn is_code(&self, wanted: &str) -> bool {
        matches!(self, Self::Refused { code, .. } if code == wanted)
    }

    /// Whether it is a refusal for want of a permission.
    pub(super) fn is_denied(&self) -> bool {
        matches!(self, Self::Refused { is_denied: true, .. })
    }

    /// Why it shows nothing of what was to be seen.
    pub(super) fn why_not_seen(&self) -> &'static str {
        match self {
            Self::Success(_) => "the response does not show it",
            Self::Refused { is_denied: true, .. } => "the call was denied",
            Self::Refused { .. } => "the call was refused",
            Self::None(why) => why,
        }
    }
}

/// Why a refusal says nothing of the action, in fixed words.
fn without_access(error: &Error) -> Option<&'static str> {
    Some(match error {
        Error::NotAuthenticated(_) => "the credentials were not accepted",
        Error::Throttled(_) => "the call was throttled",
        Error::Unavailable(_) => "the service was not available",
        _ => return None,
    })
}

/// Why a call has no response of its API, in fixed words.
fn without_response(error: &Error) -> &'static str {
    match error {
        Error::Unreachable { sent: false, .. } => "the host could not be reached",
        Error::Unreachable { sent: true, .. } => "the connection ended before the response did",
        Error::NotTrusted { .. } => "the host's certificate is not trusted",
        Error::Credentials(_) => "there are no credentials",
        _ => OTHER_API,
    }
}

/// Something answered, and not as the API does.
pub(super) const OTHER_API: &str = "the response is not one of this API";

/// A code as APIs write them; anything else could say something of the account.
fn plain_code(code: &str) -> String {
    let plain = code.len() <= 80 && code.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'.');
    if plain { code.to_owned() } else { "(a code of another form)".to_owned() }
}

const fn question(
    name: &'static str,
    product: Product,
    action: &'static str,
    parameters: &'static [(&'static str, &'static str)],
) -> Question {
    Question { name, product, action, parameters }
}

pub(super) const IDENTITY: Question =
    question("GetCallerIdentity", Product::Sts, sts::action::GET_CALLER_IDENTITY, &[]);
pub(super) const USER_STATUS: Question =
    question("GetUserStatus", Product::Mssp, mssp::action::GET_USER_STATUS, &[]);
pub(super) const ACCOUNTS: Question = question(
    "ListAccounts",
    Product::ResourceManager,
    resource_directory::action::LIST_ACCOUNTS,
    &[("PageNumber", "1"), ("PageSize", "100")],
);
const MISSING_TASK: Question = question(
    "GetServiceLinkedRoleDeletionStatus of an unknown task",
    Product::ResourceManager,
    resource_manager::action::GET_SERVICE_LINKED_ROLE_DELETION_STATUS,
    &[(
        "DeletionTaskId",
        "task/acs-service-role/mssp.aliyuncs.com/AliyunServiceRoleForMssp/00000000-0000-4000-8000-000000000000",
    )],
);
pub(super) const TEMPLATES: [Question; 3] = [
    template("GetServiceLinkedRoleTemplate of Mssp", &[("ServiceName", "mssp.aliyuncs.com")]),
    template("GetServiceLinkedRoleTemplate of ESAMssp", &[("ServiceName", "esa.mssp.aliyuncs.com")]),
    template(
        "GetServiceLinkedRoleTemplate of AntiRansomwareMssp",
        &[("ServiceName", "antiransomware.mssp.aliyuncs.com")],
    ),
];
pub(super) const ROLES: [Question; 3] = [
    role("GetRole of Mssp", &[("RoleName", "AliyunServiceRoleForMssp"), ("Language", "en")]),
    role("GetRole of ESAMssp", &[("RoleName", "AliyunServiceRoleForESAMssp"), ("Language", "en")]),
    role(
        "GetRole of AntiRansomwareMssp",
        &[("RoleName", "AliyunServiceRoleForAntiRansomwareMssp"), ("Language", "en")],
    ),
];
pub(super) const POLICIES: [Question; 3] = [
    policy(
        "ListPolicyVersions of Mssp",
        &[("PolicyType", "System"), ("PolicyName", "AliyunServiceRolePolicyForMssp")],
    ),
    policy(
        "ListPolicyVersions of ESAMssp",
        &[("PolicyType", "System"), ("PolicyName", "AliyunServiceRolePolicyForESAMssp")],
    ),
    policy(
        "ListPolicyVersions of AntiRansomwareMssp",
        &[("PolicyType", "System"), ("PolicyName", "AliyunServiceRolePolicyForAntiRansomwareMssp")],
    ),
];

const fn template(name: &'static str, parameters: &'static [(&'static str, &'static str)]) -> Question {
    question(name, Product::Ram, ram::action::GET_SERVICE_LINKED_ROLE_TEMPLATE, parameters)
}

const fn role(name: &'static str, parameters: &'static [(&'static str, &'static str)]) -> Question {
    question(name, Product::ResourceManager, resource_manager::action::GET_ROLE, parameters)
}

const fn policy(name: &'static str, parameters: &'static [(&'static str, &'static str)]) -> Question {
    question(name, Product::Ram, ram::action::LIST_POLICY_VERSIONS, parameters)
}

/// Every question, in the order of the report.
pub(super) fn all() -> Vec<Question> {
    [&[IDENTITY][..], &TEMPLATES, &ROLES, &[USER_STATUS], &POLICIES, &[ACCOUNTS, MISSING_TASK]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_without_response_says_why() {
        let unreachable =
            |sent| Error::Unreachable { action: "GetRole", host: String::new(), sent, source: "x".into() };
        for (error, why) in [
            (unreachable(false), "the host could not be reached"),
            (unreachable(true), "the connection ended before the response did"),
        ] {
            assert_eq!(ProbeResponse::of(&error).why_not_seen(), why);
        }
    }

    #[test]
    fn codes_that_could_say_more_are_not_repeated() {
        assert_eq!(plain_code("EntityNotExist.Role"), "EntityNotExist.Role");
        for code in ["Denied for 1234", "user/alice", &"A".repeat(81)] {
            assert_eq!(plain_code(code), "(a code of another form)");
        }
    }

    /// The names of ours and the parameters that are sent for them.
    #[test]
    fn questions_are_about_the_roles_of_mss() {
        let questions = format!("{:?}", all());
        for role in crate::provider::service_linked_role::MSS_ROLES {
            for name in [role.role_name, role.service_name, role.policy_name] {
                assert!(questions.contains(&format!("\"{name}\"")), "{name}");
            }
        }
    }
}
