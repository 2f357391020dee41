//! The service-linked roles of MSS: RAM roles with a fixed name, trust policy and permissions,
//! which only MSS may assume.
//!
//! Must not know the wire of either side.

mod create;
mod data_source;
mod delete;
mod diagnostics;
mod find;
mod import;
mod judgement;
mod list_resource;
mod model;
mod r#move;
mod moved;
mod mss_role;
mod note;
mod plan;
mod policy_data_source;
mod ram;
mod read;
mod resource;
mod roles_data_source;
mod schema;
mod survey;
mod tainted;
mod timeouts;
mod validate;
mod validators;
mod verdict;

pub use data_source::ServiceLinkedRoleDataSource;
pub use list_resource::ServiceLinkedRoleListResource;
pub use mss_role::{MSS_ROLES, MssRole};
pub use policy_data_source::ServiceLinkedRolePolicyDataSource;
pub use resource::ServiceLinkedRoleResource;
pub use roles_data_source::ServiceLinkedRolesDataSource;

/// A sample of each diagnostic that this folder makes, for the snapshot.
#[cfg(test)]
pub(crate) fn samples() -> crate::framework::diagnostics::Samples {
    let of_arguments = [validators::tests::samples(), timeouts::tests::samples(), validate::tests::samples()];
    [of_arguments.concat(), diagnostics::tests::samples()].concat()
}
