//! Reads a role again, and decides whether one that RAM does not show is gone.
//!
//! | Event | What we do |
//! |---|---|
//! | RAM shows the role | refresh the state |
//! | RAM shows one of its name with another ID | ours is gone: drop it from state, name the new one and leave it alone |
//! | RAM shows none, and ours is older than RAM can lag | drop it from state |
//! | RAM shows none, and ours was made moments ago | look again for as long as RAM may lag |
//! | RAM answers about another role or account, or fails | an error; the state is unchanged |
//! | the provider is not configured yet | a warning, and the state is unchanged; after an import an error |

use std::time::Duration;

use tokio::time::Instant;

use super::{
    diagnostics::{self as text, ReadTimeout},
    find::{LookResult, RAM_LAG, is_young},
    model::Model,
    ram::{Ram, RoleInAccount},
};
use crate::{
    cloud::{self, CallProgress, Client, api::resource_manager::Role},
    framework::resource::{CancellationToken, Outcome, ResourceResult},
    provider::{
        diagnostics::on_account,
        session::ConfiguredProvider,
        wait::{Budget, Interruption, Polls},
    },
};

/// Reads the role of a state, which an import may have made.
pub(super) async fn read(
    configured: &ConfiguredProvider,
    current: Model,
    imported: bool,
    stop: &CancellationToken,
) -> ResourceResult {
    let applied = match &configured.client {
        Some(client) => read_from(client, &current, stop).await,
        None if imported => ResourceResult::unchanged(text::import_not_read(current.role_name())),
        None => ResourceResult::unchanged(text::provider_not_known_yet(current.role_name())),
    };
    if let Some(key) = current.key() {
        let deletion_policy = current.deletion_policy().name();
        match applied.outcome {
            Outcome::Gone => {
                let role_id = current.role_id.as_known().map(String::as_str);
                configured.run.found_gone(&key, deletion_policy, role_id);
            }
            _ => configured.run.was_read(&key, deletion_policy),
        }
    }
    applied
}

async fn read_from(client: &Client, current: &Model, stop: &CancellationToken) -> ResourceResult {
    let budget = Budget::new(current.timeouts().read, stop);
    let account = match budget.run(client.account(current.account_id())).await {
        Ok(Ok(account)) => account,
        Ok(Err(error)) => return failed(current, &error),
        Err(interruption) => return not_finished(current, interruption),
    };
    let ram = RoleInAccount { client, account, role_name: current.role_name() };
    Reading { ram, budget, current }.run().await
}

/// One read under way, in an account that has been entered.
struct Reading<'a, R> {
    ram: R,
    budget: Budget<'a>,
    current: &'a Model,
}

impl<R: Ram> Reading<'_, R> {
    async fn run(&self) -> ResourceResult {
        let expected = self.current.expected();
        let mut absent_since = None;
        let mut polls = Polls::new();
        loop {
            let seen = match self.budget.run(self.ram.look(&expected)).await {
                Ok(seen) => seen,
                Err(interruption) => return self.ended(absent_since, interruption),
            };
            match seen {
                LookResult::There(role) => return refreshed(self.current, role),
                LookResult::Remade(role) => {
                    return ResourceResult::gone()
                        .with_diagnostics(text::remade(self.current.reference(), &role));
                }
                LookResult::Elsewhere(role) => {
                    return ResourceResult::unchanged(text::other_role_answered(&expected, &role));
                }
                LookResult::Unclear(error) => return failed(self.current, &error),
                LookResult::NotThere if !self.is_young() => return ResourceResult::gone(),
                LookResult::NotThere => absent_since = absent_since.or_else(|| Some(Instant::now())),
            }
            if let Err(interruption) = self.budget.pause(polls.next_wait()).await {
                return self.ended(absent_since, interruption);
            }
        }
    }

    fn is_young(&self) -> bool {
        is_young(self.current.create_date.as_known().map(String::as_str), self.ram.now())
    }

    /// Looks that have all shown no role count when the time is over, unless the practitioner's time-out is
    /// shorter than RAM's lag by far.
    fn ended(&self, absent_since: Option<Instant>, interruption: Interruption) -> ResourceResult {
        match (interruption, absent_since) {
            (Interruption::TimedOut(after), Some(since)) if since.elapsed() >= LONG_ENOUGH => {
                ResourceResult::gone()
                    .with_diagnostics(text::gone_before_the_lag(self.current.reference(), after))
            }
            (Interruption::TimedOut(after), Some(_)) => {
                ResourceResult::unchanged(text::not_shown_yet(self.current.reference(), after))
            }
            (interruption, _) => match self.ram.last_call() {
                // It was answered, only not with the role.
                CallProgress::Repelled(error) if interruption != Interruption::Stopped => {
                    failed(self.current, &error)
                }
                _ => not_finished(self.current, interruption),
            },
        }
    }
}

fn refreshed(current: &Model, role: Role) -> ResourceResult {
    match role.is_service_linked_role {
        Some(false) => ResourceResult::unchanged(text::not_service_linked(&role)),
        _ => ResourceResult::state(current.clone().refreshed(role).into_object()),
    }
}

