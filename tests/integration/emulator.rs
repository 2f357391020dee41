//! The emulator from outside: what it refuses over HTTP, and its binary's three commands.

use std::{
    path::PathBuf,
    process::{Output, Stdio},
};

use secrecy::SecretString;
use serde_json::{Value as Json, json};
use terraform_provider_mss::{
    cloud::signature::{SignedParts, authorization, canonical_query, sha256_hex},
    emulator::{self, EmulatorOptions},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    process::{Child, Command},
};

use crate::support::{
    cloud::Cloud,
    names::{ACCOUNT, ROLE},
    within,
    workspace::signal,
};

const RESOURCE_MANAGER: &str = "2020-03-31";

/// A request as a client signs it, which a test can spoil before it is sent.
struct Signed {
    url: String,
    headers: Vec<(String, String)>,
}

impl Signed {
    fn new(cloud: &Cloud, version: &str, action: &str, parameters: &[(&str, &str)]) -> Self {
        let now = jiff::Timestamp::now();
        Self::at(cloud, version, action, parameters, now, &uuid::Uuid::new_v4().to_string())
    }

    fn at(
        cloud: &Cloud,
        version: &str,
        action: &str,
        parameters: &[(&str, &str)],
        date: jiff::Timestamp,
        nonce: &str,
    ) -> Self {
        let environment: std::collections::HashMap<_, _> = cloud.environment().into_iter().collect();
        let keys = (
            environment["ALIBABA_CLOUD_ACCESS_KEY_ID"],
            environment["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
            None,
        );
        Self::with_keys(cloud, version, action, parameters, (date, nonce), keys)
    }

    /// With the credentials of a session, as AssumeRole answers them.
    fn with_session(
        cloud: &Cloud,
        credentials: &Json,
        version: &str,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Self {
        let text = |name: &str| credentials[name].as_str().unwrap();
        let keys = (text("AccessKeyId"), text("AccessKeySecret"), Some(text("SecurityToken")));
        let now = (jiff::Timestamp::now(), &*uuid::Uuid::new_v4().to_string());
        Self::with_keys(cloud, version, action, parameters, now, keys)
    }

    fn with_keys(
        cloud: &Cloud,
        version: &str,
        action: &str,
        parameters: &[(&str, &str)],
        (date, nonce): (jiff::Timestamp, &str),
        (id, secret, token): (&str, &str, Option<&str>),
    ) -> Self {
        let endpoint = cloud.endpoint();
        let query: Vec<_> =
            parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let body_sha256 = sha256_hex(b"");
        let mut headers: Vec<(String, String)> = [
            ("host", endpoint.trim_start_matches("http://").to_owned()),
            ("x-acs-action", action.to_owned()),
            ("x-acs-content-sha256", body_sha256.clone()),
            ("x-acs-date", date.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
            ("x-acs-signature-nonce", nonce.to_owned()),
            ("x-acs-version", version.to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        headers.extend(token.map(|token| ("x-acs-security-token".to_owned(), token.to_owned())));
        let request =
            SignedParts { method: "POST", query: &query, headers: &headers, body_sha256: &body_sha256 };
        let value = authorization(&request, id, &SecretString::from(secret));
        headers.push(("authorization".to_owned(), value));
        Self { url: format!("{endpoint}/?{}", canonical_query(&query)), headers }
    }

    fn header(&mut self, name: &str) -> &mut String {
        &mut self.headers.iter_mut().find(|(found, _)| found == name).unwrap().1
    }

    /// Status and body.
    async fn send(&self) -> (u16, Json) {
        self.try_send().await.unwrap()
    }

    /// Status and body; `None` if no answer comes.
    async fn try_send(&self) -> Option<(u16, Json)> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut request = http.post(&self.url);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let response = request.send().await.ok()?;
        let status = response.status().as_u16();
        Some((status, serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()))
    }

    #[track_caller]
    fn expect(answer: &(u16, Json), status: u16, code: &str) {
        assert_eq!((answer.0, answer.1["Code"].as_str()), (status, Some(code)), "{}", answer.1);
        assert!(answer.1["RequestId"].is_string());
    }
}

#[tokio::test]
async fn refuses_a_changed_signature() {
    let cloud = Cloud::start().await;
    let sound = Signed::new(&cloud, RESOURCE_MANAGER, "ListRoles", &[]);
    let header = sound.headers.last().unwrap().1.clone();
    let start = header.find("Signature=").unwrap() + "Signature=".len();
    for position in start..header.len() {
        let mut spoilt = Signed::new(&cloud, RESOURCE_MANAGER, "ListRoles", &[]);
        let signature = spoilt.header("authorization");
        let changed = if signature.as_bytes()[position] == b'0' { "1" } else { "0" };
        signature.replace_range(position..=position, changed);
        Signed::expect(&spoilt.send().await, 400, "SignatureDoesNotMatch");
    }
    assert_eq!(sound.send().await.0, 200, "the sound one is accepted");
}

#[tokio::test]
async fn refuses_replays_stale_dates_and_strangers() {
    let cloud = Cloud::start().await;
    let request = Signed::new(&cloud, RESOURCE_MANAGER, "ListRoles", &[]);
    assert_eq!(request.send().await.0, 200);
    Signed::expect(&request.send().await, 400, "SignatureNonceUsed");

    let long_ago = "2020-01-02T03:04:05Z".parse().unwrap();
    let stale = Signed::at(&cloud, RESOURCE_MANAGER, "ListRoles", &[], long_ago, "n1");
    Signed::expect(&stale.send().await, 400, "InvalidTimeStamp.Expired");

    let mut stranger = Signed::new(&cloud, RESOURCE_MANAGER, "ListRoles", &[]);
    let header = stranger.header("authorization");
    *header = header.replace("Credential=", "Credential=Nobody");
    Signed::expect(&stranger.send().await, 404, "InvalidAccessKeyId.NotFound");

    let mut unsigned = Signed::new(&cloud, RESOURCE_MANAGER, "ListRoles", &[]);
    unsigned.headers.pop();
    Signed::expect(&unsigned.send().await, 400, "MissingParameter");
}

#[tokio::test]
async fn answers_with_documented_codes() {
    let cloud = Cloud::start().await;
    cloud.add_role(ACCOUNT, "Ordinary").await;
    for row in include_str!("../vectors/emulator/refusals.md").lines().skip(2) {
        let columns: Vec<_> = row.split('|').map(str::trim).collect();
        let ["", version, action, status, code, parameters, ""] = columns[..] else { panic!("{row}") };
        let parameters: Vec<_> = parameters.split('&').filter_map(|pair| pair.split_once('=')).collect();
        let response = Signed::new(&cloud, version, action, &parameters).send().await;
        Signed::expect(&response, status.parse().unwrap(), code);
    }
    cloud.add_role(ACCOUNT, ROLE).await;
    let again = [("ServiceName", "mssp.aliyuncs.com")];
    let answer = Signed::new(&cloud, RESOURCE_MANAGER, "CreateServiceLinkedRole", &again).send().await;
    Signed::expect(&answer, 409, "EntityAlreadyExists.Role");
    let own = [("RoleArn", format!("acs:ram::{ACCOUNT}:role/{ROLE}"))];
    let own = [("RoleArn", own[0].1.as_str()), ("RoleSessionName", "terraform")];
    let answer = Signed::new(&cloud, "2015-04-01", "AssumeRole", &own).send().await;
    Signed::expect(&answer, 403, "NoPermission");
    assert_eq!(answer.1["AccessDeniedDetail"]["AuthAction"], "sts:AssumeRole");
}

#[tokio::test]
async fn lists_in_pages() {
    let cloud = Cloud::start().await;
    for index in 0..5 {
        cloud.add_role(ACCOUNT, &format!("Role{index}")).await;
    }
    let mut names = Vec::new();
    let mut marker = String::new();
    loop {
        let mut parameters = vec![("MaxItems", "2")];
        if !marker.is_empty() {
            parameters.push(("Marker", &marker));
        }
        let (status, page) = Signed::new(&cloud, "2015-05-01", "ListRoles", &parameters).send().await;
        assert_eq!(status, 200);
        let roles = page["Roles"]["Role"].as_array().unwrap().clone();
        names.extend(roles.iter().map(|role| role["RoleName"].as_str().unwrap().to_owned()));
        if page["IsTruncated"] == false {
            break;
        }
        marker = page["Marker"].as_str().unwrap().to_owned();
    }
    assert_eq!(names, ["Role0", "Role1", "Role2", "Role3", "Role4"]);

    let parameters = [("PageNumber", "3"), ("PageSize", "2")];
    let (_, page) = Signed::new(&cloud, RESOURCE_MANAGER, "ListRoles", &parameters).send().await;
    assert_eq!((&page["TotalCount"], page["Roles"]["Role"].as_array().unwrap().len()), (&json!(5), 1));
}

#[tokio::test]
async fn the_directory_answers_with_documented_codes() {
    const DIRECTORY: &str = "2022-04-19";
    let cloud = Cloud::start().await;
    for (action, parameters, status, code) in [
        ("GetAccount", vec![], 400, "MissingParameter.AccountId"),
        ("GetAccount", vec![("AccountId", "12")], 400, "InvalidParameter.AccountId"),
        ("GetAccount", vec![("AccountId", "9999999999999999")], 404, "EntityNotExists.Account"),
        ("GetAccount", vec![("AccountId", ACCOUNT)], 404, "EntityNotExists.Account"),
        ("ListAccounts", vec![("PageSize", "101")], 400, "InvalidParameter.PageSize"),
        ("ListAccounts", vec![("MaxResults", "0")], 400, "InvalidParameter.MaxResults"),
        ("ListAccountsForParent", vec![("ParentFolderId", "x")], 400, "InvalidParameter.ParentFolderId"),
        ("ListFoldersForParent", vec![("ParentFolderId", "fd-Nobody1234")], 404, "EntityNotExists.Folder"),
        ("GetFolder", vec![("FolderId", "fd-Nobody1234")], 404, "EntityNotExists.Folder"),
        ("ListAncestors", vec![("ChildId", "nobody")], 404, "EntityNotExists.Folder"),
    ] {
        let answer = Signed::new(&cloud, DIRECTORY, action, &parameters).send().await;
        Signed::expect(&answer, status, code);
    }
    cloud.deny(ACCOUNT, &["resourcemanager:ListAccounts"]).await;
    Signed::expect(&Signed::new(&cloud, DIRECTORY, "ListAccounts", &[]).send().await, 403, "NoPermission");

    let alone = Cloud::start_with_seed(json!({})).await;
    let answer = Signed::new(&alone, DIRECTORY, "ListAccounts", &[]).send().await;
    Signed::expect(&answer, 404, "EntityNotExists.ResourceDirectory");
    let answer = Signed::new(&alone, DIRECTORY, "GetResourceDirectory", &[]).send().await;
    Signed::expect(&answer, 404, "ResourceDirectoryNotInUse");
}

#[tokio::test]
async fn the_directory_lists_what_is_asked_for() {
    let cloud = Cloud::start_with_seed(json!({
        "accounts": { ACCOUNT: {}, "4444444444444444": { "standalone": true }, "5555555555555555": {} },
        "folders": [{ "folder_name": "Production" }, { "folder_name": "Europe", "parent": "Production" }],
        "members": [
            { "account_id": "1111111111111111", "display_name": "Shop", "folder": "Europe", "tags": { "a": "b" } },
            { "account_id": "2222222222222222", "folder": "Production" },
        ],
    }))
    .await;
    let europe = "fd-Emulator02";
    let listed = async |action: &str, parameters: &[(&str, &str)]| -> Vec<String> {
        let (status, answer) = Signed::new(&cloud, "2022-04-19", action, parameters).send().await;
        assert_eq!(status, 200, "{answer}");
        let accounts = answer["Accounts"]["Account"].as_array().unwrap();
        accounts.iter().map(|account| account["AccountId"].as_str().unwrap().to_owned()).collect()
    };
    let all = ["1111111111111111", "2222222222222222", "5555555555555555"];
    assert_eq!(listed("ListAccounts", &[]).await, all);
    assert_eq!(listed("ListAccounts", &[("QueryKeyword", "shop")]).await, all[..1]);
    assert_eq!(listed("ListAccounts", &[("Tag.1.Key", "a"), ("Tag.1.Value", "b")]).await, all[..1]);
    assert_eq!(listed("ListAccountsForParent", &[]).await, all[2..], "directly in the Root folder");
    assert_eq!(listed("ListAccountsForParent", &[("ParentFolderId", europe)]).await, all[..1]);
    cloud.member("1111111111111111", json!({ "deletion_status": "Checking" })).await;
    cloud.member("2222222222222222", Json::Null).await;
    cloud.add_account("6666666666666666", json!({ "member": { "join_method": "invited" } })).await;
    let (_, answer) = Signed::new(&cloud, "2022-04-19", "ListAccounts", &[]).send().await;
    let field = |index: usize, name: &str| answer["Accounts"]["Account"][index][name].clone();
    assert_eq!(answer["TotalCount"], 3);
    assert_eq!(field(0, "DeletionStatus"), "Checking");
    let path = format!("rd-Emulat/r-Emulat/fd-Emulator01/{europe}/1111111111111111");
    assert_eq!(field(0, "ResourceDirectoryPath"), path);
    assert_eq!(
        (field(2, "AccountId"), field(2, "Status")),
        (json!("6666666666666666"), json!("InviteSuccess"))
    );
}

/// An ID that is mistyped is refused by the cloud and by the control calls alike.
#[tokio::test]
async fn members_exist_only_if_somebody_made_them() {
    let cloud = Cloud::start_with_seed(json!({ "members": 40 })).await;
    let (_, answer) = Signed::new(&cloud, "2022-04-19", "ListAccounts", &[("PageSize", "100")]).send().await;
    assert_eq!(answer["TotalCount"], 40);
    let enter = async |account: &str| {
        let role = format!("acs:ram::{account}:role/ResourceDirectoryAccountAccessRole");
        let parameters = [("RoleArn", role.as_str()), ("RoleSessionName", "terraform")];
        Signed::new(&cloud, "2015-04-01", "AssumeRole", &parameters).send().await
    };
    assert_eq!(enter("2000000000000040").await.0, 200);
    for unknown in ["2000000000000041", ACCOUNT] {
        Signed::expect(&enter(unknown).await, 404, "EntityNotExist.Role");
    }
    cloud.member("2000000000000040", json!({ "access_role": false })).await;
    Signed::expect(&enter("2000000000000040").await, 404, "EntityNotExist.Role");
    let refused = cloud.refused("PUT", "accounts/2000000000000041/denied", json!([])).await;
    assert!(refused.contains("there is no account 2000000000000041"), "{refused}");
    cloud.reset().await;
    assert_eq!(enter("2000000000000040").await.0, 200, "a reset goes back to the seed");
}

#[tokio::test]
async fn serves_this_machine_alone() {
    let listen = "0.0.0.0:0".parse().unwrap();
    let refused =
        emulator::start(EmulatorOptions { listen, ..EmulatorOptions::default() }).await.unwrap_err();
    assert!(matches!(refused, emulator::Error::NotLoopback(_)));
    let run = command(&["serve", "--listen", "0.0.0.0:0"]).output().await.unwrap();
    assert_eq!(run.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&run.stderr).contains("not a loopback address"));
}

#[tokio::test]
async fn state_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.json");
    let arguments = ["serve", "--state", state.to_str().unwrap()];
    let mut first = Served::start(&arguments).await;
    first.ctl(&["role", "add", ROLE]).await;
    first.ctl(&["subscription", "--end-date", "2020-01-01 00:00:00"]).await;
    first.process.kill().await.unwrap();

    let second = Served::start(&arguments).await;
    let shown = second.ctl(&["state"]).await;
    assert!(shown["accounts"][ACCOUNT]["roles"][ROLE].is_object(), "{shown}");
    assert_eq!(shown["accounts"][ACCOUNT]["subscription"]["end_date"], "2020-01-01 00:00:00");
    assert!(!shown.to_string().contains("secret"), "secrets are not shown: {shown}");
}

#[tokio::test]
async fn stops_on_sigterm() {
    let mut served = Served::start(&["serve"]).await;
    let process = served.process.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-TERM", &process]).status().await.unwrap().success());
    let status = within("the emulator's end", served.process.wait()).await.unwrap();
    assert_eq!(status.code(), Some(0));
}

#[tokio::test]
async fn ctl_tells_how_it_ended() {
    let served = Served::start(&["serve"]).await;
    for (arguments, code) in [
        (vec!["clock", "60"], 0),
        (vec!["deny", "ram:GetRole"], 0),
        (vec!["fault", "add", r#"{"action":"GetRole","kind":"deny"}"#], 0),
        (vec!["fault", "clear"], 0),
        (
            vec![
                "role",
                "add",
                "Ordinary",
                "--create-date",
                "2020-01-02T03:04:05Z",
                "--trusted-account",
                "1",
            ],
            0,
        ),
        (vec!["subscription", "--customer-type", "trial"], 0),
        (vec!["policy"], 0),
        (vec!["deny", "--account", "1111111111111111"], 1),
        (vec!["subscription", "--status", "Enable"], 1),
        (vec!["account", "add", "1111111111111111", "--folder", "nowhere"], 1),
        (vec!["reset"], 0),
        (vec!["calls"], 0),
        (vec!["fault", "add", r#"{"kind":"explode"}"#], 1),
        (vec!["role", "remove", "nobody"], 1),
        (vec!["subscription", "--end-date", "soon"], 1),
        (vec!["role", "add", "Ordinary", "--create-date", "soon"], 1),
        (vec!["fault", "add", "{"], 2),
        (vec!["policy", "/no/such/file"], 2),
        (vec!["dance"], 2),
    ] {
        let run = served.run_ctl(&arguments).await;
        assert_eq!(run.status.code(), Some(code), "{arguments:?}: {}", String::from_utf8_lossy(&run.stderr));
    }
    let nobody = command(&["ctl", "--endpoint", "http://127.0.0.1:1", "state"]).output().await.unwrap();
    assert_eq!(nobody.status.code(), Some(2));
}

/// What the help shows can be pasted.
#[tokio::test]
async fn examples_in_the_help_work() {
    let folder = tempfile::tempdir().unwrap();
    let policy =
        r#"{ "Version": "1", "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] }"#;
    std::fs::write(folder.path().join("policy.json"), policy).unwrap();
    let served = Served::start(&["serve"]).await;
    let help = help(&["ctl"]).await + &help(&["ctl", "fault", "add"]).await;
    let examples: Vec<_> = help.lines().filter(|line| line.starts_with("  mss-emulator ctl ")).collect();
    assert!(examples.len() > 14, "{help}");
    let programs = std::path::Path::new(env!("CARGO_BIN_EXE_mss-emulator")).parent().unwrap();
    for example in examples {
        let run = Command::new("sh")
            .args(["-c", &format!("PATH=\"$PROGRAMS:$PATH\"; {example}")])
            .env("PROGRAMS", programs)
            .env("MSS_ENDPOINT_URL", &served.endpoint)
            .current_dir(folder.path())
            .output()
            .await
            .unwrap();
        assert_eq!(run.status.code(), Some(0), "{example}: {}", String::from_utf8_lossy(&run.stdout));
        serde_json::from_slice::<Json>(&run.stdout).unwrap();
    }
}

/// The help names the kinds of faults that there are; a unit test compares their fields.
#[tokio::test]
async fn faults_are_told() {
    let served = Served::start(&["serve"]).await;
    let help = help(&["ctl", "fault", "add"]).await;
    let (_, told) = help.split_once("Kinds, and their own fields:\n").unwrap();
    let told: Vec<_> = told.lines().map_while(|line| line.split_whitespace().next()).collect();
    let refused = served.run_ctl(&["fault", "add", r#"{ "action": "GetRole", "kind": "none" }"#]).await;
    let refused: Json = serde_json::from_slice(&refused.stdout).unwrap();
    let known: Vec<_> = refused["error"].as_str().unwrap().split('`').skip(1).step_by(2).skip(1).collect();
    assert_eq!(told, known);
}

#[tokio::test]
async fn a_policy_allows_what_it_says_alone() {
    let cloud = Cloud::start().await;
    cloud.add_role(ACCOUNT, ROLE).await;
    let policy = json!({ "Version": "1", "Statement": [
        { "Effect": "Allow", "Action": "ram:GetRole", "Resource": format!("acs:ram:*:{ACCOUNT}:role/{ROLE}") },
        {
            "Effect": "Allow", "Action": ["ram:CreateServiceLinkedRole", "ram:DeleteServiceLinkedRole"], "Resource": "*",
            "Condition": { "StringEquals": { "ram:ServiceName": "esa.mssp.aliyuncs.com" } }
        },
    ] });
    cloud.policy(ACCOUNT, &policy).await;
    for (action, parameter, permission) in [
        ("GetRole", ("RoleName", ROLE), None),
        ("GetRole", ("RoleName", "Other"), Some("ram:GetRole")),
        ("ListRoles", ("PageSize", "1"), Some("ram:ListRoles")),
        ("CreateServiceLinkedRole", ("ServiceName", "esa.mssp.aliyuncs.com"), None),
        (
            "CreateServiceLinkedRole",
            ("ServiceName", "mssp.aliyuncs.com"),
            Some("ram:CreateServiceLinkedRole"),
        ),
        ("DeleteServiceLinkedRole", ("RoleName", "AliyunServiceRoleForESAMssp"), None),
        ("DeleteServiceLinkedRole", ("RoleName", ROLE), Some("ram:DeleteServiceLinkedRole")),
    ] {
        let (status, answer) = Signed::new(&cloud, RESOURCE_MANAGER, action, &[parameter]).send().await;
        let denied = answer["AccessDeniedDetail"]["AuthAction"].as_str();
        assert_eq!((status == 200, denied), (permission.is_none(), permission), "{action} {parameter:?}");
    }
    cloud.policy(ACCOUNT, &Json::Null).await;
    assert_eq!(Signed::new(&cloud, RESOURCE_MANAGER, "ListRoles", &[]).send().await.0, 200);
}

#[tokio::test]
async fn exec_gives_the_environment_and_the_status() {
    let script = "test -n \"$MSS_ENDPOINT_URL$ALIBABA_CLOUD_ACCESS_KEY_ID\" && \
                  test -n \"$ALIBABA_CLOUD_ACCESS_KEY_SECRET$ALIBABA_CLOUD_REGION\" && exit 7";
    let run = command(&["exec", "--", "sh", "-c", script]).output().await.unwrap();
    assert_eq!(run.status.code(), Some(7));
    let run = command(&["exec", "--", "sh", "-c", "kill -KILL $$"]).output().await.unwrap();
    assert_eq!(run.status.code(), Some(137));
    let run = command(&["exec", "--", "/no/such/program"]).output().await.unwrap();
    assert_eq!(run.status.code(), Some(2));
}

/// A page of the web that is open on this machine can send requests; it must not reach control calls.
#[tokio::test]
async fn control_calls_come_from_this_machine_alone() {
    let cloud = Cloud::start().await;
    cloud.add_role(ACCOUNT, ROLE).await;
    let endpoint = cloud.endpoint();
    let port = endpoint.rsplit(':').next().unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let status = async |method: &str, path: &str, headers: &[(&str, &str)]| {
        let mut request = http.request(method.parse().unwrap(), format!("{endpoint}/_emulator/{path}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap().status().as_u16()
    };
    for headers in [
        vec![("host", "attacker.example".to_owned())],
        vec![("host", format!("attacker.example:{port}"))],
        vec![("host", "127.0.0.1".to_owned())],
        vec![("host", "127.0.0.1:1".to_owned())],
        vec![("origin", "https://attacker.example".to_owned())],
        vec![("origin", "null".to_owned())],
        vec![("origin", format!("https://127.0.0.1:{port}"))],
        vec![("origin", "http://127.0.0.1:1".to_owned())],
        vec![("sec-fetch-site", "cross-site".to_owned())],
    ] {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(status("POST", "reset", &headers).await, 403, "{headers:?}");
        assert_eq!(status("GET", "state", &headers).await, 403, "{headers:?}");
        assert_eq!(status("GET", "events", &headers).await, 403, "{headers:?}");
    }
    cloud.expect_roles(ACCOUNT, &[ROLE]).await;
    for headers in [
        vec![("host", format!("localhost:{port}"))],
        vec![("host", format!("[::1]:{port}"))],
        vec![("origin", format!("http://127.0.0.1:{port}"))],
        vec![("host", format!("LOCALHOST:{port}")), ("origin", format!("http://localhost:{port}"))],
    ] {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(status("GET", "state", &headers).await, 200, "{headers:?}");
    }
}

/// What a browser gets at the endpoint, and what a client of the cloud gets there.
#[tokio::test]
async fn the_page_is_for_browsers_alone() {
    let cloud = Cloud::start().await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let page = http.get(cloud.endpoint()).header("accept", "text/html,*/*").send().await.unwrap();
    assert_eq!(page.status(), 200);
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'sha256-"), "{policy}");
    assert!(page.text().await.unwrap().contains("<title>mss-emulator</title>"));
    let client = http.get(cloud.endpoint()).send().await.unwrap();
    assert_eq!(client.status(), 400);
    let events = http.get(format!("{}/_emulator/events", cloud.endpoint()));
    let mut events = events.send().await.unwrap();
    assert_eq!(events.headers()["content-type"], "text/event-stream");
    // One at once, and one for a change.
    assert!(within("the first event", events.chunk()).await.unwrap().unwrap().starts_with(b"data: "));
    cloud.add_role(ACCOUNT, ROLE).await;
    assert!(within("the next event", events.chunk()).await.unwrap().unwrap().starts_with(b"data: "));
}

/// An action that is not emulated is not found, signed or not.
#[tokio::test]
async fn an_unknown_action_is_not_found_even_unsigned() {
    let cloud = Cloud::start().await;
    let mut request = Signed::new(&cloud, "2015-05-01", "ListUsers", &[]);
    Signed::expect(&request.send().await, 404, "InvalidAction.NotFound");
    request.headers.pop();
    Signed::expect(&request.send().await, 404, "InvalidAction.NotFound");
}

/// A refusal names what Alibaba Cloud names; a refused V3 signature is worded as V3 words it.
#[tokio::test]
async fn refusals_are_worded_as_the_cloud_words_them() {
    let cloud = Cloud::start().await;
    let mut request = Signed::new(&cloud, "2015-05-01", "ListRoles", &[]);
    let header = request.header("authorization");
    *header = header.replace("Signature=", "Signature=0");
    let (status, answer) = request.send().await;
    assert_eq!((status, answer["HostId"].as_str()), (400, Some("ram.aliyuncs.com")));
    let message = answer["Message"].as_str().unwrap();
    assert!(message.contains("server StringToSign is [ACS3-HMAC-SHA256"), "{message}");
    assert!(message.contains("server CanonicalRequest is [POST"), "{message}");
    let recommend = answer["Recommend"].as_str().unwrap();
    assert!(recommend.contains("q=SignatureDoesNotMatch&product=Ram&requestId="), "{recommend}");

    cloud.deny(ACCOUNT, &["ram:ListRoles"]).await;
    let (_, answer) = Signed::new(&cloud, "2015-05-01", "ListRoles", &[]).send().await;
    let encoded = answer["AccessDeniedDetail"]["EncodedDiagnosticMessage"].as_str().unwrap();
    let parameters = [("EncodedDiagnosticMessage", encoded)];
    let (_, decoded) = Signed::new(&cloud, "2015-05-01", "DecodeDiagnosticMessage", &parameters).send().await;
    assert_eq!(decoded["DecodedDiagnosticMessage"]["AuthAction"], "ram:ListRoles");
}

/// One member is unreachable, one is denied, one is throttled; the others can be entered.
#[tokio::test]
async fn single_members_can_fail() {
    let cloud = Cloud::start_with_seed(json!({ "members": 4 })).await;
    let member = |number: u32| format!("200000000000000{number}");
    for (account, kind) in [(1, "drop_before"), (2, "deny"), (3, "throttle")] {
        let fault = json!({ "action": "AssumeRole", "kind": kind, "account": member(account), "count": 0 });
        cloud.fault(fault).await;
    }
    let enter = async |account: u32| {
        let role = format!("acs:ram::{}:role/ResourceDirectoryAccountAccessRole", member(account));
        let parameters = [("RoleArn", role.as_str()), ("RoleSessionName", "terraform")];
        Signed::new(&cloud, "2015-04-01", "AssumeRole", &parameters).try_send().await
    };
    assert!(enter(1).await.is_none(), "unreachable");
    Signed::expect(&enter(2).await.unwrap(), 403, "NoPermission");
    Signed::expect(&enter(3).await.unwrap(), 400, "Throttling.User");
    assert_eq!(enter(4).await.unwrap().0, 200);
}

/// Limits of AssumeRole: the role's trust and duration, and the texts of the request.
#[tokio::test]
async fn sessions_are_checked() {
    let cloud = Cloud::start().await;
    let member = "2222222222222222";
    let trust = json!({ "Version": "1", "Statement": [{
        "Action": "sts:AssumeRole", "Effect": "Allow",
        "Principal": { "RAM": [format!("acs:ram::{ACCOUNT}:root")] },
        "Condition": { "StringEquals": { "sts:ExternalId": "secret-handshake" } },
    }] });
    let role = json!({ "role_name": "Deploy", "trust_policy": trust, "max_session_duration": 7200 });
    cloud.control("POST", &format!("accounts/{member}/roles"), Some(role)).await;
    let arn = format!("acs:ram::{member}:role/Deploy");
    let narrow = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"ram:GetRole","Resource":"*"}]}"#;
    let long = format!("{}{narrow}", " ".repeat(2048));
    let assume = async |extra: &[(&str, &str)]| {
        let own = [("RoleArn", arn.as_str()), ("RoleSessionName", "terraform")];
        let parameters: Vec<_> = own.into_iter().chain(extra.iter().copied()).collect();
        Signed::new(&cloud, "2015-04-01", "AssumeRole", &parameters).send().await
    };
    let handshake = ("ExternalId", "secret-handshake");
    for (extra, status, code) in [
        (vec![], 403, "NoPermission"),
        (vec![("ExternalId", "wrong")], 403, "NoPermission"),
        (vec![("ExternalId", "a")], 400, "InvalidParameter.ExternalId"),
        (vec![handshake, ("DurationSeconds", "7201")], 400, "InvalidParameter.DurationSeconds"),
        (vec![handshake, ("DurationSeconds", "899")], 400, "InvalidParameter.DurationSeconds"),
        (vec![handshake, ("Policy", "{")], 400, "InvalidParameter.PolicyGrammar"),
        (vec![handshake, ("Policy", &long)], 400, "InvalidParameter.PolicySize"),
    ] {
        let answer = assume(&extra).await;
        Signed::expect(&answer, status, code);
        if code == "NoPermission" {
            assert_eq!(answer.1["AccessDeniedDetail"]["PolicyType"], "AssumeRolePolicy");
        }
    }
    let (status, answer) = assume(&[handshake, ("DurationSeconds", "7200"), ("Policy", narrow)]).await;
    assert_eq!(status, 200, "{answer}");
    // The session's policy holds it.
    let credentials = &answer["Credentials"];
    let send = async |action: &str, parameters: &[(&str, &str)]| {
        Signed::with_session(&cloud, credentials, RESOURCE_MANAGER, action, parameters).send().await
    };
    Signed::expect(&send("GetRole", &[("RoleName", "x")]).await, 404, "EntityNotExist.Role");
    let denied = send("ListRoles", &[]).await;
    Signed::expect(&denied, 403, "NoPermission");
    assert_eq!(denied.1["AccessDeniedDetail"]["PolicyType"], "SessionPolicy");
}

/// A member may enter neither another member nor the management account.
#[tokio::test]
async fn a_member_enters_nobody() {
    let cloud = Cloud::start().await;
    let arn = |account: &str| format!("acs:ram::{account}:role/ResourceDirectoryAccountAccessRole");
    let own = arn("1111111111111111");
    let parameters = [("RoleArn", own.as_str()), ("RoleSessionName", "terraform")];
    let (_, answer) = Signed::new(&cloud, "2015-04-01", "AssumeRole", &parameters).send().await;
    for (account, status, code) in
        [("2222222222222222", 403, "NoPermission"), (ACCOUNT, 404, "EntityNotExist.Role")]
    {
        let role = arn(account);
        let parameters = [("RoleArn", role.as_str()), ("RoleSessionName", "terraform")];
        let session = &answer["Credentials"];
        let request = Signed::with_session(&cloud, session, "2015-04-01", "AssumeRole", &parameters);
        Signed::expect(&request.send().await, status, code);
    }
}

/// The member role of a deployment, made by the API alone: it may do what is attached to it.
#[tokio::test]
async fn an_ordinary_role_may_do_what_is_attached() {
    const RAM: &str = "2015-05-01";
    let cloud = Cloud::start().await;
    let send = async |action: &str, parameters: &[(&str, &str)]| {
        Signed::new(&cloud, RAM, action, parameters).send().await
    };
    let trust = json!({ "Version": "1", "Statement": [{
        "Action": "sts:AssumeRole", "Effect": "Allow", "Principal": { "RAM": [format!("acs:ram::{ACCOUNT}:root")] },
    }] })
    .to_string();
    let name = ("RoleName", "Deploy");
    let made = send("CreateRole", &[name, ("AssumeRolePolicyDocument", &trust)]).await;
    assert_eq!((made.0, made.1["Role"]["RoleName"].as_str()), (200, Some("Deploy")));
    let again = send("CreateRole", &[name, ("AssumeRolePolicyDocument", &trust)]).await;
    Signed::expect(&again, 409, "EntityAlreadyExists.Role");
    let arn = format!("acs:ram::{ACCOUNT}:role/Deploy");
    let parameters = [("RoleArn", arn.as_str()), ("RoleSessionName", "terraform")];
    let (_, session) = Signed::new(&cloud, "2015-04-01", "AssumeRole", &parameters).send().await;
    let list =
        async || Signed::with_session(&cloud, &session["Credentials"], RAM, "ListRoles", &[]).send().await;
    Signed::expect(&list().await, 403, "NoPermission");
    let policy = [name, ("PolicyType", "System"), ("PolicyName", "AliyunRAMFullAccess")];
    assert_eq!(send("AttachPolicyToRole", &policy).await.0, 200);
    assert_eq!(list().await.0, 200);
    Signed::expect(&send("AttachPolicyToRole", &policy).await, 409, "EntityAlreadyExists.Role.Policy");
    let (_, entities) = send("ListEntitiesForPolicy", &policy[1..]).await;
    assert_eq!(entities["Roles"]["Role"][0]["RoleName"], "Deploy");
    Signed::expect(&send("DeleteRole", &[name]).await, 409, "DeleteConflict.Role.Policy");
    let updated = send("UpdateRole", &[name, ("NewMaxSessionDuration", "7200")]).await;
    assert_eq!(updated.1["Role"]["MaxSessionDuration"], 7200);
    assert_eq!(send("DetachPolicyFromRole", &policy).await.0, 200);
    Signed::expect(&send("DetachPolicyFromRole", &policy).await, 404, "EntityNotExist.Role.Policy");
    assert_eq!(send("DeleteRole", &[name]).await.0, 200);
    Signed::expect(&send("GetRole", &[name]).await, 404, "EntityNotExist.Role");
    cloud.add_role(ACCOUNT, ROLE).await;
    Signed::expect(&send("DeleteRole", &[("RoleName", ROLE)]).await, 403, "NoPermission.ServiceLinkedRole");
    let (_, policies) = send("ListPolicies", &[("PolicyType", "System"), ("MaxItems", "2")]).await;
    assert_eq!(policies["Policies"]["Policy"].as_array().unwrap().len(), 2);
    let esa = ("PolicyName", "AliyunServiceRolePolicyForESAMssp");
    let (_, versions) = send("ListPolicyVersions", &[esa, ("PolicyType", "System")]).await;
    assert_eq!(versions["PolicyVersions"]["PolicyVersion"][1]["VersionId"], "v2");
}

/// As the threat-detection resource of alicloud makes and reads a role.
#[tokio::test]
async fn security_center_makes_roles() {
    const SAS: &str = "2018-12-03";
    let cloud = Cloud::start().await;
    let name = [("ServiceLinkedRole", "AliyunServiceRoleForAntiRansomwareMssp")];
    let status = async || {
        let action = "DescribeServiceLinkedRoleStatus";
        Signed::new(&cloud, SAS, action, &name).send().await.1["RoleStatus"]["Status"].clone()
    };
    assert_eq!(status().await, false);
    assert_eq!(Signed::new(&cloud, SAS, "CreateServiceLinkedRole", &name).send().await.0, 200);
    assert_eq!(status().await, true);
    let (_, role) = Signed::new(&cloud, RESOURCE_MANAGER, "GetRole", &[("RoleName", name[0].1)]).send().await;
    assert_eq!(role["Role"]["IsServiceLinkedRole"], true);
}

/// A service of a seed, whose roles take a suffix and a description.
#[tokio::test]
async fn a_seed_adds_services() {
    let service = json!({
        "service_name": "suffix.aliyuncs.com", "role_name": "AliyunServiceRoleForSuffix",
        "policy_name": "AliyunServiceRolePolicyForSuffix", "product": "Suffix", "multiple_roles_allowed": true,
    });
    let cloud = Cloud::start_with_seed(json!({ "services": [service] })).await;
    let create = async |suffix: &str| {
        let parameters =
            [("ServiceName", "suffix.aliyuncs.com"), ("CustomSuffix", suffix), ("Description", "Mine.")];
        Signed::new(&cloud, RESOURCE_MANAGER, "CreateServiceLinkedRole", &parameters).send().await
    };
    let (status, made) = create("a-1").await;
    assert_eq!((status, made["Role"]["RoleName"].as_str()), (200, Some("AliyunServiceRoleForSuffix_a-1")));
    assert_eq!(made["Role"]["Description"], "Mine.");
    Signed::expect(&create("a b").await, 400, "InvalidParameter.CustomSuffix.InvalidChars");
    Signed::expect(&create(&"x".repeat(60)).await, 400, "InvalidParameter.CustomSuffix.Length");
}

/// A deletion that failed is in the answers of GetRole; the preset text comes in three languages.
#[tokio::test]
async fn roles_show_their_latest_deletion_and_speak_three_languages() {
    let cloud = Cloud::start().await;
    cloud.add_role(ACCOUNT, ROLE).await;
    let role = [("RoleName", ROLE)];
    let (_, task) = Signed::new(&cloud, RESOURCE_MANAGER, "DeleteServiceLinkedRole", &role).send().await;
    for version in [RESOURCE_MANAGER, "2015-05-01"] {
        let (_, answer) = Signed::new(&cloud, version, "GetRole", &role).send().await;
        assert_eq!(answer["Role"]["LatestDeletionTask"]["DeletionTaskId"], task["DeletionTaskId"]);
    }
    let mut texts = Vec::new();
    for language in ["en", "zh-CN", "ja"] {
        let parameters = [("RoleName", ROLE), ("Language", language)];
        let (_, answer) = Signed::new(&cloud, RESOURCE_MANAGER, "GetRole", &parameters).send().await;
        texts.push(answer["Role"]["Description"].as_str().unwrap().to_owned());
    }
    let service = [("ServiceName", "mssp.aliyuncs.com")];
    let (_, answer) =
        Signed::new(&cloud, "2015-05-01", "GetServiceLinkedRoleTemplate", &service).send().await;
    let told = answer["ServiceLinkedRoleTemplate"]["RoleDescriptions"]["RoleDescription"].as_array().unwrap();
    for text in &texts {
        assert!(told.iter().any(|told| told["Description"] == text.as_str()), "{text}");
    }
    assert!(texts[0] != texts[1] && texts[1] != texts[2] && texts[0].ends_with("other services."));
}

/// What cannot be kept is not done: the caller is told, standard error says why, and so does the status.
#[tokio::test]
async fn a_state_file_that_cannot_be_written_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.json");
    let mut served = Served::start_with(
        command(&["serve", "--exit-with-parent", "--state", state.to_str().unwrap()]).stderr(Stdio::piped()),
    )
    .await;
    served.ctl(&["role", "add", "First"]).await;
    // Nothing can be written where a folder is.
    std::fs::create_dir_all(folder.path().join(".state.json.next/full")).unwrap();
    let refused = served.run_ctl(&["role", "add", "Second"]).await;
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stdout).contains("cannot be written"));
    let shown = served.ctl(&["state"]).await;
    let roles = &shown["accounts"][ACCOUNT]["roles"];
    assert!(roles["First"].is_object() && roles["Second"].is_null(), "{roles}");
    drop(served.process.stdin.take());
    let end = within("the emulator's end", served.process.wait_with_output()).await.unwrap();
    assert_eq!(end.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&end.stderr).contains("cannot be written"));
}

#[tokio::test]
async fn a_place_where_no_state_can_be_kept_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    for (state, problem) in [
        (folder.path().join("missing/state.json"), "cannot be written"),
        (PathBuf::from("/dev/zero"), "not a regular file"),
    ] {
        let run = command(&["serve", "--state", state.to_str().unwrap()]).output().await.unwrap();
        let told = String::from_utf8_lossy(&run.stderr).into_owned();
        assert!(!run.status.success() && told.contains(problem), "{told}");
    }
}

/// Whoever ends `exec` ends its command.
#[tokio::test]
async fn exec_passes_on_what_ends_it() {
    let mut exec = command(&[
        "exec",
        "--",
        "sh",
        "-c",
        "trap 'echo ended; exit 7' TERM; echo began; while :; do sleep 0.1; done",
    ])
    .stdout(Stdio::piped())
    .spawn()
    .unwrap();
    let mut lines = BufReader::new(exec.stdout.take().unwrap()).lines();
    assert_eq!(lines.next_line().await.unwrap().as_deref(), Some("began"));
    signal("TERM", &exec.id().unwrap().to_string()).await;
    assert_eq!(lines.next_line().await.unwrap().as_deref(), Some("ended"));
    assert_eq!(exec.wait().await.unwrap().code(), Some(7));
}

/// A name never leads to another control call.
#[tokio::test]
async fn ctl_takes_names_alone() {
    let served = Served::start(&["serve", "--exit-with-parent"]).await;
    for arguments in [["role", "remove", "../../1234567890123456"], ["account", "remove", "../faults"]] {
        let refused = served.run_ctl(&arguments).await;
        assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    }
}

/// The half that is promised arrives, and then the connection ends.
#[tokio::test]
async fn half_an_answer_is_sent() {
    let cloud = Cloud::start().await;
    cloud.fault(json!({ "action": "CredentialsUri", "kind": "truncate" })).await;
    let address = cloud.endpoint().split("://").nth(1).unwrap().to_owned();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET /credentials HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let announced: usize =
        head.split("content-length: ").nth(1).unwrap().lines().next().unwrap().parse().unwrap();
    assert_eq!(body.len(), announced / 2, "{answer}");
}

/// A fault that has struck as often as it should is in force no more.
#[tokio::test]
async fn a_spent_fault_is_not_listed() {
    let cloud = Cloud::start().await;
    cloud.fault(json!({ "action": "CredentialsUri", "kind": "deny" })).await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let faults = async || cloud.control("GET", "faults", None).await["faults"].as_array().unwrap().len();
    assert_eq!(faults().await, 1);
    http.get(format!("{}/credentials", cloud.endpoint())).send().await.unwrap();
    assert_eq!(faults().await, 0);
}

/// Whoever started it may end in any way: its end of the pipe goes with it.
#[tokio::test]
async fn ends_with_its_parent() {
    let mut served = Served::start(&["serve", "--exit-with-parent"]).await;
    served.ctl(&["state"]).await;
    drop(served.process.stdin.take());
    let status = within("the emulator's end", served.process.wait()).await.unwrap();
    assert_eq!(status.code(), Some(0));
}

/// A certificate of its own, which clients find through the environment.
#[tokio::test]
async fn speaks_https_with_a_certificate_of_its_own() {
    let cloud = Cloud::start_with_tls().await;
    let (certificate, bundle) = cloud.certificates();
    let pem = std::fs::read(certificate).unwrap();
    let authority = reqwest::Certificate::from_pem(&pem).unwrap();
    let port: u16 = cloud.endpoint().rsplit(':').next().unwrap().parse().unwrap();
    let client = |names: &[&str]| {
        let mut builder = reqwest::Client::builder().no_proxy().tls_certs_only([authority.clone()]);
        for name in names {
            builder = builder.resolve(name, ([127, 0, 0, 1], port).into());
        }
        builder.build().unwrap()
    };
    let names = ["localhost", "ram.aliyuncs.com", "sts.cn-hangzhou.aliyuncs.com", "example.com"];
    let http = client(&names);
    for (host, reached) in [
        ("127.0.0.1", true),
        ("localhost", true),
        ("ram.aliyuncs.com", true),
        ("sts.cn-hangzhou.aliyuncs.com", true),
        ("example.com", false),
    ] {
        let answer = http.get(format!("https://{host}:{port}/credentials")).send().await;
        assert_eq!(answer.is_ok(), reached, "{host}: {answer:?}");
    }
    assert!(std::fs::read_to_string(bundle).unwrap().contains(std::str::from_utf8(&pem).unwrap().trim()));
    let stranger = reqwest::Client::builder().no_proxy().tls_certs_only([]).build();
    if let Ok(stranger) = stranger {
        assert!(stranger.get(cloud.endpoint()).send().await.is_err(), "nobody else trusts it");
    }
}

/// The command sees the emulator, and nothing of the person's own cloud.
#[tokio::test]
async fn exec_hides_the_own_cloud_of_a_person() {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(".aliyun")).unwrap();
    let own = r#"{"current":"own","profiles":[{"name":"own","mode":"AK","access_key_id":"LTAIreal","access_key_secret":"real"}]}"#;
    std::fs::write(home.path().join(".aliyun/config.json"), own).unwrap();
    let run = command(&["exec", "--tls", "--", "env"])
        .env("HOME", home.path())
        .env("ALICLOUD_ACCESS_KEY", "LTAIreal")
        .env("ALICLOUD_PROFILE", "own")
        .env("ALIBABA_CLOUD_SECURITY_TOKEN", "LTAIreal")
        .env("ALIBABA_CLOUD_CREDENTIALS_URI", "http://LTAIreal.example")
        .env("ALIBABACLOUD_ACCESS_KEY_ID", "LTAIreal")
        .env("MSS_ENDPOINT_URL_RAM", "http://LTAIreal.example")
        .env("STS_ENDPOINT", "LTAIreal.example")
        .env("HTTPS_PROXY", "http://127.0.0.1:1")
        .output()
        .await
        .unwrap();
    let seen = String::from_utf8(run.stdout).unwrap();
    assert!(run.status.success() && !seen.contains("LTAIreal"), "{seen}");
    let value = |name: &str| {
        let line = seen.lines().find_map(|line| line.strip_prefix(&format!("{name}=")));
        line.unwrap_or_else(|| panic!("{name} is not set:\n{seen}")).to_owned()
    };
    let endpoint = value("MSS_ENDPOINT_URL");
    let host = endpoint.strip_prefix("https://127.0.0.1:").unwrap();
    for product in ["RAM", "RESOURCEMANAGER", "RESOURCEDIRECTORYMASTER", "STS", "SAS"] {
        assert_eq!(value(&format!("ALIBABA_CLOUD_ENDPOINT_{product}")), format!("127.0.0.1:{host}"));
    }
    assert_eq!(value("ALIBABA_CLOUD_ACCOUNT_TYPE"), "Domestic");
    assert_eq!(value("ALIBABA_CLOUD_ECS_METADATA_DISABLED"), "true");
    assert_eq!(value("HOME"), home.path().to_str().unwrap());
    for file in ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"] {
        let path = value(file);
        assert!(
            path.ends_with(".pem") && !std::path::Path::new(&path).exists(),
            "{file} goes with the command"
        );
    }
    for file in ["ALIBABA_CLOUD_CONFIG_FILE", "ALIBABA_CLOUD_CREDENTIALS_FILE"] {
        assert!(!value(file).starts_with(home.path().to_str().unwrap()));
    }
    assert!(value("NO_PROXY").contains("127.0.0.1"));
}

