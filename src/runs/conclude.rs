//! How a run ends: what its steps amount to, and the one transaction that writes it with the audit and the action's
//! own.

use diesel::QueryResult;

use super::{Actions, RunState, StepState};
use crate::audit::Outcome;
use crate::clock::Instant;
use crate::store::AnyConnection;
use crate::store::audit;
use crate::store::runs::hold::Hold;
use crate::store::runs::{RunRow, StepRow};

/// Why a run goes no further before its last step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Somebody asked for it.
    Cancelled { by: String },
    /// Its time is over.
    Deadline,
}

impl Ending {
    /// In a sentence.
    pub fn sentence(&self) -> String {
        match self {
            Self::Cancelled { by } => format!("Cancelled by {by}."),
            Self::Deadline => "It was not done within its time.".to_owned(),
        }
    }
}

/// What the steps amount to, and why, in a sentence. `ending` is why it went no further, where something made it.
pub fn verdict(run: &RunRow, steps: &[StepRow], ending: Option<&Ending>) -> (RunState, String) {
    let forward: Vec<&StepRow> = steps.iter().filter(|step| step.undoes.is_none()).collect();
    let count = |steps: &[&StepRow], state| steps.iter().filter(|step| step.state() == state).count();
    let (all, done) = (forward.len(), count(&forward, StepState::Succeeded));
    if let Some(unsure) = steps.iter().find(|step| step.state() == StepState::Unknown) {
        let what = format!("Nobody knows what became of step {}. {}", unsure.position, unsure.outcome);
        return (RunState::Unknown, what);
    }
    if !run.turned.is_empty() {
        let back: Vec<&StepRow> = steps.iter().filter(|step| step.undoes.is_some()).collect();
        let left =
            back.iter().filter(|step| !matches!(step.state(), StepState::Succeeded | StepState::Skipped)).count();
        return match left {
            0 => (RunState::RolledBack, format!("{} What had been done was taken back.", run.turned)),
            left => (RunState::Partial, format!("{} {left} of {} steps back failed.", run.turned, back.len())),
        };
    }
    let bad = forward.iter().find(|step| matches!(step.state(), StepState::Failed | StepState::Partial));
    let unreached = count(&forward, StepState::Waiting);
    let stays = done + count(&forward, StepState::Partial);
    match (bad, ending) {
        (None, _) if unreached == 0 => (RunState::Succeeded, "Done.".to_owned()),
        (None, Some(ending @ Ending::Cancelled { .. })) => {
            let kept = if stays > 0 { format!(" {done} of {all} steps were done, and stay.") } else { String::new() };
            (RunState::Cancelled, format!("{}{kept}", ending.sentence()))
        }
        (bad, ending) => {
            let why = bad.map(|step| step.outcome.clone()).or(ending.map(Ending::sentence)).unwrap_or_default();
            match stays {
                0 => (RunState::Failed, why),
                _ => (RunState::Partial, format!("{why} {done} of {all} steps were done, and stay.")),
            }
        }
    }
}

/// Ends a run with its audit row; `false` where it is not the holder's any more.
pub fn end(
    connection: &mut AnyConnection,
    actions: Actions,
    run: &RunRow,
    state: RunState,
    outcome: &str,
    at: Instant,
) -> QueryResult<bool> {
    let hold = Hold { run: run.id, epoch: run.epoch };
    if !hold.end(connection, state, outcome, at)? {
        return Ok(false);
    }
    settle(connection, actions, run, state, outcome, at)?;
    Ok(true)
}

/// Completes what hangs on a run that has just ended, within the transaction that ends it.
pub fn settle(
    connection: &mut AnyConnection,
    actions: Actions,
    run: &RunRow,
    state: RunState,
    outcome: &str,
    at: Instant,
) -> QueryResult<()> {
    let audited = match state {
        RunState::Succeeded => Outcome::Succeeded,
        RunState::Unknown => Outcome::Unknown,
        _ => Outcome::Failed,
    };
    let action = actions.iter().find(|action| action.name() == run.action);
    let left = action.map(|action| action.left(run, state)).filter(|left| !left.is_empty());
    let after = left.map_or_else(|| format!("{state}: {outcome}"), |left| format!("{state}: {outcome} {left}"));
    audit::complete(connection, run.audit_id, audited.as_str(), &after, at)?;
    match action {
        Some(action) => action.ended(connection, run, state, at),
        None => Ok(()),
    }
}
