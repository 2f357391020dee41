//! RAM 2015-05-01: templates of service-linked roles, and policies.

use super::account::AccountClient;
use crate::cloud::{
    api::{Product, ram},
    error::Error,
};

impl AccountClient {
    /// GetServiceLinkedRoleTemplate of RAM. Asked once for each service, however many accounts ask at a
    /// time; a failure is not kept.
    ///
    /// # Errors
    /// [`Error::NotFound`] of a service, or any other failure.
    pub async fn get_service_linked_role_template(
        &self,
        service_name: &str,
    ) -> Result<ram::ServiceLinkedRoleTemplate, Error> {
        let template = self.shared.template(service_name);
        let ask = || async {
            let parameters = [("ServiceName", service_name)];
            let action = ram::action::GET_SERVICE_LINKED_ROLE_TEMPLATE;
            let response: ram::TemplateResponse = self.read(Product::Ram, action, &parameters).await?;
            Ok(response.service_linked_role_template)
        };
        template.get_or_try_init(ask).await.cloned()
    }

    /// ListPoliciesForRole of RAM.
    ///
    /// # Errors
    /// [`Error::NotFound`] of the role, or any other failure.
    pub async fn list_policies_for_role(&self, role_name: &str) -> Result<Vec<ram::AttachedPolicy>, Error> {
        let parameters = [("RoleName", role_name)];
        let action = ram::action::LIST_POLICIES_FOR_ROLE;
        let response: ram::PoliciesResponse = self.read(Product::Ram, action, &parameters).await?;
        Ok(response.policies.policy)
    }

    /// GetPolicy of RAM.
    ///
    /// # Errors
    /// [`Error::NotFound`] of the policy, or any other failure.
    pub async fn get_policy(
        &self,
        policy_type: &str,
        policy_name: &str,
    ) -> Result<ram::PolicyResponse, Error> {
        let parameters = [("PolicyType", policy_type), ("PolicyName", policy_name)];
        self.read(Product::Ram, ram::action::GET_POLICY, &parameters).await
    }

    /// GetPolicyVersion of RAM.
    ///
    /// # Errors
    /// [`Error::NotFound`] of the policy or the version, or any other failure.
    pub async fn get_policy_version(
        &self,
        policy_type: &str,
        policy_name: &str,
        version_id: &str,
    ) -> Result<ram::PolicyVersion, Error> {
        let parameters =
            [("PolicyType", policy_type), ("PolicyName", policy_name), ("VersionId", version_id)];
        let action = ram::action::GET_POLICY_VERSION;
        let response: ram::PolicyVersionResponse = self.read(Product::Ram, action, &parameters).await?;
        Ok(response.policy_version)
    }
}
