//! Looks a role up. "Not there" is an answer only if RAM says so in its code; any other 404 or
//! failure is an error.

use crate::cloud::{self, AccountClient, api::resource_manager::Role};

/// The role, or `None` if RAM says that it does not exist.
///
/// # Errors
/// Any failure that leaves open whether the role exists.
pub(super) async fn find_role(
    account: &AccountClient,
    role_name: &str,
) -> Result<Option<Role>, cloud::Error> {
    match account.get_role(role_name).await {
        Ok(role) => Ok(Some(role)),
        Err(error) if error.is_code(ROLE_DOES_NOT_EXIST) => Ok(None),
        Err(error) => Err(error),
    }
}

/// RAM's code for a role that does not exist (documented).
pub(super) const ROLE_DOES_NOT_EXIST: &str = "EntityNotExist.Role";
