//! How the provider process starts, whom it trusts and when it ends.

use std::{
    fs::Permissions,
    os::unix::{
        fs::{MetadataExt, PermissionsExt},
        process::CommandExt,
    },
    path::Path,
};

use serde_json::Value;
use tokio::net::{UnixListener, UnixStream};
use tonic::{Code, transport::Channel};

use crate::support::{
    client_certificate::ClientCertificate,
    provider_process::{ALL_TLS, COOKIE, Program, ProviderProcess, VERSIONS, connect_plain},
    rpc::{
        health::{
            HealthCheckRequest, HealthCheckResponse, health_check_response::ServingStatus,
            health_client::HealthClient,
        },
        plugin::{Empty, grpc_controller_client::GrpcControllerClient},
        tfplugin6::{DynamicValue, validate_provider_config},
    },
    within,
};

#[tokio::test]
async fn started_by_hand() {
    let cases: [&[(&str, &str)]; 3] = [&[], &[(COOKIE.0, "wrong"), VERSIONS], &[(COOKIE.0, ""), VERSIONS]];
    for variables in cases {
        let ended = Program::start(variables, &[]).ended().await;
        assert_eq!(ended.status.code(), Some(1), "{ended:?}");
        assert_eq!(ended.stdout, [] as [&str; 0]);
        assert_eq!(ended.stderr.len(), 3, "{ended:?}");
        assert!(ended.stderr[0].contains("is a plugin"), "{ended:?}");
        assert!(ended.stderr[1].contains("required_providers"), "{ended:?}");
    }
}

#[tokio::test]
async fn asked_for_its_version() {
    let ended = Program::start(&[], &["-version"]).ended().await;
    assert_eq!(ended.status.code(), Some(0));
    let expected = concat!("terraform-provider-mss ", env!("CARGO_PKG_VERSION"), " (");
    assert!(ended.stdout.len() == 1 && ended.stdout[0].starts_with(expected), "{ended:?}");
    assert!(ended.stdout[0].ends_with(", plugin protocol 6)"), "{ended:?}");
}

#[tokio::test]
async fn client_of_another_protocol_version() {
    let variables = [COOKIE, ("PLUGIN_PROTOCOL_VERSIONS", "4,5")];
    let ended = Program::start(&variables, &[]).ended().await;
    assert_eq!(ended.status.code(), Some(1));
    // From this line Terraform tells both versions.
    assert_eq!(ended.stdout, ["1|6|unix||grpc|"]);
    assert_eq!(ended.stderr.len(), 1);
    assert!(ended.stderr[0].contains("offers \"4,5\""), "{ended:?}");
    assert_eq!(ended.left_behind.len(), 0);
}

#[tokio::test]
async fn client_that_offers_our_version_among_others() {
    for versions in [Some("6"), Some("6,5"), None] {
        let mut variables = vec![COOKIE];
        variables.extend(versions.map(|versions| (VERSIONS.0, versions)));
        let mut program = Program::start(&variables, &[]);
        let handshake = program.handshake().await;
        assert_eq!(handshake.fields[..3], ["1", "6", "unix"], "{versions:?}");
    }
}

#[tokio::test]
async fn broken_client_certificate() {
    let variables = [COOKIE, VERSIONS, ("PLUGIN_CLIENT_CERT", "not a certificate")];
    let ended = Program::start(&variables, &[]).ended().await;
    assert_eq!(ended.status.code(), Some(1));
    // In place of the handshake, so that Terraform shows it.
    assert_eq!(ended.stdout, ended.stderr);
    assert_eq!(ended.stderr.len(), 1, "{ended:?}");
    assert!(ended.stderr[0].contains("PLUGIN_CLIENT_CERT"), "{ended:?}");
    assert_eq!(ended.left_behind.len(), 0);
}

#[tokio::test]
async fn temporary_folder_that_cannot_be_used() {
    let file = tempfile::NamedTempFile::new().unwrap();
    for folder in ["/nowhere/at/all", file.path().to_str().unwrap()] {
        let ended = Program::start(&[COOKIE, VERSIONS, ("TMPDIR", folder)], &[]).ended().await;
        assert_eq!(ended.status.code(), Some(1));
        assert_eq!(ended.stdout, ended.stderr);
        let expected = format!("terraform-provider-mss: cannot listen for Terraform at {folder}: ");
        assert!(ended.stdout.len() == 1 && ended.stdout[0].starts_with(&expected), "{ended:?}");
    }
}

