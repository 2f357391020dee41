//! RAM 2015-05-01: what a service name stands for (SDK; no document page describes the action).

use serde::Deserialize;

/// Answer of GetServiceLinkedRoleTemplate.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TemplateAnswer {
    /// The template.
    pub service_linked_role_template: ServiceLinkedRoleTemplate,
}

/// What RAM creates for a service.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "PascalCase", default)]
pub struct ServiceLinkedRoleTemplate {
    /// The service.
    pub service_name: Option<String>,
    /// The role's name, to which a custom suffix may be added.
    pub role_name_prefix: Option<String>,
    /// The policy attached to it.
    pub system_policy_name: Option<String>,
    /// Whether custom suffixes are allowed.
    pub multiple_roles_allowed: Option<bool>,
}

/// Action names.
pub mod action {
    /// Asks what a service name stands for.
    pub const GET_SERVICE_LINKED_ROLE_TEMPLATE: &str = "GetServiceLinkedRoleTemplate";
}
