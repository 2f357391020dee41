//! A folder with a configuration, and a real Terraform in it.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    sync::Mutex,
    time::Duration,
};

use serde_json::Value as Json;
use tempfile::TempDir;
use tokio::process::{Child, Command};

use super::{LIMIT, cloud::Cloud, secrets, terraform::Terraform, within};

/// The head of every configuration here.
const HEAD: &str = r#"
terraform {
  required_providers {
    mss = { source = "mss-iac/mss" }
  }
}
"#;

/// The registry that a source address without a host means: Terraform's, OpenTofu's.
pub const REGISTRIES: [&str; 2] = ["registry.terraform.io", "registry.opentofu.org"];

/// A role with more arguments, and beside it something else, whose output is the ID of a member account.
pub fn role_and_another(role_name: &str, arguments: &str) -> String {
    format!(
        r#"
        resource "mss_service_linked_role" "this" {{
          role_name = "{role_name}"
          {arguments}
        }}

        resource "terraform_data" "beside" {{
          input = "2222222222222222"
        }}
        "#
    )
}

/// A working folder whose Terraform uses the provider just built and an emulated cloud. Each command
/// logs all it can, to a file.
pub struct Workspace {
    folder: TempDir,
    terraform: Terraform,
    variables: Vec<(String, String)>,
    /// The files in which a test has given secrets.
    given: Mutex<BTreeSet<Vec<u8>>>,
}

/// How a command ended.
#[derive(Debug)]
pub struct Run {
    pub command: String,
    pub code: Option<i32>,
    /// Standard output and standard error, in this order.
    pub output: String,
}

impl Run {
    #[track_caller]
    pub fn expect_success(self) -> Self {
        assert_eq!(self.code, Some(0), "terraform {}\n{}", self.command, self.output);
        self
    }

    #[track_caller]
    pub fn expect_failure(self) -> Self {
        assert_eq!(self.code, Some(1), "terraform {}\n{}", self.command, self.output);
        self
    }

    /// Every fact is in the output, however Terraform breaks its lines.
    #[track_caller]
    pub fn says(self, facts: &[&str]) -> Self {
        let flat = flatten(&self.output);
        for fact in facts {
            assert!(flat.contains(&flatten(fact)), "{fact:?} is not in:\n{}", self.output);
        }
        self
    }

    /// How often a text is in the output.
    pub fn count(&self, text: &str) -> usize {
        flatten(&self.output).matches(&flatten(text)).count()
    }

    #[track_caller]
    pub fn does_not_say(self, fact: &str) -> Self {
        assert!(!flatten(&self.output).contains(&flatten(fact)), "{fact:?} is in:\n{}", self.output);
        self
    }
}

