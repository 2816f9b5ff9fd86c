//! What hangs on the names of a plan: the apps that go by them, and the certificates that cover them, by two look-ups for all of it.

use std::collections::{BTreeMap, BTreeSet};

use diesel::QueryResult;

use crate::dns_plan::{Plan, Touch};
use crate::kinds::{Held, Key, Role, app, certificate};
use crate::store::keys::{self, When};
use crate::store::{AnyConnection, Scope, resources};

/// So many are named of one record.
const NAMED: usize = 20;

/// Notes with each change what it touches: apps, which people use, before certificates.
pub fn touch(connection: &mut AnyConnection, scope: &Scope, plan: &mut Plan) -> QueryResult<()> {
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
    let apps = keys::of_keys(connection, scope, Held::Ref, &exact, &[Role::Serves], When::Now, usize::MAX)?;
    let held =
        keys::of_keys(connection, scope, Held::Key, &stored, &[Role::Serves, Role::Covers], When::Now, usize::MAX)?;
    let ids: BTreeSet<i64> = apps.iter().chain(&held).map(|link| link.resource_id).collect();
    let ids: Vec<i64> = ids.into_iter().collect();
    let mut rows = BTreeMap::new();
    for ids in ids.chunks(1_024) {
        rows.extend(resources::of_ids(connection, scope, ids, None)?.into_iter().map(|row| (row.id, row)));
    }
    let mut touched: BTreeMap<&Key, BTreeSet<(usize, String, i64)>> = BTreeMap::new();
    for link in apps.iter().chain(&held) {
        let Some(row) = rows.get(&link.resource_id).filter(|row| row.gone_at.is_none()) else { continue };
        let Some(rank) = [app::SPEC.name, certificate::SPEC.name].iter().position(|kind| *kind == row.kind) else {
            continue;
        };
        for name in asked.get(&link.key).into_iter().flatten() {
            touched.entry(name).or_default().insert((rank, row.title().to_owned(), row.id));
        }
    }
    for planned in &mut plan.changes {
        let all = Key::host(&planned.change.of.name).and_then(|name| touched.get(&name));
        let all = all.into_iter().flatten().take(NAMED);
        planned.touches = all
            .map(|(rank, name, id)| Touch {
                kind: [app::SPEC.name, certificate::SPEC.name][*rank].to_owned(),
                id: *id,
                name: name.clone(),
                harm: if *rank == 0 { "lost" } else { "degraded" }.to_owned(),
            })
            .collect();
    }
    Ok(())
}
