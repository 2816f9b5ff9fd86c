//! Looks after what dead workers left. At a start nobody else can be alive on SQLite; here the leases decide.

use crate::store::tasks;
use crate::sync::recover;
use crate::worker::Worker;
use crate::worker::task::Outcome;

pub async fn run(worker: &Worker) -> Outcome {
    let recovered = recover::recover(&worker.db, &worker.sources, false).await?;
    let now = worker.db.clock.now();
    worker.db.tend(move |connection| tasks::forget_silent(connection, now)).await?;
    Ok(format!(
        "{} dead syncs, {} rolled forward, {} discarded",
        recovered.dead_syncs, recovered.rolled_forward, recovered.discarded
    ))
}
