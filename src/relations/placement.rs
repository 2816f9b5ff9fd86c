//! Placement by relation: what no rule has placed lies where the thing it leads to lies.
//!
//! After each sync only the touched neighbourhood is looked at again: the touched rows, and whoever refers to what has moved. A row
//! whose target is gone stays where it was, because a dangling record is still somebody's.

use std::collections::BTreeMap;

use crate::store::{Db, Priority, StoreError, places};

/// A chain of CNAMEs longer than this is not followed.
const HOPS: usize = 8;
/// Rows looked at in one read.
const AT_ONCE: usize = 500;

/// Places the touched rows and those that depend on them; gives how many moved.
pub async fn derive(db: &Db, touched: Vec<i64>) -> Result<usize, StoreError> {
    let mut frontier = touched.clone();
    let mut moved_in_all = 0;
    let mut leaders = touched;
    for _ in 0..HOPS {
        let mut moved = Vec::new();
        for chunk in frontier.chunks(AT_ONCE) {
            moved.extend(place(db, chunk.to_vec()).await?);
        }
        moved_in_all += moved.len();
        leaders.extend(&moved);
        let mut next = Vec::new();
        for chunk in leaders.chunks(AT_ONCE) {
            let chunk = chunk.to_vec();
            next.extend(db.read(move |connection| places::dependents(connection, &chunk)).await?);
        }
        next.sort_unstable();
        next.dedup();
        if next.is_empty() {
            break;
        }
        frontier = next;
        leaders.clear();
    }
    Ok(moved_in_all)
}

async fn place(db: &Db, ids: Vec<i64>) -> Result<Vec<i64>, StoreError> {
    let candidates = db.read(move |connection| places::candidates(connection, &ids)).await?;
    // Several targets in several places: the first in the order of clusters, the same at every look.
    let mut first = BTreeMap::new();
    for candidate in candidates {
        first.entry(candidate.id).or_insert(candidate);
    }
    if first.is_empty() {
        return Ok(Vec::new());
    }
    let moves: Vec<_> = first.into_values().collect();
    let now = db.clock.now();
    db.write_as(Priority::Background, move |connection| places::relocate(connection, &moves, now)).await
}
