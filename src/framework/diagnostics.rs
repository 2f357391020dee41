//! What a practitioner reads: errors and warnings with summary, detail and attribute path.
//!
//! Must not know what failed: whoever finds a problem writes its texts. The parts of a good
//! diagnostic are in ARCHITECTURE.md, "Errors and diagnostics".

use std::{any::Any, borrow::Cow};

use super::value::Path;
use crate::text::{line, paragraphs};

/// Whether the operation failed. The protocol knows no third case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// It failed; Terraform ignores most of the rest of the response.
    Error,
    /// It continued, and the practitioner can do something about it. Anything else is a log line.
    Warning,
}

/// One message for the practitioner. ARCHITECTURE.md, "Errors and diagnostics", has the rules for the texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// An error fails the operation, a warning does not.
    pub severity: Severity,
    /// What happened, as a title: the same event always has the same summary, without names in it.
    pub summary: Cow<'static, str>,
    /// What is now true, why, and what to do next, in paragraphs.
    pub detail: String,
    /// The attribute that the practitioner can change. `None` if nothing that they wrote is at fault.
    pub path: Option<Path>,
}

impl Diagnostic {
    /// An error about no attribute in particular.
    ///
    /// A detail can repeat what a host has answered, what a file holds or what a practitioner has written, and
    /// Terraform prints it as it is: characters that a terminal would obey instead of showing are replaced, and
    /// what is longer than anyone reads is cut.
    #[cfg_attr(test, track_caller)]
    pub fn error(summary: impl Into<Cow<'static, str>>, detail: impl AsRef<str>) -> Self {
        #[cfg(test)]
        sites::record(std::panic::Location::caller());
        let detail = paragraphs(detail.as_ref(), DETAIL_LIMIT);
        Self { severity: Severity::Error, summary: summary.into(), detail, path: None }
    }

    /// A warning about no attribute in particular.
    #[cfg_attr(test, track_caller)]
    pub fn warning(summary: impl Into<Cow<'static, str>>, detail: impl AsRef<str>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(summary, detail) }
    }

    /// An error that only a defect of the provider, or a state edited by hand, can cause.
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

    /// The same for a panic, with what is true now where someone must know it.
    pub fn panicked(rpc: &str, panic: &(dyn Any + Send), now: &str) -> Self {
        let text = panic.downcast_ref::<&str>().copied();
        let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        let text = line(text.unwrap_or("no reason given"), REASON_LIMIT);
        let separator = if now.is_empty() { "" } else { "\n\n" };
        Self::bug(format!("{now}{separator}{rpc} failed: {text}."))
    }

    /// The same, pointing at an attribute of the block in question.
    #[must_use]
    pub fn at(mut self, path: Path) -> Self {
        self.path = Some(path);
        self
    }
}

/// Diagnostics in the order in which they were found: a problem does not hide the next one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// An empty list: nothing is wrong so far.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one diagnostic at the end.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Adds another list at the end.
    pub fn append(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Whether the operation has failed. Warnings alone have not made it fail.
    pub fn has_error(&self) -> bool {
        self.0.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// The diagnostics, in the order in which they were found.
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

/// In characters: enough for a list of some hundred roles or resources.
const DETAIL_LIMIT: usize = 32 * 1024;
/// In characters: enough for what a panic says.
const REASON_LIMIT: usize = 1000;

/// Where in the source the diagnostics of a test are made.
#[cfg(test)]
pub(crate) mod sites {
    use std::{cell::RefCell, collections::BTreeSet, panic::Location};

    /// A file, from the root of the repository, and a line of it.
    pub(crate) type Site = (String, u32);

    thread_local! {
        static SITES: RefCell<BTreeSet<Site>> = const { RefCell::new(BTreeSet::new()) };
    }

    pub(super) fn record(at: &Location<'_>) {
        let site = (at.file().replace('\\', "/"), at.line());
        SITES.with_borrow_mut(|sites| sites.insert(site));
    }

    /// Where this thread has made diagnostics since the last call.
    pub(crate) fn take() -> BTreeSet<Site> {
        SITES.take()
    }
}

/// Diagnostics as a snapshot shows them, each with its name.
#[cfg(test)]
pub(crate) type Samples = Vec<(&'static str, Diagnostic)>;

/// A sample of each diagnostic that this file makes, for the snapshot.
#[cfg(test)]
pub(crate) fn samples() -> Samples {
    vec![
        ("bug", Diagnostic::bug("A value is unknown after a read.")),
        (
            "panicked",
            Diagnostic::panicked("ApplyResourceChange", &"index out of bounds", "The role may exist."),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_says_first_what_is_true_now() {
        let detail = Diagnostic::panicked("ReadResource", &"broken", "").detail;
        assert!(detail.starts_with("ReadResource failed: broken.\n\nThis is a bug"), "{detail}");
        let detail =
            Diagnostic::panicked("ApplyResourceChange", &"broken".to_owned(), "It may exist.").detail;
        assert!(detail.starts_with("It may exist.\n\nApplyResourceChange failed: broken."), "{detail}");
    }

    #[test]
    fn no_detail_commands_a_terminal() {
        let detail =
            Diagnostic::warning("S", "one\ttwo\n\nthree \u{1b}[2Jfour\r\u{7} \u{9b}1m \u{202e}evif é 好")
                .detail;
        assert_eq!(detail, "one\ttwo\n\nthree \u{fffd}[2Jfour\u{fffd}\u{fffd} \u{fffd}1m \u{fffd}evif é 好");
        assert_eq!(Diagnostic::error("S", "好".repeat(100_000)).detail.chars().count(), DETAIL_LIMIT + 1);
    }
}
