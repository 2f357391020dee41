//! Every feature of Terraform that the provider takes part in, under every Terraform that has it.
//!
//! `cargo test` runs the oldest supported Terraform, the installed one and the newest, and an OpenTofu if
//! there is one. `TERRAFORM_VERSIONS=all cargo test version_matrix -- --nocapture` runs all that can be
//! fetched; either prints the table.

use std::{collections::BTreeSet, env, fs, panic::AssertUnwindSafe, path::Path};

use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream};
use serde_json::json;

use crate::{
    guides::forgetting_example,
    moved,
    support::{
        cloud::Cloud,
        names::{ACCOUNT, ESA, ID, MEMBER, RANSOMWARE, ROLE},
        terraform::{NEWEST, OLDEST, Product, Terraform, Version},
        workspace::{Workspace, role_and_another},
    },
};

const ADDRESS: &str = "mss_service_linked_role.this";

/// One thing that people do with Terraform.
struct Feature {
    name: &'static str,
    /// The first Terraform that has it.
    terraform: Version,
    /// The first OpenTofu that has it.
    opentofu: Option<Version>,
    run: fn(Terraform) -> BoxFuture<'static, ()>,
}

const FIRST: Version = Version(1, 6, 0);

/// In the order of their age.
fn features() -> Vec<Feature> {
    macro_rules! feature {
        ($name:literal, $terraform:expr, $opentofu:expr, $run:ident) => {
            Feature {
                name: $name,
                terraform: $terraform,
                opentofu: $opentofu,
                run: |terraform| $run(terraform).boxed(),
            }
        };
    }
    vec![
        feature!("`plan`, `apply`, `destroy`", FIRST, Some(FIRST), lifecycle),
        feature!("errors in `validate`", FIRST, Some(FIRST), refused_in_validate),
        feature!("values known only after apply", FIRST, Some(FIRST), known_after_apply),
        feature!("data sources", FIRST, Some(FIRST), data_sources),
        feature!("`import` command", FIRST, Some(FIRST), import_command),
        feature!("`import` block by ID", FIRST, Some(FIRST), import_block),
        feature!("`terraform test`", FIRST, Some(FIRST), terraform_test),
        feature!("`import` block with `for_each`", Version(1, 7, 0), Some(Version(1, 7, 0)), import_for_each),
        feature!(
            "import of what a data source finds",
            Version(1, 7, 0),
            Some(Version(1, 7, 0)),
            import_found
        ),
        feature!("`removed` block", Version(1, 7, 0), Some(Version(1, 7, 0)), removed_block),
        feature!("functions", Version(1, 8, 0), Some(Version(1, 7, 0)), functions),
        feature!(
            "`moved` block from alicloud",
            Version(1, 8, 0),
            Some(Version(1, 10, 0)),
            moved_from_alicloud
        ),
        feature!(
            "`import` block by identity",
            Version(1, 12, 0),
            Some(Version(1, 12, 0)),
            import_by_identity
        ),
        feature!("`terraform query`", Version(1, 14, 0), None, query),
        feature!(
            "generated configuration without default values",
            Version(1, 14, 0),
            None,
            generated_configuration_is_short
        ),
    ]
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failed,
    /// This version has no such feature.
    Absent,
}

#[tokio::test]
async fn every_feature_under_every_terraform() {
    let terraforms = terraforms();
    let mut rows = Vec::new();
    for terraform in terraforms {
        let cells = stream::iter(features()).map(|feature| cell(terraform.clone(), feature));
        let outcomes: Vec<_> = cells.buffered(CELLS_AT_A_TIME).collect().await;
        rows.push((terraform, outcomes));
    }
    println!("{}", table(&rows));
    let failed =
        rows.iter().flat_map(|(_, outcomes)| outcomes).filter(|outcome| **outcome == Outcome::Failed);
    assert_eq!(failed.count(), 0, "failed cells; the lines above the table say what went wrong");
}

/// The guide's table of features says since when each is there, as the matrix does.
#[test]
fn the_guide_has_the_same_table() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/guides/opentofu.md");
    let guide = fs::read_to_string(guide).unwrap();
    let (_, table) = guide.split_once("| Feature | Terraform | OpenTofu |\n|---|---|---|\n").unwrap();
    let rows: Vec<_> = table.lines().take_while(|line| line.starts_with('|')).collect();
    let since =
        |version: Option<Version>| version.map_or("none".to_owned(), |it| format!("{}.{}", it.0, it.1));
    let row = |feature: Feature| {
        format!("| {} | {} | {} |", feature.name, since(Some(feature.terraform)), since(feature.opentofu))
    };
    assert_eq!(rows, features().into_iter().map(row).collect::<Vec<_>>());
}

