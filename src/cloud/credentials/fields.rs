//! The keys of a profile in the command-line tool's file, each of the type that it must have.

use serde_json::{Map, Value as Json};

use super::error::Error;
use crate::cloud::place::Place;

/// The keys of a profile. A JSON null is an absent key.
pub(super) struct Fields<'a> {
    place: Place,
    json: &'a Map<String, Json>,
}

impl<'a> Fields<'a> {
    /// The keys of the profile at a place.
    pub(super) fn new(place: Place, json: &'a Map<String, Json>) -> Self {
        Self { place, json }
    }

    /// A text; `None` if it is absent or empty.
    pub(super) fn text(&self, key: &str) -> Result<Option<&'a str>, Error> {
        let text = self.read(key, "a text", Json::as_str)?;
        Ok(text.filter(|text| !text.is_empty()))
    }

    /// A whole number above zero; `None` if it is absent, or not above zero.
    pub(super) fn number(&self, key: &str) -> Result<Option<i64>, Error> {
        let number = self.read(key, "a whole number", Json::as_i64)?;
        Ok(number.filter(|number| *number > 0))
    }

    /// True or false; `None` if it is absent.
    pub(super) fn flag(&self, key: &str) -> Result<Option<bool>, Error> {
        self.read(key, "true or false", Json::as_bool)
    }

    /// The value is never shown: it can be a secret in the wrong place.
    fn read<T>(
        &self,
        key: &str,
        kind: &str,
        read: impl FnOnce(&'a Json) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        let Some(value) = self.json.get(key).filter(|value| !value.is_null()) else { return Ok(None) };
        let wrong = || Error::wrong(self.place.clone(), format!("the key `{key}` is not {kind}"));
        read(value).map(Some).ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_of_another_type_is_named_and_not_shown() {
        let json = json!({ "text": "x", "empty": "", "null": null, "number": 3, "zero": 0, "flag": false, "list": ["hush"] });
        let fields = Fields::new(Place::Variable("X"), json.as_object().unwrap());
        assert_eq!(fields.text("text"), Ok(Some("x")));
        assert_eq!(fields.number("number"), Ok(Some(3)));
        assert_eq!(fields.flag("flag"), Ok(Some(false)));
        for key in ["none", "null", "empty"] {
            assert_eq!(fields.text(key), Ok(None), "{key}");
        }
        for key in ["none", "null", "zero"] {
            assert_eq!(fields.number(key), Ok(None), "{key}");
        }
        for (error, kind) in [
            (fields.text("list").unwrap_err(), "`list` is not a text"),
            (fields.number("list").unwrap_err(), "`list` is not a whole number"),
            (fields.flag("list").unwrap_err(), "`list` is not true or false"),
        ] {
            let text = format!("{error} {}", error.next_step());
            assert!(text.contains(kind) && !text.contains("hush"), "{text}");
        }
    }
}
