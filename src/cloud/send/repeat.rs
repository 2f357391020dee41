//! Which attempt follows a failed one, and when.
//!
//! | The failure | What follows |
//! |---|---|
//! | nonce used before, of a read | at once again, one time |
//! | key expired or refused, and others can be had | with other credentials, one time |
//! | date refused | dated by the cloud's clock, one time |
//! | throttled, or not sent | after a wait again |
//! | server error, no response, garbled response, of a read | after a wait again |
//! | anything else, or the waits used up | the failure |

use std::{mem::replace, time::Duration};

use super::{
    limiter::Limiter,
    progress::{CallProgress, CallTracker},
    response::Refusal,
    retry::{Idempotency, Waits, may_repeat},
};
use crate::{
    cause::chain,
    cloud::{
        chance::Chance,
        error::{Error, NONCE_USED, Rejection},
        key::Credentials,
        signer::Signer,
        transport::clock::Clock,
    },
};

/// One attempt at a request: the network, or a test that fails as it likes.
pub(super) trait Attempt: Sync {
    /// What a success gives, decoded.
    type Output: Send;

    /// Signs and sends the request once, with a new nonce and date.
    fn attempt(
        &self,
        credentials: Option<&Credentials>,
    ) -> impl Future<Output = Result<Self::Output, Refusal>> + Send;
}

/// What decides whether and when a request is sent again.
pub(super) struct Repeat<'a> {
    pub(super) limiter: &'a Limiter,
    pub(super) clock: &'a Clock,
    pub(super) chance: Chance,
    pub(super) signer: &'a Signer,
    pub(super) idempotency: Idempotency,
    pub(super) action: &'static str,
    /// Keeps how far the request came; `None` if nobody will ask.
    pub(super) tracker: Option<&'a CallTracker>,
}

/// What was tried once and is not tried again.
#[derive(Default)]
struct Tried {
    nonce: bool,
    key: bool,
}

/// What to do after a failure.
enum Next {
    /// Try again at once.
    Now,
    /// Try again at once, with another key than this one.
    Without(String),
    /// Try again after a wait, if one is left.
    Later,
    /// Give up: sending again cannot help, or could do harm.
    Stop,
}

impl Repeat<'_> {
    /// Tries until an attempt succeeds, may not be repeated, or the waits are used up. Answers also the ID of
    /// the key that signed.
    pub(super) async fn run<A: Attempt>(
        &self,
        mut waits: Waits,
        attempt: &A,
    ) -> Result<(A::Output, Option<String>), Error> {
        let mut tried = Tried::default();
        let mut refused = None;
        self.note(CallProgress::NotSent);
        loop {
            // For each attempt: a wait can outlast a session. Before the limiter: opening a session takes a turn of its own,
            // and a turn that is taken should be used at once.
            let now = self.clock.now();
            let credentials = self.signer.credentials(now, refused.take().as_deref()).await?;
            self.limiter.admit().await;
            self.note(CallProgress::Sent);
            let failure = match attempt.attempt(credentials.as_ref()).await {
                Ok(response) => {
                    return Ok((
                        response,
                        credentials.map(|credentials| credentials.access_key_id().to_owned()),
                    ));
                }
                Err(failure) => failure,
            };
            let wait = match self.next(&mut tried, &failure.error, credentials.as_ref()).await {
                Next::Now => Some(Duration::ZERO),
                Next::Without(key) => {
                    refused = Some(key);
                    Some(Duration::ZERO)
                }
                Next::Later => self.next_wait(&mut waits, &failure),
                Next::Stop => None,
            };
            let Some(wait) = wait else { return Err(self.completed(*failure.error, credentials)) };
            self.note(CallProgress::Repelled(*failure.error));
            if !wait.is_zero() {
                tokio::time::sleep(wait).await;
            }
        }
    }

    async fn next(&self, tried: &mut Tried, error: &Error, credentials: Option<&Credentials>) -> Next {
        // Something on the way has sent the request twice, and this is the response to the second. For a request that
        // changes something it would leave open what the first has done: the caller finds out.
        if error.is_code(NONCE_USED) && self.idempotency == Idempotency::Safe && first(&mut tried.nonce) {
            return Next::Now;
        }
        // Each of these is tried once: another date or key that is refused as well will not be accepted the next time.
        match error.rejection() {
            Some(Rejection::Clock) if self.clock.distrust_local() => return Next::Now,
            Some(rejection) if rejection.may_pass_with_another_key() => {
                if let Some(credentials) = credentials
                    && self.signer.can_renew().await
                    && first(&mut tried.key)
                {
                    return Next::Without(credentials.access_key_id().to_owned());
                }
            }
            _ => {}
        }
        if may_repeat(error, self.idempotency) { Next::Later } else { Next::Stop }
    }

    fn note(&self, progress: CallProgress) {
        if let Some(tracker) = self.tracker {
            tracker.set(progress);
        }
    }

    /// How long to wait before the next attempt; `None` if the waits are used up.
    fn next_wait(&self, waits: &mut Waits, failure: &Refusal) -> Option<Duration> {
        // Also if this request has no wait left: the others of the process should slow down all the same.
        if matches!(*failure.error, Error::Throttled(_)) {
            self.limiter.throttled(failure.asked_wait);
        }
        let wait = waits.next_wait(failure.asked_wait, (self.chance.fraction)())?;
        let error = chain(&*failure.error);
        tracing::debug!(action = self.action, wait_ms = wait.as_millis(), %error, "sending again");
        Some(wait)
    }

    /// The error with what only this side knows: where the key comes from, how far the clock is off.
    fn completed(&self, error: Error, credentials: Option<Credentials>) -> Error {
        match error {
            Error::NotAuthenticated(mut rejected) => {
                rejected.key = credentials.map(|credentials| credentials.source().clone());
                rejected.clock_offset = self.clock.offset();
                Error::NotAuthenticated(rejected)
            }
            other => other,
        }
    }
}

