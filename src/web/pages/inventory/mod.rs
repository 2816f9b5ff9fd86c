//! `/{kind}`, `/{kind}/{id}`, `/{kind}/{id}/history`, `/{kind}/{id}/touches`: four pages for every kind, drawn from its
//! `KindSpec`; `/{kind}/{id}/values` for those that have secrets; and `/{kind}/{id}/revision` for whoever has one open.

use diesel::QueryResult;

use crate::clock::Instant;
use crate::kinds::KindSpec;
use crate::kinds::diff::{State, between};
use crate::store::rows::ResourceRow;
use crate::store::scopes::ScopeRow;
use crate::store::{AnyConnection, Scope, sources};
use crate::web::view::{Age, Diff};

pub mod handlers;
pub mod history;
pub mod list;
pub mod revision;
pub mod show;
pub mod touches;
pub mod values;

/// How old a single resource's facts are: as old as the listing that shows it.
fn age_of(
    connection: &mut AnyConnection,
    scope: &Scope,
    row: &ResourceRow,
    listing: Option<&ScopeRow>,
    now: Instant,
) -> QueryResult<Age> {
    let source = sources::find(connection, scope, &row.source)?;
    let confirmed_at = row.last_seen_at();
    let stale = source.zip(confirmed_at).is_some_and(|(source, at)| now - at > source.stale_after());
    let complete = listing.is_none_or(|listing| listing.state == "complete");
    let reasons = listing.filter(|_| !complete).map(sentence);
    Ok(Age { confirmed_at, stale, complete, reasons: reasons.into_iter().collect() })
}

/// How a listing ended, and why where that is told.
fn sentence(listing: &ScopeRow) -> String {
    let sentence = format!("{} {}: {} {}", listing.source, listing.name, listing.state, listing.reason);
    sentence.trim_end().to_owned()
}

/// What differs between two states, in the words of the pages.
fn changes_between(spec: &KindSpec, older: &ResourceRow, newer: &ResourceRow) -> Vec<Diff> {
    fn columns(row: &ResourceRow) -> [(&'static str, &str); 6] {
        [
            ("name", &row.name),
            ("status", &row.status),
            ("region", &row.region),
            ("cluster", &row.cluster),
            ("app", &row.app),
            ("role", &row.role),
        ]
    }
    let (before, after) = (columns(older), columns(newer));
    between(spec, State { columns: &before, attrs: &older.attrs }, State { columns: &after, attrs: &newer.attrs })
        .into_iter()
        .map(|change| Diff { field: change.label, before: change.before, after: change.after })
        .collect()
}
