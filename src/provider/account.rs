//! IDs of Alibaba Cloud accounts in a configuration.
//!
//! Must not know who asks: resources and data sources do.

use crate::{
    cloud::api::form::is_account_id,
    framework::{
        diagnostics::Diagnostic,
        value::{Path, Value},
    },
};

/// Checks the ID of an account.
pub(super) fn validate_account_id(value: &Value, path: &Path) -> Option<Diagnostic> {
    let Value::String(text) = value else {
        return None;
    };
    if is_account_id(text) {
        return None;
    }
    let detail = format!(
        "The value {text:?} is not an Alibaba Cloud account ID, which consists of digits.\n\nUse the \
         account ID that the console shows under Security Settings, not an alias or a user name."
    );
    Some(Diagnostic::error("Malformed account ID", detail).at(path.clone()))
}

/// Checks each ID of a set.
pub(super) fn validate_account_ids(value: &Value, path: &Path) -> Option<Diagnostic> {
    let Value::List(account_ids) = value else {
        return None;
    };
    let malformed = account_ids.iter().find_map(|account_id| validate_account_id(account_id, path));
    let null = || {
        let detail = "One of the account IDs is null.\n\nRemove it.";
        Diagnostic::error("Malformed account ID", detail).at(path.clone())
    };
    malformed.or_else(|| account_ids.iter().any(Value::is_null).then(null))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::framework::diagnostics::Samples;

    /// A sample of each diagnostic that this file makes, for the snapshot.
    pub(crate) fn samples() -> Samples {
        let null = Value::List(vec![Value::Null]);
        vec![
            ("validate_account_id", validate_account_id(&"prod".into(), &Path::of("account_id")).unwrap()),
            ("validate_account_ids, null", validate_account_ids(&null, &Path::of("account_ids")).unwrap()),
        ]
    }

    #[test]
    fn digits_and_nothing_else() {
        let path = Path::of("account_id");
        assert_eq!(validate_account_id(&"1234567890123456".into(), &path), None);
        for text in ["", "my-account", "12 34", "１２", "acs:1", "123456789012345678901234567890123"] {
            let found = validate_account_id(&text.into(), &path).unwrap();
            assert_eq!(
                (found.summary.as_ref(), found.path.as_ref()),
                ("Malformed account ID", Some(&path)),
                "{text}"
            );
        }
    }

    #[test]
    fn each_of_a_set() {
        let path = Path::of("account_ids");
        let check = |ids: Vec<Value>| validate_account_ids(&Value::List(ids), &path);
        assert_eq!(check(vec![]), None);
        assert_eq!(check(vec!["1".into(), Value::Unknown]), None);
        for ids in [vec!["1".into(), "me".into()], vec!["1".into(), Value::Null]] {
            assert_eq!(check(ids).unwrap().path.as_ref(), Some(&path));
        }
    }
}
