//! State that the alicloud provider has written, and our own under another address, taken over by `moved`
//! blocks under a real Terraform.

use std::{fs, path::Path};

use serde_json::{Value as Json, json};

use crate::support::{
    cloud::Cloud,
    names::{ACCOUNT, ESA, MEMBER, RANSOMWARE, ROLE},
    terraform::Terraform,
    workspace::{REGISTRIES, Workspace},
};

const MANAGER: &str = "alicloud_resource_manager_service_linked_role";
const DETECTION: &str = "alicloud_threat_detection_service_linked_role";

/// Puts a state of alicloud into a folder, and its roles into the cloud.
pub async fn hold(workspace: &Workspace, cloud: &Cloud, shape: &str) {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/vectors/alicloud-state/{shape}.json"));
    let mut state: Json = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    for resource in state["resources"].as_array_mut().unwrap() {
        for instance in resource["instances"].as_array_mut().unwrap() {
            make_real(cloud, &mut instance["attributes"]).await;
        }
    }
    fs::write(workspace.path("terraform.tfstate"), state.to_string()).unwrap();
    workspace.stand_in_for("aliyun/alicloud");
}

/// Makes the role that a state speaks of, and gives the state its role ID.
async fn make_real(cloud: &Cloud, attributes: &mut Json) {
    let Some(role_name) = attributes["role_name"].as_str().map(str::to_owned) else {
        let role_name = attributes["service_linked_role"].as_str().unwrap();
        return cloud.add_role(ACCOUNT, role_name).await;
    };
    let account_id = attributes["arn"].as_str().unwrap().split(':').nth(3).unwrap().to_owned();
    cloud.add_role(&account_id, &role_name).await;
    attributes["role_id"] = cloud.role(&account_id, &role_name).await["role_id"].clone();
}

/// A folder whose state alicloud has written, with a configuration that moves it.
async fn moving(cloud: &Cloud, shape: &str, from: &str, arguments: &str) -> Workspace {
    let configuration = format!(
        "resource \"mss_service_linked_role\" \"this\" {{\n{arguments}\n}}\n\noutput \"held\" {{\n  value = \
         \"${{mss_service_linked_role.this.id}} ${{mss_service_linked_role.this.arn}}\"\n}}\n\nmoved {{\n  from = \
         {from}\n  to   = mss_service_linked_role.this\n}}\n"
    );
    let workspace = Workspace::with(Terraform::find_newest().unwrap(), cloud, &configuration);
    hold(&workspace, cloud, shape).await;
    workspace
}

fn role(role_name: &str, more: &str) -> String {
    format!("  role_name = \"{role_name}\"\n{more}")
}

fn account(account_id: &str) -> String {
    format!("  account_id = \"{account_id}\"\n")
}

/// Nothing was made or deleted by Terraform.
async fn expect_untouched(cloud: &Cloud) {
    assert!(!cloud.called("CreateServiceLinkedRole").await, "a role was created");
    assert!(!cloud.called("DeleteServiceLinkedRole").await, "a role was deleted");
}

const ADDRESS: &str = "mss_service_linked_role.this";

/// The ARN in the source's state names the account, whatever the credentials are.
#[tokio::test]
async fn account_comes_along() {
    let cloud = Cloud::start().await;
    // The same name in the account of the credentials must stay out of it.
    cloud.add_role(ACCOUNT, ESA).await;
    let from = format!("{MANAGER}.esa");
    let workspace = moving(&cloud, "member", &from, &role(ESA, "")).await;
    let plan = workspace.run(&["plan", "-refresh=false"]).await.expect_success();
    let held = format!("{MEMBER}:{ESA} acs:ram::{MEMBER}:role/aliyunserviceroleforesamssp");
    plan.says(&["has moved to", &held, "0 to add, 0 to change, 0 to destroy"]);
    let applied = workspace.run(&["apply", "-auto-approve", "-refresh=false"]).await.expect_success();
    applied.says(&[&held, "0 added, 0 changed, 0 destroyed"]);
    let state = workspace.attributes(ADDRESS).await;
    let role_id = &cloud.role(MEMBER, ESA).await["role_id"];
    assert_eq!((&state["account_id"], &state["role_id"]), (&json!(MEMBER), role_id));
    workspace.expect_no_changes().await;
    expect_untouched(&cloud).await;
}

