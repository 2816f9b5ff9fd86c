//! Forgets what was so long ago that nobody can ask for it any more (`[history] keep`).
//!
//! **One more thing to forget**: a line here, or in `store::prune::ENDED` if it begins and ends.

use chrono::{DateTime, TimeDelta};

use super::slices;
use crate::clock::Instant;
use crate::store::prune::{self, ENDED, Ended, Mark, SLICE};
use crate::store::{Db, Priority, StoreError, alerts, audit, held, runs};
use crate::worker::Worker;
use crate::worker::task::Outcome;

/// Slices of one kind in one run; what is left then is the next run's.
const SLICES: usize = 20_000;

pub async fn run(worker: &Worker) -> Outcome {
    let (db, before) = (&worker.db, moment(worker));
    let mut forgotten = Vec::new();
    for table in ENDED {
        forgotten.push(format!("{} {}", walk(db, table, before).await?, table.what));
    }
    let resolved = slices::remove(db, SLICES, move |connection| alerts::prune(connection, before, SLICE)).await?;
    let decided = slices::remove(db, SLICES, move |connection| held::prune(connection, before, SLICE)).await?;
    let done = slices::remove(db, SLICES, move |connection| runs::list::prune(connection, before, SLICE)).await?;
    let acts = slices::remove(db, SLICES, move |connection| audit::prune(connection, before, SLICE)).await?;
    forgotten.push(format!("{resolved} alerts, {decided} rows of losses, {done} runs and {acts} acts forgotten"));
    Ok(forgotten.join(", "))
}

/// Before which nothing is kept; however long that is, not before time was counted.
fn moment(worker: &Worker) -> Instant {
    let keep = TimeDelta::from_std(worker.history.keep).ok();
    let before = keep.and_then(|keep| worker.db.clock.now().checked_sub_signed(keep));
    before.unwrap_or(DateTime::UNIX_EPOCH).max(DateTime::UNIX_EPOCH)
}

/// Goes through all that has ended before, once: what stays is not looked at twice.
async fn walk(db: &Db, table: &'static Ended, before: Instant) -> Result<usize, StoreError> {
    let (mut forgotten, mut after) = (0, Mark::default());
    loop {
        let slice = db
            .write_as(Priority::Background, move |connection| prune::forget(connection, table, before, after))
            .await?;
        forgotten += slice.0;
        match slice.1 {
            Some(last) => after = last,
            None => return Ok(forgotten),
        }
    }
}
