//! What can go wrong with a call, as decisions: each variant says who can act.
//!
//! Codes are matched, never messages (Alibaba Cloud words the same event differently from product
//! to product). "Not found" is only what a product says by an `EntityNotExist` code; a bare 404, or
//! the 404 of an unknown AccessKey, is not.

use std::fmt;

use jiff::SignedDuration;
use serde::Deserialize;

use super::{
    body::Body,
    credentials,
    place::Place,
    transport::{advice, trust::Mistrust},
};
use crate::text::line;

/// A failed call. Each variant is a decision; [`Error::outcome_unknown`] says whether the request may have
/// had its effect all the same.
#[derive(Debug)]
pub enum Error {
    /// The product says by an `EntityNotExist` code that what was asked for does not exist.
    NotFound(Box<ApiError>),
    /// What should be created exists already, perhaps because an earlier attempt created it.
    AlreadyExists(Box<ApiError>),
    /// The identity may not do this; whoever writes its policies can act.
    Denied(Box<ApiError>),
    /// Too many requests, also after waiting; later, or fewer at a time.
    Throttled(Box<ApiError>),
    /// The cloud does not know the caller: it does not accept the key, its token or the date of the request.
    /// The request had no effect; whoever set the credentials, or the clock, can act.
    NotAuthenticated(Box<NotAuthenticated>),
    /// The credentials that replaced others belong to another account; no further request is sent with
    /// them.
    AccountChanged {
        /// The account that this process began with.
        began_with: String,
        /// The account of the credentials now.
        now: String,
        /// Where the new credentials come from; whoever set them there can act.
        key: Box<Place>,
    },
    /// Any other refusal of the request as it was.
    Refused(Box<ApiError>),
    /// The product failed (HTTP 5xx); the request may have had its effect.
    Unavailable(Box<ApiError>),
    /// The host's certificate is not trusted; whoever runs the machine can act.
    NotTrusted {
        /// The action that was asked for.
        action: &'static str,
        /// The host, with its port where that is not 443.
        host: String,
        /// Why TLS does not trust it.
        mistrust: Mistrust,
    },
    /// No response: name resolution, connection, TLS, time-out, or a connection cut short.
    Unreachable {
        /// The action that was asked for.
        action: &'static str,
        /// The host, with its port where that is not 443.
        host: String,
        /// Whether the request may have arrived, and so may have had its effect.
        sent: bool,
        /// What the HTTP client says, without the URL.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A response not from this API: not JSON, cut off, of another shape, or a success whose body reports
    /// failure.
    UnexpectedResponse {
        /// The action that was asked for.
        action: &'static str,
        /// The host, with its port where that is not 443.
        host: String,
        /// The status of the response; 200 if only the body reports a failure.
        http_status: u16,
        /// Code in the response, if it has one.
        code: Option<String>,
        /// Request ID, if the response has one.
        request_id: Option<String>,
        /// What is unexpected about it, without values: they could be secrets.
        problem: String,
    },
    /// No usable credentials; whoever runs Terraform can act.
    Credentials(credentials::Error),
    /// The role in a member account could not be assumed.
    AssumeRole {
        /// The member account that could not be entered.
        account_id: String,
        /// The role in it that was to be assumed.
        role_arn: String,
        /// Why STS did not open a session.
        source: Box<Error>,
    },
}

/// A product's refusal of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiError {
    /// The action that was asked for.
    pub action: &'static str,
    /// The status of the response, from 400.
    pub http_status: u16,
    /// The product's code, such as `EntityNotExist.Role`; empty if it gave none.
    pub code: String,
    /// The product's message, without what could be secret.
    pub message: String,
    /// The product's ID of the request, for a support ticket.
    pub request_id: Option<String>,
    /// Which permission was missing, if access was denied.
    pub denied: Option<AccessDenied>,
}

/// A request whose sender the cloud does not accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAuthenticated {
    /// What about the sender is not accepted.
    pub rejection: Rejection,
    /// The product's refusal in its own words.
    pub api: ApiError,
    /// Where the key comes from; `None` for a request that nobody signed.
    pub key: Option<Place>,
    /// How far the cloud's clock is ahead of this machine's, as far as responses have shown.
    pub clock_offset: SignedDuration,
}

