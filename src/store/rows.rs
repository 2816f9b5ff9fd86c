//! A resource as lists, details and comparisons read it: now, or as one of its versions was.

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql};
use diesel::prelude::*;
use diesel::row::{Field, NamedRow, Row};
use diesel::sql_types::{BigInt, Nullable, Text, Timestamp};

use super::moment::Moment;
use super::sql::{Positional, Sql};
use crate::clock::Instant;
use crate::kinds::KindSpec;

/// A resource in one of its states. For a past moment it is the version of then under the resource's own id.
#[derive(Clone, Debug, Queryable)]
pub struct ResourceRow {
    pub id: i64,
    pub kind: String,
    pub source: String,
    pub scope_id: i64,
    pub external_id: String,
    pub name: String,
    pub status: String,
    pub region: String,
    pub cluster: String,
    pub app: String,
    pub role: String,
    pub app_type: String,
    pub environment: String,
    pub facet_a: String,
    pub facet_b: String,
    pub facet_c: String,
    pub due_at: Option<Moment>,
    pub attrs: String,
    pub first_seen_at: Moment,
    pub changed_at: Moment,
    pub missing_since: Option<Moment>,
    pub gone_at: Option<Moment>,
    /// The last complete listing of its scope that showed it.
    pub confirmed_at: Option<Moment>,
}

impl Positional for ResourceRow {
    type Columns = (
        BigInt,
        Text,
        Text,
        BigInt,
        Text,
        Text,
        Text,
        Text,
        Text,
        Text,
        Text,
        Text,
        Text,
        Text,
        Text,
        Text,
        Nullable<Timestamp>,
        Text,
        Timestamp,
        Timestamp,
        Nullable<Timestamp>,
        Nullable<Timestamp>,
        Nullable<Timestamp>,
    );
}

/// The columns of [`ResourceRow`], from `resources r JOIN scopes s`.
pub const COLUMNS: &str = "r.id, r.kind, r.source, r.scope_id, r.external_id, r.name, r.status, r.region, r.cluster, r.app, r.role, \
    r.app_type, r.environment, r.facet_a, r.facet_b, r.facet_c, r.due_at, r.attrs, r.first_seen_at, r.changed_at, \
    r.missing_since, r.gone_at, s.confirmed_at";

/// The same columns for a version `v` of the resource `r`.
pub const VERSION_COLUMNS: &str = "r.id, v.kind, v.source, r.scope_id, r.external_id, v.name, v.status, v.region, v.cluster, v.app, v.role, \
    v.app_type, v.environment, v.facet_a, v.facet_b, v.facet_c, v.due_at, v.attrs, r.first_seen_at, v.valid_from AS changed_at, \
    r.missing_since, r.gone_at, s.confirmed_at";

/// The same for a version that ended because the resource was gone, as its tombstone was then.
pub const ENDED_VERSION_COLUMNS: &str = "r.id, v.kind, v.source, r.scope_id, r.external_id, v.name, v.status, v.region, v.cluster, v.app, v.role, \
    v.app_type, v.environment, v.facet_a, v.facet_b, v.facet_c, v.due_at, v.attrs, r.first_seen_at, v.valid_from AS changed_at, \
    CAST(NULL AS TIMESTAMP) AS missing_since, v.valid_until AS gone_at, s.confirmed_at";

/// Which columns are read. What nobody looks at stays empty, and moments at their beginning: taking it out of the database
/// costs more than finding the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted(u32);

impl Wanted {
    /// The whole row.
    pub const ALL: Self = Self(u32::MAX);

    /// The columns of those names, and what every list needs: what a row is called, and whether it is there.
    pub fn only<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        Self(0).and(["id", "kind", "external_id", "name", "missing_since", "gone_at"]).and(names)
    }

    /// With those too. An unknown name is none of a column.
    pub fn and<'n>(self, names: impl IntoIterator<Item = &'n str>) -> Self {
        let position =
            |name| COLUMNS.split(", ").position(|column| column.split_once('.').is_some_and(|(_, of)| of == name));
        Self(names.into_iter().filter_map(position).fold(self.0, |wanted, position| wanted | 1 << position))
    }

    /// Whether one is wanted that the row's scope `s` has, so that it must be joined.
    pub fn is_of_scope(self) -> bool {
        COLUMNS.split(", ").enumerate().any(|(position, column)| self.has(position) && column.starts_with("s."))
    }

    /// Appends `SELECT` and the wanted ones of `columns`, which are one of the three lists above, for [`Chosen`] rows.
    pub fn select(self, sql: &mut Sql, columns: &'static str) {
        sql.push("SELECT CAST(").bind(i64::from(self.0)).push(" AS BIGINT) AS wanted");
        for (position, column) in columns.split(", ").enumerate() {
            if self.has(position) {
                sql.push(", ").push(column);
            }
        }
    }

    fn has(self, position: usize) -> bool {
        self.0 >> position & 1 == 1
    }
}

/// A row of which only the wanted columns were selected, by [`Wanted::select`].
#[derive(Debug)]
pub struct Chosen(pub ResourceRow);

/// The next column of a row, where it is wanted.
struct Columns<'r, R> {
    row: &'r R,
    wanted: Wanted,
    /// Of the columns in the statement, and of those in [`COLUMNS`].
    next: usize,
    position: usize,
}

