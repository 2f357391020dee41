//! The official credential libraries as judges: over the same home folder and environment, ours ends with the
//! same key and asks the same STS.
//!
//! The judges are the libraries for Python and Node, each as a person would use it: the default chain. All three
//! reach the hosts by their real names, and the metadata service at its real address: in a network and with a
//! `/etc/hosts` of their own, which takes Linux, and root or the right to be root in a namespace of users. Elsewhere,
//! and where the libraries cannot be had, the test says that it is left out; with MSS_TEST_JUDGES=required it fails.

use std::{
    collections::BTreeMap,
    fmt, fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use serde::Deserialize;
use serde_json::{Value as Json, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use crate::support::{names::ACCOUNT, resource::Provider, terraform::target_folder, within};

/// Scenarios in which ours ends otherwise than a library on purpose, and why.
struct Difference {
    because: &'static str,
    /// Which libraries end otherwise.
    from: &'static [&'static str],
    /// How ours ends.
    ours: &'static str,
    scenarios: &'static [&'static str],
}

const BOTH: &[&str] = &["python", "node"];
const PYTHON: &[&str] = &["python"];
const NODE: &[&str] = &["node"];
const NO_KEY: &str = "no key";
const DIFFERENCES: &[Difference] = &[
    Difference {
        because: "a source that is configured and fails ends the search: the next can be another account's",
        from: BOTH,
        ours: NO_KEY,
        scenarios: &[
            "half a key: ID",
            "half a key: secret",
            "oidc without its file",
            "cli mode in small letters",
            "cli without mode",
            "cli current profile is missing",
            "cli role for too short a time",
            "cli chain to nowhere",
            "cli chain in a circle",
            "cli chain to itself",
            "cli chain of a mode that is not known",
            "cli chain without its source",
            "cli metadata switched off",
            "cli oidc without its file",
            "cli sign-in of Cloud SSO has ended",
            "cli sign-in of Cloud SSO without its end",
            "cli sign-in of Cloud SSO without its token",
            "cli sign-in at an unknown site",
            "cli command with a session but no token",
            "cli command fails",
            "cli command that is not there",
            "cli command that is not given",
            "cli command with a secret alone",
            "cli command in another spelling",
            "cli command prints nothing",
            "cli unknown mode",
            "cli mode of the tool alone",
            "cli not JSON",
            "cli of profiles of another type",
            "cli of a list",
            "ini by variable to nowhere",
            "ini section by variable is missing",
            "ini without a section",
            "ini with a line that is none",
            "ini role without role",
            "ini key without secret",
            "ini type in capitals",
            "ini without type",
            "ini unknown type",
        ],
    },
    Difference {
        because: "a text is not a flag, as for the library for Go; to the others any text is true, also `false`",
        from: BOTH,
        ours: NO_KEY,
        scenarios: &["cli role in a private network by a text"],
    },
    Difference {
        because: "a time of zero is none, as for the libraries for Go and Node",
        from: PYTHON,
        ours: "STS.deploy.by.cli by sts.aliyuncs.com",
        scenarios: &["cli role without its session's time"],
    },
    Difference {
        because: "without a site the one for China is meant, as for the library for Python",
        from: NODE,
        ours: "STS.oauth.aliyun.com.a",
        scenarios: &["cli sign-in without a site"],
    },
    Difference {
        because: "a token of which no end is known is renewed, as by the libraries for Go and Node",
        from: PYTHON,
        ours: "STS.oauth.aliyun.com.of.r",
        scenarios: &["cli sign-in without its end"],
    },
    Difference {
        because: "this machine's clock may be off: the cloud judges whether a session has ended",
        from: PYTHON,
        ours: "printed",
        scenarios: &["cli command with a session that has ended"],
    },
    Difference {
        because: "this machine's clock may be off: the cloud judges whether a session has ended",
        from: PYTHON,
        ours: "STS.uri",
        scenarios: &["uri of a session that has ended"],
    },
    Difference {
        because: "what is issued is read in either spelling, whoever issues it",
        from: BOTH,
        ours: "STS.uri",
        scenarios: &["uri in another spelling"],
    },
    Difference {
        because: "only the profile in use is judged",
        from: BOTH,
        ours: "cli",
        scenarios: &["cli a profile among others of another type"],
    },
    Difference {
        because: "the alicloud provider reads the tool's file from this variable",
        from: BOTH,
        ours: "mine",
        scenarios: &["the tool's file by the variable of the ini file"],
    },
    Difference {
        because: "both send the word for nothing in place of a token, which no sign-in site takes",
        from: BOTH,
        ours: NO_KEY,
        scenarios: &["cli sign-in without any token"],
    },
    Difference {
        because: "the alicloud provider reads these variables",
        from: BOTH,
        ours: "ali",
        scenarios: &["keys of the alicloud provider"],
    },
    Difference {
        because: "the alicloud provider reads these variables",
        from: BOTH,
        ours: "old",
        scenarios: &["keys of older tools"],
    },
    Difference {
        because: "the SDK for STS names the central host for this region",
        from: BOTH,
        ours: "STS.rrsa.by.nobody by sts.aliyuncs.com",
        scenarios: &["oidc in a region with the central host alone"],
    },
    Difference {
        because: "the SDK for STS names the central host for this region",
        from: BOTH,
        ours: "STS.deploy.by.cli by sts.aliyuncs.com",
        scenarios: &["cli role in a region with the central host alone"],
    },
    Difference {
        because: "the region of the provider chooses its STS, as with the alicloud provider",
        from: BOTH,
        ours: "STS.rrsa.by.nobody by sts.cn-beijing.aliyuncs.com",
        scenarios: &["oidc in a region of the provider"],
    },
    Difference {
        because: "the aliyun tool reads this variable",
        from: BOTH,
        ours: "STS.rrsa.by.nobody by sts.ap-southeast-1.aliyuncs.com",
        scenarios: &["oidc with an STS by variable"],
    },
    Difference {
        because: "the aliyun tool reads this variable",
        from: BOTH,
        ours: "STS.deploy.by.cli by sts.ap-southeast-1.aliyuncs.com",
        scenarios: &["cli role with an STS by variable"],
    },
    Difference {
        because: "the aliyun tool and the library for Node read this key",
        from: PYTHON,
        ours: "STS.deploy.by.cli by sts.ap-southeast-1.aliyuncs.com",
        scenarios: &["cli role with an STS of its own"],
    },
    Difference {
        because: "a profile that says no means it, as for the library for Python",
        from: NODE,
        ours: "STS.deploy.by.cli by sts.cn-shanghai.aliyuncs.com",
        scenarios: &["cli role out of a private network"],
    },
    Difference {
        because: "a session that is still good is used, as by the library for Python and the aliyun tool",
        from: NODE,
        ours: "kept",
        scenarios: &["cli sign-in with a session"],
    },
    Difference {
        because: "a date that cannot be read is none, as for the libraries for Go and Node",
        from: PYTHON,
        ours: "printed",
        scenarios: &["cli command with an unreadable date"],
    },
    Difference {
        because: "who switches commands off means every command",
        from: BOTH,
        ours: NO_KEY,
        scenarios: &["cli command switched off"],
    },
    Difference {
        because: "the aliyun tool, whose file it is, takes the profile `default`",
        from: BOTH,
        ours: "cli",
        scenarios: &["cli no current profile"],
    },
    Difference {
        because: "a mark that programs on Windows write says nothing about the keys",
        from: BOTH,
        ours: "cli",
        scenarios: &["cli byte order mark"],
    },
    Difference {
        because: "a mark that programs on Windows write says nothing about the keys",
        from: BOTH,
        ours: "ini",
        scenarios: &["ini with a byte order mark"],
    },
    Difference {
        because: "the library for Go and the aliyun tool read this variable",
        from: BOTH,
        ours: "mine",
        scenarios: &["cli file by variable"],
    },
    Difference {
        because: "the file has another name for Python than for Go and Node: both are read",
        from: NODE,
        ours: "ini",
        scenarios: &["ini key in the file of the library for Python"],
    },
    Difference {
        because: "the file has another name for Python than for Go and Node: both are read",
        from: PYTHON,
        ours: "ini",
        scenarios: &["ini key in the file of the library for Go"],
    },
    Difference {
        because: "read as the libraries for Python and Go do, which go before Node",
        from: NODE,
        ours: "ini",
        scenarios: &["ini with comments", "ini with colons", "ini keys in capitals"],
    },
    Difference {
        because: "read as the library for Python does, which goes before Node",
        from: NODE,
        ours: "ini;t",
        scenarios: &["ini with a semicolon in the ID"],
    },
    Difference {
        because: "read as the libraries for Go and Node do",
        from: PYTHON,
        ours: "ini",
        scenarios: &[
            "ini with quotes",
            "ini with comments after semicolons",
            "ini with spaces before the keys",
        ],
    },
    Difference {
        because: "the library for Python knows this type",
        from: NODE,
        ours: "STS.deploy.by.nobody by sts.aliyuncs.com",
        scenarios: &["ini oidc"],
    },
    Difference {
        because: "what is given last counts, as for the libraries for Go and Node",
        from: PYTHON,
        ours: "twice",
        scenarios: &["ini with a section twice", "ini with a key twice"],
    },
    Difference {
        because: "the name between the brackets has the spaces, as for the library for Python",
        from: NODE,
        ours: "STS.uri",
        scenarios: &["ini with spaces in the section"],
    },
    Difference {
        because: "away from an instance the metadata service costs time-outs: it is asked last",
        from: BOTH,
        ours: "STS.uri",
        scenarios: &["uri beside the metadata service"],
    },
    Difference {
        because: "the libraries for Go and Node ask for no code",
        from: PYTHON,
        ours: "STS.uri",
        scenarios: &["uri without a code"],
    },
];

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

