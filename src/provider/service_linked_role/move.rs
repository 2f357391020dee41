//! Takes over state of the alicloud provider's resources that can hold an MSS role.
//!
//! | Source | Role | Account, ARN and role ID |
//! |---|---|---|
//! | `alicloud_resource_manager_service_linked_role` | in the ID, `<service_name>:<role_name>` | `arn`, `role_id` |
//! | `alicloud_threat_detection_service_linked_role` | `service_linked_role`, which is also the ID | not in state |
//!
//! (seen in that provider's source.) A move gets neither the configuration nor the provider's settings, so
//! that nobody can be asked whose role it is: the account is the one in the ARN, or stays open.
//! [`super::moved`] holds the plans that follow to it.

use super::{MssRole, diagnostics as text, model::Model, moved};
use crate::{
    cloud::api::arn::RoleArn,
    framework::{
        diagnostics::Diagnostic,
        resource::{ImportedState, MoveSource},
        value::Knowable,
    },
};

/// State of the same role here, as full as the source is.
pub(super) fn move_state(source: &MoveSource) -> Result<ImportedState, Diagnostic> {
    let held = SourceRole::read(source).map_err(|why| text::cannot_move(&source.type_name, &why))?;
    Ok(ImportedState { state: held.into_model().into_object(), private: moved::mark() })
}

/// What the state of a source says of the role that it holds.
struct SourceRole {
    role: MssRole,
    /// Empty where the state does not have it.
    service_name: String,
    place: Option<Place>,
}

/// Which of the roles of this name it is.
struct Place {
    account_id: String,
    arn: String,
    role_id: Knowable<String>,
}

impl SourceRole {
    /// # Errors
    /// Why this state cannot become ours, as the end of a sentence.
    fn read(source: &MoveSource) -> Result<Self, String> {
        if !is_alicloud(&source.provider_address) {
            return Err(format!("it belongs to the provider `{}`", source.provider_address));
        }
        let attribute =
            |name: &str| source.state.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
        let (role_name, service_name, place) = match source.type_name.as_str() {
            "alicloud_resource_manager_service_linked_role" => {
                let (from_id, role_name) = attribute("id").rsplit_once(':').unwrap_or_default();
                let place = Place::read(attribute("arn"), attribute("role_id"), role_name)?;
                (role_name, first_of(attribute("service_name"), from_id), place)
            }
            "alicloud_threat_detection_service_linked_role" => {
                (first_of(attribute("service_linked_role"), attribute("id")), "", None)
            }
            _ => return Err("only alicloud's service-linked role resources can be moved here".to_owned()),
        };
        let role = MssRole::by_role_name(role_name)
            .ok_or_else(|| format!("its role \"{role_name}\" is not a role of MSS"))?;
        Ok(Self { role, service_name: service_name.to_owned(), place })
    }

    fn into_model(self) -> Model {
        let role_name = self.role.role_name;
        let known = |text: &str| Knowable::Known(text.to_owned());
        let moved = Model {
            role_name: known(role_name),
            service_name: known(first_of(&self.service_name, self.role.service_name)),
            policy_name: known(self.role.policy_name),
            ..Model::default()
        };
        let moved = match self.place {
            None => moved,
            Some(Place { account_id, arn, role_id }) => Model {
                id: Knowable::Known(format!("{account_id}:{role_name}")),
                account_id: Knowable::Known(account_id),
                arn: Knowable::Known(arn),
                role_id,
                ..moved
            },
        };
        moved.with_terraform_defaults()
    }
}

impl Place {
    /// `None` for a state without an ARN.
    ///
    /// # Errors
    /// An ARN that is not this role's.
    fn read(arn: &str, role_id: &str, role_name: &str) -> Result<Option<Self>, String> {
        if arn.is_empty() {
            return Ok(None);
        }
        // RAM shows the names of service-linked roles in lower case there (documented).
        let is_it = |arn: &RoleArn| arn.role_name.eq_ignore_ascii_case(role_name);
        let Some(RoleArn { account_id, .. }) = RoleArn::read(arn).filter(is_it) else {
            return Err(format!("its ARN `{arn}` is not that of a role \"{role_name}\""));
        };
        let role_id = Some(role_id).filter(|role_id| !role_id.is_empty()).map(str::to_owned);
        Ok(Some(Self { account_id: account_id.to_owned(), arn: arn.to_owned(), role_id: role_id.into() }))
    }
}

fn first_of<'a>(text: &'a str, otherwise: &'a str) -> &'a str {
    if text.is_empty() { otherwise } else { text }
}

