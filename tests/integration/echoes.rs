//! A host that says again what it was sent, and the secrets of the source besides, which it should not know: in
//! whatever words, nothing of it is shown. Each source of a secret × each way to repeat it; the searches of
//! `support/secrets.rs` look for it in the answers and the log of the provider.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    sync::{Arc, Mutex},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use futures_util::{StreamExt, stream};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value as Json, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::support::{
    names::ROLE,
    resource::{Diagnostic, Provider, block},
    rpc::tfplugin6 as wire,
    secrets, within,
};

const DEPLOY: &str = "acs:ram::1234567890123456:role/Deploy";
const IDENTITY_PROVIDER: &str = "acs:ram::1234567890123456:oidc-provider/ci";

/// All that is secret here, with what it is.
const SECRETS: [(&str, &str); 8] = [
    ("AccessKey secret", "EchoedKeySecretA1B2C3D4E5F6G7"),
    ("security token", "EchoedSecurityToken/9+Zx8yW7v6U5t4S3r2Q1p0O9n8M7l6K5j4=="),
    ("OIDC token", "EchoedOidcToken.eyJzdWIiOiJjaS/+/IifQ.c2lnbmF0dXJl"),
    ("access token of Cloud SSO", "EchoedCloudSsoAccessToken.eyJhIjoxfQ"),
    ("token in a URI", "EchoedTokenInTheCredentialsUri0123"),
    ("metadata token", "EchoedMetadataToken0123456789abcdef"),
    ("AccessKey secret of a session", "EchoedSessionSecretH8I9J0K1L2"),
    ("security token of a session", "EchoedSessionToken/7+aB6cD5eF4gH3iJ2kL1mN0oP9qR8sT7=="),
];

fn secret(what: &str) -> &'static str {
    SECRETS.iter().find(|(name, _)| *name == what).unwrap().1
}

type Repeat = fn(&str) -> Vec<u8>;

/// How a host repeats a text.
const WAYS: [(&str, Repeat); 15] = [
    ("refused signature, V1", |echo| {
        let message = format!(
            "Specified signature is not matched with our calculation. server string to sign is:{echo}"
        );
        refusal(400, &json!({ "Code": "SignatureDoesNotMatch", "Message": message }))
    }),
    ("refused signature, V3", |echo| {
        let message = format!(
            "Specified signature does not match our calculation. server StringToSign is [ACS3-HMAC-SHA256\n{echo}] \
             server CanonicalRequest is [POST\n/\n\nx-acs-security-token:{echo}]"
        );
        refusal(400, &json!({ "Code": "SignatureDoesNotMatch", "Message": message }))
    }),
    ("a message of its own", |echo| refusal(400, &json!({ "Code": "Odd", "Message": echo }))),
    ("with percent signs", |echo| {
        let message = utf8_percent_encode(echo, NON_ALPHANUMERIC).to_string();
        refusal(400, &json!({ "Code": "Odd", "Message": message }))
    }),
    ("with percent signs twice", |echo| {
        let once = utf8_percent_encode(echo, NON_ALPHANUMERIC).to_string();
        let message = utf8_percent_encode(&once, NON_ALPHANUMERIC).to_string();
        refusal(400, &json!({ "Code": "Odd", "Message": message }))
    }),
    ("in base64", |echo| refusal(400, &json!({ "Code": "Odd", "Message": STANDARD.encode(echo) }))),
    ("in hexadecimal", |echo| {
        let message: String = echo.bytes().map(|byte| format!("{byte:02x}")).collect();
        refusal(400, &json!({ "Code": "Odd", "Message": message }))
    }),
    ("as code", |echo| refusal(500, &json!({ "Code": echo, "Message": "" }))),
    ("as request ID", |echo| refusal(400, &json!({ "Code": "Odd", "Message": "", "RequestId": echo }))),
    ("as what is denied", |echo| {
        let detail = json!({ "AuthAction": echo, "PolicyType": echo, "AuthPrincipalDisplayName": echo });
        refusal(403, &json!({ "Code": "NoPermission", "Message": "", "AccessDeniedDetail": detail }))
    }),
    ("in a role", |echo| {
        let role = json!({
            "RoleName": ROLE, "RoleId": "300000000000000001", "Arn": format!("acs:ram::1234567890123456:role/{ROLE}"),
            "Description": echo, "CreateDate": echo, "AssumeRolePolicyDocument": echo, "RolePrincipalName": echo,
        });
        refusal(200, &json!({ "Role": role, "RequestId": echo }))
    }),
    ("as the name of a role", |echo| {
        let role = json!({ "RoleName": echo, "RoleId": echo, "Arn": echo });
        refusal(200, &json!({ "Role": role, "RequestId": echo }))
    }),
    ("as another success", |echo| refusal(200, &json!({ "Code": echo, "Message": echo, "RequestId": echo }))),
    ("as a page", |echo| answer("502 Bad Gateway", &format!("<html>{echo}"))),
    ("in the head", |echo| answer(&format!("302 {echo}\r\nlocation: http://127.0.0.1:1/{echo}"), echo)),
];

