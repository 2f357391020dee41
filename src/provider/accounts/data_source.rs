//! The data source `mss_accounts`: the member accounts of the resource directory.
//!
//! | Operation | API actions | Permissions |
//! |---|---|---|
//! | read | ListAccounts, one call for each hundred accounts; GetFolder only if no account is in the folder | `resourcemanager:ListAccounts`, `resourcemanager:GetFolder` |

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;

use super::{
    filter::{Filter, validate_folder_id, validate_regex, validate_statuses},
    members::{Members, members},
};
use crate::{
    cloud::{self, Client, api::resource_directory::Account},
    framework::{
        data_source::{DataSource, DataSourceResult},
        diagnostics::{Diagnostic, Diagnostics},
        resource::CancellationToken,
        schema::{Attribute, Schema},
        value::{Object, Path, Type, Value},
    },
    provider::{diagnostics::reason, layout::paragraphs, look::look, session::Session},
};

/// The data source `mss_accounts`, over the session of the provider.
pub(in crate::provider) struct AccountsDataSource {
    session: Arc<Session>,
}

impl AccountsDataSource {
    pub(in crate::provider) fn new(session: Arc<Session>) -> Self {
        Self { session }
    }
}

#[async_trait]
impl DataSource for AccountsDataSource {
    fn type_name(&self) -> &'static str {
        "mss_accounts"
    }

    fn schema(&self) -> Schema {
        Schema { version: 0, description: DESCRIPTION, attributes: attributes() }
    }

    fn validate(&self, config: &Object) -> Diagnostics {
        let below_nothing =
            config.get("folder_id").is_null() && config.bool("include_subfolders").known() == Some(true);
        if below_nothing { without_folder().into() } else { Diagnostics::new() }
    }

    async fn read(&self, config: Object, stop: &CancellationToken) -> Result<DataSourceResult, Diagnostics> {
        let configured = self.session.current();
        let client = configured.client()?;
        let filter = Filter::of(&config);
        let members = members(client, stop).await?;
        if let Some(folder_id) = filter.folder_id()
            && !is_anywhere(&members, folder_id)
        {
            check_folder(client, stop, folder_id).await?;
        }
        let mut kept = BTreeMap::new();
        for (account_id, account) in members {
            if filter.keeps(&account)? {
                kept.insert(account_id, account);
            }
        }
        Ok(with_accounts(config, kept).into())
    }
}

fn with_accounts(mut config: Object, accounts: Members) -> Object {
    config.set("ids", Value::List(accounts.keys().map(|id| id.as_str().into()).collect()));
    let described = accounts.into_iter().map(|(account_id, account)| (account_id, describe(account)));
    config.set("accounts", Value::Map(described.collect()));
    config
}

fn describe(account: Account) -> Value {
    let mut described = Object::empty();
    described.set("account_id", account.account_id);
    for (name, value) in [
        ("display_name", account.display_name),
        ("status", account.status),
        ("type", account.kind),
        ("folder_id", account.folder_id),
        ("join_method", account.join_method),
        ("join_time", account.join_time),
    ] {
        described.set(name, value.map_or(Value::Null, Value::from));
    }
    described.into()
}

fn is_anywhere(members: &Members, folder_id: &str) -> bool {
    let is_in = |account: &Account| {
        let path = account.resource_directory_path.as_deref().unwrap_or_default();
        account.folder_id.as_deref() == Some(folder_id) || path.split('/').any(|step| step == folder_id)
    };
    members.values().any(is_in)
}

/// A folder without accounts is one thing; one that does not exist is a mistake, which would take the
/// roles of every account with it.
async fn check_folder(client: &Client, stop: &CancellationToken, folder_id: &str) -> Result<(), Diagnostic> {
    let request = async { Ok(client.account(None).await?.get_folder(folder_id).await) };
    match look(&format!("the folder \"{folder_id}\""), stop, request).await? {
        Ok(_) => Ok(()),
        Err(error) => Err(folder_not_seen(folder_id, &error)),
    }
}

fn folder_not_seen(folder_id: &str, error: &cloud::Error) -> Diagnostic {
    let what = format!(
        "No account is in the folder \"{folder_id}\", and the provider could not check that the folder exists."
    );
    let next = match error.denied_action() {
        Some(action) => format!("Check the folder's ID, or allow the action `{action}`."),
        None => "Check the folder's ID: the console shows it.".to_owned(),
    };
    let detail = paragraphs(&[&what, &reason(error), &next]);
    Diagnostic::error("Folder could not be found", detail).at(Path::of("folder_id"))
}

fn without_folder() -> Diagnostic {
    let detail = "`include_subfolders` is only for use with a folder.\n\nSet `folder_id`, or leave both out for \
                  every account of the directory.";
    Diagnostic::error("Folder is missing", detail).at(Path::of("include_subfolders"))
}

fn attributes() -> Vec<Attribute> {
    vec![
        Attribute::optional(
            "folder_id",
            Type::String,
            "ID of a folder of the directory, `fd-…`, or `r-…` for the Root folder: only accounts in it. Default: \
             the whole directory. A folder that does not exist is an error.",
        )
        .validator(validate_folder_id),
        Attribute::optional(
            "include_subfolders",
            Type::Bool,
            "Whether to include accounts in folders below `folder_id`. Default: `false`.",
        ),
        Attribute::optional(
            "status",
            Type::Set(Box::new(Type::String)),
            "Only accounts in one of these states: `CreateSuccess`, `InviteSuccess`, `PromoteSuccess`, \
             `PromoteVerifying`, `PromoteFailed`, `PromoteExpired`, `PromoteCancelled`. The first three are settled accounts; the others, accounts whose change of type is in progress or has failed.",
        )
        .validator(validate_statuses),
        Attribute::optional(
            "name_regex",
            Type::String,
            "Regular expression: only accounts whose display name has a match. Write `^` and `$` for the whole name; \
             `(?i)` ignores the case of ASCII letters only.",
        )
        .validator(validate_regex),
        Attribute::computed(
            "ids",
            Type::Set(Box::new(Type::String)),
            "IDs of the accounts, ready for `for_each`.",
        ),
        Attribute::computed_map("accounts", account_attributes(), "The accounts under their IDs."),
    ]
}

fn account_attributes() -> Vec<Attribute> {
    let text = |name, description| Attribute::computed(name, Type::String, description);
    vec![
        text("account_id", "ID of the account."),
        text("display_name", "Name of the account in the directory."),
        text("status", "One of the states that `status` filters by."),
        text("type", "`ResourceAccount`, or `CloudAccount` for an account with a root user of its own."),
        text("folder_id", "ID of the folder that the account is in."),
        text("join_method", "`created` in the directory, or `invited` into it."),
        text("join_time", "When the account joined, RFC 3339, UTC."),
    ]
}

const DESCRIPTION: &str = "The member accounts of the resource directory, ready for the `for_each` of a \
resource. The credentials must belong to the directory's management account, or to a member that is a delegated \
administrator of a trusted service. The management account itself is not a member; add it with `setunion` if MSS is used in it.";

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::framework::diagnostics::Samples;

    /// A sample of each diagnostic that this file makes, for the snapshot.
    pub(crate) fn samples() -> Samples {
        vec![
            ("folder_not_seen", folder_not_seen("fd-1", &crate::provider::diagnostics::tests::denied())),
            ("without_folder", without_folder()),
        ]
    }
}
