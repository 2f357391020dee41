//! Whole runs of a real Terraform that once ended untrue: several objects, Terraform's own lifecycle features, a
//! world that changes between plan and apply. Each test does what the text of the refusal says, to the letter, and
//! ends with an empty plan.

use std::fs;

use serde_json::{Value as Json, json};

use crate::support::{
    cloud::Cloud,
    names::{ACCOUNT, ESA, ID, RANSOMWARE, ROLE},
    provider_process::Program,
    terraform::{OLDEST, Terraform},
    workspace::{Run, Workspace},
};

const MEMBERS: [&str; 2] = ["2222222222222222", "3333333333333333"];
const KEY_ID: &str = "ALIBABA_CLOUD_ACCESS_KEY_ID";
const ADDRESS: &str = "mss_service_linked_role.this";

/// One role at one address.
fn role(name: &str, role_name: &str, arguments: &str) -> String {
    format!(
        "resource \"mss_service_linked_role\" \"{name}\" {{\n  role_name = \"{role_name}\"\n  {arguments}\n}}\n"
    )
}

/// One role in each account.
fn fleet(accounts: &[&str], arguments: &str) -> String {
    let arguments = format!("for_each = toset({accounts:?})\n  account_id = each.value\n  {arguments}");
    role("fleet", ROLE, &arguments)
}

const APPLY: [&str; 2] = ["apply", "-auto-approve"];

async fn applied(cloud: &Cloud, configuration: &str) -> Workspace {
    let workspace = Workspace::new(cloud, configuration);
    workspace.run(&APPLY).await.expect_success();
    workspace
}

/// A cloud in which roles can be deleted.
async fn unsubscribed() -> Cloud {
    let cloud = Cloud::start().await;
    cloud.end_subscription(ACCOUNT).await;
    cloud
}

async fn role_id(cloud: &Cloud) -> Json {
    cloud.role(ACCOUNT, ROLE).await["role_id"].clone()
}

/// Refused in the plan: nothing is called that changes anything.
async fn refused(workspace: &Workspace, arguments: &[&str], facts: &[&str]) -> Run {
    workspace.run(arguments).await.expect_failure().says(facts)
}

/// A role is never deleted for one address while another takes it over.
#[tokio::test]
async fn renamed_without_moved() {
    let cloud = unsubscribed().await;
    let arguments = "adopt_existing = true\n  deletion_policy = \"delete\"";
    let workspace = applied(&cloud, &role("this", ROLE, arguments)).await;
    let before = role_id(&cloud).await;

    workspace.configure(&role("that", ROLE, arguments));
    let facts = ["One plan destroys and keeps the same role", ROLE, ACCOUNT, "`moved` block"];
    refused(&workspace, &["plan"], &facts).await;
    // A destroy begins with such a plan.
    refused(&workspace, &["destroy", "-auto-approve"], &["terraform destroy -refresh=false"]).await;
    let moved = "moved {\n  from = mss_service_linked_role.this\n  to = mss_service_linked_role.that\n}\n";
    workspace.configure(&(role("that", ROLE, arguments) + moved));
    workspace.run(&APPLY).await.expect_success().says(&["0 added, 0 changed, 0 destroyed"]);
    workspace.expect_no_changes().await;
    assert_eq!(role_id(&cloud).await, before);

    // With `abandon` on the old side the move needs no `moved` block.
    let abandoned = "adopt_existing = true\n  deletion_policy = \"abandon\"";
    workspace.configure(&role("that", ROLE, abandoned));
    workspace.run(&APPLY).await.expect_success();
    workspace.configure(&role("other", ROLE, abandoned));
    workspace.run(&APPLY).await.expect_success().says(&["1 added, 0 changed, 1 destroyed"]);
    workspace.expect_no_changes().await;
    assert_eq!(role_id(&cloud).await, before);

    workspace.configure(&role("this", ROLE, arguments));
    workspace.run(&["destroy", "-auto-approve", "-refresh=false"]).await.expect_success();
}

/// The address is taken by the role that would go: the text says how to let go of it first.
#[tokio::test]
async fn replaced_by_a_role_that_exists() {
    let cloud = unsubscribed().await;
    let workspace = applied(&cloud, &role("this", ROLE, "")).await;
    let member = MEMBERS[0];
    cloud.add_old_role(member, ROLE).await;
    workspace.configure(&role("this", ROLE, &format!("account_id = \"{member}\"")));
    let id = format!("{member}:{ROLE}");
    let facts = ["replace the role in state", "already exists", "terraform state rm 'ADDRESS'", &id];
    refused(&workspace, &["plan"], &facts).await.does_not_say("Another error");
    workspace.run(&["state", "rm", ADDRESS]).await.expect_success();
    workspace.run(&["import", ADDRESS, &id]).await.expect_success();
    workspace.expect_no_changes().await;
    cloud.expect_roles(ACCOUNT, &[ROLE]).await;

    // Printed in full although a plan of the same run has said it before, unseen.
    workspace.configure(&role(
        "this",
        ROLE,
        &format!("account_id = \"{member}\"\n  deletion_policy = \"prevent\""),
    ));
    workspace.run(&APPLY).await.expect_success();
    refused(&workspace, &["plan", "-replace", ADDRESS], &["Destroying the role is prevented", "Ways out"])
        .await;
}

