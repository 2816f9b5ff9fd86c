//! Places that follow from relations: reading what a row's neighbours say, and moving rows there.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::apply::{self, Said, Says};
use super::counts::Deltas;
use super::sql::Sql;
use super::{AnyConnection, gate};
use crate::clock::Instant;
use crate::kinds::KindSpec;
use crate::placement::Place;

pub mod apps;

/// A row that rules have not placed in every respect, and the place of one of its targets.
#[derive(Clone, Debug, QueryableByName)]
pub struct Candidate {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = Text)]
    pub region: String,
    #[diesel(sql_type = Text)]
    pub cluster: String,
    #[diesel(sql_type = Text)]
    pub app: String,
    #[diesel(sql_type = Text)]
    pub environment: String,
}

impl Candidate {
    pub fn place(&self) -> Place {
        Place {
            region: self.region.clone(),
            cluster: self.cluster.clone(),
            app: self.app.clone(),
            environment: self.environment.clone(),
            ..Place::default()
        }
    }
}

/// Where the targets of those rows are, for rows that rules leave room for: first the row, then its targets' places in
/// their order.
///
/// A target is what the row points at, or what it serves: a record its address, an event its instance, a certificate
/// its host.
pub fn candidates(connection: &mut AnyConnection, ids: &[i64]) -> QueryResult<Vec<Candidate>> {
    let mut sql = Sql::new(
        "SELECT DISTINCT f.resource_id AS id, r.region, r.cluster, r.app, r.environment FROM resource_refs f \
         JOIN resources o ON o.id = f.resource_id AND o.gone_at IS NULL \
         JOIN resource_keys k ON k.key = f.key AND k.until IS NULL AND k.resource_id <> f.resource_id \
         JOIN resources r ON r.id = k.resource_id AND r.gone_at IS NULL AND (r.region <> '' OR r.cluster <> '') \
         WHERE f.until IS NULL AND ((f.role = 'points_at' AND k.role IN ('is', 'serves')) OR (f.role = 'serves' AND k.role = 'serves')) \
         AND NOT EXISTS (SELECT 1 FROM resource_places p WHERE p.resource_id = o.id AND p.position = 0 AND p.until IS NULL \
         AND p.region <> '' AND p.cluster <> '' AND p.app <> '' AND p.environment <> '') AND f.resource_id IN ",
    );
    sql.bind_list(ids).push(" ORDER BY 1, 3, 2, 4, 5");
    sql.load(connection)
}

/// The rows that refer to what those rows are or serve.
pub fn dependents(connection: &mut AnyConnection, ids: &[i64]) -> QueryResult<Vec<i64>> {
    #[derive(QueryableByName)]
    struct Id {
        #[diesel(sql_type = BigInt)]
        id: i64,
    }
    let mut sql = Sql::new(
        "SELECT DISTINCT f.resource_id AS id FROM resource_keys k JOIN resource_refs f ON f.key = k.key AND f.until IS NULL \
         WHERE k.until IS NULL AND k.role IN ('is', 'serves') AND f.role IN ('points_at', 'serves') AND k.resource_id IN ",
    );
    sql.bind_list(ids).push(" ORDER BY 1");
    let rows: Vec<Id> = sql.load(connection)?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Where relations put a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Derived {
    /// Where its target lies; `None` where it has none, and then it stays where that was.
    pub target: Option<Place>,
    /// The app that it serves, and where that lies; nothing where it serves none, or one only as well as another.
    pub app: Place,
    /// Several apps have a claim, so it is none's, whatever its target says.
    pub contested: bool,
}

/// Notes where relations put rows, and moves those for which that makes a difference; gives their ids. With `follows`
/// it was something else that has changed: a row that joins an app then was not that app's before.
pub fn relocate(
    connection: &mut AnyConnection,
    moves: &BTreeMap<i64, Derived>,
    follows: bool,
    at: Instant,
) -> QueryResult<Vec<i64>> {
    gate::take_turn(connection, gate::Turn::Inventory)?;
    let ids: Vec<i64> = moves.keys().copied().collect();
    let said = apply::said(connection, &ids)?;
    let mut deltas = Deltas::default();
    let (mut derived, mut served, mut moved, mut superseded) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for old in apply::stored_by_id(connection, &ids)? {
        let (id, kind) = (old.state.id, KindSpec::by_name(&old.state.kind));
        let (Some(to), Some(spec), None) = (moves.get(&id), kind, old.state.gone_at) else { continue };
        let was = said.get(&id).cloned().unwrap_or_default();
        let mut relation = to.target.clone().unwrap_or_else(|| was.relation.clone());
        if to.contested {
            relation.app.clear();
        }
        let now = Said { relation, app: to.app.clone(), rule: was.rule.clone() };
        let before = old.place();
        // Relations say nothing about these two.
        let after = Place { role: before.role.clone(), app_type: before.app_type.clone(), ..now.together(&was.rule) };
        let joins = follows && was.app != now.app && after.app != before.app;
        derived.push((id, now.relation));
        served.push((id, now.app));
        if before == after {
            continue;
        }
        old.count(&mut deltas, spec, -1);
        deltas.add(spec, &old.state.source, &old.state.status, &old.facets(), &after, 1);
        superseded.extend(apply::write_place(connection, old, &after, joins, at)?);
        moved.push(id);
    }
    apply::place(connection, Says::Relation, &derived, &said, at)?;
    apply::place(connection, Says::App, &served, &said, at)?;
    apply::archive(connection, superseded)?;
    deltas.write(connection)?;
    Ok(moved)
}
