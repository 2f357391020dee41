//! Deletes a role, or leaves it where the policy says so. Success is reported only when RAM no longer has the
//! role.
//!
//! DeleteServiceLinkedRole starts a task; what became of it is asked with
//! GetServiceLinkedRoleDeletionStatus (both documented). RAM's word that there is no role is a fact only if a
//! task has succeeded, or if the looks agree for as long as RAM may lag, by the cloud's clock. That holds before
//! the request as well, however old the role is: a replica of RAM can be behind for any role.
//!
//! | Event | What we do |
//! |---|---|
//! | RAM shows our role, and no task is under way | delete it, each time after a look |
//! | RAM shows a role of our name with another ID | ours is gone; name the new one and leave it alone |
//! | RAM shows no role | gone if that is a fact (above), else look again |
//! | RAM answers about another role or account | the first look: stop. Later: look again |
//! | the look fails | the first look: stop, nothing was changed. Later: look again |
//! | RAM refuses the request, and none is open | stop: not deleted |
//! | RAM refuses the request, and an earlier one is open | look for as long as RAM may lag, then stop with both reasons |
//! | the response is lost, or the task is not known | look; if RAM shows the role, delete again after a pause |
//! | the status cannot be read | ask again, and look at the role |
//! | the task has SUCCEEDED | look until RAM shows no role |
//! | the task has FAILED | stop with the reason; `delete_or_abandon` forgets the role |
//! | the task ended with INTERNAL_ERROR | look: stop if RAM shows the role |

use tokio::time::Instant;

use super::{
    diagnostics::{self as text, Progress},
    find::{Absence, ExpectedRole, LookResult, RAM_LAG, is_absence},
    judgement::{judge, refused},
    model::{DeletionPolicy, Model},
    note::PlannedDestroy,
    ram::{Ram, RoleInAccount},
    role_reference::RoleReference,
    verdict::Verdict,
};
use crate::{
    cloud::{
        self, CallProgress,
        api::resource_manager::{DeletionStatus, DeletionTask, Role},
    },
    framework::{
        diagnostics::{Diagnostic, Diagnostics},
        resource::CancellationToken,
    },
    provider::{
        diagnostics::{on_account, reason, reason_and_next_step},
        session::ConfiguredProvider,
        subscription::Subscription,
        wait::{Budget, Interruption, Polls},
    },
};

/// Carries out the role's deletion policy; the role is gone from state unless there is an error.
/// `planned` is what the plan of this destroy said.
pub(super) async fn delete(
    configured: &ConfiguredProvider,
    prior: &Model,
    planned: PlannedDestroy,
    stop: &CancellationToken,
) -> Diagnostics {
    let (policy, role) = (prior.deletion_policy(), prior.reference());
    // What the plan showed is what happens, so nothing is asked. Only `prevent` goes before it: a guard holds whatever
    // a note says.
    if planned == PlannedDestroy::Forget && policy != DeletionPolicy::Prevent {
        return text::role_abandoned(role, policy, "").into();
    }
    // Terraform plans a destroy only once: a subscription may have begun between the plan and this apply.
    let judgement = judge(configured, &prior.into(), stop).await;
    let mut diagnostics = judgement.warnings;
    match judgement.verdict {
        Verdict::Refuse(refusal) => {
            diagnostics.push(refused(role, refusal, |what| configured.run.is_first(what)));
        }
        Verdict::Forget(why) => diagnostics.push(instead_of_deleting(prior, planned, &why)),
        Verdict::Delete => match try_delete(configured, prior, stop).await {
            Ok(End::Gone) => {}
            Ok(End::Remade(made)) => diagnostics.push(text::remade(role, &made)),
            Ok(End::InUse { task, task_id }) => {
                let subscription = subscription_of(configured, prior).await;
                let why = text::why_in_use(&task, &task_id, subscription.as_ref());
                diagnostics.push(match policy {
                    DeletionPolicy::DeleteOrAbandon => instead_of_deleting(prior, planned, &why),
                    _ => text::still_in_use(role, &why),
                });
            }
            Err(diagnostic) => diagnostics.push(diagnostic),
        },
    }
    diagnostics
}

