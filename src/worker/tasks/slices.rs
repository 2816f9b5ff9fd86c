//! Removing much in small transactions, between which others get their turn.

use diesel::QueryResult;

use crate::store::{AnyConnection, Db, Priority, StoreError};

/// Calls `slice`, which gives how many rows it removed, until there are none or it was called `most` times; gives how
/// many in all.
pub async fn remove<F>(db: &Db, most: usize, slice: F) -> Result<usize, StoreError>
where
    F: Fn(&mut AnyConnection) -> QueryResult<usize> + Copy + Send + 'static,
{
    let mut removed = 0;
    for _ in 0..most {
        let gone = db.write_as(Priority::Background, slice).await?;
        removed += gone;
        if gone == 0 {
            break;
        }
    }
    Ok(removed)
}
