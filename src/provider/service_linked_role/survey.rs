//! Looks for every role of MSS in many accounts: what the data source of all roles and `terraform query`
//! have in common.

use std::{collections::BTreeSet, sync::Arc};

use futures_util::{
    StreamExt,
    future::try_join_all,
    stream::{self, BoxStream},
};

use super::{MSS_ROLES, MssRole, find::find_role};
use crate::{
    cloud::{self, Client, api::resource_manager::Role},
    framework::{
        diagnostics::Diagnostic,
        resource::CancellationToken,
        schema::Attribute,
        value::{Object, Type},
    },
    provider::{account::validate_account_ids, look::look, session::Configured},
};

/// What was found in one account.
pub(super) struct Surveyed {
    /// The account.
    pub(super) account_id: String,
    /// Each role of MSS, present or missing, in documentation order.
    pub(super) roles: Vec<(MssRole, Option<Role>)>,
}

/// The accounts to look into; empty for none, `None` for the caller's.
pub(super) fn account_ids_of(config: &Object) -> Option<BTreeSet<String>> {
    config.strings("account_ids").known().map(BTreeSet::from_iter)
}

/// The attribute that names them.
pub(super) fn account_ids(description: &'static str) -> Attribute {
    Attribute::optional("account_ids", Type::Set(Box::new(Type::String)), description)
        .validator(validate_account_ids)
}

/// Looks into each account, a few at a time; the results come in the order of the accounts.
pub(super) fn survey(
    configured: Arc<Configured>,
    account_ids: Option<BTreeSet<String>>,
    stop: CancellationToken,
) -> BoxStream<'static, Result<Surveyed, Diagnostic>> {
    let accounts: Vec<Option<String>> = match account_ids {
        Some(account_ids) => account_ids.into_iter().map(Some).collect(),
        None => vec![None],
    };
    let look_into = move |account_id: Option<String>| {
        let (configured, stop) = (Arc::clone(&configured), stop.clone());
        async move {
            let client = configured.client()?;
            let what = match &account_id {
                Some(account_id) => format!("the service-linked roles of account {account_id}"),
                None => "the service-linked roles of the caller's account".to_owned(),
            };
            look(&what, &stop, survey_account(client, account_id)).await
        }
    };
    stream::iter(accounts).map(look_into).buffered(ACCOUNTS_AT_A_TIME).boxed()
}

async fn survey_account(client: &Client, account_id: Option<String>) -> Result<Surveyed, cloud::Error> {
    let (account_id, account) = client.identified_account(account_id.as_deref()).await?;
    let find = async |role: MssRole| -> Result<_, cloud::Error> {
        let found = find_role(&account, role.role_name).await?;
        // An ordinary role may have the name of one; it is none of MSS.
        Ok((role, found.filter(|found| found.is_service_linked_role != Some(false))))
    };
    let roles = try_join_all(MSS_ROLES.map(find)).await?;
    Ok(Surveyed { account_id, roles })
}

/// Enough to hide the latency of the cloud; throttling slows all of them down.
const ACCOUNTS_AT_A_TIME: usize = 16;
