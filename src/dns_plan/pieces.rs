//! A plan in writes: as few as the provider's limit allows, and none that does a name by half.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Plan;
use crate::wire::dns::{SetChange, ZoneAt};

/// What is written at once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Piece {
    pub source: String,
    pub at: ZoneAt,
    pub changes: Vec<SetChange>,
}

/// The writes of a plan, in its order. `most` says how many records one write to a zone may hold.
pub fn pieces(plan: &Plan, most: impl Fn(&str, &ZoneAt) -> usize) -> Vec<Piece> {
    let mut zones: BTreeMap<(&str, &ZoneAt), BTreeMap<&str, Vec<&SetChange>>> = BTreeMap::new();
    for planned in &plan.changes {
        let names = zones.entry((&planned.source, &planned.at)).or_default();
        names.entry(&planned.change.of.name).or_default().push(&planned.change);
    }
    let mut pieces = Vec::new();
    for ((source, at), names) in zones {
        let most = most(source, at).max(1);
        let mut held = usize::MAX;
        for changes in names.into_values() {
            let cost: usize = changes.iter().map(|change| cost(change)).sum();
            if held.saturating_add(cost) > most {
                pieces.push(Piece { source: source.to_owned(), at: at.clone(), changes: Vec::new() });
                held = 0;
            }
            held += cost;
            if let Some(piece) = pieces.last_mut() {
                piece.changes.extend(changes.into_iter().cloned());
            }
        }
    }
    pieces
}

/// Records that a write of it may name: each value of before may go and each of after may come, where ids cannot be
/// kept.
fn cost(change: &SetChange) -> usize {
    [&change.before, &change.after].into_iter().flatten().map(|set| set.values.len()).sum()
}
