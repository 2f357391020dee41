//! The servers of a process: one for each client, with a configuration and a memory of its own.
//!
//! Terraform starts a process for each provider configuration, so that there is one client. With `-debug` one process
//! serves several, also two of one run (an alias); whoever accepts them says which requests are of one client.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use crate::framework::server::Server;

/// A client: the same for all its requests, alive as long as it is connected.
pub type ClientHandle = Arc<()>;

/// Makes a server for each client at its first request, and drops it once the client is gone.
pub(super) struct Servers {
    make: Box<dyn Fn() -> Server + Send + Sync>,
    /// That of requests of which nobody says whose they are.
    unnamed: ClientHandle,
    serving: Mutex<Vec<(Weak<()>, Arc<Server>)>>,
}

impl Servers {
    pub(super) fn new(make: impl Fn() -> Server + Send + Sync + 'static) -> Self {
        Self { make: Box::new(make), unnamed: ClientHandle::default(), serving: Mutex::default() }
    }

    /// The server of a client; `None` for requests that nobody has assigned to one, which share a server.
    pub(super) fn of(&self, client: Option<&ClientHandle>) -> Arc<Server> {
        let client = client.unwrap_or(&self.unnamed);
        let mut serving = self.serving();
        // With a client goes its server, so that a process that many commands use does not grow.
        serving.retain(|(known, _)| known.strong_count() > 0);
        let known = serving.iter().find(|(known, _)| known.as_ptr() == Arc::as_ptr(client));
        if let Some((_, server)) = known {
            return Arc::clone(server);
        }
        let server = Arc::new((self.make)());
        serving.push((Arc::downgrade(client), Arc::clone(&server)));
        server
    }

    /// Ends every wait of every request of every client.
    pub(super) fn stop(&self) {
        self.serving().iter().for_each(|(_, server)| server.stop());
    }

    fn serving(&self) -> MutexGuard<'_, Vec<(Weak<()>, Arc<Server>)>> {
        self.serving.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
