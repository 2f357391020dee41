//! RAM shows another role than the one that was expected, or one that had gone.
//!
//! Must not decide anything: the operations do.

use super::{
    super::{find::ExpectedRole, role_reference::RoleReference},
    ways_out::{ADOPT, BEFORE_DESTROY, import, import_instead, ways_out},
};
use crate::{
    cloud::api::resource_manager::Role,
    framework::{diagnostics::Diagnostic, value::Path},
    provider::layout::{paragraphs, verbatim},
};

/// RAM was asked about one role and answered about another.
pub(in crate::provider) fn other_role_answered(expected: &ExpectedRole, found: &Role) -> Diagnostic {
    let detail = format!(
        "The provider asked RAM for the service-linked role {} and received {} ({}). The role was not changed.\n\nCheck the \
         provider's `endpoints`, and that no proxy answers in place of Alibaba Cloud.",
        expected.reference(),
        RoleReference::from(found),
        found.arn
    );
    Diagnostic::error("RAM answered with another role", detail).at(Path::of("role_name"))
}

pub(in crate::provider) fn not_service_linked(role: &Role) -> Diagnostic {
    let detail = format!(
        "The role {} has the name of a service-linked role but is not one, so the provider leaves it alone.\n\nManage \
         it with a resource for ordinary RAM roles, or delete it so that MSS can create its own.",
        RoleReference::from(role)
    );
    Diagnostic::error("Role is not service-linked", detail).at(Path::of("role_name"))
}

/// The refresh of this run was told that there is no such role, and RAM shows that very one. The state keeps it,
/// since the plan fails.
pub(in crate::provider) fn found_again(role: &Role) -> Diagnostic {
    let what = format!(
        "During the refresh, RAM reported that the service-linked role {} does not exist; now it shows the same role \
         (role ID {}). The role in state is not touched.",
        RoleReference::from(role),
        role.role_id
    );
    let next = "Plan again: a replica of RAM was behind.";
    Diagnostic::error("RAM contradicts itself", paragraphs(&[&what, next]))
}

/// The refresh of this run has found the role of the state gone, and RAM shows another one of its name. An import
/// alone does not help: the state keeps the old one, since the plan fails.
pub(in crate::provider) fn made_again_outside(role: RoleReference) -> Diagnostic {
    let what = format!(
        "The service-linked role {role} in state no longer exists, and another role of the same name already exists. \
         {REMADE_BY} The role was not changed."
    );
    let import = format!("To manage the new role, run:\n{}", import_instead(role));
    let next = ways_out(role, &[&import, ADOPT, BEFORE_DESTROY]);
    Diagnostic::error(REMADE, paragraphs(&[&what, &next])).at(Path::of("role_name"))
}

/// The role that would be replaced is not the one that RAM shows.
pub(in crate::provider) fn replaced_is_another(expected: &ExpectedRole, found: &Role) -> Diagnostic {
    let role = expected.reference();
    let what = format!(
        "The service-linked role {} in state (role ID {}) no longer exists, and another role of the same name already \
         exists (role ID {}). {REMADE_BY} It cannot be replaced, and neither is touched.",
        role,
        expected.role_id.as_deref().unwrap_or("not known"),
        found.role_id
    );
    let import = format!("To manage the new role, run:\n{}", import_instead(role));
    let refresh = "Otherwise, plan again without `-refresh=false`.";
    Diagnostic::error(REMADE, paragraphs(&[&what, &ways_out(role, &[&import, refresh])]))
        .at(Path::of("role_name"))
}

/// Ours is gone, and another one has its name.
pub(in crate::provider) fn remade(role: RoleReference, found: &Role) -> Diagnostic {
    let what = format!(
        "The service-linked role {} of this resource no longer exists and leaves the state. Someone has since created \
         another role of that name (role ID {}); the provider leaves it alone.",
        role, found.role_id
    );
    let next = "To manage the new role, take the old one out of state and import the new one:";
    let commands = verbatim(&["terraform apply -refresh-only", &import(role)]);
    Diagnostic::warning("Role was deleted and created again", paragraphs(&[&what, next, &commands]))
}

const REMADE: &str = "Role was deleted and another one created";

/// Nobody can tell the two apart: what a run made that was killed is not in the state.
const REMADE_BY: &str =
    "Someone created it outside Terraform, or a run was stopped before it saved its state.";

#[cfg(test)]
pub(super) mod tests {
    use super::{super::facts::*, *};
    use crate::framework::diagnostics::Samples;

    /// Every diagnostic of this file.
    pub(crate) fn samples() -> Samples {
        let other = Role { role_name: "AliyunServiceRoleForOther".to_owned(), ..role() };
        vec![
            ("made_again_outside", made_again_outside(NAMED)),
            ("found_again", found_again(&role())),
            ("other_role_answered", other_role_answered(&expected(), &other)),
            (
                "replaced_is_another",
                replaced_is_another(
                    &ExpectedRole { role_id: Some("7".to_owned()), ..expected() },
                    &Role { role_id: "8".to_owned(), ..role() },
                ),
            ),
            ("not_service_linked", not_service_linked(&role())),
            ("remade", remade(NAMED, &Role { role_id: "8".to_owned(), ..role() })),
        ]
    }
}
