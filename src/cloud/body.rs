//! The body of what a host has answered, once its texts may be shown: the only way from a host's bytes to a struct.
//!
//! A host can answer anything: control characters, megabytes, what it was sent. Here every text of an
//! answer is masked, made printable and bounded before anything can keep, compare, print or log it.

use serde::{
    Deserialize,
    de::{DeserializeOwned, IgnoredAny},
};

use super::api::form::MALFORMED;
use crate::text::{Secrets, line, paragraphs};

/// JSON with presentable texts. Kept as bytes: as a tree it could take a hundred times the memory.
pub(super) struct Body(Vec<u8>);

impl Body {
    /// Reads JSON of any shape; `None` if it is none.
    pub(super) fn read(bytes: &[u8], secrets: &Secrets) -> Option<Self> {
        serde_json::from_slice::<IgnoredAny>(bytes).ok()?;
        Some(Self(presentable(bytes, secrets)))
    }

    /// The ID of the request, as a success has it.
    pub(super) fn request_id(&self) -> Option<String> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Told {
            request_id: String,
        }
        self.decode::<Told>().ok().map(|told| line(&told.request_id, ID_LIMIT))
    }

    /// The body as one of this shape.
    ///
    /// # Errors
    /// What does not fit, without the value: it could be a secret that is new to us.
    pub(super) fn decode<T: DeserializeOwned>(&self) -> Result<T, String> {
        serde_json::from_slice(&self.0).map_err(|error| {
            let text = error.to_string();
            let names_no_value = text.starts_with("missing field") || text.starts_with(MALFORMED);
            let place = format!(" at line {} column {}", error.line(), error.column());
            let what = text.strip_suffix(&place).unwrap_or_default();
            if names_no_value { what.to_owned() } else { "a field of another type".to_owned() }
        })
    }
}

/// The same JSON with each text masked, printable and bounded; names of fields stay.
fn presentable(json: &[u8], secrets: &Secrets) -> Vec<u8> {
    let mut out = Vec::with_capacity(json.len());
    let (mut rest, mut field) = (json, String::new());
    while let Some((before, from)) = rest.iter().position(|byte| *byte == b'"').map(|at| rest.split_at(at)) {
        let (token, after) = from.split_at(end_of_text(from));
        let text: String = serde_json::from_slice(token).unwrap_or_default();
        out.extend_from_slice(before);
        if after.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b':') {
            out.extend_from_slice(token);
            field = text;
        } else if SECRET_FIELDS.contains(&std::mem::take(&mut field).as_str()) {
            out.extend_from_slice(token);
        } else {
            let shown = secrets.mask(&paragraphs(&text, TEXT_LIMIT));
            out.extend_from_slice(serde_json::Value::from(shown).to_string().as_bytes());
        }
        rest = after;
    }
    out.extend_from_slice(rest);
    out
}

/// Where a text in quotes ends, the closing one included.
fn end_of_text(json: &[u8]) -> usize {
    let mut escaped = false;
    let end = json.iter().skip(1).position(|byte| {
        let ends = !escaped && *byte == b'"';
        escaped = !escaped && *byte == b'\\';
        ends
    });
    end.map_or(json.len(), |at| at + 2)
}

/// What is issued to us, and read into a type that does not print. It may well be what we have sent: a token
/// that is still good.
const SECRET_FIELDS: [&str; 6] =
    ["AccessKeySecret", "accessKeySecret", "SecurityToken", "securityToken", "access_token", "refresh_token"];
/// In characters: far more than a policy document or a security token has.
const TEXT_LIMIT: usize = 64 * 1024;
/// In characters: ten times what request IDs have.
const ID_LIMIT: usize = 256;

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Shape {
        text: String,
        list: Vec<String>,
    }

    fn read(json: &str, secrets: &Secrets) -> Result<Shape, String> {
        Body::read(json.as_bytes(), secrets).unwrap().decode()
    }

    #[test]
    fn every_text_is_masked_and_presentable() {
        let secrets = Secrets::default();
        secrets.remember("SecretKnownToNobody");
        let shape = read(r#"{"text":"a\u001b[2J\nb","list":["SecretKnownToNobody"]}"#, &secrets).unwrap();
        assert_eq!(shape, Shape { text: "a\u{fffd}[2J\nb".to_owned(), list: vec!["***".to_owned()] });
        let long = format!(r#"{{"text":"{}","list":[]}}"#, "x".repeat(TEXT_LIMIT + 1));
        let text = read(&long, &secrets).unwrap().text;
        assert_eq!(text.chars().count(), TEXT_LIMIT + 1);
        assert!(text.ends_with('…'));
    }

    #[test]
    fn what_is_issued_stays_as_it_is() {
        let secrets = Secrets::default();
        secrets.remember("SecretKnownToNobody");
        let json = br#"{"Credentials":{"SecurityToken":"SecretKnownToNobody","Odd":"SecretKnownToNobody"}}"#;
        let read: Json = Body::read(json, &secrets).unwrap().decode().unwrap();
        let expected = serde_json::json!({ "SecurityToken": "SecretKnownToNobody", "Odd": "***" });
        assert_eq!(read["Credentials"], expected);
    }

    #[test]
    fn all_else_stays_as_it_is() {
        let json =
            r#" {"a\"\\" : [1.50, -2e9, true, null, "x\"y\\"], "b":{"c":"","d":"\u00e9\ud83d\ude00"}} "#;
        let read: Json = Body::read(json.as_bytes(), &Secrets::default()).unwrap().decode().unwrap();
        assert_eq!(read, serde_json::from_str::<Json>(json).unwrap());
        for broken in ["", "{", r#"{"a":"b"#, r#""\"#, "\"", "[1,]"] {
            assert!(Body::read(broken.as_bytes(), &Secrets::default()).is_none(), "{broken}");
        }
    }

    #[test]
    fn a_problem_names_no_value() {
        let secrets = Secrets::default();
        for (json, problem) in [
            (r#"{"text":"x"}"#, "missing field `list`"),
            (r#"{"text":"x","list":"SecretOfSomebody"}"#, "a field of another type"),
            (r#""SecretOfSomebody""#, "a field of another type"),
        ] {
            assert_eq!(read(json, &secrets), Err(problem.to_owned()));
        }
        assert!(Body::read(b"<html>", &secrets).is_none());
    }
}
