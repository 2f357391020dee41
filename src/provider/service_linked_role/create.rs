//! Creates or adopts a role, so that it never exists without being in state or in an error text.
//!
//! The plan has looked the role up, and Terraform has planned again just before it asks for this: what the
//! plan says holds. A role that is adopted is taken over as planned, with no call at all. A create follows
//! this table. A request whose outcome is not known is *open*: its response was lost, on the way or inside
//! Alibaba Cloud. From then on no failure is ever taken for "not created".
//!
//! | Event | What we do |
//! |---|---|
//! | RAM confirms the role | look until RAM shows it |
//! | RAM confirms a role of another name or account | stop: it exists, and is not the planned one |
//! | a response is lost | the request is open: look, and ask again if RAM does not show the role |
//! | RAM refuses, and no request is open | stop: not created, or "already exists" as the plan said there is none |
//! | RAM refuses, and a request is open | look for as long as RAM may lag |
//! | an open request, and RAM shows a role made since we began | hold it, and warn: someone else may have made it |
//! | an open request, and RAM shows an older role | stop: it already exists |
//! | an open request, and RAM never shows a role | stop: the outcome is unknown, with every reason and the import |

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::{
    diagnostics as text,
    find::{ExpectedRole, LookResult, RAM_LAG},
    model::{Model, trusted_service},
    note::Note,
    ram::{Ram, RoleInAccount},
    role_reference::RoleReference,
    service::{SERVICE_DOES_NOT_EXIST, ServiceCheck},
};
use crate::{
    cause::chain,
    cloud::{self, CallProgress, api::resource_manager::Role},
    framework::{
        diagnostics::{Diagnostic, Diagnostics},
        resource::{CancellationToken, ResourceResult},
        value::Knowable,
    },
    provider::{
        diagnostics::{on_account, reason},
        session::ConfiguredProvider,
        wait::{Budget, Interruption, Polls},
    },
};

/// Creates or adopts the planned role.
pub(super) async fn create(
    configured: &ConfiguredProvider,
    planned: Model,
    note: &Note,
    stop: &CancellationToken,
) -> ResourceResult {
    // The plan during apply has found the role, and could have refused it. But Terraform keeps an object that it has
    // deposed to make room for this one only after a failed create, not after a failed plan.
    if note.exists {
        return ResourceResult::unchanged(text::exists_by_now(planned.reference(), planned.adopts()));
    }
    if planned.is_adopted_as_planned() {
        return ResourceResult::state(planned.into_object());
    }
    match try_create(configured, &planned, stop).await {
        Err(diagnostic) => ResourceResult::unchanged(diagnostic),
        Ok(held) => held.into_state(planned),
    }
}

async fn try_create(
    configured: &ConfiguredProvider,
    planned: &Model,
    stop: &CancellationToken,
) -> Result<HeldRole, Diagnostic> {
    let client = configured.client()?;
    let role_name = planned.role_name();
    let budget = Budget::new(planned.timeouts().create, stop);
    let (account_id, account) = match budget.run(client.identified_account(planned.account_id())).await {
        Ok(account) => account.map_err(|error| no_access(planned, &error))?,
        Err(interruption) => return Err(before_create(planned, interruption)),
    };
    // The plan has checked it too, if it could find out the account.
    configured.check_allowed(&account_id)?;
    let creation = Creation {
        ram: RoleInAccount { client, account, role_name },
        budget,
        expected: ExpectedRole {
            role_name: role_name.to_owned(),
            account_id: Some(account_id),
            role_id: None,
        },
        service_name: planned.service_name.as_known().map_or("", String::as_str),
        may_adopt: planned.may_be_adopted(),
        adopts: planned.adopts(),
    };
    creation.run().await
}

fn no_access(planned: &Model, error: &cloud::Error) -> Diagnostic {
    on_account(text::not_created(planned.reference(), error), error)
}

fn before_create(planned: &Model, interruption: Interruption) -> Diagnostic {
    text::create_not_begun(planned.reference(), interruption)
}

/// A role that this resource holds now.
#[derive(Debug)]
struct HeldRole {
    role: Role,
    adopted: bool,
    diagnostics: Diagnostics,
}

impl HeldRole {
    fn created(role: Role) -> Self {
        Self { role, adopted: false, diagnostics: Diagnostics::new() }
    }

    fn adopted(role: Role) -> Self {
        Self { role, adopted: true, diagnostics: Diagnostics::new() }
    }

