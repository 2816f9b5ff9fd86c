//! Writing what a listing has shown: new and changed rows with their history, tombstones, and the marks of held losses.
//!
//! Each function handles one slice within the caller's transaction; slices are small, because SQLite has one writer.
//! All of a slice goes by batches: one look-up of what is stored, then multi-row statements.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;

use super::counts::Deltas;
use super::sql::{Value, insert_singly, update_rows};
use super::{AnyConnection, gate, held, placement_due};
use crate::clock::Instant;
use crate::kinds::{Facts, KindSpec, Origin};
use crate::placement::{Place, Rules};

mod existing;
mod links;
mod placed;
mod remove;

pub use existing::{Existing, archive, attrs_by_identity, by_id as stored_by_id, keep_fields, write_place};
pub use placed::{Said, Says, place, said};
pub use remove::{mark_back, mark_missing, tombstone};

/// Rows of one slice at most.
pub const SLICE: usize = 2_000;

/// What all rows of a slice have in common.
#[derive(Clone, Debug)]
pub struct Batch {
    pub spec: &'static KindSpec,
    pub source: String,
    pub scope_id: i64,
    pub origin: Origin,
    pub rules: Rules,
    /// The moment at which everything in this listing became known.
    pub at: Instant,
    /// Fields whose loss is held: where a row had a value, it keeps it.
    pub held_fields: Vec<String>,
}

/// A new or changed row, as it was listed.
#[derive(Clone, Debug)]
pub struct Put {
    pub external_hash: i64,
    pub external_id: String,
    pub fingerprint: i64,
    pub attrs: String,
}

/// What a slice came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    pub added: u64,
    pub changed: u64,
    pub gone: u64,
    /// Written without a version: only flickering fields differed.
    pub flickered: u64,
}

impl Applied {
    /// Adds another slice's numbers.
    pub fn absorb(&mut self, other: Self) {
        self.added += other.added;
        self.changed += other.changed;
        self.gone += other.gone;
        self.flickered += other.flickered;
    }
}

/// A row ready to be written.
struct Ready {
    put: Put,
    facts: Facts,
    /// What the rules say.
    rule: Place,
}

/// Writes new and changed rows. Those whose place, or whose neighbours' places, may follow from that are due to be
/// placed.
pub fn put(connection: &mut AnyConnection, batch: &Batch, puts: Vec<Put>) -> QueryResult<Applied> {
    gate::take_turn(connection, gate::Turn::Inventory)?;
    let hashes: Vec<i64> = puts.iter().map(|put| put.external_hash).collect();
    let mut stored = existing::by_identity(connection, batch.scope_id, &hashes)?;
    let mut deltas = Deltas::default();
    let mut fresh = Vec::new();
    let mut known = Vec::new();
    for mut put in puts {
        let old = stored.remove(&put.external_hash);
        if let Some(old) = &old {
            put.attrs = keep_fields(batch.spec, &old.state.attrs, put.attrs, &batch.held_fields);
        }
        let ready = derive(batch, put)?;
        match old {
            None => fresh.push(ready),
            Some(old) => known.push((old, ready)),
        }
    }
    let mut applied = insert(connection, batch, fresh, &mut deltas)?;
    applied.absorb(update(connection, batch, known, &mut deltas)?);
    deltas.write(connection)?;
    Ok(applied)
}

fn derive(batch: &Batch, put: Put) -> QueryResult<Ready> {
    let facts = (batch.spec.of.facts)(&put.attrs, &batch.origin)
        .map_err(|error| diesel::result::Error::SerializationError(Box::new(error)))?;
    let rule = batch.rules.place(batch.spec, &facts);
    Ok(Ready { put, facts, rule })
}

