//! After a crash: a draft is discarded, an application is rolled forward, and a sync whose worker is dead ends as `unknown`.

use super::write::{Plan, apply_stage, batch};
use super::{Source, tracked};
use crate::kinds::KindSpec;
use crate::relations::placement;
use crate::store::scopes::{self, ScopeRow, ScopeState};
use crate::store::{Db, Priority, StoreError, stage, syncs};
use crate::wire::ScopeRef;

/// What a recovery found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    pub dead_syncs: usize,
    pub rolled_forward: usize,
    pub discarded: usize,
}

/// Cleans up what dead workers left. With `nobody_else` every running sync is taken for dead, whatever its lease says: for the
/// start of the only process that a SQLite file has.
pub async fn recover(db: &Db, sources: &[Source], nobody_else: bool) -> Result<Recovered, StoreError> {
    let now = db.clock.now();
    let dead_syncs = db.write(move |connection| syncs::reap(connection, now, nobody_else)).await?;
    let mut recovered = Recovered { dead_syncs, ..Recovered::default() };
    for row in db.read(scopes::applying).await? {
        if let Some(source) = sources.iter().find(|source| source.config.name == row.source)
            && roll_forward(db, source, &row).await?
        {
            recovered.rolled_forward += 1;
        }
    }
    for scope_id in db.read(stage::abandoned).await? {
        tracked::discard_stage(db, scope_id).await?;
        recovered.discarded += 1;
    }
    if recovered != Recovered::default() {
        tracing::warn!(?recovered, "cleaned up after a worker that stopped in the middle");
    }
    Ok(recovered)
}

/// Finishes the application of one scope, if one was begun: nothing else may read it before.
pub async fn roll_forward_scope(db: &Db, source: &Source, scope: &ScopeRef) -> Result<(), StoreError> {
    let (name, wanted) = (source.config.name.clone(), scope.clone());
    let row = db.read(move |connection| scopes::find(connection, &name, &wanted)).await?;
    if let Some(row) = row.filter(|row| row.state() == ScopeState::Applying) {
        roll_forward(db, source, &row).await?;
    }
    Ok(())
}

async fn roll_forward(db: &Db, source: &Source, row: &ScopeRow) -> Result<bool, StoreError> {
    let (Some(spec), Ok(plan)) = (KindSpec::by_name(&row.kind), serde_json::from_str::<Plan>(&row.plan)) else {
        return give_up(db, row).await;
    };
    let sync_id = plan.sync_id;
    let alive =
        db.read(move |connection| syncs::by_id(connection, sync_id)).await?.is_some_and(|sync| sync.state == "running");
    if alive {
        return Ok(false);
    }
    let batch = batch(source, spec.id(), row.id, plan.at, plan.held_fields.clone());
    let touched = apply_stage(db, None, &batch, &plan).await?;
    placement::derive(db, touched).await?;
    Ok(true)
}

/// A plan that this program cannot read, written by another version: the stage goes, and the next listing settles everything.
async fn give_up(db: &Db, row: &ScopeRow) -> Result<bool, StoreError> {
    let id = row.id;
    db.write_as(Priority::Background, move |connection| {
        scopes::set_state(connection, id, ScopeState::Partial, "an interrupted change could not be finished")
    })
    .await?;
    tracked::discard_stage(db, id).await?;
    Ok(true)
}
