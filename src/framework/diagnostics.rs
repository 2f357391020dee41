//! What a practitioner is told: errors and warnings with summary, detail and attribute path.
//!
//! Must not know what failed: whoever finds a problem writes its texts. The parts of a good
//! diagnostic are in ARCHITECTURE.md, "Errors and diagnostics".

use std::borrow::Cow;

use super::value::Path;

/// Whether the operation failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// It failed; Terraform ignores most of the rest of the answer.
    Error,
    /// It went on, and a person can act.
    Warning,
}

/// One message for the practitioner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// What happened, as a title: the same event always has the same summary.
    pub summary: Cow<'static, str>,
    /// What is now true, why, and what to do next, in paragraphs.
    pub detail: String,
    /// The attribute that the practitioner can change, if there is one.
    pub path: Option<Path>,
}

impl Diagnostic {
    /// An error about no attribute in particular.
    ///
    /// A detail can repeat what a host has answered or what a file holds, and Terraform prints it as it is:
    /// whatever a terminal would obey instead of showing it is replaced.
    pub fn error(summary: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Self {
        let detail = detail.into().replace(is_obeyed, "\u{fffd}");
        Self { severity: Severity::Error, summary: summary.into(), detail, path: None }
    }

    /// A warning about no attribute in particular.
    pub fn warning(summary: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(summary, detail) }
    }

    /// An error that only a defect of the provider, or a state edited by hand, can bring about.
    pub fn bug(what: impl std::fmt::Display) -> Self {
        Self::error(
            "Unexpected provider behaviour",
            format!(
                "{what}\n\nThis is a bug in the provider. Please report it with the output of the same \
                 command under `TF_LOG_PROVIDER=DEBUG` (it contains no secrets) at \
                 https://github.com/mss-iac/terraform-provider-mss/issues."
            ),
        )
    }

    /// The same about an attribute.
    #[must_use]
    pub fn at(mut self, path: Path) -> Self {
        self.path = Some(path);
        self
    }
}

/// Control characters but those that break lines, and those that change the direction of writing.
fn is_obeyed(character: char) -> bool {
    let directs = matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    directs || character.is_control() && !matches!(character, '\n' | '\t')
}

/// Diagnostics in the order found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Adds all of another list.
    pub fn append(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Whether any is an error.
    pub fn has_error(&self) -> bool {
        self.0.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// All, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

impl From<Vec<Diagnostic>> for Diagnostics {
    fn from(diagnostics: Vec<Diagnostic>) -> Self {
        Self(diagnostics)
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, diagnostics: I) {
        self.0.extend(diagnostics);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_detail_commands_a_terminal() {
        let told =
            Diagnostic::warning("S", "one\ttwo\n\nthree \u{1b}[2Jfour\r\u{7} \u{9b}1m \u{202e}evif é 好")
                .detail;
        assert_eq!(told, "one\ttwo\n\nthree \u{fffd}[2Jfour\u{fffd}\u{fffd} \u{fffd}1m \u{fffd}evif é 好");
    }
}
