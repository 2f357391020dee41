//! What is released: packed from the binary just built by the code that packs releases, and installed by a
//! real Terraform.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value as Json;
use tempfile::TempDir;

use crate::support::{
    cloud::Cloud,
    terraform::Terraform,
    workspace::{REGISTRIES, Workspace},
};

const VERSION: &str = env!("CARGO_PKG_VERSION");
const PROVIDER: &str = env!("CARGO_BIN_EXE_terraform-provider-mss");
const EMULATOR: &str = env!("CARGO_BIN_EXE_mss-emulator");

/// Runs `release.py`; answers what it printed.
pub fn release(arguments: &[&str]) -> String {
    let told = try_release(Path::new(env!("CARGO_MANIFEST_DIR")), arguments);
    told.unwrap_or_else(|problem| panic!("{arguments:?}: {problem}"))
}

/// The same in a copy of the project; answers what it printed, or what it complained of.
fn try_release(root: &Path, arguments: &[&str]) -> Result<String, String> {
    let run = Command::new("python3").arg(root.join("release/release.py")).args(arguments).output().unwrap();
    let told = if run.status.success() { &run.stdout } else { &run.stderr };
    let told = String::from_utf8(told.clone()).unwrap();
    if run.status.success() { Ok(told) } else { Err(told) }
}

/// The artefacts of this machine, made of the debug binary.
struct Released {
    folder: TempDir,
}

impl Released {
    fn make() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("dist");
        let out = out.to_str().unwrap();
        release(&["pack", "--binary", PROVIDER, "--emulator", EMULATOR, "--out", out]);
        release(&["sbom", "--out", out]);
        release(&["sums", "--out", out]);
        release(&["mirror", "--from", out, folder.path().join("mirror").to_str().unwrap()]);
        Self { folder }
    }

    fn mirror(&self) -> PathBuf {
        self.folder.path().join("mirror")
    }

    /// A file of the provider in the mirror, under each registry.
    #[cfg(target_os = "linux")]
    fn mirrored(&self, name: &str) -> [PathBuf; 2] {
        REGISTRIES.map(|registry| self.mirror().join(registry).join("mss-iac/mss").join(name))
    }

    /// The files by name.
    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let entries = fs::read_dir(self.folder.path().join("dist")).unwrap();
        let named =
            |entry: fs::DirEntry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap());
        entries.map(|entry| named(entry.unwrap())).collect()
    }

    /// The provider's one file with an ending.
    fn file(&self, ending: &str) -> (String, Vec<u8>) {
        let is_it = |name: &str| name.starts_with("terraform-provider-mss_") && name.ends_with(ending);
        self.files().into_iter().find(|(name, _)| is_it(name)).unwrap()
    }
}

#[test]
fn artefacts_are_complete_and_the_same_each_time() {
    let released = Released::make();
    let files = released.files();
    let names: Vec<_> = files.keys().map(String::as_str).collect();
    assert_eq!(names.len(), 7, "{names:?}");
    let begins =
        ["terraform-provider-mss_", "mss-emulator_", "mss_emulator-"].map(|of| format!("{of}{VERSION}"));
    assert!(names.iter().all(|name| begins.iter().any(|begin| name.starts_with(begin))), "{names:?}");
    assert_eq!(Released::make().files(), files);

    for (zip, program) in [
        ("terraform-provider-mss_", format!("terraform-provider-mss_v{VERSION}")),
        ("mss-emulator_", "mss-emulator".to_owned()),
    ] {
        let zip = names.iter().find(|name| name.starts_with(zip) && name.ends_with(".zip")).unwrap();
        let listing = "import sys, zipfile\nfor entry in zipfile.ZipFile(sys.argv[1]).infolist():\n    \
                       print(entry.filename, oct(entry.external_attr >> 16), entry.compress_type)";
        let zip = released.folder.path().join("dist").join(zip);
        let listed = Command::new("python3").args(["-c", listing]).arg(zip).output().unwrap();
        // Not compressed: what that makes depends on the machine's library.
        let expected = format!("LICENSE 0o100644 0\n{program} 0o100755 0\n");
        assert_eq!(String::from_utf8(listed.stdout).unwrap(), expected);
    }
}

