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
    /// Whether this listing is another one that shows the open losses.
    pub losses_seen_again: bool,
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

/// Judges an ended listing.
pub async fn decide(db: &Db, source: &Source, tracked: &Tracked, outcome: &Outcome) -> Result<Decision, StoreError> {
    match outcome {
        Outcome::Complete => complete(db, source, tracked).await,
        Outcome::Partial { error } => Ok(inconclusive(tracked, ScopeState::Partial, words(error))),
        Outcome::Skipped { reason } => Ok(inconclusive(tracked, ScopeState::Skipped, reason.clone())),
    }
}

/// The provider's words without repeating who it is; the page shows that beside.
fn words(error: &ProviderError) -> String {
    format!("{}: {}: {}", error.operation, error.kind, error.message)
}

/// Nothing is concluded from what such a listing lacks; what it did show is news all the same.
fn inconclusive(tracked: &Tracked, state: ScopeState, reason: String) -> Decision {
    Decision {
        ending: Ending {
            state: state.as_str().to_owned(),
            reason,
            confirmed_at: None,
            peaks: tracked.row.peaks.clone(),
        },
        gone: Vec::new(),
        missing: Vec::new(),
        new_loss: None,
        confirmed_losses: Vec::new(),
        losses_seen_again: false,
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
    let candidates: Vec<&PresentRow> = unseen.iter().filter(|row| !held.is_a_persons(row.id)).collect();
    let all_seen_before = !candidates.is_empty() && candidates.iter().all(|row| held.confirming.contains(&row.id));
    let seen = if all_seen_before { 1 + held.listings } else { 1 };

    let mut peaks = Peaks::from_json(&tracked.row.peaks);
    let loss = Loss { kept: tracked.kept(), missing: candidates.len() as u64, peak: peaks.peak(now), seen };
    let mut decision = inconclusive(tracked, ScopeState::Complete, String::new());
    decision.ending.confirmed_at = Some(now);
    decision.losses_seen_again = true;
    match judge(loss, &source.thresholds(tracked.scope.kind.spec())) {
        Verdict::Apply => {
            decision.gone = candidates.iter().map(|row| (row.external_hash, row.id)).collect();
            decision.confirmed_losses.clone_from(&held.confirming_losses);
        }
        Verdict::Hold { baseline, lost, by_person } => {
            let reason = reason(lost, baseline, by_person);
            let new = candidates.iter().filter(|row| !held.confirming.contains(&row.id));
            decision.missing = new.map(|row| (row.external_hash, row.id)).collect();
            if !decision.missing.is_empty() {
                decision.new_loss = Some(NewLoss { subject: held::ROWS.to_owned(), reason: reason.clone(), baseline });
            }
            decision.hold(reason);
            decision.held_rows = candidates.len() as u64;
        }
    }
    let waiting = unseen.iter().filter(|row| held.waiting.contains(&row.id)).count() as u64;
    if waiting > 0 {
        decision.hold(format!("{waiting} are missing from a complete listing; somebody has to confirm it"));
        decision.held_rows += waiting;
    }
    hold_fields(db, tracked, &held.fields, &mut decision).await?;
    if decision.ending.state == ScopeState::Complete.as_str() {
        peaks.accept(now, tracked.kept() + tracked.fresh_count());
        decision.ending.peaks = peaks.to_json();
    }
    Ok(decision)
}

/// What is held in a scope already.
struct Held {
    /// Rows of losses that a second listing confirms, those losses, and in how many listings they were seen.
    confirming: HashSet<i64>,
    confirming_losses: Vec<i64>,
    listings: i64,
    /// Rows that wait for a person.
    waiting: HashSet<i64>,
    /// Rows of which a person has said that they are not lost.
    rejected: HashSet<i64>,
    /// Open losses of fields.
    fields: Vec<held::HeldLossRow>,
}

impl Held {
    async fn load(db: &Db, scope_id: i64) -> Result<Self, StoreError> {
        db.read(move |connection| {
            let mut held = Self {
                confirming: HashSet::new(),
                confirming_losses: Vec::new(),
                listings: 0,
                waiting: HashSet::new(),
                rejected: held::spoken_for(connection, scope_id)?.into_iter().collect(),
                fields: Vec::new(),
            };
            for loss in held::open_in(connection, scope_id)? {
                if loss.subject != held::ROWS {
                    held.fields.push(loss);
                    continue;
                }
                let items: HashSet<i64> =
                    held::items(connection, &Scope::unrestricted(), loss.id, usize::MAX)?.into_iter().collect();
                held.rejected.retain(|id| !items.contains(id));
                if loss.baseline < MANY.cast_signed() {
                    held.listings =
                        if held.confirming_losses.is_empty() { loss.seen } else { held.listings.min(loss.seen) };
                    held.confirming.extend(items);
                    held.confirming_losses.push(loss.id);
                } else {
                    held.waiting.extend(items);
                }
            }
            Ok(held)
        })
        .await
    }

    fn is_a_persons(&self, id: i64) -> bool {
        self.waiting.contains(&id) || self.rejected.contains(&id)
    }
}

impl Decision {
    fn hold(&mut self, reason: String) {
        ScopeState::Held.as_str().clone_into(&mut self.ending.state);
        if self.ending.reason.is_empty() {
            self.ending.reason = reason;
        }
    }
}

/// Adds the fields that most rows have lost, unless a person has just accepted that.
async fn hold_fields(
    db: &Db,
    tracked: &Tracked,
    losses: &[held::HeldLossRow],
    decision: &mut Decision,
) -> Result<(), StoreError> {
    let lost: BTreeSet<String> = fields::lost(db, tracked).await?;
    for loss in losses.iter().filter(|loss| loss.subject != held::ROWS && !lost.contains(&loss.subject)) {
        decision.returned_fields.push(loss.id);
    }
    for field in lost {
        let (scope_id, name) = (tracked.row.id, field.clone());
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