    fn created_unconfirmed(role: Role, why: &str) -> Self {
        let diagnostics = text::created_unconfirmed(&role, why).into();
        Self { role, adopted: false, diagnostics }
    }

    fn created_in_doubt(role: Role) -> Self {
        let diagnostics = text::created_in_doubt(&role).into();
        Self { role, adopted: false, diagnostics }
    }

    /// The state, in which every value that the plan showed is as planned.
    fn into_state(self, planned: Model) -> ResourceResult {
        let Self { role, adopted, mut diagnostics } = self;
        let known = planned.clone();
        let found = Model { adopted: Knowable::Known(adopted), ..planned }.refreshed(role.clone());
        match found.held_to_plan(&known) {
            Err(differing) => {
                diagnostics.push(text::created_otherwise(&role, &differing));
                ResourceResult::unchanged(diagnostics)
            }
            Ok((state, differing)) => {
                diagnostics
                    .extend((!differing.is_empty()).then(|| text::differs_from_plan(&role, &differing)));
                ResourceResult::state(state).with_diagnostics(diagnostics)
            }
        }
    }
}

/// One create under way, in an account that has been entered.
struct Creation<'a, R> {
    ram: R,
    budget: Budget<'a>,
    expected: ExpectedRole,
    service_name: &'a str,
    /// Whether the plan left open that the role exists.
    may_adopt: bool,
    /// Whether the configuration adopts a role that exists.
    adopts: bool,
}

/// A request of which it is not known whether RAM has carried it out.
struct OpenCreate {
    /// When it cannot have had its effect yet, by the cloud's clock.
    began: Timestamp,
    /// What has become of it and of all that was asked since, one sentence or more each.
    history: Vec<String>,
}

