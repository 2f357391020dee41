//! `mss-emulator`: a small Alibaba Cloud on loopback, for the quick start, for tests and for CI.
//!
//! The cloud itself is `terraform_provider_mss::emulator`; here are its commands.

use std::{
    ffi::OsString,
    io::{self, Read, Write},
    net::SocketAddr,
    path::PathBuf,
    process::{ExitCode, ExitStatus},
};

use clap::{Args, CommandFactory, Parser, Subcommand};
use serde_json::{Map, Value as Json, json};
use terraform_provider_mss::{
    emulator::{self, CommandEnvironment, Emulator, EmulatorOptions, Seed},
    probe::Probe,
    provider,
};

/// A small Alibaba Cloud on this machine: RAM, Resource Management, STS and MSS, for tests.
#[derive(Parser)]
#[command(name = "mss-emulator", version = VERSION, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("MSS_BUILD"), ")");

const EXAMPLES: &str = "\
Examples:
  mss-emulator exec -- terraform apply
  mss-emulator serve --listen 127.0.0.1:8080 --state cloud.json
  MSS_ENDPOINT_URL=http://127.0.0.1:8080 mss-emulator ctl subscription --end-date '2020-01-01 00:00:00'

Open the endpoint in a browser to see the state, live.

Exit status: 0 success; 1 the emulator refused a control call, or could not store its state; 2 wrong usage, or it
cannot start or be reached. `exec` exits with the status of its command, or 128 plus the signal that ended it.";

