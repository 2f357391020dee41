//! Managed Security Service 2016-12-28: the subscription of an account (documented).
//!
//! Answers wrap their data in an envelope with a result code, which can report a failure under
//! HTTP 200 (inferred from the envelope).

use serde::Deserialize;

/// Answer of GetUserStatus.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct UserStatusAnswer {
    /// Whether the call succeeded.
    pub success: Option<bool>,
    /// Result code; `"200"` on success.
    pub code: Option<String>,
    /// Result in words.
    pub message: Option<String>,
    /// ID of the request.
    pub request_id: Option<String>,
    /// The subscription.
    pub data: Option<UserStatus>,
}

/// The subscription of an account; what a missing field means is not documented.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "PascalCase", default)]
pub struct UserStatus {
    /// `NotEnabled`, `FirstLogin` or `Enabled`.
    pub status: Option<String>,
    /// Edition, such as `mdrgaoji`.
    pub version: Option<String>,
    /// `official` or `trial`.
    pub customer_type: Option<String>,
    /// ID of the instance that was bought.
    pub instance_id: Option<String>,
    /// `YYYY-MM-DD hh:mm:ss`, zone not given.
    pub start_date: Option<String>,
    /// `YYYY-MM-DD hh:mm:ss`, zone not given.
    pub end_date: Option<String>,
}

/// Action names.
pub mod action {
    /// Asks for the subscription.
    pub const GET_USER_STATUS: &str = "GetUserStatus";
}