fn failed(current: &Model, error: &cloud::Error) -> ResourceResult {
    ResourceResult::unchanged(on_account(text::not_read(current.reference(), error), error))
}

fn not_finished(current: &Model, interruption: Interruption) -> ResourceResult {
    ResourceResult::unchanged(match interruption {
        Interruption::Stopped => text::interrupted_read(current.role_name()),
        Interruption::TimedOut(after) => {
            // Only what an import has made was never read.
            let was_read = current.role_id.as_known().is_some();
            let timeout = if was_read { ReadTimeout::OfState } else { ReadTimeout::Default };
            text::read_timed_out(current.reference(), after, timeout)
        }
    })
}

/// Looks that agree for so long are believed when the time-out leaves no room for RAM's whole lag.
const LONG_ENOUGH: Duration = Duration::from_secs(RAM_LAG.as_secs() / 4);

#[cfg(test)]
mod tests {
    use super::{
        super::ram::script::{ACCOUNT, ROLE, Script, ScriptedResponse, *},
        *,
    };
    use crate::framework::value::{Knowable, Object};

    async fn run(
        create_date: &str,
        read: &str,
        looks: &[ScriptedResponse<Role>],
    ) -> (Outcome, String, Duration) {
        run_script(create_date, read, Script::new(looks)).await
    }

    async fn run_script(create_date: &str, read: &str, script: Script) -> (Outcome, String, Duration) {
        let mut timeouts = Object::empty();
        timeouts.set("read", read);
        let text = |text: &str| Knowable::Known(text.to_owned());
        let current = Model {
            role_name: text(ROLE),
            account_id: text(ACCOUNT),
            role_id: text("7"),
            create_date: text(create_date),
            timeouts: Knowable::Known(timeouts),
            ..Model::default()
        };
        let (began, stop) = (Instant::now(), CancellationToken::new());
        let budget = Budget::new(current.timeouts().read, &stop);
        let applied = Reading { ram: script, budget, current: &current }.run().await;
        let summaries =
            applied.diagnostics.iter().map(|summaries| summaries.summary.to_string()).collect::<Vec<_>>();
        (applied.outcome, summaries.concat(), began.elapsed())
    }

    const OLD: &str = "2025-12-31T23:58:00Z";
    const YOUNG: &str = "2025-12-31T23:59:50Z";

    #[tokio::test(start_paused = true)]
    async fn an_old_role_that_is_not_shown_is_gone() {
        let (outcome, summaries, took) = run(OLD, "60s", &[absent]).await;
        assert_eq!((outcome, summaries.as_str(), took), (Outcome::Gone, "", Duration::ZERO));
    }

    #[tokio::test(start_paused = true)]
    async fn a_young_role_is_looked_for() {
        let (outcome, summaries, _) = run(YOUNG, "5m", &[absent, absent, absent, ours]).await;
        assert!(matches!(outcome, Outcome::State(_)) && summaries.is_empty(), "{outcome:?} {summaries}");
        let (outcome, _, took) = run(YOUNG, "5m", &[absent]).await;
        assert!(
            outcome == Outcome::Gone && took >= RAM_LAG - Duration::from_secs(10),
            "{outcome:?} {took:?}"
        );
        assert!(took < RAM_LAG, "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_look_that_was_throttled_to_the_end_says_so() {
        let throttled = || CallProgress::Repelled(refusal(400, "Throttling.User"));
        for (progress, summary) in [
            (throttled as StuckAt, "Service-linked role could not be read"),
            (|| CallProgress::Sent, "Reading the role timed out"),
        ] {
            let (outcome, summaries, _) = run_script(OLD, "3s", Script::new(&[never]).stuck(progress)).await;
            assert_eq!((outcome, summaries.as_str()), (Outcome::Unchanged, summary));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_time_out_ends_the_looking() {
        let (outcome, summaries, took) = run(YOUNG, "1m", &[absent]).await;
        assert_eq!((outcome, took), (Outcome::Gone, Duration::from_secs(60)));
        assert_eq!(summaries, "New role left the state");
        let (outcome, summaries, _) = run(YOUNG, "2s", &[absent]).await;
        assert_eq!((outcome, summaries.as_str()), (Outcome::Unchanged, "RAM does not show the new role"));
    }

    #[tokio::test(start_paused = true)]
    async fn every_other_look_is_what_it_is() {
        for (look, outcome, summary) in [
            (remade as ScriptedResponse<Role>, Outcome::Gone, "Role was deleted and created again"),
            (elsewhere, Outcome::Unchanged, "RAM answered with another role"),
            (denied, Outcome::Unchanged, "Service-linked role could not be read"),
            (lost, Outcome::Unchanged, "Service-linked role could not be read"),
            (never, Outcome::Unchanged, "Reading the role timed out"),
        ] {
            let (found, summaries, _) = run(OLD, "20s", &[look]).await;
            assert_eq!((found, summaries.as_str()), (outcome, summary));
        }
    }
}
