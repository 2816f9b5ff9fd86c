//! What is stored of a row that a listing shows again, and whether it differs enough to make a version.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamp};
use serde_json::value::RawValue;

use super::ByIdentity;
use crate::clock::Instant;
use crate::kinds::{Facts, KindSpec};
use crate::placement::Place;
use crate::store::AnyConnection;
use crate::store::sql::{Sql, Value, insert_rows};

/// A stored row, as far as a comparison needs it.
#[derive(Clone, Debug, QueryableByName)]
pub struct Existing {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = BigInt)]
    pub external_hash: i64,
    #[diesel(sql_type = Text)]
    pub kind: String,
    #[diesel(sql_type = Text)]
    pub source: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub status: String,
    #[diesel(sql_type = Text)]
    pub region: String,
    #[diesel(sql_type = Text)]
    pub cluster: String,
    #[diesel(sql_type = Text)]
    pub app: String,
    #[diesel(sql_type = Text)]
    pub role: String,
    #[diesel(sql_type = Text)]
    pub app_type: String,
    #[diesel(sql_type = Text)]
    pub environment: String,
    #[diesel(sql_type = Text)]
    pub facet_a: String,
    #[diesel(sql_type = Text)]
    pub facet_b: String,
    #[diesel(sql_type = Text)]
    pub facet_c: String,
    #[diesel(sql_type = Nullable<Timestamp>)]
    pub due_at: Option<NaiveDateTime>,
    #[diesel(sql_type = Text)]
    pub attrs: String,
    #[diesel(sql_type = Timestamp)]
    pub changed_at: NaiveDateTime,
    #[diesel(sql_type = Nullable<Timestamp>)]
    pub gone_at: Option<NaiveDateTime>,
}

const COLUMNS: &str = "SELECT id, external_hash, kind, source, name, status, region, cluster, app, role, app_type, environment, \
    facet_a, facet_b, facet_c, due_at, attrs, changed_at, gone_at FROM resources WHERE ";

/// The stored rows of those identities, tombstones included.
pub fn by_identity(connection: &mut AnyConnection, scope_id: i64, hashes: &[i64]) -> QueryResult<ByIdentity<Existing>> {
    let mut sql = Sql::new(COLUMNS);
    sql.push("scope_id = ").bind(scope_id).push(" AND external_hash IN ").bind_list(hashes);
    let rows: Vec<Existing> = sql.load(connection)?;
    Ok(rows.into_iter().map(|row| (row.external_hash, row)).collect())
}

/// The stored rows of those ids.
pub fn by_id(connection: &mut AnyConnection, ids: &[i64]) -> QueryResult<Vec<Existing>> {
    let mut sql = Sql::new(COLUMNS);
    sql.push("id IN ").bind_list(ids);
    sql.load(connection)
}

/// The stored attrs of present rows, by identity; for comparisons that write nothing.
pub fn attrs_by_identity(
    connection: &mut AnyConnection,
    scope_id: i64,
    hashes: &[i64],
) -> QueryResult<ByIdentity<(String, String)>> {
    let stored = by_identity(connection, scope_id, hashes)?;
    Ok(stored
        .into_iter()
        .filter(|(_, row)| row.gone_at.is_none())
        .map(|(hash, row)| (hash, (row.name, row.attrs)))
        .collect())
}

/// `new` with the fields that it leaves out as they are in `old`, and so with the `held` ones, where `new` has lost them.
pub fn keep_fields(spec: &KindSpec, old: &str, new: String, held: &[String]) -> String {
    let (Ok(old), Ok(mut merged)) = (object(old), object(&new)) else { return new };
    let mut kept = false;
    for field in held {
        if let (Some(value), Some(lost)) = (old.get(field.as_str()), merged.get_mut(field.as_str()))
            && crate::kinds::record::is_blank(lost.get())
        {
            *lost = value;
            kept = true;
        }
    }
    if old.keys().any(|field| !merged.contains_key(field)) {
        // Only those that its kind always writes: another one that is not there is none, or is of a kind as it used to be.
        let always = (spec.of.complete)("{}").unwrap_or_default();
        for (field, value) in old {
            if always.get(field).is_some() && !merged.contains_key(field) {
                merged.insert(field, value);
                kept = true;
            }
        }
    }
    if !kept {
        return new;
    }
    // Field order is part of the fingerprint, not of the content, so a sorted map may be written back.
    serde_json::to_string(&merged).unwrap_or_else(|_| new.clone())
}

