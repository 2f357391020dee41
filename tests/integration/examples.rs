//! Every file under `examples/` that the reference pages show, under a real Terraform.
//!
//! They are found by their place, so that an example that is added is run. Those of the guides are run
//! in `guides`.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use crate::support::{
    cloud::Cloud,
    names::ACCOUNT,
    terraform::{NEWEST, Terraform},
    workspace::Workspace,
};

const PROVIDER: &str = "provider/provider.tf";

/// The newest Terraform: functions, identities and queries are not in every older one.
fn terraform() -> Terraform {
    Terraform::fetch(NEWEST).unwrap()
}

/// The folders under a kind of example, such as `resources/mss_service_linked_role`.
fn folders(kind: &str) -> BTreeSet<String> {
    let folder = examples().join(kind);
    let entries = fs::read_dir(&folder).map(|entries| entries.map(|entry| entry.unwrap().file_name()));
    let names = entries.into_iter().flatten();
    names.map(|name| format!("{kind}/{}", name.to_str().unwrap())).collect()
}

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

/// What linters recommend, and what documentation tools print: each folder that is a module says what it needs.
#[test]
fn each_module_says_which_versions_it_needs() {
    let mut without = Vec::new();
    for folder in modules(&examples()) {
        let files = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
        let sources = files.filter(|file| file.extension().is_some_and(|extension| extension == "tf"));
        let text: String = sources.map(|file| fs::read_to_string(file).unwrap()).collect();
        if !(text.contains("required_version = \"") && text.contains("version = \"~> ")) {
            without.push(folder);
        }
    }
    assert_eq!(without, [] as [PathBuf; 0]);
}

/// The folders that have configuration files.
fn modules(folder: &Path) -> Vec<PathBuf> {
    let entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    let is_module = entries.iter().any(|file| file.extension().is_some_and(|extension| extension == "tf"));
    let below = entries.iter().filter(|entry| entry.is_dir()).flat_map(|folder| modules(folder));
    is_module.then(|| folder.to_owned()).into_iter().chain(below).collect()
}

#[tokio::test]
async fn resources() {
    for folder in folders("resources") {
        let cloud = Cloud::start().await;
        let example = format!("{folder}/resource.tf");
        let workspace = Workspace::of_examples(terraform(), &cloud, &[PROVIDER, &example]);
        workspace.run(&["apply", "-auto-approve"]).await.expect_success();
        workspace.expect_no_changes().await;
        cloud.end_subscription(ACCOUNT).await;
        workspace.run(&["destroy", "-auto-approve"]).await.expect_success();
    }
}

/// Each block and each command imports a role that the console made, and plans no change.
#[tokio::test]
async fn imports() {
    for folder in folders("resources") {
        let resource = format!("{folder}/resource.tf");
        for block in ["import-by-identity.tf", "import-by-string-id.tf"] {
            let cloud = cloud_with_every_role().await;
            let block = format!("{folder}/{block}");
            let workspace = Workspace::of_examples(terraform(), &cloud, &[PROVIDER, &resource, &block]);
            let applied = workspace.run(&["apply", "-auto-approve", "-target", BASIC]).await.expect_success();
            applied.says(&["1 imported, 0 added, 0 changed, 0 destroyed"]);
        }
        let script = fs::read_to_string(examples().join(&folder).join("import.sh")).unwrap();
        let commands: Vec<_> =
            script.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
        assert!(!commands.is_empty(), "{script}");
        for command in commands {
            let cloud = cloud_with_every_role().await;
            let arguments: Vec<_> = command.strip_prefix("terraform ").unwrap().split(' ').collect();
            let workspace = Workspace::of_examples(terraform(), &cloud, &[PROVIDER, &resource]);
            workspace.run(&arguments).await.expect_success();
            let plan = workspace.run(&["plan", "-target", arguments[1]]).await.expect_success();
            plan.does_not_say("must be replaced");
        }
    }
}

const BASIC: &str = "mss_service_linked_role.basic";

async fn cloud_with_every_role() -> Cloud {
    let cloud = Cloud::start().await;
    for role_name in
        ["AliyunServiceRoleForMssp", "AliyunServiceRoleForESAMssp", "AliyunServiceRoleForAntiRansomwareMssp"]
    {
        cloud.add_role(ACCOUNT, role_name).await;
    }
    cloud
}

#[tokio::test]
async fn data_sources() {
    for folder in folders("data-sources") {
        let cloud = cloud_with_every_role().await;
        let example = format!("{folder}/data-source.tf");
        let workspace = Workspace::of_examples(terraform(), &cloud, &[PROVIDER, &example]);
        workspace.run(&["apply", "-auto-approve"]).await.expect_success();
        workspace.expect_no_changes().await;
    }
}

