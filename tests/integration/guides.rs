//! What the guides show: each configuration, command and policy is run, and each text comes out of a run.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value as Json, json};

use crate::{
    examples, go_tools, moved,
    support::{
        cloud::Cloud,
        guide::assert_shown,
        names::{ACCOUNT, ESA, RANSOMWARE, ROLE},
        terraform::{NEWEST, Product, Terraform, Version},
        workspace::{Run, Workspace},
    },
};

const BASIC: &str = "mss_service_linked_role.basic";

/// A folder with files of `examples/guides`.
fn workspace(cloud: &Cloud, files: &[&str]) -> Workspace {
    let workspace = Workspace::with(Terraform::find_newest().unwrap(), cloud, "");
    for file in files {
        workspace.copy_example(&format!("guides/{file}"));
    }
    workspace
}

/// The example whose `removed` block makes a tool forget a role.
pub fn forgetting_example(terraform: &Terraform) -> &'static str {
    match (terraform.product(), terraform.version()) {
        (Product::OpenTofu, version) if version < Version(1, 10, 0) => "destroy-refused/removed-opentofu.tf",
        _ => "destroy-refused/removed.tf",
    }
}

/// The same for files that say themselves which providers they need.
fn whole_workspace(cloud: &Cloud, files: &[&str]) -> Workspace {
    let workspace = workspace(cloud, files);
    if !files.iter().any(|file| file.ends_with("/main.tf")) {
        workspace.remove("main.tf");
    }
    workspace
}

fn text(file: &str) -> String {
    let path = guides().join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn guides() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/guides")
}

mod destroy_refused {
    use super::*;

    /// The text that a run told, from its first error on, as the guide has it. What differs from run to
    /// run has a fixed form there.
    #[track_caller]
    fn assert_told(file: &str, run: &Run, varying: &[(&str, &str)]) {
        // The guides show what Terraform prints; OpenTofu breaks its lines elsewhere.
        if Terraform::find_newest().unwrap().product() == Product::OpenTofu {
            return;
        }
        let start = run.output.find("Error: ").unwrap_or_else(|| panic!("no error in:\n{}", run.output));
        assert_shown(file, &run.output[start..], varying);
    }

    async fn applied(cloud: &Cloud, file: &str) -> Workspace {
        let workspace = workspace(cloud, &[file]);
        workspace.run(&["apply", "-auto-approve"]).await.expect_success();
        workspace
    }

    #[tokio::test]
    async fn subscription_is_active() {
        let cloud = Cloud::start().await;
        let workspace = whole(&cloud).await;
        let refused = workspace.run(&["destroy", "-auto-approve"]).await.expect_failure();
        let end_date = cloud.end_date(ACCOUNT).await.replace(' ', "T");
        assert_told(
            "destroy-refused/subscription-active.txt",
            &refused,
            &[(&end_date, "2027-01-01T00:00:00")],
        );
    }

    /// The guide's `main.tf` takes the place of the workspace's own.
    async fn whole(cloud: &Cloud) -> Workspace {
        let workspace =
            Workspace::with(Terraform::find_newest().unwrap(), cloud, &text("destroy-refused/main.tf"));
        workspace.run(&["apply", "-auto-approve"]).await.expect_success();
        workspace
    }

    #[tokio::test]
    async fn role_is_in_use() {
        let cloud = Cloud::start().await;
        let workspace = applied(&cloud, "destroy-refused/in-use.tf").await;
        let refused = workspace.run(&["destroy", "-auto-approve"]).await.expect_failure();
        let end_date = cloud.end_date(ACCOUNT).await.replace(' ', "T");
        assert_told("destroy-refused/still-in-use.txt", &refused, &[(&end_date, "2027-01-01T00:00:00")]);
    }

    #[tokio::test]
    async fn policy_prevents_it() {
        let cloud = Cloud::start().await;
        let workspace = applied(&cloud, "destroy-refused/prevent.tf").await;
        let refused = workspace.run(&["destroy", "-auto-approve"]).await.expect_failure();
        assert_told("destroy-refused/prevented.txt", &refused, &[]);
    }

