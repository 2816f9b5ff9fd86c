//! The panel on the pages of instances, balancers, zones, records and apps: what can be changed from here, where the need arises.

use std::collections::BTreeSet;

use diesel::QueryResult;

use super::lines::ChangeLine;
use crate::actions::dns_change;
use crate::clock::Instant;
use crate::kinds::{Held, Key, KindSpec, Role, app, dns_record, instance, load_balancer, zone};
use crate::store::annotations::AnnotationRow;
use crate::store::dns_changes::{self, Wanted};
use crate::store::keys::{self, When};
use crate::store::listing::{self, ListQuery};
use crate::store::rows::{self, ResourceRow};
use crate::store::{AnyConnection, Scope, annotations};

/// Others of its sort that are offered as the new side.
const OFFERED: usize = 200;
/// Changes that are shown.
const SHOWN: usize = 8;

/// What can be done about DNS here.
#[derive(Clone, Debug, Default)]
pub struct DnsPanel {
    /// For the form's `from`.
    pub id: i64,
    pub kind: &'static str,
    /// Addresses that it had and nobody has now, with the number of records that still lead there.
    pub stale: Vec<(String, usize)>,
    pub stale_records: usize,
    /// Others that could take its place: id and name.
    pub others: Vec<(i64, String)>,
    /// Of a record: whether its set can be rewritten here.
    pub editable: bool,
    /// And whether all of it is the asker's to change.
    pub is_own: bool,
    pub annotation: Option<AnnotationRow>,
    /// Past changes from or to it.
    pub changes: Vec<ChangeLine>,
    /// One click is one change.
    pub key: String,
}

/// The panel of a resource that is there now.
pub fn panel(
    connection: &mut AnyConnection,
    scope: &Scope,
    spec: &KindSpec,
    row: &ResourceRow,
    now: Instant,
) -> QueryResult<Option<DnsPanel>> {
    let kinds = [&instance::SPEC, &load_balancer::SPEC, &zone::SPEC, &dns_record::SPEC, &app::SPEC];
    let Some(kind) = kinds.iter().find(|kind| kind.name == spec.name) else { return Ok(None) };
    let mut panel = DnsPanel { id: row.id, kind: kind.name, key: crate::telemetry::new_id(), ..DnsPanel::default() };
    if kind.name == instance::SPEC.name {
        panel.stale = stale(connection, scope, row)?;
        panel.stale_records = panel.stale.iter().map(|(_, records)| records).sum();
    }
    if [instance::SPEC.name, load_balancer::SPEC.name].contains(&kind.name) {
        panel.others = others(connection, scope, kind, row)?;
        let wanted = Wanted { side: Some(row.id), applied: Some(true), limit: SHOWN, ..Wanted::default() };
        let page = dns_changes::page(connection, scope, &wanted)?;
        panel.changes = page.rows.iter().map(|change| ChangeLine::of(change, now)).collect();
    }
    if kind.name == dns_record::SPEC.name {
        panel.editable = crate::dns_plan::EDITABLE.contains(&row.facet(0));
        panel.is_own = dns_change::may_change(connection, scope, row)?;
        panel.annotation = annotations::of(connection, scope, &[row.id])?.remove(&row.id);
    }
    Ok(Some(panel))
}

/// Addresses that it had, that nobody has now, and to which records still lead.
fn stale(connection: &mut AnyConnection, scope: &Scope, row: &ResourceRow) -> QueryResult<Vec<(String, usize)>> {
    let links = keys::of_resources(connection, Held::Key, &[row.id], When::Ever)?;
    let former: BTreeSet<String> = links
        .iter()
        .filter(|link| link.until().is_some() && Key::from_stored(&link.key).is_public_address())
        .map(|link| link.key.clone())
        .collect();
    let former: Vec<String> = former.into_iter().collect();
    let held = keys::held_now(connection, &former, &[Role::Is])?;
    let former: Vec<String> = former.into_iter().filter(|key| !held.contains(key)).collect();
    let records = keys::of_keys(connection, scope, Held::Ref, &former, &[Role::PointsAt], When::Now, 1_000)?;
    let mut stale = Vec::new();
    for key in former {
        let leading: BTreeSet<i64> =
            records.iter().filter(|link| link.key == key).map(|link| link.resource_id).collect();
        if let Some(address) = Key::from_stored(&key).as_address().filter(|_| !leading.is_empty()) {
            stale.push((address.to_owned(), leading.len()));
        }
    }
    Ok(stale)
}

fn others(
    connection: &mut AnyConnection,
    scope: &Scope,
    spec: &'static KindSpec,
    row: &ResourceRow,
) -> QueryResult<Vec<(i64, String)>> {
    let query = ListQuery { limit: OFFERED, wanted: rows::Wanted::only(["cluster"]), ..ListQuery::of(spec) };
    let page = listing::list(connection, scope, &query)?;
    let mut others: Vec<&ResourceRow> = page.rows.iter().filter(|other| other.id != row.id).collect();
    // Those of the same cluster first: a switch is mostly to the standby beside it.
    others.sort_by_key(|other| (other.cluster != row.cluster, other.name.clone(), other.id));
    let name = |other: &ResourceRow| match other.cluster.as_str() {
        "" => other.title().to_owned(),
        cluster => format!("{} ({cluster})", other.title()),
    };
    Ok(others.into_iter().map(|other| (other.id, name(other))).collect())
}
