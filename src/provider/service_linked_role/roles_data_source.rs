//! The data source `mss_service_linked_roles`: every role of MSS in one or several accounts, present or
//! missing.
//!
//! | Operation | API actions | Permissions |
//! |---|---|---|
//! | read | GetRole for each role; AssumeRole for each other account | `ram:GetRole`, `sts:AssumeRole` |

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::StreamExt;

use super::{
    MssRole,
    data_source::service_name,
    model::Model,
    schema::facts,
    survey::{account_ids, account_ids_of, survey},
};
use crate::{
    cloud::api::resource_manager::Role,
    framework::{
        data_source::{DataSource, Seen},
        diagnostics::Diagnostics,
        resource::CancellationToken,
        schema::{Attribute, Schema},
        value::{Knowable, Object, Type, Value},
    },
    provider::session::Session,
};

/// The data source type.
pub struct ServiceLinkedRolesDataSource {
    session: Arc<Session>,
}

impl ServiceLinkedRolesDataSource {
    pub(crate) fn new(session: Arc<Session>) -> Self {
        Self { session }
    }
}

#[async_trait]
impl DataSource for ServiceLinkedRolesDataSource {
    fn type_name(&self) -> &'static str {
        "mss_service_linked_roles"
    }

    fn schema(&self) -> Schema {
        let attributes = vec![
            account_ids(
                "IDs of the accounts to look into, digits only. Default: the account of the provider's \
                 credentials alone.",
            ),
            Attribute::computed_list(
                "roles",
                role_attributes(),
                "Every role of MSS in every account, by account ID and in the order of the documentation.",
            ),
        ];
        Schema { version: 0, description: DESCRIPTION, attributes }
    }

    async fn read(&self, mut config: Object, stop: &CancellationToken) -> Result<Seen, Diagnostics> {
        let mut surveyed = survey(self.session.current(), account_ids_of(&config), stop.clone());
        let (mut roles, mut diagnostics) = (Vec::new(), Diagnostics::new());
        let attributes = role_attributes();
        while let Some(account) = surveyed.next().await {
            match account {
                Ok(account) => {
                    let of = |(known, role)| describe(&attributes, &account.account_id, known, role);
                    roles.extend(account.roles.into_iter().map(of));
                }
                Err(diagnostic) => diagnostics.push(diagnostic),
            }
        }
        if diagnostics.has_error() {
            return Err(diagnostics);
        }
        config.set("roles", Value::List(roles));
        Ok(config.into())
    }
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
            "Whether the account has the role. If not, what RAM would say of it is null.",
        ),
        service_name(),
    ];
    attributes.extend(facts());
    attributes
}

const DESCRIPTION: &str = "All service-linked roles of MSS in one or several accounts, present or missing: an \
inventory, or the keys of a `for_each`. An account that cannot be read is an error, so that a list is never \
incomplete.";
