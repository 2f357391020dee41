//! The built binaries, seen from outside: one test program, so that it is linked once.
//!
//! Each test has its own folder and its own ports, and waits for events, never for time.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "in a test a panic is the report, also in the functions that tests share"
)]

mod acceptance;
mod handshake;
mod layers;
mod lifecycle;
mod support;
