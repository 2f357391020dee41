//! `mss-emulator`: a small Alibaba Cloud on loopback, for the quick start, for tests and for CI.
//!
//! The cloud itself is `terraform_provider_mss::emulator`; here are its three commands.

use std::{
    io::{self, Write},
    net::SocketAddr,
    path::PathBuf,
    process::{ExitCode, ExitStatus},
};

use clap::{Args, Parser, Subcommand};
use serde_json::{Map, Value as Json, json};
use terraform_provider_mss::emulator::{self, Emulator, Options, Seed};

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

Exit status: 0 done; 1 the emulator refused a control call; 2 wrong usage, or it cannot start or be reached.
`exec` ends with the status of its command, or 128 and the signal that ended it.";

const SERVE_EXAMPLES: &str = "\
Prints one line when it accepts requests, and nothing else:
  {\"endpoint\":\"http://127.0.0.1:PORT\",\"account_id\":\"…\",\"access_key_id\":\"…\",\"access_key_secret\":\"…\"}

Examples:
  mss-emulator serve
  mss-emulator serve --listen 127.0.0.1:8080 --state cloud.json
  mss-emulator serve --seed accounts.json

A seed:
  {\"accounts\": {\"1234567890123456\": {
    \"access_keys\": {\"LTAI5tEXAMPLE\": \"secret\"},
    \"subscription\": {\"status\": \"Enabled\", \"version\": \"mdrgaoji\", \"end_date\": \"2030-01-01 00:00:00\"},
    \"roles\": [\"AliyunServiceRoleForMssp\"]}}}

Exit status: 0 stopped by SIGTERM or Ctrl-C; 2 wrong usage, or it cannot start.";

const EXEC_EXAMPLES: &str = "\
Examples:
  mss-emulator exec -- terraform apply -auto-approve
  mss-emulator exec --seed accounts.json -- go test ./...
  mss-emulator exec -- sh -c 'terraform apply -auto-approve && mss-emulator ctl state'

Exit status: that of the command, or 128 and the signal that ended it; 2 if it cannot be started.";

const CTL_EXAMPLES: &str = "\
Every call prints its answer as one line of JSON; a refusal is {\"error\":\"…\"}.

Examples:
  mss-emulator ctl state
  mss-emulator ctl reset
  mss-emulator ctl calls
  mss-emulator ctl clock 86400
  mss-emulator ctl subscription --end-date '2020-01-01 00:00:00'
  mss-emulator ctl role add AliyunServiceRoleForMssp
  mss-emulator ctl role remove AliyunServiceRoleForMssp
  mss-emulator ctl deny ram:GetRole yundun-mss:GetUserStatus
  mss-emulator ctl policy policy.json
  mss-emulator ctl fault add '{\"action\": \"CreateServiceLinkedRole\", \"kind\": \"drop_after\"}'
  mss-emulator ctl fault clear

Exit status: 0 done; 1 the emulator refused the call; 2 wrong usage, or no emulator is there.";

const FAULT_KINDS: &str = "\
Fields of every kind:
  action   which calls it strikes, such as GetRole
  nth      the first of these calls that it strikes, counted from now on; default 1
  count    how many in a row; default 1, 0 for ever
  account  only calls in this account

Kinds, and their own fields:
  status         refuses the call; http_status (500), code (\"InternalError\"), message
  drop_before    cuts the connection, nothing is carried out
  drop_after     carries the call out, then cuts the connection
  delay          carries the call out, answers after a while; millis
  hold_before    never answers, nothing is carried out
  hold_after     carries the call out, never answers
  truncate       carries the call out, sends half of the answer
  garbage        answers with a page that is not JSON, nothing is carried out
  success_false  answers with HTTP 200 and Success: false
  throttle       Throttling.User; retry_after_millis
  deny           the permission of the action is missing
  expired_token  InvalidSecurityToken.Expired
  clock_skew     InvalidTimeStamp.Expired
  hide_role      the role seems not to exist; seconds. Without action: GetRole
  task_status    the deletion status; status, message, usages. Without action: its query
  purge_task     the deletion task is not known. Without action: the same

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
    /// Run a command with an emulator of its own, found through the environment.
    #[command(after_help = EXEC_EXAMPLES)]
    Exec(Exec),
    /// Call a running emulator: look at it, change it, let it fail.
    #[command(after_help = CTL_EXAMPLES)]
    Ctl(Ctl),
}

#[derive(Args)]
struct Serve {
    /// Loopback address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    #[command(flatten)]
    files: Files,
}

#[derive(Args)]
struct Files {
    /// File that keeps the state; survives restarts and kills.
    #[arg(long)]
    state: Option<PathBuf>,
    /// JSON file with accounts, keys, roles and subscriptions to begin with.
    #[arg(long)]
    seed: Option<PathBuf>,
}

#[derive(Args)]
struct Exec {
    #[command(flatten)]
    files: Files,
    /// Gets MSS_ENDPOINT_URL, ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET and
    /// ALIBABA_CLOUD_REGION in its environment.
    #[arg(last = true, required = true, num_args = 1..)]
    command: Vec<String>,
}

#[derive(Args)]
struct Ctl {
    /// URL of the emulator.
    #[arg(long, env = "MSS_ENDPOINT_URL")]
    endpoint: String,
    /// Account to change.
    #[arg(long, global = true, default_value = "1234567890123456")]
    account: String,
    #[command(subcommand)]
    call: Call,
}

#[derive(Subcommand)]
enum Call {
    /// Show everything there is.
    State,
    /// Go back to what the emulator began with.
    Reset,
    /// Show each call so far.
    Calls,
    /// Move the clock on.
    Clock {
        /// Seconds; a negative number goes back.
        #[arg(allow_negative_numbers = true)]
        advance_seconds: i64,
    },
    /// Change the MSS subscription of the account; what is not given stays.
    Subscription(Subscription),
    /// Make or remove a role as the console would.
    #[command(subcommand)]
    Role(Role),
    /// Set what the account's identities may not do; none given: they may do everything.
    Deny {
        /// Permissions such as ram:GetRole.
        permissions: Vec<String>,
    },
    /// Set all that the account's identities may do: a RAM policy; none given: everything.
    Policy {
        /// JSON file with the policy document.
        file: Option<PathBuf>,
    },
    /// Let calls fail.
    #[command(subcommand)]
    Fault(Fault),
}

#[derive(Args)]
struct Subscription {
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
enum Role {
    /// Make a role.
    Add {
        /// Such as AliyunServiceRoleForMssp.
        role_name: String,
        /// Such as 2020-01-02T03:04:05Z; now, if left out.
        #[arg(long)]
        create_date: Option<String>,
        /// Account that may assume the role, beside its own; for ordinary roles, any number of times.
        #[arg(long)]
        trusted_account: Vec<String>,
    },
    /// Remove a role.
    Remove {
        /// Such as AliyunServiceRoleForMssp.
        role_name: String,
    },
}

#[derive(Subcommand)]
enum Fault {
    /// Add a fault, as JSON: '{"action": "CreateServiceLinkedRole", "kind": "drop_after"}'.
    #[command(after_help = FAULT_KINDS)]
    Add {
        /// An object with `kind` and its fields.
        json: String,
    },
    /// Take all faults back.
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
        }
    });
    outcome.unwrap_or_else(|error| fail(&*error))
}

