//! Reading a role, by a refresh, a data source or a search.
//!
//! Must not decide anything: the operations do.

use std::time::Duration;

use super::super::{find::RAM_LAG, role_reference::RoleReference};
use crate::{
    cloud,
    framework::{diagnostics::Diagnostic, value::Path},
    provider::{
        diagnostics::cloud_error,
        layout::{paragraphs, verbatim},
    },
};

pub(in crate::provider) fn not_read(role: RoleReference, error: &cloud::Error) -> Diagnostic {
    let what = format!(
        "Reading the service-linked role {role} failed. It is not known whether the role still exists; nothing in \
         the state was changed."
    );
    cloud_error("Service-linked role could not be read", &what, error)
}

/// Where the time-out of a read comes from, which decides how to get a longer one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::provider) enum ReadTimeout {
    /// A refresh has only the state.
    OfState,
    /// A plan that takes over a moved state has the configuration.
    OfConfiguration,
    /// An import has neither.
    Default,
}

pub(in crate::provider) fn read_timed_out(
    role: RoleReference,
    after: Duration,
    timeout: ReadTimeout,
) -> Diagnostic {
    let what = format!(
        "Reading the service-linked role {role} took longer than {after:?}; nothing in the state was changed."
    );
    let again = "Check the network, then run the same command again.";
    let next = match timeout {
        ReadTimeout::OfState => paragraphs(&[
            again,
            "To wait longer, set a longer `timeouts.read`. A refresh uses the value in state, so store the new one \
             without a refresh:",
            &verbatim(&["terraform apply -refresh=false"]),
        ]),
        ReadTimeout::OfConfiguration => format!("{again} To wait longer, set a longer `timeouts.read`."),
        ReadTimeout::Default => format!("{again} An import always waits this long."),
    };
    let detail = paragraphs(&[&what, &next]);
    Diagnostic::error("Reading the role timed out", detail).at(Path::of("timeouts.read"))
}

pub(in crate::provider) fn interrupted_read(role_name: &str) -> Diagnostic {
    Diagnostic::error(
        "Reading the role was interrupted",
        format!(
            "Terraform was interrupted while the provider was reading \"{role_name}\"; nothing in the state was \
             changed.\n\nRun the same command again."
        ),
    )
}

/// RAM does not show a role that was created moments ago.
pub(in crate::provider) fn not_shown_yet(role: RoleReference, after: Duration) -> Diagnostic {
    let what = format!(
        "RAM did not show the service-linked role {role} for {after:?}. The role was created less than {RAM_LAG:?} ago, and \
         RAM can take that long. Nothing in the state was changed."
    );
    let next = "Run the same command again in two minutes.";
    Diagnostic::error("RAM does not show the new role", paragraphs(&[&what, next]))
        .at(Path::of("timeouts.read"))
}

/// A young role is taken for gone before RAM's lag is over, because the time-out is shorter.
pub(in crate::provider) fn gone_before_the_lag(role: RoleReference, after: Duration) -> Diagnostic {
    let what = format!(
        "RAM did not show the service-linked role {role} for {after:?}, so it leaves the state. The role was created less \
         than {RAM_LAG:?} ago, and RAM can take that long: the role may still exist."
    );
    let next = "If it does not, there is nothing to do. If it does, bring it back into state: with the resource in the \
                configuration, run this command (with the address of your resource):";
    let command = format!("terraform import 'mss_service_linked_role.example' {}", role.import_id());
    Diagnostic::warning("New role left the state", paragraphs(&[&what, next, &verbatim(&[&command])]))
}

pub(in crate::provider) fn provider_not_known_yet(role_name: &str) -> Diagnostic {
    let detail = format!(
        "The provider's configuration depends on values that are known only after apply, so \"{role_name}\" could not \
         be read. The plan shows the role as it was last seen.\n\nTo plan with certainty, first apply what the \
         provider's configuration depends on (`-target`)."
    );
    Diagnostic::warning("Service-linked role was not refreshed", detail)
}

pub(in crate::provider) fn no_such_role(role: RoleReference) -> Diagnostic {
    let what = format!("The service-linked role {role} does not exist.");
    let next = "Create it with the resource `mss_service_linked_role`. To check whether a role exists, use the data \
                source `mss_service_linked_roles`, which reports a missing role instead of failing.";
    Diagnostic::error("Service-linked role does not exist", paragraphs(&[&what, next]))
        .at(Path::of("role_name"))
}

pub(in crate::provider) fn no_policy(role: RoleReference) -> Diagnostic {
    let what = format!(
        "RAM shows no system policy for the service-linked role {role}, although every such role has one."
    );
    let next =
        "If the role was just created, run the same command again. Otherwise, contact Alibaba Cloud support.";
    Diagnostic::error("Role has no system policy", paragraphs(&[&what, next])).at(Path::of("role_name"))
}

pub(in crate::provider) fn nothing_searched(failed: usize) -> Diagnostic {
    let which = if failed == 1 { "The account".to_owned() } else { format!("None of the {failed} accounts") };
    let verb = if failed == 1 { "could not" } else { "could" };
    let detail = format!(
        "{which} {verb} be searched for service-linked roles of MSS; the warnings say why.\n\nCheck the provider's \
         credentials and `member_account_role`, then run the same command again."
    );
    Diagnostic::error("No account could be searched", detail).at(Path::of("account_ids"))
}

#[cfg(test)]
pub(super) mod tests {
    use super::{super::facts::*, *};
    use crate::framework::diagnostics::Samples;

    /// Every diagnostic of this file.
    pub(crate) fn samples() -> Samples {
        vec![
            ("no_such_role", no_such_role(NAMED)),
            ("no_policy", no_policy(NAMED)),
            ("nothing_searched", nothing_searched(3)),
            ("not_read", not_read(NAMED, &unreachable())),
            ("read_timed_out, refresh", read_timed_out(NAMED, AFTER, ReadTimeout::OfState)),
            ("read_timed_out, moved", read_timed_out(NAMED, AFTER, ReadTimeout::OfConfiguration)),
            ("read_timed_out, import", read_timed_out(NAMED, AFTER, ReadTimeout::Default)),
            ("interrupted_read", interrupted_read(ROLE)),
            ("provider_not_known_yet", provider_not_known_yet(ROLE)),
            ("gone_before_the_lag", gone_before_the_lag(NAMED, Duration::from_secs(60))),
            ("not_shown_yet", not_shown_yet(NAMED, AFTER)),
        ]
    }
}
