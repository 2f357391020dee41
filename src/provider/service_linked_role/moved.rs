//! What follows a move from alicloud, until the moved state has been applied.
//!
//! | Moved state | Configuration | What we do |
//! |---|---|---|
//! | any | names another role | refuse |
//! | has an account | names another account | refuse |
//! | has an account | names none, or the same | as for any other role |
//! | has none | names none, or one that is not known yet | refuse; no account is asked |
//! | has none | names one where RAM shows the role | plan an update that fills the state in |
//! | has none | names one where RAM shows no such role | refuse |
//!
//! A state without an account is never read, planned or destroyed as if it were that of the caller's account:
//! only a move without an ARN leaves one. The other two rows need a mark in private data, since to a plan a
//! name or an account that has just been moved here looks like any other. The mark lives for one refresh after
//! the move: a name changed later is a replacement like any other.

use serde::{Deserialize, Serialize};

use super::{
    diagnostics::{self as text, ReadTimeout},
    find::{ExpectedRole, LookResult},
    model::Model,
};
use crate::{
    cloud::api::resource_manager::Role,
    framework::{
        diagnostics::Diagnostic,
        resource::{CancellationToken, Plan, Prior},
        value::{Knowable, Path},
    },
    provider::{
        diagnostics::on_account,
        session::ConfiguredProvider,
        wait::{Budget, Interruption},
    },
};

/// What a move leaves in private data.
#[derive(Debug, Deserialize, PartialEq, Eq, Serialize)]
struct Mark {
    moved: Stage,
}

#[derive(Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Stage {
    /// By this run, or by an earlier one that did not refresh.
    Unread,
    /// Refreshed once: by this run, if it plans.
    Read,
}

impl Mark {
    /// `None` for private data that a plan has left.
    fn read(private: &[u8]) -> Option<Self> {
        serde_json::from_slice(private).ok()
    }

