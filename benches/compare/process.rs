//! A process of a compared program, and its memory.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::{
    programs::Program,
    support::provider_process::{COOKIE, VERSIONS},
};

/// A program that has written its handshake line. Killed when dropped.
pub struct Started {
    child: Child,
    pub line: String,
    pub time: Duration,
}

impl Started {
    /// Starts a program as Terraform does, with a client certificate or none.
    pub fn new(program: &Program, certificate: Option<&str>, variables: &[(String, String)]) -> Self {
        let mut command = Command::new(&program.path);
        command.env_clear().envs([COOKIE, VERSIONS]).envs(variables.iter().cloned());
        command.env("TMPDIR", std::env::temp_dir()).env("HOME", std::env::temp_dir());
        command.env("PLUGIN_MIN_PORT", "10000").env("PLUGIN_MAX_PORT", "25000");
        command.envs(certificate.map(|pem| ("PLUGIN_CLIENT_CERT", pem)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let start = Instant::now();
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let time = start.elapsed();
        assert!(line.starts_with("1|"), "{}: no handshake but {line:?}", program.path.display());
        Self { child, line, time }
    }

    pub fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// What is resident, in KiB.
    pub fn resident(&self) -> f64 {
        resident(self.child.id(), "VmRSS:").expect("memory in /proc")
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A line of a process's memory, in KiB; none when it has ended.
pub fn resident(process: u32, field: &str) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}
