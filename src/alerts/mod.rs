//! Alerts: what is the case that somebody should know, evaluated from what is stored, and kept as state.
//!
//! A rule says which conditions hold *now*; opening, updating and resolving by fingerprint follows from that, the same
//! for every rule. A rule therefore never resolves anything because it could not look: what is unknown stays as it was.

use crate::store::gate::{self, Turn};
use crate::store::{Db, Priority, StoreError, alerts};

pub mod rules;

/// What one evaluation of all rules changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evaluation {
    pub opened: usize,
    pub resolved: usize,
}

/// Evaluates every rule, each in a transaction of its own that looks and settles: what somebody else has seen and
/// settled since a look must not be undone by it.
pub async fn evaluate(db: &Db) -> Result<Evaluation, StoreError> {
    let mut evaluation = Evaluation::default();
    for rule in rules::RULES {
        let clock = db.clock.clone();
        let settled = db
            .write_as(Priority::Background, move |connection| {
                gate::take_turn(connection, Turn::Alerts)?;
                let now = clock.now();
                let conditions = (rule.conditions)(connection, now)?;
                alerts::settle(connection, rule.name, &conditions, now)
            })
            .await?;
        evaluation.opened += settled.opened;
        evaluation.resolved += settled.resolved;
    }
    Ok(evaluation)
}
