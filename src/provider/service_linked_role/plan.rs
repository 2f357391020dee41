//! Plans a create, an update, a replacement or a destroy of one role.
//!
//! What cannot work is refused here, before anything in the stack is touched; what could not be checked is a
//! warning. What is known of the role is shown: the account is asked for, the role is looked up, and the rest
//! follows from both. Terraform plans once more during apply; that plan asks the cloud again, so that it
//! differs from the first if the world does, and Terraform stops.
//!
//! A replacement is planned twice, first with the prior state and then without; the first plan leaves a note of
//! the replaced role in private data for the second. A tainted role is planned once and without prior state:
//! only the state that was read before in the same run gives it away, unless another object holds the role
//! (see `tainted` for one that gets another role at the same time).
//!
//! | The role that is planned | What we do |
//! |---|---|
//! | another plan of this run deletes it, or holds it too | refuse |
//! | it takes the place of itself, which is deleted | show a create, and warn of `create_before_destroy` |
//! | the same, no refresh has read it, and RAM shows another one of its name | refuse |
//! | it takes the place of another, and its account cannot be entered | refuse: the old one is destroyed first |
//! | it takes the place of itself, which is abandoned | adopt it if that is wished, else refuse |
//! | an object in state holds it, of which no plan has spoken | as if it took its place, and say what is not known |
//! | RAM shows none | show a create |
//! | RAM shows it | show what is adopted if that is wished, else refuse |
//! | the same, and an object in state holds it, of which no plan has spoken | refuse and name `moved` |
//! | the same, and the refresh has found an earlier one of the state gone | adopt it if that is wished, else refuse and say so |
//! | the same, and the refresh has found this very one gone | refuse: RAM contradicts itself |
//! | RAM gives no word | warn, and leave open whether it is adopted |

use super::{
    MssRole,
    create::cannot_be_adopted,
    diagnostics::{self as text, Comes, Irreplaceable},
    find::{ExpectedRole, LookResult},
    judgement::{judge, refused},
    model::{DeletionPolicy, Model, default_deletion_policy, default_service_name},
    note::{Note, PlannedDestroy, PlannedTake, Prior},
    ram::{Ram, RoleInAccount},
    role_in_state::RoleInState,
    service::ServiceCheck,
    tainted::Suspects,
    verdict::{Judgement, Refusal, Verdict},
};
use crate::{
    cloud::{
        self, Client,
        api::{arn::RoleArn, resource_manager::Role},
    },
    framework::{
        diagnostics::{Diagnostic, Diagnostics, Severity},
        resource::{self as framework, CancellationToken, Phase, Plan, PlanDestroy},
        value::Knowable,
    },
    provider::{
        run::{Intent, LostRole, PlanNumber, RoleKey},
        session::ConfiguredProvider,
        wait::{Budget, Interruption},
    },
};

/// Fills in what is known, and refuses what cannot work.
pub(super) async fn plan(configured: &ConfiguredProvider, plan: &mut Plan, stop: &CancellationToken) {
    let config = Model::from_object(&plan.config);
    let planned = Model::from_object(&plan.planned);
    match &plan.prior {
        framework::Prior::Object(prior) => {
            let prior = Model::from_object(prior);
            plan_held(configured, plan, config, planned, &prior, stop).await;
        }
        framework::Prior::Nothing => {
            let replaced = Note::read(&plan.prior_private).prior;
            let number = replaced.as_ref().map_or_else(|| configured.run.number_plan(), Prior::plan);
            let taking = TakePlanner::new(configured, number, plan, config, planned, stop);
            let taken = taking.plan(replaced).await;
            plan.planned = taken.planned.into_object();
            plan.private = taken.note.write();
            plan.diagnostics.append(taken.diagnostics);
        }
    }
}

