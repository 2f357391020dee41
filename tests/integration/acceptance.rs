//! A real Terraform, the provider as it is built, and an emulated cloud.
//!
//! Each test is one thing that people do, under the Terraform that is installed; `version_matrix` has what
//! depends on the version. Texts are compared by the facts that they must name.

use std::time::Duration;

use serde_json::json;

use crate::support::{
    cloud::Cloud,
    names::{ACCOUNT, ESA, ID, RANSOMWARE, ROLE},
    terraform::{Terraform, Version},
    workspace::{Workspace, interrupt, role_and_another},
};

const ADDRESS: &str = "mss_service_linked_role.this";

async fn applied(cloud: &Cloud, role_name: &str, arguments: &str) -> Workspace {
    let workspace = Workspace::new(cloud, &role_and_another(role_name, arguments));
    workspace.run(&["apply", "-auto-approve"]).await.expect_success();
    workspace
}

#[tokio::test]
async fn destroy_refused_while_subscription_is_active() {
    let cloud = Cloud::start().await;
    let workspace = applied(&cloud, ROLE, "").await;
    let refused = workspace.run(&["destroy", "-auto-approve"]).await.expect_failure();
    let end_date = cloud.end_date(ACCOUNT).await.replace(' ', "T");
    refused.says(&[
        "MSS subscription is active",
        ROLE,
        ACCOUNT,
        "instance 1b7d5f0e-6c3a-4c1a-9d2e-7f0a5c3b1e22",
        "version mdrgaoji",
        &format!("end date {end_date}+08:00"),
        "Wait until the subscription has ended",
        "deletion_policy = \"abandon\"",
        "terraform state rm 'ADDRESS'",
    ]);
    assert_eq!(
        workspace.state_list().await,
        [ADDRESS, "terraform_data.beside"],
        "nothing at all is destroyed"
    );
    assert!(!cloud.called("DeleteServiceLinkedRole").await);
    cloud.expect_roles(ACCOUNT, &[ROLE]).await;
}

#[tokio::test]
async fn destroy_refused_at_apply_after_an_old_plan() {
    let cloud = Cloud::start().await;
    let workspace = applied(&cloud, ROLE, "").await;
    cloud.end_subscription(ACCOUNT).await;
    workspace.run(&["plan", "-destroy", "-out=plan", "-target", ADDRESS]).await.expect_success();
    cloud.renew_subscription(ACCOUNT).await;
    workspace.run(&["apply", "plan"]).await.expect_failure().says(&["MSS subscription is active"]);
    cloud.expect_roles(ACCOUNT, &[ROLE]).await;
    assert!(workspace.state_list().await.contains(&ADDRESS.to_owned()));
}

#[tokio::test]
async fn ways_out_of_a_refused_destroy() {
    let cloud = Cloud::start().await;
    let workspace = applied(&cloud, ROLE, "").await;
    workspace.configure(&role_and_another(ROLE, "deletion_policy = \"abandon\""));
    workspace.run(&["apply", "-auto-approve"]).await.expect_success().says(&["1 changed"]);
    let destroyed = workspace.run(&["destroy", "-auto-approve"]).await.expect_success();
    destroyed.says(&["Service-linked role was abandoned", "still exists"]);
    cloud.expect_roles(ACCOUNT, &[ROLE]).await;

    workspace.configure(&role_and_another(ROLE, "adopt_existing = true\ndeletion_policy = \"delete\""));
    workspace.run(&["apply", "-auto-approve"]).await.expect_success();
    let removed =
        "removed {\n  from = mss_service_linked_role.this\n  lifecycle {\n    destroy = false\n  }\n}";
    workspace.configure(removed);
    let version = Terraform::find().unwrap().version();
    assert!(version >= Version(1, 7, 0), "removed blocks came with Terraform 1.7, this is {version}");
    workspace.run(&["apply", "-auto-approve"]).await.expect_success();
    assert_eq!(workspace.state_list().await, Vec::<String>::new());
    cloud.expect_roles(ACCOUNT, &[ROLE]).await;
}

#[tokio::test]
async fn import_command() {
    for id in [ROLE.to_owned(), ID.to_owned(), format!("mssp.aliyuncs.com:{ROLE}")] {
        let cloud = Cloud::start().await;
        cloud.add_role(ACCOUNT, ROLE).await;
        let workspace = Workspace::new(&cloud, &role_and_another(ROLE, ""));
        workspace.run(&["import", ADDRESS, &id]).await.expect_success();
        assert_eq!(workspace.attributes(ADDRESS).await["id"], ID, "{id}");
        workspace.run(&["plan", "-target", ADDRESS, "-detailed-exitcode"]).await.expect_success();
    }
}

