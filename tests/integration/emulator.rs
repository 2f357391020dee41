//! The emulator from outside: what it refuses over HTTP, and its binary's three commands.

use std::process::{Output, Stdio};

use secrecy::SecretString;
use serde_json::{Value as Json, json};
use terraform_provider_mss::{
    cloud::signature::{Request, authorization, canonical_query, sha256_hex},
    emulator::{self, Options},
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::support::{cloud::Cloud, within};

const RESOURCE_MANAGER: &str = "2020-03-31";
const ACCOUNT: &str = "1234567890123456";
const ROLE: &str = "AliyunServiceRoleForMssp";

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
        let endpoint = environment["MSS_ENDPOINT_URL"];
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
        let request = Request { method: "POST", query: &query, headers: &headers, body_sha256: &body_sha256 };
        let secret = SecretString::from(environment["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]);
        let value = authorization(&request, environment["ALIBABA_CLOUD_ACCESS_KEY_ID"], &secret);
        headers.push(("authorization".to_owned(), value));
        Self { url: format!("{endpoint}/?{}", canonical_query(&query)), headers }
    }

    fn header(&mut self, name: &str) -> &mut String {
        &mut self.headers.iter_mut().find(|(found, _)| found == name).unwrap().1
    }

    /// Status and body.
    async fn send(&self) -> (u16, Json) {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut request = http.post(&self.url);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let response = request.send().await.unwrap();
        (response.status().as_u16(), serde_json::from_slice(&response.bytes().await.unwrap()).unwrap())
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
    let long_name = "x".repeat(65);
    for (version, action, parameters, status, code) in [
        (RESOURCE_MANAGER, "Nothing", vec![], 404, "InvalidAction.NotFound"),
        ("1999-01-01", "GetRole", vec![], 400, "InvalidVersion"),
        (RESOURCE_MANAGER, "GetRole", vec![], 400, "MissingRoleName"),
        (RESOURCE_MANAGER, "GetRole", vec![("RoleName", "nobody")], 404, "EntityNotExist.Role"),
        (
            RESOURCE_MANAGER,
            "GetRole",
            vec![("RoleName", "a b")],
            400,
            "InvalidParameter.RoleName.InvalidChars",
        ),
        (
            RESOURCE_MANAGER,
            "GetRole",
            vec![("RoleName", &long_name)],
            400,
            "InvalidParameter.RoleName.Length",
        ),
        (
            RESOURCE_MANAGER,
            "CreateServiceLinkedRole",
            vec![("ServiceName", "x.y")],
            404,
            "EntityNotExist.Service",
        ),
        (
            RESOURCE_MANAGER,
            "CreateServiceLinkedRole",
            vec![("ServiceName", "mssp.aliyuncs.com"), ("CustomSuffix", "x")],
            400,
            "InvalidParameter.CustomSuffix.NotAllowed",
        ),
        (
            RESOURCE_MANAGER,
            "CreateServiceLinkedRole",
            vec![("ServiceName", "mssp.aliyuncs.com"), ("Description", "x")],
            400,
            "InvalidParameter.Description.NotAllowed",
        ),
        (
            RESOURCE_MANAGER,
            "DeleteServiceLinkedRole",
            vec![("RoleName", "nobody")],
            404,
            "EntityNotExist.Role",
        ),
        (
            RESOURCE_MANAGER,
            "DeleteServiceLinkedRole",
            vec![("RoleName", "Ordinary")],
            404,
            "EntityNotExist.ServiceLinkedRole",
        ),
        (
            RESOURCE_MANAGER,
            "GetServiceLinkedRoleDeletionStatus",
            vec![("DeletionTaskId", "short")],
            400,
            "InvalidParameter.DeletionTaskId.Length",
        ),
        (
            RESOURCE_MANAGER,
            "GetServiceLinkedRoleDeletionStatus",
            vec![("DeletionTaskId", "task/acs-service-role/nothing/nobody")],
            404,
            "EntityNotExist.ServiceLinkedRole.DeletionTask",
        ),
        (RESOURCE_MANAGER, "ListRoles", vec![("PageSize", "101")], 400, "InvalidParameter.PageSize"),
        ("2015-05-01", "ListRoles", vec![("MaxItems", "0")], 400, "InvalidParameter.MaxItems"),
        (
            "2015-05-01",
            "GetServiceLinkedRoleTemplate",
            vec![("ServiceName", "x.y")],
            404,
            "EntityNotExist.Service",
        ),
        ("2015-05-01", "ListPoliciesForRole", vec![("RoleName", "nobody")], 404, "EntityNotExist.Role"),
        (
            "2015-05-01",
            "GetPolicy",
            vec![("PolicyName", "x"), ("PolicyType", "System")],
            404,
            "EntityNotExist.Policy",
        ),
        (
            "2015-05-01",
            "GetPolicy",
            vec![("PolicyName", "x"), ("PolicyType", "Odd")],
            400,
            "InvalidParameter.PolicyType",
        ),
        (
            "2015-04-01",
            "AssumeRole",
            vec![("RoleArn", "nonsense"), ("RoleSessionName", "terraform")],
            400,
            "InvalidParameter.RoleArn",
        ),
        (
            "2015-04-01",
            "AssumeRole",
            vec![("RoleArn", "acs:ram::1111111111111111:role/nobody"), ("RoleSessionName", "terraform")],
            404,
            "EntityNotExist.Role",
        ),
    ] {
        if cloud.role_names(ACCOUNT).await.is_empty() {
            cloud.add_role(ACCOUNT, "Ordinary").await;
        }
        let answer = Signed::new(&cloud, version, action, &parameters).send().await;
        Signed::expect(&answer, status, code);
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
    let refused = emulator::start(Options { listen, ..Options::default() }).await.unwrap_err();
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

/// The help names the kinds of faults that there are, and their fields.
#[tokio::test]
async fn faults_are_told() {
    let served = Served::start(&["serve"]).await;
    let help = help(&["ctl", "fault", "add"]).await;
    let (_, told) = help.split_once("Kinds, and their own fields:\n").unwrap();
    let told: Vec<_> = told.lines().map_while(|line| line.split_whitespace().next()).collect();
    let refused = served.run_ctl(&["fault", "add", r#"{ "kind": "none" }"#]).await;
    let refused: Json = serde_json::from_slice(&refused.stdout).unwrap();
    let known: Vec<_> = refused["error"].as_str().unwrap().split('`').skip(1).step_by(2).skip(1).collect();
    assert_eq!(told, known);

    let added = served.ctl(&["fault", "add", r#"{ "action": "GetRole", "kind": "status" }"#]).await;
    for field in added["faults"][0].as_object().unwrap().keys().filter(|field| *field != "kind") {
        assert!(help.contains(field.as_str()), "{field} is not told");
    }
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

/// `mss-emulator serve`, running; killed when dropped.
struct Served {
    process: Child,
    endpoint: String,
}

impl Served {
    async fn start(arguments: &[&str]) -> Self {
        let mut process = command(arguments).stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
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
