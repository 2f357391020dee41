//! When the process ends.
//!
//! Terraform ends it by a call ([`super::services`]). Signals do not end it at once: Ctrl-C and a SIGTERM to
//! the process group reach us too, while Terraform still waits for the calls in flight, and a provider that
//! dies in the middle of an apply loses the state of the resource (observed). Nothing in go-plugin tells
//! a provider that Terraform has died, so we watch for it ([`super::watch`]).

use std::{future, io, sync::Arc, time::Duration};

use tokio::{sync::watch, time};

#[cfg(unix)]
use super::watch::Watch;

/// Why a process ends that Terraform has lost.
const CONNECTIONS_CLOSED: &str = "Terraform is gone: every connection is closed";

/// How long all connections may be gone. Terraform holds one for its whole life and does not come back;
/// a gRPC client that lost its connection comes back within seconds.
const RECONNECT_LIMIT: Duration = Duration::from_secs(10);

/// Counts the connections that are open. Clones count together.
#[derive(Debug, Clone)]
pub(super) struct OpenConnections {
    count: watch::Sender<Count>,
    clients: Clients,
}

/// A client: the same for all its connections, alive as long as one is open or it is the only client.
pub(super) type ClientHandle = Arc<()>;

/// How many clients the connections can be of.
#[derive(Clone, Debug)]
enum Clients {
    /// The Terraform that started us, which may connect again.
    One(ClientHandle),
    /// Each is another's: Terraform connects once for each provider configuration.
    Several,
}

/// One connection, counted as open until it is dropped.
#[derive(Debug)]
pub(super) struct OpenConnection {
    count: watch::Sender<Count>,
    client: ClientHandle,
}

#[derive(Debug, Default)]
struct Count {
    open: usize,
    ever_opened: bool,
}

impl OpenConnections {
    /// For a process that Terraform started: all connections are of one client.
    pub fn new() -> Self {
        Self { count: watch::Sender::default(), clients: Clients::One(ClientHandle::default()) }
    }

    /// For a process that a person started: each connection is of another client.
    pub fn of_several_clients() -> Self {
        Self { clients: Clients::Several, ..Self::new() }
    }

    /// Counts one more connection, until what is returned is dropped.
    pub fn opened(&self) -> OpenConnection {
        self.count.send_modify(|count| {
            count.open += 1;
            count.ever_opened = true;
        });
        let client = match &self.clients {
            Clients::One(client) => Arc::clone(client),
            Clients::Several => ClientHandle::default(),
        };
        OpenConnection { count: self.count.clone(), client }
    }

    /// Waits until there was a connection and there has been none for [`RECONNECT_LIMIT`].
    async fn all_gone(&self) {
        let mut count = self.count.subscribe();
        loop {
            let none_left = count.wait_for(|count| count.ever_opened && count.open == 0);
            if none_left.await.is_err() {
                // Unreachable: we hold the sender.
                return future::pending().await;
            }
            let another = count.wait_for(|count| count.open > 0);
            if time::timeout(RECONNECT_LIMIT, another).await.is_err() {
                return;
            }
        }
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.count.send_modify(|count| count.open -= 1);
    }
}

impl OpenConnection {
    /// The client whose connection it is.
    pub fn client(&self) -> ClientHandle {
        Arc::clone(&self.client)
    }
}

/// Waits until the process should end although Terraform has not said so; returns why.
#[cfg(unix)]
pub(super) async fn should_end(connections: &OpenConnections, watch: &mut Watch) -> &'static str {
    tokio::select! {
        reason = watch.wait_until_end() => reason,
        () = connections.all_gone() => CONNECTIONS_CLOSED,
    }
}

/// Waits until the process should end although Terraform has not said so; returns why.
#[cfg(not(unix))]
pub(super) async fn should_end(connections: &OpenConnections) -> &'static str {
    connections.all_gone().await;
    CONNECTIONS_CLOSED
}

/// Keeps signals that mean Terraform from ending this process, for as long as it lives: once nobody listens any more,
/// Windows ends the process as if nobody ever had.
#[cfg(not(unix))]
#[must_use = "the signals end the process once this is dropped"]
pub(super) struct IgnoredSignals {
    _interrupt: tokio::signal::windows::CtrlC,
    _break: tokio::signal::windows::CtrlBreak,
}

#[cfg(not(unix))]
impl IgnoredSignals {
    /// Needs a running event loop.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn start() -> io::Result<Self> {
        use tokio::signal::windows::{ctrl_break, ctrl_c};

        Ok(Self { _interrupt: ctrl_c()?, _break: ctrl_break()? })
    }
}

/// Waits for a signal that asks a program in the foreground to end.
///
/// # Errors
/// What the system says.
#[cfg(unix)]
pub(super) async fn interrupted() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        result = tokio::signal::ctrl_c() => result,
        _ = terminate.recv() => Ok(()),
    }
}

/// Waits for a signal that asks a program in the foreground to end.
///
/// # Errors
/// What the system says.
#[cfg(not(unix))]
pub(super) async fn interrupted() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn ends_when_the_last_connection_stays_away() {
        let connections = OpenConnections::new();
        let first = connections.opened();
        let second = connections.opened();
        let start = Instant::now();
        let close_both = async {
            time::sleep(Duration::from_secs(60)).await;
            drop(first);
            time::sleep(Duration::from_secs(60)).await;
            drop(second);
        };
        tokio::join!(connections.all_gone(), close_both);
        assert_eq!(start.elapsed(), Duration::from_secs(120) + RECONNECT_LIMIT);
    }

    #[tokio::test(start_paused = true)]
    async fn goes_on_when_a_client_comes_back() {
        let connections = OpenConnections::new();
        drop(connections.opened());
        let start = Instant::now();
        let come_back = async {
            time::sleep(RECONNECT_LIMIT / 2).await;
            let again = connections.opened();
            time::sleep(RECONNECT_LIMIT * 3).await;
            drop(again);
        };
        tokio::join!(connections.all_gone(), come_back);
        assert_eq!(start.elapsed(), RECONNECT_LIMIT / 2 + RECONNECT_LIMIT * 4);
    }

    #[tokio::test(start_paused = true)]
    async fn waits_for_the_first_connection() {
        let connections = OpenConnections::new();
        let hour = Duration::from_secs(3600);
        assert!(time::timeout(hour, connections.all_gone()).await.is_err());
    }
}
