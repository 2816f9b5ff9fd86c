//! Plans of DNS changes: from zones as they were read a moment ago to what will be written, why, and what speaks
//! against it.
//!
//! Pure functions, so that every rule can be tried on any record set without a provider. Whatever is asked for becomes
//! the same thing, a list of [`PlannedChange`]s by set, so that showing, guarding, writing and taking back are told
//! once.
//!
//! | file | part |
//! | --- | --- |
//! | `swap.rs` | repoint, replace, switch: what one side has is put in the place of what the other had |
//! | `own_names.rs` | machines' own names, which a switch leaves alone |
//! | `edit.rs` | records created, updated, deleted by somebody's hand |
//! | `content.rs` | what somebody typed as a content, in the form that providers compare |
//! | `conflicts.rs` | what may not stand beside what |
//! | `guards.rs` | what needs a reason, a name typed, or is refused |
//! | `pieces.rs` | a plan in writes, none of which splits a name |
//! | `way_back.rs` | the plan that restores what was there |
//! | `ttl.rs` | lower times to live before a switch, and the old ones after it |
//!
//! **One more sort of change**: a function from [`ZoneNow`]s to changes here, and its arm in
//! `actions::dns_change::draft`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::wire::dns::{RecordSet, SetChange, SetName, WriteTerms, ZoneAt};

mod conflicts;
mod content;
mod edit;
mod guards;
mod own_names;
mod pieces;
mod swap;
#[cfg(test)]
mod tests;
mod ttl;
mod way_back;

pub use content::EDITABLE;
pub use edit::{Edit, Op, edit};
pub use guards::{Marks, guard};
pub use own_names::{Machine, OwnNames};
pub use pieces::{Piece, pieces};
pub use swap::{Side, Swap, swap, swap_within};
pub use ttl::{lower, restore};
pub use way_back::{Since, way_back};

/// A zone as its provider had it a moment ago.
#[derive(Clone, Debug)]
pub struct ZoneNow {
    pub source: String,
    pub at: ZoneAt,
    /// All that there is of the names in question, or of the whole zone.
    pub sets: Vec<RecordSet>,
    /// Records of the whole zone.
    pub records: usize,
    /// Why nothing may be written there.
    pub read_only: Option<String>,
    /// Records that one write may hold.
    pub most_per_write: usize,
    pub terms: WriteTerms,
    /// What is known of its sets beside their content.
    pub marks: BTreeMap<SetName, Marks>,
    /// For somebody who sees a part of the zone alone: what else there is under the names in question. Nothing of it is
    /// told.
    pub hidden: Option<BTreeSet<SetName>>,
}

/// What will be written, and what speaks against it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Plan {
    pub changes: Vec<PlannedChange>,
    pub refusals: Vec<Refusal>,
    /// What was left alone, and why.
    pub notes: Vec<String>,
    /// So many of them because they are machines' own names, which somebody may want moved as well.
    pub own_names: usize,
    /// What one write to each zone may hold.
    pub limits: Vec<Limit>,
    /// What its words may tell: the fingerprint of the scope it was made under, 0 for one that sees everything.
    pub sight: u64,
}

/// How many records one write to a zone may hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    pub source: String,
    pub at: ZoneAt,
    pub most: usize,
}

/// One set before and after.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedChange {
    pub source: String,
    pub at: ZoneAt,
    #[serde(flatten)]
    pub change: SetChange,
    pub why: String,
    #[serde(default)]
    pub touches: Vec<Touch>,
    #[serde(default)]
    pub warnings: Vec<String>,
}

/// Something that depends on a record, the worst first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Touch {
    pub kind: String,
    pub id: i64,
    pub name: String,
    /// What it would be if nothing that the plan changes led anywhere any more: `lost`, `degraded`, or `none`.
    pub harm: String,
    /// What would be left, in words.
    #[serde(default)]
    pub left: String,
}

/// What speaks against a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    pub code: Code,
    pub text: String,
    pub overridable: bool,
    /// What has to be typed, where a reason alone does not do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirm: Option<String>,
    /// The change that has to be taken back first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<i64>,
}

