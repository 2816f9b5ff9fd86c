//! The rows of a page: from what is present, from the tombstones, and, for a past moment, from the versions of then.
//!
//! Each is a sub-select that is sorted by itself. Where there are several, their keys are merged first, which ends with
//! the page.

use diesel::prelude::*;

use super::column::Column;
use super::filter::By;
use super::keyset::{Key, Segment};
use super::plan::{self, Drive, Restriction};
use super::ways::Way;
use super::{Cursor, ListQuery};
use crate::store::rows::{COLUMNS, Chosen, ENDED_VERSION_COLUMNS, ResourceRow, VERSION_COLUMNS, Wanted};
use crate::store::scope::Placed;
use crate::store::sql::Sql;
use crate::store::{AnyConnection, Scope, words};

/// So many versions of a moment are sorted rather than walked by name, which an index does without a look at what was
/// not true then, and no further than the page goes.
const FEW_VERSIONS: i64 = 256;

/// Where rows come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slice {
    Present,
    Tombstones,
    Versions,
    /// The last states of what was gone at the moment and has returned since.
    Returned,
}

/// What is read of a slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Selected {
    Rows,
    /// What they are sorted by, and the id of the version, or 0.
    Keys,
}

impl Slice {
    fn is_of_versions(self) -> bool {
        matches!(self, Self::Versions | Self::Returned)
    }

    fn columns(self) -> &'static str {
        match self {
            Self::Present | Self::Tombstones => COLUMNS,
            Self::Versions => VERSION_COLUMNS,
            Self::Returned => ENDED_VERSION_COLUMNS,
        }
    }
}

/// Up to `wanted` rows of the list, from the cursor on, in its direction. `ways` lead to all of them, if there are any.
pub(super) fn rows(
    connection: &mut AnyConnection,
    scope: &Scope,
    query: &ListQuery,
    ways: &[Way],
    from: Option<&Cursor>,
    wanted: usize,
) -> QueryResult<Vec<ResourceRow>> {
    let backwards = from.is_some_and(Cursor::is_backwards);
    let segments = query.sort.segments();
    let start = from.map_or(0, Cursor::segment);
    let order: Vec<usize> = if backwards { (0..=start).rev().collect() } else { (start..segments.len()).collect() };

    let mut restrictions = restrictions(connection, query)?;
    if !ways.is_empty() {
        restrictions.push(Restriction::Ways(ways));
    }
    let mut rows: Vec<ResourceRow> = Vec::new();
    for position in order {
        let from = from.filter(|cursor| cursor.segment() == position);
        let left = wanted - rows.len();
        let stretch = Stretch { scope, query, segment: segments[position], from, backwards, left };
        let chosen: Vec<Chosen> = stretch.statement(connection, &restrictions)?.load(connection)?;
        rows.extend(chosen.into_iter().map(|Chosen(row)| row));
        if rows.len() >= wanted {
            break;
        }
    }
    Ok(rows)
}

/// The statement that gives the first page's rows, as far as its first stretch goes.
pub(super) fn statement(connection: &mut AnyConnection, scope: &Scope, query: &ListQuery) -> QueryResult<Sql> {
    let restrictions = restrictions(connection, query)?;
    let segment = query.sort.segments()[0];
    Stretch { scope, query, segment, from: None, backwards: false, left: query.limit + 1 }
        .statement(connection, &restrictions)
}

/// What rows must fulfil, the words and tags by the terms that they are in.
fn restrictions<'q>(connection: &mut AnyConnection, query: &'q ListQuery) -> QueryResult<Vec<Restriction<'q>>> {
    let mut restrictions = plan::restrictions(query);
    for word in words::words(query.text.as_deref().unwrap_or_default()) {
        restrictions.push(Restriction::Terms(words::find(connection, &word)?));
    }
    for filter in query.filters.iter().filter(|filter| filter.by == By::Tag) {
        restrictions.push(Restriction::Terms(words::exactly(connection, &filter.tag_terms())?));
    }
    Ok(restrictions)
}

/// One segment of the list, as far as it is needed.
struct Stretch<'q> {
    scope: &'q Scope,
    query: &'q ListQuery,
    segment: Segment,
    from: Option<&'q Cursor>,
    backwards: bool,
    left: usize,
}

