//! Schemas as data: the one source for the wire schema, for validation, for planning and for
//! documentation.
//!
//! Attributes only: nested attributes do all that blocks did, and every Terraform that speaks
//! protocol 6 knows them. Must not know what an attribute means.

use std::{borrow::Cow, collections::BTreeMap};

use super::{
    diagnostics::Diagnostic,
    value::{Path, Type, Value},
};

/// What a provider block or a resource consists of.
#[derive(Clone, Debug)]
pub struct Schema {
    /// Version of the stored state; raised whenever its shape changes.
    pub version: i64,
    /// Markdown.
    pub description: &'static str,
    /// In documentation order.
    pub attributes: Vec<Attribute>,
}

impl Schema {
    /// The names of its attributes.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.attributes.iter().map(|attribute| attribute.name)
    }

    /// The type of a value of this schema.
    pub fn object_type(&self) -> Type {
        object_type(&self.attributes)
    }
}

/// One attribute.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// Lower case, digits and underscores.
    pub name: &'static str,
    /// Markdown; whole sentences.
    pub description: Cow<'static, str>,
    /// Its type, or the attributes below it.
    pub kind: Kind,
    /// Who fills it.
    pub presence: Presence,
    /// Terraform hides the value in its output.
    pub sensitive: bool,
    /// A changed value means another object: the old one is destroyed and a new one created.
    pub requires_replace: bool,
    /// A computed value does not change in an update, so that it stays known in the plan.
    pub keeps_prior: bool,
    /// Taken where the configuration is null; only for optional and computed attributes.
    pub default: Option<Value>,
    /// Run on known values.
    pub validators: Vec<Validator>,
}

/// Checks one known value.
pub type Validator = fn(&Value, &Path) -> Option<Diagnostic>;

/// What an attribute holds.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A value of a type.
    Plain(Type),
    /// Objects with attributes of their own.
    Nested(Nesting, Vec<Attribute>),
}

/// How many objects a nested attribute holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nesting {
    /// One or none.
    Single,
    /// Any number, in order.
    List,
    /// Any number, each once.
    Set,
    /// Any number, under keys.
    Map,
}

/// Who fills an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// The practitioner must.
    Required,
    /// The practitioner may.
    Optional,
    /// The practitioner may, else the provider does.
    OptionalComputed,
    /// The provider does.
    Computed,
}

impl Presence {
    /// Whether the provider may fill it.
    pub fn is_computed(self) -> bool {
        matches!(self, Self::OptionalComputed | Self::Computed)
    }
}

impl Attribute {
    /// An attribute that the practitioner must set.
    pub fn required(name: &'static str, value_type: Type, description: &'static str) -> Self {
        Self::new(name, Kind::Plain(value_type), Presence::Required, description)
    }

    /// An attribute that the practitioner may set.
    pub fn optional(name: &'static str, value_type: Type, description: &'static str) -> Self {
        Self::new(name, Kind::Plain(value_type), Presence::Optional, description)
    }

    /// An attribute that the provider fills where the practitioner does not.
    pub fn optional_computed(name: &'static str, value_type: Type, description: &'static str) -> Self {
        Self::new(name, Kind::Plain(value_type), Presence::OptionalComputed, description)
    }

    /// An attribute that the provider fills.
    pub fn computed(name: &'static str, value_type: Type, description: &'static str) -> Self {
        Self::new(name, Kind::Plain(value_type), Presence::Computed, description)
    }

    /// One optional object with attributes of its own.
    pub fn single(name: &'static str, attributes: Vec<Self>, description: &'static str) -> Self {
        Self::new(name, Kind::Nested(Nesting::Single, attributes), Presence::Optional, description)
    }

    /// Any number of objects, in order, that the provider fills.
    pub fn computed_list(name: &'static str, attributes: Vec<Self>, description: &'static str) -> Self {
        Self::new(name, Kind::Nested(Nesting::List, attributes), Presence::Computed, description)
    }

    /// Any number of objects, under keys, that the provider fills.
    pub fn computed_map(name: &'static str, attributes: Vec<Self>, description: &'static str) -> Self {
        Self::new(name, Kind::Nested(Nesting::Map, attributes), Presence::Computed, description)
    }

    fn new(name: &'static str, kind: Kind, presence: Presence, description: &'static str) -> Self {
        Self {
            name,
            description: description.into(),
            kind,
            presence,
            sensitive: false,
            requires_replace: false,
            keeps_prior: false,
            default: None,
            validators: Vec::new(),
        }
    }

    /// The same, taken from the first of these variables of the environment that is set, where the practitioner does not
    /// set it: its description says so.
    #[must_use]
    pub fn environment<S: AsRef<str>>(mut self, variables: &[S]) -> Self {
        let names: Vec<_> = variables.iter().map(|name| format!("`{}`", name.as_ref())).collect();
        self.description = format!("{} Environment: {}.", self.description, names.join(", ")).into();
        self
    }

    /// The same, hidden in Terraform's output.
    #[must_use]
    pub fn sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }

    /// The same, replacing the object when it changes.
    #[must_use]
    pub fn requires_replace(mut self) -> Self {
        self.requires_replace = true;
        self
    }

    /// The same, known in the plan of an update.
    #[must_use]
    pub fn keeps_prior(mut self) -> Self {
        self.keeps_prior = true;
        self
    }

    /// The same with a value to take where the configuration is null.
    #[must_use]
    pub fn default(mut self, value: impl Into<Value>) -> Self {
        self.default = Some(value.into());
        self
    }

    /// The same with one check more.
    #[must_use]
    pub fn validator(mut self, validator: Validator) -> Self {
        self.validators.push(validator);
        self
    }

    /// Whether it holds objects under keys.
    pub fn is_map(&self) -> bool {
        matches!(self.kind, Kind::Nested(Nesting::Map, _))
    }

    /// The type of the attribute's value.
    pub fn value_type(&self) -> Type {
        match &self.kind {
            Kind::Plain(value_type) => value_type.clone(),
            Kind::Nested(nesting, attributes) => {
                let object = object_type(attributes);
                match nesting {
                    Nesting::Single => object,
                    Nesting::List => Type::List(Box::new(object)),
                    Nesting::Set => Type::Set(Box::new(object)),
                    Nesting::Map => Type::Map(Box::new(object)),
                }
            }
        }
    }
}

fn object_type(attributes: &[Attribute]) -> Type {
    let types: BTreeMap<_, _> =
        attributes.iter().map(|attribute| (attribute.name.to_owned(), attribute.value_type())).collect();
    Type::Object(types)
}