impl<R: Ram> Creation<'_, R> {
    async fn run(&self) -> Result<HeldRole, Diagnostic> {
        if self.may_adopt
            && let Some(role) = self.find_existing().await?
        {
            return self.adopt(role);
        }
        self.check_service_name().await?;
        self.create().await
    }

    async fn find_existing(&self) -> Result<Option<Role>, Diagnostic> {
        match self.look().await.map_err(|interruption| self.not_begun(interruption))? {
            LookResult::There(role) | LookResult::Remade(role) => Ok(Some(role)),
            LookResult::NotThere => Ok(None),
            LookResult::Elsewhere(role) => Err(text::other_role_answered(&self.expected, &role)),
            LookResult::Unclear(error) => Err(self.not_created(&error)),
        }
    }

    fn adopt(&self, role: Role) -> Result<HeldRole, Diagnostic> {
        match cannot_be_adopted(&role, self.service_name) {
            Some(diagnostic) => Err(diagnostic),
            None => Ok(HeldRole::adopted(role)),
        }
    }

    /// Asks RAM which role the service creates. The plan has asked only if the service is not the role's default.
    async fn check_service_name(&self) -> Result<(), Diagnostic> {
        let response = self.budget.run(self.ram.template(self.service_name)).await;
        let response = response.map_err(|interruption| self.not_begun(interruption))?;
        match ServiceCheck::of(&self.expected.role_name, self.service_name, response) {
            ServiceCheck::Passed => Ok(()),
            ServiceCheck::Refused(diagnostic) => Err(diagnostic),
            ServiceCheck::Failed(error) => Err(self.not_created(&error)),
        }
    }

    async fn create(&self) -> Result<HeldRole, Diagnostic> {
        // The last moment at which it is certain that nothing was created. From the request on, an interruption leaves
        // its outcome open.
        self.budget.check().map_err(|interruption| self.not_begun(interruption))?;
        let began = self.ram.now() - WINDOW_TOLERANCE;
        match self.budget.run(self.ram.create(self.service_name)).await {
            Ok(Ok(role)) => self.confirm(role).await,
            Ok(Err(error)) if error.outcome_unknown() => {
                self.ask_again(OpenCreate { began, history: vec![reason(&error)] }).await
            }
            Ok(Err(error)) => self.refused(&error).await,
            Err(interruption) => {
                self.interrupted(interruption, OpenCreate { began, history: Vec::new() }).await
            }
        }
    }

    /// Looks what became of an open request, and asks again while RAM shows no role.
    async fn ask_again(&self, mut open: OpenCreate) -> Result<HeldRole, Diagnostic> {
        let mut polls = Polls::new();
        for _ in 1..CREATE_ATTEMPTS {
            // Look first: if the lost request did create the role, a second one would only learn that it exists, and
            // not whose it is.
            match self.look().await.map_err(|interruption| self.unknown(&open, interruption))? {
                LookResult::There(role) | LookResult::Remade(role) => return self.claim(role, &open),
                unseen => tracing::debug!(?unseen, "the role is not shown after a lost response"),
            }
            let paused = self.budget.pause(polls.next_wait()).await;
            paused.map_err(|interruption| self.unknown(&open, interruption))?;
            match self.budget.run(self.ram.create(self.service_name)).await {
                Ok(Ok(role)) => return self.confirm(role).await,
                Ok(Err(error)) => {
                    open.history.push(reason(&error));
                    if !error.outcome_unknown() {
                        break;
                    }
                }
                Err(interruption) => return self.interrupted(interruption, open).await,
            }
        }
        self.settle(open).await
    }

    /// RAM has refused the only request.
    async fn refused(&self, error: &cloud::Error) -> Result<HeldRole, Diagnostic> {
        match error {
            cloud::Error::AlreadyExists(_) if self.may_adopt => self.adopt_when_shown().await,
            cloud::Error::AlreadyExists(_) => Err(self.exists_already()),
            error => Err(self.not_created(error)),
        }
    }

    /// RAM says that the role exists; it may be slow to show it.
    async fn adopt_when_shown(&self) -> Result<HeldRole, Diagnostic> {
        let mut polls = Polls::new();
        let until = Instant::now() + RAM_LAG;
        while Instant::now() < until {
            let seen = self.look().await.map_err(|interruption| self.not_begun(interruption))?;
            if let LookResult::There(role) | LookResult::Remade(role) = seen {
                return self.adopt(role);
            }
            let paused = self.budget.pause(polls.next_wait()).await;
            paused.map_err(|interruption| self.not_begun(interruption))?;
        }
        Err(self.exists_already())
    }

    /// Waits until RAM shows the role that it has confirmed.
    async fn confirm(&self, created: Role) -> Result<HeldRole, Diagnostic> {
        if self.expected.is_elsewhere(&created) {
            return Err(text::created_elsewhere(&self.expected, &created));
        }
        let ours = ExpectedRole { role_id: Some(created.role_id.clone()), ..self.expected.clone() };
        let mut polls = Polls::new();
        let mut last_look = LastLook::Unanswered;
        // RAM has the role, but reads can lag: a refresh right after this apply must not find it gone.
        loop {
            last_look = match self.budget.run(self.ram.look(&ours)).await {
                Ok(LookResult::There(role)) => return Ok(HeldRole::created(role)),
                Ok(LookResult::Remade(role)) => return Err(text::created_and_remade(&created, &role)),
                Ok(LookResult::NotThere) => LastLook::NotThere,
                Ok(LookResult::Unclear(error @ cloud::Error::Denied(_))) => {
                    return Ok(HeldRole::created_unconfirmed(created, &chain(&error)));
                }
                Ok(LookResult::Unclear(error)) => LastLook::Failed(chain(&error)),
                Ok(LookResult::Elsewhere(role)) => {
                    LastLook::Failed(format!("RAM answered with {}", role.arn))
                }
                Err(interruption) => return unconfirmed(created, interruption, last_look),
            };
            if let Err(interruption) = self.budget.pause(polls.next_wait()).await {
                return unconfirmed(created, interruption, last_look);
            }
        }
    }

    /// An open request that RAM no longer answers by itself: whatever it has made shows up for as long as
    /// RAM may lag.
    async fn settle(&self, mut open: OpenCreate) -> Result<HeldRole, Diagnostic> {
        let until = Instant::now() + RAM_LAG;
        let mut polls = Polls::new();
        loop {
            let event = match self.look().await.map_err(|interruption| self.unknown(&open, interruption))? {
                LookResult::There(role) | LookResult::Remade(role) => return self.claim(role, &open),
                LookResult::NotThere => NOT_SHOWN.to_owned(),
                LookResult::Elsewhere(role) => format!("RAM answered with another role, {}.", role.arn),
                LookResult::Unclear(error) => reason(&error),
            };
            if Instant::now() >= until {
                open.history.push(event);
                return Err(self.outcome_unknown(&open));
            }
            let paused = self.budget.pause(polls.next_wait()).await;
            paused.map_err(|interruption| self.unknown(&open, interruption))?;
        }
    }

    /// Nobody waits for the create request any more: what that means depends on how far it came.
    async fn interrupted(
        &self,
        interruption: Interruption,
        mut open: OpenCreate,
    ) -> Result<HeldRole, Diagnostic> {
        let is_only_request = open.history.is_empty();
        match self.ram.last_call() {
            CallProgress::NotSent if is_only_request => Err(self.not_begun(interruption)),
            CallProgress::Repelled(error) if is_only_request => {
                Err(text::create_given_up(self.role(), &error, interruption))
            }
            CallProgress::Repelled(error) => {
                open.history.push(reason(&error));
                self.cut_short(interruption, open).await
            }
            CallProgress::NotSent | CallProgress::Sent => self.cut_short(interruption, open).await,
        }
    }

    /// The create request was cut short: one look at what became of it, then the truth.
    async fn cut_short(
        &self,
        interruption: Interruption,
        mut open: OpenCreate,
    ) -> Result<HeldRole, Diagnostic> {
        match Budget::last_look().run(self.ram.look(&self.expected)).await {
            Ok(LookResult::There(role) | LookResult::Remade(role)) => return self.claim(role, &open),
            Ok(LookResult::NotThere) => open.history.push(NOT_SHOWN.to_owned()),
            Ok(LookResult::Elsewhere(_) | LookResult::Unclear(_)) | Err(_) => {}
        }
        Err(self.unknown(&open, interruption))
    }

    /// A role that RAM shows while a request is open is ours if it was made since.
    fn claim(&self, role: Role, open: &OpenCreate) -> Result<HeldRole, Diagnostic> {
        let created = role.create_date.as_deref().and_then(|date| date.parse::<Timestamp>().ok());
        match created {
            Some(created) if created >= open.began => Ok(HeldRole::created_in_doubt(role)),
            Some(_) if self.may_adopt => self.adopt(role),
            Some(_) => Err(self.exists_already()),
            None => Err(self.outcome_unknown(open)),
        }
    }

    async fn look(&self) -> Result<LookResult, Interruption> {
        self.budget.run(self.ram.look(&self.expected)).await
    }

    fn role(&self) -> RoleReference<'_> {
        self.expected.reference()
    }

    fn not_created(&self, error: &cloud::Error) -> Diagnostic {
        if error.is_code(SERVICE_DOES_NOT_EXIST) {
            return text::unknown_service(&self.expected.role_name, self.service_name, error);
        }
        text::not_created(self.role(), error)
    }

    fn exists_already(&self) -> Diagnostic {
        text::exists_by_now(self.role(), self.adopts)
    }

    fn not_begun(&self, interruption: Interruption) -> Diagnostic {
        text::create_not_begun(self.role(), interruption)
    }

    fn unknown(&self, open: &OpenCreate, interruption: Interruption) -> Diagnostic {
        text::create_left_open(self.role(), &open.history, interruption)
    }

    fn outcome_unknown(&self, open: &OpenCreate) -> Diagnostic {
        text::outcome_unknown(self.role(), &open.history)
    }
}