#[tokio::test]
async fn keys_renamed_and_roles_swapped() {
    let cloud = unsubscribed().await;
    let keyed = |keys: [&str; 2]| {
        let arguments = format!("for_each = {{ {} = \"{ROLE}\", {} = \"{ESA}\" }}", keys[0], keys[1]);
        role("this", ROLE, &arguments).replace(&format!("role_name = \"{ROLE}\""), "role_name = each.value")
    };
    let workspace = applied(&cloud, &keyed(["a", "b"])).await;
    let before = role_id(&cloud).await;

    workspace.configure(&keyed(["c", "b"]));
    let refused_plan = workspace.run(&["plan"]).await.expect_failure();
    let summaries = [
        "One plan destroys and keeps the same role",
        "Role is held at another address",
        "Service-linked role already exists",
    ];
    let told = summaries.iter().any(|summary| refused_plan.output.contains(summary));
    assert!(told, "{}", refused_plan.output);
    let moved = "moved {\n  from = mss_service_linked_role.this[\"a\"]\n  to = mss_service_linked_role.this[\"c\"]\n}\n";
    workspace.configure(&(keyed(["c", "b"]) + moved));
    workspace.run(&APPLY).await.expect_success();

    workspace.configure(&keyed(["b", "c"]));
    let facts = ["One plan destroys and keeps the same role", "terraform state mv 'FIRST' 'THIRD'"];
    refused(&workspace, &["plan"], &facts).await;
    for [from, to] in [["c", "third"], ["b", "c"], ["third", "b"]] {
        let address = |key| format!("{ADDRESS}[\"{key}\"]");
        workspace.run(&["state", "mv", &address(from), &address(to)]).await.expect_success();
    }
    workspace.expect_no_changes().await;
    assert_eq!(role_id(&cloud).await, before);
}

/// The same role at two addresses, in modules too, before and after one of them is in state.
#[tokio::test]
async fn planned_twice() {
    let cloud = unsubscribed().await;
    let twice = role("this", ROLE, "") + "module \"other\" {\n  source = \"./other\"\n}\n";
    let workspace = Workspace::new(&cloud, &twice);
    std::fs::create_dir(workspace.path("other")).unwrap();
    let required = "terraform {\n  required_providers {\n    mss = { source = \"mss-iac/mss\" }\n  }\n}\n";
    let other = required.to_owned() + &role("other", ROLE, "adopt_existing = true");
    std::fs::write(workspace.path("other/main.tf"), other).unwrap();
    workspace.run(&["get"]).await.expect_success();
    refused(&workspace, &["plan"], &["Role is planned twice", ROLE, ACCOUNT]).await;
    cloud.expect_roles(ACCOUNT, &[]).await;

    workspace.configure(&role("this", ROLE, ""));
    workspace.run(&APPLY).await.expect_success();
    let import = format!("import {{\n  to = mss_service_linked_role.again\n  id = \"{ID}\"\n}}\n");
    for second in [role("again", ROLE, "adopt_existing = true"), role("again", ROLE, "") + &import] {
        workspace.configure(&(role("this", ROLE, "") + &second));
        refused(&workspace, &["plan"], &["Role is planned twice", "terraform state rm 'ADDRESS'"]).await;
    }
    workspace.configure(&(role("again", ROLE, "") + &import));
    refused(&workspace, &["plan"], &["One plan destroys and keeps the same role"]).await;
    workspace.run(&["state", "rm", ADDRESS]).await.expect_success();
    workspace.run(&APPLY).await.expect_success().says(&["1 imported"]);
    workspace.expect_no_changes().await;
}

/// A name that can exist once cannot be replaced by making the new role first. Terraform 1.6 does not tell a
/// provider that it is applying: there a deposed object is left, and the same way out works.
#[tokio::test]
async fn create_before_destroy() {
    for terraform in [Terraform::find().unwrap(), Terraform::fetch(OLDEST).unwrap()] {
        let cloud = unsubscribed().await;
        let lifecycle = "lifecycle {\n    create_before_destroy = true\n  }";
        let workspace = Workspace::with(terraform, &cloud, &role("this", ROLE, lifecycle));
        workspace.run(&APPLY).await.expect_success();
        let before = role_id(&cloud).await;

        // Terraform shows no warning of the plan that a `-replace` leads to.
        workspace.run(&["plan", "-replace", ADDRESS]).await.expect_success();
        let failed = workspace.run(&["apply", "-auto-approve", "-replace", ADDRESS]).await.expect_failure();
        failed
            .says(&[
                "Service-linked role already exists",
                "terraform state rm 'ADDRESS'",
                "`create_before_destroy`",
                "Remove that argument",
            ])
            .does_not_say("not in state");
        assert_eq!(role_id(&cloud).await, before);
        assert_eq!(workspace.state_list().await, [ADDRESS], "a deposed object is listed too");

        workspace.configure(&role("this", ROLE, ""));
        workspace.run(&["state", "rm", ADDRESS]).await.expect_success();
        workspace.run(&["import", ADDRESS, ID]).await.expect_success();
        workspace.expect_no_changes().await;
        workspace.run(&["destroy", "-auto-approve"]).await.expect_success();
    }
}

/// With adoption the role is neither taken over nor deleted for the object that goes.
#[tokio::test]
async fn create_before_destroy_never_adopts() {
    let cloud = unsubscribed().await;
    let lifecycle = "adopt_existing = true\n  deletion_policy = \"delete\"\n  lifecycle {\n    create_before_destroy = true\n  }";
    let workspace = applied(&cloud, &role("this", ROLE, lifecycle)).await;
    let before = role_id(&cloud).await;
    workspace.run(&["apply", "-auto-approve", "-replace", ADDRESS]).await.expect_failure();
    assert_eq!(role_id(&cloud).await, before, "nothing is deleted");
    refused(&workspace, &["plan"], &["One plan destroys and keeps the same role", "deposed"]).await;
    workspace.configure(&role("this", ROLE, "adopt_existing = true\n  deletion_policy = \"delete\""));
    workspace.run(&["state", "rm", ADDRESS]).await.expect_success();
    workspace.run(&["import", ADDRESS, ID]).await.expect_success();
    workspace.run(&APPLY).await.expect_success().says(&["0 added", "0 destroyed"]);
    workspace.expect_no_changes().await;
}

