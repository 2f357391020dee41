//! The schema of `mss_service_linked_role`, and what of it data sources show.

use super::model::Model;
use crate::framework::{
    resource::{IdentityAttribute, IdentitySchema},
    schema::{Attribute, Presence, Schema},
};

pub(super) fn schema() -> Schema {
    Schema { version: 0, description: DESCRIPTION, attributes: Model::attributes() }
}

/// What RAM says of a role, in the resource and in data sources.
pub(super) fn facts() -> Vec<Attribute> {
    // The resource alone knows whether it has adopted the role.
    let is_fact =
        |attribute: &Attribute| attribute.presence == Presence::Computed && attribute.name != "adopted";
    Model::attributes().into_iter().filter(is_fact).collect()
}

pub(super) fn identity_schema() -> IdentitySchema {
    let attributes = vec![
        IdentityAttribute {
            name: "account_id",
            description: "ID of the account that holds the role. Default for an import: the account of the \
                          provider's credentials.",
            required_for_import: false,
        },
        IdentityAttribute {
            name: "role_name",
            description: "Name of the role, such as `AliyunServiceRoleForMssp`.",
            required_for_import: true,
        },
    ];
    IdentitySchema { version: 0, attributes }
}

const DESCRIPTION: &str = "A service-linked role of Alibaba Cloud's Managed Security Service (MSS): a RAM role \
with a fixed name, trust policy and permissions that only MSS can assume.\n\nAlibaba Cloud refuses to delete \
`AliyunServiceRoleForMssp` and `AliyunServiceRoleForESAMssp` while the MSS subscription is active. Until the \
subscription has ended, a plan that would delete one of these two roles is therefore refused, before anything is \
destroyed. With `deletion_policy`, a destroy can leave the role in the account instead; for an adopted role, \
this is the default.";
