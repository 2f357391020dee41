//! The data source `mss_subscription`: the MSS subscription of one account.
//!
//! | Operation | API actions | Permissions |
//! |---|---|---|
//! | read | GetUserStatus; without `account_id` GetCallerIdentity | `yundun-mss:GetUserStatus` |

use std::sync::Arc;

use async_trait::async_trait;

use super::Subscription;
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

/// The data source `mss_subscription`, over the session of the provider.
pub(in crate::provider) struct SubscriptionDataSource {
    session: Arc<Session>,
}

impl SubscriptionDataSource {
    pub(in crate::provider) fn new(session: Arc<Session>) -> Self {
        Self { session }
    }
}

#[async_trait]
impl DataSource for SubscriptionDataSource {
    fn type_name(&self) -> &'static str {
        "mss_subscription"
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
        let wanted = config.string("account_id").known();
        let request = async {
            let (account_id, account) = client.identified_account(wanted.as_deref()).await?;
            Ok((account_id, Subscription::find(&account, client.server_now()).await?))
        };
        let (account_id, found) = look("the MSS subscription", stop, request).await?;
        config.set("account_id", account_id);
        found.describe_in(&mut config);
        Ok(config.into())
    }
}

fn attributes() -> Vec<Attribute> {
    let mut attributes = vec![
        Attribute::optional_computed(
            "account_id",
            Type::String,
            "ID of the account, digits only. Default: the account of the provider's credentials.",
        )
        .validator(validate_account_id),
    ];
    attributes.extend(Subscription::attributes());
    attributes
}

const DESCRIPTION: &str =
    "The MSS subscription of an account: whether it is active, its edition and its dates.";
