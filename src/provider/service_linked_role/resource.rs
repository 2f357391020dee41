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
//! are documented by RAM and MSS; the one of GetServiceLinkedRoleTemplate is not, which is why a
//! denial there is passed over.

use std::sync::Arc;

use async_trait::async_trait;

use super::{
    create, delete, diagnostics as text, find::find_role, import, model::Model, r#move, plan, schema,
};
use crate::{
    cloud::{self, api::resource_manager::Role},
    framework::{
        diagnostics::Diagnostic,
        resource::{
            Applied, CancellationToken, Create, Delete, IdentitySchema, Imported, MoveSource, Plan,
            PlanDestroy, Read, Resource, Update,
        },
        schema::Schema,
        value::Object,
    },
    provider::{
        diagnostics::on_account,
        session::{Configured, Session},
        wait::{Budget, Interruption},
    },
};

/// The resource type.
pub struct ServiceLinkedRoleResource {
    session: Arc<Session>,
}

impl ServiceLinkedRoleResource {
    pub(crate) fn new(session: Arc<Session>) -> Self {
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

    async fn plan(&self, plan: &mut Plan, stop: &CancellationToken) {
        plan::plan(&self.session.current(), plan, stop).await;
    }

    async fn plan_destroy(&self, destroy: &mut PlanDestroy, stop: &CancellationToken) {
        let prior = Model::from_object(&destroy.prior);
        destroy.diagnostics.append(plan::plan_destroy(&self.session.current(), &prior, stop).await);
    }

    async fn create(&self, create: Create<'_>, stop: &CancellationToken) -> Applied {
        create.private.clear();
        create::create(&self.session.current(), Model::from_object(&create.planned), stop).await
    }

    async fn read(&self, read: Read<'_>, stop: &CancellationToken) -> Applied {
        read_role(&self.session.current(), Model::from_object(&read.current), stop).await
    }

    /// The note for the second plan of a replacement ends here.
    async fn update(&self, update: Update<'_>, _stop: &CancellationToken) -> Applied {
        update.private.clear();
        Applied::state(update.planned)
    }

    async fn delete(&self, delete: Delete<'_>, stop: &CancellationToken) -> Applied {
        let prior = Model::from_object(&delete.prior);
        let diagnostics = delete::delete(&self.session.current(), &prior, stop).await;
        match diagnostics.has_error() {
            true => Applied::unchanged(diagnostics),
            false => Applied::gone().telling(diagnostics),
        }
    }

    fn import(&self, id: &str) -> Result<Imported, Diagnostic> {
        import::import(id).map(|model| model.into_object().into())
    }

    fn identity_schema(&self) -> IdentitySchema {
        schema::identity_schema()
    }

    fn import_identity(&self, identity: &Object) -> Result<Imported, Diagnostic> {
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
        let (account_id, role_name) = (state.string("account_id"), state.string("role_name"));
        if let (Some(account_id), Some(role_name)) = (account_id.known(), role_name.known()) {
            self.session.current().remember_in_state(&account_id, &role_name);
        }
    }

    fn move_state(&self, source: &MoveSource) -> Result<Imported, Diagnostic> {
        r#move::move_state(source).map(|model| model.into_object().into())
    }
}

async fn read_role(configured: &Configured, current: Model, stop: &CancellationToken) -> Applied {
    let Some(client) = &configured.client else {
        return Applied::unchanged(text::provider_not_known_yet(current.role_name()));
    };
    let budget = Budget::new(current.timeouts().read, stop);
    let find = async {
        let account = client.account(current.account_id()).await?;
        find_role(&account, current.role_name()).await
    };
    match budget.run(find).await {
        Ok(Ok(Some(role))) => refreshed(current, role),
        Ok(Ok(None)) => Applied::gone(),
        Ok(Err(error)) => failed(current, &error),
        Err(interruption) => not_finished(&current, interruption),
    }
}

fn refreshed(current: Model, role: Role) -> Applied {
    let other_account = |expected: &&str| role.account_id().is_some_and(|account_id| account_id != *expected);
    if let Some(expected) = current.account_id().filter(other_account) {
        return Applied::unchanged(text::wrong_account(&role, expected));
    }
    if role.is_service_linked_role == Some(false) {
        return Applied::unchanged(text::not_service_linked(&role));
    }
    Applied::state(current.refreshed(role).into_object())
}

fn failed(current: Model, error: &cloud::Error) -> Applied {
    let (role_name, account_id) = text::of(&current);
    Applied::unchanged(on_account(text::not_read(role_name, account_id, error), error))
}

fn not_finished(current: &Model, interruption: Interruption) -> Applied {
    let (role_name, account_id) = text::of(current);
    Applied::unchanged(match interruption {
        Interruption::Stopped => text::interrupted_read(role_name),
        Interruption::TimedOut(after) => text::read_timed_out(role_name, account_id, after),
    })
}
