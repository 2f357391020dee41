//! A session of the member account role, which the caller opens in another account.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::account::SharedConnection;
use crate::cloud::{
    error::Error,
    place::Place,
    signer::{CredentialsSource, FetchedCredentials, Signer},
};

/// How to open a session in one member account.
pub(in crate::cloud) struct MemberSession {
    shared: Arc<SharedConnection>,
    caller: Signer,
    account_id: String,
    role_arn: String,
}

impl MemberSession {
    /// A session of the role with this ARN, which is in this account.
    pub fn new(shared: Arc<SharedConnection>, caller: Signer, account_id: &str, role_arn: String) -> Self {
        Self { shared, caller, account_id: account_id.to_owned(), role_arn }
    }

    fn not_assumed(&self, source: Error) -> Error {
        let (account_id, role_arn) = (self.account_id.clone(), self.role_arn.clone());
        Error::AssumeRole { account_id, role_arn, source: Box::new(source) }
    }
}

impl CredentialsSource for MemberSession {
    fn fetch(&self) -> BoxFuture<'_, Result<FetchedCredentials, Error>> {
        Box::pin(async move {
            let parameters = [("RoleArn", self.role_arn.as_str()), ("RoleSessionName", SESSION_NAME)];
            let source = Place::Service(format!("role {}", self.role_arn));
            let opened = self.shared.open_session(&self.caller, None, &parameters, source).await;
            let credentials = opened.map_err(|error| self.not_assumed(error))?;
            Ok(FetchedCredentials { credentials, can_renew: true })
        })
    }
}

const SESSION_NAME: &str = "terraform";
