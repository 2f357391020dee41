//! Creates or adopts a role, so that it never exists without being in state or in an error text.
//!
//! A create is not idempotent and its answer can be lost. It is then settled by reading the role:
//! one that RAM created since we began is ours. A role that RAM does not show yet is waited for.

use jiff::{SignedDuration, Timestamp};

use super::{
    diagnostics::{self as text, Trace},
    find::find_role,
    model::{Model, trusted_service},
};
use crate::{
    cloud::{self, AccountClient, Client, api::resource_manager::Role},
    framework::{
        diagnostics::{Diagnostic, Diagnostics},
        resource::{Applied, CancellationToken},
        value::Knowable,
    },
    provider::{
        diagnostics::on_account,
        session::Configured,
        wait::{Budget, Interruption, Polls},
    },
};

/// Creates or adopts the planned role.
pub(super) async fn create(configured: &Configured, planned: Model, stop: &CancellationToken) -> Applied {
    match try_create(configured, &planned, stop).await {
        Err(diagnostic) => Applied::unchanged(diagnostic),
        Ok(held) => {
            let mut state = planned;
            state.adopted = Knowable::Known(held.adopted);
            let state = state.refreshed(held.role).into_object();
            Applied::state(state).telling(held.diagnostics)
        }
    }
}

async fn try_create(
    configured: &Configured,
    planned: &Model,
    stop: &CancellationToken,
) -> Result<Held, Diagnostic> {
    let client = configured.client()?;
    if let Some(account_id) = planned.account_id() {
        configured.check_allowed(account_id)?;
    }
    let budget = Budget::new(planned.timeouts().create, stop);
    let role_name = planned.role_name();
    let account = match budget.run(client.account(planned.account_id())).await {
        Ok(account) => account.map_err(|error| no_access(planned, &error))?,
        Err(interruption) => return Err(before_create(planned, interruption)),
    };
    let creation = Creation {
        client,
        account_id: account.account_id().map(str::to_owned).or_else(|| planned.account_id.clone().known()),
        account,
        budget,
        role_name,
        service_name: planned.service_name.as_known().map_or("", String::as_str),
        adopt_existing: planned.adopt_existing == Knowable::Known(true),
    };
    creation.run().await
}

fn no_access(planned: &Model, error: &cloud::Error) -> Diagnostic {
    let (role_name, account_id) = text::of(planned);
    on_account(text::not_created(role_name, account_id, error), error)
}

fn before_create(planned: &Model, interruption: Interruption) -> Diagnostic {
    let (role_name, account_id) = text::of(planned);
    match interruption {
        Interruption::Stopped => text::interrupted_create(role_name, account_id, Trace::NotSent),
        Interruption::TimedOut(after) => text::create_timed_out(role_name, account_id, Trace::NotSent, after),
    }
}

/// A role that this resource holds now.
struct Held {
    role: Role,
    adopted: bool,
    diagnostics: Diagnostics,
}

impl Held {
    fn created(role: Role) -> Self {
        Self { role, adopted: false, diagnostics: Diagnostics::new() }
    }

    fn created_unconfirmed(role: Role, why: &str) -> Self {
        let diagnostics = text::created_unconfirmed(&role, why).into();
        Self { role, adopted: false, diagnostics }
    }
}

/// One create under way.
struct Creation<'a> {
    client: &'a Client,
    account: AccountClient,
    account_id: Option<String>,
    budget: Budget<'a>,
    role_name: &'a str,
    service_name: &'a str,
    adopt_existing: bool,
}

