//! Resource Management 2020-03-31: the member accounts of a resource directory (documented).
//!
//! ResourceDirectoryMaster 2022-04-19 has the same actions, but its host depends on whether an account is of
//! the China site or of the international site (documented), which no credentials show. This version
//! is served for both by the host that also serves the roles.

use serde::Deserialize;

use super::form;

/// Answer of ListAccounts: one page.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AccountsAnswer {
    /// The members on this page.
    pub accounts: Accounts,
    /// How many members there are on all pages.
    pub total_count: Option<u64>,
}

/// The list inside the answer.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Accounts {
    /// In the order of the product.
    pub account: Vec<Account>,
}

/// A member account.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "PascalCase")]
pub struct Account {
    /// Decimal digits.
    #[serde(deserialize_with = "form::account_id")]
    pub account_id: String,
    /// What the directory calls it.
    pub display_name: Option<String>,
    /// `CreateSuccess`, `InviteSuccess`, `PromoteSuccess`, or how far a change of its type is.
    pub status: Option<String>,
    /// `ResourceAccount` or `CloudAccount`.
    #[serde(rename = "Type")]
    pub kind: Option<String>,
    /// `created` or `invited`.
    pub join_method: Option<String>,
    /// RFC 3339, UTC, with milliseconds.
    pub join_time: Option<String>,
    /// The folder that it is in: `r-…` for the Root folder, else `fd-…`.
    pub folder_id: Option<String>,
    /// `<directory>/<Root folder>/<folder>/…/<account>`.
    pub resource_directory_path: Option<String>,
}

/// Answer of GetFolder.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct FolderAnswer {
    /// The folder.
    pub folder: Folder,
}

/// A folder of the directory.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Folder {
    /// `fd-…`, or `r-…` for the Root folder.
    pub folder_id: String,
}

/// Action names.
pub mod action {
    /// Lists the members of the directory.
    pub const LIST_ACCOUNTS: &str = "ListAccounts";
    /// Shows one folder.
    pub const GET_FOLDER: &str = "GetFolder";
}

/// Codes that mean that the caller's account has no directory it may list (documented).
pub const NO_DIRECTORY: [&str; 2] = ["EntityNotExists.ResourceDirectory", "ResourceDirectoryNotInUse"];
/// The most members on one page (documented).
pub const LARGEST_PAGE: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_as_documented() {
        let page = r#"{"TotalCount":2,"RequestId":"7B8A4E7D-6CFF-471D-84DF-195A7A241ECB","PageSize":100,"PageNumber":1,
            "Accounts":{"Account":[{"Status":"CreateSuccess","Type":"ResourceAccount","DisplayName":"shop",
            "FolderId":"fd-QRzuim1234","ResourceDirectoryId":"rd-3G1234","JoinTime":"2021-01-18T08:01:50.522Z",
            "AccountId":"1817610956901234","JoinMethod":"created","ModifyTime":"2021-01-18T08:04:37.668Z",
            "ResourceDirectoryPath":"rd-3G1234/r-Wm1234/fd-QRzuim1234/1817610956901234"},
            {"AccountId":"2"}]}}"#;
        let page: AccountsAnswer = serde_json::from_str(page).unwrap();
        assert_eq!(page.total_count, Some(2));
        let [shop, bare] = page.accounts.account.as_slice() else { panic!("{page:?}") };
        assert_eq!(
            (shop.kind.as_deref(), shop.status.as_deref()),
            (Some("ResourceAccount"), Some("CreateSuccess"))
        );
        assert_eq!(bare, &Account { account_id: "2".to_owned(), ..Account::default() });
    }
}
