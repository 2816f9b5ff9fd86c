//! The worker: claims what is due and what was asked for, and runs it.
//!
//! It has one clock tick a second (`ticker.rs`); at each it starts the tasks that are due (`schedule.rs` is THE table
//! of tasks) and claims waiting syncs. Periodic runs, "run now" and the recovery after a crash are one code path: a
//! claim. Its heartbeat has a loop of its own (`heart.rs`). What people ask for to be done outside is driven beside all
//! this, by `crate::runs`.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::{HistoryConfig, NetworkConfig, ProbeConfig, ZoneFilesConfig};
use crate::runs::Executor;
use crate::secret::{hex, random_bytes};
use crate::store::{self, Backend, Db, StoreError};
use crate::sync::{Source, recover};
use crate::telemetry::Metrics;

mod executor;
mod heart;
pub mod schedule;
pub mod task;
mod tasks;
mod ticker;

/// Syncs that one worker runs side by side.
const SYNCS_AT_ONCE: usize = 4;
/// A stop waits so long for what runs; then it is left to the next start, which rolls forward or discards.
const STOP_PATIENCE: Duration = Duration::from_secs(20);
/// Between two heartbeats.
const BEAT: Duration = Duration::from_secs(15);

/// Everything a worker works with. Cheap to clone.
#[derive(Clone)]
pub struct Worker {
    pub name: String,
    pub db: Db,
    pub sources: Arc<[Source]>,
    /// Where its rounds and syncs are counted.
    pub metrics: Metrics,
    /// How long it keeps what once was.
    pub history: HistoryConfig,
    /// How it looks at the certificates that hosts send; it does not until somebody says how.
    pub probe: Arc<ProbeConfig>,
    /// What drives runs; none are driven until somebody gives it one.
    executor: Option<Executor>,
    /// Where it keeps zone files.
    pub zone_files: Arc<ZoneFilesConfig>,
    /// Cancelled when it is about to stop, for tasks that take longer than anybody wants to wait.
    stopping: CancellationToken,
    /// What counts as our own address space.
    pub networks: Arc<[NetworkConfig]>,
    slots: Arc<Semaphore>,
    running: TaskTracker,
    /// Rung by the ticker, and by what has ended and may have left something to do.
    wake: Arc<Notify>,
}

impl Worker {
    /// A worker with a name of its own, so that leases tell workers of one machine apart.
    pub fn new(db: Db, sources: Arc<[Source]>) -> Self {
        let name = format!("worker-{}-{}", std::process::id(), hex(&random_bytes::<4>()));
        let (slots, running) = (Arc::new(Semaphore::new(SYNCS_AT_ONCE)), TaskTracker::new());
        Self {
            name,
            db,
            sources,
            metrics: Metrics::new(),
            history: HistoryConfig::default(),
            probe: Arc::new(ProbeConfig::off()),
            executor: None,
            zone_files: Arc::default(),
            stopping: CancellationToken::new(),
            networks: Arc::new([]),
            slots,
            running,
            wake: Arc::default(),
        }
    }

    /// Counts among the numbers of the process instead of for itself.
    pub fn counting(self, metrics: Metrics) -> Self {
        Self { metrics, ..self }
    }

    /// Keeps history for so long instead of as long as by default.
    pub fn keeping(self, history: HistoryConfig) -> Self {
        Self { history, ..self }
    }

    /// Looks at served certificates in this way instead of not at all.
    pub fn probing(self, probe: ProbeConfig) -> Self {
        Self { probe: Arc::new(probe), ..self }
    }

    /// Drives runs by this executor.
    pub fn executing(self, executor: Executor) -> Self {
        let executor = Some(executor.named(&self.name));
        Self { executor, ..self }
    }

    /// Keeps zone files where that says.
    pub fn keeping_zone_files(self, zone_files: ZoneFilesConfig) -> Self {
        Self { zone_files: Arc::new(zone_files), ..self }
    }

    /// Cancelled when a task had better come to its end.
    pub fn stopping(&self) -> &CancellationToken {
        &self.stopping
    }

    /// Between the end of a task's run and the next: as the configuration has it, where it has it.
    fn every(&self, task: &task::Task) -> Duration {
        if task.name == schedule::SERVED_CERTIFICATES { self.probe.every } else { task.every }
    }

    /// Takes addresses in these networks for ours.
    pub fn owning(self, networks: &[NetworkConfig]) -> Self {
        Self { networks: networks.into(), ..self }
    }

    /// Works until `stop` is cancelled. Cleans up first what a dead worker left, then syncs every source without
    /// waiting for a tick.
    pub async fn run(&self, stop: CancellationToken) -> Result<(), StoreError> {
        self.prepare().await?;
        let _ticker = ticker::Ticker::start(Arc::clone(&self.wake), stop.clone()).await;
        let heart = CancellationToken::new();
        // It beats until the last work is done, but not for a worker that broke off.
        let alive = heart.clone().drop_guard();
        let beats = tokio::spawn(heart::beat_until(self.clone(), heart));
        if let Some(executor) = self.executor.clone() {
            let stop = stop.clone();
            // A loop of its own: whoever clicks waits for its first step, and not for a tick.
            self.running.spawn(async move { executor.work_until(stop).await });
        }
        loop {
            self.tick().await;
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.wake.notified() => {}
            }
        }
        self.stopping.cancel();
        self.running.close();
        if tokio::time::timeout(STOP_PATIENCE, self.running.wait()).await.is_err() {
            tracing::warn!("stopping with work in the middle; the next start finishes or discards it");
        }
        drop(alive);
        if let Err(error) = beats.await {
            tracing::error!(%error, "the heartbeat broke off");
        }
        let name = self.name.clone();
        self.db.tend(move |connection| store::tasks::leave(connection, &name)).await
    }

    /// Runs one task now and waits for its end; `None` if another worker is at it.
    pub async fn run_task(&self, task: &'static task::Task) -> Result<Option<store::tasks::TaskRow>, StoreError> {
        let (name, now, every) = (self.name.clone(), self.db.clock.now(), self.every(task));
        let claimed = self
            .db
            .tend(move |connection| {
                task.ensure_every(connection, every, now)?;
                store::tasks::request(connection, task.name, &name, now)?;
                store::tasks::claim(connection, task.name, &name, now)
            })
            .await?;
        if !claimed {
            return Ok(None);
        }
        executor::run_claimed(self, task).await?;
        Ok(self.db.read(store::tasks::all).await?.into_iter().find(|row| row.name == task.name))
    }

    async fn prepare(&self) -> Result<(), StoreError> {
        heart::beat(self).await?;
        // A SQLite file has one worker, and this is it.
        let nobody_else = self.db.backend() == Backend::Sqlite;
        let (now, worker) = (self.db.clock.now(), self.clone());
        self.db
            .tend(move |connection| {
                if nobody_else {
                    store::tasks::free_all(connection, now)?;
                }
                schedule::TASKS.iter().try_for_each(|task| task.ensure_every(connection, worker.every(task), now))
            })
            .await?;
        if let Some(executor) = self.executor.as_ref().filter(|_| nobody_else) {
            executor.free_all().await?;
        }
        recover::recover(&self.db, &self.sources, nobody_else).await?;
        Ok(())
    }

    /// Starts what is due and what waits. A failed tick is logged, and the next one tries again.
    async fn tick(&self) {
        match executor::tick(self).await {
            Ok(()) => self.metrics.worker_tick("ok"),
            Err(error) => {
                self.metrics.worker_tick("failed");
                tracing::error!(error = ?anyhow::Error::from(error), "a worker's tick failed");
            }
        }
    }
}
