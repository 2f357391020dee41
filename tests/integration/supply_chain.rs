//! What the provider is made of, read off `Cargo.lock` and the bill of materials, without network: what
//! `deny.toml` says of licences, banned crates and sources, and the oldest Rust that `Cargo.toml` promises.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use serde_json::Value as Json;

use crate::release::bill_of_materials;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

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

/// Of what is compiled into the binary of this machine; `cargo deny` looks at the other platforms.
#[test]
fn every_licence_is_allowed() {
    let allowed: BTreeSet<_> = toml("deny.toml")["licenses"]["allow"]
        .as_array()
        .unwrap()
        .iter()
        .map(|licence| licence.as_str().unwrap().to_owned())
        .collect();
    let bill = bill_of_materials();
    let components = bill["components"].as_array().unwrap();
    assert!(components.len() > 100, "{}", components.len());
    for component in components {
        let licence = component["licenses"][0]["expression"].as_str();
        let licence = licence.unwrap_or_else(|| panic!("{} has no licence", component["name"]));
        assert!(is_met(licence, &|name| allowed.contains(name)), "{}: {licence}", component["name"]);
    }
}

/// `rust-version` is the newest that a crate asks for, neither less nor more.
#[test]
fn the_oldest_rust_is_that_of_the_crates() {
    let arguments = ["metadata", "--locked", "--offline", "--format-version", "1", "--filter-platform"];
    let host = host();
    let run = Command::new(env!("CARGO")).args(arguments).arg(host).current_dir(ROOT).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let metadata: Json = serde_json::from_slice(&run.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter();
    let newest = packages
        .filter(|package| package["name"] != env!("CARGO_PKG_NAME"))
        .filter_map(|package| Some((release_of(package["rust_version"].as_str()?), &package["name"])))
        .max_by_key(|(release, _)| *release)
        .unwrap();
    assert_eq!(release_of(env!("CARGO_PKG_RUST_VERSION")), newest.0, "{} asks for it", newest.1);
}

/// A line that says why stands above each dependency.
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

/// Whether an SPDX expression can be met with licences that are allowed. An exception (`WITH`) only adds to
/// what a licence permits.
fn is_met(expression: &str, allowed: &dyn Fn(&str) -> bool) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    let met = any(&mut words, allowed);
    assert_eq!(words.next(), None, "{expression}");
    met
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any(words: &mut Words<'_>, allowed: &dyn Fn(&str) -> bool) -> bool {
    let mut met = all(words, allowed);
    while words.next_if_eq(&"OR").is_some() {
        met |= all(words, allowed);
    }
    met
}

fn all(words: &mut Words<'_>, allowed: &dyn Fn(&str) -> bool) -> bool {
    let mut met = one(words, allowed);
    while words.next_if_eq(&"AND").is_some() {
        met &= one(words, allowed);
    }
    met
}

fn one(words: &mut Words<'_>, allowed: &dyn Fn(&str) -> bool) -> bool {
    let word = words.next().expect("a licence");
    let met = if word == "(" {
        let met = any(words, allowed);
        assert_eq!(words.next(), Some(")"));
        met
    } else {
        allowed(word)
    };
    if words.next_if_eq(&"WITH").is_some() {
        words.next().expect("an exception");
    }
    met
}

#[test]
fn licence_expressions() {
    let allowed = |name: &str| ["MIT", "ISC"].contains(&name);
    for (expression, expected) in [
        ("MIT", true),
        ("GPL-3.0-only", false),
        ("GPL-3.0-only OR MIT", true),
        ("GPL-3.0-only AND MIT", false),
        ("GPL-3.0-only OR MIT AND ISC", true),
        ("(GPL-3.0-only OR MIT) AND Zlib", false),
        ("(GPL-3.0-only OR MIT) AND ISC", true),
        ("MIT WITH LLVM-exception AND ISC", true),
    ] {
        assert_eq!(is_met(expression, &allowed), expected, "{expression}");
    }
}
