//! Which role an import or a `moved` block means, and states that cannot be taken over.
//!
//! Must not decide anything: `import` and `move` do.

use super::{super::mss_role::MssRole, ways_out::FORGET};
use crate::{
    framework::{diagnostics::Diagnostic, value::Path},
    provider::layout::{paragraphs, verbatim},
};

pub(in crate::provider) fn malformed_import_id(id: &str, meant: Option<MssRole>) -> Diagnostic {
    let what = format!("The import ID {id:?} does not name a service-linked role of MSS.");
    let forms = "An import ID is `<role_name>`, `<account_id>:<role_name>` or `<service_name>:<role_name>`, such as \
                 `AliyunServiceRoleForMssp` or `1234567890123456:AliyunServiceRoleForESAMssp`.";
    let next = meant.map_or_else(String::new, |role| format!("Did you mean `{}`?", role.role_name));
    Diagnostic::error("Malformed import ID", paragraphs(&[&what, forms, &next]))
}

/// Of an `import` block with `identity`.
pub(in crate::provider) fn malformed_identity(account_id: Option<&str>, role_name: &str) -> Diagnostic {
    let account = account_id.map_or_else(String::new, |id| format!("`account_id` {id:?} and "));
    let what = format!(
        "The identity with {account}`role_name` {role_name:?} does not name a service-linked role of MSS."
    );
    let forms = "`role_name` is one such as `AliyunServiceRoleForMssp`. `account_id` is a number, and optional: without it, \
                 the account is that of the credentials.";
    let meant = MssRole::meant_by(role_name).filter(|role| role.role_name != role_name);
    let next = meant.map_or_else(String::new, |role| format!("Did you mean `{}`?", role.role_name));
    Diagnostic::error("Malformed identity", paragraphs(&[&what, forms, &next]))
}

/// A state that an import has made and that was never read.
pub(in crate::provider) fn import_not_read(role_name: &str) -> Diagnostic {
    let detail = format!(
        "The role \"{role_name}\" cannot be imported: the provider's configuration depends on values that are known \
         only after apply, so the provider could not check whether the role exists. Nothing was changed.\n\nFirst \
         apply what the provider's configuration depends on (`-target`), then import."
    );
    Diagnostic::error("Imported role could not be read", detail)
}

pub(in crate::provider) fn cannot_move(from: &str, why: &str) -> Diagnostic {
    let what = format!("The state of `{from}` cannot become an `mss_service_linked_role`: {why}.");
    let next = "Remove the `moved` block. To manage an existing MSS role here, use an `import` block instead. If the old \
                resource is no longer in the configuration, the next plan destroys it. To make Terraform forget it \
                instead, run:";
    Diagnostic::error("Resource cannot be moved", paragraphs(&[&what, next, &verbatim(&[FORGET_OLD])]))
}

pub(in crate::provider) fn moved_without_account(role_name: &str) -> Diagnostic {
    let what = format!(
        "The moved state of the service-linked role \"{role_name}\" does not say which account holds it. Nothing \
         was changed, and no request was sent."
    );
    let next = "Set `account_id` to the account that holds the role, and apply. A destroy does not read the \
                configuration: apply the move first, then destroy.";
    let otherwise = "Or import the role instead of moving it: remove the `moved` block, then run:";
    let import = format!("terraform import 'mss_service_linked_role.example' ACCOUNT_ID:{role_name}");
    let detail = paragraphs(&[&what, next, otherwise, &verbatim(&[FORGET_OLD, &import])]);
    Diagnostic::error("Account of the moved role is not known", detail).at(Path::of("account_id"))
}

pub(in crate::provider) fn moved_role_is_not_there(role_name: &str, account_id: &str) -> Diagnostic {
    let what = format!(
        "Account {account_id} does not have the service-linked role \"{role_name}\" that the moved state holds. \
         Nothing was changed."
    );
    let next = "Set `account_id` to the account that holds the role. If no account has it any more, remove the \
                `moved` block and run:";
    Diagnostic::error(
        "Moved role is not in this account",
        paragraphs(&[&what, next, &verbatim(&[FORGET_OLD])]),
    )
    .at(Path::of("account_id"))
}