fn refusal(status: u16, body: &Json) -> Vec<u8> {
    answer(&format!("{status} Said"), &body.to_string())
}

fn answer(head: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {head}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}").into_bytes()
}

/// Who repeats: the host that gives credentials, or the API.
#[derive(Clone, Copy, Debug, PartialEq)]
enum At {
    Issuer,
    Api,
}

/// One host for everything that the provider asks. It keeps all that it was sent.
#[derive(Clone)]
struct Host {
    address: String,
    heard: Arc<Mutex<Vec<String>>>,
    behaviour: Arc<Mutex<(At, usize)>>,
    /// The secrets that are in use; it repeats each, whether it was sent it or not.
    known: Arc<Mutex<Vec<&'static str>>>,
}

impl Host {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let host = Self {
            address,
            heard: Arc::default(),
            known: Arc::default(),
            behaviour: Arc::new(Mutex::new((At::Api, 0))),
        };
        let served = host.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(served.clone().serve(stream));
            }
        });
        host
    }

    async fn serve(self, mut stream: TcpStream) {
        let request = read_request(&mut stream).await;
        self.heard.lock().unwrap().push(request.clone());
        // Whoever has heard enough hangs up.
        let _ = stream.write_all(&self.answer(&request)).await;
        let _ = stream.shutdown().await;
    }

    fn answer(&self, request: &str) -> Vec<u8> {
        let (at, way) = *self.behaviour.lock().unwrap();
        match issued(request) {
            Some(credentials) if at == At::Api => answer("200 OK", &credentials),
            None if at == At::Issuer => {
                refusal(404, &json!({ "Code": "EntityNotExist.Role", "Message": "" }))
            }
            _ => WAYS[way].1(&self.echo()),
        }
    }

    /// Every secret that is in use, and every long word that was heard.
    fn echo(&self) -> String {
        let heard = self.heard.lock().unwrap().join("\n");
        let mut words: BTreeSet<_> = self.known.lock().unwrap().iter().copied().collect();
        let is_of_a_word = |c: char| c.is_ascii_alphanumeric() || "+/=._-".contains(c);
        words.extend(heard.split(|c| !is_of_a_word(c)).filter(|word| word.len() >= secrets::HEAD));
        words.into_iter().collect::<Vec<_>>().join(" ")
    }

    /// The signatures that were sent are just as secret.
    fn register_signatures(&self) {
        for request in self.heard.lock().unwrap().iter() {
            for (_, rest) in
                request.match_indices("Signature=").map(|(at, name)| request.split_at(at + name.len()))
            {
                let signature = rest.split_whitespace().next().unwrap();
                secrets::add("signature", signature);
            }
        }
    }
}

async fn read_request(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let length = stream.read(&mut chunk).await.unwrap_or(0);
        request.extend_from_slice(&chunk[..length]);
        let text = String::from_utf8_lossy(&request).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            if length == 0 {
                return text;
            }
            continue;
        };
        let announced = head.to_ascii_lowercase();
        let announced = announced.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
        if length == 0 || body.len() >= announced.map_or(0, |length| length.parse().unwrap()) {
            return text;
        }
    }
}

/// What a request for credentials gets.
fn issued(request: &str) -> Option<String> {
    let line = request.lines().next().unwrap_or_default();
    let session = json!({
        "AccessKeyId": "STS.Echoes", "AccessKeySecret": secret("AccessKey secret of a session"),
        "SecurityToken": secret("security token of a session"), "Expiration": "2099-01-01T00:00:00Z", "Code": "Success",
    });
    let is_assume_role = request.contains("x-acs-action: AssumeRole") || line.contains("Action=AssumeRole");
    match line {
        _ if is_assume_role => Some(json!({ "Credentials": session }).to_string()),
        _ if line.contains("/latest/api/token") => Some(secret("metadata token").to_owned()),
        _ if line.contains("/security-credentials/ ") => Some("EcsRole".to_owned()),
        _ if line.contains("/security-credentials/") || line.contains("/issue") => Some(session.to_string()),
        _ if line.contains("cloud-credentials") => Some(json!({ "CloudCredential": session }).to_string()),
        _ => None,
    }
}

