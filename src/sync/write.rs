//! The outcome of a large scope, staged and applied in slices; and what every outcome is written with.

use diesel::prelude::*;
use diesel::result::Error;
use serde::{Deserialize, Serialize};

use super::decide::Decision;
use super::tracked::{LARGE, stage_slice};
use super::{Claim, ScopeReport, Source, Tracked};
use crate::clock::Instant;
use crate::kinds::KindName;
use crate::store::apply::{self, Applied, Batch, Put, SLICE};
use crate::store::scopes::{self, Ending, ScopeState};
use crate::store::stage::{self, Op, StagedRow};
use crate::store::syncs::{self, Tally};
use crate::store::{
    AnyConnection, Db, Priority, StoreError, Vault, gate, held, resource_writes, secret_values, statistics,
};

/// What is written in one piece while people write too, whatever else there is to say of a scope.
const SHORT: usize = 50;

/// How the application of a stage ends; kept with the scope, so that another process can finish it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Plan {
    pub sync_id: i64,
    pub at: Instant,
    pub ending: Ending,
    pub held_fields: Vec<String>,
    pub losses: Vec<i64>,
}

/// A plan and its text as it is stored, by which an application is known again.
#[derive(Clone, Debug)]
pub struct Application {
    pub plan: Plan,
    pub text: String,
}

impl Application {
    fn of(plan: Plan) -> QueryResult<Self> {
        let text = serde_json::to_string(&plan).map_err(|error| Error::SerializationError(Box::new(error)))?;
        Ok(Self { plan, text })
    }

    pub fn read(text: &str) -> serde_json::Result<Self> {
        Ok(Self { plan: serde_json::from_str(text)?, text: text.to_owned() })
    }
}

/// Whether a scope is written in one piece: somebody who writes too would wait for all of it.
pub fn is_small(db: &Db, tracked: &Tracked, decision: &Decision) -> bool {
    let marks = decision.gone.len() + decision.missing.len() + decision.back.len();
    let most = if db.somebody_waits() { SHORT } else { LARGE };
    !tracked.staged && tracked.pending.len() + marks <= most
}

/// What the rows of a scope have in common.
pub fn batch(source: &Source, kind: KindName, scope_id: i64, at: Instant, held_fields: Vec<String>) -> Batch {
    Batch {
        spec: kind.spec(),
        source: source.config.name.clone(),
        scope_id,
        origin: source.origin.clone(),
        rules: source.rules.clone(),
        at,
        held_fields,
    }
}

pub(super) fn ids(rows: &[(i64, i64)]) -> Vec<i64> {
    rows.iter().map(|(_, id)| *id).collect()
}

