//! The forms of names and IDs: what a person may write, and what a product may answer. A text of another form is not an
//! answer.
//!
//! Names get into commands and configurations that we advise to paste, so that a host could otherwise write
//! them for us.

use serde::{Deserialize, Deserializer, de::Error};

/// Whether a text is the name of a RAM role: 1 to 64 letters, digits, `.`, `-` and, before a custom suffix, `_`
/// (documented).
pub(crate) fn is_role_name(text: &str) -> bool {
    has_form(text, 64, |byte| matches!(byte, b'.' | b'-' | b'_'))
}

/// Whether a text can name a session: 2 to 64 letters, digits and `.@-_` (documented).
pub(crate) fn is_session_name(text: &str) -> bool {
    text.len() > 1 && has_form(text, 64, |byte| matches!(byte, b'.' | b'@' | b'-' | b'_'))
}

/// Whether a text is the ID of an account: decimal digits. They are documented with 16; nothing promises the length.
pub fn is_account_id(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The name of a RAM role, as [`is_role_name`] says.
///
/// # Errors
/// Any other text: it must not get into a command that we advise to run.
pub(in crate::cloud) fn role_name<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    checked(from, "role name", is_role_name)
}

/// The ID of an account, as [`is_account_id`] says.
///
/// # Errors
/// Any other text.
pub(in crate::cloud) fn account_id<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    checked(from, "account ID", is_account_id)
}

/// The ID that a product gave to something of its own: letters, digits, `-` and `_`.
///
/// # Errors
/// Any other text.
pub(in crate::cloud) fn identifier<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    checked(from, "ID", |text| has_form(text, 256, |byte| matches!(byte, b'-' | b'_')))
}

/// An ARN: letters, digits and `: / . _ @ - *`.
///
/// # Errors
/// Any other text.
pub(in crate::cloud) fn arn<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    checked(from, "ARN", |text| has_form(text, 512, |byte| b":/._@-*".contains(&byte)))
}

/// Whether a text has 1 to `longest` letters, digits and marks.
fn has_form(text: &str, longest: usize, is_mark: fn(u8) -> bool) -> bool {
    (1..=longest).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || is_mark(byte))
}

fn checked<'de, D: Deserializer<'de>>(
    from: D,
    kind: &str,
    is_right: impl Fn(&str) -> bool,
) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    if is_right(&text) { Ok(text) } else { Err(D::Error::custom(format!("{MALFORMED} {kind}"))) }
}

/// What the errors of this file begin with; they name no value.
pub(in crate::cloud) const MALFORMED: &str = "malformed";

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    type Form = fn(Json) -> Result<String, serde_json::Error>;

    /// In each response, whoever adds one.
    #[test]
    fn every_name_of_an_answer_has_a_form() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cloud/api");
        let mut seen = 0;
        for file in std::fs::read_dir(folder).unwrap() {
            let source = std::fs::read_to_string(file.unwrap().path()).unwrap();
            let lines: Vec<_> = source.lines().map(str::trim).collect();
            for (field, above) in lines.iter().skip(1).zip(&lines) {
                if let Some(name) =
                    field.strip_prefix("pub ").and_then(|field| field.strip_suffix(": String,"))
                    && ["role_name", "role_id", "account_id", "arn"].contains(&name)
                {
                    assert!(above.contains("deserialize_with = \"form::"), "{name} has no form");
                    seen += 1;
                }
            }
        }
        assert!(seen >= 4, "{seen}");
    }

    #[test]
    fn only_texts_of_the_form_are_read() {
        let longest = "x".repeat(64);
        let cases: [(Form, &[&str], &[&str]); 4] = [
            (
                role_name,
                &["AliyunServiceRoleForMssp", "a.b-c_1", &longest],
                &["", "x; curl", "a\"b", "${x}", "é", "a\nb"],
            ),
            (account_id, &["1234567890123456"], &["", "12a", "1_2", "１", &"1".repeat(33)]),
            (identifier, &["300000000000000001", "mss-1_a"], &["", "a b", "a:b"]),
            (
                arn,
                &["acs:ram::1:role/x", "acs:ram:*:1:oidc-provider/a@b.c"],
                &["", "acs:ram::1:role/$(x)", "a b"],
            ),
        ];
        for (form, good, bad) in cases {
            for text in good {
                assert_eq!(form(json!(text)).unwrap(), *text);
            }
            for text in bad {
                let error = form(json!(text)).unwrap_err().to_string();
                assert!(
                    error.starts_with(MALFORMED) && (text.is_empty() || !error.contains(text)),
                    "{error}"
                );
            }
        }
        assert!(role_name(json!("x".repeat(65))).is_err() && role_name(json!(7)).is_err());
    }
}
