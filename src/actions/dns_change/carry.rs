//! What a run carries with it: the writes in pieces, and the steps that do them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::dns_plan::Piece;
use crate::runs::{AfterCrash, NewStep, Shown};
use crate::store::runs::StepRow;
use crate::wire::dns::{RecordSet, SetChange, SetName};

/// The plan of a run. It holds what was there before, so the way back is written down before the first write.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Carried {
    /// The change that it carries out.
    pub change: i64,
    pub pieces: Vec<Piece>,
    /// The old times to live come back so long after its end.
    pub restore_after_seconds: Option<i64>,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// The piece at this position.
    Write(usize),
    Back(usize),
    Verify,
}

impl Carried {
    /// Its steps: a write each, and then the question to the servers.
    pub fn steps(&self) -> Vec<NewStep> {
        let writes = self.pieces.iter().enumerate().map(|(position, piece)| {
            let title = format!("Write {}", named(piece));
            NewStep::new(title, json!(What::Write(position)), AfterCrash::Settle)
        });
        let verify = NewStep::new("Ask the zones' own servers", json!(What::Verify), AfterCrash::Unknown);
        writes.chain([verify]).collect()
    }

    /// `<source>/<zone id>` of each zone that it writes to.
    pub fn lanes(&self) -> Vec<String> {
        self.pieces.iter().map(|piece| format!("{}/{}", piece.source, piece.at.id)).collect()
    }

    /// Its zones, for people.
    pub fn target(&self) -> String {
        let zones: BTreeSet<&str> = self.pieces.iter().map(|piece| piece.at.name.as_str()).collect();
        zones.into_iter().collect::<Vec<_>>().join(", ")
    }
}

/// So many sets are told of to the audit.
const TOLD: usize = 50;

/// Sets for the audit: `www.example.com A: 192.0.2.1 (300 s)`.
pub fn told<'s>(sets: impl ExactSizeIterator<Item = (&'s SetName, Option<&'s RecordSet>)>) -> String {
    let more = sets.len().saturating_sub(TOLD);
    let line = |(of, set): (&SetName, Option<&RecordSet>)| {
        let ttl = set.and_then(|set| set.values.first()).map(|value| format!(" ({} s)", value.ttl));
        format!("{of}: {}{}", contents(set), ttl.unwrap_or_default())
    };
    let mut lines: Vec<String> = sets.take(TOLD).map(line).collect();
    lines.extend((more > 0).then(|| format!("and {more} more")));
    lines.join("; ")
}

/// `12 sets of example.com`.
fn named(piece: &Piece) -> String {
    match piece.changes.as_slice() {
        [one] => format!("{} of {}", one.of, piece.at.name),
        several => format!("{} sets of {}", several.len(), piece.at.name),
    }
}

/// What takes a step back that has written something.
pub fn step_back(step: &StepRow) -> Option<NewStep> {
    let what: What = serde_json::from_str(&step.what).ok()?;
    let What::Write(piece) = what else { return None };
    let title = format!("Take back: {}", step.title);
    Some(NewStep::new(title, json!(What::Back(piece)), AfterCrash::Settle).undoing(step.position))
}

/// The plan as the run's page shows it.
pub fn shown(plan: &Value) -> Shown {
    let carried: Carried = serde_json::from_value(plan.clone()).unwrap_or_default();
    let changes = carried.pieces.iter().flat_map(|piece| piece.changes.iter().map(move |change| (piece, change)));
    let row = |(piece, change): (&Piece, &SetChange)| {
        vec![
            change.of.name.clone(),
            change.of.record_type.clone(),
            contents(change.before.as_ref()),
            contents(change.after.as_ref()),
            format!("{} of {}", piece.at.name, piece.source),
        ]
    };
    Shown {
        facts: vec![("Zones".to_owned(), carried.target()), ("Writes".to_owned(), carried.pieces.len().to_string())],
        columns: vec!["Name", "Type", "Before", "After", "Zone"],
        rows: changes.map(row).collect(),
        notes: vec![
            "Resolvers elsewhere keep the old answers until their time to live is over.".to_owned(),
            "If it ends as unknown, read the change's page: it says which server answers what.".to_owned(),
        ],
        href: Some(format!("/dns-changes/{}", carried.change)),
    }
}

/// The contents of a set in a line; a dash where there is none.
pub fn contents(set: Option<&RecordSet>) -> String {
    let values: Vec<&str> = set.into_iter().flat_map(|set| &set.values).map(|value| value.content.as_str()).collect();
    if values.is_empty() { "–".to_owned() } else { values.join(", ") }
}