/// Where a secret comes from.
struct Source {
    name: &'static str,
    /// The provider block.
    block: Json,
    variables: Vec<(&'static str, String)>,
    /// Whether a host gives credentials.
    has_issuer: bool,
}

impl Source {
    fn of(name: &'static str) -> Self {
        Self { name, block: json!({}), variables: Vec::new(), has_issuer: false }
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.variables.push((name, value.to_owned()));
        self
    }

    fn block(self, block: Json) -> Self {
        Self { block, ..self }
    }

    /// The secrets that it gives to the provider: written in it, or in the files that it names; at the API also
    /// those that were issued.
    fn in_use(&self, at: At) -> Vec<&'static str> {
        let mut text = self.block.to_string();
        for (_, value) in &self.variables {
            text.push('"');
            text.push_str(value);
            text.push('"');
            for file in [".aliyun/config.json", ".alibabacloud/credentials"] {
                text.push_str(&fs::read_to_string(Path::new(value).join(file)).unwrap_or_default());
            }
        }
        let named: Vec<_> =
            text.split(['"', ' ']).filter(|word| word.starts_with('/')).map(str::to_owned).collect();
        named.iter().for_each(|file| text.push_str(&fs::read_to_string(file).unwrap_or_default()));
        let is_used = |(what, secret): &&(&str, &str)| {
            let is_issued = self.has_issuer && what.contains("session");
            text.contains(secret) || is_issued && at == At::Api
        };
        SECRETS.iter().filter(is_used).map(|(_, secret)| *secret).collect()
    }

    fn issued(self) -> Self {
        Self { has_issuer: true, ..self }
    }

    /// A profile of the `aliyun` tool, with its source `b` if it has one.
    fn profile(name: &'static str, home: &Path, profile: Json) -> Self {
        let mut profile = profile;
        profile["name"] = json!("a");
        let keys = json!({ "name": "b", "mode": "AK", "access_key_id": "LTAIEchoes",
            "access_key_secret": secret("AccessKey secret") });
        let mut profiles = vec![profile];
        profiles.extend(profiles[0].get("source_profile").is_some().then_some(keys));
        let file = json!({ "current": "a", "profiles": profiles });
        let folder = home.join(name.replace(' ', "-"));
        fs::create_dir_all(folder.join(".aliyun")).unwrap();
        fs::write(folder.join(".aliyun/config.json"), file.to_string()).unwrap();
        Self::of(name).with("HOME", folder.to_str().unwrap())
    }
}