/// A role that cannot be deleted now is forgotten as its policy says; not so if its successor needs its name.
fn instead_of_deleting(prior: &Model, planned: PlannedDestroy, why: &str) -> Diagnostic {
    match planned {
        PlannedDestroy::Replace if prior.deletion_policy() != DeletionPolicy::Abandon => {
            text::not_replaced(prior.reference(), why)
        }
        _ => text::role_abandoned(prior.reference(), prior.deletion_policy(), why),
    }
}

/// Only to say more in an error: no reason to wait long or to fail otherwise.
async fn subscription_of(configured: &ConfiguredProvider, prior: &Model) -> Option<Subscription> {
    let client = configured.client.as_ref()?;
    let find = async {
        let account = client.account(prior.account_id()).await.ok()?;
        configured.run.user_status(&account).await.ok()
    };
    let status = Budget::last_look().run(find).await.ok()??;
    Some(Subscription::from_status(status, client.server_now()))
}

async fn try_delete(
    configured: &ConfiguredProvider,
    prior: &Model,
    stop: &CancellationToken,
) -> Result<End, Diagnostic> {
    let role = prior.reference();
    let client = configured.client()?;
    let budget = Budget::new(prior.timeouts().delete, stop);
    let entered = budget.run(client.account(role.account_id)).await;
    let entered =
        entered.map_err(|interruption| text::deletion_ended(role, &Progress::NotSent, "", interruption))?;
    let account = entered.map_err(|error| on_account(text::not_deleted(role, &error), &error))?;
    let mut deletion = Deletion {
        ram: RoleInAccount { client, account, role_name: role.role_name },
        budget,
        role,
        expected: prior.expected(),
        absence: Absence::default(),
        last_failure: String::new(),
        vanished: None,
    };
    deletion.run().await
}

/// One deletion under way, in an account that has been entered.
struct Deletion<'a, R> {
    ram: R,
    budget: Budget<'a>,
    role: RoleReference<'a>,
    expected: ExpectedRole,
    absence: Absence,
    /// Why the last look or status said nothing; empty if it did.
    last_failure: String,
    /// The last task that RAM no longer knew.
    vanished: Option<String>,
}

/// How far a deletion is: what has been asked of RAM, and what is known of it.
#[derive(Clone, Debug)]
enum Stage {
    /// Nothing has been asked of RAM yet.
    NotSent,
    /// RAM has answered that there is no such role to delete.
    NoSuchRole,
    /// The response was lost, and why.
    Lost(String),
    /// RAM has refused a second request while the first, whose response was lost, may be under way.
    Refused { history: String, since: Instant },
    /// A task is under way; its last status, once there was one.
    Running { task_id: String, status: Option<String> },
    /// RAM does not know the task.
    Vanished(String),
    /// The task ended with a failure of Alibaba Cloud.
    Broke { task: DeletionTask, task_id: String },
    /// The task has succeeded; a look must confirm it.
    Succeeded(String),
}

/// How a deletion ends, unless it ends in an error.
#[derive(Debug)]
enum End {
    /// The role is gone, for certain.
    Gone,
    /// Ours is gone, and someone has made this one.
    Remade(Role),
    /// Alibaba Cloud refuses: the role is in use.
    InUse { task: DeletionTask, task_id: String },
}

/// What comes after an event: another stage, or the end.
enum Step {
    Next(Stage),
    /// The next stage, after a pause.
    Wait(Stage),
    End(End),
}

