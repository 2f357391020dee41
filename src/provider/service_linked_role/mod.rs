//! The service-linked roles of MSS: RAM roles with a fixed name, trust policy and permissions,
//! which only MSS may assume.
//!
//! Each file answers one question:
//!
//! | File | Question |
//! |---|---|
//! | `resource` | which file serves an operation of the resource? |
//! | `model`, `schema`, `timeouts` | what are the attributes, and what do they hold? |
//! | `validate`, `validators` | can the arguments be right at all? |
//! | `plan` | what will happen to the role, and can it work? |
//! | `tainted` | what does a plan replace of which Terraform says nothing? |
//! | `judgement`, `verdict` | may this role be destroyed, and what will that do? |
//! | `note` | what does a plan tell the apply? |
//! | `create`, `delete` | how does a role come and go, and what if an answer is lost? |
//! | `service` | is a service name that of the role? |
//! | `find` | what does RAM show, and is that a fact? |
//! | `read` | is the role in state still the one in the account? |
//! | `ram` | what do create and delete ask of RAM? (tests answer in its place) |
//! | `import` | which role does an ID or identity mean? |
//! | `move`, `moved` | what becomes of alicloud's state, and what follows? |
//! | `diagnostics` | what is said of all that, and what is the way out? |
//! | `data_source`, `roles_data_source`, `policy_data_source`, `list_resource`, `survey` | what is seen without owning it? |
//! | `mss_role` | which roles are there? |
//! | `role_reference`, `role_in_state` | which role is it about, and what is known of it? |
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
mod role_in_state;
mod role_reference;
mod roles_data_source;
mod schema;
mod service;
mod survey;
mod tainted;
mod timeouts;
mod validate;
mod validators;
mod verdict;

pub(super) use data_source::ServiceLinkedRoleDataSource;
pub(super) use list_resource::ServiceLinkedRoleListResource;
pub use mss_role::{MSS_ROLES, MssRole};
pub(super) use policy_data_source::ServiceLinkedRolePolicyDataSource;
pub(super) use resource::ServiceLinkedRoleResource;
pub(super) use roles_data_source::ServiceLinkedRolesDataSource;

/// A sample of each diagnostic that this folder makes, for the snapshot.
#[cfg(test)]
pub(crate) fn samples() -> crate::framework::diagnostics::Samples {
    let of_arguments = [validators::tests::samples(), timeouts::tests::samples(), validate::tests::samples()];
    [of_arguments.concat(), diagnostics::tests::samples()].concat()
}