#[tokio::test]
async fn end_with_the_same_key() {
    let judges = target_folder().join("official-credentials");
    let namespaces = match Namespaces::allowed().await {
        Ok(namespaces) => install(&judges).await.map(|()| namespaces),
        Err(problem) => Err(problem),
    };
    let namespaces = match namespaces {
        Ok(namespaces) => namespaces,
        Err(problem) => {
            assert!(std::env::var_os("MSS_TEST_JUDGES").is_none(), "the judges are not here: {problem}");
            println!("left out: {problem}");
            return;
        }
    };
    let folder = tempfile::tempdir().unwrap();
    let mut court = Court::open(&namespaces, folder.path(), &judges).await;
    let scenarios = scenarios().await;
    assert!(scenarios.len() >= 80, "{} scenarios", scenarios.len());
    let mut unexplained = Vec::new();
    let mut explained = Vec::new();
    let mut keys = 0;
    for scenario in &scenarios {
        let [ours, judges @ ..] = court.hear(scenario).await;
        keys += usize::from(ours.key.is_some());
        for (who, theirs) in BOTH.iter().zip(judges) {
            let known = |known: &&Difference| {
                known.from.contains(who) && known.scenarios.contains(&scenario.name.as_str())
            };
            match DIFFERENCES.iter().find(known) {
                Some(known) if theirs != ours && ours.to_string() == known.ours => {
                    explained.push((*who, scenario.name.as_str()));
                }
                None if theirs == ours => {}
                _ => unexplained.push(format!(
                    "{}: ours {ours}, {who} {theirs}; ours told {}, {who} {}",
                    scenario.name, ours.told, theirs.told
                )),
            }
        }
    }
    let lines = |known: &'static Difference| {
        known.from.iter().flat_map(|who| known.scenarios.iter().map(|name| (*who, *name)))
    };
    let stale: Vec<_> = DIFFERENCES
        .iter()
        .flat_map(|known| lines(known).map(move |line| (line, known.because)))
        .filter(|(line, _)| !explained.contains(line))
        .collect();
    assert!(unexplained.is_empty() && stale.is_empty(), "{unexplained:#?}\nno longer so: {stale:#?}");
    assert!(keys * 2 > scenarios.len(), "{keys} of {} scenarios end with a key", scenarios.len());
}

