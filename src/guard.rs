//! The brake: what may vanish without a person, and what is held.
//!
//! Only disappearances are judged; additions and changes always go on. Pure functions over counts.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::clock::Instant;
use crate::config::GuardThresholds;

/// From this many rows on, a person confirms a suspicious loss; under it, a second complete listing does.
pub const MANY: u64 = 10;

/// How many complete listings must show the same loss of a small scope before it is believed.
pub const LISTINGS_TO_CONFIRM: i64 = 2;

/// What is lost, and of how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loss {
    /// Rows that were there before and that the complete listing shows again.
    pub kept: u64,
    /// Rows that were there before and that it lacks.
    pub missing: u64,
    /// The largest accepted count of the last 24 hours.
    pub peak: u64,
    /// In how many complete listings, this one included, exactly this loss was seen.
    pub seen: i64,
}

/// What to do about a loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Believable, or nothing is missing.
    Apply,
    /// Suspicious; `by_person` says who confirms it.
    Hold { baseline: u64, lost: u64, by_person: bool },
}

/// Judges a loss. Many small falls within a day count as one, because all are measured against the day's peak.
pub fn judge(loss: Loss, thresholds: &GuardThresholds) -> Verdict {
    if loss.missing == 0 {
        return Verdict::Apply;
    }
    let baseline = loss.peak.max(loss.kept + loss.missing);
    let lost = baseline - loss.kept;
    let share = ratio(lost, baseline);
    let by_person = baseline >= MANY;
    let allowed = if by_person { thresholds.loss_of_many } else { thresholds.loss_of_few };
    // A small epsilon, so that three of ten is not more than 30 % by a rounding error.
    let suspicious = loss.kept == 0 || share > allowed + 1e-9;
    if !suspicious || (!by_person && loss.seen >= LISTINGS_TO_CONFIRM) {
        return Verdict::Apply;
    }
    Verdict::Hold { baseline, lost, by_person }
}

/// Whether a field that most rows had has suddenly become rare: nine in ten had it, under half still have.
///
/// `changed` rows differ from what is stored; of them `had` had the field and `have` still do. The `unchanged` rows
/// count as having it.
pub fn field_is_lost(changed: u64, had: u64, have: u64, unchanged: u64) -> bool {
    let rows = changed + unchanged;
    rows >= MANY && changed > 0 && ratio(had, changed) >= 0.9 && ratio(unchanged + have, rows) < 0.5
}

#[allow(clippy::cast_precision_loss, reason = "counts of rows are far below 2^52")]
fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}

/// The largest accepted count of each hour of the last day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peaks(Vec<(i64, u64)>);

impl Peaks {
    /// Reads what [`Peaks::to_json`] wrote; anything else is an empty history.
    pub fn from_json(json: &str) -> Self {
        serde_json::from_str(json).unwrap_or_default()
    }

    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The largest accepted count within 24 hours before `now`, to the hour.
    pub fn peak(&self, now: Instant) -> u64 {
        let oldest = hour(now - TimeDelta::hours(24));
        self.0.iter().filter(|(hour, _)| *hour >= oldest).map(|(_, count)| *count).max().unwrap_or(0)
    }

    /// Notes an accepted count.
    pub fn accept(&mut self, now: Instant, count: u64) {
        let oldest = hour(now - TimeDelta::hours(24));
        self.0.retain(|(hour, _)| *hour >= oldest);
        match self.0.last_mut() {
            Some((last, peak)) if *last == hour(now) => *peak = (*peak).max(count),
            _ => self.0.push((hour(now), count)),
        }
    }

    /// Forgets the past: a person has confirmed that `count` is what there is.
    pub fn reset(&mut self, now: Instant, count: u64) {
        self.0 = vec![(hour(now), count)];
    }
}

fn hour(at: Instant) -> i64 {
    at.timestamp().div_euclid(3_600)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `peak`, rows stored before, rows still listed, how often seen → what happens.
    fn verdict(peak: u64, before: u64, listed: u64, seen: i64) -> &'static str {
        let loss = Loss { kept: listed, missing: before - listed, peak, seen };
        match judge(loss, &GuardThresholds::default()) {
            Verdict::Apply => "applied",
            Verdict::Hold { by_person: true, .. } => "held for a person",
            Verdict::Hold { by_person: false, .. } => "held for a second listing",
        }
    }

    #[test]
    fn the_guard_as_a_table() {
        for (peak, before, listed, seen, expected) in [
            // F14: 12, 9, 7, 0 within a day.
            (12, 12, 9, 1, "applied"),
            (12, 9, 7, 1, "held for a person"),
            (12, 9, 0, 1, "held for a person"),
            // The same falls, a day apart each.
            (9, 9, 7, 1, "applied"),
            // Few rows.
            (9, 9, 1, 1, "held for a second listing"),
            (9, 9, 1, 2, "applied"),
            (4, 4, 2, 1, "applied"),
            (4, 4, 1, 1, "held for a second listing"),
            (1, 1, 0, 1, "held for a second listing"),
            (1, 1, 0, 2, "applied"),
            // Thirty per cent of ten is allowed, four of ten is not, and no number of listings confirms it.
            (10, 10, 7, 1, "applied"),
            (10, 10, 6, 1, "held for a person"),
            (10, 10, 6, 50, "held for a person"),
            // Nothing missing is nothing to judge, however high the peak was.
            (1_000, 10, 10, 1, "applied"),
        ] {
            assert_eq!(verdict(peak, before, listed, seen), expected, "{before} -> {listed} with a peak of {peak}");
        }
    }

    #[test]
    fn a_peak_lasts_a_day() {
        let start = Instant::from_timestamp(1_800_000_000, 0).unwrap();
        let mut peaks = Peaks::default();
        peaks.accept(start, 12);
        peaks.accept(start + TimeDelta::hours(3), 9);
        assert_eq!(peaks.peak(start + TimeDelta::hours(23)), 12);
        assert_eq!(peaks.peak(start + TimeDelta::hours(26)), 9);
        assert_eq!(Peaks::from_json(&peaks.to_json()), peaks);
        peaks.reset(start + TimeDelta::hours(4), 2);
        assert_eq!(peaks.peak(start + TimeDelta::hours(5)), 2);
    }

    #[test]
    fn tags_missing_from_all_is_a_lost_field_and_a_retagging_is_not() {
        assert!(field_is_lost(60, 60, 0, 0));
        assert!(field_is_lost(58, 55, 5, 2));
        assert!(!field_is_lost(60, 20, 0, 0), "few had it before");
        assert!(!field_is_lost(20, 20, 0, 40), "most still have it");
        assert!(!field_is_lost(9, 9, 0, 0), "under ten rows prove nothing");
    }
}
