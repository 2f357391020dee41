//! MSS 2016-12-28: the subscription.

use super::account::AccountClient;
use crate::cloud::{
    api::{Product, mssp},
    endpoint::host_of,
    error::Error,
};

impl AccountClient {
    /// GetUserStatus of MSS.
    ///
    /// # Errors
    /// [`Error::UnexpectedResponse`] also for a success whose body reports failure, or any other failure.
    pub async fn get_user_status(&self) -> Result<mssp::UserStatus, Error> {
        let action = mssp::action::GET_USER_STATUS;
        let response: mssp::UserStatusResponse = self.read(Product::Mssp, action, &[]).await?;
        match (response.success, response.data) {
            (Some(true) | None, Some(data)) => Ok(data),
            (success, _) => Err(Error::UnexpectedResponse {
                action,
                host: host_of(self.shared.endpoints.of(Product::Mssp)),
                http_status: 200,
                code: response.code,
                request_id: response.request_id,
                problem: match success {
                    Some(false) => {
                        format!("the answer reports a failure: {}", response.message.unwrap_or_default())
                    }
                    _ => "the answer holds no data".to_owned(),
                },
            }),
        }
    }
}