/// Why an existing role cannot be taken over by a resource that names this service.
pub(super) fn cannot_be_adopted(role: &Role, service_name: &str) -> Option<Diagnostic> {
    if role.is_service_linked_role == Some(false) {
        return Some(text::not_service_linked(role));
    }
    let trusted = trusted_service(role)?;
    (trusted != service_name).then(|| text::other_service_trusted(role, &trusted, service_name))
}

/// What the last look at a confirmed role showed.
enum LastLook {
    /// No look has been answered so far.
    Unanswered,
    /// RAM does not show the role yet.
    NotThere,
    /// The look failed, for this reason.
    Failed(String),
}

/// RAM has confirmed the role. Only if it then keeps saying that there is none, that is an error;
/// where the look was ended early or failed, the role is held as RAM confirmed it.
fn unconfirmed(
    created: Role,
    interruption: Interruption,
    last_look: LastLook,
) -> Result<HeldRole, Diagnostic> {
    let why = match (interruption, last_look) {
        (Interruption::Stopped, _) => "Terraform was interrupted".to_owned(),
        (Interruption::TimedOut(after), LastLook::Unanswered) => {
            format!("RAM did not answer within {after:?}")
        }
        (Interruption::TimedOut(_), LastLook::Failed(why)) => why,
        (Interruption::TimedOut(after), LastLook::NotThere) => {
            return Err(text::created_but_invisible(&created, after));
        }
    };
    Ok(HeldRole::created_unconfirmed(created, &why))
}