#[test]
fn checksums_and_manifest() {
    let released = Released::make();
    let (_, manifest) = released.file("_manifest.json");
    let manifest: Json = serde_json::from_slice(&manifest).unwrap();
    assert_eq!(manifest["metadata"]["protocol_versions"], serde_json::json!(["6.0"]));

    let (_, sums) = released.file("_SHA256SUMS");
    let sums = String::from_utf8(sums).unwrap();
    let listed: BTreeMap<_, _> = sums
        .lines()
        .map(|line| line.split_once("  ").unwrap())
        .map(|(sum, name)| (name.to_owned(), sum.to_owned()))
        .collect();
    let computed: BTreeMap<_, _> = released
        .files()
        .into_iter()
        .filter(|(name, _)| !name.ends_with("_SHA256SUMS"))
        .map(|(name, bytes)| (name, terraform_provider_mss::cloud::signature::sha256_hex(&bytes)))
        .collect();
    assert_eq!(listed, computed);
}

/// A signature would vouch for whatever the checksums name.
#[test]
fn checksums_name_what_was_built_and_nothing_else() {
    let released = Released::make();
    let out = released.folder.path().join("dist");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for other in [format!("terraform-provider-mss_{VERSION}_linux_mips.zip"), "evil.zip".to_owned()] {
        fs::write(out.join(&other), "").unwrap();
        let refused = try_release(root, &["sums", "--out", out.to_str().unwrap()]).unwrap_err();
        assert!(refused.contains(&format!("not of this release: {other}")), "{refused}");
        fs::remove_file(out.join(other)).unwrap();
    }
    let with_ending = |name: &String| name.ends_with(".whl") || name.ends_with(".cdx.json");
    for name in released.files().into_keys().filter(with_ending) {
        let file = out.join(&name);
        let bytes = fs::read(&file).unwrap();
        fs::remove_file(&file).unwrap();
        let refused = try_release(root, &["sums", "--out", out.to_str().unwrap()]).unwrap_err();
        assert!(refused.contains(&format!("missing: {name}")), "{refused}");
        fs::write(file, bytes).unwrap();
    }
}

/// A commit of what `release.py` reads, with a `cargo` that compiles nothing and tells its environment.
struct Checkout {
    folder: TempDir,
}

impl Checkout {
    fn make() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let checkout = Self { folder };
        let source = Path::new(env!("CARGO_MANIFEST_DIR"));
        for file in
            ["release/release.py", "release/wheel.py", "release/toolchain.sha256", "Cargo.toml", ".gitignore"]
        {
            checkout.write(file, &fs::read_to_string(source.join(file)).unwrap());
        }
        let cargo = checkout.folder.path().join("bin/cargo");
        fs::create_dir(cargo.parent().unwrap()).unwrap();
        fs::write(&cargo, format!("#!/bin/sh\nenv > {}\nexit 1\n", checkout.told().display())).unwrap();
        checkout.run("chmod", &["+x", cargo.to_str().unwrap()]);
        for arguments in [&["init", "--quiet"][..], &["add", "."], &["commit", "--quiet", "-m", "x"]] {
            let identity = ["-c", "user.name=x", "-c", "user.email=x@example.com"];
            checkout.run("git", &[&identity[..], arguments].concat());
        }
        checkout
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("above/project")
    }

    fn told(&self) -> PathBuf {
        self.folder.path().join("environment")
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.root().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let run = Command::new(program).args(arguments).current_dir(self.root()).output().unwrap();
        assert!(run.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&run.stderr));
    }

    /// Builds; answers what was complained of, and the environment that cargo got, if it was started.
    fn build(&self, variables: &[(&str, &str)]) -> (String, Option<String>) {
        let mut path = vec![self.folder.path().join("bin")];
        path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
        let run = Command::new("python3")
            .arg(self.root().join("release/release.py"))
            .arg("build")
            .env("PATH", std::env::join_paths(path).unwrap())
            .env("CARGO_HOME", self.folder.path().join("cargo"))
            .env_remove("CARGO_TARGET_DIR")
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        (String::from_utf8_lossy(&run.stderr).into_owned(), fs::read_to_string(self.told()).ok())
    }

    #[track_caller]
    fn refuses(&self, name: &str) {
        let (told, compiled) = self.build(&[]);
        assert!(told.contains(name) && compiled.is_none(), "{name}: {told}");
    }
}

