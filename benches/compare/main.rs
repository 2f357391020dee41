//! What starting, planning and applying cost, beside other providers and beside none.
//!
//! ```sh
//! cargo bench                       # everything, into docs/benchmarks.md
//! cargo bench -- --without-many     # not the commands over many roles, which take minutes; writes nothing
//! cargo bench -- --only-directory   # only the roles of a whole resource directory; writes nothing
//! ```
//!
//! Needs Linux, a C compiler and Python with pip. Whole processes are measured as practitioners run them, so the usual tools for functions do not fit.
//! What is compared takes turns within one run, and ratios are taken turn by turn: machines are noisy, but
//! noisy for all. The provider is the one that `release/release.py build` makes for this machine,
//! installed by `terraform init` from a mirror; the cloud is the emulator, behind HTTPS.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark that cannot continue says so and ends"
)]

#[cfg(unix)]
mod cloud;
#[cfg(unix)]
mod commands;
#[cfg(unix)]
mod directory;
#[cfg(unix)]
mod figures;
#[cfg(unix)]
mod many;
#[cfg(unix)]
mod process;
#[cfg(unix)]
mod programs;
#[cfg(unix)]
mod report;
#[cfg(unix)]
mod rpc;
#[cfg(unix)]
mod start;
#[cfg(unix)]
#[path = "../../tests/integration/support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the tests use all of it")]
mod support;

#[cfg(not(unix))]
fn main() {
    panic!("the benchmark needs Linux");
}

#[cfg(unix)]
#[tokio::main(flavor = "current_thread")]
async fn main() {
    let asked = |option: &str| std::env::args().any(|argument| argument == option);
    let terraform = support::terraform::Terraform::find().unwrap();
    let programs = programs::Programs::get();
    let mut report = report::Report::begin(&terraform, &programs);
    if asked("--only-directory") {
        report.add(&directory::measure(&terraform, &programs).await);
        return;
    }
    report.add(&start::measure(&programs).await);
    report.add(&rpc::measure(&programs).await);
    report.add(&commands::measure(&terraform, &programs).await);
    if !asked("--without-many") {
        report.add(&many::measure(&terraform, &programs).await);
        report.add(&directory::measure(&terraform, &programs).await);
        report.write();
    }
}
