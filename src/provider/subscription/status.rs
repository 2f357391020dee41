//! What MSS says of an account, and whether it keeps the roles from being deleted.
//!
//! Facts: GetUserStatus of MSSP 2016-12-28 (documented). That its dates are UTC+8, and that a
//! subscription is active if its status is given and not `NotEnabled`, and its end has not passed, is inferred.

use jiff::{Timestamp, civil::DateTime, tz::Offset};

use crate::{
    cloud::{self, AccountClient, api::mssp::UserStatus},
    framework::{
        schema::Attribute,
        value::{Object, Type},
    },
};

/// What MSS says of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Subscription {
    status: String,
    version: Option<String>,
    customer_type: Option<String>,
    instance_id: Option<String>,
    start_date: Option<String>,
    end_date: Option<String>,
    active: bool,
}

impl Subscription {
    /// Asks MSS. `now` is the cloud's time.
    ///
    /// # Errors
    /// Any failure of the call.
    pub(crate) async fn find(account: &AccountClient, now: Timestamp) -> Result<Self, cloud::Error> {
        account.get_user_status().await.map(|status| Self::from_status(status, now))
    }

    pub(in crate::provider) fn from_status(status: UserStatus, now: Timestamp) -> Self {
        let ended = status.end_date.as_deref().and_then(parse_date).is_some_and(|end| end <= now);
        let enabled = status.status.as_deref().is_some_and(|status| status != NOT_ENABLED);
        Self {
            status: status.status.unwrap_or_else(|| "unknown".to_owned()),
            version: status.version,
            customer_type: status.customer_type,
            instance_id: status.instance_id,
            start_date: status.start_date.map(readable),
            end_date: status.end_date.map(readable),
            active: enabled && !ended,
        }
    }

    /// What data sources show of it.
    pub(super) fn attributes() -> Vec<Attribute> {
        vec![
            Attribute::computed(
                "active",
                Type::Bool,
                "Whether the subscription is active: while it is, Alibaba Cloud does not delete \
                 `AliyunServiceRoleForMssp` and `AliyunServiceRoleForESAMssp`.",
            ),
            Attribute::computed(
                "status",
                Type::String,
                "Status as MSS gives it: `NotEnabled`, `FirstLogin` or `Enabled`.",
            ),
            Attribute::computed(
                "version",
                Type::String,
                "Edition, such as `base`, `mdrjichu`, `mdrgaoji`, `qiye` or `huhang`; null without a subscription.",
            ),
            Attribute::computed(
                "customer_type",
                Type::String,
                "`official` or `trial`; null without a subscription.",
            ),
            Attribute::computed(
                "instance_id",
                Type::String,
                "ID of the MSS instance; null without a subscription.",
            ),
            Attribute::computed(
                "start_date",
                Type::String,
                "When the subscription began, RFC 3339. MSS gives no time zone; UTC+8 is assumed.",
            ),
            Attribute::computed(
                "end_date",
                Type::String,
                "When the subscription ends, RFC 3339. MSS gives no time zone; UTC+8 is assumed.",
            ),
        ]
    }

    /// Sets what the subscription says in a state; what MSS does not say becomes null.
    pub(super) fn describe_in(self, state: &mut Object) {
        state.set("active", self.active);
        state.set("status", self.status);
        state.set("version", self.version);
        state.set("customer_type", self.customer_type);
        state.set("instance_id", self.instance_id);
        state.set("start_date", self.start_date);
        state.set("end_date", self.end_date);
    }

    /// Whether the subscription keeps the roles from being deleted.
    pub(crate) fn is_active(&self) -> bool {
        self.active
    }

    /// When the subscription ends: RFC 3339 in China's time, as the console shows it; a date that
    /// could not be read as it came.
    pub(crate) fn end_date(&self) -> Option<&str> {
        self.end_date.as_deref()
    }

