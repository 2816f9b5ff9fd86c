//! No worker has been heard of for a while. Only somebody who still runs can notice, so with one machine this tells of
//! the past; with several, the others tell.

use diesel::QueryResult;

use super::Rule;
use crate::clock::Instant;
use crate::store::alerts::{Condition, Severity};
use crate::store::{AnyConnection, tasks};

pub const RULE: Rule = Rule { name: "worker_silent", title: "Worker silent", conditions };

fn conditions(connection: &mut AnyConnection, now: Instant) -> QueryResult<Vec<Condition>> {
    let workers = tasks::heartbeats(connection)?;
    let silent = workers.iter().filter(|worker| now - worker.beat_at.and_utc() > tasks::SILENT_AFTER);
    Ok(silent
        .map(|worker| Condition {
            fingerprint: format!("worker_silent:{}", worker.worker),
            severity: Severity::Warning,
            title: format!("Worker {} is silent", worker.worker),
            body: format!("Last heard of at {} UTC.", worker.beat_at.format("%Y-%m-%d %H:%M:%S")),
            link: "/tasks".to_owned(),
            resource_id: None,
            source: String::new(),
            due_at: None,
        })
        .collect())
}