async fn cell(terraform: Terraform, feature: Feature) -> Outcome {
    let since = match terraform.product() {
        Product::Terraform => Some(feature.terraform),
        Product::OpenTofu => feature.opentofu,
    };
    if since.is_none_or(|since| terraform.version() < since) {
        return Outcome::Absent;
    }
    let run = AssertUnwindSafe((feature.run)(terraform)).catch_unwind().await;
    if run.is_ok() { Outcome::Passed } else { Outcome::Failed }
}

/// The ones asked for, oldest first.
fn terraforms() -> Vec<Terraform> {
    let installed = Terraform::find_terraform().unwrap();
    let mut versions = match env::var("TERRAFORM_VERSIONS") {
        Ok(all) if all == "all" => BTreeSet::from_iter(Terraform::fetchable()),
        Ok(other) => panic!("TERRAFORM_VERSIONS is {other:?}; \"all\" is what it can be"),
        Err(_) => BTreeSet::from([OLDEST, NEWEST]),
    };
    versions.remove(&installed.version());
    let mut terraforms: Vec<_> =
        versions.into_iter().map(|version| Terraform::fetch(version).unwrap()).collect();
    terraforms.push(installed);
    terraforms.sort_by_key(Terraform::version);
    terraforms.extend(Terraform::find_opentofu().unwrap());
    terraforms
}

fn table(rows: &[(Terraform, Vec<Outcome>)]) -> String {
    let features = features();
    let product = |terraform: &Terraform| format!("{:?} {}", terraform.product(), terraform.version());
    let mut text = String::new();
    let mut line = |first: &str, cells: Vec<&str>| {
        let cells: String = cells.iter().map(|cell| format!(" {cell:<6} |")).collect();
        text += &format!("| {first:<46} |{cells}\n");
    };
    let versions: Vec<_> = rows.iter().map(|(terraform, _)| terraform.version().to_string()).collect();
    line("feature", versions.iter().map(String::as_str).collect());
    for (number, feature) in features.iter().enumerate() {
        let shown = rows.iter().map(|(_, outcomes)| match outcomes[number] {
            Outcome::Passed => "ok",
            Outcome::Failed => "FAILED",
            Outcome::Absent => "absent",
        });
        line(feature.name, shown.collect());
    }
    let mut programs: Vec<_> = rows.iter().map(|(terraform, _)| product(terraform)).collect();
    if !rows.iter().any(|(terraform, _)| terraform.product() == Product::OpenTofu) {
        programs.push("no OpenTofu (none on PATH, none in TOFU_BIN)".to_owned());
    }
    format!("\nRun under {}.\n{text}", programs.join(", "))
}

/// A Terraform command uses one core or two for a moment; more at a time only wait for each other.
const CELLS_AT_A_TIME: usize = 3;

async fn lifecycle(terraform: Terraform) {
    let cloud = Cloud::start().await;
    let workspace = Workspace::with(terraform, &cloud, &role_and_another(ROLE, ""));
    workspace.run(&["validate"]).await.expect_success();
    let plan = workspace.run(&["plan"]).await.expect_success();
    plan.says(&["2 to add", "\"AliyunServiceRolePolicyForMssp\"", "\"mssp.aliyuncs.com\""]);
    cloud.expect_roles(ACCOUNT, &[]).await;
    workspace.run(&["apply", "-auto-approve"]).await.expect_success().says(&["2 added"]);
    cloud.expect_roles(ACCOUNT, &[ROLE]).await;
    let state = workspace.attributes(ADDRESS).await;
    assert_eq!((&state["id"], &state["adopted"]), (&json!(ID), &json!(false)));
    workspace.expect_no_changes().await;
    workspace.run(&["plan", "-refresh-only", "-detailed-exitcode"]).await.expect_success();
    workspace.run(&["destroy", "-auto-approve"]).await.expect_failure().says(&["MSS subscription is active"]);
    cloud.end_subscription(ACCOUNT).await;
    workspace.run(&["apply", "-auto-approve", "-replace", ADDRESS]).await.expect_success();
    workspace.run(&["destroy", "-auto-approve"]).await.expect_success().says(&["2 destroyed"]);
    cloud.expect_roles(ACCOUNT, &[]).await;
}

async fn refused_in_validate(terraform: Terraform) {
    let cloud = Cloud::start().await;
    let workspace = Workspace::with(terraform, &cloud, &role_and_another("AliyunServiceRoleForMsp", ""));
    let refused = workspace.run(&["validate"]).await.expect_failure();
    refused.says(&["Did you mean \"AliyunServiceRoleForMssp\"?", "role_name = \"AliyunServiceRoleForMsp\""]);
}

