//! MessagePack, the encoding of values in requests and responses.
//!
//! The format is Terraform's "Wire Format for Terraform Objects": null is nil, an object is a map
//! with every attribute, a set is an array, a number is an integer, a float or decimal text, an
//! unknown value is an extension value, and a dynamic value is a pair of type and value.
//! Refinements of unknown values (extension type 12) are checked as go-cty checks them, and never written.

use std::collections::BTreeMap;

use rmp::Marker;
use rmp::decode::RmpRead;
use rmp::encode;

use super::{Error, Members, Number, Path, Type, Value, r#type::DEPTH_LIMIT};

/// Reads one value of a type.
///
/// # Errors
/// Bytes that are cut off or continue after the value, a value that does not fit the type, an object
/// with a missing or an unexpected attribute, and anything that nests too deep.
pub fn decode(bytes: &[u8], value_type: &Type) -> Result<Value, Error> {
    let root = Path::root();
    let mut reader = Reader { rest: bytes };
    let value = reader.value(value_type, &root, 0)?;
    if reader.rest.is_empty() {
        return Ok(value);
    }
    Err(Error::new(&root, "bytes follow the value"))
}

/// Writes one value of a type, and frees each part once it is written: a response may hold thousands of objects.
///
/// # Errors
/// A value that does not fit the type, with its path.
pub fn encode(value: Value, value_type: &Type) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::with_capacity(256);
    write(&mut bytes, value, value_type, &Path::root())?;
    Ok(bytes)
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn value(&mut self, value_type: &Type, path: &Path, depth: usize) -> Result<Value, Error> {
        if depth > DEPTH_LIMIT {
            return Err(Error::new(path, "value nests too deep"));
        }
        let marker = rmp::decode::read_marker(&mut self.rest).map_err(|_| cut_off(path))?;
        if marker == Marker::Null {
            return Ok(Value::Null);
        }
        if let Some(length) = self.extension_length(marker, path)? {
            return self.unknown(length, value_type, path);
        }
        match value_type {
            Type::String => self.text(marker, value_type, path).map(Value::String),
            Type::Number => self.number(marker, path).map(Value::Number),
            Type::Bool => match marker {
                Marker::True => Ok(Value::Bool(true)),
                Marker::False => Ok(Value::Bool(false)),
                _ => Err(mismatch(value_type, path)),
            },
            Type::Dynamic => self.dynamic(marker, path, depth),
            Type::List(element) | Type::Set(element) => {
                let length = self.array_length(marker, value_type, path)?;
                (0..length)
                    .map(|index| self.value(element, &path.index(index), depth + 1))
                    .collect::<Result<_, _>>()
                    .map(Value::List)
            }
            Type::Tuple(elements) => {
                if self.array_length(marker, value_type, path)? != elements.len() {
                    return Err(Error::new(path, format!("expected {} elements", elements.len())));
                }
                let of_element = |(index, element)| self.value(element, &path.index(index), depth + 1);
                elements.iter().enumerate().map(of_element).collect::<Result<_, _>>().map(Value::List)
            }
            Type::Map(element) => self.map(marker, element, path, depth),
            Type::Object(attributes) => self.object(marker, attributes, path, depth),
        }
    }

    /// An unknown value with a body of so many bytes. One byte or none says nothing; more are refinements.
    fn unknown(&mut self, length: usize, value_type: &Type, path: &Path) -> Result<Value, Error> {
        let kind = self.take(1, path)?;
        let body = self.take(length, path)?;
        match (kind, length) {
            (_, 0 | 1) => Ok(Value::Unknown),
            (&[REFINED], 2..=REFINEMENT_LIMIT) => Reader { rest: body }.refined(value_type, path),
            _ => Err(Error::new(path, "unknown kind of extension")),
        }
    }

    /// An unknown value of which something is known: that it is null, at most.
    fn refined(&mut self, value_type: &Type, path: &Path) -> Result<Value, Error> {
        let marker = rmp::decode::read_marker(&mut self.rest).map_err(|_| cut_off(path))?;
        let count = self.map_length(marker, path)?;
        if *value_type == Type::Dynamic {
            return Ok(Value::Unknown);
        }
        let mut value = Value::Unknown;
        for _ in 0..count {
            if self.refinement(value_type, path)? == Refinement::Null {
                value = Value::Null;
            }
        }
        Ok(value)
    }

    fn refinement(&mut self, value_type: &Type, path: &Path) -> Result<Refinement, Error> {
        let key = self.value(&Type::Number, path, 0)?;
        let Value::Number(key) = key else { return Err(Error::new(path, "refinement has no key")) };
        let bounds = Type::Tuple(vec![Type::Number, Type::Bool]);
        let refinement = match (key.to_i64(), value_type) {
            (Some(1), _) => self.value(&Type::Bool, path, 0)?,
            (Some(2), Type::String) => self.value(&Type::String, path, 0)?,
            (Some(3 | 4), Type::Number) => self.value(&bounds, path, 0)?,
            (Some(5 | 6), Type::List(_) | Type::Set(_) | Type::Map(_)) => {
                self.value(&Type::Number, path, 0)?
            }
            (Some(2..=6) | None, _) => return Err(Error::new(path, "refinement is of another type")),
            // A kind of a later go-cty, whose form nobody here knows: whatever follows is ignored.
            (Some(_), _) => {
                self.rest = &[];
                return Ok(Refinement::Other);
            }
        };
        match refinement {
            Value::Bool(true) => Ok(Refinement::Null),
            refinement if refinement.is_null() || !refinement.is_wholly_known() => {
                Err(Error::new(path, "refinement says nothing"))
            }
            _ => Ok(Refinement::Other),
        }
    }

    fn map(
        &mut self,
        marker: Marker,
        element_type: &Type,
        path: &Path,
        depth: usize,
    ) -> Result<Value, Error> {
        let length = self.map_length(marker, path)?;
        let element = |_| {
            let key = self.key(path)?;
            let value = self.value(element_type, &path.key(&key), depth + 1)?;
            Ok((key, value))
        };
        (0..length).map(element).collect::<Result<_, _>>().map(Value::Map)
    }

    fn object(
        &mut self,
        marker: Marker,
        attributes: &BTreeMap<String, Type>,
        path: &Path,
        depth: usize,
    ) -> Result<Value, Error> {
        let length = self.map_length(marker, path)?;
        let attribute = |_| {
            let name = self.key(path)?;
            let path = path.attribute(&name);
            let value_type =
                attributes.get(&name).ok_or_else(|| Error::new(&path, "unexpected attribute"))?;
            Ok((name, self.value(value_type, &path, depth + 1)?))
        };
        let values = (0..length).map(attribute).collect::<Result<Members, _>>()?;
        match attributes.keys().find(|name| !values.contains_key(*name)) {
            Some(missing) => Err(Error::new(&path.attribute(missing), "attribute is missing")),
            None => Ok(Value::Map(values)),
        }
    }

    fn dynamic(&mut self, marker: Marker, path: &Path, depth: usize) -> Result<Value, Error> {
        if self.array_length(marker, &Type::Dynamic, path)? != 2 {
            return Err(mismatch(&Type::Dynamic, path));
        }
        let marker = rmp::decode::read_marker(&mut self.rest).map_err(|_| cut_off(path))?;
        let expression = self.bytes(marker, &Type::Dynamic, path)?;
        let value_type = Type::from_json_bytes(expression, path)?;
        let value = self.value(&value_type, path, depth + 1)?;
        Ok(match value_type {
            Type::Dynamic => value,
            value_type => Value::Dynamic(Box::new(value_type), Box::new(value)),
        })
    }

    fn number(&mut self, marker: Marker, path: &Path) -> Result<Number, Error> {
        let cut = |_| cut_off(path);
        let float =
            |value: f64| Number::from_f64(value).ok_or_else(|| Error::new(path, "number is not finite"));
        Ok(match marker {
            Marker::FixPos(value) => u64::from(value).into(),
            Marker::FixNeg(value) => i64::from(value).into(),
            Marker::U8 => u64::from(self.rest.read_data_u8().map_err(cut)?).into(),
            Marker::U16 => u64::from(self.rest.read_data_u16().map_err(cut)?).into(),
            Marker::U32 => u64::from(self.rest.read_data_u32().map_err(cut)?).into(),
            Marker::U64 => self.rest.read_data_u64().map_err(cut)?.into(),
            Marker::I8 => i64::from(self.rest.read_data_i8().map_err(cut)?).into(),
            Marker::I16 => i64::from(self.rest.read_data_i16().map_err(cut)?).into(),
            Marker::I32 => i64::from(self.rest.read_data_i32().map_err(cut)?).into(),
            Marker::I64 => self.rest.read_data_i64().map_err(cut)?.into(),
            Marker::F32 => float(f64::from(self.rest.read_data_f32().map_err(cut)?))?,
            Marker::F64 => float(self.rest.read_data_f64().map_err(cut)?)?,
            _ => {
                let text = self.text(marker, &Type::Number, path)?;
                text.parse().map_err(|()| mismatch(&Type::Number, path))?
            }
        })
    }

    fn key(&mut self, path: &Path) -> Result<String, Error> {
        let marker = rmp::decode::read_marker(&mut self.rest).map_err(|_| cut_off(path))?;
        self.text(marker, &Type::String, path)
    }

    fn text(&mut self, marker: Marker, value_type: &Type, path: &Path) -> Result<String, Error> {
        let bytes = self.bytes(marker, value_type, path)?;
        let text = std::str::from_utf8(bytes).map_err(|_| Error::new(path, "text is not UTF-8"))?;
        Ok(text.to_owned())
    }

    /// The bytes of a string or binary.
    fn bytes(&mut self, marker: Marker, value_type: &Type, path: &Path) -> Result<&'a [u8], Error> {
        let cut = |_| cut_off(path);
        let length = match marker {
            Marker::FixStr(length) => usize::from(length),
            Marker::Str8 | Marker::Bin8 => usize::from(self.rest.read_data_u8().map_err(cut)?),
            Marker::Str16 | Marker::Bin16 => usize::from(self.rest.read_data_u16().map_err(cut)?),
            Marker::Str32 | Marker::Bin32 => self.length_u32(path)?,
            _ => return Err(mismatch(value_type, path)),
        };
        self.take(length, path)
    }

    /// The number of elements; never more than bytes are left, so that no claim can exhaust memory.
    fn array_length(&mut self, marker: Marker, value_type: &Type, path: &Path) -> Result<usize, Error> {
        let cut = |_| cut_off(path);
        let length = match marker {
            Marker::FixArray(length) => usize::from(length),
            Marker::Array16 => usize::from(self.rest.read_data_u16().map_err(cut)?),
            Marker::Array32 => self.length_u32(path)?,
            _ => return Err(mismatch(value_type, path)),
        };
        if length > self.rest.len() { Err(cut_off(path)) } else { Ok(length) }
    }

    fn map_length(&mut self, marker: Marker, path: &Path) -> Result<usize, Error> {
        let cut = |_| cut_off(path);
        match marker {
            Marker::FixMap(length) => Ok(usize::from(length)),
            Marker::Map16 => self.rest.read_data_u16().map(usize::from).map_err(cut),
            Marker::Map32 => self.length_u32(path),
            _ => Err(Error::new(path, "expected a map")),
        }
    }

    fn extension_length(&mut self, marker: Marker, path: &Path) -> Result<Option<usize>, Error> {
        let cut = |_| cut_off(path);
        let length = match marker {
            Marker::FixExt1 => 1,
            Marker::FixExt2 => 2,
            Marker::FixExt4 => 4,
            Marker::FixExt8 => 8,
            Marker::FixExt16 => 16,
            Marker::Ext8 => usize::from(self.rest.read_data_u8().map_err(cut)?),
            Marker::Ext16 => usize::from(self.rest.read_data_u16().map_err(cut)?),
            Marker::Ext32 => self.length_u32(path)?,
            _ => return Ok(None),
        };
        Ok(Some(length))
    }

    fn length_u32(&mut self, path: &Path) -> Result<usize, Error> {
        let length = self.rest.read_data_u32().map_err(|_| cut_off(path))?;
        usize::try_from(length).map_err(|_| cut_off(path))
    }

    fn take(&mut self, length: usize, path: &Path) -> Result<&'a [u8], Error> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or_else(|| cut_off(path))?;
        self.rest = rest;
        Ok(taken)
    }
}

