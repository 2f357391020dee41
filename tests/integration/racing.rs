//! Several Terraform processes at one time: with the locks of a real PostgreSQL, and with none.

use std::{fs, io::Write, time::Duration};

use futures_util::future::join_all;
use serde_json::{Value as Json, json};

use crate::support::{
    cloud::Cloud,
    names::{ACCOUNT, ID, ROLE},
    postgres::Postgres,
    workspace::{Run, Workspace},
};

const ADDRESS: &str = "mss_service_linked_role.this";
const RESOURCE: &str =
    "resource \"mss_service_linked_role\" \"this\" {\n  role_name = \"AliyunServiceRoleForMssp\"\n}\n";

/// How many apply at one time.
const RACERS: usize = 24;
/// Each waits for all before it; Terraform looks for a lock every 16 s in the end.
const HANG: Duration = Duration::from_secs(600);

#[tokio::test]
async fn one_of_many_creates_under_locks() {
    let Some(postgres) = Postgres::start().await else {
        // Past the harness, which hides what a passing test prints.
        let text = "\nSKIPPED: one_of_many_creates_under_locks: no initdb and postgres on PATH or below \
                    /usr/lib/postgresql; install PostgreSQL to run it\n\n";
        std::io::stderr().write_all(text.as_bytes()).unwrap();
        return;
    };
    let cloud = Cloud::start().await;
    let backend = format!(
        "terraform {{\n  backend \"pg\" {{\n    conn_str = \"{}\"\n  }}\n}}\n",
        postgres.connection()
    );
    // A backend without a resource: this init must not look for our provider in a registry.
    let first = Workspace::new(&cloud, "");
    fs::write(first.path("main.tf"), &backend).unwrap();
    first.run(&["init"]).await.expect_success();

    let racers: Vec<_> = (0..RACERS).map(|_| Workspace::new(&cloud, &(backend.clone() + RESOURCE))).collect();
    for racer in &racers {
        fs::create_dir(racer.path(".terraform")).unwrap();
        let initialized = ".terraform/terraform.tfstate";
        fs::copy(first.path(initialized), racer.path(initialized)).unwrap();
    }
    let arguments = ["apply", "-auto-approve", "-lock-timeout=540s"];
    let apply = async |racer: &Workspace| {
        let run = racer.ended_within(HANG, racer.spawn(&arguments), &arguments).await;
        run.expect_success()
    };
    let runs = join_all(racers.iter().map(apply)).await;

    let created = runs.iter().filter(|run| run.output.contains("1 added, 0 changed, 0 destroyed"));
    assert_eq!(created.count(), 1, "{runs:#?}");
    let unchanged = runs.iter().filter(|run| run.output.contains("0 added, 0 changed, 0 destroyed"));
    assert_eq!(unchanged.count(), RACERS - 1, "{runs:#?}");
    assert_eq!(calls(&cloud, "CreateServiceLinkedRole").await, 1);
    let state = racers[0].run(&["state", "pull"]).await.expect_success();
    let state: Json = serde_json::from_str(&state.output).unwrap();
    let in_state = &state["resources"][0]["instances"][0]["attributes"]["role_id"];
    assert_eq!(*in_state, cloud.role(ACCOUNT, ROLE).await["role_id"]);
}

/// Two states of one account, each with a plan to create; the look-ups of both come before either
/// create. Whoever loses stops, also where it would have adopted the role: its plan said create.
#[tokio::test]
async fn two_creates_without_locks() {
    for adopt_existing in [false, true] {
        two_creates(adopt_existing).await;
    }
}

async fn two_creates(adopt_existing: bool) {
    let cloud = Cloud::start().await;
    let resource = RESOURCE.replace("\n}", &format!("\n  adopt_existing = {adopt_existing}\n}}"));
    let workspaces = [Workspace::new(&cloud, &resource), Workspace::new(&cloud, &resource)];
    for workspace in &workspaces {
        workspace.run(&["plan", "-out=plan"]).await.expect_success();
    }
    let looks = json!({ "action": "GetRole", "kind": "delay", "millis": 2000, "count": 2 });
    cloud.fault(looks).await;
    let runs = both(&workspaces, &["apply", "plan"]).await;
    assert_eq!(calls(&cloud, "CreateServiceLinkedRole").await, 2, "this was a race");

    let (won, lost) = if runs[0].code == Some(0) { (0, 1) } else { (1, 0) };
    assert!(runs[won].output.contains("1 added"), "{runs:#?}");
    assert_eq!(cloud.roles_made().await, 1);
    assert_eq!(in_state(&workspaces[won]), cloud.role(ACCOUNT, ROLE).await["role_id"]);
    assert_eq!(in_state(&workspaces[lost]), Json::Null);
    let import = format!("terraform import 'ADDRESS' {ID}");
    runs.into_iter()
        .nth(lost)
        .unwrap()
        .expect_failure()
        .says(&["Service-linked role already exists", &import]);

    // What the text offers.
    workspaces[lost].run(&["import", ADDRESS, ID]).await.expect_success();
    workspaces[lost]
        .run(&["apply", "-auto-approve"])
        .await
        .expect_success()
        .says(&["0 added", "0 destroyed"]);
    assert_eq!(in_state(&workspaces[lost]), in_state(&workspaces[won]));
}

/// Two states that hold the same role, and both destroy it; the deletion of one is seen by the other at
/// every point.
#[tokio::test]
async fn two_destroys_without_locks() {
    for late in ["DeleteServiceLinkedRole", "GetServiceLinkedRoleDeletionStatus", "GetUserStatus"] {
        let cloud = Cloud::start().await;
        cloud.end_subscription(ACCOUNT).await;
        let workspaces = [Workspace::new(&cloud, RESOURCE), Workspace::new(&cloud, RESOURCE)];
        workspaces[0].run(&["apply", "-auto-approve"]).await.expect_success();
        workspaces[1].run(&["import", ADDRESS, ID]).await.expect_success();
        cloud.outlive_lag().await;
        for workspace in &workspaces {
            workspace.run(&["plan", "-destroy", "-out=plan"]).await.expect_success();
        }
        // The first to come is answered late, so that the other overtakes it.
        cloud.fault(json!({ "action": late, "kind": "delay", "millis": 1500 })).await;
        let applied = cloud.outliving_lag(1, both(&workspaces, &["apply", "plan"])).await;
        for (workspace, run) in workspaces.iter().zip(applied) {
            run.expect_success().says(&["1 destroyed"]);
            assert_eq!(in_state(workspace), Json::Null, "{late}");
        }
        assert_eq!(cloud.role_names(ACCOUNT).await, Vec::<String>::new(), "{late}");
    }
}

async fn both(workspaces: &[Workspace; 2], arguments: &[&str]) -> [Run; 2] {
    let [first, second] = workspaces;
    let (first, second) = tokio::join!(first.run(arguments), second.run(arguments));
    [first, second]
}

/// The role's ID in a local state; null if the role is not there.
fn in_state(workspace: &Workspace) -> Json {
    workspace.attributes_in_file(ADDRESS)["role_id"].clone()
}

async fn calls(cloud: &Cloud, action: &str) -> usize {
    cloud.actions().await.iter().filter(|called| *called == action).count()
}
