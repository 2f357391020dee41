//! Every diagnostic of the provider, in one snapshot.
//!
//! Each file that makes diagnostics has a function `samples` in its tests. What they make here is compared with the
//! source: a call of a constructor that no sample goes through fails the test.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use crate::{
    framework::{
        self,
        diagnostics::{
            Diagnostic, Samples, Severity,
            sites::{self, Site},
        },
    },
    protocol, provider,
};

/// All samples, and where in the source they were made.
async fn samples() -> (Samples, BTreeSet<Site>) {
    sites::take();
    let of_protocol = protocol::samples().await;
    let of_provider = provider::tests::samples().await;
    ([of_protocol, framework::samples(), of_provider].concat(), sites::take())
}

fn show((name, found): &(&str, Diagnostic)) -> String {
    let severity = match found.severity {
        Severity::Error => "Error",
        Severity::Warning => "Warning",
    };
    let path = found.path.as_ref().map(|path| format!("\nat {path}")).unwrap_or_default();
    format!("## {name}\n{severity}: {}{path}\n\n{}\n", found.summary, found.detail)
}

#[tokio::test]
async fn texts() {
    let all: Vec<_> = samples().await.0.iter().map(show).collect();
    insta::with_settings!({ snapshot_path => "../tests/snapshots", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("diagnostics", all.join("\n"));
    });
}

#[tokio::test]
async fn every_constructor_is_in_the_snapshot() {
    let (_, made) = samples().await;
    let calls = constructor_calls(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    assert!(calls.len() > 100, "calls of constructors are seen: {}", calls.len());
    let missing: Vec<_> = calls.difference(&made).map(|(file, line)| format!("{file}:{line}")).collect();
    assert!(missing.is_empty(), "no sample is made at: {missing:#?}");
}

/// Terraform wraps lines that begin with a letter, and prints the others as they are.
#[tokio::test]
async fn lines_that_terraform_does_not_wrap_fit_a_terminal() {
    for (name, found) in samples().await.0 {
        for line in found.detail.lines().filter(|line| line.starts_with(' ')) {
            let is_one_word = !line.trim().contains(' ');
            let fits = line.chars().count() <= provider::DETAIL_WIDTH;
            assert!(fits || is_one_word || is_command(line.trim()), "{name}: {line}");
        }
    }
}

/// A command that Terraform would wrap cannot be pasted.
#[tokio::test]
async fn commands_to_paste_have_a_line_of_their_own() {
    for (name, found) in samples().await.0 {
        for line in found.detail.lines().filter(|line| !line.starts_with(' ')) {
            for quoted in line.split('`').skip(1).step_by(2).filter(|quoted| is_command(quoted)) {
                let words = quoted.split(' ').count();
                assert!(words <= 2, "{name}: `{quoted}` can be wrapped");
            }
        }
    }
}

fn is_command(text: &str) -> bool {
    ["terraform ", "tofu ", "aliyun "].iter().any(|program| text.starts_with(program))
}

#[tokio::test]
async fn no_list_is_empty() {
    for (name, found) in samples().await.0 {
        for nothing in ["()", "only .", "only ,", ": .", "\"\"", "``"] {
            assert!(!found.detail.contains(nothing), "{name}: {nothing:?} in {}", found.detail);
        }
    }
}

#[tokio::test]
async fn summaries_are_short_titles_without_names() {
    for (name, found) in samples().await.0 {
        let summary = &found.summary;
        assert!(summary.split(' ').count() < 10, "{name}: {summary}");
        assert!(!summary.ends_with('.') && !summary.contains("Aliyun"), "{name}: {summary}");
    }
}

/// Where the source calls a constructor outside of tests.
fn constructor_calls(source: &Path) -> BTreeSet<Site> {
    let mut calls = BTreeSet::new();
    for file in rust_files(source) {
        let name =
            file.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().to_string_lossy().replace('\\', "/");
        // The two constructors there note the line of their caller.
        let is_here = name == file!().replace('\\', "/");
        if !is_here && name != "src/provider/diagnostics.rs" {
            let text = fs::read_to_string(&file).unwrap();
            calls.extend(lines_that_call(&text).into_iter().map(|line| (name.clone(), line)));
        }
    }
    calls
}

fn lines_that_call(text: &str) -> Vec<u32> {
    let own = text.split("#[cfg(test)]\n").next().unwrap_or_default();
    let is_call = |line: &str| {
        let line = line.trim_start();
        CONSTRUCTORS.iter().any(|name| line.contains(name))
            && !line.starts_with("//")
            && !line.contains("fn ")
    };
    let numbered = own.lines().zip(1..).filter(|(line, _)| is_call(line));
    numbered.map(|(_, number)| number).collect()
}

const CONSTRUCTORS: [&str; 4] =
    ["Diagnostic::error(", "Diagnostic::warning(", "cloud_error(", "cloud_warning("];

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let here = files.into_iter().filter(|file| file.extension().is_some_and(|kind| kind == "rs"));
    here.chain(folders.iter().flat_map(|folder| rust_files(folder))).collect()
}

#[test]
fn calls_are_seen_and_tests_are_not() {
    let mut text = String::new();
    for line in [
        "fn f() {",
        "    Some(Diagnostic::error(",
        "// Diagnostic::error(",
        "    cloud_warning(S, w, e)",
        "}",
    ] {
        writeln!(text, "{line}").unwrap();
    }
    text += "#[cfg(test)]\nmod tests { fn g() { Diagnostic::error(\"\", \"\"); } }\n";
    assert_eq!(lines_that_call(&text), [2, 4]);
}
