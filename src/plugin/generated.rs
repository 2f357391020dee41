//! The messages and services of go-plugin and of gRPC health checking, generated from
//! `proto/plugin.proto` and `proto/health.proto`.

#![allow(
    missing_docs,
    dead_code,
    clippy::all,
    reason = "generated code; the definition carries the comments"
)]

/// go-plugin's services: controller, stdio and broker.
pub mod plugin {
    include!(concat!(env!("OUT_DIR"), "/plugin.rs"));
}

/// gRPC health checking, as every gRPC server may offer it.
pub mod health {
    include!(concat!(env!("OUT_DIR"), "/grpc.health.v1.rs"));
}
