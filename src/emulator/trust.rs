//! Trust policies: who may open sessions of a role (documented).
//!
//! Evaluated are principals `RAM`, `Service` and `Federated`, and the conditions `sts:ExternalId`,
//! `oidc:iss`, `oidc:aud` and `oidc:sub` with `StringEquals` or `StringLike`. Anything else is refused
//! when it is set, so that none seems to hold which was not looked at.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::policy::{Effect, OneOrMore, Operator, Version};

/// A trust policy document of which every part is evaluated.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(super) struct TrustPolicy {
    statement: Vec<Statement>,
    version: Version,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Statement {
    action: OneOrMore,
    effect: Effect,
    principal: Principal,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    condition: BTreeMap<Operator, BTreeMap<Key, OneOrMore>>,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct Principal {
    /// `acs:ram::<account>:root`, or a user or role of an account.
    #[serde(rename = "RAM", skip_serializing_if = "Option::is_none")]
    ram: Option<OneOrMore>,
    #[serde(rename = "Service", skip_serializing_if = "Option::is_none")]
    service: Option<OneOrMore>,
    /// ARNs of identity providers whose tokens are accepted.
    #[serde(rename = "Federated", skip_serializing_if = "Option::is_none")]
    federated: Option<OneOrMore>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord, Serialize)]
enum Key {
    #[serde(rename = "sts:ExternalId")]
    ExternalId,
    #[serde(rename = "oidc:iss")]
    Issuer,
    #[serde(rename = "oidc:aud")]
    Audience,
    #[serde(rename = "oidc:sub")]
    Subject,
}

/// Someone who wants a session of a role.
#[derive(Debug)]
pub(super) enum Applicant<'a> {
    /// An identity of an account: its ARN, and the external ID that it gave.
    Ram { account_id: &'a str, arn: &'a str, external_id: Option<&'a str> },
    /// A token of an identity provider, whose claims are taken to be `emulated`.
    Federated { provider_arn: &'a str },
}

impl TrustPolicy {
    /// Trusts a service alone, as the role of a service does.
    pub(super) fn of_service(service_name: &str) -> Self {
        Self::of(Principal { service: Some(more([service_name.to_owned()])), ..Principal::default() })
    }

    /// Trusts whole accounts, and identity providers by their ARNs.
    pub(super) fn of_accounts<'a>(
        account_ids: impl IntoIterator<Item = &'a str>,
        provider_arns: &[String],
    ) -> Self {
        let roots = account_ids.into_iter().map(|account_id| format!("acs:ram::{account_id}:root"));
        let federated = Some(more(provider_arns.iter().cloned())).filter(|_| !provider_arns.is_empty());
        Self::of(Principal { ram: Some(more(roots)), federated, ..Principal::default() })
    }

    fn of(principal: Principal) -> Self {
        let statement = Statement {
            action: OneOrMore::One("sts:AssumeRole".to_owned()),
            effect: Effect::Allow,
            principal,
            condition: BTreeMap::new(),
        };
        Self { statement: vec![statement], version: Version::One }
    }

    /// Whether a statement allows the applicant, and none denies it.
    pub(super) fn trusts(&self, applicant: &Applicant<'_>) -> bool {
        let says = |effect| {
            self.statement.iter().any(|statement| statement.effect == effect && statement.is_about(applicant))
        };
        says(Effect::Allow) && !says(Effect::Deny)
    }
}

impl Statement {
    fn is_about(&self, applicant: &Applicant<'_>) -> bool {
        self.action.any(|action| action == "sts:AssumeRole")
            && self.principal.names(applicant)
            && self.condition.iter().all(|(operator, keys)| {
                keys.iter().all(|(key, values)| {
                    let found = applicant.value(*key);
                    found.is_some_and(|found| values.any(|value| operator.holds(value, found)))
                })
            })
    }
}

impl Principal {
    fn names(&self, applicant: &Applicant<'_>) -> bool {
        match applicant {
            Applicant::Ram { account_id, arn, .. } => {
                let root = format!("acs:ram::{account_id}:root");
                let named = |name: &str| name == root || name.eq_ignore_ascii_case(arn);
                self.ram.as_ref().is_some_and(|ram| ram.any(named))
            }
            Applicant::Federated { provider_arn } => {
                self.federated.as_ref().is_some_and(|federated| federated.any(|name| name == *provider_arn))
            }
        }
    }
}

