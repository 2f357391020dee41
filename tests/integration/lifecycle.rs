//! The life of a role over gRPC, as Terraform drives it, against the emulator: plan, apply, read,
//! import, destroy, and what each fault of the cloud makes of them.

use serde_json::{Value as Json, json};

use crate::support::{
    cloud::Cloud,
    names::{ACCOUNT, MEMBER, RANSOMWARE, ROLE},
    resource::{Applied, Provider},
    rpc::tfplugin6 as wire,
};

/// A configuration with short time-outs, so that a wait that should end by itself fails soon if it
/// does not.
fn config(role_name: &str) -> Json {
    json!({ "role_name": role_name, "timeouts": { "create": "3s", "read": "3s", "delete": "3s" } })
}

fn with(mut config: Json, attribute: &str, value: impl Into<Json>) -> Json {
    config[attribute] = value.into();
    config
}

/// Everything that an error text must name.
fn assert_says(applied: &Applied, summary: &str, facts: &[&str]) {
    let found = applied.diagnostics.iter().find(|diagnostic| diagnostic.summary == summary);
    let Some(found) = found else { panic!("no {summary:?} in {:#?}", applied.diagnostics) };
    for fact in facts {
        assert!(found.detail.contains(fact), "{fact:?} is not in: {}", found.detail);
    }
}

#[tokio::test]
async fn basic() {
    let cloud = Cloud::start().await;
    cloud.end_subscription(ACCOUNT).await;
    let provider = Provider::start(&cloud).await;

    let plan = provider.plan(&Json::Null, &config(ROLE)).await.expect_success();
    assert_eq!(plan.planned["policy_name"], "AliyunServiceRolePolicyForMssp");
    assert_eq!(plan.planned["service_name"], "mssp.aliyuncs.com");
    assert_eq!(plan.planned["adopted"], false);
    assert_eq!(plan.planned["deletion_policy"], "delete");
    assert_eq!(plan.planned["account_id"], ACCOUNT);
    assert_eq!(plan.planned["id"], format!("{ACCOUNT}:{ROLE}"));
    assert_eq!(plan.planned["arn"], format!("acs:ram::{ACCOUNT}:role/{}", ROLE.to_lowercase()));
    assert_eq!(plan.planned["role_principal_name"], format!("{ROLE}@role.{ACCOUNT}.onaliyunservice.com"));
    assert!(plan.is_unknown("role_id") && plan.is_unknown("create_date"));

    let state = provider.create(&config(ROLE)).await.expect_success();
    cloud.expect_roles(ACCOUNT, &[ROLE]).await;
    assert_eq!(state["id"], format!("{ACCOUNT}:{ROLE}"));
    assert_eq!(state["account_id"], ACCOUNT);
    assert_eq!(state["arn"], format!("acs:ram::{ACCOUNT}:role/{}", ROLE.to_lowercase()));

    assert_eq!(provider.read(&state).await.expect_success(), state);
    let again = provider.plan(&state, &config(ROLE)).await.expect_success();
    assert_eq!(again.planned, state, "a second plan shows no change");

    let gone = provider.destroy(&state).await.expect_success();
    assert_eq!(gone, Json::Null);
    cloud.expect_roles(ACCOUNT, &[]).await;
}

#[tokio::test]
async fn disappears() {
    let cloud = Cloud::start().await;
    let provider = Provider::start(&cloud).await;
    let state = provider.create(&config(ROLE)).await.expect_success();
    cloud.remove_role(ACCOUNT, ROLE).await;
    cloud.outlive_lag().await;
    assert_eq!(provider.read(&state).await.expect_success(), Json::Null);
    let destroyed = cloud.outliving_lag(1, provider.destroy(&state)).await;
    assert_eq!(destroyed.expect_success(), Json::Null, "a role that is gone is never blocked");
}

#[tokio::test]
async fn exists_already() {
    let cloud = Cloud::start().await;
    cloud.add_role(ACCOUNT, ROLE).await;
    let provider = Provider::start(&cloud).await;
    let plan = provider.plan(&Json::Null, &config(ROLE)).await;
    plan.expect_error("Service-linked role already exists", &[&format!("id = \"{ACCOUNT}:{ROLE}\"")]);
    let applied = provider.create_without_plan(&config(ROLE)).await;
    assert_says(&applied, "Service-linked role already exists", &["was not changed"]);
    assert_eq!(applied.state, Json::Null);
    cloud.expect_roles(ACCOUNT, &[ROLE]).await;
}

