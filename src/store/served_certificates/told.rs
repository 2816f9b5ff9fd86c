//! What a team sees of what is served: the targets of its own hosts, without the names of what is another's.
//!
//! A host is a team's by what answers under its very name: a record, an app, a certificate that is attached to it or
//! names it. That somebody's certificate covers it by a wildcard does not make it that one's.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::{Outcome, ServedRow};
use crate::served::Finding;
use crate::store::scope::{Placed, Scope};
use crate::store::sql::Sql;
use crate::store::{AnyConnection, resources};

/// Appends the condition, `AND` included, that the host of `served_certificates s` is the asker's, and a machine behind a
/// balancer one that the asker sees. Where DNS leads whoever asks for the host is no secret.
pub(super) fn restrict(sql: &mut Sql, scope: &Scope) {
    if scope.sees_everything() {
        return;
    }
    sql.push(
        " AND (EXISTS (SELECT 1 FROM resource_keys k JOIN resources seen ON seen.id = k.resource_id \
         WHERE k.key = s.host AND k.role IN ('serves', 'covers') AND k.until IS NULL",
    );
    scope.restrict(sql, Placed::Seen);
    sql.push(
        ") OR EXISTS (SELECT 1 FROM resource_refs f JOIN resources seen ON seen.id = f.resource_id \
         WHERE f.key = s.host AND f.role = 'serves' AND f.until IS NULL",
    );
    scope.restrict(sql, Placed::Seen);
    sql.push(
        ")) AND (s.via NOT LIKE 'behind%' OR EXISTS (SELECT 1 FROM resource_keys k \
         JOIN resources seen ON seen.id = k.resource_id WHERE k.key = 'ip:' || s.address AND k.role = 'is' AND k.until IS NULL",
    );
    scope.restrict(sql, Placed::Seen);
    sql.push("))");
}

/// The rows as the asker may read them. To a team it is told that something is behind a balancer, that another
/// certificate is stored, or that a name leads nowhere, and not what that is called.
pub(super) fn told(
    connection: &mut AnyConnection,
    scope: &Scope,
    mut rows: Vec<ServedRow>,
) -> QueryResult<Vec<ServedRow>> {
    if scope.sees_everything() {
        return Ok(rows);
    }
    let about: BTreeSet<i64> = rows.iter().filter_map(|row| row.resource_id).collect();
    let about: Vec<i64> = about.into_iter().collect();
    let seen: BTreeSet<i64> = resources::present(connection, scope, &about)?.iter().map(|row| row.id).collect();
    for row in &mut rows {
        row.via = row.via.split(' ').next().unwrap_or_default().to_owned();
        row.resource_id = row.resource_id.filter(|id| seen.contains(id));
        if row.outcome == Outcome::Unresolved.as_str() {
            row.error.clear();
        }
        let findings: Vec<Finding> = row.findings().into_iter().map(Finding::in_general).collect();
        row.findings = serde_json::to_string(&findings).unwrap_or_default();
    }
    Ok(rows)
}
