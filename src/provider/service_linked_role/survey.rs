//! Looks for every role of MSS in many accounts: what the data source of all roles and `terraform query`
//! have in common.

use std::sync::Arc;

use futures_util::{FutureExt, future::try_join_all, stream::BoxStream};

use super::{MSS_ROLES, MssRole, find::find_role};
use crate::{
    cloud::{self, AccountClient, api::resource_manager::Role},
    framework::resource::CancellationToken,
    provider::{
        accounts::{Failure, Selection, look_into_each},
        session::ConfiguredProvider,
    },
};

/// Each role of MSS in one account, present or missing, in documentation order.
pub(super) type AccountSurvey = Vec<(MssRole, Option<Role>)>;

/// Looks into each account, a few at a time; the results come in the order of the accounts.
pub(super) fn survey(
    configured: Arc<ConfiguredProvider>,
    selection: Selection,
    stop: CancellationToken,
) -> BoxStream<'static, Result<(String, AccountSurvey), Failure>> {
    let what = "the service-linked roles";
    look_into_each(configured, selection, stop, what, |_, account| survey_account(account).boxed())
}

async fn survey_account(account: AccountClient) -> Result<AccountSurvey, cloud::Error> {
    let find = async |role: MssRole| -> Result<_, cloud::Error> {
        let found = find_role(&account, role.role_name).await?;
        // An ordinary role may have the name of one; it does not belong to MSS.
        Ok((role, found.filter(|found| found.is_service_linked_role != Some(false))))
    };
    try_join_all(MSS_ROLES.map(find)).await
}