    fn write(&self) -> Vec<u8> {
        // An enum of two names always has a JSON form.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// The private data of a state that has just been moved.
pub(super) fn mark() -> Vec<u8> {
    Mark { moved: Stage::Unread }.write()
}

/// Whether a state in which a move left the account open must be kept unread.
pub(super) fn awaits_account(current: &Model, imported: bool) -> bool {
    !imported && current.account_id().is_none()
}

/// Tells a state that a refresh has read from one just moved.
pub(super) fn age(private: &mut Vec<u8>) {
    match Mark::read(private) {
        None => {}
        Some(Mark { moved: Stage::Unread }) => *private = Mark { moved: Stage::Read }.write(),
        Some(Mark { moved: Stage::Read }) => private.clear(),
    }
}

/// Holds a plan to the role that was moved here; fills in what the moved state lacks.
///
/// # Errors
/// A configuration that means another role, or does not say enough.
pub(super) async fn plan(
    configured: &ConfiguredProvider,
    plan: &mut Plan,
    stop: &CancellationToken,
) -> Result<(), Diagnostic> {
    let Prior::Object(prior) = &plan.prior else { return Ok(()) };
    let (prior, config) = (Model::from_object(prior), Model::from_object(&plan.config));
    let is_moved = Mark::read(&plan.prior_private).is_some();
    match prior.account_id() {
        Some(held) if is_moved => {
            check_name(&prior, &config)?;
            check_account(&prior, held, &config)
        }
        Some(_) => Ok(()),
        None => {
            check_name(&prior, &config)?;
            let role = find(configured, &prior, &config, stop).await?;
            fill_in(plan, prior, config, role);
            Ok(())
        }
    }
}

/// Refuses to destroy a role whose account is not known.
///
/// # Errors
/// A state in which a move left the account open.
pub(super) fn check_destroy(prior: &Model) -> Result<(), Diagnostic> {
    match prior.account_id() {
        Some(_) => Ok(()),
        None => Err(text::moved_without_account(prior.role_name())),
    }
}

fn check_name(prior: &Model, config: &Model) -> Result<(), Diagnostic> {
    match config.role_name.as_known() {
        Some(named) if named == prior.role_name() => Ok(()),
        named => Err(text::moved_to_another_name(prior.role_name(), named.map(String::as_str))),
    }
}

fn check_account(prior: &Model, held: &str, config: &Model) -> Result<(), Diagnostic> {
    let named = match &config.account_id {
        Knowable::Null => return Ok(()),
        Knowable::Known(named) if named == held => return Ok(()),
        Knowable::Known(named) => Some(named.as_str()),
        Knowable::Unknown => None,
    };
    Err(text::moved_to_another_account(prior.role_name(), held, named))
}

/// Looks the role up in the account that the configuration names.
async fn find(
    configured: &ConfiguredProvider,
    prior: &Model,
    config: &Model,
    stop: &CancellationToken,
) -> Result<Role, Diagnostic> {
    let role_name = prior.role_name();
    let account_id = config.account_id().ok_or_else(|| text::moved_without_account(role_name))?;
    let client = configured.client()?;
    let budget = Budget::new(config.timeouts().read, stop);
    let expected = Model { account_id: config.account_id.clone(), ..prior.clone() }.expected();
    let look = async {
        match client.account(Some(account_id)).await {
            Ok(account) => expected.judge(account.get_role(role_name).await),
            Err(error) => LookResult::Unclear(error),
        }
    };
    match budget.run(look).await {
        Ok(seen) => judge(seen, &expected, account_id),
        Err(Interruption::Stopped) => Err(text::interrupted_read(role_name)),
        Err(Interruption::TimedOut(after)) => {
            Err(text::read_timed_out(expected.reference(), after, ReadTimeout::OfConfiguration))
        }
    }
}

fn judge(seen: LookResult, expected: &ExpectedRole, account_id: &str) -> Result<Role, Diagnostic> {
    match seen {
        LookResult::There(role) | LookResult::Remade(role) if role.is_service_linked_role == Some(false) => {
            Err(text::not_service_linked(&role))
        }
        // A moved state without an account has no role ID either: any is right.
        LookResult::There(role) | LookResult::Remade(role) => Ok(role),
        LookResult::Elsewhere(role) => Err(text::other_role_answered(expected, &role)),
        LookResult::NotThere => Err(text::moved_role_is_not_there(&expected.role_name, account_id)),
        LookResult::Unclear(error) => Err(on_account(text::not_read(expected.reference(), &error), &error)),
    }
}

/// Plans an update in place: the same role, with all that its state lacks.
fn fill_in(plan: &mut Plan, prior: Model, config: Model, role: Role) {
    let held = prior.refreshed(role);
    let planned = Model::from_object(&plan.planned);
    plan.prior = Prior::Object(held.clone().into_object());
    plan.planned = Model {
        service_name: config.service_name.known().map_or(held.service_name.clone(), Knowable::Known),
        adopt_existing: planned.adopt_existing,
        deletion_policy: planned.deletion_policy,
        timeouts: planned.timeouts,
        ..held
    }
    .into_object();
    plan.requires_replace.retain(|path| *path != Path::of("account_id"));
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLE: &str = "AliyunServiceRoleForESAMssp";

    fn known(text: &str) -> Knowable<String> {
        Knowable::Known(text.to_owned())
    }

    fn model(role_name: Knowable<String>, account_id: Knowable<String>) -> Model {
        Model { role_name, account_id, ..Model::default() }
    }

    fn planning(prior: Model, config: Model, prior_private: Vec<u8>) -> Plan {
        Plan {
            config: config.clone().into_object(),
            prior: Prior::Object(prior.into_object()),
            planned: config.into_object(),
            requires_replace: vec![Path::of("account_id")],
            phase: crate::framework::resource::Phase::Plan,
            prior_private,
            private: Vec::new(),
            diagnostics: crate::framework::diagnostics::Diagnostics::new(),
        }
    }

    async fn summary(prior: &Model, config: &Model, private: &[u8]) -> Option<String> {
        let mut plan = planning(prior.clone(), config.clone(), private.to_vec());
        let stop = CancellationToken::new();
        let refused = super::plan(&ConfiguredProvider::default(), &mut plan, &stop).await.err();
        refused.map(|refused| refused.summary.to_string())
    }

    #[tokio::test]
    async fn the_configuration_means_what_was_moved() {
        let held = model(known(ROLE), known("1"));
        let another_name = Some("Moved role has another name".to_owned());
        let another_account = Some("Moved role is in another account".to_owned());
        for (config, expected) in [
            (model(known(ROLE), Knowable::Null), None),
            (model(known(ROLE), known("1")), None),
            (model(known(ROLE), known("2")), another_account.clone()),
            (model(known(ROLE), Knowable::Unknown), another_account),
            (model(known("AliyunServiceRoleForMssp"), Knowable::Null), another_name.clone()),
            (model(Knowable::Unknown, Knowable::Null), another_name),
        ] {
            assert_eq!(summary(&held, &config, &mark()).await, expected, "{config:?}");
            // Any other object may be replaced.
            assert_eq!(summary(&held, &config, b"{}").await, None, "{config:?}");
        }
    }

    #[tokio::test]
    async fn no_account_is_asked_while_it_is_not_known() {
        let open = model(known(ROLE), Knowable::Null);
        for account_id in [Knowable::Null, Knowable::Unknown] {
            let refused = summary(&open, &model(known(ROLE), account_id), &mark()).await;
            assert_eq!(refused.as_deref(), Some("Account of the moved role is not known"));
        }
        assert!(awaits_account(&open, false) && !awaits_account(&open, true));
        assert!(check_destroy(&open).is_err());
        assert!(check_destroy(&model(known(ROLE), known("1"))).is_ok());
    }

    #[test]
    fn a_look_decides_whether_it_is_the_role() {
        let role: Role = serde_json::from_value(serde_json::json!({
            "RoleName": ROLE, "RoleId": "7", "Arn": format!("acs:ram::1:role/{}", ROLE.to_lowercase()),
        }))
        .unwrap();
        let expected = model(known(ROLE), known("1")).expected();
        assert!(judge(LookResult::There(role.clone()), &expected, "1").is_ok());
        let summary = |seen| judge(seen, &expected, "1").unwrap_err().summary.to_string();
        assert_eq!(summary(LookResult::Elsewhere(role.clone())), "RAM answered with another role");
        assert_eq!(summary(LookResult::NotThere), "Moved role is not in this account");

        let mut plan =
            planning(model(known(ROLE), Knowable::Null), model(known(ROLE), known("1")), Vec::new());
        let (prior, config) = (model(known(ROLE), Knowable::Null), Model::from_object(&plan.config));
        fill_in(&mut plan, prior, config, role);
        let planned = Model::from_object(&plan.planned);
        assert_eq!((planned.id, planned.role_id), (known(&format!("1:{ROLE}")), known("7")));
        assert_eq!(plan.requires_replace, Vec::new());
    }

    #[test]
    fn the_mark_lives_for_one_refresh() {
        let mut private = mark();
        age(&mut private);
        assert!(Mark::read(&private).is_some());
        age(&mut private);
        assert_eq!(private, b"");
        let mut note = b"{\"role_name\":\"x\"}".to_vec();
        age(&mut note);
        assert_eq!(note, b"{\"role_name\":\"x\"}");
    }
}
