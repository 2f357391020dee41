//! Resource Management 2020-03-31: service-linked roles and their deletion tasks (documented).

use serde::Deserialize;

use super::{arn::RoleArn, form};

/// A RAM role, as Resource Management describes it.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "PascalCase")]
pub struct Role {
    /// The name; upper and lower case are kept.
    #[serde(deserialize_with = "form::role_name")]
    pub role_name: String,
    /// Identifies the role for life: a role that is created again under the same name has another. Decimal
    /// digits.
    #[serde(deserialize_with = "form::identifier")]
    pub role_id: String,
    /// `acs:ram::<account_id>:role/<name>`; of service-linked roles with the name in lower case.
    #[serde(deserialize_with = "form::arn")]
    pub arn: String,
    /// A text that RAM presets for service-linked roles.
    pub description: Option<String>,
    /// The trust policy, JSON as text; not in lists.
    pub assume_role_policy_document: Option<String>,
    /// When it was created; RFC 3339, UTC, whole seconds.
    pub create_date: Option<String>,
    /// Whether a service owns it; absent from some products' responses, where the name and the trust policy
    /// show it.
    pub is_service_linked_role: Option<bool>,
    /// The role as a user of its account: `<role_name>@role.<account>.onaliyunservice.com`.
    pub role_principal_name: Option<String>,
}

impl Role {
    /// The account that holds the role, from its ARN.
    pub fn account_id(&self) -> Option<&str> {
        let account_id = RoleArn::split(&self.arn)?.account_id;
        Some(account_id).filter(|account_id| form::is_account_id(account_id))
    }
}

/// The response of GetRole and of CreateServiceLinkedRole.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::cloud) struct RoleResponse {
    /// The role that was read or created.
    pub role: Role,
}

/// The response of DeleteServiceLinkedRole. The role still exists.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::cloud) struct DeletionResponse {
    /// The task to ask for; opaque, its form differs between documents.
    pub deletion_task_id: String,
}

/// The response of GetServiceLinkedRoleDeletionStatus.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "PascalCase")]
pub struct DeletionTask {
    /// How far the task has come.
    pub status: DeletionStatus,
    /// Why it failed; absent unless it did.
    pub reason: Option<DeletionReason>,
    /// The ID of this request, for a support ticket.
    pub request_id: Option<String>,
}

/// How far a deletion task has come.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(from = "String")]
pub enum DeletionStatus {
    /// The task is done. A read may still see the role for a while.
    Succeeded,
    /// RAM is asking the services whether they use the role.
    InProgress,
    /// The task is refused because the role is in use; the role still exists.
    Failed,
    /// The task waits for its turn.
    NotStarted,
    /// Alibaba Cloud failed; whether the role still exists is not known.
    InternalError,
    /// A word that no document names: neither success nor failure.
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

/// Why a deletion task failed.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "PascalCase", default)]
pub struct DeletionReason {
    /// The reason in RAM's words.
    pub message: Option<String>,
    /// What uses the role, region by region; may be empty.
    #[serde(deserialize_with = "role_usages")]
    pub role_usages: Vec<RoleUsage>,
}

/// The uses of a role in one region.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleUsage {
    /// A region ID, or `global`.
    pub region: Option<String>,
    /// The ARNs of what uses it.
    pub resources: Vec<String>,
}

/// Takes out the list, which comes doubly nested: `RoleUsages.RoleUsage[].Resources.Resource[]`.
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

/// The names of the actions, as requests carry them.
pub mod action {
    /// Creates a service-linked role; not idempotent.
    pub const CREATE_SERVICE_LINKED_ROLE: &str = "CreateServiceLinkedRole";
    /// Starts a deletion task, which another action follows.
    pub const DELETE_SERVICE_LINKED_ROLE: &str = "DeleteServiceLinkedRole";
    /// Asks how far a deletion task has come.
    pub const GET_SERVICE_LINKED_ROLE_DELETION_STATUS: &str = "GetServiceLinkedRoleDeletionStatus";
    /// Reads one role by name.
    pub const GET_ROLE: &str = "GetRole";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_role() {
        let response: RoleResponse = serde_json::from_str(
            r#"{"RequestId":"R","Role":{"RoleId":"300000000000000001","RoleName":"AliyunServiceRoleForMssp",
            "Arn":"acs:ram::1234567890123456:role/aliyunserviceroleformssp","IsServiceLinkedRole":true,
            "CreateDate":"2026-01-02T03:04:05Z","Unexpected":{"x":1}}}"#,
        )
        .unwrap();
        assert_eq!(response.role.account_id(), Some("1234567890123456"));
        assert_eq!(response.role.is_service_linked_role, Some(true));
        assert_eq!(response.role.description, None);
        assert!(serde_json::from_str::<RoleResponse>(r#"{"Role":{"RoleName":"x"}}"#).is_err());
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