#[tokio::test]
async fn import_of_what_is_not_there() {
    let cloud = Cloud::start().await;
    let workspace = Workspace::new(&cloud, &role_and_another(ROLE, ""));
    workspace.run(&["import", ADDRESS, ROLE]).await.expect_failure().says(&["non-existent remote object"]);
    let malformed = workspace.run(&["import", ADDRESS, "aliyunserviceroleformssp"]).await.expect_failure();
    malformed.says(&["Malformed import ID", "Did you mean `AliyunServiceRoleForMssp`?"]);
}

#[tokio::test]
async fn exists_already() {
    let cloud = Cloud::start().await;
    cloud.add_role(ACCOUNT, ROLE).await;
    let workspace = Workspace::new(&cloud, &role_and_another(ROLE, ""));
    let plan = workspace.run(&["plan"]).await.expect_failure();
    plan.says(&[
        "Service-linked role already exists",
        ACCOUNT,
        &format!("terraform import 'mss_service_linked_role.example' {ID}"),
    ]);
    // What the text offers, pasted.
    let import = format!("import {{\n  to = mss_service_linked_role.this\n  id = \"{ID}\"\n}}\n");
    workspace.configure(&(role_and_another(ROLE, "") + &import));
    workspace
        .run(&["apply", "-auto-approve"])
        .await
        .expect_success()
        .says(&["1 imported, 1 added, 0 changed"]);
    workspace.expect_no_changes().await;
}

#[tokio::test]
async fn adopt() {
    let cloud = Cloud::start().await;
    cloud.add_role(ACCOUNT, ROLE).await;
    let workspace = applied(&cloud, ROLE, "adopt_existing = true").await;
    let state = workspace.attributes(ADDRESS).await;
    assert_eq!((&state["adopted"], &state["deletion_policy"]), (&json!(true), &json!("abandon")));
    workspace.expect_no_changes().await;
    workspace.run(&["destroy", "-auto-approve"]).await.expect_success().says(&["was abandoned"]);
    cloud.expect_roles(ACCOUNT, &[ROLE]).await;
}

#[tokio::test]
async fn disappears() {
    let cloud = Cloud::start().await;
    let workspace = applied(&cloud, ROLE, "").await;
    cloud.remove_role(ACCOUNT, ROLE).await;
    cloud.outlive_lag().await;
    workspace.run(&["plan"]).await.expect_success().says(&["1 to add"]);
    workspace.run(&["apply", "-auto-approve"]).await.expect_success().says(&["1 added"]);
    cloud.remove_role(ACCOUNT, ROLE).await;
    let destroy = workspace.run(&["destroy", "-auto-approve", "-refresh=false"]);
    cloud.outliving_lag(1, destroy).await.expect_success();
}

#[tokio::test]
async fn replace() {
    let cloud = Cloud::start().await;
    cloud.end_subscription(ACCOUNT).await;
    let workspace = applied(&cloud, ROLE, "").await;
    let before = workspace.attributes(ADDRESS).await;
    workspace
        .run(&["apply", "-auto-approve", "-replace", ADDRESS])
        .await
        .expect_success()
        .says(&["1 destroyed"]);
    let after = workspace.attributes(ADDRESS).await;
    assert_ne!(before["role_id"], after["role_id"]);

    workspace.configure(&role_and_another(ESA, ""));
    workspace
        .run(&["apply", "-auto-approve"])
        .await
        .expect_success()
        .says(&["1 added, 0 changed, 1 destroyed"]);
    cloud.expect_roles(ACCOUNT, &[ESA]).await;

    workspace.run(&["taint", ADDRESS]).await.expect_success();
    workspace
        .run(&["apply", "-auto-approve"])
        .await
        .expect_success()
        .says(&["1 destroyed", "is already in state"]);
    cloud.expect_roles(ACCOUNT, &[ESA]).await;
}

#[tokio::test]
async fn replace_refused_while_subscription_is_active() {
    let cloud = Cloud::start().await;
    let workspace = applied(&cloud, ROLE, "").await;
    let refused = workspace.run(&["plan", "-replace", ADDRESS]).await.expect_failure();
    refused.says(&["MSS subscription is active"]);
    workspace.configure(&role_and_another(ESA, ""));
    workspace.run(&["plan"]).await.expect_failure().says(&["MSS subscription is active", ROLE]);
    cloud.expect_roles(ACCOUNT, &[ROLE]).await;
}

