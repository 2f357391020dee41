//! `mss-emulator probe` under Alibaba Cloud's own host names, which an emulator answers for.

use std::{collections::BTreeSet, fs, process::Output};

use serde_json::{Value as Json, json};
use tokio::process::Command;

use crate::support::{
    cloud::{Cloud, MEMBERS},
    names::{ACCOUNT, ROLE},
    real_hosts::{Alter, RealHosts},
};

/// Runs the probe against a cloud; the report comes with it.
async fn probe(cloud: &Cloud, alter: Alter) -> (Output, String) {
    let hosts = RealHosts::before(cloud, alter).await;
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("probe.md");
    let keys = cloud.environment().into_iter().filter(|(name, _)| *name != "MSS_ENDPOINT_URL");
    let mut command = Command::new(env!("CARGO_BIN_EXE_mss-emulator"));
    command.args(["probe", "--report"]).arg(&report).env_clear().envs(keys).envs(hosts.environment());
    let output = command.env("HOME", folder.path()).output().await.unwrap();
    (output, fs::read_to_string(&report).unwrap_or_default())
}

/// The facts that a report calls different.
fn different(report: &str) -> BTreeSet<&str> {
    let lines = report.lines().filter(|line| line.ends_with("| **differs** |"));
    lines.map(|line| line.split('|').nth(1).unwrap().trim()).collect()
}

#[tokio::test]
async fn an_emulator_is_as_the_emulator_says() {
    for roles in [&[ROLE][..], &[]] {
        let cloud = Cloud::start().await;
        for role in roles {
            cloud.add_old_role(ACCOUNT, role).await;
        }
        let (output, report) = probe(&cloud, |_, _| {}).await;
        assert_eq!(different(&report), BTreeSet::new(), "{report}");
        assert!(output.status.success(), "{output:?}");
        assert!(report.contains("GetRole of Mssp") && report.contains(" 0 different"), "{report}");
        // It only looked.
        let changing = ["Create", "Delete", "Attach", "Detach", "Update"];
        for action in cloud.actions().await {
            assert!(!changing.iter().any(|verb| action.starts_with(verb)), "{action}");
        }
    }
}

/// Another code, another form, another value of a fact: exactly these, and nothing that belongs to the account.
#[tokio::test]
async fn three_planted_differences_are_reported() {
    let cloud = Cloud::start().await;
    cloud.add_old_role(ACCOUNT, ROLE).await;
    let (output, report) = probe(&cloud, |action, answer: &mut Json| match action {
        "GetUserStatus" => answer["Data"]["StartDate"] = json!("2027-01-01T00:00:00Z"),
        "GetServiceLinkedRoleDeletionStatus" => answer["Code"] = json!("InvalidParameter.DeletionTaskId"),
        "GetServiceLinkedRoleTemplate" => {
            let template = &mut answer["ServiceLinkedRoleTemplate"];
            if template["RoleNamePrefix"] == ROLE {
                template["RoleNamePrefix"] = json!("AliyunServiceRoleForMss");
            }
        }
        _ => {}
    })
    .await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let unknown_task = "GetServiceLinkedRoleDeletionStatus of an unknown task";
    let trusted = "`AliyunServiceRoleForMssp` trusts the service `mssp.aliyuncs.com`";
    assert_eq!(different(&report), BTreeSet::from(["GetUserStatus", unknown_task, trusted]), "{report}");
    assert!(report.contains("`Data.StartDate` is a UTC time, not a time without zone"), "{report}");
    for theirs in MEMBERS.iter().chain(&[ACCOUNT, "2027", "member-"]) {
        assert!(!report.contains(theirs), "{theirs} is in the report:\n{report}");
    }
    let shown = String::from_utf8(output.stdout).unwrap();
    assert_eq!(shown.trim_end(), report.trim_end(), "what is printed is what is written");
}

#[tokio::test]
async fn nobody_there() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mss-emulator"));
    command.arg("probe").env_clear().env("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true");
    let output = command.output().await.unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("credentials"), "{output:?}");
}