#[test]
fn only_the_commit_is_built() {
    let wrapper = "[build]\nrustc-wrapper = \"evil\"\n";
    let untracked = Checkout::make();
    untracked.write(".cargo/config.toml", wrapper);
    untracked.refuses(".cargo/config.toml");

    let ignored = Checkout::make();
    ignored.write(".git/info/exclude", ".cargo\n");
    ignored.write(".cargo/config.toml", wrapper);
    ignored.refuses(".cargo/");

    let hidden = Checkout::make();
    hidden.run("git", &["update-index", "--assume-unchanged", "Cargo.toml"]);
    hidden.refuses("h Cargo.toml");

    for (above, name) in
        [("../.cargo/config.toml", "above/.cargo/config.toml"), ("../../cargo/config", "config: build")]
    {
        let around = Checkout::make();
        around.write(above, wrapper);
        around.refuses(name);
    }

    let bare = Checkout::make();
    fs::remove_dir_all(bare.root().join(".git")).unwrap();
    bare.refuses("not a git checkout");
}

#[test]
fn the_compiler_gets_no_variable_that_is_not_listed() {
    let checkout = Checkout::make();
    // What it may have: where crates come from, and what an earlier build has left.
    checkout.write("../../cargo/config.toml", "[source.crates-io]\nreplace-with = \"mirror\"\n");
    checkout.write("target/x", "");
    checkout.write("dist/terraform-provider-mss_0.0.0_linux_amd64.zip", "");
    let given = [
        ("RUSTC_WRAPPER", "evil"),
        ("CARGO_BUILD_RUSTC_WRAPPER", "evil"),
        ("RUSTC", "evil"),
        ("RUSTFLAGS", "-Cevil"),
        ("CFLAGS", "-Devil"),
        ("CC", "evil"),
        ("CARGO_PROFILE_RELEASE_DEBUG", "evil"),
        ("LD_PRELOAD_EVIL", "evil"),
    ];
    let (told, compiled) = checkout.build(&given);
    let compiled = compiled.unwrap_or_else(|| panic!("{told}"));
    assert!(!compiled.contains("evil"), "{compiled}");
    assert!(
        compiled.contains("CARGO_ENCODED_RUSTFLAGS=--remap-path-prefix") && compiled.contains("CARGO_HOME=")
    );
    assert!(!checkout.root().join("dist/terraform-provider-mss_0.0.0_linux_amd64.zip").exists());
}

#[test]
fn another_compiler_than_the_pinned_one_is_refused() {
    let rustc = Command::new("rustc").args(["--print", "sysroot"]).output().unwrap();
    let sysroot = String::from_utf8(rustc.stdout).unwrap();
    if !Path::new(sysroot.trim()).join("lib/rustlib/multirust-channel-manifest.toml").exists() {
        eprintln!("left out: this Rust was not installed by rustup");
        return;
    }
    let checkout = Checkout::make();
    let pins = fs::read_to_string(checkout.root().join("release/toolchain.sha256")).unwrap();
    let other: String = pins.lines().map(|line| format!("{}{}\n", "0".repeat(64), &line[64..])).collect();
    checkout.write("release/toolchain.sha256", &other);
    let refused = try_release(&checkout.root(), &["toolchain"]).unwrap_err();
    assert!(refused.contains("is not the one that is pinned"), "{refused}");
}

/// Where the C compiler of a target is not there, it is named, with Debian's package and what helps without it.
#[test]
fn a_missing_c_compiler_is_named() {
    let script = "import sys; sys.path.insert(0, sys.argv[1]); import release; release.shutil.which = lambda name: None; \
                  release.c_compiler(sys.argv[2])";
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("release");
    for target in ["x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl", "x86_64-pc-windows-gnu"] {
        let run = Command::new("python3").args(["-c", script]).arg(&folder).arg(target).output().unwrap();
        let complaint = String::from_utf8(run.stderr).unwrap();
        assert!(!run.status.success() && !complaint.contains("Traceback"), "{complaint}");
        for words in ["needs a C compiler", "apt-get install", &format!("rustup target remove {target}")] {
            assert!(complaint.contains(words), "{words:?} is not in {complaint}");
        }
    }
}

/// Texts are UTF-8 where the system believes in ASCII.
#[test]
fn an_ascii_locale_changes_nothing() {
    let checkout = Checkout::make();
    checkout.write("CHANGELOG.md", &format!("# Changelog\n\n## {VERSION} (2026-01-31)\n\n- Déjà vu — 好.\n"));
    let notes = Command::new("python3")
        .arg(checkout.root().join("release/release.py"))
        .arg("notes")
        .envs([("LC_ALL", "C"), ("PYTHONUTF8", "0"), ("PYTHONCOERCECLOCALE", "0")])
        .output()
        .unwrap();
    let told = String::from_utf8(notes.stdout).unwrap();
    assert!(told.starts_with("- Déjà vu — 好."), "{told} {}", String::from_utf8_lossy(&notes.stderr));
}

