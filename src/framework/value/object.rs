//! Objects with attributes read by name: how resources see configuration, plan and state.

use super::{Members, Number, Value};

/// An attribute's value as a resource needs it. Three cases, because null and unknown ask for different
/// decisions: null is "not set", unknown is "ask again later".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Knowable<T> {
    /// Not set: the practitioner left it out.
    #[default]
    Null,
    /// Not known yet: known after apply.
    Unknown,
    /// A value that is there.
    Known(T),
}

impl<T> Knowable<T> {
    /// The value, if there is one to know. Null and unknown look the same afterwards: use it only where they
    /// mean the same.
    pub fn known(self) -> Option<T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Null | Self::Unknown => None,
        }
    }

    /// A reference to the value, if there is one to know. Null and unknown look the same afterwards.
    pub fn as_known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Null | Self::Unknown => None,
        }
    }

    /// Whether the value is not set. An unknown value is not null.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether the value is known only after apply.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }

    /// The same with another value inside; null stays null, and unknown stays unknown.
    pub fn map<U>(self, convert: impl FnOnce(T) -> U) -> Knowable<U> {
        match self {
            Self::Null => Knowable::Null,
            Self::Unknown => Knowable::Unknown,
            Self::Known(value) => Knowable::Known(convert(value)),
        }
    }
}

impl<T> From<Option<T>> for Knowable<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::Known)
    }
}

impl<T: Into<Value>> From<Knowable<T>> for Value {
    fn from(value: Knowable<T>) -> Self {
        match value {
            Knowable::Null => Self::Null,
            Knowable::Unknown => Self::Unknown,
            Knowable::Known(value) => value.into(),
        }
    }
}

/// An object that is there: neither null nor unknown as a whole, which a [`Value`] may be. What is left of a
/// root once [`super::Root`] has distinguished the three, and what a resource fills its model from.
///
/// An attribute that it lacks reads as null. Attributes have the types of the schema that decoded them; one
/// read as another type is null as well, which only a defect in a resource can cause. There is no
/// default: nothing stands for an object that is not there.
#[derive(Clone, Debug, PartialEq)]
pub struct Object(Members);

impl Object {
    /// An object without attributes, to be filled: until then each reads as null.
    pub fn empty() -> Self {
        Self(Members::new())
    }

    /// The same with each attribute's value turned into another.
    #[must_use]
    pub fn mapped(self, mut to: impl FnMut(Value) -> Value) -> Self {
        self.0.into_iter().map(|(name, value)| (name, to(value))).collect()
    }

    /// Whether nothing in it is unknown. Nulls are known.
    pub fn is_wholly_known(&self) -> bool {
        self.0.values().all(Value::is_wholly_known)
    }

    /// The attribute's value as it is; null if the object lacks it.
    pub fn get(&self, name: &str) -> &Value {
        self.0.get(name).unwrap_or(&Value::Null)
    }

    /// Sets an attribute, in place of the value that it had. Nothing is checked against a type.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }

    /// The attributes of these names alone; one that is missing becomes null.
    pub fn only<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Self {
        names.into_iter().map(|name| (name.to_owned(), self.get(name).clone())).collect()
    }

    /// An attribute of type string; a value of another type reads as null.
    pub fn string(&self, name: &str) -> Knowable<String> {
        self.read(name, |value| match value {
            Value::String(text) => Some(text.clone()),
            _ => None,
        })
    }

    /// An attribute of type bool; a value of another type reads as null.
    pub fn bool(&self, name: &str) -> Knowable<bool> {
        self.read(name, |value| match value {
            Value::Bool(value) => Some(*value),
            _ => None,
        })
    }

    /// An attribute of type number; a value of another type reads as null.
    pub fn number(&self, name: &str) -> Knowable<Number> {
        self.read(name, |value| match value {
            Value::Number(number) => Some(number.clone()),
            _ => None,
        })
    }

    /// An attribute that is an object itself, or a map; a value of another type reads as null.
    pub fn object(&self, name: &str) -> Knowable<Object> {
        self.read(name, |value| match value {
            Value::Map(attributes) => Some(Self(attributes.clone())),
            _ => None,
        })
    }

    /// An attribute that is a list or set of strings; unknown if any element is.
    pub fn strings(&self, name: &str) -> Knowable<Vec<String>> {
        let Value::List(elements) = self.get(name) else {
            return self.read(name, |_| None);
        };
        if elements.iter().any(Value::is_unknown) {
            return Knowable::Unknown;
        }
        let text = |element: &Value| match element {
            Value::String(text) => Some(text.clone()),
            _ => None,
        };
        Knowable::Known(elements.iter().filter_map(text).collect())
    }

    fn read<T>(&self, name: &str, convert: impl FnOnce(&Value) -> Option<T>) -> Knowable<T> {
        match self.get(name) {
            Value::Unknown => Knowable::Unknown,
            value => convert(value).into(),
        }
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Self {
        Self::Map(object.0)
    }
}

impl FromIterator<(String, Value)> for Object {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(attributes: I) -> Self {
        Self(attributes.into_iter().collect())
    }
}
