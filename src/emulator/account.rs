//! One account: its roles, its MSS subscription, and what its identities may not do.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::DateTime, tz::Offset};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{catalog, directory::Membership, policy::Policy, request::set};

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Account {
    pub(super) subscription: Subscription,
    /// By name.
    pub(super) roles: BTreeMap<String, Role>,
    /// Permissions such as `ram:GetRole`.
    pub(super) denied: BTreeSet<String>,
    /// What the account's identities may do; without one they may do everything.
    pub(super) policy: Option<Policy>,
    /// What it is in the resource directory; the management account is not a member.
    pub(super) membership: Option<Membership>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Role {
    pub(super) role_name: String,
    pub(super) role_id: String,
    /// The trusted service; `None` for an ordinary role.
    pub(super) service_name: Option<String>,
    pub(super) create_date: Timestamp,
    /// Accounts that an ordinary role trusts beside its own.
    #[serde(default)]
    pub(super) trusted_accounts: Vec<String>,
}

/// The MSS subscription; a missing field is missing in the answer too.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Subscription {
    pub(super) status: String,
    pub(super) version: Option<String>,
    pub(super) customer_type: Option<String>,
    pub(super) instance_id: Option<String>,
    /// `YYYY-MM-DD hh:mm:ss` in UTC+8 (zone inferred).
    pub(super) start_date: Option<String>,
    /// `YYYY-MM-DD hh:mm:ss` in UTC+8 (zone inferred).
    pub(super) end_date: Option<String>,
}

impl Default for Subscription {
    /// What an account that never bought MSS shows (inferred).
    fn default() -> Self {
        Self {
            status: "NotEnabled".to_owned(),
            version: None,
            customer_type: None,
            instance_id: None,
            start_date: None,
            end_date: None,
        }
    }
}

impl Subscription {
    /// One that began a month ago and ends in eleven.
    pub(super) fn active(now: Timestamp) -> Self {
        let date = |days: i64| {
            let moment = now.checked_add(jiff::SignedDuration::from_hours(24 * days)).unwrap_or(now);
            let civil = CHINA_STANDARD_TIME.to_datetime(moment);
            Some(civil.strftime("%Y-%m-%d 00:00:00").to_string())
        };
        Self {
            status: "Enabled".to_owned(),
            version: Some("mdrgaoji".to_owned()),
            customer_type: Some("official".to_owned()),
            instance_id: Some("mss-0001".to_owned()),
            start_date: date(-30),
            end_date: date(335),
        }
    }

    /// Refuses what MSS never answers.
    pub(super) fn check(&self) -> Result<(), String> {
        if !["NotEnabled", "FirstLogin", "Enabled"].contains(&self.status.as_str()) {
            return Err(format!("{:?} is not a status: NotEnabled, FirstLogin or Enabled", self.status));
        }
        let dates = [&self.start_date, &self.end_date];
        match dates.into_iter().flatten().find(|date| parse_date(date).is_none()) {
            Some(date) => Err(format!("{date:?} is not a date like \"2027-01-01 00:00:00\"")),
            None => Ok(()),
        }
    }

    pub(super) fn is_active(&self, now: Timestamp) -> bool {
        let end = self.end_date.as_deref().and_then(parse_date);
        self.status != "NotEnabled" && end.is_none_or(|end| end > now)
    }
}

pub(super) fn parse_date(text: &str) -> Option<Timestamp> {
    let civil: DateTime = text.parse().ok()?;
    CHINA_STANDARD_TIME.to_timestamp(civil).ok()
}

impl Role {
    /// Whether identities of an account may assume this role of `own_account`.
    pub(super) fn trusts(&self, own_account: &str, account_id: &str) -> bool {
        let listed = || self.trusted_accounts.iter().any(|trusted| trusted == account_id);
        self.service_name.is_none() && (account_id == own_account || listed())
    }

    pub(super) fn arn(&self, account_id: &str) -> String {
        // Service-linked roles are shown in lower case (documented examples), others as they are.
        let name = match self.service_name {
            Some(_) => self.role_name.to_ascii_lowercase(),
            None => self.role_name.clone(),
        };
        format!("acs:ram::{account_id}:role/{name}")
    }

    /// The role as the answers of Resource Management have it.
    pub(super) fn to_json(&self, account_id: &str) -> Json {
        let date = self.create_date.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let mut role = json!({
            "RoleId": self.role_id,
            "RoleName": self.role_name,
            "Arn": self.arn(account_id),
            "Description": self.description(),
            "AssumeRolePolicyDocument": self.trust_policy(account_id).to_string(),
            "CreateDate": date,
            "UpdateDate": date,
            "MaxSessionDuration": 3600,
            "IsServiceLinkedRole": self.service_name.is_some(),
        });
        if self.service_name.is_some() {
            let principal = format!("{}@role.{account_id}.onaliyunservice.com", self.role_name);
            set(&mut role, "RolePrincipalName", principal);
        }
        role
    }

    fn description(&self) -> String {
        let product = catalog::by_role_name(&self.role_name).map(|template| template.product);
        product.map_or_else(String::new, |product| {
            format!(
                "Service Linked Role for {product}. {product} will use this role to access your resources in other \
                 services."
            )
        })
    }

    fn trust_policy(&self, account_id: &str) -> Json {
        let principal = match &self.service_name {
            Some(service_name) => json!({ "Service": [service_name] }),
            None => {
                let accounts =
                    std::iter::once(account_id).chain(self.trusted_accounts.iter().map(String::as_str));
                json!({ "RAM": accounts.map(|account| format!("acs:ram::{account}:root")).collect::<Vec<_>>() })
            }
        };
        json!({
            "Statement": [{ "Action": "sts:AssumeRole", "Effect": "Allow", "Principal": principal }],
            "Version": "1",
        })
    }
}

const CHINA_STANDARD_TIME: Offset = Offset::constant(8);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_subscription_is_active_and_ends() {
        let now: Timestamp = "2026-06-30T16:00:00Z".parse().unwrap();
        let subscription = Subscription::active(now);
        assert!(subscription.is_active(now));
        let end = parse_date(subscription.end_date.as_deref().unwrap()).unwrap();
        assert!(!subscription.is_active(end));
        assert!(!Subscription::default().is_active(now));
    }

    #[test]
    fn dates_are_of_china() {
        assert_eq!(parse_date("2027-01-01 00:00:00"), "2026-12-31T16:00:00Z".parse().ok());
        assert_eq!(parse_date("soon"), None);
    }
}
