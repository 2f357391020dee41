//! The acceptance lifecycle on an account of Alibaba Cloud that someone has. It runs only when it is asked to:
//!
//! ```sh
//! MSS_ACC=1 MSS_ACC_ACCOUNT_ID=1234567890123456 cargo test real_account -- --nocapture
//! ```
//!
//! The credentials are those of the environment, and must be of exactly that account. Only roles that are not there
//! are created, and only while no subscription keeps them; each is deleted again. What was there before is
//! written to a file first, so that a run that was killed is put right by the next one.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::{Value as Json, json};

use crate::support::{
    cloud::Cloud, names::ACCOUNT, real_hosts::RealHosts, terraform::Terraform, workspace::Workspace,
};

const ROLES: [&str; 3] =
    ["AliyunServiceRoleForMssp", "AliyunServiceRoleForESAMssp", "AliyunServiceRoleForAntiRansomwareMssp"];

/// An account, and how to reach it.
struct Account {
    account_id: String,
    variables: Vec<(String, String)>,
    /// Where the roles that were there before are written down.
    journal: PathBuf,
}

/// What an account holds.
#[derive(Debug, PartialEq, Eq)]
struct Found {
    /// The IDs of the roles, by name.
    roles: Vec<(String, String)>,
    subscribed: bool,
}

impl Found {
    fn names(&self) -> BTreeSet<String> {
        self.roles.iter().map(|(name, _)| name.clone()).collect()
    }
}

impl Account {
    /// A folder whose Terraform refuses every other account.
    fn workspace(&self, configuration: &str) -> Workspace {
        let mut workspace = Workspace::for_provider(Terraform::find().unwrap());
        for (name, value) in &self.variables {
            workspace.set(name, value);
        }
        let account_id = &self.account_id;
        let provider = format!("provider \"mss\" {{\n  allowed_account_ids = [\"{account_id}\"]\n}}\n");
        workspace.configure(&format!("{provider}{configuration}"));
        workspace
    }

    /// Looks, and changes nothing.
    async fn look(&self) -> Found {
        let workspace = self.workspace(LOOK);
        run(&workspace, "apply").await;
        let shown = workspace.run(&["output", "-json"]).await.expect_success();
        let shown: Json = serde_json::from_str(&shown.output).unwrap();
        let roles = shown["roles"]["value"].as_object().unwrap().iter();
        let roles = roles.map(|(name, id)| (name.clone(), id.as_str().unwrap().to_owned())).collect();
        Found { roles, subscribed: shown["subscribed"]["value"] == true }
    }

    /// The roles that were there before this run, and before one that was killed.
    async fn baseline(&self) -> BTreeSet<String> {
        if let Ok(kept) = fs::read(&self.journal) {
            return serde_json::from_slice(&kept).unwrap();
        }
        let baseline = self.look().await.names();
        fs::write(&self.journal, json!(baseline).to_string()).unwrap();
        baseline
    }

    /// The roles that this test may create and delete, as a configuration that takes over what an earlier run has left.
    fn created(&self, baseline: &BTreeSet<String>) -> Workspace {
        let names: Vec<_> = ROLES.into_iter().filter(|name| !baseline.contains(*name)).collect();
        self.workspace(&format!(
            "resource \"mss_service_linked_role\" \"created\" {{\n  for_each = toset({names:?})\n  role_name = each.key\n  \
             adopt_existing = true\n  deletion_policy = \"delete\"\n}}\n"
        ))
    }

    /// The whole lifecycle; tells in words what was done.
    async fn lifecycle(&self) -> String {
        let baseline = self.baseline().await;
        let found = self.look().await;
        let told = if found.subscribed {
            assert_eq!(
                found.names(),
                baseline,
                "a run that was killed left roles that the subscription keeps"
            );
            "the subscription is active, so nothing was created".to_owned()
        } else {
            let workspace = self.created(&baseline);
            run(&workspace, "apply").await;
            workspace.expect_no_changes().await;
            run(&workspace, "destroy").await;
            format!("{} roles were created and deleted", ROLES.len() - baseline.len())
        };
        self.adopt_and_abandon(&baseline).await;
        let left = self.look().await;
        assert_eq!(left.names(), baseline, "the account is as it was");
        fs::remove_file(&self.journal).unwrap();
        told
    }

