//! What a managed resource is to Terraform: its life from plan to destroy.
//!
//! The server has applied the schema before it calls: values fit their types, defaults are taken,
//! computed values that are not yet known are unknown. Must not know the wire.

use async_trait::async_trait;
pub use tokio_util::sync::CancellationToken;

use super::{
    diagnostics::{Diagnostic, Diagnostics},
    schema::Schema,
    value::{Object, Path, Type, Value},
};

/// A managed resource.
///
/// Every method that waits ends soon after `stop` is cancelled (Ctrl-C), with an error that says
/// what is true then.
///
/// A method that is not about a cloud (schema, import, upgrade, move) may be called before the provider is
/// configured, and in a process that never will be.
#[async_trait]
pub trait Resource: Send + Sync {
    /// The type's name in configuration.
    fn type_name(&self) -> &'static str;

    /// Its attributes. Asked once in a process.
    fn schema(&self) -> Schema;

    /// Checks what no attribute can check alone. Called by every command that reads the configuration, often
    /// before it is wholly known: unknown values pass, and nothing is asked from the network.
    fn validate(&self, _config: &Object) -> Diagnostics {
        Diagnostics::new()
    }

    /// What distinguishes this object from all others, for life. Asked once in a process.
    fn identity_schema(&self) -> IdentitySchema;

    /// Refines the plan of a create (no prior state) or an update.
    ///
    /// Called for each object at every plan, also when nothing changes, twice for a replacement (with the
    /// prior state, then without), and again during apply. A tainted object comes once, without its prior
    /// state. The configuration and the plan may hold unknown values; the prior state does not. The same
    /// request must give the same plan. An error ends the plan: Terraform applies nothing of it.
    async fn plan(&self, plan: &mut Plan, stop: &CancellationToken);

    /// Checks the plan of a destroy; an error refuses it, and with it the whole plan.
    ///
    /// Called for an object that leaves the configuration, and for each at `terraform destroy`. Not called
    /// for the destroy half of a replacement, which no plan is asked for, nor again during apply.
    async fn plan_destroy(&self, destroy: &mut PlanDestroy, stop: &CancellationToken);

