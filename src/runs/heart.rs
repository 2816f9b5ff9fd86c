//! The heart of a run: a loop apart from its steps that keeps the lease, sees that somebody wants an end of it, and
//! ends it in time.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio_util::sync::{CancellationToken, DropGuard};

use super::conclude::Ending;
use super::step::delta;
use crate::context::Context;
use crate::store::StoreError;
use crate::store::runs::RunRow;
use crate::store::runs::hold::{Glance, Hold};

/// Of a run that does not write. A fence makes it longer.
pub const LEASE: Duration = Duration::from_secs(30);
/// Between two renewals.
const BEAT: Duration = Duration::from_secs(5);
/// Between two looks; a wish to end is seen within this.
const LOOK: Duration = Duration::from_millis(400);

/// What the steps of a run hear from its heart.
#[derive(Clone, Debug)]
pub struct Pulse {
    /// It was taken over: whatever is done here is of no account any more.
    pub lost: CancellationToken,
    /// It is to end.
    pub ending: CancellationToken,
    why: Arc<Mutex<Option<Ending>>>,
    _beats: Arc<DropGuard>,
}

impl Pulse {
    /// Begins to beat for a claimed run, until the last clone is dropped.
    pub fn start(context: &Context, run: &RunRow, patience: Duration) -> Self {
        let stop = CancellationToken::new();
        let pulse = Self {
            lost: CancellationToken::new(),
            ending: CancellationToken::new(),
            why: Arc::default(),
            _beats: Arc::new(stop.clone().drop_guard()),
        };
        let heart = Heart {
            context: context.clone(),
            run: run.clone(),
            patience,
            lost: pulse.lost.clone(),
            ending: pulse.ending.clone(),
            why: Arc::clone(&pulse.why),
        };
        tokio::spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = heart.beat() => {}
            }
        });
        pulse
    }

    /// Why it is to end, if it is.
    pub fn why(&self) -> Option<Ending> {
        self.why.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

struct Heart {
    context: Context,
    run: RunRow,
    patience: Duration,
    lost: CancellationToken,
    ending: CancellationToken,
    why: Arc<Mutex<Option<Ending>>>,
}

impl Heart {
    /// Returns when the run is somebody else's.
    async fn beat(self) {
        let mut renewed: Option<Instant> = None;
        loop {
            match self.look(&mut renewed).await {
                Ok(true) => {}
                Ok(false) => {
                    tracing::warn!(run = self.run.id, epoch = self.run.epoch, "was taken over");
                    return self.lost.cancel();
                }
                // The fence refuses by itself what a lease does not allow.
                Err(error) => tracing::warn!(run = self.run.id, %error, "a run's lease could not be looked after"),
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Gives whether it is still ours.
    async fn look(&self, renewed: &mut Option<Instant>) -> Result<bool, StoreError> {
        let (db, hold) = (&self.context.db, Hold { run: self.run.id, epoch: self.run.epoch });
        let seen = db.glance(move |connection| hold.glance(connection)).await?;
        let Some(glance) = seen.filter(|glance| glance.epoch == hold.epoch) else { return Ok(false) };
        if renewed.is_none_or(|at| at.elapsed() >= BEAT) {
            let (at, lease, patience) = (self.context.clock.now(), delta(LEASE), delta(self.patience));
            if !db.tend(move |connection| hold.beat(connection, lease, patience, at)).await? {
                return Ok(false);
            }
            *renewed = Some(Instant::now());
        }
        self.end_if_asked(&glance).await?;
        Ok(true)
    }

    async fn end_if_asked(&self, glance: &Glance) -> Result<(), StoreError> {
        if self.ending.is_cancelled() {
            return Ok(());
        }
        let now = self.context.clock.now();
        let ending = if glance.cancel_requested_at.is_some() {
            let hold = Hold { run: self.run.id, epoch: self.run.epoch };
            self.context.db.tend(move |connection| hold.confirm_cancel(connection)).await?;
            self.context.bell.moved();
            Ending::Cancelled { by: glance.cancel_requested_by.clone() }
        } else if self.run.deadline_at().is_some_and(|deadline| now >= deadline) {
            Ending::Deadline
        } else {
            return Ok(());
        };
        *self.why.lock().unwrap_or_else(PoisonError::into_inner) = Some(ending);
        self.ending.cancel();
        Ok(())
    }
}
