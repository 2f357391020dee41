//! `tests/go`: HashiCorp's acceptance framework, the registry's check of the documentation, and Alibaba Cloud's
//! older SDK and credential library, each in Go and driving what was just built.
//!
//! Needs Go as new as `tests/go/go.mod` says. Where there is none the test says that it is left out; in CI, where
//! `CI` is set, there must be one.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::support::terraform::{NEWEST, Terraform};

pub fn module() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/go")
}

/// Go in the module's folder, with the locked versions of everything.
fn go(arguments: &[&str]) -> Command {
    let mut command = Command::new("go");
    command.args(arguments).current_dir(module()).envs(environment()).stdin(Stdio::null());
    // The tests' clouds and providers are their own.
    for (name, _) in env::vars().filter(|(name, _)| is_foreign(name)) {
        command.env_remove(name);
    }
    command
}

/// How every Go of the tests is told to behave.
fn environment() -> Vec<(&'static str, String)> {
    let mut variables = vec![("GOFLAGS", "-mod=readonly -buildvcs=false".to_owned())];
    if !in_ci() {
        // Nobody's machine gets another Go.
        variables.push(("GOTOOLCHAIN", "local".to_owned()));
    }
    variables
}

/// The variables that a Go with another home folder needs, so that it compiles nothing twice.
pub fn shared_environment() -> Vec<(&'static str, String)> {
    let names = ["GOCACHE", "GOMODCACHE", "GOPROXY"];
    let printed = go(&["env"]).args(names).output().unwrap().stdout;
    let values = String::from_utf8(printed).unwrap();
    let caches = names.into_iter().zip(values.lines().map(str::to_owned));
    environment().into_iter().chain(caches).collect()
}

fn is_foreign(name: &str) -> bool {
    ["TF_", "MSS_", "ALICLOUD_", "ALIBABA_", "ALIBABACLOUD_"].iter().any(|prefix| name.starts_with(prefix))
}

fn in_ci() -> bool {
    env::var_os("CI").is_some()
}

/// Whether there is a Go for the module; in CI there must be.
pub fn go_is_here() -> bool {
    let found = go(&["list", "-m"]).output();
    let problem = match found {
        Ok(run) if run.status.success() => return true,
        Ok(run) => String::from_utf8_lossy(&run.stderr).trim().to_owned(),
        Err(error) => error.to_string(),
    };
    assert!(!in_ci(), "CI needs Go: {problem}");
    eprintln!("left out, no Go for tests/go: {problem}");
    false
}

#[test]
fn acceptance() {
    if !go_is_here() {
        return;
    }
    let binaries = Path::new(env!("CARGO_BIN_EXE_terraform-provider-mss")).parent().unwrap();
    let terraform = Terraform::fetch(NEWEST).unwrap();
    let run = go(&["test", "-count=1", "-timeout=30m", "./..."])
        .env("MSS_BINARIES", binaries)
        .env("TF_ACC_TERRAFORM_PATH", terraform.command().get_program())
        .output()
        .unwrap();
    let told = [run.stdout, run.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(run.status.success(), "{told}");
    println!("{told}");
}

#[test]
fn is_formatted() {
    if !go_is_here() {
        return;
    }
    let run = Command::new("gofmt").args(["-l", "."]).current_dir(module()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&run.stdout), "", "run gofmt -w tests/go");
}