/// What the cloud does not accept about the sender of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// The AccessKey ID: it does not exist, or it is disabled.
    Key,
    /// The signature: the AccessKey secret does not match.
    Secret,
    /// The security token: it has expired.
    ExpiredToken,
    /// The security token: it is missing, malformed, or of another key.
    Token,
    /// The date of the request: this machine's clock is off.
    Clock,
}

impl NotAuthenticated {
    /// What to do about this machine's clock, in the imperative.
    pub fn set_the_clock(&self) -> String {
        let seconds = self.clock_offset.as_secs();
        let off = match seconds {
            0 => "wrong".to_owned(),
            1.. => format!("{seconds} seconds behind Alibaba Cloud's"),
            _ => format!("{} seconds ahead of Alibaba Cloud's", seconds.unsigned_abs()),
        };
        format!("This machine's clock is {off}. Correct it, then run the same command again.")
    }

    fn write_key(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.key {
            Some(key) => write!(f, ", with the key from {key}"),
            None => Ok(()),
        }
    }
}

impl Rejection {
    /// By the code of a response.
    fn of(code: &str) -> Option<Self> {
        Some(match code {
            "InvalidSecurityToken.Expired" => Self::ExpiredToken,
            "MissingSecurityToken" => Self::Token,
            "SignatureDoesNotMatch" | "IncompleteSignature" | "InvalidAccessKeySecret" => Self::Secret,
            "Forbidden.AccessKeyDisabled" | "Forbidden.AccessKey" => Self::Key,
            _ if code.starts_with("InvalidSecurityToken") => Self::Token,
            _ if code.starts_with("InvalidAccessKeyId") => Self::Key,
            _ if code.starts_with("InvalidTimeStamp") => Self::Clock,
            _ => return None,
        })
    }

    /// Whether the same request can pass with credentials that are asked for again.
    pub(super) fn may_pass_with_another_key(self) -> bool {
        self == Self::ExpiredToken
    }
}

/// Why access was denied, as RAM reports it (documented).
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "PascalCase", default)]
pub struct AccessDenied {
    /// The missing permission, such as `ram:CreateServiceLinkedRole`.
    pub auth_action: Option<String>,
    /// `ImplicitDeny` if no policy allows it, `ExplicitDeny` if one forbids it.
    pub no_permission_type: Option<String>,
    /// The kind of policy that decided.
    pub policy_type: Option<String>,
    /// The identity that asked, such as a RAM user or a role session.
    pub auth_principal_display_name: Option<String>,
}

impl AccessDenied {
    /// The same with bounded texts; a malformed permission is left out.
    fn presentable(self) -> Self {
        let bounded = |text: Option<String>| text.map(|text| line(&text, CODE_LIMIT));
        Self {
            auth_action: bounded(self.auth_action).filter(|action| is_permission(action)),
            no_permission_type: bounded(self.no_permission_type),
            policy_type: bounded(self.policy_type),
            auth_principal_display_name: bounded(self.auth_principal_display_name),
        }
    }
}

/// Whether this is the name of a permission, which our advice repeats: `<product>:<action>`.
fn is_permission(text: &str) -> bool {
    text.contains(':') && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":-_*".contains(&byte))
}

