//! Places that follow from relations: reading what a row's neighbours say, and moving rows there.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::apply::{self, move_to};
use super::counts::Deltas;
use super::sql::Sql;
use super::{AnyConnection, gate};
use crate::clock::Instant;
use crate::kinds::KindSpec;
use crate::placement::Place;

/// A row that is placed by its relations, or not at all, and the place of one of its targets.
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

/// Where the targets of those rows are, for rows that no rule has placed: first the row, then its targets' places in their order.
///
/// A target is what the row points at, or what it serves: a record its address, an event its instance, a certificate its host.
pub fn candidates(connection: &mut AnyConnection, ids: &[i64]) -> QueryResult<Vec<Candidate>> {
    let mut sql = Sql::new(
        "SELECT DISTINCT f.resource_id AS id, r.region, r.cluster, r.app, r.environment FROM resource_refs f \
         JOIN resources o ON o.id = f.resource_id AND o.gone_at IS NULL \
         JOIN resource_keys k ON k.key = f.key AND k.until IS NULL AND k.resource_id <> f.resource_id \
         JOIN resources r ON r.id = k.resource_id AND r.gone_at IS NULL AND (r.region <> '' OR r.cluster <> '') \
         WHERE f.until IS NULL AND ((f.role = 'points_at' AND k.role IN ('is', 'serves')) OR (f.role = 'serves' AND k.role = 'serves')) \
         AND ((o.region = '' AND o.cluster = '') OR EXISTS (SELECT 1 FROM resource_places p WHERE p.resource_id = o.id \
         AND p.position = 0 AND p.until IS NULL AND p.origin = 'relation')) AND f.resource_id IN ",
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

/// Moves rows to where their relations put them; gives those that were elsewhere before.
pub fn relocate(connection: &mut AnyConnection, moves: &[Candidate], at: Instant) -> QueryResult<Vec<i64>> {
    gate::take_turn(connection, gate::Turn::Inventory)?;
    let ids: Vec<i64> = moves.iter().map(|to| to.id).collect();
    let mut moved = Vec::new();
    for old in apply::stored_by_id(connection, &ids)? {
        let (Some(to), Some(spec)) = (moves.iter().find(|to| to.id == old.id), KindSpec::by_name(&old.kind)) else {
            continue;
        };
        let before = old.place();
        let after = Place {
            region: to.region.clone(),
            cluster: to.cluster.clone(),
            app: if before.app.is_empty() { to.app.clone() } else { before.app.clone() },
            environment: to.environment.clone(),
            ..before.clone()
        };
        if before == after {
            continue;
        }
        let mut deltas = Deltas::new(spec);
        deltas.add(&old.source, &old.status, &old.facets(), &before, -1);
        deltas.add(&old.source, &old.status, &old.facets(), &after, 1);
        deltas.write(connection)?;
        move_to(connection, old.id, &after, "relation", at)?;
        moved.push(old.id);
        apply::write_place(connection, old, &after, at)?;
    }
    Ok(moved)
}
