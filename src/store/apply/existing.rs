//! What is stored of a row that a listing shows again, and whether it differs enough to make a version.

use std::collections::BTreeMap;

use const_format::concatcp;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use serde_json::value::RawValue;

use super::ByIdentity;
use crate::clock::Instant;
use crate::kinds::{Facts, KindSpec};
use crate::placement::Place;
use crate::store::AnyConnection;
use crate::store::counts::Deltas;
use crate::store::rows::{COLUMNS, ResourceRow};
use crate::store::sql::{Positional, Sql, Value, insert_rows};

/// A stored row with its identity, as a comparison needs it.
#[derive(Clone, Debug, Queryable)]
pub struct Existing {
    pub state: ResourceRow,
    pub external_hash: i64,
}

impl Positional for Existing {
    type Columns = (<ResourceRow as Positional>::Columns, BigInt);
}

/// A superseded state as a row of `resource_versions`, but for its id, and whether a tombstone followed it.
pub type Superseded = (Vec<Value>, bool);

const SELECT: &str =
    concatcp!("SELECT ", COLUMNS, ", r.external_hash FROM resources r JOIN scopes s ON s.id = r.scope_id WHERE ");

/// The stored rows of those identities, tombstones included.
pub fn by_identity(connection: &mut AnyConnection, scope_id: i64, hashes: &[i64]) -> QueryResult<ByIdentity<Existing>> {
    let mut sql = Sql::new(SELECT);
    sql.push("r.scope_id = ").bind(scope_id).push(" AND r.external_hash IN ").bind_list(hashes);
    let rows: Vec<Existing> = sql.load_positional(connection)?;
    Ok(rows.into_iter().map(|row| (row.external_hash, row)).collect())
}

/// The stored rows of those ids.
pub fn by_id(connection: &mut AnyConnection, ids: &[i64]) -> QueryResult<Vec<Existing>> {
    let mut sql = Sql::new(SELECT);
    sql.push("r.id IN ").bind_list(ids);
    sql.load_positional(connection)
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
        .filter(|(_, row)| row.state.gone_at.is_none())
        .map(|(hash, row)| (hash, (row.state.name, row.state.attrs)))
        .collect())
}

/// `new` with the fields that it leaves out as they are in `old`, and so with the `held` ones, where `new` has lost
/// them.
pub fn keep_fields(spec: &KindSpec, old: &str, new: String, held: &[String]) -> String {
    let (Ok(old), Ok(mut merged)) = (object(old), object(&new)) else { return new };
    let mut kept = false;
    for field in held {
        let Some((name, value)) = old.get_key_value(field.as_str()) else { continue };
        if merged.get(name).is_none_or(|lost| crate::kinds::record::is_blank(lost.get())) {
            merged.insert(name, value);
            kept = true;
        }
    }
    if old.keys().any(|field| !merged.contains_key(field)) {
        // Only those that its kind always writes: another one that is not there is none, or is of a kind as it used to
        // be.
        let always = spec.empty();
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
        let state = &self.state;
        Place {
            region: state.region.clone(),
            cluster: state.cluster.clone(),
            app: state.app.clone(),
            role: state.role.clone(),
            app_type: state.app_type.clone(),
            environment: state.environment.clone(),
        }
    }

    pub fn facets(&self) -> [String; 3] {
        [self.state.facet_a.clone(), self.state.facet_b.clone(), self.state.facet_c.clone()]
    }

    /// Counts it in or out, as it is stored.
    pub fn count(&self, deltas: &mut Deltas, spec: &'static KindSpec, by: i64) {
        deltas.add(spec, &self.state.source, &self.state.status, &self.facets(), &self.place(), by);
    }

    /// Whether the new state is another version: anything but the fields that flicker.
    pub fn differs(&self, spec: &KindSpec, facts: &Facts, attrs: &str, place: &Place) -> bool {
        let state = &self.state;
        state.name != facts.name
            || state.status != facts.status
            || state.due_at() != facts.due_at
            || self.facets() != facts.facets
            || self.place() != *place
            || lasting(&state.attrs, spec) != lasting(attrs, spec)
    }

    /// The moment at which another state can take the place of this one: `at`, or when this one began, or was gone, if
    /// a clock was set back since.
    pub fn superseded_at(&self, at: Instant) -> Instant {
        at.max(self.state.gone_at().unwrap_or(self.state.changed_at()))
    }

    /// This state, to be kept as it was until it was gone or, at the latest, `until`.
    pub fn superseded(self, until: Instant) -> Superseded {
        let state = self.state;
        let gone_at = state.gone_at();
        let row = vec![
            state.id.into(),
            state.kind.into(),
            state.source.into(),
            state.name.into(),
            state.status.into(),
            state.region.into(),
            state.cluster.into(),
            state.app.into(),
            state.role.into(),
            state.app_type.into(),
            state.environment.into(),
            state.facet_a.into(),
            state.facet_b.into(),
            state.facet_c.into(),
            Value::MaybeTime(state.due_at),
            state.attrs.into(),
            Value::Time(state.changed_at),
            gone_at.unwrap_or(until).into(),
        ];
        (row, gone_at.is_some())
    }
}

/// The fields that do not flicker, with their values, in the order of their names.
fn lasting<'a>(attrs: &'a str, spec: &KindSpec) -> Option<Vec<(&'a str, &'a str)>> {
    let fields = object(attrs).ok()?;
    let lasting = fields.into_iter().filter(|(name, _)| !spec.volatile.contains(name));
    Some(lasting.map(|(name, value)| (name, value.get())).collect())
}

/// Puts a row elsewhere. Where it was before is a state of its own, unless the new place only says more than the old
/// one; with `joins` also then, since it was nobody's until now.
pub fn write_place(
    connection: &mut AnyConnection,
    old: Existing,
    place: &Place,
    joins: bool,
    at: Instant,
) -> QueryResult<Option<Superseded>> {
    let (at, moves) = (old.superseded_at(at), joins || !place.extends(&old.place()));
    let mut sql = Sql::new("UPDATE resources SET region = ");
    sql.bind(&place.region).push(", cluster = ").bind(&place.cluster).push(", app = ").bind(&place.app);
    sql.push(", environment = ").bind(&place.environment);
    if moves {
        sql.push(", changed_at = ").bind(at);
    }
    sql.push(" WHERE id = ").bind(old.state.id);
    sql.execute(connection)?;
    Ok(moves.then(|| old.superseded(at)))
}

/// Keeps superseded states.
pub fn archive(connection: &mut AnyConnection, superseded: Vec<Superseded>) -> QueryResult<()> {
    if superseded.is_empty() {
        return Ok(());
    }
    let mut id = crate::store::ids::take(connection, "resource_versions", superseded.len())?;
    let rows = superseded
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
    )
    .map(|_| ())
}
