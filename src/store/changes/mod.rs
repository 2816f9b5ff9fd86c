//! The tape: everything that came, changed, returned or went, the newest first; and the net difference between two
//! moments.
//!
//! Nothing is written for it. A state that begins (`resources.changed_at`, `resource_versions.valid_from`) is a change,
//! and one that ends with nothing after it (`gone_at`, `ended_gone`) is one too; each is a range of an index by kind
//! and time, and a page merges the heads of these ranges ([`events`]). What is asked beside kind and time is looked at
//! row by row, so that a page looks at a bounded number of them and says where it stopped.
//!
//! A change is known by its moment and its resource, which stay when the resource changes again: pages do not shift.

use std::collections::{BTreeSet, HashMap};

use const_format::concatcp;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

mod cursor;
mod events;
mod net;

pub use cursor::Cursor;
pub use net::{Difference, Differs, net};

use events::Event;

use super::rows::{ResourceRow, VERSION_COLUMNS};
use super::sql::{Positional, Sql};
use super::{AnyConnection, Scope, resources};
use crate::clock::Instant;
use crate::kinds::{KINDS, KindSpec};

/// The most changes of one page.
pub const MOST: usize = 1_000;
/// So many changes are looked at for one page.
const LOOKED_AT: usize = 20_000;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    Added,
    Changed,
    Returned,
    Gone,
}

impl What {
    pub const ALL: [Self; 4] = [Self::Added, Self::Changed, Self::Returned, Self::Gone];

    /// In queries, answers and on pages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Returned => "returned",
            Self::Gone => "gone",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|what| what.as_str() == text)
    }
}

/// What is asked of the tape. Empty lists ask for everything.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Later than this, …
    pub from: Instant,
    /// … up to and including this.
    pub to: Instant,
    pub kinds: Vec<&'static KindSpec>,
    pub sources: Vec<String>,
    pub regions: Vec<String>,
    pub clusters: Vec<String>,
    pub what: Vec<What>,
    pub limit: usize,
    pub cursor: Option<Cursor>,
}

/// One change.
#[derive(Clone, Debug)]
pub struct Change {
    pub at: Instant,
    pub what: What,
    /// As it was from then on; of what went, as it was last.
    pub row: ResourceRow,
    /// As it was before, if that is still known.
    pub before: Option<ResourceRow>,
}

/// A page of the tape.
#[derive(Clone, Debug)]
pub struct Page<T> {
    pub rows: Vec<T>,
    /// To what is older.
    pub next: Option<Cursor>,
    /// To what is newer.
    pub previous: Option<Cursor>,
    /// The page ends before it is full, because enough was looked at; what is older may have more.
    pub cut: bool,
}

impl<T> Default for Page<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), next: None, previous: None, cut: false }
    }
}

impl Asked {
    /// Everything between two moments.
    pub fn between(from: Instant, to: Instant) -> Self {
        Self {
            from,
            to,
            kinds: Vec::new(),
            sources: Vec::new(),
            regions: Vec::new(),
            clusters: Vec::new(),
            what: Vec::new(),
            limit: 100,
            cursor: None,
        }
    }

    fn kinds(&self) -> Vec<&'static KindSpec> {
        if self.kinds.is_empty() { KINDS.to_vec() } else { self.kinds.clone() }
    }

    /// Whether a resource of that source and place is asked for.
    fn admits_place(&self, region: &str, cluster: &str) -> bool {
        let among = |asked: &[String], value: &str| asked.is_empty() || asked.iter().any(|one| one == value);
        among(&self.regions, region) && among(&self.clusters, cluster)
    }

    fn admits_source(&self, source: &str) -> bool {
        self.sources.is_empty() || self.sources.iter().any(|one| one == source)
    }

    /// Where it was is asked for as well as where it is: what moves away from here has changed here.
    fn admits(&self, event: &Event) -> bool {
        let here = self.admits_place(&event.region, &event.cluster)
            || event.before_place().is_some_and(|(region, cluster)| self.admits_place(region, cluster));
        here && self.admits_source(&event.source) && (self.what.is_empty() || self.what.contains(&event.what()))
    }

    fn is_narrow(&self) -> bool {
        !(self.sources.is_empty() && self.regions.is_empty() && self.clusters.is_empty() && self.what.is_empty())
    }
}

/// The page of changes that is asked for.
pub fn tape(connection: &mut AnyConnection, scope: &Scope, asked: &Asked) -> QueryResult<Page<Change>> {
    if scope.sees_nothing() {
        return Ok(Page::default());
    }
    let limit = asked.limit.clamp(1, MOST);
    let at_once = if asked.is_narrow() { 2_000 } else { limit + 1 };
    let mut walk = Walk::of(asked, limit);
    while walk.goes_on() {
        let events = events::read(connection, scope, asked, walk.at, at_once, false)?;
        walk.take(events, at_once, |event| asked.admits(&event).then_some(event));
    }
    let page = walk.page();
    let changes = changes(connection, scope, &page.rows)?;
    Ok(Page { rows: changes, next: page.next, previous: page.previous, cut: page.cut })
}

