//! Resource Management 2020-03-31: the member accounts of a resource directory (documented).
//!
//! ResourceDirectoryMaster 2022-04-19 has the same actions, but its host depends on whether an account is of
//! the China site or of the international site (documented), which no credentials show. This version
//! is served for both by the host that also serves the roles.

use serde::Deserialize;

use super::form;

/// The response of ListAccounts: one page of members.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AccountsResponse {
    /// The members on this page, at most `LARGEST_PAGE`.
    pub accounts: Accounts,
    /// How many members there are on all pages.
    pub total_count: Option<u64>,
}

/// The list, which comes doubly nested: `Accounts.Account[]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Accounts {
    /// In the order of the product.
    pub account: Vec<Account>,
}

/// A member account, as the directory describes it.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "PascalCase")]
pub struct Account {
    /// The ID: decimal digits, 16 of them.
    #[serde(deserialize_with = "form::account_id")]
    pub account_id: String,
    /// The name that the directory has for it.
    pub display_name: Option<String>,
    /// `CreateSuccess`, `InviteSuccess`, `PromoteSuccess`, or how far a change of its type is.
    pub status: Option<String>,
    /// `ResourceAccount`, which the directory created, or `CloudAccount`, which has a root user of its own.
    #[serde(rename = "Type")]
    pub kind: Option<String>,
    /// `created` by the directory, or `invited`.
    pub join_method: Option<String>,
    /// When it joined; RFC 3339, UTC, with milliseconds.
    pub join_time: Option<String>,
    /// The folder that it is in: `r-…` for the Root folder, else `fd-…`.
    pub folder_id: Option<String>,
    /// All folders above it: `<directory>/<Root folder>/<folder>/…/<account>`.
    pub resource_directory_path: Option<String>,
}

/// The response of GetFolder, which shows that the folder exists.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::cloud) struct FolderResponse {
    /// The folder that was asked for.
    pub folder: Folder,
}

/// A folder of the resource directory.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Folder {
    /// `fd-…`, or `r-…` for the Root folder.
    pub folder_id: String,
}

/// The names of the actions, as requests carry them.
pub mod action {
    /// Lists the members of the directory.
    pub const LIST_ACCOUNTS: &str = "ListAccounts";
    /// Reads one folder by ID.
    pub const GET_FOLDER: &str = "GetFolder";
}

/// Codes that mean that the caller's account has no directory it may list (documented).
pub(crate) const NO_DIRECTORY: [&str; 2] = ["EntityNotExists.ResourceDirectory", "ResourceDirectoryNotInUse"];
/// The most members on one page (documented).
pub(crate) const LARGEST_PAGE: usize = 100;

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
        let page: AccountsResponse = serde_json::from_str(page).unwrap();
        assert_eq!(page.total_count, Some(2));
        let [shop, bare] = page.accounts.account.as_slice() else { panic!("{page:?}") };
        assert_eq!(
            (shop.kind.as_deref(), shop.status.as_deref()),
            (Some("ResourceAccount"), Some("CreateSuccess"))
        );
        assert_eq!(bare, &Account { account_id: "2".to_owned(), ..Account::default() });
    }
}
