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

/// What a provider block, a resource, a data source or the `config` block of a list resource consists of.
#[derive(Clone, Debug)]
pub struct Schema {
    /// Version of the stored state, from 0; raised whenever its shape changes. Means nothing where no state
    /// is stored.
    pub version: i64,
    /// Markdown: shown at the top of the documentation page.
    pub description: &'static str,
    /// In documentation order. Each name occurs once.
    pub attributes: Vec<Attribute>,
}

impl Schema {
    /// The names of the attributes at the top, in documentation order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.attributes.iter().map(|attribute| attribute.name)
    }

    /// The type that values of this schema are decoded and encoded with.
    pub fn object_type(&self) -> Type {
        object_type(&self.attributes)
    }
}

/// One attribute, at the top or nested. Make it with one of the constructors below, then refine it.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// Lower case, digits and underscores.
    pub name: &'static str,
    /// Markdown; whole sentences.
    pub description: Cow<'static, str>,
    /// Its type, or the attributes below it.
    pub kind: Kind,
    /// Who fills it, and so whether a practitioner may or must set it.
    pub presence: Presence,
    /// Whether Terraform hides the value in its output. It is stored in state all the same.
    pub sensitive: bool,
    /// Whether a changed value means another object, so that the plan destroys the old one and creates a new
    /// one. Only a value that the practitioner sets can ask for that.
    pub requires_replace: bool,
    /// Whether a computed value stays what it was in an update, so that the plan shows it. Else it is unknown
    /// whenever anything else changes.
    pub keeps_prior: bool,
    /// Taken where the configuration is null. Only for [`Presence::OptionalComputed`]: Terraform lets no
    /// other attribute that is null get a value.
    pub default: Option<Value>,
    /// Run on the value of the configuration if it is neither null nor unknown; what is inside may be
    /// unknown.
    pub validators: Vec<Validator>,
}

/// Checks one value that is not null and not unknown as a whole. `None` if nothing is wrong with it; else an
/// error or a warning, with the path that it was called with.
pub type Validator = fn(&Value, &Path) -> Option<Diagnostic>;

/// What an attribute holds: one value, or objects with attributes of their own.
#[derive(Clone, Debug)]
pub enum Kind {
    /// One value of this type.
    Plain(Type),
    /// Objects with attributes of their own.
    Nested(Nesting, Vec<Attribute>),
}

/// How many objects a nested attribute holds, and how they are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nesting {
    /// One object, or null.
    Single,
    /// Any number, in order; told apart by index.
    List,
    /// Any number without order, each once. No path leads to one of them.
    Set,
    /// Any number; told apart by keys that the practitioner chooses.
    Map,
}

/// Who fills an attribute: the practitioner, the provider or either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// The practitioner must: null is an error, an unknown value is not.
    Required,
    /// The practitioner may; if they do not, it stays null.
    Optional,
    /// The practitioner may; if they do not, the provider does.
    OptionalComputed,
    /// The provider alone: a value in the configuration is an error.
    Computed,
}

impl Presence {
    /// Whether the provider may fill it: then its value can be unknown in a plan.
    pub fn is_computed(self) -> bool {
        matches!(self, Self::OptionalComputed | Self::Computed)
    }
}

impl Attribute {
    /// An attribute that the practitioner must set.
    pub fn required(name: &'static str, value_type: Type, description: &'static str) -> Self {
        Self::new(name, Kind::Plain(value_type), Presence::Required, description)
    }

    /// An attribute that the practitioner may set, and that stays null otherwise.
    pub fn optional(name: &'static str, value_type: Type, description: &'static str) -> Self {
        Self::new(name, Kind::Plain(value_type), Presence::Optional, description)
    }

    /// An attribute that the provider fills where the practitioner does not.
    pub fn optional_computed(name: &'static str, value_type: Type, description: &'static str) -> Self {
        Self::new(name, Kind::Plain(value_type), Presence::OptionalComputed, description)
    }

    /// An attribute that only the provider fills: read-only.
    pub fn computed(name: &'static str, value_type: Type, description: &'static str) -> Self {
        Self::new(name, Kind::Plain(value_type), Presence::Computed, description)
    }

    /// One optional object with attributes of its own: what a block with at most one occurrence was in older
    /// schemas.
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

    /// The same, replacing the object when the practitioner changes it.
    #[must_use]
    pub fn requires_replace(mut self) -> Self {
        self.requires_replace = true;
        self
    }

    /// The same, known in the plan of an update: for what is fixed for the object's life.
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

    /// The same with one more check, which runs after those that it has.
    #[must_use]
    pub fn validator(mut self, validator: Validator) -> Self {
        self.validators.push(validator);
        self
    }

    /// Whether it holds objects under keys. Their values look like those of a single object.
    pub fn is_map(&self) -> bool {
        matches!(self.kind, Kind::Nested(Nesting::Map, _))
    }

    /// The type of a value of this attribute, with that of everything below it.
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
