//! What one run of Terraform does to each role, as far as this process knows.
//!
//! Terraform asks for one object at a time and never says which address it is about. A role's name can
//! exist only once in an account, so what is harmless for each object alone can destroy a role that another
//! object holds. Each plan therefore makes a claim on its role here, and the second of two claims that
//! contradict each other learns of the first.
//!
//! A run is one walk of Terraform over one provider configuration: it begins with ConfigureProvider, also
//! in a process that serves several commands. Nothing of it outlives the walk.
//!
//! Must not know Terraform's values, diagnostics, or how a role is made.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::OnceCell;

use crate::cloud::{self, AccountClient, api::mssp::UserStatus};

/// One role in one account, whether or not it exists.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct RoleKey {
    pub(super) account_id: String,
    pub(super) role_name: String,
}

/// What a plan does to a role at one address, or with one deposed object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Intent {
    /// The state holds the role and keeps holding it.
    Keep,
    /// The role is created, or taken over.
    Take,
    /// The role is deleted from the account.
    Delete,
    /// The role leaves the state and stays in the account.
    Forget,
}

impl Intent {
    /// Whether an object of the state holds the role after apply.
    fn holds(self) -> bool {
        matches!(self, Self::Keep | Self::Take)
    }

    /// Whether two objects cannot both do this to one role. Two deletions can: the second finds it gone.
    fn contradicts(self, other: Self) -> bool {
        match (self, other) {
            (Self::Delete, other) | (other, Self::Delete) => other != Self::Delete,
            (one, other) => one.holds() && other.holds(),
        }
    }
}

/// The plan of one object. Terraform asks for the plan of a replacement twice; both have the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PlanNumber(pub(super) u64);

/// What one run has shown. Each configuration of the provider begins an empty one.
#[derive(Default)]
pub(super) struct Run {
    ledger: Mutex<Ledger>,
    /// By account. A failure is kept as well: the run asks once.
    user_statuses: Mutex<HashMap<Option<String>, Arc<OnceCell<StatusResult>>>>,
    reported: Mutex<HashSet<&'static str>>,
}

/// What the refresh has found gone of a role that RAM shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LostRole {
    /// Nothing: no role of this name has gone.
    None,
    /// Another role of its name, which somebody has replaced.
    Another,
    /// This very role: RAM contradicts itself.
    This,
}

/// The response of MSS, for all who ask.
type StatusResult = Result<UserStatus, Arc<cloud::Error>>;

/// A role that an object in state holds, which the refresh has read and no plan has spoken of yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UnplannedRole {
    pub(super) key: RoleKey,
    pub(super) deletion_policy: String,
    /// Which read of the run it was: no two objects have the same.
    read: u64,
}

#[derive(Default)]
struct Ledger {
    plans: u64,
    reads: u64,
    roles: HashMap<RoleKey, RoleRecord>,
}

#[derive(Default)]
struct RoleRecord {
    claims: Vec<(PlanNumber, Intent)>,
    /// The objects in state that no plan has spoken of yet.
    unplanned: Vec<StateObject>,
    /// Whether the refresh has read it.
    read: bool,
    /// The IDs of roles of this name that objects of the state held, and that the refresh has found gone; `None` for
    /// one whose ID the state did not have.
    lost: Vec<Option<String>>,
}

/// An object in state that holds the role.
struct StateObject {
    deletion_policy: String,
    /// Which read of the run it was; `None` if the refresh has not read it.
    read: Option<u64>,
}

impl Run {
    /// A number for the plan of an object.
    pub(super) fn number_plan(&self) -> PlanNumber {
        let mut ledger = self.ledger();
        ledger.plans += 1;
        PlanNumber(ledger.plans)
    }

    /// An object of the state holds this role.
    pub(super) fn seen_in_state(&self, key: &RoleKey, deletion_policy: &str) {
        let held = StateObject { deletion_policy: deletion_policy.to_owned(), read: None };
        self.ledger().role(key).unplanned.push(held);
    }

    /// The refresh has read this role of an object in state.
    pub(super) fn was_read(&self, key: &RoleKey, deletion_policy: &str) {
        let mut ledger = self.ledger();
        ledger.reads += 1;
        let read = ledger.reads;
        ledger.role(key).read = true;
        let unread = |held: &&mut StateObject| held.read.is_none() && held.deletion_policy == deletion_policy;
        if let Some(held) = ledger.role(key).unplanned.iter_mut().find(unread) {
            held.read = Some(read);
        }
    }