fn flatten(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Workspace {
    /// A folder for the default Terraform.
    pub fn new(cloud: &Cloud, configuration: &str) -> Self {
        Self::with(Terraform::find().unwrap(), cloud, configuration)
    }

    /// A folder for one Terraform.
    pub fn with(terraform: Terraform, cloud: &Cloud, configuration: &str) -> Self {
        let mut workspace = Self::for_provider(terraform);
        for (name, value) in cloud.environment() {
            workspace.set(name, value);
        }
        workspace.configure(configuration);
        workspace
    }

    /// An empty folder, whose Terraform finds the provider but no cloud.
    pub fn for_provider(terraform: Terraform) -> Self {
        let workspace = Self::without_cloud(terraform);
        workspace.override_providers(&[("mss-iac/mss", &provider_folder())]);
        workspace
    }

    /// An empty folder, whose Terraform knows no provider yet.
    pub fn without_cloud(terraform: Terraform) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Self { variables: Vec::new(), folder, terraform, given: Mutex::default() };
        fs::create_dir(workspace.temporary_folder()).unwrap();
        workspace.override_providers(&[]);
        workspace
    }

    /// A folder with nothing but these files of `examples/`, each under its own name.
    pub fn of_examples(terraform: Terraform, cloud: &Cloud, examples: &[&str]) -> Self {
        let workspace = Self::with(terraform, cloud, "");
        workspace.remove("main.tf");
        for example in examples {
            workspace.copy_example(example);
        }
        workspace
    }

    /// Puts a file of `examples/` into the folder.
    pub fn copy_example(&self, example: &str) {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(example);
        let to = self.path(from.file_name().unwrap().to_str().unwrap());
        fs::copy(&from, to).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
    }

    /// Takes a file out of the folder.
    pub fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).unwrap();
    }

    /// Lets `init` find the provider just built, in a mirror, and no other: tools that always run `init` fail
    /// under the development overrides of other workspaces.
    pub fn mirror_provider(&self) {
        let version = env!("CARGO_PKG_VERSION");
        for registry in REGISTRIES {
            let unpacked = format!("mirror/{registry}/mss-iac/mss/{version}/{}", platform());
            let place = self.path(&unpacked);
            fs::create_dir_all(&place).unwrap();
            let program = place.join(format!("terraform-provider-mss_v{version}"));
            std::os::unix::fs::symlink(provider(), program).unwrap();
        }
        let path = self.path("mirror");
        let text =
            format!("provider_installation {{\n  filesystem_mirror {{\n    path = {path:?}\n  }}\n}}\n");
        fs::write(self.path("cli.tfrc"), text).unwrap();
    }

    /// Uses our binary as a stand-in for another provider: Terraform wants one for each resource in state, also
    /// for those that are about to move away from it.
    pub fn stand_in_for(&self, address: &str) {
        let folder = self.path("stand-in");
        fs::create_dir(&folder).unwrap();
        let name = address.rsplit('/').next().unwrap();
        let program = folder.join(format!("terraform-provider-{name}"));
        std::os::unix::fs::symlink(provider(), program).unwrap();
        self.override_providers(&[("mss-iac/mss", &provider_folder()), (address, &folder)]);
    }

    fn override_providers(&self, providers: &[(&str, &Path)]) {
        let hosts = |address: &str| match address.split('/').count() {
            3 => vec![address.to_owned()],
            _ => REGISTRIES.map(|registry| format!("{registry}/{address}")).to_vec(),
        };
        let lines: String = providers
            .iter()
            .flat_map(|(address, folder)| hosts(address).into_iter().map(move |address| (address, folder)))
            .map(|(address, folder)| format!("    {address:?} = {folder:?}\n"))
            .collect();
        let text = format!("provider_installation {{\n  dev_overrides {{\n{lines}  }}\n  direct {{}}\n}}\n");
        fs::write(self.path("cli.tfrc"), text).unwrap();
    }

    /// Writes another configuration.
    pub fn configure(&self, configuration: &str) {
        fs::write(self.path("main.tf"), format!("{HEAD}\n{configuration}")).unwrap();
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file with secrets, for Terraform or the provider to read. It is not searched, nor
    /// is the copy that Terraform puts into a plan if it is configuration; all else is.
    pub fn give(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        self.given.lock().unwrap().insert(text.into());
        path
    }

    /// Sets a variable of the environment for every command that follows.
    pub fn set(&mut self, name: &str, value: &str) {
        secrets::add_variable(name, value);
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// Runs a command to its end.
    pub async fn run(&self, arguments: &[&str]) -> Run {
        let child = self.spawn(arguments);
        self.ended(child, arguments).await
    }

    /// Runs Terraform through another program, which is told where it is behind its own arguments.
    pub async fn run_through(&self, program: &str, own: &[&str], arguments: &[&str]) -> Run {
        let terraform = self.terraform.command();
        let mut command = std::process::Command::new(program);
        command.args(own).arg(terraform.get_program());
        self.ended(self.spawn_program(command, arguments), arguments).await
    }

    /// Runs a line as a shell would that finds our binaries, and this Terraform under its name.
    pub async fn run_shell(&self, line: &str) -> Run {
        let programs = self.path("programs");
        fs::create_dir_all(&programs).unwrap();
        let terraform = programs.join("terraform");
        let program = self.terraform.command().get_program().to_owned();
        fs::write(&terraform, format!("#!/bin/sh\nexec {program:?} \"$@\"\n")).unwrap();
        fs::set_permissions(&terraform, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let ours = provider_folder();
        let ours = ours.display();
        let line = format!("export PATH=\"{}:{ours}:$PATH\"\n{line}", programs.display());
        let arguments = ["-c", &line];
        self.ended(self.spawn_program(std::process::Command::new("sh"), &arguments), &arguments).await
    }

    /// Starts a command, in a process group of its own as a shell does.
    pub fn spawn(&self, arguments: &[&str]) -> Child {
        self.spawn_program(self.terraform.command(), arguments)
    }

    fn spawn_program(&self, program: std::process::Command, arguments: &[&str]) -> Child {
        let mut command = Command::from(program);
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.folder.path())
            .env("TMPDIR", self.temporary_folder())
            .env("TF_CLI_CONFIG_FILE", self.path("cli.tfrc"))
            .env("TF_CLI_ARGS", "-no-color")
            .env("TF_IN_AUTOMATION", "1")
            .env("CHECKPOINT_DISABLE", "1")
            .env("TF_LOG", "TRACE")
            .env("TF_LOG_PATH", self.log())
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        command.spawn().unwrap()
    }

    /// What Terraform and the provider have logged so far.
    pub fn log(&self) -> PathBuf {
        self.path("terraform.log")
    }

    /// The secrets in the files of the folder.
    pub fn leaks(&self) -> Vec<String> {
        let given = self.given.lock().unwrap();
        let mut leaks = Vec::new();
        for path in files(self.folder.path()) {
            let place = path.strip_prefix(self.folder.path()).unwrap().display().to_string();
            let searched = secrets::contents(&path).into_iter().filter(|(_, bytes)| !given.contains(bytes));
            leaks.extend(searched.flat_map(|(name, bytes)| secrets::leaks(&(place.clone() + &name), &bytes)));
        }
        leaks
    }

    fn temporary_folder(&self) -> PathBuf {
        self.path("tmp")
    }

    /// The folders of sockets that providers have left behind.
    pub fn socket_folders(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.temporary_folder()).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.join("socket").exists()).collect()
    }

    /// Waits for the end of a command.
    pub async fn ended(&self, child: Child, arguments: &[&str]) -> Run {
        self.ended_within(LIMIT, child, arguments).await
    }

    /// Waits for the end of a command that may take longer than most.
    pub async fn ended_within(&self, limit: Duration, child: Child, arguments: &[&str]) -> Run {
        let command = arguments.join(" ");
        // The provider of another platform runs under an emulator, many times slower.
        let limit = if std::env::var_os("MSS_PROVIDER").is_some() { 5 * limit } else { limit };
        let output = tokio::time::timeout(limit, child.wait_with_output()).await;
        let output = output.unwrap_or_else(|_| panic!("waited {limit:?} for terraform {command}")).unwrap();
        let text = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        let run = Run { command, code: output.status.code(), output: text.concat() };
        let searched = secrets::without_announcements(&run.output);
        secrets::report(&secrets::leaks(&format!("output of {}", run.command), searched.as_bytes()));
        run
    }

    /// The attributes of a resource in state.
    pub async fn attributes(&self, address: &str) -> Json {
        let run = self.run(&["show", "-json"]).await.expect_success();
        let state: Json = serde_json::from_str(run.output.lines().next().unwrap()).unwrap();
        let resources = state["values"]["root_module"]["resources"].as_array().cloned().unwrap_or_default();
        let found = resources.into_iter().find(|resource| resource["address"] == address);
        found.map_or(Json::Null, |resource| resource["values"].clone())
    }

    /// The addresses in state.
    pub async fn state_list(&self) -> Vec<String> {
        if !self.path("terraform.tfstate").exists() {
            return Vec::new();
        }
        let run = self.run(&["state", "list"]).await.expect_success();
        run.output.lines().map(str::to_owned).collect()
    }

    /// The attributes of a resource as the local state file has them; null if it is not in state.
    pub fn attributes_in_file(&self, address: &str) -> Json {
        let Ok(text) = fs::read_to_string(self.path("terraform.tfstate")) else { return Json::Null };
        // Terraform opens a new state file before it writes it.
        let state: Json = if text.is_empty() { Json::Null } else { serde_json::from_str(&text).unwrap() };
        let resources = state["resources"].as_array().cloned().unwrap_or_default();
        let is_it = |resource: &Json| {
            let [kind, name] = ["type", "name"].map(|part| resource[part].as_str().unwrap_or_default());
            format!("{kind}.{name}") == address
        };
        let found = resources.into_iter().find(is_it);
        found.map_or(Json::Null, |resource| resource["instances"][0]["attributes"].clone())
    }

    /// A plan that must show no change.
    pub async fn expect_no_changes(&self) {
        self.run(&["plan", "-detailed-exitcode"]).await.expect_success().says(&["No changes"]);
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        secrets::report(&self.leaks());
    }
}

