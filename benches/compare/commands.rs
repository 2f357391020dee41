//! Whole Terraform commands over one resource, and what is Terraform's own in them.

use std::{
    fs,
    process::Stdio,
    time::{Duration, Instant},
};

use serde_json::Value as Json;
use tempfile::TempDir;

use crate::{
    cloud::SecureCloud,
    figures::{Series, short, spread},
    programs::{Programs, sources},
    report::{Bars, Section, table},
    support::terraform::Terraform,
};

const TURNS: usize = 40;
const LOGGED_TURNS: usize = 10;

/// The account that the emulator's key belongs to.
const ACCOUNT: &str = "1234567890123456";

/// A working folder in which Terraform has been initialised.
pub struct Case<'a> {
    terraform: &'a Terraform,
    folder: TempDir,
    variables: Vec<(String, String)>,
}

/// How the provider is installed.
pub enum Install<'a> {
    /// By `terraform init`, with a lock file.
    FromMirror,
    /// As developers have it: no lock file, no checksum.
    Override(&'a std::path::Path),
}

impl<'a> Case<'a> {
    /// A configuration of resources of one provider, or of none.
    pub fn new(
        terraform: &'a Terraform,
        programs: &Programs,
        source: Option<&str>,
        install: Install<'_>,
        configuration: &str,
    ) -> Self {
        let case = Self { terraform, folder: tempfile::tempdir().unwrap(), variables: Vec::new() };
        let required = source.map_or(String::new(), |source| {
            let name = source.rsplit('/').next().unwrap();
            format!(
                "terraform {{\n  required_providers {{\n    {name} = {{ source = {source:?} }}\n  }}\n}}\n"
            )
        });
        fs::write(case.folder.path().join("main.tf"), required + configuration).unwrap();
        let method = match install {
            Install::FromMirror => format!("filesystem_mirror {{ path = {:?} }}", programs.mirror),
            Install::Override(folder) => {
                format!("dev_overrides {{ {:?} = {folder:?} }}\n  direct {{}}", source.unwrap())
            }
        };
        let settings = format!("provider_installation {{\n  {method}\n}}\n");
        fs::write(case.folder.path().join("cli.tfrc"), settings).unwrap();
        case
    }

    pub fn with(mut self, variables: Vec<(String, String)>) -> Self {
        self.variables = variables;
        self
    }

