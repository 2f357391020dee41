//! The data source `mss_service_linked_role_policy`: the system policy attached to a role.
//!
//! | Operation | API actions | Permissions |
//! |---|---|---|
//! | read | ListPoliciesForRole, GetPolicy; GetPolicyVersion if that response lacks the document | `ram:ListPoliciesForRole`, `ram:GetPolicy`, `ram:GetPolicyVersion` |

use std::sync::Arc;

use async_trait::async_trait;

use super::{
    data_source::{account_id, role_name},
    diagnostics as text,
    find::is_absence,
    model::Model,
    role_reference::RoleReference,
};
use crate::{
    cloud::{
        self, AccountClient,
        api::ram::{AttachedPolicy, Policy},
    },
    framework::{
        data_source::{DataSource, DataSourceResult},
        diagnostics::Diagnostics,
        resource::CancellationToken,
        schema::{Attribute, Schema},
        value::{Object, Type},
    },
    provider::{look::look, session::Session},
};

/// The data source `mss_service_linked_role_policy`, over the session of the provider.
pub(in crate::provider) struct ServiceLinkedRolePolicyDataSource {
    session: Arc<Session>,
}

impl ServiceLinkedRolePolicyDataSource {
    pub(in crate::provider) fn new(session: Arc<Session>) -> Self {
        Self { session }
    }
}

#[async_trait]
impl DataSource for ServiceLinkedRolePolicyDataSource {
    fn type_name(&self) -> &'static str {
        "mss_service_linked_role_policy"
    }

    fn schema(&self) -> Schema {
        Schema { version: 0, description: DESCRIPTION, attributes: attributes() }
    }

    async fn read(
        &self,
        mut config: Object,
        stop: &CancellationToken,
    ) -> Result<DataSourceResult, Diagnostics> {
        let configured = self.session.current();
        let client = configured.client()?;
        let wanted = Model::from_object(&config);
        let role = wanted.reference();
        let what = format!("the policy of the service-linked role {role}");
        let request = async {
            let (account_id, account) = client.identified_account(role.account_id).await?;
            Ok((account_id, find_policy(&account, role.role_name).await?))
        };
        match look(&what, stop, request).await? {
            (account_id, PolicyLookup::Policy(policy)) => {
                config.set("account_id", account_id);
                policy.fill(&mut config);
                Ok(config.into())
            }
            (account_id, PolicyLookup::NoRole) => {
                Err(text::no_such_role(RoleReference { account_id: Some(&account_id), ..role }).into())
            }
            (account_id, PolicyLookup::NoPolicy) => {
                Err(text::no_policy(RoleReference { account_id: Some(&account_id), ..role }).into())
            }
        }
    }
}

enum PolicyLookup {
    NoRole,
    NoPolicy,
    Policy(RolePolicy),
}

/// The attached policy and its version in force.
struct RolePolicy {
    attached: AttachedPolicy,
    policy: Policy,
    document: Option<String>,
}

impl RolePolicy {
    fn fill(self, state: &mut Object) {
        state.set("policy_name", self.attached.policy_name);
        state.set("policy_type", self.attached.policy_type);
        state.set("description", self.policy.description);
        state.set("version", self.policy.default_version);
        state.set("document", self.document);
        state.set("attach_date", self.attached.attach_date);
        state.set("create_date", self.policy.create_date);
        state.set("update_date", self.policy.update_date);
    }
}

/// Nobody can attach another policy to a service-linked role (documented): the system policy is the one.
async fn find_policy(account: &AccountClient, role_name: &str) -> Result<PolicyLookup, cloud::Error> {
    let policies = match account.list_policies_for_role(role_name).await {
        Ok(policies) => policies,
        Err(error) if is_absence(&error) => return Ok(PolicyLookup::NoRole),
        Err(error) => return Err(error),
    };
    let Some(attached) = policies.into_iter().find(|policy| policy.policy_type == "System") else {
        return Ok(PolicyLookup::NoPolicy);
    };
    let (policy_type, policy_name) = (&attached.policy_type, &attached.policy_name);
    let response = account.get_policy(policy_type, policy_name).await?;
    let document = match (response.default_policy_version, &response.policy.default_version) {
        (Some(version), _) if version.policy_document.is_some() => version.policy_document,
        (_, Some(version_id)) => {
            account.get_policy_version(policy_type, policy_name, version_id).await?.policy_document
        }
        (_, None) => None,
    };
    Ok(PolicyLookup::Policy(RolePolicy { attached, policy: response.policy, document }))
}

fn attributes() -> Vec<Attribute> {
    let text = |name, description| Attribute::computed(name, Type::String, description);
    vec![
        role_name(),
        account_id(),
        text("policy_name", "Name of the policy."),
        text(
            "policy_type",
            "Always `System`: Alibaba Cloud writes the policy, and nobody else can change it.",
        ),
        text("description", "Description that Alibaba Cloud gives the policy."),
        text("version", "ID of the version in force, such as `v2`."),
        text("document", "The version in force, a JSON document: what the role may do."),
        text("attach_date", "When the policy was attached to the role, RFC 3339 in UTC."),
        text("create_date", "When Alibaba Cloud created the policy, RFC 3339 in UTC."),
        text("update_date", "When Alibaba Cloud last changed the policy, RFC 3339 in UTC."),
    ]
}

const DESCRIPTION: &str = "The system policy attached to a service-linked role of MSS: what MSS may do in the \
account, as a document to review or to monitor. Alibaba Cloud changes it from time to time; `version` and \
`update_date` show each change.";
