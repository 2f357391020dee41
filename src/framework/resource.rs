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

/// A managed resource. Implement it once for each type; [`super::server::Server`] calls it.
///
/// The methods are in lifecycle order. A process serves one walk of Terraform over the configuration
/// (validate, plan or apply), so an object's plan and its apply run in different processes: what one method
/// must know of another travels in the state or in private data. Calls for different objects run at the same
/// time.
///
/// Every method that waits ends soon after `stop` is cancelled (Ctrl-C), with an error that says what is true
/// then.
///
/// `type_name`, the schemas, `validate`, the imports, `upgrade` and `move_state` never use a cloud, and may
/// be called before the provider is configured or in a process that never will be.
#[async_trait]
pub trait Resource: Send + Sync {
    /// The name in configuration, with the provider's prefix: `mss_service_linked_role`. The same in every
    /// release, since stored states contain it.
    fn type_name(&self) -> &'static str;

    /// The attributes. Called at most once in a process, before values of this resource are
    /// decoded; the result must not depend on the provider's configuration.
    fn schema(&self) -> Schema;

    /// Checks what no attribute can check alone, after each attribute's own validators.
    ///
    /// Called by every command that reads the configuration, often before it is wholly known: an unknown
    /// value passes, since a later call sees it known. A null is what the practitioner left out; defaults are
    /// not filled in.
    fn validate(&self, _config: &Object) -> Diagnostics {
        Diagnostics::new()
    }

    /// The attributes that distinguish one object from all others for as long as it exists (Terraform 1.12
    /// and later; earlier clients never see them). Called at most once in a process.
    fn identity_schema(&self) -> IdentitySchema;

    /// Refines the plan of a create ([`Prior::Nothing`]) or of an update ([`Prior::Object`]). The server has
    /// already applied the schema: see [`Plan::planned`].
    ///
    /// Called for each object at every plan, also when nothing changes; twice for a replacement, first with
    /// the prior state and then without; and again right before the change during apply ([`Phase`]). A
    /// tainted object is planned once, without its prior state.
    ///
    /// The configuration and the planned state may hold unknown values, the prior state holds none. The same
    /// request must give the same plan: the client compares the plan during apply with the one that the
    /// practitioner saw, and refuses any known value that differs. An error in [`Plan::diagnostics`] ends the
    /// plan, and Terraform applies none of it.
    async fn plan(&self, plan: &mut Plan, stop: &CancellationToken);

    /// Checks the plan of a destroy. An error in [`PlanDestroy::diagnostics`] refuses it, and with it the
    /// whole plan.
    ///
    /// Called for each object that has left the configuration, and for each at `terraform destroy`. Not
    /// called for the destroy half of a replacement, which only [`Resource::plan`] sees, nor again during
    /// apply: whatever must still hold then is checked again by [`Resource::delete`].
    async fn plan_destroy(&self, destroy: &mut PlanDestroy, stop: &CancellationToken);

