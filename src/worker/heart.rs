//! The heartbeat: it says that the worker lives, whatever the worker is busy with.

use tokio_util::sync::CancellationToken;

use super::{BEAT, Worker};
use crate::store::{StoreError, tasks};

/// Beats until `stop` is cancelled. A beat that fails is logged, and the next one tries again.
pub async fn beat_until(worker: Worker, stop: CancellationToken) {
    let mut beats = tokio::time::interval(BEAT);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = beats.tick() => {}
        }
        if let Err(error) = beat(&worker).await {
            tracing::warn!(error = ?anyhow::Error::from(error), "a heartbeat failed");
        }
    }
}

pub async fn beat(worker: &Worker) -> Result<(), StoreError> {
    let (name, now) = (worker.name.clone(), worker.db.clock.now());
    worker.db.tend(move |connection| tasks::beat(connection, &name, env!("CARGO_PKG_VERSION"), now)).await
}
