//! What of others runs while the provider is built: the build scripts of its dependencies, on any platform.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use serde_json::Value as Json;

/// What each does; all were read. None fetches anything or starts a program but those named here.
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
            "tiny-keccak",
            "wasm-bindgen",
        ],
    ),
    ("tells cargo its version, which one asks git for", &["prettyplease", "wasm-bindgen-shared"]),
    ("writes tables into its output folder", &["bigdecimal", "crunchy", "oid-registry", "pulldown-cmark"]),
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

/// What cargo knows of the dependencies that the lock file names.
fn metadata() -> Json {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let arguments = ["metadata", "--format-version=1", "--locked", "--manifest-path", manifest];
    let run = Command::new(env!("CARGO")).args(arguments).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    serde_json::from_slice(&run.stdout).unwrap()
}

#[test]
fn every_build_script_was_read() {
    let metadata = metadata();
    let has_script = |package: &&Json| {
        let mut targets = package["targets"].as_array().unwrap().iter();
        targets.any(|target| target["kind"].as_array().unwrap().contains(&"custom-build".into()))
    };
    let packages = metadata["packages"].as_array().unwrap().iter();
    let others = packages.filter(|package| !package["source"].is_null());
    let found: BTreeSet<_> =
        others.filter(has_script).map(|package| package["name"].as_str().unwrap()).collect();
    let read: BTreeSet<_> = BUILD_SCRIPTS.iter().flat_map(|(_, names)| *names).copied().collect();
    assert_eq!(found, read, "left: in the lock file, right: read");
}

#[test]
fn every_dependency_comes_from_one_registry() {
    let mut sources = BTreeMap::<String, usize>::new();
    for package in metadata()["packages"].as_array().unwrap() {
        *sources.entry(package["source"].as_str().unwrap_or("here").to_owned()).or_default() += 1;
    }
    let names: Vec<_> = sources.keys().map(String::as_str).collect();
    assert_eq!(names, ["here", "registry+https://github.com/rust-lang/crates.io-index"]);
    assert_eq!(sources["here"], 1, "nothing but the provider itself lies beside it");
}
