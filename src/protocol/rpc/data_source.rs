//! Data sources: validate, read.

use super::{
    super::{
        frame::{Rpc, RpcContext, RpcError, Subject, report},
        generated::{self as wire},
    },
    root::{config, encode_response},
};

impl Rpc for wire::validate_data_resource_config::Request {
    type Response = wire::validate_data_resource_config::Response;
    const NAME: &'static str = "ValidateDataResourceConfig";

    fn subject(&self) -> Subject<'_> {
        Subject::DataSource(&self.type_name)
    }

    async fn respond(&self, context: &RpcContext) -> Result<Self::Response, RpcError> {
        let registered = context.server.data_source(&self.type_name)?;
        let config = config(self.config.as_ref(), &registered.object_type)?;
        Ok(self.refuse(report(context.server.validate_data_source_config(registered, config))))
    }

    fn refuse(&self, diagnostics: Vec<wire::Diagnostic>) -> Self::Response {
        Self::Response { diagnostics }
    }
}

impl Rpc for wire::read_data_source::Request {
    type Response = wire::read_data_source::Response;
    const NAME: &'static str = "ReadDataSource";

    fn subject(&self) -> Subject<'_> {
        Subject::DataSource(&self.type_name)
    }

    async fn respond(&self, context: &RpcContext) -> Result<Self::Response, RpcError> {
        let registered = context.server.data_source(&self.type_name)?;
        let config = config(self.config.as_ref(), &registered.object_type)?;
        let read = context.server.read_data_source(registered, config, &context.stop).await?;
        let state = Some(encode_response(read.state.into(), &registered.object_type)?);
        Ok(Self::Response { state, diagnostics: report(read.warnings.into()), deferred: None })
    }

    fn refuse(&self, diagnostics: Vec<wire::Diagnostic>) -> Self::Response {
        Self::Response { diagnostics, ..Default::default() }
    }
}