#[tokio::test]
async fn tainted() {
    let cloud = Cloud::start().await;
    let beside = |arguments: &str| {
        // Its dependent would be destroyed first.
        role("this", ROLE, arguments)
            + "resource \"terraform_data\" \"dependent\" {\n  triggers_replace = mss_service_linked_role.this.role_id\n}\n"
    };
    let workspace = applied(&cloud, &beside("")).await;
    let policies = [
        ("", "Subscription: instance 1b7d5f0e-6c3a-4c1a-9d2e-7f0a5c3b1e22"),
        ("deletion_policy = \"prevent\"", "\"prevent\""),
        ("deletion_policy = \"abandon\"", "\"abandon\""),
        (
            "deletion_policy = \"delete_or_abandon\"",
            "Subscription: instance 1b7d5f0e-6c3a-4c1a-9d2e-7f0a5c3b1e22",
        ),
    ];
    for (arguments, why) in policies {
        workspace.configure(&beside(arguments));
        workspace.run(&APPLY).await.expect_success();
        workspace.run(&["taint", ADDRESS]).await.expect_success();
        let facts = ["Role in state cannot be replaced", why, "terraform untaint 'ADDRESS'"];
        refused(&workspace, &["plan"], &facts).await;
        workspace.run(&["untaint", ADDRESS]).await.expect_success();
        workspace.expect_no_changes().await;
    }
    cloud.end_subscription(ACCOUNT).await;
    workspace.configure(&beside(""));
    workspace.run(&APPLY).await.expect_success();
    workspace.run(&["taint", ADDRESS]).await.expect_success();
    let before = role_id(&cloud).await;
    let told = workspace.run(&APPLY).await.expect_success();
    told.says(&["Service-linked role is already in state", "terraform untaint 'ADDRESS'", "`moved` block"]);
    assert_ne!(role_id(&cloud).await, before);
    workspace.expect_no_changes().await;
}

/// What is known of a replacement is refused in its plan: the subscription of an account that the configuration no
/// longer names, and a role that would stay.
#[tokio::test]
async fn replacements_that_cannot_work() {
    let cloud = Cloud::start().await;
    let account = |input: &str| {
        format!(
            "resource \"terraform_data\" \"account\" {{\n  input = \"{ACCOUNT}\"\n  triggers_replace = \"{input}\"\n}}\n"
        ) + &role("this", ROLE, "account_id = terraform_data.account.output")
    };
    let workspace = applied(&cloud, &account("1")).await;
    workspace.configure(&account("2"));
    refused(&workspace, &["plan"], &["MSS subscription is active", ROLE, ACCOUNT]).await;

    workspace
        .configure(&account("1").replace("account_id =", "deletion_policy = \"abandon\"\n  account_id ="));
    workspace.run(&APPLY).await.expect_success();
    let facts = ["Abandoned role cannot be replaced", "leave out `-replace`"];
    refused(&workspace, &["plan", "-replace", ADDRESS], &facts).await;
    workspace.expect_no_changes().await;
    cloud.end_subscription(ACCOUNT).await;
    // The other way out of the text.
    workspace
        .configure(&account("1").replace("account_id =", "deletion_policy = \"delete\"\n  account_id ="));
    workspace.run(&APPLY).await.expect_success();
    workspace.run(&["apply", "-auto-approve", "-replace", ADDRESS]).await.expect_success();
    workspace.expect_no_changes().await;
    workspace
        .configure(&account("2").replace("account_id =", "deletion_policy = \"delete\"\n  account_id ="));
    let told = workspace.run(&APPLY).await.expect_success();
    told.says(&["Replacement keeps the role's name", "`create_before_destroy`, apply fails"]);
    workspace.expect_no_changes().await;
}

#[tokio::test]
async fn accounts_that_are_not_allowed() {
    let cloud = unsubscribed().await;
    cloud.end_subscription(MEMBERS[0]).await;
    let allowing =
        |accounts: &[&str]| format!("provider \"mss\" {{\n  allowed_account_ids = {accounts:?}\n}}\n");
    let member = |role_name: &str| role("this", role_name, &format!("account_id = \"{}\"", MEMBERS[0]));
    let both = allowing(&[ACCOUNT, MEMBERS[0]]);
    let workspace = Workspace::new(&cloud, &(allowing(&[ACCOUNT]) + &member(ROLE)));
    let facts = ["Account is not allowed", MEMBERS[0]];
    refused(&workspace, &["plan"], &facts).await;
    workspace.configure(&(both.clone() + &member(ROLE)));
    workspace.run(&APPLY).await.expect_success();
    for configuration in [member(ESA), String::new()] {
        workspace.configure(&(allowing(&[ACCOUNT]) + &configuration));
        refused(&workspace, &["plan"], &facts).await;
    }
    workspace.configure(&(allowing(&[ACCOUNT]) + &member(ROLE)));
    refused(&workspace, &["plan", "-replace", ADDRESS], &facts).await;
    workspace.configure(&both);
    workspace.run(&APPLY).await.expect_success().says(&["1 destroyed"]);
}

