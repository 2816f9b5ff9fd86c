//! Scopes that a collection did not mention: a zone that the zone listing no longer shows, a region taken out of the configuration.
//!
//! Not being mentioned proves nothing. The rows of such a scope stay until the scope's own parent (the zone) has been absent from
//! two complete listings, because a token may see fewer zones than yesterday.

use std::collections::BTreeSet;

use super::tracked::discard_stage;
use super::{Claim, ScopeReport, Source, recover};
use crate::clock::Instant;
use crate::kinds::KindSpec;
use crate::store::apply::{self, SLICE};
use crate::store::scopes::{self, Ending, ScopeRow, ScopeState};
use crate::store::syncs::{self, Tally};
use crate::store::{Db, Priority, Scope, StoreError};
use crate::wire::ScopeRef;

/// Marks the unmentioned scopes of a source as skipped, and retires those whose parent is confirmed gone.
pub async fn settle(
    db: &Db,
    source: &Source,
    claim: &Claim,
    mentioned: BTreeSet<ScopeRef>,
    sync_started_at: Instant,
) -> Result<(Vec<ScopeReport>, Vec<i64>), StoreError> {
    let name = source.config.name.clone();
    let stored = db.read(move |connection| scopes::of_source(connection, &Scope::unrestricted(), &name)).await?;
    let mut reports = Vec::new();
    let mut touched = Vec::new();
    for row in stored {
        let Some(spec) = KindSpec::by_name(&row.kind) else { continue };
        let scope = ScopeRef { kind: spec.id(), name: row.name.clone() };
        if mentioned.contains(&scope) {
            continue;
        }
        recover::roll_forward_scope(db, source, &scope).await?;
        let parent = row.clone();
        let parent_gone_at = db.read(move |connection| scopes::parent_gone_at(connection, &parent)).await?;
        // Gone since an earlier sync: this one's listing is the second without it.
        if parent_gone_at.is_some_and(|gone_at| gone_at < sync_started_at) {
            let (gone, ids) = retire(db, claim, &row).await?;
            touched.extend(ids);
            reports.push(ScopeReport {
                scope,
                state: ScopeState::Complete.as_str().to_owned(),
                reason: "gone with its parent".to_owned(),
                tally: Tally { gone, ..Tally::default() },
            });
        } else {
            reports.push(skip(db, claim, &row, scope, parent_gone_at.is_some()).await?);
        }
    }
    Ok((reports, touched))
}

async fn skip(
    db: &Db,
    claim: &Claim,
    row: &ScopeRow,
    scope: ScopeRef,
    parent_is_gone: bool,
) -> Result<ScopeReport, StoreError> {
    let reason = match (row.parent_kind.is_empty(), parent_is_gone) {
        (true, _) => "no longer listed",
        (false, true) => "its parent is gone; a second complete listing without it will remove these",
        (false, false) => "its parent was not listed",
    };
    let (claim, id, now) = (claim.clone(), row.id, db.clock.now());
    let state = ScopeState::Skipped;
    db.write_as(Priority::Background, move |connection| {
        syncs::hold(connection, claim.sync_id, &claim.worker, now)?;
        scopes::set_state(connection, id, state, reason)?;
        syncs::record(connection, claim.sync_id, id, state.as_str(), reason, &Tally::default())
    })
    .await?;
    let ending = Ending {
        state: state.as_str().to_owned(),
        reason: reason.to_owned(),
        confirmed_at: None,
        peaks: String::new(),
    };
    Ok(super::report(scope, &ending, Tally::default()))
}

/// Makes tombstones of everything in a scope, in slices, and ends the scope itself.
async fn retire(db: &Db, claim: &Claim, row: &ScopeRow) -> Result<(u64, Vec<i64>), StoreError> {
    discard_stage(db, row.id).await?;
    let (mut gone, mut touched) = (0, Vec::new());
    loop {
        let (claim, id, now) = (claim.clone(), row.id, db.clock.now());
        let applied = db
            .write_as(Priority::Background, move |connection| {
                syncs::hold(connection, claim.sync_id, &claim.worker, now)?;
                let ids: Vec<i64> = scopes::some_present(connection, id, SLICE)?.iter().map(|row| row.id).collect();
                let applied = apply::tombstone(connection, &ids, now)?;
                if ids.is_empty() {
                    scopes::retire(connection, id, now)?;
                    syncs::record(
                        connection,
                        claim.sync_id,
                        id,
                        "complete",
                        "gone with its parent",
                        &Tally::default(),
                    )?;
                }
                Ok(applied)
            })
            .await?;
        if applied.gone == 0 {
            return Ok((gone, touched));
        }
        gone += applied.gone;
        touched.extend(applied.touched);
    }
}
