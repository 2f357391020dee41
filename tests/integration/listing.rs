//! `terraform query`: the list resource over gRPC, and under a real Terraform.

use std::time::Instant;

use serde_json::{Value as Json, json};

use crate::support::{
    cloud::Cloud,
    names::{ACCOUNT, ESA, MEMBER, ROLE},
    resource::Provider,
    terraform::{NEWEST, Terraform},
    workspace::Workspace,
};

#[tokio::test]
async fn finds_what_exists() {
    let cloud = Cloud::start().await;
    cloud.add_role(ACCOUNT, ROLE).await;
    cloud.add_role(MEMBER, ROLE).await;
    cloud.add_role(MEMBER, ESA).await;
    cloud.add_role(MEMBER, "AliyunServiceRoleForOns").await;
    let provider = Provider::start(&cloud).await;
    let own = provider.list(&json!({}), false, 100).await;
    assert_eq!(own.found.len(), 1);
    assert_eq!(own.found[0].identity, json!({ "account_id": ACCOUNT, "role_name": ROLE }));
    assert_eq!(own.found[0].display_name, format!("{ROLE} in account {ACCOUNT}"));
    assert_eq!(own.found[0].resource, Json::Null, "only on request");

    let config = json!({ "account_ids": [MEMBER, ACCOUNT] });
    let both = provider.list(&config, true, 100).await;
    let ids: Vec<_> = both.found.iter().map(|found| found.resource["id"].as_str().unwrap()).collect();
    let expected = [(ACCOUNT, ROLE), (MEMBER, ROLE), (MEMBER, ESA)];
    assert_eq!(ids, expected.map(|(account_id, name)| format!("{account_id}:{name}")));
    assert_eq!(both.found[2].resource["adopted"], false);
    // What was listed is what reading it gives.
    let read = provider.read(&both.found[2].resource).await.expect_success();
    assert_eq!(read, both.found[2].resource);
    assert_eq!(provider.list(&json!({ "account_ids": [] }), true, 100).await.found.len(), 0);
}

#[tokio::test]
async fn ends_at_the_limit() {
    let accounts: Vec<_> = (0..200).map(|number| format!("{}", 3_000_000_000_000_000_u64 + number)).collect();
    let cloud = Cloud::start_with_seed(json!({ "members": accounts })).await;
    for account in &accounts[..3] {
        cloud.add_role(account, ROLE).await;
        cloud.add_role(account, ESA).await;
    }
    let provider = Provider::start(&cloud).await;
    let listing = provider.list(&json!({ "account_ids": accounts }), true, 3).await;
    assert_eq!(listing.found.len(), 3);
    let asked = cloud.actions().await.iter().filter(|action| *action == "AssumeRole").count();
    assert!(asked < 50, "{asked} of 200 accounts were entered for three roles");
}

#[tokio::test]
async fn an_account_that_fails_does_not_stop_the_others() {
    let cloud = Cloud::start().await;
    cloud.add_role(ACCOUNT, ROLE).await;
    let provider = Provider::start(&cloud).await;
    cloud.deny(MEMBER, &["ram:GetRole"]).await;
    let some = provider.list(&json!({ "account_ids": [MEMBER, ACCOUNT] }), false, 100).await;
    assert_eq!(some.found.len(), 1);
    assert_eq!(some.diagnostics.len(), 1);
    assert!(!some.diagnostics[0].is_error);
    assert!(some.diagnostics[0].detail.contains(MEMBER));

    cloud.deny("3333333333333333", &["ram:GetRole"]).await;
    let none = provider.list(&json!({ "account_ids": [MEMBER, "3333333333333333"] }), false, 100).await;
    let summaries: Vec<_> = none.diagnostics.iter().map(|found| found.summary.as_str()).collect();
    let warning = "Alibaba Cloud could not be read";
    assert_eq!(summaries, [warning, warning, "No account could be searched"]);
    assert!(none.diagnostics[2].is_error);

    let alone = provider.list(&json!({ "account_ids": [MEMBER] }), false, 100).await;
    assert!(alone.diagnostics.len() == 1 && alone.diagnostics[0].is_error, "{:?}", alone.diagnostics);
}

const PROVIDER: &str = "provider \"mss\" {}\n";

fn query(config: &str) -> String {
    format!(
        "list \"mss_service_linked_role\" \"all\" {{\n  provider = mss\n  limit = 1000\n  config {{\n    {config}\n  }}\n}}\n"
    )
}

async fn queried(cloud: &Cloud, config: &str) -> Workspace {
    let workspace = Workspace::with(Terraform::fetch(NEWEST).unwrap(), cloud, PROVIDER);
    std::fs::write(workspace.path("roles.tfquery.hcl"), query(config)).unwrap();
    workspace
}

#[tokio::test]
async fn bad_input() {
    let cloud = Cloud::start().await;
    let workspace = queried(&cloud, "account_ids = [\"me\"]").await;
    // Terraform points to the block: it does not look into `config`.
    let run = workspace.run(&["query"]).await.expect_failure();
    run.says(&["Malformed account ID", "list.mss_service_linked_role.all", "\"me\""]);
}

/// A hundred accounts: found, imported with generated configuration, and nothing left to change.
#[tokio::test]
async fn query_of_many_accounts_generates_configuration() {
    let accounts: Vec<_> = (0..100).map(|number| format!("{}", 3_000_000_000_000_000_u64 + number)).collect();
    let cloud = Cloud::start_with_seed(json!({ "members": accounts })).await;
    for account in &accounts {
        cloud.add_role(account, ROLE).await;
        cloud.add_role(account, ESA).await;
    }
    let workspace = queried(&cloud, &format!("account_ids = {accounts:?}")).await;
    let begun = Instant::now();
    let run = workspace.run(&["query", "-generate-config-out=generated.tf"]).await.expect_success();
    println!("terraform query of {} accounts took {:?}", accounts.len(), begun.elapsed());
    for account in &accounts {
        assert!(run.output.contains(&format!("account_id={account}")), "{}", run.output);
    }
    let applied = workspace.run(&["apply", "-auto-approve"]).await.expect_success();
    applied.says(&["200 imported, 0 added, 0 changed, 0 destroyed"]);
    workspace.expect_no_changes().await;
}