/// A tag becomes a release if Cargo.toml and CHANGELOG.md say the same version, with a date.
#[test]
fn a_tag_fits_the_project() {
    let copy = tempfile::tempdir().unwrap();
    fs::create_dir(copy.path().join("release")).unwrap();
    for file in ["release/release.py", "release/wheel.py", "Cargo.toml"] {
        fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join(file), copy.path().join(file)).unwrap();
    }
    let tag = format!("v{VERSION}");
    let changelog = |state: &str| {
        let text =
            format!("# Changelog\n\n## {VERSION} ({state})\n\n- This.\n\n## 0.0.1 (2020-01-01)\n\n- That.\n");
        fs::write(copy.path().join("CHANGELOG.md"), text).unwrap();
    };

    changelog("unreleased");
    for command in ["build", "notes"] {
        let refused = try_release(copy.path(), &[command, "--tag", &tag]).unwrap_err();
        assert!(refused.contains("'unreleased'"), "{refused}");
        let refused = try_release(copy.path(), &[command, "--tag", "v99.0.0"]).unwrap_err();
        assert!(refused.contains("the tag is v99.0.0"), "{refused}");
    }
    changelog("2026-01-31");
    let notes = try_release(copy.path(), &["notes", "--tag", &tag]).unwrap();
    assert!(notes.starts_with("- This.\n\n## Check") && notes.contains("rustc 1."), "{notes}");
}

#[test]
fn a_release_lacks_no_platform() {
    let released = Released::make();
    let out = released.folder.path().join("dist");
    let sums = ["sums", "--complete", "--out", out.to_str().unwrap()];
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let refused = try_release(root, &sums).unwrap_err();
    let (_, missing) = refused.trim().split_once("missing: ").unwrap();
    let missing: Vec<_> = missing.split(", ").collect();
    assert_eq!(missing.len(), 5 * 5, "{missing:?}");
    for name in missing {
        fs::write(out.join(name), "").unwrap();
    }
    try_release(root, &sums).unwrap();
}

/// One source address, two tools: each looks under its own registry. A binary alone is enough.
#[test]
fn a_mirror_serves_terraform_and_opentofu() {
    let released = Released::make();
    let of_a_binary = tempfile::tempdir().unwrap();
    let binary = env!("CARGO_BIN_EXE_terraform-provider-mss");
    release(&["mirror", "--binary", binary, of_a_binary.path().to_str().unwrap()]);
    let files = |mirror: &Path, registry: &str| {
        let entries = fs::read_dir(mirror.join(registry).join("mss-iac/mss")).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        let named = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
        paths.map(|path| (named(&path), fs::read(path).unwrap())).collect::<BTreeMap<_, _>>()
    };
    let expected = files(&released.mirror(), REGISTRIES[0]);
    assert_eq!(expected.len(), 3, "{:?}", expected.keys());
    for mirror in [&*released.mirror(), of_a_binary.path()] {
        for registry in REGISTRIES {
            assert_eq!(files(mirror, registry), expected, "{} {registry}", mirror.display());
        }
    }
}

/// What a program of this machine is made of: the provider or the emulator.
pub fn bill_of_materials(program: &str) -> Json {
    let folder = tempfile::tempdir().unwrap();
    release(&["sbom", "--out", folder.path().to_str().unwrap()]);
    let mut files = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let is_it = |file: &PathBuf| file.file_name().unwrap().to_str().unwrap().starts_with(program);
    let bill: Json = serde_json::from_slice(&fs::read(files.find(is_it).unwrap()).unwrap()).unwrap();
    assert_eq!(bill["metadata"]["component"]["name"], program);
    bill
}

fn find<'a>(bill: &'a Json, name: &str) -> Option<&'a Json> {
    bill["components"].as_array().unwrap().iter().find(|component| component["name"] == name)
}

