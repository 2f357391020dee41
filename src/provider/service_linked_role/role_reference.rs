//! Which role a text or a command is about.

use std::fmt;

use crate::{cloud::api::resource_manager::Role, provider::run::RoleKey};

/// A role's name and, where it is known, its account.
///
/// Shown as `"AliyunServiceRoleForMssp" in account 1234567890123456`.
#[derive(Clone, Copy, Debug)]
pub(super) struct RoleReference<'a> {
    pub(super) role_name: &'a str,
    /// `None` where only apply will know it, or where the credentials decide.
    pub(super) account_id: Option<&'a str>,
}

impl RoleReference<'_> {
    /// The ID by which `terraform import` and `terraform state list -id` know the role.
    pub(super) fn import_id(&self) -> String {
        match self.account_id {
            Some(account_id) => format!("{account_id}:{}", self.role_name),
            None => self.role_name.to_owned(),
        }
    }
}

impl<'a> From<&'a Role> for RoleReference<'a> {
    fn from(role: &'a Role) -> Self {
        Self { role_name: &role.role_name, account_id: role.account_id() }
    }
}

impl<'a> From<&'a RoleKey> for RoleReference<'a> {
    fn from(key: &'a RoleKey) -> Self {
        Self { role_name: &key.role_name, account_id: Some(&key.account_id) }
    }
}

impl fmt::Display for RoleReference<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "\"{}\"", self.role_name)?;
        match self.account_id {
            Some(account_id) => write!(formatter, " in account {account_id}"),
            None => Ok(()),
        }
    }
}