#[tokio::test]
async fn look_up_denied() {
    let cloud = Cloud::start().await;
    cloud.fault(json!({ "action": "GetRole", "kind": "deny", "count": 1 })).await;
    let provider = Provider::start(&cloud).await;
    let plan = provider.plan(&Json::Null, &config(ROLE)).await;
    plan.expect_warning("Service-linked role could not be looked up", &["ram:GetRole"]);
}

#[tokio::test]
async fn adopt() {
    let cloud = Cloud::start().await;
    cloud.add_role(ACCOUNT, ROLE).await;
    let provider = Provider::start(&cloud).await;
    let config = with(config(ROLE), "adopt_existing", true);
    let plan = provider.plan(&Json::Null, &config).await.expect_success();
    let role = cloud.role(ACCOUNT, ROLE).await;
    assert_eq!(plan.planned["role_id"], role["role_id"], "what is adopted is shown in full");
    assert_eq!(
        (&plan.planned["adopted"], &plan.planned["deletion_policy"]),
        (&json!(true), &json!("abandon"))
    );
    let state = provider.apply(&Json::Null, &plan).await.expect_success();
    assert_eq!(state, plan.planned);
    assert!(!cloud.called("CreateServiceLinkedRole").await);

    let destroyed = provider.destroy(&state).await;
    assert_says(&destroyed, "Service-linked role was abandoned", &[ROLE, "still exists"]);
    assert_eq!(destroyed.expect_success(), Json::Null);
    cloud.expect_roles(ACCOUNT, &[ROLE]).await;
}

#[tokio::test]
async fn adopt_creates_what_is_missing() {
    let cloud = Cloud::start().await;
    let provider = Provider::start(&cloud).await;
    let state = provider.create(&with(config(ROLE), "adopt_existing", true)).await.expect_success();
    assert_eq!((&state["adopted"], &state["deletion_policy"]), (&json!(false), &json!("delete")));
}

#[tokio::test]
async fn destroy_refused_while_subscription_is_active() {
    let cloud = Cloud::start().await;
    let provider = Provider::start(&cloud).await;
    let state = provider.create(&config(ROLE)).await.expect_success();

    let facts = [
        ROLE,
        ACCOUNT,
        "mdrgaoji",
        "The role was not changed",
        "Wait until",
        "\"abandon\"",
        "terraform state rm 'ADDRESS'",
    ];
    provider.plan_destroy(&state).await.expect_error("MSS subscription is active", &facts);
    provider.begin_run().await;
    let destroyed = provider.destroy(&state).await;
    assert_says(&destroyed, "MSS subscription is active", &facts);
    assert_eq!(destroyed.state, state, "the prior state is unchanged");
    assert!(!cloud.called("DeleteServiceLinkedRole").await);
    cloud.expect_roles(ACCOUNT, &[ROLE]).await;
}

#[tokio::test]
async fn destroy_refused_by_ram() {
    let cloud = Cloud::start().await;
    let provider = Provider::start(&cloud).await;
    let state = provider.create(&config(RANSOMWARE)).await.expect_success();
    provider.plan_destroy(&state).await.expect_success();
    let destroyed = provider.destroy(&state).await;
    assert_says(
        &destroyed,
        "Service-linked role is still in use",
        &[RANSOMWARE, "deletion task FAILED", "Region global", "request ID", "Subscription: instance"],
    );
    assert_eq!(destroyed.state, state);
    cloud.expect_roles(ACCOUNT, &[RANSOMWARE]).await;
}

#[tokio::test]
async fn subscription_unreadable() {
    let cloud = Cloud::start().await;
    cloud.end_subscription(ACCOUNT).await;
    let provider = Provider::start(&cloud).await;
    let state = provider.create(&config(ROLE)).await.expect_success();
    cloud.fault(json!({ "action": "GetUserStatus", "kind": "deny", "count": 0 })).await;
    let destroyed = provider.destroy(&state).await;
    assert_says(&destroyed, "MSS subscription could not be checked", &["yundun-mss:GetUserStatus"]);
    assert_eq!(destroyed.expect_success(), Json::Null);
    cloud.expect_roles(ACCOUNT, &[]).await;
}

