//! How the provider reaches a cloud: credentials that it has to fetch, member accounts, permissions,
//! proxies, and what it says of itself.

use serde_json::{Value as Json, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    net::TcpListener,
};

use crate::support::{
    cloud::Cloud,
    names::{ACCOUNT, MEMBER, ROLE},
    resource::{Applied, Provider},
    within,
};

/// No cloud knows them.
const KEYS: [(&str, &str); 2] = [
    ("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI5tKnownToNobody"),
    ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "SecretKnownToNobodyEither"),
];

fn config() -> Json {
    json!({ "role_name": ROLE, "timeouts": { "create": "5s", "read": "5s", "delete": "5s" } })
}

fn in_member() -> Json {
    json!({ "role_name": ROLE, "account_id": MEMBER })
}

#[track_caller]
fn assert_says(applied: &Applied, facts: &[&str]) {
    let texts: Vec<_> =
        applied.diagnostics.iter().map(|found| format!("{}\n{}", found.summary, found.detail)).collect();
    for fact in facts {
        assert!(texts.iter().any(|text| text.contains(fact)), "{fact:?} is not in {texts:#?}");
    }
}

#[tokio::test]
async fn with_the_role_of_an_instance() {
    let cloud = Cloud::start().await;
    let endpoint = cloud.endpoint().to_owned();
    let variables = [("MSS_ENDPOINT_URL", endpoint.as_str()), ("MSS_ENDPOINT_URL_ECS_METADATA", &endpoint)];
    let provider = Provider::unconfigured(&variables).await;
    provider.configure().await;
    provider.create(&config()).await.expect_success();
    assert_eq!(cloud.role_names(ACCOUNT).await, [ROLE]);
}

#[tokio::test]
async fn with_a_credentials_uri() {
    let cloud = Cloud::start().await;
    let uri = format!("{}/credentials", cloud.endpoint());
    let variables = [("MSS_ENDPOINT_URL", cloud.endpoint()), ("ALIBABA_CLOUD_CREDENTIALS_URI", &uri)];
    let provider = Provider::unconfigured(&variables).await;
    provider.configure().await;
    provider.create(&config()).await.expect_success();
    assert_eq!(cloud.role_names(ACCOUNT).await, [ROLE]);
}

#[tokio::test]
async fn with_a_role_assumed_on_top() {
    let cloud = Cloud::start().await;
    cloud.add_role(ACCOUNT, "Deploy").await;
    let provider = Provider::start(&cloud).await;
    let assume_role = json!({ "role_arn": format!("acs:ram::{ACCOUNT}:role/Deploy"), "session_name": "ci" });
    provider.configure_with(&json!({ "assume_role": assume_role })).await.expect_success();
    provider.create_in_this_run(&config()).await.expect_success();
    assert_eq!(cloud.actions().await.iter().filter(|action| *action == "AssumeRole").count(), 1);
}

#[tokio::test]
async fn without_a_metadata_service() {
    let cloud = Cloud::start().await;
    // A port where nobody listens any more.
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let closed = format!("http://{closed}");
    let variables = [("MSS_ENDPOINT_URL", cloud.endpoint()), ("MSS_ENDPOINT_URL_ECS_METADATA", &closed)];
    let provider = Provider::unconfigured(&variables).await;
    provider.configure().await;
    let plan = provider.plan_once(&Json::Null, &config()).await;
    plan.expect_error("No credentials", &["ECS metadata: no answer", "AccessKey: neither", "`access_key`"]);
}

#[tokio::test]
async fn one_session_serves_an_account() {
    let cloud = Cloud::start().await;
    let provider = Provider::start(&cloud).await;
    let state = provider.create_in_this_run(&in_member()).await.expect_success();
    for _ in 0..3 {
        provider.read(&state).await.expect_success();
    }
    let sessions = cloud.actions().await.iter().filter(|action| *action == "AssumeRole").count();
    assert_eq!(sessions, 1);
    // The session ends in an hour; 180 s before that a new one is opened.
    cloud.advance_clock(3600 - 200).await;
    provider.read(&state).await.expect_success();
    provider.read(&state).await.expect_success();
    let sessions = cloud.actions().await.iter().filter(|action| *action == "AssumeRole").count();
    assert!(sessions <= 2, "{sessions} sessions");
    cloud.advance_clock(3600).await;
    provider.read(&state).await.expect_success();
}

