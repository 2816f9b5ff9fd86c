//! What the panel itself has written over a change since: a switch brought in line, old times to live that came back.
//!
//! A way back restores what was there before its change, so it comes after the ways back of whatever was put on top of
//! it. That old times to live came back by themselves stands in nobody's way.

use std::collections::BTreeSet;

use diesel::QueryResult;

use crate::dns_plan::{PlannedChange, Since};
use crate::store::dns_changes::{self, sets};
use crate::store::{AnyConnection, Scope};

/// What later changes that stand have written of the sets of `written`, the oldest first; with their names, as far as
/// they are the asker's to see.
pub fn since(
    connection: &mut AnyConnection,
    scope: &Scope,
    change: i64,
    written: &[PlannedChange],
) -> QueryResult<Vec<Since>> {
    let ours: BTreeSet<_> = written.iter().map(|done| (&done.source, &done.at, &done.change.of)).collect();
    let mut found = Vec::new();
    for row in sets::written_after(connection, change)? {
        let Ok(done) = serde_json::from_str::<PlannedChange>(&row.change) else { continue };
        if ours.contains(&(&done.source, &done.at, &done.change.of)) {
            let is_neutral = row.action == "restore" || row.undo_of.is_some_and(|undone| undone > change);
            found.push(Since { change: row.change_id, title: Some(row.title), is_neutral, done });
        }
    }
    let ids: BTreeSet<i64> = found.iter().map(|since| since.change).collect();
    let seen = dns_changes::visible(connection, scope, &ids.into_iter().collect::<Vec<_>>())?;
    for since in found.iter_mut().filter(|since| !seen.contains(&since.change)) {
        since.title = None;
    }
    Ok(found)
}

/// The change that has to be taken back before this one, if there is one and it is the asker's to see: its id and its
/// title.
pub fn first_back(connection: &mut AnyConnection, scope: &Scope, change: i64) -> QueryResult<Option<(i64, String)>> {
    let written = written(connection, change)?;
    let since = since(connection, scope, change, &written)?;
    let last = since.into_iter().rev().find(|since| !since.is_neutral);
    Ok(last.and_then(|last| Some((last.change, last.title?))))
}

/// What a change has written and not taken back itself.
pub fn written(connection: &mut AnyConnection, change: i64) -> QueryResult<Vec<PlannedChange>> {
    let sets = sets::of(connection, change)?;
    let written = sets.into_iter().filter(|set| set.written_at().is_some());
    Ok(written.filter_map(|set| serde_json::from_str(&set.change).ok()).collect())
}
