//! What names and ARNs in the provider block look like, as RAM and STS document them.

use crate::{
    framework::{
        diagnostics::Diagnostic,
        value::{Path, Value},
    },
    provider::account::is_account_id,
};

/// Checks the name of a role that stands alone.
pub(super) fn validate_bare_role_name(value: &Value, path: &Path) -> Option<Diagnostic> {
    let text = malformed(value, is_role_name)?;
    Some(malformed_text(
        "Malformed role name",
        format!("The value {text:?} of \"{path}\" is not the name of a role."),
        "Use the name alone, such as \"ResourceDirectoryAccountAccessRole\", without the ARN around it.",
        path,
    ))
}

/// Checks the ARN of a role.
pub(super) fn validate_role_arn(value: &Value, path: &Path) -> Option<Diagnostic> {
    let is_arn = |text: &str| is_arn(text, ":role/").is_some_and(is_role_name);
    let text = malformed(value, is_arn)?;
    Some(malformed_text(
        "Malformed role ARN",
        format!("The value {text:?} of \"{path}\" is not the ARN of a role."),
        "Use the form \"acs:ram::<account_id>:role/<role_name>\".",
        path,
    ))
}

/// Checks the ARN of an identity provider.
pub(super) fn validate_oidc_provider_arn(value: &Value, path: &Path) -> Option<Diagnostic> {
    let is_arn = |text: &str| is_arn(text, ":oidc-provider/").is_some_and(|name| !name.is_empty());
    let text = malformed(value, is_arn)?;
    Some(malformed_text(
        "Malformed identity provider ARN",
        format!("The value {text:?} of \"{path}\" is not the ARN of an identity provider."),
        "Use the form \"acs:ram::<account_id>:oidc-provider/<name>\".",
        path,
    ))
}

/// Checks the name of a session: 2 to 64 letters, digits and `.@-_` (documented by STS).
pub(super) fn validate_session_name(value: &Value, path: &Path) -> Option<Diagnostic> {
    let text = malformed(value, |text| (2..=64).contains(&text.len()) && consists_of(text, b".@-_"))?;
    Some(malformed_text(
        "Malformed session name",
        format!("The value {text:?} of \"{path}\" is not the name of a session."),
        "Use 2 to 64 letters, digits, dots, hyphens, underscores and at signs, without spaces.",
        path,
    ))
}

/// The text of a value that is not as it should be.
fn malformed(value: &Value, is_right: impl Fn(&str) -> bool) -> Option<&str> {
    match value {
        Value::String(text) if !is_right(text) => Some(text),
        _ => None,
    }
}

fn malformed_text(summary: &'static str, what: String, next: &str, path: &Path) -> Diagnostic {
    Diagnostic::error(summary, format!("{what}\n\n{next}")).at(path.clone())
}

/// What follows the account and the kind in an ARN of RAM.
fn is_arn<'a>(text: &'a str, kind: &str) -> Option<&'a str> {
    let (account_id, name) = text.strip_prefix("acs:ram::")?.split_once(kind)?;
    is_account_id(account_id).then_some(name)
}

fn is_role_name(text: &str) -> bool {
    (1..=64).contains(&text.len()) && consists_of(text, b".-_")
}

fn consists_of(text: &str, others: &[u8]) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || others.contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::schema::Validator;

    #[test]
    fn what_can_be_known_offline_is_told() {
        let long = "x".repeat(65);
        let cases: [(Validator, &[&str], &[&str]); 4] = [
            (
                validate_bare_role_name,
                &["ResourceDirectoryAccountAccessRole", "a.b-c_1"],
                &["acs:ram::1:role/x", "a b", &long],
            ),
            (
                validate_role_arn,
                &["acs:ram::1234567890123456:role/Deploy.Role"],
                &[
                    "Deploy",
                    "acs:ram::me:role/x",
                    "acs:ram::1:user/x",
                    "acs:ram::1:role/",
                    "arn:aws:iam::1:role/x",
                ],
            ),
            (
                validate_oidc_provider_arn,
                &["acs:ram::1:oidc-provider/github"],
                &["github", "acs:ram::1:oidc-provider/"],
            ),
            (validate_session_name, &["terraform", "ci@main-1_2.x"], &["my session", "x", &long]),
        ];
        for (validate, right, wrong) in cases {
            let check = |text: &str| validate(&text.into(), &Path::of("x"));
            right.iter().for_each(|text| assert_eq!(check(text), None, "{text}"));
            wrong.iter().for_each(|text| assert!(check(text).is_some(), "{text}"));
        }
    }
}