#[tokio::test]
async fn prevent() {
    let cloud = Cloud::start().await;
    cloud.end_subscription(ACCOUNT).await;
    let workspace = applied(&cloud, ROLE, "deletion_policy = \"prevent\"").await;
    let refused = workspace.run(&["destroy", "-auto-approve"]).await.expect_failure();
    refused.says(&["Destroying the role is prevented", "deletion_policy = \"delete\""]);
    assert_eq!(workspace.state_list().await.len(), 2, "nothing at all is destroyed");
    workspace.configure(&role_and_another(ROLE, ""));
    workspace.run(&["apply", "-auto-approve"]).await.expect_success().says(&["1 changed"]);
    workspace.run(&["destroy", "-auto-approve"]).await.expect_success();
    cloud.expect_roles(ACCOUNT, &[]).await;
}

#[tokio::test]
async fn answer_lost() {
    for kind in ["drop_after", "drop_before"] {
        let cloud = Cloud::start().await;
        cloud.fault(json!({ "action": "CreateServiceLinkedRole", "kind": kind })).await;
        let workspace = applied(&cloud, ROLE, "").await;
        cloud.expect_roles(ACCOUNT, &[ROLE]).await;
        assert_eq!(workspace.attributes(ADDRESS).await["id"], ID, "{kind}");
        workspace.expect_no_changes().await;
    }
}

#[tokio::test]
async fn stays_invisible() {
    let cloud = Cloud::start().await;
    cloud.fault(json!({ "kind": "hide_role", "seconds": 3600 })).await;
    let workspace = Workspace::new(&cloud, &role_and_another(ROLE, "timeouts = { create = \"2s\" }"));
    let invisible = workspace.run(&["apply", "-auto-approve"]).await.expect_failure();
    invisible.says(&["Created role stays invisible", &format!("id = \"{ID}\""), "is not in state"]);
    assert!(!workspace.state_list().await.contains(&ADDRESS.to_owned()));
    // RAM shows it at last; what the text offers, pasted.
    cloud.clear_faults().await;
    workspace.run(&["import", ADDRESS, ID]).await.expect_success();
    let adjusted = workspace.run(&["apply", "-auto-approve"]).await.expect_success();
    adjusted.says(&["0 added, 1 changed, 0 destroyed"]);
    workspace.expect_no_changes().await;
}

#[tokio::test]
async fn deletion_task_states() {
    for (fault, facts) in [
        (
            json!({ "status": "FAILED", "usages": [{ "region": "cn-x", "resources": ["acs:a"] }] }),
            ["still in use", "Region cn-x: acs:a"],
        ),
        (json!({ "status": "INTERNAL_ERROR" }), ["failed inside Alibaba Cloud", "INTERNAL_ERROR"]),
        (json!({ "status": "IN_PROGRESS", "count": 0 }), ["timed out", "IN_PROGRESS"]),
    ] {
        let cloud = Cloud::start().await;
        cloud.end_subscription(ACCOUNT).await;
        let workspace = applied(&cloud, ROLE, "timeouts = { delete = \"2s\" }").await;
        let mut fault = fault;
        fault["kind"] = "task_status".into();
        cloud.fault(fault).await;
        workspace.run(&["destroy", "-auto-approve"]).await.expect_failure().says(&facts);
        assert!(workspace.state_list().await.contains(&ADDRESS.to_owned()), "{facts:?}");
        cloud.expect_roles(ACCOUNT, &[ROLE]).await;
        cloud.clear_faults().await;
        cloud.outlive_lag().await;
        workspace.run(&["destroy", "-auto-approve"]).await.expect_success();
        cloud.expect_roles(ACCOUNT, &[]).await;
    }
}

#[tokio::test]
async fn deletion_starts_late() {
    let cloud = Cloud::start().await;
    cloud.end_subscription(ACCOUNT).await;
    let workspace = applied(&cloud, ROLE, "").await;
    cloud.fault(json!({ "kind": "task_status", "status": "NOT_STARTED", "count": 2 })).await;
    workspace.run(&["destroy", "-auto-approve"]).await.expect_success();
    cloud.expect_roles(ACCOUNT, &[]).await;
}

#[tokio::test]
async fn interrupt_create() {
    let cloud = Cloud::start().await;
    let workspace = Workspace::new(&cloud, &role_and_another(ROLE, ""));
    cloud.fault(json!({ "kind": "hide_role", "count": 0 })).await;
    let arguments = ["apply", "-auto-approve"];
    let apply = workspace.spawn(&arguments);
    cloud.wait_for_call("CreateServiceLinkedRole").await;
    let interrupted = std::time::Instant::now();
    interrupt(&apply).await;
    let run = workspace.ended(apply, &arguments).await.expect_failure();
    assert!(interrupted.elapsed() < Duration::from_secs(5), "{:?}", interrupted.elapsed());
    run.says(&["Interrupt received"]);
    cloud.expect_roles(ACCOUNT, &[ROLE]).await;
    assert_eq!(workspace.attributes(ADDRESS).await["id"], ID, "the state is true");
    cloud.clear_faults().await;
    workspace.run(&["plan", "-target", ADDRESS, "-detailed-exitcode"]).await.expect_success();
}