fn object(attrs: &str) -> serde_json::Result<BTreeMap<&str, &RawValue>> {
    serde_json::from_str(attrs)
}

impl Existing {
    pub fn place(&self) -> Place {
        Place {
            region: self.region.clone(),
            cluster: self.cluster.clone(),
            app: self.app.clone(),
            role: self.role.clone(),
            app_type: self.app_type.clone(),
            environment: self.environment.clone(),
        }
    }

    pub fn facets(&self) -> [String; 3] {
        [self.facet_a.clone(), self.facet_b.clone(), self.facet_c.clone()]
    }

    pub fn changed_at(&self) -> Instant {
        self.changed_at.and_utc()
    }

    pub fn gone_at(&self) -> Option<Instant> {
        self.gone_at.map(|at| at.and_utc())
    }

    /// Whether the new state is another version: anything but the fields that flicker.
    pub fn differs(&self, spec: &KindSpec, facts: &Facts, attrs: &str, place: &Place) -> bool {
        self.name != facts.name
            || self.status != facts.status
            || self.due_at.map(|at| at.and_utc()) != facts.due_at
            || self.facets() != facts.facets
            || self.place() != *place
            || lasting(&self.attrs, spec) != lasting(attrs, spec)
    }

    /// The superseded state as a row of `resource_versions`, but for its id and how it ended.
    pub fn version(self, until: Instant) -> Vec<Value> {
        vec![
            self.id.into(),
            self.kind.into(),
            self.source.into(),
            self.name.into(),
            self.status.into(),
            self.region.into(),
            self.cluster.into(),
            self.app.into(),
            self.role.into(),
            self.app_type.into(),
            self.environment.into(),
            self.facet_a.into(),
            self.facet_b.into(),
            self.facet_c.into(),
            Value::MaybeTime(self.due_at),
            self.attrs.into(),
            Value::Time(self.changed_at),
            until.into(),
        ]
    }
}

/// The fields that do not flicker, with their values, in the order of their names.
fn lasting<'a>(attrs: &'a str, spec: &KindSpec) -> Option<Vec<(&'a str, &'a str)>> {
    let fields = object(attrs).ok()?;
    let lasting = fields.into_iter().filter(|(name, _)| !spec.volatile.contains(name));
    Some(lasting.map(|(name, value)| (name, value.get())).collect())
}

/// Puts a row elsewhere. Where it was before is a version of its own, unless it was nowhere.
pub fn write_place(connection: &mut AnyConnection, old: Existing, place: &Place, at: Instant) -> QueryResult<()> {
    let was_placed = !old.place().is_unplaced();
    let mut sql = Sql::new("UPDATE resources SET region = ");
    sql.bind(&place.region).push(", cluster = ").bind(&place.cluster).push(", app = ").bind(&place.app);
    sql.push(", environment = ").bind(&place.environment);
    if was_placed {
        sql.push(", changed_at = ").bind(at);
    }
    sql.push(" WHERE id = ").bind(old.id);
    sql.execute(connection)?;
    if was_placed { archive(connection, vec![(old.version(at), false)]) } else { Ok(()) }
}

/// Keeps superseded states; each comes with whether a tombstone followed it.
pub(super) fn archive(connection: &mut AnyConnection, versions: Vec<(Vec<Value>, bool)>) -> QueryResult<()> {
    if versions.is_empty() {
        return Ok(());
    }
    let mut id = crate::store::ids::take(connection, "resource_versions", versions.len())?;
    let rows = versions
        .into_iter()
        .map(|(mut row, ended_gone)| {
            row.push(ended_gone.into());
            row.push(id.into());
            id += 1;
            row
        })
        .collect();
    insert_rows(
        connection,
        "INSERT INTO resource_versions (resource_id, kind, source, name, status, region, cluster, app, role, app_type, environment, \
         facet_a, facet_b, facet_c, due_at, attrs, valid_from, valid_until, ended_gone, id) VALUES ",
        rows,
        "",
    )?;
    Ok(())
}