/// `ctl` finds an emulator over HTTPS through what `exec` sets.
#[tokio::test]
async fn ctl_speaks_https_too() {
    let script = "\"$EMULATOR\" ctl role add AliyunServiceRoleForMssp && \"$EMULATOR\" ctl account add 2222222222222222";
    let run = command(&["exec", "--tls", "--", "sh", "-c", script])
        .env("EMULATOR", env!("CARGO_BIN_EXE_mss-emulator"))
        .output()
        .await
        .unwrap();
    assert!(run.status.success(), "{run:?}");
}

#[tokio::test]
async fn completions_and_schema_are_printed() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let run = command(&["completions", shell]).output().await.unwrap();
        assert!(run.status.success());
        assert!(String::from_utf8(run.stdout).unwrap().contains("exit-with-parent"), "{shell}");
    }
    // What a person gets who presses Tab.
    let script = "source <(\"$0\" completions bash); COMP_WORDS=(mss-emulator ctl sub); COMP_CWORD=2; \
                  _mss__emulator mss-emulator sub ctl; echo \"${COMPREPLY[@]}\"";
    let mut bash = Command::new("bash");
    let completed = bash.args(["-c", script, env!("CARGO_BIN_EXE_mss-emulator")]).output().await.unwrap();
    assert_eq!(String::from_utf8_lossy(&completed.stdout).trim(), "subscription", "{completed:?}");
    let run = command(&["schema"]).output().await.unwrap();
    let schema: Json = serde_json::from_slice(&run.stdout).unwrap();
    assert!(schema["properties"]["members"].is_object());
}