type Outcome = Result<ExitCode, Box<dyn std::error::Error>>;

fn fail(error: &dyn std::error::Error) -> ExitCode {
    // Whoever closed standard error does not want to know.
    let _ = writeln!(io::stderr(), "mss-emulator: {error}");
    ExitCode::from(2)
}

fn print(json: &Json) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{json}")?;
    stdout.flush()
}

async fn start(listen: SocketAddr, files: Files) -> Result<Emulator, emulator::Error> {
    let seed = files.seed.as_deref().map(Seed::read).transpose()?.unwrap_or_default();
    emulator::start(Options { listen, state: files.state, seed }).await
}

async fn serve(serve: Serve) -> Outcome {
    let ended = ended_by_signal()?;
    let emulator = start(serve.listen, serve.files).await?;
    print(&json!({
        "endpoint": emulator.endpoint(),
        "account_id": emulator.account_id(),
        "access_key_id": emulator.access_key_id(),
        "access_key_secret": emulator.access_key_secret(),
    }))?;
    ended.await;
    emulator.stop().await;
    Ok(ExitCode::SUCCESS)
}

async fn exec(exec: Exec) -> Outcome {
    // Ctrl-C reaches the command as well, which decides what it means.
    let _ignored = ended_by_signal()?;
    let emulator = start(Options::default().listen, exec.files).await?;
    let Some((program, arguments)) = exec.command.split_first() else {
        return Ok(ExitCode::from(2));
    };
    let status = tokio::process::Command::new(program)
        .args(arguments)
        .env("MSS_ENDPOINT_URL", emulator.endpoint())
        .env("ALIBABA_CLOUD_ACCESS_KEY_ID", emulator.access_key_id())
        .env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", emulator.access_key_secret())
        .env("ALIBABA_CLOUD_REGION", "cn-hangzhou")
        .status()
        .await
        .map_err(|error| format!("{program}: {error}"))?;
    emulator.stop().await;
    Ok(exit_code(status))
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
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
    })
}