#[tokio::test]
async fn subscription_answer_without_success() {
    let cloud = Cloud::start().await;
    cloud.end_subscription(ACCOUNT).await;
    let provider = Provider::start(&cloud).await;
    let state = provider.create(&config(ROLE)).await.expect_success();
    cloud.fault(json!({ "action": "GetUserStatus", "kind": "success_false", "count": 0 })).await;
    let destroyed = provider.destroy(&state).await;
    assert_says(&destroyed, "MSS subscription could not be checked", &["Alibaba Cloud itself will refuse"]);
    assert_eq!(destroyed.expect_success(), Json::Null);
}

#[tokio::test]
async fn prevent() {
    let cloud = Cloud::start().await;
    cloud.end_subscription(ACCOUNT).await;
    let provider = Provider::start(&cloud).await;
    let state = provider.create(&with(config(ROLE), "deletion_policy", "prevent")).await.expect_success();
    provider
        .plan_destroy(&state)
        .await
        .expect_error("Destroying the role is prevented", &["`deletion_policy`"]);
    let destroyed = provider.destroy(&state).await;
    assert_says(&destroyed, "Destroying the role is prevented", &["The role was not changed"]);
    assert_eq!(destroyed.state, state);
    cloud.expect_roles(ACCOUNT, &[ROLE]).await;
}

#[tokio::test]
async fn update_in_place() {
    let cloud = Cloud::start().await;
    let provider = Provider::start(&cloud).await;
    let state = provider.create(&config(ROLE)).await.expect_success();
    let calls = cloud.call_count().await;

    let config =
        with(with(config(ROLE), "deletion_policy", "abandon"), "timeouts", json!({ "delete": "30s" }));
    let plan = provider.plan(&state, &config).await.expect_success();
    assert_eq!(plan.requires_replace, Vec::<String>::new());
    let updated = provider.apply(&state, &plan).await.expect_success();
    assert_eq!(updated["deletion_policy"], "abandon");
    assert_eq!(updated["timeouts"]["delete"], "30s");
    assert_eq!(updated["arn"], state["arn"]);
    assert_eq!(cloud.call_count().await, calls, "no cloud call");

    let back = provider.plan(&updated, &self::config(ROLE)).await.expect_success();
    assert_eq!(back.planned["deletion_policy"], "delete", "removed from configuration: the default again");
}

#[tokio::test]
async fn replace() {
    let cloud = Cloud::start().await;
    cloud.end_subscription(ACCOUNT).await;
    let provider = Provider::start(&cloud).await;
    let state = provider.create(&config(ROLE)).await.expect_success();

    let other = provider.plan(&state, &config(RANSOMWARE)).await.expect_success();
    assert_eq!(other.requires_replace, ["role_name"]);

    // `-replace`: the same role, planned with its state and then without.
    let first = provider.plan(&state, &config(ROLE)).await.expect_success();
    let second = provider.plan_second_half(&first, &config(ROLE)).await;
    second.expect_warning("Replacement keeps the role's name", &["create_before_destroy"]);
    assert!(second.is_unknown("role_id"), "the look-up does not take the replaced role for another's");

    cloud.renew_subscription(ACCOUNT).await;
    let first = provider.plan(&state, &config(ROLE)).await.expect_success();
    let refused = provider.plan_second_half(&first, &config(ROLE)).await;
    refused.expect_error("MSS subscription is active", &[ROLE]);
}

#[tokio::test]
async fn replacing_an_abandoned_role_cannot_work() {
    let cloud = Cloud::start().await;
    let provider = Provider::start(&cloud).await;
    let config = with(config(ROLE), "deletion_policy", "abandon");
    let state = provider.create(&config).await.expect_success();
    let first = provider.plan(&state, &config).await.expect_success();
    let second = provider.plan_second_half(&first, &config).await;
    second.expect_error("Abandoned role cannot be replaced", &[ROLE, "-replace"]);
}

#[tokio::test]
async fn tainted_role_is_in_state_already() {
    let cloud = Cloud::start().await;
    cloud.end_subscription(ACCOUNT).await;
    let provider = Provider::start(&cloud).await;
    let state = provider.create(&config(ROLE)).await.expect_success();
    provider.begin_run().await;
    provider.upgrade(&state).await;
    let plan = provider.plan_once(&Json::Null, &config(ROLE)).await;
    plan.expect_warning(
        "Service-linked role is already in state",
        &["tainted", "terraform untaint 'ADDRESS'", "`moved`", "terraform import 'ADDRESS'"],
    );
}

