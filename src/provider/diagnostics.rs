//! Turns what the cloud client reports into diagnostics; the only place that does.
//!
//! A caller says what it did and what is true now; this module adds the reason in Alibaba Cloud's
//! words, with code and request ID, and what to do about that kind of failure.

use crate::{
    cause::chain,
    cloud::{
        self,
        error::{NotAuthenticated, Rejection},
        place::Place,
    },
    framework::{diagnostics::Diagnostic, value::Path},
    provider::layout::{list, paragraphs},
};

/// An error whose cause is a failed call.
#[cfg_attr(test, track_caller)]
pub(super) fn cloud_error(summary: &'static str, what: &str, error: &cloud::Error) -> Diagnostic {
    Diagnostic::error(summary, paragraphs(&[what, &reason(error), &next_step(error)]))
}

/// The same when the operation continued.
#[cfg_attr(test, track_caller)]
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

/// Why the call failed, in the cloud's words where it answered.
pub(super) fn reason(error: &cloud::Error) -> String {
    let Some(message) = error.message() else {
        return because(&chain(error), error.sources_passed_over());
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
    let message = match message.trim() {
        "" => "no message".to_owned(),
        message => format!("\"{message}\""),
    };
    format!("{prefix}Alibaba Cloud: {message} ({}).", facts.join(", "))
}

/// A reason in words of our own, with what was tried.
pub(super) fn because(reason: &str, tried: &[String]) -> String {
    match tried {
        [] => format!("Reason: {}.", reason.trim_end_matches('.')),
        tried => list(&format!("Reason: {reason}:"), tried),
    }
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
                "Allow the action `{action}` for the identity that made the call: the one that Terraform runs as or, in a \
                 member account, the role that the provider assumes there. Then run the same command again."
            ),
            None => "Allow the action for the identity that made the call: the one that Terraform runs as or, in a member \
                     account, the role that the provider assumes there. Then run the same command again."
                .to_owned(),
        },
        cloud::Error::Throttled(_) => {
            "Run the same command again later, or with a lower `-parallelism`.".to_owned()
        }
        cloud::Error::NotAuthenticated(rejected) => not_authenticated(rejected),
        cloud::Error::AccountChanged { key, .. } => {
            format!("No further request was sent with these credentials. {}", key.correction())
        }
        cloud::Error::UnexpectedResponse { .. } => {
            "Check that the provider's `endpoints` point to Alibaba Cloud and that no proxy answers in its \
             place."
                .to_owned()
        }
        // Nothing is wrong about a role that nobody has looked at.
        cloud::Error::AssumeRole { source, .. }
            if !matches!(
                **source,
                cloud::Error::Denied(_) | cloud::Error::NotFound(_) | cloud::Error::Refused(_)
            ) =>
        {
            next_step(source)
        }
        cloud::Error::Refused(_) => {
            let support = error.request_id().map_or("", |_| ", or give the request ID to Alibaba Cloud support");
            format!("Look up the code in Alibaba Cloud's documentation{support}.")
        }
        cloud::Error::AssumeRole { .. } => {
            "Check that the account ID is correct, that the role exists there and trusts the caller's account, \
             and that the caller may call `sts:AssumeRole`."
                .to_owned()
        }
        other => other.next_step().unwrap_or_default(),
    }
}