#[tokio::test]
async fn empty_variables_count_as_unset() {
    let variables = [COOKIE, VERSIONS, ("TMPDIR", ""), ("PLUGIN_MULTIPLEX_GRPC", "")];
    let mut program = Program::start(&variables, &[]);
    let handshake = program.handshake().await;
    assert!(handshake.fields[3].starts_with("/tmp/"), "{:?}", handshake.fields);
    assert_eq!(handshake.fields.len(), 6);
}

#[tokio::test]
async fn refuses_everybody_but_the_pinned_client() {
    let provider = ProviderProcess::start(&[]).await;
    let handshake = provider.handshake();
    let stranger = ClientCertificate::generate();

    for version in ALL_TLS {
        let versions = &[*version];
        let nobody = handshake.connect(None, versions).await;
        assert!(!can_speak(nobody).await, "without certificate, {version:?}");
        let other = handshake.connect(Some(&stranger), versions).await;
        assert!(!can_speak(other).await, "other certificate, {version:?}");
    }
    let plain = handshake.connect_plain().await;
    assert!(!can_speak(plain).await, "without TLS");

    let pinned = provider.certificate();
    let right = handshake.connect(Some(pinned), ALL_TLS).await;
    assert!(can_speak(right).await, "the pinned one, after all those");
}

/// Errno of a connection by a user that nobody is; `None` if the connection is open.
fn refusal_of_a_stranger(socket: &Path) -> Option<i32> {
    let script = "import errno, socket, sys\n\
                  try: socket.socket(socket.AF_UNIX).connect(sys.argv[1])\n\
                  except OSError as error: sys.exit(error.errno)";
    let mut command = std::process::Command::new("python3");
    command.args(["-c", script]).arg(socket).current_dir("/").uid(STRANGER).gid(STRANGER);
    command.status().unwrap().code().filter(|code| *code != 0)
}

#[tokio::test]
async fn another_user_cannot_reach_the_socket() {
    // Everybody may use the folder in which the provider makes its own.
    let open = Permissions::from_mode(0o777);
    let parent = tempfile::Builder::new().permissions(open.clone()).tempdir().unwrap();
    let provider = ProviderProcess::start(&[("TMPDIR", parent.path().to_str().unwrap())]).await;
    let socket = provider.handshake().address();
    let folder = socket.parent().unwrap();
    assert_eq!(folder.parent(), Some(parent.path()));
    let folder = folder.metadata().unwrap();
    assert_eq!(folder.mode() & 0o777, 0o700);

    // Only root can be someone else. Its own files tell who we are.
    if folder.uid() == 0 {
        let reachable = parent.path().join("socket");
        let _listener = UnixListener::bind(&reachable).unwrap();
        std::fs::set_permissions(&reachable, open).unwrap();
        assert_eq!(refusal_of_a_stranger(&reachable), None, "the stranger can connect at all");
        assert_eq!(refusal_of_a_stranger(socket), Some(PERMISSION_DENIED));
    }
}

#[tokio::test]
async fn accepts_the_pinned_client_with_either_tls() {
    let provider = ProviderProcess::start(&[]).await;
    for version in ALL_TLS {
        let channel = provider.handshake().connect(Some(provider.certificate()), &[*version]).await;
        assert!(can_speak(channel).await, "{version:?}");
    }
}

#[tokio::test]
async fn silent_stranger_holds_nobody_up() {
    let provider = ProviderProcess::start(&[]).await;
    let handshake = provider.handshake();
    let _stranger = UnixStream::connect(handshake.address()).await.unwrap();
    let pinned = provider.certificate();
    assert!(can_speak(handshake.connect(Some(pinned), ALL_TLS).await).await);
}

#[tokio::test]
async fn speaks_plainly_to_a_client_without_certificate() {
    let mut program = Program::start(&[COOKIE, VERSIONS], &[]);
    let handshake = program.handshake().await;
    assert_eq!(handshake.certificate(), None);
    assert_eq!(handshake.fields.len(), 6);
    assert!(can_speak(handshake.connect_plain().await).await);
}

