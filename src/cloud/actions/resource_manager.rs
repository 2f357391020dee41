//! Resource Management 2020-03-31: service-linked roles.

use super::account::AccountClient;
use crate::cloud::{
    api::{Product, resource_manager},
    error::Error,
    send::retry::Idempotency,
};

impl AccountClient {
    /// GetRole of Resource Management.
    ///
    /// # Errors
    /// [`Error::NotFound`] with code `EntityNotExist.Role`, or any other failure.
    pub async fn get_role(&self, role_name: &str) -> Result<resource_manager::Role, Error> {
        let parameters = [("RoleName", role_name), ("Language", "en")];
        let action = resource_manager::action::GET_ROLE;
        let response: resource_manager::RoleResponse =
            self.read(Product::ResourceManager, action, &parameters).await?;
        Ok(response.role)
    }

    /// CreateServiceLinkedRole of Resource Management. Not sent again if it may have had its effect.
    ///
    /// # Errors
    /// [`Error::AlreadyExists`], [`Error::NotFound`] of a service, or any other failure.
    pub async fn create_service_linked_role(
        &self,
        service_name: &str,
    ) -> Result<resource_manager::Role, Error> {
        let parameters = [("ServiceName", service_name)];
        let action = resource_manager::action::CREATE_SERVICE_LINKED_ROLE;
        let response: resource_manager::RoleResponse =
            self.call(Product::ResourceManager, action, &parameters, Idempotency::Unsafe).await?;
        Ok(response.role)
    }

    /// DeleteServiceLinkedRole of Resource Management; returns the ID of the deletion task. Not sent
    /// again if it may have had its effect.
    ///
    /// # Errors
    /// [`Error::NotFound`] with code `EntityNotExist.Role`, or any other failure.
    pub async fn delete_service_linked_role(&self, role_name: &str) -> Result<String, Error> {
        let parameters = [("RoleName", role_name)];
        let action = resource_manager::action::DELETE_SERVICE_LINKED_ROLE;
        let response: resource_manager::DeletionResponse =
            self.call(Product::ResourceManager, action, &parameters, Idempotency::Unsafe).await?;
        Ok(response.deletion_task_id)
    }

    /// GetServiceLinkedRoleDeletionStatus of Resource Management.
    ///
    /// # Errors
    /// [`Error::NotFound`] of a deletion task, or any other failure.
    pub async fn get_service_linked_role_deletion_status(
        &self,
        task_id: &str,
    ) -> Result<resource_manager::DeletionTask, Error> {
        let parameters = [("DeletionTaskId", task_id)];
        let action = resource_manager::action::GET_SERVICE_LINKED_ROLE_DELETION_STATUS;
        self.read(Product::ResourceManager, action, &parameters).await
    }
}
