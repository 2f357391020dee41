//! What destroying a role will do, as `judgement.rs` decides it and a plan or a destroy follows it.

use crate::{
    framework::diagnostics::{Diagnostic, Diagnostics},
    provider::subscription::Subscription,
};

/// What destroying a role will do.
#[derive(Debug)]
pub(super) enum Verdict {
    /// Delete the role from the account.
    Delete,
    /// Leave the role in the account; why, where it is not for the policy alone.
    Forget(String),
    /// Do nothing: the destroy is refused.
    Refuse(Refusal),
}

/// Why a destroy is refused: it decides which ways out a diagnostic lists.
#[derive(Debug)]
pub(super) enum Refusal {
    /// The practitioner has set the deletion policy `prevent`.
    Prevented,
    /// The MSS subscription of the account is active.
    Active(Box<Subscription>),
    /// It has nothing to do with the role.
    Other(Diagnostic),
}

/// A verdict, and what could not be checked.
#[derive(Debug)]
pub(super) struct Judgement {
    pub(super) verdict: Verdict,
    pub(super) warnings: Diagnostics,
}

impl Judgement {
    pub(super) fn sure(verdict: Verdict) -> Self {
        Self { verdict, warnings: Diagnostics::new() }
    }

    pub(super) fn refuse(diagnostic: Diagnostic) -> Self {
        Self::sure(Verdict::Refuse(Refusal::Other(diagnostic)))
    }

    pub(super) fn delete_unchecked(warning: Diagnostic) -> Self {
        Self { verdict: Verdict::Delete, warnings: warning.into() }
    }
}
