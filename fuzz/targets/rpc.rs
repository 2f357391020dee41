//! Whole RPCs with any values for our schemas, and with any bytes in their messages, against an
//! emulator. Each is answered, whatever is in it, and no answer reports a panic.

#![no_main]

use std::time::Duration;

use arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use prost::Message;
use terraform_provider_mss::{
    emulator::{self, Emulator},
    framework::{
        provider::Provider as _,
        value::{Type, msgpack},
    },
    protocol::{
        ProviderService,
        generated::{self as wire, provider_server::Provider},
    },
    provider::{Environment, Mss},
};
use terraform_provider_mss_fuzz::any_value;
use tokio::{runtime::Runtime, time::timeout};
use tonic::Request;

const NAME: &str = "mss_service_linked_role";
const WORDS: &[&str] = &[
    "AliyunServiceRoleForMssp",
    "AliyunServiceRoleForESAMssp",
    "mssp.aliyuncs.com",
    "1234567890123456",
    "2222222222222222",
    "1234567890123456:AliyunServiceRoleForMssp",
    "abandon",
    "prevent",
    "acs:ram::1234567890123456:role/aliyunserviceroleformssp",
    "1s",
    "2020-01-02T03:04:05Z",
];

const PATIENCE: Duration = Duration::from_secs(1);

struct Setting {
    runtime: Runtime,
    service: ProviderService,
    resource: Type,
    config: Type,
    data_sources: Vec<(String, Type)>,
    _emulator: Emulator,
}

thread_local! {
    static SETTING: Setting = {
        let runtime = terraform_provider_mss_fuzz::runtime();
        let emulator = terraform_provider_mss_fuzz::emulator(&runtime);
        let service = terraform_provider_mss_fuzz::provider(&emulator);
        let mss = Mss::new(Environment::default());
        let resource = mss.resources()[0].schema().object_type();
        let config = mss.schema().object_type();
        let data_sources = mss.data_sources();
        let data_sources = data_sources.iter().map(|of| (of.type_name().to_owned(), of.schema().object_type()));
        let data_sources = data_sources.collect();
        let setting = Setting { runtime, service, resource, config, data_sources, _emulator: emulator };
        setting.runtime.block_on(configure(&setting));
        setting
    };
}

async fn configure(setting: &Setting) {
    let empty = match &setting.config {
        Type::Object(attributes) => {
            attributes.keys().map(|name| (name.clone(), None::<&str>.into())).collect()
        }
        _ => unreachable!("a schema is an object"),
    };
    let bytes =
        msgpack::encode(terraform_provider_mss::framework::value::Value::Map(empty), &setting.config);
    let config = Some(wire::DynamicValue { msgpack: bytes.unwrap(), json: Vec::new() });
    let request = wire::configure_provider::Request { config, ..Default::default() };
    let answer = setting.service.configure_provider(Request::new(request)).await.unwrap().into_inner();
    assert_eq!(answer.diagnostics, []);
}

fuzz_target!(|data: &[u8]| {
    SETTING.with(|setting| {
        let mut from = Unstructured::new(data);
        // A configuration may ask for a hundred attempts to reach a host that is not there.
        let _ = setting.runtime.block_on(async { timeout(PATIENCE, call(setting, &mut from)).await });
    });
});