#[tokio::test]
async fn another_account_is_refused() {
    for adopting in ["", "  adopt_existing = true\n"] {
        let cloud = Cloud::start().await;
        cloud.add_role(ACCOUNT, ESA).await;
        let arguments = role(ESA, &(account(ACCOUNT) + adopting));
        let workspace = moving(&cloud, "member", &format!("{MANAGER}.esa"), &arguments).await;
        for command in [&["plan"][..], &["plan", "-refresh=false"], &["apply", "-auto-approve"]] {
            let refused = workspace.run(command).await.expect_failure();
            refused.says(&["Moved role is in another account", MEMBER, ACCOUNT]);
        }
        expect_untouched(&cloud).await;
        // What the error offers: the account that holds the role.
        let text = fs::read_to_string(workspace.path("main.tf")).unwrap();
        fs::write(workspace.path("main.tf"), text.replace(ACCOUNT, MEMBER)).unwrap();
        let applied = workspace.run(&["apply", "-auto-approve"]).await.expect_success();
        applied.says(&["0 added", "0 destroyed"]);
        workspace.expect_no_changes().await;
        expect_untouched(&cloud).await;
    }
}

#[tokio::test]
async fn another_role_is_refused() {
    let cloud = Cloud::start().await;
    let workspace = moving(&cloud, "management", &format!("{MANAGER}.esa"), &role(ROLE, "")).await;
    for command in [&["plan"][..], &["plan", "-refresh=false"]] {
        let refused = workspace.run(command).await.expect_failure();
        refused.says(&["Moved role has another name", ESA, ROLE]);
    }
    // Once the move is applied, a change of the name is a replacement like any other.
    let text = fs::read_to_string(workspace.path("main.tf")).unwrap();
    fs::write(workspace.path("main.tf"), text.replace(ROLE, ESA)).unwrap();
    workspace.run(&["apply", "-auto-approve"]).await.expect_success();
    workspace.expect_no_changes().await;
    cloud.end_subscription(ACCOUNT).await;
    fs::write(workspace.path("main.tf"), text).unwrap();
    let replaced = workspace.run(&["apply", "-auto-approve"]).await.expect_success();
    replaced.says(&["1 added, 0 changed, 1 destroyed"]);
    cloud.expect_roles(ACCOUNT, &[ROLE]).await;
}

#[tokio::test]
async fn only_roles_of_mss_move() {
    let cloud = Cloud::start().await;
    let workspace = moving(&cloud, "management", &format!("{MANAGER}.esa"), &role(ESA, "")).await;
    let other = include_str!("../vectors/alicloud-state/other-role.json");
    fs::write(workspace.path("terraform.tfstate"), other).unwrap();
    let refused = workspace.run(&["plan"]).await.expect_failure();
    refused.says(&["AliyunServiceRoleForOns", "is not a role of MSS"]);
    expect_untouched(&cloud).await;
}

/// A state without ARN does not say whose the role is; the account of the credentials is not guessed.
#[tokio::test]
async fn threat_detection_needs_the_account() {
    let cloud = Cloud::start().await;
    let from = format!("{DETECTION}.anti_ransomware");
    let workspace = moving(&cloud, "threat-detection", &from, &role(RANSOMWARE, "")).await;
    for command in [&["plan"][..], &["plan", "-refresh=false"], &["destroy", "-auto-approve"]] {
        let refused = workspace.run(command).await.expect_failure();
        refused.says(&["Account of the moved role is not known", "account_id", "terraform import"]);
    }
    assert_eq!(cloud.role_names(ACCOUNT).await, [RANSOMWARE]);
    expect_untouched(&cloud).await;

    // The first way out: the account in the configuration.
    let text = fs::read_to_string(workspace.path("main.tf")).unwrap();
    let named = text.replace("\n}\n\noutput", &format!("\n{}}}\n\noutput", account(ACCOUNT)));
    fs::write(workspace.path("main.tf"), named).unwrap();
    let plan = workspace.run(&["plan", "-refresh=false"]).await.expect_success();
    plan.says(&["0 to add, 1 to change, 0 to destroy", &format!("{ACCOUNT}:{RANSOMWARE}")]);
    let applied = workspace.run(&["apply", "-auto-approve"]).await.expect_success();
    applied.says(&["0 added, 1 changed, 0 destroyed", &format!("{ACCOUNT}:{RANSOMWARE}")]);
    let state = workspace.attributes(ADDRESS).await;
    assert_eq!(state["role_id"], cloud.role(ACCOUNT, RANSOMWARE).await["role_id"]);
    workspace.expect_no_changes().await;
    expect_untouched(&cloud).await;
    cloud.end_subscription(ACCOUNT).await;
    workspace.run(&["destroy", "-auto-approve"]).await.expect_success();
}

