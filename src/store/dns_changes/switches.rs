//! The switches of a cluster, there and back.

use diesel::QueryResult;

use super::{COLUMNS, ChangeRow, Page, one_more};
use crate::store::scope::Told;
use crate::store::sql::Sql;
use crate::store::{AnyConnection, Scope};

/// Applied switches from or to a balancer that lies or lay in the cluster, and the ways back of such, the newest first.
///
/// A way back names no balancers of its own: it is its switch's. A balancer that is gone by now keeps its places, or a
/// cluster would forget a switch as soon as the old side is taken down.
pub fn within(
    connection: &mut AnyConnection,
    scope: &Scope,
    cluster: &str,
    limit: usize,
) -> QueryResult<Page<ChangeRow>> {
    if scope.sees_nothing() {
        return Ok(Page::default());
    }
    let mut sql = Sql::new(COLUMNS);
    sql.push(
        " WHERE c.run_id IS NOT NULL AND c.action IN ('switch', 'undo') AND EXISTS (SELECT 1 FROM dns_changes s \
         WHERE s.id = COALESCE(c.undo_of, c.id) AND s.action = 'switch' AND EXISTS (SELECT 1 FROM resource_places p \
         WHERE p.resource_id IN (s.from_id, s.to_id) AND p.cluster = ",
    );
    sql.bind(cluster).push("))");
    scope.restrict_subjects(&mut sql, Told::DnsChange);
    sql.push(" ORDER BY c.id DESC LIMIT ").bind(one_more(limit));
    Ok(Page::of(sql.load(connection)?, limit, |row: &ChangeRow| row.id))
}
