//! The provider binary, started and spoken to as Terraform does it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex},
};

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use hyper_util::rt::TokioIo;
use rustls::{
    ClientConfig, RootCertStore, SupportedProtocolVersion,
    pki_types::{CertificateDer, ServerName},
};
use tempfile::{NamedTempFile, TempDir};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    net::UnixStream,
    process::{Child, Command},
    sync::mpsc,
};
use tokio_rustls::TlsConnector;
use tokio_util::io::InspectReader;
use tonic::transport::{Channel, Endpoint};

use super::{
    client_certificate::ClientCertificate,
    rpc::{
        health::health_client::HealthClient,
        plugin::{
            Empty, grpc_broker_client::GrpcBrokerClient, grpc_controller_client::GrpcControllerClient,
            grpc_stdio_client::GrpcStdioClient,
        },
        tfplugin6::provider_client::ProviderClient,
    },
    secrets, within,
};

/// What Terraform sets so that a plugin knows it.
pub const COOKIE: (&str, &str) =
    ("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2");

/// What a Terraform of today offers.
pub const VERSIONS: (&str, &str) = ("PLUGIN_PROTOCOL_VERSIONS", "5,6");

/// Every version of TLS that Terraform may choose.
pub const ALL_TLS: &[&SupportedProtocolVersion] = &[&rustls::version::TLS13, &rustls::version::TLS12];

/// Go's gRPC limit, in bytes.
const MESSAGE_LIMIT: usize = i32::MAX as usize;

/// A provider binary that is running, with its output. Killed when dropped.
pub struct Program {
    child: Child,
    stdout: Lines,
    /// A file, so that all is there at once when it is searched.
    stderr: NamedTempFile,
    temporary_folder: TempDir,
}

impl Program {
    /// Starts the binary with these variables and no others but `TMPDIR`, a folder of its own.
    pub fn start(variables: &[(&str, &str)], arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_terraform-provider-mss"));
        command.args(arguments).env_clear();
        Self::run(command, variables)
    }

    /// Starts the binary under a shell, which waits for it.
    pub fn start_under_shell(variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", "\"$0\" & wait", env!("CARGO_BIN_EXE_terraform-provider-mss")]);
        Self::run(command, variables)
    }

    /// Starts the binary by another program, which takes it and its arguments after its own.
    pub fn start_by(by: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(by[0]);
        command.args(&by[1..]).arg(env!("CARGO_BIN_EXE_terraform-provider-mss")).env_clear();
        Self::run(command, variables)
    }

    /// Starts what a command says, with these variables besides its own.
    pub fn run(mut command: Command, variables: &[(&str, &str)]) -> Self {
        for (name, value) in variables {
            secrets::add_variable(name, value);
        }
        let temporary_folder = tempfile::tempdir().unwrap();
        let stderr = NamedTempFile::new().unwrap();
        let mut child = command
            .env("TMPDIR", temporary_folder.path())
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(stderr.reopen().unwrap())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self { stdout: Lines::of(child.stdout.take().unwrap()), stderr, child, temporary_folder }
    }

    pub fn process_id(&self) -> u32 {
        self.child.id().unwrap()
    }

    /// The next line of standard output, none at its end.
    pub async fn stdout_line(&mut self) -> Option<String> {
        within("a line on stdout", self.stdout.next()).await
    }

    /// Reads the handshake line.
    pub async fn handshake(&mut self) -> Handshake {
        let line = self.stdout_line().await;
        match line {
            Some(line) => Handshake::parse(&line),
            None => panic!("no handshake line; stderr: {:?}", self.stderr()),
        }
    }

    /// What it has written to standard error until now.
    pub fn stderr(&self) -> Vec<String> {
        let text = String::from_utf8(fs::read(self.stderr.path()).unwrap()).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    /// Sends a signal by name, for instance `INT`.
    pub async fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args([format!("-{name}"), self.process_id().to_string()])
            .status()
            .await
            .unwrap();
        assert!(status.success(), "kill -{name}");
    }

    /// Kills the process that was started, not its children, and waits for it.
    pub async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    /// Waits until the process has ended and its output is closed.
    pub async fn ended(mut self) -> Ended {
        let status = within("the process to end", self.child.wait()).await;
        within("the end of stdout", self.stdout.finish()).await;
        Ended {
            status: status.unwrap(),
            stdout: self.stdout.seen(),
            stderr: self.stderr(),
            left_behind: entries(self.temporary_folder.path()),
        }
    }
}

