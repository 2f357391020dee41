//! What every resource of a configured provider shares: the client, and what the configuration
//! allows.
//!
//! Must not know any resource.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use super::{layout::paragraphs, run::Run};
use crate::{
    cloud::Client,
    framework::{diagnostics::Diagnostic, value::Path},
};

/// The configuration in force, which all resources of the process share; replaced as a whole when Terraform
/// configures the provider again.
#[derive(Default)]
pub(super) struct Session(Mutex<Arc<ConfiguredProvider>>);

impl Session {
    /// The configuration in force. An operation keeps the one that it began with.
    pub(super) fn current(&self) -> Arc<ConfiguredProvider> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts another configuration in force, for operations that begin later.
    pub(super) fn replace(&self, configured: ConfiguredProvider) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(configured);
    }
}

/// One configuration of the provider, as resources need it.
#[derive(Default)]
pub(super) struct ConfiguredProvider {
    /// `None` while the configuration depends on values that are known only after apply, and
    /// before the provider is configured.
    pub(super) client: Option<Client>,
    /// The accounts that may be changed; `None` allows all.
    pub(super) allowed_account_ids: Option<BTreeSet<String>>,
    /// Whether a destroy goes without asking for the MSS subscription.
    pub(super) skip_subscription_check: bool,
    /// What the run of this configuration has shown so far.
    pub(super) run: Run,
}

impl ConfiguredProvider {
    pub(super) fn new(
        client: Option<Client>,
        allowed_account_ids: Option<BTreeSet<String>>,
        skip_subscription_check: bool,
    ) -> Self {
        Self { client, allowed_account_ids, skip_subscription_check, run: Run::default() }
    }

    /// The client, for operations that cannot do without.
    ///
    /// # Errors
    /// A configuration that is not wholly known: Terraform itself defers such operations.
    pub(super) fn client(&self) -> Result<&Client, Diagnostic> {
        self.client.as_ref().ok_or_else(|| {
            Diagnostic::error(
                "Provider is not configured yet",
                "The provider's configuration depends on values that are known only after apply.\n\nFirst apply \
                 what it depends on (`-target`).",
            )
        })
    }

    /// Refuses an account that the configuration does not allow to change.
    ///
    /// # Errors
    /// An account outside `allowed_account_ids`.
    pub(super) fn check_allowed(&self, account_id: &str) -> Result<(), Diagnostic> {
        match &self.allowed_account_ids {
            Some(allowed) if !allowed.contains(account_id) => Err(account_not_allowed(account_id, allowed)),
            _ => Ok(()),
        }
    }
}

/// The diagnostic for an account outside `allowed_account_ids`.
pub(super) fn account_not_allowed(account_id: &str, allowed: &BTreeSet<String>) -> Diagnostic {
    let allowed = match allowed.iter().map(String::as_str).collect::<Vec<_>>().join(", ") {
        none if none.is_empty() => "an empty set".to_owned(),
        allowed => allowed,
    };
    let what = format!(
        "Account {account_id} is not one of the provider's `allowed_account_ids` ({allowed}). No role in it was changed."
    );
    let next = "Check that the credentials and `account_id` belong to the account you mean. If they do, add the account to \
                `allowed_account_ids`.";
    Diagnostic::error("Account is not allowed", paragraphs(&[&what, next])).at(Path::of("account_id"))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::framework::diagnostics::Samples;

    /// A sample of each diagnostic that this file makes, for the snapshot.
    pub(crate) fn samples() -> Samples {
        let account = "1234567890123456";
        let session = ConfiguredProvider::new(None, None, false);
        let allowed = BTreeSet::from(["2222222222222222".to_owned(), "3333333333333333".to_owned()]);
        vec![
            ("client", session.client().unwrap_err()),
            ("account_not_allowed", account_not_allowed(account, &allowed)),
            ("account_not_allowed, none is", account_not_allowed(account, &BTreeSet::new())),
        ]
    }
}
