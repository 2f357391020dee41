//! The emulated cloud that all connections share: its state, and the file that keeps it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::{seed::Seed, state::State, store::Store};

/// The state, under a lock that is held for the length of a call at most, never across a wait.
pub(super) struct Cloud {
    state: Mutex<State>,
    store: Option<Store>,
    /// What a reset goes back to.
    pub(super) seed: Seed,
    /// Why the state file could not be written, the first time that it could not.
    lost: Mutex<Option<String>>,
    /// Counts changes, for those who watch.
    changes: watch::Sender<u64>,
}

impl Cloud {
    pub(super) fn new(state: State, store: Option<Store>, seed: Seed) -> Self {
        let (changes, _) = watch::channel(0);
        Self { state: Mutex::new(state), store, seed, lost: Mutex::default(), changes }
    }

    /// Does something with the state, and keeps what has changed.
    ///
    /// # Errors
    /// The state file cannot be written: then nothing has changed.
    pub(super) fn change<T>(&self, call: impl FnOnce(&mut State) -> T) -> Result<T, SaveError> {
        let mut state = self.lock();
        // A file that cannot be written must not know less than the clients do.
        let before = self.store.as_ref().map(|_| state.stored.clone());
        state.settle_tasks();
        let outcome = call(&mut state);
        if let (Some(store), Some(before)) = (&self.store, before)
            && let Err(error) = store.save(&state.stored)
        {
            state.stored = before;
            return Err(self.lose(&store.describe(&error)));
        }
        drop(state);
        self.changes.send_modify(|count| *count = count.wrapping_add(1));
        Ok(outcome)
    }

    /// Looks at the state, in which deletion tasks have come as far as the clock says.
    pub(super) fn look<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        let mut state = self.lock();
        state.settle_tasks();
        look(&state)
    }

    /// Says whenever something may have changed.
    pub(super) fn watch(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Why a change was lost, if one was.
    pub(super) fn lost(&self) -> Option<String> {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn lose(&self, problem: &str) -> SaveError {
        tracing::error!(problem, "a change was not kept");
        self.lost.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(problem.to_owned());
        SaveError(problem.to_owned())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A change was not made, since the state file cannot be written: why.
#[derive(Debug)]
pub(super) struct SaveError(pub(super) String);
