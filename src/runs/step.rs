//! Where a step stands while it is done: its run, the providers, the fence, and what its page will tell.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::action::Trouble;
use super::fault::{self, Point};
use crate::context::{Context, Reach};
use crate::providers::Provider;
use crate::store::runs::hold::Hold;
use crate::store::runs::steps::Journal;
use crate::store::runs::{RunRow, StepRow};

/// A lease outlasts the longest write by this: clocks differ, and an answer takes its way.
pub const MARGIN: Duration = Duration::from_secs(10);

/// A step that is being done.
pub struct StepAt<'a> {
    pub context: &'a Context,
    pub run: &'a RunRow,
    pub step: &'a StepRow,
    /// Cancelled when the run is to end: what waits may stop waiting, what was sent is waited for.
    pub ending: CancellationToken,
    hold: Hold,
    patience: Duration,
    journal: Mutex<Journal>,
    /// Until when what was sent may be under way.
    sent_until: Mutex<Option<Instant>>,
}

impl<'a> StepAt<'a> {
    pub(super) fn new(
        context: &'a Context,
        run: &'a RunRow,
        step: &'a StepRow,
        patience: Duration,
        ending: CancellationToken,
    ) -> Self {
        let hold = Hold { run: run.id, epoch: run.epoch };
        let (journal, sent_until) = (Mutex::default(), Mutex::default());
        Self { context, run, step, ending, hold, patience, journal, sent_until }
    }

    /// The run's plan, as the action wrote it.
    pub fn plan<T: DeserializeOwned>(&self) -> Result<T, Trouble> {
        serde_json::from_str(&self.run.plan).map_err(|error| unreadable("plan", &error))
    }

    /// What the step is to do, as the action wrote it.
    pub fn what<T: DeserializeOwned>(&self, what: &Value) -> Result<T, Trouble> {
        T::deserialize(what).map_err(|error| unreadable("step", &error))
    }

    /// The provider of a configured source.
    pub fn provider(&self, source: &str) -> Result<Arc<dyn Provider>, Trouble> {
        let connected = self.context.sources.iter().find(|connected| connected.config.name == source);
        match connected.map(|connected| &connected.reach) {
            Some(Reach::Ready(provider)) => Ok(Arc::clone(provider)),
            Some(Reach::NotConfigured { missing }) => {
                Err(Trouble::Failed(format!("The source {source} is not configured: {missing}.")))
            }
            None => Err(Trouble::Failed(format!("There is no source {source} in the configuration any more."))),
        }
    }

    /// Sends one outward write: past the fence, and not at all if too much time has gone by between the two. An answer
    /// that does not come within the action's patience is [`Trouble::Unsure`].
    pub async fn send<T>(&self, call: impl Future<Output = T> + Send) -> Result<T, Trouble> {
        let until = self.fence().await?;
        // A process that was stopped in between wakes up here, and finds its time over.
        if Instant::now() >= until {
            return Err(Trouble::Stopped);
        }
        let answer = tokio::time::timeout_at((until - MARGIN / 2).into(), call).await;
        self.fault(Point::AfterCall);
        answer.map_err(|_| Trouble::Unsure(format!("No answer came within {} seconds.", self.patience.as_secs())))
    }

    /// Allows one outward write, and says until when: compares and sets (run, epoch, step) in the database, and makes
    /// the lease outlast the write. Whoever was taken over, or is to end, gets [`Trouble::Stopped`]. Call it right
    /// before each write; [`StepAt::send`] does.
    pub async fn fence(&self) -> Result<Instant, Trouble> {
        self.fault(Point::BeforeFence);
        let asked = Instant::now();
        let (hold, position, at) = (self.hold, self.step.position, self.context.clock.now());
        let (lease, patience) = (delta(self.patience + MARGIN), delta(self.patience));
        let write =
            self.context.db.write(move |connection| hold.fence(connection, position, lease, patience, at)).await;
        let passed = write.map_err(|error| {
            let why = format!("The panel's own database did not let it begin: {error}.");
            Trouble::Again { why, after: None }
        })?;
        if !passed {
            return Err(Trouble::Stopped);
        }
        self.fault(Point::AfterFence);
        let until = asked + self.patience + MARGIN;
        *lock(&self.sent_until) = Some(until);
        Ok(until)
    }

    /// Says what is sent, in short and redacted, for the run's page.
    pub fn sent(&self, request: impl Into<String>) {
        lock(&self.journal).request = request.into();
    }

    /// Says what came back, in short and redacted, and the provider's id of the request.
    pub fn answered(&self, answer: impl Into<String>, request_id: Option<&str>) {
        let mut journal = lock(&self.journal);
        journal.answer = answer.into();
        journal.request_id = request_id.unwrap_or_default().to_owned();
    }

    /// Says how far it is, on the run's page, while it goes on.
    pub async fn progress(&self, text: &str) {
        let (hold, position, text) = (self.hold, self.step.position, text.to_owned());
        let noted = self.context.db.write(move |connection| hold.note(connection, position, &text)).await;
        match noted {
            Ok(_) => self.context.bell.moved(),
            Err(error) => tracing::warn!(run = self.run.id, %error, "a step could not say how far it is"),
        }
    }

    /// Waits, but not longer than until the run is to end; gives whether the time has passed.
    pub async fn pause(&self, time: Duration) -> bool {
        tokio::select! {
            () = tokio::time::sleep(time) => true,
            () = self.ending.cancelled() => false,
        }
    }

    /// Until when what was sent may be under way; `None` where nothing was.
    pub(super) fn sent_until(&self) -> Option<Instant> {
        *lock(&self.sent_until)
    }

    pub(super) fn journal(&self) -> Journal {
        lock(&self.journal).clone()
    }

    pub(super) fn fault(&self, point: Point) {
        fault::reach(self.context, point, self.step.position);
    }
}

fn unreadable(what: &str, error: &serde_json::Error) -> Trouble {
    Trouble::Failed(format!("This version of the panel cannot read the {what}: {error}."))
}

/// Whatever a panicking step left in it can be read.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Time as the database counts it.
pub(super) fn delta(time: Duration) -> TimeDelta {
    TimeDelta::from_std(time).unwrap_or(TimeDelta::days(1))
}
