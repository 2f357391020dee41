//! The clients of the services that a provider serves.

#![allow(missing_docs, dead_code, clippy::all, reason = "generated code, of which the tests use a part")]

pub mod tfplugin6 {
    include!(concat!(env!("OUT_DIR"), "/client/tfplugin6.rs"));
}

pub mod plugin {
    include!(concat!(env!("OUT_DIR"), "/client/plugin.rs"));
}

pub mod health {
    include!(concat!(env!("OUT_DIR"), "/client/grpc.health.v1.rs"));
}