    #[tokio::test]
    async fn ways_out() {
        let cloud = Cloud::start().await;
        let abandoned = applied(&cloud, "destroy-refused/abandon.tf").await;
        abandoned.run(&["destroy", "-auto-approve"]).await.expect_success().says(&["was abandoned"]);
        assert_eq!(cloud.role_names(ACCOUNT).await, [ROLE]);

        let cloud = Cloud::start().await;
        let forgotten = whole(&cloud).await;
        forgotten.run_shell(&text("destroy-refused/state-rm.sh")).await.expect_success();
        assert_eq!(forgotten.state_list().await, Vec::<String>::new());
        assert_eq!(cloud.role_names(ACCOUNT).await, [ROLE]);

        let cloud = Cloud::start().await;
        let forgotten = whole(&cloud).await;
        let terraform = Terraform::find_newest().unwrap();
        if terraform.product() == Product::Terraform {
            // What is for OpenTofu alone destroys here.
            forgotten.configure(&text("destroy-refused/removed-opentofu.tf"));
            forgotten.run(&["plan"]).await.expect_failure().says(&["MSS subscription is active"]);
        }
        forgotten.configure(&text(forgetting_example(&terraform)));
        forgotten.run(&["apply", "-auto-approve"]).await.expect_success();
        assert_eq!(forgotten.state_list().await, Vec::<String>::new());
        assert_eq!(cloud.role_names(ACCOUNT).await, [ROLE]);
    }

    #[tokio::test]
    async fn subscription() {
        let cloud = Cloud::start().await;
        let workspace = applied(&cloud, "destroy-refused/subscription.tf").await;
        let end_date = cloud.end_date(ACCOUNT).await.replace(' ', "T");
        let output = workspace.run(&["output", "mss_subscription"]).await.expect_success();
        output.says(&["\"active\" = true", &format!("\"end_date\" = \"{end_date}+08:00\"")]);
    }

    /// The guide's table has every text that a destroy can end with, by its title.
    #[test]
    fn names_real_diagnostics() {
        let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/guides/destroy-refused.md");
        let guide = fs::read_to_string(guide).unwrap();
        let diagnostics = include_str!("../snapshots/diagnostics.snap");
        let titles: Vec<_> = guide
            .lines()
            .filter_map(|line| line.strip_prefix("| **")?.split_once("**"))
            .map(|(title, _)| title)
            .collect();
        assert!(titles.len() > 5, "{titles:?}");
        for title in titles {
            let known = ["Error", "Warning"].map(|kind| format!("\n{kind}: {title}\n"));
            assert!(
                known.iter().any(|known| diagnostics.contains(known)),
                "no diagnostic has the title {title:?}"
            );
        }
    }
}

mod many_accounts {
    use super::*;

    const MEMBERS: [&str; 3] = ["1111111111111111", "2222222222222222", "3333333333333333"];

    #[tokio::test]
    async fn one_run_for_all() {
        let cloud = Cloud::start().await;
        cloud.add_role(MEMBERS[1], ROLE).await;
        let files = ["many-accounts/main.tf", "many-accounts/accounts.auto.tfvars"];
        let workspace = whole_workspace(&cloud, &files);
        let apply = ["apply", "-auto-approve", "-parallelism=50"];
        workspace.run(&apply).await.expect_success().says(&["3 added", MEMBERS[0]]);
        for member in MEMBERS {
            assert_eq!(cloud.role_names(member).await, [ROLE]);
        }
        workspace.expect_no_changes().await;

        // What the guide says of the number of calls.
        let before = cloud.actions().await.len();
        workspace.run(&["plan"]).await.expect_success();
        let calls: Vec<_> = cloud.actions().await.split_off(before);
        let count = |action: &str| calls.iter().filter(|called| *called == action).count();
        let counts = (count("GetCallerIdentity"), count("AssumeRole"), count("GetRole"), calls.len());
        assert_eq!(counts, (1, 3, 3, 7), "{calls:?}");

        // One account refuses: nothing is destroyed in any.
        for member in &MEMBERS[1..] {
            cloud.end_subscription(member).await;
        }
        workspace.run(&["destroy", "-auto-approve"]).await.expect_failure().says(&[MEMBERS[0]]);
        assert_eq!(workspace.state_list().await.len(), 3);
    }

    #[tokio::test]
    async fn several_roles() {
        let cloud = Cloud::start().await;
        let workspace = workspace(&cloud, &["many-accounts/several-roles.tf"]);
        workspace.run(&["apply", "-auto-approve"]).await.expect_success().says(&["3 added"]);
        assert_eq!(cloud.role_names(MEMBERS[0]).await, [ESA, ROLE]);
        assert_eq!(cloud.role_names(MEMBERS[1]).await, [ROLE]);
    }