impl Creation<'_> {
    async fn run(&self) -> Result<Held, Diagnostic> {
        if self.adopt_existing
            && let Some(role) = self.find_existing().await?
        {
            return self.adopt(role);
        }
        self.check_service_name().await?;
        self.create().await
    }

    async fn find_existing(&self) -> Result<Option<Role>, Diagnostic> {
        match self.budget.run(find_role(&self.account, self.role_name)).await {
            Ok(found) => found.map_err(|error| self.not_created(&error)),
            Err(interruption) => Err(self.interrupted(interruption, Trace::NotSent)),
        }
    }

    fn adopt(&self, role: Role) -> Result<Held, Diagnostic> {
        if role.is_service_linked_role == Some(false) {
            return Err(text::not_service_linked(&role));
        }
        match trusted_service(&role) {
            Some(trusted) if trusted != self.service_name => {
                Err(text::other_service_trusted(&role, &trusted, self.service_name))
            }
            _ => Ok(Held { role, adopted: true, diagnostics: Diagnostics::new() }),
        }
    }

    /// Asks RAM which role the service creates. Who may not ask, or asks where the action does not
    /// exist, goes on: create itself answers the same question.
    async fn check_service_name(&self) -> Result<(), Diagnostic> {
        let template = self.account.get_service_linked_role_template(self.service_name);
        match self.budget.run(template).await {
            Err(interruption) => Err(self.interrupted(interruption, Trace::NotSent)),
            Ok(Ok(template)) => match template.role_name_prefix {
                Some(belongs_to) if belongs_to != self.role_name => {
                    Err(text::other_role_of_service(self.role_name, self.service_name, &belongs_to))
                }
                _ => Ok(()),
            },
            Ok(Err(error)) if error.is_code(SERVICE_DOES_NOT_EXIST) => Err(self.unknown_service(&error)),
            Ok(Err(cloud::Error::Denied(_))) => Ok(()),
            Ok(Err(error)) if error.is_unsupported_action() => Ok(()),
            Ok(Err(error)) => Err(self.not_created(&error)),
        }
    }

    async fn create(&self) -> Result<Held, Diagnostic> {
        let window = self.client.server_now() - WINDOW_TOLERANCE;
        let mut polls = Polls::new();
        let mut attempt = 1;
        loop {
            let create = self.account.create_service_linked_role(self.service_name);
            let error = match self.budget.run(create).await {
                Ok(Ok(role)) => return self.confirm(role).await,
                Ok(Err(error)) => error,
                Err(interruption) => return self.settle_interrupted(interruption, window).await,
            };
            if matches!(error, cloud::Error::AlreadyExists(_)) {
                // Ours, if an earlier answer was lost; then RAM may still be slow to show it.
                let window = (attempt > 1).then_some(window);
                return self.settle_existing(window).await;
            }
            if !error.outcome_unknown() {
                return Err(self.not_created(&error));
            }
            match self.budget.run(find_role(&self.account, self.role_name)).await {
                Ok(Ok(Some(role))) => return self.claim(role, Some(window)),
                Ok(Ok(None)) if attempt < CREATE_ATTEMPTS => attempt += 1,
                Ok(Ok(None)) => return Err(self.unsettled(&error, None)),
                Ok(Err(look_up)) => return Err(self.unsettled(&error, Some(&look_up))),
                Err(interruption) => return Err(self.interrupted(interruption, Trace::Unknown)),
            }
            if let Err(interruption) = self.budget.pause(polls.next_wait()).await {
                return Err(self.interrupted(interruption, Trace::NotSeen));
            }
        }
    }

    /// Waits until RAM shows the role that it has confirmed.
    async fn confirm(&self, created: Role) -> Result<Held, Diagnostic> {
        if created.role_name != self.role_name {
            return Err(text::created_under_another_name(self.role_name, &created));
        }
        let mut polls = Polls::new();
        let mut last_look = Look::Unanswered;
        loop {
            let found = match self.budget.run(find_role(&self.account, self.role_name)).await {
                Ok(found) => found,
                Err(interruption) => return unconfirmed(created, interruption, last_look),
            };
            last_look = match found {
                Ok(Some(role)) => return Ok(Held::created(role)),
                Ok(None) => Look::NotThere,
                Err(error @ cloud::Error::Denied(_)) => {
                    return Ok(Held::created_unconfirmed(created, &cloud::error::chain(&error)));
                }
                Err(error) => Look::Failed(error),
            };
            if let Err(interruption) = self.budget.pause(polls.next_wait()).await {
                return unconfirmed(created, interruption, last_look);
            }
        }
    }

    /// RAM says that the role exists. `window` is when we began, if the role may be ours.
    async fn settle_existing(&self, window: Option<Timestamp>) -> Result<Held, Diagnostic> {
        let mut polls = Polls::new();
        loop {
            match self.budget.run(find_role(&self.account, self.role_name)).await {
                Ok(Ok(Some(role))) => return self.claim(role, window),
                Ok(Ok(None)) => {}
                // It exists: RAM has said so. Whose it is cannot be told.
                Ok(Err(_)) => return Err(self.exists_already()),
                Err(interruption) => return Err(self.interrupted(interruption, Trace::Unknown)),
            }
            if let Err(interruption) = self.budget.pause(polls.next_wait()).await {
                return Err(match interruption {
                    Interruption::TimedOut(_) => self.exists_already(),
                    Interruption::Stopped => self.interrupted(interruption, Trace::Unknown),
                });
            }
        }
    }

    fn claim(&self, role: Role, window: Option<Timestamp>) -> Result<Held, Diagnostic> {
        let created = role.create_date.as_deref().and_then(|date| date.parse::<Timestamp>().ok());
        match (window, created) {
            (Some(window), Some(created)) if created >= window => Ok(Held::created(role)),
            _ if self.adopt_existing => self.adopt(role),
            _ => Err(text::exists_already(self.role_name, role.account_id().or(self.account_id()))),
        }
    }

    /// The create request was cut short: one look at what became of it, then the truth.
    async fn settle_interrupted(
        &self,
        interruption: Interruption,
        window: Timestamp,
    ) -> Result<Held, Diagnostic> {
        let trace = match Budget::last_look().run(find_role(&self.account, self.role_name)).await {
            Ok(Ok(Some(role))) => return self.claim(role, Some(window)),
            Ok(Ok(None)) => Trace::NotSeen,
            Ok(Err(_)) | Err(_) => Trace::Unknown,
        };
        Err(self.interrupted(interruption, trace))
    }

    fn account_id(&self) -> Option<&str> {
        self.account_id.as_deref()
    }

    fn not_created(&self, error: &cloud::Error) -> Diagnostic {
        if error.is_code(SERVICE_DOES_NOT_EXIST) {
            return self.unknown_service(error);
        }
        text::not_created(self.role_name, self.account_id(), error)
    }

    fn unknown_service(&self, error: &cloud::Error) -> Diagnostic {
        text::unknown_service(self.role_name, self.service_name, error)
    }

    fn exists_already(&self) -> Diagnostic {
        text::exists_already(self.role_name, self.account_id())
    }

    fn unsettled(&self, lost: &cloud::Error, look_up: Option<&cloud::Error>) -> Diagnostic {
        text::outcome_unknown(self.role_name, self.account_id(), lost, look_up)
    }

    fn interrupted(&self, interruption: Interruption, trace: Trace) -> Diagnostic {
        match interruption {
            Interruption::Stopped => text::interrupted_create(self.role_name, self.account_id(), trace),
            Interruption::TimedOut(after) => {
                text::create_timed_out(self.role_name, self.account_id(), trace, after)
            }
        }
    }
}

