//! Scopes that are written in one piece each, and several in one transaction. Each transaction writes every page that it has
//! touched into the log, and a small zone's rows touch as many as they have indexes: a dozen zones that a provider lists
//! in a row touch hardly more of them than one.

use std::collections::VecDeque;

use diesel::prelude::*;

use super::decide::Decision;
use super::write::{batch, close, ids, keep, losses, miss, tally, to_put};
use super::{Claim, ScopeReport, Source, Tracked};
use crate::clock::Instant;
use crate::store::apply::{self, Applied, Batch, Put, SLICE};
use crate::store::secret_values::Listed;
use crate::store::syncs::{self, Tally};
use crate::store::{AnyConnection, Db, Priority, StoreError, Vault, gate, resource_writes, statistics};
use crate::wire::ScopeRef;

/// To end a scope takes as long as so many rows.
const AN_END: usize = 10;

/// A scope that is written in one piece.
pub struct Small {
    scope: ScopeRef,
    batch: Batch,
    /// What the panel has written since then is newer.
    began_at: Instant,
    unchanged: u64,
    puts: Vec<Put>,
    secrets: Vec<Listed>,
    decision: Decision,
    /// What was written on the way has been counted there.
    streamed: bool,
}

impl Small {
    pub fn of(db: &Db, source: &Source, tracked: Tracked, decision: Decision) -> Self {
        let batch = batch(source, tracked.scope.kind, tracked.row.id, db.clock.now(), decision.held_fields.clone());
        Self {
            scope: tracked.scope.clone(),
            began_at: tracked.began_at,
            unchanged: tracked.untouched_count(),
            secrets: tracked.secrets(),
            streamed: tracked.streamed,
            puts: tracked.pending.into_rows().into_iter().map(|row| to_put(row, &batch)).collect(),
            batch,
            decision,
        }
    }

    /// How long it takes, in rows.
    fn weight(&self) -> usize {
        let Decision { gone, missing, back, .. } = &self.decision;
        AN_END + self.puts.len() + gone.len() + missing.len() + back.len()
    }

    fn write(self, connection: &mut AnyConnection, vault: Option<&Vault>, claim: &Claim) -> QueryResult<ScopeReport> {
        let Self { scope, batch, began_at, unchanged, puts, secrets, decision, streamed } = self;
        keep(connection, vault, &batch, &secrets)?;
        let newer = resource_writes::since(connection, batch.scope_id, began_at)?;
        let decision = decision.without(&newer);
        let mut applied = Applied::default();
        let mut puts = puts.into_iter().filter(|put| !newer.contains(&put.external_hash));
        loop {
            let slice: Vec<Put> = puts.by_ref().take(SLICE).collect();
            if slice.is_empty() {
                break;
            }
            applied.absorb(apply::put(connection, &batch, slice)?);
        }
        // What is back leaves its loss before that is confirmed, and a loss is confirmed before its rows go.
        apply::mark_back(connection, &ids(&decision.back), batch.at)?;
        let losses = losses(connection, &batch, &decision)?;
        applied.absorb(apply::tombstone(connection, &ids(&decision.gone), batch.at)?);
        miss(connection, losses.first().copied(), &ids(&decision.missing), batch.at)?;
        let mut told = Tally { unchanged: unchanged + applied.flickered, ..tally(applied, decision.held_rows) };
        close(connection, &batch, claim.sync_id, &decision.ending, &told)?;
        if streamed {
            told = syncs::tally(connection, claim.sync_id, batch.scope_id)?;
        }
        Ok(ScopeReport::of(scope, &decision.ending, told))
    }
}

/// Writes scopes, as many in a transaction as fit before somebody waits.
pub async fn write(db: &Db, claim: &Claim, scopes: Vec<Small>) -> Result<Vec<ScopeReport>, StoreError> {
    let (mut left, mut written) = (VecDeque::from(scopes), Vec::new());
    while !left.is_empty() {
        let (claim, house, now) = (claim.clone(), db.clone(), db.clock.now());
        let some = move |connection: &mut AnyConnection| {
            syncs::hold(connection, claim.sync_id, &claim.worker, now)?;
            gate::take_turn(connection, gate::Turn::Inventory)?;
            let (mut reports, mut stint) = (Vec::new(), house.stint());
            while let Some(scope) = left.pop_front() {
                let weight = scope.weight();
                reports.push(scope.write(connection, house.vault(), &claim)?);
                if !stint.goes_on_after(weight) {
                    break;
                }
            }
            Ok((reports, left))
        };
        let reports;
        (reports, left) = db.write_as(Priority::Background, some).await?;
        statistics::written(db, reports.iter().map(|report| report.tally.added).sum()).await;
        written.extend(reports);
    }
    Ok(written)
}
