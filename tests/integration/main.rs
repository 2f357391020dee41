//! The built binaries, seen from outside: one test program, so that it is linked once.
//!
//! Each test has its own folder and its own ports, and waits for events, never for time.
//!
//! Not on Windows: they speak over Unix sockets, send signals and run shell scripts. There the unit tests run.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "in a test a panic is the report, and the environment is the machine's, also in shared functions"
)]

mod acceptance;
mod data_sources;
mod directory;
mod docs;
mod echoes;
mod emulator;
mod emulator_helpers;
mod emulator_page;
mod endurance;
mod examples;
mod fault_matrix;
mod go_tools;
mod guides;
mod handshake;
mod hostile;
mod kill_matrix;
mod layers;
mod lifecycle;
mod listing;
mod moved;
mod odd;
mod official_credentials;
mod official_sdks;
mod probe;
mod protocol;
mod racing;
mod reach;
mod real_account;
mod release;
mod schema;
mod secrets;
mod state_machine;
mod supply_chain;
mod support;
mod trust;
mod version_matrix;
mod visibility;
mod whole_runs;
mod workflows;