fn write(out: &mut Vec<u8>, value: Value, value_type: &Type, path: &Path) -> Result<(), Error> {
    match (value, value_type) {
        (Value::Null, _) => encode::write_nil(out).map_err(|_| too_large(path)),
        (Value::Unknown, _) => {
            out.extend_from_slice(&UNKNOWN);
            Ok(())
        }
        (Value::Dynamic(value_type, value), Type::Dynamic) => {
            write_array_length(out, 2, path)?;
            let expression = value_type.to_json().to_string();
            encode::write_bin(out, expression.as_bytes()).map_err(|_| too_large(path))?;
            write(out, *value, &value_type, path)
        }
        (Value::String(text), Type::String) => encode::write_str(out, &text).map_err(|_| too_large(path)),
        (Value::Bool(value), Type::Bool) => encode::write_bool(out, value).map_err(|_| too_large(path)),
        (Value::Number(number), Type::Number) => write_number(out, &number, path),
        (Value::List(elements), Type::List(element_type) | Type::Set(element_type)) => {
            write_array_length(out, elements.len(), path)?;
            let mut numbered = elements.into_iter().enumerate();
            numbered.try_for_each(|(index, element)| write(out, element, element_type, &path.index(index)))
        }
        (Value::List(elements), Type::Tuple(types)) if elements.len() == types.len() => {
            write_array_length(out, elements.len(), path)?;
            let mut numbered = elements.into_iter().zip(types).enumerate();
            numbered.try_for_each(|(index, (element, value_type))| {
                write(out, element, value_type, &path.index(index))
            })
        }
        (Value::Map(elements), Type::Map(element_type)) => {
            write_map_length(out, elements.len(), path)?;
            elements.into_iter().try_for_each(|(key, element)| {
                encode::write_str(out, &key).map_err(|_| too_large(path))?;
                write(out, element, element_type, &path.key(&key))
            })
        }
        (Value::Map(values), Type::Object(attributes)) => write_object(out, values, attributes, path),
        (value, value_type) => {
            Err(Error::new(path, format!("expected {}, found {}", value_type.name(), value.name())))
        }
    }
}