#[tokio::test]
async fn health() {
    let provider = ProviderProcess::start(&[]).await;
    let mut health = provider.health();
    let answer = health.check(about("plugin")).await.unwrap().into_inner();
    assert_eq!(answer.status(), ServingStatus::Serving);
    let refusal = health.check(about("other")).await.unwrap_err();
    assert_eq!(refusal.code(), Code::NotFound);

    let mut watched = health.watch(about("plugin")).await.unwrap().into_inner();
    let now: HealthCheckResponse = watched.message().await.unwrap().unwrap();
    assert_eq!(now.status(), ServingStatus::Serving);
}

#[tokio::test]
async fn shutdown_with_streams_open() {
    let provider = ProviderProcess::start_exactly(&[]).await;
    let mut output = provider.stdio().stream_stdio(()).await.unwrap().into_inner();
    let offers = tokio_stream::pending();
    let mut broker = provider.broker();
    let mut connections = broker.start_stream(offers).await.unwrap().into_inner();
    let folder = provider.handshake().address().parent().unwrap().to_owned();
    assert!(folder.exists());

    let ended = provider.shutdown().await;

    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    assert_eq!(ended.stdout.len(), 1, "only the handshake line: {ended:?}");
    assert_eq!(ended.stderr, [] as [&str; 0], "no log was asked for");
    assert!(!folder.exists());
    assert_eq!(ended.left_behind.len(), 0, "{ended:?}");
    // The streams end, one way or the other; Terraform waits for that.
    let _ = within("the end of stdio", output.message()).await;
    let _ = within("the end of the broker", connections.message()).await;
}

#[tokio::test]
async fn shutdown_without_tls() {
    let mut program = Program::start(&[COOKIE, VERSIONS], &[]);
    let channel = program.handshake().await.connect_plain().await.unwrap();
    let mut controller = GrpcControllerClient::new(channel);
    controller.shutdown(Empty {}).await.unwrap();
    assert_eq!(program.ended().await.status.code(), Some(0));
}

#[tokio::test]
async fn an_interrupt_of_the_terminal_changes_nothing() {
    let provider = ProviderProcess::start(&[]).await;
    for _ in 0..3 {
        provider.program().signal("INT").await;
        provider.health().check(about("plugin")).await.unwrap();
    }
    assert_eq!(provider.shutdown().await.status.code(), Some(0));
}

#[tokio::test]
async fn sigterm_ends_it() {
    let mut program = Program::start(&[COOKIE, VERSIONS, ("TF_LOG", "WARN")], &[]);
    let channel = program.handshake().await.connect_plain().await.unwrap();
    HealthClient::new(channel).check(about("plugin")).await.unwrap();
    program.signal("TERM").await;
    let ended = program.ended().await;
    assert_eq!((ended.status.code(), ended.left_behind.len()), (Some(0), 0), "{ended:?}");
    assert!(ended.stderr.len() == 1 && ended.stderr[0].contains("SIGTERM"), "{ended:?}");
}

/// A provider whose event loop stands still, as `/proc` shows it.
#[cfg(target_os = "linux")]
mod stuck {
    use std::{path::PathBuf, process::Stdio};