/// The plan says whether it adopts; an apply that finds another world changes nothing.
#[tokio::test]
async fn adoption_is_planned() {
    let cloud = Cloud::start().await;
    cloud.add_old_role(ACCOUNT, ROLE).await;
    let adopting = role("this", ROLE, "adopt_existing = true");
    let workspace = Workspace::new(&cloud, &adopting);
    let id = role_id(&cloud).await;
    let shown = workspace.run(&["plan", "-out=adopt"]).await.expect_success();
    shown.says(&[
        "adopted = true",
        "deletion_policy = \"abandon\"",
        id.as_str().unwrap(),
        "create_date = \"2020",
    ]);

    // Made again since: another role.
    cloud.remove_role(ACCOUNT, ROLE).await;
    cloud.add_old_role(ACCOUNT, ROLE).await;
    workspace.run(&["apply", "adopt"]).await.expect_failure();
    assert_eq!(workspace.state_list().await, Vec::<String>::new());
    workspace.run(&APPLY).await.expect_success().says(&["1 added"]);
    workspace.expect_no_changes().await;
    workspace.run(&["destroy", "-auto-approve"]).await.expect_success();

    cloud.remove_role(ACCOUNT, ROLE).await;
    workspace.run(&["plan", "-out=create"]).await.expect_success().says(&["adopted = false"]);
    cloud.add_old_role(ACCOUNT, ROLE).await;
    workspace.run(&["apply", "create"]).await.expect_failure();
    assert_eq!(workspace.state_list().await, Vec::<String>::new());
    assert_eq!(cloud.roles_made().await, 3, "nothing was made");

    cloud.fault(json!({ "action": "GetRole", "kind": "deny", "count": 0 })).await;
    workspace.run(&["plan"]).await.expect_success().says(&["Service-linked role could not be looked up"]);
}

/// A saved plan never does its work in the account of other credentials.
#[tokio::test]
async fn saved_plan_and_other_credentials() {
    let cloud = Cloud::start().await;
    let provider = "provider \"mss\" {\n  assume_role = {}\n}\n";
    let mut workspace = Workspace::new(&cloud, &(provider.to_owned() + &role("this", ROLE, "")));
    let session = |account: &str| format!("acs:ram::{account}:role/ResourceDirectoryAccountAccessRole");
    workspace.set("ALIBABA_CLOUD_ROLE_ARN", &session(MEMBERS[1]));
    workspace.run(&["plan", "-out=plan"]).await.expect_success().says(&[MEMBERS[1]]);
    workspace.set("ALIBABA_CLOUD_ROLE_ARN", &session(MEMBERS[0]));
    workspace.run(&["apply", "plan"]).await.expect_failure();
    for account in [ACCOUNT, MEMBERS[0], MEMBERS[1]] {
        cloud.expect_roles(account, &[]).await;
    }
}

/// One account of a fleet leaves while it is subscribed.
#[tokio::test]
async fn one_account_leaves_the_fleet() {
    let cloud = Cloud::start().await;
    let workspace = applied(&cloud, &fleet(&MEMBERS, "")).await;
    workspace.configure(&fleet(&[], ""));
    let facts = ["terraform state rm 'ADDRESS'", "run `tofu` instead", MEMBERS[0], MEMBERS[1]];
    let refused_plan = refused(&workspace, &["plan"], &facts).await;
    assert_eq!(refused_plan.count("Wait until the subscription has ended"), 1, "told in full once");
    assert_eq!(refused_plan.count("Another error in this run"), 1);
    for account in MEMBERS {
        let instance = format!("mss_service_linked_role.fleet[\"{account}\"]");
        workspace.run(&["state", "rm", &instance]).await.expect_success();
    }
    workspace.expect_no_changes().await;
    cloud.expect_roles(MEMBERS[0], &[ROLE]).await;
}

#[tokio::test]
async fn delete_or_abandon() {
    let cloud = Cloud::start().await;
    cloud.end_subscription(MEMBERS[0]).await;
    let policy = "deletion_policy = \"delete_or_abandon\"";
    let workspace = applied(&cloud, &fleet(&MEMBERS, policy)).await;
    workspace.configure("");
    let plan = workspace.run(&["plan", "-out=plan"]).await.expect_success();
    plan.says(&["will delete it", MEMBERS[0], "will only remove it from state", MEMBERS[1]]);
    let applied_plan = workspace.run(&["apply", "plan"]).await.expect_success();
    applied_plan.says(&["2 destroyed", "Service-linked role was abandoned", MEMBERS[1], "still exists"]);
    cloud.expect_roles(MEMBERS[0], &[]).await;
    cloud.expect_roles(MEMBERS[1], &[ROLE]).await;
    assert_eq!(workspace.state_list().await, Vec::<String>::new());

    // Refused by RAM itself at apply; and a subscription that began after the plan.
    for began in [false, true] {
        workspace.configure(&fleet(&MEMBERS[..1], policy));
        workspace.run(&APPLY).await.expect_success();
        workspace.configure("");
        workspace.run(&["plan", "-out=plan"]).await.expect_success();
        match began {
            true => cloud.renew_subscription(MEMBERS[0]).await,
            false => cloud.fault(json!({ "kind": "task_status", "status": "FAILED" })).await,
        }
        workspace.run(&["apply", "plan"]).await.expect_success().says(&["Service-linked role was abandoned"]);
        cloud.expect_roles(MEMBERS[0], &[ROLE]).await;
        cloud.remove_role(MEMBERS[0], ROLE).await;
    }
}