const NOT_SHOWN: &str = "RAM shows no such role so far.";
/// Dates have whole seconds, and the clocks of two of the cloud's products may differ a little.
const WINDOW_TOLERANCE: SignedDuration = SignedDuration::from_secs(5);
/// How often a create whose response was lost, and which left no role, is sent again.
const CREATE_ATTEMPTS: usize = 4;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{
        super::ram::script::{self, Script, ScriptedResponse, *},
        *,
    };

    /// How a create ends: the ID of the role that is held, whether it is adopted, and the summary of what is
    /// told; or the summary and the detail of the error.
    #[derive(Debug)]
    struct CreateEnd {
        held: Option<(String, bool)>,
        summary: String,
        detail: String,
        creates: usize,
        took: Duration,
    }

    const CREATE: Duration = Duration::from_secs(300);

    async fn run(
        looks: &[ScriptedResponse<Role>],
        creates: &[ScriptedResponse<Role>],
        may_adopt: bool,
    ) -> CreateEnd {
        run_within(CREATE, looks, creates, may_adopt).await
    }

    async fn run_within(
        time_out: Duration,
        looks: &[ScriptedResponse<Role>],
        creates: &[ScriptedResponse<Role>],
        may_adopt: bool,
    ) -> CreateEnd {
        run_script(time_out, Script::new(looks).creating(creates), may_adopt).await
    }

    async fn run_script(time_out: Duration, script: Script, may_adopt: bool) -> CreateEnd {
        let began = Instant::now();
        let stop = CancellationToken::new();
        let creation = Creation {
            ram: script,
            budget: Budget::new(time_out, &stop),
            expected: ExpectedRole {
                role_name: script::ROLE.to_owned(),
                account_id: Some(ACCOUNT.to_owned()),
                role_id: None,
            },
            service_name: SERVICE,
            may_adopt,
            adopts: may_adopt,
        };
        let outcome = creation.run().await;
        let diagnostic = match &outcome {
            Ok(held) => held.diagnostics.iter().next().cloned(),
            Err(diagnostic) => Some(diagnostic.clone()),
        };
        let (summary, detail) = diagnostic
            .map(|diagnostic| (diagnostic.summary.to_string(), diagnostic.detail))
            .unwrap_or_default();
        let held = outcome.ok().map(|held| (held.role.role_id, held.adopted));
        CreateEnd { held, summary, detail, creates: creation.ram.count("create"), took: began.elapsed() }
    }

    fn ours_is_held() -> Option<(String, bool)> {
        Some(("7".to_owned(), false))
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_begun_after_the_time_out() {
        let ended = run_within(Duration::ZERO, &[absent], &[ours], false).await;
        assert_eq!(
            (ended.held, ended.creates, ended.summary.as_str()),
            (None, 0, "Creating the role timed out")
        );
        assert!(ended.detail.contains("No request to create it was sent"), "{}", ended.detail);
    }

    /// A create that never ends means what its progress says.
    #[tokio::test(start_paused = true)]
    async fn a_create_that_is_given_up_says_how_far_it_came() {
        let throttled = || CallProgress::Repelled(refusal(400, "Throttling.User"));
        let table: [(StuckAt, &str, &str); 3] = [
            (|| CallProgress::NotSent, "Creating the role timed out", "No request to create it was sent"),
            (throttled, "Service-linked role was not created", "Throttling.User"),
            (|| CallProgress::Sent, "Outcome of creating the role is unknown", "may have reached RAM"),
        ];
        for (progress, summary, fact) in table {
            let script = Script::new(&[absent]).creating(&[never]).stuck(progress);
            let ended = run_script(CREATE, script, false).await;
            assert_eq!((ended.held, ended.summary.as_str()), (None, summary));
            assert!(ended.detail.contains(fact), "{}", ended.detail);
        }
        // The first of two requests stays open, whatever became of the second.
        let script = Script::new(&[absent]).creating(&[lost, never]).stuck(throttled);
        let ended = run_script(CREATE, script, false).await;
        assert_eq!(ended.summary, "Outcome of creating the role is unknown");
        assert!(ended.detail.contains("Throttling.User"), "{}", ended.detail);
    }

    #[tokio::test(start_paused = true)]
    async fn confirmed_and_shown() {
        for looks in [&[ours as ScriptedResponse<Role>][..], &[absent, lost, elsewhere, ours]] {
            let ended = run(looks, &[ours], false).await;
            assert_eq!((ended.held, ended.summary.as_str()), (ours_is_held(), ""));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn confirmed_and_not_read_back() {
        for (look, held, summary) in [
            (denied as ScriptedResponse<Role>, ours_is_held(), "Created role was not read back"),
            (never, ours_is_held(), "Created role was not read back"),
            (lost, ours_is_held(), "Created role was not read back"),
            (absent, None, "Created role stays invisible"),
            (remade, None, "Created role was replaced by another"),
        ] {
            let ended = run(&[look], &[ours], false).await;
            assert_eq!((ended.held, ended.summary.as_str()), (held, summary));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn confirmed_elsewhere() {
        let ended = run(&[absent], &[elsewhere], false).await;
        assert_eq!((ended.held, ended.summary.as_str()), (None, "Another role was created"));
        assert!(
            ended.detail.contains("2222222222222222") && ended.detail.contains(ACCOUNT),
            "{}",
            ended.detail
        );
    }

    #[tokio::test(start_paused = true)]
    async fn refused_before_anything_is_open() {
        for (create, summary) in [
            (denied as ScriptedResponse<Role>, "Service-linked role was not created"),
            (exists, "Service-linked role already exists"),
        ] {
            let ended = run(&[ours], &[create], false).await;
            assert_eq!((ended.held, ended.summary.as_str(), ended.creates), (None, summary, 1));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn response_lost_and_role_shown() {
        for looks in [&[ours as ScriptedResponse<Role>][..], &[absent, ours], &[lost, elsewhere, ours]] {
            let ended = run(looks, &[lost], false).await;
            assert_eq!(
                (ended.held, ended.summary.as_str()),
                (ours_is_held(), "Response to the create was lost")
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn request_lost_and_sent_again() {
        let ended = run(&[absent, ours], &[lost, ours], false).await;
        assert_eq!((ended.held, ended.creates), (ours_is_held(), 2));
    }

    #[tokio::test(start_paused = true)]
    async fn an_older_role_is_never_ours() {
        let ended = run(&[older], &[lost], false).await;
        assert_eq!((ended.held, ended.summary.as_str()), (None, "Service-linked role already exists"));
        let adopted = run(&[absent, older], &[lost], true).await;
        assert_eq!(adopted.held, Some(("6".to_owned(), true)));
    }

    /// Row by row what follows a lost response: none of it may be called "not created".
    #[tokio::test(start_paused = true)]
    async fn an_open_request_is_never_called_not_created() {
        for create in [denied as ScriptedResponse<Role>, exists, lost] {
            for look in [absent as ScriptedResponse<Role>, lost, denied, elsewhere] {
                let ended = run(&[look], &[lost, create], false).await;
                assert_eq!(ended.summary, "Outcome of creating the role is unknown");
                let import = format!("id = \"{ACCOUNT}:{ROLE}\"");
                for fact in ["InternalError", "import {", &import, "is not known"] {
                    assert!(ended.detail.contains(fact), "{fact:?} is not in {}", ended.detail);
                }
                assert!(ended.took >= RAM_LAG, "it is looked for as long as RAM may lag: {:?}", ended.took);
            }
            let code = match create().unwrap().unwrap_err().code() {
                Some(code) => code.to_owned(),
                None => panic!("each refusal has a code"),
            };
            let ended = run(&[absent], &[lost, create], false).await;
            assert!(ended.detail.contains(&code), "both reasons: {}", ended.detail);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_open_request_whose_role_shows_late_is_ours() {
        for create in [denied as ScriptedResponse<Role>, exists] {
            let ended = run(&[absent, absent, absent, absent, ours], &[lost, create], false).await;
            assert_eq!(ended.held, ours_is_held());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn without_an_answer_the_outcome_is_unknown() {
        for look in [absent as ScriptedResponse<Role>, never, lost] {
            let ended = run(&[look], &[never], false).await;
            assert_eq!(ended.summary, "Outcome of creating the role is unknown");
            assert!(ended.detail.contains("import {") && ended.detail.contains("`timeouts.create`"));
        }
        let ended = run(&[ours], &[never], false).await;
        assert_eq!(ended.held, ours_is_held());
    }

    #[tokio::test(start_paused = true)]
    async fn adopted_only_where_the_plan_left_it_open() {
        let ended = run(&[older], &[denied], true).await;
        assert_eq!((ended.held, ended.creates), (Some(("6".to_owned(), true)), 0));
        let late = run(&[absent, absent, older], &[exists], true).await;
        assert_eq!(late.held, Some(("6".to_owned(), true)));
        let wrong = run(&[elsewhere], &[denied], true).await;
        assert_eq!(wrong.summary, "RAM answered with another role");
    }
}