/// The provider under any registry host, in either namespace it has had, or without both.
fn is_alicloud(address: &str) -> bool {
    let parts: Vec<_> = address.split('/').collect();
    matches!(parts.as_slice(), ["alicloud"] | [.., "aliyun" | "hashicorp" | "-", "alicloud"])
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    const MANAGER: &str = "alicloud_resource_manager_service_linked_role";
    const DETECTION: &str = "alicloud_threat_detection_service_linked_role";
    const ESA_ID: &str = "esa.mssp.aliyuncs.com:AliyunServiceRoleForESAMssp";

    fn source(provider_address: &str, type_name: &str, state: Json) -> MoveSource {
        let Json::Object(state) = state else { panic!("state is an object") };
        MoveSource {
            provider_address: provider_address.to_owned(),
            type_name: type_name.to_owned(),
            schema_version: 0,
            state,
            private: Vec::new(),
        }
    }

    fn moved(source: &MoveSource) -> Model {
        Model::from_object(&move_state(source).unwrap().state)
    }

    /// Every instance in a state file.
    fn sources(state: &str) -> Vec<MoveSource> {
        let state: Json = serde_json::from_str(state).unwrap();
        let of = |resource: &Json| -> Vec<_> {
            let type_name = resource["type"].as_str().unwrap();
            let instances = resource["instances"].as_array().unwrap().iter();
            let address = "registry.terraform.io/aliyun/alicloud";
            instances.map(|held| source(address, type_name, held["attributes"].clone())).collect()
        };
        state["resources"].as_array().unwrap().iter().flat_map(of).collect()
    }

    #[test]
    fn account_arn_and_role_id_come_along() {
        for (state, accounts) in [
            (
                include_str!("../../../tests/vectors/alicloud-state/management.json"),
                &["1234567890123456"][..],
            ),
            (include_str!("../../../tests/vectors/alicloud-state/member.json"), &["2222222222222222"]),
            (
                include_str!("../../../tests/vectors/alicloud-state/members.json"),
                &["1234567890123456", "2222222222222222"],
            ),
        ] {
            for (source, account_id) in sources(state).iter().zip(accounts) {
                let moved = moved(source);
                let known = |text: String| Knowable::Known(text);
                let name = "AliyunServiceRoleForESAMssp";
                assert_eq!(moved.account_id(), Some(*account_id));
                assert_eq!(moved.id, known(format!("{account_id}:{name}")));
                assert_eq!(
                    moved.arn,
                    known(format!("acs:ram::{account_id}:role/aliyunserviceroleforesamssp"))
                );
                assert_eq!(moved.role_id.as_known().unwrap(), source.state["role_id"].as_str().unwrap());
            }
        }
    }

    #[test]
    fn without_an_arn_the_account_stays_open() {
        let state = include_str!("../../../tests/vectors/alicloud-state/threat-detection.json");
        let without = source("aliyun/alicloud", MANAGER, json!({ "id": ESA_ID, "arn": null }));
        for source in sources(state).iter().chain([&without]) {
            let moved = moved(source);
            assert_eq!((moved.account_id(), &moved.arn), (None, &Knowable::Null));
            assert!(MssRole::by_role_name(moved.role_name()).is_some());
        }
    }

    #[test]
    fn any_registry_and_namespace_of_alicloud() {
        for address in [
            "registry.terraform.io/aliyun/alicloud",
            "registry.opentofu.org/hashicorp/alicloud",
            "mirror.example.com/aliyun/alicloud",
            "aliyun/alicloud",
            "alicloud",
        ] {
            let moved = moved(&source(address, MANAGER, json!({ "id": ESA_ID })));
            assert_eq!(moved.role_name(), "AliyunServiceRoleForESAMssp", "{address}");
            assert_eq!(moved.service_name, Knowable::Known("esa.mssp.aliyuncs.com".to_owned()));
        }
        let name = "AliyunServiceRoleForAntiRansomwareMssp";
        let moved = moved(&source("aliyun/alicloud", DETECTION, json!({ "id": name })));
        assert_eq!(moved.role_name(), name);
    }

    #[test]
    fn refuses_what_is_not_an_mss_role() {
        let ons = include_str!("../../../tests/vectors/alicloud-state/other-role.json");
        let ours = json!({ "id": ESA_ID });
        let with_arn = |arn: &str| {
            let state = json!({ "id": ESA_ID, "arn": arn });
            source("aliyun/alicloud", MANAGER, state)
        };
        for (case, expected) in [
            (sources(ons).remove(0), "is not a role of MSS"),
            (source("aliyun/alicloud", MANAGER, json!({})), "is not a role of MSS"),
            (source("aliyun/alicloud", MANAGER, json!({ "id": 7 })), "is not a role of MSS"),
            (
                source("aliyun/alicloud", "alicloud_ram_role", ours.clone()),
                "only alicloud's service-linked role",
            ),
            (source("example.com/acme/alicloud2", MANAGER, ours), "belongs to the provider"),
            (with_arn("acs:ram::1:role/aliyunserviceroleformssp"), "is not that of a role"),
            (with_arn("acs:ram::alias:role/aliyunserviceroleforesamssp"), "is not that of a role"),
            (with_arn("arn"), "is not that of a role"),
        ] {
            let refused = move_state(&case).unwrap_err();
            assert!(refused.detail.contains(expected), "{}", refused.detail);
        }
    }
}
