//! Keeping a plan, applying it, taking a change back: the same for a button, for the API and for the task that
//! restores.
//!
//! What is applied is what was shown. A plan is made anew from fresh reads before it is applied; where that differs,
//! the new one is kept in its place under the next generation, and whoever wanted the old one is told (DNS-4).

use chrono::TimeDelta;
use diesel::QueryResult;

use super::DnsChange;
use super::ask::{Ask, Sort};
use super::carry::{Carried, told};
use super::draft::{Draft, draft};
use crate::audit::Doer;
use crate::clock::Instant;
use crate::context::Context;
use crate::dns_plan::{Plan, pieces};

use crate::runs::{self, IdempotencyKey, NewRun, Priority, Submitted};
use crate::store::dns_changes::{self, ChangeRow, NewChange, due, sets};
use crate::store::idempotency::{self, Claimed};
use crate::store::{AnyConnection, Scope, StoreError};
use crate::wire::dns::ZoneAt;

/// A plan lives so long.
pub const PLAN_LIVES: TimeDelta = TimeDelta::minutes(15);
/// Beside the time for asking the servers, a run has so long.
const DEADLINE: TimeDelta = TimeDelta::minutes(15);
/// Ways back of one change that are planned within a minute, each after the one before it was refused.
const MOST_REFUSED: u32 = 60;
/// Where a provider does not say how much one write may hold.
const MOST_PER_WRITE: usize = 200;

/// Why somebody goes on all the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Override {
    pub reason: String,
    /// What was typed to confirm a large change; `None` from a machine, which has named the side by its id.
    pub typed: Option<String>,
}

/// A change that was given to a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    pub change: i64,
    pub run: i64,
}

/// Why something did not happen.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    #[error("there is no such change or resource")]
    NotFound,
    /// The world is not as it was when the plan was made; the new plan is kept.
    #[error("the plan is outdated")]
    Outdated(i64),
    /// Something speaks against it that nobody has overridden, or can.
    #[error("a guard refuses it")]
    Guard(i64),
    #[error("{0}")]
    TooLate(String),
    /// The idempotency key was used for something else.
    #[error("this idempotency key was used for something else")]
    OtherBody,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Plans what is asked, and keeps it; gives the change.
pub async fn plan(
    context: &Context,
    scope: &Scope,
    doer: &Doer,
    ask: &Ask,
    reason: &str,
    key: Option<IdempotencyKey>,
) -> Result<i64, Refused> {
    if let Some(known) = known(context, doer, key.as_ref()).await? {
        return Ok(known);
    }
    let drafted = draft(context, scope, ask).await?.ok_or(Refused::NotFound)?;
    keep(context, doer, ask, drafted, reason, key).await
}

/// Plans, and applies at once where nothing speaks against it or somebody has said why to go on. The plan is kept
/// either way.
pub async fn plan_and_apply(
    context: &Context,
    scope: &Scope,
    doer: &Doer,
    ask: &Ask,
    reason: &str,
    over: Option<&Override>,
    key: Option<IdempotencyKey>,
) -> Result<Applied, Refused> {
    let change = plan(context, scope, doer, ask, reason, key).await?;
    let row = find(context, scope, change).await?;
    if let Some(run) = row.run_id {
        return Ok(Applied { change, run });
    }
    give(context, doer, &row, read_plan(&row), over).await
}

/// Applies a plan of that generation, if the world is still as it was.
pub async fn apply(
    context: &Context,
    scope: &Scope,
    doer: &Doer,
    change: i64,
    generation: i64,
    over: Option<&Override>,
) -> Result<Applied, Refused> {
    let row = find(context, scope, change).await?;
    match row.run_id {
        // A double click.
        Some(run) if row.generation == generation => return Ok(Applied { change, run }),
        Some(_) => return Err(Refused::TooLate("This change was applied already, with another plan.".to_owned())),
        None => {}
    }
    let ask: Ask = serde_json::from_str(&row.ask).unwrap_or_default();
    let drafted = draft(context, scope, &ask).await?.ok_or(Refused::NotFound)?;
    let now = context.clock.now();
    let same = drafted.plan.writes_the_same_as(&read_plan(&row)) && row.generation == generation;
    if !same || row.expires_at() <= now {
        let (json, seen, subjects) = (as_json(&drafted.plan), row.generation, drafted.subjects);
        let write = context.db.write(move |connection| {
            dns_changes::plan_anew(connection, change, seen, &json, &subjects, now, now + PLAN_LIVES)
        });
        write.await?;
        return Err(Refused::Outdated(change));
    }
    give(context, doer, &row, drafted.plan, over).await
}