    /// Creates the object, as planned. Values are unknown only where the plan left them so; none may be in
    /// the state.
    ///
    /// A state beside an error is stored and tainted: the next plan replaces the object. An error with
    /// [`Outcome::Unchanged`] stores nothing.
    async fn create(&self, create: Create<'_>, stop: &CancellationToken) -> Applied;

    /// What a create that broke off in a panic may have left, and how to look for it: first in the report.
    fn left_by_a_broken_create(&self, _planned: &Object) -> String {
        String::new()
    }

    /// Reads the object again: at every plan (unless `-refresh=false`) and after an import.
    ///
    /// The state is wholly known; after an import it holds only what the import found in the ID. After an error the state stays as it was.
    async fn read(&self, read: Read<'_>, stop: &CancellationToken) -> Applied;

    /// Changes the object in place, as planned. An error beside a state stores that state; one beside
    /// [`Outcome::Unchanged`] leaves the prior state.
    async fn update(&self, update: Update<'_>, stop: &CancellationToken) -> Applied;

    /// Destroys the object: at a destroy and in either half of a replacement. It stays in state unless the
    /// outcome is [`Outcome::Gone`].
    async fn delete(&self, delete: Delete<'_>, stop: &CancellationToken) -> Applied;

    /// The least state from which `read` finds the object, from an import ID. A read follows;
    /// [`Read::imported`] marks it.
    ///
    /// # Errors
    /// An ID of another form, with the forms that are right.
    fn import(&self, id: &str) -> Result<Imported, Diagnostic>;

    /// The same from an identity (Terraform 1.12 and later), whose attributes may be null where the schema
    /// says so.
    ///
    /// # Errors
    /// An identity that no object can have.
    fn import_identity(&self, identity: &Object) -> Result<Imported, Diagnostic>;

    /// The configuration that a person would write for an object in state; planning it changes nothing.
    /// What only the provider fills is null already. Called after the read of an import (Terraform 1.14 and
    /// later), for `-generate-config-out` and `terraform query`.
    fn generate_config(&self, config: Object) -> Object;

    /// State written under `version`, in the current shape. Called for each object in state by every
    /// command that reads or changes it, also when the version is the current one.
    ///
    /// # Errors
    /// State that no released version can have written.
    fn upgrade(&self, version: i64, state: Object) -> Result<Object, Diagnostic>;

    /// The state of this run holds this object, deposed ones too. Called once its stored state is in the current shape,
    /// before Terraform reads or plans it, in the process that will; a plan may come before other objects are seen.
    fn seen_in_state(&self, state: &Object);

    /// State of another resource type, as state of this one (`moved` blocks). State of this type under another
    /// provider address comes by way of `upgrade` instead. Terraform calls it in a process that is never configured, OpenTofu in the one
    /// that plans. What it leaves in private data reaches the read and the plan that follow.
    ///
    /// # Errors
    /// A source that cannot become this resource, with what to do instead.
    fn move_state(&self, source: &MoveSource) -> Result<Imported, Diagnostic>;
}

/// What distinguishes an object from all others (Terraform 1.12 and later). Each attribute is also one of the
/// resource's, where its value is found.
#[derive(Clone, Debug)]
pub struct IdentitySchema {
    /// Raised whenever the shape changes.
    pub version: i64,
    /// In documentation order.
    pub attributes: Vec<IdentityAttribute>,
}

/// One attribute of an identity; text.
#[derive(Clone, Debug)]
pub struct IdentityAttribute {
    /// As in the resource.
    pub name: &'static str,
    /// Markdown; whole sentences.
    pub description: &'static str,
    /// Whether an import must give it; else the provider can find it.
    pub required_for_import: bool,
}

impl IdentitySchema {
    /// The type of an identity.
    pub fn object_type(&self) -> Type {
        Type::Object(
            self.attributes.iter().map(|attribute| (attribute.name.to_owned(), Type::String)).collect(),
        )
    }

    /// The identity in a state or plan; `None` while a part of it is unknown or missing.
    pub fn identity_of(&self, state: &Object) -> Option<Value> {
        let parts = self
            .attributes
            .iter()
            .map(|attribute| (attribute.name.to_owned(), state.get(attribute.name).clone()));
        let parts: Vec<_> = parts.collect();
        // A part that is missing now may be there later, and an identity is for life.
        let whole = parts.iter().all(|(_, part)| !part.is_null() && part.is_wholly_known());
        whole.then(|| parts.into_iter().collect::<Object>().into())
    }
}

/// A plan in the making.
#[derive(Debug)]
pub struct Plan {
    /// The configuration; values may be unknown.
    pub config: Object,
    /// What is there before.
    pub prior: Prior,
    /// The planned state so far.
    pub planned: Object,
    /// Attributes whose change replaces the object.
    pub requires_replace: Vec<Path>,
    /// Which of Terraform's plans this is.
    pub phase: Phase,
    /// What is stored beside the prior state; for a tainted object beside the one that is replaced. In the
    /// create half of a replacement: what the first half's plan put into `private`.
    pub prior_private: Vec<u8>,
    /// What to leave for the apply or, in a replacement, for the second plan. Before Terraform 1.16 only
    /// what the plan during apply leaves reaches a create or an update.
    pub private: Vec<u8>,
    /// The diagnostics.
    pub diagnostics: Diagnostics,
}

/// What a plan starts from.
#[derive(Clone, Debug, PartialEq)]
pub enum Prior {
    /// Nothing: a create, also the create half of a replacement and a tainted object.
    Nothing,
    /// An object: an update, or the first half of a replacement.
    Object(Object),
}

/// Which of Terraform's plans of a change is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The plan that the practitioner sees. A client that does not say (Terraform 1.6, OpenTofu) asks for the
    /// plan during apply in the same way.
    Plan,
    /// The plan during apply, right before the change is made.
    Apply {
        /// What the plan that the practitioner saw left in `private` (Terraform 1.16 and later); else empty.
        planned_private: Vec<u8>,
    },
}

/// The plan of a destroy in the making.
#[derive(Debug)]
pub struct PlanDestroy {
    /// The state of what is destroyed.
    pub prior: Object,
    /// What is stored beside it; what is here afterwards reaches the delete.
    pub private: Vec<u8>,
    /// The diagnostics.
    pub diagnostics: Diagnostics,
}

/// A create to carry out.
#[derive(Debug)]
pub struct Create<'a> {
    /// The configuration, wholly known.
    pub config: Object,
    /// The plan made during apply.
    pub planned: Object,
    /// What that plan left; what is here afterwards is stored beside the state.
    pub private: &'a mut Vec<u8>,
}

/// A read to carry out.
#[derive(Debug)]
pub struct Read<'a> {
    /// The state as it is stored.
    pub current: Object,
    /// Whether an import has just made that state: there is nothing to fall back on, so that what cannot be
    /// read is an error.
    pub imported: bool,
    /// What is stored beside it, before and after.
    pub private: &'a mut Vec<u8>,
}

/// An update to carry out.
#[derive(Debug)]
pub struct Update<'a> {
    /// The configuration, wholly known.
    pub config: Object,
    /// The state before.
    pub prior: Object,
    /// The plan made during apply.
    pub planned: Object,
    /// What that plan left; what is here afterwards is stored beside the state.
    pub private: &'a mut Vec<u8>,
}