/// What an import could not read is not a state.
#[tokio::test]
async fn import_under_an_unknown_provider() {
    let cloud = Cloud::start().await;
    let region = "resource \"terraform_data\" \"region\" {\n  input = \"cn-shanghai\"\n}\nprovider \"mss\" {\n  region = terraform_data.region.output\n}\n";
    let import = format!("import {{\n  to = {ADDRESS}\n  id = \"{ID}\"\n}}\n");
    let arguments = format!("account_id = \"{ACCOUNT}\"");
    let workspace = Workspace::new(&cloud, &(region.to_owned() + &role("this", ROLE, &arguments) + &import));
    for exists in [false, true] {
        if exists {
            cloud.add_old_role(ACCOUNT, ROLE).await;
        }
        refused(&workspace, &["plan"], &["Imported role could not be read", "-target"]).await;
    }
    workspace.run(&["apply", "-auto-approve", "-target=terraform_data.region"]).await.expect_success();
    workspace.run(&APPLY).await.expect_success().says(&["1 imported, 0 added"]);
    workspace.expect_no_changes().await;
}

/// One look that shows no role proves nothing, however old the role is: it is looked at again, and deleted.
#[tokio::test]
async fn one_look_of_a_replica_that_is_behind() {
    let cloud = unsubscribed().await;
    let workspace = applied(&cloud, &role("this", ROLE, "")).await;
    cloud.outlive_lag().await;
    let before = role_id(&cloud).await;
    // In each run the refresh looks first; the look right before the delete is the second.
    let stale = json!({ "action": "GetRole", "kind": "hide_role", "nth": 2 });
    workspace.run(&["plan", "-replace", ADDRESS, "-out=plan"]).await.expect_success();
    cloud.fault(json!({ "action": "GetRole", "kind": "hide_role" })).await;
    workspace.run(&["apply", "plan"]).await.expect_success().says(&["1 added, 0 changed, 1 destroyed"]);
    assert_ne!(role_id(&cloud).await, before, "made again, not taken over");
    workspace.expect_no_changes().await;
    cloud.outlive_lag().await;
    cloud.fault(stale).await;
    workspace.run(&["destroy", "-auto-approve"]).await.expect_success();
    cloud.expect_roles(ACCOUNT, &[]).await;
}

/// One stale look of the refresh is not taken for a role that somebody has made again, nor is the role taken over.
#[tokio::test]
async fn a_replica_that_is_behind_in_the_refresh() {
    let cloud = unsubscribed().await;
    let workspace = applied(&cloud, &role("this", ROLE, "")).await;
    cloud.outlive_lag().await;
    for arguments in ["", "adopt_existing = true"] {
        workspace.configure(&role("this", ROLE, arguments));
        workspace.run(&APPLY).await.expect_success();
        let held = workspace.attributes(ADDRESS).await;
        for command in [&["plan"][..], &APPLY] {
            cloud.fault(json!({ "action": "GetRole", "kind": "hide_role" })).await;
            let told = refused(&workspace, command, &["RAM contradicts itself", "Plan again"]).await;
            told.does_not_say("adopt_existing");
        }
        workspace.expect_no_changes().await;
        assert_eq!(workspace.attributes(ADDRESS).await, held);
    }
}

/// A deposed object, which no argument reaches, is let go together with the one that has its address.
#[tokio::test]
async fn a_deposed_role_that_cannot_go() {
    let cloud = unsubscribed().await;
    let lifecycle = "lifecycle {\n    create_before_destroy = true\n  }";
    let workspace = applied(&cloud, &role("this", ROLE, lifecycle)).await;
    workspace.configure(&role("this", ESA, lifecycle));
    workspace.run(&["plan", "-out=plan"]).await.expect_success();
    cloud.renew_subscription(ACCOUNT).await;
    let facts = ["MSS subscription is active", "as deposed", "terraform state show 'ADDRESS'"];
    refused(&workspace, &["apply", "plan"], &facts).await.does_not_say("Nothing was changed");
    refused(&workspace, &["plan"], &facts).await;
    let id = format!("{ACCOUNT}:{ESA}");
    workspace.run(&["state", "show", ADDRESS]).await.expect_success().says(&["\"", &id]);
    workspace.run(&["state", "rm", ADDRESS]).await.expect_success();
    workspace.run(&["import", ADDRESS, &id]).await.expect_success();
    workspace.expect_no_changes().await;
    cloud.expect_roles(ACCOUNT, &[ESA, ROLE]).await;
}

/// The destroy of a tainted role that is in use: the way by another deletion policy begins with `untaint`.
#[tokio::test]
async fn tainted_and_in_use() {
    let cloud = Cloud::start().await;
    let workspace = applied(&cloud, &role("this", ROLE, "")).await;
    workspace.run(&["taint", ADDRESS]).await.expect_success();
    let facts = ["MSS subscription is active", "terraform untaint 'ADDRESS'", "If the resource is tainted"];
    refused(&workspace, &["destroy", "-auto-approve", "-refresh=false"], &facts).await;
    workspace.run(&["untaint", ADDRESS]).await.expect_success();
    workspace.configure(&role("this", ROLE, "deletion_policy = \"abandon\""));
    workspace.run(&APPLY).await.expect_success();
    workspace.run(&["destroy", "-auto-approve"]).await.expect_success();
    cloud.expect_roles(ACCOUNT, &[ROLE]).await;
}

/// Without a refresh the plan of a replacement looks itself whose role it is; after one it asks no more.
#[tokio::test]
async fn replaced_without_a_refresh() {
    let cloud = unsubscribed().await;
    let workspace = applied(&cloud, &role("this", ROLE, "")).await;
    let looks = async || cloud.actions().await.iter().filter(|action| *action == "GetRole").count();
    let before = looks().await;
    workspace.run(&["plan", "-replace", ADDRESS]).await.expect_success();
    assert_eq!(looks().await, before + 1, "the refresh");
    cloud.remove_role(ACCOUNT, ROLE).await;
    cloud.add_old_role(ACCOUNT, ROLE).await;
    let facts = ["Role was deleted and another one created", "terraform state rm 'ADDRESS'", ID];
    refused(&workspace, &["plan", "-refresh=false", "-replace", ADDRESS], &facts).await;
    workspace.run(&["state", "rm", ADDRESS]).await.expect_success();
    workspace.run(&["import", ADDRESS, ID]).await.expect_success();
    workspace.expect_no_changes().await;
}