/// The sorts of refusals; part of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// What was typed is no such record.
    Invalid,
    /// It may not stand beside what is there.
    Conflict,
    /// There is nothing to change.
    NothingToDo,
    /// No time to live is too long for a switch.
    NothingToLower,
    /// The zone cannot be written, or its provider could not be read.
    ReadOnly,
    /// More than one candidate.
    Ambiguous,
    /// Nothing healthy stands behind the balancer.
    NothingHealthy,
    /// The new side has nothing to put in the place of the old one's.
    NoCounterpart,
    /// What the plan rests on was not confirmed lately.
    Unsure,
    /// NS, SOA and MX.
    ProtectedType,
    /// A database server's record.
    DatabaseServer,
    /// Somebody else's record.
    SomeoneElses,
    /// A large part of a zone at once.
    LargeShare,
    /// The set is not as this plan left it.
    ChangedSince,
    /// What it takes is not all the asker's to see.
    OutOfSight,
}

impl Code {
    /// Whether it says that all is well as it is, and no more.
    pub fn is_calm(self) -> bool {
        matches!(self, Self::NothingToDo | Self::NothingToLower)
    }

    /// As in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Conflict => "conflict",
            Self::NothingToDo => "nothing-to-do",
            Self::NothingToLower => "nothing-to-lower",
            Self::ReadOnly => "read-only",
            Self::Ambiguous => "ambiguous",
            Self::NothingHealthy => "nothing-healthy",
            Self::NoCounterpart => "no-counterpart",
            Self::Unsure => "unsure",
            Self::ProtectedType => "protected-type",
            Self::DatabaseServer => "database-server",
            Self::SomeoneElses => "someone-elses",
            Self::LargeShare => "large-share",
            Self::ChangedSince => "changed-since",
            Self::OutOfSight => "out-of-sight",
        }
    }

    /// What somebody can do about it.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::Invalid => "Correct it and plan again.",
            Self::Conflict => "Delete what stands in the way in the same change.",
            Self::NothingToDo => "The records say this already, or none leads there.",
            Self::NothingToLower => "Go on whenever you like.",
            Self::ReadOnly => "Change it where the zone is kept.",
            Self::Ambiguous => "Find out who is meant and change the records by hand.",
            Self::NothingHealthy => "See to the balancer's targets first.",
            Self::NoCounterpart => "Give the new side such an address, or change these records by hand.",
            Self::Unsure => "Sync the sources first, or go on with a reason.",
            Self::ProtectedType | Self::DatabaseServer => "Go on only with a reason.",
            Self::SomeoneElses => "Ask them, or take the mark off the record's page.",
            Self::LargeShare => "Look at the list once more, then go on with a reason.",
            Self::ChangedSince => "Look at who changed it, then make a new change.",
            Self::OutOfSight => "Ask somebody who sees all of it.",
        }
    }

    /// What it says without saying of what, for whom the words of a plan are not meant.
    pub fn in_general(self) -> &'static str {
        match self {
            Self::Invalid => "Something in it is no record that can be made.",
            Self::Conflict => "It may not stand beside what is there.",
            Self::NothingToDo => "There is nothing to change.",
            Self::NothingToLower => "There is nothing to lower.",
            Self::ReadOnly => "The zone cannot be written from here.",
            Self::Ambiguous => "There is more than one candidate.",
            Self::NothingHealthy => "Nothing healthy stands on the new side.",
            Self::NoCounterpart => "The new side has nothing to put in the place of the old one's.",
            Self::Unsure => "What the plan rests on was not confirmed lately.",
            Self::ProtectedType => "It changes a record that decides where a whole domain is found.",
            Self::DatabaseServer => "It changes the record of a database server.",
            Self::SomeoneElses => "It changes a record that is marked as someone else's.",
            Self::LargeShare => "It changes a large part of the zone.",
            Self::ChangedSince => "A record was changed since by somebody else.",
            Self::OutOfSight => "What it takes is not all theirs who planned it.",
        }
    }
}

impl Refusal {
    /// One that nobody can override.
    pub fn hard(code: Code, text: impl Into<String>) -> Self {
        Self { code, text: text.into(), overridable: false, confirm: None, change: None }
    }

    /// One that somebody with a reason can.
    pub fn soft(code: Code, text: impl Into<String>) -> Self {
        Self { code, text: text.into(), overridable: true, confirm: None, change: None }
    }

