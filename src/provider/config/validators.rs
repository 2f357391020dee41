//! What the texts of the provider block look like, as RAM and STS document them.

use url::Url;

use crate::{
    cloud::{
        api::{
            arn::RoleArn,
            form::{is_account_id, is_role_name, is_session_name},
        },
        endpoint::may_send_credentials,
    },
    framework::{
        diagnostics::Diagnostic,
        value::{Path, Value},
    },
    provider::account::validate_account_ids,
};

/// Checks an AccessKey ID or a security token, whose value is not shown: visible characters, as a header takes
/// them.
pub(super) fn validate_visible(value: &Value, path: &Path) -> Option<Diagnostic> {
    malformed(value, |text| text.bytes().all(|byte| byte.is_ascii_graphic()))?;
    Some(malformed_text(
        "Malformed credentials",
        format!(
            "\"{path}\" contains a character that credentials never have, such as a space or a line break."
        ),
        "Copy it again, without the text around it.",
        path,
    ))
}

/// Checks an AccessKey secret, whose value is not shown.
pub(super) fn validate_secret(value: &Value, path: &Path) -> Option<Diagnostic> {
    malformed(value, |text| !text.chars().any(char::is_control))?;
    Some(malformed_text(
        "Malformed credentials",
        format!("\"{path}\" contains a control character, such as a line break."),
        "Copy it again, without the text around it.",
        path,
    ))
}

/// Checks the URL of a server of credentials, of which nothing is shown: it can hold a token.
pub(super) fn validate_credentials_uri(value: &Value, path: &Path) -> Option<Diagnostic> {
    let is_server =
        |url: Url| matches!(url.scheme(), "http" | "https") && url.has_host() && may_send_credentials(&url);
    malformed(value, |text| Url::parse(text).is_ok_and(is_server))?;
    Some(malformed_text(
        "Malformed credentials URI",
        format!("\"{path}\" is not the URL of a server that may send credentials."),
        "Use an HTTPS URL, or plain HTTP to a loopback or link-local address.",
        path,
    ))
}

/// Checks the policy of a session: a JSON object.
pub(super) fn validate_policy(value: &Value, path: &Path) -> Option<Diagnostic> {
    let is_object =
        |text: &str| serde_json::from_str::<serde_json::Value>(text).is_ok_and(|json| json.is_object());
    malformed(value, is_object)?;
    Some(malformed_text(
        "Malformed policy",
        format!("\"{path}\" is not a JSON object."),
        "Write it with `jsonencode`, such as `jsonencode({ Version = \"1\", Statement = [] })`.",
        path,
    ))
}

/// Checks an external ID: 2 to 1,224 letters, digits and `_+=,.@:/-` (documented by STS).
pub(super) fn validate_external_id(value: &Value, path: &Path) -> Option<Diagnostic> {
    malformed(value, |text| (2..=1224).contains(&text.len()) && consists_of(text, b"_+=,.@:/-"))?;
    Some(malformed_text(
        "Malformed external ID",
        format!("\"{path}\" has a length or a character that external IDs do not have."),
        "Use 2 to 1224 letters, digits and the characters _ + = , . @ : / -.",
        path,
    ))
}

/// Checks the accounts that may be changed: with none of them nothing could be.
pub(super) fn validate_allowed_account_ids(value: &Value, path: &Path) -> Option<Diagnostic> {
    if *value == Value::List(Vec::new()) {
        return Some(malformed_text(
            "No account is allowed",
            format!("\"{path}\" is an empty set, so no account may be changed."),
            "List the accounts, or leave the argument out.",
            path,
        ));
    }
    validate_account_ids(value, path)
}

/// Checks a role name that stands alone, without account and ARN.
pub(super) fn validate_bare_role_name(value: &Value, path: &Path) -> Option<Diagnostic> {
    let text = malformed(value, is_role_name)?;
    Some(malformed_text(
        "Malformed role name",
        format!("The value {text:?} of \"{path}\" is not a role name."),
        "Use the name alone, such as \"ResourceDirectoryAccountAccessRole\", without the ARN around it.",
        path,
    ))
}

