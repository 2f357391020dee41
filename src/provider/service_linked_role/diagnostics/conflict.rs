//! Two objects of a plan or a state, and one role: which of them should have it?
//!
//! Must not decide anything: the plan does.

use super::{
    super::role_reference::RoleReference,
    ways_out::{BEFORE_DESTROY, EXCHANGED, RENAMED, import, import_instead, ways_out, ways_out_by_holder},
};
use crate::{
    framework::{diagnostics::Diagnostic, value::Path},
    provider::{layout::paragraphs, run::Intent},
};

/// Two plans of one run that contradict each other; this one came second.
pub(in crate::provider) fn contradicting(role: RoleReference, this: Intent, other: Intent) -> Diagnostic {
    match (this, other) {
        (Intent::Delete, Intent::Forget) | (Intent::Forget, Intent::Delete) => deleted_and_left(role),
        (Intent::Delete, other) | (other, Intent::Delete) => destroyed_and_held(role, other),
        _ => held_twice(role),
    }
}

fn destroyed_and_held(role: RoleReference, holding: Intent) -> Diagnostic {
    let holding = match holding {
        Intent::Take => "creates it or takes it over",
        _ => "keeps it",
    };
    let what = format!(
        "Two objects of this plan share the service-linked role {role}: one destroys it, the other {holding}. An account can \
         have only one role of this name, so the deletion would take it away from both. The role was not changed."
    );
    let deposed = format!(
        "If Terraform shows the destroyed object as deposed, remove `create_before_destroy` and run:\n{}",
        import_instead(role)
    );
    let next = ways_out(
        role,
        &[
            RENAMED,
            EXCHANGED,
            &deposed,
            "Otherwise, take the object that should go out of state; the role stays in the account:\n\
         terraform state rm 'ADDRESS'",
            BEFORE_DESTROY,
        ],
    );
    let detail = paragraphs(&[&what, &next]);
    Diagnostic::error("One plan destroys and keeps the same role", detail).at(Path::of("role_name"))
}

fn deleted_and_left(role: RoleReference) -> Diagnostic {
    let what = format!(
        "Two objects of the state hold the service-linked role {role}, and this plan destroys both: the `deletion_policy` \
         of one deletes the role, that of the other leaves it in the account. The role was not changed."
    );
    let next = ways_out(
        role,
        &[
            "Take one of the two out of state; the policy of the other then counts:\nterraform state rm 'ADDRESS'",
        ],
    );
    let detail = paragraphs(&[&what, &next]);
    Diagnostic::error("One plan deletes and abandons the same role", detail).at(Path::of("deletion_policy"))
}

fn held_twice(role: RoleReference) -> Diagnostic {
    let what = format!(
        "Another resource in this configuration already holds the service-linked role {role}, or is about to. An account \
         can have only one role of this name, so only one resource can hold it. The role was not changed."
    );
    let next = ways_out(
        role,
        &[
            "Remove one of the two resources from the configuration. If the state holds the role at that address, take \
         it out of state first, so that the role is not destroyed:\nterraform state rm 'ADDRESS'",
            "If the resource was renamed or has another key, remove the old one and add a `moved` block from its \
         address to the new one.",
            BEFORE_DESTROY,
        ],
    );
    Diagnostic::error("Role is planned twice", paragraphs(&[&what, &next])).at(Path::of("role_name"))
}

/// The role that is to come exists, and an object in state holds it that no plan has mentioned yet.
pub(in crate::provider) fn held_at_another_address(role: RoleReference) -> Diagnostic {
    let what = format!(
        "The service-linked role {role} already exists, and another object in the state holds it. An import would put one \
         role at two addresses. The role was not changed."
    );
    let next = ways_out_by_holder(role, &[RENAMED, EXCHANGED, BEFORE_DESTROY]);
    let detail = paragraphs(&[&what, &next]);
    Diagnostic::error("Role is held at another address", detail).at(Path::of("role_name"))
}

