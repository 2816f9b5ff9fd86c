//! Placement by relation: what no rule has placed lies where the thing it leads to lies.
//!
//! After each sync only the touched neighbourhood is looked at again: the rows that `store` has put down as due, and whoever refers to
//! them; a row that moves is due in turn. A row whose target is gone stays where it was, because a dangling record is still
//! somebody's.

use std::collections::BTreeMap;

use crate::store::placement_due::{self, Due};
use crate::store::{Db, Priority, StoreError, places};

/// A chain of CNAMEs longer than this is not followed, and one that leads into itself comes to rest.
const HOPS: i64 = 8;
/// Rows looked at in one read.
const AT_ONCE: usize = 500;

/// Places all that is due and what depends on it; gives how many moved. A crash in between leaves the rest due.
pub async fn derive(db: &Db) -> Result<usize, StoreError> {
    let mut moved = 0;
    loop {
        let due = db.read(|connection| placement_due::next(connection, AT_ONCE)).await?;
        if due.is_empty() {
            return Ok(moved);
        }
        for (hops, leaders) in by_hops(&due) {
            moved += follow(db, leaders, hops).await?;
        }
        let done: Vec<i64> = due.iter().map(|due| due.id).collect();
        db.write_as(Priority::Background, move |connection| placement_due::remove(connection, &done)).await?;
    }
}

fn by_hops(due: &[Due]) -> BTreeMap<i64, Vec<i64>> {
    let mut leaders: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for due in due {
        leaders.entry(due.hops).or_default().push(due.resource_id);
    }
    leaders
}

/// Places what was listed, and whoever refers to the leaders; those that move lead in turn.
async fn follow(db: &Db, leaders: Vec<i64>, hops: i64) -> Result<usize, StoreError> {
    let mut moved = 0;
    if hops == 0 {
        moved += place(db, leaders.clone(), hops).await?;
    }
    let followers = db.read(move |connection| places::dependents(connection, &leaders)).await?;
    for chunk in followers.chunks(AT_ONCE) {
        moved += place(db, chunk.to_vec(), hops).await?;
    }
    Ok(moved)
}

async fn place(db: &Db, ids: Vec<i64>, hops: i64) -> Result<usize, StoreError> {
    let candidates = db.read(move |connection| places::candidates(connection, &ids)).await?;
    // Several targets in several places: the first in the order of clusters, the same at every look.
    let mut first = BTreeMap::new();
    for candidate in candidates {
        first.entry(candidate.id).or_insert(candidate);
    }
    if first.is_empty() {
        return Ok(0);
    }
    let now = db.clock.now();
    db.write_as(Priority::Background, move |connection| {
        let moved = places::relocate(connection, &first, now)?;
        if hops < HOPS {
            placement_due::add(connection, &moved, hops + 1)?;
        }
        Ok(moved.len())
    })
    .await
}