/// Whether it is the first time.
fn first(tried: &mut bool) -> bool {
    !replace(tried, true)
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    };

    use futures_util::future::BoxFuture;
    use jiff::Timestamp;
    use reqwest::header::{DATE, HeaderMap};
    use tokio::time::Instant;

    use super::*;
    use crate::cloud::{
        error::ApiError,
        place::Place,
        signer::{CachedCredentials, CredentialsSource, FetchedCredentials},
        transport::trust::Mistrust,
    };

    type Failure = fn() -> Refusal;
    /// Who signed each attempt, and when.
    type Attempts = Vec<(Option<String>, Instant)>;

    /// A kind of failure, and how many attempts it leads to if it comes each time and two waits are left: of a
    /// read, and of a request that must not take effect twice.
    const RULES: [(&str, Failure, usize, usize); 12] = [
        ("nonce", || api(400, "SignatureNonceUsed"), 2, 1),
        ("expired token", || api(400, "InvalidSecurityToken.Expired"), 2, 2),
        ("clock", || api(400, "InvalidTimeStamp.Expired"), 2, 2),
        ("throttled", || api(400, "Throttling.User"), 3, 3),
        ("not sent", || unreachable(false), 3, 3),
        ("no answer", || unreachable(true), 3, 1),
        ("server error", || api(500, "InternalError"), 3, 1),
        ("garbled", garbled, 3, 1),
        ("denied", || api(403, "NoPermission"), 1, 1),
        ("unknown key", || api(404, "InvalidAccessKeyId.NotFound"), 1, 1),
        ("missing", || api(404, "EntityNotExist.Role"), 1, 1),
        ("not trusted", not_trusted, 1, 1),
    ];

    fn api(http_status: u16, code: &str) -> Refusal {
        Error::from_api(ApiError { http_status, code: code.to_owned(), ..ApiError::default() }).into()
    }

    fn unreachable(sent: bool) -> Refusal {
        Error::Unreachable { action: "x", host: String::new(), sent, source: "x".into() }.into()
    }

    fn garbled() -> Refusal {
        let (host, problem) = (String::new(), String::new());
        Error::UnexpectedResponse {
            action: "x",
            host,
            http_status: 200,
            code: None,
            request_id: None,
            problem,
        }
        .into()
    }

    fn not_trusted() -> Refusal {
        Error::NotTrusted { action: "x", host: String::new(), mistrust: Mistrust::of_issuer("x") }.into()
    }

    /// Fails as instructed, then succeeds; keeps who signed each attempt, and when.
    struct Script {
        failures: Vec<Failure>,
        attempts: Mutex<Attempts>,
    }

    impl Attempt for Script {
        type Output = ();

        async fn attempt(&self, credentials: Option<&Credentials>) -> Result<(), Refusal> {
            let mut attempts = self.attempts.lock().unwrap();
            let key = credentials.map(|credentials| credentials.access_key_id().to_owned());
            attempts.push((key, Instant::now()));
            self.failures.get(attempts.len() - 1).map_or(Ok(()), |failure| Err(failure()))
        }
    }

    /// A source that gives another key each time.
    #[derive(Default)]
    struct Numbered(AtomicU32);

    impl CredentialsSource for Numbered {
        fn fetch(&self) -> BoxFuture<'_, Result<FetchedCredentials, Error>> {
            let id = format!("key{}", self.0.fetch_add(1, Ordering::Relaxed));
            let place = Place::Service("numbers".to_owned());
            let credentials = Credentials::new(id, "secret".into(), None, place).unwrap();
            Box::pin(async { Ok(FetchedCredentials { credentials, can_renew: true }) })
        }
    }

    fn an_hour_behind() -> Clock {
        let clock = Clock::over(|| "2026-01-02T12:00:00Z".parse::<Timestamp>().unwrap());
        let date = "Fri, 02 Jan 2026 13:00:00 GMT".parse().unwrap();
        clock.learn(&[(DATE, date)].into_iter().collect::<HeaderMap>());
        clock
    }

    /// Runs a script with two waits; returns how it ended and its attempts.
    fn run(idempotency: Idempotency, failures: &[Failure]) -> (Result<(), Error>, Attempts) {
        run_as(Signer::Cached(Arc::new(CachedCredentials::new(Numbered::default()))), idempotency, failures)
    }

    fn run_as(
        signer: Signer,
        idempotency: Idempotency,
        failures: &[Failure],
    ) -> (Result<(), Error>, Attempts) {
        let script = Script { failures: failures.to_vec(), attempts: Mutex::default() };
        let (limiter, clock) = (Limiter::default(), an_hour_behind());
        let chance = Chance { fraction: || 1.0, nonce: String::new };
        let repeat = Repeat {
            limiter: &limiter,
            clock: &clock,
            chance,
            signer: &signer,
            idempotency,
            action: "x",
            tracker: None,
        };
        let builder = &mut tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_time().start_paused(true).build().unwrap();
        let outcome = runtime.block_on(repeat.run(Waits::new(2), &script));
        (outcome.map(drop), script.attempts.into_inner().unwrap())
    }

    /// How far a change came whose caller waits for a second only; `admitted_after` the limiter gives it its turn.
    fn given_up(failures: &[Failure], admitted_after: Option<Duration>) -> CallProgress {
        struct Pending(Script);
        impl Attempt for Pending {
            type Output = ();

            async fn attempt(&self, credentials: Option<&Credentials>) -> Result<(), Refusal> {
                match self.0.attempt(credentials).await {
                    Ok(()) => std::future::pending().await,
                    failure => failure,
                }
            }
        }
        let attempt = Pending(Script { failures: failures.to_vec(), attempts: Mutex::default() });
        let (limiter, clock, tracker) = (Limiter::default(), an_hour_behind(), CallTracker::default());
        let chance = Chance { fraction: || 1.0, nonce: String::new };
        let signer = Signer::Cached(Arc::new(CachedCredentials::new(Numbered::default())));
        let builder = &mut tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            if let Some(wait) = admitted_after {
                limiter.throttled(Some(wait));
            }
            let repeat = Repeat {
                limiter: &limiter,
                clock: &clock,
                chance,
                signer: &signer,
                idempotency: Idempotency::Unsafe,
                action: "x",
                tracker: Some(&tracker),
            };
            let outcome =
                tokio::time::timeout(Duration::from_millis(10), repeat.run(Waits::new(2), &attempt)).await;
            assert!(outcome.is_err(), "it is still under way");
        });
        tracker.take()
    }

    #[test]
    fn a_caller_that_gives_up_learns_how_far_a_change_came() {
        assert!(matches!(given_up(&[], None), CallProgress::Sent));
        let throttled: Failure = || api(400, "Throttling.User");
        assert!(matches!(given_up(&[throttled], None), CallProgress::Repelled(Error::Throttled(_))));
        let long = Some(Duration::from_secs(60));
        assert!(matches!(given_up(&[], long), CallProgress::NotSent));
    }

    #[test]
    fn each_rule_alone() {
        for (name, failure, safe, risky) in RULES {
            for (idempotency, expected) in [(Idempotency::Safe, safe), (Idempotency::Unsafe, risky)] {
                let (outcome, attempts) = run(idempotency, &[failure; 9]);
                assert!(outcome.is_err(), "{name}");
                assert_eq!(attempts.len(), expected, "{name}, {idempotency:?}");
            }
        }
    }

    #[test]
    fn each_pair_of_rules() {
        let passes = |attempts: usize| attempts > 1;
        for (first, failure, safe, risky) in RULES {
            for (second, other, safe_too, risky_too) in RULES {
                for (idempotency, one, two) in
                    [(Idempotency::Safe, safe, safe_too), (Idempotency::Unsafe, risky, risky_too)]
                {
                    let (outcome, attempts) = run(idempotency, &[failure, other]);
                    let once_only = first == second && two == 2;
                    let passed = passes(one) && passes(two) && !once_only;
                    assert_eq!(outcome.is_ok(), passed, "{first}, {second}, {idempotency:?}");
                    let expected = 1 + usize::from(passes(one)) + usize::from(passed);
                    assert_eq!(attempts.len(), expected, "{first}, {second}, {idempotency:?}");
                }
            }
        }
    }

    #[test]
    fn expired_credentials_are_asked_for_again_and_given_ones_are_not() {
        let expired: Failure = || api(400, "InvalidSecurityToken.Expired");
        let (outcome, attempts) = run(Idempotency::Unsafe, &[expired]);
        let keys: Vec<_> = attempts.into_iter().map(|(key, _)| key.unwrap()).collect();
        assert_eq!((outcome.is_ok(), keys), (true, vec!["key0".to_owned(), "key1".to_owned()]));
        let place = Place::Attribute("access_key");
        let given = Credentials::new("given".to_owned(), "secret".into(), None, place).unwrap();
        let (outcome, attempts) = run_as(Signer::Given(given), Idempotency::Safe, &[expired]);
        assert_eq!((outcome.is_ok(), attempts.len()), (false, 1));
    }

    #[test]
    fn only_what_is_repeated_as_it_was_waits() {
        for (name, failure, milliseconds) in [
            ("nonce", (|| api(400, "SignatureNonceUsed")) as Failure, 0),
            ("clock", || api(400, "InvalidTimeStamp.Expired"), 0),
            ("expired token", || api(400, "InvalidSecurityToken.Expired"), 0),
            ("server error", || api(500, "InternalError"), 200),
            (
                "asked",
                || Refusal { asked_wait: Some(Duration::from_secs(7)), ..api(400, "Throttling") },
                7200,
            ),
        ] {
            let (_, attempts) = run(Idempotency::Safe, &[failure]);
            let waited = attempts[1].1 - attempts[0].1;
            assert_eq!(waited.as_millis(), milliseconds, "{name}");
        }
    }

    #[test]
    fn a_rejection_tells_whose_key_it_was_and_how_far_the_clock_is_off() {
        let refused: Failure = || api(400, "InvalidTimeStamp.Expired");
        let (outcome, _) = run(Idempotency::Safe, &[refused; 2]);
        let Err(Error::NotAuthenticated(rejected)) = outcome else { panic!("{outcome:?}") };
        assert_eq!(rejected.key, Some(Place::Service("numbers".to_owned())));
        assert_eq!((rejected.rejection, rejected.clock_offset.as_secs()), (Rejection::Clock, 3600));
    }

    #[test]
    fn a_date_refused_by_a_cloud_of_the_same_time_is_final() {
        let clock = Clock::over(|| "2026-01-02T12:00:00Z".parse::<Timestamp>().unwrap());
        assert!(!clock.distrust_local());
    }
}
