//! Restores the times to live that were lowered for a switch whose soak is over.

use crate::actions::dns_change;
use crate::worker::Worker;
use crate::worker::task::Outcome;

pub async fn run(worker: &Worker) -> Outcome {
    let Some(executor) = &worker.executor else { return Ok("nobody drives runs here".to_owned()) };
    let restored = dns_change::restore_due(&executor.context).await?;
    Ok(format!("{restored} switches have their old times to live restored"))
}