/// How a scenario ended.
struct Outcome {
    /// The key, or nothing.
    key: Option<String>,
    /// The hosts of STS that opened sessions, in order.
    sts: Vec<String>,
    /// What the program told of it.
    told: Json,
}

impl Outcome {
    /// The libraries tell their key, ours signs with it.
    fn of(told: Json, asked: &Json) -> Self {
        let text = |json: &Json| json.as_str().map(str::to_owned);
        let (identified, opened): (Vec<_>, Vec<_>) =
            asked.as_array().unwrap().iter().partition(|asked| asked["action"] == "GetCallerIdentity");
        let signed = identified.last().and_then(|asked| text(&asked["key"]));
        Self {
            key: if told["key"] == true { signed } else { text(&told["key"]) },
            sts: opened.iter().filter_map(|asked| text(&asked["host"])).collect(),
            told,
        }
    }
}

impl PartialEq for Outcome {
    fn eq(&self, other: &Self) -> bool {
        (&self.key, &self.sts) == (&other.key, &other.sts)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key.as_deref().unwrap_or(NO_KEY))?;
        self.sts.iter().try_for_each(|host| write!(f, " by {host}"))
    }
}

/// The cloud, and everybody who is asked in front of it.
struct Court<'a> {
    folder: &'a Path,
    authority: PathBuf,
    nsenter: Vec<String>,
    cloud: Conversation,
    python: Conversation,
    node: Conversation,
}

