//! How far the inventory has come: a number that is another one as soon as anything of it has been written, whatever
//! that was. Whoever keeps what they made of the inventory learns by it, in one statement and without reading the
//! inventory, that they need not make it again.
//!
//! It is made of what every writer leaves behind anyway: ids that were handed out, totals of the present, and what is
//! under way. Nobody writes anything for it, and so nobody waits for it.

use std::hash::{Hash, Hasher};

use diesel::QueryResult;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use xxhash_rust::xxh3::Xxh3;

use super::counts::EVERYWHERE;
use super::sql::Sql;
use super::{AnyConnection, Scope};
use crate::kinds::KINDS;

/// Tables whose next id moves with what a page of a resource shows: what is new and what was superseded, what is held,
/// alerts that came or went, acts, and listings that began.
const NUMBERED: [&str; 7] =
    ["resources", "resource_versions", "held_losses", "alert_transitions", "dns_changes", "runs", "syncs"];

#[derive(QueryableByName, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Mark {
    #[diesel(sql_type = Text)]
    what: String,
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// The watermark. It rises with all that there is, and so it is told to nobody who does not see all that there is.
pub fn read(connection: &mut AnyConnection, scope: &Scope) -> QueryResult<Option<u64>> {
    if !scope.sees_everything() {
        return Ok(None);
    }
    let mut marks: Vec<Mark> = statement().load(connection)?;
    marks.sort();
    let mut hasher = Xxh3::new();
    marks.hash(&mut hasher);
    Ok(Some(hasher.finish()))
}

/// Three dozen rows, each found by an index. What goes has no new id, and lowers a total; a listing that ends without
/// news, and a run that gets on, are seen in what is under way.
pub fn statement() -> Sql {
    let kinds: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    let mut sql = Sql::new("SELECT name AS what, next_id AS n FROM id_blocks WHERE name IN ");
    sql.bind_list(&NUMBERED);
    sql.push(" UNION ALL SELECT kind, present FROM counts WHERE facet = '' AND value = '' AND cluster = ");
    sql.bind(EVERYWHERE).push(" AND kind IN ").bind_list(&kinds);
    sql.push(" UNION ALL SELECT 'listing', COUNT(*) FROM syncs WHERE state = 'running'");
    sql.push(
        " UNION ALL SELECT 'working', CAST(COALESCE(SUM(revision), 0) AS BIGINT) FROM runs WHERE state IN ('running', 'cancelling')",
    );
    sql
}