const SERVE_EXAMPLES: &str = "\
When ready, it prints only this line:
  {\"endpoint\":\"http://127.0.0.1:PORT\",\"account_id\":\"…\",\"access_key_id\":\"…\",\"access_key_secret\":\"…\"}
With --tls, the line also has the paths of two PEM files: \"certificate\" (the emulator's authority) and
\"certificate_bundle\" (that and the system's authorities).

Examples:
  mss-emulator serve
  mss-emulator serve --listen 127.0.0.1:8080 --state cloud.json
  mss-emulator serve --seed accounts.json

A seed (`mss-emulator schema` prints its JSON Schema):
  {\"accounts\": {\"1234567890123456\": {
    \"access_keys\": {\"LTAI5tEXAMPLE\": \"secret\"},
    \"subscription\": {\"status\": \"Enabled\", \"version\": \"mdrgaoji\", \"end_date\": \"2030-01-01 00:00:00\"},
    \"roles\": [\"AliyunServiceRoleForMssp\"]}},
   \"members\": 40}

Exit status: 0 stopped by SIGTERM, Ctrl-C or, with --exit-with-parent, the end of its standard input; 1 it could not
store its state; 2 wrong usage, or it cannot start.";

const EXEC_EXAMPLES: &str = "\
The command gets MSS_ENDPOINT_URL, ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET, ALIBABA_CLOUD_REGION,
ALIBABA_CLOUD_ACCOUNT_TYPE and ALIBABA_CLOUD_ENDPOINT_<PRODUCT>; with --tls also SSL_CERT_FILE, REQUESTS_CA_BUNDLE,
CURL_CA_BUNDLE and NODE_EXTRA_CA_CERTS. It cannot see your real cloud: variables that clients of Alibaba Cloud
read are removed, credential files are replaced with empty ones, and the metadata service is off.

Examples:
  mss-emulator exec -- terraform apply -auto-approve
  mss-emulator exec --seed accounts.json -- go test ./...
  mss-emulator exec -- sh -c 'terraform apply -auto-approve && mss-emulator ctl state'

Exit status: that of the command, or 128 plus the signal that ended it; 1 if the state could not be stored; 2 if the
command cannot be started.";

const CTL_EXAMPLES: &str = "\
Every call prints the response as one line of JSON; a refusal is {\"error\":\"…\"}.

Under `mss-emulator exec`, MSS_ENDPOINT_URL is set. Elsewhere, set it, or give --endpoint, the endpoint that
`mss-emulator serve` printed.

Examples:
  mss-emulator ctl state
  mss-emulator ctl reset
  mss-emulator ctl calls
  mss-emulator ctl clock 86400
  mss-emulator ctl account add 2222222222222222 --display-name shop
  mss-emulator ctl account change 2222222222222222 --deletion-status Checking
  mss-emulator ctl account leave 2222222222222222
  mss-emulator ctl account remove 2222222222222222
  mss-emulator ctl subscription --end-date '2020-01-01 00:00:00'
  mss-emulator ctl role add AliyunServiceRoleForMssp
  mss-emulator ctl role remove AliyunServiceRoleForMssp --account 1234567890123456
  mss-emulator ctl deny ram:GetRole yundun-mss:GetUserStatus
  mss-emulator ctl policy policy.json
  mss-emulator ctl fault add '{\"action\": \"CreateServiceLinkedRole\", \"kind\": \"drop_after\"}'
  mss-emulator ctl fault list
  mss-emulator ctl fault clear

Exit status: 0 success; 1 the emulator refused the call; 2 wrong usage, or no emulator can be reached.";

const FAULT_EXAMPLES: &str = "\
Examples:
  mss-emulator ctl fault add '{\"action\": \"CreateServiceLinkedRole\", \"kind\": \"drop_after\"}'
  mss-emulator ctl fault add '{\"kind\": \"hide_role\", \"seconds\": 20}'
  mss-emulator ctl fault add '{\"kind\": \"task_status\", \"status\": \"FAILED\", \"message\": \"in use\"}'
  mss-emulator ctl fault add '{\"action\": \"GetRole\", \"kind\": \"throttle\", \"count\": 3}'";

#[derive(Subcommand)]
enum Command {
    /// Serve until SIGTERM or Ctrl-C; prints one JSON line with the endpoint and an AccessKey.
    #[command(after_help = SERVE_EXAMPLES)]
    Serve(Serve),
    /// Run a command against its own emulator, which it finds through environment variables.
    #[command(after_help = EXEC_EXAMPLES)]
    Exec(Exec),
    /// Call a running emulator: inspect it, change it, make calls fail.
    #[command(after_help = CTL_EXAMPLES)]
    Ctl(Ctl),
    /// Print the JSON Schema of a seed.
    Schema,
    /// Print the completions of a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    Probe(Probe),
}

#[derive(Args)]
struct Serve {
    /// Loopback address to listen on; port 0 selects a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Stop when standard input ends, which happens when the parent process ends in any way.
    #[arg(long)]
    exit_with_parent: bool,
    #[command(flatten)]
    cloud: CloudOptions,
}

#[derive(Args)]
struct CloudOptions {
    /// Serve HTTPS, with a generated certificate.
    #[arg(long)]
    tls: bool,
    /// File that keeps the state across restarts and kills. If it exists, `--seed` counts only for `ctl reset`.
    #[arg(long)]
    state: Option<PathBuf>,
    /// JSON file with the initial accounts, keys, roles and subscriptions.
    #[arg(long)]
    seed: Option<PathBuf>,
}

#[derive(Args)]
struct Exec {
    #[command(flatten)]
    cloud: CloudOptions,
    /// The command and its arguments.
    #[arg(last = true, required = true, num_args = 1..)]
    command: Vec<OsString>,
}

#[derive(Args)]
struct Ctl {
    /// URL of the emulator.
    #[arg(long, env = "MSS_ENDPOINT_URL")]
    endpoint: String,
    /// PEM file with the emulator's certificate authority; needed if the emulator serves HTTPS.
    #[arg(long, env = "MSS_EMULATOR_CERTIFICATE")]
    certificate: Option<PathBuf>,
    #[command(subcommand)]
    call: ControlCommand,
}

/// The account that a call is for.
#[derive(Args)]
struct AccountArgument {
    /// Account to change.
    #[arg(long, default_value = "1234567890123456", value_parser = path_segment)]
    account: String,
}

#[derive(Subcommand)]
enum ControlCommand {
    /// Show the whole state.
    State,
    /// Go back to the initial state.
    Reset,
    /// Show each call so far.
    Calls,
    /// Advance the clock.
    Clock {
        /// Seconds; a negative number sets it back.
        #[arg(allow_negative_numbers = true)]
        advance_seconds: i64,
    },
    /// Create, change or close a member account of the resource directory.
    #[command(subcommand)]
    Account(AccountCommand),
    /// Change the MSS subscription of the account; options that you leave out stay as they are.
    Subscription(SubscriptionArguments),
    /// Create or delete a role as the console would.
    #[command(subcommand)]
    Role(RoleCommand),
    /// Set what the account's identities may not do; without arguments, nothing is denied.
    Deny {
        /// Permissions such as ram:GetRole.
        permissions: Vec<String>,
        #[command(flatten)]
        account: AccountArgument,
    },
    /// Restrict the account's identities to a RAM policy; without a file, they may do everything.
    Policy {
        /// JSON file with the policy document.
        file: Option<PathBuf>,
        #[command(flatten)]
        account: AccountArgument,
    },
    /// Make calls fail.
    #[command(subcommand)]
    Fault(FaultCommand),
}

#[derive(Subcommand)]
enum AccountCommand {
    /// Create a member account.
    Add {
        /// 16 digits.
        #[arg(value_parser = path_segment)]
        account_id: String,
        #[command(flatten)]
        member: MemberArguments,
    },
    /// Change an account's entry in the directory; options that you leave out stay as they are.
    Change {
        /// 16 digits.
        #[arg(value_parser = path_segment)]
        account_id: String,
        #[command(flatten)]
        member: MemberArguments,
    },
    /// Remove an account from the directory; the account continues to exist.
    Leave {
        /// 16 digits.
        #[arg(value_parser = path_segment)]
        account_id: String,
    },
    /// Close an account, with everything in it.
    Remove {
        /// 16 digits.
        #[arg(value_parser = path_segment)]
        account_id: String,
    },
}

#[derive(Args)]
struct MemberArguments {
    /// Name in the directory.
    #[arg(long)]
    display_name: Option<String>,
    /// ID or name of a folder.
    #[arg(long)]
    folder: Option<String>,
    /// Such as CreateSuccess.
    #[arg(long)]
    status: Option<String>,
    /// Such as Checking.
    #[arg(long)]
    deletion_status: Option<String>,
    /// Whether the management account can enter it.
    #[arg(long)]
    access_role: Option<bool>,
}

#[derive(Args)]
struct SubscriptionArguments {
    #[command(flatten)]
    account: AccountArgument,
    /// NotEnabled, FirstLogin or Enabled.
    #[arg(long)]
    status: Option<String>,
    /// Edition, such as mdrgaoji.
    #[arg(long)]
    version: Option<String>,
    /// Such as official or trial.
    #[arg(long)]
    customer_type: Option<String>,
    /// Such as '2027-01-01 00:00:00', in UTC+8.
    #[arg(long)]
    start_date: Option<String>,
    /// Such as '2027-01-01 00:00:00', in UTC+8.
    #[arg(long)]
    end_date: Option<String>,
    /// ID of the instance.
    #[arg(long)]
    instance_id: Option<String>,
}

#[derive(Subcommand)]
enum RoleCommand {
    /// Create a role.
    Add {
        /// Such as AliyunServiceRoleForMssp.
        #[arg(value_parser = path_segment)]
        role_name: String,
        #[command(flatten)]
        account: AccountArgument,
        /// Such as 2020-01-02T03:04:05Z. Default: now.
        #[arg(long)]
        create_date: Option<String>,
        /// Another account that may assume the role; for ordinary roles. Can be repeated.
        #[arg(long)]
        trusted_account: Vec<String>,
    },
    /// Delete a role.
    Remove {
        /// Such as AliyunServiceRoleForMssp.
        #[arg(value_parser = path_segment)]
        role_name: String,
        #[command(flatten)]
        account: AccountArgument,
    },
}

#[derive(Subcommand)]
enum FaultCommand {
    /// Add a fault, as JSON: '{"action": "CreateServiceLinkedRole", "kind": "drop_after"}'.
    #[command(after_help = emulator::fault_help(FAULT_EXAMPLES))]
    Add {
        /// An object with `kind` and its fields.
        json: String,
    },
    /// Show the active faults.
    List,
    /// Remove all faults.
    Clear,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    let outcome = runtime.block_on(async {
        match cli.command {
            Command::Serve(serve) => self::serve(serve).await,
            Command::Exec(exec) => self::exec(exec).await,
            Command::Ctl(ctl) => self::ctl(ctl).await,
            Command::Schema => print(&emulator::schema()).map(|()| ExitCode::SUCCESS).map_err(Into::into),
            Command::Completions { shell } => completions(shell),
            Command::Probe(probe) => Ok(probe.run(&provider::ProviderEnvironment::from_process()).await),
        }
    });
    outcome.unwrap_or_else(|error| fail(&*error))
}

type Outcome = Result<ExitCode, Box<dyn std::error::Error>>;

fn fail(error: &dyn std::error::Error) -> ExitCode {
    complain(error);
    ExitCode::from(2)
}

fn complain(problem: impl std::fmt::Display) {
    // Whoever closed standard error does not want to know.
    let _ = writeln!(io::stderr(), "mss-emulator: {problem}");
}

fn print(json: &Json) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{json}")?;
    stdout.flush()
}

fn completions(shell: clap_complete::Shell) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "mss-emulator", &mut script);
    if shell == clap_complete::Shell::Bash {
        // The labels of clap_complete take the hyphen of the name for the one before a subcommand.
        let script = String::from_utf8(script)?.replace("mss__subcmd__emulator", "mss__emulator");
        io::stdout().write_all(script.as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    }
    io::stdout().write_all(&script)?;
    Ok(ExitCode::SUCCESS)
}

