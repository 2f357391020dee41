//! No secret is in a log, a plan, a state or an answer, from whatever source the credentials come.
//!
//! Every other test searches what it gives off too (`support/secrets.rs`); here are the sources in turn,
//! and the proof that a search finds what is there.

use std::{fs, panic::AssertUnwindSafe};

use base64::Engine;
use futures_util::{FutureExt, StreamExt, stream};
use serde_json::{Value as Json, json};

use crate::support::{
    cloud::Cloud,
    names::{ACCOUNT, MEMBER, ROLE},
    resource::Provider,
    secrets,
    terraform::Terraform,
    workspace::{Workspace, role_and_another},
};

const DEPLOY: &str = "acs:ram::1234567890123456:role/Deploy";
const IDENTITY_PROVIDER: &str = "acs:ram::1234567890123456:oidc-provider/ci";
const OIDC_TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJjaS/+/IifQ.c2lnbmF0dXJl";

/// What a source of credentials needs, and which calls show that it was used.
struct Source {
    name: &'static str,
    /// Sets variables, gives files, answers the provider block.
    prepare: fn(&mut Workspace, &Keys) -> String,
    calls: &'static [&'static str],
}

/// A key that the cloud knows, a session of it, and where the cloud is.
struct Keys {
    id: String,
    secret: String,
    session: Json,
    endpoint: String,
}

impl Keys {
    async fn of(cloud: &Cloud) -> Self {
        let environment: std::collections::BTreeMap<_, _> = cloud.environment().into_iter().collect();
        Self {
            id: environment["ALIBABA_CLOUD_ACCESS_KEY_ID"].to_owned(),
            secret: environment["ALIBABA_CLOUD_ACCESS_KEY_SECRET"].to_owned(),
            session: cloud.session().await,
            endpoint: cloud.endpoint().to_owned(),
        }
    }

    fn of_session(&self, field: &str) -> &str {
        self.session[field].as_str().unwrap()
    }

    /// A profile of the `aliyun` tool with more fields than its keys.
    fn profile(&self, name: &str, mode: &str, more: &Json) -> Json {
        let mut profile = json!({
            "name": name, "mode": mode, "access_key_id": self.id, "access_key_secret": self.secret,
        });
        profile.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        profile
    }
}

const EPHEMERAL: &str = "variable \"secret\" {\n  ephemeral = true\n}\n\n";
const EMPTY: &str = "provider \"mss\" {}\n";

/// Gives the file of the `aliyun` tool; the first profile is the one that is used.
fn profiles(workspace: &Workspace, profiles: &[Json]) -> String {
    let file = json!({ "current": profiles[0]["name"], "profiles": profiles });
    workspace.give(".aliyun/config.json", &file.to_string());
    EMPTY.to_owned()
}