/// Plans an update, or the first half of a replacement.
async fn plan_held(
    configured: &ConfiguredProvider,
    plan: &mut Plan,
    config: Model,
    mut planned: Model,
    prior: &Model,
    stop: &CancellationToken,
) {
    let number = configured.run.number_plan();
    if config.deletion_policy.is_null() {
        planned.deletion_policy = default_policy(&planned.adopted);
    }
    plan.planned = planned.clone().into_object();
    let noted = Prior::of(prior, number);
    plan.private = Note { prior: Some(noted.clone()), ..Note::default() }.write();
    if !plan.requires_replace.is_empty() {
        let taking = TakePlanner {
            rehearsal: true,
            ..TakePlanner::new(configured, number, plan, config, planned, stop)
        };
        plan.diagnostics.extend(taking.plan(Some(noted)).await.diagnostics.into_iter().filter(is_warning));
    }
    let Some(key) = prior.key() else { return };
    configured.run.accounted_for(&key, prior.deletion_policy().name());
    if plan.requires_replace.is_empty()
        && let Some(other) = configured.run.claim(number, &key, Intent::Keep)
    {
        plan.diagnostics.push(text::contradicting(prior.reference(), Intent::Keep, other));
    }
}

/// Refuses a destroy that cannot work, and notes for the apply what it will do.
pub(super) async fn plan_destroy(
    configured: &ConfiguredProvider,
    plan: &mut PlanDestroy,
    stop: &CancellationToken,
) {
    let prior = Model::from_object(&plan.prior);
    let role = prior.reference();
    let number = configured.run.number_plan();
    let Judgement { verdict, warnings } = judge(configured, &(&prior).into(), stop).await;
    plan.diagnostics.append(warnings);
    if prior.deletion_policy() == DeletionPolicy::DeleteOrAbandon {
        plan.diagnostics.extend(text::what_destroy_does(role, &verdict));
    }
    let (intent, destroy) = match verdict {
        Verdict::Refuse(refusal) => {
            plan.diagnostics.push(refused(role, refusal, |what| configured.run.is_first(what)));
            return;
        }
        Verdict::Delete => (Intent::Delete, PlannedDestroy::Delete),
        Verdict::Forget(_) => (Intent::Forget, PlannedDestroy::Forget),
    };
    plan.private = Note { destroy, ..Note::default() }.write();
    if let Some(key) = prior.key() {
        configured.run.accounted_for(&key, prior.deletion_policy().name());
        let contradicting = configured.run.claim(number, &key, intent);
        plan.diagnostics.extend(contradicting.map(|other| text::contradicting(role, intent, other)));
    }
}

/// The plan of a role that comes: a create, an adoption, or the second half of a replacement.
struct TakePlan {
    planned: Model,
    note: Note,
    diagnostics: Diagnostics,
}

/// What the plan knows of the role that is there when the planned one comes.
enum FoundRole {
    /// RAM shows no role of this name.
    Nothing,
    /// The role exists, and is adopted.
    Existing(Box<Role>),
    /// Nobody can say; or the plan is refused, so that it does not matter.
    Unknown,
}

/// Whether the role takes the place of one of the same name and account, which this plan destroys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Predecessor {
    None,
    /// It is deleted before the new one comes.
    Deleted,
    /// It stays in the account, and is there when the new one comes.
    Abandoned,
}

/// The making of the plan of a role that comes.
struct TakePlanner<'a> {
    configured: &'a ConfiguredProvider,
    number: PlanNumber,
    stop: &'a CancellationToken,
    budget: Budget<'a>,
    /// The first half of a replacement is planned, and this is what the second will say: Terraform shows only
    /// the errors of the second, not its warnings.
    rehearsal: bool,
    /// The role of the state whose place it takes.
    replaced: Option<Model>,
    /// Whether Terraform says that it is applying.
    applying: bool,
    /// What the plan that the practitioner saw showed, if Terraform hands it on.
    earlier: Option<PlannedTake>,
    config: Model,
    planned: Model,
    /// The role is there although the plan showed a create: the create will say so, and Terraform keeps a
    /// deposed object, which it would not after a plan that fails.
    exists: bool,
    diagnostics: Diagnostics,
}

impl<'a> TakePlanner<'a> {
    fn new(
        configured: &'a ConfiguredProvider,
        number: PlanNumber,
        plan: &Plan,
        config: Model,
        planned: Model,
        stop: &'a CancellationToken,
    ) -> Self {
        Self {
            configured,
            number,
            stop,
            budget: Budget::new(planned.timeouts().read, stop),
            rehearsal: false,
            replaced: None,
            applying: plan.phase != Phase::Plan,
            earlier: earlier_plan(&plan.phase),
            config,
            planned,
            exists: false,
            diagnostics: Diagnostics::new(),
        }
    }

