//! A whole resource directory: its accounts, what is in each of them, and runs over all of them.

use serde_json::{Value as Json, json};

use crate::support::{
    cloud::{Cloud, MEMBERS},
    guide::assert_shown,
    names::{ACCOUNT, ROLE},
    resource::{Applied, Provider},
    terraform::{NEWEST, OLDEST, Terraform, Version},
    workspace::{Run, Workspace},
};

/// A directory with folders: two accounts below one, one in the Root folder, in three states.
fn folders() -> Json {
    json!({
        "folders": [
            { "folder_name": "production", "folder_id": "fd-Production" },
            { "folder_name": "europe", "folder_id": "fd-Europe0001", "parent": "production" },
            { "folder_name": "empty", "folder_id": "fd-Empty00001" },
        ],
        "members": [
            { "account_id": "3333333333333333", "display_name": "sandbox", "status": "PromoteVerifying" },
            { "account_id": "1111111111111111", "display_name": "prod-shop", "folder": "production",
              "join_time": "2026-01-02T03:04:05.678Z" },
            { "account_id": "2222222222222222", "display_name": "prod-eu-shop", "folder": "europe",
              "join_method": "invited", "type": "CloudAccount" },
        ],
    })
}

async fn provider_of(seed: Json) -> (Cloud, Provider) {
    let cloud = Cloud::start_with_seed(seed).await;
    let provider = Provider::start(&cloud).await;
    (cloud, provider)
}

async fn accounts(provider: &Provider, config: Json) -> Applied {
    provider.read_data_source("mss_accounts", &config).await
}

#[track_caller]
fn assert_error(applied: &Applied, summary: &str, path: &str, facts: &[&str]) {
    let [found] = applied.diagnostics.as_slice() else { panic!("not one diagnostic: {applied:#?}") };
    assert_eq!(
        (found.summary.as_str(), found.path.as_str(), found.is_error),
        (summary, path, true),
        "{found:?}"
    );
    for fact in facts {
        assert!(found.detail.contains(fact), "{fact:?} is not in: {}", found.detail);
    }
}