/// Stages what is pending and the marks, then applies the stage. From `begin_applying` on a crash rolls it forward.
pub async fn large(
    db: &Db,
    source: &Source,
    claim: &Claim,
    mut tracked: Tracked,
    decision: Decision,
) -> Result<ScopeReport, StoreError> {
    tracked.stage_pending(db, claim).await?;
    let batch = batch(source, tracked.scope.kind, tracked.row.id, db.clock.now(), decision.held_fields.clone());
    let (scope, ending) = (tracked.scope.clone(), decision.ending.clone());
    for (op, rows) in [(Op::Gone, &decision.gone), (Op::Missing, &decision.missing), (Op::Back, &decision.back)] {
        // A row that is back and has changed is on the stage as a change already, which takes the mark off as well.
        let rows: Vec<_> = rows.iter().filter(|(identity, _)| op != Op::Back || !tracked.differs(*identity)).collect();
        for chunk in rows.chunks(SLICE) {
            let slice = chunk
                .iter()
                .map(|(identity, id)| StagedRow {
                    position: 0,
                    external_hash: *identity,
                    op: op.as_str().to_owned(),
                    external_id: id.to_string(),
                    fingerprint: 0,
                    attrs: String::new(),
                })
                .collect();
            stage_slice(db, claim, batch.scope_id, slice, Vec::new()).await?;
        }
    }
    // Before the rows: after a crash in between, the next listing finds these rows unchanged and would not bring the
    // values again.
    for slice in tracked.secrets().chunks(SLICE) {
        let (claim, batch, vault, slice) = (claim.clone(), batch.clone(), db.vault().cloned(), slice.to_vec());
        db.write_as(Priority::Background, move |connection| {
            syncs::hold(connection, claim.sync_id, &claim.worker, batch.at)?;
            keep(connection, vault.as_ref(), &batch, &slice)
        })
        .await?;
    }
    let known = Tally { unchanged: tracked.untouched_count(), held: decision.held_rows, ..Tally::default() };
    let (sync, begun) = (claim.clone(), batch.clone());
    let began_at = tracked.began_at;
    let application = db
        .write_as(Priority::Background, move |connection| {
            syncs::hold(connection, sync.sync_id, &sync.worker, begun.at)?;
            let newer = resource_writes::since(connection, begun.scope_id, began_at)?;
            stage::forget(connection, begun.scope_id, &newer.into_iter().collect::<Vec<_>>())?;
            let losses = losses(connection, &begun, &decision)?;
            let application = Application::of(Plan {
                sync_id: sync.sync_id,
                at: begun.at,
                ending: decision.ending,
                held_fields: decision.held_fields,
                losses,
            })?;
            scopes::begin_applying(connection, begun.scope_id, &application.text)?;
            progress(connection, &begun, &application.plan, &known)?;
            Ok(application)
        })
        .await?;
    apply_stage(db, Some(claim), &batch, &application).await?;
    let (sync_id, scope_id) = (claim.sync_id, batch.scope_id);
    let tally = db.read(move |connection| syncs::tally(connection, sync_id, scope_id)).await?;
    statistics::written(db, tally.added).await;
    Ok(ScopeReport::of(scope, &ending, tally))
}

/// Applies a stage slice by slice, each as long as nobody waits for its end, and ends the scope as planned. Without a claim
/// it is a recovery. Two processes that do so take turns, and what the other one has finished is finished.
pub async fn apply_stage(
    db: &Db,
    claim: Option<&Claim>,
    batch: &Batch,
    application: &Application,
) -> Result<(), StoreError> {
    let mut more = true;
    while more {
        let (claim, batch, application) = (claim.cloned(), batch.clone(), application.clone());
        let (now, house) = (db.clock.now(), db.clone());
        more = db
            .write_as(Priority::Background, move |connection| {
                if let Some(claim) = &claim {
                    syncs::hold(connection, claim.sync_id, &claim.worker, now)?;
                }
                gate::take_turn(connection, gate::Turn::Inventory)?;
                let unfinished = scopes::hold_application(connection, batch.scope_id, &application.text)?;
                if !unfinished {
                    return Ok(false);
                }
                let mut stint = house.stint();
                loop {
                    let more = apply_slice(connection, &batch, &application.plan, stint.portion())?;
                    if !more || !stint.goes_on() {
                        return Ok(more);
                    }
                }
            })
            .await?;
    }
    Ok(())
}

/// Applies one slice; gives whether there are more. The last one ends the scope in the same transaction.
fn apply_slice(connection: &mut AnyConnection, batch: &Batch, plan: &Plan, rows: usize) -> QueryResult<bool> {
    let rows = stage::slice(connection, batch.scope_id, None, rows)?;
    let Some(last) = rows.last().map(|row| row.position) else {
        close(connection, batch, plan.sync_id, &plan.ending, &Tally::default())?;
        return Ok(false);
    };
    let mut puts = Vec::new();
    let (mut gone, mut missing, mut back) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        match Op::parse(&row.op) {
            Some(Op::Put) => puts.push(to_put(row, batch)),
            Some(Op::Gone) => gone.push(marked(&row)?),
            Some(Op::Missing) => missing.push(marked(&row)?),
            Some(Op::Back) => back.push(marked(&row)?),
            None => return Err(Error::DeserializationError(format!("no operation: {:?}", row.op).into())),
        }
    }
    let mut applied = apply::put(connection, batch, puts)?;
    apply::mark_back(connection, &back, batch.at)?;
    applied.absorb(apply::tombstone(connection, &gone, batch.at)?);
    miss(connection, plan.losses.first().copied(), &missing, batch.at)?;
    stage::remove_through(connection, batch.scope_id, last)?;
    progress(connection, batch, plan, &tally(applied, 0))?;
    Ok(true)
}

