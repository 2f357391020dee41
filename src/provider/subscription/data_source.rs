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
        data_source::{DataSource, Seen},
        diagnostics::Diagnostics,
        resource::CancellationToken,
        schema::{Attribute, Schema},
        value::{Object, Type},
    },
    provider::{account::validate_account_id, look::look, session::Session},
};

/// The data source `mss_subscription`, over the session of the provider.
pub struct SubscriptionDataSource {
    session: Arc<Session>,
}

impl SubscriptionDataSource {
    pub(crate) fn new(session: Arc<Session>) -> Self {
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

    async fn read(&self, mut config: Object, stop: &CancellationToken) -> Result<Seen, Diagnostics> {
        let configured = self.session.current();
        let client = configured.client()?;
        let wanted = config.string("account_id").known();
        let asked = async {
            let (account_id, account) = client.identified_account(wanted.as_deref()).await?;
            Ok((account_id, Subscription::find(&account, client.server_now()).await?))
        };
        let (account_id, found) = look("the MSS subscription", stop, asked).await?;
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
    attributes.extend(facts());
    attributes
}

/// What MSS says of an account.
pub(super) fn facts() -> Vec<Attribute> {
    vec![
        Attribute::computed(
            "active",
            Type::Bool,
            "Whether the subscription is active: while it is, Alibaba Cloud does not delete the roles of MSS.",
        ),
        Attribute::computed(
            "status",
            Type::String,
            "Status as MSS gives it: `NotEnabled`, `FirstLogin` or `Enabled`.",
        ),
        Attribute::computed(
            "version",
            Type::String,
            "Edition, such as `base`, `mdrjichu`, `mdrgaoji`, `qiye` or `huhang`; null without a subscription.",
        ),
        Attribute::computed(
            "customer_type",
            Type::String,
            "`official` or `trial`; null without a subscription.",
        ),
        Attribute::computed(
            "instance_id",
            Type::String,
            "ID of the MSS instance; null without a subscription.",
        ),
        Attribute::computed(
            "start_date",
            Type::String,
            "When the subscription began, RFC 3339. MSS gives no time zone; UTC+8 is assumed.",
        ),
        Attribute::computed(
            "end_date",
            Type::String,
            "When the subscription ends, RFC 3339. MSS gives no time zone; UTC+8 is assumed.",
        ),
    ]
}

const DESCRIPTION: &str =
    "The MSS subscription of an account: whether it is active, its edition and its dates.";