/// What the last look at a confirmed role told.
enum Look {
    /// Nothing yet.
    Unanswered,
    /// RAM does not show it.
    NotThere,
    /// It failed.
    Failed(cloud::Error),
}

/// RAM has confirmed the role. Only if it then keeps saying that there is none, that is an error;
/// where the look was ended early or failed, the role is held as RAM confirmed it.
fn unconfirmed(created: Role, interruption: Interruption, last_look: Look) -> Result<Held, Diagnostic> {
    let why = match (interruption, last_look) {
        (Interruption::Stopped, _) => "Terraform was interrupted".to_owned(),
        (Interruption::TimedOut(after), Look::Unanswered) => format!("RAM did not answer within {after:?}"),
        (Interruption::TimedOut(_), Look::Failed(error)) => cloud::error::chain(&error),
        (Interruption::TimedOut(after), Look::NotThere) => {
            return Err(text::created_but_invisible(&created, after));
        }
    };
    Ok(Held::created_unconfirmed(created, &why))
}

/// RAM's code for a service that does not exist (documented).
const SERVICE_DOES_NOT_EXIST: &str = "EntityNotExist.Service";
/// Dates have whole seconds, and the clocks of two of the cloud's products may differ a little.
const WINDOW_TOLERANCE: SignedDuration = SignedDuration::from_secs(5);
/// How often a create whose answer was lost, and which left no role, is sent again.
const CREATE_ATTEMPTS: usize = 4;