    use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};

    use super::*;
    use crate::support::provider_process::Handshake;

    /// A provider that can do nothing: it waits for a pipe that nobody reads. Its socket is there.
    async fn standing_still() -> (tokio::process::Child, UnixStream, PathBuf, tempfile::TempDir) {
        let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
        theirs.set_nonblocking(true).unwrap();
        while std::io::Write::write(&mut &theirs, &[b'x'; 4096]).is_ok() {}
        theirs.set_nonblocking(false).unwrap();
        ours.set_nonblocking(true).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let certificate = ClientCertificate::generate();
        let mut command = tokio::process::Command::new("sh");
        command
            .args(["-c", "\"$0\" & echo $!; wait", env!("CARGO_BIN_EXE_terraform-provider-mss")])
            .env_clear()
            .envs([COOKIE, VERSIONS, ("TF_LOG", "WARN"), ("PLUGIN_CLIENT_CERT", &certificate.pem())])
            .env("TMPDIR", folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(std::os::fd::OwnedFd::from(theirs))
            .kill_on_drop(true);
        let mut shell = command.spawn().unwrap();
        drop(command);
        let mut lines = BufReader::new(shell.stdout.take().unwrap()).lines();
        let process_id = within("the process ID", lines.next_line()).await.unwrap().unwrap();
        let line = within("the handshake", lines.next_line()).await.unwrap().unwrap();
        // It has something to say of a stranger.
        let mut stranger = UnixStream::connect(Handshake::parse(&line).address()).await.unwrap();
        stranger.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        let _ = within("the refusal", stranger.read_to_end(&mut Vec::new())).await;
        let ours = UnixStream::from_std(ours).unwrap();
        (shell, ours, PathBuf::from(format!("/proc/{process_id}")), folder)
    }

    /// Whatever its event loop waits for, the process ends.
    #[tokio::test]
    async fn ends_although_its_event_loop_stands_still() {
        for event in ["INT", "TERM", "the end of its parent"] {
            let (mut shell, _unread, process, folder) = standing_still().await;
            let process_id = process.file_name().unwrap().to_str().unwrap().to_owned();
            if event == "the end of its parent" {
                shell.kill().await.unwrap();
            }
            within("the process to end", async {
                // Until it is stuck an interrupt changes nothing.
                while is_running(&process) {
                    if event != "the end of its parent" {
                        let kill = ["-s", event, &process_id];
                        let _ = tokio::process::Command::new("kill")
                            .args(kill)
                            .stderr(Stdio::null())
                            .status()
                            .await;
                    }
                    tokio::task::yield_now().await;
                }
            })
            .await;
            let left = folder.path().read_dir().unwrap().count();
            assert_eq!(left, 0, "{event}");
        }
    }

    /// Neither gone nor waiting to be asked for its status.
    fn is_running(process: &Path) -> bool {
        let status = std::fs::read_to_string(process.join("stat")).unwrap_or_default();
        status.rsplit_once(") ").is_some_and(|(_, fields)| !fields.starts_with('Z'))
    }
}

/// The error says that the limit is too low.
#[tokio::test]
async fn too_few_descriptors_are_a_sentence() {
    for limit in [8, 12, 20, 30] {
        let script = format!("ulimit -n {limit} && exec \"$0\"");
        let mut command = tokio::process::Command::new("sh");
        command
            .args(["-c", &script, env!("CARGO_BIN_EXE_terraform-provider-mss")])
            .env_clear()
            .envs([COOKIE, VERSIONS])
            .kill_on_drop(true);
        let run = within("the process to end", command.output()).await.unwrap();
        let told = String::from_utf8(run.stderr).unwrap();
        assert_eq!(run.status.code(), Some(1), "{limit}: {told}");
        assert!(told.contains(&format!("`ulimit -n`, is {limit}")) && !told.contains("panic"), "{told}");
    }
}

/// A lower limit than the system allows is raised.
#[tokio::test]
async fn a_low_limit_of_descriptors_is_raised() {
    let script = "ulimit -Sn 20 && exec \"$0\"";
    let mut command = tokio::process::Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_terraform-provider-mss")]).env_clear();
    let mut program = Program::run(command, &[COOKIE, VERSIONS]);
    program.handshake().await.connect_plain().await.unwrap();
}

#[tokio::test]
async fn ends_when_its_parent_dies() {
    let variables = [COOKIE, VERSIONS, ("TF_LOG", "WARN")];
    let mut shell = Program::start_under_shell(&variables);
    let handshake = shell.handshake().await;
    let channel = handshake.connect_plain().await.unwrap();
    let mut health = HealthClient::new(channel);
    health.check(about("plugin")).await.unwrap();

    shell.kill().await;

    let ended = shell.ended().await;
    assert_eq!(ended.left_behind.len(), 0, "{ended:?}");
    assert_eq!(ended.stderr.len(), 1, "{ended:?}");
    assert!(ended.stderr[0].contains("Terraform is gone"), "{ended:?}");
}