    #[tokio::test]
    async fn inventory() {
        let cloud = Cloud::start().await;
        cloud.add_role(MEMBERS[0], ROLE).await;
        let workspace = workspace(&cloud, &["many-accounts/inventory.tf"]);
        workspace.run(&["apply", "-auto-approve"]).await.expect_success();
        let missing = workspace.run(&["output", "-json", "missing_roles"]).await.expect_success();
        let missing: Json = serde_json::from_str(missing.output.lines().next().unwrap()).unwrap();
        assert_eq!(missing[MEMBERS[0]], json!([ESA, RANSOMWARE]));
        assert_eq!(missing[MEMBERS[1]], json!([ROLE, ESA, RANSOMWARE]));
    }

    #[tokio::test]
    async fn roles_of_our_own() {
        let cloud = Cloud::start().await;
        cloud.add_trusting_role(ACCOUNT, "terraform", ACCOUNT).await;
        cloud.add_trusting_role(MEMBERS[0], "mss-operator", ACCOUNT).await;
        let workspace = whole_workspace(&cloud, &["many-accounts/provider.tf"]);
        let role = |account_id: &str| {
            format!(
                "resource \"mss_service_linked_role\" \"x\" {{\n  role_name = \"{ROLE}\"\n  account_id = \
                 \"{account_id}\"\n}}\n"
            )
        };
        fs::write(workspace.path("role.tf"), role(MEMBERS[0])).unwrap();
        workspace.run(&["apply", "-auto-approve"]).await.expect_success();
        assert_eq!(cloud.role_names(MEMBERS[0]).await, [ROLE, "mss-operator"]);
        cloud.add_trusting_role(MEMBERS[2], "mss-operator", ACCOUNT).await;
        cloud.end_subscription(MEMBERS[0]).await;
        fs::write(workspace.path("role.tf"), role(MEMBERS[2])).unwrap();
        let refused = workspace.run(&["apply", "-auto-approve"]).await.expect_failure();
        refused.says(&[MEMBERS[2], "allowed_account_ids"]);
    }
}

mod migrate_from_alicloud {
    use super::*;

    /// A folder whose state the alicloud provider has written.
    async fn with_state_of_alicloud(cloud: &Cloud, file: &str, shape: &str) -> Workspace {
        let workspace = workspace(cloud, &[file]);
        moved::hold(&workspace, cloud, shape).await;
        workspace
    }

    /// The plan changes this many; nothing is created or deleted, and the next plan is empty.
    async fn expect_moved(cloud: &Cloud, workspace: &Workspace, changed: usize) {
        let moved_as = if changed == 0 { "has moved to" } else { "(moved from" };
        let facts = format!("0 to add, {changed} to change, 0 to destroy");
        workspace.run(&["plan"]).await.expect_success().says(&[moved_as, &facts]);
        workspace.run(&["apply", "-auto-approve"]).await.expect_success();
        workspace.expect_no_changes().await;
        assert!(
            !cloud.called("CreateServiceLinkedRole").await && !cloud.called("DeleteServiceLinkedRole").await
        );
    }

    #[tokio::test]
    async fn by_a_moved_block() {
        let cloud = Cloud::start().await;
        let workspace = with_state_of_alicloud(&cloud, "migrate-from-alicloud/moved.tf", "management").await;
        expect_moved(&cloud, &workspace, 0).await;
    }

    #[tokio::test]
    async fn roles_of_members() {
        let cloud = Cloud::start().await;
        let file = "migrate-from-alicloud/moved-members.tf";
        let workspace = with_state_of_alicloud(&cloud, file, "members").await;
        expect_moved(&cloud, &workspace, 0).await;
    }

    #[tokio::test]
    async fn roles_of_threat_detection() {
        let cloud = Cloud::start().await;
        let file = "migrate-from-alicloud/moved-threat-detection.tf";
        let workspace = with_state_of_alicloud(&cloud, file, "threat-detection").await;
        expect_moved(&cloud, &workspace, 1).await;
    }