async fn start(listen: SocketAddr, cloud: CloudOptions) -> Result<Emulator, emulator::Error> {
    let seed = cloud.seed.as_deref().map(Seed::read).transpose()?.unwrap_or_default();
    emulator::start(EmulatorOptions { listen, tls: cloud.tls, state: cloud.state, seed }).await
}

async fn serve(serve: Serve) -> Outcome {
    let ended = ended_by_signal()?;
    let emulator = start(serve.listen, serve.cloud).await?;
    print(&announcement(&emulator))?;
    if serve.exit_with_parent {
        tokio::select! {
            () = ended => {}
            () = ended_by_parent() => {}
        }
    } else {
        ended.await;
    }
    Ok(stop(emulator).await.unwrap_or(ExitCode::SUCCESS))
}

fn announcement(emulator: &Emulator) -> Json {
    let mut line = json!({
        "endpoint": emulator.endpoint(),
        "account_id": emulator.account_id(),
        "access_key_id": emulator.access_key_id(),
        "access_key_secret": emulator.access_key_secret(),
    });
    if let (Some(fields), Some((certificate, bundle))) = (line.as_object_mut(), emulator.certificates()) {
        fields.insert("certificate".to_owned(), certificate.to_string_lossy().into());
        fields.insert("certificate_bundle".to_owned(), bundle.to_string_lossy().into());
    }
    line
}