/// The provider's configuration, the account and the name of a role come from what is not made yet.
async fn known_after_apply(terraform: Terraform) {
    let cloud = Cloud::start().await;
    let provider = "provider \"mss\" {\n  configuration_source = terraform_data.beside.id\n}\n";
    let arguments = "account_id = terraform_data.beside.output";
    let workspace =
        Workspace::with(terraform, &cloud, &(provider.to_owned() + &role_and_another(ROLE, arguments)));
    workspace.run(&["apply", "-auto-approve"]).await.expect_success().says(&["2 added"]);
    assert_eq!(cloud.role_names(MEMBER).await, [ROLE]);
    workspace.expect_no_changes().await;

    let later = "resource \"terraform_data\" \"later\" {\n  input = \"AliyunServiceRoleForESAMssp\"\n}\n\
                 resource \"mss_service_linked_role\" \"later\" {\n  role_name = terraform_data.later.output\n}\n";
    workspace.configure(&(role_and_another(ROLE, arguments) + later));
    workspace.run(&["apply", "-auto-approve"]).await.expect_success().says(&["2 added"]);
    cloud.expect_roles(ACCOUNT, &[ESA]).await;
    workspace.expect_no_changes().await;
}

async fn data_sources(terraform: Terraform) {
    let cloud = Cloud::start().await;
    cloud.add_role(ACCOUNT, ROLE).await;
    let configuration = r#"
        data "mss_service_linked_role" "this" {
          role_name = "AliyunServiceRoleForMssp"
        }
        data "mss_service_linked_roles" "this" {
          account_ids = ["1234567890123456", "2222222222222222"]
        }
        data "mss_service_linked_role_policy" "this" {
          role_name = data.mss_service_linked_role.this.role_name
        }
        data "mss_subscription" "this" {}

        output "facts" {
          value = join(" ", concat(
            [data.mss_service_linked_role.this.id, data.mss_service_linked_role_policy.this.version],
            [for role in data.mss_service_linked_roles.this.roles : "${role.id}=${role.exists}"],
            [tostring(data.mss_subscription.this.active), data.mss_subscription.this.instance_id],
          ))
        }
    "#;
    let workspace = Workspace::with(terraform, &cloud, configuration);
    let member = format!("{MEMBER}:{ROLE}=false");
    let facts = [&format!("{ID} v1 {ID}=true"), &*member, "true 1b7d5f0e-6c3a-4c1a-9d2e-7f0a5c3b1e22"];
    workspace.run(&["plan"]).await.expect_success().says(&facts);
    workspace.run(&["apply", "-auto-approve"]).await.expect_success();
    workspace.expect_no_changes().await;
    workspace.configure(
        "data \"mss_service_linked_role\" \"this\" {\n  role_name = \"AliyunServiceRoleForESAMssp\"\n}\n",
    );
    let missing = workspace.run(&["plan"]).await.expect_failure();
    missing.says(&["Service-linked role does not exist", "role_name = \"AliyunServiceRoleForESAMssp\""]);
}

async fn import_command(terraform: Terraform) {
    let cloud = Cloud::start().await;
    cloud.add_role(ACCOUNT, ROLE).await;
    let workspace = Workspace::with(terraform, &cloud, &role_and_another(ROLE, ""));
    workspace.run(&["import", ADDRESS, ID]).await.expect_success();
    assert_eq!(workspace.attributes(ADDRESS).await["id"], ID);
    workspace.run(&["plan", "-target", ADDRESS, "-detailed-exitcode"]).await.expect_success();
}

/// The block, with configuration that Terraform writes.
async fn import_block(terraform: Terraform) {
    let cloud = Cloud::start().await;
    cloud.add_role(ACCOUNT, ROLE).await;
    let import = format!("import {{\n  to = mss_service_linked_role.this\n  id = \"{ID}\"\n}}\n");
    let workspace = Workspace::with(terraform, &cloud, &import);
    workspace.run(&["plan", "-generate-config-out=generated.tf"]).await.expect_success();
    workspace.run(&["apply", "-auto-approve"]).await.expect_success().says(&["1 imported", "0 changed"]);
    workspace.expect_no_changes().await;
}

/// `examples/tests` as a person would copy and run it: with an emulator of its own.
async fn terraform_test(terraform: Terraform) {
    let cloud = Cloud::start().await;
    let workspace = Workspace::with(terraform, &cloud, "");
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/tests");
    for name in ["main.tf", "roles.tftest.hcl", "seed.json"] {
        fs::copy(examples.join(name), workspace.path(name)).unwrap();
    }
    let emulator = env!("CARGO_BIN_EXE_mss-emulator");
    let run = workspace.run_through(emulator, &["exec", "--seed", "seed.json", "--"], &["test"]).await;
    run.expect_success().says(&["4 passed, 0 failed"]);
    assert_eq!(cloud.call_count().await, 0, "the emulator is the test's own");
}

