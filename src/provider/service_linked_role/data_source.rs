//! The data source `mss_service_linked_role`: one role, without owning it.
//!
//! | Operation | API actions | Permissions |
//! |---|---|---|
//! | read | GetRole | `ram:GetRole` |

use std::sync::Arc;

use async_trait::async_trait;

use super::{
    diagnostics as text, find::find_role, model::Model, schema::facts, validators::validate_role_name,
};
use crate::{
    framework::{
        data_source::{DataSource, DataSourceResult},
        diagnostics::Diagnostics,
        resource::CancellationToken,
        schema::{Attribute, Schema},
        value::{Object, Type},
    },
    provider::{account::validate_account_id, look::look, session::Session},
};

/// The data source `mss_service_linked_role`, over the session of the provider.
pub(in crate::provider) struct ServiceLinkedRoleDataSource {
    session: Arc<Session>,
}

impl ServiceLinkedRoleDataSource {
    pub(in crate::provider) fn new(session: Arc<Session>) -> Self {
        Self { session }
    }
}

#[async_trait]
impl DataSource for ServiceLinkedRoleDataSource {
    fn type_name(&self) -> &'static str {
        "mss_service_linked_role"
    }

    fn schema(&self) -> Schema {
        let mut attributes = vec![role_name(), account_id(), service_name()];
        attributes.extend(facts());
        Schema { version: 0, description: DESCRIPTION, attributes }
    }

    async fn read(&self, config: Object, stop: &CancellationToken) -> Result<DataSourceResult, Diagnostics> {
        let configured = self.session.current();
        let client = configured.client()?;
        let wanted = Model::from_object(&config);
        let role = wanted.reference();
        let request = async { find_role(&client.account(role.account_id).await?, role.role_name).await };
        let what = format!("the service-linked role {role}");
        match look(&what, stop, request).await? {
            Some(role) if role.is_service_linked_role == Some(false) => {
                Err(text::not_service_linked(&role).into())
            }
            Some(role) => Ok(wanted.refreshed(role).into_object().only(self.schema().names()).into()),
            None => Err(text::no_such_role(role).into()),
        }
    }
}

/// The role that a data source looks for.
pub(super) fn role_name() -> Attribute {
    Attribute::required(
        "role_name",
        Type::String,
        "Name of the role: `AliyunServiceRoleForMssp`, `AliyunServiceRoleForESAMssp` or \
         `AliyunServiceRoleForAntiRansomwareMssp`.",
    )
    .validator(validate_role_name)
}

/// The account that a data source looks into.
pub(super) fn account_id() -> Attribute {
    Attribute::optional_computed(
        "account_id",
        Type::String,
        "ID of the account that holds the role, digits only. Default: the account of the provider's credentials.",
    )
    .validator(validate_account_id)
}

/// The attribute for the service that a role trusts.
pub(super) fn service_name() -> Attribute {
    Attribute::computed("service_name", Type::String, "Service that the role trusts.")
}

const DESCRIPTION: &str = "One service-linked role of MSS that already exists. Reading it changes nothing and \
does not make Terraform manage it; a role that does not exist is an error.";
