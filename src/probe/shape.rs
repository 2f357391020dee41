//! What a JSON response looks like, without what it says: fields, their types, and the form of their texts.
//!
//! A shape holds no value of the response, so that it can be shown to anybody.

use std::collections::BTreeMap;

use serde_json::Value as Json;

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
                None => found.push(format!("`{path}` is missing")),
                Some(seen) if seen != form => found.push(format!("`{path}` is {seen}, not {form}")),
                Some(_) => {}
            }
        }
        let more = self.0.keys().filter(|path| !expected.0.contains_key(*path));
        found.extend(more.map(|path| format!("`{path}` is there as well")));
        found
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
        Json::Bool(_) => "a boolean",
        Json::Number(_) => "a number",
        Json::String(_) if FREE_TEXTS.iter().any(|free| path.ends_with(free)) => "a text",
        Json::String(text) => form_of_text(text),
        Json::Array(_) | Json::Object(_) => "a structure",
    }
}

fn form_of_text(text: &str) -> &'static str {
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