async fn ctl(ctl: Ctl) -> Outcome {
    let (method, path, body) = request(&ctl)?;
    let url = format!("{}/_emulator/{path}", ctl.endpoint.trim_end_matches('/'));
    // reqwest wants one even where no TLS is spoken; one that is set already is the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder().no_proxy().build()?;
    let request = http.request(method, &url).body(body.to_string());
    let response =
        request.send().await.map_err(|error| format!("no emulator at {}: {error}", ctl.endpoint))?;
    let refused = !response.status().is_success();
    let answer: Json = serde_json::from_slice(&response.bytes().await?)
        .map_err(|_| format!("{} is not an emulator", ctl.endpoint))?;
    print(&answer)?;
    Ok(if refused { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Method, path and body of a control call.
fn request(ctl: &Ctl) -> Result<(reqwest::Method, String, Json), String> {
    use reqwest::Method;

    let account = format!("accounts/{}", ctl.account);
    Ok(match &ctl.call {
        Call::State => (Method::GET, "state".to_owned(), Json::Null),
        Call::Reset => (Method::POST, "reset".to_owned(), Json::Null),
        Call::Calls => (Method::GET, "calls".to_owned(), Json::Null),
        Call::Clock { advance_seconds } => {
            (Method::POST, "clock".to_owned(), json!({ "advance_seconds": advance_seconds }))
        }
        Call::Subscription(changes) => (Method::PUT, format!("{account}/subscription"), changed(changes)),
        Call::Role(Role::Add { role_name, create_date, trusted_account }) => {
            let role = json!({
                "role_name": role_name, "create_date": create_date, "trusted_accounts": trusted_account,
            });
            (Method::POST, format!("{account}/roles"), role)
        }
        Call::Role(Role::Remove { role_name }) => {
            (Method::DELETE, format!("{account}/roles/{role_name}"), Json::Null)
        }
        Call::Deny { permissions } => (Method::PUT, format!("{account}/denied"), json!(permissions)),
        Call::Policy { file } => {
            let document = file.as_ref().map_or(Ok(Json::Null), read_json)?;
            (Method::PUT, format!("{account}/policy"), document)
        }
        Call::Fault(Fault::Add { json }) => {
            let fault =
                serde_json::from_str(json).map_err(|error| format!("the fault is not JSON: {error}"))?;
            (Method::POST, "faults".to_owned(), fault)
        }
        Call::Fault(Fault::Clear) => (Method::DELETE, "faults".to_owned(), Json::Null),
    })
}

fn read_json(file: &PathBuf) -> Result<Json, String> {
    let text = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    serde_json::from_slice(&text).map_err(|error| format!("{}: {error}", file.display()))
}

fn changed(subscription: &Subscription) -> Json {
    let fields = [
        ("status", &subscription.status),
        ("version", &subscription.version),
        ("customer_type", &subscription.customer_type),
        ("start_date", &subscription.start_date),
        ("end_date", &subscription.end_date),
        ("instance_id", &subscription.instance_id),
    ];
    let given =
        fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.as_deref()?.into())));
    Json::Object(given.collect::<Map<_, _>>())
}
