//! Which accounts a data source or a search looks into: the caller's, those that are named, or every member
//! of the resource directory.

use std::collections::BTreeSet;

use super::members::members;
use crate::{
    cloud::Client,
    framework::{
        diagnostics::{Diagnostic, Diagnostics},
        resource::CancellationToken,
        schema::Attribute,
        value::{Object, Path, Type},
    },
    provider::account::validate_account_ids,
};

/// The accounts to look into, as `account_ids` and `all_accounts` select them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::provider) enum Selection {
    /// The account of the credentials: neither attribute is set.
    Caller,
    /// These, and none if there are none.
    These(BTreeSet<String>),
    /// Every member of the resource directory.
    All,
}

impl Selection {
    /// The attributes that select, for the schema of whatever looks into accounts.
    pub(in crate::provider) fn attributes() -> [Attribute; 2] {
        [
            Attribute::optional(
                "account_ids",
                Type::Set(Box::new(Type::String)),
                "IDs of the accounts to search, digits only. Default: only the account of the provider's credentials.",
            )
            .validator(validate_account_ids),
            Attribute::optional(
                "all_accounts",
                Type::Bool,
                "Search every member account of the resource directory instead, as `mss_accounts` lists them: the \
                 management account is not one. Accounts that cannot be entered are left out, and one warning names \
                 them. Default: `false`.",
            ),
        ]
    }

    /// Refuses a configuration that sets both attributes.
    pub(in crate::provider) fn validate(config: &Object) -> Diagnostics {
        let named = !config.get("account_ids").is_null();
        if named && config.bool("all_accounts").known() == Some(true) {
            return both().into();
        }
        Diagnostics::new()
    }

    /// Reads a configuration that has been validated; nothing in it is unknown.
    pub(in crate::provider) fn of(config: &Object) -> Self {
        if config.bool("all_accounts").known() == Some(true) {
            return Self::All;
        }
        match config.strings("account_ids").known() {
            Some(account_ids) => Self::These(account_ids.into_iter().collect()),
            None => Self::Caller,
        }
    }

    /// The accounts, in order; `None` is the caller's.
    ///
    /// # Errors
    /// A directory that cannot be listed.
    pub(super) async fn account_ids(
        self,
        client: &Client,
        stop: &CancellationToken,
    ) -> Result<Vec<Option<String>>, Diagnostic> {
        Ok(match self {
            Self::Caller => vec![None],
            Self::These(account_ids) => account_ids.into_iter().map(Some).collect(),
            Self::All => members(client, stop).await?.into_keys().map(Some).collect(),
        })
    }
}

fn both() -> Diagnostic {
    let detail = "`account_ids` lists accounts, and `all_accounts` means every member account.\n\nUse only one of them.";
    Diagnostic::error("Accounts are given twice", detail).at(Path::of("all_accounts"))
}

#[cfg(test)]
pub(in crate::provider) mod tests {
    use super::*;
    use crate::framework::diagnostics::Samples;
    use crate::framework::value::Value;

    /// A sample of each diagnostic that this file makes, for the snapshot.
    pub(in crate::provider) fn samples() -> Samples {
        vec![("both", both())]
    }

    fn config(account_ids: Value, all_accounts: Value) -> Object {
        [("account_ids".to_owned(), account_ids), ("all_accounts".to_owned(), all_accounts)]
            .into_iter()
            .collect()
    }

    #[test]
    fn one_way_or_the_other() {
        let ids = || Value::List(vec!["2".into(), "1".into()]);
        for (account_ids, all_accounts, selection) in [
            (Value::Null, Value::Null, Selection::Caller),
            (Value::Null, false.into(), Selection::Caller),
            (ids(), Value::Null, Selection::These(["1".to_owned(), "2".to_owned()].into())),
            (Value::List(Vec::new()), false.into(), Selection::These(BTreeSet::new())),
            (Value::Null, true.into(), Selection::All),
        ] {
            let config = config(account_ids, all_accounts);
            assert_eq!(Selection::validate(&config), Diagnostics::new());
            assert_eq!(Selection::of(&config), selection);
        }
        assert!(Selection::validate(&config(ids(), true.into())).has_error());
        assert!(Selection::validate(&config(Value::Unknown, true.into())).has_error());
        assert!(!Selection::validate(&config(ids(), Value::Unknown)).has_error());
    }
}