#[tokio::test]
async fn import() {
    let cloud = Cloud::start().await;
    cloud.add_role(ACCOUNT, ROLE).await;
    let provider = Provider::start(&cloud).await;
    for id in [ROLE.to_owned(), format!("{ACCOUNT}:{ROLE}"), format!("mssp.aliyuncs.com:{ROLE}")] {
        let state = provider.import(&id).await.expect_success();
        assert_eq!(state["id"], format!("{ACCOUNT}:{ROLE}"), "{id}");
        let minimal = json!({ "role_name": ROLE });
        let plan = provider.plan(&state, &minimal).await.expect_success();
        assert_eq!((plan.planned, plan.requires_replace.len()), (state, 0), "{id} plans no change");
    }
    let malformed = provider.import("aliyunserviceroleformssp").await;
    assert_says(&malformed, "Malformed import ID", &["Did you mean `AliyunServiceRoleForMssp`?"]);
}

#[tokio::test]
async fn answer_lost() {
    let cloud = Cloud::start().await;
    cloud.fault(json!({ "action": "CreateServiceLinkedRole", "kind": "drop_after" })).await;
    let provider = Provider::start(&cloud).await;
    let state = provider.create(&config(ROLE)).await.expect_success();
    assert_eq!(state["adopted"], false);
    cloud.expect_roles(ACCOUNT, &[ROLE]).await;
}

#[tokio::test]
async fn answer_lost_and_reads_lag() {
    let cloud = Cloud::start().await;
    cloud.fault(json!({ "action": "CreateServiceLinkedRole", "kind": "drop_after" })).await;
    // Hidden from the look-up that settles the first answer and from one that follows.
    let provider = Provider::start(&cloud).await;
    let plan = provider.plan(&Json::Null, &config(ROLE)).await.expect_success();
    cloud.fault(json!({ "action": "GetRole", "kind": "hide_role", "count": 2 })).await;
    let state = provider.apply(&Json::Null, &plan).await.expect_success();
    assert_eq!(state["id"], format!("{ACCOUNT}:{ROLE}"));
    cloud.expect_roles(ACCOUNT, &[ROLE]).await;
}

#[tokio::test]
async fn request_lost() {
    let cloud = Cloud::start().await;
    cloud.fault(json!({ "action": "CreateServiceLinkedRole", "kind": "drop_before" })).await;
    let provider = Provider::start(&cloud).await;
    provider.create(&config(ROLE)).await.expect_success();
    cloud.expect_roles(ACCOUNT, &[ROLE]).await;
}

#[tokio::test]
async fn another_creates_it_first() {
    let cloud = Cloud::start().await;
    let provider = Provider::start(&cloud).await;
    let plan = provider.plan(&Json::Null, &config(ROLE)).await.expect_success();
    cloud.add_old_role(ACCOUNT, ROLE).await;
    let applied = provider.apply(&Json::Null, &plan).await;
    assert_says(&applied, "Service-linked role already exists", &["import"]);
    assert_eq!(applied.state, Json::Null, "a role that was there before is never taken for ours");
}

#[tokio::test]
async fn stays_invisible() {
    let cloud = Cloud::start().await;
    let provider = Provider::start(&cloud).await;
    let plan = provider.plan(&Json::Null, &config(ROLE)).await.expect_success();
    cloud.fault(json!({ "action": "GetRole", "kind": "hide_role", "count": 0 })).await;
    let applied = provider.apply(&Json::Null, &plan).await;
    let import = format!("id = \"{ACCOUNT}:{ROLE}\"");
    assert_says(&applied, "Created role stays invisible", &[&import, "DeleteServiceLinkedRole"]);
    assert_eq!(applied.state, Json::Null);
}

#[tokio::test]
async fn unknown_service() {
    let cloud = Cloud::start().await;
    let provider = Provider::start(&cloud).await;
    let unknown = with(config(ROLE), "service_name", "nothing.aliyuncs.com");
    let facts = ["nothing.aliyuncs.com", "Nothing was created"];
    provider.plan(&Json::Null, &unknown).await.expect_error("Unknown service name", &facts);
    assert_says(&provider.create_without_plan(&unknown).await, "Unknown service name", &facts);

    let of_another = with(config(ROLE), "service_name", "esa.mssp.aliyuncs.com");
    let plan = provider.plan(&Json::Null, &of_another).await;
    plan.expect_error("Service name belongs to another role", &["AliyunServiceRoleForESAMssp"]);
    cloud.expect_roles(ACCOUNT, &[]).await;
}

