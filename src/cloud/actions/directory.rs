//! Resource Management 2020-03-31: the accounts and folders of a resource directory.

use super::account::AccountClient;
use crate::cloud::{
    api::{Product, resource_directory},
    error::Error,
};

impl AccountClient {
    /// ListAccounts of Resource Management: one page of the members, counted from 1.
    ///
    /// # Errors
    /// Any failure of the call.
    pub async fn list_accounts(
        &self,
        page_number: u64,
    ) -> Result<resource_directory::AccountsResponse, Error> {
        let (page, size) = (page_number.to_string(), resource_directory::LARGEST_PAGE.to_string());
        let parameters = [("PageNumber", page.as_str()), ("PageSize", size.as_str())];
        self.read(Product::ResourceManager, resource_directory::action::LIST_ACCOUNTS, &parameters).await
    }

    /// GetFolder of Resource Management.
    ///
    /// # Errors
    /// [`Error::NotFound`] of the folder, or any other failure.
    pub async fn get_folder(&self, folder_id: &str) -> Result<resource_directory::Folder, Error> {
        let parameters = [("FolderId", folder_id)];
        let action = resource_directory::action::GET_FOLDER;
        let response: resource_directory::FolderResponse =
            self.read(Product::ResourceManager, action, &parameters).await?;
        Ok(response.folder)
    }
}