/// Writes every attribute of the type; one that the value lacks is null.
fn write_object(
    out: &mut Vec<u8>,
    values: Members,
    attributes: &BTreeMap<String, Type>,
    path: &Path,
) -> Result<(), Error> {
    write_map_length(out, attributes.len(), path)?;
    // Both are in the order of the names.
    let mut values = values.into_iter().peekable();
    for (name, value_type) in attributes {
        encode::write_str(out, name).map_err(|_| too_large(path))?;
        let value = values.next_if(|(present, _)| present == name).map_or(Value::Null, |(_, value)| value);
        write(out, value, value_type, &path.attribute(name))?;
    }
    match values.next() {
        Some((unexpected, _)) => Err(Error::new(&path.attribute(&unexpected), "unexpected attribute")),
        None => Ok(()),
    }
}

/// Integers that fit as integers, what came as a float as that float, all else as plain decimal text, which
/// loses nothing.
fn write_number(out: &mut Vec<u8>, number: &Number, path: &Path) -> Result<(), Error> {
    let written = match (number.to_i64(), number.to_float()) {
        (Some(value), _) => encode::write_sint(out, value).map(drop),
        (None, Some(value)) => encode::write_f64(out, value),
        (None, None) => encode::write_str(out, &number.to_plain_string()),
    };
    written.map_err(|_| too_large(path))
}

