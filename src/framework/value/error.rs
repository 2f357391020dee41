//! What is wrong with a value, and where in it.

use std::fmt;

use super::Path;

/// Why a value cannot be read or written.
///
/// From requests, only Terraform or a damaged state file can bring it about; in responses it is a
/// defect of the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    path: Path,
    problem: String,
}

impl Error {
    pub(crate) fn new(path: &Path, problem: impl Into<String>) -> Self {
        Self { path: path.clone(), problem: problem.into() }
    }

    /// The attribute that does not fit; empty for the value as a whole.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            return f.write_str(&self.problem);
        }
        write!(f, "{}: {}", self.path, self.problem)
    }
}

impl std::error::Error for Error {}
