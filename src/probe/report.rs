//! The table that the probe prints and writes: fixed words, forms and codes, never a value of the account.

use std::fmt;

/// What became of one line: only `Differs` makes the command fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineOutcome {
    /// The cloud is as expected.
    Same,
    /// The cloud is not as expected.
    Differs,
    /// Not to be seen in this account, or not without changing it.
    Open,
}

/// One line of the table, which quotes no value of the account.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// The fact or the call that is looked at.
    pub(super) fact: String,
    /// What the emulator says, or what the provider takes for true.
    pub(super) expected: String,
    /// What the cloud says, in fixed words or as a form.
    pub(super) seen: String,
    pub(super) outcome: LineOutcome,
}

/// All lines; displayed as a Markdown table.
#[derive(Debug)]
pub struct Report(pub(super) Vec<Line>);

impl Report {
    /// How many lines are not as expected.
    pub fn differences(&self) -> usize {
        self.count(LineOutcome::Differs)
    }

    fn count(&self, outcome: LineOutcome) -> usize {
        self.0.iter().filter(|line| line.outcome == outcome).count()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "mss-emulator probe {}\n", env!("CARGO_PKG_VERSION"))?;
        writeln!(f, "| Fact | Expected | Seen | |\n|---|---|---|---|")?;
        for Line { fact, expected, seen, outcome } in &self.0 {
            let mark = match outcome {
                LineOutcome::Same => "as expected",
                LineOutcome::Differs => "**differs**",
                LineOutcome::Open => "open",
            };
            writeln!(f, "| {fact} | {expected} | {seen} | {mark} |")?;
        }
        let (same, differs, open) =
            (self.count(LineOutcome::Same), self.count(LineOutcome::Differs), self.count(LineOutcome::Open));
        write!(f, "\n{same} as expected, {differs} different, {open} open.")
    }
}