/// The statement that a page's look at the tape is made of, for those who want to know how a database answers it.
pub fn statement(scope: &Scope, asked: &Asked, net: bool) -> Sql {
    events::query(scope, asked, asked.cursor, asked.limit, net)
}

/// A walk along the tape until a page is full, in either direction.
struct Walk<T> {
    limit: usize,
    began: Option<Cursor>,
    /// The last event looked at.
    at: Option<Cursor>,
    backwards: bool,
    found: Vec<(Cursor, T)>,
    looked_at: usize,
    ended: bool,
}

impl<T> Walk<T> {
    fn of(asked: &Asked, limit: usize) -> Self {
        Self {
            limit,
            began: asked.cursor,
            at: asked.cursor,
            backwards: asked.cursor.is_some_and(|cursor| cursor.backwards),
            found: Vec::new(),
            looked_at: 0,
            ended: false,
        }
    }

    fn goes_on(&self) -> bool {
        !self.ended && self.found.len() <= self.limit && self.looked_at < LOOKED_AT
    }

    fn take(&mut self, events: Vec<Event>, at_once: usize, mut keep: impl FnMut(Event) -> Option<T>) {
        self.ended = events.len() < at_once;
        self.looked_at += events.len();
        for event in events {
            let cursor = Cursor { backwards: self.backwards, ..event.cursor() };
            self.at = Some(cursor);
            if let Some(kept) = keep(event) {
                self.found.push((cursor, kept));
            }
            if self.found.len() > self.limit {
                break;
            }
        }
    }

    fn page(mut self) -> Page<T> {
        let more = self.found.len() > self.limit;
        self.found.truncate(self.limit);
        let cut = !more && !self.ended;
        // Beyond the page, in the direction of the walk, and back to where it came from.
        let beyond = if more { self.found.last().map(|(cursor, _)| *cursor) } else { self.at.filter(|_| cut) };
        let behind = self.began.and(self.found.first().map(|(cursor, _)| *cursor).or(self.began));
        if self.backwards {
            self.found.reverse();
        }
        let (next, previous) = if self.backwards { (behind, beyond) } else { (beyond, behind) };
        Page {
            rows: self.found.into_iter().map(|(_, row)| row).collect(),
            next: next.map(|cursor| Cursor { backwards: false, ..cursor }),
            previous: previous.map(|cursor| Cursor { backwards: true, ..cursor }),
            cut,
        }
    }
}

/// The events with the states before and after them, in their order.
fn changes(connection: &mut AnyConnection, scope: &Scope, events: &[Event]) -> QueryResult<Vec<Change>> {
    let present: BTreeSet<i64> =
        events.iter().filter(|event| event.version_id == 0).map(|event| event.resource_id).collect();
    let past: BTreeSet<i64> = events
        .iter()
        .flat_map(|event| [Some(event.version_id), event.before_id])
        .flatten()
        .filter(|version| *version != 0)
        .collect();
    let present: Vec<i64> = present.into_iter().collect();
    let present: HashMap<i64, ResourceRow> =
        resources::of_ids(connection, scope, &present, None)?.into_iter().map(|row| (row.id, row)).collect();
    let past: HashMap<i64, ResourceRow> = versions(connection, &past.into_iter().collect::<Vec<_>>())?;
    let change = |event: &Event| {
        let row = match event.version_id {
            0 => present.get(&event.resource_id)?,
            version => past.get(&version)?,
        };
        let before = event.before_id.and_then(|version| past.get(&version));
        Some(Change { at: event.at(), what: event.what(), row: row.clone(), before: before.cloned() })
    };
    Ok(events.iter().filter_map(change).collect())
}

#[derive(Queryable)]
struct Version {
    row: ResourceRow,
    version_id: i64,
}

impl Positional for Version {
    type Columns = (<ResourceRow as Positional>::Columns, BigInt);
}

/// Versions by their own ids.
fn versions(connection: &mut AnyConnection, ids: &[i64]) -> QueryResult<HashMap<i64, ResourceRow>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let mut sql = Sql::new(concatcp!(
        "SELECT ",
        VERSION_COLUMNS,
        ", v.id FROM resource_versions v JOIN resources r ON r.id = v.resource_id JOIN scopes s ON s.id = r.scope_id WHERE v.id IN "
    ));
    sql.bind_list(ids);
    let rows: Vec<Version> = sql.load_positional(connection)?;
    Ok(rows.into_iter().map(|version| (version.version_id, version.row)).collect())
}
