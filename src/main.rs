//! The provider binary: everything happens in the library.

use std::{process::ExitCode, sync::Arc};

use terraform_provider_mss::{
    cloud,
    framework::server::Server,
    plugin::{self, Plugin, Service},
    protocol::{ProviderService, generated::provider_server::ProviderServer},
    provider::{self, Mss, ProviderEnvironment},
};
use tonic::service::Routes;

const PLUGIN: Plugin = Plugin {
    name: env!("CARGO_PKG_NAME"),
    source: provider::SOURCE,
    version: env!("CARGO_PKG_VERSION"),
    build: concat!(env!("MSS_BUILD"), ", plugin protocol 6"),
};

fn main() -> ExitCode {
    plugin::run(PLUGIN, || {
        let make = || Server::new(Arc::new(Mss::new(ProviderEnvironment::from_process())));
        let provider = ProviderService::new(make);
        let service = ProviderServer::new(provider.clone())
            .max_decoding_message_size(plugin::MESSAGE_LIMIT)
            .max_encoding_message_size(plugin::MESSAGE_LIMIT);
        // What has been spent must be kept, also after an interruption.
        let end = async {
            provider.end().await;
            cloud::credentials::settled().await;
        };
        Service { routes: Routes::new(service), end: Box::pin(end) }
    })
}
