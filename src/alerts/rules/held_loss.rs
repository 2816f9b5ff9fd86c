//! A loss that the guard holds and that waits for a person.

use diesel::QueryResult;

use super::Rule;
use crate::clock::Instant;
use crate::store::alerts::{Condition, Severity};
use crate::store::held::{self, HeldLossRow};
use crate::store::{AnyConnection, Scope};

pub const RULE: Rule = Rule { name: "held_loss", title: "Loss held for a decision", conditions };

fn conditions(connection: &mut AnyConnection, _now: Instant) -> QueryResult<Vec<Condition>> {
    Ok(held::open(connection, &Scope::unrestricted(), None)?.iter().map(condition).collect())
}

fn condition(loss: &HeldLossRow) -> Condition {
    let what = if loss.subject == held::ROWS {
        format!("{} missing", loss.rows)
    } else {
        format!("the field {} lost", loss.subject)
    };
    Condition {
        fingerprint: format!("held_loss:{}", loss.id),
        severity: Severity::Warning,
        title: format!("{} {}: {what}, held", loss.source, loss.scope),
        body: loss.reason.clone(),
        link: format!("/sources/{}", loss.source),
        resource_id: None,
        source: loss.source.clone(),
        due_at: None,
    }
}