#[tokio::test]
async fn interrupt_delete() {
    let cloud = Cloud::start().await;
    cloud.end_subscription(ACCOUNT).await;
    let workspace = applied(&cloud, ROLE, "").await;
    cloud.fault(json!({ "kind": "task_status", "status": "IN_PROGRESS", "count": 0 })).await;
    let arguments = ["destroy", "-auto-approve"];
    let destroy = workspace.spawn(&arguments);
    cloud.wait_for_call("GetServiceLinkedRoleDeletionStatus").await;
    let interrupted = std::time::Instant::now();
    interrupt(&destroy).await;
    let run = workspace.ended(destroy, &arguments).await.expect_failure();
    assert!(interrupted.elapsed() < Duration::from_secs(5), "{:?}", interrupted.elapsed());
    run.says(&["Deleting the role was interrupted", "continues in Alibaba Cloud"]);
    assert_eq!(workspace.attributes(ADDRESS).await["id"], ID, "the state is true");
    cloud.clear_faults().await;
    cloud.outlive_lag().await;
    workspace.run(&arguments).await.expect_success();
    cloud.expect_roles(ACCOUNT, &[]).await;
}

#[tokio::test]
async fn bad_input() {
    let cloud = Cloud::start().await;
    let workspace = Workspace::new(&cloud, "");
    for (configuration, facts) in [
        (
            role_and_another("AliyunServiceRoleForMsp", ""),
            ["Did you mean", "role_name = \"AliyunServiceRoleForMsp\""],
        ),
        (role_and_another(ROLE, "timeouts = { read = \"5\" }"), ["Malformed duration", "timeouts.read"]),
        (
            role_and_another(ROLE, "deletion_policy = \"x\""),
            ["Unknown deletion policy", "deletion_policy = \"x\""],
        ),
        (
            "provider \"mss\" {\n  max_retries = -1\n}".to_owned() + &role_and_another(ROLE, ""),
            ["max_retries = -1", "0 to 100"],
        ),
        (
            "provider \"mss\" {\n  endpoints = { ram = \"ftp://x\" }\n}".to_owned()
                + &role_and_another(ROLE, ""),
            ["Malformed endpoint", "endpoints.ram"],
        ),
    ] {
        workspace.configure(&configuration);
        workspace.run(&["validate"]).await.expect_failure().says(&facts);
    }
}

#[tokio::test]
async fn wrong_account() {
    let cloud = Cloud::start().await;
    let provider = "provider \"mss\" {\n  allowed_account_ids = [\"9999999999999999\"]\n}\n";
    let workspace = Workspace::new(&cloud, &(provider.to_owned() + &role_and_another(ROLE, "")));
    let plan = workspace.run(&["plan"]).await.expect_failure();
    plan.says(&["Account is not allowed", ACCOUNT, "allowed_account_ids = [\"9999999999999999\"]"]);
}

#[tokio::test]
async fn no_credentials() {
    let cloud = Cloud::start().await;
    let mut workspace = Workspace::new(&cloud, &role_and_another(ROLE, ""));
    workspace.set("ALIBABA_CLOUD_ACCESS_KEY_ID", "");
    workspace.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "");
    workspace.set("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true");
    workspace.run(&["validate"]).await.expect_success();
    let plan = workspace.run(&["plan"]).await.expect_failure();
    plan.says(&["No credentials", "ALIBABA_CLOUD_ACCESS_KEY_ID", "access_key"]);
}

#[tokio::test]
async fn member_account() {
    let cloud = Cloud::start().await;
    let member = "2222222222222222";
    let workspace = applied(&cloud, RANSOMWARE, &format!("account_id = \"{member}\"")).await;
    cloud.expect_roles(ACCOUNT, &[]).await;
    assert_eq!(cloud.role_names(member).await, [RANSOMWARE]);
    assert_eq!(workspace.attributes(ADDRESS).await["id"], format!("{member}:{RANSOMWARE}"));
    workspace.expect_no_changes().await;
    cloud.end_subscription(member).await;
    workspace.run(&["destroy", "-auto-approve"]).await.expect_success();
    assert_eq!(cloud.role_names(member).await, Vec::<String>::new());
}