/// A delete to carry out.
#[derive(Debug)]
pub struct Delete<'a> {
    /// The state before.
    pub prior: Object,
    /// What the plan of the destroy left; what is here afterwards is stored beside a state that stays.
    pub private: &'a mut Vec<u8>,
}

/// A state taken over, by an import or a move, with what to keep beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// The state.
    pub state: Object,
    /// Private data, for the read and the plan that follow.
    pub private: Vec<u8>,
}

impl From<Object> for Imported {
    fn from(state: Object) -> Self {
        Self { state, private: Vec::new() }
    }
}

/// What an operation has left of an object.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It is there, in this state.
    State(Object),
    /// It is not there any more.
    Gone,
    /// Nothing was done, or nothing is known: the state stays as it was.
    Unchanged,
}

/// How an operation ended: what it has left, and its diagnostics.
#[derive(Debug)]
pub struct Applied {
    /// What it has left of the object.
    pub outcome: Outcome,
    /// The diagnostics.
    pub diagnostics: Diagnostics,
}

impl Applied {
    /// There is an object.
    pub fn state(state: Object) -> Self {
        Self { outcome: Outcome::State(state), diagnostics: Diagnostics::new() }
    }

    /// There is no object any more.
    pub fn gone() -> Self {
        Self { outcome: Outcome::Gone, diagnostics: Diagnostics::new() }
    }

    /// Nothing has changed, and this is why.
    pub fn unchanged(why: impl Into<Diagnostics>) -> Self {
        Self { outcome: Outcome::Unchanged, diagnostics: why.into() }
    }

    /// The same with more diagnostics.
    #[must_use]
    pub fn telling(mut self, more: impl Into<Diagnostics>) -> Self {
        self.diagnostics.append(more.into());
        self
    }
}

/// What `moved` blocks move here from another resource type.
#[derive(Clone, Debug)]
pub struct MoveSource {
    /// The source's provider, as in `registry.terraform.io/aliyun/alicloud`.
    pub provider_address: String,
    /// The source's type.
    pub type_name: String,
    /// The source's schema version.
    pub schema_version: i64,
    /// The source's state: a JSON object.
    pub state: serde_json::Map<String, serde_json::Value>,
    /// The data beside a state of this very type; empty for any other, whose private data is not ours.
    pub private: Vec<u8>,
}
