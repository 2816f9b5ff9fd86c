//! The panel on the pages of instances, balancers, zones, records and apps: what can be changed from here, where the
//! need arises.

use std::collections::BTreeSet;
use std::net::IpAddr;

use diesel::QueryResult;

use super::lines::ChangeLine;
use super::mend::Mend;
use crate::actions::dns_change;
use crate::clock::Instant;
use crate::config::NetworkConfig;
use crate::kinds::app::App;
use crate::kinds::dns_record::DnsRecord;
use crate::kinds::{Held, Key, KindSpec, Role, app, dns_record, instance, load_balancer, zone};
use crate::relations::switched::{self, Divergence, WATCHED};
use crate::relations::{self, Neighbours, behind};
use crate::store::annotations::AnnotationRow;
use crate::store::dns_changes::{self, Wanted};
use crate::store::keys::{self, When};
use crate::store::listing::{self, Filter, ListQuery};
use crate::store::rows::{self, ResourceRow};
use crate::store::{AnyConnection, Scope, annotations};

/// Others of its sort that are offered as the new side; any other is named.
const OFFERED: usize = 24;
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
    /// Of a balancer: how the records that were switched to it differ from what stands behind it.
    pub diverged: Option<Diverged>,
    /// Others that could take its place: id and name.
    pub others: Vec<(i64, String)>,
    /// There may be more than these, which are then named.
    pub more_others: bool,
    /// Of an app: its records, and the balancers behind them as name and path.
    pub records: Vec<AppRecord>,
    pub more_records: usize,
    pub balancers: Vec<(String, String)>,
    /// The form of a record that leads to this instance, of this app's name, or in this zone.
    pub new_record: String,
    /// Of a record: whether its set can be rewritten here, and whether it leads to an address.
    pub editable: bool,
    pub is_address: bool,
    /// And whether all of it is the asker's to change.
    pub is_own: bool,
    pub annotation: Option<AnnotationRow>,
    /// Past changes from or to it.
    pub changes: Vec<ChangeLine>,
    /// One click is one change.
    pub key: String,
}

impl DnsPanel {
    /// The title of the button that leads to this panel, which lies far below on a phone; for somebody who may act.
    pub fn way_here(&self, operates: bool) -> Option<&'static str> {
        match self.kind {
            _ if !operates => None,
            "instance" if !self.others.is_empty() => Some("Replace in DNS"),
            "load_balancer" if !self.others.is_empty() => Some("Switch"),
            "dns_record" if self.is_own => Some("Change"),
            _ => None,
        }
    }
}

/// A record of an app.
#[derive(Clone, Debug)]
pub struct AppRecord {
    pub name: String,
    pub href: String,
    pub record_type: String,
    pub content: String,
    /// What it leads to is nobody's by now, for all that is known.
    pub dangles: bool,
    pub mend: Mend,
}

/// Sets that are out of line, in words.
#[derive(Clone, Debug)]
pub struct Diverged {
    pub sets: usize,
    /// Addresses in them that stand behind the balancer no more, and those that do and are missing.
    pub strangers: Vec<String>,
    pub missing: Vec<String>,
    /// The change that wrote them last.
    pub href: String,
}

impl Diverged {
    fn of(found: &Divergence) -> Self {
        let shown = |addresses: &BTreeSet<IpAddr>| addresses.iter().map(ToString::to_string).collect();
        Self {
            sets: found.sets,
            strangers: shown(&found.strangers),
            missing: shown(&found.missing),
            href: format!("/dns-changes/{}", found.change),
        }
    }
}

