//! One look at the cloud, as data sources and searches take it: bounded in time, ended by Ctrl-C,
//! and reports what was looked for when it fails.
//!
//! Must not know what is looked for.

use std::{future::Future, time::Duration};

use super::{
    diagnostics::{cloud_error, on_account},
    wait::{Budget, Interruption},
};
use crate::{
    cloud,
    framework::{diagnostics::Diagnostic, resource::CancellationToken},
};

/// Asks the cloud for `what`, such as "the service-linked role \"x\"".
///
/// # Errors
/// A failed call, a time-out or an interruption, as a diagnostic.
pub(super) async fn look<T>(
    what: &str,
    stop: &CancellationToken,
    asked: impl Future<Output = Result<T, cloud::Error>>,
) -> Result<T, Diagnostic> {
    match Budget::new(LONGEST_LOOK, stop).run(asked).await {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(error)) => Err(failed(what, &error)),
        Err(interruption) => Err(ended(what, interruption)),
    }
}

fn failed(what: &str, error: &cloud::Error) -> Diagnostic {
    let failed = cloud_error("Alibaba Cloud could not be read", &format!("Reading {what} failed."), error);
    on_account(failed, error)
}

fn ended(what: &str, interruption: Interruption) -> Diagnostic {
    match interruption {
        Interruption::Stopped => Diagnostic::error(
            "Reading was interrupted",
            format!(
                "Terraform was interrupted while the provider was reading {what}.\n\nRun the same command again."
            ),
        ),
        Interruption::TimedOut(after) => Diagnostic::error(
            "Reading timed out",
            format!(
                "Reading {what} took longer than {after:?}.\n\nCheck the network, then run the same command again."
            ),
        ),
    }
}

/// A few requests, each with its retries.
const LONGEST_LOOK: Duration = Duration::from_secs(120);

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::framework::diagnostics::Samples;

    /// A sample of each diagnostic that this file makes, for the snapshot.
    pub(crate) fn samples() -> Samples {
        let (what, after) = ("the folder \"fd-1\"", Duration::from_secs(120));
        vec![
            ("failed", failed(what, &crate::provider::diagnostics::tests::denied())),
            ("ended, interrupted", ended(what, Interruption::Stopped)),
            ("ended, timed out", ended(what, Interruption::TimedOut(after))),
        ]
    }

    #[test]
    fn ends_with_what_was_looked_for() {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let stop = CancellationToken::new();
            let never = std::future::pending::<Result<(), cloud::Error>>;
            let late = look("the role \"x\"", &stop, never()).await.unwrap_err();
            assert_eq!(late.summary, "Reading timed out");
            assert!(late.detail.starts_with("Reading the role \"x\" took longer than 120s."));
            stop.cancel();
            let stopped = look("the role \"x\"", &stop, never()).await.unwrap_err();
            assert!(stopped.detail.contains("interrupted while the provider was reading the role \"x\""));
        });
    }
}
