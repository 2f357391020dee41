//! Turns what the cloud client reports into diagnostics; the only place that does.
//!
//! A caller gives what it did and what is true now; this module adds the reason in Alibaba Cloud's
//! words, with code and request ID, and what to do about that kind of failure.

use crate::{
    cloud::{
        self,
        error::{NotAuthenticated, Rejection, chain},
        place::Place,
    },
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

/// Why the call failed, and the one thing to do about it.
pub(super) fn reason_and_next_step(error: &cloud::Error) -> String {
    paragraphs(&[&reason(error), &next_step(error)])
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
        cloud::Error::NotAuthenticated(rejected) => not_authenticated(rejected),
        cloud::Error::AccountChanged { key, .. } => {
            format!("Nothing more was asked with these credentials. {}", key.correction())
        }
        cloud::Error::UnexpectedAnswer { .. } => {
            "Check that the provider's `endpoints` point to Alibaba Cloud and that no proxy answers in its \
             place."
                .to_owned()
        }
        cloud::Error::AssumeRole { source, .. } if source.is_not_authenticated() => next_step(source),
        cloud::Error::AssumeRole { .. } => {
            "Check that the account ID is right, that the role exists there and trusts the caller's account, \
             and that the caller may call `sts:AssumeRole`."
                .to_owned()
        }
        other => other.next_step().unwrap_or_default(),
    }
}

/// What to do about credentials, or a clock, that the cloud does not accept.
fn not_authenticated(rejected: &NotAuthenticated) -> String {
    let correction = rejected.key.as_ref().map(Place::correction).unwrap_or_default();
    let key = rejected.key.as_ref().map_or_else(String::new, |key| format!(" The key is that of {key}."));
    match rejected.rejection {
        Rejection::Clock => rejected.set_the_clock(),
        Rejection::Key => {
            format!("Alibaba Cloud does not know this AccessKey ID, or it is disabled.{key} {correction}")
        }
        Rejection::Secret => {
            format!("The AccessKey secret is not the one of this AccessKey ID.{key} {correction}")
        }
        Rejection::ExpiredToken => {
            format!("The temporary credentials have expired; get new ones.{key} {correction}")
        }
        Rejection::Token => {
            format!("The security token does not belong to this AccessKey ID.{key} {correction}")
        }
    }
}