/// Stops an emulator; returns the exit status if it could not store its state.
async fn stop(emulator: Emulator) -> Option<ExitCode> {
    let problem = emulator.stop().await.err()?;
    complain(problem);
    Some(ExitCode::FAILURE)
}

/// Standard input ends when nobody holds its other end any more. A thread reads it: it may never end,
/// and must not keep the process from ending.
async fn ended_by_parent() {
    let (ended, wait) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let mut ignored = [0; 1024];
        let mut stdin = io::stdin();
        while stdin.read(&mut ignored).is_ok_and(|length| length > 0) {}
        // The receiver is gone only if the process ends.
        let _ = ended.send(());
    });
    // The thread sends, whatever happens to standard input.
    let _ = wait.await;
}

async fn exec(exec: Exec) -> Outcome {
    let mut signals = Signals::listen()?;
    let emulator = start(EmulatorOptions::default().listen, exec.cloud).await?;
    let Some((program, arguments)) = exec.command.split_first() else {
        return Ok(ExitCode::from(2));
    };
    let environment = CommandEnvironment::new(&emulator, own_environment())?;
    let mut command = tokio::process::Command::new(program);
    for name in environment.removed() {
        command.env_remove(name);
    }
    let failed = |error: io::Error| format!("{}: {error}", program.to_string_lossy());
    let mut child = command.args(arguments).envs(environment.set()).spawn().map_err(failed)?;
    // Until it is waited for, nobody else has its ID.
    let process = child.id();
    let status = loop {
        tokio::select! {
            status = child.wait() => break status.map_err(failed)?,
            () = signals.pass_on(process) => {}
        }
    };
    let lost = stop(emulator).await;
    Ok(lost.filter(|_| status.success()).unwrap_or_else(|| exit_code(status)))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the environment comes in here, to be taken away from the command"
)]
fn own_environment() -> std::env::VarsOs {
    std::env::vars_os()
}

