//! Deletes a role, or leaves it where the policy says so. Success is reported only when RAM no
//! longer shows the role.
//!
//! DeleteServiceLinkedRole starts a task; what became of it is asked with
//! GetServiceLinkedRoleDeletionStatus (both documented). Asking for a deletion twice does no harm,
//! so a lost answer or a vanished task is settled by reading the role and asking again.

use super::{
    MssRole,
    diagnostics::{self as text, Progress},
    find::{ROLE_DOES_NOT_EXIST, find_role},
    model::{DeletionPolicy, Model},
    plan::check_subscription,
};
use crate::{
    cloud::{
        self, AccountClient, Client,
        api::resource_manager::{DeletionStatus, DeletionTask},
    },
    framework::{
        diagnostics::{Diagnostic, Diagnostics},
        resource::CancellationToken,
    },
    provider::{
        diagnostics::on_account,
        session::Configured,
        subscription::Subscription,
        wait::{Budget, Interruption, Polls},
    },
};

/// Carries out the role's deletion policy; the role is gone from state unless there is an error.
pub(super) async fn delete(configured: &Configured, prior: &Model, stop: &CancellationToken) -> Diagnostics {
    let (role_name, account_id) = text::of(prior);
    match prior.deletion_policy() {
        DeletionPolicy::Prevent => text::deletion_prevented(role_name, account_id).into(),
        DeletionPolicy::Abandon => text::role_abandoned(role_name, account_id).into(),
        DeletionPolicy::Delete => {
            let mut diagnostics = Diagnostics::new();
            if let Err(diagnostic) = try_delete(configured, prior, stop, &mut diagnostics).await {
                diagnostics.push(diagnostic);
            }
            diagnostics
        }
    }
}

async fn try_delete(
    configured: &Configured,
    prior: &Model,
    stop: &CancellationToken,
    diagnostics: &mut Diagnostics,
) -> Result<(), Diagnostic> {
    let (role_name, account_id) = text::of(prior);
    let client = configured.client()?;
    if let Some(account_id) = account_id {
        configured.check_allowed(account_id)?;
    }
    let budget = Budget::new(prior.timeouts().delete, stop);
    let not_asked = |interruption| interrupted(role_name, account_id, &Progress::NotAsked, interruption);
    let account = budget.run(client.account(account_id)).await.map_err(not_asked)?;
    let account = account.map_err(|error| no_access(prior, &error))?;
    let checked = budget.run(check_subscription(configured, client, prior)).await.map_err(not_asked)?;
    let refused = checked.has_error();
    diagnostics.append(checked);
    if refused {
        return Ok(());
    }
    Deletion { client, account, budget, role_name, account_id }.run().await
}

fn no_access(prior: &Model, error: &cloud::Error) -> Diagnostic {
    let (role_name, account_id) = text::of(prior);
    on_account(text::not_deleted(role_name, account_id, error), error)
}

fn interrupted(
    role_name: &str,
    account_id: Option<&str>,
    progress: &Progress,
    interruption: Interruption,
) -> Diagnostic {
    match interruption {
        Interruption::Stopped => text::deletion_interrupted(role_name, account_id, progress),
        Interruption::TimedOut(after) => text::deletion_timed_out(role_name, account_id, progress, after),
    }
}

/// One deletion under way.
struct Deletion<'a> {
    client: &'a Client,
    account: AccountClient,
    budget: Budget<'a>,
    role_name: &'a str,
    account_id: Option<&'a str>,
}

/// What became of a deletion task.
enum Outcome {
    /// RAM reports success; the role may still be visible for a while.
    Succeeded,
    /// RAM knows no such task.
    Vanished,
}

