//! Finds the role of a tainted resource that gets another role in the same plan.
//!
//! Terraform plans a tainted resource once and without its prior state. If its account or its role name changes at
//! the same time, nothing in the request leads to the role that will be destroyed. What does is the run: Terraform
//! plans each object right after it has read it, so a role that was read before this plan, and that no plan has
//! spoken of when this one ends, is that of a tainted object. It may still be one that leaves the state without a
//! plan (a `removed` block that keeps the object), so that a destroy which would be refused is warned of, not
//! refused here.
//!
//! | The role that was read and not spoken of | What we do |
//! |---|---|
//! | is the planned one | nothing: `plan` judges it |
//! | can be destroyed, or stays in the account | nothing |
//! | cannot be destroyed | warn, and name it |
//! | nobody can say whether it can | warn of that |
//!
//! With `-refresh=false` nothing is read, and nothing is warned of: the walk of an apply looks just like that, and
//! would be full of false alarms.

use std::time::Duration;

use super::{
    diagnostics as text,
    judgement::judge,
    role_in_state::RoleInState,
    verdict::{Judgement, Refusal, Verdict},
};
use crate::{
    framework::{
        diagnostics::{Diagnostic, Diagnostics},
        resource::CancellationToken,
    },
    provider::{
        run::{RoleKey, Run, UnplannedRole},
        session::ConfiguredProvider,
        wait::Budget,
    },
};

/// The roles that may be that of a tainted resource whose plan begins.
pub(super) struct Suspects {
    roles: Vec<UnplannedRole>,
}

impl Suspects {
    /// At the beginning of the plan.
    pub(super) fn of(run: &Run) -> Self {
        Self { roles: run.all_unplanned() }
    }

    /// At its end: what is to be said of those that are left.
    pub(super) async fn warn(
        mut self,
        configured: &ConfiguredProvider,
        planned: Option<&RoleKey>,
        stop: &CancellationToken,
    ) -> Diagnostics {
        self.roles.retain(|role| Some(&role.key) != planned);
        self.let_others_speak(&configured.run, stop).await;
        let mut diagnostics = Diagnostics::new();
        for role in self.roles {
            let held = RoleInState::unplanned(&role.key, &role.deletion_policy);
            let Judgement { verdict, warnings } = judge(configured, &held, stop).await;
            diagnostics.append(warnings);
            diagnostics.extend(warning(&held, verdict));
        }
        diagnostics
    }

    /// Objects that are read and planned at the same time are about to be spoken of. Without any there is no wait.
    async fn let_others_speak(&mut self, run: &Run, stop: &CancellationToken) {
        let budget = Budget::new(PATIENCE, stop);
        loop {
            let unplanned = run.all_unplanned();
            self.roles.retain(|role| unplanned.contains(role));
            if self.roles.is_empty() || budget.pause(LOOK_AGAIN).await.is_err() {
                return;
            }
        }
    }
}

fn warning(held: &RoleInState, verdict: Verdict) -> Option<Diagnostic> {
    let why = match verdict {
        Verdict::Delete | Verdict::Forget(_) => return None,
        Verdict::Refuse(Refusal::Prevented) => text::WHY_PREVENTED.to_owned(),
        Verdict::Refuse(Refusal::Active(subscription)) => text::why_active(&subscription),
        Verdict::Refuse(Refusal::Other(refused)) => format!("Reason: {}.", refused.summary),
    };
    Some(text::might_not_be_deletable(held.reference, &why))
}

/// From the end of an object's read to its plan Terraform needs a few milliseconds, and many times that where it walks
/// fifty objects at a time on a busy machine. The wait ends as soon as all have been spoken of.
const PATIENCE: Duration = Duration::from_secs(3);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

#[cfg(test)]
mod tests {
    use super::*;

    fn key(account_id: &str) -> RoleKey {
        RoleKey { account_id: account_id.to_owned(), role_name: "AliyunServiceRoleForMssp".to_owned() }
    }

    /// A run that has read roles of these accounts and policies.
    fn after_reading(roles: &[(&str, &str)]) -> ConfiguredProvider {
        let configured = ConfiguredProvider::default();
        for (account_id, deletion_policy) in roles {
            configured.run.seen_in_state(&key(account_id), deletion_policy);
            configured.run.was_read(&key(account_id), deletion_policy);
        }
        configured
    }

    async fn warnings(configured: &ConfiguredProvider, suspects: Suspects) -> Vec<String> {
        let stop = CancellationToken::new();
        let warnings = suspects.warn(configured, Some(&key("1")), &stop).await;
        warnings.iter().map(|warning| format!("{}: {}", warning.summary, warning.detail)).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn a_role_that_nobody_speaks_of_is_warned_of() {
        let configured = after_reading(&[("2", "prevent"), ("3", "abandon"), ("1", "prevent")]);
        let warnings = warnings(&configured, Suspects::of(&configured.run)).await;
        let [warning] = warnings.as_slice() else { panic!("{warnings:?}") };
        assert!(warning.contains("in account 2") && warning.contains("untaint"), "{warning}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_unreadable_subscription_is_warned_of() {
        let configured = after_reading(&[("2", "delete")]);
        let warnings = warnings(&configured, Suspects::of(&configured.run)).await;
        assert!(warnings.len() == 1 && warnings[0].contains("could not check"), "{warnings:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_is_spoken_of_in_time_is_not() {
        let configured = after_reading(&[("2", "prevent")]);
        let suspects = Suspects::of(&configured.run);
        let speak = async {
            tokio::time::sleep(PATIENCE / 2).await;
            configured.run.accounted_for(&key("2"), "prevent");
        };
        let (warnings, ()) = tokio::join!(warnings(&configured, suspects), speak);
        assert_eq!(warnings, Vec::<String>::new());
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_is_read_later_is_not() {
        let configured = after_reading(&[]);
        let suspects = Suspects::of(&configured.run);
        configured.run.seen_in_state(&key("2"), "prevent");
        configured.run.was_read(&key("2"), "prevent");
        assert_eq!(warnings(&configured, suspects).await, Vec::<String>::new());
    }
}