fn sources(host: &str, home: &Path) -> Vec<Source> {
    let (key, token, oidc) = (secret("AccessKey secret"), secret("security token"), secret("OIDC token"));
    let token_file = home.join("token");
    fs::write(&token_file, oidc).unwrap();
    let uri = format!("{host}/issue?token={}", secret("token in a URI"));
    let printed = home.join("printed.json");
    let credentials = json!({ "mode": "StsToken", "access_key_id": "LTAIEchoes", "access_key_secret": key,
        "sts_token": token });
    fs::write(&printed, credentials.to_string()).unwrap();
    let keys = json!({ "access_key_id": "LTAIEchoes", "access_key_secret": key });
    let with_keys = |more: Json| {
        let mut profile = keys.clone();
        profile.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        profile
    };
    let oidc_block = |more: Json| {
        let mut block = json!({ "role_arn": DEPLOY, "oidc_provider_arn": IDENTITY_PROVIDER });
        block.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "assume_role_with_oidc": block })
    };
    let in_environment = |name: &'static str, prefix: [&'static str; 3]| {
        Source::of(name).with(prefix[0], "LTAIEchoes").with(prefix[1], key).with(prefix[2], token)
    };
    let ini = |name: &'static str, more: &str| {
        let folder = home.join(name.replace(' ', "-"));
        fs::create_dir_all(folder.join(".alibabacloud")).unwrap();
        let text = format!("[default]\naccess_key_id = LTAIEchoes\naccess_key_secret = {key}\n{more}");
        fs::write(folder.join(".alibabacloud/credentials"), text).unwrap();
        Source::of(name).with("HOME", folder.to_str().unwrap())
    };
    vec![
        Source::of("secret_key, security_token")
            .block(json!({ "access_key": "LTAIEchoes", "secret_key": key, "security_token": token })),
        in_environment("ALICLOUD", ["ALICLOUD_ACCESS_KEY", "ALICLOUD_SECRET_KEY", "ALICLOUD_SECURITY_TOKEN"]),
        in_environment(
            "ALIBABA_CLOUD",
            ["ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN"],
        ),
        in_environment("ALICLOUD, with a role", ["ALICLOUD_ACCESS_KEY", "ALICLOUD_SECRET_KEY", "ALICLOUD_SECURITY_TOKEN"])
            .block(json!({ "assume_role": { "role_arn": DEPLOY } }))
            .issued(),
        Source::of("oidc_token").block(oidc_block(json!({ "oidc_token": oidc }))).issued(),
        Source::of("ALIBABA_CLOUD_OIDC_TOKEN")
            .block(oidc_block(json!({})))
            .with("ALIBABA_CLOUD_OIDC_TOKEN", oidc)
            .issued(),
        Source::of("oidc_token_file")
            .block(oidc_block(json!({ "oidc_token_file": token_file.to_str().unwrap() })))
            .issued(),
        Source::of("ALIBABA_CLOUD_OIDC_TOKEN_FILE")
            .with("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", IDENTITY_PROVIDER)
            .with("ALIBABA_CLOUD_ROLE_ARN", DEPLOY)
            .with("ALIBABA_CLOUD_OIDC_TOKEN_FILE", token_file.to_str().unwrap())
            .issued(),
        Source::of("credentials_uri").block(json!({ "credentials_uri": uri })).issued(),
        Source::of("ALIBABA_CLOUD_CREDENTIALS_URI").with("ALIBABA_CLOUD_CREDENTIALS_URI", &uri).issued(),
        Source::of("ecs_role_name").block(json!({ "ecs_role_name": "EcsRole" })).issued(),
        Source::of("ECS metadata").issued(),
        Source::profile("AK", home, with_keys(json!({ "mode": "AK" }))),
        Source::profile("StsToken", home, with_keys(json!({ "mode": "StsToken", "sts_token": token }))),
        Source::profile("RamRoleArn", home, with_keys(json!({ "mode": "RamRoleArn", "ram_role_arn": DEPLOY }))).issued(),
        Source::profile(
            "ChainableRamRoleArn",
            home,
            json!({ "mode": "ChainableRamRoleArn", "ram_role_arn": DEPLOY, "source_profile": "b" }),
        )
        .issued(),
        Source::profile("EcsRamRole", home, json!({ "mode": "EcsRamRole", "ram_role_name": "EcsRole" })).issued(),
        Source::profile(
            "OIDC",
            home,
            json!({ "mode": "OIDC", "ram_role_arn": DEPLOY, "oidc_provider_arn": IDENTITY_PROVIDER,
                "oidc_token_file": token_file.to_str().unwrap() }),
        )
        .issued(),
        Source::profile(
            "CloudSSO",
            home,
            json!({ "mode": "CloudSSO", "cloud_sso_sign_in_url": host, "cloud_sso_account_id": "1234567890123456",
                "access_token": secret("access token of Cloud SSO"), "cloud_sso_access_config": "ac-1",
                "cloud_sso_access_token_expire": 4_070_908_800_i64 }),
        )
        .issued(),
        Source::profile(
            "External",
            home,
            json!({ "mode": "External", "process_command": format!("cat {}", printed.display()) }),
        ),
        ini("ini, access_key", "type = access_key\n"),
        ini("ini, ram_role_arn", &format!("type = ram_role_arn\nrole_arn = {DEPLOY}\nrole_session_name = x\n")).issued(),
    ]
}

/// The modes of the chain that are not played here, with the reason.
const LEFT_OUT: [(&str, &str); 1] =
    [("OAuth", "its site cannot be replaced from outside; the scenarios of the chain search its texts")];

#[tokio::test]
async fn nothing_secret_is_repeated() {
    for (what, secret) in SECRETS {
        secrets::add(what, secret);
    }
    let home = tempfile::tempdir().unwrap();
    let number = sources("http://127.0.0.1:1", home.path()).len();
    let play = |index: usize| play(home.path(), index);
    stream::iter(0..number).for_each_concurrent(SOURCES_AT_A_TIME, play).await;
}

