//! Models: the attributes of a resource, declared once as the fields of a struct.
//!
//! `model!` makes three things of one declaration: the attribute in the schema, the field, and the conversions from
//! and to an object. Documentation and wire follow from the schema.
//!
//! Must not know what an attribute means.

use super::value::{Knowable, Object, Type};

/// A Rust type in which a model holds an attribute.
pub trait Field: Sized {
    /// The attribute's type in the schema.
    fn value_type() -> Type;

    /// The attribute of this name; null if the object lacks it, or holds another type under it.
    fn read(object: &Object, name: &str) -> Knowable<Self>;
}

impl Field for String {
    fn value_type() -> Type {
        Type::String
    }

    fn read(object: &Object, name: &str) -> Knowable<Self> {
        object.string(name)
    }
}

impl Field for bool {
    fn value_type() -> Type {
        Type::Bool
    }

    fn read(object: &Object, name: &str) -> Knowable<Self> {
        object.bool(name)
    }
}

/// A nested attribute: its type is that of the attributes below it, which `single` is given.
impl Field for Object {
    fn value_type() -> Type {
        Type::Dynamic
    }

    fn read(object: &Object, name: &str) -> Knowable<Self> {
        object.object(name)
    }
}

/// Declares a model: a struct with one field for each attribute, in documentation order.
///
/// Each line is name and Rust type, and then who fills the attribute, with its description, and whatever else
/// [`Attribute`](super::schema::Attribute) has methods for:
///
/// ```text
/// model! {
///     /// One book.
///     pub(super) struct Book {
///         title: String = required("Title of the book.").requires_replace(),
///         shelf: String = optional_computed("Where the book is.").keeps_prior(),
///     }
/// }
/// ```
///
/// The fields are [`Knowable`]. The struct has the functions `attributes` for the schema, and `from_object` and
/// `into_object`.
macro_rules! model {
    (
        $(#[$meta:meta])*
        $visible:vis struct $model:ident {
            $(
                $name:ident: $type:ty = $presence:ident($($argument:expr),+ $(,)?) $(.$method:ident($($value:expr)?))*
            ),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        $visible struct $model {
            $($visible $name: $crate::framework::value::Knowable<$type>,)+
        }

        impl $model {
            /// The attributes, in documentation order.
            $visible fn attributes() -> Vec<$crate::framework::schema::Attribute> {
                vec![$(
                    $crate::framework::model::model!(@attribute $name, $type, $presence($($argument),+))
                        $(.$method($($value)?))*
                ),+]
            }

            /// Reads each attribute; one that the object lacks is null.
            $visible fn from_object(object: &$crate::framework::value::Object) -> Self {
                Self { $($name: $crate::framework::model::Field::read(object, stringify!($name)),)+ }
            }

            /// An object with every attribute.
            $visible fn into_object(self) -> $crate::framework::value::Object {
                [$((stringify!($name).to_owned(), self.$name.into())),+].into_iter().collect()
            }
        }
    };
    (@attribute $name:ident, $type:ty, single($attributes:expr, $description:expr)) => {
        $crate::framework::schema::Attribute::single(stringify!($name), $attributes, $description)
    };
    (@attribute $name:ident, $type:ty, $presence:ident($description:expr)) => {
        $crate::framework::schema::Attribute::$presence(
            stringify!($name),
            <$type as $crate::framework::model::Field>::value_type(),
            $description,
        )
    };
}

pub(crate) use model;

#[cfg(test)]
mod tests {
    use crate::framework::{
        schema::{Attribute, Kind, Presence},
        value::{Knowable, Object, Type, Value},
    };

    model! {
        /// One book.
        #[derive(Clone, Debug, Default, PartialEq)]
        struct Book {
            title: String = required("Title of the book.").requires_replace(),
            shelf: String = optional_computed("Where the book is.").keeps_prior().default("new"),
            lent: bool = computed("Whether somebody has it."),
            limits: Object = single(
                vec![Attribute::optional("days", Type::String, "Days for which it is lent.")],
                "How long it is lent.",
            ),
        }
    }

    #[test]
    fn one_declaration_is_attribute_field_and_conversion() {
        let attributes = Book::attributes();
        let names: Vec<_> = attributes.iter().map(|attribute| attribute.name).collect();
        assert_eq!(names, ["title", "shelf", "lent", "limits"]);
        let [title, shelf, lent, limits] = attributes.as_slice() else { panic!("{names:?}") };
        assert_eq!((title.presence, title.requires_replace), (Presence::Required, true));
        assert_eq!((shelf.keeps_prior, shelf.default.clone()), (true, Some("new".into())));
        assert_eq!((lent.value_type(), &*lent.description), (Type::Bool, "Whether somebody has it."));
        assert!(matches!(&limits.kind, Kind::Nested(_, below) if below.len() == 1));

        let mut days = Object::empty();
        days.set("days", "14");
        let book = Book {
            title: Knowable::Known("Emma".to_owned()),
            shelf: Knowable::Unknown,
            lent: Knowable::Known(true),
            limits: Knowable::Known(days),
        };
        let object = book.clone().into_object();
        assert_eq!((object.get("shelf"), object.get("lent")), (&Value::Unknown, &Value::Bool(true)));
        assert_eq!(Book::from_object(&object), book);
        assert_eq!(Book::from_object(&Object::empty()), Book::default());
    }
}
