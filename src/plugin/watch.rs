//! A thread that ends the process where the event loop cannot.
//!
//! The event loop answers Terraform, ends calls and closes the socket, but only as long as it turns. A read
//! that blocks, or a pipe that nobody empties, would keep a provider alive after its Terraform has gone, deaf
//! to every signal. This thread asks the loop to end, and waits for it no longer than [`END_LIMIT`].
//!
//! | Event | What happens |
//! |---|---|
//! | the process that started us has ended | the loop is asked to end |
//! | SIGTERM | the same: calls in flight stop as they do on Ctrl-C, and answer |
//! | SIGINT (Ctrl-C reaches the whole process group) | nothing, because Terraform tells us what to do; if the loop is stuck, Terraform cannot: the process ends |

use std::{
    io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc as std_mpsc,
    },
    thread,
    time::Duration,
};

use signal_hook::consts::{SIGINT, SIGTERM};
use tokio::sync::mpsc;

/// What the thread asks of the event loop.
#[derive(Debug)]
enum LoopRequest {
    /// To show that it turns, by sending.
    Alive(std_mpsc::Sender<()>),
    /// To end the process, for this reason.
    End(&'static str),
}

/// The event loop's side of the channel from the thread.
pub(super) struct Watch(mpsc::UnboundedReceiver<LoopRequest>);

impl Watch {
    /// Starts to watch. From now on the signals do what the table says. A process that has to be ended leaves
    /// no `folder` behind.
    ///
    /// # Errors
    /// What the system says to the handlers or to the thread.
    pub fn start(folder: Option<PathBuf>) -> io::Result<Self> {
        let signals = Signals::catch()?;
        let (requests, received) = mpsc::unbounded_channel();
        thread::Builder::new().name("watch".to_owned()).spawn(move || {
            let parent = std::os::unix::process::parent_id;
            if watch(parent, &signals, &requests, || loop_turns(&requests), pause) == WatchResult::Stuck {
                end_now(folder);
            }
        })?;
        Ok(Self(received))
    }

    /// Answers until the process should end; says why.
    pub async fn wait_until_end(&mut self) -> &'static str {
        loop {
            match self.0.recv().await {
                // It may have stopped waiting.
                Some(LoopRequest::Alive(sender)) => drop(sender.send(())),
                Some(LoopRequest::End(reason)) => return reason,
                None => std::future::pending().await,
            }
        }
    }
}

/// The signals that have come since the last look.
#[derive(Default)]
struct Signals {
    interrupt: Arc<AtomicBool>,
    terminate: Arc<AtomicBool>,
}

impl Signals {
    fn catch() -> io::Result<Self> {
        let signals = Self::default();
        signal_hook::flag::register(SIGINT, Arc::clone(&signals.interrupt))?;
        signal_hook::flag::register(SIGTERM, Arc::clone(&signals.terminate))?;
        Ok(signals)
    }
}

#[derive(Debug, PartialEq, Eq)]
enum WatchResult {
    /// The event loop has ended by itself.
    Ended,
    /// It does not do what it was asked in time.
    Stuck,
}

/// Looks after the event loop until it ends, or should and does not.
fn watch(
    parent: impl Fn() -> u32,
    signals: &Signals,
    requests: &mpsc::UnboundedSender<LoopRequest>,
    loop_turns: impl Fn() -> bool,
    pause: impl Fn(Duration),
) -> WatchResult {
    let first = parent();
    while !requests.is_closed() {
        let reason = match () {
            () if parent() != first => {
                Some("Terraform is gone: the process that started the provider has ended")
            }
            () if signals.terminate.load(Ordering::Relaxed) => {
                Some("a signal (SIGTERM) asks the provider to end")
            }
            () => None,
        };
        if let Some(reason) = reason {
            let _ = requests.send(LoopRequest::End(reason));
            pause(END_LIMIT);
            return WatchResult::Stuck;
        }
        if signals.interrupt.swap(false, Ordering::Relaxed) && !loop_turns() {
            return WatchResult::Stuck;
        }
        pause(POLL);
    }
    WatchResult::Ended
}

