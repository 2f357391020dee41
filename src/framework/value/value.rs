//! The value itself.

use litemap::LiteMap;

use super::{Number, Type};

/// Elements of a map, or attributes of an object, by name and in its order. A sorted vector, since answers hold
/// thousands of small objects: those of a tree, which takes room for eleven elements at a time, need twice the memory.
pub type Members = LiteMap<String, Value>;

/// A value. It does not carry its type: whoever reads it knows the type from its place in a schema.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Not set: the practitioner left it out, or the object does not have it.
    Null,
    /// Not known yet: it depends on something that is not applied, or the provider fills it during apply.
    Unknown,
    /// UTF-8 text of any length.
    String(String),
    /// A decimal number of any size.
    Number(Number),
    /// True or false; never null, which is [`Value::Null`].
    Bool(bool),
    /// Elements of a list, set or tuple.
    List(Vec<Value>),
    /// Elements of a map, or attributes of an object, which then has all of its type.
    Map(Members),
    /// A value where any type may be, with its own type.
    Dynamic(Box<Type>, Box<Value>),
}

impl Value {
    /// Whether the value is not set. An unknown value is not null, although it may become so.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether the value as a whole is known only after apply.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }

    /// Whether neither the value nor anything in it is unknown. Null is known.
    pub fn is_wholly_known(&self) -> bool {
        match self {
            Self::Unknown => false,
            Self::List(elements) => elements.iter().all(Self::is_wholly_known),
            Self::Map(elements) => elements.values().all(Self::is_wholly_known),
            Self::Dynamic(_, value) => value.is_wholly_known(),
            Self::Null | Self::String(_) | Self::Number(_) | Self::Bool(_) => true,
        }
    }

    /// The kind of value with its article, for messages: "a string", "null".
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Unknown => "an unknown value",
            Self::String(_) => "a string",
            Self::Number(_) => "a number",
            Self::Bool(_) => "a bool",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
            Self::Dynamic(..) => "a dynamic value",
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Number(value.into())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
