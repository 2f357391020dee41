//! The official credential libraries as judges: over the same home folder and environment, ours ends with the
//! same key and asks the same STS.
//!
//! The judges are the libraries for Python and Node, each as a person would use it: the default chain. All three
//! reach the hosts by their real names, and the metadata service at its real address: in a network and with a
//! `/etc/hosts` of their own, which takes root on Linux. Elsewhere the test says that it is left out.

use std::{collections::BTreeMap, fs, path::Path, process::Stdio};

use serde::Deserialize;
use serde_json::{Value as Json, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use crate::support::{resource::Provider, terraform::target_folder, within};

/// Where ours differs on purpose, or a library from the others: scenario, library, why.
const DIFFERENCES: &[(&str, &str, &str)] = &[];

const ACCOUNT: &str = "1234567890123456";
/// Every host that a scenario leads to.
const HOSTS: &[&str] = &[
    "sts.aliyuncs.com",
    "sts.cn-shanghai.aliyuncs.com",
    "sts.cn-beijing.aliyuncs.com",
    "sts.ap-southeast-1.aliyuncs.com",
    "sts.cn-hangzhou-finance.aliyuncs.com",
    "sts-vpc.cn-shanghai.aliyuncs.com",
    "sts-vpc.cn-beijing.aliyuncs.com",
    "ram.aliyuncs.com",
    "resourcemanager.aliyuncs.com",
    "mssp.aliyuncs.com",
    "signin.aliyuncs.com",
    "oauth.aliyun.com",
    "oauth.alibabacloud.com",
];
const SCRIPT: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/integration/support/official_credentials.py");

#[derive(Deserialize)]
struct Scenario {
    name: String,
    env: BTreeMap<String, String>,
    files: BTreeMap<String, String>,
    metadata: String,
}

/// How a scenario ended.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    /// The key, or nothing.
    key: Option<String>,
    /// The hosts of STS that opened sessions, in order.
    sts: Vec<String>,
}

#[tokio::test]
async fn end_with_the_same_key() {
    if !is_root_with_namespaces().await {
        println!("left out: namespaces of their own need root on Linux, and unshare and nsenter, and npm");
        return;
    }
    let judges = target_folder().join("official-credentials");
    install(&judges).await;
    let folder = tempfile::tempdir().unwrap();
    let authority = certificates(folder.path());
    let [certificate, key] = ["server.pem", "server.key"].map(|name| folder.path().join(name));
    let mut cloud = Command::new("unshare");
    cloud
        .args(["--net", "--mount", "python3", SCRIPT, "serve"])
        .args([&certificate, &key])
        .arg(HOSTS.join(","));
    let mut cloud = Conversation::start(&mut cloud).await;
    let namespaces = format!("--target={}", cloud.child.id().unwrap());
    let inside = |program: &str| {
        let mut command = Command::new("nsenter");
        command.args([&namespaces, "--net", "--mount", program]);
        command
    };
    let mut python = inside("python3");
    python.args([SCRIPT, "run"]).args([&judges.join("python"), &authority]);
    let mut node = inside("node");
    node.arg(SCRIPT.replace(".py", ".mjs")).arg(&judges).env("NODE_EXTRA_CA_CERTS", &authority);
    let mut python = Conversation::start(&mut python).await;
    let mut node = Conversation::start(&mut node).await;

    let scenarios = scenarios().await;
    assert!(scenarios.len() >= 80, "{} scenarios", scenarios.len());
    let mut unexplained = Vec::new();
    let mut explained = Vec::new();
    for scenario in &scenarios {
        let mut outcomes = Vec::new();
        for who in ["ours", "python", "node"] {
            let home = folder.path().join(who);
            let env = prepare(&home, scenario);
            cloud.ask(&json!({ "metadata": scenario.metadata })).await;
            let key = match who {
                "python" => python.ask(&json!({ "env": env })).await["key"].clone(),
                "node" => node.ask(&json!({ "env": env })).await["key"].clone(),
                _ => ours(&namespaces, &env, &authority).await,
            };
            let asked = cloud.ask(&json!({ "metadata": "none" })).await;
            outcomes.push((who, Outcome::of(&key, &asked)));
        }
        let [(_, ours), judges @ ..] = outcomes.as_slice() else { panic!("three outcomes") };
        for (who, outcome) in judges {
            let known =
                DIFFERENCES.iter().find(|(name, library, _)| *name == scenario.name && library == who);
            match (outcome == ours, known) {
                (false, None) => {
                    unexplained.push(format!("{}: ours {ours:?}, {who} {outcome:?}", scenario.name))
                }
                (false, Some(known)) => explained.push(known),
                (true, _) => {}
            }
        }
    }
    let stale: Vec<_> = DIFFERENCES.iter().filter(|known| !explained.contains(known)).collect();
    assert!(unexplained.is_empty() && stale.is_empty(), "{unexplained:#?}\nno longer so: {stale:#?}");
}