/// A role is not destroyed for one that cannot be created.
#[tokio::test]
async fn replaced_into_a_closed_account() {
    let cloud = unsubscribed().await;
    let workspace = applied(&cloud, &role("this", ROLE, "")).await;
    cloud.deny(ACCOUNT, &["sts:AssumeRole"]).await;
    workspace.configure(&role("this", ROLE, &format!("account_id = \"{}\"", MEMBERS[0])));
    let facts = ["Account of the new role cannot be entered", MEMBERS[0], "would destroy it first"];
    refused(&workspace, &["plan"], &facts).await;
    workspace.configure(&role("this", ROLE, ""));
    workspace.expect_no_changes().await;
}

/// `terraform destroy` begins with a plan as for an apply. Where that plan is refused, the way out that each text
/// names goes through: of a tainted role that would stay, of a role at two addresses, of one that already exists.
#[tokio::test]
async fn destroys_that_their_own_plan_would_stop() {
    let cloud = unsubscribed().await;
    let workspace = applied(&cloud, &role("this", ROLE, "deletion_policy = \"abandon\"")).await;
    let destroy_all = async |summary: &str| {
        let facts = [summary, "terraform destroy -refresh=false"];
        refused(&workspace, &["destroy", "-auto-approve"], &facts).await;
        workspace.run(&["destroy", "-auto-approve", "-refresh=false"]).await.expect_success();
        assert_eq!(workspace.state_list().await, Vec::<String>::new());
    };
    workspace.run(&["taint", ADDRESS]).await.expect_success();
    destroy_all("Role in state cannot be replaced").await;
    cloud.expect_roles(ACCOUNT, &[ROLE]).await;

    // With an empty state Terraform makes no such plan.
    workspace.configure(&role("esa", ESA, ""));
    workspace.run(&APPLY).await.expect_success();
    workspace.configure(&(role("esa", ESA, "") + &role("this", ROLE, "")));
    destroy_all("Service-linked role already exists").await;
    cloud.expect_roles(ACCOUNT, &[ROLE]).await;

    cloud.remove_role(ACCOUNT, ROLE).await;
    workspace.configure(&role("this", ROLE, ""));
    workspace.run(&APPLY).await.expect_success();
    workspace.configure(&(role("this", ROLE, "") + &role("again", ROLE, "")));
    destroy_all("Role is planned twice").await;
    cloud.expect_roles(ACCOUNT, &[]).await;
}

/// What Alibaba Cloud does not accept about the caller fails the plan, which names where the key comes from; a clock
/// that is off does not.
#[tokio::test]
async fn credentials_that_are_not_accepted() {
    let cloud = Cloud::start().await;
    let mut workspace = Workspace::new(&cloud, &role("this", ROLE, ""));
    let key_id = cloud.environment().iter().find(|(name, _)| *name == KEY_ID).unwrap().1.to_owned();
    workspace.set(KEY_ID, "LTAI5tNobodyKnowsThisKey");
    let facts = ["Credentials are not accepted", ROLE, KEY_ID];
    refused(&workspace, &["plan"], &facts).await;
    workspace.set(KEY_ID, &key_id);
    cloud.advance_clock(3 * 3600).await;
    workspace.run(&APPLY).await.expect_success();
    workspace.expect_no_changes().await;
}

/// A question that is never answered is told like one that is refused.
#[tokio::test]
async fn questions_without_an_answer() {
    let cloud = unsubscribed().await;
    let hasty = role("this", ROLE, "timeouts = { read = \"1s\" }");
    let workspace = Workspace::new(&cloud, &hasty);
    let never = |action: &str| json!({ "action": action, "kind": "delay", "millis": 3000, "count": 0 });
    cloud.fault(never("GetRole")).await;
    let facts = ["Service-linked role could not be looked up", "gave no usable response within 1s"];
    workspace.run(&["plan"]).await.expect_success().says(&facts);
    cloud.clear_faults().await;
    workspace.run(&APPLY).await.expect_success();
    cloud.fault(never("GetUserStatus")).await;
    let facts = ["MSS subscription could not be checked", "gave no usable response within 1s"];
    workspace.run(&["plan", "-destroy"]).await.expect_success().says(&facts);
}

/// A process that is started by hand, and the variable that attaches Terraform to it.
async fn debugged(cloud: &Cloud) -> (Program, String) {
    let mut program = Program::start(&cloud.environment(), &["-debug"]);
    loop {
        let line = program.stdout_line().await.expect("the variable");
        if let Some(value) = line.strip_prefix("\tTF_REATTACH_PROVIDERS='") {
            return (program, value.trim_end_matches('\'').to_owned());
        }
    }
}

/// One process for several runs remembers nothing of the one before.
#[tokio::test]
async fn one_process_for_several_runs() {
    let cloud = unsubscribed().await;
    let (program, reattach) = debugged(&cloud).await;
    let mut workspace = Workspace::new(&cloud, &role("this", ROLE, ""));
    workspace.set("TF_REATTACH_PROVIDERS", &reattach);
    for _ in 0..2 {
        workspace.run(&["plan"]).await.expect_success();
        workspace.run(&APPLY).await.expect_success().says(&["1 added"]);
        workspace.expect_no_changes().await;
        workspace.run(&["apply", "-auto-approve", "-replace", ADDRESS]).await.expect_success();
        workspace.run(&["destroy", "-auto-approve"]).await.expect_success().says(&["1 destroyed"]);
    }
    cloud.expect_roles(ACCOUNT, &[]).await;
    program.signal("INT").await;
    program.ended().await;
}

