//! Takes over state of the alicloud provider's resources that can hold an MSS role.
//!
//! `alicloud_resource_manager_service_linked_role` has the ID `<service_name>:<role_name>`;
//! `alicloud_threat_detection_service_linked_role` has the role's name in `service_linked_role`
//! and as ID (both seen in that provider's source).

use super::{MssRole, diagnostics as text, model::Model};
use crate::framework::{diagnostics::Diagnostic, resource::MoveSource, value::Knowable};

/// State of the same role here; the read that follows fills in the rest.
pub(super) fn move_state(source: &MoveSource) -> Result<Model, Diagnostic> {
    let refuse = |why: &str| Err(text::cannot_move(&source.type_name, why));
    if !is_alicloud(&source.provider_address) {
        return refuse(&format!("it belongs to the provider `{}`", source.provider_address));
    }
    let attribute =
        |name: &str| source.state.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
    let (role_name, service_name) = match source.type_name.as_str() {
        "alicloud_resource_manager_service_linked_role" => {
            let (from_id, role_name) = attribute("id").rsplit_once(':').unwrap_or_default();
            let service_name = Some(attribute("service_name")).filter(|name| !name.is_empty());
            (role_name, service_name.unwrap_or(from_id))
        }
        "alicloud_threat_detection_service_linked_role" => {
            let role_name = Some(attribute("service_linked_role")).filter(|name| !name.is_empty());
            (role_name.unwrap_or(attribute("id")), "")
        }
        _ => return refuse("only alicloud's service-linked role resources can be moved here"),
    };
    let Some(role) = MssRole::by_role_name(role_name) else {
        return refuse(&format!("its role \"{role_name}\" is not a role of MSS"));
    };
    let service_name = if service_name.is_empty() { role.service_name } else { service_name };
    let moved = Model {
        role_name: Knowable::Known(role.role_name.to_owned()),
        service_name: Knowable::Known(service_name.to_owned()),
        policy_name: Knowable::Known(role.policy_name.to_owned()),
        ..Model::default()
    };
    Ok(moved.with_terraform_defaults())
}

/// The provider under any registry host, in either namespace it has had, or without both.
fn is_alicloud(address: &str) -> bool {
    let parts: Vec<_> = address.split('/').collect();
    matches!(parts.as_slice(), ["alicloud"] | [.., "aliyun" | "hashicorp" | "-", "alicloud"])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn source(provider_address: &str, type_name: &str, state: serde_json::Value) -> MoveSource {
        let serde_json::Value::Object(state) = state else { panic!("state is an object") };
        MoveSource {
            provider_address: provider_address.to_owned(),
            type_name: type_name.to_owned(),
            schema_version: 0,
            private: Vec::new(),
            state,
        }
    }

    #[test]
    fn takes_over_mss_roles_from_any_alicloud() {
        let manager = "alicloud_resource_manager_service_linked_role";
        let id = "esa.mssp.aliyuncs.com:AliyunServiceRoleForESAMssp";
        for address in [
            "registry.terraform.io/aliyun/alicloud",
            "registry.opentofu.org/hashicorp/alicloud",
            "mirror.example.com/aliyun/alicloud",
            "aliyun/alicloud",
            "alicloud",
        ] {
            let moved = move_state(&source(address, manager, json!({ "id": id, "arn": "acs:…" }))).unwrap();
            assert_eq!(moved.role_name(), "AliyunServiceRoleForESAMssp", "{address}");
            assert_eq!(moved.service_name, Knowable::Known("esa.mssp.aliyuncs.com".to_owned()));
        }
        let detection = "alicloud_threat_detection_service_linked_role";
        let name = "AliyunServiceRoleForAntiRansomwareMssp";
        let moved = move_state(&source("aliyun/alicloud", detection, json!({ "id": name }))).unwrap();
        assert_eq!(moved.role_name(), name);
    }

    #[test]
    fn refuses_what_is_no_mss_role() {
        let manager = "alicloud_resource_manager_service_linked_role";
        let ours = json!({ "id": "esa.mssp.aliyuncs.com:AliyunServiceRoleForESAMssp" });
        for (case, expected) in [
            (
                source(
                    "aliyun/alicloud",
                    manager,
                    json!({ "id": "ons.aliyuncs.com:AliyunServiceRoleForOns" }),
                ),
                "is not a role of MSS",
            ),
            (source("aliyun/alicloud", manager, json!({})), "is not a role of MSS"),
            (source("aliyun/alicloud", manager, json!({ "id": 7 })), "is not a role of MSS"),
            (
                source("aliyun/alicloud", "alicloud_ram_role", ours.clone()),
                "only alicloud's service-linked role",
            ),
            (source("example.com/acme/alicloud2", manager, ours), "belongs to the provider"),
        ] {
            let refused = move_state(&case).unwrap_err();
            assert!(refused.detail.contains(expected), "{}", refused.detail);
        }
    }
}