impl<'a> Applicant<'a> {
    fn value(&self, key: Key) -> Option<&'a str> {
        match (self, key) {
            (Self::Ram { external_id, .. }, Key::ExternalId) => *external_id,
            (Self::Federated { .. }, Key::Issuer) => Some(ISSUER),
            (Self::Federated { .. }, Key::Audience | Key::Subject) => Some(CLAIM),
            _ => None,
        }
    }
}

fn more(texts: impl IntoIterator<Item = String>) -> OneOrMore {
    OneOrMore::More(texts.into_iter().collect())
}

/// The issuer that every token is taken to have.
pub(super) const ISSUER: &str = "https://localhost";
/// The subject and the audience that every token is taken to have.
pub(super) const CLAIM: &str = "emulated";

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn policy(principal: Json, condition: Json) -> TrustPolicy {
        serde_json::from_value(json!({ "Version": "1", "Statement": [
            { "Action": "sts:AssumeRole", "Effect": "Allow", "Principal": principal, "Condition": condition },
        ] }))
        .unwrap()
    }

    fn user<'a>(account_id: &'a str, arn: &'a str, external_id: Option<&'a str>) -> Applicant<'a> {
        Applicant::Ram { account_id, arn, external_id }
    }

    #[test]
    fn accounts_and_single_identities() {
        let one = "acs:ram::1:user/one";
        for (principal, account_id, trusted) in [
            (json!({ "RAM": "acs:ram::1:root" }), "1", true),
            (json!({ "RAM": ["acs:ram::2:root", "acs:ram::1:root"] }), "1", true),
            (json!({ "RAM": [one] }), "1", true),
            (json!({ "RAM": ["acs:ram::1:user/other"] }), "1", false),
            (json!({ "RAM": "acs:ram::2:root" }), "1", false),
            (json!({ "Service": "ecs.aliyuncs.com" }), "1", false),
        ] {
            let policy = policy(principal.clone(), json!({}));
            assert_eq!(policy.trusts(&user(account_id, one, None)), trusted, "{principal}");
        }
    }

    #[test]
    fn external_ids() {
        let condition = json!({ "StringEquals": { "sts:ExternalId": "abc" } });
        let policy = policy(json!({ "RAM": "acs:ram::1:root" }), condition);
        for (external_id, trusted) in [(Some("abc"), true), (Some("ABC"), false), (None, false)] {
            assert_eq!(policy.trusts(&user("1", "acs:ram::1:user/one", external_id)), trusted);
        }
    }

    #[test]
    fn identity_providers() {
        let provider = "acs:ram::1:oidc-provider/ci";
        let trusts = |principal: Json, condition: Json| {
            policy(principal, condition).trusts(&Applicant::Federated { provider_arn: provider })
        };
        assert!(trusts(
            json!({ "Federated": [provider] }),
            json!({ "StringEquals": { "oidc:iss": ISSUER } })
        ));
        assert!(!trusts(json!({ "Federated": [provider] }), json!({ "StringEquals": { "oidc:aud": "x" } })));
        assert!(!trusts(json!({ "RAM": "acs:ram::1:root" }), json!({})));
    }

    #[test]
    fn refuses_what_it_does_not_evaluate() {
        for document in [
            json!({ "Version": "1", "Statement": [{ "Action": "sts:AssumeRole", "Effect": "Allow" }] }),
            json!({ "Version": "1", "Statement": [{
                "Action": "sts:AssumeRole", "Effect": "Allow", "Principal": { "Everybody": "*" },
            }] }),
            json!({ "Version": "1", "Statement": [{
                "Action": "sts:AssumeRole", "Effect": "Allow", "Principal": { "RAM": "*" },
                "Condition": { "Bool": { "acs:MFAPresent": "true" } },
            }] }),
        ] {
            assert!(serde_json::from_value::<TrustPolicy>(document.clone()).is_err(), "{document}");
        }
    }
}