#[tokio::test]
async fn member_account_that_does_not_trust_us() {
    let cloud = Cloud::start().await;
    let provider = Provider::start(&cloud).await;
    provider.configure_with(&json!({ "member_account_role": "Nowhere" })).await.expect_success();
    let plan = provider.plan_once(&Json::Null, &in_member()).await;
    plan.expect_warning("Service-linked role could not be looked up", &["Nowhere", MEMBER]);
    let applied = provider.apply(&Json::Null, &plan).await;
    let arn = format!("acs:ram::{MEMBER}:role/Nowhere");
    assert_says(
        &applied,
        &[MEMBER, &arn, "EntityNotExist.Role", "could not be assumed", "trusts the caller's account"],
    );
    assert_eq!(applied.diagnostics[0].path, "account_id");
}

#[tokio::test]
async fn member_account_that_is_not_allowed() {
    let cloud = Cloud::start().await;
    let provider = Provider::start(&cloud).await;
    provider.configure_with(&json!({ "allowed_account_ids": [ACCOUNT] })).await.expect_success();
    let plan = provider.plan_once(&Json::Null, &in_member()).await;
    let applied = provider.apply(&Json::Null, &plan).await;
    assert_says(&applied, &["Account is not allowed", MEMBER, "No role in it was changed"]);
    assert_eq!(applied.diagnostics[0].path, "account_id");
    assert_eq!(cloud.role_names(MEMBER).await, Vec::<String>::new());
}

#[tokio::test]
async fn missing_permissions_are_named() {
    for (permission, facts) in [
        (
            "ram:CreateServiceLinkedRole",
            ["Service-linked role was not created", "`ram:CreateServiceLinkedRole`"],
        ),
        ("ram:GetRole", ["Created role was not read back", "is in state"]),
    ] {
        let cloud = Cloud::start().await;
        let provider = Provider::start(&cloud).await;
        let plan = provider.plan_once(&Json::Null, &config()).await;
        cloud.deny(ACCOUNT, &[permission]).await;
        assert_says(&provider.apply(&Json::Null, &plan).await, &facts);
    }
}

#[tokio::test]
async fn says_who_it_is() {
    let cloud = Cloud::start().await;
    let provider = Provider::start_with(&cloud, &[("TF_APPEND_USER_AGENT", "pipeline/7")]).await;
    provider.configure_with(&json!({ "configuration_source": "stack/a é" })).await.expect_success();
    provider.create(&config()).await.expect_success();
    let expected = concat!(
        "terraform-provider-mss/",
        env!("CARGO_PKG_VERSION"),
        " Terraform/1.11.4 stack/a ? pipeline/7"
    );
    assert_eq!(cloud.user_agent().await, expected);
}

/// The first line that someone sends to a listener.
async fn first_line(listener: TcpListener) -> String {
    let (stream, _) = listener.accept().await.unwrap();
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).await.unwrap();
    line
}

#[tokio::test]
async fn through_a_proxy() {
    let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = proxy.local_addr().unwrap();
    let url = format!("http://{address}");
    let variables = [&KEYS[..], &[("HTTPS_PROXY", url.as_str())]].concat();
    let provider = Provider::unconfigured(&variables).await;
    provider.configure_with(&json!({ "max_retries": 0 })).await.expect_success();
    let planned = config();
    let (plan, line) = tokio::join!(
        provider.plan_once(&Json::Null, &planned),
        within("the proxy's client", first_line(proxy))
    );
    assert_eq!(line, "CONNECT sts.aliyuncs.com:443 HTTP/1.1\r\n");
    let through = format!("through the proxy {address}");
    plan.expect_warning("Service-linked role could not be looked up", &["sts.aliyuncs.com", &through]);
}

#[tokio::test]
async fn past_a_proxy() {
    let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy_url = format!("http://{}", proxy.local_addr().unwrap());
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("https://localhost:{}", server.local_addr().unwrap().port());
    let proxied = [("HTTPS_PROXY", proxy_url.as_str()), ("NO_PROXY", "localhost,example.com")];
    let provider = Provider::unconfigured(&[&KEYS[..], &proxied].concat()).await;
    let endpoints = json!({ "max_retries": 0, "endpoints": { "sts": endpoint } });
    provider.configure_with(&endpoints).await.expect_success();
    let hello = async {
        let (mut stream, _) = server.accept().await.unwrap();
        stream.read_u8().await.unwrap()
    };
    let planned = config();
    let (_, first_byte) =
        tokio::join!(provider.plan_once(&Json::Null, &planned), within("the endpoint's client", hello));
    assert_eq!(first_byte, 0x16, "a TLS handshake, not a request to a proxy");
}
