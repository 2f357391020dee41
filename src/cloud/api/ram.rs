//! RAM 2015-05-01: what a service name stands for (SDK; no document page describes the action), and the
//! policies of a role (documented).

use serde::Deserialize;

/// The response of GetServiceLinkedRoleTemplate.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::cloud) struct TemplateResponse {
    /// What RAM would create for the service.
    pub service_linked_role_template: ServiceLinkedRoleTemplate,
}

/// What RAM creates for a service.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "PascalCase", default)]
pub struct ServiceLinkedRoleTemplate {
    /// The service, as it was asked for.
    pub service_name: Option<String>,
    /// The role's name, to which a custom suffix may be added.
    pub role_name_prefix: Option<String>,
    /// The system policy that the role gets.
    pub system_policy_name: Option<String>,
    /// Whether a custom suffix makes further roles.
    pub multiple_roles_allowed: Option<bool>,
}

/// The response of ListPoliciesForRole.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PoliciesResponse {
    /// The policies attached to a role.
    pub policies: AttachedPolicies,
}

/// The list, which comes doubly nested: `Policies.Policy[]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AttachedPolicies {
    /// The policies, in no documented order.
    pub policy: Vec<AttachedPolicy>,
}

/// A policy as it is attached to a role.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "PascalCase")]
pub struct AttachedPolicy {
    /// The name, unique among policies of its type.
    pub policy_name: String,
    /// `System` for those that Alibaba Cloud writes, or `Custom`.
    pub policy_type: String,
    /// When it was attached; RFC 3339, UTC.
    pub attach_date: Option<String>,
}

/// The response of GetPolicy: the policy, and perhaps its document.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyResponse {
    /// The policy, without its document.
    pub policy: Policy,
    /// The version in force; in SDKs, not on the document page.
    pub default_policy_version: Option<PolicyVersion>,
}

/// A policy, apart from its versions.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "PascalCase", default)]
pub struct Policy {
    /// A text by whoever wrote the policy.
    pub description: Option<String>,
    /// ID of the version in force, such as `v1`.
    pub default_version: Option<String>,
    /// When it was created; RFC 3339, UTC.
    pub create_date: Option<String>,
    /// When it was last changed; RFC 3339, UTC.
    pub update_date: Option<String>,
}

/// The response of GetPolicyVersion.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::cloud) struct PolicyVersionResponse {
    /// The version that was asked for.
    pub policy_version: PolicyVersion,
}

/// One version of a policy, with its document.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "PascalCase", default)]
pub struct PolicyVersion {
    /// The ID within the policy, such as `v1`.
    pub version_id: Option<String>,
    /// The document: JSON, written as a text.
    pub policy_document: Option<String>,
}

/// The names of the actions, as requests carry them.
pub mod action {
    /// Lists the versions of a policy.
    pub const LIST_POLICY_VERSIONS: &str = "ListPolicyVersions";
    /// Asks which policies a role has.
    pub const LIST_POLICIES_FOR_ROLE: &str = "ListPoliciesForRole";
    /// Reads a policy of a type.
    pub const GET_POLICY: &str = "GetPolicy";
    /// Reads one version of a policy.
    pub const GET_POLICY_VERSION: &str = "GetPolicyVersion";
    /// Asks what a service name stands for.
    pub const GET_SERVICE_LINKED_ROLE_TEMPLATE: &str = "GetServiceLinkedRoleTemplate";
}