    async fn plan(mut self, replaced: Option<Prior>) -> TakePlan {
        self.replaced = replaced.as_ref().map(Prior::as_model);
        // At the beginning: a tainted object is read before it is planned, so whatever is read later is not this one.
        let suspects = Suspects::of(&self.configured.run);
        self.plan_account().await;
        let (predecessor, destroy) = match self.replaced.clone() {
            Some(replaced) => self.plan_replacement(&replaced).await,
            None => (self.predecessor_in_state().await, PlannedDestroy::Unsaid),
        };
        // Before the look, which waits: of two plans that want one role at the same time, the second must learn of the
        // first.
        self.claim(&self.planned.clone(), Intent::Take);
        let found = self.find(predecessor).await;
        if matches!(found, FoundRole::Nothing) {
            self.check_service().await;
        }
        if self.replaced.is_none() && !self.applying && !self.diagnostics.has_error() {
            let planned = self.planned.key();
            let warnings = suspects.warn(self.configured, planned.as_ref(), self.stop).await;
            self.diagnostics.append(warnings);
        }
        let planned_take = PlannedTake {
            account_id: self.planned.account_id.clone().known(),
            adopted_role_id: match &found {
                FoundRole::Existing(role) => Some(role.role_id.clone()),
                FoundRole::Nothing | FoundRole::Unknown => None,
            },
            left_open: matches!(found, FoundRole::Unknown),
        };
        let note = Note { prior: None, shown: Some(planned_take), destroy, exists: self.exists };
        TakePlan { planned: fill_in(self.planned, &self.config, found), note, diagnostics: self.diagnostics }
    }

    /// Finds out which account it is about, and whether it may be changed.
    async fn plan_account(&mut self) {
        if self.config.account_id.is_null()
            && let Some(client) = &self.configured.client
        {
            let response = self.budget.run(client.caller_account_id()).await;
            self.planned.account_id = match self.take_response(response) {
                Some(account_id) => Knowable::Known(account_id),
                None => Knowable::Unknown,
            };
        }
        if let Some(account_id) = self.planned.account_id()
            && let Err(refused) = self.configured.check_allowed(account_id)
        {
            self.diagnostics.push(refused);
        }
        self.compare_account();
    }

    /// Other credentials than those of the plan are of another account.
    fn compare_account(&mut self) {
        let earlier = self.earlier.as_ref().and_then(|earlier| earlier.account_id.as_deref());
        if let Some((showed, found)) = earlier.zip(self.planned.account_id())
            && showed != found
        {
            let showed = format!("belongs to account {showed}");
            let found = format!("the credentials are those of account {found}");
            self.diagnostics.push(text::changed_since_plan(self.planned.reference(), &showed, &found));
        }
    }

    /// The second half of a replacement: judges the destroy of the role that is replaced.
    async fn plan_replacement(&mut self, replaced: &Model) -> (Predecessor, PlannedDestroy) {
        let judgement = judge(self.configured, &replaced.into(), self.stop).await;
        self.diagnostics.append(judgement.warnings);
        let may_keep_name = self.may_keep_name(replaced);
        let keeps_name = may_keep_name && self.planned.key().is_some();
        let intent = match judgement.verdict {
            Verdict::Refuse(refusal) => {
                let refused = refused(replaced.reference(), refusal, |what| self.in_full(what));
                self.diagnostics.push(refused);
                return (Predecessor::None, PlannedDestroy::Unsaid);
            }
            Verdict::Forget(why) if keeps_name && replaced.deletion_policy() != DeletionPolicy::Abandon => {
                self.diagnostics.push(text::not_replaced(replaced.reference(), &why));
                Intent::Forget
            }
            Verdict::Forget(_) => Intent::Forget,
            Verdict::Delete => Intent::Delete,
        };
        // The first half has claimed to keep it if nothing in the configuration asked for a replacement (`-replace`).
        if let Some(key) = replaced.key() {
            self.configured.run.withdraw(self.number, &key);
        }
        self.claim(replaced, intent);
        if intent == Intent::Delete && may_keep_name {
            self.diagnostics.push(text::replacement_keeps_name(replaced.reference()));
        }
        match (intent, keeps_name) {
            (Intent::Delete, true) => (Predecessor::Deleted, PlannedDestroy::Replace),
            (Intent::Delete, false) if may_keep_name => (Predecessor::None, PlannedDestroy::Replace),
            (Intent::Delete, false) => (Predecessor::None, PlannedDestroy::Delete),
            (_, true) => (Predecessor::Abandoned, PlannedDestroy::Forget),
            (_, false) => (Predecessor::None, PlannedDestroy::Forget),
        }
    }

