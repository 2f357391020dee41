//! What the fuzz targets share: a runtime, values out of bytes, and a provider that is cut off from
//! the network.

use std::{collections::BTreeMap, sync::Arc};

use arbitrary::{Result, Unstructured};
use terraform_provider_mss::{
    emulator::{self, Emulator},
    framework::{
        server::Server,
        value::{Type, Value},
    },
    protocol::ProviderService,
    provider::{Environment, Mss},
};
use tokio::runtime::{Builder, Runtime};

/// An event loop of this thread.
pub fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// What a practitioner is shown of a text from outside is printable and bounded.
pub fn assert_presentable(text: &str) {
    assert!(text.chars().count() < 10_000, "{} characters", text.chars().count());
    let odd = |c: char| c.is_control() && c != '\n' || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2028}' | '\u{2029}');
    assert!(!text.contains(odd), "{text:?}");
}

/// An emulator on loopback.
pub fn emulator(runtime: &Runtime) -> Emulator {
    // One that is set already is the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    runtime.block_on(emulator::start(emulator::Options::default())).unwrap()
}

/// A provider that reaches the emulator and nothing else: whatever a configuration says, requests to
/// other hosts go to a proxy that is not there.
pub fn provider(emulator: &Emulator) -> ProviderService {
    for (name, value) in [
        ("MSS_ENDPOINT_URL", emulator.endpoint()),
        ("MSS_ENDPOINT_URL_ECS_METADATA", emulator.endpoint()),
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", emulator.access_key_id()),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", emulator.access_key_secret()),
        ("HTTP_PROXY", "http://127.0.0.1:1"),
        ("HTTPS_PROXY", "http://127.0.0.1:1"),
        ("ALL_PROXY", "http://127.0.0.1:1"),
        ("NO_PROXY", "127.0.0.1"),
        ("HOME", "/nonexistent"),
    ] {
        // SAFETY: libFuzzer calls a target from one thread, and we have started none that reads the
        // environment.
        unsafe { std::env::set_var(name, value) };
    }
    ProviderService::new(|| Server::new(Arc::new(Mss::new(Environment::from_process()))))
}

/// Any type, not nested deep.
pub fn any_type(from: &mut Unstructured, depth: usize) -> Result<Type> {
    Ok(match from.int_in_range(0..=if depth == 0 { 3 } else { 8 })? {
        0 => Type::String,
        1 => Type::Number,
        2 => Type::Bool,
        3 => Type::Dynamic,
        4 => Type::List(Box::new(any_type(from, depth - 1)?)),
        5 => Type::Set(Box::new(any_type(from, depth - 1)?)),
        6 => Type::Map(Box::new(any_type(from, depth - 1)?)),
        7 => {
            let mut attributes = BTreeMap::new();
            for _ in 0..from.int_in_range(0..=4)? {
                attributes.insert(from.arbitrary::<String>()?, any_type(from, depth - 1)?);
            }
            Type::Object(attributes)
        }
        _ => {
            let count = from.int_in_range(0..=4)?;
            Type::Tuple((0..count).map(|_| any_type(from, depth - 1)).collect::<Result<_>>()?)
        }
    })
}

/// Any value of a type; `words` are texts that mean something where it goes.
pub fn any_value(from: &mut Unstructured, of: &Type, words: &[&str]) -> Result<Value> {
    value_within(from, of, words, 3)
}

/// `dynamic` is how often a dynamic value may be inside another.
fn value_within(from: &mut Unstructured, of: &Type, words: &[&str], dynamic: usize) -> Result<Value> {
    let any_value =
        |from: &mut Unstructured, of: &Type, words: &[&str]| value_within(from, of, words, dynamic);
    match from.int_in_range(0..=9)? {
        0 | 1 => return Ok(Value::Null),
        2 => return Ok(Value::Unknown),
        _ => {}
    }
    Ok(match of {
        Type::String if words.is_empty() || from.ratio(1, 4)? => Value::String(from.arbitrary()?),
        Type::String => Value::String((*from.choose(words)?).to_owned()),
        Type::Bool => Value::Bool(from.arbitrary()?),
        Type::Number => match from.arbitrary::<String>()?.parse() {
            Ok(number) => Value::Number(number),
            Err(()) => Value::Number(from.arbitrary::<i64>()?.into()),
        },
        Type::List(of) | Type::Set(of) => {
            let count = from.int_in_range(0..=3)?;
            Value::List((0..count).map(|_| any_value(from, of, words)).collect::<Result<_>>()?)
        }
        Type::Tuple(types) => {
            Value::List(types.iter().map(|of| any_value(from, of, words)).collect::<Result<_>>()?)
        }
        Type::Map(of) => {
            let count = from.int_in_range(0..=3)?;
            let element =
                |from: &mut Unstructured| Ok((from.arbitrary::<String>()?, any_value(from, of, words)?));
            Value::Map((0..count).map(|_| element(from)).collect::<Result<_>>()?)
        }
        Type::Object(attributes) => {
            let attribute = |(name, of): (&String, &Type)| Ok((name.clone(), any_value(from, of, words)?));
            Value::Map(attributes.iter().map(attribute).collect::<Result<_>>()?)
        }
        Type::Dynamic if dynamic == 0 => Value::Null,
        Type::Dynamic => {
            let of = any_type(from, 1)?;
            match of {
                Type::Dynamic => Value::Null,
                of => {
                    let value = value_within(from, &of, words, dynamic - 1)?;
                    Value::Dynamic(Box::new(of), Box::new(value))
                }
            }
        }
    })
}
