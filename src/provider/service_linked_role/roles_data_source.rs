//! The data source `mss_service_linked_roles`: every role of MSS in one or several accounts, present or
//! missing.
//!
//! | Operation | API actions | Permissions |
//! |---|---|---|
//! | read | GetRole for each role; AssumeRole for each other account; ListAccounts with `all_accounts` | `ram:GetRole`, `sts:AssumeRole`, `resourcemanager:ListAccounts` |

use std::sync::Arc;

use async_trait::async_trait;

use super::{
    MssRole,
    data_source::service_name,
    model::Model,
    schema::facts,
    survey::{AccountSurvey, survey},
};
use crate::{
    cloud::api::resource_manager::Role,
    framework::{
        data_source::{DataSource, DataSourceResult},
        diagnostics::Diagnostics,
        resource::CancellationToken,
        schema::{Attribute, Schema},
        value::{Knowable, Object, Type, Value},
    },
    provider::{
        accounts::{Selection, gather},
        session::Session,
    },
};

/// The data source `mss_service_linked_roles`, over the session of the provider.
pub(in crate::provider) struct ServiceLinkedRolesDataSource {
    session: Arc<Session>,
}

impl ServiceLinkedRolesDataSource {
    pub(in crate::provider) fn new(session: Arc<Session>) -> Self {
        Self { session }
    }
}

#[async_trait]
impl DataSource for ServiceLinkedRolesDataSource {
    fn type_name(&self) -> &'static str {
        "mss_service_linked_roles"
    }

    fn schema(&self) -> Schema {
        let mut attributes = Vec::from(Selection::attributes());
        attributes.push(Attribute::computed_list(
            "roles",
            role_attributes(),
            "The three roles of MSS in each account that was searched, by account ID; in each account, first \
             `AliyunServiceRoleForMssp`, then `AliyunServiceRoleForESAMssp`, then \
             `AliyunServiceRoleForAntiRansomwareMssp`.",
        ));
        Schema { version: 0, description: DESCRIPTION, attributes }
    }

    fn validate(&self, config: &Object) -> Diagnostics {
        Selection::validate(config)
    }

    async fn read(
        &self,
        mut config: Object,
        stop: &CancellationToken,
    ) -> Result<DataSourceResult, Diagnostics> {
        let selection = Selection::of(&config);
        let every_member = selection == Selection::All;
        let surveyed = survey(self.session.current(), selection, stop.clone());
        let (found, warnings) = gather(surveyed, every_member).await?;
        let attributes = role_attributes();
        let described =
            found.into_iter().flat_map(|(account_id, roles)| describe_all(&attributes, &account_id, roles));
        config.set("roles", Value::List(described.collect()));
        Ok(DataSourceResult { state: config, warnings })
    }
}

fn describe_all(attributes: &[Attribute], account_id: &str, roles: AccountSurvey) -> Vec<Value> {
    roles.into_iter().map(|(known, role)| describe(attributes, account_id, known, role)).collect()
}

/// One role; one that does not exist has only what is known without it.
fn describe(attributes: &[Attribute], account_id: &str, known: MssRole, role: Option<Role>) -> Value {
    let exists = role.is_some();
    let named = Model {
        role_name: Knowable::Known(known.role_name.to_owned()),
        account_id: Knowable::Known(account_id.to_owned()),
        service_name: Knowable::Known(known.service_name.to_owned()),
        policy_name: Knowable::Known(known.policy_name.to_owned()),
        id: Knowable::Known(format!("{account_id}:{}", known.role_name)),
        ..Model::default()
    };
    let model = match role {
        Some(role) => named.refreshed(role),
        None => named,
    };
    let mut described = model.into_object();
    described.set("exists", exists);
    described.only(attributes.iter().map(|attribute| attribute.name)).into()
}

fn role_attributes() -> Vec<Attribute> {
    let mut attributes = vec![
        Attribute::computed("account_id", Type::String, "ID of the account."),
        Attribute::computed("role_name", Type::String, "Name of the role."),
        Attribute::computed(
            "exists",
            Type::Bool,
            "Whether the account has the role. If it does not, the attributes that RAM reports are null.",
        ),
        service_name(),
    ];
    attributes.extend(facts());
    attributes
}

const DESCRIPTION: &str = "All service-linked roles of MSS in one or several accounts, present or missing: for \
an inventory, or for a `for_each`. An account in `account_ids` that cannot be read is an error, so that such a list is \
never incomplete.";
