//! The provider binary: everything happens in the library.

use std::process::ExitCode;

use terraform_provider_mss::plugin::{self, Plugin};
use tonic::service::Routes;

const PLUGIN: Plugin = Plugin {
    name: env!("CARGO_PKG_NAME"),
    address: "registry.terraform.io/mss-iac/mss",
    version: env!("CARGO_PKG_VERSION"),
};

fn main() -> ExitCode {
    plugin::run(PLUGIN, Routes::default)
}
