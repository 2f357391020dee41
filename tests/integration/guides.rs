//! What the guides show: each configuration, command and policy is run, and each text comes out of a run.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value as Json, json};

use crate::support::{
    cloud::Cloud,
    terraform::{NEWEST, Terraform},
    workspace::{Run, Workspace},
};

const ACCOUNT: &str = "1234567890123456";
const ROLE: &str = "AliyunServiceRoleForMssp";
const ESA: &str = "AliyunServiceRoleForESAMssp";
const RANSOMWARE: &str = "AliyunServiceRoleForAntiRansomwareMssp";
const BASIC: &str = "mss_service_linked_role.basic";

/// A folder with files of `examples/guides`.
fn workspace(cloud: &Cloud, files: &[&str]) -> Workspace {
    let workspace = Workspace::with(Terraform::fetch(NEWEST).unwrap(), cloud, "");
    for file in files {
        workspace.copy_example(&format!("guides/{file}"));
    }
    workspace
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
        let start = run.output.find("Error: ").unwrap_or_else(|| panic!("no error in:\n{}", run.output));
        let mut told = run.output[start..].trim_end().to_owned();
        for (found, fixed) in varying {
            assert_eq!(found.len(), fixed.len(), "lines must break as they do");
            told = told.replace(found, fixed);
        }
        let told: Vec<_> = told.split(' ').map(fixed_id).collect();
        let told = told.join(" ") + "\n";
        let path = guides().join(file);
        if std::env::var_os("UPDATE_GUIDES").is_some() {
            fs::write(&path, &told).unwrap();
        }
        assert_eq!(
            fs::read_to_string(&path).unwrap_or_default(),
            told,
            "{file}; UPDATE_GUIDES=1 writes it anew"
        );
    }

    /// Task and request IDs, with the same form each time.
    fn fixed_id(word: &str) -> String {
        let is_id = |part: &str| {
            part.len() == 36 && part.chars().all(|c| c.is_ascii_hexdigit() || c == '-') && part.contains('-')
        };
        let parts = word.split_inclusive(|c: char| !c.is_ascii_hexdigit() && c != '-');
        let fixed = parts.map(|part| {
            let bare = part.trim_end_matches(|c: char| !c.is_ascii_hexdigit() && c != '-');
            if is_id(bare) {
                part.replace(bare, "0c2a5d0e-7b1c-5e1f-9b0d-3f6a2c1d4e5f")
            } else {
                part.to_owned()
            }
        });
        fixed.collect()
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
            Workspace::with(Terraform::fetch(NEWEST).unwrap(), cloud, &text("destroy-refused/main.tf"));
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
        forgotten.configure(&text("destroy-refused/removed.tf"));
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
    async fn with_state_of_alicloud(cloud: &Cloud, file: &str) -> Workspace {
        cloud.add_role(ACCOUNT, ESA).await;
        let workspace = workspace(cloud, &[file]);
        let state = json!({
            "version": 4, "terraform_version": "1.8.0", "serial": 1,
            "lineage": "6f2c3a52-0d0c-4d9e-9f3e-000000000002", "outputs": {}, "check_results": null,
            "resources": [{
                "mode": "managed", "type": "alicloud_resource_manager_service_linked_role", "name": "esa",
                "provider": "provider[\"registry.terraform.io/aliyun/alicloud\"]",
                "instances": [{ "schema_version": 0, "sensitive_attributes": [], "attributes": {
                    "arn": format!("acs:ram::{ACCOUNT}:role/aliyunserviceroleforesamssp"), "custom_suffix": null,
                    "description": null, "id": format!("esa.mssp.aliyuncs.com:{ESA}"), "role_id": "3",
                    "role_name": ESA, "service_name": "esa.mssp.aliyuncs.com", "status": "", "timeouts": null
                } }]
            }]
        });
        fs::write(workspace.path("terraform.tfstate"), state.to_string()).unwrap();
        workspace.stand_in_for_alicloud();
        workspace
    }

    #[tokio::test]
    async fn by_a_moved_block() {
        let cloud = Cloud::start().await;
        let workspace = with_state_of_alicloud(&cloud, "migrate-from-alicloud/moved.tf").await;
        let plan = workspace.run(&["plan"]).await.expect_success();
        plan.says(&["has moved to", "0 to add, 0 to change, 0 to destroy"]);
        workspace.run(&["apply", "-auto-approve"]).await.expect_success();
        workspace.expect_no_changes().await;
        assert!(
            !cloud.called("CreateServiceLinkedRole").await && !cloud.called("DeleteServiceLinkedRole").await
        );
    }

    #[tokio::test]
    async fn by_an_import_block() {
        let cloud = Cloud::start().await;
        let workspace = with_state_of_alicloud(&cloud, "migrate-from-alicloud/import.tf").await;
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
        let workspace = workspace(&cloud, &["import/roles.tfquery.hcl"]);
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
        let workspace = Workspace::of_examples(Terraform::fetch(NEWEST).unwrap(), &cloud, &module);
        let run = workspace.run_shell(&text("emulator/terraform-test.sh")).await.expect_success();
        run.says(&["4 passed, 0 failed"]);
    }

    #[tokio::test]
    async fn python() {
        let files = ["emulator/main.tf", "emulator/test_roles.py"];
        run(&files, "python3 test_roles.py").await.expect_success().says(&["Ran 2 tests", "OK"]);
    }

    /// Go is not on every machine: here what the test relies on, in CI the test itself.
    #[tokio::test]
    async fn go() {
        let read: BTreeSet<_> = text("emulator/emulator_test.go")
            .split("`json:\"")
            .skip(1)
            .map(|tag| tag.split('"').next().unwrap().to_owned())
            .collect();
        let run = run(&[], SERVE).await.expect_success();
        let announced: Json = serde_json::from_str(run.output.lines().next().unwrap()).unwrap();
        assert_eq!(read.len(), 3);
        assert!(read.iter().all(|field| announced[field].is_string()), "{read:?} {announced}");
    }

    const SERVE: &str =
        "mkfifo line; mss-emulator serve > line & read -r line < line; kill $!; echo \"$line\"";
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
            let workspace = Workspace::with(Terraform::fetch(NEWEST).unwrap(), &cloud, &configuration);
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
            let workspace = Workspace::with(Terraform::fetch(NEWEST).unwrap(), &cloud, &configuration);
            let run = workspace.run(&["apply", "-auto-approve"]).await;
            if allowed {
                run.expect_success().does_not_say("NoPermission");
            } else {
                run.expect_failure().says(&["NoPermission", "`sts:AssumeRole`"]);
            }
        }
    }
}
