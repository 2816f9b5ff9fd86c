//! `/{kind}/{id}/history`: every version with the time that it was true, and what was different.

use askama::Template;
use askama_web::WebTemplate;

use diesel::QueryResult;

use super::changes_between;
use crate::clock::Instant;
use crate::kinds::{KindSpec, Tone};
use crate::store::versions::{Cursor, VersionRow};
use crate::store::{AnyConnection, Scope, resources, versions};
use crate::web::params::Params;
use crate::web::view::{Diff, Pager};
use crate::web::{Shell, cells, filters};

/// The versions of a resource, the newest first.
#[derive(Template, WebTemplate)]
#[template(path = "inventory/history.html")]
pub struct HistoryPage {
    pub shell: Shell,
    pub spec: &'static KindSpec,
    /// Of the resource's own page.
    pub path: String,
    pub name: String,
    pub versions: Vec<VersionLine>,
    pub pager: Pager,
}

/// A version: from when, until when, and what was new in it.
#[derive(Clone, Debug)]
pub struct VersionLine {
    /// `First seen`, `Changed`, `Gone`, `Came back`.
    pub title: &'static str,
    pub tone: Tone,
    pub from: Instant,
    /// `None` while it is true.
    pub until: Option<Instant>,
    pub diffs: Vec<Diff>,
    /// Said where there is no difference to show.
    pub note: &'static str,
    pub at_href: Option<String>,
}

/// Versions on a page.
const SHOWN: usize = 100;

/// The versions of a resource before `cursor`, as far as they were known at `at`; `None` where there is none that the
/// asker may see.
pub fn fetch(
    connection: &mut AnyConnection,
    scope: &Scope,
    spec: &'static KindSpec,
    id: i64,
    at: Option<Instant>,
    cursor: Option<Cursor>,
    shell: Shell,
) -> QueryResult<Option<HistoryPage>> {
    let Some(row) = resources::find(connection, scope, spec, id, None)? else { return Ok(None) };
    // One more than is shown: what the last one shown differs from.
    let states = versions::before(connection, scope, id, cursor.or(at.map(Cursor::of)), SHOWN + 1)?;
    let Some(newest) = states.first() else { return Ok(None) };
    let name = if at.is_some() { newest.row.title() } else { row.title() }.to_owned();
    let was_known = |until: &Instant| at.is_none_or(|at| *until <= at);
    let mut lines = Vec::with_capacity(states.len() + 1);
    for (position, state) in states.iter().take(SHOWN).enumerate() {
        // What is gone has an end that nothing follows; it gets a line of its own, above its last state.
        if let Some(until) = state.until.filter(|_| state.ended_gone).filter(was_known) {
            lines.push(gone(until));
        }
        let line = line(spec, state, states.get(position + 1));
        lines.push(VersionLine { until: line.until.filter(was_known), ..line });
    }
    let path = format!("/{}/{id}", spec.path);
    let asked = Params::default().at(at);
    let pager = Pager {
        shown: lines.len(),
        first_href: cursor.map(|_| asked.href(&format!("{path}/history"))),
        next_href: states.get(SHOWN).map(|_| {
            let after = states[SHOWN - 1].cursor().to_string();
            asked.with("cursor", &after).href(&format!("{path}/history"))
        }),
    };
    Ok(Some(HistoryPage { path, name, versions: lines, pager, spec, shell }))
}

fn gone(at: Instant) -> VersionLine {
    VersionLine {
        title: "Gone",
        tone: Tone::Muted,
        from: at,
        until: None,
        diffs: Vec::new(),
        note: "A complete listing no longer showed it.",
        at_href: None,
    }
}

fn line(spec: &KindSpec, state: &VersionRow, older: Option<&VersionRow>) -> VersionLine {
    let from = state.row.changed_at();
    let (title, tone, note) = match older {
        None => ("First seen", Tone::Good, "As it was when first seen."),
        Some(older) if older.ended_gone => ("Came back", Tone::Good, "As it was before."),
        Some(_) => ("Changed", Tone::Plain, "Only its placement, or a field that is not compared."),
    };
    VersionLine {
        title,
        tone,
        from,
        until: state.until,
        diffs: older.map(|older| changes_between(spec, &older.row, &state.row)).unwrap_or_default(),
        note,
        at_href: Some(cells::href(spec, state.row.id, Some(from))),
    }
}
