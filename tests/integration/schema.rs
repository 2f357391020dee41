//! What a real Terraform makes of our schema.

use serde_json::Value as Json;

use crate::support::{cloud::Cloud, workspace::Workspace};

#[tokio::test]
async fn as_terraform_reads_it() {
    let schema = schema().await;
    let text = serde_json::to_string_pretty(&schema).unwrap();
    insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("schema", text);
    });
}

#[tokio::test]
async fn everything_is_described() {
    let mut undescribed = Vec::new();
    find_undescribed("", &schema().await, &mut undescribed);
    assert_eq!(undescribed, Vec::<String>::new());
}

async fn schema() -> Json {
    let cloud = Cloud::start().await;
    let workspace = Workspace::new(&cloud, "provider \"mss\" {}");
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
        if path.split('/').rev().nth(1) == Some("attributes") && member["description"].as_str().is_none() {
            found.push(path.clone());
        }
        find_undescribed(&path, member, found);
    }
}