impl Deletion<'_> {
    async fn run(&self) -> Result<(), Diagnostic> {
        let mut polls = Polls::new();
        let mut vanished = String::new();
        for _ in 0..DELETE_ATTEMPTS {
            let Some(task_id) = self.start(&mut polls).await? else {
                return Ok(());
            };
            match self.wait_until_done(&task_id).await? {
                Outcome::Succeeded => return self.wait_until_gone(&task_id).await,
                Outcome::Vanished if self.is_gone(&Progress::Asked).await? => return Ok(()),
                Outcome::Vanished => vanished = task_id,
            }
        }
        Err(text::deletion_task_vanished(self.role_name, self.account_id, &vanished))
    }

    /// Starts the task; `None` if the role is gone already.
    async fn start(&self, polls: &mut Polls) -> Result<Option<String>, Diagnostic> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let delete = self.account.delete_service_linked_role(self.role_name);
            let asked = self.budget.run(delete).await;
            let error =
                match asked.map_err(|interruption| self.interrupted(&Progress::Asked, interruption))? {
                    Ok(task_id) => return Ok(Some(task_id)),
                    Err(error) if error.is_code(ROLE_DOES_NOT_EXIST) => return Ok(None),
                    Err(error) => error,
                };
            if !error.outcome_unknown() || attempt >= DELETE_ATTEMPTS {
                return Err(text::not_deleted(self.role_name, self.account_id, &error));
            }
            if self.is_gone(&Progress::Asked).await? {
                return Ok(None);
            }
            self.pause(polls, &Progress::Asked).await?;
        }
    }

    async fn wait_until_done(&self, task_id: &str) -> Result<Outcome, Diagnostic> {
        let mut polls = Polls::new();
        let mut last_status = "NOT_STARTED".to_owned();
        loop {
            let progress = Progress::Task(task_id.to_owned(), last_status.clone());
            let status = self.account.get_service_linked_role_deletion_status(task_id);
            let answer = self.budget.run(status).await;
            let task = match answer.map_err(|interruption| self.interrupted(&progress, interruption))? {
                Ok(task) => task,
                Err(error) if error.is_code(TASK_DOES_NOT_EXIST) => return Ok(Outcome::Vanished),
                // The task goes on whether or not we can see it.
                Err(error) if error.outcome_unknown() || matches!(error, cloud::Error::Throttled(_)) => {
                    tracing::debug!(error = %cloud::error::chain(&error), "deletion status could not be read");
                    self.pause(&mut polls, &progress).await?;
                    continue;
                }
                Err(error) => {
                    return Err(text::not_deleted(self.role_name, self.account_id, &error));
                }
            };
            match &task.status {
                DeletionStatus::Succeeded => return Ok(Outcome::Succeeded),
                DeletionStatus::Failed => return Err(self.still_in_use(&task, task_id).await),
                DeletionStatus::InternalError => return self.broke(&task, task_id).await,
                DeletionStatus::NotStarted => "NOT_STARTED".clone_into(&mut last_status),
                DeletionStatus::InProgress => "IN_PROGRESS".clone_into(&mut last_status),
                DeletionStatus::Other(status) => last_status.clone_from(status),
            }
            self.pause(&mut polls, &Progress::Task(task_id.to_owned(), last_status.clone())).await?;
        }
    }

    async fn still_in_use(&self, task: &DeletionTask, task_id: &str) -> Diagnostic {
        let bound = MssRole::by_role_name(self.role_name).is_some();
        let find = Subscription::find(&self.account, self.client.server_now());
        // Only to say more in the error: no reason to wait long or to fail otherwise.
        let found = if bound { Budget::last_look().run(find).await.ok().and_then(Result::ok) } else { None };
        text::still_in_use(self.role_name, self.account_id, task, task_id, found.as_ref())
    }

    /// An internal error ends the task; the role tells whether it was done after all.
    async fn broke(&self, task: &DeletionTask, task_id: &str) -> Result<Outcome, Diagnostic> {
        if self.is_gone(&Progress::Task(task_id.to_owned(), "INTERNAL_ERROR".to_owned())).await? {
            return Ok(Outcome::Succeeded);
        }
        Err(text::deletion_task_broke(self.role_name, self.account_id, task, task_id))
    }

    async fn wait_until_gone(&self, task_id: &str) -> Result<(), Diagnostic> {
        let progress = Progress::StillVisible(task_id.to_owned());
        let mut polls = Polls::new();
        while !self.is_gone(&progress).await? {
            self.pause(&mut polls, &progress).await?;
        }
        Ok(())
    }

    async fn is_gone(&self, progress: &Progress) -> Result<bool, Diagnostic> {
        let found = self.budget.run(find_role(&self.account, self.role_name)).await;
        match found.map_err(|interruption| self.interrupted(progress, interruption))? {
            Ok(role) => Ok(role.is_none()),
            Err(error) => Err(text::not_deleted(self.role_name, self.account_id, &error)),
        }
    }

    async fn pause(&self, polls: &mut Polls, progress: &Progress) -> Result<(), Diagnostic> {
        let paused = self.budget.pause(polls.next_wait()).await;
        paused.map_err(|interruption| self.interrupted(progress, interruption))
    }

    fn interrupted(&self, progress: &Progress, interruption: Interruption) -> Diagnostic {
        interrupted(self.role_name, self.account_id, progress, interruption)
    }
}

/// RAM's code for a deletion task that it does not know (documented).
const TASK_DOES_NOT_EXIST: &str = "EntityNotExist.ServiceLinkedRole.DeletionTask";
/// How often a deletion whose answer was lost, or whose task vanished, is asked for.
const DELETE_ATTEMPTS: usize = 3;
