//! Why there are no pages.

use std::{fmt, io, path::PathBuf};

/// Why there are no pages, or not all of them.
#[derive(Debug)]
pub enum Error {
    /// A file cannot be read or written.
    File(PathBuf, io::Error),
    /// A template is wrong: its path, and what is wrong.
    Template(String, String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Template(path, problem) => write!(f, "{path}: {problem}"),
        }
    }
}

impl std::error::Error for Error {}