    #[tokio::test]
    async fn by_an_import_block() {
        let cloud = Cloud::start().await;
        let workspace = with_state_of_alicloud(&cloud, "migrate-from-alicloud/import.tf", "management").await;
        let forget = ["state", "rm", "alicloud_resource_manager_service_linked_role.esa"];
        workspace.run(&forget).await.expect_success();
        let applied = workspace.run(&["apply", "-auto-approve"]).await.expect_success();
        applied.says(&["1 imported, 0 added, 0 changed, 0 destroyed"]);
        workspace.expect_no_changes().await;
    }
}

mod import {
    use super::*;

    #[tokio::test]
    async fn one_role() {
        let cloud = Cloud::start().await;
        cloud.add_role(ACCOUNT, ROLE).await;
        let workspace = workspace(&cloud, &["import/import.tf"]);
        let applied = workspace.run(&["apply", "-auto-approve"]).await.expect_success();
        applied.says(&["1 imported, 0 added, 0 changed, 0 destroyed"]);
        workspace.expect_no_changes().await;
    }

    #[tokio::test]
    async fn many_roles() {
        let cloud = Cloud::start().await;
        for account_id in ["1111111111111111", "2222222222222222"] {
            cloud.add_role(account_id, ROLE).await;
        }
        let workspace = workspace(&cloud, &["import/import-many.tf"]);
        let applied = workspace.run(&["apply", "-auto-approve"]).await.expect_success();
        applied.says(&["2 imported, 0 added, 0 changed, 0 destroyed"]);
        workspace.expect_no_changes().await;
    }

    #[tokio::test]
    async fn with_generated_configuration() {
        let cloud = Cloud::start().await;
        cloud.add_role(ACCOUNT, ESA).await;
        let workspace = workspace(&cloud, &["import/generate.tf"]);
        workspace.run(&["plan", "-generate-config-out=generated.tf"]).await.expect_success();
        let applied = workspace.run(&["apply", "-auto-approve"]).await.expect_success();
        applied.says(&["1 imported, 0 added, 0 changed, 0 destroyed"]);
        workspace.expect_no_changes().await;
    }

    #[tokio::test]
    async fn found_by_a_query() {
        let cloud = Cloud::start().await;
        cloud.add_role("1111111111111111", ROLE).await;
        cloud.add_role("2222222222222222", ESA).await;
        // OpenTofu has no queries.
        let workspace = Workspace::with(Terraform::fetch(NEWEST).unwrap(), &cloud, "");
        workspace.copy_example("guides/import/roles.tfquery.hcl");
        workspace.run(&["query", "-generate-config-out=generated.tf"]).await.expect_success();
        let applied = workspace.run(&["apply", "-auto-approve"]).await.expect_success();
        applied.says(&["2 imported, 0 added, 0 changed, 0 destroyed"]);
        workspace.expect_no_changes().await;
    }

    #[tokio::test]
    async fn adopted() {
        for exists in [true, false] {
            let cloud = Cloud::start().await;
            if exists {
                cloud.add_role(ACCOUNT, ROLE).await;
            }
            let workspace = workspace(&cloud, &["import/adopt.tf"]);
            workspace.run(&["apply", "-auto-approve"]).await.expect_success();
            assert_eq!(workspace.attributes(BASIC).await["adopted"], exists);
            workspace.expect_no_changes().await;
        }
    }
}

mod emulator {
    use super::*;

    /// The commands bring a cloud of their own.
    async fn run(files: &[&str], line: &str) -> Run {
        let cloud = Cloud::start().await;
        let run = whole_workspace(&cloud, files).run_shell(line).await;
        assert_eq!(cloud.call_count().await, 0);
        run
    }

    #[tokio::test]
    async fn one_command() {
        let files = ["emulator/main.tf", "emulator/test.sh"];
        let run = run(&files, &text("emulator/exec.sh")).await.expect_success();
        run.says(&["1 added", "No changes", "MSS subscription is active", "1 destroyed"]);
    }

    #[tokio::test]
    async fn terraform_test() {
        let cloud = Cloud::start().await;
        let module = ["tests/main.tf", "tests/roles.tftest.hcl", "tests/seed.json"];
        let workspace = Workspace::of_examples(Terraform::find_newest().unwrap(), &cloud, &module);
        let run = workspace.run_shell(&text("emulator/terraform-test.sh")).await.expect_success();
        run.says(&["4 passed, 0 failed"]);
    }

    /// A folder of files whose tests run `init`, and bring clouds of their own.
    async fn with_mirror(files: &[&str]) -> Workspace {
        let workspace = whole_workspace(&Cloud::start().await, files);
        workspace.mirror_provider();
        workspace
    }