/// The signals that would end `exec` alone. The command decides what they mean: those that a terminal sends reach
/// it as well, and the others are passed on.
#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    quit: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for one.
    async fn pass_on(&mut self, process: Option<u32>) {
        use rustix::process::Signal;

        let signal = tokio::select! {
            _ = self.interrupt.recv() => return,
            _ = self.quit.recv() => return,
            _ = self.terminate.recv() => Signal::TERM,
            _ = self.hang_up.recv() => Signal::HUP,
        };
        let process = process.and_then(|id| rustix::process::Pid::from_raw(id.try_into().ok()?));
        if let Some(process) = process {
            // It may have ended just now.
            let _ = rustix::process::kill_process(process, signal);
        }
    }
}

/// Ctrl-C and Ctrl-Break reach the command as well, which decides what they mean.
#[cfg(not(unix))]
struct Signals {
    interrupt: tokio::signal::windows::CtrlC,
    quit: tokio::signal::windows::CtrlBreak,
}

#[cfg(not(unix))]
impl Signals {
    fn listen() -> io::Result<Self> {
        use tokio::signal::windows::{ctrl_break, ctrl_c};

        Ok(Self { interrupt: ctrl_c()?, quit: ctrl_break()? })
    }

    async fn pass_on(&mut self, _process: Option<u32>) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.quit.recv() => {}
        }
    }
}

fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().or_else(|| signal(status).map(|signal| 128 + signal));
    ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

