//! The workflows in `.github/`, read as GitHub reads them: what they may do, what they call, and for which
//! platforms they build.

use std::{collections::BTreeSet, fs, path::Path};

use saphyr::{LoadableYamlNode, YamlOwned as Yaml};
use serde_json::Value as Json;

use crate::release::release;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

struct Workflow {
    name: String,
    text: String,
    yaml: Yaml,
}

impl Workflow {
    fn read(name: &str) -> Self {
        let text = fs::read_to_string(Path::new(ROOT).join(".github/workflows").join(name)).unwrap();
        let mut documents = Yaml::load_from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(documents.len(), 1, "{name}");
        Self { name: name.to_owned(), yaml: documents.remove(0), text }
    }

    fn all() -> Vec<Self> {
        let folder = fs::read_dir(Path::new(ROOT).join(".github/workflows")).unwrap();
        let all: Vec<_> =
            folder.map(|entry| Self::read(entry.unwrap().file_name().to_str().unwrap())).collect();
        assert!(all.len() >= 2);
        all
    }

    /// The jobs by name.
    fn jobs(&self) -> Vec<(&str, &Yaml)> {
        let jobs = self.yaml["jobs"].as_mapping().unwrap();
        jobs.iter().map(|(name, job)| (name.as_str().unwrap(), job)).collect()
    }

    /// The steps of its own jobs; one that calls another workflow has none.
    fn steps(&self) -> Vec<&Yaml> {
        let own: Vec<_> = self.jobs().into_iter().filter(|(_, job)| !calls_workflow(job)).collect();
        own.iter().flat_map(|(_, job)| job["steps"].as_sequence().unwrap()).collect()
    }

    /// Each line of each script.
    fn commands(&self) -> Vec<&str> {
        let scripts = self.steps().into_iter().filter_map(|step| step.as_mapping_get("run"));
        scripts.flat_map(|script| script.as_str().unwrap().lines()).collect()
    }

    /// The toolchain of the workflow.
    fn toolchain(&self) -> &str {
        self.yaml["env"]["RUSTUP_TOOLCHAIN"].as_str().unwrap()
    }
}

fn calls_workflow(job: &Yaml) -> bool {
    job.contains_mapping_key("uses")
}

/// A job may do nothing that it does not say, and ends.
#[test]
fn rights_and_limits_are_declared() {
    for workflow in Workflow::all() {
        let Workflow { name, yaml, .. } = &workflow;
        assert!(yaml.contains_mapping_key("permissions"), "{name}");
        assert!(yaml.contains_mapping_key("concurrency"), "{name}");
        for (job_name, job) in workflow.jobs() {
            let ends = calls_workflow(job)
                || job["timeout-minutes"].as_integer().is_some_and(|minutes| minutes <= 90);
            assert!(ends, "{name}: {job_name}");
            let mut rights = vec![&yaml["permissions"]];
            rights.extend(job.as_mapping_get("permissions"));
            let may_write =
                rights.iter().flat_map(|rights| rights.as_mapping().unwrap()).any(|(_, right)| {
                    assert!(["read", "write"].contains(&right.as_str().unwrap()));
                    right.as_str() == Some("write")
                });
            assert_eq!(
                may_write,
                (name.as_str(), job_name) == ("release.yml", "publish"),
                "{name}: {job_name}"
            );
        }
    }
}

/// Whoever opens a pull request reaches neither a secret nor code that runs with more rights.
#[test]
fn pull_requests_have_no_secrets() {
    for Workflow { name, text, yaml, .. } in Workflow::all() {
        let events: Vec<_> =
            yaml["on"].as_mapping().unwrap().keys().map(|event| event.as_str().unwrap()).collect();
        assert!(!events.contains(&"pull_request_target"), "{name}");
        assert_eq!(events.contains(&"pull_request"), name == "ci.yml", "{name}: {events:?}");
        assert_eq!(text.contains("secrets."), name == "release.yml", "{name}");
    }
}

/// By commit, with the version beside it; the same one everywhere.
#[test]
fn actions_are_pinned() {
    let mut pinned = BTreeSet::new();
    for workflow in Workflow::all() {
        // Of the same commit.
        let own = "uses: ./.github/workflows/ci.yml";
        let lines = workflow.text.lines().filter(|line| line.trim() != own);
        let lines: Vec<_> = lines.filter_map(|line| line.split_once("uses: ")).collect();
        assert_eq!(
            lines.len(),
            workflow.steps().iter().filter(|step| step.contains_mapping_key("uses")).count()
        );
        for (_, line) in lines {
            let (action, version) = line.split_once(" # v").unwrap_or_else(|| panic!("{line}: no version"));
            let (action, commit) = action.split_once('@').unwrap();
            let is_commit = commit.len() == 40 && commit.chars().all(|c| c.is_ascii_hexdigit());
            assert!(is_commit && version.split('.').count() == 3, "{}: {line}", workflow.name);
            // GitHub's own, and nobody else's.
            assert!(action.starts_with("actions/"), "{}: {line}", workflow.name);
            pinned.insert((action.to_owned(), commit.to_owned()));
        }
    }
    let actions: BTreeSet<_> = pinned.iter().map(|(action, _)| action).collect();
    assert_eq!(actions.len(), pinned.len(), "two versions of one action: {pinned:?}");
}