    /// Whether the role that comes has, or may turn out to have, the name and account of the one that goes.
    fn may_keep_name(&self, replaced: &Model) -> bool {
        let account = self.planned.account_id();
        replaced.role_name == self.planned.role_name
            && account.is_none_or(|account| replaced.account_id() == Some(account))
    }

    /// Whether this text is printed with every way out. What a rehearsal says is not printed at all.
    fn in_full(&self, what: &'static str) -> bool {
        self.rehearsal || self.configured.run.is_first(what)
    }

    fn claim(&mut self, model: &Model, intent: Intent) {
        if self.rehearsal {
            return;
        }
        let Some(key) = model.key() else { return };
        let contradicting = self.configured.run.claim(self.number, &key, intent);
        let contradiction = contradicting.map(|other| text::contradicting(model.reference(), intent, other));
        self.diagnostics.extend(contradiction);
    }

    /// A role that an object in state holds, of which no plan has spoken so far: this plan may replace that
    /// object because it is tainted, or another object may hold the role. Terraform does not say which.
    async fn predecessor_in_state(&mut self) -> Predecessor {
        let Some(key) = self.planned.key() else { return Predecessor::None };
        let mut predecessor = Predecessor::None;
        for deletion_policy in self.configured.run.unplanned(&key) {
            let held = RoleInState::unplanned(&key, &deletion_policy);
            let judgement = judge(self.configured, &held, self.stop).await;
            self.diagnostics.append(judgement.warnings);
            predecessor = self.predecessor(&held, judgement.verdict);
        }
        predecessor
    }

    fn predecessor(&mut self, held: &RoleInState, verdict: Verdict) -> Predecessor {
        let role = held.reference;
        let adopting = self.planned.adopt_existing != Knowable::Known(false);
        let refused = match verdict {
            Verdict::Refuse(Refusal::Other(diagnostic)) => diagnostic,
            Verdict::Refuse(Refusal::Prevented) => {
                text::tainted(role, &Irreplaceable::Kept(text::WHY_PREVENTED))
            }
            Verdict::Refuse(Refusal::Active(subscription)) => {
                text::tainted(role, &Irreplaceable::Kept(&text::why_active(&subscription)))
            }
            Verdict::Forget(_) if held.deletion_policy == DeletionPolicy::Abandon && adopting => {
                self.diagnostics.push(text::held_in_state(role, Intent::Forget));
                return Predecessor::Abandoned;
            }
            Verdict::Forget(why) if why.is_empty() => {
                text::tainted(role, &Irreplaceable::Left(text::WHY_ABANDONED))
            }
            Verdict::Forget(why) => text::tainted(role, &Irreplaceable::Left(&why)),
            Verdict::Delete => {
                self.diagnostics.push(text::held_in_state(role, Intent::Delete));
                return Predecessor::Deleted;
            }
        };
        self.diagnostics.push(refused);
        Predecessor::None
    }

    /// What will be there when the role comes.
    async fn find(&mut self, predecessor: Predecessor) -> FoundRole {
        let adopting = self.planned.adopt_existing != Knowable::Known(false);
        match predecessor {
            _ if self.diagnostics.has_error() => FoundRole::Unknown,
            Predecessor::Deleted => {
                self.check_replaced().await;
                FoundRole::Nothing
            }
            Predecessor::Abandoned if !adopting => {
                self.diagnostics.push(text::replaced_is_abandoned(self.planned.reference()));
                FoundRole::Unknown
            }
            Predecessor::Abandoned | Predecessor::None => self.look_up(adopting).await,
        }
    }

    /// A service that the practitioner names must be that of the role: a create would be refused, after a replacement
    /// has destroyed the old role. The role's own service is not asked for; the create does that.
    async fn check_service(&mut self) {
        let (Some(client), Some(key)) = (&self.configured.client, self.planned.key()) else { return };
        let Some(service_name) = self.config.service_name.as_known() else { return };
        if self.rehearsal
            || self.applying
            || default_service_name(&key.role_name).as_ref() == Some(service_name)
        {
            return;
        }
        let template = async {
            let account = client.account(Some(&key.account_id)).await?;
            account.get_service_linked_role_template(service_name).await
        };
        match self.budget.run(template).await {
            Ok(response) => {
                if let ServiceCheck::Refused(refused) =
                    ServiceCheck::of(&key.role_name, service_name, response)
                {
                    self.diagnostics.push(refused);
                }
            }
            Err(Interruption::Stopped) => {
                self.diagnostics.push(text::check_interrupted(self.planned.reference()));
            }
            // The create asks again.
            Err(Interruption::TimedOut(_)) => {}
        }
    }

