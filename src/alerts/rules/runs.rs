//! Runs that nobody would come back to: one that does not get on, one that left something to look at, a queue that
//! nobody works off.

use chrono::TimeDelta;
use diesel::QueryResult;

use super::Rule;
use crate::clock::Instant;
use crate::store::AnyConnection;
use crate::store::alerts::{Condition, Severity};
use crate::store::runs::{RunRow, list, queue};
use crate::wire::runs::RunState;

pub const STUCK: Rule = Rule { name: "run_stuck", title: "Run does not get on", conditions: stuck };
pub const UNSETTLED: Rule =
    Rule { name: "run_unsettled", title: "Run left something to look at", conditions: unsettled };
pub const QUEUE: Rule = Rule { name: "run_queue_old", title: "Runs wait for a worker", conditions: queue_old };

/// What has its time over is ended by its worker within seconds, but for a call that is still waited for.
const GRACE: TimeDelta = TimeDelta::minutes(5);
/// A queue in which somebody waits this long has no worker, or all of its lanes stand still.
const LONGEST_WAIT: TimeDelta = TimeDelta::minutes(10);

fn stuck(connection: &mut AnyConnection, now: Instant) -> QueryResult<Vec<Condition>> {
    let late = |run: &RunRow| run.deadline_at().is_some_and(|deadline| now - deadline > GRACE);
    let runs = list::working(connection)?;
    Ok(runs
        .iter()
        .filter(|run| late(run))
        .map(|run| {
            let body = format!("It is {} and should have ended long ago. Its worker is {}.", run.state(), run.worker);
            condition("run_stuck", run, Severity::Warning, format!("{} does not get on", run.title), body)
        })
        .collect())
}

fn unsettled(connection: &mut AnyConnection, _now: Instant) -> QueryResult<Vec<Condition>> {
    let runs = list::unsettled(connection)?;
    Ok(runs
        .iter()
        .map(|run| {
            let (severity, how) = match run.state() {
                RunState::Unknown => (Severity::Critical, "ended, and nobody knows how"),
                _ => (Severity::Warning, "was done in part"),
            };
            condition("run_unsettled", run, severity, format!("{} {how}", run.title), run.outcome.clone())
        })
        .collect())
}

fn queue_old(connection: &mut AnyConnection, now: Instant) -> QueryResult<Vec<Condition>> {
    let (waiting, oldest) = queue::age(connection, now)?;
    let old = oldest.filter(|oldest| now - *oldest > LONGEST_WAIT);
    Ok(old
        .map(|oldest| Condition {
            fingerprint: "run_queue_old".to_owned(),
            severity: Severity::Warning,
            title: format!("{waiting} runs wait, the oldest since {} UTC", oldest.format("%-d %b %Y, %H:%M")),
            body: "No worker takes them, or what runs before them does not end.".to_owned(),
            link: "/runs?state=queued".to_owned(),
            resource_id: None,
            source: String::new(),
            due_at: None,
        })
        .into_iter()
        .collect())
}

fn condition(rule: &str, run: &RunRow, severity: Severity, title: String, body: String) -> Condition {
    Condition {
        fingerprint: format!("{rule}:{}", run.id),
        severity,
        title,
        body,
        link: format!("/runs/{}", run.id),
        resource_id: None,
        source: String::new(),
        due_at: None,
    }
}
