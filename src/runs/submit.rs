//! Queueing a run: with its steps, its lanes and its audit row, in one transaction, so that all of it is there or
//! nothing.

use chrono::TimeDelta;
use diesel::QueryResult;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Action, NewStep};
use crate::audit::{self, Act, Doer};
use crate::clock::Instant;
use crate::secret::hex;
use crate::store::idempotency::{self, Claimed};
use crate::store::runs::{queue, steps};
use crate::store::{AnyConnection, Db};

/// A run has so long from its first claim, if it does not say otherwise.
const DEADLINE: TimeDelta = TimeDelta::minutes(15);

/// Who goes first where several wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Priority {
    /// Nobody waits for it.
    Background,
    #[default]
    Person,
    /// The way back.
    Urgent,
}

impl Priority {
    fn number(self) -> i32 {
        match self {
            Self::Background => 0,
            Self::Person => 10,
            Self::Urgent => 20,
        }
    }
}

/// A run that is to be done.
#[derive(Clone)]
pub struct NewRun {
    pub action: &'static dyn Action,
    /// What, in a line: `Purge 3 hosts of shop`.
    pub title: String,
    /// To what: an app's or a zone's name.
    pub target: String,
    /// What else it goes by, for the audit: `change 12`.
    pub known_as: String,
    /// What is there before, for the audit.
    pub before: String,
    pub plan: Value,
    /// What takes it back, stored before the first write; the action's own.
    pub undo: Value,
    pub steps: Vec<NewStep>,
    pub reason: String,
    pub by: Doer,
    /// `<source>/<zone id>`, each.
    pub lanes: Vec<String>,
    /// The ids of the resources that it is about.
    pub subjects: Vec<i64>,
    pub parent: Option<i64>,
    /// What tells a request that is sent twice from two requests.
    pub key: Option<IdempotencyKey>,
    pub priority: Priority,
    pub deadline: TimeDelta,
    /// Not sooner than this; `None` is now.
    pub not_before: Option<Instant>,
}

/// A key that a client chose, and the hash of what it asked for with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    pub key: String,
    pub body_hash: String,
}

impl IdempotencyKey {
    pub fn new(key: impl Into<String>, body: &[u8]) -> Self {
        Self { key: key.into(), body_hash: body_hash(body) }
    }
}

/// What tells two bodies apart.
pub fn body_hash(body: &[u8]) -> String {
    hex(&Sha256::digest(body))
}

impl NewRun {
    /// A run of a person, at once, with nothing that takes it back.
    pub fn new(
        action: &'static dyn Action,
        title: impl Into<String>,
        plan: Value,
        steps: Vec<NewStep>,
        by: Doer,
    ) -> Self {
        Self {
            action,
            title: title.into(),
            target: String::new(),
            known_as: String::new(),
            before: String::new(),
            plan,
            undo: Value::Null,
            steps,
            reason: String::new(),
            by,
            lanes: Vec::new(),
            subjects: Vec::new(),
            parent: None,
            key: None,
            priority: Priority::default(),
            deadline: DEADLINE,
            not_before: None,
        }
    }
}

/// What became of a wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Submitted {
    New(i64),
    /// The same was asked before with the same key: that run.
    Known(i64),
    /// Something else was asked before with the same key.
    Other,
}

/// Queues a run within the current transaction. Whoever calls rings the context's bell once it is committed.
pub fn submit(connection: &mut AnyConnection, db: &Db, new: &NewRun) -> QueryResult<Submitted> {
    let at = db.clock.now();
    if let Some(key) = &new.key {
        match idempotency::claim(connection, &new.by.actor, &key.key, &key.body_hash, at)? {
            Claimed::Fresh => {}
            Claimed::Made(made) => {
                let run = made.strip_prefix("runs/").and_then(|id| id.parse().ok());
                return Ok(run.map_or(Submitted::Other, Submitted::Known));
            }
            Claimed::Other => return Ok(Submitted::Other),
        }
    }
    let mut subject = format!("{} ({})", new.title, new.target);
    if !new.known_as.is_empty() {
        subject = format!("{subject}, {}", new.known_as);
    }
    let act = Act::new(new.action.name(), subject).because(&new.reason).before(&new.before);
    let begun = audit::begin_in(connection, db, &new.by, act)?;
    let (plan, undo) = (new.plan.to_string(), new.undo.to_string());
    let queued = queue::Queued {
        parent: new.parent,
        action: new.action.name(),
        title: &new.title,
        target: &new.target,
        plan: &plan,
        undo: &undo,
        reason: &new.reason,
        actor: &new.by.actor,
        effective_actor: &new.by.effective_actor,
        audit_id: begun.id(),
        priority: new.priority.number(),
        deadline: new.deadline,
        not_before: new.not_before.unwrap_or(at),
    };
    let id = queue::add(connection, &queued, at)?;
    steps::add(connection, id, 1, &new.steps)?;
    queue::want_lanes(connection, id, &in_order(new.lanes.clone()))?;
    queue::name_subjects(connection, id, &in_order(new.subjects.clone()))?;
    if let Some(key) = &new.key {
        idempotency::made(connection, &new.by.actor, &key.key, &format!("runs/{id}"))?;
    }
    Ok(Submitted::New(id))
}

fn in_order<T: Ord>(mut things: Vec<T>) -> Vec<T> {
    things.sort();
    things.dedup();
    things
}
