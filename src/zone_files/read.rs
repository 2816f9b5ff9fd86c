//! A zone out of the inventory: its head, and its records page by page, so that a million of them are never held.

use diesel::QueryResult;

use super::text::{self, Head};
use crate::kinds::{dns_record, zone};
use crate::store::listing::{self, Cursor, Filter, ListQuery, MOST};
use crate::store::rows::ResourceRow;
use crate::store::{AnyConnection, Db, Scope, StoreError, resources, zone_scopes};

/// A zone whose file can be written.
#[derive(Clone, Debug)]
pub struct Zone {
    pub head: Head,
    query: ListQuery,
    scope_id: i64,
}

/// The pages of a zone's file.
#[derive(Debug)]
pub struct Pages {
    zone: Zone,
    at: At,
}

#[derive(Debug)]
enum At {
    Head,
    Records(Option<Cursor>),
    End,
}

/// Whether a zone has a file for the asker: the whole of it or none, since a part would be no zone file.
pub fn is_for(connection: &mut AnyConnection, reach: &Scope, zone: &ResourceRow) -> QueryResult<bool> {
    match zone_scopes::records_of(connection, &zone.source, &zone.external_id)? {
        Some(listing) => resources::sees_whole(connection, reach, listing.id),
        None => Ok(false),
    }
}

/// The zone with that id; `None` where there is none, it is gone, its records were never listed, or some of it is not
/// the asker's.
pub fn of_zone(connection: &mut AnyConnection, reach: &Scope, id: i64) -> QueryResult<Option<Zone>> {
    let Some(row) = resources::find(connection, reach, &zone::SPEC, id, None)?.filter(|row| row.gone_at.is_none())
    else {
        return Ok(None);
    };
    let Some(scope) = zone_scopes::records_of(connection, &row.source, &row.external_id)? else { return Ok(None) };
    if !resources::sees_whole(connection, reach, scope.id)? {
        return Ok(None);
    }
    let kept: zone::Zone = serde_json::from_str(&row.attrs).unwrap_or_default();
    let mut query = ListQuery { limit: MOST, ..ListQuery::of(&dns_record::SPEC) };
    for (name, value) in [("zone", &row.name), ("source", &row.source), ("scope", &scope.name)] {
        query.filters.extend(Filter::named(&dns_record::SPEC, name, [value.as_str()]));
    }
    let page = listing::list(connection, reach, &ListQuery { limit: 1, ..query.clone() })?;
    let mut head = Head {
        zone: row.name.clone(),
        source: row.source.clone(),
        confirmed_at: page.confirmed_at,
        complete: page.complete,
        // Where the provider tells the serial, its TTLs are numbers and its SOA is a record.
        automatic_ttl: kept.serial.is_none(),
        name_servers: kept.name_servers,
        soa: None,
        has_servers: false,
    };
    for (kind, limit) in [("SOA", 1), ("NS", MOST)] {
        let mut query = ListQuery { limit, ..query.clone() };
        query.filters.extend(Filter::named(&dns_record::SPEC, "type", [kind]));
        for record in listing::list(connection, reach, &query)?.rows.iter().filter_map(record) {
            match kind {
                "SOA" => head.soa = Some(record),
                _ => head.has_servers |= record.name == head.zone,
            }
        }
    }
    Ok(Some(Zone { head, query, scope_id: scope.id }))
}

impl Zone {
    pub fn pages(self) -> Pages {
        Pages { zone: self, at: At::Head }
    }
}

impl Pages {
    /// The next part of the file; `None` after the last.
    pub async fn next(&mut self, db: &Db, reach: &Scope) -> Result<Option<String>, StoreError> {
        let cursor = match std::mem::replace(&mut self.at, At::End) {
            At::Head => {
                self.at = At::Records(None);
                return Ok(Some(text::head(&self.zone.head)));
            }
            At::Records(cursor) => cursor,
            At::End => return Ok(None),
        };
        let (query, reach) = (ListQuery { cursor, ..self.zone.query.clone() }, reach.clone());
        let page = db.read(move |connection| listing::list(connection, &reach, &query)).await?;
        if let Some(next) = page.next {
            self.at = At::Records(Some(next));
        }
        let rows = page.rows.iter().filter(|row| row.scope_id == self.zone.scope_id);
        Ok(Some(rows.filter_map(record).map(|record| text::line(&self.zone.head, &record)).collect()))
    }
}

fn record(row: &ResourceRow) -> Option<dns_record::DnsRecord> {
    serde_json::from_str(&row.attrs).ok()
}
