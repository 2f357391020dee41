//! Resource Management 2020-03-31: service-linked roles and their deletion tasks (documented).

use serde::Deserialize;

use super::form;

/// A RAM role.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "PascalCase")]
pub struct Role {
    /// Case is kept.
    #[serde(deserialize_with = "form::role_name")]
    pub role_name: String,
    /// Decimal digits.
    #[serde(deserialize_with = "form::identifier")]
    pub role_id: String,
    /// `acs:ram::<account_id>:role/<name>`; of service-linked roles with the name in lower case.
    #[serde(deserialize_with = "form::arn")]
    pub arn: String,
    /// Preset for service-linked roles.
    pub description: Option<String>,
    /// The trust policy, JSON as text; not in lists.
    pub assume_role_policy_document: Option<String>,
    /// RFC 3339, UTC, whole seconds.
    pub create_date: Option<String>,
    /// Absent from some products' answers.
    pub is_service_linked_role: Option<bool>,
    /// `<role_name>@role.<account>.onaliyunservice.com`.
    pub role_principal_name: Option<String>,
}

impl Role {
    /// The account that holds the role, from its ARN.
    pub fn account_id(&self) -> Option<&str> {
        let (account_id, _) = self.arn.strip_prefix("acs:ram::")?.split_once(':')?;
        Some(account_id).filter(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()))
    }
}

/// Answer of GetRole and CreateServiceLinkedRole.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RoleAnswer {
    /// The role.
    pub role: Role,
}

/// Answer of DeleteServiceLinkedRole.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeletionAnswer {
    /// Opaque.
    pub deletion_task_id: String,
}

/// Answer of GetServiceLinkedRoleDeletionStatus.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "PascalCase")]
pub struct DeletionTask {
    /// How far the task is.
    pub status: DeletionStatus,
    /// Why it failed.
    pub reason: Option<DeletionReason>,
    /// ID of the request that asked.
    pub request_id: Option<String>,
}

/// How far a deletion task is.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(from = "String")]
pub enum DeletionStatus {
    /// Done: the role is deleted.
    Succeeded,
    /// Under way.
    InProgress,
    /// Refused: the role is in use.
    Failed,
    /// Waiting.
    NotStarted,
    /// Ended by a failure of Alibaba Cloud.
    InternalError,
    /// Not documented.
    Other(String),
}

impl From<String> for DeletionStatus {
    fn from(status: String) -> Self {
        match status.as_str() {
            "SUCCEEDED" => Self::Succeeded,
            "IN_PROGRESS" => Self::InProgress,
            "FAILED" => Self::Failed,
            "NOT_STARTED" => Self::NotStarted,
            "INTERNAL_ERROR" => Self::InternalError,
            _ => Self::Other(status),
        }
    }
}

/// Why a deletion failed.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "PascalCase", default)]
pub struct DeletionReason {
    /// In words.
    pub message: Option<String>,
    /// What uses the role.
    #[serde(deserialize_with = "role_usages")]
    pub role_usages: Vec<RoleUsage>,
}

/// The uses of a role in one region.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleUsage {
    /// A region, or `global`.
    pub region: Option<String>,
    /// ARNs.
    pub resources: Vec<String>,
}

/// Lists come doubly nested: `RoleUsages.RoleUsage[].Resources.Resource[]`.
fn role_usages<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<RoleUsage>, D::Error> {
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "PascalCase", default)]
    struct Usages {
        role_usage: Vec<Usage>,
    }
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "PascalCase", default)]
    struct Usage {
        region: Option<String>,
        resources: Resources,
    }
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "PascalCase", default)]
    struct Resources {
        resource: Vec<String>,
    }
    let usages = Option::<Usages>::deserialize(from)?.unwrap_or_default();
    let usage = |usage: Usage| RoleUsage { region: usage.region, resources: usage.resources.resource };
    Ok(usages.role_usage.into_iter().map(usage).collect())
}

/// Action names.
pub mod action {
    /// Creates a service-linked role.
    pub const CREATE_SERVICE_LINKED_ROLE: &str = "CreateServiceLinkedRole";
    /// Starts a deletion task.
    pub const DELETE_SERVICE_LINKED_ROLE: &str = "DeleteServiceLinkedRole";
    /// Asks for a deletion task.
    pub const GET_SERVICE_LINKED_ROLE_DELETION_STATUS: &str = "GetServiceLinkedRoleDeletionStatus";
    /// Reads a role.
    pub const GET_ROLE: &str = "GetRole";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_role() {
        let answer: RoleAnswer = serde_json::from_str(
            r#"{"RequestId":"R","Role":{"RoleId":"300000000000000001","RoleName":"AliyunServiceRoleForMssp",
            "Arn":"acs:ram::1234567890123456:role/aliyunserviceroleformssp","IsServiceLinkedRole":true,
            "CreateDate":"2026-01-02T03:04:05Z","Unexpected":{"x":1}}}"#,
        )
        .unwrap();
        assert_eq!(answer.role.account_id(), Some("1234567890123456"));
        assert_eq!(answer.role.is_service_linked_role, Some(true));
        assert_eq!(answer.role.description, None);
        assert!(serde_json::from_str::<RoleAnswer>(r#"{"Role":{"RoleName":"x"}}"#).is_err());
    }

    #[test]
    fn accounts_come_from_well_formed_arns_alone() {
        for arn in ["", "acs:ram::", "acs:ram:::role/x", "acs:ram::alias:role/x", "arn:aws:iam::1:role/x"] {
            let role = Role { arn: arn.to_owned(), ..Role::default() };
            assert_eq!(role.account_id(), None, "{arn}");
        }
    }

    #[test]
    fn reads_a_failed_task() {
        let task: DeletionTask = serde_json::from_str(
            r#"{"RequestId":"R","Status":"FAILED","Reason":{"Message":"in use","RoleUsages":{"RoleUsage":[
            {"Region":"global","Resources":{"Resource":["acs:yundun-mss::1:instance/a"]}}, {}]}}}"#,
        )
        .unwrap();
        let reason = task.reason.unwrap();
        assert_eq!(task.status, DeletionStatus::Failed);
        assert_eq!(reason.role_usages[0].resources, ["acs:yundun-mss::1:instance/a"]);
        assert_eq!(reason.role_usages[1], RoleUsage::default());
    }

    #[test]
    fn a_reason_may_lack_every_part() {
        for json in [
            r#"{"Status":"SUCCEEDED"}"#,
            r#"{"Status":"NEW","Reason":{}}"#,
            r#"{"Status":"x","Reason":{"RoleUsages":null}}"#,
        ] {
            assert!(serde_json::from_str::<DeletionTask>(json).is_ok(), "{json}");
        }
        assert!(serde_json::from_str::<DeletionTask>("{}").is_err());
    }
}
