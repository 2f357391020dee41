//! `mss-docs`: writes the documentation that registries show, from the schema and the examples.
//!
//! `cargo run --bin mss-docs` brings `docs/` up to date; with `--check` it changes nothing and reports
//! what is not. How pages are made is in `terraform_provider_mss::docgen`.

use std::{
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

use clap::Parser;
use terraform_provider_mss::{
    docgen,
    provider::{Environment, Mss},
};

/// Writes docs/ from the schema, examples/ and templates/.
#[derive(Parser)]
#[command(
    name = "mss-docs",
    version,
    after_help = "Exit status: 0 done, or up to date; 1 not up to date; 2 it cannot be made."
)]
struct Cli {
    /// Change nothing; report what is not up to date.
    #[arg(long)]
    check: bool,
}

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            complain(&error.to_string());
            ExitCode::from(2)
        }
    }
}

fn run(cli: &Cli) -> Result<ExitCode, docgen::Error> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join("docs");
    let pages = docgen::generate("mss", &Mss::new(Environment::default()), root)?;
    if !cli.check {
        docgen::write(&pages, &folder)?;
        return Ok(ExitCode::SUCCESS);
    }
    let differences = docgen::differences(&pages, &folder)?;
    for difference in &differences {
        complain(&format!("docs/{difference}"));
    }
    Ok(if differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn complain(text: &str) {
    // Whoever closed standard error does not want to know.
    let _ = writeln!(io::stderr(), "mss-docs: {text}");
}