/// Every file below a folder, but the programs that Terraform has installed there.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let kind = entry.file_type().unwrap();
        match entry.path() {
            path if path.ends_with(".terraform/providers") => {}
            path if kind.is_dir() => found.extend(files(&path)),
            path if kind.is_file() => found.push(path),
            _ => {}
        }
    }
    found
}

/// This machine in Go's words.
fn platform() -> String {
    let system = if cfg!(target_os = "macos") { "darwin" } else { std::env::consts::OS };
    let machine = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
    format!("{system}_{machine}")
}

/// The provider just built, or another one in its place: `tests/platforms.py` names those of other platforms.
fn provider() -> PathBuf {
    let built = || PathBuf::from(env!("CARGO_BIN_EXE_terraform-provider-mss"));
    std::env::var_os("MSS_PROVIDER").map_or_else(built, PathBuf::from)
}

fn provider_folder() -> PathBuf {
    provider().parent().unwrap().to_owned()
}

/// Sends Ctrl-C as a terminal does: to a process and all that it has started.
pub async fn interrupt(child: &Child) {
    signal("INT", &format!("-{}", child.id().unwrap())).await;
}

/// Sends a signal to a process, or with a minus to a process group.
pub async fn signal(name: &str, process: &str) {
    let status = Command::new("kill").args([&format!("-{name}"), "--", process]).status().await.unwrap();
    assert!(status.success(), "kill -{name} -- {process}");
}

/// The providers that a Terraform has started and that still run.
pub async fn providers(of: u32) -> Vec<String> {
    let list = Command::new("ps").args(["-A", "-o", "pid=,ppid=,comm="]).output().await.unwrap();
    let list = String::from_utf8(list.stdout).unwrap();
    let provider = |line: &str| {
        let mut fields = line.split_whitespace();
        let (process, parent, name) = (fields.next()?, fields.next()?, fields.next()?);
        let ours = parent == of.to_string() && name.contains("terraform-prov");
        ours.then(|| process.to_owned())
    };
    list.lines().filter_map(provider).collect()
}

/// Waits until a process has ended, whether or not someone has asked for its status.
pub async fn wait_until_gone(process: &str) {
    let gone = async {
        loop {
            let state = Command::new("ps").args(["-o", "stat=", "-p", process]).output().await.unwrap();
            let state = String::from_utf8(state.stdout).unwrap();
            if state.trim().is_empty() || state.trim().starts_with('Z') {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    within(&format!("process {process} to end"), gone).await;
}