    /// Every role that was read and that no plan has spoken of yet. Terraform plans an object right after it has
    /// read it, so that what stays here is that of a tainted object, or leaves the state without a plan.
    pub(super) fn all_unplanned(&self) -> Vec<UnplannedRole> {
        let ledger = self.ledger();
        let held =
            ledger.roles.iter().flat_map(|(key, role)| role.unplanned.iter().map(move |held| (key, held)));
        held.filter_map(|(key, held)| held.as_unplanned(key)).collect()
    }

    /// An object of the state holds this role no longer, or its plan is being made.
    pub(super) fn accounted_for(&self, key: &RoleKey, deletion_policy: &str) {
        let mut ledger = self.ledger();
        let unplanned = &mut ledger.role(key).unplanned;
        let same = unplanned.iter().position(|held| held.deletion_policy == deletion_policy);
        if let Some(index) = same.or(unplanned.len().checked_sub(1)) {
            unplanned.swap_remove(index);
        }
    }

    /// Whether the refresh of this run has read a role.
    pub(super) fn has_read(&self, key: &RoleKey) -> bool {
        self.ledger().role(key).read
    }

    /// The role that an object of the state holds has gone. The state still has it if this run ends with an error.
    pub(super) fn found_gone(&self, key: &RoleKey, deletion_policy: &str, role_id: Option<&str>) {
        self.accounted_for(key, deletion_policy);
        self.ledger().role(key).lost.push(role_id.map(str::to_owned));
    }

    /// What the refresh has found of this role, which RAM shows now with this ID.
    pub(super) fn lost(&self, key: &RoleKey, role_id: &str) -> LostRole {
        let mut ledger = self.ledger();
        let lost = &ledger.role(key).lost;
        match lost.iter().any(|lost| lost.as_deref() == Some(role_id)) {
            true => LostRole::This,
            false if lost.is_empty() => LostRole::None,
            false => LostRole::Another,
        }
    }

    /// The deletion policies of objects in state that hold this role, and that no plan has spoken of yet.
    pub(super) fn unplanned(&self, key: &RoleKey) -> Vec<String> {
        self.ledger().role(key).unplanned.iter().map(|held| held.deletion_policy.clone()).collect()
    }

    /// Claims a role for a plan. Returns the intent of another plan that contradicts this one; then nothing
    /// is claimed.
    pub(super) fn claim(&self, plan: PlanNumber, key: &RoleKey, intent: Intent) -> Option<Intent> {
        let mut ledger = self.ledger();
        let claims = &mut ledger.role(key).claims;
        let contradicting =
            claims.iter().find(|(other, theirs)| *other != plan && intent.contradicts(*theirs));
        let contradicting = contradicting.map(|(_, theirs)| *theirs);
        // What is refused will not come: what is remembered stays bounded.
        if contradicting.is_none() && !claims.contains(&(plan, intent)) {
            claims.push((plan, intent));
        }
        contradicting
    }

    /// Takes back what a plan has claimed of a role: it turns out to be the first half of a replacement.
    pub(super) fn withdraw(&self, plan: PlanNumber, key: &RoleKey) {
        self.ledger().role(key).claims.retain(|(other, _)| *other != plan);
    }

    /// What MSS says of an account; asked once in a run, however many ask.
    ///
    /// # Errors
    /// Any failure of GetUserStatus.
    pub(super) async fn user_status(&self, account: &AccountClient) -> StatusResult {
        let status = {
            let mut statuses = self.user_statuses.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(statuses.entry(account.account_id().map(str::to_owned)).or_default())
        };
        status.get_or_init(|| async { account.get_user_status().await.map_err(Arc::new) }).await.clone()
    }