/// One block imports the roles of several accounts.
async fn import_for_each(terraform: Terraform) {
    let cloud = Cloud::start().await;
    cloud.add_role(ACCOUNT, ROLE).await;
    cloud.add_role(MEMBER, ROLE).await;
    let configuration = r#"
        locals {
          account_ids = toset(["1234567890123456", "2222222222222222"])
        }
        import {
          for_each = local.account_ids
          to       = mss_service_linked_role.each[each.key]
          id       = "${each.key}:AliyunServiceRoleForMssp"
        }
        resource "mss_service_linked_role" "each" {
          for_each   = local.account_ids
          role_name  = "AliyunServiceRoleForMssp"
          account_id = each.key
        }
    "#;
    let workspace = Workspace::with(terraform, &cloud, configuration);
    let applied = workspace.run(&["apply", "-auto-approve"]).await.expect_success();
    applied.says(&["2 imported, 0 added, 0 changed"]);
    workspace.expect_no_changes().await;
}

/// The guide's example for imports without a query.
async fn import_found(terraform: Terraform) {
    let cloud = Cloud::start().await;
    cloud.add_role("1111111111111111", ROLE).await;
    cloud.add_role(MEMBER, ESA).await;
    let workspace = Workspace::with(terraform, &cloud, "");
    workspace.copy_example("guides/opentofu/found.tf");
    let applied = workspace.run(&["apply", "-auto-approve"]).await.expect_success();
    applied.says(&["2 imported, 0 added, 0 changed"]);
    workspace.expect_no_changes().await;
}

async fn removed_block(terraform: Terraform) {
    let cloud = Cloud::start().await;
    let example = forgetting_example(&terraform);
    let role = format!("resource \"mss_service_linked_role\" \"basic\" {{\n  role_name = \"{ROLE}\"\n}}\n");
    let workspace = Workspace::with(terraform, &cloud, &role);
    workspace.run(&["apply", "-auto-approve"]).await.expect_success();
    workspace.configure("");
    workspace.copy_example(&format!("guides/{example}"));
    workspace.run(&["apply", "-auto-approve"]).await.expect_success();
    assert_eq!(workspace.state_list().await, Vec::<String>::new());
    cloud.expect_roles(ACCOUNT, &[ROLE]).await;
}

async fn functions(terraform: Terraform) {
    let cloud = Cloud::start().await;
    let output = |expression: &str| format!("output \"result\" {{\n  value = {expression}\n}}\n");
    let workspace = Workspace::with(terraform, &cloud, "");
    for (expression, facts) in [
        (
            "provider::mss::role_arn(\"1\", \"AliyunServiceRoleForMssp\")",
            "\"acs:ram::1:role/aliyunserviceroleformssp\"",
        ),
        ("provider::mss::parse_role_arn(\"acs:ram::1:role/aliyunserviceroleformssp\").role_name", ROLE),
        ("provider::mss::service_name(\"AliyunServiceRoleForESAMssp\")", "\"esa.mssp.aliyuncs.com\""),
    ] {
        workspace.configure(&output(expression));
        workspace.run(&["plan"]).await.expect_success().says(&[facts]);
    }
    for (expression, facts) in [
        (
            "provider::mss::role_arn(\"me\", \"x\")",
            ["Invalid value for \"account_id\" parameter", "not an account ID"],
        ),
        (
            "provider::mss::service_name(\"AliyunServiceRoleForMss\")",
            ["\"role_name\" parameter", "Did you mean"],
        ),
        ("provider::mss::parse_role_arn(null)", ["\"arn\" parameter", "must not be null"]),
    ] {
        workspace.configure(&output(expression));
        workspace.run(&["plan"]).await.expect_failure().says(&facts);
    }
    // An argument that is known only after apply makes an unknown result.
    let later = "resource \"terraform_data\" \"later\" {}\n".to_owned();
    let call = output("provider::mss::role_arn(terraform_data.later.id, \"x\")");
    workspace.configure(&(later + &call));
    workspace.run(&["plan"]).await.expect_success().says(&["result = (known after apply)"]);
}