    /// As pasted, and again in the same folder the other way round: no test sees another's state.
    #[tokio::test]
    async fn python() {
        let workspace = with_mirror(&["emulator/main.tf", "emulator/test_roles.py"]).await;
        let run = workspace.run_shell("python3 test_roles.py").await.expect_success();
        run.says(&["Ran 3 tests", "OK"]);
        let tests = text("emulator/test_roles.py");
        let names = tests.lines().filter_map(|line| line.trim().strip_prefix("def test_")?.split('(').next());
        let mut names: Vec<_> = names.map(|name| format!("Roles.test_{name}")).collect();
        names.sort();
        names.reverse();
        let line = format!("python3 test_roles.py {}", names.join(" "));
        workspace.run_shell(&line).await.expect_success().says(&["Ran 3 tests", "OK"]);
    }

    #[tokio::test]
    async fn go() {
        if !go_tools::go_is_here() {
            return;
        }
        let mut workspace = with_mirror(&["emulator/main.tf", "emulator/emulator_test.go"]).await;
        for (name, value) in go_tools::shared_environment() {
            workspace.set(name, &value);
        }
        workspace.run_shell(&text("emulator/go-test.sh")).await.expect_success().says(&["ok acceptance"]);
        let reversed = "go test -count=1 -run Destroy . && go test -count=1 -run Apply .";
        workspace.run_shell(reversed).await.expect_success().says(&["ok acceptance"]);
    }
}

mod opentofu {
    use super::*;

    /// Both tools find roles and import them without a query.
    #[tokio::test]
    async fn find_and_import() {
        let cloud = Cloud::start().await;
        cloud.add_role("1111111111111111", ROLE).await;
        cloud.add_role("2222222222222222", ESA).await;
        let workspace = workspace(&cloud, &["opentofu/found.tf"]);
        let applied = workspace.run(&["apply", "-auto-approve"]).await.expect_success();
        applied.says(&["2 imported, 0 added, 0 changed, 0 destroyed"]);
        workspace.expect_no_changes().await;
    }
}

mod works_with {
    use super::*;
    use crate::official_sdks;

    #[tokio::test]
    async fn terraform_plugin_testing() {
        if !go_tools::go_is_here() {
            return;
        }
        let mut workspace = whole_workspace(&Cloud::start().await, &["works-with/roles_test.go"]);
        workspace.mirror_provider();
        for (name, value) in go_tools::shared_environment() {
            workspace.set(name, &value);
        }
        for file in ["go.mod", "go.sum"] {
            fs::copy(go_tools::module().join(file), workspace.path(file)).unwrap();
        }
        workspace.run_shell(&text("works-with/go-test.sh")).await.expect_success();
    }

    #[tokio::test]
    async fn official_sdk() {
        let cloud = Cloud::start().await;
        let files = ["emulator/main.tf", "works-with/find_role.py"];
        let mut workspace = whole_workspace(&cloud, &files);
        workspace.set("PYTHONPATH", official_sdks::packages().to_str().unwrap());
        let run = workspace.run_shell(&text("works-with/find-role.sh")).await.expect_success();
        run.says(&["acs:ram::1234567890123456:role/aliyunserviceroleformssp"]);
    }

    /// The default policy is in the plan too.
    #[tokio::test]
    async fn policy_check() {
        let cloud = Cloud::start().await;
        let check = text("works-with/check-policy.sh");
        let role = |policy: &str| {
            format!("resource \"mss_service_linked_role\" \"x\" {{\n  role_name = \"{ROLE}\"\n{policy}}}\n")
        };
        let workspace = workspace(&cloud, &["works-with/check_policy.py"]);
        workspace.configure(&role("  deletion_policy = \"prevent\"\n"));
        workspace.run_shell(&check).await.expect_success();
        for policy in ["", "  deletion_policy = \"abandon\"\n"] {
            workspace.configure(&role(policy));
            let refused = workspace.run_shell(&check).await.expect_failure();
            refused.says(&["mss_service_linked_role.x: deletion_policy must be \"prevent\""]);
        }
    }
}

mod permissions {
    use super::*;

    fn policy(file: &str) -> Json {
        serde_json::from_str(&text(file)).unwrap()
    }

