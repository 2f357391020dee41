//! The time, by this machine's clock and by the cloud's.
//!
//! Each response of the cloud carries its time in the `Date` header, to the second.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};
use reqwest::header::{DATE, HeaderMap};

/// This machine's clock, and how far the cloud's is off from it.
#[derive(Debug)]
pub struct Clock {
    local: fn() -> Timestamp,
    /// What to add to the local clock to get the cloud's, in milliseconds.
    offset: AtomicI64,
    /// Whether the cloud has refused a request for its time.
    refused: AtomicBool,
}

impl Clock {
    /// Over the clock of this machine.
    pub fn system() -> Self {
        Self::over(system_now)
    }

    /// Over another clock than the system's, for tests.
    pub fn over(local: fn() -> Timestamp) -> Self {
        Self { local, offset: AtomicI64::new(0), refused: AtomicBool::new(false) }
    }

    /// The time by the cloud's clock, as far as a response has shown it; else the local time.
    pub fn now(&self) -> Timestamp {
        let local = (self.local)();
        local.checked_add(self.offset()).unwrap_or(local)
    }

    /// The time to date a request with: the local one, until the cloud has refused it.
    ///
    /// Something on the way can write the `Date` header; a refusal that the cloud signed for is needed to
    /// believe it.
    pub fn signing_now(&self) -> Timestamp {
        if self.refused.load(Ordering::Relaxed) && self.is_believed() { self.now() } else { (self.local)() }
    }

    /// Whoever writes the `Date` header could else collect requests that are good some time later.
    fn is_believed(&self) -> bool {
        self.offset().abs() <= FARTHEST
    }

    /// How far the cloud's clock is ahead of this machine's; negative if it is behind, zero if nothing shows
    /// it.
    pub fn offset(&self) -> SignedDuration {
        SignedDuration::from_millis(self.offset.load(Ordering::Relaxed))
    }

    /// From now on requests are dated by the cloud's clock. Answers whether that is news, so that sending
    /// again can help.
    ///
    /// A clock that is off by more than a day is not believed.
    pub fn distrust_local(&self) -> bool {
        let can_help = !self.offset().is_zero() && self.is_believed();
        can_help && !self.refused.swap(true, Ordering::Relaxed)
    }

    /// Learns the cloud's clock from the `Date` header of a response.
    pub fn learn(&self, headers: &HeaderMap) {
        let date = headers.get(DATE).and_then(|value| value.to_str().ok());
        let date = date.and_then(|text| jiff::fmt::rfc2822::parse(text).ok());
        if let Some(date) = date {
            let offset = date.timestamp().as_millisecond() - (self.local)().as_millisecond();
            // The header has whole seconds: a smaller difference does not count.
            let offset = if offset.abs() < 2_000 { 0 } else { offset };
            self.offset.store(offset, Ordering::Relaxed);
        }
    }
}

/// A wrong time zone, and a bit.
const FARTHEST: SignedDuration = SignedDuration::from_hours(25);

#[expect(clippy::disallowed_methods, reason = "the clock comes in here: each attempt is dated")]
fn system_now() -> Timestamp {
    Timestamp::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noon() -> Timestamp {
        "2026-01-02T12:00:00Z".parse().unwrap()
    }

    fn headers(date: &str) -> HeaderMap {
        [(DATE, date.parse().unwrap())].into_iter().collect()
    }

    #[test]
    fn the_cloud_dates_requests_only_after_it_has_refused_a_date() {
        let clock = Clock::over(noon);
        clock.learn(&headers("Fri, 02 Jan 2026 13:00:00 GMT"));
        assert_eq!(clock.now().to_string(), "2026-01-02T13:00:00Z");
        assert_eq!(clock.signing_now(), noon());
        assert!(clock.distrust_local());
        assert_eq!(clock.signing_now(), clock.now());
        assert!(!clock.distrust_local(), "a second refusal changes nothing");
    }

    #[test]
    fn no_request_is_dated_days_ahead() {
        let clock = Clock::over(noon);
        clock.learn(&headers("Thu, 01 Jan 2032 00:00:00 GMT"));
        assert!(!clock.distrust_local());
        clock.learn(&headers("Fri, 02 Jan 2026 13:00:00 GMT"));
        assert!(clock.distrust_local());
        for date in ["Thu, 01 Jan 2032 00:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT"] {
            clock.learn(&headers(date));
            assert_eq!(clock.signing_now(), noon(), "{date}");
        }
    }

    #[test]
    fn less_than_two_seconds_and_nonsense_are_no_difference() {
        let clock = Clock::over(noon);
        for date in ["Fri, 02 Jan 2026 12:00:01 GMT", "yesterday", ""] {
            clock.learn(&headers(date));
            assert_eq!(clock.now(), noon(), "{date}");
            assert!(!clock.distrust_local(), "{date}");
        }
    }

    #[test]
    fn a_date_beyond_every_calendar_is_harmless() {
        let clock = Clock::over(|| Timestamp::MAX);
        clock.learn(&headers("Fri, 31 Dec 9999 23:59:59 GMT"));
        let _ = clock.now();
        let clock = Clock::over(|| Timestamp::MIN);
        clock.learn(&headers("Fri, 31 Dec 9999 23:59:59 GMT"));
        let _ = clock.now();
    }
}
