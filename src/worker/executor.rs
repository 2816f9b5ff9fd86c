//! One tick: starts the tasks that are due and the syncs that wait. It awaits neither, so that a long one delays no
//! other.

use std::convert::Infallible;
use std::sync::Arc;
use std::time;

use chrono::TimeDelta;
use tracing::Instrument;

use super::schedule::TASKS;
use super::task::Task;
use super::tasks::served;
use super::{BEAT, Worker};
use crate::alerts;
use crate::store::syncs::{self, SyncRow};
use crate::store::{StoreError, tasks};
use crate::sync::{self, Claim};
use crate::telemetry::new_id;

/// Starts what there is to do, on the worker's tracker.
pub async fn tick(worker: &Worker) -> Result<(), StoreError> {
    start_tasks(worker).await?;
    start_syncs(worker).await
}

async fn start_tasks(worker: &Worker) -> Result<(), StoreError> {
    let now = worker.db.clock.now();
    // A look first: a claim is a write, and there is nothing to do most of the time.
    let rows = worker.db.read(tasks::all).await?;
    let due = |task: &&Task| rows.iter().any(|row| row.name == task.name && row.can_be_claimed(now));
    for task in TASKS.iter().filter(due) {
        let name = worker.name.clone();
        if worker.db.tend(move |connection| tasks::claim(connection, task.name, &name, now)).await? {
            let worker = worker.clone();
            worker.running.clone().spawn(async move {
                if let Err(error) = run_claimed(&worker, task).await {
                    tracing::error!(task = task.name, error = ?error, "a task could not be ended; its lease will run out");
                }
                // A sync that it asked for need not wait for a tick.
                worker.wake.notify_one();
            });
        }
    }
    Ok(())
}

/// Runs a claimed task to its end and writes how it went.
pub async fn run_claimed(worker: &Worker, task: &'static Task) -> Result<(), StoreError> {
    let id = new_id();
    let run = (task.run)(worker).instrument(tracing::info_span!("task", task = task.name, id));
    let outcome = tokio::select! {
        outcome = run => outcome,
        never = keep(worker, task) => match never {},
    };
    let (state, report) = match outcome {
        Ok(report) => ("succeeded", report),
        Err(error) => {
            tracing::error!(task = task.name, id, error = ?error, "a task failed");
            ("failed", format!("{error:#}"))
        }
    };
    let (name, now) = (worker.name.clone(), worker.db.clock.now());
    let every = TimeDelta::from_std(worker.every(task)).unwrap_or(TimeDelta::hours(1));
    // What the worker's own stop has cut short is due again at the next start.
    let cut_short = state == "failed" && worker.stopping.is_cancelled();
    let due_at = if cut_short { now } else { now + every };
    worker.db.tend(move |connection| tasks::end(connection, task.name, &name, state, &report, now, due_at)).await
}

/// Keeps the lease of a running task for as long as it is polled.
async fn keep(worker: &Worker, task: &'static Task) -> Infallible {
    loop {
        tokio::time::sleep(BEAT).await;
        let (name, now) = (worker.name.clone(), worker.db.clock.now());
        let held = worker.db.tend(move |connection| tasks::hold(connection, task.name, &name, now)).await;
        if let Err(error) = held {
            tracing::warn!(task = task.name, error = ?error, "a task's lease could not be renewed");
        }
    }
}

async fn start_syncs(worker: &Worker) -> Result<(), StoreError> {
    while let Ok(slot) = Arc::clone(&worker.slots).try_acquire_owned() {
        let (name, now) = (worker.name.clone(), worker.db.clock.now());
        let sources: Vec<String> = worker.sources.iter().map(|source| source.config.name.clone()).collect();
        let waiting = worker.db.read(syncs::any_waiting).await?;
        if !waiting {
            break;
        }
        let claimed = worker.db.tend(move |connection| syncs::claim(connection, &name, &sources, now)).await?;
        let Some(row) = claimed else { break };
        let worker = worker.clone();
        let span = tracing::info_span!("sync", source = row.source, sync = row.id, id = new_id());
        worker.running.clone().spawn(
            async move {
                run_sync(&worker, row).await;
                drop(slot);
                worker.wake.notify_one();
            }
            .instrument(span),
        );
    }
    Ok(())
}

async fn run_sync(worker: &Worker, row: SyncRow) {
    let Some(source) = worker.sources.iter().find(|source| source.config.name == row.source) else { return };
    let claim = Claim { sync_id: row.id, worker: worker.name.clone() };
    let began = time::Instant::now();
    let outcome = sync::run(&worker.db, source, &claim).await;
    let state = outcome.as_ref().map_or("unknown", |report| report.state.as_str());
    worker.metrics.sync(&row.source, state, began.elapsed());
    match &outcome {
        Ok(report) => {
            tracing::info!(state, reason = report.reason, scopes = report.scopes.len(), "synced");
            if let Err(error) = served::ask_after(worker, report).await {
                tracing::warn!(error = ?error, "a look at served certificates could not be asked for");
            }
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
        .tend(move |connection| syncs::end(connection, claim.sync_id, &claim.worker, "unknown", &reason, "", now))
        .await;
    if let Err(error) = ended {
        tracing::error!(error = ?error, "a broken sync could not be ended; its lease will run out");
    }
}
