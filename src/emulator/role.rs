//! A RAM role, and how each product's responses show it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{
    request::{date, set},
    trust::TrustPolicy,
};
use crate::cloud::api::arn::RoleArn;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EmulatedRole {
    pub(super) role_name: String,
    pub(super) role_id: String,
    /// The trusted service; `None` for an ordinary role.
    pub(super) service_name: Option<String>,
    /// In English for a service-linked role, whose text the catalogue has in other languages.
    pub(super) description: String,
    pub(super) create_date: Timestamp,
    pub(super) update_date: Timestamp,
    /// In seconds, from 3,600 to 43,200.
    pub(super) max_session_duration_seconds: i64,
    pub(super) trust: TrustPolicy,
    /// What the sessions of the role may do.
    pub(super) permissions: Permissions,
    pub(super) latest_deletion_task: Option<LatestDeletionTask>,
}

/// What the sessions of a role may do, besides what the account's policy says.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Permissions {
    /// Everything: a role that a seed or a control call made.
    Everything,
    /// What these policies allow, and nothing else.
    Attached(Vec<AttachedPolicy>),
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AttachedPolicy {
    pub(super) policy_name: String,
    pub(super) attach_date: Timestamp,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LatestDeletionTask {
    pub(super) create_date: Timestamp,
    pub(super) deletion_task_id: String,
}

/// Which response shows a role: their fields differ (documented).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum View {
    /// Of RAM's CreateRole and UpdateRole.
    RamWrite,
    /// Of RAM's CreateServiceLinkedRole, which leaves fields out.
    RamCreateServiceLinked,
    RamGet,
    RamList,
    ResourceManagerCreate,
    ResourceManagerGet,
    ResourceManagerList,
}

impl View {
    fn is_of_ram(self) -> bool {
        matches!(self, Self::RamWrite | Self::RamCreateServiceLinked | Self::RamGet | Self::RamList)
    }

    fn is_list(self) -> bool {
        matches!(self, Self::RamList | Self::ResourceManagerList)
    }

    fn is_of_a_new_service_linked_role(self) -> bool {
        matches!(self, Self::RamCreateServiceLinked | Self::ResourceManagerCreate)
    }
}

impl EmulatedRole {
    pub(super) fn arn(&self, account_id: &str) -> String {
        match self.service_name {
            Some(_) => RoleArn::of_service_linked(account_id, &self.role_name),
            None => RoleArn { account_id, role_name: &self.role_name }.to_string(),
        }
    }

    fn principal_name(&self, account_id: &str) -> String {
        format!("{}@role.{account_id}.onaliyunservice.com", self.role_name)
    }

    /// The role with the fields that a response has.
    pub(super) fn to_json(&self, account_id: &str, view: View, description: &str) -> Json {
        let mut json = json!({
            "RoleId": self.role_id,
            "RoleName": self.role_name,
            "Arn": self.arn(account_id),
            "Description": description,
            "CreateDate": date(self.create_date),
        });
        if !view.is_list() {
            set(&mut json, "AssumeRolePolicyDocument", self.trust_document());
        }
        if !view.is_of_a_new_service_linked_role() {
            set(&mut json, "UpdateDate", date(self.update_date));
            set(&mut json, "MaxSessionDuration", self.max_session_duration_seconds);
        }
        if view.is_of_ram() {
            self.add_fields_of_ram(&mut json, view);
        } else {
            set(&mut json, "IsServiceLinkedRole", self.service_name.is_some());
            set(&mut json, "RolePrincipalName", self.principal_name(account_id));
            self.add_latest_task(&mut json);
        }
        json
    }

    fn add_fields_of_ram(&self, json: &mut Json, view: View) {
        match view {
            View::RamCreateServiceLinked => set(json, "IsServiceLinkedRole", true),
            View::RamList => {
                set(json, "AllowConsoleLogin", false);
                set(json, "Tags", json!({ "Tag": [] }));
            }
            View::RamGet => {
                set(json, "AllowConsoleLogin", false);
                self.add_latest_task(json);
            }
            _ => set(json, "AllowConsoleLogin", false),
        }
    }

    fn add_latest_task(&self, json: &mut Json) {
        if let Some(task) = &self.latest_deletion_task {
            let task =
                json!({ "CreateDate": date(task.create_date), "DeletionTaskId": task.deletion_task_id });
            set(json, "LatestDeletionTask", task);
        }
    }

    fn trust_document(&self) -> String {
        serde_json::to_string(&self.trust).unwrap_or_default()
    }
}

/// Whether a name has only the characters that RAM takes (documented).
pub(super) fn has_name_characters(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
}

/// Of a name, in characters (documented).
pub(super) const ROLE_NAME_LIMIT: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn role(service_name: Option<&str>) -> EmulatedRole {
        EmulatedRole {
            role_name: "AliyunServiceRoleForMssp".to_owned(),
            role_id: "3".to_owned(),
            service_name: service_name.map(str::to_owned),
            description: "text".to_owned(),
            create_date: Timestamp::UNIX_EPOCH,
            update_date: Timestamp::UNIX_EPOCH,
            max_session_duration_seconds: 3600,
            trust: TrustPolicy::of_accounts(["1"], &[]),
            permissions: Permissions::Everything,
            latest_deletion_task: Some(LatestDeletionTask {
                create_date: Timestamp::UNIX_EPOCH,
                deletion_task_id: "task".to_owned(),
            }),
        }
    }

    /// The table of the document pages and SDKs: which response has which field.
    #[test]
    fn each_answer_has_its_fields() {
        let optional = [
            ("AssumeRolePolicyDocument", "Rw Rc Rg Mc Mg"),
            ("UpdateDate", "Rw Rg Rl Mg Ml"),
            ("MaxSessionDuration", "Rw Rg Rl Mg Ml"),
            ("IsServiceLinkedRole", "Rc Mc Mg Ml"),
            ("RolePrincipalName", "Mc Mg Ml"),
            ("LatestDeletionTask", "Rg Mc Mg Ml"),
            ("AllowConsoleLogin", "Rw Rg Rl"),
            ("Tags", "Rl"),
        ];
        for (view, short) in [
            (View::RamWrite, "Rw"),
            (View::RamCreateServiceLinked, "Rc"),
            (View::RamGet, "Rg"),
            (View::RamList, "Rl"),
            (View::ResourceManagerCreate, "Mc"),
            (View::ResourceManagerGet, "Mg"),
            (View::ResourceManagerList, "Ml"),
        ] {
            let json = role(Some("mssp.aliyuncs.com")).to_json("1", view, "text");
            for (field, views) in optional {
                assert_eq!(json.get(field).is_some(), views.contains(short), "{field} in {view:?}");
            }
        }
    }

    #[test]
    fn arns_of_service_linked_roles_are_in_lower_case() {
        assert_eq!(role(Some("x")).arn("1"), "acs:ram::1:role/aliyunserviceroleformssp");
        assert_eq!(role(None).arn("1"), "acs:ram::1:role/AliyunServiceRoleForMssp");
    }
}
