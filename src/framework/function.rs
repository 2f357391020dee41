//! What a provider function is to Terraform: pure, called with known arguments, possibly before
//! any configuration.
//!
//! Must not know the wire.

use super::value::{Type, Value};
use crate::text::paragraphs;

/// A function of the provider, called in configuration as `provider::mss::<name>(…)` (Terraform 1.8, OpenTofu
/// 1.7). Terraform calls it in a process that is never configured: the result depends on the arguments alone.
pub trait Function: Send + Sync {
    /// Name, parameters, result and documentation. Called for the schema and before each call; the same each
    /// time.
    fn definition(&self) -> Definition;

    /// The result for these arguments: one for each parameter, of its type, neither null nor unknown, which
    /// the server has checked.
    ///
    /// # Errors
    /// Arguments that have no result.
    fn call(&self, arguments: &[Value]) -> Result<Value, Error>;
}

/// How a function looks to a practitioner.
#[derive(Clone, Debug)]
pub struct Definition {
    /// The name without the provider's prefix, as in `role_arn`.
    pub name: &'static str,
    /// One line, without a full stop: shown in lists.
    pub summary: &'static str,
    /// Markdown, in whole sentences: shown in the documentation.
    pub description: &'static str,
    /// In the order of the arguments. There are no optional ones.
    pub parameters: Vec<Parameter>,
    /// The type of every result.
    pub result: Type,
}

/// One parameter; its argument is never null or unknown.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// A name of our own: arguments have positions only. Terraform shows it in errors and documentation.
    pub name: &'static str,
    /// Markdown, in whole sentences: shown in the documentation.
    pub description: &'static str,
    /// The type that Terraform converts the argument to before the call.
    pub value_type: Type,
}

/// Why a call has no result. Terraform shows it at the call in the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// What is wrong and what would be right, in whole sentences.
    pub text: String,
    /// The argument at fault, counted from 0; `None` if it is not one of them.
    pub argument: Option<usize>,
}

impl Error {
    /// An error about one argument, counted from 0. As a diagnostic's, its text commands no terminal.
    pub fn at(argument: usize, text: impl AsRef<str>) -> Self {
        Self { text: paragraphs(text.as_ref(), TEXT_LIMIT), argument: Some(argument) }
    }
}

/// In characters: a long argument is repeated in part.
const TEXT_LIMIT: usize = 4 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_commands_no_terminal_and_has_a_limit() {
        assert_eq!(Error::at(0, "a\u{1b}[2J\u{202e}").text, "a\u{fffd}[2J\u{fffd}");
        assert_eq!(Error::at(0, "x".repeat(100_000)).text.chars().count(), TEXT_LIMIT + 1);
    }
}
