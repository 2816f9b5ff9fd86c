//! The executor: claims runs and drives them side by side, within one worker. Several executors know of each other by
//! the database alone.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use super::action::Actions;
use super::drive::drive;
use super::heart::LEASE;
use super::step::delta;
use crate::context::Context;
use crate::secret::{hex, random_bytes};
use crate::store::StoreError;
use crate::store::runs::RunRow;
use crate::store::runs::list::lanes;
use crate::store::runs::queue::{self, Claimant};
use crate::telemetry::new_id;

/// Runs that one worker drives side by side: most of them wait for somebody.
const SLOTS: usize = 64;
/// Of those, at one source: one that answers nobody must not hold up the others.
const SLOTS_OF_SOURCE: usize = 8;
/// Between two looks for what another process has queued.
const LOOK: Duration = Duration::from_millis(500);

/// Drives runs. Cheap to clone.
#[derive(Clone)]
pub struct Executor {
    pub context: Context,
    /// As the runs name it.
    pub name: String,
    actions: Actions,
    slots: Arc<Semaphore>,
    running: TaskTracker,
    /// How many run at each source.
    busy: Arc<Mutex<BTreeMap<String, usize>>>,
}

impl Executor {
    /// An executor with a name of its own.
    pub fn new(context: Context, actions: Actions) -> Self {
        let name = format!("worker-{}-{}", std::process::id(), hex(&random_bytes::<4>()));
        let (slots, running) = (Arc::new(Semaphore::new(SLOTS)), TaskTracker::new());
        Self { context, name, actions, slots, running, busy: Arc::default() }
    }

    /// Under the name of the worker that it belongs to.
    pub fn named(self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self }
    }

    /// Lets go on at once what ran when the process died. Only where nobody else can be alive: on SQLite.
    pub async fn free_all(&self) -> Result<usize, StoreError> {
        let at = self.context.clock.now();
        self.context.db.write(move |connection| queue::free_all(connection, at)).await
    }

    /// Claims and drives until `stop` is cancelled; then lets each run come to the end of its step, and hands back what
    /// is left of it.
    pub async fn work_until(&self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = self.claim_all(&stop).await {
                tracing::error!(error = ?anyhow::Error::from(error), "runs could not be claimed");
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.context.bell.rung() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
        self.running.close();
        self.running.wait().await;
    }

    /// Claims whatever can be claimed now, and begins to drive it; gives how many.
    pub async fn claim_all(&self, stop: &CancellationToken) -> Result<usize, StoreError> {
        let mut claimed = 0;
        while let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() {
            let Some((run, sources)) = self.claim().await? else { break };
            let (executor, stop) = (self.clone(), stop.clone());
            let span = tracing::info_span!("run", run = run.id, action = run.action, id = new_id());
            let work = async move {
                let id = run.id;
                if let Err(error) = drive(&executor.context, executor.actions, run, &stop).await {
                    tracing::error!(run = id, error = ?anyhow::Error::from(error), "a run broke off; its lease will run out");
                }
                drop(sources);
                drop(slot);
                executor.context.bell.ring();
            };
            self.running.spawn(work.instrument(span));
            claimed += 1;
        }
        Ok(claimed)
    }

    async fn claim(&self) -> Result<Option<(RunRow, Busy)>, StoreError> {
        let (db, at) = (&self.context.db, self.context.clock.now());
        let claimant = Claimant {
            worker: self.name.clone(),
            lease: delta(LEASE),
            actions: self.actions.iter().map(|action| action.name()).collect(),
            full: self.full(),
        };
        let looks = claimant.clone();
        if !db.read(move |connection| queue::is_worth_a_claim(connection, &looks, at)).await? {
            return Ok(None);
        }
        let claimed = db
            .write(move |connection| {
                let Some(run) = queue::claim(connection, &claimant, at)? else { return Ok(None) };
                let lanes = lanes(connection, run.id)?;
                Ok(Some((run, lanes)))
            })
            .await?;
        self.context.bell.moved();
        Ok(claimed.map(|(run, lanes)| (run, Busy::at(&self.busy, &lanes))))
    }

    fn full(&self) -> Vec<String> {
        let busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        busy.iter().filter(|(_, runs)| **runs >= SLOTS_OF_SOURCE).map(|(source, _)| source.clone()).collect()
    }
}

/// Counts a run at its sources for as long as it runs.
struct Busy {
    counts: Arc<Mutex<BTreeMap<String, usize>>>,
    sources: Vec<String>,
}

impl Busy {
    fn at(counts: &Arc<Mutex<BTreeMap<String, usize>>>, lanes: &[String]) -> Self {
        let mut sources: Vec<String> = lanes
            .iter()
            .map(|lane| lane.split_once('/').map_or(lane.as_str(), |(source, _)| source).to_owned())
            .collect();
        sources.dedup();
        let mut busy = counts.lock().unwrap_or_else(PoisonError::into_inner);
        for source in &sources {
            *busy.entry(source.clone()).or_default() += 1;
        }
        drop(busy);
        Self { counts: Arc::clone(counts), sources }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let mut busy = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for source in &self.sources {
            if let Some(runs) = busy.get_mut(source) {
                *runs = runs.saturating_sub(1);
            }
        }
    }
}