/// The apply would destroy the role, and then refuse to create it for the new service.
#[tokio::test]
async fn replaced_for_an_unknown_service() {
    let cloud = Cloud::start().await;
    cloud.end_subscription(ACCOUNT).await;
    let provider = Provider::start(&cloud).await;
    let state = provider.create(&config(ROLE)).await.expect_success();
    let unknown = with(config(ROLE), "service_name", "nothing.aliyuncs.com");
    let first = provider.plan(&state, &unknown).await;
    assert_eq!(first.requires_replace, ["service_name"]);
    let second = provider.plan_second_half(&first, &unknown).await;
    second.expect_error("Unknown service name", &["nothing.aliyuncs.com"]);
}

#[tokio::test]
async fn template_denied() {
    let cloud = Cloud::start().await;
    cloud.fault(json!({ "action": "GetServiceLinkedRoleTemplate", "kind": "deny", "count": 0 })).await;
    let provider = Provider::start(&cloud).await;
    provider.create(&config(ROLE)).await.expect_success();
}

#[tokio::test]
async fn create_denied() {
    let cloud = Cloud::start().await;
    cloud.fault(json!({ "action": "CreateServiceLinkedRole", "kind": "deny", "count": 0 })).await;
    let provider = Provider::start(&cloud).await;
    let applied = provider.create(&config(ROLE)).await;
    assert_says(
        &applied,
        "Service-linked role was not created",
        &[ROLE, "NoPermission", "request ID", "Allow the action `ram:CreateServiceLinkedRole`"],
    );
    assert_eq!(applied.state, Json::Null);
}

#[tokio::test]
async fn read_failures_never_mean_gone() {
    let cloud = Cloud::start().await;
    let provider = Provider::start(&cloud).await;
    let state = provider.create(&config(ROLE)).await.expect_success();
    for fault in [
        json!({ "kind": "status", "http_status": 404, "code": "InvalidAccessKeyId.NotFound", "message": "gone" }),
        json!({ "kind": "status", "http_status": 404, "code": "EntityNotExist.User", "message": "gone" }),
        json!({ "kind": "garbage" }),
        json!({ "kind": "truncate" }),
        json!({ "kind": "deny" }),
        json!({ "kind": "drop_before" }),
    ] {
        cloud.clear_faults().await;
        let kind = fault.clone();
        cloud.fault(with(with(fault, "action", "GetRole"), "count", 0)).await;
        let read = provider.read(&state).await;
        assert!(read.has_error(), "{kind}");
        assert_eq!(read.state, state, "{kind}: the state is unchanged");
    }
}

#[tokio::test]
async fn deletion_task_states() {
    let failed = json!({ "kind": "task_status", "status": "FAILED",
        "usages": [{ "region": "cn-shanghai", "resources": ["acs:yundun-mss::1:instance/x"] }] });
    for (fault, summary, facts) in [
        (
            failed,
            "Service-linked role is still in use",
            vec!["cn-shanghai", "acs:yundun-mss::1:instance/x", "FAILED"],
        ),
        (
            json!({ "kind": "task_status", "status": "INTERNAL_ERROR" }),
            "Deletion task failed inside Alibaba Cloud",
            vec!["INTERNAL_ERROR", "task ID task/acs-service-role/"],
        ),
        (
            json!({ "kind": "task_status", "status": "IN_PROGRESS" }),
            "Deleting the role timed out",
            vec!["IN_PROGRESS", "3s", "task ID"],
        ),
        (
            json!({ "kind": "purge_task" }),
            "Deleting the role timed out",
            vec!["no longer knows the deletion task", "task ID"],
        ),
        // Done, says the task, but RAM still shows the role: that is not success.
        (
            json!({ "kind": "task_status", "status": "SUCCEEDED" }),
            "Deleting the role timed out",
            vec!["has SUCCEEDED", "has not shown that the role is gone"],
        ),
    ] {
        let cloud = Cloud::start().await;
        cloud.end_subscription(ACCOUNT).await;
        let provider = Provider::start(&cloud).await;
        let state = provider.create(&config(ROLE)).await.expect_success();
        cloud.fault(with(with(fault, "action", "GetServiceLinkedRoleDeletionStatus"), "count", 0)).await;
        let destroyed = provider.destroy(&state).await;
        assert_says(&destroyed, summary, &facts);
        assert_eq!(destroyed.state, state, "{summary}: the prior state is unchanged");
        cloud.expect_roles(ACCOUNT, &[ROLE]).await;
    }
}

