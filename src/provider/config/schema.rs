//! The attributes of the provider block, in documentation order, with their validators.

use super::{
    endpoints::{REGION, endpoint_variables, validate_endpoint},
    environment::{CONNECT_TIMEOUT, READ_TIMEOUT, TIMEOUT_MILLISECONDS},
    validators::{
        validate_allowed_account_ids, validate_bare_role_name, validate_credentials_uri,
        validate_external_id, validate_oidc_provider_arn, validate_policy, validate_role_arn,
        validate_secret, validate_session_name, validate_visible,
    },
};
use crate::{
    cloud::{
        credentials::{role::SESSION_SECONDS, variables},
        endpoint::is_region,
    },
    framework::{
        diagnostics::Diagnostic,
        schema::{Attribute, Schema},
        value::{Path, Type, Value},
    },
};

pub(in crate::provider) fn schema() -> Schema {
    Schema { version: 0, description: DESCRIPTION, attributes: attributes() }
}

fn attributes() -> Vec<Attribute> {
    [keys(), sources(), roles(), requests()].concat()
}

/// The region, and an AccessKey as it is.
fn keys() -> Vec<Attribute> {
    vec![
        Attribute::optional(
            "region",
            Type::String,
            "Region whose STS endpoint is used; the roles themselves belong to no region.",
        )
        .environment(&REGION)
        .validator(validate_region),
        Attribute::optional("access_key", Type::String, "AccessKey ID.")
            .environment(variables::ACCESS_KEY_ID)
            .validator(validate_visible),
        Attribute::optional("secret_key", Type::String, "AccessKey secret.")
            .environment(variables::ACCESS_KEY_SECRET)
            .sensitive()
            .validator(validate_secret),
        Attribute::optional("security_token", Type::String, "Security token of temporary credentials.")
            .environment(variables::SECURITY_TOKEN)
            .sensitive()
            .validator(validate_visible),
    ]
}

/// Where else an AccessKey can come from.
fn sources() -> Vec<Attribute> {
    vec![
        Attribute::optional(
            "profile",
            Type::String,
            "Profile of the `aliyun` command-line tool, or section of the SDKs' credentials file.",
        )
        .environment(variables::PROFILE),
        Attribute::optional(
            "shared_credentials_file",
            Type::String,
            "JSON file with the profiles of the `aliyun` command-line tool. Default: `~/.aliyun/config.json`. The file in \
             `ALIBABA_CLOUD_CREDENTIALS_FILE` is this one only if it is JSON; if not, it is the SDKs' ini file.",
        )
        .environment(&[variables::CLI_FILE, &[variables::CREDENTIALS_FILE]].concat()),
        Attribute::optional(
            "ecs_role_name",
            Type::String,
            "Name of the RAM role that is attached to the ECS instance on which Terraform runs. Default: the name that the \
             metadata service returns.",
        )
        .environment(variables::ECS_ROLE_NAME)
        .validator(validate_bare_role_name),
        Attribute::optional(
            "credentials_uri",
            Type::String,
            "URL of a server that returns temporary credentials. Plain HTTP is only for a loopback or link-local \
             address.",
        )
        .environment(variables::CREDENTIALS_URI)
        .validator(validate_credentials_uri),
    ]
}

/// Roles on top of that key, and the accounts that they may lead to.
fn roles() -> Vec<Attribute> {
    vec![
        Attribute::single(
            "assume_role",
            assume_role(),
            "Role to assume with the credentials found. The environment variables of its arguments are read only \
             if this argument is set: `assume_role = {}` takes all of it from the environment. If `role_arn` is set in \
             neither place, no role is assumed.",
        ),
        Attribute::single(
            "assume_role_with_oidc",
            assume_role_with_oidc(),
            "Role to assume with the token of an identity provider, such as a CI system.",
        ),
        Attribute::optional(
            "member_account_role",
            Type::String,
            "Name of the role to assume in the member accounts of a resource directory. Default: \
             `ResourceDirectoryAccountAccessRole`.",
        )
        .validator(validate_bare_role_name),
        Attribute::optional(
            "allowed_account_ids",
            Type::Set(Box::new(Type::String)),
            "IDs of the only accounts that may be changed, as a guard against wrong credentials and wrong account IDs. A \
             role in any other account is refused. The account of the credentials must be among them; if it is not, \
             nothing is planned or applied.",
        )
        .validator(validate_allowed_account_ids),
    ]
}

