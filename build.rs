//! Compiles `proto/` into `OUT_DIR`: messages and servers for the library, and under `client/`
//! messages and clients for the tests, which play Terraform.
//!
//! Also tells the binaries what they are built from, in `MSS_BUILD`: the commit, where it is known, and
//! the target.

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

const DEFINITIONS: [&str; 3] = ["tfplugin6.proto", "plugin.proto", "health.proto"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=proto");
    let parts = [commit(), variable("TARGET")].into_iter().flatten().collect::<Vec<_>>();
    println!("cargo::rustc-env=MSS_BUILD={}", parts.join(", "));

    let out = PathBuf::from(variable("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    let clients = out.join("client");
    fs::create_dir_all(&clients)?;

    let mut compiler = protox::Compiler::new(["proto"])?;
    compiler.include_imports(true).include_source_info(true);
    compiler.open_files(DEFINITIONS)?;

    fs::write(out.join("descriptors.bin"), compiler.encode_file_descriptor_set())?;
    tonic_prost_build::configure()
        .build_client(false)
        .out_dir(&out)
        .compile_fds(compiler.file_descriptor_set())?;
    tonic_prost_build::configure()
        .build_server(false)
        .build_transport(false)
        .out_dir(&clients)
        .compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}

/// The commit that is built, as `commit 0123456789ab`: the one in `MSS_COMMIT`, else the one that git
/// knows. A debug build does not ask git, since it would then be compiled again after each commit.
fn commit() -> Option<String> {
    println!("cargo::rerun-if-env-changed=MSS_COMMIT");
    if let Some(given) = variable("MSS_COMMIT").filter(|given| !given.is_empty()) {
        return Some(format!("commit {given}"));
    }
    if variable("PROFILE").as_deref() != Some("release") {
        return None;
    }
    // A copy inside another project's repository is not that project's commit.
    let top = fs::canonicalize(git(&["rev-parse", "--show-toplevel"])?).ok()?;
    if top != fs::canonicalize(variable("CARGO_MANIFEST_DIR")?).ok()? {
        return None;
    }
    let branch = git(&["symbolic-ref", "-q", "HEAD"]).unwrap_or_default();
    let kept_in = ["HEAD", "packed-refs", &branch].map(|name| git(&["rev-parse", "--git-path", name]));
    for path in kept_in.into_iter().flatten().filter(|path| Path::new(path).is_file()) {
        println!("cargo::rerun-if-changed={path}");
    }
    for source in ["Cargo.toml", "Cargo.lock", "src"] {
        println!("cargo::rerun-if-changed={source}");
    }
    // Cut here: how git shortens a commit depends on what else the repository holds.
    let commit = git(&["rev-parse", "HEAD"])?.get(..12)?.to_owned();
    let changes = git(&["--no-optional-locks", "status", "--porcelain", "--untracked-files=no"])?;
    Some(format!("commit {commit}{}", if changes.is_empty() { "" } else { ", modified" }))
}

/// What git prints; nothing if it fails or is not there.
fn git(arguments: &[&str]) -> Option<String> {
    let run = Command::new("git").args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let printed = String::from_utf8(run.stdout).ok()?;
    run.status.success().then(|| printed.trim().to_owned())
}

#[expect(clippy::disallowed_methods, reason = "cargo speaks to a build script through its environment")]
fn variable(name: &str) -> Option<String> {
    env::var(name).ok()
}