/// Two provider configurations of one run in one process: each has its own account and its own memory.
#[tokio::test]
async fn one_process_for_two_configurations() {
    let cloud = unsubscribed().await;
    cloud.end_subscription(MEMBERS[0]).await;
    let (program, reattach) = debugged(&cloud).await;
    let session = format!("acs:ram::{}:role/ResourceDirectoryAccountAccessRole", MEMBERS[0]);
    let providers = format!(
        "provider \"mss\" {{}}\nprovider \"mss\" {{\n  alias = \"other\"\n  assume_role = {{ role_arn = \"{session}\" }}\n}}\n"
    );
    let both = role("this", ROLE, "") + &role("other", ROLE, "provider = mss.other");
    let mut workspace = Workspace::new(&cloud, &(providers.clone() + &both));
    workspace.set("TF_REATTACH_PROVIDERS", &reattach);
    workspace.run(&APPLY).await.expect_success().says(&["2 added"]);
    workspace.expect_no_changes().await;
    cloud.expect_roles(ACCOUNT, &[ROLE]).await;
    cloud.expect_roles(MEMBERS[0], &[ROLE]).await;
    workspace.configure(&providers);
    workspace.run(&APPLY).await.expect_success().says(&["2 destroyed"]);
    cloud.expect_roles(MEMBERS[0], &[]).await;
    program.signal("INT").await;
    program.ended().await;
}

/// Terraform plans a tainted resource without its prior state. That its old role cannot be destroyed is told all the
/// same where account or name change too; and nobody else is told so.
#[tokio::test]
async fn tainted_and_given_another_role() {
    let cloud = Cloud::start().await;
    let of = |account: &str, arguments: &str| {
        role("this", ROLE, &format!("account_id = \"{account}\"\n  {arguments}")) + &role("other", ESA, "")
    };
    let prevented = "deletion_policy = \"prevent\"";
    let workspace = applied(&cloud, &of(MEMBERS[0], prevented)).await;
    workspace.run(&["taint", ADDRESS]).await.expect_success();
    for changed in [of(MEMBERS[1], prevented), of(MEMBERS[0], prevented).replacen(ROLE, RANSOMWARE, 1)] {
        workspace.configure(&changed);
        let told = workspace.run(&["plan", "-out=plan"]).await.expect_success();
        let warned = "Role in state might not be deletable";
        assert_eq!(told.count(warned), 1, "{}", told.output);
        told.says(&[MEMBERS[0], "\"prevent\"", "terraform untaint 'ADDRESS'"]);
        workspace.run(&["apply", "plan"]).await.expect_failure().says(&["Destroying the role is prevented"]);
        cloud.expect_roles(MEMBERS[0], &[ROLE]).await;
    }
    workspace.run(&["untaint", ADDRESS]).await.expect_success();
    refused(&workspace, &["plan"], &["Destroying the role is prevented", MEMBERS[0]]).await;
    workspace.configure(&of(MEMBERS[0], prevented));
    workspace.expect_no_changes().await;

    // An account joins a fleet that is subscribed.
    workspace.configure(&(of(MEMBERS[0], prevented) + &fleet(&MEMBERS[1..], "")));
    let joined = workspace.run(&APPLY).await.expect_success();
    joined.says(&["1 added, 0 changed, 0 destroyed"]).does_not_say("Warning: Role");
}

/// An apply that was to create never takes over what someone has made since. Terraform's own check stops it.
#[tokio::test]
async fn made_by_somebody_after_the_plan() {
    let cloud = Cloud::start().await;
    let adopting = role("this", ROLE, "adopt_existing = true");
    let workspace = Workspace::new(&cloud, &adopting);
    workspace.run(&["plan", "-out=plan"]).await.expect_success().says(&["1 to add", "adopted = false"]);
    cloud.add_old_role(ACCOUNT, ROLE).await;
    let (before, calls) = (cloud.role(ACCOUNT, ROLE).await, cloud.call_count().await);
    let message = "Provider produced inconsistent final plan";
    workspace.run(&["apply", "plan"]).await.expect_failure().says(&[message, ".adopted"]);
    assert_eq!(cloud.role(ACCOUNT, ROLE).await, before);
    assert_eq!(workspace.state_list().await, Vec::<String>::new());
    let actions = cloud.actions().await.split_off(calls);
    assert!(actions.iter().all(|action| action.starts_with("Get")), "nothing was changed: {actions:?}");
    let guide = include_str!("../../docs/guides/destroy-refused.md").replace('\n', " ");
    assert!(guide.contains(&format!("\"{message}\". This means that the plan is out of date")));
    // As the guide says: plan again.
    workspace.run(&APPLY).await.expect_success().says(&["1 added"]);
    assert_eq!(workspace.attributes(ADDRESS).await["adopted"], true);
    workspace.expect_no_changes().await;
}

