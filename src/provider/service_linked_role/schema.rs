//! The attributes of `mss_service_linked_role`, in documentation order, with their validators.

use super::{MSS_ROLES, MssRole, timeouts::validate_duration};
use crate::{
    framework::{
        diagnostics::Diagnostic,
        resource::{IdentityAttribute, IdentitySchema},
        schema::{Attribute, Schema},
        value::{Path, Type, Value},
    },
    provider::account::validate_account_id,
};

pub(super) fn schema() -> Schema {
    Schema { version: 0, description: DESCRIPTION, attributes: attributes() }
}

pub(super) fn identity_schema() -> IdentitySchema {
    let attributes = vec![
        IdentityAttribute {
            name: "account_id",
            description: "ID of the account that holds the role. Default for an import: the account of the \
                          provider's credentials.",
            required_for_import: false,
        },
        IdentityAttribute {
            name: "role_name",
            description: "Name of the role, such as `AliyunServiceRoleForMssp`.",
            required_for_import: true,
        },
    ];
    IdentitySchema { version: 0, attributes }
}

fn attributes() -> Vec<Attribute> {
    let mut attributes = vec![
        Attribute::required(
            "role_name",
            Type::String,
            "Name of the role: `AliyunServiceRoleForMssp` (basic features of MSS), \
             `AliyunServiceRoleForESAMssp` (security operations on Edge Security Acceleration) or \
             `AliyunServiceRoleForAntiRansomwareMssp` (anti-ransomware service). Changing it replaces the role.",
        )
        .requires_replace()
        .validator(validate_role_name),
        Attribute::optional_computed(
            "service_name",
            Type::String,
            "Service that the role trusts, such as `esa.mssp.aliyuncs.com`. Derived from `role_name`; set it \
             only if Alibaba Cloud uses another name for your account. Changing it replaces the role.",
        )
        .requires_replace()
        .keeps_prior()
        .validator(validate_service_name),
        Attribute::optional_computed(
            "account_id",
            Type::String,
            "ID of the account that holds the role, digits only. Default: the account of the provider's \
             credentials. For a member account of a resource directory, the provider assumes \
             `member_account_role` in that account. Changing it replaces the role.",
        )
        .requires_replace()
        .keeps_prior()
        .validator(validate_account_id),
        Attribute::optional_computed(
            "adopt_existing",
            Type::Bool,
            "Take over the role if it already exists, instead of failing. Default: `false`.",
        )
        .default(false),
        Attribute::optional_computed(
            "deletion_policy",
            Type::String,
            "What destroying this resource does to the role: `delete` deletes it; `abandon` leaves it in the \
             account and only removes it from state; `delete_or_abandon` deletes it if Alibaba Cloud allows \
             that, and otherwise abandons it with a warning; `prevent` refuses to destroy. Default: `delete`, or \
             `abandon` for an adopted role.",
        )
        .keeps_prior()
        .validator(validate_deletion_policy),
        Attribute::single("timeouts", timeouts(), "How long operations may take, such as `30s` or `1h30m`."),
    ];
    attributes.extend(facts());
    attributes.push(
        Attribute::computed(
            "adopted",
            Type::Bool,
            "Whether the role existed before this resource and was taken over by `adopt_existing`.",
        )
        .keeps_prior(),
    );
    attributes
}

/// What RAM says of a role, in the resource and in data sources.
pub(super) fn facts() -> Vec<Attribute> {
    vec![
        Attribute::computed("id", Type::String, "`<account_id>:<role_name>`.").keeps_prior(),
        Attribute::computed("arn", Type::String, "ARN of the role, `acs:ram::<account_id>:role/<name>`.")
            .keeps_prior(),
        Attribute::computed("role_id", Type::String, "ID of the role, unique for all time.").keeps_prior(),
        Attribute::computed(
            "role_principal_name",
            Type::String,
            "Principal name of the role, `<role_name>@role.<account>.onaliyunservice.com`.",
        )
        .keeps_prior(),
        Attribute::computed("policy_name", Type::String, "Name of the system policy attached to the role.")
            .keeps_prior(),
        Attribute::computed("description", Type::String, "Description that Alibaba Cloud gives the role.")
            .keeps_prior(),
        Attribute::computed(
            "assume_role_policy_document",
            Type::String,
            "Trust policy of the role, a JSON document: which service may assume it.",
        )
        .keeps_prior(),
        Attribute::computed("create_date", Type::String, "When the role was created, RFC 3339 in UTC.")
            .keeps_prior(),
    ]
}

fn timeouts() -> Vec<Attribute> {
    vec![
        Attribute::optional(
            "create",
            Type::String,
            "Time for creating the role and reading it back. Default: `5m`.",
        )
        .validator(validate_duration),
        Attribute::optional("read", Type::String, "Time for reading the role. Default: `1m`.")
            .validator(validate_duration),
        Attribute::optional("delete", Type::String, "Time for the deletion task. Default: `10m`.")
            .validator(validate_duration),
    ]
}

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

fn validate_service_name(value: &Value, path: &Path) -> Option<Diagnostic> {
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

fn validate_deletion_policy(value: &Value, path: &Path) -> Option<Diagnostic> {
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

const DESCRIPTION: &str = "A service-linked role of Alibaba Cloud's Managed Security Service (MSS): a RAM role \
with a fixed name, trust policy and permissions that only MSS can assume.\n\nAlibaba Cloud refuses to delete \
the roles while the MSS subscription is active. Destroying one is therefore refused in the plan, before \
anything is destroyed, until the subscription has ended.";

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::framework::diagnostics::Samples;

    /// The texts of this file.
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
