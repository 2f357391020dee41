//! Single RPCs in one process, and its memory after a plan.

use std::{fmt::Write as _, time::Instant};

use hyper_util::rt::TokioIo;
use prost::bytes::{Buf, BufMut, Bytes};
use serde_json::{Value as Json, json};
use terraform_provider_mss::framework::value::Type;
use tokio::net::{TcpStream, UnixStream};
use tonic::{
    Request, Status,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    transport::{Channel, Endpoint},
};

use crate::{
    cloud::SecureCloud,
    figures::{Series, short, spread},
    many::FIRST_MEMBER,
    process::{Started, resident},
    programs::{Program, Programs},
    report::{Section, table},
    support::{
        client_certificate::ClientCertificate,
        provider_process::{ALL_TLS, Handshake},
        resource::{block, encode, object_type, whole},
        rpc::tfplugin6::{self as wire, provider_client::ProviderClient},
    },
};

const TURNS: usize = 200;
const ROLE: &str = "mss_service_linked_role";

/// Messages as they are on the wire, so that every version of the protocol can be asked.
#[derive(Clone, Copy, Default)]
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, out: &mut EncodeBuf<'_>) -> Result<(), Status> {
        out.put(item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}

/// Connects to a program that was started without a client certificate.
async fn connect_plain(started: &Started) -> Channel {
    let fields: Vec<String> = started.line.trim().split('|').map(str::to_owned).collect();
    let connector = tower::service_fn(move |_| {
        let (network, address) = (fields[2].clone(), fields[3].clone());
        async move {
            let stream: Box<dyn Stream> = match network.as_str() {
                "unix" => Box::new(UnixStream::connect(address).await?),
                _ => {
                    let stream = TcpStream::connect(address).await?;
                    stream.set_nodelay(true)?;
                    Box::new(stream)
                }
            };
            Ok::<_, std::io::Error>(TokioIo::new(stream))
        }
    });
    Endpoint::from_static("http://localhost").connect_with_connector(connector).await.unwrap()
}

trait Stream: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin {}
impl<T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin> Stream for T {}

/// Asks for the schemas; answers the bytes on the wire.
async fn schema(started: &Started, channel: Channel) -> Bytes {
    let path = match started.line.split('|').nth(1) {
        Some("5") => "/tfplugin5.Provider/GetSchema",
        _ => "/tfplugin6.Provider/GetProviderSchema",
    };
    let mut grpc = Grpc::new(channel).max_decoding_message_size(usize::MAX);
    grpc.ready().await.unwrap();
    let answer = grpc.unary(Request::new(Bytes::new()), path.parse().unwrap(), Raw).await;
    answer.unwrap().into_inner()
}

pub async fn schema_size(program: &Program) -> u32 {
    let started = Started::new(program, None, &[]);
    let channel = connect_plain(&started).await;
    schema(&started, channel).await.len().try_into().unwrap()
}

pub async fn measure(programs: &Programs) -> Section {
    let mut text = format!(
        "One RPC at a time on a warm connection; median of {TURNS}, the middle half in brackets.\n\n\
         GetProviderSchema without TLS, which each client of these takes:\n\n"
    );
    text += &schema_times(programs).await;
    text += "\nOf terraform-provider-mss, with mutual TLS as Terraform speaks it; the cloud is the emulator \
             behind HTTPS:\n\n";
    text += &own_times(programs).await;
    Section { title: "Single RPCs".to_owned(), text, bars: Vec::new() }
}

async fn schema_times(programs: &Programs) -> String {
    let providers = programs.providers();
    let mut channels = Vec::new();
    for program in providers {
        let started = Started::new(program, None, &[]);
        let channel = connect_plain(&started).await;
        schema(&started, channel.clone()).await;
        channels.push((started, channel));
    }
    let mut times = [(); 3].map(|()| Series::default());
    for _ in 0..TURNS {
        for (index, (started, channel)) in channels.iter().enumerate() {
            let start = Instant::now();
            schema(started, channel.clone()).await;
            times[index].push_milliseconds(start.elapsed());
        }
    }
    let rows = providers.iter().zip(&times).map(|(program, series)| {
        vec![program.name.clone(), spread(series), short(series.over(&times[2]).median())]
    });
    table(&["Program", "GetProviderSchema, ms", "× Go provider"], &rows.collect::<Vec<_>>())
}