/// State of alicloud's resources, as that provider writes it.
async fn moved_from_alicloud(terraform: Terraform) {
    for (from, shape, role_name, changed, moved_as) in [
        ("alicloud_resource_manager_service_linked_role.esa", "management", ESA, 0, "has moved to"),
        (
            "alicloud_threat_detection_service_linked_role.anti_ransomware",
            "threat-detection",
            RANSOMWARE,
            1,
            "(moved from",
        ),
    ] {
        let cloud = Cloud::start().await;
        let moved = format!("moved {{\n  from = {from}\n  to = mss_service_linked_role.this\n}}\n");
        let role = format!(
            "resource \"mss_service_linked_role\" \"this\" {{\n  role_name = \"{role_name}\"\n  account_id = \
             \"{ACCOUNT}\"\n}}\n"
        );
        let workspace = Workspace::with(terraform.clone(), &cloud, &(role + &moved));
        moved::hold(&workspace, &cloud, shape).await;
        let plan = workspace.run(&["plan"]).await.expect_success();
        plan.says(&[moved_as, &format!("0 to add, {changed} to change, 0 to destroy")]);
        let applied = workspace.run(&["apply", "-auto-approve"]).await.expect_success();
        applied.says(&[&format!("0 added, {changed} changed, 0 destroyed")]);
        workspace.expect_no_changes().await;
        assert_eq!(workspace.attributes(ADDRESS).await["id"], format!("{ACCOUNT}:{role_name}"));
    }
}

async fn import_by_identity(terraform: Terraform) {
    for identity in
        [format!("role_name = \"{ROLE}\""), format!("account_id = \"{ACCOUNT}\"\nrole_name = \"{ROLE}\"")]
    {
        let cloud = Cloud::start().await;
        cloud.add_role(ACCOUNT, ROLE).await;
        let import =
            format!("import {{\n  to = mss_service_linked_role.this\n  identity = {{\n{identity}\n}}\n}}\n");
        let workspace = Workspace::with(terraform.clone(), &cloud, &(role_and_another(ROLE, "") + &import));
        let applied = workspace.run(&["apply", "-auto-approve"]).await.expect_success();
        applied.says(&["1 imported, 1 added, 0 changed"]);
        workspace.expect_no_changes().await;
        let state = fs::read_to_string(workspace.path("terraform.tfstate")).unwrap();
        let state: serde_json::Value = serde_json::from_str(&state).unwrap();
        let resources = state["resources"].as_array().unwrap();
        let role = resources.iter().find(|resource| resource["type"] == "mss_service_linked_role").unwrap();
        let expected = json!({ "account_id": ACCOUNT, "role_name": ROLE });
        assert_eq!(role["instances"][0]["identity"], expected);
    }
}

/// Finds roles, writes the configuration that imports them, and imports them.
async fn query(terraform: Terraform) {
    let cloud = Cloud::start().await;
    cloud.add_role(ACCOUNT, ROLE).await;
    cloud.add_role(MEMBER, ESA).await;
    let workspace = Workspace::with(terraform, &cloud, "provider \"mss\" {}\n");
    let list = format!(
        "list \"mss_service_linked_role\" \"all\" {{\n  provider = mss\n  config {{\n    account_ids = [\"{ACCOUNT}\", \"{MEMBER}\"]\n  }}\n}}\n"
    );
    fs::write(workspace.path("roles.tfquery.hcl"), list).unwrap();
    let run = workspace.run(&["query", "-generate-config-out=generated.tf"]).await.expect_success();
    run.says(&[ROLE, ESA, &format!("account_id={MEMBER}")]);
    let applied = workspace.run(&["apply", "-auto-approve"]).await.expect_success();
    applied.says(&["2 imported, 0 added, 0 changed, 0 destroyed"]);
    workspace.expect_no_changes().await;
}

/// The provider itself says what a person would write.
async fn generated_configuration_is_short(terraform: Terraform) {
    let cloud = Cloud::start().await;
    cloud.add_role(ACCOUNT, ROLE).await;
    let import = format!("import {{\n  to = mss_service_linked_role.this\n  id = \"{ROLE}\"\n}}\n");
    let workspace = Workspace::with(terraform, &cloud, &import);
    workspace.run(&["plan", "-generate-config-out=generated.tf"]).await.expect_success();
    let generated = fs::read_to_string(workspace.path("generated.tf")).unwrap();
    let set: Vec<_> = generated.lines().filter(|line| line.contains('=') && !line.contains("null")).collect();
    assert_eq!(set.len(), 2, "{generated}");
    assert!(generated.contains(&format!("\"{ACCOUNT}\"")) && generated.contains(&format!("\"{ROLE}\"")));
    workspace.run(&["apply", "-auto-approve"]).await.expect_success().says(&["1 imported", "0 changed"]);
    workspace.expect_no_changes().await;
}