/// `named` is what the configuration names; `None` if it is known only after apply.
pub(in crate::provider) fn moved_to_another_account(
    role_name: &str,
    held: &str,
    named: Option<&str>,
) -> Diagnostic {
    let named =
        named.map_or_else(|| "one that is known only after apply".to_owned(), |id| format!("account {id}"));
    let what = format!(
        "The moved state holds the service-linked role \"{role_name}\" of account {held}, but the configuration \
         names {named}. Nothing was changed."
    );
    let next = format!("Set `account_id = \"{held}\"`: a move does not change which role is managed.");
    let otherwise = "To manage the role of another account instead, remove the `moved` block and run this command. The \
                     old role stays in its account.";
    let detail = paragraphs(&[&what, &next, otherwise, &verbatim(&[FORGET_OLD])]);
    Diagnostic::error("Moved role is in another account", detail).at(Path::of("account_id"))
}

/// `named` is what the configuration names; `None` if it is known only after apply.
pub(in crate::provider) fn moved_to_another_name(held: &str, named: Option<&str>) -> Diagnostic {
    let named =
        named.map_or_else(|| "one that is known only after apply".to_owned(), |name| format!("\"{name}\""));
    let what = format!(
        "The moved state holds the service-linked role \"{held}\", but the configuration names {named}. Nothing was \
         changed."
    );
    let next = format!("Set `role_name = \"{held}\"`: a move does not change which role is managed.");
    let otherwise = "To manage another role instead, remove the `moved` block and run this command. The old role stays \
                     in the account.";
    let detail = paragraphs(&[&what, &next, otherwise, &verbatim(&[FORGET_OLD])]);
    Diagnostic::error("Moved role has another name", detail).at(Path::of("role_name"))
}

/// Takes the resource that a `moved` block names as its origin out of state.
const FORGET_OLD: &str = "terraform state rm 'OLD_ADDRESS'";

pub(in crate::provider) fn unknown_state_version(version: i64) -> Diagnostic {
    let what =
        format!("The state has schema version {version}, which no release of this provider has written.");
    let next = "Use the version of the provider that wrote it. Or take the resource out of state and import it again; \
                nothing in the cloud changes:";
    Diagnostic::error(
        "Stored state is from an unknown version",
        paragraphs(&[&what, next, &verbatim(&[FORGET])]),
    )
}

#[cfg(test)]
pub(super) mod tests {
    use super::{super::facts::*, *};
    use crate::framework::diagnostics::Samples;

    /// Every diagnostic of this file.
    pub(crate) fn samples() -> Samples {
        vec![
            ("import_not_read", import_not_read(ROLE)),
            ("malformed_identity", malformed_identity(Some("me"), "AliyunServiceRoleForMss")),
            (
                "malformed_import_id",
                malformed_import_id("x:AliyunServiceRoleForMss", MssRole::meant_by(ROLE)),
            ),
            ("cannot_move", cannot_move("alicloud_ram_role", "its role \"admin\" is not a role of MSS")),
            ("moved_without_account", moved_without_account(ROLE)),
            ("moved_role_is_not_there", moved_role_is_not_there(ROLE, "2222222222222222")),
            (
                "moved_to_another_account",
                moved_to_another_account(ROLE, "2222222222222222", Some("1234567890123456")),
            ),
            ("moved_to_another_account (later)", moved_to_another_account(ROLE, "2222222222222222", None)),
            ("moved_to_another_name", moved_to_another_name(ROLE, Some("AliyunServiceRoleForMssp"))),
            ("moved_to_another_name (later)", moved_to_another_name(ROLE, None)),
            ("unknown_state_version", unknown_state_version(7)),
        ]
    }
}
