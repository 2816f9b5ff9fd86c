//! What hangs on the names of a plan, and how badly it would fare if the plan went wrong: judged over all of the plan
//! at once, since a name that stands in for another may be in it too (REL-6).

use std::collections::{BTreeMap, BTreeSet};

use diesel::QueryResult;

use crate::dns_plan::{Plan, PlannedChange, Touch, ZoneNow};
use crate::kinds::{Held, Key, Role, app, certificate, dns_record};
use crate::relations::touches::{Harm, touches_together};
use crate::store::keys::{self, When};
use crate::store::rows::ResourceRow;
use crate::store::{AnyConnection, Scope, resources};

/// So many are named of one record.
const NAMED: usize = 20;
/// So many are looked at in all.
const MOST: usize = 5_000;

/// What would become of a resource, and in words what would be left.
type Fates = BTreeMap<i64, (Harm, String)>;

/// Notes with each change what it touches, the worst first: what depends on its records over any number of hops, and
/// the apps and the certificates of its name.
pub fn touch(connection: &mut AnyConnection, scope: &Scope, plan: &mut Plan, zones: &[ZoneNow]) -> QueryResult<()> {
    let records: Vec<Vec<i64>> = plan.changes.iter().map(|planned| records_of(planned, zones)).collect();
    let all: BTreeSet<i64> = records.iter().flatten().copied().collect();
    let rows: Vec<ResourceRow> = rows(connection, scope, &all)?.into_values().collect();
    let touched = touches_together(connection, scope, &rows, MOST)?;
    let fates: Fates = touched.affected.iter().map(|one| (one.row.id, (one.harm, one.left.clone()))).collect();
    let mut behind: BTreeMap<i64, Vec<&ResourceRow>> = BTreeMap::new();
    for one in &touched.affected {
        behind.entry(one.origin).or_default().push(&one.row);
    }
    let named = by_name(connection, scope, plan)?;
    for (planned, records) in plan.changes.iter_mut().zip(&records) {
        let of_name = Key::host(&planned.change.of.name).and_then(|name| named.get(&name));
        let of_records = records.iter().filter_map(|id| behind.get(id)).flatten().copied();
        let rows: BTreeMap<i64, &ResourceRow> =
            of_name.into_iter().flatten().chain(of_records).map(|row| (row.id, row)).collect();
        let mut touches: Vec<Touch> = rows.into_values().map(|row| told(row, &fates)).collect();
        touches.sort_by(|one, other| rank(one).cmp(&rank(other)));
        touches.truncate(NAMED);
        planned.touches = touches;
    }
    Ok(())
}

/// The records of a set that is there, as the inventory knows them.
fn records_of(planned: &PlannedChange, zones: &[ZoneNow]) -> Vec<i64> {
    let zone = zones.iter().find(|zone| zone.source == planned.source && zone.at == planned.at);
    let marks = zone.filter(|_| planned.change.before.is_some()).and_then(|zone| zone.marks.get(&planned.change.of));
    marks.map(|marks| marks.records.clone()).unwrap_or_default()
}

/// The apps that go by the names of a plan, and the certificates that cover them.
fn by_name(connection: &mut AnyConnection, scope: &Scope, plan: &Plan) -> QueryResult<BTreeMap<Key, Vec<ResourceRow>>> {
    let names: BTreeSet<Key> = plan.changes.iter().filter_map(|planned| Key::host(&planned.change.of.name)).collect();
    let mut asked: BTreeMap<String, Vec<&Key>> = BTreeMap::new();
    for name in &names {
        asked.entry(name.stored()).or_default().push(name);
        if let Some(wildcard) = name.wildcard_parents().first() {
            asked.entry(wildcard.stored()).or_default().push(name);
        }
    }
    let stored: Vec<String> = asked.keys().cloned().collect();
    let exact: Vec<String> = names.iter().map(Key::stored).collect();
    let mut links = keys::of_keys(connection, scope, Held::Ref, &exact, &[Role::Serves], When::Now, usize::MAX)?;
    let roles = [Role::Serves, Role::Covers];
    links.extend(keys::of_keys(connection, scope, Held::Key, &stored, &roles, When::Now, usize::MAX)?);
    let rows = rows(connection, scope, &links.iter().map(|link| link.resource_id).collect())?;
    let mut found: BTreeMap<Key, Vec<ResourceRow>> = BTreeMap::new();
    for link in &links {
        let row = rows.get(&link.resource_id).filter(|row| row.gone_at.is_none());
        let Some(row) = row.filter(|row| [app::SPEC.name, certificate::SPEC.name].contains(&row.kind.as_str())) else {
            continue;
        };
        for name in asked.get(&link.key).into_iter().flatten() {
            found.entry((*name).clone()).or_default().push(row.clone());
        }
    }
    Ok(found)
}

fn rows(connection: &mut AnyConnection, scope: &Scope, ids: &BTreeSet<i64>) -> QueryResult<BTreeMap<i64, ResourceRow>> {
    let ids: Vec<i64> = ids.iter().copied().collect();
    let mut rows = BTreeMap::new();
    for ids in ids.chunks(1_024) {
        rows.extend(resources::of_ids(connection, scope, ids, None)?.into_iter().map(|row| (row.id, row)));
    }
    Ok(rows)
}

fn told(row: &ResourceRow, fates: &Fates) -> Touch {
    let fate = fates.get(&row.id);
    Touch {
        kind: row.kind.clone(),
        id: row.id,
        name: row.title().to_owned(),
        harm: fate.map_or("none", |(harm, _)| harm.as_str()).to_owned(),
        left: fate.map(|(_, left)| left.clone()).unwrap_or_default(),
    }
}

/// The worst first; apps, which people use, before what leads there, and certificates last.
fn rank(touch: &Touch) -> (usize, usize, &str, i64) {
    let place = |list: &[&str], word: &str| list.iter().position(|one| *one == word).unwrap_or(list.len());
    let kinds = [app::SPEC.name, dns_record::SPEC.name, certificate::SPEC.name];
    (place(&["lost", "degraded"], &touch.harm), place(&kinds, &touch.kind), &touch.name, touch.id)
}
