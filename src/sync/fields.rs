//! Whether most rows have lost a field: an answer of `200 OK` that says "no tags anywhere" is a degraded one (F15).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::value::RawValue;

use super::Tracked;
use crate::guard::{MANY, field_is_lost};
use crate::kinds::record::is_blank;
use crate::store::apply::attrs_by_identity;
use crate::store::stage::{self, StagedRow};
use crate::store::{Db, StoreError};

/// Rows compared in one read.
const AT_ONCE: usize = 500;

/// How many of the changed rows had a field, and how many still have it.
#[derive(Debug, Default)]
struct Fill {
    had: u64,
    have: u64,
}

/// The fields that nine in ten rows had and under half still have; `None` if too few rows were listed to tell.
pub async fn lost(db: &Db, tracked: &Tracked) -> Result<Option<BTreeSet<String>>, StoreError> {
    let (changed, unchanged) = (tracked.differing_count(), tracked.unchanged_count());
    if changed + unchanged < MANY {
        return Ok(None);
    }
    // Unless more than half of the rows have changed, no field can have fallen under half.
    if changed <= unchanged {
        return Ok(Some(BTreeSet::new()));
    }
    let mut fills: BTreeMap<String, Fill> = BTreeMap::new();
    let mut compared = 0;
    let mut pending = tracked.pending.rows().iter().filter(|row| tracked.differs(row.external_hash));
    loop {
        let slice: Vec<StagedRow> = pending.by_ref().take(AT_ONCE).cloned().collect();
        if slice.is_empty() {
            break;
        }
        compared += compare(db, tracked, slice, &mut fills).await?;
    }
    if tracked.staged {
        let (id, mut after) = (tracked.row.id, None);
        loop {
            let slice = db.read(move |connection| stage::slice(connection, id, after, AT_ONCE)).await?;
            let Some(last) = slice.last() else { break };
            after = Some(last.position);
            let known = slice.into_iter().filter(|row| tracked.differs(row.external_hash)).collect();
            compared += compare(db, tracked, known, &mut fills).await?;
        }
    }
    let volatile = tracked.scope.kind.spec().volatile;
    let lost = fills.into_iter().filter(|(field, fill)| {
        !volatile.contains(&field.as_str()) && field_is_lost(compared, fill.had, fill.have, unchanged)
    });
    Ok(Some(lost.map(|(field, _)| field).collect()))
}

async fn compare(
    db: &Db,
    tracked: &Tracked,
    slice: Vec<StagedRow>,
    fills: &mut BTreeMap<String, Fill>,
) -> Result<u64, StoreError> {
    let hashes: Vec<i64> = slice.iter().map(|row| row.external_hash).collect();
    if hashes.is_empty() {
        return Ok(0);
    }
    let id = tracked.row.id;
    let stored = db.read(move |connection| attrs_by_identity(connection, id, &hashes)).await?;
    let always = tracked.scope.kind.spec().empty();
    let mut compared = 0;
    for row in &slice {
        let Some((_, old)) = stored.get(&row.external_hash) else { continue };
        let (Ok(old), Ok(new)) = (object(old), object(&row.attrs)) else { continue };
        compared += 1;
        for (field, value) in old {
            let fill = fills.entry(field.to_owned()).or_default();
            fill.had += u64::from(!is_blank(value.get()));
            let has = match new.get(field) {
                Some(value) => !is_blank(value.get()),
                // One that its kind always writes is not lost when a record leaves it out: it stays.
                None => always.get(field).is_some() && !is_blank(value.get()),
            };
            fill.have += u64::from(has);
        }
    }
    Ok(compared)
}

fn object(attrs: &str) -> serde_json::Result<BTreeMap<&str, &RawValue>> {
    serde_json::from_str(attrs)
}
