//! From exec to the handshake line, with a client certificate as Terraform makes it, and the memory then.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::{
    figures::{Series, megabytes, short, spread},
    programs::{Program, Programs},
    report::{Bars, Section, table},
    rpc,
    support::{
        client_certificate::ClientCertificate,
        provider_process::{COOKIE, VERSIONS},
    },
};

const TURNS: usize = 200;

/// Until a program has done what it does after the handshake line.
const SETTLED: Duration = Duration::from_millis(20);

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

pub async fn measure(programs: &Programs) -> Section {
    let certificate = ClientCertificate::generate().pem();
    let [ours, rust, go] = programs.providers();
    let compared = [&programs.floor, ours, rust, go];
    let mut times = [(); 4].map(|()| Series::default());
    let mut memory = [(); 4].map(|()| Series::default());
    for _ in 0..TURNS {
        for (index, program) in compared.iter().enumerate() {
            times[index].push_milliseconds(Started::new(program, Some(&certificate), &[]).time);
        }
    }
    for _ in 0..5 {
        for (index, program) in compared.iter().enumerate() {
            let started = Started::new(program, Some(&certificate), &[]);
            std::thread::sleep(SETTLED);
            memory[index].push(started.resident() / 1024.0);
        }
    }

    let mut rows = Vec::new();
    for (index, program) in compared.iter().enumerate() {
        let ratio = |to: usize| short(times[index].over(&times[to]).median());
        let schema = match index {
            0 => "–".to_owned(),
            _ => format!("{:.1} kB", f64::from(rpc::schema_size(program).await) / 1e3),
        };
        rows.push(vec![
            program.name.clone(),
            spread(&times[index]),
            ratio(3),
            ratio(2),
            format!("{:.1} MiB", memory[index].median()),
            megabytes(std::fs::metadata(&program.path).unwrap().len()),
            schema,
        ]);
    }
    let heads = [
        "Program",
        "exec to handshake, ms",
        "× Go provider",
        "× Rust peer",
        "resident then",
        "binary",
        "schema",
    ];
    let bars = |what: &str, series: &[Series; 4]| Bars {
        title: what.to_owned(),
        bars: compared
            .iter()
            .zip(series)
            .map(|(program, series)| (program.name.clone(), series.median()))
            .collect(),
    };
    Section {
        title: "Start".to_owned(),
        text: format!(
            "From exec to the handshake line, with Terraform's kind of client certificate (P-521); median of \
             {TURNS} turns, the middle half in brackets, ratios turn by turn. Memory is read {} ms later.\n\n{}",
            SETTLED.as_millis(),
            table(&heads, &rows)
        ),
        bars: vec![
            bars("exec to handshake, ms", &times),
            bars("resident memory after the handshake, MiB", &memory),
        ],
    }
}
