//! RAM 2015-05-01: what a service name stands for (SDK; no document page describes the action), and the
//! policies of a role (documented).

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

/// Answer of ListPoliciesForRole.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PoliciesAnswer {
    /// The policies attached to a role.
    pub policies: AttachedPolicies,
}

/// Lists come doubly nested: `Policies.Policy[]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AttachedPolicies {
    /// In no documented order.
    pub policy: Vec<AttachedPolicy>,
}

/// A policy as it is attached to a role.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "PascalCase")]
pub struct AttachedPolicy {
    /// Name of the policy.
    pub policy_name: String,
    /// `System` or `Custom`.
    pub policy_type: String,
    /// When it was attached, RFC 3339.
    pub attach_date: Option<String>,
}

/// Answer of GetPolicy.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyAnswer {
    /// The policy.
    pub policy: Policy,
    /// The version in force; in SDKs, not on the document page.
    pub default_policy_version: Option<PolicyVersion>,
}

/// A policy, apart from its versions.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "PascalCase", default)]
pub struct Policy {
    /// In words.
    pub description: Option<String>,
    /// ID of the version in force, such as `v1`.
    pub default_version: Option<String>,
    /// RFC 3339.
    pub create_date: Option<String>,
    /// RFC 3339.
    pub update_date: Option<String>,
}

/// Answer of GetPolicyVersion.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyVersionAnswer {
    /// The version.
    pub policy_version: PolicyVersion,
}

/// One version of a policy.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "PascalCase", default)]
pub struct PolicyVersion {
    /// Such as `v1`.
    pub version_id: Option<String>,
    /// JSON as text.
    pub policy_document: Option<String>,
}

/// Action names.
pub mod action {
    /// Lists the versions of a policy.
    pub const LIST_POLICY_VERSIONS: &str = "ListPolicyVersions";
    /// Asks which policies a role has.
    pub const LIST_POLICIES_FOR_ROLE: &str = "ListPoliciesForRole";
    /// Reads a policy.
    pub const GET_POLICY: &str = "GetPolicy";
    /// Reads one version of a policy.
    pub const GET_POLICY_VERSION: &str = "GetPolicyVersion";
    /// Asks what a service name stands for.
    pub const GET_SERVICE_LINKED_ROLE_TEMPLATE: &str = "GetServiceLinkedRoleTemplate";
}
