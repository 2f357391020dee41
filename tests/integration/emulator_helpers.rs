//! What other projects copy and install: the helpers in `examples/emulator/`, each run with its own
//! language, and the Python wheel.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use terraform_provider_mss::emulator::Seed;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const EMULATOR: &str = env!("CARGO_BIN_EXE_mss-emulator");

/// A copy of a helper's folder, as someone would take it into an empty project.
fn copied(language: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(Path::new(ROOT).join("examples/emulator").join(language)).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
    }
    folder
}

/// Runs a program in a folder; `None`, and said so, if the machine has none of that name.
fn run(folder: &Path, program: &str, arguments: &[&str]) -> Option<Output> {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).env("MSS_EMULATOR", EMULATOR).stdin(Stdio::null());
    match command.output() {
        Ok(output) => Some(output),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("left out: there is no {program} on this machine");
            None
        }
        Err(error) => panic!("{program}: {error}"),
    }
}

#[track_caller]
fn expect_success(output: &Output, says: &str) {
    let told =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && told.contains(says), "{told}");
}

#[test]
fn the_seed_of_the_guide_is_one() {
    Seed::read(&Path::new(ROOT).join("examples/emulator/seed.json")).unwrap();
}

#[test]
fn go() {
    let folder = copied("go");
    if run(folder.path(), "go", &["mod", "init", "example.com/mssemulator"]).is_some() {
        let tested = run(folder.path(), "go", &["test", "-count=1", "-v", "./..."]).unwrap();
        expect_success(&tested, "--- PASS: TestAnother");
    }
}

/// pytest runs the fixture; it is fetched once, as the SDKs are.
#[test]
fn python() {
    let packages: PathBuf = crate::official_sdks::packages();
    let folder = copied("python");
    let output = Command::new("python3")
        .args(["-m", "pytest", "-q", "-p", "no:cacheprovider"])
        .current_dir(folder.path())
        .env("MSS_EMULATOR", EMULATOR)
        .env("PYTHONPATH", packages)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap();
    expect_success(&output, "2 passed");
}

#[test]
fn node() {
    let folder = copied("node");
    if let Some(tested) = run(folder.path(), "node", &["--test", "emulator.test.mjs"]) {
        expect_success(&tested, "pass 2");
    }
}

#[test]
fn rust() {
    let folder = copied("rust");
    let built =
        run(folder.path(), "rustc", &["--edition=2021", "--test", "-Dwarnings", "emulator.rs"]).unwrap();
    expect_success(&built, "");
    let tested = run(folder.path(), "./emulator", &[]).unwrap();
    expect_success(&tested, "2 passed");
}

/// The wheel is a file that `pip install` takes without a network, and gives the command.
#[test]
fn python_wheel() {
    let folder = tempfile::tempdir().unwrap();
    // Any program will do; a small one keeps the test short.
    let binary = folder.path().join("program");
    fs::write(&binary, "#!/bin/sh\necho it ran \"$@\"\n").unwrap();
    let wheel = |out: &str| {
        let script = Path::new(ROOT).join("release/wheel.py");
        let arguments =
            [script.to_str().unwrap(), "--platform", "linux_amd64", "--binary", "program", "--out", out];
        let made = run(folder.path(), "python3", &arguments).unwrap();
        expect_success(&made, ".whl");
        PathBuf::from(String::from_utf8(made.stdout).unwrap().trim())
    };
    let (first, second) = (wheel("a"), wheel("b"));
    let read = |path: &Path| fs::read(folder.path().join(path)).unwrap();
    assert!(read(&first) == read(&second), "the same binary gives the same bytes");
    assert!(first.to_str().unwrap().contains("-py3-none-manylinux_2_17_x86_64."), "{first:?}");
    let packages = crate::official_sdks::packages();
    let install = format!(
        "PYTHONPATH={} python3 -m pip install --quiet --no-index --no-deps --target=installed {}",
        packages.display(),
        first.display()
    );
    let installed = run(folder.path(), "sh", &["-c", &install]).unwrap();
    expect_success(&installed, "");
    let ran = run(folder.path(), "./installed/bin/mss-emulator", &["--version"]).unwrap();
    expect_success(&ran, "it ran --version");
}