/// What to do about credentials, or a clock, that the cloud does not accept.
fn not_authenticated(rejected: &NotAuthenticated) -> String {
    let correction = rejected.key.as_ref().map(Place::correction).unwrap_or_default();
    let key = rejected.key.as_ref().map_or_else(String::new, |key| format!(" The key comes from {key}."));
    match rejected.rejection {
        Rejection::Clock => rejected.set_the_clock(),
        Rejection::Key => {
            format!("Alibaba Cloud does not know this AccessKey ID, or it is disabled.{key} {correction}")
        }
        Rejection::Secret => {
            format!("The AccessKey secret does not belong to this AccessKey ID.{key} {correction}")
        }
        Rejection::ExpiredToken => {
            format!("The temporary credentials have expired; get new ones.{key} {correction}")
        }
        Rejection::Token => {
            format!("The security token does not belong to this AccessKey ID.{key} {correction}")
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::{
        cloud::{
            credentials,
            error::{AccessDenied, ApiError},
            transport::trust::Mistrust,
        },
        framework::diagnostics::Samples,
    };

    fn api(http_status: u16, code: &str, message: &str) -> ApiError {
        ApiError {
            action: "CreateServiceLinkedRole",
            http_status,
            code: code.to_owned(),
            message: message.to_owned(),
            request_id: Some("0C2A5D0E-7B1C-5E1F-9B0D-3F6A2C1D4E5F".to_owned()),
            denied: None,
        }
    }

    pub(in crate::provider) fn denied() -> cloud::Error {
        let auth_action = Some("ram:CreateServiceLinkedRole".to_owned());
        let denied = Some(AccessDenied { auth_action, ..AccessDenied::default() });
        let api = api(403, "NoPermission", "You are not authorized to do this action.");
        cloud::Error::Denied(Box::new(ApiError { denied, ..api }))
    }

    fn not_authenticated(rejection: Rejection, seconds_ahead: i64) -> cloud::Error {
        cloud::Error::NotAuthenticated(Box::new(NotAuthenticated {
            rejection,
            api: api(403, "InvalidAccessKeyId.NotFound", "The specified access key is not found."),
            key: Some(Place::AccessKey {
                id: Box::new(Place::Variable("ALIBABA_CLOUD_ACCESS_KEY_ID")),
                others: vec![Place::Variable("ALIBABA_CLOUD_ACCESS_KEY_SECRET")],
            }),
            clock_offset: SignedDuration::from_secs(seconds_ahead),
        }))
    }

    fn not_assumed(source: cloud::Error) -> cloud::Error {
        cloud::Error::AssumeRole {
            account_id: "2222222222222222".to_owned(),
            role_arn: "acs:ram::2222222222222222:role/ResourceDirectoryAccountAccessRole".to_owned(),
            source: Box::new(source),
        }
    }

    fn not_trusted(mistrust: Mistrust) -> cloud::Error {
        let (action, host) = ("CreateServiceLinkedRole", "resourcemanager.aliyuncs.com".to_owned());
        cloud::Error::NotTrusted { action, host, mistrust }
    }

    /// Every way in which a call fails.
    fn failures() -> Vec<(&'static str, cloud::Error)> {
        let (action, host) = ("CreateServiceLinkedRole", "resourcemanager.aliyuncs.com".to_owned());
        let refused = |http_status, code: &str| Box::new(api(http_status, code, "It is refused."));
        let began_with = "1234567890123456".to_owned();
        let key = Box::new(Place::Variable("ALIBABA_CLOUD_ACCESS_KEY_ID"));
        vec![
            ("NotFound", cloud::Error::NotFound(refused(404, "EntityNotExist.Role"))),
            ("AlreadyExists", cloud::Error::AlreadyExists(refused(409, "EntityAlreadyExists.Role"))),
            ("Denied", denied()),
            ("Denied, action not named", cloud::Error::Denied(refused(403, "NoPermission"))),
            ("Throttled", cloud::Error::Throttled(refused(400, "Throttling.User"))),
            ("NotAuthenticated, key", not_authenticated(Rejection::Key, 0)),
            ("NotAuthenticated, secret", not_authenticated(Rejection::Secret, 0)),
            ("NotAuthenticated, expired token", not_authenticated(Rejection::ExpiredToken, 0)),
            ("NotAuthenticated, token", not_authenticated(Rejection::Token, 0)),
            ("NotAuthenticated, clock", not_authenticated(Rejection::Clock, 0)),
            ("NotAuthenticated, clock behind", not_authenticated(Rejection::Clock, 1200)),
            ("NotAuthenticated, clock ahead", not_authenticated(Rejection::Clock, -1200)),
            (
                "AccountChanged",
                cloud::Error::AccountChanged { began_with, now: "2222222222222222".to_owned(), key },
            ),
            ("Refused", cloud::Error::Refused(refused(400, "InvalidParameter.RoleName"))),
            ("Unavailable", cloud::Error::Unavailable(refused(503, "ServiceUnavailable"))),
            (
                "NotTrusted, issuer",
                not_trusted(Mistrust::of_issuer("its issuer is not in this machine's trust store")),
            ),
            ("NotTrusted, certificate", not_trusted(Mistrust::of_certificate("it is for another host"))),
            (
                "Unreachable",
                cloud::Error::Unreachable {
                    action,
                    host: host.clone(),
                    sent: false,
                    source: "through the proxy proxy.example.com:3128: tunnel error: unsuccessful".into(),
                },
            ),
            (
                "UnexpectedAnswer",
                cloud::Error::UnexpectedResponse {
                    action,
                    host,
                    http_status: 200,
                    code: None,
                    request_id: None,
                    problem: "not JSON".to_owned(),
                },
            ),
            ("Credentials", cloud::Error::Credentials(credentials::Error::NoSource(Vec::new()))),
            ("AssumeRole", not_assumed(denied())),
            ("AssumeRole, not authenticated", not_assumed(not_authenticated(Rejection::Secret, 0))),
        ]
    }

    pub(in crate::provider) fn samples() -> Samples {
        let sample = |(name, error): (&'static str, cloud::Error)| {
            (name, cloud_error("Service-linked role was not created", "The role was not created.", &error))
        };
        failures().into_iter().map(sample).collect()
    }
}
