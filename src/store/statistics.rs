//! What PostgreSQL's planner knows of the inventory's tables.
//!
//! It plans by samples that the server takes anew once a tenth of a table has changed. Ten thousand apps that join a
//! million records are no tenth: planned as if there were none, the question whose app each record is began with the
//! apps and took twenty seconds a slice, where it takes milliseconds. SQLite has no such statistics here, and its joins
//! go in the order in which they are written.

use std::sync::{Mutex, PoisonError};

use diesel::connection::SimpleConnection;

use super::{AnyConnection, Backend, Db, Priority};

/// So many rows are worth a new sample, which takes a few seconds of a million.
const WORTH_IT: u64 = 1_000;

/// How many rows this process has written, and how many of them no sample knows.
#[derive(Debug, Default)]
pub(super) struct Samples(Mutex<(u64, u64)>);

impl Samples {
    /// Counts rows, and says whether the tables are to be looked at anew: they may be four times as large as when that
    /// was done last. Or, `at_last`, are as large as they will be.
    fn are_due(&self, rows: u64, at_last: bool) -> bool {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (all, new) = (counted.0 + rows, counted.1 + rows);
        let due = new >= WORTH_IT && (at_last || 4 * new >= 3 * all);
        *counted = (all, if due { 0 } else { new });
        due
    }
}

/// Rows have been written, and more will be. What is planned while the tables are empty walks whichever index comes
/// first, all of it: so the first look is an early one.
pub async fn written(db: &Db, rows: u64) {
    renew_if(db, db.samples.are_due(rows, false)).await;
}

/// All that was to be written is.
pub async fn all_written(db: &Db) {
    renew_if(db, db.samples.are_due(0, true)).await;
}

/// Takes the samples anew. Without it the next questions are slow, and what was written is as good as before.
async fn renew_if(db: &Db, due: bool) {
    if !due || db.backend() == Backend::Sqlite {
        return;
    }
    let sample = |connection: &mut AnyConnection| {
        connection.batch_execute(
            "ANALYZE resources, resource_keys, resource_refs, resource_places, resource_terms, terms, counts, scopes",
        )
    };
    if let Err(error) = db.write_as(Priority::Background, sample).await {
        tracing::warn!(error = %error, "the database's samples of the inventory could not be taken anew");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_taken_early_at_four_times_the_size_and_at_the_end() {
        let samples = Samples::default();
        let due: Vec<u64> = (1..=100).filter(|_| samples.are_due(500, false)).collect();
        assert_eq!(due, [2, 8, 32], "at 1,000, 4,000 and 16,000 rows");
        assert!(samples.are_due(0, true), "34,000 rows came after the last one");
        assert!(!samples.are_due(999, true), "they are too few");
    }
}
