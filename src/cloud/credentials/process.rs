//! A command that prints credentials (mode `External`).

use std::{process::Stdio, time::Duration};

use secrecy::SecretString;
use serde::Deserialize;
use tokio::process::Command;

use super::{Credentials, Error};

/// What the command prints, as JSON.
#[derive(Deserialize)]
struct Printed {
    mode: Option<String>,
    access_key_id: String,
    access_key_secret: SecretString,
    sts_token: Option<SecretString>,
    expiration: Option<jiff::Timestamp>,
}

/// Runs the command and reads what it prints. Its standard error is not shown: it may hold secrets.
pub(super) async fn run(place: &str, command: &[String]) -> Result<Credentials, Error> {
    let failed = |problem: String| Error::failed(place, problem);
    let Some((program, arguments)) = command.split_first() else {
        return Err(failed("the command is empty".to_owned()));
    };
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let run = tokio::time::timeout(LIMIT, command.output()).await;
    let run = run.map_err(|_| failed(format!("the command {program:?} took longer than {LIMIT:?}")))?;
    let run = run.map_err(|error| failed(format!("the command {program:?} cannot be run: {error}")))?;
    if !run.status.success() {
        return Err(failed(format!("the command {program:?} ended with {}", run.status)));
    }
    let shape = "a JSON object with access_key_id, access_key_secret and, for temporary ones, sts_token";
    let printed: Printed = serde_json::from_slice(&run.stdout)
        .map_err(|_| failed(format!("the command {program:?} did not print {shape}")))?;
    if printed.mode.as_deref() == Some("StsToken") && printed.sts_token.is_none() {
        return Err(failed(format!("the command {program:?} printed mode StsToken without sts_token")));
    }
    Ok(Credentials {
        access_key_id: printed.access_key_id,
        access_key_secret: printed.access_key_secret,
        security_token: printed.sts_token,
        expires_at: printed.expiration,
    })
}

/// The limit that the command-line tool sets.
const LIMIT: Duration = Duration::from_secs(60);