    /// What is replaced without a refresh, as with `-refresh=false`, may have been made again by somebody else.
    async fn check_replaced(&mut self) {
        let (Some(replaced), Some(client)) = (&self.replaced, &self.configured.client) else { return };
        let (Some(key), expected) = (replaced.key(), replaced.expected()) else { return };
        if self.rehearsal || self.applying || self.configured.run.has_read(&key) {
            return;
        }
        match self.see(client, &key, &expected).await {
            Some(LookResult::Remade(role)) => {
                self.diagnostics.push(text::replaced_is_another(&expected, &role))
            }
            Some(LookResult::Elsewhere(role)) => {
                self.diagnostics.push(text::other_role_answered(&expected, &role));
            }
            Some(LookResult::Unclear(error)) => self.failed(&error),
            Some(LookResult::There(_) | LookResult::NotThere) | None => {}
        }
    }

    /// One look at a role; `None` if there was no response, which the practitioner is then told.
    async fn see(&mut self, client: &Client, key: &RoleKey, expected: &ExpectedRole) -> Option<LookResult> {
        let look = async {
            let account = client.account(Some(&key.account_id)).await?;
            Ok(RoleInAccount { client, account, role_name: &key.role_name }.look(expected).await)
        };
        let response = self.budget.run(look).await;
        self.take_response(response)
    }

    async fn look_up(&mut self, adopting: bool) -> FoundRole {
        let Some(client) = &self.configured.client else {
            self.diagnostics.push(text::not_looked_up(
                self.comes(),
                self.planned.reference(),
                "The provider's configuration",
            ));
            return FoundRole::Unknown;
        };
        let Some(key) = self.planned.key() else {
            // Otherwise it has been reported why the account is not known.
            if !self.config.account_id.is_null() || self.config.role_name.is_unknown() {
                let unknown = "The account or the name of the role";
                self.diagnostics.push(text::not_looked_up(self.comes(), self.planned.reference(), unknown));
            }
            return FoundRole::Unknown;
        };
        let expected = ExpectedRole {
            role_name: key.role_name.clone(),
            account_id: Some(key.account_id.clone()),
            role_id: None,
        };
        match self.see(client, &key, &expected).await {
            None => FoundRole::Unknown,
            Some(LookResult::NotThere) => self.missing(),
            Some(LookResult::Unclear(error)) => {
                self.failed(&error);
                FoundRole::Unknown
            }
            Some(LookResult::Elsewhere(role)) => {
                self.diagnostics.push(text::other_role_answered(&expected, &role));
                FoundRole::Unknown
            }
            Some(LookResult::There(role) | LookResult::Remade(role)) => self.existing(&key, role, adopting),
        }
    }

    fn missing(&mut self) -> FoundRole {
        if let Some(role_id) = self.earlier.as_ref().and_then(|earlier| earlier.adopted_role_id.as_deref()) {
            let showed = format!("is taken over (role ID {role_id})");
            self.diagnostics.push(text::changed_since_plan(
                self.planned.reference(),
                &showed,
                "it does not exist",
            ));
        }
        FoundRole::Nothing
    }

