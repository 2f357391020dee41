//! A command that prints credentials (mode `External`).
//!
//! It gets a process group of its own, a limit of time, and a limit of what it may print. It has ended when it
//! ends itself, whoever it left behind holding its output.

use std::{
    fmt,
    path::Path,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use secrecy::SecretString;
use serde::Deserialize;
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::{Child, Command},
};

use super::{error::Error, inputs::Inputs};
use crate::cloud::{key::Credentials, place::Place};

/// A command that prints credentials, and how to run it.
#[derive(Clone)]
pub struct Process {
    /// The profile that names the command.
    place: Place,
    /// What errors show of it: its name alone, since arguments can be secrets.
    program: String,
    /// The command and its arguments, split as a shell splits them.
    words: Vec<String>,
}

/// What the command prints, as JSON. An empty text is absent.
#[derive(Deserialize)]
struct PrintedCredentials {
    mode: Option<String>,
    access_key_id: Option<String>,
    access_key_secret: Option<SecretString>,
    sts_token: Option<SecretString>,
    /// A date that cannot be read counts as none, as the official library for Go has it.
    expiration: Option<serde_json::Value>,
}

/// What a command left when it ended.
struct CommandOutput {
    status: ExitStatus,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

impl Process {
    /// The command that a profile names.
    ///
    /// # Errors
    /// Commands are switched off, or it is not one that can be run without a shell.
    pub(super) fn of_profile(inputs: &Inputs, place: Place, command: &str) -> Result<Self, Error> {
        if inputs
            .value(&[DISABLED])
            .is_some_and(|value| matches!(value.to_ascii_lowercase().as_str(), "true" | "1"))
        {
            let advice = format!("Unset {DISABLED}, or choose another profile.");
            return Err(Error::wrong(
                place,
                format!("commands for credentials are switched off by {DISABLED}"),
            )
            .advise(advice));
        }
        let Some(words) = shlex::split(command).filter(|words| !words.is_empty()) else {
            return Err(Error::wrong(
                place,
                "the key `process_command` is not a command: it is empty, or a quote is not closed",
            ));
        };
        let program = words.first().map(String::as_str).unwrap_or_default();
        if program.contains('=') {
            let problem =
                "the key `process_command` begins with an assignment, which only a shell understands";
            return Err(Error::wrong(place, problem).advise("Put `env` before it."));
        }
        let program = Path::new(program).file_name().map(|name| name.to_string_lossy().into_owned());
        Ok(Self { place, program: program.unwrap_or_default(), words })
    }

    /// Runs the command and reads what it prints.
    pub(super) async fn fetch(&self) -> Result<Credentials, Error> {
        let ended = self.run().await.map_err(|problem| self.failed(&problem))?;
        if !ended.status.success() {
            let complaint = first_line(&ended.stderr);
            return Err(self.failed(&format!("ended with {}{complaint}", ended.status)));
        }
        self.read(&ended.stdout).map_err(|problem| self.failed(problem))
    }

    fn read(&self, stdout: &[u8]) -> Result<Credentials, &'static str> {
        let printed: PrintedCredentials = serde_json::from_slice(stdout).map_err(|_| SHAPE)?;
        let (Some(id), Some(secret)) = (printed.access_key_id, printed.access_key_secret) else {
            return Err(SHAPE);
        };
        let made = Credentials::new(id, secret, printed.sts_token, self.place.clone());
        let credentials =
            made.map_err(|_| "printed a key that is empty, or holds a space or a line break")?;
        if printed.mode.as_deref() == Some("StsToken") && credentials.security_token().is_none() {
            return Err("printed mode StsToken without sts_token");
        }
        let expiration = printed.expiration.as_ref().and_then(serde_json::Value::as_str);
        Ok(credentials.until(expiration.and_then(|text| text.parse().ok())))
    }

    async fn run(&self) -> Result<CommandOutput, String> {
        let mut command = self.command();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().map_err(|error| format!("cannot be run: {error}"))?;
        let mut group = Group::of(child);
        match tokio::time::timeout(LONGEST_RUN, group.end()).await {
            Ok(ended) => ended.inspect(|_| group.let_go()),
            Err(_) => Err(format!("took longer than {LONGEST_RUN:?}")),
        }
    }

    #[cfg(unix)]
    fn command(&self) -> Command {
        let mut words = self.words.iter();
        let mut command = Command::new(words.next().map(String::as_str).unwrap_or_default());
        command.args(words).process_group(0);
        command
    }

    /// The official library for Python uses the shell here, which knows scripts.
    #[cfg(not(unix))]
    fn command(&self) -> Command {
        let mut command = Command::new("cmd");
        command.arg("/C").args(&self.words);
        command
    }

    fn failed(&self, problem: &str) -> Error {
        let next = format!(
            "Run the command of `process_command` yourself; it must print {PRINT}. It is started without a shell: \
             `~`, `$NAME`, `|` and `>` in it have no meaning; put such things into a script."
        );
        Error::failed(self.place.clone(), format!("the command {:?} {problem}", self.program), next)
    }
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Process").field("program", &self.program).finish_non_exhaustive()
    }
}