impl<R: Ram> Deletion<'_, R> {
    async fn run(&mut self) -> Result<End, Diagnostic> {
        let mut polls = Polls::new();
        let mut stage = Stage::NotSent;
        loop {
            stage = match self.step(stage).await? {
                Step::End(end) => return Ok(end),
                Step::Next(stage) => stage,
                Step::Wait(stage) => {
                    let paused = self.budget.pause(polls.next_wait()).await;
                    paused.map_err(|interruption| self.ended(&stage, interruption))?;
                    stage
                }
            };
        }
    }

    async fn step(&mut self, stage: Stage) -> Result<Step, Diagnostic> {
        match stage {
            Stage::Running { task_id, status } => self.ask_for_status(task_id, status).await,
            stage => {
                let seen = self.look(&stage).await?;
                self.after_look(stage, seen).await
            }
        }
    }

    async fn after_look(&mut self, stage: Stage, seen: LookResult) -> Result<Step, Diagnostic> {
        match (stage, seen) {
            // At any stage: two roles cannot have one name, so ours is gone. The new one is somebody else's.
            (_, LookResult::Remade(role)) => Ok(Step::End(End::Remade(role))),
            (stage, LookResult::NotThere) if self.is_gone(&stage) => Ok(Step::End(End::Gone)),
            // Nothing has been changed, so an error can say so. Once a look has shown no role, it may be gone: look on.
            (Stage::NotSent, LookResult::Elsewhere(role)) if !self.absence.has_begun() => {
                Err(text::other_role_answered(&self.expected, &role))
            }
            (Stage::NotSent, LookResult::Unclear(error)) if !self.absence.has_begun() => {
                Err(text::not_deleted(self.role, &error))
            }
            (Stage::NotSent, LookResult::There(_)) => self.ask_to_delete(Stage::NotSent).await,
            (stage @ (Stage::NoSuchRole | Stage::Lost(_) | Stage::Vanished(_)), LookResult::There(_)) => {
                self.ask_again(stage).await
            }
            (Stage::Refused { history, since }, LookResult::There(_)) if since.elapsed() >= RAM_LAG => {
                Err(text::deletion_left_open(self.role, &history))
            }
            (Stage::Broke { task, task_id }, LookResult::There(_)) => {
                Err(text::deletion_task_broke(self.role, &task, &task_id))
            }
            (stage, _) => Ok(Step::Wait(stage)),
        }
    }

    async fn ask_to_delete(&mut self, stage: Stage) -> Result<Step, Diagnostic> {
        // The last moment at which it is certain that this request was not sent. From then on it is lost, not unsent.
        self.budget.check().map_err(|interruption| self.ended(&stage, interruption))?;
        let error = match self.budget.run(self.ram.delete()).await {
            Ok(Ok(task_id)) => return Ok(Step::Next(Stage::Running { task_id, status: None })),
            Ok(Err(error)) => error,
            Err(interruption) => return Err(self.interrupted(&stage, interruption)),
        };
        if is_absence(&error) {
            return Ok(Step::Next(Stage::NoSuchRole));
        }
        if error.outcome_unknown() {
            return Ok(Step::Next(Stage::Lost(reason(&error))));
        }
        match stage {
            Stage::NotSent => Err(text::not_deleted(self.role, &error)),
            stage => {
                let history = format!("{} {}", stage.progress().describe(self.role), reason(&error));
                Ok(Step::Wait(Stage::Refused { history, since: Instant::now() }))
            }
        }
    }

    /// Nobody waits for the delete request any more: what that means depends on how far it came.
    fn interrupted(&mut self, before: &Stage, interruption: Interruption) -> Diagnostic {
        match (before, self.ram.last_call()) {
            (_, CallProgress::Sent) => self.ended(&Stage::Lost(String::new()), interruption),
            (before, CallProgress::NotSent) => self.ended(before, interruption),
            (Stage::NotSent, CallProgress::Repelled(error)) => {
                text::deletion_given_up(self.role, &error, interruption)
            }
            (before, CallProgress::Repelled(error)) => {
                self.last_failure = reason(&error);
                self.ended(before, interruption)
            }
        }
    }

    /// Deletes again, after a pause: what RAM does with a second request during a task is not documented.
    async fn ask_again(&mut self, stage: Stage) -> Result<Step, Diagnostic> {
        match self.ask_to_delete(stage).await? {
            Step::Next(stage) => Ok(Step::Wait(stage)),
            step => Ok(step),
        }
    }

    async fn ask_for_status(&mut self, task_id: String, status: Option<String>) -> Result<Step, Diagnostic> {
        let response = self.budget.run(self.ram.deletion_task(&task_id)).await;
        let stage = Stage::Running { task_id: task_id.clone(), status };
        let task = match response.map_err(|interruption| self.ended(&stage, interruption))? {
            Ok(task) => task,
            Err(error) if is_unknown_task(&error) => {
                self.vanished = Some(task_id.clone());
                return Ok(Step::Next(Stage::Vanished(task_id)));
            }
            // The task continues whether or not we can see it: the role shows the outcome.
            Err(error) => {
                let seen = self.look(&stage).await?;
                // After the look, which clears it: the role was shown, the status was not.
                self.last_failure = format!(
                    "The provider could not read the status of the task. {}",
                    reason_and_next_step(&error)
                );
                return self.after_look(stage, seen).await;
            }
        };
        self.last_failure.clear();
        Ok(match task.status {
            DeletionStatus::Succeeded => Step::Next(Stage::Succeeded(task_id)),
            DeletionStatus::Failed => Step::End(End::InUse { task, task_id }),
            DeletionStatus::InternalError => Step::Next(Stage::Broke { task, task_id }),
            DeletionStatus::NotStarted => running(task_id, "NOT_STARTED"),
            DeletionStatus::InProgress => running(task_id, "IN_PROGRESS"),
            DeletionStatus::Other(status) => running(task_id, &status),
        })
    }

    /// One look at the role; remembers for how long RAM has shown none.
    async fn look(&mut self, stage: &Stage) -> Result<LookResult, Diagnostic> {
        let look = self.budget.run(self.ram.look(&self.expected)).await;
        let seen = look.map_err(|interruption| self.ended(stage, interruption))?;
        match &seen {
            LookResult::NotThere => self.absence.seen_at(self.ram.now()),
            LookResult::There(_) | LookResult::Remade(_) => self.absence = Absence::default(),
            LookResult::Elsewhere(role) => {
                self.last_failure = format!("RAM answered with another role, {}.", role.arn)
            }
            LookResult::Unclear(error) => {
                self.last_failure =
                    format!("The provider could not read the role. {}", reason_and_next_step(error));
            }
        }
        if !matches!(seen, LookResult::Elsewhere(_) | LookResult::Unclear(_)) {
            self.last_failure.clear();
        }
        Ok(seen)
    }

    /// Whether RAM's word, just given, that there is no role is a fact.
    ///
    /// One look is not enough unless a task has succeeded: a replica of RAM that is behind says the same of a role
    /// that exists, and Terraform would forget a role that nobody manages then.
    fn is_gone(&self, stage: &Stage) -> bool {
        matches!(stage, Stage::Succeeded(_)) || self.absence.outlasts_lag()
    }

    fn ended(&self, stage: &Stage, interruption: Interruption) -> Diagnostic {
        let progress = match stage {
            Stage::NotSent if self.absence.has_begun() => Progress::NotShown,
            stage => stage.progress(),
        };
        let vanished = self.vanished.clone().map(Progress::Vanished);
        let before = vanished.filter(|vanished| *vanished != progress);
        let before = before.map(|vanished| vanished.describe(self.role)).unwrap_or_default();
        let more = [before, self.last_failure.clone()].join(" ");
        text::deletion_ended(self.role, &progress, more.trim(), interruption)
    }
}

