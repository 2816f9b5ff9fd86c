//! Ending a run before its end, and taking note of how one ended.

use crate::audit::{self, Act, Doer, Outcome};
use crate::context::Context;
use crate::store::runs::hold::{self, Asked};
use crate::store::runs::{RunRow, list};
use crate::store::{Scope, StoreError};

use super::{Actions, RunState, conclude};

/// Asks for the end of a run: one that waits has ended then, one that runs ends when its worker has seen it and the
/// call in hand has an outcome. `None` where there is no such run.
pub async fn cancel(
    context: &Context,
    actions: Actions,
    doer: &Doer,
    scope: &Scope,
    id: i64,
) -> Result<Option<(RunRow, Asked)>, StoreError> {
    let (db, doer, scope, at) = (context.db.clone(), doer.clone(), scope.clone(), context.clock.now());
    let cancelled = context
        .db
        .write(move |connection| {
            let Some(run) = list::find(connection, &scope, id)? else { return Ok(None) };
            let act = Act::new("run.cancel", format!("run {id} {}", run.title)).before(run.state().as_str());
            let begun = audit::begin_in(connection, &db, &doer, act)?;
            let asked = hold::cancel(connection, id, &doer.actor, at)?;
            let (outcome, after) = match asked {
                Asked::Ended => (Outcome::Succeeded, "cancelled before it began"),
                Asked::Noted => (Outcome::Succeeded, "asked of its worker"),
                Asked::TooLate => (Outcome::Refused, "had ended already"),
            };
            begun.complete_in(connection, &db, outcome, after)?;
            if asked == Asked::Ended {
                conclude::settle(connection, actions, &run, RunState::Cancelled, after, at)?;
            }
            Ok(list::find(connection, &scope, id)?.map(|run| (run, asked)))
        })
        .await?;
    context.bell.ring();
    Ok(cancelled)
}

/// Takes note of a run that ended `unknown` or `partial`: no alert speaks of it any more. `None` where there is none
/// that waits for it.
pub async fn acknowledge(context: &Context, doer: &Doer, scope: &Scope, id: i64) -> Result<Option<RunRow>, StoreError> {
    let (db, doer, scope, at) = (context.db.clone(), doer.clone(), scope.clone(), context.clock.now());
    let noted = context
        .db
        .write(move |connection| {
            let Some(run) = list::find(connection, &scope, id)? else { return Ok(None) };
            let act = Act::new("run.acknowledge", format!("run {id} {}", run.title)).before(run.state().as_str());
            let begun = audit::begin_in(connection, &db, &doer, act)?;
            let noted = hold::acknowledge(connection, id, &doer.actor, at)?;
            let outcome = if noted { Outcome::Succeeded } else { Outcome::Refused };
            begun.complete_in(connection, &db, outcome, "")?;
            if noted { list::find(connection, &scope, id) } else { Ok(None) }
        })
        .await?;
    context.bell.moved();
    Ok(noted)
}