/// A seed with a mistake says where, and nothing starts.
#[tokio::test]
async fn a_mistyped_seed_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let seed = folder.path().join("seed.json");
    std::fs::write(&seed, r#"{ "members": [{ "account_id": "2222222222222222", "floder": "x" }] }"#).unwrap();
    let run = command(&["serve", "--seed", seed.to_str().unwrap()]).output().await.unwrap();
    assert_eq!(run.status.code(), Some(2));
    let told = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(told.contains("seed.json") && told.contains("`floder`") && told.contains("`folder`"), "{told}");
}

/// The guide's reference is what the emulator works by. `UPDATE_REFERENCE=1` writes it.
#[test]
fn the_guide_has_the_reference() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/guides/emulator.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once("## Reference\n\n").unwrap();
    let (_, after) = rest.split_once("\n## ").unwrap();
    let whole = format!("{before}## Reference\n\n{}\n## {after}", emulator::reference());
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        std::fs::write(&path, &whole).unwrap();
    }
    assert!(text == whole, "the reference in {} is not up to date: UPDATE_REFERENCE=1", path.display());
}

/// Fifty at once: each on a port of its own, each answering.
#[tokio::test]
async fn fifty_start_side_by_side() {
    let clouds = futures_util::future::join_all((0..50).map(|_| Cloud::start())).await;
    let endpoints: std::collections::BTreeSet<_> = clouds.iter().map(Cloud::endpoint).collect();
    assert_eq!(endpoints.len(), 50);
    for cloud in &clouds {
        assert_eq!(cloud.role_names(ACCOUNT).await, Vec::<String>::new());
    }
}

