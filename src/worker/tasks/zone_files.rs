//! Keeps a zone file of each zone as fresh as what is known of it.

use crate::store::Scope;
use crate::worker::Worker;
use crate::worker::task::Outcome;
use crate::zone_files;

pub async fn run(worker: &Worker) -> Outcome {
    let Some(folder) = &worker.zone_files.folder else { return Ok("no folder is configured".to_owned()) };
    let kept = zone_files::keep(&worker.db, &Scope::unrestricted(), folder).await?;
    if let Some(first) = kept.failed.first() {
        return Err(anyhow::anyhow!("{} files could not be written, the first: {first}", kept.failed.len()));
    }
    Ok(format!("{} written, {} wait for a complete listing", kept.written, kept.waiting))
}
