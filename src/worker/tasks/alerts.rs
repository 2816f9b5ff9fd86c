//! Evaluates the alert rules; a sync's end does so too.

use crate::alerts;
use crate::worker::Worker;
use crate::worker::task::Outcome;

pub async fn run(worker: &Worker) -> Outcome {
    let evaluation = alerts::evaluate(&worker.db).await?;
    Ok(format!("{} opened, {} resolved", evaluation.opened, evaluation.resolved))
}
