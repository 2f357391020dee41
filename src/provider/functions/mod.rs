//! Functions on names and ARNs of service-linked roles: pure, and callable without credentials.
//!
//! Must not know the cloud client: they compute with text alone, by the forms of the API.

mod argument;
mod parse_role_arn;
mod role_arn;
mod service_name;

pub(super) use parse_role_arn::ParseRoleArn;
pub use role_arn::RoleArn;
pub use service_name::ServiceName;
