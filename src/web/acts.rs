//! What operators do to the inventory, the same for a button and for the API: each act is audited before it is done.

use chrono::{NaiveDate, TimeDelta};

use crate::audit::{self, Act, Doer, Outcome};
use crate::clock::Instant;
use crate::context::Context;
use crate::relations::findings::Rule;
use crate::store::findings::{self, FindingRow};
use crate::store::held::{self, HeldLossRow};
use crate::store::syncs::{self, SyncRow};
use crate::store::{Scope, sources, tasks};

use super::error::PageError;

/// Asks for a sync of a source now; one that waits already is given back.
pub async fn sync_now(context: &Context, doer: &Doer, scope: &Scope, name: &str) -> Result<SyncRow, PageError> {
    let (wanted, reach) = (name.to_owned(), scope.clone());
    let source = context.db.read(move |connection| sources::find(connection, &reach, &wanted)).await?;
    let source = source.filter(|source| source.removed_at.is_none()).ok_or(PageError::NotFound)?;
    if source.state == "not_configured" {
        return Err(PageError::Conflict(format!("{name} is not configured: {}", source.reason)));
    }
    let begun = audit::begin(&context.db, doer, Act::new("source.sync", name)).await?;
    let (wanted, actor, at) = (name.to_owned(), doer.actor.clone(), context.clock.now());
    let row = context.db.write(move |connection| syncs::request(connection, &wanted, &actor, at)).await?;
    begun.complete(&context.db, Outcome::Succeeded, &format!("sync {} {}", row.id, row.state)).await?;
    Ok(row)
}

/// Asks for a run of a task now.
pub async fn run_task(context: &Context, doer: &Doer, name: &str) -> Result<(), PageError> {
    let begun = audit::begin(&context.db, doer, Act::new("task.run", name)).await?;
    let (wanted, actor, at) = (name.to_owned(), doer.actor.clone(), context.clock.now());
    let known = context.db.write(move |connection| tasks::request(connection, &wanted, &actor, at)).await?;
    let outcome = if known { Outcome::Succeeded } else { Outcome::Failed };
    begun.complete(&context.db, outcome, "").await?;
    if known { Ok(()) } else { Err(PageError::NotFound) }
}

/// A finding can be ignored for so long; then somebody looks at it again.
const LONGEST_IGNORED: TimeDelta = TimeDelta::days(366);

/// Tells nobody of a finding until a day (`2026-12-24`, in UTC) or a moment.
pub async fn ignore(
    context: &Context,
    doer: &Doer,
    scope: &Scope,
    rule: &'static Rule,
    id: i64,
    until: &str,
    reason: &str,
) -> Result<FindingRow, PageError> {
    let reason = given_reason(reason)?.to_owned();
    let at = context.clock.now();
    let until =
        day_or_moment(until).filter(|until| *until > at && *until - at <= LONGEST_IGNORED).ok_or_else(|| {
            PageError::Invalid("Say until which day, as 2026-12-24: a day that is to come, within a year.".to_owned())
        })?;
    let finding = finding(context, scope, rule, id).await?;
    let subject = format!("{} {} {}", rule.name, finding.name, finding.subject);
    let begun = audit::begin(&context.db, doer, Act::new("finding.ignore", subject.trim()).because(&reason)).await?;
    let (kept, by) = (finding.clone(), doer.actor.clone());
    context.db.write(move |connection| findings::ignore(connection, &kept, until, &reason, &by, at)).await?;
    begun.complete(&context.db, Outcome::Succeeded, &format!("until {}", until.format("%Y-%m-%d %H:%M UTC"))).await?;
    self::finding(context, scope, rule, id).await
}

/// Tells of a finding again.
pub async fn heed(
    context: &Context,
    doer: &Doer,
    scope: &Scope,
    rule: &'static Rule,
    id: i64,
) -> Result<FindingRow, PageError> {
    let finding = finding(context, scope, rule, id).await?;
    let subject = format!("{} {} {}", rule.name, finding.name, finding.subject);
    let before = finding.ignored_reason.clone().unwrap_or_default();
    let begun = audit::begin(&context.db, doer, Act::new("finding.heed", subject.trim()).before(before)).await?;
    let kept = finding.clone();
    let was_ignored = context.db.write(move |connection| findings::heed(connection, &kept)).await?;
    let after = if was_ignored { "told of again" } else { "was not ignored" };
    begun.complete(&context.db, Outcome::Succeeded, after).await?;
    self::finding(context, scope, rule, id).await
}

async fn finding(context: &Context, scope: &Scope, rule: &'static Rule, id: i64) -> Result<FindingRow, PageError> {
    let (reach, now) = (scope.clone(), context.clock.now());
    let found = context.db.read(move |connection| findings::find(connection, &reach, rule.name, id, now)).await?;
    found.ok_or(PageError::NotFound)
}

fn day_or_moment(text: &str) -> Option<Instant> {
    let text = text.trim();
    let day = || Some(text.parse::<NaiveDate>().ok()?.and_hms_opt(0, 0, 0)?.and_utc());
    text.parse::<Instant>().ok().or_else(day)
}

/// Who reads the audit wants a sentence, and no book.
const LONGEST_REASON: usize = 500;

/// What somebody decides about a held loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Exactly its rows become tombstones.
    Accept,
    /// Its rows stay, marked as missing.
    Reject,
}

/// Decides a held loss, and gives it as it is afterwards.
pub async fn decide(
    context: &Context,
    doer: &Doer,
    scope: &Scope,
    id: i64,
    decision: Decision,
    reason: &str,
) -> Result<HeldLossRow, PageError> {
    let reason = given_reason(reason)?;
    let loss = find(context, scope, id).await?;
    let action = match decision {
        Decision::Accept => "held_loss.accept",
        Decision::Reject => "held_loss.reject",
    };
    let subject = format!("{} {} {}", loss.source, loss.scope, loss.subject);
    let act = Act::new(action, subject).because(reason).before(format!("{}, {} rows", loss.state, loss.rows));
    let begun = audit::begin(&context.db, doer, act).await?;
    let at = context.clock.now();
    let decided = match decision {
        Decision::Accept => held::accept_all(&context.db, id, &doer.actor, reason, at)
            .await?
            .map(|gone| format!("{gone} rows are gone")),
        Decision::Reject => {
            held::reject(&context.db, id, &doer.actor, reason, at).await?.then(|| "rows stay".to_owned())
        }
    };
    match decided {
        Some(after) => {
            begun.complete(&context.db, Outcome::Succeeded, &after).await?;
            find(context, scope, id).await
        }
        None => {
            begun.complete(&context.db, Outcome::Refused, "was decided already").await?;
            let loss = find(context, scope, id).await?;
            Err(PageError::Conflict(format!("This loss is {} already.", loss.state)))
        }
    }
}

fn given_reason(reason: &str) -> Result<&str, PageError> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > LONGEST_REASON {
        return Err(PageError::Invalid(format!("Say why, in 1 to {LONGEST_REASON} characters.")));
    }
    Ok(reason)
}

async fn find(context: &Context, scope: &Scope, id: i64) -> Result<HeldLossRow, PageError> {
    let reach = scope.clone();
    let loss = context.db.read(move |connection| held::find(connection, &reach, id)).await?;
    loss.ok_or(PageError::NotFound)
}