async fn call(setting: &Setting, from: &mut Unstructured<'_>) -> Result<()> {
    let service = &setting.service;
    let choice: u8 = from.arbitrary()?;
    let raw = choice & 0x80 != 0;
    let value = |from: &mut Unstructured<'_>, of: &Type| -> Result<Option<wire::DynamicValue>> {
        let value = any_value(from, of, WORDS)?;
        let bytes = msgpack::encode(value, of).expect("a value of the type is written");
        Ok(Some(wire::DynamicValue { msgpack: bytes, json: Vec::new() }))
    };
    let type_name = NAME.to_owned();
    macro_rules! rpc {
        ($rpc:ident, $message:ident, |$request:ident| $fill:expr) => {{
            let mut $request = if raw {
                let bytes: Vec<u8> = from.arbitrary()?;
                let Ok(read) = wire::$message::Request::decode(bytes.as_slice()) else { return Ok(()) };
                read
            } else {
                wire::$message::Request::default()
            };
            if !raw {
                $fill;
            }
            if let Ok(answer) = service.$rpc(Request::new($request)).await {
                check(&answer.into_inner().diagnostics);
            }
        }};
    }
    match choice & 0x0f {
        0 => rpc!(validate_provider_config, validate_provider_config, |request| {
            request.config = value(from, &setting.config)?;
        }),
        1 => {
            rpc!(configure_provider, configure_provider, |request| {
                request.config = value(from, &setting.config)?;
                request.terraform_version = from.arbitrary()?;
            });
            configure(setting).await;
        }
        2 => rpc!(validate_resource_config, validate_resource_config, |request| {
            request.type_name = type_name;
            request.config = value(from, &setting.resource)?;
        }),
        3 => rpc!(upgrade_resource_state, upgrade_resource_state, |request| {
            request.type_name = type_name;
            request.version = from.int_in_range(0..=2)?;
            request.raw_state = Some(wire::RawState { json: from.arbitrary()?, flatmap: Default::default() });
        }),
        4 => rpc!(upgrade_resource_identity, upgrade_resource_identity, |request| {
            request.type_name = type_name;
            request.version = from.int_in_range(0..=2)?;
            request.raw_identity =
                Some(wire::RawState { json: from.arbitrary()?, flatmap: Default::default() });
        }),
        5 => rpc!(read_resource, read_resource, |request| {
            request.type_name = type_name;
            request.current_state = value(from, &setting.resource)?;
        }),
        6 | 7 => rpc!(plan_resource_change, plan_resource_change, |request| {
            request.type_name = type_name;
            request.prior_state = value(from, &setting.resource)?;
            request.config = value(from, &setting.resource)?;
            request.proposed_new_state =
                if from.arbitrary()? { request.config.clone() } else { value(from, &setting.resource)? };
            request.prior_private = from.arbitrary()?;
        }),
        8 | 9 => rpc!(apply_resource_change, apply_resource_change, |request| {
            request.type_name = type_name;
            request.prior_state = value(from, &setting.resource)?;
            request.planned_state = value(from, &setting.resource)?;
            request.config = request.planned_state.clone();
        }),
        10 => rpc!(import_resource_state, import_resource_state, |request| {
            request.type_name = type_name;
            request.id =
                if from.arbitrary()? { (*from.choose(WORDS)?).to_owned() } else { from.arbitrary()? };
        }),
        11 => rpc!(move_resource_state, move_resource_state, |request| {
            request.target_type_name = type_name;
            request.source_type_name = "alicloud_resource_manager_service_linked_role".to_owned();
            request.source_provider_address = "registry.terraform.io/aliyun/alicloud".to_owned();
            request.source_state =
                Some(wire::RawState { json: from.arbitrary()?, flatmap: Default::default() });
        }),
        12 => rpc!(generate_resource_config, generate_resource_config, |request| {
            request.type_name = type_name;
            request.state = value(from, &setting.resource)?;
        }),
        13 => {
            let (name, of) = from.choose(&setting.data_sources)?;
            rpc!(validate_data_resource_config, validate_data_resource_config, |request| {
                request.type_name = name.clone();
                request.config = value(from, of)?;
            });
        }
        14 => {
            let (name, of) = from.choose(&setting.data_sources)?;
            rpc!(read_data_source, read_data_source, |request| {
                request.type_name = name.clone();
                request.config = value(from, of)?;
            });
        }
        _ => {
            let name = (*from.choose(&["role_arn", "parse_role_arn", "service_name"])?).to_owned();
            let mut arguments = Vec::new();
            for _ in 0..from.int_in_range(0..=3)? {
                arguments.extend(value(from, &Type::String)?);
            }
            let request = wire::call_function::Request { name, arguments };
            if let Ok(answer) = service.call_function(Request::new(request)).await {
                let text = answer.into_inner().error.map(|error| error.text).unwrap_or_default();
                assert!(!text.contains("CallFunction failed"), "{text}");
            }
        }
    }
    Ok(())
}

fn check(diagnostics: &[wire::Diagnostic]) {
    for found in diagnostics {
        let text = format!("{}\n{}", found.summary, found.detail);
        // Terraform applies only what is known, but for computed attributes; the engine anything.
        // Nor does it pass on an identity of a later version.
        let never_sent = ["A value is still unknown after apply.", "A stored identity has version"];
        let never_sent = never_sent.iter().any(|text| found.detail.starts_with(text));
        assert!(found.summary != "Unexpected provider behaviour" || never_sent, "{text}");
        for (what, beginning) in emulator::SECRETS {
            assert!(!text.contains(beginning), "a secret is shown ({what}): {text}");
        }
        assert_ne!(found.severity(), wire::diagnostic::Severity::Invalid);
    }
}