#[tokio::test]
async fn deletion_starts_late() {
    let cloud = Cloud::start().await;
    cloud.end_subscription(ACCOUNT).await;
    let provider = Provider::start(&cloud).await;
    let state = provider.create(&config(ROLE)).await.expect_success();
    let action = "GetServiceLinkedRoleDeletionStatus";
    cloud
        .fault(json!({ "action": action, "kind": "task_status", "status": "NOT_STARTED", "count": 2 }))
        .await;
    assert_eq!(provider.destroy(&state).await.expect_success(), Json::Null);
    cloud.expect_roles(ACCOUNT, &[]).await;
}

#[tokio::test]
async fn deletion_answer_lost() {
    for kind in ["drop_before", "drop_after"] {
        let cloud = Cloud::start().await;
        cloud.end_subscription(ACCOUNT).await;
        let provider = Provider::start(&cloud).await;
        let state = provider.create(&config(ROLE)).await.expect_success();
        cloud.fault(json!({ "action": "DeleteServiceLinkedRole", "kind": kind })).await;
        assert_eq!(provider.destroy(&state).await.expect_success(), Json::Null, "{kind}");
        cloud.expect_roles(ACCOUNT, &[]).await;
    }
}

#[tokio::test]
async fn interrupted() {
    let cloud = Cloud::start().await;
    cloud.end_subscription(ACCOUNT).await;
    let provider = Provider::start(&cloud).await;

    let config = json!({ "role_name": ROLE });
    let plan = provider.plan(&Json::Null, &config).await.expect_success();
    cloud.fault(json!({ "action": "GetRole", "kind": "hide_role", "count": 0 })).await;
    let seen = cloud.call_count().await;
    let (applied, ()) = tokio::join!(provider.apply(&Json::Null, &plan), async {
        // Template, create, and one look that does not find the role.
        cloud.wait_for_calls(seen + 3).await;
        provider.stop().await;
    });
    assert_says(&applied, "Created role was not read back", &[ROLE, "is in state"]);
    let state = applied.expect_success();
    assert_eq!(state["id"], format!("{ACCOUNT}:{ROLE}"), "the state is true");
    cloud.expect_roles(ACCOUNT, &[ROLE]).await;

    cloud.clear_faults().await;
    provider.configure().await;
    let action = "GetServiceLinkedRoleDeletionStatus";
    cloud
        .fault(json!({ "action": action, "kind": "task_status", "status": "IN_PROGRESS", "count": 0 }))
        .await;
    let (destroyed, ()) = tokio::join!(provider.destroy(&state), async {
        cloud.wait_for_call(action).await;
        provider.stop().await;
    });
    assert_says(
        &destroyed,
        "Deleting the role was interrupted",
        &["IN_PROGRESS", "continues in Alibaba Cloud"],
    );
    assert_eq!(destroyed.state, state);
}

#[tokio::test]
async fn bad_input_is_told_at_its_attribute() {
    let cloud = Cloud::start().await;
    let provider = Provider::start(&cloud).await;
    for (config, path, summary) in [
        (json!({ "role_name": "AliyunServiceRoleForMsp" }), "role_name", "Unknown service-linked role"),
        (json!({}), "role_name", "Missing required attribute"),
        (with(config(ROLE), "service_name", "mssp"), "service_name", "Malformed service name"),
        (with(config(ROLE), "account_id", "me"), "account_id", "Malformed account ID"),
        (with(config(ROLE), "deletion_policy", "keep"), "deletion_policy", "Unknown deletion policy"),
        (
            with(config(ROLE), "timeouts", json!({ "delete": "5 min" })),
            "timeouts.delete",
            "Malformed duration",
        ),
    ] {
        let found = provider.validate(&config).await;
        let told: Vec<_> = found.iter().map(|found| (found.path.as_str(), found.summary.as_str())).collect();
        assert_eq!(told, [(path, summary)]);
    }
    for (config, path, summary) in [
        (json!({ "max_retries": -1 }), "max_retries", "Number out of range"),
        (json!({ "client_read_timeout": 0 }), "client_read_timeout", "Number out of range"),
        (json!({ "region": "Shanghai" }), "region", "Malformed region"),
        (json!({ "endpoints": { "ram": "ftp://ram" } }), "endpoints.ram", "Malformed endpoint"),
    ] {
        let found = provider.validate_provider(&config).await;
        let told: Vec<_> = found.iter().map(|found| (found.path.as_str(), found.summary.as_str())).collect();
        assert_eq!(told, [(path, summary)]);
    }
    assert!(provider.validate(&json!({ "role_name": "unknown!" })).await.is_empty());
}

