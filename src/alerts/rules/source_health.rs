//! A source that fails, is refused, or whose facts have grown old.

use diesel::QueryResult;

use super::Rule;
use crate::clock::Instant;
use crate::store::alerts::{Condition, Severity};
use crate::store::sources::{self, SourceRow, SourceState};
use crate::store::{AnyConnection, Scope};

pub const RULE: Rule = Rule { name: "source_health", title: "Source failing or stale", conditions };

fn conditions(connection: &mut AnyConnection, now: Instant) -> QueryResult<Vec<Condition>> {
    let sources = sources::all(connection, &Scope::unrestricted())?;
    Ok(sources.iter().filter_map(|source| condition(source, now)).collect())
}

fn condition(source: &SourceRow, now: Instant) -> Option<Condition> {
    let (severity, what) = match source.state_at(now) {
        SourceState::Ok | SourceState::NotConfigured => return None,
        SourceState::Stale => (Severity::Warning, "has not been confirmed for more than two intervals"),
        SourceState::Failing => (Severity::Warning, "is failing"),
        SourceState::Auth => (Severity::Critical, "refuses our credentials"),
    };
    let age = match source.confirmed_at() {
        Some(at) => format!("Its facts are as of {} UTC.", at.format("%-d %b %Y, %H:%M")),
        None => "Nothing of it has ever been listed completely.".to_owned(),
    };
    let body = match source.reason.trim_end_matches('.') {
        "" => age,
        reason => format!("{reason}. {age}"),
    };
    Some(Condition {
        fingerprint: format!("source_health:{}", source.name),
        severity,
        title: format!("Source {} {what}", source.name),
        body,
        link: format!("/sources/{}", source.name),
        resource_id: None,
        source: source.name.clone(),
        due_at: None,
    })
}
