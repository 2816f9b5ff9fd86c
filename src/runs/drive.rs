//! Driving one claimed run: step after step out of the database, so that whoever claims it next goes on where this one
//! stopped.

use std::time::Duration;

use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::action::{Action, Actions, Done, OnFailure, Settled, Trouble};
use super::conclude;
use super::fault::{self, Point};
use super::heart::Pulse;
use super::step::{MARGIN, StepAt};
use super::{AfterCrash, RunState, StepState};
use crate::context::Context;
use crate::store::StoreError;
use crate::store::runs::hold::Hold;
use crate::store::runs::steps::{self, Journal};
use crate::store::runs::{RunRow, StepRow};

/// A step is tried so often where trying again may help.
const ATTEMPTS: i32 = 5;
/// Between the first attempt and the second; each further pause is twice as long.
const PAUSE: Duration = Duration::from_secs(1);
/// No pause is longer, whatever a provider asks for.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
/// A step back that has no end ends so long after its start: nothing else would end it.
const LONGEST_STEP_BACK: Duration = Duration::from_secs(900);

/// Drives a claimed run until it has ended, is somebody else's, or `stop` is cancelled between two steps.
pub async fn drive(
    context: &Context,
    actions: Actions,
    run: RunRow,
    stop: &CancellationToken,
) -> Result<(), StoreError> {
    let Some(action) = actions.iter().copied().find(|action| action.name() == run.action) else {
        // Nobody claims what it does not know; another worker takes it when the lease has run out.
        tracing::error!(
            run = run.id,
            action = run.action,
            "claimed a run of an action that this version does not know"
        );
        return Ok(());
    };
    let patience = action.patience(context, &run);
    let pulse = Pulse::start(context, &run, patience);
    let mut drive = Drive { context, action, run, patience, pulse, stop };
    match drive.go().await? {
        Stage::Over => {
            let steps = drive.steps().await?;
            let (state, outcome) = conclude::verdict(&drive.run, &steps, drive.pulse.why().as_ref());
            finish(context, actions, &drive.run, state, outcome).await
        }
        Stage::NotOurs => Ok(()),
        Stage::HandedBack => {
            let (hold, at) = (drive.hold(), context.clock.now());
            context.db.write(move |connection| hold.hand_back(connection, at)).await.map(|_| ())
        }
    }
}

async fn finish(
    context: &Context,
    actions: Actions,
    run: &RunRow,
    state: RunState,
    outcome: String,
) -> Result<(), StoreError> {
    let (row, at, told) = (run.clone(), context.clock.now(), outcome.clone());
    let ended = context.db.write(move |connection| conclude::end(connection, actions, &row, state, &told, at)).await?;
    // Its lanes are free.
    context.bell.ring();
    if ended {
        let took = run.started_at().and_then(|began| (at - began).to_std().ok()).unwrap_or_default();
        context.metrics.run(action_label(actions, run), state.as_str(), took);
        tracing::info!(run = run.id, action = run.action, state = %state, outcome, "a run ended");
    }
    Ok(())
}

/// Labels are names that the program chose, never what a database says.
fn action_label(actions: Actions, run: &RunRow) -> &'static str {
    actions.iter().find(|action| action.name() == run.action).map_or("unknown", |action| action.name())
}

/// Where driving has stopped.
enum Stage {
    /// No step is left.
    Over,
    NotOurs,
    HandedBack,
}

/// What is to be done next, by what the database says of the steps.
enum Course<'s> {
    Do(&'s StepRow),
    /// Nothing more is done.
    Over,
    TurnBack(String),
}

struct Drive<'a> {
    context: &'a Context,
    action: &'static dyn Action,
    run: RunRow,
    patience: Duration,
    pulse: Pulse,
    stop: &'a CancellationToken,
}

