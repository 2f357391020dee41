//! How long to wait before a request is sent again, and which may be.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

use crate::cloud::error::Error;

/// Whether sending a request twice does the same as once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Idempotency {
    /// It does: the request only reads.
    Safe,
    /// It may not: only a request that certainly had no effect is sent again. Otherwise the caller finds out
    /// what happened.
    Unsafe,
}

/// Whether a failed request may be sent again as it was, with a new nonce and date.
pub(super) fn may_repeat(error: &Error, idempotency: Idempotency) -> bool {
    match error {
        Error::Throttled(_) => true,
        Error::Unreachable { sent: false, .. } => true,
        Error::Unavailable(_) | Error::Unreachable { .. } => idempotency == Idempotency::Safe,
        // A garbled response of the product or of something on the way.
        Error::UnexpectedResponse { .. } => idempotency == Idempotency::Safe && error.outcome_unknown(),
        _ => false,
    }
}

/// The waits of one request: exponential with full jitter, and never shorter than the cloud asks.
#[derive(Debug)]
pub(super) struct Waits(ExponentialBackoff);

impl Waits {
    /// The waits of one request, at most `max_retries`.
    pub fn new(max_retries: u32) -> Self {
        let builder = ExponentialBuilder::new()
            .with_min_delay(FIRST)
            .with_max_delay(LONGEST)
            .with_factor(2.0)
            .with_max_times(max_retries as usize);
        Self(builder.build())
    }

    /// The next wait; `None` if they are used up. `asked` is what the cloud asked for, `chance` a random
    /// number from 0 to 1.
    pub fn next_wait(&mut self, asked: Option<Duration>, chance: f64) -> Option<Duration> {
        let jittered = self.0.next()?.mul_f64(chance);
        Some(match asked {
            // Others were asked to wait as long: chance spreads them.
            Some(asked) => asked.min(LONGEST_ASKED) + jittered,
            None => jittered,
        })
    }
}

const FIRST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(20);
/// Beyond this the operation's own time-out should end it.
const LONGEST_ASKED: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::error::ApiError;

    #[test]
    fn waits_double_to_a_limit_and_end() {
        let mut waits = Waits::new(9);
        let found: Vec<_> =
            std::iter::from_fn(|| waits.next_wait(None, 1.0)).map(|wait| wait.as_millis()).collect();
        assert_eq!(found, [200, 400, 800, 1600, 3200, 6400, 12800, 20000, 20000]);
        assert_eq!(Waits::new(0).next_wait(None, 1.0), None);
    }

    #[test]
    fn chance_goes_down_to_nothing() {
        assert_eq!(Waits::new(1).next_wait(None, 0.0), Some(Duration::ZERO));
        assert_eq!(Waits::new(1).next_wait(None, 0.5), Some(Duration::from_millis(100)));
    }

    #[test]
    fn the_cloud_is_heard_up_to_a_limit() {
        let asked = |seconds| Waits::new(1).next_wait(Some(Duration::from_secs(seconds)), 0.5);
        assert_eq!(asked(3), Some(Duration::from_millis(3100)));
        assert_eq!(asked(86_400), Some(Duration::from_millis(60_100)));
    }

    #[test]
    fn an_unsafe_request_is_sent_again_only_if_it_was_not_carried_out() {
        let api = |http_status, code: &str| {
            Error::from_api(ApiError { http_status, code: code.to_owned(), ..ApiError::default() })
        };
        let unreachable =
            |sent| Error::Unreachable { action: "x", host: String::new(), sent, source: "x".into() };
        for (error, safe, risky) in [
            (api(400, "Throttling.User"), true, true),
            (api(500, "InternalError"), true, false),
            (unreachable(false), true, true),
            (unreachable(true), true, false),
            (api(403, "NoPermission"), false, false),
            (api(404, "EntityNotExist.Role"), false, false),
        ] {
            assert_eq!(may_repeat(&error, Idempotency::Safe), safe, "{error:?}");
            assert_eq!(may_repeat(&error, Idempotency::Unsafe), risky, "{error:?}");
        }
    }
}
