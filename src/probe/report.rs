//! The table that the probe prints and writes: fixed words, forms and codes, never a value of the account.

use std::fmt;

/// What became of one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// As expected.
    Same,
    /// Not as expected.
    Differs,
    /// Not to be seen in this account, or not without changing it.
    Open,
}

/// One line of the table.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// What is looked at.
    pub(super) fact: String,
    /// What the emulator says, or what the provider takes for true.
    pub(super) expected: String,
    /// What the cloud says.
    pub(super) seen: String,
    pub(super) outcome: Outcome,
}

/// All lines, as Markdown.
#[derive(Debug)]
pub struct Report(pub(super) Vec<Line>);

impl Report {
    /// How many lines are not as expected.
    pub fn differences(&self) -> usize {
        self.count(Outcome::Differs)
    }

    fn count(&self, outcome: Outcome) -> usize {
        self.0.iter().filter(|line| line.outcome == outcome).count()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "mss-emulator probe {}\n", env!("CARGO_PKG_VERSION"))?;
        writeln!(f, "| Fact | Expected | Seen | |\n|---|---|---|---|")?;
        for Line { fact, expected, seen, outcome } in &self.0 {
            let mark = match outcome {
                Outcome::Same => "as expected",
                Outcome::Differs => "**differs**",
                Outcome::Open => "open",
            };
            writeln!(f, "| {fact} | {expected} | {seen} | {mark} |")?;
        }
        let (same, differs, open) =
            (self.count(Outcome::Same), self.count(Outcome::Differs), self.count(Outcome::Open));
        write!(f, "\n{same} as expected, {differs} different, {open} open.")
    }
}