/// Whether the event loop turns: whether it answers within [`ANSWER_LIMIT`].
fn loop_turns(requests: &mpsc::UnboundedSender<LoopRequest>) -> bool {
    let (sender, receiver) = std_mpsc::channel();
    let _ = requests.send(LoopRequest::Alive(sender));
    receiver.recv_timeout(ANSWER_LIMIT).is_ok() || requests.is_closed()
}

#[expect(clippy::disallowed_methods, reason = "this thread does not belong to the event loop")]
fn pause(time: Duration) {
    thread::sleep(time);
}

/// Ends the process. Says nothing: standard error may be what the event loop waits for.
#[expect(clippy::disallowed_methods, reason = "main does not return while the event loop is stuck")]
fn end_now(folder: Option<PathBuf>) {
    // What stays is removed by a later provider.
    drop(folder.map(std::fs::remove_dir_all));
    std::process::exit(1);
}

/// How often the thread looks for signals and for its parent.
const POLL: Duration = Duration::from_millis(200);
/// How long the event loop may take to end; calls in flight get a second of it.
const END_LIMIT: Duration = Duration::from_millis(1600);
/// How long it may take to answer. No step of it takes a tenth of that.
const ANSWER_LIMIT: Duration = Duration::from_millis(1500);

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// Watches until it is over; the parent changes, and the signals come, at these pauses. Answers also what
    /// the event loop was asked, and how often there was a pause.
    fn run(
        parent_ends: usize,
        signal: Option<(usize, i32)>,
        loop_turns: bool,
    ) -> (WatchResult, Option<LoopRequest>, usize) {
        let (requests, mut received) = mpsc::unbounded_channel();
        let (signals, pauses) = (Signals::default(), Cell::new(0));
        let pause = |_| {
            pauses.set(pauses.get() + 1);
            match signal {
                Some((at, SIGINT)) if at == pauses.get() => signals.interrupt.store(true, Ordering::Relaxed),
                Some((at, _)) if at == pauses.get() => signals.terminate.store(true, Ordering::Relaxed),
                _ => {}
            }
        };
        let parent = || if pauses.get() < parent_ends { 4711 } else { 1 };
        let outcome = watch(parent, &signals, &requests, || loop_turns, pause);
        (outcome, received.try_recv().ok(), pauses.get())
    }

    #[test]
    fn asks_to_end_and_waits_no_longer_than_the_limit() {
        for (signal, reason) in [(None, "Terraform is gone"), (Some((5, SIGTERM)), "SIGTERM")] {
            let (outcome, received, pauses) = run(9, signal, true);
            assert_eq!(outcome, WatchResult::Stuck);
            assert_eq!(pauses, if signal.is_some() { 6 } else { 10 });
            assert!(
                matches!(received, Some(LoopRequest::End(told)) if told.contains(reason)),
                "{received:?}"
            );
        }
    }

    #[test]
    fn an_interrupt_ends_a_loop_that_stands_still_and_no_other() {
        let (outcome, received, pauses) = run(9, Some((3, SIGINT)), false);
        assert_eq!((outcome, pauses), (WatchResult::Stuck, 3));
        assert!(received.is_none());
        let (outcome, received, pauses) = run(9, Some((3, SIGINT)), true);
        assert_eq!((outcome, pauses), (WatchResult::Stuck, 10));
        assert!(matches!(received, Some(LoopRequest::End(told)) if told.contains("Terraform is gone")));
    }

    #[test]
    fn ends_with_the_event_loop() {
        let (requests, received) = mpsc::unbounded_channel();
        let received = Cell::new(Some(received));
        let outcome = watch(|| 4711, &Signals::default(), &requests, || true, |_| drop(received.take()));
        assert_eq!(outcome, WatchResult::Ended);
    }

    #[tokio::test]
    async fn the_loop_answers_until_it_should_end() {
        let (requests, received) = mpsc::unbounded_channel();
        let asking = thread::spawn(move || {
            let alive = loop_turns(&requests);
            requests.send(LoopRequest::End("enough")).unwrap();
            alive
        });
        assert_eq!(Watch(received).wait_until_end().await, "enough");
        assert!(asking.join().unwrap());
    }
}