impl Drop for Program {
    /// No secret is in what it wrote.
    fn drop(&mut self) {
        let output = self.stdout.seen().join("\n");
        let mut leaks = secrets::leaks("stdout of the provider", output.as_bytes());
        leaks.extend(secrets::leaks("stderr of the provider", &fs::read(self.stderr.path()).unwrap()));
        secrets::report(&leaks);
    }
}

/// What is left of a process.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    pub stdout: Vec<String>,
    pub stderr: Vec<String>,
    /// What lies in its folder for temporary files.
    pub left_behind: Vec<PathBuf>,
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect()
}

/// Lines of a pipe, read as they come so that the pipe never fills.
struct Lines {
    arriving: mpsc::UnboundedReceiver<String>,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Lines {
    fn of(pipe: impl AsyncRead + Send + Unpin + 'static) -> Self {
        let (arrived, arriving) = mpsc::unbounded_channel();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let all = Arc::clone(&seen);
        tokio::spawn(async move {
            let mut lines = BufReader::new(pipe).lines();
            while let Some(line) = lines.next_line().await.unwrap() {
                all.lock().unwrap().push(line.clone());
                let _ = arrived.send(line);
            }
        });
        Self { arriving, seen }
    }

    async fn next(&mut self) -> Option<String> {
        self.arriving.recv().await
    }

    async fn finish(&mut self) {
        while self.next().await.is_some() {}
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

/// The fields of the handshake line.
#[derive(Debug, Clone)]
pub struct Handshake {
    pub fields: Vec<String>,
    received: Received,
}

impl Handshake {
    pub fn parse(line: &str) -> Self {
        let fields = line.split('|').map(str::to_owned).collect();
        Self { fields, received: Received::default() }
    }

    /// Path of the socket.
    pub fn address(&self) -> &Path {
        assert_eq!(self.fields[2], "unix");
        Path::new(&self.fields[3])
    }

    /// The server's certificate; none without TLS.
    pub fn certificate(&self) -> Option<CertificateDer<'static>> {
        let field = &self.fields[5];
        (!field.is_empty()).then(|| STANDARD_NO_PAD.decode(field).unwrap().into())
    }

    /// Connects as a client that shows this certificate, or none, and speaks these versions of TLS.
    ///
    /// A refusal may show only at the first call.
    pub async fn connect(
        &self,
        shown: Option<&ClientCertificate>,
        versions: &[&'static SupportedProtocolVersion],
    ) -> Result<Channel, tonic::transport::Error> {
        let server = self.certificate().expect("the server has TLS");
        let tls = TlsConnector::from(Arc::new(client_config(server, shown, versions)));
        let path = self.address().to_owned();
        let received = self.received.clone();
        let connector = tower::service_fn(move |_| {
            let (tls, path, received) = (tls.clone(), path.clone(), received.clone());
            async move {
                let socket = UnixStream::connect(path).await?;
                let name = ServerName::try_from("localhost").unwrap();
                let stream = tls.connect(name, socket).await?;
                assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
                let stream = InspectReader::new(stream, move |bytes: &[u8]| received.add(bytes));
                Ok::<_, std::io::Error>(TokioIo::new(stream))
            }
        });
        endpoint().connect_with_connector(connector).await
    }

    /// Connects without TLS.
    pub async fn connect_plain(&self) -> Result<Channel, tonic::transport::Error> {
        connect_plain(self.address()).await
    }
}

/// Connects to a socket without TLS.
pub async fn connect_plain(socket: &Path) -> Result<Channel, tonic::transport::Error> {
    let path = socket.to_owned();
    let connector = tower::service_fn(move |_| {
        let path = path.clone();
        async move {
            let socket = UnixStream::connect(path).await?;
            Ok::<_, std::io::Error>(TokioIo::new(socket))
        }
    });
    endpoint().connect_with_connector(connector).await
}

fn endpoint() -> Endpoint {
    Endpoint::from_static("http://localhost")
}

fn client_config(
    server: CertificateDer<'static>,
    shown: Option<&ClientCertificate>,
    versions: &[&'static SupportedProtocolVersion],
) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(server).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match shown {
        Some(certificate) => config.with_client_cert_resolver(certificate.resolver()),
        None => config.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    config
}

/// A provider that Terraform has started and is connected to, with mutual TLS.
pub struct ProviderProcess {
    program: Program,
    handshake: Handshake,
    certificate: ClientCertificate,
    channel: Channel,
    _search: SearchAtTheEnd,
}

/// All that a provider has sent through TLS, decrypted: values, plans, states, diagnostics.
#[derive(Debug, Clone, Default)]
struct Received(Arc<Mutex<Vec<u8>>>);

impl Received {
    fn add(&self, bytes: &[u8]) {
        self.0.lock().unwrap().extend_from_slice(bytes);
    }
}

/// No secret may be in what a provider has sent.
struct SearchAtTheEnd(Received);

impl Drop for SearchAtTheEnd {
    fn drop(&mut self) {
        secrets::report(&secrets::leaks("answers of the provider", &self.0.0.lock().unwrap()));
    }
}

impl ProviderProcess {
    /// Starts the binary with these variables beside Terraform's own, and connects. Unless they say
    /// otherwise it logs all it can.
    pub async fn start(variables: &[(&str, &str)]) -> Self {
        Self::start_exactly(&[&[("TF_LOG_PROVIDER", "TRACE")], variables].concat()).await
    }

    /// The same without a log, unless the variables ask for one.
    pub async fn start_exactly(variables: &[(&str, &str)]) -> Self {
        Self::connected(variables, |variables| Program::start(variables, &[])).await
    }

    /// The same by another program, which takes the binary after its own arguments.
    pub async fn start_by(by: &[&str], variables: &[(&str, &str)]) -> Self {
        Self::connected(variables, |variables| Program::start_by(by, variables)).await
    }

    async fn connected(variables: &[(&str, &str)], start: impl FnOnce(&[(&str, &str)]) -> Program) -> Self {
        let certificate = ClientCertificate::generate();
        let pem = certificate.pem();
        let own = [COOKIE, VERSIONS, ("PLUGIN_CLIENT_CERT", pem.as_str())];
        let mut program = start(&[&own, variables].concat());
        let handshake = program.handshake().await;
        let channel = handshake.connect(Some(&certificate), ALL_TLS);
        let channel = within("the connection", channel).await.unwrap();
        let search = SearchAtTheEnd(handshake.received.clone());
        Self { program, handshake, certificate, channel, _search: search }
    }

    pub fn handshake(&self) -> &Handshake {
        &self.handshake
    }

    /// The certificate that this Terraform shows.
    pub fn certificate(&self) -> &ClientCertificate {
        &self.certificate
    }

    pub fn program(&self) -> &Program {
        &self.program
    }

    /// The provider's calls.
    pub fn client(&self) -> ProviderClient<Channel> {
        ProviderClient::new(self.channel.clone())
            .max_decoding_message_size(MESSAGE_LIMIT)
            .max_encoding_message_size(MESSAGE_LIMIT)
    }

    pub fn controller(&self) -> GrpcControllerClient<Channel> {
        GrpcControllerClient::new(self.channel.clone())
    }

    pub fn stdio(&self) -> GrpcStdioClient<Channel> {
        GrpcStdioClient::new(self.channel.clone())
    }

    pub fn broker(&self) -> GrpcBrokerClient<Channel> {
        GrpcBrokerClient::new(self.channel.clone())
    }

    pub fn health(&self) -> HealthClient<Channel> {
        HealthClient::new(self.channel.clone())
    }

    /// What the provider has logged until now, line by line.
    pub fn stderr(&self) -> Vec<String> {
        self.program.stderr()
    }

    /// Asks the provider to end and waits until it has.
    pub async fn shutdown(self) -> Ended {
        let mut controller = self.controller();
        let answer = within("Shutdown", controller.shutdown(Empty {})).await;
        answer.unwrap();
        drop(self.channel);
        self.program.ended().await
    }
}
