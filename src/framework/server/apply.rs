//! Applies a planned change: create, update or delete, distinguished by what is null.
//!
//! The laws (Terraform's "Resource Instance Change Lifecycle", ApplyResourceChange): after a create or update
//! there is an object, wholly known; after a delete there is none. When an operation changes nothing, what
//! was there before stays. Nothing but a planned null deletes.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use tokio_util::sync::CancellationToken;

use super::{RegisteredResource, Server};
use crate::framework::{
    diagnostics::{Diagnostic, Diagnostics},
    private::Private,
    resource::{Create, Delete, Outcome, ResourceResult, Update},
    value::{Object, Root, unexpected},
};

/// One change to carry out, as the plan during apply showed it.
#[derive(Debug)]
pub struct ApplyRequest {
    /// The state before the change; null for a create.
    pub prior: Root,
    /// The planned state; null for a delete. A value is unknown only where the plan left it so.
    pub planned: Root,
    /// The configuration, wholly known; null for a delete.
    pub config: Root,
    /// Private data that the plan left, still encoded.
    pub planned_private: Vec<u8>,
}

/// What became of the change: what Terraform stores, and says.
#[derive(Debug)]
pub struct ApplyResponse {
    /// The state reached; null when there is no object. After an error whatever is true then, at worst the
    /// prior state.
    pub state: Root,
    /// Private data to store beside the state, encoded; empty when there is no object.
    pub private: Vec<u8>,
    /// Empty if all went as planned.
    pub diagnostics: Diagnostics,
}

/// The one thing that a request asks for.
enum Change {
    Create {
        planned: Object,
        config: Object,
    },
    Update {
        prior: Object,
        planned: Object,
        config: Object,
    },
    Delete {
        prior: Object,
    },
    /// Nothing is there, and nothing is wanted.
    Nothing,
}

impl Change {
    fn of(request: &ApplyRequest) -> Result<Self, Diagnostic> {
        let config = || request.config.clone().object("the configuration");
        Ok(match (request.prior.clone(), request.planned.clone()) {
            (Root::Unknown, _) => return Err(unexpected("the prior state", "unknown")),
            (_, Root::Unknown) => return Err(unexpected("the planned state", "unknown")),
            (Root::Null, Root::Null) => Self::Nothing,
            (Root::Null, Root::Object(planned)) => Self::Create { planned, config: config()? },
            (Root::Object(prior), Root::Object(planned)) => {
                Self::Update { prior, planned, config: config()? }
            }
            (Root::Object(prior), Root::Null) => Self::Delete { prior },
        })
    }

    fn leaves_an_object(&self) -> bool {
        matches!(self, Self::Create { .. } | Self::Update { .. })
    }
}

impl Server {
    /// Carries out one change. A panic in a create becomes a diagnostic that says what may have been created.
    /// `stop` is cancelled by Ctrl-C and when the caller of the request is gone.
    pub async fn apply_resource_change(
        &self,
        registered: &RegisteredResource,
        request: ApplyRequest,
        stop: &CancellationToken,
    ) -> ApplyResponse {
        let prior = request.prior.clone();
        let read = Change::of(&request)
            .and_then(|change| Ok((change, Private::decode(&request.planned_private)?.data)));
        let (change, mut private) = match read {
            Ok(read) => read,
            Err(refused) => {
                let private = request.planned_private;
                return ApplyResponse { state: prior, private, diagnostics: refused.into() };
            }
        };
        let leaves_an_object = change.leaves_an_object();
        let result = carry_out(registered, change, &mut private, stop).await;
        let (state, diagnostics) = settle(prior, leaves_an_object, result);
        // Private data belongs to an object; beside none there is nothing to store it with.
        let private = match state {
            Root::Null => Vec::new(),
            Root::Unknown | Root::Object(_) => Private::of(private).encode(),
        };
        ApplyResponse { state, private, diagnostics }
    }
}

async fn carry_out(
    registered: &RegisteredResource,
    change: Change,
    private: &mut Vec<u8>,
    stop: &CancellationToken,
) -> ResourceResult {
    let resource = &registered.resource;
    match change {
        Change::Create { planned, config } => {
            // Before the plan is given away: after a panic nobody is left to ask.
            let left = resource.left_by_a_broken_create(&planned);
            let create = resource.create(Create { config, planned, private }, stop);
            // Whatever was made by then must not be lost.
            AssertUnwindSafe(create).catch_unwind().await.unwrap_or_else(|panic| {
                ResourceResult::unchanged(Diagnostic::panicked("ApplyResourceChange", &*panic, &left))
            })
        }
        Change::Update { prior, planned, config } => {
            resource.update(Update { config, prior, planned, private }, stop).await
        }
        Change::Delete { prior } => resource.delete(Delete { prior, private }, stop).await,
        Change::Nothing => ResourceResult::gone(),
    }
}

/// The state that an outcome leaves. What Terraform would not accept is reported as a defect.
fn settle(prior: Root, leaves_an_object: bool, result: ResourceResult) -> (Root, Diagnostics) {
    let ResourceResult { outcome, mut diagnostics } = result;
    let failed = diagnostics.has_error();
    let problem = match (&outcome, leaves_an_object) {
        (Outcome::State(state), _) if !state.is_wholly_known() => "A value is still unknown after apply.",
        (Outcome::Unchanged, _) if !failed => "Nothing was changed, and no reason was given.",
        (Outcome::State(_), false) if !failed => "The object is still there after it was destroyed.",
        (Outcome::Gone, true) if !failed => "The object is gone after it was created or changed.",
        _ => "",
    };
    if !problem.is_empty() {
        diagnostics.push(Diagnostic::bug(problem));
    }
    let state = match outcome {
        Outcome::State(state) => state.into(),
        Outcome::Gone => Root::Null,
        Outcome::Unchanged => prior,
    };
    (state, diagnostics)
}
