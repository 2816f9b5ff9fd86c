//! The scopes of zones' records: which there are, and how far each can be trusted.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamp};

use super::AnyConnection;
use super::moment::Moment;
use super::scopes::ScopeState;
use super::sql::Sql;
use crate::clock::Instant;
use crate::kinds::{dns_record, zone};

/// The records of a zone that is there.
#[derive(Clone, Debug)]
pub struct ZoneScope {
    pub source: String,
    /// The zone's name, or one that tells it from another of that name.
    pub name: String,
    /// Of the zone among the resources.
    pub zone_id: i64,
    pub is_complete: bool,
    pub confirmed_at: Option<Instant>,
}

/// A scope by its id and name.
#[derive(Clone, Debug, QueryableByName)]
pub struct Named {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = Text)]
    pub name: String,
}

/// The scopes of the records of all zones that are there.
pub fn of_records(connection: &mut AnyConnection) -> QueryResult<Vec<ZoneScope>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        source: String,
        #[diesel(sql_type = Text)]
        name: String,
        #[diesel(sql_type = Text)]
        state: String,
        #[diesel(sql_type = Nullable<Timestamp>)]
        confirmed_at: Option<Moment>,
        #[diesel(sql_type = BigInt)]
        zone_id: i64,
    }
    let mut sql = Sql::new(
        "SELECT s.source, s.name, s.state, s.confirmed_at, r.id AS zone_id FROM scopes s \
         JOIN resources r ON r.source = s.source AND r.external_id = s.parent_external_id AND r.gone_at IS NULL AND r.kind = ",
    );
    sql.bind(zone::SPEC.name).push(" WHERE s.gone_at IS NULL AND s.kind = ").bind(dns_record::SPEC.name);
    sql.push(" AND s.parent_kind = ").bind(zone::SPEC.name).push(" ORDER BY s.source, s.name");
    let rows: Vec<Row> = sql.load(connection)?;
    let scope = |row: Row| ZoneScope {
        is_complete: ScopeState::parse(&row.state) == ScopeState::Complete,
        confirmed_at: row.confirmed_at.map(|at| at.and_utc()),
        source: row.source,
        name: row.name,
        zone_id: row.zone_id,
    };
    Ok(rows.into_iter().map(scope).collect())
}

/// The scope of the records of the zone with that external id.
pub fn records_of(connection: &mut AnyConnection, source: &str, external_id: &str) -> QueryResult<Option<Named>> {
    let mut sql = Sql::new("SELECT id, name FROM scopes WHERE gone_at IS NULL AND kind = ");
    sql.bind(dns_record::SPEC.name).push(" AND source = ").bind(source);
    sql.push(" AND parent_kind = ").bind(zone::SPEC.name).push(" AND parent_external_id = ").bind(external_id);
    sql.push(" ORDER BY id LIMIT 1");
    sql.first(connection)
}
