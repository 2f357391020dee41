//! One account: its roles, its MSS subscription, and what its identities may not do.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::DateTime, tz::Offset};
use serde::{Deserialize, Serialize};

use super::{directory::Membership, policy::Policy, role::EmulatedRole};

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Account {
    pub(super) subscription: AccountSubscription,
    /// Its roles of every kind, by name.
    pub(super) roles: BTreeMap<String, EmulatedRole>,
    /// Permissions such as `ram:GetRole` that its identities do not have, whatever policies say.
    pub(super) denied: BTreeSet<String>,
    /// What the account's identities may do; without one they may do everything.
    pub(super) policy: Option<Policy>,
    /// What it is in the resource directory; the management account is not a member.
    pub(super) membership: Option<Membership>,
}

/// The MSS subscription; a missing field is missing in the response too.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct AccountSubscription {
    pub(super) status: SubscriptionStatus,
    pub(super) version: Option<String>,
    pub(super) customer_type: Option<String>,
    pub(super) instance_id: Option<String>,
    /// `YYYY-MM-DD hh:mm:ss` in UTC+8 (zone inferred).
    pub(super) start_date: Option<String>,
    /// `YYYY-MM-DD hh:mm:ss` in UTC+8 (zone inferred).
    pub(super) end_date: Option<String>,
}

/// Documented values of `Status`. `NotEnabled`, with no other field, is what an account shows that
/// never bought MSS (inferred).
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub(super) enum SubscriptionStatus {
    #[default]
    NotEnabled,
    FirstLogin,
    Enabled,
}

impl AccountSubscription {
    /// One that began a month ago and ends in eleven.
    pub(super) fn active(now: Timestamp) -> Self {
        let date = |days: i64| {
            let moment = now.checked_add(jiff::SignedDuration::from_hours(24 * days)).unwrap_or(now);
            let civil = CHINA_STANDARD_TIME.to_datetime(moment);
            Some(civil.strftime("%Y-%m-%d 00:00:00").to_string())
        };
        Self {
            status: SubscriptionStatus::Enabled,
            version: Some("mdrgaoji".to_owned()),
            customer_type: Some("official".to_owned()),
            instance_id: Some(INSTANCE_ID.to_owned()),
            start_date: date(-30),
            end_date: date(335),
        }
    }

    /// Refuses dates that MSS never shows.
    pub(super) fn check(&self) -> Result<(), String> {
        let dates = [&self.start_date, &self.end_date];
        match dates.into_iter().flatten().find(|date| parse_date(date).is_none()) {
            Some(date) => Err(format!("{date:?} is not a date like \"2027-01-01 00:00:00\"")),
            None => Ok(()),
        }
    }

    pub(super) fn is_active(&self, now: Timestamp) -> bool {
        let end = self.end_date.as_deref().and_then(parse_date);
        self.status != SubscriptionStatus::NotEnabled && end.is_none_or(|end| end > now)
    }
}

fn parse_date(text: &str) -> Option<Timestamp> {
    let civil: DateTime = text.parse().ok()?;
    CHINA_STANDARD_TIME.to_timestamp(civil).ok()
}

const CHINA_STANDARD_TIME: Offset = Offset::constant(8);
/// Of every subscription that is made active here.
const INSTANCE_ID: &str = "1b7d5f0e-6c3a-4c1a-9d2e-7f0a5c3b1e22";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_subscription_is_active_and_ends() {
        let now: Timestamp = "2026-06-30T16:00:00Z".parse().unwrap();
        let subscription = AccountSubscription::active(now);
        assert!(subscription.is_active(now));
        let end = parse_date(subscription.end_date.as_deref().unwrap()).unwrap();
        assert!(!subscription.is_active(end));
        assert!(!AccountSubscription::default().is_active(now));
    }

    #[test]
    fn dates_are_of_china() {
        assert_eq!(parse_date("2027-01-01 00:00:00"), "2026-12-31T16:00:00Z".parse().ok());
        assert_eq!(parse_date("soon"), None);
    }
}