/// The resource that a staged mark speaks of.
fn marked(row: &StagedRow) -> QueryResult<i64> {
    row.external_id.parse().map_err(|error| Error::DeserializationError(Box::new(error)))
}

/// Adds to what the sync has done in a scope that is still being written.
fn progress(connection: &mut AnyConnection, batch: &Batch, plan: &Plan, tally: &Tally) -> QueryResult<()> {
    let (state, reason) = (ScopeState::Applying, &plan.ending.reason);
    syncs::record(connection, plan.sync_id, batch.scope_id, state, reason, tally)
}

/// Keeps the secrets that came with the rows; without an open vault none.
pub(super) fn keep(
    connection: &mut AnyConnection,
    vault: Option<&Vault>,
    batch: &Batch,
    secrets: &[secret_values::Listed],
) -> QueryResult<()> {
    let Some(vault) = vault else { return Ok(()) };
    secret_values::keep(connection, vault, batch.scope_id, secrets, batch.at).map(|_| ())
}

/// Opens new losses, notes that the old ones were seen again, and decides those that a listing decides.
pub(super) fn losses(connection: &mut AnyConnection, batch: &Batch, decision: &Decision) -> QueryResult<Vec<i64>> {
    if decision.conclusive {
        held::seen_again(connection, batch.scope_id)?;
    }
    for id in &decision.confirmed_losses {
        held::decide(connection, *id, "accepted", "a second complete listing", "", batch.at)?;
    }
    for id in &decision.returned_fields {
        held::field_is_back(connection, *id, batch.at)?;
    }
    let mut opened = Vec::new();
    for loss in decision.new_loss.iter().chain(&decision.new_field_losses) {
        let baseline = i64::try_from(loss.baseline).unwrap_or(i64::MAX);
        opened.push(held::begin(connection, batch.scope_id, &loss.subject, &loss.reason, baseline, batch.at)?);
    }
    Ok(opened)
}

pub(super) fn miss(connection: &mut AnyConnection, loss: Option<i64>, ids: &[i64], at: Instant) -> QueryResult<()> {
    let (Some(loss), false) = (loss, ids.is_empty()) else { return Ok(()) };
    held::add_items(connection, loss, ids)?;
    apply::mark_missing(connection, ids, at)
}

pub(super) fn close(
    connection: &mut AnyConnection,
    batch: &Batch,
    sync_id: i64,
    ending: &Ending,
    tally: &Tally,
) -> QueryResult<()> {
    scopes::end(connection, batch.scope_id, ending)?;
    syncs::record(connection, sync_id, batch.scope_id, ending.state, &ending.reason, tally)
}

/// A row whose held fields were put back in keeps a fingerprint that matches nothing, so that each listing judges it
/// anew.
pub(super) fn to_put(row: StagedRow, batch: &Batch) -> Put {
    let fingerprint = if batch.held_fields.is_empty() { row.fingerprint } else { 0 };
    Put { external_hash: row.external_hash, external_id: row.external_id, fingerprint, attrs: row.attrs }
}

/// What was written; a row of which only flickering fields differ is unchanged.
pub(super) fn tally(applied: Applied, held: u64) -> Tally {
    let Applied { added, changed, gone, flickered } = applied;
    Tally { added, changed, gone, unchanged: flickered, held }
}
