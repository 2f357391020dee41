//! The official SDKs as judges: what they parse of the emulator's answers, and how they sign.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use terraform_provider_mss::cloud::signature::{SignedParts, authorization};
use tokio::process::Command;

use crate::support::{
    cloud::Cloud,
    names::{ACCOUNT, ESA},
    terraform::target_folder,
};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/integration/support/official_sdks.py");
/// The instance of every active subscription.
const INSTANCE: &str = "1b7d5f0e-6c3a-4c1a-9d2e-7f0a5c3b1e22";

/// The folder of the Python packages that tests use; it is filled once.
pub fn packages() -> PathBuf {
    let folder = target_folder().join("official-sdks");
    let mut install = std::process::Command::new("python3");
    install.args([SCRIPT, "install", folder.to_str().unwrap()]).stdin(Stdio::null());
    assert!(install.status().unwrap().success());
    folder
}

/// Runs the script in which the SDKs are; answers what it prints.
async fn run(command: &str, arguments: &[&str]) -> String {
    let folder: PathBuf = target_folder().join("official-sdks");
    let output = Command::new("python3")
        .args([SCRIPT, command, folder.to_str().unwrap()])
        .args(arguments)
        .env_remove("HTTP_PROXY")
        .env_remove("http_proxy")
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command}: {told}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn parse_what_the_emulator_answers() {
    run("install", &[]).await;
    let cloud = Cloud::start_with_seed(json!({
        "folders": [{ "folder_name": "Production" }],
        "members": [
            { "account_id": "1111111111111111", "display_name": "shop", "tags": { "team": "a" } },
            "2222222222222222",
            { "account_id": "3333333333333333", "folder": "Production", "join_method": "invited" },
        ],
    }))
    .await;
    cloud.add_role("2222222222222222", "ci").await;
    let environment: std::collections::HashMap<_, _> = cloud.environment().into_iter().collect();
    let arguments = ["MSS_ENDPOINT_URL", "ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"]
        .map(|name| environment[name]);
    let found: Json = serde_json::from_str(&run("calls", &arguments).await).unwrap();
    let expected = json!({
        "created": [ESA, format!("acs:ram::{ACCOUNT}:role/{}", ESA.to_lowercase()), true],
        "created twice": "EntityAlreadyExists.Role",
        "principal": format!("{ESA}@role.{ACCOUNT}.onaliyunservice.com"),
        "missing": "EntityNotExist.Role",
        "listed": [ESA],
        "ram role": "300000000000000002",
        "ram page": [false, ESA],
        "template": [ESA, "AliyunServiceRolePolicyForESAMssp"],
        "policy": ["AliyunServiceRolePolicyForESAMssp", "System"],
        "policy version": "v2",
        "document": "1",
        "caller": ACCOUNT,
        "member": "2222222222222222",
        "oidc": true,
        "subscription": ["Enabled", "mdrgaoji", INSTANCE],
        "wrong secret": "SignatureDoesNotMatch",
        "wrong key": "InvalidAccessKeyId.NotFound",
        "directory": [
            ["1111111111111111", "2222222222222222", "3333333333333333"],
            [3, "3333333333333333", []],
            ["shop", "CreateSuccess", "ResourceAccount", [["team", "a"]]],
            [ACCOUNT, true],
            ["Production", ["3333333333333333"]],
            ["root", "Production"],
            [3, "1111111111111111"],
        ],
        "in use": ["FAILED", "global", [format!("acs:yundun-mss::{ACCOUNT}:instance/{INSTANCE}")]],
        // The last is what the SDK makes of a wrong signature over the same text.
        "version 1": [
            "AliyunServiceRoleForMssp", "AliyunServiceRoleForMssp", "EntityNotExist.Role", 2, ACCOUNT,
            "InvalidAccessKeySecret"
        ],
        "credentials uri": ACCOUNT,
    });
    assert_eq!(found, expected);
}

/// What is committed is what the SDK signs today.
#[tokio::test]
async fn sign_the_vectors() {
    run("install", &[]).await;
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/acs3");
    let script = vectors.with_extension("py");
    let written = tempfile::tempdir().unwrap();
    let output = Command::new("python3")
        .arg(script)
        .args([&target_folder().join("official-sdks"), written.path()])
        .output()
        .await
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut cases = 0;
    for case in fs::read_dir(written.path()).unwrap().map(|entry| entry.unwrap().path()) {
        let committed = vectors.join(case.file_name().unwrap());
        for file in fs::read_dir(&case).unwrap().map(|entry| entry.unwrap().path()) {
            let ours = committed.join(file.file_name().unwrap());
            assert_eq!(fs::read(&file).unwrap(), fs::read(&ours).unwrap(), "{}", ours.display());
        }
        cases += 1;
    }
    assert!(cases >= 24, "{cases} cases");
}

/// The newer SDKs for Node, and pop-core, which signs in the older way. Left out, and said so, without npm.
#[tokio::test]
async fn of_node_parse_what_the_emulator_answers() {
    let folder = target_folder().join("official-sdks-node");
    if !install_node_packages(&folder).await {
        println!("left out: there is no npm on this machine");
        return;
    }
    let cloud = Cloud::start().await;
    let environment: std::collections::HashMap<_, _> = cloud.environment().into_iter().collect();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/integration/support/official_sdks.mjs");
    let keys =
        ["ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"].map(|name| environment[name]);
    let mut run = Command::new("node");
    run.arg(script)
        .arg(&folder)
        .arg(cloud.endpoint())
        .args(keys)
        .env_remove("HTTP_PROXY")
        .env_remove("http_proxy");
    let output = run.stdin(Stdio::null()).output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found: Json = serde_json::from_slice(&output.stdout).unwrap();
    let expected = json!({
        "pop-core": "AliyunServiceRoleForMssp",
        "pop-core missing": "EntityNotExist.Role",
        "role": "AliyunServiceRoleForMssp",
        "missing": "EntityNotExist.Role",
        "versions": ["v1", "v2"],
        "session": true,
        "caller": ACCOUNT,
    });
    assert_eq!(found, expected);
}

/// The packages of the lock file, by their hashes; once. Answers whether there is an npm.
async fn install_node_packages(folder: &Path) -> bool {
    let pinned = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/integration/support/official_sdks_node");
    let (lock, installed) = (pinned.join("package-lock.json"), folder.join("installed.json"));
    if fs::read(&installed).is_ok_and(|found| found == fs::read(&lock).unwrap()) {
        return true;
    }
    fs::create_dir_all(folder).unwrap();
    for file in ["package.json", "package-lock.json"] {
        fs::copy(pinned.join(file), folder.join(file)).unwrap();
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--silent", "--no-audit", "--no-fund", "--prefix"]).arg(folder).stdin(Stdio::null());
    let Ok(ended) = npm.output().await else { return false };
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    fs::copy(lock, installed).unwrap();
    true
}

#[derive(Deserialize)]
struct Signed {
    method: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    payload: String,
    secret: String,
    authorization: String,
}

#[tokio::test]
async fn sign_as_we_do() {
    run("install", &[]).await;
    let printed = run("signatures", &["1200"]).await;
    assert_eq!(printed.lines().count(), 1200);
    for line in printed.lines() {
        let signed: Signed = serde_json::from_str(line).unwrap();
        let request = SignedParts {
            method: &signed.method,
            query: &signed.query,
            headers: &signed.headers,
            body_sha256: &signed.payload,
        };
        let ours = authorization(&request, "LTAIexample", &SecretString::from(signed.secret));
        assert_eq!(ours, signed.authorization, "{line}");
    }
}