fn insert(
    connection: &mut AnyConnection,
    batch: &Batch,
    mut rows: Vec<Ready>,
    deltas: &mut Deltas,
) -> QueryResult<Applied> {
    if rows.is_empty() {
        return Ok(Applied::default());
    }
    // Most indexes go by name: rows that come so touch few pages of each.
    rows.sort_by(|one, other| one.facts.name.cmp(&other.facts.name));
    let first_id = super::ids::take(connection, "resources", rows.len())?;
    let mut values = Vec::with_capacity(rows.len());
    let mut linked = Vec::with_capacity(rows.len());
    let mut places = Vec::with_capacity(rows.len());
    for (id, Ready { put, facts, rule }) in (first_id..).zip(rows) {
        deltas.add(batch.spec, &batch.source, &facts.status, &facts.facets, &rule, 1);
        let [a, b, c] = facts.facets.clone();
        values.push(vec![
            id.into(),
            batch.spec.name.into(),
            Value::from(&batch.source),
            batch.scope_id.into(),
            put.external_id.into(),
            put.external_hash.into(),
            put.fingerprint.into(),
            Value::from(&facts.name),
            Value::from(&facts.status),
            Value::from(&rule.region),
            Value::from(&rule.cluster),
            Value::from(&rule.app),
            Value::from(&rule.role),
            Value::from(&rule.app_type),
            Value::from(&rule.environment),
            a.into(),
            b.into(),
            c.into(),
            facts.due_at.into(),
            put.attrs.into(),
            batch.at.into(),
            batch.at.into(),
        ]);
        linked.push((id, facts));
        places.push((id, rule));
    }
    insert_singly(
        connection,
        "INSERT INTO resources (id, kind, source, scope_id, external_id, external_hash, fingerprint, name, status, region, cluster, \
         app, role, app_type, environment, facet_a, facet_b, facet_c, due_at, attrs, first_seen_at, changed_at) VALUES ",
        values,
    )?;
    links::insert(connection, batch.at, &linked)?;
    place(connection, Says::Rule, &places, &HashMap::new(), batch.at)?;
    let new: Vec<i64> = linked.iter().map(|(id, _)| *id).collect();
    placement_due::add(connection, &new, 0)?;
    Ok(Applied { added: new.len() as u64, ..Applied::default() })
}

fn update(
    connection: &mut AnyConnection,
    batch: &Batch,
    rows: Vec<(Existing, Ready)>,
    deltas: &mut Deltas,
) -> QueryResult<Applied> {
    let ids: Vec<i64> = rows.iter().map(|(old, _)| old.state.id).collect();
    let said = said(connection, &ids)?;
    let mut applied = Applied::default();
    let (mut over, mut superseded) = (Vec::new(), Vec::new());
    let (mut linked, mut places) = (Vec::new(), Vec::new());
    let (mut found, mut due) = (Vec::new(), BTreeSet::new());
    for (old, ready) in rows {
        let id = old.state.id;
        // What relations have derived stays until they say otherwise.
        let place = said.get(&id).map_or_else(|| ready.rule.clone(), |said| said.together(&ready.rule));
        let returned = old.state.gone_at.is_some();
        let differs = old.differs(batch.spec, &ready.facts, &ready.put.attrs, &place);
        if !returned {
            old.count(deltas, batch.spec, -1);
        }
        deltas.add(batch.spec, &batch.source, &ready.facts.status, &ready.facts.facets, &place, 1);
        let at = old.superseded_at(batch.at);
        let changed_at = if returned || differs { at } else { old.state.changed_at() };
        match (returned, differs) {
            (true, _) => applied.added += 1,
            (false, true) => applied.changed += 1,
            (false, false) => applied.flickered += 1,
        }
        if old.state.missing_since.is_some() {
            found.push(id);
        }
        let rule_differs = said.get(&id).map_or(ready.rule != Place::default(), |said| said.rule != ready.rule);
        if returned || differs || rule_differs {
            due.insert(id);
        }
        if returned || differs {
            superseded.push(old.superseded(at));
        }
        let Ready { put, facts, rule } = ready;
        over.push(written_over(id, put, &facts, place, changed_at));
        linked.push((id, facts));
        places.push((id, rule));
    }
    update_rows(connection, "resources", &OVER, ", missing_since = NULL, gone_at = NULL", over)?;
    archive(connection, superseded)?;
    due.extend(links::replace(connection, batch.at, &linked)?);
    place(connection, Says::Rule, &places, &said, batch.at)?;
    held::leave(connection, &found, batch.at)?;
    placement_due::add(connection, &due.into_iter().collect::<Vec<_>>(), 0)?;
    Ok(applied)
}

/// What a listing writes over, in the order of [`written_over`].
const OVER: [&str; 16] = [
    "fingerprint",
    "name",
    "status",
    "region",
    "cluster",
    "app",
    "role",
    "app_type",
    "environment",
    "facet_a",
    "facet_b",
    "facet_c",
    "due_at",
    "attrs",
    "changed_at",
    "id",
];

fn written_over(id: i64, put: Put, facts: &Facts, place: Place, changed_at: Instant) -> Vec<Value> {
    let [a, b, c] = &facts.facets;
    vec![
        put.fingerprint.into(),
        Value::from(&facts.name),
        Value::from(&facts.status),
        place.region.into(),
        place.cluster.into(),
        place.app.into(),
        place.role.into(),
        place.app_type.into(),
        place.environment.into(),
        a.into(),
        b.into(),
        c.into(),
        facts.due_at.into(),
        put.attrs.into(),
        changed_at.into(),
        id.into(),
    ]
}

/// Rows by their identity, for callers that hold hashes.
type ByIdentity<T> = HashMap<i64, T>;
