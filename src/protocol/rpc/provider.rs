//! The provider itself: its configuration, and the wish that it stop.

use super::{
    super::{
        frame::{Asked, Fault, Rpc, report},
        generated::{self as wire},
    },
    root::config,
};

impl Rpc for wire::validate_provider_config::Request {
    type Response = wire::validate_provider_config::Response;
    const NAME: &'static str = "ValidateProviderConfig";

    async fn answer(&self, asked: &Asked) -> Result<Self::Response, Fault> {
        let config = config(self.config.as_ref(), &asked.server.provider_schema().object_type())?;
        Ok(self.refuse(report(asked.server.validate_provider_config(config))))
    }

    fn refuse(&self, diagnostics: Vec<wire::Diagnostic>) -> Self::Response {
        Self::Response { diagnostics }
    }
}

impl Rpc for wire::configure_provider::Request {
    type Response = wire::configure_provider::Response;
    const NAME: &'static str = "ConfigureProvider";

    async fn answer(&self, asked: &Asked) -> Result<Self::Response, Fault> {
        let config = config(self.config.as_ref(), &asked.server.provider_schema().object_type())?;
        Ok(self.refuse(report(asked.server.configure(config, &self.terraform_version).await)))
    }

    fn refuse(&self, diagnostics: Vec<wire::Diagnostic>) -> Self::Response {
        Self::Response { diagnostics }
    }
}

impl Rpc for wire::stop_provider::Request {
    type Response = wire::stop_provider::Response;
    const NAME: &'static str = "StopProvider";

    async fn answer(&self, asked: &Asked) -> Result<Self::Response, Fault> {
        tracing::info!("stopping every wait");
        asked.server.stop();
        Ok(Self::Response::default())
    }

    fn refuse(&self, diagnostics: Vec<wire::Diagnostic>) -> Self::Response {
        let error = diagnostics.into_iter().map(|diagnostic| diagnostic.detail).collect();
        Self::Response { error }
    }
}