/// How requests are sent, and which of them.
fn requests() -> Vec<Attribute> {
    vec![
        Attribute::single(
            "endpoints",
            endpoints(),
            "URLs or host names to use instead of the public endpoints of Alibaba Cloud. Plain HTTP is only for a \
             loopback address.",
        ),
        Attribute::optional(
            "client_connect_timeout",
            Type::Number,
            "Time for opening a connection, in milliseconds. Default: `60000`.",
        )
        .environment(&[CONNECT_TIMEOUT])
        .validator(validate_positive),
        Attribute::optional(
            "client_read_timeout",
            Type::Number,
            "Time for one request and its response, in milliseconds. Default: `60000`.",
        )
        .environment(&[READ_TIMEOUT])
        .validator(validate_positive),
        Attribute::optional(
            "max_retries",
            Type::Number,
            "Maximum number of retries of a request after throttling, a server error or a broken connection. Create and \
             delete requests are retried only when they certainly had no effect. From `0` (no retries) to `100`. Default: \
             `5`.",
        )
        .validator(validate_retries),
        Attribute::optional(
            "skip_subscription_check",
            Type::Bool,
            "Skip the MSS subscription check before destroying a role. Alibaba Cloud itself still refuses the deletion \
             while the subscription is active. Default: `false`.",
        ),
        Attribute::optional(
            "configuration_source",
            Type::String,
            "Text appended to the user agent of every request, to identify the source of this configuration.",
        ),
    ]
}

fn assume_role() -> Vec<Attribute> {
    vec![
        Attribute::optional(
            "role_arn",
            Type::String,
            "ARN of the role, `acs:ram::<account_id>:role/<role_name>`.",
        )
        .environment(variables::ASSUMED_ROLE_ARN)
        .validator(validate_role_arn),
        Attribute::optional(
            "session_name",
            Type::String,
            "Name of the session, seen in audit logs. Default: `terraform`.",
        )
        .environment(variables::ROLE_SESSION_NAME)
        .validator(validate_session_name),
        policy(),
        session_expiration(),
        Attribute::optional(
            "external_id",
            Type::String,
            "External ID that the role's trust policy requires.",
        )
        .validator(validate_external_id),
    ]
}

fn assume_role_with_oidc() -> Vec<Attribute> {
    vec![
        Attribute::optional(
            "oidc_provider_arn",
            Type::String,
            "ARN of the identity provider, `acs:ram::<account_id>:oidc-provider/<name>`.",
        )
        .environment(&[variables::OIDC_PROVIDER_ARN])
        .validator(validate_oidc_provider_arn),
        Attribute::optional("oidc_token", Type::String, "The token itself.")
            .environment(&[variables::OIDC_TOKEN])
            .sensitive(),
        Attribute::optional(
            "oidc_token_file",
            Type::String,
            "File with the token, read again for each session.",
        )
        .environment(&[variables::OIDC_TOKEN_FILE]),
        Attribute::optional(
            "role_arn",
            Type::String,
            "ARN of the role, `acs:ram::<account_id>:role/<role_name>`.",
        )
        .environment(&[variables::ROLE_ARN])
        .validator(validate_role_arn),
        Attribute::optional(
            "role_session_name",
            Type::String,
            "Name of the session, seen in audit logs. Default: `terraform`.",
        )
        .environment(variables::ROLE_SESSION_NAME)
        .validator(validate_session_name),
        policy(),
        session_expiration(),
    ]
}

fn policy() -> Attribute {
    Attribute::optional(
        "policy",
        Type::String,
        "Policy that restricts what the session may do, a JSON document.",
    )
    .validator(validate_policy)
}

fn session_expiration() -> Attribute {
    Attribute::optional(
        "session_expiration",
        Type::Number,
        "Length of the session in seconds, from 900 to 43200 and not beyond the role's own limit. Default: `3600`.",
    )
        .environment(&[variables::SESSION_EXPIRATION])
    .validator(validate_expiration)
}

fn endpoints() -> Vec<Attribute> {
    let endpoint = |product, description| {
        Attribute::optional(product, Type::String, description)
            .environment(&endpoint_variables(product))
            .validator(validate_endpoint)
    };
    vec![
        endpoint("ram", "RAM. Default: `https://ram.aliyuncs.com`."),
        endpoint("resourcemanager", "Resource Management. Default: `https://resourcemanager.aliyuncs.com`."),
        endpoint(
            "sts",
            "STS. Default: `https://sts.<region>.aliyuncs.com`; without a region, and in regions without a host of \
             their own, `https://sts.aliyuncs.com`.",
        ),
        endpoint("mssp", "MSS. Default: `https://mssp.aliyuncs.com`."),
    ]
}

