//! `mss-emulator probe`.

use std::{
    fmt, fs,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::Args;

use super::{
    Report,
    compare::{ask_all, compare, seed},
};
use crate::{
    cause::chain,
    cloud::{Client, Error},
    emulator::{self, EmulatorOptions, Seed},
    framework::diagnostics::Diagnostics,
    provider::{self, ProviderEnvironment},
};

/// Compare the real cloud with an emulator, read-only, and report without IDs, names, keys or dates.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Probe {
    /// Write the report to a file as well.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Calls GetCallerIdentity, GetServiceLinkedRoleTemplate, GetRole, GetUserStatus, ListPolicyVersions, ListAccounts and
GetServiceLinkedRoleDeletionStatus, changes nothing, and prints a table: fact, expected, seen. Neither the table nor
the file has IDs, names, keys, dates or request IDs. It uses the credentials that the provider would find without a
provider block. To assume a role, select a profile that assumes it.

Examples:
  mss-emulator probe
  mss-emulator probe --report probe.md

Exit status: 0 everything that could be seen is as expected; 1 something differs; 2 the cloud could not be asked, or
the report could not be written.";

impl Probe {
    /// Asks the cloud, prints the report and writes it to a file if one is named.
    pub async fn run(self, environment: &ProviderEnvironment) -> ExitCode {
        match self.try_run(environment).await {
            Ok(report) if report.differences() == 0 => ExitCode::SUCCESS,
            Ok(_) => ExitCode::from(1),
            Err(problem) => {
                let _ = writeln!(io::stderr(), "error: {problem}");
                ExitCode::from(2)
            }
        }
    }

    async fn try_run(&self, environment: &ProviderEnvironment) -> Result<Report, Problem> {
        let client = provider::client(environment).await.map_err(Problem::Settings)?;
        let report = probe(&client).await?;
        writeln!(io::stdout(), "{report}").map_err(Problem::Output)?;
        if let Some(file) = &self.report {
            fs::write(file, format!("{report}\n")).map_err(Problem::Output)?;
        }
        Ok(report)
    }
}

/// Asks the cloud, then an emulator in the same state.
async fn probe(client: &Client) -> Result<Report, Problem> {
    announce("GetCallerIdentity");
    if let Err(error @ (Error::Credentials(_) | Error::Unreachable { .. })) = client.caller_account_id().await
    {
        return Err(Problem::Cloud(error));
    }
    let account = client.account(None).await.map_err(Problem::Cloud)?;
    let seen = ask_all(&account, announce).await;
    let options = EmulatorOptions {
        seed: Seed::from_json(seed(&seen)).map_err(Problem::Emulator)?,
        ..EmulatorOptions::default()
    };
    let emulator = emulator::start(options).await.map_err(Problem::Emulator)?;
    let beside = provider::client(&beside(&emulator)).await.map_err(Problem::Settings)?;
    let account = beside.account(None).await.map_err(Problem::Cloud)?;
    let expected = ask_all(&account, |_| {}).await;
    emulator.stop().await.map_err(|problem| Problem::Output(io::Error::other(problem)))?;
    Ok(compare(&seen, &expected))
}

fn announce(question: &str) {
    let _ = writeln!(io::stderr(), "asking the cloud: {question} …");
}

/// The environment in which a client reaches an emulator.
fn beside(emulator: &emulator::Emulator) -> ProviderEnvironment {
    let variables = [
        ("MSS_ENDPOINT_URL", emulator.endpoint()),
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", emulator.access_key_id()),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", emulator.access_key_secret()),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    ProviderEnvironment { variables: variables.into(), home: None }
}

/// Why nothing could be compared, in words.
#[derive(Debug)]
enum Problem {
    Settings(Diagnostics),
    Cloud(Error),
    Emulator(emulator::Error),
    Output(io::Error),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Settings(diagnostics) => {
                let texts = diagnostics.iter().map(|found| format!("{}\n\n{}", found.summary, found.detail));
                f.write_str(&texts.collect::<Vec<_>>().join("\n\n"))
            }
            Self::Cloud(error) => {
                write!(f, "the cloud could not be asked: {}", chain(error))
            }
            Self::Emulator(error) => write!(f, "the emulator could not start: {error}"),
            Self::Output(error) => write!(f, "the report could not be written: {error}"),
        }
    }
}