#[cfg(unix)]
fn signal(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
fn signal(_status: ExitStatus) -> Option<i32> {
    None
}

/// Listens for the signals that end a server; from now on they do not end the process by themselves.
#[cfg(unix)]
fn ended_by_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Listens for the signals that end a server; from now on they do not end the process by themselves.
#[cfg(not(unix))]
fn ended_by_signal() -> io::Result<impl Future<Output = ()>> {
    let mut signals = Signals::listen()?;
    Ok(async move { signals.pass_on(None).await })
}

async fn ctl(ctl: Ctl) -> Outcome {
    let (method, path, body) = request(&ctl.call)?;
    let url = format!("{}/_emulator/{path}", ctl.endpoint.trim_end_matches('/'));
    let http = client(&ctl)?;
    let request = http.request(method, &url).body(body.to_string());
    let response = request
        .send()
        .await
        .map_err(|error| format!("no emulator answers at {}: {}", ctl.endpoint, innermost(&error)))?;
    let refused = !response.status().is_success();
    let response: Json = serde_json::from_slice(&response.bytes().await?)
        .map_err(|_| format!("what answers at {} is not an emulator", ctl.endpoint))?;
    print(&response)?;
    Ok(if refused { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn client(ctl: &Ctl) -> Result<reqwest::Client, Box<dyn std::error::Error>> {
    // reqwest wants one even where no TLS is spoken; one that is set already is the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder().no_proxy();
    if let Some(path) = &ctl.certificate {
        let pem = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        builder = builder.tls_certs_only(reqwest::Certificate::from_pem_bundle(&pem)?);
    }
    Ok(builder.build()?)
}

/// The cause that says most.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// Method, path and body of a control call.
fn request(call: &ControlCommand) -> Result<(reqwest::Method, String, Json), String> {
    use reqwest::Method;

    let below = |argument: &AccountArgument, rest: &str| format!("accounts/{}/{rest}", argument.account);
    Ok(match call {
        ControlCommand::State => (Method::GET, "state".to_owned(), Json::Null),
        ControlCommand::Reset => (Method::POST, "reset".to_owned(), Json::Null),
        ControlCommand::Calls => (Method::GET, "calls".to_owned(), Json::Null),
        ControlCommand::Clock { advance_seconds } => {
            (Method::POST, "clock".to_owned(), json!({ "advance_seconds": advance_seconds }))
        }
        ControlCommand::Account(call) => account_request(call),
        ControlCommand::Subscription(changes) => {
            (Method::PUT, below(&changes.account, "subscription"), changes.to_json())
        }
        ControlCommand::Role(RoleCommand::Add { role_name, account, create_date, trusted_account }) => {
            let role = json!({
                "role_name": role_name, "create_date": create_date, "trusted_accounts": trusted_account,
            });
            (Method::POST, below(account, "roles"), role)
        }
        ControlCommand::Role(RoleCommand::Remove { role_name, account }) => {
            (Method::DELETE, below(account, &format!("roles/{role_name}")), Json::Null)
        }
        ControlCommand::Deny { permissions, account } => {
            (Method::PUT, below(account, "denied"), json!(permissions))
        }
        ControlCommand::Policy { file, account } => {
            (Method::PUT, below(account, "policy"), file.as_ref().map_or(Ok(Json::Null), read_json)?)
        }
        ControlCommand::Fault(FaultCommand::Add { json }) => {
            let fault =
                serde_json::from_str(json).map_err(|error| format!("the fault is not JSON: {error}"))?;
            (Method::POST, "faults".to_owned(), fault)
        }
        ControlCommand::Fault(FaultCommand::List) => (Method::GET, "faults".to_owned(), Json::Null),
        ControlCommand::Fault(FaultCommand::Clear) => (Method::DELETE, "faults".to_owned(), Json::Null),
    })
}

fn account_request(call: &AccountCommand) -> (reqwest::Method, String, Json) {
    use reqwest::Method;

    match call {
        AccountCommand::Add { account_id, member } => {
            (Method::PUT, format!("accounts/{account_id}"), json!({ "member": member.to_json() }))
        }
        AccountCommand::Change { account_id, member } => {
            (Method::PUT, format!("accounts/{account_id}/member"), member.to_json())
        }
        AccountCommand::Leave { account_id } => {
            (Method::PUT, format!("accounts/{account_id}/member"), Json::Null)
        }
        AccountCommand::Remove { account_id } => {
            (Method::DELETE, format!("accounts/{account_id}"), Json::Null)
        }
    }
}

/// A name in the path of a control call; it must not lead to another call.
fn path_segment(text: &str) -> Result<String, String> {
    let is_safe = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    match !text.is_empty() && !text.starts_with('.') && text.bytes().all(is_safe) {
        true => Ok(text.to_owned()),
        false => Err("use only letters, digits, '.', '_' and '-', and do not begin with '.'".to_owned()),
    }
}

fn read_json(file: &PathBuf) -> Result<Json, String> {
    let text = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    serde_json::from_slice(&text).map_err(|error| format!("{}: {error}", file.display()))
}

impl MemberArguments {
    fn to_json(&self) -> Json {
        given([
            ("display_name", json!(self.display_name)),
            ("folder", json!(self.folder)),
            ("status", json!(self.status)),
            ("deletion_status", json!(self.deletion_status)),
            ("access_role", json!(self.access_role)),
        ])
    }
}

impl SubscriptionArguments {
    fn to_json(&self) -> Json {
        given([
            ("status", json!(self.status)),
            ("version", json!(self.version)),
            ("customer_type", json!(self.customer_type)),
            ("start_date", json!(self.start_date)),
            ("end_date", json!(self.end_date)),
            ("instance_id", json!(self.instance_id)),
        ])
    }
}

/// An object of what was given.
fn given<const COUNT: usize>(fields: [(&str, Json); COUNT]) -> Json {
    let given = fields.into_iter().filter(|(_, value)| !value.is_null());
    Json::Object(given.map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
}
