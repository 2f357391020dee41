//! An AccessKey or a session: what signs a request.

use std::fmt;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use super::place::Place;

/// What signs a request. What cannot do so is refused when it is made: a key travels in headers, where a line
/// break or an empty value would only show as a broken request.
#[derive(Clone, Debug)]
pub struct Credentials {
    access_key_id: String,
    access_key_secret: SecretString,
    security_token: Option<SecretString>,
    expires_at: Option<Timestamp>,
    source: Place,
}

/// What is wrong about credentials; names the part, never its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unusable {
    /// The part that no request can carry.
    pub part: Part,
    problem: &'static str,
}

/// A part of credentials, so that an error can name the one that is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The AccessKey ID, which travels in the open.
    Id,
    /// The AccessKey secret, which never leaves this process.
    Secret,
    /// The security token, which only a session has.
    Token,
}

impl Credentials {
    /// An AccessKey, or a session if there is a security token; an empty token counts as none.
    ///
    /// # Errors
    /// A part that is empty, or holds what no key does: control characters, and except in the secret also
    /// spaces and what is not ASCII.
    pub fn new(
        access_key_id: String,
        access_key_secret: SecretString,
        security_token: Option<SecretString>,
        source: Place,
    ) -> Result<Self, Unusable> {
        let security_token = security_token.filter(|token| !token.expose_secret().is_empty());
        if access_key_id.is_empty() {
            return Err(Unusable { part: Part::Id, problem: "the AccessKey ID is empty" });
        }
        if access_key_secret.expose_secret().is_empty() {
            return Err(Unusable { part: Part::Secret, problem: "the AccessKey secret is empty" });
        }
        if !access_key_id.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Unusable {
                part: Part::Id,
                problem: "the AccessKey ID holds a character that no AccessKey ID has, such as a space or a line break",
            });
        }
        if access_key_secret.expose_secret().chars().any(char::is_control) {
            return Err(Unusable {
                part: Part::Secret,
                problem: "the AccessKey secret holds a control character, such as a line break",
            });
        }
        let is_token =
            |token: &SecretString| token.expose_secret().bytes().all(|byte| byte.is_ascii_graphic());
        if !security_token.as_ref().is_none_or(is_token) {
            return Err(Unusable {
                part: Part::Token,
                problem: "the security token holds a character that no token has, such as a space or a line break",
            });
        }
        Ok(Self { access_key_id, access_key_secret, security_token, expires_at: None, source })
    }

    /// The same with an end; `None` for credentials that do not end.
    pub fn until(self, expires_at: Option<Timestamp>) -> Self {
        Self { expires_at, ..self }
    }

    /// Names the key to the cloud, and distinguishes it from others. Not a secret.
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// What signs requests. Expose it only to sign, or to open a session.
    pub fn access_key_secret(&self) -> &SecretString {
        &self.access_key_secret
    }

    /// The token that goes with every request of a session; `None` for a lasting AccessKey. Never empty.
    pub fn security_token(&self) -> Option<&SecretString> {
        self.security_token.as_ref()
    }

    /// When a session ends; `None` for a lasting AccessKey, or if nobody has said so.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }

    /// Where they come from, so that a refusal of the cloud can name what to correct.
    pub fn source(&self) -> &Place {
        &self.source
    }
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.problem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_header_can_carry_is_refused_without_its_value() {
        for (id, secret, token, part) in [
            ("", "hush", None, Some("AccessKey ID")),
            ("id", "", None, Some("AccessKey secret")),
            ("id\n", "hush", None, Some("AccessKey ID")),
            ("i d", "hush", None, Some("AccessKey ID")),
            ("id\u{e9}", "hush", None, Some("AccessKey ID")),
            ("id", "hush\r\nx: y", None, Some("AccessKey secret")),
            ("id", "hush\0", None, Some("AccessKey secret")),
            ("id", "hush", Some("hush\n"), Some("security token")),
            ("id", "hush", Some(""), None),
            ("id", "hush/+=", Some("hush/+="), None),
        ] {
            let credentials = Credentials::new(
                id.to_owned(),
                secret.into(),
                token.map(Into::into),
                Place::Attribute("access_key"),
            );
            let problem = credentials.as_ref().err().map(Unusable::to_string);
            assert_eq!(problem.is_some(), part.is_some(), "{id:?} {secret:?} {token:?}");
            let problem = problem.unwrap_or_default();
            assert!(problem.contains(part.unwrap_or_default()) && !problem.contains("hush"), "{problem}");
        }
    }

    #[test]
    fn an_empty_token_is_none() {
        let credentials =
            Credentials::new("id".to_owned(), "s".into(), Some("".into()), Place::Attribute("access_key"));
        assert!(credentials.unwrap().security_token().is_none());
    }
}
