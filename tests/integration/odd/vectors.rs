//! Answers of Terraform's own libraries, replayed: go-cty's encodings, and what Terraform proposes of a prior state and
//! a configuration. `tests/vectors/README.md` tells how they were made.

use serde::Deserialize;
use serde_json::Value as Json;
use terraform_provider_mss::framework::{
    schema::{Attribute, Kind, Nesting, Presence, Schema},
    value::{Path, Type, Value, json, msgpack},
};

use crate::support::laws::{proposed, same};

/// A value in both encodings of go-cty.
#[derive(Deserialize)]
struct Encoded {
    #[serde(rename = "type")]
    of: Json,
    msgpack: String,
    json: Option<String>,
    unrefined: Option<String>,
}

#[test]
fn values_are_read_and_written_as_go_cty_does() {
    for line in [VALUES, FLOATS].iter().flat_map(|file| file.lines()).collect::<Vec<_>>() {
        let vector: Encoded = serde_json::from_str(line).unwrap();
        let of = Type::from_json_bytes(vector.of.to_string().as_bytes(), &Path::root()).unwrap();
        let sent = bytes(&vector.msgpack);
        let value = msgpack::decode(&sent, &of).unwrap_or_else(|error| panic!("{error}: {line}"));
        let expected = vector.unrefined.as_deref().map_or(sent, bytes);
        assert_eq!(msgpack::encode(value.clone(), &of).unwrap(), expected, "{line}");
        if let Some(stored) = vector.json {
            assert_eq!(json::decode(stored.as_bytes(), &of), Ok(value), "{line}");
        }
    }
}

/// What Terraform makes of a configuration over three prior states.
#[derive(Deserialize)]
struct Proposals {
    schema: Vec<Described>,
    create: Option<Proposal>,
    update: Option<Proposal>,
    update_null_computed: Option<Proposal>,
}

#[derive(Deserialize)]
struct Proposal {
    prior: Option<String>,
    config: String,
    proposed: String,
}

#[derive(Deserialize)]
struct Described {
    name: String,
    presence: String,
    #[serde(rename = "type")]
    of: Option<Json>,
    nesting: Option<String>,
    #[serde(default)]
    attrs: Vec<Described>,
}

impl Described {
    fn attribute(&self) -> Attribute {
        // Names of a schema live as long as the program; those of some hundred vectors may.
        let name: &'static str = Box::leak(self.name.clone().into_boxed_str());
        Attribute {
            kind: self.kind(),
            presence: self.presence(),
            ..Attribute::optional(name, Type::Bool, "")
        }
    }

    fn kind(&self) -> Kind {
        let Some(nesting) = self.nesting.as_deref() else {
            let of = self.of.as_ref().unwrap().to_string();
            return Kind::Plain(Type::from_json_bytes(of.as_bytes(), &Path::root()).unwrap());
        };
        let nesting = match nesting {
            "single" => Nesting::Single,
            "list" => Nesting::List,
            "set" => Nesting::Set,
            "map" => Nesting::Map,
            other => panic!("{other}"),
        };
        Kind::Nested(nesting, self.attrs.iter().map(Self::attribute).collect())
    }

    fn presence(&self) -> Presence {
        match self.presence.as_str() {
            "required" => Presence::Required,
            "optional" => Presence::Optional,
            "oc" => Presence::OptionalComputed,
            "computed" => Presence::Computed,
            other => panic!("{other}"),
        }
    }
}

/// The laws depend on what Terraform proposes: the tests' own model of it must be Terraform's.
#[test]
fn proposals_are_those_of_terraform() {
    let mut replayed = 0;
    for line in PROPOSALS.lines() {
        let vector: Proposals = serde_json::from_str(line).unwrap();
        let attributes: Vec<_> = vector.schema.iter().map(Described::attribute).collect();
        let of = Schema { version: 0, description: "", attributes: attributes.clone() }.object_type();
        let read = |hex: &str| msgpack::decode(&bytes(hex), &of).unwrap();
        for case in [vector.create, vector.update, vector.update_null_computed].into_iter().flatten() {
            let prior = case.prior.as_deref().map_or(Value::Null, read);
            let made = proposed(&attributes, &prior, &read(&case.config));
            let expected = read(&case.proposed);
            assert!(same(&of, &made, &expected), "{made:?}\ninstead of\n{expected:?}\n{line}");
            replayed += 1;
        }
    }
    assert_eq!(replayed, 2100);
}

fn bytes(hex: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(byte).collect()
}

const VALUES: &str = include_str!("../../vectors/terraform/values.jsonl");
const FLOATS: &str = include_str!("../../vectors/terraform/values-floats.jsonl");
const PROPOSALS: &str = include_str!("../../vectors/terraform/proposed-new.jsonl");
