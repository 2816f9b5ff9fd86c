//! The panel of a cluster's page: its balancers, which of them serves and which stands by, and the switches between
//! them.

use std::collections::BTreeSet;

use diesel::QueryResult;

use super::lines::ChangeLine;
use crate::clock::Instant;
use crate::kinds::{Held, KindSpec, Role, Tone, load_balancer};
use crate::store::dns_changes::switches;
use crate::store::keys::{self, When};
use crate::store::listing::{self, Filter, ListQuery};
use crate::store::{AnyConnection, Scope};
use crate::web::cells;
use crate::web::pages::estate::line::Sort;

/// Balancers and switches that are shown.
const SHOWN: usize = 20;

/// Balancers and their switches.
#[derive(Clone, Debug, Default)]
pub struct ClusterPanel {
    pub balancers: Vec<BalancerLine>,
    /// All of them, with their number.
    pub href: String,
    pub total: i64,
    /// The newest first: A to B, back to A.
    pub switches: Vec<ChangeLine>,
    /// That there are older ones.
    pub more_switches: bool,
}

/// A balancer of a cluster.
#[derive(Clone, Debug)]
pub struct BalancerLine {
    pub href: String,
    pub name: String,
    pub status: String,
    pub tone: Tone,
    /// Records that lead to it, or to what stands behind it. With none it stands by.
    pub records: usize,
}

/// The panel of the cluster of that name.
pub fn panel(
    connection: &mut AnyConnection,
    scope: &Scope,
    cluster: &str,
    total: i64,
    now: Instant,
) -> QueryResult<ClusterPanel> {
    let spec: &'static KindSpec = &load_balancer::SPEC;
    let filters = Filter::named(spec, "cluster", [cluster]).into_iter().collect();
    let query = ListQuery { filters, limit: SHOWN, ..ListQuery::of(spec) };
    let page = listing::list(connection, scope, &query)?;
    let href = Sort::Cluster.within(cluster, &format!("/{}", spec.path));
    let mut panel = ClusterPanel { href, total, ..ClusterPanel::default() };
    for row in &page.rows {
        panel.balancers.push(BalancerLine {
            href: cells::href(spec, row.id, None),
            name: row.title().to_owned(),
            status: row.status.clone(),
            tone: (spec.tone)(&row.status),
            records: leading_to(connection, scope, row.id)?,
        });
    }
    let switches = switches::within(connection, scope, cluster, SHOWN)?;
    panel.switches = switches.rows.iter().map(|row| ChangeLine::of(row, now)).collect();
    panel.more_switches = switches.next.is_some();
    panel.balancers.sort_by(|one, other| (other.records, &one.name).cmp(&(one.records, &other.name)));
    Ok(panel)
}

/// Records that lead to a balancer by its name, or to one of the machines behind it.
fn leading_to(connection: &mut AnyConnection, scope: &Scope, balancer: i64) -> QueryResult<usize> {
    let own = keys::of_resources(connection, Held::Key, &[balancer], When::Now)?;
    let targets = keys::of_resources(connection, Held::Ref, &[balancer], When::Now)?;
    let targets: Vec<String> = targets.into_iter().map(|link| link.key).collect();
    let members = keys::of_keys(connection, scope, Held::Key, &targets, &[Role::Is], When::Now, usize::MAX)?;
    let members: Vec<i64> = members.iter().map(|link| link.resource_id).collect();
    let behind = keys::of_resources(connection, Held::Key, &members, When::Now)?;
    let all: BTreeSet<String> = own.into_iter().chain(behind).map(|link| link.key).collect();
    let all: Vec<String> = all.into_iter().collect();
    let records = keys::of_keys(connection, scope, Held::Ref, &all, &[Role::PointsAt], When::Now, 10_000)?;
    // A balancer refers to its machines as well; only names lead people anywhere.
    let ids: BTreeSet<i64> = records.iter().map(|link| link.resource_id).filter(|id| *id != balancer).collect();
    Ok(ids.len())
}