/// Credentials that turn into those of another account in the middle of a run change nothing there, and nothing that
/// was done in the one account is said of the other. What the command prints is old at once, so that it is run for
/// each call, and prints another account's key from some call on.
#[tokio::test]
async fn credentials_of_another_account_in_mid_run() {
    let account = |(id, secret): (&str, &str)| json!({ "access_keys": { id: secret } });
    let seed = json!({ "accounts": { ACCOUNT: account(KEYS[0]), MEMBERS[0]: account(KEYS[1]) } });
    let cloud = Cloud::start_with_seed(seed).await;
    let mut workspace = Workspace::for_provider(Terraform::find().unwrap());
    workspace.set("MSS_ENDPOINT_URL", cloud.endpoint());
    give_command(&workspace);
    let provider = format!("provider \"mss\" {{\n  allowed_account_ids = [\"{ACCOUNT}\"]\n}}\n");
    workspace.configure(&(provider + &role("this", ROLE, "")));
    let from = |call: &str| fs::write(workspace.path("from"), call).unwrap();
    from(NEVER);
    cloud.add_old_role(MEMBERS[0], ROLE).await;
    for account in [ACCOUNT, MEMBERS[0]] {
        cloud.end_subscription(account).await;
    }
    workspace.run(&APPLY).await.expect_success();

    for (call, next, said) in MID_RUNS {
        fs::write(workspace.path("runs"), "").unwrap();
        from(call);
        let calls = cloud.call_count().await;
        let run = workspace.run(&["destroy", "-auto-approve"]).await.expect_failure();
        let run = run.says(&["now belong to account", ACCOUNT, MEMBERS[0], said]);
        run.does_not_say("1 destroyed").does_not_say("Destruction complete");
        let asked = cloud.actions().await.split_off(calls);
        assert_eq!(asked.last().map(String::as_str), Some("GetCallerIdentity"), "{next}: {asked:?}");
        assert_eq!(workspace.state_list().await, [ADDRESS], "{asked:?}");
        cloud.expect_roles(MEMBERS[0], &[ROLE]).await;
    }
    from(NEVER);
    workspace.run(&["destroy", "-auto-approve"]).await.expect_success();
    cloud.expect_roles(ACCOUNT, &[]).await;
    cloud.expect_roles(MEMBERS[0], &[ROLE]).await;
}

/// A profile whose command prints the first key of [`KEYS`], and the second from the run on that the file `from` says.
fn give_command(workspace: &Workspace) {
    let printed = KEYS.map(|(id, secret)| {
        json!({ "access_key_id": id, "access_key_secret": secret, "expiration": "2020-01-01T00:00:00Z" })
    });
    let files = [0, 1].map(|index| workspace.give(&format!("key{index}.json"), &printed[index].to_string()));
    let [first, second] = files.each_ref().map(|path| path.display());
    let (runs, from) = (workspace.path("runs"), workspace.path("from"));
    let (runs, from) = (runs.display(), from.display());
    let script = format!(
        "echo >>'{runs}'\nif [ $(wc -l <'{runs}') -ge $(cat '{from}') ]; then cat '{second}'; else cat '{first}'; fi\n"
    );
    let script = workspace.give("command.sh", &script);
    let profile = json!({ "name": "default", "mode": "External",
        "process_command": format!("sh '{}'", script.display()) });
    let profiles = json!({ "current": "default", "profiles": [profile] });
    workspace.give(".aliyun/config.json", &profiles.to_string());
}

/// The keys of two accounts.
const KEYS: [(&str, &str); 2] = [
    ("LTAI5tEmulatorRenewedKey0", "EmulatorExampleSecretRenewed00"),
    ("LTAI5tEmulatorRenewedKey1", "EmulatorExampleSecretRenewed01"),
];
const NEVER: &str = "1000";
/// From which run of the command on a destroy has another key, for which call, and what is said then. A process asks
/// for the account first, for which it takes two.
const MID_RUNS: [(&str, &str, &str); 4] = [
    ("7", "GetUserStatus in the plan", "Credentials belong to another account"),
    ("11", "GetUserStatus in the apply", "Credentials belong to another account"),
    ("13", "DeleteServiceLinkedRole", "was not deleted"),
    ("14", "GetServiceLinkedRoleDeletionStatus", "deletion"),
];

/// Terraform shows no address with the error of a destroy; the command that the text names finds it.
#[tokio::test]
async fn the_address_of_a_destroy_is_found() {
    let cloud = Cloud::start().await;
    let in_use = |accounts: &[&str]| fleet(accounts, "").replace(ROLE, RANSOMWARE);
    let workspace = applied(&cloud, &in_use(&MEMBERS)).await;
    workspace.configure(&in_use(&MEMBERS[..1]));
    let refused = workspace.run(&APPLY).await.expect_failure().does_not_say("  with mss_");
    let id = format!("{}:{RANSOMWARE}", MEMBERS[1]);
    let list = format!("terraform state list -id={id}");
    let refused = refused.says(&["Service-linked role is still in use", "stays in state", &list]);
    // Each way out in a line of its own, and the first one leads on as long as nothing uses the role any more.
    let lines: Vec<_> = refused.output.lines().map(|line| line.trim_start_matches(['│', ' '])).collect();
    assert!(
        lines.iter().any(|line| line.starts_with("- Wait until the MSS subscription has ended")),
        "{lines:?}"
    );
    assert!(lines.contains(&"terraform state rm 'ADDRESS'"), "{lines:?}");
    let found = workspace.run(&["state", "list", &format!("-id={id}")]).await.expect_success();
    let address = format!("mss_service_linked_role.fleet[\"{}\"]", MEMBERS[1]);
    assert_eq!(found.output.trim(), address);
    workspace.run(&["state", "rm", &address]).await.expect_success();
    workspace.expect_no_changes().await;
    cloud.expect_roles(MEMBERS[1], &[RANSOMWARE]).await;
    cloud.end_subscription(MEMBERS[0]).await;
    workspace.run(&["destroy", "-auto-approve"]).await.expect_success();
    cloud.expect_roles(MEMBERS[0], &[]).await;
}
