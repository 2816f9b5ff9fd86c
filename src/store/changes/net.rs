//! What differs between two moments: of each resource the two states, not the steps between them.
//!
//! Each resource stands where its last change before the later moment stands on the tape, so that pages go on as the
//! tape's do.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::{Asked, Cursor, MOST, Page, Walk, events};
use crate::clock::Instant;
use crate::kinds::KindSpec;
use crate::kinds::diff::{State, between};
use crate::store::rows::ResourceRow;
use crate::store::versions::columns;
use crate::store::{AnyConnection, Scope, resources};

/// Changes that are looked at between two looks at states.
const AT_ONCE: usize = 500;

/// How a resource differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Differs {
    /// It is there at the later moment only.
    Added,
    Changed,
    /// It was there at the earlier moment only.
    Gone,
}

impl Differs {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Gone => "gone",
        }
    }
}

/// A resource that differs.
#[derive(Clone, Debug)]
pub struct Difference {
    /// Of the last change.
    pub at: Instant,
    pub how: Differs,
    pub before: Option<ResourceRow>,
    pub after: Option<ResourceRow>,
}

impl Difference {
    /// The later state, or the earlier one of what went.
    pub fn row(&self) -> Option<&ResourceRow> {
        self.after.as_ref().or(self.before.as_ref())
    }
}

/// A page of what differs between `asked.from` and `asked.to` in what is asked for; what moved into it was added, what
/// moved out is gone.
pub fn net(connection: &mut AnyConnection, scope: &Scope, asked: &Asked) -> QueryResult<Page<Difference>> {
    if scope.sees_nothing() {
        return Ok(Page::default());
    }
    let mut walk = Walk::of(asked, asked.limit.clamp(1, MOST));
    while walk.goes_on() {
        let events = events::read(connection, scope, asked, walk.at, AT_ONCE, true)?;
        let lasts: Vec<(Cursor, i64)> = events
            .iter()
            .filter(|event| event.is_last && asked.admits_source(&event.source))
            .map(|event| (event.cursor(), event.resource_id))
            .collect();
        let mut differences = differences(connection, scope, asked, &lasts)?;
        walk.take(events, AT_ONCE, |event| event.is_last.then(|| differences.remove(&event.resource_id)).flatten());
    }
    Ok(walk.page())
}

fn differences(
    connection: &mut AnyConnection,
    scope: &Scope,
    asked: &Asked,
    lasts: &[(Cursor, i64)],
) -> QueryResult<BTreeMap<i64, Difference>> {
    let ids: Vec<i64> = lasts.iter().map(|(_, id)| *id).collect();
    let mut earlier = pictured(connection, scope, asked, &ids, asked.from)?;
    let mut later = pictured(connection, scope, asked, &ids, asked.to)?;
    let mut differences = BTreeMap::new();
    for (cursor, id) in lasts {
        let (before, after) = (earlier.remove(id), later.remove(id));
        let how = match (&before, &after) {
            (None, None) => continue,
            (None, Some(_)) => Differs::Added,
            (Some(_), None) => Differs::Gone,
            (Some(before), Some(after)) if differ(before, after) => Differs::Changed,
            (Some(_), Some(_)) => continue,
        };
        differences.insert(*id, Difference { at: cursor.at, how, before, after });
    }
    Ok(differences)
}

/// The states of a moment, of those that are asked for.
fn pictured(
    connection: &mut AnyConnection,
    scope: &Scope,
    asked: &Asked,
    ids: &[i64],
    at: Instant,
) -> QueryResult<BTreeMap<i64, ResourceRow>> {
    let rows = resources::of_ids(connection, scope, ids, Some(at))?;
    let asked_for = rows.into_iter().filter(|row| asked.admits_place(&row.region, &row.cluster));
    Ok(asked_for.map(|row| (row.id, row)).collect())
}

/// Whether two states differ in what is compared at all; what flickers is not.
pub(super) fn differ(before: &ResourceRow, after: &ResourceRow) -> bool {
    let Some(spec) = KindSpec::by_name(&after.kind) else { return before.attrs != after.attrs };
    let (older, newer) = (columns(before), columns(after));
    let older = State { columns: &older, attrs: &before.attrs };
    let newer = State { columns: &newer, attrs: &after.attrs };
    !between(spec, older, newer).is_empty()
}
