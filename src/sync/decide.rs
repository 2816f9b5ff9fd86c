//! A listing has ended: what is gone, what is held, and how the scope ends. Reads and judges; writes nothing.

use std::collections::{BTreeSet, HashSet};

use super::{Source, Tracked, fields};
use crate::guard::{Loss, MANY, Peaks, Verdict, judge};
use crate::store::scopes::{Ending, PresentRow, ScopeState};
use crate::store::{Db, Scope, StoreError, held, scopes};
use crate::wire::{Outcome, ProviderError};

/// What is to be written about a scope.
#[derive(Debug)]
pub struct Decision {
    pub ending: Ending,
    /// Rows to be tombstones: identity and id.
    pub gone: Vec<(i64, i64)>,
    /// Rows to be marked as missing, in a held loss of their own.
    pub missing: Vec<(i64, i64)>,
    pub new_loss: Option<NewLoss>,
    /// Open losses that a second complete listing has confirmed.
    pub confirmed_losses: Vec<i64>,
    /// Whether the scope was listed to its end: then this is another listing that shows the open losses, and what it
    /// shows of a held field counts.
    pub conclusive: bool,
    /// Rows that were missing and are back.
    pub back: Vec<(i64, i64)>,
    /// Fields whose loss is held: rows keep the values they had.
    pub held_fields: Vec<String>,
    pub new_field_losses: Vec<NewLoss>,
    /// Open field losses that are over, because the field is back.
    pub returned_fields: Vec<i64>,
    /// Rows held in all, for the report.
    pub held_rows: u64,
}

/// A loss to be held.
#[derive(Clone, Debug)]
pub struct NewLoss {
    pub subject: String,
    pub reason: String,
    pub baseline: u64,
}

impl Decision {
    /// The same without rows that the panel has written since the listing began.
    pub fn without(mut self, newer: &BTreeSet<i64>) -> Self {
        for rows in [&mut self.gone, &mut self.missing, &mut self.back] {
            rows.retain(|(identity, _)| !newer.contains(identity));
        }
        self
    }
}

/// Judges an ended listing.
pub async fn decide(db: &Db, source: &Source, tracked: &Tracked, outcome: &Outcome) -> Result<Decision, StoreError> {
    let mut decision = match outcome {
        Outcome::Complete => complete(db, source, tracked).await?,
        Outcome::Partial { error } => inconclusive(tracked, ScopeState::Partial, words(error)),
        Outcome::Skipped { reason } => inconclusive(tracked, ScopeState::Skipped, reason.clone()),
    };
    hold_fields(db, tracked, &mut decision).await?;
    Ok(decision)
}

/// The provider's words without repeating who it is; the page shows that beside.
fn words(error: &ProviderError) -> String {
    format!("{}: {}: {}", error.operation, error.kind, error.message)
}

/// Nothing is concluded from what such a listing lacks; what it did show is news all the same.
fn inconclusive(tracked: &Tracked, state: ScopeState, reason: String) -> Decision {
    Decision {
        ending: Ending { state, reason, confirmed_at: None, accepted: None },
        gone: Vec::new(),
        missing: Vec::new(),
        new_loss: None,
        confirmed_losses: Vec::new(),
        conclusive: false,
        back: tracked.back(),
        held_fields: Vec::new(),
        new_field_losses: Vec::new(),
        returned_fields: Vec::new(),
        held_rows: 0,
    }
}

async fn complete(db: &Db, source: &Source, tracked: &Tracked) -> Result<Decision, StoreError> {
    let now = db.clock.now();
    let unseen = absent_rows(db, tracked).await?;
    let held = Held::load(db, tracked.row.id).await?;
    let (rejected, others): (Vec<&PresentRow>, Vec<_>) = unseen.iter().partition(|row| held.rejected.contains(&row.id));
    let (waiting, candidates): (Vec<&PresentRow>, Vec<_>) =
        others.into_iter().partition(|row| held.waiting.contains(&row.id));
    let rejected = rejected.len() as u64;

    // What a person has said is not lost is no part of what there was, either.
    let peak = held.peaks.peak(now).saturating_sub(rejected);
    let seen = held.listings_that_lack(&candidates);
    let loss = Loss { kept: tracked.kept(), missing: candidates.len() as u64, peak, seen };
    let mut decision = inconclusive(tracked, ScopeState::Complete, String::new());
    decision.conclusive = true;
    decision.ending.confirmed_at = Some(now);
    decision.ending.accepted = Some(tracked.kept() + tracked.fresh_count() + rejected);
    match judge(loss, &source.thresholds(tracked.scope.kind.spec())) {
        Verdict::Apply => {
            decision.gone = candidates.iter().map(|row| (row.external_hash, row.id)).collect();
            decision.confirmed_losses = held.confirmed_by(&candidates);
        }
        Verdict::Hold { baseline, lost, by_person } => {
            let reason = reason(lost, baseline, by_person);
            let new = candidates.iter().filter(|row| !held.is_confirming(row.id));
            decision.missing = new.map(|row| (row.external_hash, row.id)).collect();
            if !decision.missing.is_empty() {
                decision.new_loss = Some(NewLoss { subject: held::ROWS.to_owned(), reason: reason.clone(), baseline });
            }
            decision.hold(reason);
            decision.held_rows = candidates.len() as u64;
        }
    }
    if !waiting.is_empty() {
        let count = waiting.len();
        decision.hold(format!("{count} are missing from a complete listing; somebody has to confirm it"));
        decision.held_rows += count as u64;
    }
    Ok(decision)
}

