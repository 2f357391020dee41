//! The quick start: a real Terraform creates and destroys MSS roles in an emulated cloud.
//!
//! `cargo run --example quickstart` builds the provider and the emulator, downloads a Terraform if
//! none is installed, and runs a session that reads like one in a terminal. It exits with status 0
//! only if each command did what it should.

#![allow(clippy::print_stdout, reason = "the session is there to be read")]
#![allow(clippy::disallowed_methods, reason = "a program of its own, which reads its own environment")]

#[path = "../../tests/integration/support/terraform.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod terraform;

use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, Stdio},
};

use tempfile::TempDir;
use terraform::Terraform;

fn main() -> ExitCode {
    match run() {
        Ok(()) => {
            println!("\nDone: every step did what it should, and nothing is left behind.");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            println!("\nThe quick start failed: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    println!("Building the provider and the emulator …");
    let binaries = build()?;
    println!("Looking for Terraform …");
    let terraform = Terraform::find()?;
    println!("Using Terraform {}.\n", terraform.version());

    let mut session = Session::start(&binaries, terraform)?;
    session.terraform(&["plan"], Expected::success(&["2 to add"]))?;
    session.terraform(&["apply", "-auto-approve"], Expected::success(&["2 added"]))?;
    session.terraform(&["plan", "-detailed-exitcode"], Expected::success(&["No changes"]))?;

    session.say(
        "The MSS subscription is active, so Alibaba Cloud would not delete the roles. The plan says so:",
    );
    session.terraform(&["destroy", "-auto-approve"], Expected::refused(&REFUSAL))?;
    session.terraform(&["state", "list"], Expected::success(&["mss_service_linked_role.basic"]))?;

    session.say("The subscription ends (in the emulator, at once):");
    let end = ["ctl", "subscription", "--end-date", "2026-01-01 00:00:00"];
    session.emulator(&end, Expected::success(&["2026-01-01 00:00:00"]))?;
    session.terraform(&["destroy", "-auto-approve"], Expected::success(&["2 destroyed"]))?;
    session.check_that_no_role_is_left()?;
    session.end()
}

/// What the refused destroy must say: instance, version, end date, account, role, and three ways
/// out.
const REFUSAL: [&str; 8] = [
    "MSS subscription is active",
    "1b7d5f0e-6c3a-4c1a-9d2e-7f0a5c3b1e22",
    "mdrgaoji",
    "end date 20",
    "1234567890123456",
    "AliyunServiceRoleForMssp",
    "deletion_policy = \"abandon\"",
    "terraform state rm 'ADDRESS'",
];

/// Builds both binaries and returns their folder. It is the build of the tests, so that `cargo test` need
/// not compile anything twice: naming the example gives the dependencies the same features.
fn build() -> Result<PathBuf, String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    // What `cargo run` says of this package would look like a change to build scripts that ask for it.
    for (variable, _) in
        env::vars_os().filter(|(variable, _)| is_set_by_cargo_run(&variable.to_string_lossy()))
    {
        command.env_remove(variable);
    }
    let status = command
        .args([
            "build",
            "--bin",
            "terraform-provider-mss",
            "--bin",
            "mss-emulator",
            "--example",
            "quickstart",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::null())
        .status()
        .map_err(|error| format!("cargo: {error}"))?;
    if !status.success() {
        return Err("cargo could not build the binaries".to_owned());
    }
    let folder = terraform::target_folder().join("debug");
    folder.canonicalize().map_err(|error| format!("{}: {error}", folder.display()))
}

fn is_set_by_cargo_run(variable: &str) -> bool {
    const PREFIXES: [&str; 3] = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"];
    PREFIXES.iter().any(|prefix| variable.starts_with(prefix)) || variable == "OUT_DIR"
}

/// How a command should end, and what it should say.
struct Expected {
    success: bool,
    facts: Vec<&'static str>,
}

impl Expected {
    fn success(facts: &[&'static str]) -> Self {
        Self { success: true, facts: facts.into() }
    }

    fn refused(facts: &[&'static str]) -> Self {
        Self { success: false, facts: facts.into() }
    }
}

/// An emulator, a folder with a configuration, and a Terraform.
struct Session {
    terraform: Terraform,
    binaries: PathBuf,
    folder: TempDir,
    emulator: Emulator,
}

impl Session {
    fn start(binaries: &Path, terraform: Terraform) -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
        for (from, to) in [
            ("provider/provider.tf", "provider.tf"),
            ("resources/mss_service_linked_role/resource.tf", "main.tf"),
        ] {
            let copied = fs::copy(examples.join(from), folder.path().join(to));
            copied.map_err(|error| format!("{from}: {error}"))?;
        }
        let overrides = format!(
            "provider_installation {{\n  dev_overrides {{\n    \"mss-iac/mss\" = {:?}\n  }}\n  \
             direct {{}}\n}}\n",
            binaries.display().to_string()
        );
        fs::write(folder.path().join("cli.tfrc"), overrides).map_err(|error| error.to_string())?;
        println!("$ mss-emulator serve &");
        let emulator = Emulator::start(binaries)?;
        println!("$ cat main.tf");
        println!("{}", fs::read_to_string(folder.path().join("main.tf")).unwrap_or_default());
        Ok(Self { terraform, binaries: binaries.to_owned(), folder, emulator })
    }

    fn say(&self, text: &str) {
        println!("# {text}\n");
    }

    fn terraform(&mut self, arguments: &[&str], expected: Expected) -> Result<(), String> {
        println!("$ terraform {}", arguments.join(" "));
        let mut command = self.terraform.command();
        command.args(arguments).env("TF_CLI_ARGS", "-no-color");
        self.run(command, expected).map(drop)
    }

    fn emulator(&mut self, arguments: &[&str], expected: Expected) -> Result<String, String> {
        let shown = |argument: &&str| {
            if argument.contains(' ') { format!("'{argument}'") } else { (*argument).to_owned() }
        };
        println!("$ mss-emulator {}", arguments.iter().map(shown).collect::<Vec<_>>().join(" "));
        let mut command = Command::new(self.binaries.join("mss-emulator"));
        command.args(arguments);
        self.run(command, expected)
    }

    fn run(&mut self, mut command: Command, expected: Expected) -> Result<String, String> {
        command
            .current_dir(self.folder.path())
            .env("TF_CLI_CONFIG_FILE", self.folder.path().join("cli.tfrc"))
            .env("TF_IN_AUTOMATION", "1")
            .env("CHECKPOINT_DISABLE", "1")
            .env_remove("TF_LOG");
        for (variable, _) in env::vars_os().filter(|(variable, _)| is_of_a_cloud(&variable.to_string_lossy()))
        {
            command.env_remove(variable);
        }
        let run = command
            .envs(self.emulator.environment.clone())
            .stdin(Stdio::null())
            .output()
            .map_err(|error| error.to_string())?;
        let output =
            format!("{}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
        println!("{}\n", without_overrides_notice(&output).trim());
        if run.status.success() != expected.success {
            return Err(format!("the last command ended with {}", run.status));
        }
        match expected.facts.iter().find(|fact| !output.contains(**fact)) {
            Some(missing) => Err(format!("the last command did not say {missing:?}")),
            None => Ok(output),
        }
    }

    fn check_that_no_role_is_left(&mut self) -> Result<(), String> {
        self.emulator(&["ctl", "state"], Expected::success(&["\"roles\":{}"])).map(drop)
    }

    fn end(self) -> Result<(), String> {
        self.folder.close().map_err(|error| error.to_string())
    }
}

/// Whether a variable belongs to someone's real cloud: the session must neither use nor send it.
fn is_of_a_cloud(variable: &str) -> bool {
    const PREFIXES: [&str; 5] = ["ALIBABA_CLOUD_", "ALIBABACLOUD_", "ALICLOUD_", "MSS_", "TF_VAR_"];
    PREFIXES.iter().any(|prefix| variable.starts_with(prefix))
}

/// The notice that Terraform gives with every command while a provider is taken from a build
/// folder.
fn without_overrides_notice(output: &str) -> String {
    let start = output.find("\nWarning: Provider development overrides are in effect");
    let last = "applying changes may cause the state to become incompatible with published\nreleases.\n";
    match start.and_then(|start| output[start..].find(last).map(|end| (start, start + end + last.len()))) {
        Some((start, end)) => format!("{}{}", &output[..start], &output[end..]),
        None => output.to_owned(),
    }
}

/// The emulator's process; it ends with the session.
struct Emulator {
    process: Child,
    environment: Vec<(&'static str, String)>,
}

impl Emulator {
    fn start(binaries: &Path) -> Result<Self, String> {
        let mut process = Command::new(binaries.join("mss-emulator"))
            .arg("serve")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("mss-emulator: {error}"))?;
        let mut line = String::new();
        if let Some(stdout) = process.stdout.as_mut() {
            BufReader::new(stdout).read_line(&mut line).map_err(|error| error.to_string())?;
        }
        let mut emulator = Self { process, environment: Vec::new() };
        let announced: serde_json::Value = serde_json::from_str(&line)
            .map_err(|error| format!("mss-emulator announced {line:?}: {error}"))?;
        for (variable, field) in [
            ("MSS_ENDPOINT_URL", "endpoint"),
            ("ALIBABA_CLOUD_ACCESS_KEY_ID", "access_key_id"),
            ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "access_key_secret"),
        ] {
            let value = announced
                .get(field)
                .and_then(|value| value.as_str())
                .ok_or_else(|| format!("mss-emulator announced no {field}"))?;
            println!("$ export {variable}={value}");
            emulator.environment.push((variable, value.to_owned()));
        }
        println!();
        Ok(emulator)
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // It has nothing to save; one that ended already is fine too.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