    /// The subscription in words: instance, version, status, end date.
    pub(crate) fn describe(&self) -> String {
        let instance = self.instance_id.as_deref().unwrap_or("unknown");
        let version = self.version.as_deref().unwrap_or("unknown");
        let version =
            edition(version).map_or_else(|| version.to_owned(), |words| format!("{version} ({words})"));
        let end_date = self.end_date.as_deref().unwrap_or("not given");
        format!("instance {instance}, version {version}, status {}, end date {end_date}", self.status)
    }
}

/// The name of a documented edition of MSS; `None` for any other.
fn edition(version: &str) -> Option<&'static str> {
    Some(match version {
        "base" => "basic",
        "mdrjichu" => "MDR basic",
        "mdrgaoji" => "MDR advanced",
        "qiye" => "MDR enterprise",
        "huhang" => "MDR escort",
        "saszhjia" => "Security Center expert",
        "cfwtuoguan" => "managed Cloud Firewall",
        "waftuoguan" => "managed WAF",
        _ => return None,
    })
}

/// Reads `YYYY-MM-DD hh:mm:ss` as UTC+8, and RFC 3339 as it says.
fn parse_date(text: &str) -> Option<Timestamp> {
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Some(timestamp);
    }
    let civil: DateTime = text.parse().ok()?;
    CHINA_STANDARD_TIME.to_timestamp(civil).ok()
}

/// A date in China's time, as the console shows it; one that cannot be read as it came.
fn readable(text: String) -> String {
    match parse_date(&text) {
        Some(timestamp) => timestamp.display_with_offset(CHINA_STANDARD_TIME).to_string(),
        None => text,
    }
}

const NOT_ENABLED: &str = "NotEnabled";
const CHINA_STANDARD_TIME: Offset = Offset::constant(8);

#[cfg(test)]
mod tests {
    use super::*;

    fn status(status: Option<&str>, end_date: Option<&str>) -> UserStatus {
        UserStatus {
            status: status.map(str::to_owned),
            end_date: end_date.map(str::to_owned),
            ..UserStatus::default()
        }
    }

    #[test]
    fn active_unless_not_enabled_or_over() {
        let now: Timestamp = "2026-06-30T16:00:00Z".parse().unwrap();
        for (status_text, end_date, active) in [
            (Some("Enabled"), Some("2027-01-01 00:00:00"), true),
            (Some("FirstLogin"), Some("2027-01-01 00:00:00"), true),
            (Some("NotEnabled"), Some("2027-01-01 00:00:00"), false),
            (Some("Enabled"), None, true),
            (None, None, false),
            (Some("Enabled"), Some("2026-01-01 00:00:00"), false),
            // Midnight in China is 16:00 in UTC on the day before.
            (Some("Enabled"), Some("2026-07-01 00:00:00"), false),
            (Some("Enabled"), Some("2026-07-01 00:00:01"), true),
            (Some("Enabled"), Some("2026-06-30T15:59:59Z"), false),
            (Some("Enabled"), Some("2026-06-30T17:00:00+00:00"), true),
            (Some("Enabled"), Some("next year"), true),
        ] {
            let subscription = Subscription::from_status(status(status_text, end_date), now);
            assert_eq!(subscription.is_active(), active, "{status_text:?} {end_date:?}");
        }
    }

    #[test]
    fn described_with_all_facts() {
        let now = Timestamp::UNIX_EPOCH;
        let found = UserStatus {
            status: Some("Enabled".to_owned()),
            version: Some("mdrgaoji".to_owned()),
            instance_id: Some("1b7d5f0e-6c3a-4c1a-9d2e-7f0a5c3b1e22".to_owned()),
            end_date: Some("2027-01-01 00:00:00".to_owned()),
            ..UserStatus::default()
        };
        assert_eq!(
            Subscription::from_status(found, now).describe(),
            "instance 1b7d5f0e-6c3a-4c1a-9d2e-7f0a5c3b1e22, version mdrgaoji (MDR advanced), status Enabled, end date 2027-01-01T00:00:00+08:00"
        );
        assert_eq!(
            Subscription::from_status(status(Some("Enabled"), None), now).describe(),
            "instance unknown, version unknown, status Enabled, end date not given"
        );
    }
}
