//! Brings the findings up to date with what the syncs since the last look have changed.

use crate::relations::findings;
use crate::worker::Worker;
use crate::worker::task::Outcome;

pub async fn run(worker: &Worker) -> Outcome {
    let swept = findings::sweep(&worker.db, &worker.networks).await?;
    Ok(match swept.rules {
        0 => "nothing has changed".to_owned(),
        rules => format!("{} found, {} mended by {rules} rules", swept.found, swept.mended),
    })
}
