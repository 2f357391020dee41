//! Whether destroying a role is allowed, and what it will do: asked for every plan that destroys a role, also
//! as half of a replacement, and once more before the role is deleted.
//!
//! | Event | Judgement |
//! |---|---|
//! | the deletion policy is `prevent` | refuse |
//! | the deletion policy is `abandon` | forget |
//! | the account is not among `allowed_account_ids` | refuse |
//! | the subscription is active, and the role is still there | refuse; with `delete_or_abandon` forget |
//! | the status does not come, or may not be read | delete, with a warning: Alibaba Cloud itself refuses if it must |
//! | the credentials are not accepted, or Terraform is interrupted | refuse |
//! | else | delete |

use super::{
    MssRole, diagnostics as text,
    find::LookResult,
    model::DeletionPolicy,
    ram::{Ram, RoleInAccount},
    role_in_state::RoleInState,
    role_reference::RoleReference,
    verdict::{Judgement, Refusal, Verdict},
};
use crate::{
    cloud::{self, AccountClient, Client},
    framework::{diagnostics::Diagnostic, resource::CancellationToken},
    provider::{
        diagnostics::{reason, reason_and_next_step},
        session::ConfiguredProvider,
        subscription::Subscription,
        wait::{Budget, Interruption},
    },
};

/// Judges the destroy of a role in state.
pub(super) async fn judge(
    configured: &ConfiguredProvider,
    role: &RoleInState<'_>,
    stop: &CancellationToken,
) -> Judgement {
    let reference = role.reference;
    // First what needs no cloud: both must work with credentials that are gone, in an account that is closed.
    match role.deletion_policy {
        DeletionPolicy::Prevent => return Judgement::sure(Verdict::Refuse(Refusal::Prevented)),
        DeletionPolicy::Abandon => return Judgement::sure(Verdict::Forget(String::new())),
        DeletionPolicy::Delete | DeletionPolicy::DeleteOrAbandon => {}
    }
    if let Some(Err(refused)) = reference.account_id.map(|account_id| configured.check_allowed(account_id)) {
        return Judgement::refuse(refused);
    }
    let bound = MssRole::by_role_name(reference.role_name).is_some_and(|role| role.bound_to_subscription);
    if configured.skip_subscription_check || !bound {
        return Judgement::sure(Verdict::Delete);
    }
    let Some(client) = &configured.client else {
        let why = "The provider's configuration depends on values that are known only after apply.";
        return Judgement::delete_unchecked(text::subscription_unreadable(reference.role_name, why));
    };
    let budget = Budget::new(role.read_timeout, stop);
    let subscription = SubscriptionCheck { configured, client, role };
    match budget.run(subscription.judge()).await {
        Ok(judgement) => judgement,
        Err(Interruption::TimedOut(after)) => {
            let why = format!("Reason: MSS gave no usable response within {after:?}.");
            Judgement::delete_unchecked(text::subscription_unreadable(reference.role_name, &why))
        }
        Err(Interruption::Stopped) => Judgement::refuse(text::check_interrupted(reference)),
    }
}

/// The refusal of a destroy, as the practitioner reads it.
/// `in_full` says whether a text of a kind is printed with every way out.
pub(super) fn refused(
    role: RoleReference,
    refusal: Refusal,
    in_full: impl FnOnce(&'static str) -> bool,
) -> Diagnostic {
    match refusal {
        Refusal::Prevented => text::deletion_prevented(role, in_full("prevent")),
        Refusal::Active(subscription) => {
            text::subscription_is_active(role, &subscription, in_full("subscription"))
        }
        Refusal::Other(diagnostic) => diagnostic,
    }
}

/// The check of the subscription of a role's account.
struct SubscriptionCheck<'a> {
    configured: &'a ConfiguredProvider,
    client: &'a Client,
    role: &'a RoleInState<'a>,
}