fn sources() -> Vec<Source> {
    vec![
        Source {
            name: "keys in the environment",
            prepare: |workspace, keys| {
                workspace.set("ALIBABA_CLOUD_ACCESS_KEY_ID", &keys.id);
                workspace.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", &keys.secret);
                EMPTY.to_owned()
            },
            calls: &[],
        },
        Source {
            name: "temporary keys in the environment",
            prepare: |workspace, keys| {
                workspace.set("ALICLOUD_ACCESS_KEY", keys.of_session("AccessKeyId"));
                workspace.set("ALICLOUD_SECRET_KEY", keys.of_session("AccessKeySecret"));
                workspace.set("ALICLOUD_SECURITY_TOKEN", keys.of_session("SecurityToken"));
                EMPTY.to_owned()
            },
            calls: &[],
        },
        Source {
            name: "keys in the provider block",
            prepare: |_, keys| {
                let (id, secret) = (&keys.id, &keys.secret);
                format!("provider \"mss\" {{\n  access_key = \"{id}\"\n  secret_key = \"{secret}\"\n}}\n")
            },
            calls: &[],
        },
        Source {
            name: "keys in an ephemeral variable",
            prepare: |workspace, keys| {
                workspace.set("TF_VAR_secret", &keys.secret);
                let id = &keys.id;
                format!(
                    "{EPHEMERAL}provider \"mss\" {{\n  access_key = \"{id}\"\n  secret_key = var.secret\n}}\n"
                )
            },
            calls: &[],
        },
        Source {
            name: "a role assumed on top",
            prepare: |workspace, keys| {
                workspace.set("ALIBABA_CLOUD_ACCESS_KEY_ID", &keys.id);
                workspace.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", &keys.secret);
                format!("provider \"mss\" {{\n  assume_role = {{ role_arn = \"{DEPLOY}\" }}\n}}\n")
            },
            calls: &["AssumeRole"],
        },
        Source {
            name: "OIDC token in an ephemeral variable",
            prepare: |workspace, _| {
                workspace.set("TF_VAR_secret", OIDC_TOKEN);
                format!(
                    "{EPHEMERAL}provider \"mss\" {{\n  assume_role_with_oidc = {{\n    role_arn = \"{DEPLOY}\"\n    \
                     oidc_provider_arn = \"{IDENTITY_PROVIDER}\"\n    oidc_token = var.secret\n  }}\n}}\n"
                )
            },
            calls: &["AssumeRoleWithOIDC"],
        },
        Source {
            name: "OIDC token file",
            prepare: |workspace, _| {
                let file = workspace.give("token", OIDC_TOKEN);
                workspace.set("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", IDENTITY_PROVIDER);
                workspace.set("ALIBABA_CLOUD_ROLE_ARN", DEPLOY);
                workspace.set("ALIBABA_CLOUD_OIDC_TOKEN_FILE", file.to_str().unwrap());
                EMPTY.to_owned()
            },
            calls: &["AssumeRoleWithOIDC"],
        },
        Source {
            name: "profile with keys",
            prepare: |workspace, keys| profiles(workspace, &[keys.profile("a", "AK", &json!({}))]),
            calls: &[],
        },
        Source {
            name: "profile with temporary keys",
            prepare: |workspace, keys| {
                let session = json!({
                    "access_key_id": keys.of_session("AccessKeyId"),
                    "access_key_secret": keys.of_session("AccessKeySecret"),
                    "sts_token": keys.of_session("SecurityToken"),
                });
                profiles(workspace, &[keys.profile("a", "StsToken", &session)])
            },
            calls: &[],
        },
        Source {
            name: "profile with a chain of roles",
            prepare: |workspace, keys| {
                let role = json!({ "ram_role_arn": DEPLOY, "source_profile": "b" });
                let chained = keys.profile("a", "ChainableRamRoleArn", &role);
                profiles(workspace, &[chained, keys.profile("b", "RamRoleArn", &role)])
            },
            calls: &["AssumeRole"],
        },
        Source {
            name: "profile with a command",
            prepare: |workspace, keys| {
                let printed = json!({
                    "mode": "AK", "access_key_id": keys.id, "access_key_secret": keys.secret,
                });
                let file = workspace.give("printed.json", &printed.to_string());
                let command = format!("cat {}", file.display());
                let profile = json!({ "name": "a", "mode": "External", "process_command": command });
                profiles(workspace, &[profile])
            },
            calls: &[],
        },
        Source {
            name: "profile with a sign-in of Cloud SSO",
            prepare: |workspace, keys| {
                let token = "CloudSsoAccessTokenOfTheTests";
                secrets::add("access token of Cloud SSO", token);
                let profile = json!({
                    "name": "a", "mode": "CloudSSO", "cloud_sso_sign_in_url": keys.endpoint, "access_token": token,
                    "cloud_sso_account_id": ACCOUNT, "cloud_sso_access_config": "ac-1",
                    "cloud_sso_access_token_expire": 4_070_908_800_i64,
                });
                profiles(workspace, &[profile])
            },
            calls: &[],
        },
        Source {
            name: "ini file",
            prepare: |workspace, keys| {
                let (id, secret) = (&keys.id, &keys.secret);
                let text = format!(
                    "[default]\ntype = access_key\naccess_key_id = {id}\naccess_key_secret = {secret}\n"
                );
                workspace.give(".alibabacloud/credentials", &text);
                EMPTY.to_owned()
            },
            calls: &[],
        },
        Source {
            name: "credentials URI",
            prepare: |workspace, keys| {
                workspace.set("ALIBABA_CLOUD_CREDENTIALS_URI", &format!("{}/credentials", keys.endpoint));
                EMPTY.to_owned()
            },
            calls: &[],
        },
        Source {
            name: "ECS metadata",
            prepare: |workspace, keys| {
                workspace.set("MSS_ENDPOINT_URL_ECS_METADATA", &keys.endpoint);
                EMPTY.to_owned()
            },
            calls: &[],
        },
    ]
}

