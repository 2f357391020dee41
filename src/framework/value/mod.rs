//! Values as Terraform means them: each is null, unknown or known, and has a [`Type`].
//!
//! Two encodings carry them: [`msgpack`] in requests and responses, [`json`] in stored state. Both
//! decode against a type and name the [`Path`] of whatever does not fit.
//!
//! Must not know schemas: a type is all that a value needs.

mod error;
pub mod json;
pub mod msgpack;
mod number;
mod object;
mod path;
mod root;
mod r#type;
#[allow(clippy::module_inception, reason = "the file of the type of the same name")]
mod value;

pub use error::Error;
pub use number::Number;
pub use object::{Knowable, Object};
pub use path::{Path, Step};
pub use root::Root;
pub(crate) use root::unexpected;
pub use r#type::Type;
pub use value::{Members, Value};

#[cfg(test)]
pub(crate) mod tests {
    /// A sample of each diagnostic that this folder makes, for the snapshot.
    pub(crate) fn samples() -> crate::framework::diagnostics::Samples {
        super::root::tests::samples()
    }
}