impl Error {
    /// The action that was asked for; `None` if the request was never made for want of credentials.
    pub fn action(&self) -> Option<&'static str> {
        match self {
            Self::Unreachable { action, .. }
            | Self::UnexpectedResponse { action, .. }
            | Self::NotTrusted { action, .. } => Some(action),
            Self::AssumeRole { source, .. } => source.action(),
            other => other.api().map(|api| api.action),
        }
    }

    /// The product's code; `None` if it gave none, or did not respond.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::UnexpectedResponse { code, .. } => code.as_deref(),
            Self::AssumeRole { source, .. } => source.code(),
            other => other.api().map(|api| api.code.as_str()).filter(|code| !code.is_empty()),
        }
    }

    /// The product's message, masked and bounded: to be quoted, never to be matched.
    pub fn message(&self) -> Option<&str> {
        match self {
            Self::AssumeRole { source, .. } => source.message(),
            other => other.api().map(|api| api.message.as_str()),
        }
    }

    /// The product's ID of the request, if it gave one.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::UnexpectedResponse { request_id, .. } => request_id.as_deref(),
            Self::AssumeRole { source, .. } => source.request_id(),
            other => other.api().and_then(|api| api.request_id.as_deref()),
        }
    }

    /// The status of the response; `None` if there was none.
    pub fn http_status(&self) -> Option<u16> {
        match self {
            Self::UnexpectedResponse { http_status, .. } => Some(*http_status),
            Self::AssumeRole { source, .. } => source.http_status(),
            other => other.api().map(|api| api.http_status),
        }
    }

    /// Whether the product refused this very call with this code. A refusal by STS on the way there does not
    /// count.
    pub fn is_code(&self, code: &str) -> bool {
        self.api().is_some_and(|api| api.code == code)
    }

    /// The permission that was missing, if the product named it.
    pub fn denied_action(&self) -> Option<&str> {
        self.api()?.denied.as_ref()?.auth_action.as_deref()
    }

    /// Whether the request may have had its effect although it failed. Then whoever called must find out.
    pub fn outcome_unknown(&self) -> bool {
        match self {
            Self::Unavailable(_) => true,
            Self::Unreachable { sent, .. } => *sent,
            // A refusal that cannot be read is still a refusal; what claims success, or failed
            // inside, is not.
            Self::UnexpectedResponse { http_status, .. } => !(400..500).contains(http_status),
            // Something on the way sent the request twice: this answers the second, not the first.
            Self::Refused(api) => api.code == NONCE_USED,
            _ => false,
        }
    }

    /// Whether there are no credentials to sign with: none are configured, or wrongly.
    pub fn has_no_credentials(&self) -> bool {
        matches!(self, Self::Credentials(credentials::Error::NoSource(_) | credentials::Error::Wrong { .. }))
    }

    /// Whether no request can pass with these credentials, or this clock, however often it is sent: there are
    /// none, the cloud does not accept them, or they are another account's than at first. What could not be
    /// asked in a plan will not work in an apply either.
    pub fn is_not_authenticated(&self) -> bool {
        match self {
            Self::NotAuthenticated(_) | Self::AccountChanged { .. } => true,
            Self::Credentials(credentials::Error::Failed { is_rejected, .. }) => *is_rejected,
            Self::AssumeRole { source, .. } => source.is_not_authenticated(),
            other => other.has_no_credentials(),
        }
    }

    /// What to do about it, whatever was asked for; `None` if that depends on it.
    pub fn next_step(&self) -> Option<String> {
        match self {
            Self::NotTrusted { mistrust, .. } => Some(mistrust.next_step().to_owned()),
            Self::Unreachable { .. } => Some(advice::CHECK_THE_NETWORK.to_owned()),
            Self::Unavailable(_) => Some(advice::LATER.to_owned()),
            Self::NotAuthenticated(rejected) if rejected.rejection == Rejection::Clock => {
                Some(rejected.set_the_clock())
            }
            Self::Credentials(error) => Some(error.next_step().to_owned()),
            _ => None,
        }
    }

    /// Why each source of credentials was passed over, if that is why there are none.
    pub fn sources_passed_over(&self) -> &[String] {
        match self {
            Self::Credentials(error) => error.passed(),
            Self::AssumeRole { source, .. } => source.sources_passed_over(),
            _ => &[],
        }
    }

    /// What the cloud does not accept about the sender, if that is why the request failed.
    pub fn rejection(&self) -> Option<Rejection> {
        match self {
            Self::NotAuthenticated(rejected) => Some(rejected.rejection),
            _ => None,
        }
    }

    /// Whether the product knows no such action, or not in this version.
    pub fn is_unsupported_action(&self) -> bool {
        let codes = ["InvalidApi.NotFound", "InvalidAction.NotFound", "InvalidVersion", "UnsupportedApi"];
        codes.iter().any(|code| self.is_code(code))
    }

    fn api(&self) -> Option<&ApiError> {
        match self {
            Self::NotFound(api)
            | Self::AlreadyExists(api)
            | Self::Denied(api)
            | Self::Throttled(api)
            | Self::Refused(api)
            | Self::Unavailable(api) => Some(api),
            Self::NotAuthenticated(rejected) => Some(&rejected.api),
            _ => None,
        }
    }

    /// Sorts a product's response by what there is to decide.
    pub(super) fn from_api(api: ApiError) -> Self {
        let code = api.code.as_str();
        let is = |codes: &[&str]| codes.contains(&code);
        let rejection = Rejection::of(code);
        // Throttling first: it comes with 400 as well as 429. Then the status: a product that has failed says nothing
        // certain about what was asked for.
        let variant = if code.contains("Throttling") || api.http_status == 429 {
            Self::Throttled
        } else if api.http_status >= 500 {
            Self::Unavailable
        } else if code.starts_with("EntityNotExist.") {
            Self::NotFound
        } else if code.starts_with("EntityAlreadyExists.") || code == "EntityAlreadyExist.Role" {
            Self::AlreadyExists
        } else if let Some(rejection) = rejection {
            let clock_offset = SignedDuration::ZERO;
            return Self::NotAuthenticated(Box::new(NotAuthenticated {
                rejection,
                api,
                key: None,
                clock_offset,
            }));
        } else if is(&["NoPermission", "Forbidden.RAM", "Forbidden"]) || code.starts_with("NoPermission.") {
            Self::Denied
        } else {
            Self::Refused
        };
        variant(Box::new(api))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable { action, host, .. } => write!(f, "{action}: no answer from {host}"),
            Self::UnexpectedResponse { action, host, http_status, code, request_id, problem } => {
                write!(f, "{action}: unexpected answer from {host} (HTTP {http_status}")?;
                if let Some(code) = code {
                    write!(f, ", code {code}")?;
                }
                if let Some(request_id) = request_id {
                    write!(f, ", request ID {request_id}")?;
                }
                write!(f, "): {problem}")
            }
            Self::NotTrusted { action, host, mistrust } => {
                write!(f, "{action}: the certificate of {host} is not trusted: {mistrust}")
            }
            Self::Credentials(_) => f.write_str("no usable credentials"),
            Self::AccountChanged { began_with, now, key } => write!(
                f,
                "the credentials from {key} now belong to account {now}, but this run began with account {began_with}"
            ),
            Self::AssumeRole { account_id, role_arn, .. } => {
                write!(f, "role {role_arn} in account {account_id} could not be assumed")
            }
            other => match other.api() {
                Some(api) => {
                    write!(f, "{}: {} ({}", api.action, api.message, api.code)?;
                    match &api.request_id {
                        Some(request_id) => write!(f, ", request ID {request_id})")?,
                        None => f.write_str(")")?,
                    }
                    match other {
                        Self::NotAuthenticated(rejected) => rejected.write_key(f),
                        _ => Ok(()),
                    }
                }
                None => f.write_str("failed call"),
            },
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreachable { source, .. } => Some(source.as_ref()),
            Self::Credentials(source) => Some(source),
            Self::AssumeRole { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl From<credentials::Error> for Error {
    fn from(error: credentials::Error) -> Self {
        Self::Credentials(error)
    }
}

/// What the body of an error says: keys are documented in Pascal case and seen in lower case.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ErrorBody {
    #[serde(rename = "Code", alias = "code")]
    code: Option<String>,
    #[serde(rename = "Message", alias = "message")]
    message: Option<String>,
    #[serde(rename = "RequestId", alias = "requestId", alias = "requestid")]
    request_id: Option<String>,
    #[serde(rename = "AccessDeniedDetail", alias = "accessDeniedDetail")]
    denied: Option<AccessDenied>,
}

/// Reads the body of a response with an error status; `None` if it is not one of this API.
pub(super) fn read_body(action: &'static str, http_status: u16, body: &Body) -> Option<ApiError> {
    let error_body: ErrorBody = body.decode().ok()?;
    let code = line(&error_body.code?, CODE_LIMIT);
    let message = line(&error_body.message.unwrap_or_default(), MESSAGE_LIMIT);
    Some(ApiError {
        action,
        http_status,
        message: if is_about_signature(&code, &message) { first_sentence(&message) } else { message },
        code,
        request_id: error_body.request_id.map(|id| line(&id, CODE_LIMIT)),
        denied: error_body.denied.map(AccessDenied::presentable),
    })
}

/// Whether a message may continue with the request as the product has read it, which holds the security token:
/// `server string to sign is:…` (V1), `server StringToSign is […] server CanonicalRequest is […]` (V3, both
/// observed).
fn is_about_signature(code: &str, message: &str) -> bool {
    let letters = |text: &str| -> String {
        text.chars().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_lowercase()).collect()
    };
    let (code, message) = (letters(code), letters(message));
    code.contains("signature")
        || ["stringtosign", "canonicalrequest", "canonicalizedrequest"]
            .iter()
            .any(|part| message.contains(part))
}

