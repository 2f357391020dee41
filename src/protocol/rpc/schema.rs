//! What the provider offers: metadata, schemas, identities, functions.

use super::super::{
    convert::{function, schema},
    frame::{Rpc, RpcContext, RpcError},
    generated::{self as wire, ServerCapabilities},
};
use crate::framework::{function::Function, server::RegisteredResource};

/// What this provider can do beyond the oldest protocol 6.
const CAPABILITIES: ServerCapabilities = ServerCapabilities {
    plan_destroy: true,
    get_provider_schema_optional: true,
    move_resource_state: true,
    generate_resource_config: true,
};

impl Rpc for wire::get_metadata::Request {
    type Response = wire::get_metadata::Response;
    const NAME: &'static str = "GetMetadata";

    async fn respond(&self, context: &RpcContext) -> Result<Self::Response, RpcError> {
        use wire::get_metadata::{DataSourceMetadata, ListResourceMetadata, ResourceMetadata};

        let server = &context.server;
        let resource = |name: &&str| ResourceMetadata { type_name: (*name).to_owned() };
        let data_source = |name: &&str| DataSourceMetadata { type_name: (*name).to_owned() };
        let list_resource = |name: &&str| ListResourceMetadata { type_name: (*name).to_owned() };
        Ok(Self::Response {
            server_capabilities: Some(CAPABILITIES),
            resources: server.resources().keys().map(resource).collect(),
            data_sources: server.data_sources().keys().map(data_source).collect(),
            list_resources: server.list_resources().keys().map(list_resource).collect(),
            functions: server.functions().iter().map(|function| function_name(&**function)).collect(),
            ..Default::default()
        })
    }

    fn refuse(&self, diagnostics: Vec<wire::Diagnostic>) -> Self::Response {
        Self::Response { diagnostics, ..Default::default() }
    }
}

fn function_name(function: &dyn Function) -> wire::get_metadata::FunctionMetadata {
    wire::get_metadata::FunctionMetadata { name: function.definition().name.to_owned() }
}

impl Rpc for wire::get_provider_schema::Request {
    type Response = wire::get_provider_schema::Response;
    const NAME: &'static str = "GetProviderSchema";

    async fn respond(&self, context: &RpcContext) -> Result<Self::Response, RpcError> {
        let server = &context.server;
        let resources = server.resources().iter();
        let data_sources = server.data_sources().iter();
        let list_resources = server.list_resources().iter();
        Ok(Self::Response {
            provider: Some(schema::encode(server.provider_schema())),
            resource_schemas: schema::encode_all(
                resources.map(|(name, registered)| (*name, &registered.schema)),
            ),
            data_source_schemas: schema::encode_all(
                data_sources.map(|(name, registered)| (*name, &registered.schema)),
            ),
            list_resource_schemas: schema::encode_all(
                list_resources.map(|(name, registered)| (*name, &registered.schema)),
            ),
            functions: function::encode_all(server.functions()),
            server_capabilities: Some(CAPABILITIES),
            ..Default::default()
        })
    }

    fn refuse(&self, diagnostics: Vec<wire::Diagnostic>) -> Self::Response {
        Self::Response { diagnostics, ..Default::default() }
    }
}

impl Rpc for wire::get_resource_identity_schemas::Request {
    type Response = wire::get_resource_identity_schemas::Response;
    const NAME: &'static str = "GetResourceIdentitySchemas";

    async fn respond(&self, context: &RpcContext) -> Result<Self::Response, RpcError> {
        let identity = |(name, registered): (&&str, &RegisteredResource)| {
            ((*name).to_owned(), schema::encode_identity(&registered.identity))
        };
        let identity_schemas = context.server.resources().iter().map(identity).collect();
        Ok(Self::Response { identity_schemas, diagnostics: Vec::new() })
    }

    fn refuse(&self, diagnostics: Vec<wire::Diagnostic>) -> Self::Response {
        Self::Response { diagnostics, ..Default::default() }
    }
}

impl Rpc for wire::get_functions::Request {
    type Response = wire::get_functions::Response;
    const NAME: &'static str = "GetFunctions";

    async fn respond(&self, context: &RpcContext) -> Result<Self::Response, RpcError> {
        let functions = function::encode_all(context.server.functions());
        Ok(Self::Response { functions, diagnostics: Vec::new() })
    }

    fn refuse(&self, diagnostics: Vec<wire::Diagnostic>) -> Self::Response {
        Self::Response { diagnostics, ..Default::default() }
    }
}
