//! Holds requests back after throttling, for all resources of a process together.
//!
//! As long as the cloud throttles nothing, nothing waits. A throttled request halves the rate of all
//! that follow; each second without another one raises the rate by a fifth, until it is so high
//! that it no longer matters. No lock is held across a wait.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

/// The rate that all requests of a client share.
#[derive(Debug, Default)]
pub(super) struct Limiter(Mutex<Rate>);

#[derive(Debug, Default)]
struct Rate {
    /// Requests in a second; `None` while nothing is held back.
    limit: Option<f64>,
    /// When the next request may go.
    next: Option<Instant>,
    /// When the limit was changed last.
    changed: Option<Instant>,
    /// Start of the running second, and the requests in it.
    second: Option<(Instant, u32)>,
}

impl Limiter {
    /// Waits for this request's turn; not at all while nothing is held back.
    pub(super) async fn admit(&self) {
        let turn = self.lock().take_turn(Instant::now());
        if let Some(turn) = turn {
            sleep_until(turn).await;
        }
    }

    /// A request was throttled; `asked` is how long the cloud asks to wait.
    pub(super) fn throttled(&self, asked: Option<Duration>) {
        self.lock().slow_down(Instant::now(), asked.unwrap_or_default().min(LONGEST_PAUSE));
    }

    fn lock(&self) -> MutexGuard<'_, Rate> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rate {
    fn take_turn(&mut self, now: Instant) -> Option<Instant> {
        self.second = match self.second {
            Some((start, count)) if now - start < Duration::from_secs(1) => Some((start, count + 1)),
            _ => Some((now, 1)),
        };
        self.recover(now);
        let turn = self.next.filter(|next| *next > now);
        match self.limit {
            Some(limit) => self.next = Some(turn.unwrap_or(now) + Duration::from_secs_f64(1.0 / limit)),
            None => self.next = turn,
        }
        turn
    }

    /// Lets the rate grow for the time since it was changed.
    fn recover(&mut self, now: Instant) {
        let (Some(limit), Some(changed)) = (self.limit, self.changed) else { return };
        let seconds = (now - changed).as_secs();
        if seconds == 0 {
            return;
        }
        let exponent = i32::try_from(seconds).unwrap_or(i32::MAX);
        let grown = limit * GROWTH.powi(exponent);
        self.limit = (grown < HIGHEST).then_some(grown);
        self.changed = Some(now);
    }

    fn slow_down(&mut self, now: Instant, asked: Duration) {
        // Many requests in flight are throttled together: that is one sign, not many.
        let again = self.changed.is_some_and(|changed| now - changed < Duration::from_secs(1));
        if !(again && self.limit.is_some()) {
            // A process that has asked little so far is not the cause: others share the account's quota.
            let measured = self.second.map_or(0.0, |(_, count)| f64::from(count)).max(MODEST);
            self.limit = Some((self.limit.unwrap_or(measured) / 2.0).max(LOWEST));
            self.changed = Some(now);
        }
        self.next = self.next.max(Some(now + asked));
    }
}

/// Requests in a second: with less, a single role could not be created within its time-out.
const LOWEST: f64 = 2.0;
/// Requests in a second that no quota minds.
const MODEST: f64 = 20.0;
/// Requests in a second: above, Terraform's own parallelism is the limit.
const HIGHEST: f64 = 500.0;
const GROWTH: f64 = 1.2;
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    fn run(test: impl Future<Output = ()>) {
        let builder = &mut tokio::runtime::Builder::new_current_thread();
        builder.enable_time().start_paused(true).build().unwrap().block_on(test);
    }

    async fn time_of(limiter: &Limiter, requests: u32) -> Duration {
        let start = Instant::now();
        for _ in 0..requests {
            limiter.admit().await;
        }
        start.elapsed()
    }

    #[test]
    fn nothing_waits_before_throttling() {
        run(async {
            let limiter = Limiter::default();
            assert_eq!(time_of(&limiter, 10_000).await, Duration::ZERO);
        });
    }

    #[test]
    fn throttling_halves_the_rate_once_a_second() {
        run(async {
            let limiter = Limiter::default();
            time_of(&limiter, 20).await;
            for _ in 0..20 {
                limiter.throttled(None);
            }
            // Ten in a second: the first goes at once.
            let took = time_of(&limiter, 11).await;
            assert_eq!(took.as_millis(), 1000);
        });
    }

    #[test]
    fn the_cloud_is_heard() {
        run(async {
            let limiter = Limiter::default();
            limiter.throttled(Some(Duration::from_secs(7)));
            assert_eq!(time_of(&limiter, 1).await, Duration::from_secs(7));
            limiter.throttled(Some(Duration::from_secs(86_400)));
            assert!(time_of(&limiter, 1).await <= LONGEST_PAUSE);
        });
    }

    #[test]
    fn the_rate_recovers() {
        run(async {
            let limiter = Limiter::default();
            limiter.throttled(None);
            tokio::time::advance(Duration::from_secs(60)).await;
            assert_eq!(time_of(&limiter, 1000).await, Duration::ZERO);
        });
    }
}