    /// A command, to be started.
    pub fn command(&self, arguments: &[&str]) -> tokio::process::Command {
        let mut command = tokio::process::Command::from(self.terraform.command());
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.folder.path())
            .env("TF_CLI_CONFIG_FILE", self.folder.path().join("cli.tfrc"))
            .env("TF_CLI_ARGS", "-no-color")
            .env("TF_IN_AUTOMATION", "1")
            .env("CHECKPOINT_DISABLE", "1")
            .envs(self.variables.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs a command that must succeed; answers how long it took.
    pub async fn run(&self, arguments: &[&str]) -> Duration {
        self.logged(arguments, "").await.0
    }

    /// The same with a level of logging; answers the log too.
    async fn logged(&self, arguments: &[&str], level: &str) -> (Duration, String) {
        let start = Instant::now();
        let output = self.command(arguments).env("TF_LOG", level).output().await.unwrap();
        let time = start.elapsed();
        let told = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        assert!(output.status.success(), "terraform {arguments:?}: {}", told.concat());
        let [_, log] = told;
        (time, log)
    }
}

/// Where the time of the provider processes of one command goes, as Terraform's log has it.
#[derive(Default)]
struct Logged {
    processes: Series,
    certificates: Series,
    starts: Series,
    connected: Series,
}

impl Logged {
    fn add(&mut self, log: &str) {
        let (mut asked, mut started, mut connected) = (None, None, None);
        let (mut processes, mut certificates, mut starts, mut lives) = (0.0, 0.0, 0.0, 0.0);
        for line in log.lines().filter_map(|line| serde_json::from_str::<Json>(line).ok()) {
            let Some(message) = line["@message"].as_str() else { continue };
            let Ok(time) = line["@timestamp"].as_str().unwrap_or_default().parse::<jiff::Timestamp>() else {
                continue;
            };
            let since = |start: Option<jiff::Timestamp>| {
                start.map_or(0.0, |start: jiff::Timestamp| time.duration_since(start).as_secs_f64() * 1e3)
            };
            match message {
                "configuring client automatic mTLS" => asked = Some(time),
                "starting plugin" => {
                    certificates += since(asked.take());
                    processes += 1.0;
                    started = Some(time);
                }
                "using plugin" => {
                    starts += since(started.take());
                    connected = Some(time);
                }
                "plugin process exited" => lives += since(connected.take()),
                _ => {}
            }
        }
        assert!(processes > 0.0, "Terraform's log tells of no plugin:\n{log}");
        self.processes.push(processes);
        self.certificates.push(certificates);
        self.starts.push(starts);
        self.connected.push(lives);
    }
}

pub async fn measure(terraform: &Terraform, programs: &Programs) -> Section {
    let secure = SecureCloud::start().await;
    let environment = secure.environment();
    let none = "resource \"terraform_data\" \"one\" {}\n";
    let own =
        "resource \"mss_service_linked_role\" \"one\" {\n  role_name = \"AliyunServiceRoleForMssp\"\n}\n";
    let rust = "resource \"null_resource\" \"one\" {}\n";
    // It refuses to be configured without a key, and asks nobody when it validates and plans a create.
    let go = "provider \"workato\" {\n  api_key  = \"none\"\n  base_url = \"https://127.0.0.1:1\"\n}\n\
              resource \"workato_project\" \"one\" {\n  name = \"one\"\n}\n";
    let overrides = programs.ours.path.parent().unwrap().join("override");
    fs::create_dir_all(&overrides).unwrap();
    fs::copy(&programs.ours.path, overrides.join("terraform-provider-mss")).unwrap();
    let case = |source, install, text| Case::new(terraform, programs, source, install, text);
    let cases = [
        case(None, Install::FromMirror, none),
        case(Some(sources::OURS), Install::FromMirror, own).with(environment.clone()),
        case(Some(sources::RUST), Install::FromMirror, rust),
        case(Some(sources::GO), Install::FromMirror, go),
        case(Some(sources::OURS), Install::Override(&overrides), own).with(environment),
    ];
    for case in &cases[..4] {
        case.run(&["init"]).await;
    }

    let validate = turns(&cases[..4], &["validate"]).await;
    let plan = turns(&cases, &["plan"]).await;
    let [apply, destroy] = lifecycles(&cases[..3], &secure).await;
    let rows = [("validate", &validate), ("plan", &plan), ("apply", &apply), ("destroy", &destroy)].map(
        |(command, times)| {
            let added =
                |index: usize| times.get(index).filter(|_| index < 4).map(|time| time.minus(&times[0]));
            let cell = |index| added(index).map_or("–".to_owned(), |added| spread(&added));
            let of_go = added(3).and_then(|go| Some(added(1)?.over(&go)));
            vec![
                format!("`terraform {command}`"),
                spread(&times[0]),
                cell(1),
                cell(2),
                cell(3),
                of_go.map_or("–".to_owned(), |ratio| short(ratio.median())),
            ]
        },
    );
    let heads = [
        "One resource",
        "without provider, ms",
        "**terraform-provider-mss** adds",
        "Rust peer adds",
        "Go provider adds",
        "ours ÷ Go's",
    ];
    let mut text = format!(
        "Each provider installed by `terraform init` from a mirror, with a lock file; `terraform_data` where no \
         provider is wanted. Median of {TURNS} turns, the middle half in brackets. We ask the \
         cloud, over HTTPS: each plan whose account it is and whether there is such a role (calls by command: last \
         table), and a destroy waits between asking for the deletion and asking how far it is. The Rust peer's resource \
         does nothing; the Go provider plans a create without asking anybody, and needs a cloud of its own to apply one.\n\n{}\n",
        table(&heads, &rows)
    );
    text += &shares(&cases, &plan).await;
    let names = ["no provider (Terraform alone)", "terraform-provider-mss", "Rust peer", "Go provider"];
    let bars = |title: &str, times: &[Series]| Bars {
        title: title.to_owned(),
        bars: names.iter().zip(times).map(|(name, times)| ((*name).to_owned(), times.median())).collect(),
    };
    let bars = vec![
        bars("terraform validate, one resource, ms", &validate),
        bars("terraform plan, one resource, ms", &plan),
    ];
    Section { title: "Whole commands".to_owned(), text, bars }
}

/// One command in each case in turn.
async fn turns(cases: &[Case<'_>], arguments: &[&str]) -> Vec<Series> {
    let mut times = vec![Series::default(); cases.len()];
    for _ in 0..TURNS {
        for (case, times) in cases.iter().zip(&mut times) {
            times.push_milliseconds(case.run(arguments).await);
        }
    }
    times
}

/// Applies and destroys in each case in turn.
async fn lifecycles(cases: &[Case<'_>], secure: &SecureCloud) -> [Vec<Series>; 2] {
    secure.cloud.end_subscription(ACCOUNT).await;
    let mut times = [(); 2].map(|()| vec![Series::default(); cases.len()]);
    for _ in 0..TURNS {
        for (index, case) in cases.iter().enumerate() {
            times[0][index].push_milliseconds(case.run(&["apply", "-auto-approve"]).await);
            times[1][index].push_milliseconds(case.run(&["destroy", "-auto-approve"]).await);
        }
    }
    times
}

/// What a plan with our provider adds, by who does it.
async fn shares(cases: &[Case<'_>], plan: &[Series]) -> String {
    let [mut ours, mut go] = [(); 2].map(|()| Logged::default());
    for _ in 0..LOGGED_TURNS {
        for (case, logged) in [(&cases[1], &mut ours), (&cases[3], &mut go)] {
            let (_, log) = case.logged(&["plan"], "JSON").await;
            logged.add(&log);
        }
    }
    let row =
        |what: &str, of: fn(&Logged) -> &Series| vec![what.to_owned(), spread(of(&ours)), spread(of(&go))];
    let rows = [
        vec![
            "processes of the provider".to_owned(),
            format!("{:.0}", ours.processes.median()),
            format!("{:.0}", go.processes.median()),
        ],
        row("Terraform makes a P-521 certificate for each, ms", |logged| &logged.certificates),
        row("from exec until Terraform has read the handshake line, ms", |logged| &logged.starts),
        row("connected: TLS, RPCs, the cloud's answers, the end of the process, ms", |logged| {
            &logged.connected
        }),
    ];
    format!(
        "Of a plan, as Terraform's own log has it (median of {LOGGED_TURNS}; writing the log takes time too):\n\n{}\n\
         Terraform also reads the whole binary to compare it with the lock file: a plan with the provider from a \
         mirror takes {} ms longer than with `dev_overrides`, where it does not.\n",
        table(&["", "terraform-provider-mss", "Go provider"], &rows),
        spread(&plan[1].minus(&plan[4])),
    )
}