    fn existing(&mut self, key: &RoleKey, role: Role, adopting: bool) -> FoundRole {
        let lost = self.configured.run.lost(key, &role.role_id);
        if lost == LostRole::This {
            self.diagnostics.push(text::found_again(&role));
            return FoundRole::Unknown;
        }
        let showed_create = self.earlier.as_ref().is_some_and(PlannedTake::is_create);
        if self.applying && !adopting || showed_create {
            self.exists = true;
            return FoundRole::Nothing;
        }
        if let Some(adopted) = self.earlier.as_ref().and_then(|earlier| earlier.adopted_role_id.as_deref())
            && adopted != role.role_id
        {
            let showed = format!("is taken over (role ID {adopted})");
            let found = format!("it is another one (role ID {})", role.role_id);
            self.diagnostics.push(text::changed_since_plan(self.planned.reference(), &showed, &found));
        }
        let service_name = self.config.service_name.as_known().cloned();
        let service_name = service_name.or_else(|| default_service_name(&key.role_name)).unwrap_or_default();
        let refused = match adopting {
            true => cannot_be_adopted(&role, &service_name),
            false if role.is_service_linked_role == Some(false) => Some(text::not_service_linked(&role)),
            false if lost == LostRole::Another => Some(text::made_again_outside(key.into())),
            false if !self.configured.run.unplanned(key).is_empty() => {
                Some(text::held_at_another_address(key.into()))
            }
            false => Some(match &self.replaced {
                Some(replaced) => text::successor_exists(key.into(), replaced.reference()),
                None => text::exists_already(key.into(), self.in_full("exists")),
            }),
        };
        match refused {
            None => FoundRole::Existing(Box::new(role)),
            Some(refused) => {
                self.diagnostics.push(refused);
                FoundRole::Unknown
            }
        }
    }

    /// The response to a question of the plan. Without one, a diagnostic says why.
    fn take_response<T>(&mut self, response: Result<Result<T, cloud::Error>, Interruption>) -> Option<T> {
        match response {
            Ok(Ok(found)) => return Some(found),
            Ok(Err(error)) => self.failed(&error),
            Err(Interruption::TimedOut(after)) => {
                let timed_out = text::look_up_timed_out(self.comes(), self.planned.reference(), after);
                self.diagnostics.push(timed_out);
            }
            Err(Interruption::Stopped) => {
                self.diagnostics.push(text::check_interrupted(self.planned.reference()));
            }
        }
        None
    }

    /// Without credentials apply cannot work either; whatever else fails may work then. Not so much is left to
    /// chance where the role in state is destroyed before.
    fn failed(&mut self, error: &cloud::Error) {
        let role_name = self.planned.role_name();
        self.diagnostics.push(match self.comes() {
            _ if error.is_not_authenticated() => text::no_credentials(role_name, error),
            Comes::InPlace if !self.applying && cannot_be_entered(error) => {
                text::successor_not_entered(self.planned.reference(), error)
            }
            comes => text::look_up_failed(comes, role_name, error),
        });
    }

    fn comes(&self) -> Comes {
        if self.replaced.is_some() { Comes::InPlace } else { Comes::New }
    }
}

/// Whether nothing can be done in an account: its role is not there, or lets nobody in.
fn cannot_be_entered(error: &cloud::Error) -> bool {
    match error {
        cloud::Error::AssumeRole { source, .. } => {
            matches!(**source, cloud::Error::Denied(_) | cloud::Error::NotFound(_))
        }
        _ => false,
    }
}

/// What the plan that the practitioner saw showed (Terraform 1.16 and later).
fn earlier_plan(phase: &Phase) -> Option<PlannedTake> {
    match phase {
        Phase::Plan => None,
        Phase::Apply { planned_private } => Note::read(planned_private).shown,
    }
}

/// Everything that follows from the account, the name, and the role that was found.
fn fill_in(mut planned: Model, config: &Model, found: FoundRole) -> Model {
    let role_name = planned.role_name.clone();
    if config.service_name.is_null() {
        planned.service_name = derived(&role_name, default_service_name);
    }
    let policy_name = |name: &str| MssRole::by_role_name(name).map(|role| role.policy_name.to_owned());
    planned.policy_name = derived(&role_name, policy_name);
    let with_account = |name: &dyn Fn(&str, &str) -> String| match (&planned.account_id, &role_name) {
        (Knowable::Known(account_id), Knowable::Known(role_name)) => {
            Knowable::Known(name(account_id, role_name))
        }
        _ => Knowable::Unknown,
    };
    let id = with_account(&|account_id, role_name| format!("{account_id}:{role_name}"));
    let arn = with_account(&RoleArn::of_service_linked);
    let principal = with_account(&principal_name);
    (planned.id, planned.arn, planned.role_principal_name) = (id, arn, principal);
    planned.adopted = match (&found, &planned.adopt_existing) {
        (FoundRole::Existing(_), _) => Knowable::Known(true),
        (FoundRole::Unknown, Knowable::Known(true) | Knowable::Unknown) => Knowable::Unknown,
        (FoundRole::Nothing | FoundRole::Unknown, _) => Knowable::Known(false),
    };
    if config.deletion_policy.is_null() {
        planned.deletion_policy = default_policy(&planned.adopted);
    }
    match found {
        FoundRole::Existing(role) => planned.refreshed(*role),
        FoundRole::Nothing | FoundRole::Unknown => planned,
    }
}