impl Outcome {
    /// The libraries tell their key, ours signs with it.
    fn of(key: &Json, asked: &Json) -> Self {
        let text = |json: &Json| json.as_str().map(str::to_owned);
        let (identified, opened): (Vec<_>, Vec<_>) =
            asked.as_array().unwrap().iter().partition(|asked| asked["action"] == "GetCallerIdentity");
        let signed = identified.last().and_then(|asked| text(&asked["key"]));
        Self {
            key: if *key == true { signed } else { text(key) },
            sts: opened.iter().filter_map(|asked| text(&asked["host"])).collect(),
        }
    }
}

/// Ours: the provider as Terraform starts it, which signs a question for its account; whether it could.
async fn ours(namespaces: &str, env: &BTreeMap<String, String>, authority: &Path) -> Json {
    let mut variables: Vec<_> = env.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    variables.push(("SSL_CERT_FILE", authority.to_str().unwrap()));
    let provider = Provider::unconfigured_by(&["nsenter", namespaces, "--net", "--mount"], &variables).await;
    let config = json!({ "allowed_account_ids": [ACCOUNT] });
    let configured = provider.configure_with(&config).await;
    json!(!configured.has_error())
}

/// A fresh home folder; answers the environment.
fn prepare(home: &Path, scenario: &Scenario) -> BTreeMap<String, String> {
    let _ = fs::remove_dir_all(home);
    fs::create_dir_all(home).unwrap();
    let home = home.to_str().unwrap();
    for (name, text) in &scenario.files {
        let path = Path::new(home).join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text.replace("{home}", home)).unwrap();
    }
    let own = [("HOME", home.to_owned()), ("PATH", std::env::var("PATH").unwrap())];
    let own = own.map(|(name, value)| (name.to_owned(), value));
    scenario
        .env
        .iter()
        .map(|(name, value)| (name.clone(), value.replace("{home}", home)))
        .chain(own)
        .collect()
}

async fn scenarios() -> Vec<Scenario> {
    let printed = Command::new("python3").args([SCRIPT, "scenarios"]).output().await.unwrap();
    assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    let printed = String::from_utf8(printed.stdout).unwrap();
    printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// An authority and a server's certificate for every host; answers the path of the authority's.
fn certificates(folder: &Path) -> std::path::PathBuf {
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let names: Vec<_> = HOSTS.iter().map(|host| (*host).to_owned()).collect();
    let key = KeyPair::generate().unwrap();
    let server = CertificateParams::new(names).unwrap().signed_by(&key, &authority).unwrap();
    fs::write(folder.join("server.pem"), server.pem()).unwrap();
    fs::write(folder.join("server.key"), key.serialize_pem()).unwrap();
    let path = folder.join("authority.pem");
    fs::write(&path, authority.pem()).unwrap();
    path
}

async fn is_root_with_namespaces() -> bool {
    let tried = Command::new("unshare")
        .args(["--net", "--mount", "nsenter", "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let node = Command::new("npm").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    let (tried, node) = tokio::join!(tried, node);
    tried.is_ok_and(|status| status.success()) && node.is_ok_and(|status| status.success())
}

/// Both libraries, each in the version that the differences are told of.
async fn install(folder: &Path) {
    let done = folder.join(VERSIONS.join(" ").replace('/', "-"));
    if done.exists() {
        return;
    }
    fs::create_dir_all(folder).unwrap();
    let python = folder.join("python");
    let [of_python, of_node] = VERSIONS;
    let pip = ["-m", "pip", "install", "--quiet", "--upgrade", "--target"];
    let mut commands = [Command::new("python3"), Command::new("npm")];
    commands[0].args(pip).arg(python).arg(of_python);
    commands[1].args(["install", "--silent", "--no-save", "--ignore-scripts", of_node]).current_dir(folder);
    for command in &mut commands {
        let output = command.output().await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    fs::create_dir(done).unwrap();
}

const VERSIONS: [&str; 2] = ["alibabacloud-credentials==1.0.12", "@alicloud/credentials@2.4.7"];

/// A program that answers each line with a line.
struct Conversation {
    child: Child,
    input: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Conversation {
    async fn start(command: &mut Command) -> Self {
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let input = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut conversation = Self { child, input, answers };
        conversation.answer().await;
        conversation
    }

    async fn ask(&mut self, question: &Json) -> Json {
        self.input.write_all(format!("{question}\n").as_bytes()).await.unwrap();
        self.answer().await
    }

    async fn answer(&mut self) -> Json {
        let line = within("an answer", self.answers.next_line()).await.unwrap();
        serde_json::from_str(&line.expect("the program is still there")).unwrap()
    }
}