/// The text before the first full stop, colon or bracket.
fn first_sentence(message: &str) -> String {
    let end = message.find(['.', ':', '[', '{', '=']).unwrap_or(message.len());
    let (sentence, rest) = message.split_at_checked(end).unwrap_or_default();
    let stop = if rest.starts_with('.') { "." } else { "" };
    line(sentence.trim(), SENTENCE_LIMIT) + stop
}

/// The code for a nonce that was seen before (documented).
pub(super) const NONCE_USED: &str = "SignatureNonceUsed";
/// In characters: what a person reads.
const MESSAGE_LIMIT: usize = 1000;
/// In characters: ten times what codes and request IDs have.
const CODE_LIMIT: usize = 256;
/// In characters: what a person reads of a refused signature.
const SENTENCE_LIMIT: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Secrets;

    fn error(http_status: u16, code: &str) -> Error {
        Error::from_api(ApiError {
            action: "GetRole",
            http_status,
            code: code.to_owned(),
            ..ApiError::default()
        })
    }

    #[test]
    fn codes_decide() {
        type Is = fn(&Error) -> bool;
        let cases: &[(u16, &str, Is)] = &[
            (404, "EntityNotExist.Role", |error| matches!(error, Error::NotFound(_))),
            (404, "InvalidAccessKeyId.NotFound", |error| error.rejection() == Some(Rejection::Key)),
            (400, "InvalidAccessKeyId.Inactive", |error| error.rejection() == Some(Rejection::Key)),
            (403, "Forbidden.AccessKeyDisabled", |error| error.rejection() == Some(Rejection::Key)),
            (404, "", |error| matches!(error, Error::Refused(_))),
            (409, "EntityAlreadyExists.Role", |error| matches!(error, Error::AlreadyExists(_))),
            (403, "NoPermission", |error| matches!(error, Error::Denied(_))),
            (403, "Forbidden.RAM", |error| matches!(error, Error::Denied(_))),
            (400, "Throttling.User", |error| matches!(error, Error::Throttled(_))),
            (400, "Rejected.Throttling", |error| matches!(error, Error::Throttled(_))),
            (429, "", |error| matches!(error, Error::Throttled(_))),
            (503, "Throttling.Api", |error| matches!(error, Error::Throttled(_))),
            (500, "InternalError", |error| matches!(error, Error::Unavailable(_))),
            (400, "InvalidSecurityToken.Expired", |error| error.rejection() == Some(Rejection::ExpiredToken)),
            (400, "InvalidSecurityToken.Malformed", |error| error.rejection() == Some(Rejection::Token)),
            (400, "MissingSecurityToken", |error| error.rejection() == Some(Rejection::Token)),
            (400, "SignatureDoesNotMatch", |error| error.rejection() == Some(Rejection::Secret)),
            (403, "SignatureDoesNotMatch", |error| error.rejection() == Some(Rejection::Secret)),
            (400, "InvalidTimeStamp.Expired", |error| error.rejection() == Some(Rejection::Clock)),
            (400, "InvalidParameter.RoleName.InvalidChars", |error| matches!(error, Error::Refused(_))),
            (500, "SignatureDoesNotMatch", |error| matches!(error, Error::Unavailable(_))),
        ];
        for (status, code, is) in cases {
            assert!(is(&error(*status, code)), "{status} {code}");
        }
    }

    #[test]
    fn only_what_may_have_been_done_is_unknown() {
        let response = |http_status| Error::UnexpectedResponse {
            action: "GetRole",
            host: String::new(),
            http_status,
            code: None,
            request_id: None,
            problem: String::new(),
        };
        let unreachable =
            |sent| Error::Unreachable { action: "x", host: String::new(), sent, source: "x".into() };
        for (error, unknown) in [
            (error(500, "InternalError"), true),
            (error(400, "Throttling"), false),
            (error(400, "SignatureNonceUsed"), true),
            (error(409, "EntityAlreadyExists.Role"), false),
            (response(200), true),
            (response(502), true),
            (response(404), false),
            (unreachable(true), true),
            (unreachable(false), false),
        ] {
            assert_eq!(error.outcome_unknown(), unknown, "{error:?}");
        }
    }

    fn read(http_status: u16, body: &[u8]) -> Option<ApiError> {
        read_body("GetRole", http_status, &Body::read(body, &Secrets::default())?)
    }

    #[test]
    fn reads_bodies_of_both_spellings() {
        let body = br#"{"RequestId":"R","HostId":"h","Code":"NoPermission","Message":"No.",
            "AccessDeniedDetail":{"AuthAction":"ram:GetRole","NoPermissionType":"ImplicitDeny"}}"#;
        let error_body = read(403, body).unwrap();
        assert_eq!((error_body.code.as_str(), error_body.request_id.as_deref()), ("NoPermission", Some("R")));
        assert_eq!(Error::from_api(error_body).denied_action(), Some("ram:GetRole"));
        let lower = read(400, br#"{"code":"C","message":"m","requestId":"r"}"#).unwrap();
        assert_eq!((lower.code.as_str(), lower.message.as_str()), ("C", "m"));
        for body in [&b"<html>"[..], b"{}", b"[]", b"", b"{\"Code\":7}"] {
            assert_eq!(read(500, body), None);
        }
    }

    #[test]
    fn signature_errors_do_not_repeat_the_request() {
        for (code, message, shown) in [
            (
                "SignatureDoesNotMatch",
                "Specified signature is not matched with our calculation. server string to sign is:GET&Secret",
                "Specified signature is not matched with our calculation.",
            ),
            (
                "SignatureDoesNotMatch",
                "Specified signature does not match our calculation. server StringToSign is [ACS3\nx] server \
                 CanonicalRequest is [POST\nx-acs-security-token:CAIS]",
                "Specified signature does not match our calculation.",
            ),
            ("IncompleteSignature", "Expected CAIS in the signature: CAIS", "Expected CAIS in the signature"),
            ("Odd", "It is wrong, string-to-sign = CAIS", "It is wrong, string-to-sign"),
            ("Odd", "Canonical Request [CAIS] is wrong.", "Canonical Request"),
            ("NoPermission", "You may not. Ask: somebody.", "You may not. Ask: somebody."),
        ] {
            let body = serde_json::json!({ "Code": code, "Message": message }).to_string();
            assert_eq!(read(400, body.as_bytes()).unwrap().message, shown);
        }
    }

    #[test]
    fn every_part_of_a_refusal_is_one_bounded_line() {
        let long = "x\n".repeat(100_000);
        let body = serde_json::json!({ "Code": long, "Message": long, "RequestId": long,
            "AccessDeniedDetail": { "AuthAction": long, "PolicyType": long } });
        let error_body = read(403, body.to_string().as_bytes()).unwrap();
        let denied = error_body.denied.unwrap();
        assert_eq!(denied.auth_action, None);
        for (text, limit) in [
            (&error_body.message, MESSAGE_LIMIT),
            (&error_body.code, CODE_LIMIT),
            (&error_body.request_id.unwrap(), CODE_LIMIT),
            (&denied.policy_type.unwrap(), CODE_LIMIT),
        ] {
            assert!(!text.contains('\n') && text.chars().count() == limit + 1, "{text}");
        }
    }

    #[test]
    fn only_permissions_are_advised() {
        for (text, advised) in [("ram:GetRole", true), ("x` && curl h", false), ("ram", false)] {
            assert_eq!(is_permission(text), advised, "{text}");
        }
    }

    #[test]
    fn a_chain_names_each_source_once() {
        let source = Error::Unreachable {
            action: "GetRole",
            host: "h".to_owned(),
            sent: false,
            source: "refused".into(),
        };
        let error = Error::AssumeRole {
            account_id: "1".to_owned(),
            role_arn: "arn".to_owned(),
            source: Box::new(source),
        };
        let text = crate::cause::chain(&error);
        assert_eq!(text, "role arn in account 1 could not be assumed: GetRole: no answer from h: refused");
    }
}
