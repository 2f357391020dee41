//! How long an operation may wait, and what ends it early.

use std::{future::Future, time::Duration};

use tokio::time::Instant;

use crate::framework::resource::CancellationToken;

/// The time that an operation may take, and the token that ends it early.
#[derive(Debug)]
pub(super) struct Budget<'a> {
    deadline: Instant,
    granted: Duration,
    stop: Option<&'a CancellationToken>,
}

/// What ended a wait before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Interruption {
    /// The time-out of the operation is over; its length.
    TimedOut(Duration),
    /// Terraform was interrupted (Ctrl-C), or its process has gone.
    Stopped,
}

impl<'a> Budget<'a> {
    pub(super) fn new(granted: Duration, stop: &'a CancellationToken) -> Self {
        Self { deadline: Instant::now() + granted, granted, stop: Some(stop) }
    }

    /// A little more time after an interruption, to see what became of a request. Terraform kills
    /// a provider that does not end soon, so it is short and nothing ends it early.
    pub(super) fn last_look() -> Self {
        Self { deadline: Instant::now() + LAST_LOOK, granted: LAST_LOOK, stop: None }
    }

    /// Checks that there is time to begin something that changes the cloud.
    ///
    /// # Errors
    /// What has ended the budget.
    pub(super) fn check(&self) -> Result<(), Interruption> {
        match self.stop {
            Some(stop) if stop.is_cancelled() => Err(Interruption::Stopped),
            _ if Instant::now() >= self.deadline => Err(Interruption::TimedOut(self.granted)),
            _ => Ok(()),
        }
    }

    /// Runs a future within the budget.
    ///
    /// # Errors
    /// What ended it first; the future is dropped then.
    pub(super) async fn run<F: Future>(&self, future: F) -> Result<F::Output, Interruption> {
        let stopped = async {
            match self.stop {
                Some(stop) => stop.cancelled().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            // An answer that is there counts, also when the time is up.
            biased;
            output = future => Ok(output),
            () = stopped => Err(Interruption::Stopped),
            () = tokio::time::sleep_until(self.deadline) => Err(Interruption::TimedOut(self.granted)),
        }
    }

    /// Waits before asking again.
    ///
    /// # Errors
    /// What ended the wait first.
    pub(super) async fn pause(&self, duration: Duration) -> Result<(), Interruption> {
        self.run(tokio::time::sleep(duration)).await
    }
}

/// The waits between polls: each longer than the one before, up to a limit, and each shortened by
/// chance so that many roles do not ask in step.
#[derive(Clone, Debug)]
pub(super) struct Polls {
    next: Duration,
}

impl Polls {
    pub(super) fn new() -> Self {
        Self { next: FIRST_POLL }
    }

    pub(super) fn next_wait(&mut self) -> Duration {
        let wait = self.next;
        self.next = (wait * 8 / 5).min(LONGEST_POLL);
        wait.mul_f64(0.5 + fastrand::f64() / 2.0)
    }
}

/// Most roles are visible, and most deletion tasks done, within a second.
const FIRST_POLL: Duration = Duration::from_millis(300);
const LONGEST_POLL: Duration = Duration::from_secs(5);
/// Within the second that an interrupted provider has.
const LAST_LOOK: Duration = Duration::from_millis(800);

#[cfg(test)]
mod tests {
    use super::*;

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
    }

    #[test]
    fn ends_at_the_deadline_or_when_stopped() {
        runtime().block_on(async {
            let stop = CancellationToken::new();
            let budget = Budget::new(Duration::from_secs(3), &stop);
            assert_eq!(budget.pause(Duration::from_secs(2)).await, Ok(()));
            assert_eq!(budget.check(), Ok(()));
            let timed_out = Interruption::TimedOut(Duration::from_secs(3));
            assert_eq!(budget.pause(Duration::from_secs(2)).await, Err(timed_out));
            assert_eq!(budget.run(async { 7 }).await, Ok(7), "an answer that is there counts");
            assert_eq!(budget.check(), Err(timed_out), "and nothing more is begun");
            stop.cancel();
            assert_eq!(budget.check(), Err(Interruption::Stopped));
            let budget = Budget::new(Duration::from_secs(3), &stop);
            assert_eq!(budget.pause(Duration::from_secs(1)).await, Err(Interruption::Stopped));
            assert_eq!(Budget::last_look().pause(Duration::from_millis(1)).await, Ok(()));
        });
    }

    #[test]
    fn polls_slow_down_to_a_limit() {
        let mut polls = Polls::new();
        let waits: Vec<_> = (0..20).map(|_| polls.next_wait()).collect();
        assert!(waits[0] <= FIRST_POLL && waits[0] >= FIRST_POLL / 2);
        assert!(waits.iter().all(|wait| *wait <= LONGEST_POLL));
        assert!(waits[19] >= LONGEST_POLL / 2);
    }
}
