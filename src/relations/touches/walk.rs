//! The walk from what goes away to whoever depends on it, hop by hop. Harm only grows, so loops come to rest.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use diesel::QueryResult;

use super::judge::{Judgement, Need, Needs, Sense, judge};
use super::{Affected, HOPS, Harm, Step, Touches};
use crate::kinds::{Key, Role, app, certificate, dns_record, maintenance_event, zone};
use crate::relations::Look;
use crate::relations::links::{self, Meeting, Way};
use crate::store::AnyConnection;
use crate::store::rows::ResourceRow;

/// So many are looked at on one hop beyond what is asked for.
const BATCH: usize = 1_024;

/// What is known of a resource that may be affected.
struct Node {
    /// Through whom it was reached, by which key and in which sense.
    from: i64,
    key: Key,
    sense: Sense,
    hops: u8,
    needs: Needs,
    judgement: Option<Judgement>,
}

struct Walk<'w, 's> {
    connection: &'w mut AnyConnection,
    look: &'w mut Look<'s>,
    origins: BTreeSet<i64>,
    /// Every row that was looked at and may be seen.
    rows: HashMap<i64, ResourceRow>,
    nodes: BTreeMap<i64, Node>,
    truncated: bool,
}

pub(super) fn from(
    connection: &mut AnyConnection,
    look: &mut Look<'_>,
    gone: &[ResourceRow],
    most: usize,
) -> QueryResult<Touches> {
    let rows = gone.iter().map(|row| (row.id, row.clone())).collect();
    let origins: BTreeSet<i64> = gone.iter().map(|row| row.id).collect();
    let mut frontier = origins.clone();
    let mut walk = Walk { connection, look, origins, rows, nodes: BTreeMap::new(), truncated: false };
    for hops in 1..=HOPS {
        frontier = walk.hop(&frontier, hops, most)?;
        if frontier.is_empty() {
            break;
        }
        walk.truncated |= hops == HOPS;
    }
    Ok(walk.told())
}

impl Walk<'_, '_> {
    /// Judges whoever depends on the frontier; gives those for whom it has become worse.
    fn hop(&mut self, frontier: &BTreeSet<i64>, hops: u8, most: usize) -> QueryResult<BTreeSet<i64>> {
        let mut meetings = self.meetings(frontier, Way::Dependents)?;
        // A zone has a million records, and a panel room for six lines.
        let mut met: BTreeSet<i64> = meetings.iter().map(|meeting| meeting.to).collect();
        let room = 2 * most.saturating_sub(self.nodes.len()) + BATCH;
        if met.len() > room {
            self.truncated = true;
            let known = met.iter().filter(|id| self.nodes.contains_key(id));
            met = known.chain(&met).take(room).copied().collect();
            meetings.retain(|meeting| met.contains(&meeting.to));
        }
        self.fetch(met.into_iter())?;
        let mut reached: BTreeMap<i64, (&Meeting, Sense)> = BTreeMap::new();
        for meeting in &meetings {
            if let Some(sense) = self.sense(meeting.to, meeting.from, meeting.role) {
                reached.entry(meeting.to).or_insert((meeting, sense));
            }
        }
        let fresh: BTreeSet<i64> = reached.keys().filter(|id| !self.nodes.contains_key(id)).copied().collect();
        let left = most.saturating_sub(self.nodes.len());
        self.truncated |= fresh.len() > left;
        let fresh: BTreeSet<i64> = fresh.into_iter().take(left).collect();
        let mut needs = self.needs(&fresh)?;
        for id in fresh {
            let Some((meeting, sense)) = reached.get(&id) else { continue };
            let needs = needs.remove(&id).unwrap_or_default();
            let (from, key) = (meeting.from, meeting.key.clone());
            self.nodes.insert(id, Node { from, key, sense: *sense, hops, needs, judgement: None });
        }
        // All are judged by what was known before this hop, so that their order does not matter.
        let judged: Vec<(i64, Judgement)> = reached
            .keys()
            .filter_map(|id| {
                let node = self.nodes.get(id)?;
                let kind = &self.rows.get(id)?.kind;
                let judgement = judge(kind, &node.needs, |holder| self.harm(holder))?;
                let before = node.judgement.as_ref().map(|judgement| judgement.harm);
                (before < Some(judgement.harm)).then_some((*id, judgement))
            })
            .collect();
        let mut worse = BTreeSet::new();
        for (id, judgement) in judged {
            if !judgement.is_uncovered_only {
                worse.insert(id);
            }
            if let Some(node) = self.nodes.get_mut(&id) {
                node.judgement = Some(judgement);
            }
        }
        Ok(worse)
    }

    fn meetings(&mut self, ids: &BTreeSet<i64>, way: Way) -> QueryResult<Vec<Meeting>> {
        let asking: Vec<(i64, Way)> = ids.iter().map(|id| (*id, way)).collect();
        let (meetings, more) = links::meetings(self.connection, self.look, &asking)?;
        self.truncated |= more;
        Ok(meetings)
    }