/// One source: an API that repeats in every way, asked by one provider; and an issuer that does, asked by
/// one provider for each way.
async fn play(home: &Path, index: usize) {
    let host = Host::start().await;
    // A home of its own: the files name the host, and another source's host must not hear of it.
    let home = home.join(index.to_string());
    fs::create_dir(&home).unwrap();
    let source = sources(&host.address, &home).swap_remove(index);
    *host.known.lock().unwrap() = source.in_use(At::Api);
    assert!(!source.in_use(At::Api).is_empty(), "{}", source.name);
    let provider = configured(&host, &source).await;
    for way in 0..WAYS.len() {
        *host.behaviour.lock().unwrap() = (At::Api, way);
        ask(&provider, &host, &source, (At::Api, way)).await;
    }
    *host.known.lock().unwrap() = source.in_use(At::Issuer);
    for way in 0..WAYS.len() {
        if source.has_issuer {
            *host.behaviour.lock().unwrap() = (At::Issuer, way);
            // What another process has sent is none of its secrets.
            host.heard.lock().unwrap().clear();
            let provider = configured(&host, &source).await;
            ask(&provider, &host, &source, (At::Issuer, way)).await;
        }
    }
}

async fn configured(host: &Host, source: &Source) -> Provider {
    let mut variables =
        vec![("MSS_ENDPOINT_URL", host.address.as_str()), ("MSS_ENDPOINT_URL_ECS_METADATA", &host.address)];
    variables.extend(source.variables.iter().map(|(name, value)| (*name, value.as_str())));
    let provider = Provider::unconfigured(&variables).await;
    let mut block = source.block.clone();
    block["max_retries"] = json!(0);
    provider.configure_with(&block).await.expect_success();
    provider
}

/// Reads a role, and at the API also plans one. What is shown is bounded, without commands to a terminal; the searches at the
/// end of the provider do the rest.
async fn ask(provider: &Provider, host: &Host, source: &Source, (at, way): (At, usize)) {
    let config = json!({ "role_name": ROLE });
    let read = within("the role", provider.read_data_source("mss_service_linked_role", &config)).await;
    let mut told = read.diagnostics;
    if at == At::Api {
        told.extend(within("the plan", provider.plan_once(&Json::Null, &config)).await.diagnostics);
    }
    host.register_signatures();
    let cell = format!("{}, {at:?}, {}", source.name, WAYS[way].0);
    for Diagnostic { summary, detail, .. } in &told {
        let odd = |c: char| c != '\n' && c.is_control();
        assert!(!detail.contains(odd) && detail.len() < 5_000, "{cell}: {summary}: {detail}");
    }
    // The host was asked, and what it said is shown as far as it may be: else nothing was tried.
    let told: String = told.iter().map(|found| found.detail.as_str()).collect();
    let is_repeated = WAYS[way].0 == "a message of its own" && at == At::Api;
    assert!(!is_repeated || told.contains("***"), "{cell}: {told}");
}

/// Most of a run is waiting for processes to start.
const SOURCES_AT_A_TIME: usize = 4;

/// Every attribute that is sensitive, and every mode of a profile, is played or left out for a reason.
#[tokio::test]
async fn every_source_is_played() {
    let home = tempfile::tempdir().unwrap();
    let names: Vec<_> = sources("http://127.0.0.1:1", home.path()).iter().map(|source| source.name).collect();
    let is_played = |name: &str| names.iter().any(|played| played.split(", ").any(|part| part == name));
    let provider = Provider::unconfigured(&[]).await;
    let schema = provider.client().get_provider_schema(wire::get_provider_schema::Request {}).await;
    let schema = schema.unwrap().into_inner().provider.unwrap();
    let sensitive = sensitive(&block(&schema));
    assert_eq!(sensitive.len(), 3, "{sensitive:?}");
    for name in sensitive {
        assert!(is_played(&name), "{name} of the schema");
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let modes = fs::read_to_string(root.join("src/cloud/credentials/cli_profile.rs")).unwrap();
    let modes: Vec<_> = modes
        .lines()
        .filter_map(|line| line.trim().strip_prefix('"')?.split_once("\" =>"))
        .map(|(mode, _)| mode.to_owned())
        .filter(|mode| mode.starts_with(char::is_uppercase))
        .collect();
    assert!(modes.len() > 5, "{modes:?}");
    for mode in modes {
        assert!(is_played(&mode) || LEFT_OUT.iter().any(|(name, _)| *name == mode), "mode {mode}");
    }
}

fn sensitive(attributes: &[wire::schema::Attribute]) -> Vec<String> {
    let nested = attributes.iter().filter_map(|attribute| attribute.nested_type.as_ref());
    let mut names: Vec<_> = nested.flat_map(|nested| sensitive(&nested.attributes)).collect();
    names.extend(
        attributes.iter().filter(|attribute| attribute.sensitive).map(|attribute| attribute.name.clone()),
    );
    names
}
