//! The root of a request: a state, a plan or a configuration as a whole.

use super::{Error, Object, Path, Value};
use crate::framework::diagnostics::Diagnostic;

/// A state, a plan or a configuration. Null, unknown and an object are three different requests: only null
/// deletes. A message that is absent has no root at all; it cannot be decoded.
#[derive(Clone, Debug, PartialEq)]
pub enum Root {
    /// There is no object: before a create, or after a delete.
    Null,
    /// Nothing is known, not even whether there is an object. No Terraform sends it.
    Unknown,
    /// An object; its attributes may be null or unknown.
    Object(Object),
}

impl Root {
    /// The object, where the protocol has nothing else.
    ///
    /// # Errors
    /// Null and unknown: a client that does not keep the protocol. `what` names the root, as in
    /// "the configuration".
    pub fn object(self, what: &str) -> Result<Object, Diagnostic> {
        match self {
            Self::Object(object) => Ok(object),
            Self::Null => Err(unexpected(what, "null")),
            Self::Unknown => Err(unexpected(what, "unknown")),
        }
    }

    /// Whether neither the root nor anything in it is unknown.
    pub fn is_wholly_known(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Unknown => false,
            Self::Object(object) => object.is_wholly_known(),
        }
    }
}

/// The error for a request that the plugin protocol does not allow: a `what` ("the prior state") that is
/// `found` ("unknown").
pub(crate) fn unexpected(what: &str, found: &str) -> Diagnostic {
    Diagnostic::error(
        "Unexpected request",
        format!(
            "The client sent {what} as {found}, which the plugin protocol does not allow here. Nothing was \
             changed.\n\nReport this to the authors of the program that called the provider."
        ),
    )
}

impl TryFrom<Value> for Root {
    type Error = Error;

    /// # Errors
    /// A value of another type than an object's.
    fn try_from(value: Value) -> Result<Self, Error> {
        match value {
            Value::Null => Ok(Self::Null),
            Value::Unknown => Ok(Self::Unknown),
            Value::Map(attributes) => Ok(Self::Object(attributes.into_iter().collect())),
            other => Err(Error::new(&Path::root(), format!("expected an object, found {}", other.name()))),
        }
    }
}

impl From<Root> for Value {
    fn from(root: Root) -> Self {
        match root {
            Root::Null => Self::Null,
            Root::Unknown => Self::Unknown,
            Root::Object(object) => object.into(),
        }
    }
}

impl From<Object> for Root {
    fn from(object: Object) -> Self {
        Self::Object(object)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::framework::diagnostics::Samples;

    /// A sample of each diagnostic that this file makes, for the snapshot.
    pub(crate) fn samples() -> Samples {
        vec![("unexpected", unexpected("the configuration", "unknown"))]
    }

    #[test]
    fn null_unknown_and_an_object_are_three() {
        let object = Value::Map([("a".to_owned(), Value::Null)].into_iter().collect());
        for value in [Value::Null, Value::Unknown, object] {
            let root: Root = value.clone().try_into().unwrap();
            assert_eq!(Value::from(root), value);
        }
        let refused = Root::try_from(Value::from("text")).unwrap_err().to_string();
        assert_eq!(refused, "expected an object, found a string");
    }

    #[test]
    fn only_an_object_is_an_object() {
        assert!(Root::from(Object::empty()).object("the plan").is_ok());
        for (root, found) in [(Root::Null, "null"), (Root::Unknown, "unknown")] {
            let refused = root.object("the plan").unwrap_err().detail;
            assert!(refused.starts_with(&format!("The client sent the plan as {found}")), "{refused}");
        }
    }
}
