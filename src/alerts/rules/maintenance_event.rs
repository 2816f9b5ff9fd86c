//! A maintenance that the provider has announced. It resolves when the event is completed, cancelled or gone from a
//! complete listing; a new start on the same event is the same alert with another time.

use diesel::QueryResult;

use super::Rule;
use crate::clock::Instant;
use crate::kinds::maintenance_event;
use crate::store::alerts::{Condition, Severity};
use crate::store::rows::ResourceRow;
use crate::store::{AnyConnection, Scope, resources};

pub const RULE: Rule = Rule { name: "maintenance_event", title: "Maintenance announced", conditions };

fn conditions(connection: &mut AnyConnection, now: Instant) -> QueryResult<Vec<Condition>> {
    let events = resources::with_status(connection, &Scope::unrestricted(), &maintenance_event::SPEC, "scheduled")?;
    Ok(events.iter().map(|event| condition(event, now)).collect())
}

fn condition(event: &ResourceRow, now: Instant) -> Condition {
    let soon = event.due_at().is_some_and(|at| at - now < chrono::TimeDelta::hours(48));
    let when = event.due_at().map_or_else(String::new, |at| format!(" Starts {} UTC.", at.format("%-d %b %Y, %H:%M")));
    let code = &event.facet_a;
    Condition {
        fingerprint: format!("maintenance_event:{}", event.id),
        severity: if soon { Severity::Critical } else { Severity::Warning },
        title: event.name.clone(),
        body: format!("{code} announced by {}.{when}", event.source),
        link: format!("/maintenance-events/{}", event.id),
        resource_id: Some(event.id),
        source: event.source.clone(),
        due_at: event.due_at(),
    }
}
