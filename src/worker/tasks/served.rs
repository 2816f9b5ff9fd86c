//! Looks at the certificates that hosts send, and judges anew what time alone has changed.

use std::sync::Arc;

use anyhow::bail;
use chrono::TimeDelta;

use super::slices;
use crate::probe::{self, Network};
use crate::store::served_certificates::targets;
use crate::store::{StoreError, tasks};
use crate::sync::Report;
use crate::worker::Worker;
use crate::worker::schedule::SERVED_CERTIFICATES;
use crate::worker::task::Outcome;

/// How long a target stays known to which nothing leads any more.
const KEPT: TimeDelta = TimeDelta::days(30);
/// Targets forgotten in one transaction, and transactions of one run.
const BATCH: i64 = 500;
const BATCHES: usize = 1_000;

/// Looks at everything.
pub async fn look(worker: &Worker) -> Outcome {
    if !worker.probe.enabled {
        return Ok("switched off in the configuration: [probe] enabled = false".to_owned());
    }
    let Some(tally) = probe::run(&worker.db, &worker.probe, &network(worker), worker.stopping()).await? else {
        bail!("stopped before its end; what was seen until then is kept, and the next start looks at everything again");
    };
    let before = worker.db.clock.now() - KEPT;
    let forgotten =
        slices::remove(&worker.db, BATCHES, move |connection| targets::prune(connection, before, BATCH)).await?;
    let probe::Tally { hosts, read, unseen, left_alone } = tally;
    Ok(format!(
        "{hosts} hosts: {read} targets read, {unseen} not seen, {left_alone} left alone, {forgotten} old ones forgotten"
    ))
}

fn network(worker: &Worker) -> Network {
    Network::with(worker.sources.iter().map(|source| Arc::clone(&source.provider)))
}

/// Asks for a look after the first listing of a source: at the very first start there was nothing to look at yet, and
/// the next look would be hours away.
pub async fn ask_after(worker: &Worker, report: &Report) -> Result<(), StoreError> {
    if !worker.probe.enabled || !report.is_first() {
        return Ok(());
    }
    let (by, now) = (format!("the first listing of {}", report.source), worker.db.clock.now());
    worker.db.tend(move |connection| tasks::request(connection, SERVED_CERTIFICATES, &by, now).map(|_| ())).await
}

/// Judges what has expired, or come near its end, since it was looked at.
pub async fn judge(worker: &Worker) -> Outcome {
    Ok(format!("{} hosts judged anew", probe::judge_due(&worker.db).await?))
}
