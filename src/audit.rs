//! Who did what: written before the act, completed after it.
//!
//! An act whose row is begun and never completed was cut off by the end of the process, and nobody knows how it went; a
//! task closes such rows as `unknown`. Nothing that changes anything goes without a row: if it cannot be written, the
//! act does not happen.

use chrono::TimeDelta;
use diesel::QueryResult;

use crate::store::audit::{self, NewAudit};
use crate::store::{AnyConnection, Db, StoreError};

/// No request lasts this long; a row that is older and still open will never be completed.
const STALE_AFTER: TimeDelta = TimeDelta::minutes(15);

/// Who acts, from where, by which request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doer {
    /// An e-mail address, `token:<name> (number <id>)`, `command line`, `anonymous`.
    pub actor: String,
    /// For whom, where that is another: who made the token; or as whom an administrator looks. Empty otherwise.
    pub effective_actor: String,
    /// The client's address; empty where there is none.
    pub address: String,
    pub request_id: String,
}

impl Doer {
    /// Somebody with a shell on the machine, who could do anything anyhow.
    pub fn command_line() -> Self {
        Self {
            actor: "command line".to_owned(),
            effective_actor: String::new(),
            address: String::new(),
            request_id: String::new(),
        }
    }

    /// The same request, made by another.
    pub fn named(&self, actor: &str) -> Self {
        Self { actor: actor.to_owned(), ..self.clone() }
    }
}

/// How an act ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Succeeded,
    /// It was tried and did not work.
    Failed,
    /// It was not tried: a rule forbade it.
    Refused,
    Unknown,
}

impl Outcome {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
        }
    }
}

/// What is about to be done. `action` is a noun and a verb: `user.add`, `token.revoke`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Act {
    pub action: &'static str,
    pub subject: String,
    pub reason: String,
    pub before: String,
}

impl Act {
    pub fn new(action: &'static str, subject: impl Into<String>) -> Self {
        Self { action, subject: subject.into(), ..Self::default() }
    }

    /// With what was there before.
    pub fn before(self, before: impl Into<String>) -> Self {
        Self { before: before.into(), ..self }
    }

    /// With the reason that the person gave.
    pub fn because(self, reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), ..self }
    }
}

/// An act that has begun.
#[must_use = "an act that is never completed ends as unknown"]
#[derive(Clone, Copy, Debug)]
pub struct Begun(i64);

/// Writes that an act begins, in a transaction of its own: it stays written whatever happens to the act.
pub async fn begin(db: &Db, doer: &Doer, act: Act) -> Result<Begun, StoreError> {
    let (row, at) = (row(doer, act), db.clock.now());
    db.write(move |connection| audit::begin(connection, &row, at)).await.map(Begun)
}

/// Writes that an act begins, within a transaction that holds no part of the act itself.
pub fn begin_in(connection: &mut AnyConnection, db: &Db, doer: &Doer, act: Act) -> QueryResult<Begun> {
    audit::begin(connection, &row(doer, act), db.clock.now()).map(Begun)
}

fn row(doer: &Doer, act: Act) -> NewAudit {
    NewAudit {
        actor: doer.actor.clone(),
        effective_actor: doer.effective_actor.clone(),
        address: doer.address.clone(),
        request_id: doer.request_id.clone(),
        action: act.action,
        subject: act.subject,
        reason: act.reason,
        before_state: act.before,
    }
}

impl Begun {
    /// The row's id, for an act that outlives the process that began it.
    pub fn id(self) -> i64 {
        self.0
    }

    /// Writes how it ended, and what is there now.
    pub async fn complete(self, db: &Db, outcome: Outcome, after: &str) -> Result<(), StoreError> {
        let (after, clock) = (after.to_owned(), db.clock.clone());
        db.write(move |connection| audit::complete(connection, self.0, outcome.as_str(), &after, clock.now())).await
    }

    /// Writes how it ended in the transaction of the act itself, so that both are true or neither is.
    pub fn complete_in(
        self,
        connection: &mut AnyConnection,
        db: &Db,
        outcome: Outcome,
        after: &str,
    ) -> QueryResult<()> {
        audit::complete(connection, self.0, outcome.as_str(), after, db.clock.now())
    }
}

/// Closes what nobody will complete any more; gives how many.
pub async fn close_stale(db: &Db) -> Result<usize, StoreError> {
    let at = db.clock.now();
    db.write(move |connection| audit::close_stale(connection, at - STALE_AFTER, at)).await
}
