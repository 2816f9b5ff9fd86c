//! What the panel itself has written is known at once, by the same way as anything that a listing shows.
//!
//! It is noted in `resource_writes` in the same transaction, so that a listing which began before does not put the old
//! state back. No guard is asked: nothing has vanished unseen, somebody has read these names after writing them.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::{Source, write};
use crate::kinds::{Kind, KindSpec, Record};
use crate::relations::placement;
use crate::store::apply::{self, Put};
use crate::store::scopes::ScopeRow;
use crate::store::{Db, Scope, StoreError, gate, resource_writes, resources};

/// Takes over all that a fresh read has shown under `names` within a scope: `records` are everything that there is of
/// them. What the inventory had besides is gone.
pub async fn take_over<K: Kind>(
    db: &Db,
    source: &Source,
    scope: &ScopeRow,
    names: &BTreeSet<String>,
    records: Vec<K>,
) -> Result<(), StoreError> {
    let spec: &'static KindSpec = K::SPEC;
    let (at, names) = (db.clock.now(), names.iter().cloned().collect::<Vec<_>>());
    let batch = write::batch(source, spec.id(), scope.id, at, Vec::new());
    let puts: Vec<Put> = records
        .iter()
        .filter_map(|record| Record::of(record).ok())
        .map(Record::without_nul)
        .map(|record| Put {
            external_hash: record.identity(),
            // Of what a write answers, some is left out that a listing shows: the next one compares it anew.
            fingerprint: 0,
            external_id: record.external_id,
            attrs: String::from(Box::<str>::from(record.attrs)),
        })
        .collect();
    db.write(move |connection| {
        gate::take_turn(connection, gate::Turn::Inventory)?;
        let known = resources::of_scope(connection, &Scope::unrestricted(), batch.scope_id, &names)?;
        let shown: BTreeSet<i64> = puts.iter().map(|put| put.external_hash).collect();
        let mut identities = shown.clone();
        let mut gone = Vec::new();
        for row in known {
            let identity = crate::kinds::record::identity(&row.external_id);
            identities.insert(identity);
            if !shown.contains(&identity) {
                gone.push(row.id);
            }
        }
        for slice in puts.chunks(apply::SLICE) {
            apply::put(connection, &batch, slice.to_vec())?;
        }
        apply::tombstone(connection, &gone, at)?;
        resource_writes::note(connection, batch.scope_id, &identities.into_iter().collect::<Vec<_>>(), at)?;
        QueryResult::Ok(())
    })
    .await?;
    placement::derive(db).await.map(|_| ())
}