/// The metadata service in its strict manner, and with failures of its own.
#[tokio::test]
async fn the_metadata_service_can_insist_on_tokens_and_fail() {
    let cloud = Cloud::start_with_seed(json!({ "metadata": { "token_required": true } })).await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = |path: &str| format!("{}/latest/{path}", cloud.endpoint());
    let region = "meta-data/region-id";
    assert_eq!(http.get(url(region)).send().await.unwrap().status(), 403);
    let token = async || {
        let request = http.put(url("api/token")).header("x-aliyun-ecs-metadata-token-ttl-seconds", "21600");
        request.send().await.unwrap()
    };
    let good = token().await.text().await.unwrap();
    let answer = http.get(url(region)).header("x-aliyun-ecs-metadata-token", &good).send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "cn-hangzhou");
    cloud.fault(json!({ "action": "MetadataToken", "kind": "status", "http_status": 503 })).await;
    assert_eq!(token().await.status(), 503);
    assert_eq!(token().await.status(), 200);
}

/// From a refresh token to credentials that sign, and what a fault does to it.
#[tokio::test]
async fn a_sign_in_is_renewed_and_exchanged() {
    let cloud = Cloud::start().await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = |path: &str| format!("{}/v1/{path}", cloud.endpoint());
    let form = "application/x-www-form-urlencoded";
    let token = async |body: &'static str| {
        let request = http.post(url("token")).header("content-type", form).body(body);
        request.send().await.unwrap()
    };
    assert_eq!(token("grant_type=password").await.status(), 400);
    let tokens: Json = serde_json::from_slice(
        &token("grant_type=refresh_token&refresh_token=r").await.bytes().await.unwrap(),
    )
    .unwrap();
    assert!(tokens["refresh_token"].is_string() && tokens["expires_in"] == 3600, "{tokens}");
    assert_eq!(http.post(url("exchange")).send().await.unwrap().status(), 401);
    let exchange = async || {
        let bearer = http.post(url("exchange")).bearer_auth(tokens["access_token"].as_str().unwrap());
        bearer.send().await.unwrap()
    };
    let found: Json = serde_json::from_slice(&exchange().await.bytes().await.unwrap()).unwrap();
    let session = json!({
        "AccessKeyId": found["accessKeyId"], "AccessKeySecret": found["accessKeySecret"],
        "SecurityToken": found["securityToken"],
    });
    let (status, caller) =
        Signed::with_session(&cloud, &session, "2015-04-01", "GetCallerIdentity", &[]).send().await;
    assert_eq!((status, &caller["AccountId"]), (200, &json!(ACCOUNT)));
    cloud.fault(json!({ "action": "OAuthExchange", "kind": "status", "http_status": 503 })).await;
    assert_eq!(exchange().await.status(), 503);
    assert_eq!(exchange().await.status(), 200);
}