/// What is held in a scope already, and what losses are measured against.
struct Held {
    peaks: Peaks,
    /// Losses that a second listing confirms.
    confirming: Vec<Confirming>,
    /// Rows that wait for a person.
    waiting: HashSet<i64>,
    /// Rows of which a person has said that they are not lost.
    rejected: HashSet<i64>,
}

/// A loss that a second listing confirms.
struct Confirming {
    loss: i64,
    rows: HashSet<i64>,
    /// In how many complete listings it was seen.
    listings: i64,
}

impl Held {
    /// As of now, not of the listing's beginning: a person may have decided something meanwhile.
    async fn load(db: &Db, scope_id: i64) -> Result<Self, StoreError> {
        db.read(move |connection| {
            let mut held = Self {
                peaks: scopes::peaks(connection, scope_id)?,
                confirming: Vec::new(),
                waiting: HashSet::new(),
                rejected: held::spoken_for(connection, scope_id)?.into_iter().collect(),
            };
            for loss in held::open_in(connection, scope_id)?.into_iter().filter(|loss| loss.subject == held::ROWS) {
                let rows: HashSet<i64> =
                    held::items(connection, &Scope::unrestricted(), loss.id, usize::MAX)?.into_iter().collect();
                held.rejected.retain(|id| !rows.contains(id));
                if loss.baseline < MANY.cast_signed() {
                    held.confirming.push(Confirming { loss: loss.id, rows, listings: loss.seen });
                } else {
                    held.waiting.extend(rows);
                }
            }
            Ok(held)
        })
        .await
    }

    fn is_confirming(&self, id: i64) -> bool {
        self.confirming.iter().any(|loss| loss.rows.contains(&id))
    }

    /// How many complete listings, the one at hand included, lack all of these rows.
    fn listings_that_lack(&self, candidates: &[&PresentRow]) -> i64 {
        let all_seen_before = candidates.iter().all(|row| self.is_confirming(row.id));
        let before = self.confirming.iter().map(|loss| loss.listings).min().filter(|_| all_seen_before);
        1 + before.unwrap_or(0)
    }

    /// The losses of which some rows have not returned.
    fn confirmed_by(&self, candidates: &[&PresentRow]) -> Vec<i64> {
        let remains = |loss: &&Confirming| candidates.iter().any(|row| loss.rows.contains(&row.id));
        self.confirming.iter().filter(remains).map(|loss| loss.loss).collect()
    }
}

impl Decision {
    /// Something is in doubt. A listing that was not complete stays what it was.
    fn hold(&mut self, reason: String) {
        if self.ending.state == ScopeState::Complete {
            self.ending.state = ScopeState::Held;
        }
        if self.ending.reason.is_empty() {
            self.ending.reason = reason;
        }
        self.ending.accepted = None;
    }
}

/// Adds the fields that most rows have lost, unless a person has just accepted that, and those that are held still: a
/// listing that broke off, or shows too few rows to judge by, brings nothing back.
async fn hold_fields(db: &Db, tracked: &Tracked, decision: &mut Decision) -> Result<(), StoreError> {
    let scope_id = tracked.row.id;
    let judged = fields::lost(db, tracked).await?;
    let can_return = decision.conclusive && judged.is_some();
    let lost = judged.unwrap_or_default();
    for loss in db.read(move |connection| held::fields_in(connection, scope_id)).await? {
        if lost.contains(&loss.subject) {
            continue;
        }
        if can_return {
            decision.returned_fields.push(loss.id);
        } else {
            decision.hold(loss.reason);
            decision.held_fields.push(loss.subject);
        }
    }
    for field in lost {
        let name = field.clone();
        let newest = db.read(move |connection| held::field_state(connection, scope_id, &name)).await?;
        let accepted_since = newest.as_ref().is_some_and(|loss| {
            loss.state == "accepted" && loss.decided_at >= tracked.row.confirmed_at && loss.decided_at.is_some()
        });
        if accepted_since {
            continue;
        }
        let reason = format!("most rows have lost their {field}; the listing may be degraded");
        if !newest.is_some_and(|loss| matches!(loss.state.as_str(), "open" | "rejected")) {
            let baseline = tracked.differing_count() + tracked.unchanged_count();
            decision.new_field_losses.push(NewLoss { subject: field.clone(), reason: reason.clone(), baseline });
        }
        decision.hold(reason);
        decision.held_fields.push(field);
    }
    Ok(())
}

fn reason(lost: u64, baseline: u64, by_person: bool) -> String {
    let who = if by_person { "somebody has to confirm it" } else { "a second complete listing will confirm it" };
    if lost == baseline {
        format!("all {baseline} are missing from a complete listing; {who}")
    } else {
        format!("{lost} of {baseline} are missing from a complete listing; {who}")
    }
}

/// The present rows that the listing does not show.
async fn absent_rows(db: &Db, tracked: &Tracked) -> Result<Vec<PresentRow>, StoreError> {
    let mut rows = Vec::new();
    let scope_id = tracked.row.id;
    for chunk in tracked.unseen().chunks(1_024) {
        let chunk = chunk.to_vec();
        rows.extend(db.read(move |connection| scopes::present(connection, scope_id, &chunk)).await?);
    }
    Ok(rows)
}