/// Each run is a process of its own in life: it asks once whose the credentials are.
#[tokio::test]
async fn calls_are_few() {
    let cloud = Cloud::start().await;
    cloud.end_subscription(ACCOUNT).await;
    let provider = Provider::start(&cloud).await;
    let mut so_far = 0;
    let mut called = async || {
        let actions = cloud.actions().await.split_off(so_far);
        so_far += actions.len();
        actions
    };
    for adopt_existing in [false, true] {
        let config = with(config(ROLE), "adopt_existing", adopt_existing);
        let plan = provider.plan(&Json::Null, &config).await.expect_success();
        assert_eq!(called().await, ["GetCallerIdentity", "GetRole", "GetCallerIdentity", "GetRole"]);
        let state = provider.apply(&Json::Null, &plan).await.expect_success();
        assert_eq!(called().await, ["GetServiceLinkedRoleTemplate", "CreateServiceLinkedRole", "GetRole"]);
        provider.begin_run().await;
        provider.read(&state).await.expect_success();
        assert_eq!(called().await, ["GetCallerIdentity", "GetRole"]);
        let plan = provider.plan_destroy_once(&state).await.expect_success();
        assert_eq!(called().await, ["GetUserStatus"]);
        provider.begin_run().await;
        let looks = if adopt_existing { 2 } else { 1 };
        if looks > 1 {
            cloud.fault(json!({ "kind": "task_status", "status": "IN_PROGRESS", "count": 1 })).await;
        }
        provider.destroy_as_planned(&state, &plan).await.expect_success();
        let mut expected = vec!["GetCallerIdentity", "GetUserStatus", "GetRole", "DeleteServiceLinkedRole"];
        expected.extend(vec!["GetServiceLinkedRoleDeletionStatus"; looks]);
        expected.push("GetRole");
        assert_eq!(called().await, expected, "{looks} looks at the task");
    }
    cloud.add_role(ACCOUNT, ROLE).await;
    let adopting = with(config(ROLE), "adopt_existing", true);
    let plan = provider.plan(&Json::Null, &adopting).await.expect_success();
    provider.apply(&Json::Null, &plan).await.expect_success();
    assert_eq!(
        called().await,
        ["GetCallerIdentity", "GetRole", "GetCallerIdentity", "GetRole"],
        "an adoption"
    );
}

/// From Terraform 1.16 the plan during apply is told what the plan showed, and says in our words what has changed.
#[tokio::test]
async fn the_plan_during_apply_compares() {
    let cloud = Cloud::start().await;
    cloud.end_subscription(ACCOUNT).await;
    let provider = Provider::start(&cloud).await;
    let adopting = with(config(ROLE), "adopt_existing", true);

    let shown = provider.plan(&Json::Null, &adopting).await.expect_success();
    assert_eq!(provider.plan_during_apply(&shown, &adopting).await.expect_success().planned, shown.planned);
    cloud.add_old_role(ACCOUNT, ROLE).await;
    let found = provider.plan_during_apply(&shown, &adopting).await.expect_success();
    assert_eq!(found.planned, shown.planned, "a create stays one, also with `adopt_existing`");
    let applied = provider.apply(&Json::Null, &found).await;
    assert_says(&applied, "Service-linked role already exists", &["was not changed"]);
    assert_eq!(applied.state, Json::Null);

    let shown = provider.plan(&Json::Null, &adopting).await.expect_success();
    let role_id = shown.planned["role_id"].as_str().unwrap().to_owned();
    cloud.remove_role(ACCOUNT, ROLE).await;
    let missing = provider.plan_during_apply(&shown, &adopting).await;
    missing.expect_error("Role has changed since the plan", &[&role_id, "it does not exist", "Plan again"]);
    cloud.add_old_role(ACCOUNT, ROLE).await;
    let another = provider.plan_during_apply(&shown, &adopting).await;
    another.expect_error("Role has changed since the plan", &[&role_id, "it is another one"]);

    let session = format!("acs:ram::{MEMBER}:role/ResourceDirectoryAccountAccessRole");
    let elsewhere = Provider::start_with(&cloud, &[("ALIBABA_CLOUD_ROLE_ARN", &session)]).await;
    elsewhere.configure_with(&json!({ "assume_role": {} })).await.expect_success();
    let other = elsewhere.plan_during_apply(&shown, &adopting).await;
    other.expect_error("Role has changed since the plan", &[ACCOUNT, MEMBER]);
}