#[test]
fn what_is_compiled_in() {
    let document = bill_of_materials("terraform-provider-mss");
    assert_eq!(document["specVersion"], "1.6");
    for (name, licence) in [("tokio", "MIT"), ("ring", "Apache-2.0 AND ISC"), ("p521", "Apache-2.0 OR MIT")] {
        let component = find(&document, name).unwrap_or_else(|| panic!("{name} is not listed"));
        assert_eq!(component["licenses"][0]["expression"], licence, "{name}");
        assert_eq!(component["hashes"][0]["content"].as_str().unwrap().len(), 64, "{name}");
    }
    // Of tests, builds and macros, and what only a feature of the tests' client needs.
    for absent in ["insta", "protox", "async-trait", "hyper-timeout", "terraform-provider-mss"] {
        assert_eq!(find(&document, absent), None, "{absent} is not compiled in");
    }
    // Every dependency that is named is listed.
    let components = document["components"].as_array().unwrap();
    let listed: Vec<_> = components.iter().map(|component| &component["bom-ref"]).collect();
    for entry in document["dependencies"].as_array().unwrap() {
        assert!(
            entry["dependsOn"].as_array().unwrap().iter().all(|below| listed.contains(&below)),
            "{entry}"
        );
    }
}

/// The bills are read off the features with which each program is built.
#[test]
fn the_provider_has_nothing_that_only_the_emulator_needs() {
    let [provider, emulator] = ["terraform-provider-mss", "mss-emulator"].map(bill_of_materials);
    for name in ["clap", "clap_builder", "clap_complete", "sha1"] {
        assert!(find(&emulator, name).is_some(), "{name} is compiled into the emulator");
        assert_eq!(find(&provider, name), None, "{name} is compiled into the provider");
    }
    let of_emulator = emulator["components"].as_array().unwrap();
    for component in provider["components"].as_array().unwrap() {
        assert!(of_emulator.contains(component), "{component} is not compiled into the emulator");
    }
}

/// A folder whose Terraform is told where providers come from.
fn workspace(cloud: &Cloud, settings: &str, (shown, real): (&str, &str)) -> Workspace {
    let example = "guides/emulator/main.tf";
    let workspace = Workspace::of_examples(Terraform::find_newest().unwrap(), cloud, &[example]);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/guides").join(settings);
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(shown), "{text}");
    fs::write(workspace.path("cli.tfrc"), text.replace(shown, real)).unwrap();
    workspace
}

fn lock_file(workspace: &Workspace) -> String {
    fs::read_to_string(workspace.path(".terraform.lock.hcl")).unwrap()
}

/// From nothing to a role, as the guide on installation says.
#[tokio::test]
async fn from_a_filesystem_mirror() {
    let released = Released::make();
    let cloud = Cloud::start().await;
    let mirror = released.mirror();
    let real = ("/srv/terraform-mirror", mirror.to_str().unwrap());
    let workspace = workspace(&cloud, "install/filesystem-mirror.tfrc", real);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/guides").join("install/first-role.sh");
    let run = workspace.run_shell(&fs::read_to_string(script).unwrap()).await.expect_success();
    run.says(&["Installing mss-iac/mss", "(unauthenticated)", "1 added", "No changes", "1 destroyed"])
        .does_not_say("development overrides");
    let locked = lock_file(&workspace);
    assert!(locked.contains(&format!(" = \"{VERSION}\"\n")) && locked.contains("\"h1:"), "{locked}");

    // Another package under the same version is not what was locked.
    fs::remove_dir_all(workspace.path(".terraform")).unwrap();
    let other = released.folder.path().join("other");
    fs::write(&other, "not the provider").unwrap();
    release(&["mirror", "--binary", other.to_str().unwrap(), released.mirror().to_str().unwrap()]);
    let refused = workspace.run(&["init"]).await.expect_failure();
    refused.says(&["doesn't match any of the checksums previously recorded"]);
}

/// The two lines for a build from source; cargo has built it already.
#[tokio::test]
async fn from_a_mirror_of_a_build() {
    let guides = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/guides");
    let script = guides.join("install/mirror-of-a-build.sh");
    let script = fs::read_to_string(script).unwrap();
    let (build, mirror) = script.trim_end().split_once('\n').unwrap();
    assert_eq!(build, "cargo build --release");
    let folder = tempfile::tempdir().unwrap();
    let mirror = mirror
        .replace("target/release/terraform-provider-mss", env!("CARGO_BIN_EXE_terraform-provider-mss"))
        .replace("/srv/terraform-mirror", folder.path().to_str().unwrap());
    let arguments: Vec<_> = mirror.strip_prefix("python3 release/release.py ").unwrap().split(' ').collect();
    release(&arguments);
    let cloud = Cloud::start().await;
    let real = ("/srv/terraform-mirror", folder.path().to_str().unwrap());
    let workspace = workspace(&cloud, "install/filesystem-mirror.tfrc", real);
    workspace.run(&["init"]).await.expect_success().says(&["Installed mss-iac/mss"]);
}

