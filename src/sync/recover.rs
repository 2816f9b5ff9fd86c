//! After a crash: a draft is discarded, an application is rolled forward, and a sync whose worker is dead ends as
//! `unknown`.

use super::tracked::STAGED_AT_ONCE;
use super::write::{Application, apply_stage, batch};
use super::{Claim, Source};
use crate::kinds::KindSpec;
use crate::relations::placement;
use crate::store::scopes::{self, ScopeRow, ScopeState};
use crate::store::syncs::{self, LeaseLost};
use crate::store::{Db, Priority, StoreError, stage};
use crate::wire::ScopeRef;

/// What a recovery found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    pub dead_syncs: usize,
    pub rolled_forward: usize,
    pub discarded: usize,
}

/// Cleans up what dead workers left. With `nobody_else` every running sync is taken for dead, whatever its lease says:
/// for the start of the only process that a SQLite file has.
pub async fn recover(db: &Db, sources: &[Source], nobody_else: bool) -> Result<Recovered, StoreError> {
    let now = db.clock.now();
    let dead_syncs = db.tend(move |connection| syncs::reap(connection, now, nobody_else)).await?;
    let mut recovered = Recovered { dead_syncs, ..Recovered::default() };
    for row in db.read(scopes::applying).await? {
        if let Some(source) = sources.iter().find(|source| source.config.name == row.source)
            && roll_forward(db, source, None, &row).await?
        {
            recovered.rolled_forward += 1;
        }
    }
    for scope_id in db.read(stage::abandoned).await? {
        discard(db, scope_id).await?;
        recovered.discarded += 1;
    }
    placement::derive(db).await?;
    if recovered != Recovered::default() {
        tracing::warn!(?recovered, "cleaned up after a worker that stopped in the middle");
    }
    Ok(recovered)
}

/// Finishes the application of one scope, if one was begun: nothing else may read it before.
pub async fn roll_forward_scope(db: &Db, source: &Source, claim: &Claim, scope: &ScopeRef) -> Result<(), StoreError> {
    let (name, wanted) = (source.config.name.clone(), scope.clone());
    let row = db.read(move |connection| scopes::find(connection, &name, &wanted)).await?;
    if let Some(row) = row.filter(|row| row.state() == ScopeState::Applying)
        && !roll_forward(db, source, Some(claim), &row).await?
    {
        // Whoever applies it is alive, and so it is not we who hold this source.
        return Err(StoreError::Query(LeaseLost.into()));
    }
    Ok(())
}

/// Gives whether it was anybody's but a living sync's.
async fn roll_forward(db: &Db, source: &Source, claim: Option<&Claim>, row: &ScopeRow) -> Result<bool, StoreError> {
    let (Some(spec), Ok(application)) = (KindSpec::by_name(&row.kind), Application::read(&row.plan)) else {
        give_up(db, row).await?;
        return Ok(true);
    };
    let sync_id = application.plan.sync_id;
    let sync = db.read(move |connection| syncs::by_id(connection, sync_id)).await?;
    if sync.is_some_and(|sync| sync.state == "running") {
        return Ok(false);
    }
    let plan = &application.plan;
    let batch = batch(source, spec.id(), row.id, plan.at, plan.held_fields.clone());
    apply_stage(db, claim, &batch, &application).await?;
    Ok(true)
}

/// A plan that this program cannot read, written by another version: its stage is a draft again, which goes with the
/// other drafts or when the next listing begins, and that listing settles everything.
async fn give_up(db: &Db, row: &ScopeRow) -> Result<(), StoreError> {
    let (id, plan) = (row.id, row.plan.clone());
    db.write_as(Priority::Background, move |connection| scopes::give_up_application(connection, id, &plan)).await?;
    Ok(())
}

/// Throws a draft away, in slices, as long as nobody works at it.
async fn discard(db: &Db, scope_id: i64) -> Result<(), StoreError> {
    let slice = move |connection: &mut _| stage::discard_abandoned(connection, scope_id, STAGED_AT_ONCE);
    while db.write_as(Priority::Background, slice).await? == STAGED_AT_ONCE {}
    Ok(())
}