/// The other way out: an import in place of the move.
#[tokio::test]
async fn threat_detection_by_import() {
    let cloud = Cloud::start().await;
    let from = format!("{DETECTION}.anti_ransomware");
    let workspace = moving(&cloud, "threat-detection", &from, &role(RANSOMWARE, "")).await;
    workspace.run(&["state", "rm", &from]).await.expect_success();
    let text = fs::read_to_string(workspace.path("main.tf")).unwrap();
    fs::write(workspace.path("main.tf"), text.split("moved {").next().unwrap()).unwrap();
    let id = format!("{ACCOUNT}:{RANSOMWARE}");
    workspace.run(&["import", ADDRESS, &id]).await.expect_success();
    workspace
        .run(&["apply", "-auto-approve"])
        .await
        .expect_success()
        .says(&["0 added, 0 changed, 0 destroyed"]);
}

/// An account that does not have the role is an error that names it; no role is made there.
#[tokio::test]
async fn threat_detection_in_another_account() {
    let cloud = Cloud::start().await;
    let from = format!("{DETECTION}.anti_ransomware");
    let workspace = moving(&cloud, "threat-detection", &from, &role(RANSOMWARE, &account(MEMBER))).await;
    let refused = workspace.run(&["plan"]).await.expect_failure();
    refused.says(&["Moved role is not in this account", MEMBER, RANSOMWARE]);
    expect_untouched(&cloud).await;
}

#[tokio::test]
async fn several_at_once() {
    let cloud = Cloud::start().await;
    let configuration = format!(
        "resource \"mss_service_linked_role\" \"esa\" {{\n  for_each  = {{ a = \"{ESA}\", b = \"{ROLE}\" }}\n  role_name = \
         each.value\n}}\n\nmoved {{\n  from = {MANAGER}.esa\n  to   = mss_service_linked_role.esa\n}}\n"
    );
    let workspace = Workspace::with(Terraform::find_newest().unwrap(), &cloud, &configuration);
    hold(&workspace, &cloud, "several").await;
    let applied = workspace.run(&["apply", "-auto-approve"]).await.expect_success();
    applied.says(&["0 added, 0 changed, 0 destroyed"]);
    workspace.expect_no_changes().await;
    expect_untouched(&cloud).await;
}

/// State that this very provider wrote under another host and namespace.
#[tokio::test]
async fn own_state_from_any_host() {
    let cloud = Cloud::start().await;
    cloud.end_subscription(ACCOUNT).await;
    let configuration = |name: &str| {
        format!(
            "resource \"mss_service_linked_role\" \"{name}\" {{\n  role_name       = \"{ESA}\"\n  deletion_policy = \
             \"abandon\"\n}}\n"
        )
    };
    let workspace = Workspace::with(Terraform::find_newest().unwrap(), &cloud, &configuration("old"));
    workspace.run(&["apply", "-auto-approve"]).await.expect_success();
    let state = fs::read_to_string(workspace.path("terraform.tfstate")).unwrap();
    let elsewhere = REGISTRIES.iter().fold(state.clone(), |state, registry| {
        state.replace(&format!("{registry}/mss-iac/mss"), "mirror.example.com/acme/mss")
    });
    assert_ne!(elsewhere, state);
    fs::write(workspace.path("terraform.tfstate"), elsewhere).unwrap();
    workspace.stand_in_for("mirror.example.com/acme/mss");
    let moved = "moved {\n  from = mss_service_linked_role.old\n  to   = mss_service_linked_role.this\n}\n";
    workspace.configure(&(configuration("this") + moved));
    let applied = workspace.run(&["apply", "-auto-approve"]).await.expect_success();
    applied.says(&["0 added, 0 changed, 0 destroyed"]);
    let state = workspace.attributes(ADDRESS).await;
    assert_eq!((&state["deletion_policy"], &state["account_id"]), (&json!("abandon"), &json!(ACCOUNT)));
    workspace.expect_no_changes().await;
}
