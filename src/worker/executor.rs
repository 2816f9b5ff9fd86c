//! One tick: heartbeat, tasks that are due, syncs that wait.

use std::sync::Arc;
use std::time;

use chrono::TimeDelta;
use tracing::Instrument;

use super::schedule::TASKS;
use super::task::Task;
use super::{BEAT, Worker};
use crate::alerts;
use crate::store::syncs::{self, SyncRow};
use crate::store::{StoreError, tasks};
use crate::sync::{self, Claim};
use crate::telemetry::new_id;

/// Starts what there is to do and does not wait for it; gives whether there was anything.
pub async fn tick(worker: &Worker) -> Result<bool, StoreError> {
    beat(worker).await?;
    let mut busy = false;
    for task in TASKS {
        busy |= run_if_due(worker, task).await?;
    }
    busy |= start_syncs(worker).await?;
    Ok(busy)
}

async fn beat(worker: &Worker) -> Result<(), StoreError> {
    let (name, now) = (worker.name.clone(), worker.db.clock.now());
    let due = worker
        .db
        .read(tasks::heartbeats)
        .await?
        .iter()
        .find(|beat| beat.worker == name)
        .is_none_or(|beat| now - beat.beat_at.and_utc() >= TimeDelta::from_std(BEAT).unwrap_or_default());
    if due {
        worker.db.write(move |connection| tasks::beat(connection, &name, env!("CARGO_PKG_VERSION"), now)).await?;
    }
    Ok(())
}

async fn run_if_due(worker: &Worker, task: &'static Task) -> Result<bool, StoreError> {
    let now = worker.db.clock.now();
    // A look first: a claim is a write, and there is nothing to do most of the time.
    let rows = worker.db.read(tasks::all).await?;
    let due = rows.iter().any(|row| {
        row.name == task.name && (row.requested_at.is_some() || (row.enabled && row.due_at.and_utc() <= now))
    });
    if !due {
        return Ok(false);
    }
    let name = worker.name.clone();
    if !worker.db.write(move |connection| tasks::claim(connection, task.name, &name, now)).await? {
        return Ok(false);
    }
    run_claimed(worker, task).await?;
    Ok(task.name != "sync")
}

/// Runs a claimed task to its end and writes how it went.
pub async fn run_claimed(worker: &Worker, task: &'static Task) -> Result<(), StoreError> {
    let id = new_id();
    let outcome = (task.run)(worker).instrument(tracing::info_span!("task", task = task.name, id)).await;
    let (state, report) = match outcome {
        Ok(report) => ("succeeded", report),
        Err(error) => {
            tracing::error!(task = task.name, id, error = ?error, "a task failed");
            ("failed", format!("{error:#}"))
        }
    };
    let (name, now) = (worker.name.clone(), worker.db.clock.now());
    let due_at = now + TimeDelta::from_std(task.every).unwrap_or(TimeDelta::hours(1));
    worker.db.write(move |connection| tasks::end(connection, task.name, &name, state, &report, now, due_at)).await
}

async fn start_syncs(worker: &Worker) -> Result<bool, StoreError> {
    let mut started = false;
    while let Ok(slot) = Arc::clone(&worker.slots).try_acquire_owned() {
        let (name, now) = (worker.name.clone(), worker.db.clock.now());
        let sources: Vec<String> = worker.sources.iter().map(|source| source.config.name.clone()).collect();
        let waiting = worker.db.read(syncs::any_waiting).await?;
        if !waiting {
            break;
        }
        let claimed = worker.db.write(move |connection| syncs::claim(connection, &name, &sources, now)).await?;
        let Some(row) = claimed else { break };
        started = true;
        let worker = worker.clone();
        let span = tracing::info_span!("sync", source = row.source, sync = row.id, id = new_id());
        worker.running.clone().spawn(
            async move {
                run_sync(&worker, row).await;
                drop(slot);
            }
            .instrument(span),
        );
    }
    Ok(started)
}

async fn run_sync(worker: &Worker, row: SyncRow) {
    let Some(source) = worker.sources.iter().find(|source| source.config.name == row.source) else { return };
    let claim = Claim { sync_id: row.id, worker: worker.name.clone() };
    let began = time::Instant::now();
    let outcome = sync::run(&worker.db, source, &claim).await;
    let state = outcome.as_ref().map_or("unknown", |report| report.state);
    worker.metrics.sync(&row.source, state, began.elapsed());
    match &outcome {
        Ok(report) => {
            tracing::info!(state = report.state, reason = report.reason, scopes = report.scopes.len(), "synced");
        }
        Err(error) => {
            tracing::error!(error = ?error, "a sync broke off");
            fail(worker, &claim, &error.to_string()).await;
        }
    }
    if let Err(error) = alerts::evaluate(&worker.db).await {
        tracing::error!(error = ?error, "the alerts could not be evaluated");
    }
}

/// A sync that our own side broke off must not look as if it were still running.
async fn fail(worker: &Worker, claim: &Claim, reason: &str) {
    let (claim, reason, now) = (claim.clone(), reason.to_owned(), worker.db.clock.now());
    let ended = worker
        .db
        .write(move |connection| syncs::end(connection, claim.sync_id, &claim.worker, "unknown", &reason, "", now))
        .await;
    if let Err(error) = ended {
        tracing::error!(error = ?error, "a broken sync could not be ended; its lease will run out");
    }
}