    /// Every action that a policy allows.
    fn actions(policy: &Json) -> BTreeSet<String> {
        let statements = policy["Statement"].as_array().unwrap();
        statements.iter().flat_map(|statement| listed(&statement["Action"])).collect()
    }

    fn listed(actions: &Json) -> Vec<String> {
        match actions {
            Json::String(action) => vec![action.clone()],
            actions => {
                actions.as_array().unwrap().iter().map(|action| action.as_str().unwrap().to_owned()).collect()
            }
        }
    }

    /// The policy without one of its actions.
    fn without(policy: &Json, action: &str) -> Json {
        let mut policy = policy.clone();
        for statement in policy["Statement"].as_array_mut().unwrap() {
            let left: Vec<_> =
                listed(&statement["Action"]).into_iter().filter(|kept| kept != action).collect();
            statement["Action"] = json!(left);
        }
        policy
    }

    /// An operation of the guide: what has to be there before, and the commands.
    struct Operation {
        policy: &'static str,
        configuration: &'static str,
        roles_exist: bool,
        in_state: bool,
        subscribed: bool,
        commands: &'static [&'static [&'static str]],
    }

    impl Operation {
        /// Runs the commands under a policy, up to the first that fails.
        async fn run(&self, policy: &Json) -> (bool, String) {
            let cloud = Cloud::start().await;
            if !self.subscribed {
                cloud.end_subscription(ACCOUNT).await;
            }
            if self.roles_exist && !self.in_state {
                for role_name in [ROLE, ESA, RANSOMWARE] {
                    cloud.add_role(ACCOUNT, role_name).await;
                }
            }
            let mut configuration = text(self.configuration);
            if self.commands.iter().any(|command| command.contains(&"destroy")) {
                // A deletion task that may not be asked for is asked for until the time-out.
                configuration =
                    configuration.replace("\"\n}", "\"\n  timeouts = {\n    delete = \"3s\"\n  }\n}");
            }
            let workspace = Workspace::with(Terraform::find_newest().unwrap(), &cloud, &configuration);
            if self.in_state {
                workspace.run(&["apply", "-auto-approve"]).await.expect_success();
            }
            cloud.policy(ACCOUNT, policy).await;
            let mut output = String::new();
            for command in self.commands {
                let run = workspace.run(command).await;
                output += &run.output.split_whitespace().collect::<Vec<_>>().join(" ");
                if run.code != Some(0) {
                    return (false, output);
                }
            }
            (true, output)
        }

        /// The policy is enough, without a warning; without any one of its actions the operation fails
        /// or warns, and names the action.
        async fn check(&self) {
            let whole = policy(self.policy);
            let (succeeded, output) = self.run(&whole).await;
            assert!(succeeded && !denied(&output), "{} is not sufficient:\n{output}", self.policy);
            for action in actions(&whole) {
                let (_, output) = self.run(&without(&whole, &action)).await;
                assert!(output.contains(&format!("`{action}`")), "{action} is not missed:\n{output}");
                assert!(denied(&output), "{action} is not missed:\n{output}");
            }
        }
    }

    fn denied(output: &str) -> bool {
        output.contains("NoPermission") || output.contains("Forbidden.RAM")
    }

    #[tokio::test]
    async fn plan() {
        let destroy = Operation {
            policy: "permissions/plan.json",
            configuration: "permissions/main.tf",
            roles_exist: true,
            in_state: true,
            subscribed: false,
            commands: &[&["plan"], &["plan", "-destroy"]],
        };
        destroy.check().await;
        let create = Operation { in_state: false, roles_exist: false, commands: &[&["plan"]], ..destroy };
        let (succeeded, output) = create.run(&policy(create.policy)).await;
        assert!(succeeded && !denied(&output), "{output}");
    }

    #[tokio::test]
    async fn apply() {
        let create = Operation {
            policy: "permissions/apply.json",
            configuration: "permissions/main.tf",
            roles_exist: false,
            in_state: false,
            subscribed: true,
            commands: &[&["apply", "-auto-approve"], &["plan", "-detailed-exitcode"]],
        };
        create.check().await;
        let import = Operation { roles_exist: true, commands: &[&["import", BASIC, ROLE]], ..create };
        let (succeeded, output) = import.run(&policy(import.policy)).await;
        assert!(succeeded && !denied(&output), "{output}");
    }