/// `mss-emulator serve`, running; killed when dropped.
struct Served {
    process: Child,
    endpoint: String,
}

impl Served {
    async fn start(arguments: &[&str]) -> Self {
        Self::start_with(&mut command(arguments)).await
    }

    async fn start_with(command: &mut Command) -> Self {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.kill_on_drop(true).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = within("the emulator's line", lines.next_line()).await.unwrap().unwrap();
        let announced: Json = serde_json::from_str(&line).unwrap();
        Self { process, endpoint: announced["endpoint"].as_str().unwrap().to_owned() }
    }

    async fn ctl(&self, arguments: &[&str]) -> Json {
        let run = self.run_ctl(arguments).await;
        assert!(run.status.success(), "{arguments:?}: {run:?}");
        serde_json::from_slice(&run.stdout).unwrap()
    }

    async fn run_ctl(&self, arguments: &[&str]) -> Output {
        command(&["ctl"]).args(arguments).env("MSS_ENDPOINT_URL", &self.endpoint).output().await.unwrap()
    }
}

async fn help(subcommand: &[&str]) -> String {
    let run = command(subcommand).arg("--help").output().await.unwrap();
    String::from_utf8(run.stdout).unwrap()
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mss-emulator"));
    command.args(arguments).stdin(Stdio::null());
    command
}