    /// Creates the object as planned: every value that the plan shows must be the state's, and every value
    /// that it leaves unknown must become known.
    ///
    /// Called once, after the plan during apply, and never repeated by Terraform: if the outcome of a remote
    /// call is unclear, this method finds out before it returns. The outcome decides what Terraform
    /// remembers:
    ///
    /// - [`Outcome::State`]: stored. Beside an error it is stored as tainted, and the next plan replaces the
    ///   object.
    /// - [`Outcome::Unchanged`], with an error: nothing is stored. If something was created all the same, the
    ///   text must say how to import it, because nothing else will.
    async fn create(&self, create: Create<'_>, stop: &CancellationToken) -> ResourceResult;

    /// What a create that ended in a panic may have left in the cloud, and how to look for it. The server
    /// puts it first in the diagnostic. Called before each create, with its planned state; an empty text adds
    /// nothing.
    fn left_by_a_broken_create(&self, _planned: &Object) -> String {
        String::new()
    }

    /// Reads the object again, so that the plan starts from what is true. Called for each object in state at
    /// every plan (unless `-refresh=false`), and once after an import.
    ///
    /// [`Read::current`] is wholly known. After an import it holds only what the import ID said, and all else
    /// is null. [`Outcome::Gone`] makes the next plan create the object again, so return it only if the cloud
    /// says for certain that it does not exist. After an error the stored state stays as it was, whatever the
    /// outcome.
    async fn read(&self, read: Read<'_>, stop: &CancellationToken) -> ResourceResult;

    /// Changes the object in place, as planned. Called only if the plan differs from the prior state and does
    /// not replace the object.
    ///
    /// [`Outcome::State`] is stored, beside an error too and then without a taint: it must be the state
    /// really reached. [`Outcome::Unchanged`], with an error, keeps the prior state.
    async fn update(&self, update: Update<'_>, stop: &CancellationToken) -> ResourceResult;

    /// Destroys the object: at a destroy, and in a replacement before or (`create_before_destroy`) after the
    /// create. The object stays in state unless the outcome is [`Outcome::Gone`]. An object that does not
    /// exist any more is gone, not an error.
    ///
    /// Neither configuration nor plan is passed. In a replacement [`Delete::private`] is what the second plan
    /// left, since no destroy was planned.
    async fn delete(&self, delete: Delete<'_>, stop: &CancellationToken) -> ResourceResult;

    /// The least state from which [`Resource::read`] finds the object. Called with the ID of `terraform
    /// import` or of an `import` block, as the practitioner typed it; a read with [`Read::imported`] follows.
    /// Nothing is checked in the cloud here.
    ///
    /// # Errors
    /// An ID of another form. The text lists the forms that are right.
    fn import(&self, id: &str) -> Result<ImportedState, Diagnostic>;

    /// As [`Resource::import`], from the `identity` of an `import` block (Terraform 1.12 and later).
    /// Attributes that are not [`IdentityAttribute::required_for_import`] may be null; none is unknown.
    ///
    /// # Errors
    /// An identity that no object can have.
    fn import_identity(&self, identity: &Object) -> Result<ImportedState, Diagnostic>;

    /// The configuration that a person would write for an object in state. Planning it must change nothing.
    /// Called after the read of an import (Terraform 1.14 and later), for `-generate-config-out` and
    /// `terraform query`.
    ///
    /// The server passes the state with every read-only attribute and every default already null; what is
    /// left to do is to null whatever else nobody would write.
    fn generate_config(&self, config: Object) -> Object;

    /// A stored state in the current shape. Called for each object in state by every command that reads or
    /// changes it, also when `version` is the current one, and before the read. An attribute that the stored
    /// state lacks is null here.
    ///
    /// # Errors
    /// A state that no released version can have written.
    fn upgrade(&self, version: i64, state: Object) -> Result<Object, Diagnostic>;

    /// Takes note that the state of this run holds this object, deposed ones included. Called after
    /// [`Resource::upgrade`], in the process that reads or plans the object, and before it does. Other
    /// objects may be planned before this call, so what has not been seen yet may still be in state.
    fn seen_in_state(&self, state: &Object);

    /// The state of another resource type, as a state of this one (`moved` blocks). A state of this type
    /// under another provider address comes to [`Resource::upgrade`] instead.
    ///
    /// Terraform calls it in a process that is never configured, OpenTofu in the one that plans; both call it
    /// again at each plan until one is applied. [`ImportedState::private`] reaches the read and the plan that
    /// follow.
    ///
    /// # Errors
    /// A source that cannot become this resource. The text says what to do instead.
    fn move_state(&self, source: &MoveSource) -> Result<ImportedState, Diagnostic>;
}

/// What distinguishes an object from all others (Terraform 1.12 and later). Each attribute is also one of the
/// resource's, where its value is found.
#[derive(Clone, Debug)]
pub struct IdentitySchema {
    /// Version of the stored identity, from 0; raised whenever the shape changes.
    pub version: i64,
    /// In documentation order; together they name one object.
    pub attributes: Vec<IdentityAttribute>,
}

/// One attribute of an identity. Its type is always string.
#[derive(Clone, Debug)]
pub struct IdentityAttribute {
    /// The name that the same attribute has in the resource.
    pub name: &'static str,
    /// Markdown, in whole sentences: shown in the documentation.
    pub description: &'static str,
    /// Whether the `identity` of an `import` block must set it. If not, the provider finds the value itself.
    pub required_for_import: bool,
}

impl IdentitySchema {
    /// The type that identities are encoded with: an object of strings.
    pub fn object_type(&self) -> Type {
        Type::Object(
            self.attributes.iter().map(|attribute| (attribute.name.to_owned(), Type::String)).collect(),
        )
    }

    /// The identity of a state or a plan. `None` while a part of it is null or unknown: the client stores an
    /// identity for life, so it gets a whole one or none.
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

/// The plan of one object while the schema, then [`Resource::plan`], work on it. The resource changes
/// `planned`, `requires_replace`, `private` and `diagnostics`; the rest is what Terraform sent.
#[derive(Debug)]
pub struct Plan {
    /// The configuration. Null is what the practitioner left out, unknown is what depends on something not
    /// applied yet.
    pub config: Object,
    /// The object before the change, if there is one. Wholly known.
    pub prior: Prior,
    /// The planned state so far: what the practitioner set, else defaults, else the prior value where nothing
    /// changes or the attribute [keeps it](super::schema::Attribute::keeps_prior). Every other computed
    /// attribute is unknown, and the resource fills in what it can already say. A known value here is a
    /// promise that create and update must keep.
    pub planned: Object,
    /// Attributes whose change replaces the object. Filled by the schema; a path is ignored where the prior
    /// and the planned value are equal, and in a create.
    pub requires_replace: Vec<Path>,
    /// Which of Terraform's plans this is.
    pub phase: Phase,
    /// What is stored beside the prior state; for a tainted object beside the one that is replaced. In the
    /// create half of a replacement: what the first half's plan put into `private`.
    pub prior_private: Vec<u8>,
    /// What to leave for the apply or, in a replacement, for the second plan. Before Terraform 1.16 only
    /// what the plan during apply leaves reaches a create or an update.
    pub private: Vec<u8>,
    /// Empty at first. Warnings let the plan pass, one error refuses it.
    pub diagnostics: Diagnostics,
}

/// What a plan starts from: whether there is an object to change.
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
    /// The state of the object that is to be destroyed; wholly known.
    pub prior: Object,
    /// What is stored beside it; what is here afterwards reaches the delete.
    pub private: Vec<u8>,
    /// Empty at first. Warnings let the destroy pass, one error refuses it.
    pub diagnostics: Diagnostics,
}

/// What [`Resource::create`] is called with.
#[derive(Debug)]
pub struct Create<'a> {
    /// The configuration; wholly known.
    pub config: Object,
    /// What the plan during apply has returned. A value is unknown only where that plan left it so.
    pub planned: Object,
    /// Private data of the plan during apply; what is here afterwards is stored beside the state.
    pub private: &'a mut Vec<u8>,
}

/// What [`Resource::read`] is called with.
#[derive(Debug)]
pub struct Read<'a> {
    /// The state as it is stored; wholly known.
    pub current: Object,
    /// Whether an import has just made that state. Then there is nothing to fall back on: whatever cannot be
    /// read is an error.
    pub imported: bool,
    /// Private data stored beside the state, or left by the import; what is here afterwards is stored in its
    /// place.
    pub private: &'a mut Vec<u8>,
}

/// What [`Resource::update`] is called with.
#[derive(Debug)]
pub struct Update<'a> {
    /// The configuration; wholly known.
    pub config: Object,
    /// The state before the change; wholly known.
    pub prior: Object,
    /// What the plan during apply has returned. A value is unknown only where that plan left it so.
    pub planned: Object,
    /// Private data of the plan during apply; what is here afterwards is stored beside the state.
    pub private: &'a mut Vec<u8>,
}

/// What [`Resource::delete`] is called with.
#[derive(Debug)]
pub struct Delete<'a> {
    /// The state of the object; wholly known. It is all that identifies the object.
    pub prior: Object,
    /// Private data of the plan of the destroy; in a replacement, of the second plan. What is here afterwards
    /// is stored if the object stays in state.
    pub private: &'a mut Vec<u8>,
}

