//! Which members the data source `mss_accounts` keeps.

use std::collections::BTreeSet;

use regex_lite::Regex;

use crate::{
    cloud::api::resource_directory::Account,
    framework::{
        diagnostics::Diagnostic,
        value::{Object, Path, Value},
    },
};

/// Every condition must hold; one that is not set holds.
pub(super) struct Filter {
    folder: Option<Folder>,
    statuses: Option<BTreeSet<String>>,
    name: Option<Regex>,
}

struct Folder {
    folder_id: String,
    include_subfolders: bool,
}

impl Filter {
    /// Reads a configuration that the validators have passed.
    pub(super) fn of(config: &Object) -> Self {
        let folder = config.string("folder_id").known().map(|folder_id| Folder {
            folder_id,
            include_subfolders: config.bool("include_subfolders").known().unwrap_or(false),
        });
        let statuses = config.strings("status").known().map(BTreeSet::from_iter);
        let name = config.string("name_regex").known().and_then(|pattern| Regex::new(&pattern).ok());
        Self { folder, statuses, name }
    }

    /// The folder that the accounts must be in.
    pub(super) fn folder_id(&self) -> Option<&str> {
        self.folder.as_ref().map(|folder| folder.folder_id.as_str())
    }

    /// Whether an account is kept.
    ///
    /// # Errors
    /// An account of which the directory does not report what is filtered by: left out in silence, it could lose its
    /// roles with the next apply.
    pub(super) fn keeps(&self, account: &Account) -> Result<bool, Diagnostic> {
        let reported = |value: &Option<String>, argument: &'static str, what: &str| {
            value.clone().ok_or_else(|| not_reported(&account.account_id, argument, what))
        };
        if let Some(statuses) = &self.statuses
            && !statuses.contains(&reported(&account.status, "status", "status")?)
        {
            return Ok(false);
        }
        if let Some(pattern) = &self.name
            && !pattern.is_match(&reported(&account.display_name, "name_regex", "display name")?)
        {
            return Ok(false);
        }
        match &self.folder {
            Some(folder) => {
                reported(&account.folder_id, "folder_id", "folder")?;
                folder.holds(account)
            }
            None => Ok(true),
        }
    }
}

impl Folder {
    fn holds(&self, account: &Account) -> Result<bool, Diagnostic> {
        if account.folder_id.as_deref() == Some(self.folder_id.as_str()) {
            return Ok(true);
        }
        if !self.include_subfolders {
            return Ok(false);
        }
        let path =
            account.resource_directory_path.as_deref().ok_or_else(|| without_path(&account.account_id))?;
        Ok(path.split('/').any(|step| step == self.folder_id))
    }
}

fn not_reported(account_id: &str, argument: &'static str, what: &str) -> Diagnostic {
    let detail = format!(
        "Alibaba Cloud did not report the {what} of account {account_id}, so it is not known whether `{argument}` selects \
         it.\n\nRun the same command again. If it fails again, remove `{argument}`, and filter the accounts in the configuration."
    );
    Diagnostic::error("Account is not described completely", detail).at(Path::of(argument))
}

fn without_path(account_id: &str) -> Diagnostic {
    let detail = format!(
        "Alibaba Cloud did not say in which folders account {account_id} is, so it is not known whether the account is \
         below the folder.\n\nLeave `include_subfolders` out, and list each folder."
    );
    Diagnostic::error("Folder of an account is not known", detail).at(Path::of("include_subfolders"))
}

/// Checks a folder ID (documented: `r-` or `fd-`, then letters and digits).
pub(super) fn validate_folder_id(value: &Value, path: &Path) -> Option<Diagnostic> {
    let Value::String(text) = value else { return None };
    let rest = text.strip_prefix("fd-").or_else(|| text.strip_prefix("r-"));
    if rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())) {
        return None;
    }
    let detail = format!(
        "The value {text:?} is not a folder ID, which begins with \"fd-\", or with \"r-\" for the Root \
         folder.\n\nUse the ID that the console shows, not the folder's name."
    );
    Some(Diagnostic::error("Malformed folder ID", detail).at(path.clone()))
}

/// Checks each status of a set; one that is unknown passes.
pub(super) fn validate_statuses(value: &Value, path: &Path) -> Option<Diagnostic> {
    let Value::List(statuses) = value else { return None };
    let known = |status: &Value| {
        matches!(status, Value::Unknown)
            || matches!(status, Value::String(text) if STATUSES.contains(&text.as_str()))
    };
    let unknown = statuses.iter().find(|status| !known(status))?;
    let unknown = match unknown {
        Value::String(text) => format!("{text:?}"),
        _ => "null".to_owned(),
    };
    let detail =
        format!("{unknown} is not an account status.\n\nUse one or more of {}.", STATUSES.join(", "));
    Some(Diagnostic::error("Unknown account status", detail).at(path.clone()))
}