    #[tokio::test]
    async fn destroy() {
        let operation = Operation {
            policy: "permissions/destroy.json",
            configuration: "permissions/main.tf",
            roles_exist: true,
            in_state: true,
            subscribed: false,
            commands: &[&["destroy", "-auto-approve"]],
        };
        operation.check().await;
    }

    #[tokio::test]
    async fn data_sources() {
        let read = Operation {
            policy: "permissions/read.json",
            configuration: "permissions/data.tf",
            roles_exist: true,
            in_state: false,
            subscribed: true,
            commands: &[&["apply", "-auto-approve"]],
        };
        read.check().await;
    }

    /// Nobody is in the folder, which is the case that needs both.
    #[tokio::test]
    async fn directory() {
        let whole = policy("permissions/directory.json");
        let folders = json!([{ "folder_name": "empty", "folder_id": "fd-Empty00001" }]);
        let cloud = Cloud::start_with_seed(json!({ "folders": folders, "members": 1 })).await;
        let workspace =
            Workspace::with(Terraform::fetch(NEWEST).unwrap(), &cloud, &text("permissions/directory.tf"));
        cloud.policy(ACCOUNT, &whole).await;
        workspace.run(&["apply", "-auto-approve"]).await.expect_success();
        for action in actions(&whole) {
            cloud.policy(ACCOUNT, &without(&whole, &action)).await;
            let refused = workspace.run(&["plan"]).await.expect_failure();
            refused.says(&[&format!("`{action}`")]);
        }
    }

    /// The alicloud provider is not here to run the first file; the second works with the role that it makes.
    #[tokio::test]
    async fn identity() {
        let made = text("permissions/identity.tf");
        for operation in ["plan", "apply", "destroy"] {
            assert!(made.contains(&format!("\"{operation}\"")), "{made}");
            assert!(!actions(&policy(&format!("permissions/{operation}.json"))).is_empty());
        }
        let role_name = made.lines().find_map(|line| line.trim().strip_prefix("role_name = "));
        let role_name = role_name.unwrap().trim_matches('"');
        let cloud = Cloud::start().await;
        cloud.add_role(ACCOUNT, role_name).await;
        let main = text("permissions/main.tf");
        let workspace = Workspace::with(Terraform::find_newest().unwrap(), &cloud, &main);
        workspace.copy_example("guides/permissions/assume.tf");
        workspace.run(&["apply", "-auto-approve"]).await.expect_success();
        let actions = cloud.actions().await;
        assert!(actions.iter().any(|action| action == "AssumeRole"), "{actions:?}");
    }

    #[tokio::test]
    async fn member_accounts() {
        let whole = policy("permissions/members.json");
        for allowed in [true, false] {
            let cloud = Cloud::start().await;
            let policy = if allowed { whole.clone() } else { without(&whole, "sts:AssumeRole") };
            cloud.policy(ACCOUNT, &policy).await;
            let configuration = format!(
                "resource \"mss_service_linked_role\" \"x\" {{\n  role_name = \"{ROLE}\"\n  account_id = \
                 \"1111111111111111\"\n}}\n"
            );
            let workspace = Workspace::with(Terraform::find_newest().unwrap(), &cloud, &configuration);
            let run = workspace.run(&["apply", "-auto-approve"]).await;
            if allowed {
                run.expect_success().does_not_say("NoPermission");
            } else {
                run.expect_failure().says(&["NoPermission", "`sts:AssumeRole`"]);
            }
        }
    }
}

mod continuous_integration {
    use saphyr::{LoadableYamlNode, YamlOwned as Yaml};

    use super::*;

    fn pipeline(file: &str) -> Yaml {
        Yaml::load_from_str(&text(file)).unwrap().remove(0)
    }

    /// The variables of a pipeline or a job as the job sees them.
    fn variables(of: &Yaml) -> Vec<(String, String)> {
        let mapping = of.as_mapping().unwrap();
        let text = |yaml: &Yaml| yaml.as_str().unwrap().to_owned();
        mapping.iter().map(|(name, value)| (text(name), text(value))).collect()
    }

    /// Runs a job's command with nothing but the variables of the pipeline and a token.
    async fn run(cloud: &Cloud, variables: &[(String, String)], arguments: &[&str]) -> Run {
        let mut workspace = workspace(cloud, &["continuous-integration/main.tf"]);
        let token = workspace.give("token", "the-token-that-the-job-has");
        workspace.set("ALIBABA_CLOUD_ACCESS_KEY_ID", "");
        workspace.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "");
        for (name, value) in variables {
            workspace.set(name, value);
        }
        workspace.set("ALIBABA_CLOUD_OIDC_TOKEN_FILE", token.to_str().unwrap());
        workspace.run(arguments).await
    }

