//! The data source `mss_subscriptions`: the MSS subscriptions of several accounts, or of every member of the
//! resource directory.
//!
//! | Operation | API actions | Permissions |
//! |---|---|---|
//! | read | GetUserStatus and AssumeRole for each account; ListAccounts with `all_accounts` | `yundun-mss:GetUserStatus`, `sts:AssumeRole`, `resourcemanager:ListAccounts` |

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::FutureExt;

use super::Subscription;
use crate::{
    framework::{
        data_source::{DataSource, DataSourceResult},
        diagnostics::Diagnostics,
        resource::CancellationToken,
        schema::{Attribute, Schema},
        value::{Object, Type, Value},
    },
    provider::{
        accounts::{Selection, gather, look_into_each},
        session::Session,
    },
};

/// The data source `mss_subscriptions`, over the session of the provider.
pub(in crate::provider) struct SubscriptionsDataSource {
    session: Arc<Session>,
}

impl SubscriptionsDataSource {
    pub(in crate::provider) fn new(session: Arc<Session>) -> Self {
        Self { session }
    }
}

#[async_trait]
impl DataSource for SubscriptionsDataSource {
    fn type_name(&self) -> &'static str {
        "mss_subscriptions"
    }

    fn schema(&self) -> Schema {
        let mut attributes = Vec::from(Selection::attributes());
        attributes.push(Attribute::computed_map(
            "subscriptions",
            subscription_attributes(),
            "The subscriptions under the IDs of their accounts; an account without one has `active = false`.",
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
        let what = "the MSS subscription";
        let responses =
            look_into_each(self.session.current(), selection, stop.clone(), what, |client, account| {
                async move { Subscription::find(&account, client.server_now()).await }.boxed()
            });
        let (found, warnings) = gather(responses, every_member).await?;
        let described =
            found.into_iter().map(|(account_id, found)| (account_id.clone(), describe(account_id, found)));
        config.set("subscriptions", Value::Map(described.collect()));
        Ok(DataSourceResult { state: config, warnings })
    }
}

fn describe(account_id: String, subscription: Subscription) -> Value {
    let mut described = Object::empty();
    described.set("account_id", account_id);
    subscription.describe_in(&mut described);
    described.into()
}

fn subscription_attributes() -> Vec<Attribute> {
    let mut attributes = vec![Attribute::computed("account_id", Type::String, "ID of the account.")];
    attributes.extend(Subscription::attributes());
    attributes
}

const DESCRIPTION: &str = "The MSS subscriptions of one or several accounts: who is subscribed, and until when, for a \
`check` block or an inventory. An account in `account_ids` that cannot be read is an error, so that such a list is \
never incomplete.";