/// Takes a change back, at once.
pub async fn undo(
    context: &Context,
    scope: &Scope,
    doer: &Doer,
    change: i64,
    reason: &str,
) -> Result<Applied, Refused> {
    let row = find(context, scope, change).await?;
    if let Some(by) = row.undone_by {
        let undone = find(context, scope, by).await?;
        return undone.run_id.map(|run| Applied { change: by, run }).ok_or(Refused::NotFound);
    }
    let now = context.clock.now();
    let may = matches!(row.state(now), "succeeded" | "partial" | "unknown");
    if !may {
        return Err(Refused::TooLate(format!("There is nothing to take back: this change is {}.", row.state(now))));
    }
    if row.undo_until().is_none_or(|until| until <= now) {
        return Err(Refused::TooLate("The time for the way back is over; make a new change.".to_owned()));
    }
    let ask = Ask { action: Sort::Undo, of: Some(change), ..Ask::default() };
    // Two clicks at once are one way back. One that was refused is planned anew: what stood in its way may be gone.
    let key_of = |refused: u32| {
        IdempotencyKey::new(format!("dns-changes/{change}/undo/{}/{refused}", now.timestamp() / 60), &[])
    };
    let mut key = key_of(0);
    for refused in 1..MOST_REFUSED {
        let Some(before) = known(context, doer, Some(&key)).await? else { break };
        if !read_plan(&find(context, scope, before).await?).is_blocked() {
            break;
        }
        key = key_of(refused);
    }
    plan_and_apply(context, scope, doer, &ask, reason, None, Some(key)).await
}

/// Restores the old times to live of switches whose soak is over; gives how many.
pub async fn restore_due(context: &Context) -> Result<usize, StoreError> {
    let now = context.clock.now();
    let due = context.db.read(move |connection| due::to_restore(connection, now)).await?;
    let mut restored = 0;
    for row in due {
        let change = row.id;
        let ask = Ask { action: Sort::Restore, of: Some(change), ..Ask::default() };
        let by = Doer { actor: "quarterdeck".to_owned(), effective_actor: row.actor.clone(), ..Doer::command_line() };
        let key = IdempotencyKey::new(format!("dns-changes/{change}/restore"), &[]);
        let everything = Scope::unrestricted();
        let given = plan_and_apply(context, &everything, &by, &ask, "the soak is over", None, Some(key)).await;
        match given {
            Ok(_) => restored += 1,
            Err(Refused::Store(error)) => return Err(error),
            // Somebody has changed all of it meanwhile: nothing is restored over that.
            Err(refused) => tracing::info!(change, %refused, "times to live are left as they are"),
        }
        context.db.write(move |connection| due::restore_at(connection, change, None)).await?;
    }
    Ok(restored)
}

/// What the same request has made before.
async fn known(context: &Context, doer: &Doer, key: Option<&IdempotencyKey>) -> Result<Option<i64>, Refused> {
    let Some(key) = key.cloned() else { return Ok(None) };
    let actor = doer.actor.clone();
    let known =
        context.db.read(move |connection| idempotency::look(connection, &actor, &key.key, &key.body_hash)).await?;
    match known {
        Claimed::Fresh => Ok(None),
        Claimed::Made(made) => change_of(&made).map(Some),
        Claimed::Other => Err(Refused::OtherBody),
    }
}

fn change_of(made: &str) -> Result<i64, Refused> {
    made.strip_prefix("dns-changes/").and_then(|id| id.parse().ok()).ok_or(Refused::OtherBody)
}

async fn keep(
    context: &Context,
    doer: &Doer,
    ask: &Ask,
    drafted: Draft,
    reason: &str,
    key: Option<IdempotencyKey>,
) -> Result<i64, Refused> {
    let new = NewChange {
        action: ask.stored_action().to_owned(),
        title: drafted.title,
        ask: serde_json::to_string(ask).unwrap_or_default(),
        plan: as_json(&drafted.plan),
        from_id: ask.from,
        to_id: ask.to,
        actor: doer.actor.clone(),
        effective_actor: doer.effective_actor.clone(),
        reason: reason.to_owned(),
        undo_of: ask.of.filter(|_| ask.action == Sort::Undo),
        follows: drafted.follows,
        subjects: drafted.subjects,
    };
    let (now, actor) = (context.clock.now(), doer.actor.clone());
    let made = context
        .db
        .write(move |connection| {
            if let Some(key) = &key {
                match idempotency::claim(connection, &actor, &key.key, &key.body_hash, now)? {
                    Claimed::Fresh => {}
                    Claimed::Made(made) => return Ok(Some(made)),
                    Claimed::Other => return Ok(None),
                }
            }
            let id = dns_changes::insert(connection, &new, now, now + PLAN_LIVES)?;
            let made = format!("dns-changes/{id}");
            if let Some(key) = &key {
                idempotency::made(connection, &actor, &key.key, &made)?;
            }
            Ok(Some(made))
        })
        .await?;
    made.ok_or(Refused::OtherBody).and_then(|made| change_of(&made))
}

