//! The resource `mss_service_linked_role`: a service-linked role of MSS in one account.
//!
//! | Operation | API actions | Permissions |
//! |---|---|---|
//! | plan of a create | GetRole | `ram:GetRole` |
//! | create | GetServiceLinkedRoleTemplate, CreateServiceLinkedRole, GetRole | `ram:CreateServiceLinkedRole`, `ram:GetRole` |
//! | read | GetRole | `ram:GetRole` |
//! | update | none | none |
//! | plan of a destroy | GetUserStatus, GetRole | `yundun-mss:GetUserStatus`, `ram:GetRole` |
//! | delete | GetUserStatus, DeleteServiceLinkedRole, GetServiceLinkedRoleDeletionStatus, GetRole | `ram:DeleteServiceLinkedRole`, `ram:GetServiceLinkedRoleDeletionStatus`, `ram:GetRole` |
//!
//! Name, trust policy, permissions and description of a role are preset by Alibaba Cloud; nobody
//! can change them, so that an update changes only what Terraform itself keeps. The permissions
//! are documented by RAM and MSS; the page of GetServiceLinkedRoleTemplate names none, which is why a
//! denial there is passed over.

use std::sync::Arc;

use async_trait::async_trait;

use super::{
    create, delete, diagnostics as text, import, model::Model, r#move, moved, note::Note, plan, read, schema,
    validate,
};
use crate::{
    framework::{
        diagnostics::{Diagnostic, Diagnostics},
        resource::{
            CancellationToken, Create, Delete, IdentitySchema, ImportedState, MoveSource, Plan, PlanDestroy,
            Read, Resource, ResourceResult, Update,
        },
        schema::Schema,
        value::Object,
    },
    provider::session::Session,
};

/// The resource `mss_service_linked_role`, over the session of the provider.
pub(in crate::provider) struct ServiceLinkedRoleResource {
    session: Arc<Session>,
}

impl ServiceLinkedRoleResource {
    pub(in crate::provider) fn new(session: Arc<Session>) -> Self {
        Self { session }
    }
}

#[async_trait]
impl Resource for ServiceLinkedRoleResource {
    fn type_name(&self) -> &'static str {
        "mss_service_linked_role"
    }

    fn schema(&self) -> Schema {
        schema::schema()
    }

    fn validate(&self, config: &Object) -> Diagnostics {
        validate::validate(config)
    }

    async fn plan(&self, plan: &mut Plan, stop: &CancellationToken) {
        let configured = self.session.current();
        // First: a moved state that lacks its account must not be planned as if it were the caller's.
        match moved::plan(&configured, plan, stop).await {
            Ok(()) => plan::plan(&configured, plan, stop).await,
            Err(refused) => plan.diagnostics.push(refused),
        }
    }

    async fn plan_destroy(&self, destroy: &mut PlanDestroy, stop: &CancellationToken) {
        if let Err(refused) = moved::check_destroy(&Model::from_object(&destroy.prior)) {
            destroy.diagnostics.push(refused);
            return;
        }
        plan::plan_destroy(&self.session.current(), destroy, stop).await;
    }

    async fn create(&self, create: Create<'_>, stop: &CancellationToken) -> ResourceResult {
        let note = Note::read(create.private);
        create.private.clear();
        create::create(&self.session.current(), Model::from_object(&create.planned), &note, stop).await
    }

    fn left_by_a_broken_create(&self, planned: &Object) -> String {
        text::left_by_a_broken_create(Model::from_object(planned).reference())
    }

    async fn read(&self, read: Read<'_>, stop: &CancellationToken) -> ResourceResult {
        let current = Model::from_object(&read.current);
        if moved::awaits_account(&current, read.imported) {
            return ResourceResult::state(read.current);
        }
        moved::age(read.private);
        read::read(&self.session.current(), current, read.imported, stop).await
    }

    /// The note for the second plan of a replacement ends here.
    async fn update(&self, update: Update<'_>, _stop: &CancellationToken) -> ResourceResult {
        update.private.clear();
        ResourceResult::state(update.planned)
    }

    async fn delete(&self, delete: Delete<'_>, stop: &CancellationToken) -> ResourceResult {
        let (configured, prior) = (self.session.current(), Model::from_object(&delete.prior));
        let planned = Note::read(delete.private).planned_destroy();
        // A role that stays in state is planned again: this note must not decide then.
        delete.private.clear();
        let diagnostics = delete::delete(&configured, &prior, planned, stop).await;
        if diagnostics.has_error() {
            return ResourceResult::unchanged(diagnostics);
        }
        // A create that follows in this run must not take the object for one that still holds the role.
        if let Some(key) = prior.key() {
            configured.run.accounted_for(&key, prior.deletion_policy().name());
        }
        ResourceResult::gone().with_diagnostics(diagnostics)
    }

    fn import(&self, id: &str) -> Result<ImportedState, Diagnostic> {
        import::import(id).map(|model| model.into_object().into())
    }

    fn identity_schema(&self) -> IdentitySchema {
        schema::identity_schema()
    }

    fn import_identity(&self, identity: &Object) -> Result<ImportedState, Diagnostic> {
        import::import_identity(identity).map(|model| model.into_object().into())
    }

    fn generate_config(&self, config: Object) -> Object {
        Model::from_object(&config).without_defaults().into_object()
    }

    fn upgrade(&self, version: i64, state: Object) -> Result<Object, Diagnostic> {
        if version != schema::schema().version {
            return Err(text::unknown_state_version(version));
        }
        Ok(state)
    }

    fn seen_in_state(&self, state: &Object) {
        let held = Model::from_object(state);
        if let Some(key) = held.key() {
            self.session.current().run.seen_in_state(&key, held.deletion_policy().name());
        }
    }

    fn move_state(&self, source: &MoveSource) -> Result<ImportedState, Diagnostic> {
        r#move::move_state(source)
    }
}
