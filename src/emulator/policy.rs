//! RAM policies: whether a document allows a call (documented).
//!
//! Evaluated are effect, actions, resources with `*` and `?`, and the one condition key of the actions
//! here, `ram:ServiceName`. A document that says anything else is refused when it is set, so that none
//! seems to hold which was not looked at.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A policy document of which every part is evaluated.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(super) struct Policy {
    version: Version,
    statement: Vec<Statement>,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(super) enum Version {
    #[serde(rename = "1")]
    One,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Statement {
    effect: Effect,
    action: OneOrMore,
    resource: OneOrMore,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    condition: BTreeMap<Operator, BTreeMap<Key, OneOrMore>>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(super) enum Effect {
    Allow,
    Deny,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) enum Operator {
    #[serde(rename = "StringEquals")]
    Equals,
    #[serde(rename = "StringEqualsIgnoreCase")]
    EqualsIgnoreCase,
    #[serde(rename = "StringLike")]
    Like,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord, Serialize)]
enum Key {
    #[serde(rename = "ram:ServiceName")]
    ServiceName,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(untagged)]
pub(super) enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    pub(super) fn any(&self, holds: impl Fn(&str) -> bool) -> bool {
        match self {
            Self::One(text) => holds(text),
            Self::More(texts) => texts.iter().any(|text| holds(text)),
        }
    }
}

/// What a call asks for: a permission, on a resource.
#[derive(Debug)]
pub(super) struct Access {
    pub(super) permission: String,
    pub(super) resource: String,
    /// The condition key of the actions on service-linked roles.
    pub(super) service_name: Option<String>,
}

impl Policy {
    /// A document that allows actions on everything.
    pub(super) fn allowing(actions: &[&str]) -> Self {
        let texts = |texts: &[&str]| OneOrMore::More(texts.iter().map(|text| (*text).to_owned()).collect());
        let statement = Statement {
            effect: Effect::Allow,
            action: texts(actions),
            resource: texts(&["*"]),
            condition: BTreeMap::new(),
        };
        Self { version: Version::One, statement: vec![statement] }
    }

    /// Whether a statement allows it, and none denies it.
    pub(super) fn allows(&self, access: &Access) -> bool {
        let says = |effect| {
            self.statement.iter().any(|statement| statement.effect == effect && statement.is_about(access))
        };
        says(Effect::Allow) && !says(Effect::Deny)
    }
}

impl Statement {
    fn is_about(&self, access: &Access) -> bool {
        self.action.any(|action| matches(action, &access.permission))
            && self.resource.any(|resource| matches(resource, &access.resource))
            && self.condition.iter().all(|(operator, keys)| {
                keys.values().all(|values| {
                    let service_name = access.service_name.as_deref();
                    service_name.is_some_and(|name| values.any(|value| operator.holds(value, name)))
                })
            })
    }
}

impl Operator {
    pub(super) fn holds(self, value: &str, found: &str) -> bool {
        match self {
            Self::Equals => value == found,
            Self::EqualsIgnoreCase => value.eq_ignore_ascii_case(found),
            Self::Like => matches(value, found),
        }
    }
}

/// Whether a text fits a pattern, in which `*` is any text and `?` any one character.
fn matches(pattern: &str, text: &str) -> bool {
    let Some(first) = pattern.chars().next() else {
        return text.is_empty();
    };
    let rest = pattern.get(first.len_utf8()..).unwrap_or_default();
    if first == '*' {
        return (0..=text.len()).any(|start| text.get(start..).is_some_and(|text| matches(rest, text)));
    }
    let mut characters = text.chars();
    characters.next().is_some_and(|found| first == '?' || first == found)
        && matches(rest, characters.as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn access(permission: &str, resource: &str, service_name: Option<&str>) -> Access {
        Access {
            permission: permission.to_owned(),
            resource: resource.to_owned(),
            service_name: service_name.map(str::to_owned),
        }
    }

    fn policy(statements: Json) -> Policy {
        serde_json::from_value(json!({ "Version": "1", "Statement": statements })).unwrap()
    }

    #[test]
    fn statements() {
        let policy = policy(json!([
            { "Effect": "Allow", "Action": ["ram:Get*", "ram:ListRoles"], "Resource": "acs:ram:*:*:role/*" },
            { "Effect": "Deny", "Action": "ram:GetRole", "Resource": "acs:ram:*:*:role/secre?" },
            {
                "Effect": "Allow", "Action": "ram:CreateServiceLinkedRole", "Resource": "*",
                "Condition": { "StringEquals": { "ram:ServiceName": ["mssp.aliyuncs.com"] } }
            },
        ]));
        for (permission, resource, service_name, allowed) in [
            ("ram:GetRole", "acs:ram::1:role/r", None, true),
            ("ram:GetRole", "acs:ram::1:role/secret", None, false),
            ("ram:GetRole", "acs:ram::1:role/secrets", None, true),
            ("ram:GetRole", "acs:ram:*:system:policy/p", None, false),
            ("ram:ListRoles", "acs:ram::1:role/*", None, true),
            ("ram:ListRole", "acs:ram::1:role/*", None, false),
            ("ram:CreateServiceLinkedRole", "acs:ram::1:role/*", Some("mssp.aliyuncs.com"), true),
            ("ram:CreateServiceLinkedRole", "acs:ram::1:role/*", Some("esa.mssp.aliyuncs.com"), false),
            ("ram:CreateServiceLinkedRole", "acs:ram::1:role/*", None, false),
        ] {
            let access = access(permission, resource, service_name);
            assert_eq!(policy.allows(&access), allowed, "{access:?}");
        }
    }

    #[test]
    fn refuses_what_it_does_not_evaluate() {
        for document in [
            json!({ "Version": "2", "Statement": [] }),
            json!({ "Version": "1", "Statement": [{ "Effect": "Allow", "NotAction": "*", "Resource": "*" }] }),
            json!({ "Version": "1", "Statement": [{
                "Effect": "Allow", "Action": "*", "Resource": "*",
                "Condition": { "IpAddress": { "acs:SourceIp": "10.0.0.0/8" } }
            }] }),
            json!({ "Version": "1", "Statement": [{
                "Effect": "Allow", "Action": "*", "Resource": "*",
                "Condition": { "StringEquals": { "acs:SourceIp": "10.0.0.1" } }
            }] }),
        ] {
            assert!(serde_json::from_value::<Policy>(document.clone()).is_err(), "{document}");
        }
    }

    #[test]
    fn patterns() {
        for (pattern, text, fits) in [
            ("", "", true),
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abb", false),
            ("*:role/*", "acs:role/x", true),
            ("a?c", "ac", false),
            ("?", "é", true),
            ("a", "ab", false),
        ] {
            assert_eq!(matches(pattern, text), fits, "{pattern} {text}");
        }
    }
}