impl Drive<'_> {
    async fn go(&mut self) -> Result<Stage, StoreError> {
        loop {
            let steps = self.steps().await?;
            if self.pulse.lost.is_cancelled() {
                return Ok(Stage::NotOurs);
            }
            match self.course(&steps) {
                Course::Over => return Ok(Stage::Over),
                // What has its last step behind it is ended, whoever stops: there is nothing to hand back.
                _ if self.stop.is_cancelled() => return Ok(Stage::HandedBack),
                Course::TurnBack(why) => {
                    if !self.turn(&why).await? {
                        return Ok(Stage::Over);
                    }
                }
                Course::Do(step) => {
                    if !self.step(step).await? {
                        return Ok(Stage::NotOurs);
                    }
                }
            }
        }
    }

    /// Out of the steps alone, so that whoever goes on after a crash decides the same.
    fn course<'s>(&self, steps: &'s [StepRow]) -> Course<'s> {
        if self.goes_forward() && self.action.on_failure() != OnFailure::GoOn {
            // What nobody knows is not taken back blindly.
            if steps.iter().any(|step| step.state() == StepState::Unknown) {
                return Course::Over;
            }
            let bad = |step: &&StepRow| matches!(step.state(), StepState::Failed | StepState::Partial);
            if let Some(bad) = steps.iter().find(bad) {
                return self.give_up(bad.outcome.clone());
            }
        }
        let mut of_this_way = steps.iter().filter(|step| step.undoes.is_none() == self.goes_forward());
        let next = of_this_way.find(|step| matches!(step.state(), StepState::Running | StepState::Waiting));
        match (next, self.pulse.why()) {
            (None, _) => Course::Over,
            // What was cut off is looked at first, so that what is taken back is what was done.
            (Some(next), Some(ending)) if self.goes_forward() && next.state() == StepState::Waiting => {
                self.give_up(ending.sentence())
            }
            (Some(next), _) => Course::Do(next),
        }
    }

    fn give_up(&self, why: String) -> Course<'static> {
        match self.action.on_failure() {
            OnFailure::TakeBack => Course::TurnBack(why),
            OnFailure::Stop | OnFailure::GoOn => Course::Over,
        }
    }

    /// Does one step, or finds out what became of it; `false` where the run is not ours any more.
    async fn step(&self, step: &StepRow) -> Result<bool, StoreError> {
        let what: Value = serde_json::from_str(&step.what).unwrap_or_default();
        let at = StepAt::new(self.context, &self.run, step, self.patience, self.ending());
        if step.state() == StepState::Running && step.fenced_at().is_some() {
            // Its worker may have sent it. Nobody knows yet.
            let why = "Its worker stopped while the call may have been under way.".to_owned();
            let cut_off = self.unsure(&at, &what, why).await;
            return self.judge(&at, cut_off).await;
        }
        let (hold, position, now) = (self.hold(), step.position, self.context.clock.now());
        if !self.context.db.write(move |connection| hold.begin_step(connection, position, now)).await? {
            return Ok(false);
        }
        self.context.bell.moved();
        let Some(ended) = self.bounded(&at, self.action.apply(&at, &what)).await else { return Ok(false) };
        let ended = match ended {
            Err(Trouble::Unsure(why)) => self.unsure(&at, &what, why).await,
            ended => ended,
        };
        self.judge(&at, ended).await
    }

    /// Waits for a step, but not for one that was taken over, and for one that is to end only as long as its call may
    /// be under way.
    async fn bounded<T>(
        &self,
        at: &StepAt<'_>,
        call: impl Future<Output = Result<T, Trouble>>,
    ) -> Option<Result<T, Trouble>> {
        tokio::pin!(call);
        let longest = async {
            if self.goes_forward() {
                at.ending.cancelled().await;
            } else {
                tokio::time::sleep(LONGEST_STEP_BACK).await;
            }
        };
        tokio::select! {
            ended = &mut call => return Some(ended),
            () = self.pulse.lost.cancelled() => return None,
            () = longest => {}
        }
        let Some(until) = at.sent_until() else { return Some(Err(Trouble::Stopped)) };
        tokio::select! {
            ended = &mut call => Some(ended),
            () = self.pulse.lost.cancelled() => None,
            () = tokio::time::sleep_until(until.into()) => {
                Some(Err(Trouble::Unsure("No answer came, and nobody waits for it any more.".to_owned())))
            }
        }
    }

    /// What becomes of a step that may have been carried out, as it declares.
    async fn unsure(&self, at: &StepAt<'_>, what: &Value, why: String) -> Result<Done, Trouble> {
        match at.step.after_crash() {
            AfterCrash::Unknown => Err(Trouble::Unsure(why)),
            // Doing it twice is doing it once.
            AfterCrash::Again if self.may_try_again(at) => Err(Trouble::Again { why, after: None }),
            AfterCrash::Again => Err(Trouble::Unsure(why)),
            AfterCrash::Settle => self.settle(at, what, why).await,
        }
    }

    async fn settle(&self, at: &StepAt<'_>, what: &Value, why: String) -> Result<Done, Trouble> {
        let mut pause = PAUSE;
        for attempt in 1..=ATTEMPTS {
            let settled = tokio::select! {
                settled = self.action.settle(at, what) => settled,
                () = self.pulse.lost.cancelled() => return Err(Trouble::Stopped),
                () = tokio::time::sleep(2 * (self.patience + MARGIN)) => {
                    Err(Trouble::Again { why: "The provider did not answer.".to_owned(), after: None })
                }
            };
            match settled {
                Ok(Settled::Applied(done)) => return Ok(done),
                Ok(Settled::NotApplied(found)) => return Err(Trouble::Again { why: found, after: None }),
                Ok(Settled::Partial(found)) => return Err(Trouble::Partial(found)),
                Ok(Settled::Unknown(found)) => return Err(Trouble::Unsure(format!("{why} {found}"))),
                Err(Trouble::Again { .. }) if attempt < ATTEMPTS => tokio::time::sleep(pause).await,
                Err(error) => {
                    return Err(Trouble::Unsure(format!("{why} What became of it could not be read: {error}")));
                }
            }
            pause = (2 * pause).min(LONGEST_PAUSE);
        }
        Err(Trouble::Unsure(why))
    }

    /// Writes how a step ended; `false` where the run is not ours any more.
    async fn judge(&self, at: &StepAt<'_>, ended: Result<Done, Trouble>) -> Result<bool, StoreError> {
        if self.pulse.lost.is_cancelled() {
            return Ok(false);
        }
        let (state, outcome) = match ended {
            Ok(done) if done.skipped => (StepState::Skipped, done.outcome),
            Ok(done) => (StepState::Succeeded, done.outcome),
            Err(Trouble::Stopped) => return self.stopped(at).await,
            Err(Trouble::Again { why, after }) if self.may_try_again(at) => return self.wait(at, &why, after).await,
            Err(Trouble::Again { why, .. } | Trouble::Failed(why)) => (StepState::Failed, why),
            Err(Trouble::Partial(why)) => (StepState::Partial, why),
            Err(Trouble::Unsure(why)) => (StepState::Unknown, why),
        };
        let ours = self.record(at, state, &outcome).await?;
        fault::reach(self.context, Point::AfterRecord, at.step.position);
        Ok(ours)
    }

    /// The fence may have seen what the heart has not seen yet.
    async fn stopped(&self, at: &StepAt<'_>) -> Result<bool, StoreError> {
        let ours = self.record(at, StepState::Waiting, "").await?;
        tokio::select! {
            () = self.pulse.ending.cancelled(), if self.goes_forward() => {}
            () = self.pulse.lost.cancelled() => {}
            () = tokio::time::sleep(PAUSE) => {}
        }
        Ok(ours)
    }

    async fn record(&self, at: &StepAt<'_>, state: StepState, outcome: &str) -> Result<bool, StoreError> {
        let (hold, position, now) = (self.hold(), at.step.position, self.context.clock.now());
        let (outcome, journal): (String, Journal) = (outcome.to_owned(), at.journal());
        let recorded = self
            .context
            .db
            .write(move |connection| hold.end_step(connection, position, state, &outcome, &journal, now))
            .await?;
        self.context.bell.moved();
        Ok(recorded)
    }

    fn may_try_again(&self, at: &StepAt<'_>) -> bool {
        let to_end = self.goes_forward() && self.pulse.ending.is_cancelled();
        at.step.attempts < ATTEMPTS - 1 && !to_end
    }

    /// Puts a step back and pauses, as long as it helps.
    async fn wait(&self, at: &StepAt<'_>, why: &str, after: Option<Duration>) -> Result<bool, StoreError> {
        let doubled = PAUSE * 2_u32.saturating_pow(at.step.attempts.max(0).unsigned_abs());
        let pause = doubled.max(after.unwrap_or_default()).min(LONGEST_PAUSE);
        let told = format!("{why} Tried again in {} s.", pause.as_secs());
        if !self.record(at, StepState::Waiting, &told).await? {
            return Ok(false);
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = at.ending.cancelled(), if self.goes_forward() => {}
            () = self.pulse.lost.cancelled() => {}
            () = self.stop.cancelled() => {}
        }
        Ok(true)
    }

    /// Turns round; `false` where there is nothing to take back, or nothing that could.
    async fn turn(&mut self, why: &str) -> Result<bool, StoreError> {
        let steps = self.steps().await?;
        let undo = self.action.undo(&self.run, &steps).unwrap_or_default();
        if undo.is_empty() {
            return Ok(false);
        }
        let first = steps.last().map_or(1, |step| step.position + 1);
        let (hold, told, now) = (self.hold(), why.to_owned(), self.context.clock.now());
        let turned = self.context.db.write(move |connection| hold.turn(connection, &told, first, &undo, now)).await?;
        self.run.turned = why.to_owned();
        self.context.bell.moved();
        Ok(turned)
    }

    /// A step back does not end because somebody wants it to.
    fn ending(&self) -> CancellationToken {
        if self.goes_forward() { self.pulse.ending.clone() } else { CancellationToken::new() }
    }

    fn goes_forward(&self) -> bool {
        self.run.turned.is_empty()
    }

    fn hold(&self) -> Hold {
        Hold { run: self.run.id, epoch: self.run.epoch }
    }

    async fn steps(&self) -> Result<Vec<StepRow>, StoreError> {
        let id = self.run.id;
        self.context.db.read(move |connection| steps::of_run(connection, id)).await
    }
}
