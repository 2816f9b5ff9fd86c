//! The walk from a resource to its neighbours: breadth first, so the shortest way to each is the one shown, and loops
//! end by themselves.
//!
//! It goes on only through kinds that are a passage (a CNAME is on the way, an instance is an end). A resource of such
//! a kind under which nothing can be found (a maintenance event) stands for what it points at, and has its neighbours.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use diesel::prelude::*;

use super::links::{self, Meeting, Way};
use super::{Group, HOPS, Look, NODES, Neighbour, Neighbours};
use crate::kinds::{Held, KINDS, Key, Role};
use crate::store::AnyConnection;
use crate::store::keys;
use crate::store::rows::ResourceRow;

/// What is known of a resource on the way.
struct Reached {
    via: Vec<Key>,
    hops: u8,
}

pub fn from(connection: &mut AnyConnection, look: &mut Look<'_>, resource: &ResourceRow) -> QueryResult<Neighbours> {
    if look.scope.sees_nothing() {
        return Ok(Neighbours::default());
    }
    let own = look.of_resources(connection, Held::Key, &[resource.id])?;
    let stands_in = own.is_empty() && resource.spec().is_some_and(|spec| spec.passage);
    let shared = shared_addresses(connection, look, own)?;

    let mut reached = BTreeMap::from([(resource.id, Reached { via: Vec::new(), hops: 0 })]);
    let mut found: HashMap<i64, Neighbour> = HashMap::new();
    let mut frontier = vec![(resource.id, Way::Start)];
    let mut truncated = false;
    for hops in 1..=HOPS {
        let (meetings, more) = links::meetings(connection, look, &frontier)?;
        truncated |= more;
        let mut new: BTreeMap<i64, Meeting> = BTreeMap::new();
        for meeting in meetings {
            let known = reached.contains_key(&meeting.to);
            match new.get_mut(&meeting.to) {
                Some(first) if !known => first.ambiguous |= meeting.ambiguous,
                None if !known => {
                    new.insert(meeting.to, meeting);
                }
                _ => {}
            }
        }
        let left = NODES.saturating_sub(found.len());
        truncated |= new.len() > left;
        let ids: Vec<i64> = new.keys().copied().take(left).collect();
        frontier.clear();
        for row in look.rows(connection, ids)? {
            let Some(meeting) = new.remove(&row.id).filter(|_| look.at.is_some() || row.gone_at.is_none()) else {
                continue;
            };
            let Some(spec) = row.spec() else { continue };
            // Two of one kind are neighbours by pointing only: not because one certificate covers what another does.
            let from = found.get(&meeting.from).map_or(resource, |neighbour| &neighbour.row);
            if meeting.way == Way::Aside && from.kind == row.kind {
                continue;
            }
            let mut via = reached.get(&meeting.from).map(|reached| reached.via.clone()).unwrap_or_default();
            let ambiguous = meeting.ambiguous
                || shared.contains(&meeting.key)
                || found.get(&meeting.from).is_some_and(|neighbour| neighbour.ambiguous);
            via.push(meeting.key);
            if stands_in && hops == 1 {
                frontier.push((row.id, Way::Start));
            } else if spec.passage {
                frontier.push((row.id, meeting.way));
            }
            reached.insert(row.id, Reached { via: via.clone(), hops });
            found.insert(row.id, Neighbour { role: meeting.role, via, hops, ambiguous, row });
        }
        if frontier.is_empty() {
            break;
        }
        truncated |= hops == HOPS && reached.values().any(|reached| reached.hops == HOPS);
    }
    Ok(Neighbours { by_kind: grouped(found), truncated })
}

/// Of the keys that the resource is, those that something else is as well.
fn shared_addresses(
    connection: &mut AnyConnection,
    look: &mut Look<'_>,
    own: Vec<keys::Link>,
) -> QueryResult<BTreeSet<Key>> {
    let mine: Vec<String> =
        own.iter().filter(|link| link.role() == Some(Role::Is)).map(|link| link.key.clone()).collect();
    let holder = own.first().map(|link| link.resource_id);
    let links = look.of_keys(connection, Held::Key, &mine, &[Role::Is])?;
    Ok(links
        .into_iter()
        .filter(|link| Some(link.resource_id) != holder)
        .map(|link| Key::from_stored(&link.key))
        .collect())
}

fn grouped(found: HashMap<i64, Neighbour>) -> Vec<Group> {
    let mut found: Vec<Neighbour> = found.into_values().collect();
    found.sort_by(|one, other| (one.hops, &one.row.name, one.row.id).cmp(&(other.hops, &other.row.name, other.row.id)));
    let mut by_kind: BTreeMap<String, Vec<Neighbour>> = BTreeMap::new();
    for neighbour in found {
        by_kind.entry(neighbour.row.kind.clone()).or_default().push(neighbour);
    }
    KINDS.iter().filter_map(|spec| Some(Group { spec, items: by_kind.remove(spec.name)? })).collect()
}
