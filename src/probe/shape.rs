//! What a JSON response looks like, without what it says: fields, their types, and the form of their texts.
//!
//! A shape holds no value of the response but names that this provider knows already and a few flags, so that it can be
//! shown to anybody.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::provider::service_linked_role::MSS_ROLES;

/// The form of each field, under its path: `Role.Arn`, and `Accounts.Account[].Status` inside lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Shape(BTreeMap<String, &'static str>);

impl Shape {
    /// The shape of a JSON response, whose values are dropped.
    pub(super) fn of(response: &Json) -> Self {
        let mut shape = Self::default();
        shape.add(String::new(), response);
        shape
    }

    /// Where a response differs from what was expected: a field that is missing, one more, another form.
    pub(super) fn differences(&self, expected: &Self) -> Vec<String> {
        let mut found = Vec::new();
        for (path, form) in &expected.0 {
            match self.0.get(path) {
                None if self.is_below_an_empty_list(path) => {}
                None => found.push(format!("`{path}` is missing")),
                Some(seen) if seen != form => found.push(format!("`{path}` is {seen}, not {form}")),
                Some(_) => {}
            }
        }
        let more = self.0.iter().filter(|(path, form)| **form != EMPTY && !expected.0.contains_key(*path));
        let more = more.map(|(path, _)| path);
        found.extend(more.map(|path| format!("`{path}` is there as well")));
        found
    }

    /// What an element looks like, a list without any does not show.
    fn is_below_an_empty_list(&self, path: &str) -> bool {
        let list = path.split("[]").next().unwrap_or_default();
        self.0.get(list) == Some(&EMPTY)
    }

    /// The same without some fields.
    pub(super) fn without(mut self, paths: &[&str]) -> Self {
        self.0.retain(|path, _| !paths.contains(&path.as_str()));
        self
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    fn add(&mut self, path: String, value: &Json) {
        match value {
            Json::Object(fields) => {
                for (name, value) in fields {
                    let name = field_name(name);
                    self.add(if path.is_empty() { name } else { format!("{path}.{name}") }, value);
                }
            }
            Json::Array(elements) if elements.is_empty() && MAY_BE_EMPTY.contains(&path.as_str()) => {
                self.0.insert(path, EMPTY);
            }
            Json::Array(elements) => {
                for element in elements {
                    self.add(format!("{path}[]"), element);
                }
            }
            value => {
                self.0.insert(path.clone(), form(&path, value));
            }
        }
    }
}

/// A name comes from outside as well: what no API calls a field is not repeated.
fn field_name(name: &str) -> String {
    let plain = name.len() <= 40 && name.bytes().all(|byte| byte.is_ascii_alphabetic());
    if plain { name.to_owned() } else { "?".to_owned() }
}

fn form(path: &str, value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(value) if FLAGS.iter().any(|flag| path.ends_with(flag)) => {
            if *value {
                "true"
            } else {
                "false"
            }
        }
        Json::Bool(_) => "a boolean",
        Json::Number(_) => "a number",
        Json::String(_) if FREE_TEXTS.iter().any(|free| path.ends_with(free)) => "a text",
        Json::String(text) => form_of_text(text),
        Json::Array(_) | Json::Object(_) => "a structure",
    }
}

/// The name of a role, a service or a policy of MSS: known to everybody, and another one is a difference.
fn own_name(text: &str) -> Option<&'static str> {
    let mut names =
        MSS_ROLES.into_iter().flat_map(|role| [role.role_name, role.service_name, role.policy_name]);
    names.find(|name| *name == text)
}

fn form_of_text(text: &str) -> &'static str {
    if let Some(name) = own_name(text) {
        return name;
    }
    let pattern: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    match pattern.as_str() {
        "" => "an empty text",
        "0000-00-00T00:00:00Z" => "a UTC time",
        "0000-00-00T00:00:00.000Z" => "a UTC time with milliseconds",
        "0000-00-00 00:00:00" => "a time without zone",
        _ if text.bytes().all(|byte| byte.is_ascii_digit()) => "digits",
        _ if uuid::Uuid::try_parse(text).is_ok() => "a UUID",
        _ if text.starts_with("acs:") => "an ARN",
        _ if text.starts_with('{') => "JSON in a text",
        _ => "a text",
    }
}

/// Flags that the provider relies on.
const FLAGS: [&str; 2] = ["MultipleRolesAllowed", "IsServiceLinkedRole"];
/// Lists whose length says nothing of the API.
const MAY_BE_EMPTY: [&str; 1] = ["Accounts.Account"];
const EMPTY: &str = "an empty list";
/// Fields that a person fills, or whose form no document promises.
const FREE_TEXTS: [&str; 6] =
    ["DisplayName", "AccountName", "Description", "UserId", "PrincipalId", "InstanceId"];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn shapes_hold_no_values() {
        let response = json!({ "Role": { "Arn": "acs:ram::1:role/x", "RoleId": "3", "Description": "12" },
            "List": [{ "At": "2026-01-02T03:04:05Z" }, { "Is": true }], "my name is secret": 1 });
        let shape = Shape::of(&response);
        let expected: BTreeMap<String, &str> = [
            ("?", "a number"),
            ("List[].At", "a UTC time"),
            ("List[].Is", "a boolean"),
            ("Role.Arn", "an ARN"),
            ("Role.Description", "a text"),
            ("Role.RoleId", "digits"),
        ]
        .into_iter()
        .map(|(path, form)| (path.to_owned(), form))
        .collect();
        assert_eq!(shape.0, expected);
    }

    #[test]
    fn another_name_or_flag_is_a_difference() {
        let template = |role: &str, several: bool| {
            Shape::of(
                &json!({ "RoleNamePrefix": role, "MultipleRolesAllowed": several, "Policies": [{ "Name": role }] }),
            )
        };
        let expected = template("AliyunServiceRoleForESAMssp", false);
        assert_eq!(expected.differences(&expected), [""; 0]);
        assert_eq!(
            template("AliyunServiceRoleForOther", true).differences(&expected),
            [
                "`MultipleRolesAllowed` is true, not false",
                "`Policies[].Name` is a text, not AliyunServiceRoleForESAMssp",
                "`RoleNamePrefix` is a text, not AliyunServiceRoleForESAMssp",
            ]
        );
        assert_eq!(template("AliyunServiceRoleForMssp", false).differences(&expected).len(), 2);
    }

    #[test]
    fn a_directory_without_members_shows_no_member() {
        let list = |accounts: Json| Shape::of(&json!({ "Accounts": { "Account": accounts } }));
        let expected = list(json!([{ "AccountId": "1" }]));
        assert_eq!(list(json!([])).differences(&expected), [""; 0]);
        assert_eq!(list(json!([{}])).differences(&expected), ["`Accounts.Account[].AccountId` is missing"]);
        assert_eq!(Shape::of(&json!({})).differences(&expected).len(), 1);
    }

    #[test]
    fn each_kind_of_difference() {
        let seen = Shape::of(&json!({ "A": 1, "B": "2026-01-01 00:00:00", "D": null }));
        let expected = Shape::of(&json!({ "A": 1, "B": "2026-01-01T00:00:00Z", "C": true }));
        let found = seen.differences(&expected);
        assert_eq!(
            found,
            ["`B` is a time without zone, not a UTC time", "`C` is missing", "`D` is there as well"]
        );
        assert_eq!(expected.differences(&expected), [""; 0]);
    }
}