/// A state taken over by an import or a move, with what to keep beside it. It may lack whatever the read that
/// follows fills in.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportedState {
    /// Never wholly null: it must say which object to read. No value is unknown.
    pub state: Object,
    /// Private data for the read and the plan that follow; empty for none.
    pub private: Vec<u8>,
}

impl From<Object> for ImportedState {
    fn from(state: Object) -> Self {
        Self { state, private: Vec::new() }
    }
}

/// What an operation has left of an object. Three cases, because "gone" and "nothing changed" must never be
/// confused: the first makes Terraform forget the object.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The object exists, in this state.
    State(Object),
    /// The object does not exist any more, for certain.
    Gone,
    /// Nothing was done, or what happened is not known: the stored state stays as it was. A diagnostic says
    /// why; after a create, update or delete it must be an error.
    Unchanged,
}

/// How a create, read, update or delete ended: what it has left, and what the practitioner should know of it.
#[derive(Debug)]
pub struct ResourceResult {
    /// What Terraform will remember of the object.
    pub outcome: Outcome,
    /// Errors and warnings. An error does not undo `outcome`: see each method of [`Resource`].
    pub diagnostics: Diagnostics,
}

impl ResourceResult {
    /// The object exists in this state; no diagnostics yet.
    pub fn state(state: Object) -> Self {
        Self { outcome: Outcome::State(state), diagnostics: Diagnostics::new() }
    }

    /// The object does not exist any more; no diagnostics yet.
    pub fn gone() -> Self {
        Self { outcome: Outcome::Gone, diagnostics: Diagnostics::new() }
    }

    /// Nothing has changed, or nothing is known, and this is why.
    pub fn unchanged(why: impl Into<Diagnostics>) -> Self {
        Self { outcome: Outcome::Unchanged, diagnostics: why.into() }
    }

    /// The same with more diagnostics, after those that it has.
    #[must_use]
    pub fn with_diagnostics(mut self, more: impl Into<Diagnostics>) -> Self {
        self.diagnostics.append(more.into());
        self
    }
}

/// The object that a `moved` block moves here from another resource type.
#[derive(Clone, Debug)]
pub struct MoveSource {
    /// Host, namespace and name of the provider that wrote the state, as in
    /// `registry.terraform.io/aliyun/alicloud`.
    pub provider_address: String,
    /// The resource type in that provider, as in `alicloud_resource_manager_service_linked_role`.
    pub type_name: String,
    /// The version that the other provider gave the stored state's shape.
    pub schema_version: i64,
    /// The stored attributes, in the other provider's shape: nothing about them has been checked.
    pub state: serde_json::Map<String, serde_json::Value>,
    /// The data beside a state of this very type; empty for any other, whose private data is not ours.
    pub private: Vec<u8>,
}
