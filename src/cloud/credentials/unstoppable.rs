//! Work that an interruption must not stop half-way: a token has been spent, and what came for it is not kept yet.
//!
//! It runs beside whoever waits for it, and goes on when nobody does any more; the process waits for it at its end.

use std::{future::Future, sync::LazyLock};

use tokio::task::JoinError;
use tokio_util::task::TaskTracker;

/// Of the process: whoever began it may be gone.
static UNDER_WAY: LazyLock<TaskTracker> = LazyLock::new(TaskTracker::new);

/// Runs to its end, also where this future is dropped.
///
/// # Errors
/// A panic.
pub(super) async fn run<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, JoinError> {
    UNDER_WAY.spawn(work).await
}

/// Waits until nothing of the kind is under way.
pub async fn settled() {
    UNDER_WAY.close();
    UNDER_WAY.wait().await;
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn work_ends_although_nobody_waits() {
        let (go, gate) = oneshot::channel::<()>();
        let (done, seen) = oneshot::channel::<()>();
        let work = run(async move {
            gate.await.unwrap();
            done.send(()).unwrap();
        });
        tokio::time::timeout(Duration::from_millis(10), work).await.unwrap_err();
        go.send(()).unwrap();
        settled().await;
        seen.await.unwrap();
    }
}
