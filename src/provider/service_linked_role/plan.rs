//! Plans a create, an update, a replacement or a destroy of one role.
//!
//! What is known at plan time: the policy, the service, and, unless the role may be adopted,
//! whether it is adopted and what destroying it will do. What cannot work is refused here, before
//! anything is changed: a role that exists already, and a destroy during an active subscription.
//!
//! A replacement is planned twice, first with the prior state and then without. The first plan
//! leaves a note of the replaced role in private data for the second.

use serde::{Deserialize, Serialize};

use super::{
    MssRole, diagnostics as text,
    find::find_role,
    model::{DeletionPolicy, Model, default_deletion_policy, default_service_name},
};
use crate::{
    cloud::Client,
    framework::{
        diagnostics::{Diagnostic, Diagnostics},
        resource::{CancellationToken, Plan, Prior},
        value::Knowable,
    },
    provider::{session::Configured, subscription::Subscription, wait::Budget},
};

/// Fills in what is known, and refuses what cannot work.
pub(super) async fn plan(configured: &Configured, plan: &mut Plan, stop: &CancellationToken) {
    let config = Model::from_object(&plan.config);
    let prior = match &plan.prior {
        Prior::Nothing => None,
        Prior::Object(prior) => Some(Model::from_object(prior)),
    };
    let planned = fill_in(Model::from_object(&plan.planned), &config, prior.as_ref());
    plan.planned = planned.clone().into_object();
    match prior {
        Some(prior) => plan.private = Replaced::note(&prior),
        None => {
            let replaced = Replaced::read(&plan.prior_private);
            // The account of a configuration that leaves it out is the caller's; one that is not
            // known yet cannot be looked into.
            if !config.account_id.is_unknown() {
                let found = check_create(configured, &planned, replaced.as_ref(), stop).await;
                plan.diagnostics.append(found);
            }
        }
    }
}

/// Refuses a destroy that the policy prevents or that Alibaba Cloud will not carry out.
pub(super) async fn plan_destroy(
    configured: &Configured,
    prior: &Model,
    stop: &CancellationToken,
) -> Diagnostics {
    match prior.deletion_policy() {
        DeletionPolicy::Prevent => {
            let (role_name, account_id) = text::of(prior);
            text::deletion_prevented(role_name, account_id).into()
        }
        DeletionPolicy::Abandon => Diagnostics::new(),
        DeletionPolicy::Delete => {
            let Some(client) = &configured.client else {
                return Diagnostics::new();
            };
            let budget = Budget::new(prior.timeouts().read, stop);
            let looked = budget.run(check_subscription(configured, client, prior)).await;
            looked.unwrap_or_default()
        }
    }
}

/// Refuses to delete a role while the subscription is active, if that rule holds for it and the
/// role is still there. A status that cannot be read is a warning.
pub(super) async fn check_subscription(
    configured: &Configured,
    client: &Client,
    prior: &Model,
) -> Diagnostics {
    let (role_name, account_id) = text::of(prior);
    let bound = MssRole::by_role_name(role_name).is_some_and(|role| role.bound_to_subscription);
    if configured.skip_subscription_check || !bound {
        return Diagnostics::new();
    }
    let account = match client.account(account_id).await {
        Ok(account) => account,
        Err(error) => return unreadable(role_name, &error),
    };
    match Subscription::find(&account, client.server_now()).await {
        Err(error) => unreadable(role_name, &error),
        Ok(subscription) if !subscription.is_active() => Diagnostics::new(),
        // A role that has gone by now is not held back.
        Ok(subscription) => match find_role(&account, role_name).await {
            Ok(None) => Diagnostics::new(),
            Ok(Some(_)) | Err(_) => text::subscription_is_active(role_name, account_id, &subscription).into(),
        },
    }
}

fn unreadable(role_name: &str, error: &crate::cloud::Error) -> Diagnostics {
    text::subscription_unreadable(role_name, &crate::provider::diagnostics::reason(error)).into()
}