/// The same where the role can be replaced. Terraform does not say which case it is, so the text lists them.
pub(in crate::provider) fn held_in_state(role: RoleReference, going: Intent) -> Diagnostic {
    let what = format!(
        "The state holds the service-linked role {role}, and this plan creates it. Terraform does not say which of the \
         cases below it is."
    );
    let tainted = match going {
        Intent::Delete => {
            "If the resource is tainted, apply deletes the role and creates it again. With `create_before_destroy` \
             that fails, because the name can exist only once. To keep the role, run:\nterraform untaint 'ADDRESS'"
        }
        _ => {
            "If the resource is tainted, apply takes over the role again. To keep it as it is, run:\n\
             terraform untaint 'ADDRESS'"
        }
    };
    let here = format!(
        "If another object in the state holds the role, apply stops. Take that object out of state and import the role \
         here:\nterraform state rm 'OTHER_ADDRESS'\n{}",
        import(role)
    );
    let next = ways_out(
        role,
        &[
            tainted,
            "If the resource was renamed or has another key, add a `moved` block from the old address to the new one.",
            &here,
        ],
    );
    Diagnostic::warning("Service-linked role is already in state", paragraphs(&[&what, &next]))
        .at(Path::of("role_name"))
}

/// Why a role in state cannot be replaced.
#[derive(Clone, Debug)]
pub(in crate::provider) enum Irreplaceable<'a> {
    /// Its destroy is refused, for this reason.
    Kept(&'a str),
    /// Its destroy leaves it in the account, for this reason, so that its name stays taken.
    Left(&'a str),
}

/// A role that an object in state holds, and that this plan cannot replace.
pub(in crate::provider) fn tainted(role: RoleReference, reason: &Irreplaceable) -> Diagnostic {
    let what = format!(
        "The state holds the service-linked role {role}, and this plan creates it: either the resource is tainted or \
         another object holds the role. The role cannot be replaced now. The role was not changed."
    );
    let mut ways = vec![
        "If the resource is tainted, run:\nterraform untaint 'ADDRESS'",
        "If the resource was renamed or has another key, add a `moved` block from the old address to the new one.",
        "If another resource holds the role, remove this one from the configuration.",
    ];
    let why = match reason {
        Irreplaceable::Kept(why) => why,
        Irreplaceable::Left(why) => {
            ways.push(BEFORE_DESTROY);
            why
        }
    };
    let next = ways_out(role, &ways);
    Diagnostic::error("Role in state cannot be replaced", paragraphs(&[&what, why, &next]))
        .at(Path::of("role_name"))
}

/// A role that this plan may be about to destroy, and cannot. `why` it cannot.
pub(in crate::provider) fn might_not_be_deletable(role: RoleReference, why: &str) -> Diagnostic {
    let what = format!(
        "The state holds the service-linked role {role}, and nothing in this plan shows what happens to it. If this resource \
         is tainted and holds that role, apply would destroy that role first, and would be refused."
    );
    let next = ways_out_by_holder(
        role,
        &[
            "If the resource is tainted, run this command and plan again:\nterraform untaint 'ADDRESS'",
            "If another resource holds the role, there is nothing to do.",
        ],
    );
    Diagnostic::warning("Role in state might not be deletable", paragraphs(&[&what, why, &next]))
        .at(Path::of("role_name"))
}

pub(in crate::provider) const WHY_PREVENTED: &str = "The `deletion_policy` in state is \"prevent\".";

pub(in crate::provider) const WHY_ABANDONED: &str = "The `deletion_policy` in state is \"abandon\": the role would stay in the \
                                        account, and a second role of the same name cannot be created.";

#[cfg(test)]
pub(super) mod tests {
    use super::{super::facts::*, *};
    use crate::framework::diagnostics::Samples;

    /// Every diagnostic of this file.
    pub(crate) fn samples() -> Samples {
        vec![
            ("contradicting, destroyed and created", contradicting(NAMED, Intent::Take, Intent::Delete)),
            ("contradicting, kept and destroyed", contradicting(NAMED, Intent::Delete, Intent::Keep)),
            ("contradicting, deleted and left", contradicting(NAMED, Intent::Forget, Intent::Delete)),
            ("contradicting, planned twice", contradicting(NAMED, Intent::Keep, Intent::Take)),
            ("held_at_another_address", held_at_another_address(NAMED)),
            ("tainted, abandoned", tainted(NAMED, &Irreplaceable::Left(WHY_ABANDONED))),
            ("tainted, prevented", tainted(NAMED, &Irreplaceable::Kept(WHY_PREVENTED))),
            ("might_not_be_deletable", might_not_be_deletable(NAMED, WHY_PREVENTED)),
            ("held_in_state, deleted", held_in_state(NAMED, Intent::Delete)),
            ("held_in_state, abandoned", held_in_state(NAMED, Intent::Forget)),
        ]
    }
}
