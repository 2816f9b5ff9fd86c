//! Asks for the syncs that are due; the worker claims them like any that a person asked for.

use crate::store::syncs;
use crate::worker::Worker;
use crate::worker::task::Outcome;

pub async fn run(worker: &Worker) -> Outcome {
    let now = worker.db.clock.now();
    let asked = worker.db.tend(move |connection| syncs::request_due(connection, now)).await?;
    Ok(format!("{asked} due"))
}
