//! Scopes that a collection did not mention: a zone that the zone listing no longer shows, a region taken out of the
//! configuration.
//!
//! Not being mentioned proves nothing. The rows of such a scope stay until the scope's own parent (the zone) has been
//! absent from two complete listings of its own, because a token may see fewer zones than yesterday.

use diesel::QueryResult;

use super::tracked::discard_stage;
use super::{Claim, ScopeReport, Source, recover};
use crate::clock::Instant;
use crate::kinds::KindSpec;
use crate::store::apply::{self, SLICE};
use crate::store::scopes::{self, Ending, GoneParent, ScopeRow, ScopeState};
use crate::store::syncs::{self, Tally};
use crate::store::{AnyConnection, Db, Priority, Scope, StoreError};
use crate::wire::ScopeRef;

const RETIRED: &str = "gone with its parent";

/// Marks the scopes of a source that were not listed as skipped, and retires those whose parent is confirmed gone.
pub async fn settle(
    db: &Db,
    source: &Source,
    claim: &Claim,
    listed: &[ScopeReport],
    sync_started_at: Instant,
) -> Result<Vec<ScopeReport>, StoreError> {
    let name = source.config.name.clone();
    let stored = db.read(move |connection| scopes::of_source(connection, &Scope::unrestricted(), &name)).await?;
    let mut reports = Vec::new();
    for row in stored {
        let Some(spec) = KindSpec::by_name(&row.kind) else { continue };
        let scope = ScopeRef { kind: spec.id(), name: row.name.clone() };
        if listed.iter().any(|report| report.scope == scope) {
            continue;
        }
        recover::roll_forward_scope(db, source, claim, &scope).await?;
        let child = row.clone();
        let parent = db.read(move |connection| scopes::gone_parent(connection, &child)).await?;
        let confirmed = parent.as_ref().is_some_and(|parent| is_confirmed(parent, &row, listed, sync_started_at));
        reports.push(if confirmed {
            retire(db, claim, &row, scope).await?
        } else {
            skip(db, claim, &row, scope, parent.is_some()).await?
        });
    }
    Ok(reports)
}

/// Gone since an earlier sync, and the scope that held it was listed to its end in this one: the second listing without
/// it.
fn is_confirmed(parent: &GoneParent, child: &ScopeRow, listed: &[ScopeReport], sync_started_at: Instant) -> bool {
    let held_it =
        |report: &&ScopeReport| report.scope.kind.as_str() == child.parent_kind && report.scope.name == parent.scope;
    parent.at < sync_started_at && listed.iter().find(held_it).is_some_and(ScopeReport::is_conclusive)
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
        syncs::record(connection, claim.sync_id, id, state, reason, &Tally::default())
    })
    .await?;
    let ending = Ending { state, reason: reason.to_owned(), confirmed_at: None, accepted: None };
    Ok(ScopeReport::of(scope, &ending, Tally::default()))
}

/// Makes tombstones of everything in a scope, in slices, and ends the scope itself.
async fn retire(db: &Db, claim: &Claim, row: &ScopeRow, scope: ScopeRef) -> Result<ScopeReport, StoreError> {
    discard_stage(db, claim, row.id).await?;
    let mut tally = Tally::default();
    loop {
        let (claim, id, now) = (claim.clone(), row.id, db.clock.now());
        let slice = db
            .write_as(Priority::Background, move |connection| {
                syncs::hold(connection, claim.sync_id, &claim.worker, now)?;
                retire_slice(connection, claim.sync_id, id, now)
            })
            .await?;
        if slice.gone == 0 {
            let (state, reason) = (ScopeState::Complete, RETIRED.to_owned());
            return Ok(ScopeReport { scope, state, reason, tally });
        }
        tally.gone += slice.gone;
    }
}

fn retire_slice(connection: &mut AnyConnection, sync_id: i64, scope_id: i64, at: Instant) -> QueryResult<Tally> {
    let ids: Vec<i64> = scopes::some_present(connection, scope_id, SLICE)?.iter().map(|row| row.id).collect();
    let tally = Tally { gone: apply::tombstone(connection, &ids, at)?.gone, ..Tally::default() };
    if ids.is_empty() {
        scopes::retire(connection, scope_id, at)?;
    }
    syncs::record(connection, sync_id, scope_id, ScopeState::Complete, RETIRED, &tally)?;
    Ok(tally)
}