impl<'r, R> Columns<'r, R> {
    fn next<'a, ST, T, DB>(&mut self) -> deserialize::Result<Option<T>>
    where
        DB: Backend,
        R: Row<'a, DB>,
        T: FromSql<ST, DB>,
    {
        self.position += 1;
        if !self.wanted.has(self.position - 1) {
            return Ok(None);
        }
        self.next += 1;
        let field = self.row.get(self.next).ok_or("a wanted column is missing")?;
        match field.value() {
            Some(value) => T::from_sql(value).map(Some),
            None => Ok(None),
        }
    }
}

impl<DB> QueryableByName<DB> for Chosen
where
    DB: Backend,
    i64: FromSql<BigInt, DB>,
    String: FromSql<Text, DB>,
    Moment: FromSql<Timestamp, DB>,
{
    /// By position: the first column says which others there are.
    fn build<'a>(row: &impl NamedRow<'a, DB>) -> deserialize::Result<Self> {
        let wanted = Row::get(row, 0).ok_or("there is no column")?;
        let wanted = i64::from_nullable_sql(wanted.value())?;
        let mut columns = Columns { row, wanted: Wanted(u32::try_from(wanted)?), next: 0, position: 0 };
        // In the order of `COLUMNS`, in which an expression of a struct is evaluated.
        Ok(Self(ResourceRow {
            id: columns.next::<BigInt, _, DB>()?.unwrap_or_default(),
            kind: columns.next::<Text, _, DB>()?.unwrap_or_default(),
            source: columns.next::<Text, _, DB>()?.unwrap_or_default(),
            scope_id: columns.next::<BigInt, _, DB>()?.unwrap_or_default(),
            external_id: columns.next::<Text, _, DB>()?.unwrap_or_default(),
            name: columns.next::<Text, _, DB>()?.unwrap_or_default(),
            status: columns.next::<Text, _, DB>()?.unwrap_or_default(),
            region: columns.next::<Text, _, DB>()?.unwrap_or_default(),
            cluster: columns.next::<Text, _, DB>()?.unwrap_or_default(),
            app: columns.next::<Text, _, DB>()?.unwrap_or_default(),
            role: columns.next::<Text, _, DB>()?.unwrap_or_default(),
            app_type: columns.next::<Text, _, DB>()?.unwrap_or_default(),
            environment: columns.next::<Text, _, DB>()?.unwrap_or_default(),
            facet_a: columns.next::<Text, _, DB>()?.unwrap_or_default(),
            facet_b: columns.next::<Text, _, DB>()?.unwrap_or_default(),
            facet_c: columns.next::<Text, _, DB>()?.unwrap_or_default(),
            due_at: columns.next::<Timestamp, _, DB>()?,
            attrs: columns.next::<Text, _, DB>()?.unwrap_or_default(),
            first_seen_at: columns.next::<Timestamp, _, DB>()?.unwrap_or_default(),
            changed_at: columns.next::<Timestamp, _, DB>()?.unwrap_or_default(),
            missing_since: columns.next::<Timestamp, _, DB>()?,
            gone_at: columns.next::<Timestamp, _, DB>()?,
            confirmed_at: columns.next::<Timestamp, _, DB>()?,
        }))
    }
}

impl ResourceRow {
    /// What people call it: its name, or what the provider calls it where it has none.
    pub fn title(&self) -> &str {
        if self.name.is_empty() { &self.external_id } else { &self.name }
    }

    /// Its kind's declaration; `None` for a kind that this program no longer has.
    pub fn spec(&self) -> Option<&'static KindSpec> {
        KindSpec::by_name(&self.kind)
    }

    /// Forgets what is known of the present alone, so that a row of a past moment cannot tell it: since when it is
    /// missing or gone, when it was confirmed last, and what its kind does not keep of the past.
    pub fn look_back(&mut self, at: Instant) {
        self.missing_since = None;
        self.confirmed_at = None;
        self.gone_at = self.gone_at.filter(|gone| gone.and_utc() <= at);
        if let Some(lasting) = self.spec().and_then(|spec| spec.lasting(&self.attrs)) {
            self.attrs = lasting;
        }
    }

    /// The facet at the position that its kind declares.
    pub fn facet(&self, position: usize) -> &str {
        match position {
            0 => &self.facet_a,
            1 => &self.facet_b,
            _ => &self.facet_c,
        }
    }

    pub fn changed_at(&self) -> Instant {
        self.changed_at.and_utc()
    }

    pub fn first_seen_at(&self) -> Instant {
        self.first_seen_at.and_utc()
    }

    pub fn due_at(&self) -> Option<Instant> {
        self.due_at.map(|at| at.and_utc())
    }

    pub fn gone_at(&self) -> Option<Instant> {
        self.gone_at.map(|at| at.and_utc())
    }

    pub fn missing_since(&self) -> Option<Instant> {
        self.missing_since.map(|at| at.and_utc())
    }

    /// When it was last seen: the last complete listing of its scope, unless it has been missing since.
    pub fn last_seen_at(&self) -> Option<Instant> {
        let confirmed = self.confirmed_at.map(|at| at.and_utc());
        match self.missing_since().or(self.gone_at()) {
            Some(missing) => confirmed.map(|confirmed| confirmed.min(missing)).or(Some(missing)),
            None => confirmed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The name that a column is read by: `v.valid_from AS changed_at` is `changed_at`.
    fn names(columns: &str) -> Vec<&str> {
        columns.split(", ").map(|column| column.rsplit([' ', '.']).next().unwrap_or_default()).collect()
    }

    #[test]
    fn every_list_of_columns_has_the_same_ones_in_the_same_order() {
        let expected = names(COLUMNS);
        assert_eq!(names(VERSION_COLUMNS), expected);
        assert_eq!(names(ENDED_VERSION_COLUMNS), expected);
    }
}
