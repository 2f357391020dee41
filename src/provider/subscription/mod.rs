//! The MSS subscription of an account: what MSS says of it, and the data sources that show it.

mod data_source;
mod status;
mod subscriptions_data_source;

pub(super) use data_source::SubscriptionDataSource;
pub(crate) use status::Subscription;
pub(super) use subscriptions_data_source::SubscriptionsDataSource;
