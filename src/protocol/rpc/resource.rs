//! The life of a managed resource: validate, upgrade, read, plan, apply.

use super::{
    super::{
        convert::{diagnostics::path, value::decode_root},
        frame::{Rpc, RpcContext, RpcError, Subject, report},
        generated::{self as wire, ClientCapabilities},
    },
    root::{config, encode_identity, encode_identity_data, encode_state, raw_json},
};
use crate::framework::server::{ApplyRequest, PlanRequest, ReadRequest};

impl Rpc for wire::validate_resource_config::Request {
    type Response = wire::validate_resource_config::Response;
    const NAME: &'static str = "ValidateResourceConfig";

    fn subject(&self) -> Subject<'_> {
        Subject::Resource(&self.type_name)
    }

    async fn respond(&self, context: &RpcContext) -> Result<Self::Response, RpcError> {
        let registered = context.server.resource(&self.type_name)?;
        let config = config(self.config.as_ref(), &registered.object_type)?;
        Ok(self.refuse(report(context.server.validate_resource_config(registered, config))))
    }

    fn refuse(&self, diagnostics: Vec<wire::Diagnostic>) -> Self::Response {
        Self::Response { diagnostics }
    }
}

impl Rpc for wire::upgrade_resource_state::Request {
    type Response = wire::upgrade_resource_state::Response;
    const NAME: &'static str = "UpgradeResourceState";

    fn subject(&self) -> Subject<'_> {
        Subject::Resource(&self.type_name)
    }

    async fn respond(&self, context: &RpcContext) -> Result<Self::Response, RpcError> {
        let registered = context.server.resource(&self.type_name)?;
        let state = raw_json(self.raw_state.as_ref())?;
        let state = context.server.upgrade_resource_state(registered, self.version, state)?;
        let upgraded_state = encode_state(registered, state)?;
        Ok(Self::Response { upgraded_state, diagnostics: Vec::new() })
    }

    fn refuse(&self, diagnostics: Vec<wire::Diagnostic>) -> Self::Response {
        Self::Response { diagnostics, ..Default::default() }
    }
}

impl Rpc for wire::upgrade_resource_identity::Request {
    type Response = wire::upgrade_resource_identity::Response;
    const NAME: &'static str = "UpgradeResourceIdentity";

    fn subject(&self) -> Subject<'_> {
        Subject::Resource(&self.type_name)
    }

    async fn respond(&self, context: &RpcContext) -> Result<Self::Response, RpcError> {
        let registered = context.server.resource(&self.type_name)?;
        let identity = raw_json(self.raw_identity.as_ref())?;
        let identity = context.server.upgrade_resource_identity(registered, self.version, identity)?;
        let upgraded_identity = Some(encode_identity_data(registered, identity)?);
        Ok(Self::Response { upgraded_identity, diagnostics: Vec::new() })
    }

    fn refuse(&self, diagnostics: Vec<wire::Diagnostic>) -> Self::Response {
        Self::Response { diagnostics, ..Default::default() }
    }
}

impl Rpc for wire::read_resource::Request {
    type Response = wire::read_resource::Response;
    const NAME: &'static str = "ReadResource";

    fn subject(&self) -> Subject<'_> {
        Subject::Resource(&self.type_name)
    }

    async fn respond(&self, context: &RpcContext) -> Result<Self::Response, RpcError> {
        let registered = context.server.resource(&self.type_name)?;
        let current = decode_root(self.current_state.as_ref(), "current_state", &registered.object_type)?;
        let read = ReadRequest { current, private: self.private.clone() };
        let read = context.server.read_resource(registered, read, &context.stop).await;
        Ok(Self::Response {
            new_identity: encode_identity(registered, &read.state)?,
            new_state: encode_state(registered, read.state)?,
            private: read.private,
            diagnostics: report(read.diagnostics),
            deferred: None,
        })
    }

    fn refuse(&self, diagnostics: Vec<wire::Diagnostic>) -> Self::Response {
        Self::Response { diagnostics, ..Default::default() }
    }
}

impl Rpc for wire::plan_resource_change::Request {
    type Response = wire::plan_resource_change::Response;
    const NAME: &'static str = "PlanResourceChange";

    fn subject(&self) -> Subject<'_> {
        Subject::Resource(&self.type_name)
    }

    async fn respond(&self, context: &RpcContext) -> Result<Self::Response, RpcError> {
        let registered = context.server.resource(&self.type_name)?;
        let value_type = &registered.object_type;
        let plan = PlanRequest {
            prior: decode_root(self.prior_state.as_ref(), "prior_state", value_type)?,
            proposed: decode_root(self.proposed_new_state.as_ref(), "proposed_new_state", value_type)?,
            config: config(self.config.as_ref(), value_type)?,
            prior_private: self.prior_private.clone(),
            planned_private: self.planned_private.clone(),
            applying: is_applying(self.client_capabilities.as_ref()),
        };
        let planned = context.server.plan_resource_change(registered, plan, &context.stop).await;
        Ok(Self::Response {
            planned_identity: encode_identity(registered, &planned.planned)?,
            planned_state: encode_state(registered, planned.planned)?,
            requires_replace: planned.requires_replace.iter().map(path).collect(),
            planned_private: planned.private,
            diagnostics: report(planned.diagnostics),
            ..Default::default()
        })
    }

    fn refuse(&self, diagnostics: Vec<wire::Diagnostic>) -> Self::Response {
        Self::Response { diagnostics, ..Default::default() }
    }
}

/// Whether the client says that it is applying. Terraform lets providers defer during apply, where nothing waits any
/// more, and never in a plan of a released version (observed, 1.11 and 1.15; 1.6 says nothing).
fn is_applying(client: Option<&ClientCapabilities>) -> bool {
    client.is_some_and(|client| client.deferral_allowed)
}

impl Rpc for wire::apply_resource_change::Request {
    type Response = wire::apply_resource_change::Response;
    const NAME: &'static str = "ApplyResourceChange";

    fn subject(&self) -> Subject<'_> {
        Subject::Resource(&self.type_name)
    }

    async fn respond(&self, context: &RpcContext) -> Result<Self::Response, RpcError> {
        let registered = context.server.resource(&self.type_name)?;
        let value_type = &registered.object_type;
        let change = ApplyRequest {
            prior: decode_root(self.prior_state.as_ref(), "prior_state", value_type)?,
            planned: decode_root(self.planned_state.as_ref(), "planned_state", value_type)?,
            config: config(self.config.as_ref(), value_type)?,
            planned_private: self.planned_private.clone(),
        };
        let applied = context.server.apply_resource_change(registered, change, &context.stop).await;
        Ok(Self::Response {
            new_identity: encode_identity(registered, &applied.state)?,
            new_state: encode_state(registered, applied.state)?,
            private: applied.private,
            diagnostics: report(applied.diagnostics),
            ..Default::default()
        })
    }

    /// Terraform stores the state beside an error too: what was there before is still true.
    fn refuse(&self, diagnostics: Vec<wire::Diagnostic>) -> Self::Response {
        Self::Response {
            new_state: self.prior_state.clone(),
            private: self.planned_private.clone(),
            diagnostics,
            ..Default::default()
        }
    }
}