#[tokio::test]
async fn stay_secret_from_every_source() {
    secrets::add("OIDC token", OIDC_TOKEN);
    stream::iter(sources()).for_each_concurrent(SOURCES_AT_A_TIME, use_source).await;
}

/// A whole life of a role, in a member account, with one source; what it gives off is searched at the end.
async fn use_source(source: Source) {
    let name = source.name;
    let cloud = Cloud::start().await;
    cloud.add_role(ACCOUNT, "Deploy").await;
    let mut workspace = Workspace::with(Terraform::find_newest().unwrap(), &cloud, "");
    workspace.set("ALIBABA_CLOUD_ACCESS_KEY_ID", "");
    workspace.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "");
    let keys = Keys::of(&cloud).await;
    let provider = (source.prepare)(&mut workspace, &keys);
    workspace.give("provider.tf", &provider);
    workspace.configure(&role_and_another(ROLE, &format!("account_id = \"{MEMBER}\"")));

    workspace.run(&["plan", "-out=plan"]).await.expect_success();
    // What is written in the configuration Terraform repeats there.
    if !provider.contains(&keys.secret) {
        workspace.run(&["show", "-json", "plan"]).await.expect_success();
    }
    workspace.run(&["apply", "plan"]).await.expect_success();
    workspace.run(&["show", "-json"]).await.expect_success();
    cloud.end_subscription(MEMBER).await;
    workspace.run(&["destroy", "-auto-approve"]).await.expect_success();

    let called = cloud.actions().await;
    for expected in ["CreateServiceLinkedRole", "DeleteServiceLinkedRole"].iter().chain(source.calls) {
        assert!(called.iter().any(|action| action == expected), "{name}: no {expected} in {called:?}");
    }
    // The search is over something: the log has a line of ours for each call.
    let log = fs::read_to_string(workspace.log()).unwrap();
    let answers = log.lines().filter(|line| line.contains("[DEBUG]") && line.contains(": answer: "));
    let mut logged: Vec<_> =
        answers.map(|line| line.split("action=").nth(1).unwrap().split(' ').next().unwrap()).collect();
    let mut called: Vec<_> = called.iter().map(String::as_str).collect();
    logged.sort_unstable();
    called.sort_unstable();
    assert_eq!(logged, called, "{name}");
}

/// Most of a run is waiting for processes to start.
const SOURCES_AT_A_TIME: usize = 4;

/// What a panic says that ends a future.
async fn panic_of<T>(future: impl Future<Output = T>) -> String {
    let panic = AssertUnwindSafe(future).catch_unwind().await.err().expect("a panic");
    panic.downcast_ref::<String>().cloned().expect("a text")
}

#[track_caller]
fn assert_names(report: &str, places: &[&str]) {
    for place in places {
        assert!(report.contains(place), "{place} is not in {report}");
    }
}

