//! A role that the state holds, as far as a judgement on its destroy needs it.

use std::time::Duration;

use super::{
    find::ExpectedRole,
    model::{DeletionPolicy, Model},
    role_reference::RoleReference,
    timeouts::DEFAULT_READ,
};
use crate::provider::run::RoleKey;

/// One role in state: of an object whose whole state is at hand, or of one that the run has only read.
#[derive(Clone, Copy, Debug)]
pub(super) struct RoleInState<'a> {
    pub(super) reference: RoleReference<'a>,
    /// `None` if it was not remembered; then a role of any ID counts as this one.
    pub(super) role_id: Option<&'a str>,
    pub(super) deletion_policy: DeletionPolicy,
    /// How long the check of the subscription may take.
    pub(super) read_timeout: Duration,
}

impl<'a> RoleInState<'a> {
    /// What the run remembers of an object that it has read and not planned.
    pub(super) fn unplanned(key: &'a RoleKey, deletion_policy: &str) -> Self {
        Self {
            reference: key.into(),
            role_id: None,
            deletion_policy: DeletionPolicy::from_state(Some(deletion_policy)),
            read_timeout: DEFAULT_READ,
        }
    }

    /// What a look at the role must show.
    pub(super) fn expected(&self) -> ExpectedRole {
        ExpectedRole {
            role_name: self.reference.role_name.to_owned(),
            account_id: self.reference.account_id.map(str::to_owned),
            role_id: self.role_id.map(str::to_owned),
        }
    }
}

impl<'a> From<&'a Model> for RoleInState<'a> {
    fn from(model: &'a Model) -> Self {
        Self {
            reference: model.reference(),
            role_id: model.role_id.as_known().map(String::as_str),
            deletion_policy: model.deletion_policy(),
            read_timeout: model.timeouts().read,
        }
    }
}
