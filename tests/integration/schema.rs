//! What a real Terraform makes of our schema.

use serde_json::Value as Json;

use crate::support::{
    cloud::Cloud,
    terraform::{NEWEST, Terraform, Version},
    workspace::Workspace,
};

#[tokio::test]
async fn as_terraform_reads_it() {
    let schema = schema().await;
    let text = serde_json::to_string_pretty(&schema).unwrap();
    insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("schema", text);
    });
}

/// Mocks of `terraform test` (1.7 and later) hold what their author wrote, lists of objects too.
#[tokio::test]
async fn what_the_provider_fills_can_be_mocked() {
    let cloud = Cloud::start().await;
    for version in [OLDEST_WITH_MOCKS, NEWEST] {
        let workspace = Workspace::with(Terraform::fetch(version).unwrap(), &cloud, INVENTORY);
        std::fs::write(workspace.path("mocked.tftest.hcl"), MOCKED).unwrap();
        workspace.run(&["test"]).await.expect_success().says(&["2 passed, 0 failed"]);
        assert_eq!(cloud.call_count().await, 0, "a mock asks nobody");
    }
}

const OLDEST_WITH_MOCKS: Version = Version(1, 8, 4);

const INVENTORY: &str = r#"
data "mss_service_linked_roles" "all" {}

data "mss_accounts" "all" {}

data "mss_subscriptions" "all" {
  all_accounts = true
}

output "accounts" {
  value = [for id, account in data.mss_accounts.all.accounts : "${id} ${account.display_name}"]
}

output "subscribed" {
  value = [for id, found in data.mss_subscriptions.all.subscriptions : id if found.active]
}

output "existing" {
  value = [for role in data.mss_service_linked_roles.all.roles : role.role_name if role.exists]
}
"#;

const MOCKED: &str = r#"
mock_provider "mss" {
  mock_data "mss_service_linked_roles" {
    defaults = {
      roles = [
        { account_id = "1", role_name = "here", exists = true },
        { account_id = "1", role_name = "missing", exists = false },
      ]
    }
  }
  mock_data "mss_accounts" {
    defaults = {
      accounts = { "1" = { display_name = "one" } }
    }
  }
  mock_data "mss_subscriptions" {
    defaults = {
      subscriptions = { "1" = { active = true }, "2" = { active = false } }
    }
  }
}

run "default" {
  command = apply

  assert {
    condition     = output.existing == tolist(["here"]) || output.existing == ["here"]
    error_message = jsonencode(output.existing)
  }
  assert {
    condition     = jsonencode([output.accounts, output.subscribed]) == jsonencode([["1 one"], ["1"]])
    error_message = jsonencode([output.accounts, output.subscribed])
  }
}

run "override" {
  command = apply

  override_data {
    target = data.mss_service_linked_roles.all
    values = {
      roles = [{ account_id = "2", role_name = "other", exists = true }]
    }
  }

  assert {
    condition     = output.existing == tolist(["other"]) || output.existing == ["other"]
    error_message = jsonencode(output.existing)
  }
}
"#;

#[tokio::test]
async fn everything_is_described() {
    let mut undescribed = Vec::new();
    let schema = schema().await;
    find_undescribed("", &schema, &mut undescribed);
    for kind in
        ["resource_schemas", "data_source_schemas", "list_resource_schemas", "resource_identity_schemas"]
    {
        assert!(schema[kind].as_object().is_some_and(|kinds| !kinds.is_empty()), "{kind}");
    }
    let functions = schema["functions"].as_object().unwrap();
    assert_eq!(functions.len(), 3);
    for (name, function) in functions {
        let parameters = function["parameters"].as_array().unwrap();
        let described = |part: &Json| part["description"].as_str().is_some_and(|text| !text.is_empty());
        if !described(function) || !parameters.iter().all(described) || !function["summary"].is_string() {
            undescribed.push(name.clone());
        }
    }
    assert_eq!(undescribed, Vec::<String>::new());
}

async fn schema() -> Json {
    let cloud = Cloud::start().await;
    // Functions are shown from Terraform 1.8 on.
    let workspace = Workspace::with(Terraform::fetch(NEWEST).unwrap(), &cloud, "provider \"mss\" {}");
    let run = workspace.run(&["providers", "schema", "-json"]).await.expect_success();
    let line = run.output.lines().find(|line| line.starts_with('{')).unwrap();
    let schemas: Json = serde_json::from_str(line).unwrap();
    schemas["provider_schemas"]["registry.terraform.io/mss-iac/mss"].clone()
}

/// Attributes, at any depth, that have no description.
fn find_undescribed(path: &str, schema: &Json, found: &mut Vec<String>) {
    let Json::Object(members) = schema else { return };
    for (name, member) in members {
        let path = format!("{path}/{name}");
        let attribute = path.split('/').rev().nth(1) == Some("attributes");
        let described = member["description"].as_str().is_some_and(|text| !text.is_empty());
        if (attribute || name == "block") && !described {
            found.push(path.clone());
        }
        find_undescribed(&path, member, found);
    }
}