#[tokio::test]
async fn accounts_with_every_filter() {
    let (cloud, provider) = provider_of(folders()).await;
    let ids = async |config: Json| {
        let state = accounts(&provider, config).await.expect_success();
        let mut keys: Vec<_> = state["accounts"].as_object().unwrap().keys().cloned().collect();
        keys.sort();
        assert_eq!(state["ids"], json!(keys), "`ids` are the keys of `accounts`");
        keys.iter().map(|id| id[..1].parse::<u8>().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(ids(json!({})).await, [1, 2, 3]);
    assert_eq!(ids(json!({ "folder_id": "fd-Production" })).await, [1]);
    assert_eq!(ids(json!({ "folder_id": "fd-Production", "include_subfolders": true })).await, [1, 2]);
    assert_eq!(ids(json!({ "status": ["CreateSuccess", "InviteSuccess"] })).await, [1, 2]);
    assert_eq!(ids(json!({ "name_regex": "^prod-" })).await, [1, 2]);
    assert_eq!(ids(json!({ "name_regex": "shop$", "folder_id": "fd-Europe0001" })).await, [2]);
    assert_eq!(cloud.actions().await.iter().filter(|action| *action != "ListAccounts").count(), 0);
    assert_eq!(ids(json!({ "folder_id": "fd-Empty00001" })).await, [0; 0]);
    let state = accounts(&provider, json!({ "name_regex": "^prod-shop$" })).await.expect_success();
    assert_eq!(
        state["accounts"]["1111111111111111"],
        json!({
            "account_id": "1111111111111111", "display_name": "prod-shop", "status": "CreateSuccess",
            "type": "ResourceAccount", "folder_id": "fd-Production", "join_method": "created",
            "join_time": "2026-01-02T03:04:05.678Z",
        })
    );
}

#[tokio::test]
async fn a_folder_that_does_not_exist_is_an_error() {
    let (cloud, provider) = provider_of(folders()).await;
    let config = json!({ "folder_id": "fd-Nowhere001" });
    let facts = ["fd-Nowhere001", "EntityNotExists.Folder"];
    assert_error(
        &accounts(&provider, config.clone()).await,
        "Folder could not be found",
        "folder_id",
        &facts,
    );
    cloud.deny(ACCOUNT, &["resourcemanager:GetFolder"]).await;
    let facts = ["`resourcemanager:GetFolder`"];
    assert_error(&accounts(&provider, config).await, "Folder could not be found", "folder_id", &facts);
}

#[tokio::test]
async fn hundreds_of_accounts_are_listed_until_two_lists_agree() {
    let (cloud, provider) = provider_of(json!({ "members": 250 })).await;
    let state = accounts(&provider, json!({})).await.expect_success();
    assert_eq!(state["ids"].as_array().unwrap().len(), 250);
    assert_eq!(cloud.actions().await, ["ListAccounts"; 6]);
}

#[tokio::test]
async fn who_may_not_list_is_told_who_may() {
    let (cloud, provider) = provider_of(json!({ "members": MEMBERS })).await;
    cloud.deny(ACCOUNT, &["resourcemanager:ListAccounts"]).await;
    let denied = accounts(&provider, json!({})).await;
    let facts = ["`resourcemanager:ListAccounts`", "management account", "delegated administrator"];
    assert_error(&denied, "Accounts could not be listed", "", &facts);
    for (type_name, config) in [
        ("mss_service_linked_roles", json!({ "all_accounts": true })),
        ("mss_subscriptions", json!({ "all_accounts": true })),
    ] {
        let denied = provider.read_data_source(type_name, &config).await;
        assert_error(&denied, "Accounts could not be listed", "", &facts);
    }
    // A member is told the same as an account without a directory.
    let role =
        json!({ "role_arn": format!("acs:ram::{}:role/ResourceDirectoryAccountAccessRole", MEMBERS[0]) });
    provider.configure_with(&json!({ "assume_role": role })).await.expect_success();
    let facts =
        ["EntityNotExists.ResourceDirectory", "management account", "name the accounts in the configuration"];
    assert_error(&accounts(&provider, json!({})).await, "No resource directory to list", "", &facts);
    cloud.member(MEMBERS[0], json!({ "delegated_administrator": true })).await;
    let state = accounts(&provider, json!({})).await.expect_success();
    assert_eq!(state["ids"], json!(MEMBERS));
}

#[tokio::test]
async fn subscriptions_of_all_accounts() {
    let (cloud, provider) = provider_of(json!({ "members": MEMBERS })).await;
    cloud.end_subscription(MEMBERS[1]).await;
    cloud.renew_subscription(MEMBERS[2]).await;
    let type_name = "mss_subscriptions";
    let state = provider.read_data_source(type_name, &json!({ "all_accounts": true })).await.expect_success();
    let subscriptions = state["subscriptions"].as_object().unwrap();
    assert_eq!(subscriptions.keys().collect::<Vec<_>>(), MEMBERS);
    assert_eq!(subscriptions[MEMBERS[1]]["active"], false);
    assert_eq!(subscriptions[MEMBERS[2]]["end_date"], "2099-01-01T00:00:00+08:00");
    assert_eq!(subscriptions[MEMBERS[2]]["account_id"], MEMBERS[2]);
    // Each has what the data source of one has.
    let config = json!({ "account_id": MEMBERS[2] });
    let one = provider.read_data_source("mss_subscription", &config).await.expect_success();
    assert_eq!(one, subscriptions[MEMBERS[2]]);
    let own = provider.read_data_source(type_name, &json!({})).await.expect_success();
    assert_eq!(own["subscriptions"].as_object().unwrap().keys().collect::<Vec<_>>(), [ACCOUNT]);

    cloud.deny(MEMBERS[0], &["yundun-mss:GetUserStatus"]).await;
    let denied = provider.read_data_source(type_name, &json!({ "all_accounts": true })).await;
    let facts = [MEMBERS[0], "`yundun-mss:GetUserStatus`"];
    assert_error(&denied, "Alibaba Cloud could not be read", "", &facts);
}

#[tokio::test]
async fn closed_accounts_are_left_out_and_named_once() {
    let (cloud, provider) = provider_of(json!({ "members": MEMBERS })).await;
    for member in &MEMBERS[..2] {
        cloud.member(member, json!({ "access_role": false })).await;
    }
    cloud.add_role(MEMBERS[2], ROLE).await;
    let every = json!({ "all_accounts": true });
    for type_name in ["mss_service_linked_roles", "mss_subscriptions"] {
        let read = provider.read_data_source(type_name, &every).await;
        let [warning] = read.diagnostics.as_slice() else { panic!("{read:#?}") };
        assert_eq!((warning.summary.as_str(), warning.is_error), ("Accounts were left out", false));
        assert!(warning.detail.contains(&MEMBERS[..2].join(", ")), "{}", warning.detail);
        assert!(!warning.detail.contains(MEMBERS[2]));
        assert!(!read.state.to_string().contains(MEMBERS[0]) && read.state.to_string().contains(MEMBERS[2]));
        // One that is named is not left out.
        let named = provider.read_data_source(type_name, &json!({ "account_ids": MEMBERS })).await;
        assert!(named.diagnostics.iter().filter(|found| found.is_error).count() == 2, "{named:#?}");
    }
    let listing = provider.list(&every, false, 100).await;
    assert_eq!(listing.found.len(), 1);
    let summaries: Vec<_> = listing.diagnostics.iter().map(|found| found.summary.as_str()).collect();
    assert_eq!(summaries, ["Accounts were left out"]);

    cloud.member(MEMBERS[2], json!({ "access_role": false })).await;
    // With sessions of its own.
    provider.configure_with(&json!({})).await.expect_success();
    for type_name in ["mss_service_linked_roles", "mss_subscriptions"] {
        let none = provider.read_data_source(type_name, &every).await;
        assert_error(
            &none,
            "No account could be entered",
            "",
            &[MEMBERS[0], "of the directory's 3 accounts"],
        );
    }
}

#[tokio::test]
async fn both_ways_to_name_accounts_are_refused() {
    let cloud = Cloud::start().await;
    let configuration = format!(
        r#"
        data "mss_service_linked_roles" "x" {{
          all_accounts = true
          account_ids  = ["{0}"]
        }}
        data "mss_subscriptions" "x" {{
          all_accounts = true
          account_ids  = ["{0}"]
        }}
        data "mss_accounts" "x" {{
          include_subfolders = true
          name_regex         = "("
          status             = ["Happy"]
        }}
        data "mss_accounts" "y" {{
          folder_id = "Production"
        }}
        "#,
        MEMBERS[0]
    );
    let workspace = Workspace::new(&cloud, &configuration);
    let refused = workspace.run(&["validate"]).await.expect_failure();
    let summaries = [
        "Folder is missing",
        "Malformed regular expression",
        "Unknown account status",
        "Malformed folder ID",
    ];
    let refused = refused.says(&summaries);
    assert_eq!(refused.output.matches("Accounts are given twice").count(), 2, "{}", refused.output);
}

/// The three blocks of the guide.
fn three_blocks(terraform: Version, cloud: &Cloud) -> Workspace {
    example(terraform, cloud, "many-accounts/directory.tf")
}

fn example(terraform: Version, cloud: &Cloud, file: &str) -> Workspace {
    let file = format!("guides/{file}");
    Workspace::of_examples(Terraform::fetch(terraform).unwrap(), cloud, &[&file])
}

/// What a plan does, by account: the actions, and whether it adopts.
async fn planned(workspace: &Workspace, options: &[&str]) -> Vec<Json> {
    let mut plan = vec!["plan", "-out=plan"];
    plan.extend(options);
    let run = workspace.run(&plan).await.expect_success();
    let own = run.output.replace("Warning: Provider development overrides", "");
    assert!(!own.contains("Warning: "), "{own}");
    let shown = workspace.run(&["show", "-json", "plan"]).await.expect_success();
    let shown: Json = serde_json::from_str(shown.output.lines().next().unwrap()).unwrap();
    let is_changed = |change: &&Json| change["change"]["actions"] != json!(["no-op"]);
    shown["resource_changes"].as_array().unwrap().iter().filter(is_changed).cloned().collect()
}

/// Forty accounts, twenty of which have the role from the console.
#[tokio::test]
async fn three_blocks_over_forty_accounts() {
    let cloud = Cloud::start_with_seed(json!({ "members": 40 })).await;
    let members: Vec<_> = (1..=40).map(|number| format!("{}", 2_000_000_000_000_000_u64 + number)).collect();
    for member in &members[..20] {
        cloud.add_old_role(member, ROLE).await;
    }
    let workspace = three_blocks(OLDEST, &cloud);
    let changes = planned(&workspace, &[]).await;
    assert_eq!(changes.len(), 40);
    for change in &changes {
        let change = &change["change"];
        assert_eq!(change["actions"], json!(["create"]));
        let account_id = change["after"]["account_id"].as_str().unwrap();
        let adopts = members[..20].iter().any(|member| member == account_id);
        assert_eq!(change["after"]["adopted"], adopts, "{change}");
        assert_eq!(change["after"]["role_id"].is_string(), adopts, "{change}");
    }
    workspace.run(&["apply", "plan"]).await.expect_success().says(&["40 added"]);
    assert_eq!(planned(&workspace, &[]).await, [Json::Null; 0]);
    for member in &members {
        cloud.expect_roles(member, &[ROLE]).await;
    }
}

/// The mistyped one is reported in the plan already, and nothing prevents the others.
#[tokio::test]
async fn one_mistyped_account_of_forty() {
    let cloud = Cloud::start_with_seed(json!({ "members": 40 })).await;
    // The last digits should be 0040.
    let mistyped = "2000000000000400";
    let accounts: Vec<_> = (1..40).map(|number| (2_000_000_000_000_000_u64 + number).to_string()).collect();
    let accounts = [accounts, vec![mistyped.to_owned()]].concat();
    let configuration = format!(
        "resource \"mss_service_linked_role\" \"basic\" {{\n  for_each   = toset({accounts:?})\n  account_id = \
         each.key\n  role_name  = \"{ROLE}\"\n}}\n"
    );
    let workspace = Workspace::new(&cloud, &configuration);
    let clear = [mistyped, "could not be assumed", "EntityNotExist.Role", "account ID is correct"];
    workspace.run(&["plan"]).await.expect_success().says(&["40 to add", mistyped, "could not be assumed"]);
    workspace.run(&["apply", "-auto-approve"]).await.expect_failure().says(&clear);
    assert_eq!(workspace.state_list().await.len(), 39);
    assert!(cloud.role_names(mistyped).await.is_empty());
}

/// What the guide says of accounts that come, go, are suspended and cannot be entered.
#[tokio::test]
async fn accounts_come_and_go() {
    let cloud = Cloud::start_with_seed(json!({ "members": MEMBERS })).await;
    cloud.member(MEMBERS[2], json!({ "status": "PromoteVerifying" })).await;
    let workspace = three_blocks(NEWEST, &cloud);
    workspace.run(&["apply", "-auto-approve"]).await.expect_success().says(&["2 added"]);
    cloud.expect_roles(MEMBERS[2], &[]).await;

    // One joins: its role is planned, and nothing else.
    cloud.add_account("4444444444444444", json!({ "member": {} })).await;
    let joined = workspace.run(&["plan"]).await.expect_success();
    let joined = joined.says(&["1 to add, 0 to change, 0 to destroy", "basic[\"4444444444444444\"]"]);
    assert_shown("many-accounts/joined.txt", plan_of(&joined), &[]);
    workspace.run(&["apply", "-auto-approve"]).await.expect_success();

    // One is suspended: its role would go, which the subscription does not allow.
    cloud.member(MEMBERS[1], json!({ "status": "PromoteVerifying" })).await;
    let suspended = workspace.run(&["plan"]).await.expect_failure();
    suspended.says(&["MSS subscription is active", MEMBERS[1]]);
    let address = format!("mss_service_linked_role.basic[\"{}\"]", MEMBERS[1]);
    workspace.run(&["state", "rm", &address]).await.expect_success();
    workspace.expect_no_changes().await;
    cloud.expect_roles(MEMBERS[1], &[ROLE]).await;

    // One cannot be entered: the plan stops and names it; without refresh the others continue.
    cloud.member(MEMBERS[0], json!({ "access_role": false })).await;
    let closed = workspace.run(&["plan"]).await.expect_failure();
    let closed = closed.says(&[MEMBERS[0], "could not be assumed"]);
    assert_shown("many-accounts/closed.txt", errors_of(&closed), &[]);
    cloud.member(MEMBERS[0], json!({ "access_role": true })).await;
    workspace.expect_no_changes().await;

    // One leaves the directory: nobody may enter it any more.
    cloud.member(MEMBERS[0], Json::Null).await;
    let left = workspace.run(&["plan"]).await.expect_failure();
    left.says(&[MEMBERS[0]]);
    let address = format!("mss_service_linked_role.basic[\"{}\"]", MEMBERS[0]);
    workspace.run(&["state", "rm", &address]).await.expect_success();
    workspace.expect_no_changes().await;
}

/// What a plan shows, from its actions to their number.
fn plan_of(run: &Run) -> &str {
    let start = run.output.find("Terraform will perform").unwrap_or_else(|| panic!("{}", run.output));
    let shown = &run.output[start..];
    let end = shown.find("Plan: ").and_then(|plan| Some(plan + shown[plan..].find('\n')?));
    &shown[..end.unwrap()]
}

fn errors_of(run: &Run) -> &str {
    &run.output[run.output.find("Error: ").unwrap_or_else(|| panic!("{}", run.output))..]
}

/// One account leaves the `for_each` while it is subscribed; then all leave.
#[tokio::test]
async fn leaving() {
    let cloud = Cloud::start_with_seed(json!({ "members": MEMBERS })).await;
    let workspace = example(NEWEST, &cloud, "many-accounts/leaving.tf");
    workspace.run(&["apply", "-auto-approve"]).await.expect_success().says(&["3 added"]);
    cloud.end_subscription(MEMBERS[1]).await;
    let destroyed = workspace.run(&["destroy", "-auto-approve"]).await.expect_success();
    destroyed.says(&["3 destroyed", MEMBERS[0], MEMBERS[2]]);
    assert_eq!(workspace.state_list().await, [""; 0]);
    cloud.expect_roles(MEMBERS[0], &[ROLE]).await;
    cloud.expect_roles(MEMBERS[1], &[]).await;
    cloud.expect_roles(MEMBERS[2], &[ROLE]).await;
}

/// The check block and the inventory of the guide.
#[tokio::test]
async fn subscriptions_are_watched() {
    let cloud = Cloud::start_with_seed(json!({ "members": MEMBERS })).await;
    let workspace = Workspace::with(Terraform::fetch(NEWEST).unwrap(), &cloud, "");
    workspace.copy_example(&format!("guides/{}", "many-accounts/subscriptions.tf"));
    cloud.renew_subscription(MEMBERS[0]).await;
    cloud.end_subscription(MEMBERS[1]).await;
    let quiet = workspace.run(&["apply", "-auto-approve"]).await.expect_success();
    quiet.does_not_say("Check block assertion failed");
    cloud.end_subscription_in(MEMBERS[0], 20).await;
    let told = workspace.run(&["plan"]).await.expect_success();
    told.says(&["Check block assertion failed", MEMBERS[0]]).does_not_say(MEMBERS[1]);
}
