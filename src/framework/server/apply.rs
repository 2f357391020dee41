//! Applies a planned change: create, update or delete, told apart by what is null.
//!
//! The laws: after a create or update the state is wholly known and holds every known planned
//! value; after a delete there is none. When an update or delete fails, the prior state stays.

use super::{Registered, Server};
use crate::framework::{
    diagnostics::{Diagnostic, Diagnostics},
    resource::Applied,
    value::{Object, Value},
};

/// What Terraform wants done.
#[derive(Debug)]
pub struct ApplyRequest {
    /// The state before; null for a create.
    pub prior: Value,
    /// The planned state; null for a delete.
    pub planned: Value,
}

/// What was done.
#[derive(Debug)]
pub struct ApplyAnswer {
    /// The state reached; null when there is no object.
    pub state: Value,
    /// What the practitioner is told.
    pub diagnostics: Diagnostics,
}

impl Server {
    /// Applies one change.
    pub async fn apply_resource_change(&self, registered: &Registered, request: ApplyRequest) -> ApplyAnswer {
        let stop = self.stop_token();
        let resource = &registered.resource;
        let applied = match (Object::from_value(&request.prior), Object::from_value(&request.planned)) {
            (None, Some(planned)) => resource.create(planned, &stop).await,
            (Some(prior), Some(planned)) => resource.update(prior, planned, &stop).await,
            (Some(prior), None) => {
                let diagnostics = resource.delete(prior.clone(), &stop).await;
                let state = diagnostics.has_error().then_some(prior);
                Applied { state, diagnostics }
            }
            (None, None) => Applied::default(),
        };
        settle(request.prior, applied)
    }
}

/// Keeps the prior state where the resource has none to give, and never lets an unknown value out.
fn settle(prior: Value, applied: Applied) -> ApplyAnswer {
    let mut diagnostics = applied.diagnostics;
    let state = match applied.state {
        Some(state) => state.into(),
        None if diagnostics.has_error() => prior,
        None => Value::Null,
    };
    if !state.is_wholly_known() {
        diagnostics.push(Diagnostic::bug("A value is still unknown after apply."));
    }
    ApplyAnswer { state, diagnostics }
}
