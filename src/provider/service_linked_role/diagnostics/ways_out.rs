//! The ways out that diagnostics of the role share, and the commands in them.
//!
//! `ADDRESS` stands for the address that Terraform shows with the diagnostic.
//!
//! Must not know which diagnostic it is.

use super::super::role_reference::RoleReference;
use crate::provider::layout::{list, paragraphs, verbatim};

/// How to bring an existing role under this resource.
pub(super) fn how_to_import(role: RoleReference) -> String {
    let id = role.import_id();
    let block =
        verbatim(&[&format!("import {{\n  to = mss_service_linked_role.example\n  id = \"{id}\"\n}}")]);
    let command = verbatim(&[&format!("terraform import 'mss_service_linked_role.example' {id}")]);
    paragraphs(&[
        "To manage it here, add this block (with the address of your resource) and plan again:",
        &block,
        "Or run:",
        &command,
    ])
}

/// The command that imports a role at the address of the diagnostic.
pub(super) fn import(role: RoleReference) -> String {
    format!("terraform import 'ADDRESS' {}", role.import_id())
}

/// The commands that import a role at an address that already holds another one.
pub(super) fn import_instead(role: RoleReference) -> String {
    format!("{FORGET}\n{}", import(role))
}

/// How to delete a role by hand, and as whom; `lead` begins the sentence.
pub(super) fn how_to_delete(lead: &str, role: RoleReference) -> String {
    let command = format!("aliyun resourcemanager DeleteServiceLinkedRole --RoleName {}", role.role_name);
    let who = role.account_id.map_or_else(String::new, |id| format!(" with credentials of account {id}"));
    paragraphs(&[&format!("{lead} run{who}:"), &verbatim(&[&command])])
}

/// Ways out: each a sentence, and on lines of their own the commands that it ends with. Where one of them is about
/// an address in the state, it is followed by how to find that, by the ID of the role `in_state`.
pub(super) fn ways_out(in_state: RoleReference, ways: &[&str]) -> String {
    let listed = listed(ways);
    let is_in_state = |way: &&str| ["untaint 'ADDRESS'", FORGET].iter().any(|command| way.contains(command));
    match ways.iter().any(is_in_state) {
        true => paragraphs(&[&listed, &how_to_find_address(in_state)]),
        false => listed,
    }
}

/// Ways out by which of several objects it is, and how to see which one holds the role.
pub(super) fn ways_out_by_holder(role: RoleReference, ways: &[&str]) -> String {
    let holder = "This command prints the address that holds the role:";
    paragraphs(&[&listed(ways), holder, &verbatim(&[&find_address(role)])])
}

fn listed(ways: &[&str]) -> String {
    list("Ways out (with OpenTofu, run `tofu` instead of `terraform`):", ways)
}

/// How to find what `ADDRESS` stands for: a destroy has no configuration, so Terraform may show no address with its
/// errors; and a resource that is being moved has its old address in the state.
pub(super) fn how_to_find_address(role: RoleReference) -> String {
    let command = find_address(role);
    paragraphs(&[
        "If no address is shown, or a `moved` block makes it differ from the one in state, this command prints the \
         address in state:",
        &verbatim(&[&command]),
        "If it prints nothing, the object is deposed, or was not moved yet and is at the address after `from` in its \
         `moved` block. This command prints all addresses:",
        &verbatim(&["terraform state list"]),
    ])
}

/// The command that prints the address at which the state holds a role.
fn find_address(role: RoleReference) -> String {
    format!("terraform state list -id={}", role.import_id())
}

/// Takes the object that a diagnostic is about out of state.
pub(super) const FORGET: &str = "terraform state rm 'ADDRESS'";

/// What taking over a role means.
pub(super) const ADOPT: &str = "To take it over without an import, set `adopt_existing = true`. The role then stays in the \
                     account when you destroy the resource, unless `deletion_policy` says otherwise.";

pub(super) const RENAMED: &str = "If the resource was renamed or has another key, add a `moved` block from the old address to the new \
                       one and plan again.";

pub(super) const EXCHANGED: &str = "If two resources exchange their roles, move them through a third address:\n\
                         terraform state mv 'FIRST' 'THIRD'\nterraform state mv 'SECOND' 'FIRST'\n\
                         terraform state mv 'THIRD' 'SECOND'";

/// If the state may hold the role and nothing has said so yet.
pub(super) fn if_held(role: RoleReference) -> String {
    format!(
        "If another resource in the state holds the existing role, do not import that role. Remove that resource from the \
         configuration, and add a `moved` block from its address to this one. This command prints the address:\n{}",
        find_address(role)
    )
}

/// `terraform destroy` plans first as for an apply.
pub(super) const BEFORE_DESTROY: &str = "To destroy everything, run this command, which leaves out this plan. It also leaves out \
                              the refresh, so changes made outside Terraform show only during apply:\n\
                              terraform destroy -refresh=false";

/// A deposed object has the address of the one that has taken its place, so a command about one is about both, and no
/// configuration reaches it.
pub(super) const DEPOSED: &str = "If Terraform shows the object as deposed, a newer role has its address. Note the `id` of the newer \
                       role, make Terraform forget both, and import the newer one again:\n\
                       terraform state show 'ADDRESS'\nterraform state rm 'ADDRESS'\nterraform import 'ADDRESS' ID";

/// For the second and later errors of a kind in one run.
pub(super) fn one_way_out(in_state: RoleReference) -> String {
    let next = "One way out leaves the role in the account. Another error in this run lists the others.";
    paragraphs(&[next, &verbatim(&[FORGET]), &how_to_find_address(in_state)])
}