fn write_array_length(out: &mut Vec<u8>, length: usize, path: &Path) -> Result<(), Error> {
    let length = u32::try_from(length).map_err(|_| too_large(path))?;
    encode::write_array_len(out, length).map(drop).map_err(|_| too_large(path))
}

fn write_map_length(out: &mut Vec<u8>, length: usize, path: &Path) -> Result<(), Error> {
    let length = u32::try_from(length).map_err(|_| too_large(path))?;
    encode::write_map_len(out, length).map(drop).map_err(|_| too_large(path))
}

fn cut_off(path: &Path) -> Error {
    Error::new(path, "bytes end within the value")
}

fn mismatch(value_type: &Type, path: &Path) -> Error {
    Error::new(path, format!("expected {}", value_type.name()))
}

fn too_large(path: &Path) -> Error {
    Error::new(path, "value is too large to encode")
}

/// What is known of an unknown value.
#[derive(PartialEq)]
enum Refinement {
    /// It is null, and no longer unknown.
    Null,
    /// Something that does not change it.
    Other,
}

/// The type of the extension that carries refinements.
const REFINED: u8 = 12;
/// The longest body of refinements that go-cty reads, in bytes.
const REFINEMENT_LIMIT: usize = 1024;
/// An unknown value: extension type 0 with one byte, as Terraform writes it.
const UNKNOWN: [u8; 3] = [0xd4, 0x00, 0x00];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn object(attributes: &[(&str, Type)]) -> Type {
        Type::Object(
            attributes.iter().map(|(name, value_type)| ((*name).to_owned(), value_type.clone())).collect(),
        )
    }

    fn number(text: &str) -> Value {
        Value::Number(text.parse().unwrap())
    }

    #[test]
    fn reads_what_terraform_writes() {
        let cases: &[(&[u8], Type, Value)] = &[
            (&[0xc0], Type::String, Value::Null),
            (&[0xa2, b'h', b'i'], Type::String, "hi".into()),
            (&[0xc4, 2, b'h', b'i'], Type::String, "hi".into()),
            (&[0xc3], Type::Bool, true.into()),
            (&[0x07], Type::Number, number("7")),
            (&[0xff], Type::Number, number("-1")),
            (&[0xcd, 0x01, 0x00], Type::Number, number("256")),
            (&[0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0], Type::Number, number("1.5")),
            (&[0xa3, b'0', b'.', b'1'], Type::Number, number("0.1")),
            (&[0xd4, 0, 0], Type::String, Value::Unknown),
            // Refined unknown: type 12, a map {1: false}.
            (&[0xc7, 3, 12, 0x81, 0x01, 0xc2], Type::String, Value::Unknown),
            (
                &[0x92, 0x01, 0xc0],
                Type::List(Box::new(Type::Number)),
                Value::List(vec![number("1"), Value::Null]),
            ),
            (
                &[0x81, 0xa1, b'a', 0xc2],
                object(&[("a", Type::Bool)]),
                Value::Map([("a".to_owned(), false.into())].into_iter().collect()),
            ),
            (
                &[0x92, 0xc4, 6, b'"', b'b', b'o', b'o', b'l', b'"', 0xc3],
                Type::Dynamic,
                Value::Dynamic(Box::new(Type::Bool), Box::new(true.into())),
            ),
        ];
        for (bytes, value_type, expected) in cases {
            assert_eq!(decode(bytes, value_type).as_ref(), Ok(expected), "{bytes:x?}");
        }
    }

    #[test]
    fn writes_what_terraform_reads() {
        let cases: &[(Value, Type, &[u8])] = &[
            (Value::Unknown, Type::Dynamic, &UNKNOWN),
            (number("9223372036854775808"), Type::Number, b"\xb39223372036854775808"),
            (number("0.5"), Type::Number, &[0xa3, b'0', b'.', b'5']),
            (
                Value::Number(Number::from_f64(0.5).unwrap()),
                Type::Number,
                &[0xcb, 0x3f, 0xe0, 0, 0, 0, 0, 0, 0],
            ),
            (number("0.1"), Type::Number, &[0xa3, b'0', b'.', b'1']),
            (number("-129"), Type::Number, &[0xd1, 0xff, 0x7f]),
            // An attribute that is not there is null, never left out.
            (Value::Map(Members::new()), object(&[("a", Type::Bool)]), &[0x81, 0xa1, b'a', 0xc0]),
        ];
        for (value, value_type, expected) in cases {
            assert_eq!(encode(value.clone(), value_type).unwrap(), *expected, "{value:?}");
        }
    }

    #[test]
    fn errors_name_the_path() {
        let value_type = object(&[("timeouts", object(&[("create", Type::String)]))]);
        let bytes = [&[0x81, 0xa8][..], b"timeouts", &[0x81, 0xa6], b"create", &[0x01]].concat();
        assert_eq!(
            decode(&bytes, &value_type).unwrap_err().to_string(),
            "timeouts.create: expected a string"
        );

        let value = Value::Map([("timeouts".to_owned(), true.into())].into_iter().collect());
        assert_eq!(
            encode(value, &value_type).unwrap_err().to_string(),
            "timeouts: expected an object, found a bool"
        );
    }

    #[test]
    fn refuses_hostile_bytes() {
        let strings = Type::List(Box::new(Type::String));
        let cases: &[(&[u8], &Type)] = &[
            (&[], &Type::String),
            (&[0xa5, b'x'], &Type::String),
            (&[0xa1, 0xff], &Type::String),
            (&[0xdb, 0xff, 0xff, 0xff, 0xff], &Type::String),
            // Four thousand million elements in five bytes.
            (&[0xdd, 0xff, 0xff, 0xff, 0xff], &strings),
            (&[0xc9, 0xff, 0xff, 0xff, 0xff, 0x00], &Type::String),
            (&[0xcb, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0], &Type::Number),
            (&[0xc3, 0xc3], &Type::Bool),
            (&[0x80], &object(&[("a", Type::Bool)])),
            (&[0x81, 0xa1, b'b', 0xc0], &object(&[("a", Type::Bool)])),
        ];
        for (bytes, value_type) in cases {
            assert!(decode(bytes, value_type).is_err(), "{bytes:x?}");
        }
    }

    /// What go-cty 1.18.1 answers to each of these.
    #[test]
    fn refinements_are_read_as_go_cty_reads_them() {
        let (text, list, any) = (Type::String, Type::List(Box::new(Type::String)), Type::Dynamic);
        let unknown: &[(&[u8], &Type)] = &[
            (&[0xd4, 5, 0], &text),
            (&[0xc7, 0, 12], &text),
            (&[0xc7, 3, 12, 0x81, 1, 0xc2], &text),
            (&[0xc7, 4, 12, 0x81, 2, 0xa1, b'a'], &text),
            (&[0xc7, 3, 12, 0x81, 5, 1], &list),
            (&[0xc7, 5, 12, 0x81, 3, 0x92, 1, 0xc3], &Type::Number),
            (&[0xc7, 3, 12, 0x81, 0x7f, 1], &text),
            (&[0xc7, 3, 12, 0x81, 2, 0xa1], &any),
            (&[0xc7, 4, 12, 0x81, 1, 0xc2, 0xff], &text),
        ];
        for (bytes, value_type) in unknown {
            assert_eq!(decode(bytes, value_type), Ok(Value::Unknown), "{bytes:x?}");
        }
        assert_eq!(decode(&[0xc7, 3, 12, 0x81, 1, 0xc3], &text), Ok(Value::Null));
        let refused: &[(&[u8], &Type)] = &[
            (&[0xd5, 1, 0, 0], &text),
            (&[0xc7, 3, 5, 0x81, 1, 0xc2], &text),
            (&[0xc7, 2, 12, 0x81, 1], &text),
            (&[0xc7, 4, 12, 0x81, 2, 0xa1, 0xff], &text),
            (&[0xc7, 4, 12, 0x81, 2, 0xa1, b'a'], &Type::Bool),
            (&[0xc7, 3, 12, 0x81, 5, 1], &text),
            (&[0xc7, 5, 12, 0x81, 3, 0x92, 1, 0], &Type::Number),
            (&[0xc7, 3, 12, 0x81, 3, 0x7f], &Type::Number),
            (&[0xc7, 2, 12, 0x90, 0x90], &text),
            (&[0xc7, 3, 12, 0x81, 0xa1, b'a'], &text),
        ];
        for (bytes, value_type) in refused {
            assert!(decode(bytes, value_type).is_err(), "{bytes:x?}");
        }
        let oversize = [&[0xc8, 4, 1, 12, 0x81, 1, 0xc2][..], &[0; 1022]].concat();
        assert!(decode(&oversize, &text).is_err());
    }

    #[test]
    fn depth_is_limited() {
        let level = [&[0x92, 0xc4, 9][..], br#""dynamic""#].concat();
        let bytes = [level.repeat(100_000), vec![0xc0]].concat();
        assert!(decode(&bytes, &Type::Dynamic).unwrap_err().to_string().contains("too deep"));
    }

    /// A type together with a value of it.
    fn typed() -> impl Strategy<Value = (Type, Value)> {
        let leaf = prop_oneof![
            Just((Type::String, Value::Null)),
            Just((Type::Bool, Value::Unknown)),
            any::<bool>().prop_map(|value| (Type::Bool, Value::Bool(value))),
            ".{0,40}".prop_map(|text| (Type::String, Value::String(text))),
            any::<i64>().prop_map(|value| (Type::Number, Value::Number(value.into()))),
            "-?[1-9][0-9]{0,60}(\\.[0-9]{0,40}[1-9])?".prop_map(|text| (Type::Number, number(&text))),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                (inner.clone(), 0..5usize).prop_map(|((value_type, value), n)| (
                    Type::List(Box::new(value_type)),
                    Value::List(vec![value; n])
                )),
                (inner.clone(), proptest::collection::btree_set("[a-z]{1,6}", 0..4)).prop_map(
                    |((value_type, value), keys)| {
                        let elements = keys.into_iter().map(|key| (key, value.clone())).collect();
                        (Type::Map(Box::new(value_type)), Value::Map(elements))
                    }
                ),
                proptest::collection::btree_map("[a-z]{1,6}", inner.clone(), 0..5).prop_map(|attributes| {
                    let types = attributes
                        .iter()
                        .map(|(name, (value_type, _))| (name.clone(), value_type.clone()))
                        .collect();
                    let values = attributes.into_iter().map(|(name, (_, value))| (name, value)).collect();
                    (Type::Object(types), Value::Map(values))
                }),
                proptest::collection::vec(inner.clone(), 0..4).prop_map(|elements| {
                    let (types, values) = elements.into_iter().unzip();
                    (Type::Tuple(types), Value::List(values))
                }),
                inner
                    .prop_filter("a dynamic value is wrapped once", |(value_type, _)| *value_type
                        != Type::Dynamic)
                    .prop_map(|(value_type, value)| (
                        Type::Dynamic,
                        Value::Dynamic(Box::new(value_type), Box::new(value))
                    )),
            ]
        })
    }

    /// Nulls and whole unknowns inside a dynamic value come back as Terraform sends them.
    fn as_decoded(value: &Value) -> Value {
        match value {
            Value::List(elements) => Value::List(elements.iter().map(as_decoded).collect()),
            Value::Map(elements) => {
                Value::Map(elements.iter().map(|(key, value)| (key.clone(), as_decoded(value))).collect())
            }
            Value::Dynamic(value_type, value) => {
                Value::Dynamic(value_type.clone(), Box::new(as_decoded(value)))
            }
            other => other.clone(),
        }
    }

    proptest! {
        #[test]
        fn round_trip((value_type, value) in typed()) {
            let bytes = encode(value.clone(), &value_type).unwrap();
            prop_assert_eq!(decode(&bytes, &value_type).unwrap(), as_decoded(&value));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200), (value_type, _) in typed()) {
            if let Ok(value) = decode(&bytes, &value_type) {
                prop_assert!(encode(value, &value_type).is_ok());
            }
        }

        #[test]
        fn cut_bytes_are_refused((value_type, value) in typed(), keep in 0.0..1.0f64) {
            let bytes = encode(value, &value_type).unwrap();
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a position within a short vector")]
            let keep = (bytes.len() as f64 * keep) as usize;
            prop_assert!(decode(&bytes[..keep], &value_type).is_err());
        }
    }
}