    /// Takes over what was there, and lets go of it.
    async fn adopt_and_abandon(&self, baseline: &BTreeSet<String>) {
        let before = self.look().await;
        let workspace = self.workspace(&format!(
            "resource \"mss_service_linked_role\" \"adopted\" {{\n  for_each = toset({:?})\n  role_name = each.key\n  \
             adopt_existing = true\n  deletion_policy = \"abandon\"\n}}\n",
            baseline.iter().collect::<Vec<_>>()
        ));
        run(&workspace, "apply").await;
        workspace.expect_no_changes().await;
        run(&workspace, "destroy").await;
        assert_eq!(self.look().await, before, "not even the IDs of the roles have changed");
    }
}

/// Longer than a real cloud takes to create and to delete three roles.
async fn run(workspace: &Workspace, command: &str) {
    let arguments = [command, "-auto-approve"];
    let child = workspace.spawn(&arguments);
    workspace.ended_within(Duration::from_secs(1_800), child, &arguments).await.expect_success();
}

const LOOK: &str = r#"
data "mss_service_linked_roles" "all" {}

data "mss_subscription" "this" {}

output "roles" {
  value = { for role in data.mss_service_linked_roles.all.roles : role.role_name => role.role_id if role.exists }
}

output "subscribed" {
  value = data.mss_subscription.this.active
}
"#;

#[tokio::test]
async fn real_account() {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let (Some("1"), Some(account_id)) = (variable("MSS_ACC").as_deref(), variable("MSS_ACC_ACCOUNT_ID"))
    else {
        println!("left out: set MSS_ACC=1 and MSS_ACC_ACCOUNT_ID to run the lifecycle on a real account");
        return;
    };
    let journal = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("real-account-{account_id}.json"));
    let variables = std::env::vars().filter(|(name, _)| name.starts_with("ALI")).collect();
    println!("{}", Account { account_id, variables, journal }.lifecycle().await);
}

/// An emulator under Alibaba Cloud's own host names.
async fn emulated(cloud: &Cloud, hosts: &RealHosts, folder: &Path) -> Account {
    let keys = cloud.environment().into_iter().filter(|(name, _)| *name != "MSS_ENDPOINT_URL");
    let keys = keys.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let variables = keys.chain(hosts.environment()).collect();
    Account { account_id: ACCOUNT.to_owned(), variables, journal: folder.join("journal.json") }
}

/// Killed half-way, the next run puts the account right; a subscription keeps it from creating anything.
#[tokio::test]
async fn an_account_is_left_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let cloud = Cloud::start().await;
    let hosts = RealHosts::before(&cloud, |_, _| {}).await;
    let account = emulated(&cloud, &hosts, folder.path()).await;
    cloud.add_old_role(ACCOUNT, ROLES[0]).await;
    let before = cloud.role(ACCOUNT, ROLES[0]).await;
    assert_eq!(account.lifecycle().await, "the subscription is active, so nothing was created");
    assert!(!cloud.called("CreateServiceLinkedRole").await && !cloud.called("DeleteServiceLinkedRole").await);

    cloud.end_subscription(ACCOUNT).await;
    // Killed while it creates, with its state gone.
    let baseline = account.baseline().await;
    let killed = account.created(&baseline);
    let mut apply = killed.spawn(&["apply", "-auto-approve"]);
    cloud.wait_for_call("CreateServiceLinkedRole").await;
    apply.kill().await.unwrap();
    drop(killed);
    assert_eq!(account.lifecycle().await, "2 roles were created and deleted");
    cloud.expect_roles(ACCOUNT, &[ROLES[0]]).await;
    assert_eq!(cloud.role(ACCOUNT, ROLES[0]).await["role_id"], before["role_id"]);
    assert!(!account.journal.exists());
}

#[tokio::test]
async fn another_account_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let cloud = Cloud::start().await;
    let hosts = RealHosts::before(&cloud, |_, _| {}).await;
    let account = Account { account_id: "9".to_owned(), ..emulated(&cloud, &hosts, folder.path()).await };
    let refused = account.workspace(LOOK).run(&["apply", "-auto-approve"]).await.expect_failure();
    refused.says(&["Account is not allowed"]);
}
