//! The log of calls, as `GET /_emulator/calls` shows it. Bounded, whatever is called.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

/// One call, from the moment that it has arrived.
#[derive(Clone, Debug, Serialize)]
pub(super) struct CallRecord {
    /// Its number, counted from 1.
    pub(super) seq: usize,
    /// When it arrived, by the emulator's clock.
    pub(super) time: Timestamp,
    pub(super) account: String,
    pub(super) action: String,
    pub(super) version: String,
    /// Without secrets; a long one is cut.
    pub(super) parameters: BTreeMap<String, String>,
    /// HTTP status; 0 if no response was sent.
    pub(super) http_status: u16,
    pub(super) code: Option<String>,
    pub(super) request_id: String,
    pub(super) user_agent: String,
    /// The kind of fault that changed the call.
    pub(super) fault: Option<String>,
}

/// The calls so far, the oldest first.
#[derive(Debug, Default)]
pub(super) struct CallLog {
    calls: Vec<CallRecord>,
}

impl CallLog {
    /// Adds a call under the next number; a log that is full stops growing.
    pub(super) fn add(&mut self, call: CallRecord) {
        if self.calls.len() < CALLS_KEPT {
            let seq = self.calls.len() + 1;
            self.calls.push(CallRecord { seq, ..call });
        }
    }

    /// The calls after the one with this number; 0 for all.
    pub(super) fn after(&self, seq: usize) -> &[CallRecord] {
        self.calls.get(seq.min(self.calls.len())..).unwrap_or_default()
    }

    pub(super) fn len(&self) -> usize {
        self.calls.len()
    }
}

/// A text of a client, short enough to keep.
pub(super) fn bounded(text: &str) -> String {
    match text.char_indices().nth(TEXT_LIMIT) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Enough for a run over thousands of roles.
const CALLS_KEPT: usize = 1_000_000;
/// Characters; no parameter of these APIs that matters is longer.
const TEXT_LIMIT: usize = 2_048;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(bounded("short"), "short");
        let long = "é".repeat(TEXT_LIMIT + 1);
        assert_eq!(bounded(&long).chars().count(), TEXT_LIMIT + 1);
        assert!(bounded(&long).ends_with('…'));
    }
}
