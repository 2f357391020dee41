//! Every diagnostic of the role's operations, as pure functions of the facts: what happened, why,
//! and what to do.
//!
//! | File | What it speaks of |
//! |---|---|
//! | `conflict` | two objects of a plan or a state, and one role |
//! | `plan` | a role that cannot be taken, replaced or looked up as planned |
//! | `other_role` | RAM shows another role than the expected one |
//! | `create`, `read`, `delete` | what an operation did, did not do, or may have done |
//! | `import` | imports, moved states, and states of unknown versions |
//! | `ways_out` | what they advise alike, and the commands in it |
//!
//! All texts are in `tests/snapshots/diagnostics.snap`. Must not decide anything: the operations do.

mod conflict;
mod create;
mod delete;
#[cfg(test)]
mod facts;
mod import;
mod other_role;
mod plan;
mod read;
mod ways_out;

pub(super) use conflict::*;
pub(super) use create::*;
pub(super) use delete::*;
pub(super) use import::*;
pub(super) use other_role::*;
pub(super) use plan::*;
pub(super) use read::*;

#[cfg(test)]
pub(super) mod tests {
    use super::{conflict, create, delete, import, other_role, plan, read};
    use crate::framework::diagnostics::Samples;

    /// Every diagnostic of this folder, with facts that show all of its parts.
    pub(crate) fn samples() -> Samples {
        let before = [conflict::tests::samples(), plan::tests::samples(), other_role::tests::samples()];
        let operations = [create::tests::samples(), read::tests::samples(), delete::tests::samples()];
        [before.concat(), operations.concat(), import::tests::samples()].concat()
    }

    /// An apply may have changed other resources.
    #[test]
    fn plans_and_applies_speak_of_the_role_alone() {
        let spoken = [conflict::tests::samples(), plan::tests::samples(), create::tests::samples()];
        for (name, found) in [spoken.concat(), delete::tests::samples()].concat() {
            assert!(!found.detail.to_lowercase().contains("nothing was changed"), "{name}: {}", found.detail);
        }
    }

    #[test]
    fn each_detail_names_what_it_is_about() {
        for (name, found) in samples() {
            let about = ["Aliyun", "state", "accounts"];
            let is_named = about.iter().any(|word| found.detail.contains(word)) || name == "cannot_move";
            assert!(is_named, "{name} names what it is about: {}", found.detail);
        }
    }
}
