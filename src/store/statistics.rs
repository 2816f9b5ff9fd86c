//! What PostgreSQL's planner knows of the inventory's tables.
//!
//! It plans by samples that the server takes anew once a tenth of a table has changed. Ten thousand apps that join a
//! million records are no tenth: planned as if there were none, the question whose app each record is began with the
//! apps and took twenty seconds a slice, where it takes milliseconds. SQLite has no such statistics here, and its joins
//! go in the order in which they are written.

use diesel::connection::SimpleConnection;

use super::{AnyConnection, Backend, Db, Priority, StoreError};

/// New rows that are worth a new sample, which takes a few seconds of a million.
pub const WORTH_IT: u64 = 1_000;

/// Takes the samples anew.
pub async fn renew(db: &Db) -> Result<(), StoreError> {
    if db.backend() == Backend::Sqlite {
        return Ok(());
    }
    db.write_as(Priority::Background, |connection: &mut AnyConnection| {
        connection.batch_execute(
            "ANALYZE resources, resource_keys, resource_refs, resource_places, resource_terms, terms, counts",
        )
    })
    .await
}
