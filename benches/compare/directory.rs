//! A whole resource directory: the provider lists its accounts, and adopts the half of the roles that exist.

use std::collections::BTreeMap;

use serde_json::json;

use crate::{
    cloud::SecureCloud,
    commands::{Case, Install},
    figures::short,
    many::{FIRST_MEMBER, PARALLELISM, Peak},
    programs::{Programs, sources},
    report::{Section, table},
    support::{cloud::Cloud, terraform::Terraform},
};

const ACCOUNTS: usize = 1000;

/// The second half of the roles exists before the first command.
const ROLES: [&str; 2] = ["AliyunServiceRoleForESAMssp", "AliyunServiceRoleForMssp"];

const COMMANDS: [(&str, &[&str]); 4] = [
    ("plan: half to create, half to adopt", &["plan", PARALLELISM]),
    ("apply", &["apply", "-auto-approve", PARALLELISM]),
    ("plan without changes", &["plan", "-detailed-exitcode", PARALLELISM]),
    ("destroy", &["destroy", "-auto-approve", PARALLELISM]),
];

pub async fn measure(terraform: &Terraform, programs: &Programs) -> Section {
    let accounts: Vec<_> = (0..ACCOUNTS).map(|member| (FIRST_MEMBER + member).to_string()).collect();
    let secure = SecureCloud::start_with_seed(json!({ "members": accounts })).await;
    for account in &accounts {
        secure.cloud.add_old_role(account, ROLES[1]).await;
    }
    let case = Case::new(terraform, programs, Some(sources::OURS), Install::FromMirror, CONFIGURATION)
        .with(secure.environment());
    case.run(&["init"]).await;
    let mut rows = Vec::new();
    let mut seen = BTreeMap::new();
    for (what, arguments) in COMMANDS {
        if arguments[0] == "destroy" {
            end_subscriptions(&secure.cloud, &accounts).await;
        }
        let peak = Peak::watch();
        let time = case.run(arguments).await;
        let peak = format!("{:.1} MiB", peak.end() / 1024.0);
        let total = calls(&secure.cloud).await;
        rows.push(vec![what.to_owned(), short(time.as_secs_f64()), peak, by_action(&total, &seen)]);
        seen = total;
    }
    expect_none_left(&secure.cloud, &accounts).await;
    Section {
        title: "A whole directory".to_owned(),
        text: format!(
            "Two roles in each of the {ACCOUNTS} accounts that `mss_accounts` lists, of which one is there before and \
             adopted; `mss_service_linked_roles` with `all_accounts` reports on both. `{PARALLELISM}`, one turn. An apply and a \
             destroy ask for the plan's data again in a process of their own.\n\n{}",
            table(&["Command", "s", "provider's peak memory", "calls to the cloud"], &rows)
        ),
        bars: Vec::new(),
    }
}

async fn end_subscriptions(cloud: &Cloud, accounts: &[String]) {
    for account in accounts {
        cloud.end_subscription(account).await;
    }
}

/// How often each action has been called.
async fn calls(cloud: &Cloud) -> BTreeMap<String, usize> {
    let mut counted = BTreeMap::new();
    for action in cloud.actions().await {
        *counted.entry(action).or_default() += 1;
    }
    counted
}

fn by_action(total: &BTreeMap<String, usize>, before: &BTreeMap<String, usize>) -> String {
    let more = total.iter().map(|(action, count)| (action, count - before.get(action).unwrap_or(&0)));
    let shown = more.filter(|(_, count)| *count > 0).map(|(action, count)| format!("{action} {count}"));
    shown.collect::<Vec<_>>().join(", ")
}

async fn expect_none_left(cloud: &Cloud, accounts: &[String]) {
    let state = cloud.state().await;
    for account in accounts {
        let roles = state["accounts"][account]["roles"].as_object().unwrap();
        for role in ROLES {
            assert!(!roles.contains_key(role), "{role} of account {account} is left");
        }
    }
}

const CONFIGURATION: &str = r#"
data "mss_accounts" "members" {}

locals {
  role_names = ["AliyunServiceRoleForESAMssp", "AliyunServiceRoleForMssp"]
  roles = {
    for pair in setproduct(data.mss_accounts.members.ids, local.role_names) :
    join(":", pair) => { account_id = pair[0], role_name = pair[1] }
  }
}

resource "mss_service_linked_role" "all" {
  for_each = local.roles

  account_id      = each.value.account_id
  role_name       = each.value.role_name
  adopt_existing  = true
  deletion_policy = "delete"
}

data "mss_service_linked_roles" "all" {
  all_accounts = true
}
"#;