#[tokio::test]
async fn from_source() {
    let cloud = Cloud::start().await;
    let built = Path::new(env!("CARGO_BIN_EXE_terraform-provider-mss")).parent().unwrap();
    let real = ("/src/terraform-provider-mss/target/release", built.to_str().unwrap());
    let workspace = workspace(&cloud, "install/dev-overrides.tfrc", real);
    workspace.run(&["apply", "-auto-approve"]).await.expect_success().says(&["1 added"]);
}

/// Elsewhere Go asks the system alone whom to trust.
#[cfg(target_os = "linux")]
mod network_mirror {
    use std::{convert::Infallible, sync::Arc};

    use http_body_util::Full;
    use hyper::{Request, Response, StatusCode, body::Bytes, service::service_fn};
    use hyper_util::rt::TokioIo;
    use rcgen::{CertificateParams, KeyPair};
    use rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer};
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;

    use super::*;

    #[tokio::test]
    async fn from_a_network_mirror() {
        let released = Released::make();
        let cloud = Cloud::start().await;
        let server = Server::start(released.mirror()).await;
        let real = ("https://mirror.example.com/terraform/", server.url.as_str());
        let mut workspace = workspace(&cloud, "install/network-mirror.tfrc", real);
        fs::write(workspace.path("ca.pem"), &server.certificate).unwrap();
        let trusted = workspace.path("ca.pem");
        workspace.set("SSL_CERT_FILE", trusted.to_str().unwrap());
        workspace.run(&["init"]).await.expect_success().says(&["Installed mss-iac/mss"]);
        assert!(lock_file(&workspace).contains("\"h1:"));
        workspace.run(&["apply", "-auto-approve"]).await.expect_success().says(&["1 added"]);

        // A package that is not the one that the mirror's index names.
        fs::remove_dir_all(workspace.path(".terraform")).unwrap();
        fs::remove_file(workspace.path(".terraform.lock.hcl")).unwrap();
        for index in released.mirrored(&format!("{VERSION}.json")) {
            let text = fs::read_to_string(&index).unwrap();
            let start = text.find("h1:").unwrap() + 3;
            let other = if text.as_bytes()[start] == b'A' { "B" } else { "A" };
            fs::write(&index, format!("{}{other}{}", &text[..start], &text[start + 1..])).unwrap();
        }
        workspace.run(&["init"]).await.expect_failure().says(&["doesn't match the expected checksum"]);
    }

    /// Files below a folder, over HTTPS on loopback.
    struct Server {
        url: String,
        /// PEM; its own authority.
        certificate: String,
    }

    impl Server {
        async fn start(folder: PathBuf) -> Self {
            let key = KeyPair::generate().unwrap();
            let parameters = CertificateParams::new(["localhost".to_owned()]).unwrap();
            let certificate = parameters.self_signed(&key).unwrap();
            let private_key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
            let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(vec![certificate.der().clone()], private_key)
                .unwrap();
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let port = listener.local_addr().unwrap().port();
            tokio::spawn(serve(listener, TlsAcceptor::from(Arc::new(config)), folder));
            Self { url: format!("https://localhost:{port}/"), certificate: certificate.pem() }
        }
    }

    async fn serve(listener: TcpListener, tls: TlsAcceptor, folder: PathBuf) {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (tls, folder) = (tls.clone(), folder.clone());
            tokio::spawn(async move {
                // A client that does not trust us hangs up.
                let Ok(stream) = tls.accept(stream).await else { return };
                let answer = service_fn(move |request| {
                    let answer = answer(&folder, &request);
                    async move { Ok::<_, Infallible>(answer) }
                });
                let _ = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), answer)
                    .await;
            });
        }
    }

    fn answer<B>(folder: &Path, request: &Request<B>) -> Response<Full<Bytes>> {
        let path = folder.join(request.uri().path().trim_start_matches('/'));
        let mut response = Response::default();
        match fs::read(&path) {
            Ok(bytes) => *response.body_mut() = Full::from(bytes),
            Err(_) => *response.status_mut() = StatusCode::NOT_FOUND,
        }
        if path.extension().is_some_and(|extension| extension == "json") {
            response.headers_mut().insert("content-type", "application/json".parse().unwrap());
        }
        response
    }
}