    /// What somebody can do about it.
    pub fn remedy(&self) -> &'static str {
        match self.change {
            Some(_) => "Take that back, and then this.",
            None => self.code.remedy(),
        }
    }
}

impl ZoneNow {
    pub fn set(&self, of: &SetName) -> Option<&RecordSet> {
        self.sets.iter().find(|set| set.of == *of)
    }

    /// Whether something stands under that name that the asker is not told of.
    fn hides(&self, name: &str, of_type: impl Fn(&str) -> bool) -> bool {
        self.hidden.iter().flatten().any(|of| of.name == name && of_type(&of.record_type))
    }

    /// Its sets by owner name.
    pub fn by_name(&self) -> BTreeMap<&str, Vec<&RecordSet>> {
        let mut names: BTreeMap<&str, Vec<&RecordSet>> = BTreeMap::new();
        for set in &self.sets {
            names.entry(&set.of.name).or_default().push(set);
        }
        names
    }

    fn plan(
        &self,
        before: Option<&RecordSet>,
        after: Option<RecordSet>,
        why: impl Into<String>,
    ) -> Option<PlannedChange> {
        let of = before.or(after.as_ref())?.of.clone();
        let after = after.filter(|set| !set.values.is_empty());
        let same = match (before, &after) {
            (Some(before), Some(after)) => before.says_the_same_as(after),
            (None, None) => true,
            _ => false,
        };
        (!same).then(|| PlannedChange {
            source: self.source.clone(),
            at: self.at.clone(),
            change: SetChange { of, before: before.cloned(), after },
            why: why.into(),
            touches: Vec::new(),
            warnings: Vec::new(),
        })
    }
}

impl Plan {
    /// Whether it can be applied as it stands, without anybody's override.
    pub fn is_clear(&self) -> bool {
        self.refusals.is_empty()
    }

    /// Whether no reason helps.
    pub fn is_blocked(&self) -> bool {
        self.refusals.iter().any(|refusal| !refusal.overridable)
    }

    /// What has to be typed before it is applied.
    pub fn confirm(&self) -> Option<&str> {
        self.refusals.iter().find_map(|refusal| refusal.confirm.as_deref())
    }

    /// Adds another plan's content.
    pub fn absorb(&mut self, other: Self) {
        self.changes.extend(other.changes);
        self.refusals.extend(other.refusals);
        self.notes.extend(other.notes);
        self.own_names += other.own_names;
        self.limits.extend(other.limits);
    }

    /// In the order of zone, name and type, whoever found what first; and a refusal where nothing is left to do.
    pub fn settled(mut self) -> Self {
        self.changes.sort_by(|one, other| {
            (&one.source, &one.at, &one.change.of).cmp(&(&other.source, &other.at, &other.change.of))
        });
        if self.changes.is_empty() && self.refusals.is_empty() {
            self.refusals.push(Refusal::hard(Code::NothingToDo, "There is nothing to change."));
        }
        self
    }

    /// Records that it touches: the larger of before and after, set by set.
    pub fn records(&self) -> usize {
        self.changes.iter().map(|planned| weight(&planned.change)).sum()
    }

    /// Whether both would write the same over the same. Ids and times count, since a write keeps the ones it knows.
    pub fn writes_the_same_as(&self, other: &Self) -> bool {
        let same = |one: Option<&RecordSet>, other: Option<&RecordSet>| match (one, other) {
            (Some(one), Some(other)) => one.is_still(other),
            (None, None) => true,
            _ => false,
        };
        self.changes.len() == other.changes.len()
            && self.changes.iter().zip(&other.changes).all(|(one, other)| {
                one.at == other.at
                    && one.change.of == other.change.of
                    && same(one.change.before.as_ref(), other.change.before.as_ref())
                    && match (&one.change.after, &other.change.after) {
                        (Some(one), Some(other)) => one.says_the_same_as(other),
                        (None, None) => true,
                        _ => false,
                    }
            })
    }
}

/// Records that a change touches.
fn weight(change: &SetChange) -> usize {
    let count = |set: &Option<RecordSet>| set.as_ref().map_or(0, |set| set.values.len());
    count(&change.before).max(count(&change.after))
}