impl<'a> Court<'a> {
    async fn open(namespaces: &Namespaces, folder: &'a Path, judges: &Path) -> Self {
        let authority = certificates(folder);
        let mut cloud = Command::new("unshare");
        cloud.args(namespaces.unshare).args(["python3", SCRIPT, "serve"]);
        cloud.args(["server.pem", "server.key"].map(|name| folder.join(name))).arg(HOSTS.join(","));
        let cloud = Conversation::start(&mut cloud).await;
        let target = format!("--target={}", cloud.child.id().unwrap());
        let nsenter: Vec<_> = ["nsenter", &target]
            .into_iter()
            .chain(namespaces.nsenter.iter().copied())
            .map(str::to_owned)
            .collect();
        let inside = |program: &str| {
            let mut command = Command::new(&nsenter[0]);
            command.args(&nsenter[1..]).arg(program);
            command
        };
        let mut python = inside("python3");
        python.args([SCRIPT, "run"]).args([&judges.join("python"), &authority]);
        let mut node = inside("node");
        node.arg(SCRIPT.replace(".py", ".mjs")).arg(judges).env("NODE_EXTRA_CA_CERTS", &authority);
        let python = Conversation::start(&mut python).await;
        let node = Conversation::start(&mut node).await;
        Self { folder, authority, nsenter, cloud, python, node }
    }

    /// How a scenario ends for ours, for the library for Python and for that for Node, each in a home of its own.
    async fn hear(&mut self, scenario: &Scenario) -> [Outcome; 3] {
        let homes = ["ours", "python", "node"].map(|who| prepare(&self.folder.join(who), scenario));
        let [ours, python, node] = homes.map(|env| json!({ "env": env }));
        let metadata = json!({ "metadata": scenario.metadata });
        let nobody = json!({ "metadata": "none" });
        self.cloud.ask(&metadata).await;
        let told = self.ours(&ours["env"]).await;
        let ours = Outcome::of(told, &self.cloud.ask(&metadata).await);
        let told = self.python.ask(&python).await;
        let python = Outcome::of(told, &self.cloud.ask(&metadata).await);
        let told = self.node.ask(&node).await;
        let node = Outcome::of(told, &self.cloud.ask(&nobody).await);
        [ours, python, node]
    }

