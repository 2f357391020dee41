//! Turns what the cloud client reports into diagnostics; the only place that does.
//!
//! A caller gives what it did and what is true now; this module adds the reason in Alibaba Cloud's
//! words, with code and request ID, and what to do about that kind of failure.

use crate::{
    cloud::{self, error::chain},
    framework::{diagnostics::Diagnostic, value::Path},
};

/// An error whose cause is a failed call.
pub(super) fn cloud_error(summary: &'static str, what: &str, error: &cloud::Error) -> Diagnostic {
    Diagnostic::error(summary, paragraphs(&[what, &reason(error), &next_step(error)]))
}

/// The same when the operation went on.
pub(super) fn cloud_warning(summary: &'static str, what: &str, error: &cloud::Error) -> Diagnostic {
    Diagnostic::warning(summary, paragraphs(&[what, &reason(error), &next_step(error)]))
}

/// The same about the account, where it is the account that could not be entered.
pub(super) fn on_account(diagnostic: Diagnostic, error: &cloud::Error) -> Diagnostic {
    match error {
        cloud::Error::AssumeRole { .. } => diagnostic.at(Path::of("account_id")),
        _ => diagnostic,
    }
}

/// Joins the parts of a detail that have something to say.
pub(super) fn paragraphs(parts: &[&str]) -> String {
    let parts: Vec<_> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
    parts.join("\n\n")
}

/// Why the call failed, in the cloud's words where it answered.
pub(super) fn reason(error: &cloud::Error) -> String {
    let Some(message) = error.message() else {
        return format!("Reason: {}.", chain(error).trim_end_matches('.'));
    };
    let facts: Vec<_> = [
        error.action().map(|action| format!("action {action}")),
        error.code().map(|code| format!("code {code}")),
        error.http_status().map(|status| format!("HTTP {status}")),
        error.request_id().map(|id| format!("request ID {id}")),
    ]
    .into_iter()
    .flatten()
    .collect();
    let prefix = match error {
        cloud::Error::AssumeRole { account_id, role_arn, .. } => {
            format!("Role \"{role_arn}\" in account {account_id} could not be assumed. ")
        }
        _ => String::new(),
    };
    format!("{prefix}Alibaba Cloud: \"{}\" ({}).", message.trim(), facts.join(", "))
}

/// The one thing to do about a kind of failure.
fn next_step(error: &cloud::Error) -> String {
    match error {
        cloud::Error::Denied(_) => match error.denied_action() {
            Some(action) => format!(
                "Allow the action `{action}` for the identity that Terraform runs as, then run the same \
                 command again."
            ),
            None => "Allow the action for the identity that Terraform runs as, then run the same command \
                     again."
                .to_owned(),
        },
        cloud::Error::Throttled(_) => {
            "Run the same command again later, or with a lower `-parallelism`.".to_owned()
        }
        cloud::Error::ExpiredToken(_) => {
            "Get new temporary credentials, then run the same command again.".to_owned()
        }
        cloud::Error::Unavailable(_) => "Run the same command again later.".to_owned(),
        cloud::Error::Unreachable { .. } => {
            "Check the network, the proxy settings and the provider's `endpoints`, then run the same command \
             again."
                .to_owned()
        }
        cloud::Error::UnexpectedAnswer { .. } => {
            "Check that the provider's `endpoints` point to Alibaba Cloud and that no proxy answers in its \
             place."
                .to_owned()
        }
        cloud::Error::Credentials(_) => {
            "Set `access_key` and `secret_key` in the provider block, or ALIBABA_CLOUD_ACCESS_KEY_ID and \
             ALIBABA_CLOUD_ACCESS_KEY_SECRET in the environment."
                .to_owned()
        }
        cloud::Error::AssumeRole { .. } => {
            "Check that the account ID is right, that the role exists there and trusts the caller's account, \
             and that the caller may call `sts:AssumeRole`."
                .to_owned()
        }
        cloud::Error::NotFound(_) | cloud::Error::AlreadyExists(_) | cloud::Error::Refused(_) => {
            String::new()
        }
    }
}