#[tokio::test]
async fn log_lines_are_hclog() {
    let asked: [(&str, &[(&str, &str)]); 4] = [
        ("TRACE for providers", &[("TF_LOG_PROVIDER", "TRACE")]),
        ("JSON for all", &[("TF_LOG", "JSON")]),
        (
            "more for this provider than for others",
            &[("TF_LOG_PROVIDER_MSS", "DEBUG"), ("TF_LOG_PROVIDER", "OFF")],
        ),
        ("more for providers than for Terraform", &[("TF_LOG_PROVIDER", "DEBUG"), ("TF_LOG", "ERROR")]),
    ];
    for (what, variables) in asked {
        let ended = ProviderProcess::start_exactly(variables).await.shutdown().await;
        assert!(!ended.stderr.is_empty(), "{what}");
        for line in &ended.stderr {
            assert_hclog(line);
        }
    }
}

#[tokio::test]
async fn silent_unless_a_log_is_asked_for() {
    let asked: [&[(&str, &str)]; 4] = [
        &[],
        &[("TF_LOG", "OFF")],
        &[("TF_LOG_PROVIDER", "OFF"), ("TF_LOG", "TRACE")],
        &[("TF_LOG_PROVIDER", "ERROR"), ("TF_LOG", "TRACE")],
    ];
    for variables in asked {
        let ended = ProviderProcess::start_exactly(variables).await.shutdown().await;
        assert_eq!(ended.stderr, [] as [&str; 0], "{variables:?}");
    }
}

#[tokio::test]
async fn takes_messages_of_sixty_megabytes() {
    let provider = ProviderProcess::start(&[]).await;
    let request = validate_provider_config::Request {
        config: Some(DynamicValue {
            // Nil sixty million times: the size is right, the value is not.
            msgpack: vec![0xc0; 60_000_000],
            json: Vec::new(),
        }),
    };
    let mut client = provider.client();
    let answer = within("the answer", client.validate_provider_config(request)).await;
    let refused_for_its_size = answer.is_err_and(|status| status.code() == Code::OutOfRange);
    assert!(!refused_for_its_size, "{:?}", provider.stderr());
}

#[tokio::test]
async fn debug_mode() {
    let mut program = Program::start(&[], &["-debug"]);
    let reattach = loop {
        let line = program.stdout_line().await.expect("the variable");
        if let Some(value) = line.strip_prefix("\tTF_REATTACH_PROVIDERS='") {
            break serde_json::from_str::<Value>(value.strip_suffix('\'').unwrap()).unwrap();
        }
    };
    let own = &reattach["registry.terraform.io/mss-iac/mss"];
    assert_eq!(own, &reattach["registry.opentofu.org/mss-iac/mss"]);
    assert_eq!(own["Protocol"], "grpc");
    assert_eq!(own["ProtocolVersion"], 6);
    assert_eq!(own["Pid"], program.process_id());
    assert_eq!(own["Test"], true);
    assert_eq!(own["Addr"]["Network"], "unix");

    // Terraform connects again for each process that it would have started.
    let socket = own["Addr"]["String"].as_str().unwrap();
    for _ in 0..2 {
        assert!(can_speak(connect_plain(socket.as_ref()).await).await);
    }
    program.signal("INT").await;
    let ended = program.ended().await;
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    assert_eq!(ended.left_behind.len(), 0, "{ended:?}");
}

/// Whether a call gets an answer.
async fn can_speak(channel: Result<Channel, tonic::transport::Error>) -> bool {
    let Ok(channel) = channel else {
        return false;
    };
    let mut health = HealthClient::new(channel);
    within("an answer or a refusal", health.check(about("plugin"))).await.is_ok()
}

fn about(service: &str) -> HealthCheckRequest {
    HealthCheckRequest { service: service.to_owned() }
}

fn assert_hclog(line: &str) {
    let value: Value = serde_json::from_str(line).unwrap();
    let levels = ["trace", "debug", "info", "warn", "error"];
    assert!(levels.contains(&value["@level"].as_str().unwrap()), "{line}");
    assert!(value["@message"].is_string(), "{line}");
    assert!(value["@module"].is_string(), "{line}");
    let time = value["@timestamp"].as_str().unwrap();
    let shape: String =
        time.chars().map(|letter| if letter.is_ascii_digit() { '0' } else { letter }).collect();
    assert_eq!(shape, "0000-00-00T00:00:00.000000Z", "{line}");
}

/// No user has this number.
const STRANGER: u32 = 54_321;
/// EACCES, on every Unix.
const PERMISSION_DENIED: i32 = 13;
