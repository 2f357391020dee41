//! From exec to the handshake line, with a client certificate as Terraform makes it, and the memory then.

use std::time::Duration;

use crate::{
    figures::{Series, megabytes, short, spread},
    process::Started,
    programs::Programs,
    report::{Bars, Section, table},
    rpc,
    support::client_certificate::ClientCertificate,
};

const TURNS: usize = 200;

/// Until a program has done what it does after the handshake line.
const SETTLED: Duration = Duration::from_millis(20);

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