fn validate_region(value: &Value, path: &Path) -> Option<Diagnostic> {
    let Value::String(text) = value else {
        return None;
    };
    if is_region(text) {
        return None;
    }
    let detail = format!(
        "The value {text:?} is not a region ID.\n\nUse a region ID of Alibaba Cloud, such as \
         \"cn-shanghai\" or \"ap-southeast-1\"."
    );
    Some(Diagnostic::error("Malformed region", detail).at(path.clone()))
}

fn validate_positive(value: &Value, path: &Path) -> Option<Diagnostic> {
    let Value::Number(number) = value else {
        return None;
    };
    if number.to_u64().is_some_and(|number| TIMEOUT_MILLISECONDS.contains(&number)) {
        return None;
    }
    let detail = format!(
        "\"{path}\" is {number}, but must be a whole number of milliseconds from {} to {}.\n\nUse a number in \
         that range, such as 60000.",
        TIMEOUT_MILLISECONDS.start(),
        TIMEOUT_MILLISECONDS.end()
    );
    Some(Diagnostic::error("Number out of range", detail).at(path.clone()))
}

fn validate_expiration(value: &Value, path: &Path) -> Option<Diagnostic> {
    let Value::Number(number) = value else { return None };
    if number.to_u64().is_some_and(|number| SESSION_SECONDS.contains(&number)) {
        return None;
    }
    let detail = format!(
        "\"{path}\" is {number}, but must be a whole number of seconds from {} to {}.\n\nUse a number in that range, \
         such as 3600.",
        SESSION_SECONDS.start(),
        SESSION_SECONDS.end()
    );
    Some(Diagnostic::error("Number out of range", detail).at(path.clone()))
}

fn validate_retries(value: &Value, path: &Path) -> Option<Diagnostic> {
    let Value::Number(number) = value else {
        return None;
    };
    if number.to_u64().is_some_and(|number| number <= MOST_RETRIES) {
        return None;
    }
    let detail = format!(
        "\"{path}\" is {number}, but must be a whole number from 0 to {MOST_RETRIES}.\n\nUse 0 to turn retries off, or \
         leave the argument out for the default of 5."
    );
    Some(Diagnostic::error("Number out of range", detail).at(path.clone()))
}

const MOST_RETRIES: u64 = 100;

const DESCRIPTION: &str = "Manages the service-linked roles of Alibaba Cloud's Managed Security Service (MSS). \
Every argument is optional: credentials and region can come from the environment. An empty string counts as unset.";

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::framework::diagnostics::Samples;

    /// A sample of each diagnostic that this file makes, for the snapshot.
    pub(crate) fn samples() -> Samples {
        let (number, path) = (|number: i64| Value::Number(number.into()), Path::of("max_retries"));
        vec![
            ("validate_region", validate_region(&"Shanghai".into(), &Path::of("region")).unwrap()),
            ("validate_positive", validate_positive(&number(0), &Path::of("client_read_timeout")).unwrap()),
            (
                "validate_expiration",
                validate_expiration(&number(1), &Path::of("session_expiration")).unwrap(),
            ),
            ("validate_retries", validate_retries(&number(101), &path).unwrap()),
        ]
    }

    #[test]
    fn numbers_in_range() {
        let number = |text: &str| Value::Number(text.parse().unwrap());
        let path = Path::of("max_retries");
        for (text, positive, retries) in [
            ("-1", false, false),
            ("0", false, true),
            ("1", true, true),
            ("1.5", false, false),
            ("100", true, true),
            ("101", true, false),
            ("1e30", false, false),
        ] {
            assert_eq!(validate_positive(&number(text), &path).is_none(), positive, "{text}");
            assert_eq!(validate_retries(&number(text), &path).is_none(), retries, "{text}");
        }
    }

    #[test]
    fn regions() {
        for (text, good) in
            [("cn-shanghai", true), ("ap-southeast-1", true), ("", false), ("CN", false), ("a/b", false)]
        {
            assert_eq!(validate_region(&text.into(), &Path::of("region")).is_none(), good, "{text}");
        }
    }
}