async fn own_times(programs: &Programs) -> String {
    let accounts: Vec<_> = (0..TURNS).map(|member| (FIRST_MEMBER + member).to_string()).collect();
    let secure = SecureCloud::start_with_seed(json!({ "members": accounts })).await;
    let certificate = ClientCertificate::generate();
    let started = Started::new(&programs.ours, Some(&certificate.pem()), &secure.environment());
    let process = started.process_id();
    let channel = Handshake::parse(started.line.trim()).connect(Some(&certificate), ALL_TLS).await.unwrap();
    let mut client = ProviderClient::new(channel);
    let schemas = client.get_provider_schema(wire::get_provider_schema::Request {}).await;
    let schemas = schemas.unwrap().into_inner();
    let role = block(&schemas.resource_schemas[ROLE]);
    let (of, config_of) = (object_type(&role), object_type(&block(schemas.provider.as_ref().unwrap())));
    let after_schema = started.resident();

    client
        .configure_provider(wire::configure_provider::Request {
            terraform_version: "1.11.4".to_owned(),
            config: Some(encode(&json!({}), &config_of)),
            client_capabilities: None,
        })
        .await
        .unwrap();
    let config = whole(&role, &json!({ "role_name": "AliyunServiceRoleForMssp" }));
    let planned = plan(&mut client, &config, &of).await;
    let after_plan = started.resident();
    let applied = client
        .apply_resource_change(wire::apply_resource_change::Request {
            type_name: ROLE.to_owned(),
            prior_state: Some(encode(&Json::Null, &of)),
            planned_state: planned.planned_state,
            config: Some(encode(&config, &of)),
            planned_private: planned.planned_private,
            provider_meta: None,
            planned_identity: planned.planned_identity,
        })
        .await
        .unwrap()
        .into_inner();
    assert_eq!(applied.diagnostics, []);
    let state = applied.new_state.unwrap();

    let mut times = [(); 4].map(|()| Series::default());
    let calls_before = secure.cloud.call_count().await;
    for account in &accounts {
        // A role is planned once in a process. The first of each account opens its session, and is not timed.
        let [first, other] = ["AliyunServiceRoleForMssp", "AliyunServiceRoleForESAMssp"]
            .map(|name| whole(&role, &json!({ "account_id": account, "role_name": name })));
        plan(&mut client, &first, &of).await;

        let start = Instant::now();
        client.get_provider_schema(wire::get_provider_schema::Request {}).await.unwrap();
        times[0].push_milliseconds(start.elapsed());

        let start = Instant::now();
        let request = wire::validate_resource_config::Request {
            type_name: ROLE.to_owned(),
            config: Some(encode(&other, &of)),
            client_capabilities: None,
        };
        client.validate_resource_config(request).await.unwrap();
        times[1].push_milliseconds(start.elapsed());

        let start = Instant::now();
        plan(&mut client, &other, &of).await;
        times[2].push_milliseconds(start.elapsed());

        let start = Instant::now();
        let request = wire::read_resource::Request {
            type_name: ROLE.to_owned(),
            current_state: Some(state.clone()),
            ..Default::default()
        };
        let answer = client.read_resource(request).await.unwrap().into_inner();
        assert_eq!(answer.diagnostics, []);
        times[3].push_milliseconds(start.elapsed());
    }
    let calls = secure.cloud.actions().await.split_off(calls_before);
    let looked = calls.iter().filter(|action| *action == "GetRole").count();
    assert_eq!(looked, 3 * TURNS, "one look a plan and one a read: {calls:?}");
    let whats = [
        "GetProviderSchema",
        "ValidateResourceConfig",
        "PlanResourceChange of a create (one call to the cloud)",
        "ReadResource (one call)",
    ];
    let rows: Vec<_> =
        whats.iter().zip(&times).map(|(what, series)| vec![(*what).to_owned(), spread(series)]).collect();
    let mut text = table(&["RPC", "ms"], &rows);
    let mebibytes = |kibibytes: f64| format!("{:.1} MiB", kibibytes / 1024.0);
    let _ = write!(
        text,
        "\nResident after the schemas {}, after the first plan {}, at most {} until the end of all of these.\n",
        mebibytes(after_schema),
        mebibytes(after_plan),
        mebibytes(resident(process, "VmHWM:").expect("the process lives")),
    );
    text
}

/// Plans a create.
async fn plan(
    client: &mut ProviderClient<Channel>,
    config: &Json,
    of: &Type,
) -> wire::plan_resource_change::Response {
    let request = wire::plan_resource_change::Request {
        type_name: ROLE.to_owned(),
        prior_state: Some(encode(&Json::Null, of)),
        proposed_new_state: Some(encode(config, of)),
        config: Some(encode(config, of)),
        ..Default::default()
    };
    let answer = client.plan_resource_change(request).await.unwrap().into_inner();
    assert_eq!(answer.diagnostics, []);
    answer
}