    /// Its two roles trust the identity provider that the pipeline names.
    async fn cloud(pipeline: &[(String, String)]) -> Cloud {
        let cloud = Cloud::start().await;
        let provider = pipeline.iter().find(|(name, _)| name == "ALIBABA_CLOUD_OIDC_PROVIDER_ARN");
        let (_, provider_arn) = provider.unwrap();
        for role in ["terraform-plan", "terraform-apply"] {
            cloud.add_role_of_a_provider(ACCOUNT, role, provider_arn).await;
        }
        cloud
    }

    async fn check(pipeline: &[(String, String)], plan: &[(String, String)], apply: &[(String, String)]) {
        let cloud = cloud(pipeline).await;
        let planned = run(&cloud, &[pipeline, plan].concat(), &["plan"]).await.expect_success();
        planned.says(&["1 to add"]);
        let applied = run(&cloud, &[pipeline, apply].concat(), &["apply", "-auto-approve"]).await;
        applied.expect_success().says(&["1 added"]);
        assert!(cloud.role_names(ACCOUNT).await.contains(&ROLE.to_owned()));
        assert!(cloud.called("AssumeRoleWithOIDC").await);
    }

    #[tokio::test]
    async fn github() {
        let workflow = pipeline("continuous-integration/github.yml");
        let of_job = |job: &str| variables(&workflow["jobs"][job]["env"]);
        check(&variables(&workflow["env"]), &of_job("plan"), &of_job("apply")).await;
        assert_eq!(workflow["permissions"]["id-token"].as_str(), Some("write"));
        assert_eq!(workflow["jobs"]["apply"]["environment"].as_str(), Some("production"));
    }

    #[tokio::test]
    async fn gitlab() {
        let pipeline = pipeline("continuous-integration/gitlab-ci.yml");
        let of_job = |job: &str| variables(&pipeline[job]["variables"]);
        check(&variables(&pipeline["variables"]), &of_job("plan"), &of_job("apply")).await;
    }

    /// With the override, a configuration whose state is elsewhere has a state of its own.
    #[tokio::test]
    async fn without_an_account() {
        let cloud = Cloud::start().await;
        let files = ["continuous-integration/main.tf", "continuous-integration/backend_override.tf"];
        let workspace = whole_workspace(&cloud, &files);
        workspace.mirror_provider();
        let elsewhere = "terraform {\n  backend \"http\" {\n    address = \"http://127.0.0.1:1/\"\n  }\n}\n";
        fs::write(workspace.path("backend.tf"), elsewhere).unwrap();
        workspace.run(&["init"]).await.expect_success();
        workspace.run(&["apply", "-auto-approve"]).await.expect_success().says(&["1 added"]);
        assert!(workspace.path("terraform.tfstate").exists());
    }

    /// Whom the trust policies let in: the identity provider that the pipeline names, one repository, one branch or
    /// environment.
    #[test]
    fn trust_policies() {
        for (policy, pipeline_file, subject) in [
            (
                "continuous-integration/trust-github.json",
                "continuous-integration/github.yml",
                "repo:example/infrastructure:environment:production",
            ),
            (
                "continuous-integration/trust-gitlab.json",
                "continuous-integration/gitlab-ci.yml",
                "project_path:example/infrastructure:ref_type:branch:ref:main",
            ),
        ] {
            let document: Json = serde_json::from_str(&text(policy)).unwrap();
            let statement = &document["Statement"][0];
            let provider = statement["Principal"]["Federated"][0].as_str().unwrap();
            assert!(text(pipeline_file).contains(provider), "{policy}");
            let condition = &statement["Condition"]["StringEquals"];
            assert_eq!(condition["oidc:sub"], subject, "{policy}");
            assert!(condition["oidc:iss"].as_str().unwrap().starts_with("https://"), "{policy}");
        }
    }
}

mod versions {
    use super::*;

    /// The constraint takes this version, and no version that may break a configuration.
    #[test]
    fn constraint() {
        let constraint = format!("version = \"{}\"", examples::constraint());
        assert!(text("versions/main.tf").contains(&constraint), "{constraint}");
    }
}
