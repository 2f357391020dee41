//! Values as Terraform means them: each is null, unknown or known, and has a [`Type`].
//!
//! Two encodings carry them: [`msgpack`] in requests and answers, [`json`] in stored state. Both
//! decode against a type and name the [`Path`] of whatever does not fit.
//!
//! Must not know schemas: a type is all that a value needs.

pub mod json;
pub mod msgpack;
mod number;
mod object;
mod path;
mod root;
mod r#type;
#[allow(clippy::module_inception, reason = "the file of the type of the same name")]
mod value;

pub use number::Number;
pub use object::{Knowable, Object};
pub use path::{Path, Step};
pub use root::Root;
pub(crate) use root::unexpected;
pub use r#type::Type;
pub use value::{Members, Value};

/// Why a value cannot be read or written.
///
/// From requests, only Terraform or a damaged state file can bring it about; in answers it is a
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

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.path.is_empty() {
            return f.write_str(&self.problem);
        }
        write!(f, "{}: {}", self.path, self.problem)
    }
}

impl std::error::Error for Error {}

/// How deep a value may nest. Terraform's own values stay far below; the limit keeps a hostile
/// one from exhausting the stack.
const DEPTH_LIMIT: usize = 64;

#[cfg(test)]
pub(crate) mod tests {
    /// A sample of each diagnostic that this folder makes, for the snapshot.
    pub(crate) fn samples() -> crate::framework::diagnostics::Samples {
        super::root::tests::samples()
    }
}