    /// Whether this is reported for the first time in the run.
    pub(super) fn is_first(&self, what: &'static str) -> bool {
        self.reported.lock().unwrap_or_else(PoisonError::into_inner).insert(what)
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StateObject {
    fn as_unplanned(&self, key: &RoleKey) -> Option<UnplannedRole> {
        let read = self.read?;
        Some(UnplannedRole { key: key.clone(), deletion_policy: self.deletion_policy.clone(), read })
    }
}

impl Ledger {
    fn role(&mut self, key: &RoleKey) -> &mut RoleRecord {
        self.roles.entry(key.clone()).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::{Intent::*, *};

    fn key() -> RoleKey {
        RoleKey { account_id: "1".to_owned(), role_name: "R".to_owned() }
    }

    #[test]
    fn only_what_one_role_cannot_bear_contradicts() {
        let contradicting = |first, second| {
            let run = Run::default();
            assert_eq!(run.claim(run.number_plan(), &key(), first), None);
            run.claim(run.number_plan(), &key(), second)
        };
        let refused =
            [(Keep, Keep), (Keep, Take), (Take, Take), (Keep, Delete), (Take, Delete), (Forget, Delete)];
        for (first, second) in refused {
            assert_eq!(contradicting(first, second), Some(first), "{first:?}, {second:?}");
            assert_eq!(contradicting(second, first), Some(second), "{second:?}, {first:?}");
        }
        for (first, second) in [(Delete, Delete), (Forget, Take), (Forget, Keep), (Forget, Forget)] {
            assert_eq!(contradicting(first, second), None, "{first:?}, {second:?}");
            assert_eq!(contradicting(second, first), None, "{second:?}, {first:?}");
        }
    }

    #[test]
    fn a_plan_never_contradicts_itself() {
        let run = Run::default();
        let replacement = run.number_plan();
        run.claim(replacement, &key(), Keep);
        run.withdraw(replacement, &key());
        assert_eq!(run.claim(replacement, &key(), Delete), None);
        assert_eq!(run.claim(replacement, &key(), Take), None);
        assert_eq!(run.claim(run.number_plan(), &key(), Keep), Some(Delete), "others see both halves");
    }

    #[test]
    fn other_roles_and_accounts_are_other_roles() {
        let run = Run::default();
        run.claim(run.number_plan(), &key(), Delete);
        let other_account = RoleKey { account_id: "2".to_owned(), ..key() };
        let other_role = RoleKey { role_name: "S".to_owned(), ..key() };
        for other in [other_account, other_role] {
            assert_eq!(run.claim(run.number_plan(), &other, Take), None);
        }
    }

    #[test]
    fn an_object_in_state_counts_until_its_plan_comes() {
        let run = Run::default();
        run.seen_in_state(&key(), "delete");
        run.seen_in_state(&key(), "prevent");
        run.accounted_for(&key(), "delete");
        assert_eq!(run.unplanned(&key()), ["prevent"]);
        run.accounted_for(&key(), "prevent");
        run.accounted_for(&key(), "prevent");
        assert_eq!(run.unplanned(&key()), Vec::<String>::new());
    }

    #[test]
    fn what_was_read_waits_for_its_plan() {
        let run = Run::default();
        let waiting = || run.all_unplanned().into_iter().map(|role| role.deletion_policy).collect::<Vec<_>>();
        run.seen_in_state(&key(), "delete");
        assert_eq!(waiting(), Vec::<String>::new(), "it is being read");
        assert!(!run.has_read(&key()));
        run.was_read(&key(), "delete");
        assert!(run.has_read(&key()));
        assert_eq!(waiting(), ["delete"]);
        let first = run.all_unplanned();
        run.accounted_for(&key(), "delete");
        assert_eq!(waiting(), Vec::<String>::new());
        run.seen_in_state(&key(), "delete");
        run.was_read(&key(), "delete");
        assert_ne!(run.all_unplanned(), first, "another object");
        run.was_read(&RoleKey { account_id: "2".to_owned(), ..key() }, "delete");
        assert_eq!(waiting().len(), 1, "an import is of no state yet");
    }

    #[test]
    fn a_role_that_the_refresh_finds_gone_is_remembered() {
        let run = Run::default();
        run.seen_in_state(&key(), "delete");
        assert_eq!(run.lost(&key(), "7"), LostRole::None);
        run.found_gone(&key(), "delete", Some("7"));
        assert_eq!((run.lost(&key(), "7"), run.lost(&key(), "8")), (LostRole::This, LostRole::Another));
        assert_eq!(run.unplanned(&key()), Vec::<String>::new());
        let other = RoleKey { account_id: "2".to_owned(), ..key() };
        run.found_gone(&other, "delete", None);
        assert_eq!(run.lost(&other, "7"), LostRole::Another, "an ID that is not known is not this one");
    }

    #[test]
    fn each_text_is_first_once() {
        let run = Run::default();
        assert_eq!([run.is_first("a"), run.is_first("a"), run.is_first("b")], [true, false, true]);
    }
}
