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
#[async_trait]
pub trait Resource: Send + Sync {
    /// The type's name in configuration.
    fn type_name(&self) -> &'static str;

    /// Its attributes.
    fn schema(&self) -> Schema;

    /// Refines the plan of a create (no prior state) or an update.
    async fn plan(&self, plan: &mut Plan, stop: &CancellationToken);

    /// Checks the plan of a destroy; an error refuses it.
    async fn plan_destroy(&self, prior: &Object, stop: &CancellationToken) -> Diagnostics;

    /// What tells this object from all others, for life.
    fn identity_schema(&self) -> IdentitySchema;

    /// The least state from which `read` finds the object, from an identity whose attributes may be
    /// null where the schema says so.
    ///
    /// # Errors
    /// An identity that no object can have.
    fn import_identity(&self, identity: &Object) -> Result<Object, Diagnostic>;

    /// The configuration that a person would write for an object in state; planning it changes nothing.
    /// What only the provider fills is null already.
    fn generate_config(&self, config: Object) -> Object;

    /// Creates the object.
    async fn create(&self, planned: Object, stop: &CancellationToken) -> Applied;

    /// Reads the object again.
    async fn read(&self, current: Object, stop: &CancellationToken) -> Applied;

    /// Changes the object in place.
    async fn update(&self, prior: Object, planned: Object, stop: &CancellationToken) -> Applied;

    /// Destroys the object; it is gone from state unless there is an error.
    async fn delete(&self, prior: Object, stop: &CancellationToken) -> Diagnostics;

    /// The least state from which `read` finds the object, from an import ID.
    ///
    /// # Errors
    /// An ID of another form, with the forms that are right.
    fn import(&self, id: &str) -> Result<Object, Diagnostic>;

    /// State written under `version`, in the current shape. Called for each object in state,
    /// also when the version is the current one.
    ///
    /// # Errors
    /// State that no released version can have written.
    fn upgrade(&self, version: i64, state: Object) -> Result<Object, Diagnostic>;

    /// State of another resource type, as state of this one.
    ///
    /// # Errors
    /// A source that cannot become this resource, with what to do instead.
    fn move_state(&self, source: &MoveSource) -> Result<Object, Diagnostic>;
}

/// What tells an object from all others (Terraform 1.12 and later). Each attribute is also one of the
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

    /// The identity in a state or plan; `None` if there is no object or a part is unknown.
    pub fn identity_of(&self, state: &Value) -> Option<Value> {
        let state = Object::from_value(state)?;
        let parts = self
            .attributes
            .iter()
            .map(|attribute| (attribute.name.to_owned(), state.get(attribute.name).clone()));
        let identity = Value::from(parts.collect::<Object>());
        identity.is_wholly_known().then_some(identity)
    }
}

/// A plan in the making.
#[derive(Debug, Default)]
pub struct Plan {
    /// The configuration; values may be unknown.
    pub config: Object,
    /// The prior state; `None` for a create, also for the create half of a replacement.
    pub prior: Option<Object>,
    /// The planned state so far.
    pub planned: Object,
    /// Attributes whose change replaces the object.
    pub requires_replace: Vec<Path>,
    /// What an earlier plan or apply of the same object left for this one. In the create half of
    /// a replacement: what the first half's plan put into `private`.
    pub prior_private: Vec<u8>,
    /// What to leave for the apply or, in a replacement, for the second plan.
    pub private: Vec<u8>,
    /// What the practitioner is told.
    pub diagnostics: Diagnostics,
}

/// The outcome of an operation: the state reached, and what the practitioner is told.
///
/// A state beside an error is stored too; after a create it is marked as tainted, so that the next
/// plan replaces the object.
#[derive(Debug, Default)]
pub struct Applied {
    /// `None`: there is no object (after a read: it is gone).
    pub state: Option<Object>,
    /// What the practitioner is told.
    pub diagnostics: Diagnostics,
}

impl Applied {
    /// Success without remarks.
    pub fn state(state: Object) -> Self {
        Self { state: Some(state), diagnostics: Diagnostics::new() }
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
}