/// Checks that a text is a regular expression.
pub(super) fn validate_regex(value: &Value, path: &Path) -> Option<Diagnostic> {
    let Value::String(pattern) = value else { return None };
    let problem = Regex::new(pattern).err()?;
    let detail = format!(
        "The value {pattern:?} is not a regular expression: {problem}.\n\nUse the syntax of Rust's `regex-lite`: \
         much like Terraform's `regex` function, but without `\\Q`, look-around, back-references and Unicode classes \
         such as `\\p{{Han}}`; `(?i)` ignores the case of ASCII letters only."
    );
    Some(Diagnostic::error("Malformed regular expression", detail).at(path.clone()))
}

/// Documented values of a member's status.
const STATUSES: [&str; 7] = [
    "CreateSuccess",
    "InviteSuccess",
    "PromoteSuccess",
    "PromoteVerifying",
    "PromoteFailed",
    "PromoteExpired",
    "PromoteCancelled",
];

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::framework::diagnostics::Samples;

    /// A sample of each diagnostic that this file makes, for the snapshot.
    pub(crate) fn samples() -> Samples {
        let path = Path::of("name_regex");
        vec![
            ("without_path", without_path("1111111111111111")),
            ("not_reported", not_reported("1111111111111111", "status", "status")),
            ("validate_folder_id", validate_folder_id(&"Production".into(), &Path::of("folder_id")).unwrap()),
            (
                "validate_statuses",
                validate_statuses(&Value::List(vec!["Active".into()]), &Path::of("status")).unwrap(),
            ),
            ("validate_regex", validate_regex(&"(".into(), &path).unwrap()),
        ]
    }

    fn account(name: &str, status: &str, path: &str) -> Account {
        let folder = path.rsplit('/').nth(1).map(str::to_owned);
        Account {
            account_id: path.rsplit('/').next().unwrap_or_default().to_owned(),
            display_name: Some(name.to_owned()),
            status: Some(status.to_owned()),
            folder_id: folder,
            resource_directory_path: Some(path.to_owned()),
            ..Account::default()
        }
    }

    fn kept(config: &[(&str, Value)]) -> Vec<String> {
        let config: Object = config.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let filter = Filter::of(&config);
        let all = [
            account("prod-shop", "CreateSuccess", "rd-1/r-1/fd-prod/1"),
            account("prod-eu-shop", "InviteSuccess", "rd-1/r-1/fd-prod/fd-eu/2"),
            account("test-shop", "PromoteVerifying", "rd-1/r-1/3"),
        ];
        all.iter()
            .filter(|account| filter.keeps(account).unwrap())
            .map(|account| account.account_id.clone())
            .collect()
    }

    #[test]
    fn each_condition_and_all_together() {
        let set = |values: &[&str]| Value::List(values.iter().map(|value| (*value).into()).collect());
        assert_eq!(kept(&[]), ["1", "2", "3"]);
        assert_eq!(kept(&[("folder_id", "fd-prod".into())]), ["1"]);
        assert_eq!(kept(&[("folder_id", "fd-prod".into()), ("include_subfolders", true.into())]), ["1", "2"]);
        assert_eq!(
            kept(&[("folder_id", "r-1".into()), ("include_subfolders", true.into())]),
            ["1", "2", "3"]
        );
        assert_eq!(kept(&[("folder_id", "fd-pro".into()), ("include_subfolders", true.into())]), [""; 0]);
        assert_eq!(kept(&[("status", set(&["CreateSuccess", "InviteSuccess"]))]), ["1", "2"]);
        assert_eq!(kept(&[("status", set(&[]))]), [""; 0]);
        assert_eq!(kept(&[("name_regex", "^(prod|test)-shop$".into())]), ["1", "3"]);
        assert_eq!(kept(&[("name_regex", "shop".into()), ("status", set(&["InviteSuccess"]))]), ["2"]);
    }

    #[test]
    fn an_account_without_a_path_is_not_left_out_silently() {
        let config: Object =
            [("folder_id".to_owned(), "fd-prod".into()), ("include_subfolders".to_owned(), true.into())]
                .into_iter()
                .collect();
        let nowhere = Account { account_id: "4".to_owned(), ..Account::default() };
        assert!(Filter::of(&config).keeps(&nowhere).unwrap_err().detail.contains("account 4"));
    }

    #[test]
    fn arguments_are_checked() {
        let path = Path::of("x");
        for (text, good) in [
            ("fd-QRzuim1234", true),
            ("r-Wm1234", true),
            ("fd-", false),
            ("Production", false),
            ("fd-a/b", false),
        ] {
            assert_eq!(validate_folder_id(&text.into(), &path).is_none(), good, "{text}");
        }
        for (pattern, good) in [("^prod-", true), ("(", false), ("\\p{Han}", false)] {
            assert_eq!(validate_regex(&pattern.into(), &path).is_none(), good, "{pattern}");
        }
        for (status, good) in [("CreateSuccess", true), ("createsuccess", false)] {
            assert_eq!(
                validate_statuses(&Value::List(vec![status.into()]), &path).is_none(),
                good,
                "{status}"
            );
        }
        assert!(validate_statuses(&Value::List(vec![Value::Null]), &path).is_some());
        assert!(validate_statuses(&Value::List(vec![Value::Unknown]), &path).is_none());
    }
}
