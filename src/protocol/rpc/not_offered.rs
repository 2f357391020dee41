//! The kinds that this provider does not offer: ephemeral resources, actions, state stores. Each RPC is
//! answered with a diagnostic that says so.

use super::{
    super::{
        frame::{Rpc, RpcContext, RpcError},
        generated::{self as wire, invoke_action::event},
    },
    list_resource::{Events, only},
};
use crate::framework::server::not_offered;

const EPHEMERAL_RESOURCE: &str = "ephemeral resource";
const ACTION: &str = "action";
const STATE_STORE: &str = "state store";

fn absent<T>(kind: &str, name: &str) -> Result<T, RpcError> {
    Err(not_offered(kind, name).into())
}

impl Rpc for wire::validate_ephemeral_resource_config::Request {
    type Response = wire::validate_ephemeral_resource_config::Response;
    const NAME: &'static str = "ValidateEphemeralResourceConfig";

    async fn respond(&self, _: &RpcContext) -> Result<Self::Response, RpcError> {
        absent(EPHEMERAL_RESOURCE, &self.type_name)
    }

    fn refuse(&self, diagnostics: Vec<wire::Diagnostic>) -> Self::Response {
        Self::Response { diagnostics }
    }
}

impl Rpc for wire::open_ephemeral_resource::Request {
    type Response = wire::open_ephemeral_resource::Response;
    const NAME: &'static str = "OpenEphemeralResource";

    async fn respond(&self, _: &RpcContext) -> Result<Self::Response, RpcError> {
        absent(EPHEMERAL_RESOURCE, &self.type_name)
    }

    fn refuse(&self, diagnostics: Vec<wire::Diagnostic>) -> Self::Response {
        Self::Response { diagnostics, ..Default::default() }
    }
}

impl Rpc for wire::renew_ephemeral_resource::Request {
    type Response = wire::renew_ephemeral_resource::Response;
    const NAME: &'static str = "RenewEphemeralResource";

    async fn respond(&self, _: &RpcContext) -> Result<Self::Response, RpcError> {
        absent(EPHEMERAL_RESOURCE, &self.type_name)
    }

    fn refuse(&self, diagnostics: Vec<wire::Diagnostic>) -> Self::Response {
        Self::Response { diagnostics, ..Default::default() }
    }
}

impl Rpc for wire::validate_action_config::Request {
    type Response = wire::validate_action_config::Response;
    const NAME: &'static str = "ValidateActionConfig";

    async fn respond(&self, _: &RpcContext) -> Result<Self::Response, RpcError> {
        absent(ACTION, &self.type_name)
    }

    fn refuse(&self, diagnostics: Vec<wire::Diagnostic>) -> Self::Response {
        Self::Response { diagnostics }
    }
}

impl Rpc for wire::plan_action::Request {
    type Response = wire::plan_action::Response;
    const NAME: &'static str = "PlanAction";

    async fn respond(&self, _: &RpcContext) -> Result<Self::Response, RpcError> {
        absent(ACTION, &self.action_type)
    }

    fn refuse(&self, diagnostics: Vec<wire::Diagnostic>) -> Self::Response {
        Self::Response { diagnostics, ..Default::default() }
    }
}

impl Rpc for wire::validate_state_store::Request {
    type Response = wire::validate_state_store::Response;
    const NAME: &'static str = "ValidateStateStoreConfig";

    async fn respond(&self, _: &RpcContext) -> Result<Self::Response, RpcError> {
        absent(STATE_STORE, &self.type_name)
    }

    fn refuse(&self, diagnostics: Vec<wire::Diagnostic>) -> Self::Response {
        Self::Response { diagnostics }
    }
}

impl Rpc for wire::configure_state_store::Request {
    type Response = wire::configure_state_store::Response;
    const NAME: &'static str = "ConfigureStateStore";

    async fn respond(&self, _: &RpcContext) -> Result<Self::Response, RpcError> {
        absent(STATE_STORE, &self.type_name)
    }

    fn refuse(&self, diagnostics: Vec<wire::Diagnostic>) -> Self::Response {
        Self::Response { diagnostics, ..Default::default() }
    }
}

