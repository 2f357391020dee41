//! Every data source over gRPC against the emulator: what it tells, and what it tells when it cannot.

use serde_json::{Value as Json, json};

use crate::support::{
    cloud::Cloud,
    names::{ACCOUNT, ESA, MEMBER, ROLE},
    resource::{Applied, Provider},
    rpc::tfplugin6 as wire,
};

#[track_caller]
fn assert_error(applied: &Applied, summary: &str, path: &str, facts: &[&str]) {
    let found = applied.diagnostics.iter().find(|found| found.summary == summary);
    let Some(found) = found else { panic!("no {summary:?} in {applied:#?}") };
    assert!(found.is_error);
    assert_eq!(found.path, path);
    for fact in facts {
        assert!(found.detail.contains(fact), "{fact:?} is not in: {}", found.detail);
    }
}

#[tokio::test]
async fn one_role() {
    let cloud = Cloud::start().await;
    cloud.add_role(ACCOUNT, ROLE).await;
    cloud.add_role(MEMBER, ROLE).await;
    let provider = Provider::start(&cloud).await;
    for (config, account_id) in [
        (json!({ "role_name": ROLE }), ACCOUNT),
        (json!({ "role_name": ROLE, "account_id": MEMBER }), MEMBER),
    ] {
        let state = provider.read_data_source("mss_service_linked_role", &config).await.expect_success();
        assert_eq!(state["id"], format!("{account_id}:{ROLE}"));
        assert_eq!(state["account_id"], account_id);
        assert_eq!(state["service_name"], "mssp.aliyuncs.com");
        assert_eq!(state["policy_name"], "AliyunServiceRolePolicyForMssp");
        for name in ["arn", "role_id", "role_principal_name", "description", "create_date"] {
            assert!(state[name].is_string(), "{name} in {state}");
        }
    }
    let missing = provider.read_data_source("mss_service_linked_role", &json!({ "role_name": ESA })).await;
    let facts = [ESA, "`mss_service_linked_roles`"];
    assert_error(&missing, "Service-linked role does not exist", "role_name", &facts);
}

#[tokio::test]
async fn every_role() {
    let cloud = Cloud::start().await;
    cloud.add_role(ACCOUNT, ROLE).await;
    cloud.add_role(MEMBER, ESA).await;
    let provider = Provider::start(&cloud).await;
    let read = async |config: Json| {
        let state = provider.read_data_source("mss_service_linked_roles", &config).await.expect_success();
        let of = |role: &Json| (role["id"].clone(), role["exists"] == true, role["arn"].is_string());
        state["roles"].as_array().unwrap().iter().map(of).collect::<Vec<_>>()
    };
    let role = |account_id: &str, name: &str, exists| (json!(format!("{account_id}:{name}")), exists, exists);
    let ransomware = "AliyunServiceRoleForAntiRansomwareMssp";
    let caller = [role(ACCOUNT, ROLE, true), role(ACCOUNT, ESA, false), role(ACCOUNT, ransomware, false)];
    assert_eq!(read(json!({})).await, caller);
    let both = read(json!({ "account_ids": [MEMBER, ACCOUNT] })).await;
    assert_eq!(both[..3], caller, "by account ID");
    assert_eq!(
        both[3..],
        [role(MEMBER, ROLE, false), role(MEMBER, ESA, true), role(MEMBER, ransomware, false)]
    );
    assert_eq!(read(json!({ "account_ids": [] })).await, []);
}

#[tokio::test]
async fn an_inventory_is_whole_or_an_error() {
    let cloud = Cloud::start().await;
    let provider = Provider::start(&cloud).await;
    cloud.deny(MEMBER, &["ram:GetRole"]).await;
    let config = json!({ "account_ids": [ACCOUNT, MEMBER] });
    let denied = provider.read_data_source("mss_service_linked_roles", &config).await;
    assert_eq!(denied.diagnostics.len(), 1);
    assert_error(&denied, "Alibaba Cloud could not be read", "", &[MEMBER, "`ram:GetRole`"]);
}

