//! The body of what a host has answered, once its texts may be shown: the only way from a host's bytes to a struct.
//!
//! A host can answer anything: control characters, megabytes, what it was sent. Here every text of a
//! response is masked, made printable and bounded before anything can keep, compare, print or log it.

use serde::{
    Deserialize,
    de::{DeserializeOwned, IgnoredAny},
};

use super::api::form::MALFORMED;
use crate::text::{Secrets, line, paragraphs};

/// JSON with presentable texts. Kept as bytes: as a tree it could take a hundred times the memory.
pub(super) struct Body(Vec<u8>);

impl Body {
    /// Reads JSON of any shape; `None` if it is not JSON, or issues more than anybody does.
    ///
    /// What the response issues is masked wherever else it says the same.
    pub(super) fn read(bytes: &[u8], secrets: &Secrets) -> Option<Self> {
        serde_json::from_slice::<IgnoredAny>(bytes).ok()?;
        let issued: Vec<_> = Texts::of(bytes).filter(|text| text.kind == TextKind::Secret).collect();
        if issued.len() > MOST_SECRETS || issued.iter().any(|text| text.token.len() > LONGEST_SECRET) {
            return None;
        }
        // Before any text is made presentable: a host may repeat in one field what it issues in another.
        issued.iter().for_each(|text| secrets.remember_passing(&text.decoded()));
        Some(Self(presentable(bytes, secrets)))
    }

    /// The ID of the request, as a success has it.
    pub(super) fn request_id(&self) -> Option<String> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct SuccessBody {
            request_id: String,
        }
        self.decode::<SuccessBody>().ok().map(|success| line(&success.request_id, ID_LIMIT))
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

/// The same JSON with each text masked, printable and bounded; names of fields and what is issued stay.
fn presentable(json: &[u8], secrets: &Secrets) -> Vec<u8> {
    let mut out = Vec::with_capacity(json.len());
    let mut texts = Texts::of(json);
    for text in texts.by_ref() {
        out.extend_from_slice(text.before);
        if text.kind == TextKind::Other {
            let shown = secrets.mask(&paragraphs(&text.decoded(), TEXT_LIMIT));
            out.extend_from_slice(serde_json::Value::from(shown).to_string().as_bytes());
        } else {
            out.extend_from_slice(text.token);
        }
    }
    out.extend_from_slice(texts.rest);
    out
}

/// The texts of JSON, in their order.
struct Texts<'a> {
    rest: &'a [u8],
    /// The name of the field whose value comes next.
    field: String,
}

/// One text of the JSON, with what precedes it.
struct Text<'a> {
    /// The text between the text before and this one.
    before: &'a [u8],
    /// With its quotes, as it is written.
    token: &'a [u8],
    kind: TextKind,
}

/// What a text is there for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum TextKind {
    /// It is the name of a field.
    Name,
    /// It is a secret that is issued to us.
    Secret,
    /// It is a value that may be shown once it is presentable.
    Other,
}

impl<'a> Texts<'a> {
    fn of(json: &'a [u8]) -> Self {
        Self { rest: json, field: String::new() }
    }
}

impl<'a> Iterator for Texts<'a> {
    type Item = Text<'a>;

    fn next(&mut self) -> Option<Text<'a>> {
        let at = self.rest.iter().position(|byte| *byte == b'"')?;
        let (before, from) = self.rest.split_at(at);
        let (token, after) = from.split_at(end_of_text(from));
        self.rest = after;
        let field = std::mem::take(&mut self.field);
        let mut text = Text { before, token, kind: TextKind::Other };
        if after.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b':') {
            self.field = text.decoded();
            text.kind = TextKind::Name;
        } else if SECRET_FIELDS.contains(&field.as_str()) {
            text.kind = TextKind::Secret;
        }
        Some(text)
    }
}

impl Text<'_> {
    fn decoded(&self) -> String {
        serde_json::from_slice(self.token).unwrap_or_default()
    }
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
/// A response issues one pair or one sign-in, of two or three.
const MOST_SECRETS: usize = 8;
/// In bytes, as it is written: more than the longest token that STS takes.
const LONGEST_SECRET: usize = 32 * 1024;
/// In characters: far more than a policy document has.
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
    fn what_is_issued_is_masked_elsewhere_in_the_answer() {
        let secrets = Secrets::default();
        let json = br#"{"Code":"NewToEverybody1","AccessKeySecret":"NewToEverybody1","Message":"x NewToEverybody1"}"#;
        let read: Json = Body::read(json, &secrets).unwrap().decode().unwrap();
        let expected =
            serde_json::json!({ "Code": "***", "AccessKeySecret": "NewToEverybody1", "Message": "x ***" });
        assert_eq!(read, expected);
        let many = [r#"{"SecurityToken":"t"}"#; MOST_SECRETS + 1].join(",");
        let long = "t".repeat(LONGEST_SECRET);
        for json in [format!("[{many}]"), format!(r#"{{"SecurityToken":"{long}"}}"#)] {
            assert!(Body::read(json.as_bytes(), &secrets).is_none());
        }
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