impl Rpc for wire::lock_state::Request {
    type Response = wire::lock_state::Response;
    const NAME: &'static str = "LockState";

    async fn respond(&self, _: &RpcContext) -> Result<Self::Response, RpcError> {
        absent(STATE_STORE, &self.type_name)
    }

    fn refuse(&self, diagnostics: Vec<wire::Diagnostic>) -> Self::Response {
        Self::Response { diagnostics, ..Default::default() }
    }
}

impl Rpc for wire::unlock_state::Request {
    type Response = wire::unlock_state::Response;
    const NAME: &'static str = "UnlockState";

    async fn respond(&self, _: &RpcContext) -> Result<Self::Response, RpcError> {
        absent(STATE_STORE, &self.type_name)
    }

    fn refuse(&self, diagnostics: Vec<wire::Diagnostic>) -> Self::Response {
        Self::Response { diagnostics }
    }
}

impl Rpc for wire::get_states::Request {
    type Response = wire::get_states::Response;
    const NAME: &'static str = "GetStates";

    async fn respond(&self, _: &RpcContext) -> Result<Self::Response, RpcError> {
        absent(STATE_STORE, &self.type_name)
    }

    fn refuse(&self, diagnostics: Vec<wire::Diagnostic>) -> Self::Response {
        Self::Response { diagnostics, ..Default::default() }
    }
}

impl Rpc for wire::delete_state::Request {
    type Response = wire::delete_state::Response;
    const NAME: &'static str = "DeleteState";

    async fn respond(&self, _: &RpcContext) -> Result<Self::Response, RpcError> {
        absent(STATE_STORE, &self.type_name)
    }

    fn refuse(&self, diagnostics: Vec<wire::Diagnostic>) -> Self::Response {
        Self::Response { diagnostics }
    }
}

impl Rpc for wire::close_ephemeral_resource::Request {
    type Response = wire::close_ephemeral_resource::Response;
    const NAME: &'static str = "CloseEphemeralResource";

    /// Closing what was never opened is not the practitioner's fault.
    async fn respond(&self, _: &RpcContext) -> Result<Self::Response, RpcError> {
        Ok(Self::Response::default())
    }

    fn refuse(&self, diagnostics: Vec<wire::Diagnostic>) -> Self::Response {
        Self::Response { diagnostics }
    }
}

impl Rpc for wire::invoke_action::Request {
    type Response = Events<wire::invoke_action::Event>;
    const NAME: &'static str = "InvokeAction";

    async fn respond(&self, _: &RpcContext) -> Result<Self::Response, RpcError> {
        absent(ACTION, &self.action_type)
    }

    /// An event of no type crashes Terraform.
    fn refuse(&self, diagnostics: Vec<wire::Diagnostic>) -> Self::Response {
        let completed = event::Type::Completed(event::Completed { diagnostics });
        only(wire::invoke_action::Event { r#type: Some(completed) })
    }
}

impl Rpc for wire::read_state_bytes::Request {
    type Response = Events<wire::read_state_bytes::Response>;
    const NAME: &'static str = "ReadStateBytes";

    async fn respond(&self, _: &RpcContext) -> Result<Self::Response, RpcError> {
        absent(STATE_STORE, &self.type_name)
    }

    fn refuse(&self, diagnostics: Vec<wire::Diagnostic>) -> Self::Response {
        only(wire::read_state_bytes::Response { diagnostics, ..Default::default() })
    }
}

/// The request of WriteStateBytes: a stream, none of which is read.
pub(in crate::protocol) struct WriteStateBytes;

impl Rpc for WriteStateBytes {
    type Response = wire::write_state_bytes::Response;
    const NAME: &'static str = "WriteStateBytes";

    async fn respond(&self, _: &RpcContext) -> Result<Self::Response, RpcError> {
        absent(STATE_STORE, "")
    }

    fn refuse(&self, diagnostics: Vec<wire::Diagnostic>) -> Self::Response {
        Self::Response { diagnostics }
    }
}