fn derived(role_name: &Knowable<String>, derive: impl Fn(&str) -> Option<String>) -> Knowable<String> {
    role_name.as_known().map_or(Knowable::Unknown, |role_name| derive(role_name).into())
}

fn is_warning(diagnostic: &Diagnostic) -> bool {
    diagnostic.severity == Severity::Warning
}

fn default_policy(adopted: &Knowable<bool>) -> Knowable<String> {
    adopted.clone().map(|adopted| default_deletion_policy(adopted).to_owned())
}

/// Documented; an account with an alias shows the alias instead of its ID.
fn principal_name(account_id: &str, role_name: &str) -> String {
    format!("{role_name}@role.{account_id}.onaliyunservice.com")
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::{cloud::api::mssp::UserStatus, provider::subscription::Subscription};

    const ACCOUNT: &str = "1234567890123456";
    const ROLE: &str = "AliyunServiceRoleForMssp";
    const IN_STATE: &str = "Service-linked role is already in state";
    const NOT_REPLACED: &str = "Role in state cannot be replaced";

    fn known(text: &str) -> Knowable<String> {
        Knowable::Known(text.to_owned())
    }

    fn key() -> RoleKey {
        RoleKey { account_id: ACCOUNT.to_owned(), role_name: ROLE.to_owned() }
    }

    fn role(role_id: &str) -> Role {
        Role {
            role_name: ROLE.to_owned(),
            role_id: role_id.to_owned(),
            arn: RoleArn::of_service_linked(ACCOUNT, ROLE),
            ..Role::default()
        }
    }

    fn planned(adopting: bool) -> Model {
        Model {
            role_name: known(ROLE),
            account_id: known(ACCOUNT),
            adopt_existing: Knowable::Known(adopting),
            ..Model::default()
        }
    }

    fn taking<'a>(
        configured: &'a ConfiguredProvider,
        stop: &'a CancellationToken,
        adopting: bool,
    ) -> TakePlanner<'a> {
        let planned = planned(adopting);
        TakePlanner {
            configured,
            number: configured.run.number_plan(),
            stop,
            budget: Budget::new(planned.timeouts().read, stop),
            rehearsal: false,
            replaced: None,
            applying: false,
            earlier: None,
            config: Model::default(),
            planned,
            exists: false,
            diagnostics: Diagnostics::new(),
        }
    }

    fn summaries(taking: &TakePlanner) -> String {
        taking.diagnostics.iter().map(|found| found.summary.to_string()).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn an_object_in_state_is_replaced_or_the_plan_refused() {
        let active = || {
            let status = UserStatus { status: Some("Enabled".to_owned()), ..UserStatus::default() };
            Verdict::Refuse(Refusal::Active(Box::new(Subscription::from_status(
                status,
                Timestamp::UNIX_EPOCH,
            ))))
        };
        let forget = |why: &str| Verdict::Forget(why.to_owned());
        let table = [
            ("delete", Verdict::Delete, false, Predecessor::Deleted, IN_STATE),
            ("delete", active(), true, Predecessor::None, NOT_REPLACED),
            ("prevent", Verdict::Refuse(Refusal::Prevented), true, Predecessor::None, NOT_REPLACED),
            ("abandon", forget(""), true, Predecessor::Abandoned, IN_STATE),
            ("abandon", forget(""), false, Predecessor::None, NOT_REPLACED),
            ("delete_or_abandon", forget("It is active."), true, Predecessor::None, NOT_REPLACED),
        ];
        let (configured, stop) = (ConfiguredProvider::default(), CancellationToken::new());
        for (policy, verdict, adopting, predecessor, summary) in table {
            let case = format!("{policy}, {verdict:?}, adopting {adopting}");
            let mut taking = taking(&configured, &stop, adopting);
            let key = key();
            let held = RoleInState::unplanned(&key, policy);
            assert_eq!(taking.predecessor(&held, verdict), predecessor, "{case}");
            assert_eq!(summaries(&taking), summary, "{case}");
        }
    }

    #[test]
    fn a_role_that_exists_is_adopted_or_refused() {
        let adopted = || {
            Some(PlannedTake { account_id: None, adopted_role_id: Some("7".to_owned()), left_open: false })
        };
        let create = || Some(PlannedTake { account_id: None, adopted_role_id: None, left_open: false });
        let open = || Some(PlannedTake { account_id: None, adopted_role_id: None, left_open: true });
        // Adopting, applying, what the plan showed; what the summary is, and whether the create is left to say it.
        let table = [
            (false, false, None, "Service-linked role already exists", false),
            (false, true, None, "", true),
            (true, false, None, "", false),
            (true, true, create(), "", true),
            (true, true, open(), "", false),
            (true, true, adopted(), "", false),
        ];
        let stop = CancellationToken::new();
        for (adopting, applying, earlier, summary, exists) in table {
            let configured = ConfiguredProvider::default();
            let mut taking = TakePlanner { applying, earlier, ..taking(&configured, &stop, adopting) };
            let found = taking.existing(&key(), role("7"), adopting);
            let case = format!("adopting {adopting}, applying {applying}");
            assert_eq!((summaries(&taking).as_str(), taking.exists), (summary, exists), "{case}");
            let adopts = adopting && !exists;
            assert_eq!(matches!(found, FoundRole::Existing(_)), adopts, "{case}");
        }
    }

    #[test]
    fn what_the_state_holds_elsewhere_is_not_imported() {
        let (configured, stop) = (ConfiguredProvider::default(), CancellationToken::new());
        configured.run.seen_in_state(&key(), "delete");
        let mut taking = TakePlanner { replaced: Some(planned(false)), ..taking(&configured, &stop, false) };
        taking.existing(&key(), role("7"), false);
        assert_eq!(summaries(&taking), "Role is held at another address");
    }

    #[test]
    fn another_role_than_shown_or_lost_is_said_to_be_one() {
        let (configured, stop) = (ConfiguredProvider::default(), CancellationToken::new());
        let planned_take =
            PlannedTake { account_id: None, adopted_role_id: Some("7".to_owned()), left_open: false };
        let mut another = TakePlanner { earlier: Some(planned_take), ..taking(&configured, &stop, true) };
        another.existing(&key(), role("8"), true);
        assert_eq!(summaries(&another), "Role has changed since the plan");
        another.diagnostics = Diagnostics::new();
        another.missing();
        assert_eq!(summaries(&another), "Role has changed since the plan");

        configured.run.found_gone(&key(), "delete", Some("7"));
        let mut lost = taking(&configured, &stop, false);
        lost.existing(&key(), role("8"), false);
        assert_eq!(summaries(&lost), "Role was deleted and another one created");
        for adopting in [false, true] {
            let mut same = taking(&configured, &stop, adopting);
            assert!(matches!(same.existing(&key(), role("7"), adopting), FoundRole::Unknown));
            assert_eq!(summaries(&same), "RAM contradicts itself");
        }
    }

    #[test]
    fn what_follows_from_account_name_and_role_is_shown() {
        let of = |adopting: bool, found: FoundRole| fill_in(planned(adopting), &Model::default(), found);
        let existing = || FoundRole::Existing(Box::new(role("7")));
        let table = [
            (of(false, FoundRole::Nothing), Knowable::Known(false), known("delete")),
            (of(true, FoundRole::Nothing), Knowable::Known(false), known("delete")),
            (of(false, FoundRole::Unknown), Knowable::Known(false), known("delete")),
            (of(true, FoundRole::Unknown), Knowable::Unknown, Knowable::Unknown),
            (of(true, existing()), Knowable::Known(true), known("abandon")),
        ];
        for (model, adopted, policy) in table {
            assert_eq!((&model.adopted, &model.deletion_policy), (&adopted, &policy));
            assert_eq!(model.id, known("1234567890123456:AliyunServiceRoleForMssp"));
            assert_eq!(model.arn, known("acs:ram::1234567890123456:role/aliyunserviceroleformssp"));
            assert_eq!(model.service_name, known("mssp.aliyuncs.com"));
        }
        let nowhere = Model { account_id: Knowable::Unknown, ..planned(false) };
        let model = fill_in(nowhere, &Model::default(), FoundRole::Unknown);
        assert_eq!((model.id, model.arn), (Knowable::Unknown, Knowable::Unknown));
    }
}