/// A script gets what a person could have chosen, such as the name of a branch, through its environment.
#[test]
fn nothing_is_pasted_into_scripts() {
    for workflow in Workflow::all() {
        for command in workflow.commands() {
            assert!(!command.contains("${{"), "{}: {command}", workflow.name);
        }
    }
}

/// What is called exists: the sub-command of `release.py` with each of its options, or the file.
#[test]
fn calls_exist() {
    let mut called = BTreeSet::new();
    for workflow in Workflow::all() {
        for command in workflow.commands() {
            let Some((_, call)) = command.split_once("release/release.py ") else { continue };
            let mut words = call.split_whitespace();
            let subcommand = words.next().unwrap();
            let help = release(&[subcommand, "--help"]);
            for option in words.filter(|word| word.starts_with("--")) {
                assert!(help.split([' ', ',', '\n', '[', ']']).any(|word| word == option), "{command}");
            }
            called.insert(subcommand.to_owned());
        }
    }
    assert_eq!(called.into_iter().collect::<Vec<_>>(), ["build", "notes", "sums", "toolchain"]);
    let ci = Workflow::read("ci.yml");
    assert!(ci.commands().contains(&".ci/run") && Path::new(ROOT).join(".ci/run").is_file());
}

/// The six platforms of `release.py`, each with a target that it knows, on a machine of its kind.
#[test]
fn every_platform_is_built() {
    let workflow = Workflow::read("release.yml");
    let matrix = &workflow.yaml["jobs"]["build"]["strategy"]["matrix"]["include"];
    let script = "import json, release; print(json.dumps(release.PLATFORMS))";
    let run = std::process::Command::new("python3")
        .args(["-c", script])
        .current_dir(Path::new(ROOT).join("release"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap();
    let mut platforms: serde_json::Map<String, Json> = serde_json::from_slice(&run.stdout).unwrap();
    for entry in matrix.as_sequence().unwrap() {
        let [platform, runner, target] =
            ["platform", "runner", "target"].map(|key| entry[key].as_str().unwrap());
        let targets = platforms.remove(platform).unwrap_or_else(|| panic!("{platform}, twice or unknown"));
        // The first choice: on Linux the static one.
        assert_eq!(targets[0], target, "{platform}");
        let (system, machine) = platform.split_once('_').unwrap();
        let family = match system {
            "linux" => "ubuntu-",
            "darwin" => "macos-",
            _ => "windows-",
        };
        assert!(runner.starts_with(family), "{platform}: {runner}");
        let is_arm = runner.ends_with("-arm") || system == "darwin" && !runner.ends_with("-intel");
        assert_eq!(is_arm, machine == "arm64", "{platform}: {runner}");
    }
    assert!(platforms.is_empty(), "not built: {platforms:?}");
}

/// Nothing is published that has not passed all that a change must pass.
#[test]
fn tests_come_before_publishing() {
    let release = Workflow::read("release.yml");
    let jobs = &release.yaml["jobs"];
    assert_eq!(jobs["tests"]["uses"].as_str(), Some("./.github/workflows/ci.yml"));
    let needed: Vec<_> =
        jobs["publish"]["needs"].as_sequence().unwrap().iter().map(|job| job.as_str().unwrap()).collect();
    assert_eq!(needed, ["tests", "build"]);
    let ci = Workflow::read("ci.yml");
    assert!(ci.yaml["on"].contains_mapping_key("workflow_call"));
    assert!(ci.jobs().iter().all(|(_, job)| !job.contains_mapping_key("if")), "a job may be left out");
}

/// The compiler's hashes are known for each machine that compiles, and compared before it does.
#[test]
fn the_compiler_is_pinned() {
    let release = Workflow::read("release.yml");
    let text = fs::read_to_string(Path::new(ROOT).join("release/toolchain.sha256")).unwrap();
    let pinned: BTreeSet<_> = text.lines().map(|line| line.split_once("  ").unwrap().1).collect();
    let toolchain = release.toolchain();
    let matrix = &release.yaml["jobs"]["build"]["strategy"]["matrix"]["include"];
    for entry in matrix.as_sequence().unwrap() {
        let target = entry["target"].as_str().unwrap();
        let host = target.replace("-musl", "-gnu");
        for (package, on) in
            [("rustc", &*host), ("cargo", &*host), ("rust-std", &*host), ("rust-std", target)]
        {
            let file = format!("{package}-{toolchain}-{on}.tar.xz");
            assert!(pinned.contains(&*file), "{file}");
        }
    }
    let commands = release.commands();
    let place = |part: &str| commands.iter().position(|command| command.contains(part)).unwrap();
    assert!(place("release.py toolchain") < place("release.py build"));
}

/// The oldest Rust that is promised is compiled with; else one toolchain, so that what passed is released.
#[test]
fn toolchains() {
    let (ci, release) = (Workflow::read("ci.yml"), Workflow::read("release.yml"));
    assert_eq!(ci.toolchain(), release.toolchain());
    let oldest = ci.yaml["jobs"]["oldest-rust"]["env"]["RUSTUP_TOOLCHAIN"].as_str().unwrap();
    assert_eq!(oldest, format!("{}.0", env!("CARGO_PKG_RUST_VERSION")));
}
