//! What the texts of a role's attributes look like.

use super::{MSS_ROLES, MssRole};
use crate::framework::{
    diagnostics::Diagnostic,
    value::{Path, Value},
};

pub(super) fn validate_role_name(value: &Value, path: &Path) -> Option<Diagnostic> {
    let Value::String(text) = value else {
        return None;
    };
    if MssRole::by_role_name(text).is_some() {
        return None;
    }
    let names = MSS_ROLES.map(|role| format!("\"{}\"", role.role_name)).join(", ");
    let next = match MssRole::meant_by(text) {
        Some(role) => format!("Did you mean \"{}\"?", role.role_name),
        None => "Use one of these names.".to_owned(),
    };
    let detail = format!("MSS has no service-linked role {text:?}. Its roles are {names}.\n\n{next}");
    Some(Diagnostic::error("Unknown service-linked role", detail).at(path.clone()))
}

pub(super) fn validate_service_name(value: &Value, path: &Path) -> Option<Diagnostic> {
    let Value::String(text) = value else {
        return None;
    };
    let of_a_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let labels: Vec<_> = text.split('.').collect();
    let is_label = |label: &&str| {
        !label.is_empty() && label.chars().all(of_a_name) && !label.starts_with('-') && !label.ends_with('-')
    };
    if labels.iter().all(is_label) && labels.len() > 1 && text.len() <= LONGEST_HOST_NAME {
        return None;
    }
    let detail = format!(
        "The value {text:?} is not a service name.\n\nUse a name such as \
         \"esa.mssp.aliyuncs.com\", or leave the attribute out."
    );
    Some(Diagnostic::error("Malformed service name", detail).at(path.clone()))
}

/// What the service name has the form of (DNS).
const LONGEST_HOST_NAME: usize = 253;

pub(super) fn validate_deletion_policy(value: &Value, path: &Path) -> Option<Diagnostic> {
    let Value::String(text) = value else {
        return None;
    };
    if matches!(text.as_str(), "delete" | "abandon" | "delete_or_abandon" | "prevent") {
        return None;
    }
    let detail = format!(
        "{text:?} is not a valid deletion policy.\n\nUse \"delete\", \"abandon\", \"delete_or_abandon\" or \"prevent\"."
    );
    Some(Diagnostic::error("Unknown deletion policy", detail).at(path.clone()))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::framework::diagnostics::Samples;

    /// A sample of each diagnostic that this file makes, for the snapshot.
    pub(crate) fn samples() -> Samples {
        let path = Path::of("role_name");
        vec![
            ("validate_role_name", validate_role_name(&"AliyunServiceRoleForMss".into(), &path).unwrap()),
            ("validate_role_name, no match", validate_role_name(&"admin".into(), &path).unwrap()),
            (
                "validate_service_name",
                validate_service_name(&"MSS".into(), &Path::of("service_name")).unwrap(),
            ),
            (
                "validate_deletion_policy",
                validate_deletion_policy(&"keep".into(), &Path::of("deletion_policy")).unwrap(),
            ),
        ]
    }

    #[test]
    fn role_names() {
        let path = Path::of("role_name");
        assert_eq!(validate_role_name(&"AliyunServiceRoleForMssp".into(), &path), None);
        let typo = validate_role_name(&"AliyunServiceRoleForMsp".into(), &path).unwrap();
        assert!(typo.detail.contains("Did you mean \"AliyunServiceRoleForMssp\"?"), "{}", typo.detail);
        assert_eq!(typo.path, Some(path.clone()));
        let other = validate_role_name(&"admin".into(), &path).unwrap();
        assert!(other.detail.contains("Use one of these names."), "{}", other.detail);
    }

    #[test]
    fn shapes_of_the_other_attributes() {
        type Case =
            (fn(&Value, &Path) -> Option<Diagnostic>, &'static [&'static str], &'static [&'static str]);
        let cases: [Case; 2] = [
            (
                validate_service_name,
                &["mssp.aliyuncs.com", "a-1.b"],
                &["", "mssp", "a..b", "A.b", "a b.c", "a.b."],
            ),
            (
                validate_deletion_policy,
                &["delete", "abandon", "delete_or_abandon", "prevent"],
                &["", "Delete", "retain"],
            ),
        ];
        for (validate, good, bad) in cases {
            for text in good {
                assert_eq!(validate(&(*text).into(), &Path::of("x")), None, "{text}");
            }
            for text in bad {
                assert!(validate(&(*text).into(), &Path::of("x")).is_some(), "{text}");
            }
        }
    }
}