impl Stage {
    fn progress(&self) -> Progress {
        match self {
            Self::NotSent => Progress::NotSent,
            Self::NoSuchRole => Progress::NoSuchRole,
            Self::Lost(why) => Progress::Lost(why.clone()),
            Self::Refused { history, .. } => Progress::Refused(history.clone()),
            Self::Running { task_id, status } => Progress::Task(task_id.clone(), status.clone()),
            Self::Vanished(task_id) => Progress::Vanished(task_id.clone()),
            Self::Broke { task_id, .. } => Progress::Broken(task_id.clone()),
            Self::Succeeded(task_id) => Progress::Succeeded(task_id.clone()),
        }
    }
}

fn running(task_id: String, status: &str) -> Step {
    Step::Wait(Stage::Running { task_id, status: Some(status.to_owned()) })
}

fn is_unknown_task(error: &cloud::Error) -> bool {
    error.is_code(TASK_DOES_NOT_EXIST) && error.http_status() == Some(404)
}

/// RAM's code for a deletion task that it does not know (documented).
const TASK_DOES_NOT_EXIST: &str = "EntityNotExist.ServiceLinkedRole.DeletionTask";

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{
        super::ram::script::{ROLE, Script, ScriptedResponse, *},
        *,
    };

    /// How a deletion ends, in a word, and the detail of the error.
    #[derive(Debug)]
    struct DeleteEnd {
        how: String,
        detail: String,
        deletes: usize,
        tasks: usize,
        took: Duration,
    }

    const DELETE: Duration = Duration::from_secs(600);

    async fn run(
        looks: &[ScriptedResponse<Role>],
        deletes: &[ScriptedResponse<String>],
        tasks: &[ScriptedResponse<DeletionTask>],
    ) -> DeleteEnd {
        run_within(DELETE, looks, deletes, tasks).await
    }

    async fn run_within(
        time_out: Duration,
        looks: &[ScriptedResponse<Role>],
        deletes: &[ScriptedResponse<String>],
        tasks: &[ScriptedResponse<DeletionTask>],
    ) -> DeleteEnd {
        run_script(time_out, Script::new(looks).deleting(deletes, tasks)).await
    }

    async fn run_script(time_out: Duration, script: Script) -> DeleteEnd {
        let (began, stop) = (Instant::now(), CancellationToken::new());
        let expected = ExpectedRole {
            role_name: ROLE.to_owned(),
            account_id: Some(ACCOUNT.to_owned()),
            role_id: Some("7".to_owned()),
        };
        let mut deletion = Deletion {
            ram: script,
            budget: Budget::new(time_out, &stop),
            role: RoleReference { role_name: ROLE, account_id: Some(ACCOUNT) },
            expected,
            absence: Absence::default(),
            last_failure: String::new(),
            vanished: None,
        };
        let (how, detail) = match deletion.run().await {
            Ok(End::Gone) => ("gone".to_owned(), String::new()),
            Ok(End::Remade(role)) => (format!("remade {}", role.role_id), String::new()),
            Ok(End::InUse { task_id, .. }) => (format!("in use {task_id}"), String::new()),
            Err(diagnostic) => (diagnostic.summary.to_string(), diagnostic.detail),
        };
        let (deletes, tasks) = (deletion.ram.count("delete"), deletion.ram.count("task"));
        DeleteEnd { how, detail, deletes, tasks, took: began.elapsed() }
    }

    #[tokio::test(start_paused = true)]
    async fn deleted_after_a_look() {
        let ended = run(&[ours, absent], &[started], &[succeeded]).await;
        assert_eq!((ended.how.as_str(), ended.deletes, ended.tasks), ("gone", 1, 1));
        assert!(ended.took < Duration::from_millis(100), "the first status look comes at once");
        let ended = run(&[ours, absent], &[started], &[in_progress, in_progress, succeeded]).await;
        assert_eq!((ended.how.as_str(), ended.tasks), ("gone", 3));
    }

    #[tokio::test(start_paused = true)]
    async fn another_role_of_its_name_is_left_alone() {
        for (looks, deletes) in [
            (&[remade as ScriptedResponse<Role>][..], 0),
            (&[ours, remade], 1),
            (&[ours, lost, absent, remade], 1),
        ] {
            for task in [succeeded as ScriptedResponse<DeletionTask>, purged, denied, broken] {
                let ended = run(looks, &[started], &[task]).await;
                let gone_before = ended.how == "gone" && task().is_some_and(|task| task.is_ok());
                assert!(ended.how == "remade 8" || gone_before, "{ended:?}");
                assert_eq!(ended.deletes, deletes);
            }
        }
    }

    /// One look that shows no role proves nothing before a request either, however old the role is.
    #[tokio::test(start_paused = true)]
    async fn an_absent_role_is_gone_if_the_looks_agree() {
        let gone = run(&[absent], &[denied], &[denied]).await;
        assert_eq!((gone.how.as_str(), gone.deletes), ("gone", 0));
        assert!(gone.took >= RAM_LAG && gone.took < RAM_LAG + Duration::from_secs(10), "{:?}", gone.took);
        for looks in
            [&[absent as ScriptedResponse<Role>, ours, absent][..], &[absent, lost, absent, ours, absent]]
        {
            let stale = run(looks, &[started], &[succeeded]).await;
            assert_eq!((stale.how.as_str(), stale.deletes), ("gone", 1), "{stale:?}");
        }
        let other = run(&[absent, remade], &[started], &[succeeded]).await;
        assert_eq!((other.how.as_str(), other.deletes), ("remade 8", 0));
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_begun_after_the_time_out() {
        let began = run_within(Duration::ZERO, &[ours], &[started], &[succeeded]).await;
        assert_eq!((began.how.as_str(), began.deletes), ("Deleting the role timed out", 0));
        assert!(began.detail.contains("No request was sent"), "{}", began.detail);
    }

    /// A deletion that never ends means what its progress says.
    #[tokio::test(start_paused = true)]
    async fn a_deletion_that_is_given_up_says_how_far_it_came() {
        let throttled = || CallProgress::Repelled(refusal(400, "Throttling.User"));
        let table: [(StuckAt, &str, &str); 3] = [
            (|| CallProgress::NotSent, "Deleting the role timed out", "No request was sent"),
            (throttled, "Service-linked role was not deleted", "Throttling.User"),
            (|| CallProgress::Sent, "Deleting the role timed out", "may have reached RAM"),
        ];
        for (progress, how, fact) in table {
            let ended =
                run_script(DELETE, Script::new(&[ours]).deleting(&[never], &[]).stuck(progress)).await;
            assert_eq!(ended.how, how);
            assert!(ended.detail.contains(fact), "{}", ended.detail);
        }
        // The first of two requests may be under way, whatever became of the second.
        let script = Script::new(&[ours]).deleting(&[lost, never], &[]).stuck(throttled);
        let ended = run_script(DELETE, script).await;
        assert_eq!(ended.how, "Deleting the role timed out");
        assert!(
            ended.detail.contains("it is not known") && ended.detail.contains("Throttling.User"),
            "{}",
            ended.detail
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_time_out_shorter_than_the_lag_keeps_the_state() {
        let ended = run_within(Duration::from_secs(30), &[absent], &[started], &[succeeded]).await;
        assert_eq!((ended.how.as_str(), ended.deletes), ("Deleting the role timed out", 0));
        for fact in ["does not show", "No request", "stays in state"] {
            assert!(ended.detail.contains(fact), "{fact:?} is not in {}", ended.detail);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_sent_without_a_look_at_ours() {
        for (look, summary) in [
            (elsewhere as ScriptedResponse<Role>, "RAM answered with another role"),
            (lost, "Service-linked role was not deleted"),
            (denied, "Service-linked role was not deleted"),
            (never, "Deleting the role timed out"),
        ] {
            let ended = run(&[look], &[started], &[succeeded]).await;
            assert_eq!((ended.how.as_str(), ended.deletes), (summary, 0));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn refused_before_anything_is_open() {
        let ended = run(&[ours], &[denied], &[succeeded]).await;
        assert_eq!((ended.how.as_str(), ended.deletes), ("Service-linked role was not deleted", 1));
    }

    #[tokio::test(start_paused = true)]
    async fn ram_says_that_there_is_nothing_to_delete() {
        let ended = run(&[ours, absent], &[absent], &[succeeded]).await;
        assert!(ended.how == "gone" && ended.deletes == 1 && ended.took >= RAM_LAG, "{ended:?}");
        let stale = run(&[ours, ours, absent], &[absent, started], &[succeeded]).await;
        assert_eq!((stale.how.as_str(), stale.deletes), ("gone", 2), "it is still there: deleted again");
    }

    /// One look that shows no role proves nothing while it is not known what became of the request.
    #[tokio::test(start_paused = true)]
    async fn a_single_look_proves_nothing_after_a_lost_request() {
        for (deletes, tasks) in [
            (
                &[lost as ScriptedResponse<String>, started][..],
                &[succeeded as ScriptedResponse<DeletionTask>][..],
            ),
            (&[started], &[purged, succeeded]),
        ] {
            let stale = run(&[ours, absent, ours, absent], deletes, tasks).await;
            assert_eq!((stale.how.as_str(), stale.deletes), ("gone", 2), "{stale:?}");
            let gone = run(&[ours, absent], deletes, tasks).await;
            assert!(gone.how == "gone" && gone.took >= RAM_LAG && gone.deletes == 1, "{gone:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn refused_while_an_earlier_request_is_open() {
        let ended = run(&[ours], &[lost, denied], &[succeeded]).await;
        assert_eq!(ended.how, "Outcome of deleting the role is unknown");
        for fact in ["InternalError", "NoPermission", "is not known", "stays in state"] {
            assert!(ended.detail.contains(fact), "{fact:?} is not in {}", ended.detail);
        }
        let done = run(&[ours, ours, absent], &[lost, denied], &[succeeded]).await;
        assert_eq!(done.how, "gone");
    }

    #[tokio::test(start_paused = true)]
    async fn a_vanished_task_is_asked_for_again_at_leisure() {
        let ended = run(&[ours], &[started], &[purged]).await;
        assert_eq!(ended.how, "Deleting the role timed out");
        assert!(ended.took >= DELETE && ended.deletes < 200, "{ended:?}");
        assert!(ended.detail.contains("task/1"), "{}", ended.detail);
    }

    #[tokio::test(start_paused = true)]
    async fn an_unreadable_status_is_asked_for_until_the_time_out() {
        for task in [denied as ScriptedResponse<DeletionTask>, lost] {
            let ended = run(&[ours], &[started], &[task]).await;
            assert_eq!(ended.how, "Deleting the role timed out");
            assert!(ended.took >= DELETE && ended.detail.contains("task/1"), "{ended:?}");
            let late = run(&[ours, ours, ours, absent], &[started], &[task, task, succeeded]).await;
            assert_eq!(late.how, "gone");
            let unseen = run(&[ours, absent], &[started], &[task]).await;
            assert!(unseen.how == "gone" && unseen.took >= RAM_LAG, "the looks agree: {unseen:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn after_success_the_role_is_looked_for_until_the_time_out() {
        for (look, fact) in
            [(lost as ScriptedResponse<Role>, "InternalError"), (denied, "NoPermission"), (ours, "task/1")]
        {
            let ended = run(&[ours, look], &[started], &[succeeded]).await;
            assert_eq!(ended.how, "Deleting the role timed out");
            for fact in ["SUCCEEDED", "task/1", fact] {
                assert!(ended.detail.contains(fact), "{fact:?} is not in {}", ended.detail);
            }
            let late = run(&[ours, look, look, absent], &[started], &[succeeded]).await;
            assert_eq!(late.how, "gone");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_failed_or_broke() {
        assert_eq!(run(&[ours], &[started], &[failed]).await.how, "in use task/1");
        let broke = run(&[ours], &[started], &[broken]).await;
        assert_eq!(broke.how, "Deletion task failed inside Alibaba Cloud");
        let done = run(&[ours, absent], &[started], &[broken]).await;
        assert!(done.how == "gone" && done.took >= RAM_LAG, "{done:?}");
    }
}
