//! `mss-docs`: writes the documentation that registries show, from the schema and the examples.
//!
//! `cargo run --bin mss-docs` brings `docs/` up to date; with `--check` it changes nothing and reports
//! what is not. How pages are made is in `terraform_provider_mss::docgen`.

use std::{
    env,
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

use terraform_provider_mss::{
    docgen,
    provider::{Mss, ProviderEnvironment},
};

const USAGE: &str = "\
Writes docs/ from the schema, examples/ and templates/.

Usage: mss-docs [--check]

  --check  Change nothing; report what is not up to date

Exit status: 0 done, or up to date; 1 not up to date; 2 it cannot be made.";

fn main() -> ExitCode {
    // One flag needs no parser: what only reads the schema is compiled as the provider is.
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    let only = |flag: &str| arguments.iter().all(|argument| argument == flag);
    if !only("--check") {
        let is_help = only("--help") || only("-h");
        let _ = writeln!(io::stderr(), "{USAGE}");
        return if is_help { ExitCode::SUCCESS } else { ExitCode::from(2) };
    }
    match run(!arguments.is_empty()) {
        Ok(code) => code,
        Err(error) => {
            complain(&error.to_string());
            ExitCode::from(2)
        }
    }
}

fn run(check: bool) -> Result<ExitCode, docgen::Error> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join("docs");
    let pages = docgen::generate("mss", &Mss::new(ProviderEnvironment::default()), root)?;
    if !check {
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