/// Checks the ARN of a role.
pub(super) fn validate_role_arn(value: &Value, path: &Path) -> Option<Diagnostic> {
    let text = malformed(value, |text| RoleArn::read(text).is_some())?;
    Some(malformed_text(
        "Malformed role ARN",
        format!("The value {text:?} of \"{path}\" is not a role ARN."),
        "Use the form \"acs:ram::<account_id>:role/<role_name>\".",
        path,
    ))
}

/// Checks the ARN of an identity provider.
pub(super) fn validate_oidc_provider_arn(value: &Value, path: &Path) -> Option<Diagnostic> {
    let text = malformed(value, is_oidc_provider_arn)?;
    Some(malformed_text(
        "Malformed identity provider ARN",
        format!("The value {text:?} of \"{path}\" is not an identity provider ARN."),
        "Use the form \"acs:ram::<account_id>:oidc-provider/<name>\".",
        path,
    ))
}

/// Checks the name of a session: 2 to 64 letters, digits and `.@-_` (documented by STS).
pub(super) fn validate_session_name(value: &Value, path: &Path) -> Option<Diagnostic> {
    let text = malformed(value, is_session_name)?;
    Some(malformed_text(
        "Malformed session name",
        format!("The value {text:?} of \"{path}\" is not a session name."),
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

fn is_oidc_provider_arn(text: &str) -> bool {
    let parts = text.strip_prefix("acs:ram::").and_then(|rest| rest.split_once(":oidc-provider/"));
    parts.is_some_and(|(account_id, name)| is_account_id(account_id) && !name.is_empty())
}

fn consists_of(text: &str, others: &[u8]) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || others.contains(&byte))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::framework::diagnostics::Samples;
    use crate::framework::schema::Validator;

    /// A sample of each diagnostic that this file makes, for the snapshot.
    pub(crate) fn samples() -> Samples {
        type Validator = fn(&Value, &Path) -> Option<Diagnostic>;
        let validators: [(&str, Validator, &str); 9] = [
            ("access_key", validate_visible, "LTAI "),
            ("secret_key", validate_secret, "a\nb"),
            ("credentials_uri", validate_credentials_uri, "http://example.com"),
            ("policy", validate_policy, "{"),
            ("external_id", validate_external_id, "x"),
            ("member_account_role", validate_bare_role_name, "acs:ram::1:role/Deploy"),
            ("role_arn", validate_role_arn, "Deploy"),
            ("oidc_provider_arn", validate_oidc_provider_arn, "github"),
            ("session_name", validate_session_name, "a b"),
        ];
        let sample = |(name, validator, text): (&'static str, Validator, &str)| {
            (name, validator(&text.into(), &Path::of(name)).unwrap())
        };
        let nobody = validate_allowed_account_ids(&Value::List(Vec::new()), &Path::of("allowed_account_ids"));
        validators.into_iter().map(sample).chain([("allowed_account_ids", nobody.unwrap())]).collect()
    }

    #[test]
    fn what_can_be_known_offline_is_told() {
        let long = "x".repeat(65);
        let cases: [(Validator, &[&str], &[&str]); 9] = [
            (validate_visible, &["LTAI1", "a/b+c=="], &["a b", "a\nb", "é"]),
            (validate_secret, &["s e c"], &["a\nb", "\u{0}"]),
            (
                validate_credentials_uri,
                &["https://x/y?z", "http://127.0.0.1:1/x", "http://169.254.1.1/x"],
                &["x", "http://example.com", "ftp://127.0.0.1", "https://"],
            ),
            (validate_policy, &["{}", " {\"Version\":\"1\"} "], &["{", "[]", "x", "null"]),
            (validate_external_id, &["ab", "a@b:/-"], &["a", "a b", "ü1"]),
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

    #[test]
    fn some_account_must_be_allowed() {
        let check = |ids: &[&str]| {
            let ids = ids.iter().map(|id| Value::from(*id)).collect();
            validate_allowed_account_ids(&Value::List(ids), &Path::of("x"))
                .map(|sample| sample.summary.to_string())
        };
        assert_eq!(check(&[]).as_deref(), Some("No account is allowed"));
        assert_eq!(check(&["me"]).as_deref(), Some("Malformed account ID"));
        assert_eq!(check(&["1"]), None);
    }
}