/// For an account and a run one session, and the subscription is asked for once.
#[tokio::test]
async fn calls_of_an_account_are_few() {
    let cloud = Cloud::start().await;
    let provider = Provider::start(&cloud).await;
    let roles = [ROLE, "AliyunServiceRoleForESAMssp"];
    let mut states = Vec::new();
    for role_name in roles {
        let member = with(config(role_name), "account_id", MEMBER);
        let plan = provider.plan_once(&Json::Null, &member).await.expect_success();
        states.push(provider.apply(&Json::Null, &plan).await.expect_success());
    }
    let count = async |action: &str| cloud.actions().await.iter().filter(|called| *called == action).count();
    for action in ["GetCallerIdentity", "AssumeRole"] {
        assert_eq!(count(action).await, 1, "{action}");
    }
    provider.begin_run().await;
    for state in &states {
        provider.plan_destroy_once(state).await.expect_error("MSS subscription is active", &[MEMBER]);
    }
    assert_eq!(count("GetUserStatus").await, 1);
}

#[tokio::test]
async fn allowed_accounts() {
    let cloud = Cloud::start().await;
    let provider = Provider::start(&cloud).await;
    let refused = provider.configure_with(&json!({ "allowed_account_ids": ["9999999999999999"] })).await;
    assert_says(&refused, "Account is not allowed", &[ACCOUNT, "9999999999999999"]);
    assert_eq!(refused.diagnostics[0].path, "allowed_account_ids");
    let allowed = provider.configure_with(&json!({ "allowed_account_ids": [ACCOUNT] })).await;
    allowed.expect_success();
}

#[tokio::test]
async fn configuration_not_known_yet() {
    let cloud = Cloud::start().await;
    let provider = Provider::start(&cloud).await;
    let state = provider.create(&config(ROLE)).await.expect_success();
    provider.configure_with(&json!({ "access_key": "unknown!" })).await.expect_success();
    let read = provider.read(&state).await;
    assert_says(&read, "Service-linked role was not refreshed", &["known only after apply"]);
    assert_eq!(read.expect_success(), state);
    provider.plan(&state, &config(ROLE)).await.expect_success();
    let planned = provider.plan(&Json::Null, &config(RANSOMWARE)).await;
    planned.expect_warning("Service-linked role could not be looked up", &["known only after apply"]);
    let destroyed = provider.plan_destroy(&state).await;
    destroyed.expect_warning("MSS subscription could not be checked", &["known only after apply"]);
}

/// No released Terraform gains from a deferral, and OpenTofu 1.11.0 and 1.11.1 make one an error: nothing is
/// deferred, whatever the client allows.
#[tokio::test]
async fn never_deferred() {
    let cloud = Cloud::start().await;
    let provider = Provider::start(&cloud).await;
    let state = provider.create(&config(ROLE)).await.expect_success();
    provider.configure_with(&json!({ "access_key": "unknown!" })).await.expect_success();
    let calls = cloud.call_count().await;
    for deferral_allowed in [true, false] {
        let capabilities = wire::ClientCapabilities { deferral_allowed, ..Default::default() };
        let (planned, read) = provider.plan_and_read_with(&config(ROLE), &state, capabilities).await;
        assert_eq!((planned.deferred, read.deferred), (None, None));
        assert!(planned.planned_state.is_some() && read.new_state.is_some());
        assert_eq!(read.diagnostics.len(), 1, "the plan continues with what the state says: {read:?}");
        assert_eq!(cloud.call_count().await, calls, "nothing is asked before the configuration is known");
    }
}