/// A child and everything in its process group, killed unless it is let go.
struct Group {
    child: Child,
    is_running: bool,
}

impl Group {
    fn of(child: Child) -> Self {
        Self { child, is_running: true }
    }

    /// Reads what the child prints until it ends.
    async fn end(&mut self) -> Result<CommandOutput, String> {
        let (Some(mut stdout), Some(mut stderr)) = (self.child.stdout.take(), self.child.stderr.take())
        else {
            return Err("has no output".to_owned());
        };
        let (mut printed, mut complaint) = (Vec::new(), Vec::new());
        let status = {
            let reading = async {
                let printing = read_to(&mut stdout, &mut printed, LONGEST_OUTPUT);
                let telling = async {
                    read_beginning(&mut stderr, &mut complaint, LONGEST_TOLD).await;
                    Ok(())
                };
                tokio::try_join!(printing, telling).map(drop)
            };
            tokio::pin!(reading);
            tokio::select! {
                status = self.child.wait() => status,
                read = &mut reading => match read {
                    Ok(()) => self.child.wait().await,
                    Err(problem) => return Err(problem),
                },
            }
        };
        let status = status.map_err(|error| format!("cannot be waited for: {error}"))?;
        // What it wrote is there by now; who still holds the other end is not waited for.
        #[cfg(unix)]
        {
            take_rest(stdout.into_owned_fd(), &mut printed, LONGEST_OUTPUT)?;
            // Only its beginning is kept in any case.
            let _ = take_rest(stderr.into_owned_fd(), &mut complaint, LONGEST_TOLD);
        }
        Ok(CommandOutput { status, stdout: printed, stderr: complaint })
    }

    fn let_go(&mut self) {
        self.is_running = false;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if !self.is_running {
            return;
        }
        #[cfg(unix)]
        if let Some(group) =
            self.child.id().and_then(|id| rustix::process::Pid::from_raw(id.try_into().ok()?))
        {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = self.child.start_kill();
    }
}

/// Reads to the end and keeps the beginning.
async fn read_beginning(from: &mut (impl AsyncRead + Unpin), to: &mut Vec<u8>, limit: usize) {
    let mut buffer = [0; 8192];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        let left = limit.saturating_sub(to.len()).min(count);
        to.extend_from_slice(buffer.get(..left).unwrap_or_default());
    }
}

/// Reads to the end; more than the limit is an error.
async fn read_to(from: &mut (impl AsyncRead + Unpin), to: &mut Vec<u8>, limit: usize) -> Result<(), String> {
    let mut buffer = [0; 8192];
    loop {
        match from.read(&mut buffer).await {
            Ok(0) => return Ok(()),
            Ok(count) => keep(buffer.get(..count).unwrap_or_default(), to, limit)?,
            Err(error) => return Err(format!("cannot be read: {error}")),
        }
    }
}

fn keep(bytes: &[u8], to: &mut Vec<u8>, limit: usize) -> Result<(), String> {
    if to.len() + bytes.len() > limit {
        return Err(format!("printed more than {limit} bytes"));
    }
    to.extend_from_slice(bytes);
    Ok(())
}

/// Reads what is there, without waiting for more.
#[cfg(unix)]
fn take_rest(
    from: std::io::Result<std::os::fd::OwnedFd>,
    to: &mut Vec<u8>,
    limit: usize,
) -> Result<(), String> {
    use std::io::{self, Read};
    let from = from.map_err(|error| format!("cannot be read: {error}"))?;
    rustix::io::ioctl_fionbio(&from, true).map_err(|error| format!("cannot be read: {error}"))?;
    let mut rest = std::fs::File::from(from);
    let mut buffer = [0; 8192];
    loop {
        match rest.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => keep(buffer.get(..count).unwrap_or_default(), to, limit)?,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(format!("cannot be read: {error}")),
        }
    }
}

/// The first line that a command wrote on its standard error, without what could be a secret.
fn first_line(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let Some(line) = text.lines().map(str::trim).find(|line| !line.is_empty()) else { return String::new() };
    let words = line.chars().take(LONGEST_LINE).collect::<String>();
    let words: Vec<_> =
        words.split_whitespace().map(|word| if is_plain(word) { word } else { "***" }).collect();
    let label = words.iter().position(|word| is_label(word)).map_or(words.len(), |at| at + 1);
    let (shown, rest) = words.split_at(label);
    let rest = if rest.is_empty() { "" } else { " ***" };
    format!(" and said: {:?}", shown.join(" ") + rest)
}

/// Whether what follows a word may be a secret, whatever it looks like.
fn is_label(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    ["secret", "password", "passwd", "token", "key", "auth", "bearer", "basic", "credential", "pin", "code"]
        .iter()
        .any(|label| word.contains(label))
}

/// Whether a word is one of a language, as far as can be judged: letters in it, not many, and at most punctuation
/// around it. A secret, an assignment, a URL is not.
fn is_plain(word: &str) -> bool {
    let inner = word.trim_matches(|c: char| c.is_ascii_punctuation());
    inner.len() <= LONGEST_WORD && inner.chars().all(|c| c.is_alphabetic() || matches!(c, '\'' | '_'))
}