#[tokio::test]
async fn a_terraform_that_leaks_is_found_out() {
    let planted = "PlantedInEveryPlaceOfTerraform";
    let cloud = Cloud::start().await;
    let leaky =
        "variable \"planted\" {}\n\nresource \"terraform_data\" \"this\" {\n  input = var.planted\n}\n";
    let mut workspace = Workspace::new(&cloud, leaky);
    workspace.set("TF_VAR_planted", planted);
    workspace.run(&["plan", "-out=plan"]).await.expect_success();
    workspace.run(&["apply", "plan"]).await.expect_success();

    let refused = format!("provider \"mss\" {{\n  region = \"{planted}\"\n}}\n");
    workspace.give("provider.tf", &(refused + &role_and_another(ROLE, "")));
    workspace.run(&["validate"]).await.expect_failure();

    // Only now: each command would have failed.
    secrets::add("planted secret", planted);
    let report = panic_of(workspace.run(&["show"])).await;
    assert_names(&report, &["output of show, line 4: …    input  = \"<planted secret (as it is)>"]);
    let report = panic_of(async { drop(workspace) }).await;
    assert_names(&report, &["terraform.tfstate, line ", "plan: tfplan, line ", "terraform.log, line "]);
    assert!(!report.contains(planted), "the report itself tells no secret: {report}");
}

#[tokio::test]
async fn a_provider_that_leaks_is_found_out() {
    let planted = "PlantedInADiagnostic";
    for (level, place) in
        [("DEBUG", "stderr of the provider, line "), ("OFF", "answers of the provider, line ")]
    {
        let provider = Provider::unconfigured(&[("TF_LOG_PROVIDER", level)]).await;
        assert!(!provider.validate_provider(&json!({ "region": planted })).await.is_empty());
        secrets::add("planted secret", planted);
        let report = panic_of(async { drop(provider) }).await;
        assert_names(&report, &[place, "<planted secret (as it is)>"]);
    }
}

#[test]
fn a_secret_is_found_in_every_form() {
    let secret = "With/every+kind=of\"letter <&> in it";
    secrets::add("planted secret", secret);
    let base64 = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    let json = json!({ "a": secret }).to_string();
    let numbers = format!("{:?}", secret.as_bytes());
    for (form, text) in [
        ("as it is", format!("secret: {secret}")),
        ("as it is", secret[..secrets::HEAD].to_owned()),
        ("JSON", json.clone()),
        ("JSON", json.replace('<', "\\u003c")),
        (
            "percent-encoded",
            url::form_urlencoded::Serializer::new(String::new()).append_pair("a", secret).finish(),
        ),
        (
            "percent-encoded",
            percent_encoding::utf8_percent_encode(secret, percent_encoding::NON_ALPHANUMERIC).to_string(),
        ),
        ("base64", base64(secret)),
        ("base64", base64(&format!("a{secret}"))),
        ("base64", base64(&format!("id:{secret}"))),
        ("base64", base64(&format!("id:{secret}")).replace('+', "-").replace('/', "_")),
        ("hexadecimal", secret.bytes().map(|byte| format!("{byte:02x}")).collect()),
        ("hexadecimal", secret.bytes().map(|byte| format!("{byte:02X}")).collect()),
        ("numbers", numbers.clone()),
        ("numbers", numbers.replace(',', "")),
    ] {
        let leaks = secrets::leaks("text", format!("first\n{text}\nlast").as_bytes());
        assert_eq!(leaks.len(), 1, "{text}: {leaks:?}");
        assert!(leaks[0].starts_with("text, line 2: "), "{leaks:?}");
        assert!(leaks[0].ends_with(&format!("<planted secret ({form})>")), "{leaks:?}");
    }
    assert_eq!(secrets::leaks("text", &secret.as_bytes()[..secrets::HEAD - 1]), [] as [&str; 0]);
}

#[test]
fn a_private_key_is_found() {
    let key = rcgen::KeyPair::generate().unwrap();
    for text in [key.serialize_pem().into_bytes(), key.serialize_der()] {
        assert!(!secrets::leaks("text", &text).is_empty(), "{text:?}");
    }
    assert!(secrets::leaks("text", key.public_key_pem().as_bytes()).is_empty());
}