/// A comment at the top of each example says what the call gives.
#[tokio::test]
async fn functions() {
    for folder in folders("functions") {
        let cloud = Cloud::start().await;
        let example = format!("{folder}/function.tf");
        let workspace = Workspace::of_examples(terraform(), &cloud, &[PROVIDER, &example]);
        let text = fs::read_to_string(examples().join(&example)).unwrap();
        let told = text.lines().next().and_then(|line| line.strip_prefix("# ")).unwrap();
        let text = text.replacen("value =", &format!("value = jsonencode({told}) =="), 1);
        let (condition, call) = text.rsplit_once("== ").unwrap();
        let call = call.trim_end().trim_end_matches('}').trim_end();
        fs::write(workspace.path("function.tf"), format!("{condition}== jsonencode({call})\n}}\n")).unwrap();
        let applied = workspace.run(&["apply", "-auto-approve"]).await.expect_success();
        applied.says(&["= true"]);
    }
}

#[tokio::test]
async fn list_resources() {
    for folder in folders("list-resources") {
        let cloud = cloud_with_every_role().await;
        let example = format!("{folder}/list-resource.tfquery.hcl");
        let workspace = Workspace::of_examples(terraform(), &cloud, &[PROVIDER, &example]);
        workspace.run(&["query"]).await.expect_success().says(&["AliyunServiceRoleForMssp"]);
    }
}

#[test]
fn are_formatted() {
    for path in files(&examples()) {
        let name = path.to_str().unwrap().to_owned();
        if ![".tf", ".hcl", ".tfvars"].iter().any(|ending| name.ends_with(ending)) {
            continue;
        }
        // By standard input, since `fmt` looks at the names of files.
        let run = terraform()
            .command()
            .args(["fmt", "-check", "-diff", "-"])
            .env("CHECKPOINT_DISABLE", "1")
            .stdin(Stdio::from(fs::File::open(&path).unwrap()))
            .output()
            .unwrap();
        assert!(run.status.success(), "{name}\n{}", String::from_utf8_lossy(&run.stdout));
    }
}

/// What the pages say of this version: before 1.0.0 a minor version may break a configuration, so that `~>` must not
/// let in the next one.
pub fn constraint() -> String {
    let (major, rest) = env!("CARGO_PKG_VERSION").split_once('.').unwrap();
    let minor = rest.split('.').next().unwrap();
    if major == "0" { format!("~> 0.{minor}.0") } else { format!("~> {major}.{minor}") }
}

/// Whoever copies an example gets a configuration that says what it needs, as linters ask.
#[test]
fn versions_are_required() {
    let constraint = constraint();
    let mss = format!(
        "    mss = {{\n      source  = \"mss-iac/mss\"\n      version = \"{constraint}\"\n    }}\n  }}\n}}\n"
    );
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let mut found = 0;
    for path in files(&examples()).into_iter().chain([readme]) {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        if text.contains("required_providers {") && !path.ends_with("main.rs") {
            // A feature that is younger than 1.6 asks for its own version.
            assert!(text.contains("terraform {\n  required_version = \">= 1."), "{}", path.display());
            assert!(text.contains(&mss), "{}: it should have\n{mss}", path.display());
            found += 1;
        }
    }
    assert!(found > 5, "{found}");
}

/// Nothing lies about that no test runs: every file has a place that is known, and each of a guide is
/// named in the tests of the guides or of the release.
#[test]
fn all_are_run() {
    let guides =
        [include_str!("directory.rs"), include_str!("guides.rs"), include_str!("release.rs")].concat();
    let known = [
        "provider.tf",
        "resource.tf",
        "import-by-identity.tf",
        "import-by-string-id.tf",
        "import.sh",
        "data-source.tf",
        "function.tf",
        "list-resource.tfquery.hcl",
    ];
    let helpers = include_str!("emulator_helpers.rs");
    for path in files(&examples()) {
        let path = path.strip_prefix(examples()).unwrap().to_str().unwrap().to_owned();
        let name = path.rsplit('/').next().unwrap();
        // A picture for the guide; the page itself has a test in a browser. And what linters want beside the files that
        // are run, which `versions_are_required` checks.
        if path == "emulator/page.png" || name == "versions.tf" {
            continue;
        }
        let run = match path.strip_prefix("guides/") {
            Some(guide) => [guide, &path].iter().any(|named| guides.contains(&format!("\"{named}\""))),
            None => {
                guides.contains(&format!("\"{path}\""))
                    || helpers.contains(&format!("\"examples/{path}\""))
                    || is_helper_of_a_language(&path, helpers)
                    || known.contains(&name)
                    || path.starts_with("quickstart/")
            }
        };
        assert!(run, "no test runs examples/{path}");
    }
}

/// Whether a file is of a folder `emulator/<language>` whose tests a test runs.
fn is_helper_of_a_language(path: &str, helpers: &str) -> bool {
    let below = path.strip_prefix("emulator/").and_then(|rest| rest.split_once('/'));
    below.is_some_and(|(language, _)| helpers.contains(&format!("\"{language}\"")))
}

fn files(folder: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path);
        }
    }
    found
}