/// Gives a plan to a run, if nothing speaks against it that nobody has overridden.
async fn give(
    context: &Context,
    doer: &Doer,
    row: &ChangeRow,
    plan: Plan,
    over: Option<&Override>,
) -> Result<Applied, Refused> {
    let change = row.id;
    let confirmed = |over: &Override| match (plan.confirm(), &over.typed) {
        (Some(name), Some(typed)) => typed.trim() == name,
        _ => true,
    };
    let overridden = over.filter(|over| !over.reason.trim().is_empty() && confirmed(over));
    if plan.is_blocked() || (!plan.is_clear() && overridden.is_none()) || plan.changes.is_empty() {
        return Err(Refused::Guard(change));
    }
    let run = new_run(context, doer, row, &plan, overridden).await?;
    let (db, now, generation) = (context.db.clone(), context.clock.now(), row.generation);
    let undo_until = now + TimeDelta::from_std(context.config.dns.undo_for).unwrap_or(TimeDelta::days(1));
    let why = overridden.map(|over| over.reason.trim().to_owned()).unwrap_or_default();
    let given = context
        .db
        .write(move |connection| {
            let Submitted::New(run) = runs::submit(connection, &db, &run)? else { return Ok(None) };
            taken(connection, change, generation, run, &why, now, undo_until, &plan)
        })
        .await;
    match given {
        Ok(Some(run)) => {
            context.bell.ring();
            Ok(Applied { change, run })
        }
        Ok(None) | Err(StoreError::Query(diesel::result::Error::RollbackTransaction)) => Err(Refused::Outdated(change)),
        Err(error) => Err(error.into()),
    }
}

/// Of two who apply the same plan one gets it; the other's run is rolled back with its transaction.
#[allow(clippy::too_many_arguments, reason = "the columns of one row")]
fn taken(
    connection: &mut AnyConnection,
    change: i64,
    generation: i64,
    run: i64,
    why: &str,
    now: Instant,
    undo_until: Instant,
    plan: &Plan,
) -> QueryResult<Option<i64>> {
    if !dns_changes::apply(connection, change, generation, run, why, now, Some(undo_until))? {
        return Err(diesel::result::Error::RollbackTransaction);
    }
    let kept: Vec<String> =
        plan.changes.iter().map(|planned| serde_json::to_string(planned).unwrap_or_default()).collect();
    sets::keep(connection, change, &kept)?;
    Ok(Some(run))
}

async fn new_run(
    context: &Context,
    doer: &Doer,
    row: &ChangeRow,
    plan: &Plan,
    over: Option<&Override>,
) -> Result<NewRun, StoreError> {
    let most = |source: &str, at: &ZoneAt| {
        let limit = plan.limits.iter().find(|limit| limit.source == source && limit.at == *at);
        limit.map_or(MOST_PER_WRITE, |limit| limit.most)
    };
    let soak = i64::try_from(context.config.dns.soak.as_secs()).ok();
    let carried = Carried {
        change: row.id,
        pieces: pieces(plan, most),
        restore_after_seconds: soak.filter(|_| row.follows.is_some() && row.action != "restore"),
    };
    let id = row.id;
    let subjects = context.db.read(move |connection| dns_changes::subjects(connection, id)).await?;
    let verify_for = TimeDelta::from_std(context.config.dns.verify_for).unwrap_or_default();
    let as_json = |carried: &Carried| serde_json::to_value(carried).unwrap_or_default();
    let reason = match over {
        Some(over) if row.reason.is_empty() => over.reason.trim().to_owned(),
        Some(over) => format!("{} (overridden: {})", row.reason, over.reason.trim()),
        None => row.reason.clone(),
    };
    let before = plan.changes.iter().map(|planned| (&planned.change.of, planned.change.before.as_ref()));
    Ok(NewRun {
        target: carried.target(),
        known_as: format!("change {}", row.id),
        before: told(before),
        undo: serde_json::to_value(plan.changes.iter().map(|done| done.change.inverse()).collect::<Vec<_>>())
            .unwrap_or_default(),
        reason,
        lanes: carried.lanes(),
        subjects,
        priority: if row.undo_of.is_some() { Priority::Urgent } else { Priority::Person },
        deadline: DEADLINE + verify_for,
        ..NewRun::new(&DnsChange, row.title.clone(), as_json(&carried), carried.steps(), doer.clone())
    })
}

async fn find(context: &Context, scope: &Scope, change: i64) -> Result<ChangeRow, Refused> {
    let reach = scope.clone();
    let row = context.db.read(move |connection| dns_changes::find(connection, &reach, change)).await?;
    row.ok_or(Refused::NotFound)
}

fn read_plan(row: &ChangeRow) -> Plan {
    serde_json::from_str(&row.plan).unwrap_or_default()
}

fn as_json(plan: &Plan) -> String {
    serde_json::to_string(plan).unwrap_or_default()
}
