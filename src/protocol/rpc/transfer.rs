//! How objects come under Terraform, and go from one resource to another: import, generated configuration,
//! move.

use super::{
    super::{
        convert::value::decode_root,
        frame::{Rpc, RpcContext, RpcError, Subject},
        generated::{self as wire, import_resource_state::ImportedResource},
    },
    root::{encode_identity, encode_state, raw_json},
};
use crate::framework::{
    private::Private,
    resource::MoveSource,
    server::{ImportResponse, RegisteredResource},
    value::Root,
};

impl wire::import_resource_state::Request {
    fn imported(
        &self,
        context: &RpcContext,
        registered: &RegisteredResource,
    ) -> Result<ImportResponse, RpcError> {
        let server = &context.server;
        Ok(match &self.identity {
            Some(identity) if self.id.is_empty() => {
                let value_type = registered.identity.object_type();
                let identity = decode_root(identity.identity_data.as_ref(), "identity_data", &value_type)?;
                server.import_resource_by_identity(registered, identity)?
            }
            _ => server.import_resource_state(registered, &self.id)?,
        })
    }
}

impl Rpc for wire::import_resource_state::Request {
    type Response = wire::import_resource_state::Response;
    const NAME: &'static str = "ImportResourceState";

    fn subject(&self) -> Subject<'_> {
        Subject::Resource(&self.type_name)
    }

    async fn respond(&self, context: &RpcContext) -> Result<Self::Response, RpcError> {
        let registered = context.server.resource(&self.type_name)?;
        let ImportResponse { state, private } = self.imported(context, registered)?;
        let state = Root::from(state);
        let imported = ImportedResource {
            type_name: self.type_name.clone(),
            // Terraform that imports by an identity wants one back. While ours is not whole, the read that
            // follows completes the one it gave.
            identity: encode_identity(registered, &state)?.or_else(|| self.identity.clone()),
            state: encode_state(registered, state)?,
            private,
        };
        Ok(Self::Response { imported_resources: vec![imported], ..Default::default() })
    }

    fn refuse(&self, diagnostics: Vec<wire::Diagnostic>) -> Self::Response {
        Self::Response { diagnostics, ..Default::default() }
    }
}

impl Rpc for wire::generate_resource_config::Request {
    type Response = wire::generate_resource_config::Response;
    const NAME: &'static str = "GenerateResourceConfig";

    fn subject(&self) -> Subject<'_> {
        Subject::Resource(&self.type_name)
    }

    async fn respond(&self, context: &RpcContext) -> Result<Self::Response, RpcError> {
        let registered = context.server.resource(&self.type_name)?;
        let state = decode_root(self.state.as_ref(), "state", &registered.object_type)?;
        let config = context.server.generate_resource_config(registered, state)?;
        let config = encode_state(registered, config.into())?;
        Ok(Self::Response { config, diagnostics: Vec::new() })
    }

    fn refuse(&self, diagnostics: Vec<wire::Diagnostic>) -> Self::Response {
        Self::Response { diagnostics, ..Default::default() }
    }
}

impl wire::move_resource_state::Request {
    fn source(&self) -> Result<MoveSource, RpcError> {
        let state = raw_json(self.source_state.as_ref())?;
        Ok(MoveSource {
            provider_address: self.source_provider_address.clone(),
            type_name: self.source_type_name.clone(),
            schema_version: self.source_schema_version,
            state: serde_json::from_slice(state).map_err(|error| RpcError::Undecodable(error.to_string()))?,
            private: self.private_of_ours()?,
        })
    }

    /// Private data that moves along with a state of our own type under another address.
    fn private_of_ours(&self) -> Result<Vec<u8>, RpcError> {
        if self.source_type_name != self.target_type_name {
            return Ok(Vec::new());
        }
        Ok(Private::decode(&self.source_private)?.data)
    }
}

impl Rpc for wire::move_resource_state::Request {
    type Response = wire::move_resource_state::Response;
    const NAME: &'static str = "MoveResourceState";

    fn subject(&self) -> Subject<'_> {
        Subject::Resource(&self.target_type_name)
    }

    async fn respond(&self, context: &RpcContext) -> Result<Self::Response, RpcError> {
        let registered = context.server.resource(&self.target_type_name)?;
        let ImportResponse { state, private } =
            context.server.move_resource_state(registered, &self.source()?)?;
        let state = Root::from(state);
        Ok(Self::Response {
            target_identity: encode_identity(registered, &state)?,
            target_state: encode_state(registered, state)?,
            target_private: private,
            ..Default::default()
        })
    }

    fn refuse(&self, diagnostics: Vec<wire::Diagnostic>) -> Self::Response {
        Self::Response { diagnostics, ..Default::default() }
    }
}