impl SubscriptionCheck<'_> {
    async fn judge(&self) -> Judgement {
        let account = match self.client.account(self.role.reference.account_id).await {
            Ok(account) => account,
            Err(error) => return self.unreadable(&error),
        };
        let status = match self.configured.run.user_status(&account).await {
            Ok(status) => status,
            Err(error) => return self.unreadable(&error),
        };
        let subscription = Subscription::from_status(status, self.client.server_now());
        // The status is asked once for all roles of an account, so it comes first: most destroys need no look at the role.
        if !subscription.is_active() || self.is_gone(account).await {
            return Judgement::sure(Verdict::Delete);
        }
        Judgement::sure(match self.role.deletion_policy {
            DeletionPolicy::DeleteOrAbandon => Verdict::Forget(text::why_active(&subscription)),
            _ => Verdict::Refuse(Refusal::Active(Box::new(subscription))),
        })
    }

    /// A role that has gone by now is not held back.
    async fn is_gone(&self, account: AccountClient) -> bool {
        let role = RoleInAccount { client: self.client, account, role_name: self.role.reference.role_name };
        matches!(role.look(&self.role.expected()).await, LookResult::NotThere | LookResult::Remade(_))
    }

    fn unreadable(&self, error: &cloud::Error) -> Judgement {
        let role_name = self.role.reference.role_name;
        if error.is_not_authenticated() {
            return Judgement::refuse(text::no_credentials(role_name, error));
        }
        Judgement::delete_unchecked(text::subscription_unreadable(role_name, &unreadable(error)))
    }
}

/// Why a subscription could not be read, and what to do about that. MSS does not name the permission that it misses.
fn unreadable(error: &cloud::Error) -> String {
    match error {
        cloud::Error::Denied(_) => {
            format!(
                "{}\n\nAllow `yundun-mss:GetUserStatus` for the identity that Terraform runs as or, in a member account, for \
                 the role that the provider assumes there.",
                reason(error)
            )
        }
        _ => reason_and_next_step(error),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{framework::value::Knowable, provider::service_linked_role::model::Model};

    fn held(role_name: &str, deletion_policy: &str) -> Model {
        let text = |text: &str| Knowable::Known(text.to_owned());
        Model {
            role_name: text(role_name),
            account_id: text("1234567890123456"),
            deletion_policy: text(deletion_policy),
            ..Model::default()
        }
    }

    const BOUND: &str = "AliyunServiceRoleForMssp";
    const UNBOUND: &str = "AliyunServiceRoleForAntiRansomwareMssp";

    /// The verdict without a cloud to ask, and the summaries of what could not be checked.
    async fn judged(configured: &ConfiguredProvider, prior: &Model) -> (String, String) {
        let Judgement { verdict, warnings } =
            judge(configured, &prior.into(), &CancellationToken::new()).await;
        let verdict = match verdict {
            Verdict::Refuse(Refusal::Other(warning)) => format!("refuse: {}", warning.summary),
            verdict => format!("{verdict:?}"),
        };
        (verdict, warnings.iter().map(|warning| warning.summary.to_string()).collect())
    }

    #[test]
    fn what_to_do_about_an_unread_status_goes_by_its_cause() {
        let denied = || cloud::Error::Denied(Box::default());
        assert!(unreadable(&denied()).contains("Allow `yundun-mss:GetUserStatus`"));
        let closed = cloud::Error::AssumeRole {
            account_id: "1".to_owned(),
            role_arn: "acs:ram::1:role/r".to_owned(),
            source: Box::new(denied()),
        };
        let warning = unreadable(&closed);
        assert!(!warning.contains("GetUserStatus") && warning.contains("`sts:AssumeRole`"), "{warning}");
    }

    #[tokio::test]
    async fn policies_accounts_and_roles_are_judged_without_a_question() {
        let nobody = || ConfiguredProvider {
            allowed_account_ids: Some(BTreeSet::new()),
            ..ConfiguredProvider::default()
        };
        let unchecked =
            || ConfiguredProvider { skip_subscription_check: true, ..ConfiguredProvider::default() };
        let not_asked = "MSS subscription could not be checked";
        let table = [
            (nobody(), BOUND, "prevent", "Refuse(Prevented)", ""),
            (nobody(), BOUND, "abandon", "Forget(\"\")", ""),
            (nobody(), BOUND, "delete", "refuse: Account is not allowed", ""),
            (nobody(), UNBOUND, "delete_or_abandon", "refuse: Account is not allowed", ""),
            (unchecked(), BOUND, "delete", "Delete", ""),
            (ConfiguredProvider::default(), UNBOUND, "delete", "Delete", ""),
            (ConfiguredProvider::default(), BOUND, "delete", "Delete", not_asked),
            (ConfiguredProvider::default(), BOUND, "delete_or_abandon", "Delete", not_asked),
        ];
        for (configured, role_name, policy, verdict, warning) in table {
            let found = judged(&configured, &held(role_name, policy)).await;
            assert_eq!(found, (verdict.to_owned(), warning.to_owned()), "{role_name}, {policy}");
        }
    }
}