/// The panel of a resource that is there now.
pub fn panel(
    connection: &mut AnyConnection,
    scope: &Scope,
    spec: &KindSpec,
    row: &ResourceRow,
    around: &Neighbours,
    networks: &[NetworkConfig],
    now: Instant,
) -> QueryResult<Option<DnsPanel>> {
    let kinds = [&instance::SPEC, &load_balancer::SPEC, &zone::SPEC, &dns_record::SPEC, &app::SPEC];
    let Some(kind) = kinds.iter().find(|kind| kind.name == spec.name) else { return Ok(None) };
    let mut panel = DnsPanel { id: row.id, kind: kind.name, key: crate::telemetry::new_id(), ..DnsPanel::default() };
    panel.new_record = new_record(kind, row, around);
    if kind.name == instance::SPEC.name {
        panel.stale = stale(connection, scope, row)?;
        panel.stale_records = panel.stale.iter().map(|(_, records)| records).sum();
    }
    if kind.name == load_balancer::SPEC.name && scope.sees_everything() {
        let found = switched::divergence(connection, scope, row, now - WATCHED)?;
        panel.diverged = found.as_ref().map(Diverged::of);
    }
    if [instance::SPEC.name, load_balancer::SPEC.name].contains(&kind.name) {
        panel.others = others(connection, scope, kind, row)?;
        panel.more_others = panel.others.len() == OFFERED;
        let wanted = Wanted { side: Some(row.id), applied: Some(true), limit: SHOWN, ..Wanted::default() };
        let page = dns_changes::page(connection, scope, &wanted)?;
        panel.changes = page.rows.iter().map(|change| ChangeLine::of(change, now)).collect();
    }
    if kind.name == dns_record::SPEC.name {
        panel.editable = crate::dns_plan::EDITABLE.contains(&row.facet(0));
        panel.is_address = matches!(row.facet(0), "A" | "AAAA");
        panel.is_own = dns_change::may_change(connection, scope, row)?;
        panel.annotation = annotations::of(connection, scope, &[row.id])?.remove(&row.id);
    }
    if kind.name == app::SPEC.name && scope.sees_everything() {
        let records = of_kind(around, &dns_record::SPEC);
        panel.more_records = records.len().saturating_sub(SHOWN);
        for record in records.iter().take(SHOWN) {
            panel.records.extend(app_record(connection, scope, record, networks, now)?);
        }
        let balancers = of_kind(around, &load_balancer::SPEC);
        let link =
            |row: &&ResourceRow| (row.title().to_owned(), format!("/{}/{}#dns", load_balancer::SPEC.path, row.id));
        panel.balancers = balancers.iter().take(SHOWN).map(link).collect();
    }
    Ok(Some(panel))
}

/// The form of a new record, as far as the page that it is made from knows it; empty where it knows nothing of it.
fn new_record(kind: &KindSpec, row: &ResourceRow, around: &Neighbours) -> String {
    let form = "/dns-changes/new";
    if kind.name == zone::SPEC.name {
        return format!("{form}?zone={}", row.id);
    }
    if kind.name == instance::SPEC.name {
        let address = behind::reached_at(row).into_iter().next();
        return address.map_or_else(String::new, |address| {
            let record_type = if address.is_ipv4() { "A" } else { "AAAA" };
            format!("{form}?type={record_type}&contents={address}")
        });
    }
    if kind.name == app::SPEC.name {
        let app: App = serde_json::from_str(&row.attrs).unwrap_or_default();
        let named: BTreeSet<&str> =
            of_kind(around, &dns_record::SPEC).into_iter().map(|record| record.name.as_str()).collect();
        let missing = app.domains.iter().find(|domain| !named.contains(domain.as_str()));
        // With its last dot it is the whole name, whatever the zone.
        return missing.or(app.domains.first()).map_or_else(String::new, |domain| format!("{form}?name={domain}."));
    }
    String::new()
}

fn of_kind<'n>(around: &'n Neighbours, kind: &KindSpec) -> Vec<&'n ResourceRow> {
    let group = around.by_kind.iter().filter(|group| group.spec.name == kind.name);
    group.flat_map(|group| &group.items).map(|item| &item.row).collect()
}

fn app_record(
    connection: &mut AnyConnection,
    scope: &Scope,
    row: &ResourceRow,
    networks: &[NetworkConfig],
    now: Instant,
) -> QueryResult<Option<AppRecord>> {
    let dangling = relations::dangling(connection, scope, row, networks, now)?;
    let former = dangling.first().and_then(|one| one.formerly.first()).map(|former| &former.row);
    let record: DnsRecord = serde_json::from_str(&row.attrs).unwrap_or_default();
    Ok(Mend::of(row, former).map(|mend| AppRecord {
        name: row.title().to_owned(),
        href: format!("/{}/{}", dns_record::SPEC.path, row.id),
        record_type: record.record_type,
        content: record.content,
        dangles: !dangling.is_empty(),
        mend,
    }))
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
    let mut query = ListQuery { limit: OFFERED + 1, wanted: rows::Wanted::only(["cluster"]), ..ListQuery::of(spec) };
    // Those of the same cluster first: a switch is mostly to the standby beside it.
    let mut others = Vec::new();
    if !row.cluster.is_empty() {
        query.filters.extend(Filter::named(spec, "cluster", [row.cluster.as_str()]));
        others = listing::first(connection, scope, &query)?;
        query.filters.clear();
    }
    if others.len() <= OFFERED {
        let beside = listing::first(connection, scope, &query)?;
        others.extend(beside.into_iter().filter(|other| row.cluster.is_empty() || other.cluster != row.cluster));
    }
    others.retain(|other| other.id != row.id);
    others.truncate(OFFERED);
    let name = |other: &ResourceRow| match other.cluster.as_str() {
        "" => other.title().to_owned(),
        cluster => format!("{} ({cluster})", other.title()),
    };
    Ok(others.iter().map(|other| (other.id, name(other))).collect())
}