    /// What each of these depends on, by key, with everything that stands behind it.
    fn needs(&mut self, ids: &BTreeSet<i64>) -> QueryResult<HashMap<i64, Needs>> {
        let meetings = self.meetings(ids, Way::Needs)?;
        self.fetch(meetings.iter().map(|meeting| meeting.to))?;
        let mut needs: HashMap<i64, Needs> = HashMap::new();
        for meeting in meetings {
            if let Some(sense) = self.sense(meeting.from, meeting.to, meeting.role) {
                let of_it = needs.entry(meeting.from).or_default();
                let need: &mut Need = of_it.entry((meeting.key, sense)).or_default();
                need.holders.insert(meeting.to);
            }
        }
        Ok(needs)
    }

    fn fetch(&mut self, ids: impl Iterator<Item = i64>) -> QueryResult<()> {
        let unknown: BTreeSet<i64> = ids.filter(|id| !self.rows.contains_key(id)).collect();
        for row in self.look.rows(self.connection, unknown)? {
            if self.look.at.is_some() || row.gone_at.is_none() {
                self.rows.insert(row.id, row);
            }
        }
        Ok(())
    }

    /// In which sense the one who meets the other depends on it; `None` if it does not, or one of them is not to be
    /// seen. `role` is in which the meeting was.
    fn sense(&self, dependent: i64, on: i64, role: Role) -> Option<Sense> {
        let (dependent, on) = (self.rows.get(&dependent)?, self.rows.get(&on)?);
        let is = |row: &ResourceRow, kind: &str| row.kind == kind;
        match () {
            () if self.origins.contains(&dependent.id) || dependent.id == on.id => None,
            // It tells of its instance, and ends with it.
            () if is(dependent, maintenance_event::SPEC.name) => None,
            () if is(dependent, certificate::SPEC.name) => is(on, app::SPEC.name).then_some(Sense::Within),
            () if is(on, zone::SPEC.name) => Some(Sense::Within),
            () if is(on, certificate::SPEC.name) => {
                (is(dependent, app::SPEC.name) || leads_clients(dependent)).then_some(Sense::Covers)
            }
            // A name is more than its addresses, but only these lead anybody there.
            () if is(on, dns_record::SPEC.name) && !leads_clients(on) => None,
            () if role == Role::Covers => None,
            () => Some(Sense::Leads),
        }
    }

    fn harm(&self, id: i64) -> Option<Harm> {
        if self.origins.contains(&id) {
            return Some(Harm::Lost);
        }
        let judgement = self.nodes.get(&id)?.judgement.as_ref()?;
        (!judgement.is_uncovered_only).then_some(judgement.harm)
    }

    fn told(self) -> Touches {
        let affected = self.nodes.iter().filter_map(|(id, node)| {
            let judgement = node.judgement.as_ref()?;
            let row = self.rows.get(id)?.clone();
            let spec = row.spec()?;
            let (harm, left) = (judgement.harm, judgement.left.clone());
            Some(Affected { spec, harm, left, hops: node.hops, path: self.path(*id), origin: self.origin(*id), row })
        });
        Touches { affected: affected.collect(), truncated: self.truncated }
    }

    /// From which of those that go away it was reached.
    fn origin(&self, id: i64) -> i64 {
        let mut at = id;
        while let Some(node) = self.nodes.get(&at) {
            at = node.from;
        }
        at
    }

    /// From what depends directly to this one. Each was reached from one that was reached before, so it ends.
    fn path(&self, id: i64) -> Vec<Step> {
        let mut path = Vec::new();
        let mut at = id;
        while let (Some(node), Some(row)) = (self.nodes.get(&at), self.rows.get(&at)) {
            if let Some(spec) = row.spec() {
                path.push(Step { id: at, spec, name: row.title().to_owned(), words: words(row, node) });
            }
            at = node.from;
        }
        path.reverse();
        path
    }
}

/// Whether a client that asks for the name is led on by it.
fn leads_clients(row: &ResourceRow) -> bool {
    let of_type = dns_record::SPEC.facet("type").map(|position| row.facet(position)).unwrap_or_default();
    row.kind == dns_record::SPEC.name && dns_record::leads_clients(of_type)
}

fn words(row: &ResourceRow, node: &Node) -> String {
    let key = node.key.as_host().or(node.key.as_address()).unwrap_or(node.key.as_str());
    match (row.kind.as_str(), node.sense) {
        (_, Sense::Within) => "lies in it".to_owned(),
        (_, Sense::Covers) => format!("shows it for {key}"),
        ("load_balancer", _) => "has it as a target".to_owned(),
        ("app", _) => format!("answers as {key}"),
        _ => format!("points at {key}"),
    }
}