const DISABLED: &str = "ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS";
const PRINT: &str = "a JSON object with access_key_id, access_key_secret and, for temporary ones, sts_token";
const SHAPE: &str =
    "did not print a JSON object with access_key_id, access_key_secret and, for temporary ones, sts_token";
/// The limit that the command-line tool sets.
const LONGEST_RUN: Duration = Duration::from_secs(60);
/// Hundreds of times what credentials take.
const LONGEST_OUTPUT: usize = 1024 * 1024;
const LONGEST_TOLD: usize = 64 * 1024;
const LONGEST_LINE: usize = 200;
const LONGEST_WORD: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    fn process(command: &str) -> Result<Process, Error> {
        Process::of_profile(&Inputs::default(), Place::Attribute("profile"), command)
    }

    #[cfg(unix)]
    async fn run(command: &str) -> Result<Credentials, String> {
        process(command).unwrap().fetch().await.map_err(|error| error.to_string())
    }

    #[test]
    fn an_assignment_is_refused_without_its_value() {
        let error = process("TOKEN=hush helper").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hush"), "{error}");
        assert!(error.next_step().contains("`env`"), "{error}");
    }

    #[test]
    fn only_the_name_of_the_program_is_shown() {
        let process = process("/opt/hush/helper --token hush").unwrap();
        let text = format!("{process:?} {}", process.failed("failed"));
        assert!(text.contains("\"helper\"") && !text.contains("hush"), "{text}");
    }

    #[test]
    fn the_first_line_of_a_complaint_loses_what_could_be_secret() {
        for (stderr, shown) in [
            ("", ""),
            ("\n  sign in first\nmore", " and said: \"sign in first\""),
            ("t=hush is bad: hush123", " and said: \"*** is bad: ***\""),
            ("Authorization: Basic dXNlcjpwYXNz", " and said: \"Authorization: ***\""),
            ("no --secret opensesame here", " and said: \"no --secret ***\""),
            ("LTAIhushhushhushhushhush!", " and said: \"***\""),
            ("https://u:hush@host/ \u{1b}[31m", " and said: \"*** ***\""),
        ] {
            assert_eq!(first_line(stderr.as_bytes()), shown, "{stderr}");
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn ends_with_the_child_whoever_holds_its_output() {
        let command = r#"sh -c 'sleep 600 & echo "{\"access_key_id\":\"id\",\"access_key_secret\":\"s\"}"; echo $! >&2; exit 0'"#;
        let process = process(command).unwrap();
        let ended = process.run().await.unwrap();
        assert_eq!(process.read(&ended.stdout).unwrap().access_key_id(), "id");
        let left: i32 = String::from_utf8(ended.stderr).unwrap().trim().parse().unwrap();
        let left = rustix::process::Pid::from_raw(left).unwrap();
        // Alive: a helper may leave an agent behind.
        rustix::process::kill_process(left, rustix::process::Signal::KILL).unwrap();
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn printing_without_end_is_stopped_with_every_child() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pid");
        let command = format!("sh -c 'sleep 600 & echo $! > {}; cat /dev/zero'", file.display());
        let error = run(&command).await.unwrap_err();
        assert!(error.contains("printed more than 1048576 bytes"), "{error}");
        let child: i32 = std::fs::read_to_string(file).unwrap().trim().parse().unwrap();
        let child = rustix::process::Pid::from_raw(child).unwrap();
        while rustix::process::test_kill_process(child).is_ok() && !is_zombie(child) {
            tokio::task::yield_now().await;
        }
    }

    /// Killed, but not yet collected by whoever inherits it.
    #[cfg(unix)]
    fn is_zombie(process: rustix::process::Pid) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", process.as_raw_nonzero()));
        stat.is_ok_and(|stat| stat.contains(") Z "))
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn complaining_without_end_is_no_failure() {
        let command = r#"sh -c 'head -c 3000000 /dev/zero >&2; echo "{\"access_key_id\":\"id\",\"access_key_secret\":\"s\"}"'"#;
        assert_eq!(run(command).await.unwrap().access_key_id(), "id");
    }

    #[test]
    fn empty_texts_are_absent_and_a_date_that_cannot_be_read_is_none() {
        let process = process("helper").unwrap();
        let read = |json: &str| process.read(json.as_bytes());
        let keys = r#""access_key_id":"id","access_key_secret":"s""#;
        for rest in [
            r#""sts_token":"","expiration":"""#,
            r#""sts_token":null,"expiration":"soon""#,
            r#""expiration":7"#,
        ] {
            let found = read(&format!("{{{keys},{rest}}}")).unwrap();
            assert_eq!((found.security_token().is_none(), found.expires_at()), (true, None), "{rest}");
        }
        assert!(read(&format!(r#"{{"mode":"StsToken","sts_token":"",{keys}}}"#)).is_err());
        assert!(read(r#"{"access_key_id":"","access_key_secret":"s"}"#).is_err());
    }
}