#[tokio::test]
async fn policy() {
    let cloud = Cloud::start().await;
    cloud.add_role(ACCOUNT, ROLE).await;
    let provider = Provider::start(&cloud).await;
    let config = json!({ "role_name": ROLE });
    let type_name = "mss_service_linked_role_policy";
    let state = provider.read_data_source(type_name, &config).await.expect_success();
    assert_eq!(state["policy_name"], "AliyunServiceRolePolicyForMssp");
    assert_eq!((&state["policy_type"], &state["version"]), (&json!("System"), &json!("v1")));
    assert_eq!(state["account_id"], ACCOUNT);
    let document: Json = serde_json::from_str(state["document"].as_str().unwrap()).unwrap();
    assert_eq!(document["Statement"][0]["Action"], "ram:DeleteServiceLinkedRole");
    for name in ["attach_date", "create_date", "update_date"] {
        assert!(state[name].is_string(), "{name} in {state}");
    }
    let missing = provider.read_data_source(type_name, &json!({ "role_name": ESA })).await;
    assert_error(&missing, "Service-linked role does not exist", "role_name", &[ESA, ACCOUNT]);
    cloud.deny(ACCOUNT, &["ram:GetPolicy"]).await;
    let denied = provider.read_data_source(type_name, &config).await;
    assert_error(&denied, "Alibaba Cloud could not be read", "", &["the policy of", "`ram:GetPolicy`"]);
}

#[tokio::test]
async fn subscription() {
    let cloud = Cloud::start().await;
    let provider = Provider::start(&cloud).await;
    let active = provider.read_data_source("mss_subscription", &json!({})).await.expect_success();
    let end_date = cloud.end_date(ACCOUNT).await.replace(' ', "T") + "+08:00";
    assert_eq!((&active["active"], &active["end_date"]), (&json!(true), &json!(end_date)));
    assert_eq!(
        (&active["account_id"], &active["instance_id"]),
        (&json!(ACCOUNT), &json!("1b7d5f0e-6c3a-4c1a-9d2e-7f0a5c3b1e22"))
    );
    cloud.end_subscription(MEMBER).await;
    let config = json!({ "account_id": MEMBER });
    let ended = provider.read_data_source("mss_subscription", &config).await.expect_success();
    assert_eq!((&ended["active"], &ended["end_date"]), (&json!(false), &json!("2020-01-01T00:00:00+08:00")));
}

#[tokio::test]
async fn an_account_that_cannot_be_entered() {
    let cloud = Cloud::start().await;
    let provider = Provider::start(&cloud).await;
    provider.configure_with(&json!({ "member_account_role": "Nowhere" })).await.expect_success();
    for (type_name, role_name) in [
        ("mss_service_linked_role", json!(ROLE)),
        ("mss_service_linked_role_policy", json!(ROLE)),
        ("mss_subscription", Json::Null),
    ] {
        let config = json!({ "role_name": role_name, "account_id": MEMBER });
        let refused = provider.read_data_source(type_name, &config).await;
        let facts = [MEMBER, "role/Nowhere", "could not be assumed"];
        assert_error(&refused, "Alibaba Cloud could not be read", "account_id", &facts);
    }
}

/// Also for a client that could wait: no released Terraform gains from it, and OpenTofu 1.11 makes it an error.
#[tokio::test]
async fn provider_configuration_known_only_after_apply() {
    let cloud = Cloud::start().await;
    let provider = Provider::start(&cloud).await;
    provider.configure_with(&json!({ "access_key": "unknown!" })).await.expect_success();
    let config = json!({ "role_name": ROLE });
    let refused = provider.read_data_source("mss_service_linked_role", &config).await;
    assert_error(&refused, "Provider is not configured yet", "", &["-target"]);
    let can_wait = wire::ClientCapabilities { deferral_allowed: true, ..Default::default() };
    let deferred = provider.ask_for_data_source("mss_service_linked_role", &config, Some(can_wait)).await;
    assert_eq!(deferred.deferred, None);
    assert_eq!(deferred.diagnostics.len(), 1);
}
