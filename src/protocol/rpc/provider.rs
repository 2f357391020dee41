//! The provider itself: its configuration, and the wish that it stop.

use super::{
    super::{
        frame::{Rpc, RpcContext, RpcError, report},
        generated::{self as wire},
    },
    root::config,
};

impl Rpc for wire::validate_provider_config::Request {
    type Response = wire::validate_provider_config::Response;
    const NAME: &'static str = "ValidateProviderConfig";

    async fn respond(&self, context: &RpcContext) -> Result<Self::Response, RpcError> {
        let config = config(self.config.as_ref(), &context.server.provider_schema().object_type())?;
        Ok(self.refuse(report(context.server.validate_provider_config(config))))
    }

    fn refuse(&self, diagnostics: Vec<wire::Diagnostic>) -> Self::Response {
        Self::Response { diagnostics }
    }
}

impl Rpc for wire::configure_provider::Request {
    type Response = wire::configure_provider::Response;
    const NAME: &'static str = "ConfigureProvider";

    async fn respond(&self, context: &RpcContext) -> Result<Self::Response, RpcError> {
        let config = config(self.config.as_ref(), &context.server.provider_schema().object_type())?;
        Ok(self.refuse(report(context.server.configure(config, &self.terraform_version).await)))
    }

    fn refuse(&self, diagnostics: Vec<wire::Diagnostic>) -> Self::Response {
        Self::Response { diagnostics }
    }
}

impl Rpc for wire::stop_provider::Request {
    type Response = wire::stop_provider::Response;
    const NAME: &'static str = "StopProvider";

    async fn respond(&self, context: &RpcContext) -> Result<Self::Response, RpcError> {
        tracing::info!("stopping every wait");
        context.server.stop();
        Ok(Self::Response::default())
    }

    fn refuse(&self, diagnostics: Vec<wire::Diagnostic>) -> Self::Response {
        let error = diagnostics.into_iter().map(|diagnostic| diagnostic.detail).collect();
        Self::Response { error }
    }
}
