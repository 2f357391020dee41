//! The file of certificates that the environment names. Without this check, a pipe would block its reader forever, and
//! a file without certificates would become an empty trust store, without an error about the file.

use std::path::Path;

use super::ProviderEnvironment;
use crate::{cloud::ExtraRoots, file, framework::diagnostics::Diagnostic};

/// What to trust beside what the environment names.
pub(super) fn extra_roots(environment: &ProviderEnvironment) -> ExtraRoots {
    let is_set = |name| environment.first(&[name]).is_some();
    match (is_set(FILE), is_set(FOLDERS)) {
        (true, false) => ExtraRoots::Folders,
        (false, true) => ExtraRoots::File,
        _ => ExtraRoots::None,
    }
}

/// A file that holds no certificate, or none that can be read.
pub(super) fn unusable(environment: &ProviderEnvironment) -> Option<Diagnostic> {
    if !cfg!(all(unix, not(target_vendor = "apple"))) {
        return None;
    }
    let path = environment.first(&[FILE])?;
    let problem = match file::read(Path::new(path), LONGEST) {
        Ok(bytes) if holds_certificate(&bytes) => return None,
        Ok(_) => "it contains no certificate in PEM form (\"-----BEGIN CERTIFICATE-----\")".to_owned(),
        Err(error) => error.to_string(),
    };
    Some(cannot_be_used(path, &problem))
}

fn cannot_be_used(path: &str, problem: &str) -> Diagnostic {
    Diagnostic::error(
        "Certificate file cannot be used",
        format!(
            "The environment variable {FILE} names {path:?}, which cannot be used: {problem}.\n\nSet it to a file of \
             certificates in PEM form, or unset {FILE} to trust what this machine trusts."
        ),
    )
}

fn holds_certificate(bytes: &[u8]) -> bool {
    bytes.windows(BEGIN.len()).any(|window| window == BEGIN)
}

const FILE: &str = "SSL_CERT_FILE";
const FOLDERS: &str = "SSL_CERT_DIR";
const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
/// In MiB: fifty times a system's bundle.
const LONGEST: u64 = 16;

#[cfg(test)]
pub(crate) mod tests {
    #[cfg(all(unix, not(target_vendor = "apple")))]
    use std::fs::{self, File};

    use super::*;
    use crate::framework::diagnostics::Samples;

    /// The texts of this file.
    pub(crate) fn samples() -> Samples {
        vec![("cannot_be_used", cannot_be_used("/nowhere/ca.pem", "No such file or directory (os error 2)"))]
    }

    fn environment(variables: &[(&str, &str)]) -> ProviderEnvironment {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        ProviderEnvironment { variables: variables.collect(), ..ProviderEnvironment::default() }
    }

    #[test]
    fn each_variable_replaces_its_own_half_of_the_system() {
        let (file, folders) = ((FILE, "/a"), (FOLDERS, "/b"));
        assert_eq!(extra_roots(&environment(&[])), ExtraRoots::None);
        assert_eq!(extra_roots(&environment(&[file])), ExtraRoots::Folders);
        assert_eq!(extra_roots(&environment(&[folders])), ExtraRoots::File);
        assert_eq!(extra_roots(&environment(&[file, folders])), ExtraRoots::None);
    }

    #[cfg(all(unix, not(target_vendor = "apple")))]
    #[test]
    fn a_file_that_is_none_of_certificates_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        fs::write(path("empty"), "").unwrap();
        fs::write(path("other"), "-----BEGIN TRUSTED CERTIFICATE-----").unwrap();
        fs::write(path("good"), "# mine\n-----BEGIN CERTIFICATE-----").unwrap();
        File::create(path("huge")).unwrap().set_len(1 << 40).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(path("pipe")).status().unwrap().success());
        let detail =
            |file: &str| unusable(&environment(&[(FILE, file)])).map(|detail| detail.detail.to_string());
        for (name, problem) in [
            ("empty", "contains no certificate"),
            ("other", "contains no certificate"),
            ("missing", "No such file"),
            ("huge", "longer than 16 MiB"),
            ("pipe", "not a regular file"),
            (".", "not a regular file"),
        ] {
            let detail = detail(&path(name)).unwrap_or_else(|| panic!("{name}"));
            assert!(detail.contains(problem) && detail.contains(FILE), "{detail}");
        }
        assert!(detail("/dev/zero").unwrap().contains("not a regular file"));
        assert_eq!(detail(&path("good")), None);
        assert_eq!(unusable(&environment(&[])), None);
    }
}