fn fill_in(mut planned: Model, config: &Model, prior: Option<&Model>) -> Model {
    if prior.is_none() {
        let role_name = planned.role_name.as_known();
        if config.service_name.is_null() {
            planned.service_name = derived(role_name, default_service_name);
        }
        let policy = |name: &str| MssRole::by_role_name(name).map(|role| role.policy_name.to_owned());
        planned.policy_name = derived(role_name, policy);
        planned.adopted = match planned.adopt_existing {
            Knowable::Known(true) | Knowable::Unknown => Knowable::Unknown,
            Knowable::Known(false) | Knowable::Null => Knowable::Known(false),
        };
        planned.id = match (planned.account_id.as_known(), role_name) {
            (Some(account_id), Some(role_name)) => Knowable::Known(format!("{account_id}:{role_name}")),
            _ => Knowable::Unknown,
        };
    }
    if config.deletion_policy.is_null() {
        planned.deletion_policy =
            planned.adopted.clone().map(|adopted| default_deletion_policy(adopted).to_owned());
    }
    planned
}

fn derived(role_name: Option<&String>, derive: impl Fn(&str) -> Option<String>) -> Knowable<String> {
    role_name.map_or(Knowable::Unknown, |role_name| derive(role_name).into())
}

/// Checks a create, which may be the second half of a replacement.
async fn check_create(
    configured: &Configured,
    planned: &Model,
    replaced: Option<&Replaced>,
    stop: &CancellationToken,
) -> Diagnostics {
    let Some(client) = &configured.client else {
        return Diagnostics::new();
    };
    let budget = Budget::new(planned.timeouts().read, stop);
    let check = async {
        let mut diagnostics = Diagnostics::new();
        if let Some(replaced) = replaced {
            diagnostics.append(plan_destroy(configured, &replaced.as_model(), stop).await);
        }
        if !replaced.is_some_and(|replaced| replaced.makes_room_for(planned)) {
            diagnostics.extend(look_up(configured, client, planned).await);
        }
        diagnostics
    };
    // A look-up that was stopped or takes too long never fails a plan.
    budget.run(check).await.unwrap_or_default()
}

async fn look_up(configured: &Configured, client: &Client, planned: &Model) -> Option<Diagnostic> {
    let adopting = planned.adopt_existing != Knowable::Known(false);
    let role_name = planned.role_name.as_known()?;
    if adopting {
        return None;
    }
    let found = match client.account(planned.account_id()).await {
        Ok(account) => find_role(&account, role_name).await,
        Err(error) => Err(error),
    };
    match found {
        Ok(None) => None,
        Ok(Some(role)) => {
            let account_id = role.account_id().or(planned.account_id());
            let known = account_id.is_some_and(|account_id| configured.is_in_state(account_id, role_name));
            Some(match known {
                true => text::managed_already(role_name, account_id),
                false => text::exists_already(role_name, account_id),
            })
        }
        // Without credentials apply cannot work either; a source that fails now may work then.
        Err(error) if error.has_no_credentials() => Some(text::no_credentials(role_name, &error)),
        Err(error) => Some(text::look_up_failed(role_name, &error)),
    }
}

/// The role that a replacement destroys, as the first plan notes it for the second.
#[derive(Debug, Deserialize, Serialize)]
struct Replaced {
    account_id: Option<String>,
    role_name: String,
    deletion_policy: Option<String>,
}

impl Replaced {
    fn note(prior: &Model) -> Vec<u8> {
        let replaced = Self {
            account_id: prior.account_id.clone().known(),
            role_name: prior.role_name().to_owned(),
            deletion_policy: prior.deletion_policy.clone().known(),
        };
        // Three texts always have a JSON form; without a note the second plan checks as for a create.
        serde_json::to_vec(&replaced).unwrap_or_default()
    }

    /// `None` if there is no note: this is no replacement.
    fn read(private: &[u8]) -> Option<Self> {
        serde_json::from_slice(private).ok()
    }

    fn as_model(&self) -> Model {
        Model {
            role_name: Knowable::Known(self.role_name.clone()),
            account_id: self.account_id.clone().into(),
            deletion_policy: self.deletion_policy.clone().into(),
            ..Model::default()
        }
    }

    /// Whether destroying the replaced role makes the planned one possible: it is the same role,
    /// and it will really be deleted.
    fn makes_room_for(&self, planned: &Model) -> bool {
        let same_name = planned.role_name.as_known() == Some(&self.role_name);
        let same_account =
            planned.account_id.as_known().is_none_or(|id| Some(id) == self.account_id.as_ref());
        same_name && same_account && self.as_model().deletion_policy() == DeletionPolicy::Delete
    }
}