impl Stretch<'_> {
    fn statement(&self, connection: &mut AnyConnection, restrictions: &[Restriction<'_>]) -> QueryResult<Sql> {
        let slices: &[Slice] = match (self.query.gone, self.query.at) {
            (true, None) => &[Slice::Tombstones],
            (true, Some(_)) => &[Slice::Tombstones, Slice::Returned],
            (false, None) => &[Slice::Present],
            (false, Some(_)) => &[Slice::Present, Slice::Tombstones, Slice::Versions],
        };
        if let [slice] = slices {
            let mut sql = self.sub_select(connection, *slice, restrictions, Selected::Rows)?;
            self.limit(&mut sql);
            return Ok(sql);
        }
        // Each keys alone, and in their order, so that a merge takes no more of any than the page has; then the page's
        // rows.
        let mut sql = Sql::new("WITH page AS MATERIALIZED (");
        for (position, slice) in slices.iter().enumerate() {
            sql.push(if position == 0 { "SELECT * FROM (" } else { ") u UNION ALL SELECT * FROM (" });
            sql.append(self.sub_select(connection, *slice, restrictions, Selected::Keys)?);
        }
        sql.push(") u");
        self.order_by(&mut sql, |column| column.id);
        self.limit(&mut sql);
        sql.push(")");
        self.select_page(&mut sql, slices);
        self.order_by(&mut sql, |column| column.id);
        Ok(sql)
    }

    /// Selects the rows whose keys are `page`: states of today, and those that only versions hold.
    fn select_page(&self, sql: &mut Sql, slices: &[Slice]) {
        let wanted = self.wanted();
        let of_scope =
            if wanted.is_of_scope() { " CROSS JOIN scopes s WHERE s.id = r.scope_id AND " } else { " WHERE " };
        sql.push(" SELECT * FROM (");
        wanted.select(sql, COLUMNS);
        sql.push(" FROM page p CROSS JOIN resources r").push(of_scope).push("p.version = 0 AND r.id = p.id");
        for slice in slices.iter().filter(|slice| slice.is_of_versions()) {
            sql.push(") u UNION ALL SELECT * FROM (");
            wanted.select(sql, slice.columns());
            sql.push(" FROM page p CROSS JOIN resource_versions v CROSS JOIN resources r").push(of_scope);
            sql.push("p.version <> 0 AND v.id = p.version AND r.id = v.resource_id");
        }
        sql.push(") u");
    }

    /// The columns that the page shows, and those that say where it ends.
    fn wanted(&self) -> Wanted {
        self.query.wanted.and(self.segment.columns().map(|column| column.id))
    }

    fn sub_select(
        &self,
        connection: &mut AnyConnection,
        slice: Slice,
        restrictions: &[Restriction<'_>],
        selected: Selected,
    ) -> QueryResult<Sql> {
        let mut restrictions = restrictions.to_vec();
        if let (Some(at), Slice::Present | Slice::Tombstones, false) = (self.query.at, slice, self.query.gone) {
            restrictions.push(Restriction::Since(at));
        }
        let by_name = self.segment.keys == [Key::Name, Key::Id];
        let (drive, ordered) = match slice {
            Slice::Present => {
                let by_name = by_name && self.segment.empty.is_none();
                let drive = plan::drive(connection, self.query, &restrictions, by_name)?;
                (drive, !matches!(drive, Drive::Through(_)))
            }
            Slice::Tombstones | Slice::Returned => (Drive::Order, self.query.sort.column().id == "gone_at"),
            Slice::Versions => (Drive::Order, by_name && self.has_many_versions(connection)?),
        };

        let versions = slice.is_of_versions();
        let spelled = |column: Column| {
            let spelling = column.of(versions);
            if ordered { spelling.plain } else { spelling.dull }
        };
        let wanted = self.wanted();
        let mut sql = Sql::default();
        match selected {
            Selected::Rows => wanted.select(&mut sql, slice.columns()),
            Selected::Keys => {
                sql.push(if versions { "SELECT v.id AS version" } else { "SELECT CAST(0 AS BIGINT) AS version" });
                for column in self.segment.columns() {
                    sql.push(", ").push(spelled(column)).push(" AS ").push(column.id);
                }
            }
        }
        // CROSS JOIN keeps SQLite from beginning with another table; to PostgreSQL it is a join like any other.
        sql.push(if versions { " FROM resource_versions v CROSS JOIN resources r" } else { " FROM resources r" });
        let of_scope = selected == Selected::Rows && wanted.is_of_scope();
        sql.push(if of_scope { " CROSS JOIN scopes s WHERE s.id = r.scope_id AND " } else { " WHERE " });
        sql.push(if versions { "r.id = v.resource_id AND " } else { "" });
        let by_kind = match drive {
            Drive::Through(position) => restrictions[position].goes_by_kind(),
            Drive::Order | Drive::Within(_) => true,
        };
        sql.push(match (versions, by_kind) {
            (true, _) => "v.kind = ",
            (false, true) => "r.kind = ",
            (false, false) => "COALESCE(r.kind, r.kind) = ",
        });
        sql.bind(self.query.spec.name);
        self.push_moment(&mut sql, slice, ordered);
        for (position, restriction) in restrictions.iter().enumerate() {
            let sharp = matches!(drive, Drive::Through(chosen) | Drive::Within(chosen) if chosen == position);
            restriction.append_to(&mut sql, self.query, versions, sharp);
        }
        self.scope.restrict(&mut sql, if versions { Placed::Version } else { Placed::Resource });
        self.push_start(&mut sql, versions, ordered);
        self.order_by(&mut sql, spelled);
        Ok(sql)
    }

    /// What the slice holds of the moment asked for.
    fn push_moment(&self, sql: &mut Sql, slice: Slice, ordered: bool) {
        match (slice, self.query.at) {
            (Slice::Present, _) => sql.push(" AND r.gone_at IS NULL"),
            (Slice::Tombstones, None) => sql.push(" AND r.gone_at IS NOT NULL"),
            (Slice::Tombstones, Some(at)) if self.query.gone => {
                sql.push(" AND r.gone_at IS NOT NULL AND r.gone_at <= ").bind(at)
            }
            (Slice::Tombstones, Some(at)) => sql.push(" AND r.gone_at IS NOT NULL AND r.gone_at > ").bind(at),
            (Slice::Versions, at) => {
                let at = at.unwrap_or_default();
                sql.push(if ordered {
                    " AND COALESCE(v.valid_until, v.valid_until) > "
                } else {
                    " AND v.valid_until > "
                });
                // Nearly all had begun by then: that must never choose the index.
                sql.bind(at).push(" AND COALESCE(v.valid_from, v.valid_from) <= ").bind(at)
            }
            (Slice::Returned, at) => {
                let at = at.unwrap_or_default();
                // Its next state began after the moment: the current one, or another version.
                sql.push(" AND v.ended_gone AND v.valid_until <= ").bind(at).push(" AND r.changed_at > ").bind(at);
                sql.push(
                    " AND NOT EXISTS (SELECT 1 FROM resource_versions n WHERE n.resource_id = v.resource_id \
                     AND n.id > v.id AND n.valid_from <= ",
                );
                sql.bind(at).push(")")
            }
        };
    }

    /// Where the segment's rows lie, and after which of them to begin.
    fn push_start(&self, sql: &mut Sql, versions: bool, ordered: bool) {
        if let Some((column, empty)) = self.segment.empty {
            sql.push(" AND ").push(column.of(versions).plain).push(if empty { " IS NULL" } else { " IS NOT NULL" });
        }
        let Some(cursor) = self.from else { return };
        for (position, column) in self.segment.columns().enumerate() {
            let spelling = column.of(versions);
            sql.push(if position == 0 { " AND (" } else { ", " });
            sql.push(if ordered { spelling.plain } else { spelling.dull });
        }
        sql.push(if self.is_descending() { ") < (" } else { ") > (" });
        for (position, value) in cursor.values().into_iter().enumerate() {
            if position > 0 {
                sql.push(", ");
            }
            sql.bind(value);
        }
        sql.push(")");
    }

    fn order_by(&self, sql: &mut Sql, spelled: impl Fn(Column) -> &'static str) {
        for (position, column) in self.segment.columns().enumerate() {
            sql.push(if position == 0 { " ORDER BY " } else { ", " });
            sql.push(spelled(column)).push(if self.is_descending() { " DESC" } else { "" });
        }
    }

    fn limit(&self, sql: &mut Sql) {
        sql.push(" LIMIT ").bind(i64::try_from(self.left).unwrap_or(i64::MAX));
    }

    fn is_descending(&self) -> bool {
        self.segment.descending != self.backwards
    }

    /// Whether many versions ended after the moment.
    fn has_many_versions(&self, connection: &mut AnyConnection) -> QueryResult<bool> {
        let mut sql = Sql::new("SELECT 1 AS one FROM resource_versions v WHERE v.kind = ");
        sql.bind(self.query.spec.name).push(" AND v.valid_until > ").bind(self.query.at.unwrap_or_default());
        plan::has_more(connection, sql, FEW_VERSIONS)
    }
}