    /// Ours: the provider as Terraform starts it, which signs a question for its account; whether it could.
    async fn ours(&self, env: &Json) -> Json {
        let env = env.as_object().unwrap().iter();
        let mut variables: Vec<_> =
            env.map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect();
        variables.push(("SSL_CERT_FILE", self.authority.to_str().unwrap()));
        let nsenter: Vec<_> = self.nsenter.iter().map(String::as_str).collect();
        let provider = Provider::unconfigured_by(&nsenter, &variables).await;
        let configured = provider.configure_with(&json!({ "allowed_account_ids": [ACCOUNT] })).await;
        match configured.has_error() {
            true => json!({ "error": format!("{:?}", configured.diagnostics) }),
            false => json!({ "key": true }),
        }
    }
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
    use rcgen::{
        BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
    };
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    // A name of its own: for OpenSSL a certificate whose issuer has its own name has signed itself.
    authority.distinguished_name.push(DnType::CommonName, "authority of the test");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
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

/// Namespaces of their own for network and mounts, and how to come by them.
struct Namespaces {
    unshare: &'static [&'static str],
    nsenter: &'static [&'static str],
}

impl Namespaces {
    const OF_ROOT: Self = Self { unshare: &["--net", "--mount"], nsenter: &["--net", "--mount"] };
    const OF_ANYBODY: Self = Self {
        unshare: &["--map-root-user", "--net", "--mount"],
        nsenter: &["--user", "--preserve-credentials", "--net", "--mount"],
    };

    /// Those that this machine allows.
    async fn allowed() -> Result<Self, String> {
        output(Command::new("nsenter").arg("--version")).await?;
        let mut problem = String::new();
        for namespaces in [Self::OF_ROOT, Self::OF_ANYBODY] {
            let bind = ["mount", "--bind", "/etc/hosts", "/etc/hosts"];
            match output(Command::new("unshare").args(namespaces.unshare).args(bind)).await {
                Ok(()) => return Ok(namespaces),
                Err(found) => problem = found,
            }
        }
        Err(format!("no namespaces of their own: {problem}"))
    }
}

/// Whether a program runs and succeeds; what it tells if not.
async fn output(command: &mut Command) -> Result<(), String> {
    let program = command.as_std().get_program().to_string_lossy().into_owned();
    let output =
        command.stdin(Stdio::null()).output().await.map_err(|error| format!("{program}: {error}"))?;
    let told = String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(()) } else { Err(format!("{program}: {}", told.trim())) }
}

/// Both libraries with all that they need, each in the version that the differences are told of.
async fn install(folder: &Path) -> Result<(), String> {
    let versions = [OF_PYTHON, OF_NODE].concat().join(" ");
    let done = folder.join(".installed");
    if fs::read_to_string(&done).is_ok_and(|installed| installed == versions) {
        return Ok(());
    }
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder).unwrap();
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--target"]);
    output(pip.arg(folder.join("python")).args(OF_PYTHON)).await?;
    let mut npm = Command::new("npm");
    npm.args([
        "install",
        "--silent",
        "--no-audit",
        "--no-fund",
        "--no-package-lock",
        "--ignore-scripts",
        "--prefix",
    ]);
    output(npm.arg(folder).args(OF_NODE)).await?;
    fs::write(done, versions).unwrap();
    Ok(())
}

const OF_PYTHON: &[&str] = &[
    "aiofiles==24.1.0",
    "aiohappyeyeballs==2.7.1",
    "aiohttp==3.14.5",
    "aiosignal==1.4.0",
    "alibabacloud-credentials==1.0.12",
    "alibabacloud-credentials-api==1.0.1",
    "alibabacloud-tea==0.4.3",
    "APScheduler==3.11.3",
    "attrs==26.1.0",
    "certifi==2026.10.19.post1",
    "charset-normalizer==3.5.3",
    "frozenlist==1.8.0",
    "idna==3.20",
    "multidict==7.2.1",
    "propcache==0.5.4",
    "requests==2.34.2",
    "typing_extensions==4.16.0",
    "tzlocal==5.4.5",
    "urllib3==2.8.0",
    "yarl==1.25.1",
];
const OF_NODE: &[&str] = &[
    "@alicloud/credentials@2.4.7",
    "@alicloud/tea-typescript@1.8.0",
    "@types/node@12.20.55",
    "debug@4.4.3",
    "httpx@2.3.3",
    "ini@1.3.8",
    "kitx@2.2.0",
    "ms@2.1.3",
    "undici-types@6.21.0",
];

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
