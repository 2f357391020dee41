//! Managed Security Service 2016-12-28: the subscription of an account (documented).
//!
//! Answers wrap their data in an envelope with a result code, which can report a failure under
//! HTTP 200 (inferred from the envelope).

use serde::Deserialize;

/// The response of GetUserStatus: an envelope around the data.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::cloud) struct UserStatusResponse {
    /// Whether the call succeeded; absent means yes.
    pub success: Option<bool>,
    /// The result as a code; `"200"` on success.
    pub code: Option<String>,
    /// The result in words, which may quote anything.
    pub message: Option<String>,
    /// The ID of the request, for a support ticket.
    pub request_id: Option<String>,
    /// The subscription; absent after a failure.
    pub data: Option<UserStatus>,
}

/// The subscription of an account; what a missing field means is not documented.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "PascalCase", default)]
pub struct UserStatus {
    /// `NotEnabled`, `FirstLogin` or `Enabled` (documented).
    pub status: Option<String>,
    /// The edition that was bought, such as `mdrgaoji`.
    pub version: Option<String>,
    /// How it was bought: `official` or `trial`.
    pub customer_type: Option<String>,
    /// The ID of the instance that was bought.
    pub instance_id: Option<String>,
    /// When it begins: `YYYY-MM-DD hh:mm:ss`, zone not given; UTC+8 (inferred).
    pub start_date: Option<String>,
    /// When it ends: `YYYY-MM-DD hh:mm:ss`, zone not given; UTC+8 (inferred).
    pub end_date: Option<String>,
}

/// The names of the actions, as requests carry them.
pub mod action {
    /// Asks for the subscription of the signer's account.
    pub const GET_USER_STATUS: &str = "GetUserStatus";
}
