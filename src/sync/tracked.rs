//! One scope while it is being listed: what was known of it, what has been seen, and what differs.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};

use crate::clock::Instant;
use crate::kinds::{Record, SecretValue};
use crate::store::scopes::{self, KnownRow, ScopeRow, ScopeState};
use crate::store::secret_values::Listed;
use crate::store::stage::{self, Op, StagedRow};
use crate::store::{Db, Priority, StoreError, syncs};
use crate::wire::{Parent, ScopeRef};

use super::stream::Stream;
use super::{Claim, Source};

/// With more changes than this a scope is staged and applied in slices, instead of in one transaction.
pub const LARGE: usize = 2_000;
/// Rows put on the stage, or taken off it, in one transaction.
pub const STAGED_AT_ONCE: usize = 1_000;
/// The same while people write too.
const STAGED_WHILE_SOMEBODY_WAITS: usize = 250;

/// A scope in the middle of its listing.
pub struct Tracked {
    pub scope: ScopeRef,
    pub row: ScopeRow,
    /// What the panel has written since then is newer than this listing.
    pub began_at: Instant,
    /// Sorted by identity.
    known: Vec<KnownRow>,
    /// One bit a known row.
    seen: Vec<u64>,
    seen_count: u64,
    /// Rows marked as missing: identity to id.
    missing: HashMap<i64, i64>,
    /// Identities that were not known.
    fresh: HashSet<i64>,
    /// Known rows that differ.
    differing: HashSet<i64>,
    /// What differs or is new, until it is staged.
    pub pending: Pending,
    /// Identities that are pending and lie on the stage too, because they were listed twice.
    again: HashSet<i64>,
    /// The secrets beside what differs or is new. They are never staged: the stage is for text that anybody may read.
    pub(super) values: BTreeMap<i64, Vec<SecretValue>>,
    /// Whether some of it lies on the stage already.
    pub staged: bool,
    /// Whether some of it was written while it was listed, and by what.
    pub(super) streamed: bool,
    pub(super) stream: Stream,
    /// Whether another listing of the same scope began before this one had ended; together they prove no absence.
    pub listed_twice: bool,
    pub(super) source: Source,
}

/// What differs or is new, in the order in which it was listed; a row listed twice counts once.
#[derive(Default)]
pub struct Pending {
    rows: Vec<StagedRow>,
    by_identity: HashMap<i64, usize>,
}

impl Pending {
    fn put(&mut self, row: StagedRow) {
        match self.by_identity.entry(row.external_hash) {
            Entry::Occupied(position) => self.rows[*position.get()] = row,
            Entry::Vacant(position) => {
                position.insert(self.rows.len());
                self.rows.push(row);
            }
        }
    }

    fn has(&self, identity: i64) -> bool {
        self.by_identity.contains_key(&identity)
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn rows(&self) -> &[StagedRow] {
        &self.rows
    }

    pub(super) fn into_rows(self) -> Vec<StagedRow> {
        self.rows
    }
}

impl Tracked {
    /// Begins a listing: makes the scope if it is new and loads what is known of it.
    pub async fn begin(
        db: &Db,
        source: &Source,
        claim: &Claim,
        scope: ScopeRef,
        parent: Option<Parent>,
    ) -> Result<Self, StoreError> {
        let (name, wanted, now) = (source.config.name.clone(), scope.clone(), db.clock.now());
        let holder = claim.clone();
        let (row, discarded) = db
            .write_as(Priority::Background, move |connection| {
                syncs::hold(connection, holder.sync_id, &holder.worker, now)?;
                let row = scopes::begin(connection, &name, &wanted, parent.as_ref(), now)?;
                let discarded = stage::discard(connection, row.id, STAGED_AT_ONCE)?;
                Ok((row, discarded))
            })
            .await?;
        if discarded == STAGED_AT_ONCE {
            discard_stage(db, claim, row.id).await?;
        }
        let id = row.id;
        let (known, missing) =
            db.read(move |connection| Ok((scopes::known(connection, id)?, scopes::missing(connection, id)?))).await?;
        Ok(Self {
            scope,
            row,
            began_at: now,
            seen: unmarked(&known),
            seen_count: 0,
            missing: missing.into_iter().map(|row| (row.external_hash, row.id)).collect(),
            known,
            fresh: HashSet::new(),
            differing: HashSet::new(),
            pending: Pending::default(),
            again: HashSet::new(),
            values: BTreeMap::new(),
            staged: false,
            streamed: false,
            stream: Stream::default(),
            listed_twice: false,
            source: source.clone(),
        })
    }

    /// Compares records by their fingerprints; those that are as they were are dropped here.
    pub fn see(&mut self, records: Vec<Record>) {
        for record in records.into_iter().map(Record::without_nul) {
            let identity = record.identity();
            let fingerprint = self.source.salted(record.fingerprint());
            let first = match self.known.binary_search_by_key(&identity, |row| row.external_hash) {
                Ok(position) => {
                    self.mark_seen(position);
                    if self.known[position].fingerprint == fingerprint && !self.differing.contains(&identity) {
                        continue;
                    }
                    self.differing.insert(identity)
                }
                Err(_) => self.fresh.insert(identity),
            };
            if self.staged && !first && !self.pending.has(identity) {
                self.again.insert(identity);
            }
            if !record.values.is_empty() {
                self.values.insert(identity, record.values);
            }
            self.pending.put(StagedRow {
                position: 0,
                external_hash: identity,
                op: Op::Put.as_str().to_owned(),
                external_id: record.external_id,
                fingerprint,
                attrs: String::from(Box::<str>::from(record.attrs)),
            });
        }
    }

    /// Whether what is listed is written at once: nothing is known that could be lost, nor was it ever listed to its end.
    pub(super) fn streams(&self) -> bool {
        self.known.is_empty() && self.row.state() == ScopeState::Never && (self.streamed || self.pending.len() > LARGE)
    }

    /// Moves what differs out of memory once it is much, as are those of all scopes that have `gathered`: onto the stage, or
    /// right to where it belongs.
    pub async fn spill(&mut self, db: &Db, claim: &Claim, gathered: usize) -> Result<(), StoreError> {
        if self.streams() {
            return self.stream_pending(db, claim, gathered).await;
        }
        if self.pending.len() > LARGE || (self.staged && self.pending.len() >= STAGED_AT_ONCE) {
            self.stage_pending(db, claim).await?;
        }
        Ok(())
    }

    /// Puts everything pending onto the stage.
    pub async fn stage_pending(&mut self, db: &Db, claim: &Claim) -> Result<(), StoreError> {
        self.staged = true;
        let mut rows = std::mem::take(&mut self.pending).into_rows().into_iter();
        // They all go before the first slice comes, of which they are as likely as of any other.
        let mut again: Vec<i64> = std::mem::take(&mut self.again).into_iter().collect();
        loop {
            let most = if db.somebody_waits() { STAGED_WHILE_SOMEBODY_WAITS } else { STAGED_AT_ONCE };
            let slice: Vec<StagedRow> = rows.by_ref().take(most).collect();
            if slice.is_empty() {
                return Ok(());
            }
            stage_slice(db, claim, self.row.id, slice, std::mem::take(&mut again)).await?;
        }
    }

    /// Forgets what this listing has shown: it begins again. What of it is written already is known from now on.
    pub async fn restart(&mut self, db: &Db, claim: &Claim) -> Result<(), StoreError> {
        if self.streamed {
            self.stream.settle().await?;
            let id = self.row.id;
            self.known = db.read(move |connection| scopes::known(connection, id)).await?;
        }
        self.seen = unmarked(&self.known);
        self.seen_count = 0;
        self.fresh.clear();
        self.differing.clear();
        self.pending = Pending::default();
        self.again.clear();
        self.values.clear();
        if self.staged {
            discard_stage(db, claim, self.row.id).await?;
            self.staged = false;
        }
        Ok(())
    }

    /// The secrets of what differs or is new.
    pub fn secrets(&self) -> Vec<Listed> {
        let listed = self.values.iter();
        listed.map(|(identity, values)| Listed { external_hash: *identity, values: values.clone() }).collect()
    }

    /// Known rows that the listing has shown.
    pub fn kept(&self) -> u64 {
        self.seen_count
    }

    pub fn fresh_count(&self) -> u64 {
        self.fresh.len() as u64
    }

    /// Known rows that differ from what is stored.
    pub fn differing_count(&self) -> u64 {
        self.differing.len() as u64
    }

    /// Known rows that are as they were.
    pub fn unchanged_count(&self) -> u64 {
        self.seen_count - self.differing.len() as u64
    }

    /// The same, of those that were there before this sync.
    pub fn untouched_count(&self) -> u64 {
        // There was nothing before it.
        if self.streamed { 0 } else { self.unchanged_count() }
    }

    /// Whether it was known and differs from what is stored.
    pub fn differs(&self, identity: i64) -> bool {
        self.differing.contains(&identity)
    }

    /// Identities that were known and are not shown.
    pub fn unseen(&self) -> Vec<i64> {
        (0..self.known.len())
            .filter(|position| !self.is_seen(*position))
            .map(|position| self.known[position].external_hash)
            .collect()
    }

    /// Ids of rows that were marked as missing and are shown again.
    pub fn back(&self) -> Vec<(i64, i64)> {
        let mut back: Vec<(i64, i64)> = self
            .missing
            .iter()
            .filter(|(identity, _)| {
                self.known
                    .binary_search_by_key(*identity, |row| row.external_hash)
                    .is_ok_and(|position| self.is_seen(position))
            })
            .map(|(identity, id)| (*identity, *id))
            .collect();
        back.sort_unstable();
        back
    }

    fn mark_seen(&mut self, position: usize) {
        let (word, bit) = (position / 64, 1 << (position % 64));
        if self.seen[word] & bit == 0 {
            self.seen[word] |= bit;
            self.seen_count += 1;
        }
    }

    fn is_seen(&self, position: usize) -> bool {
        self.seen[position / 64] & (1 << (position % 64)) != 0
    }
}

/// A bit for each row, none of them set.
fn unmarked(known: &[KnownRow]) -> Vec<u64> {
    vec![0; known.len().div_ceil(64)]
}

/// Puts one slice onto the stage, in the place of those that are there `again`, if the claim still holds.
pub async fn stage_slice(
    db: &Db,
    claim: &Claim,
    scope_id: i64,
    slice: Vec<StagedRow>,
    again: Vec<i64>,
) -> Result<(), StoreError> {
    let (claim, now) = (claim.clone(), db.clock.now());
    db.write_as(Priority::Background, move |connection| {
        syncs::hold(connection, claim.sync_id, &claim.worker, now)?;
        stage::add(connection, scope_id, slice, &again)
    })
    .await
}

/// Throws the draft of a scope away, in slices, as long as the claim holds.
pub async fn discard_stage(db: &Db, claim: &Claim, scope_id: i64) -> Result<(), StoreError> {
    loop {
        let (claim, now) = (claim.clone(), db.clock.now());
        let gone = db
            .write_as(Priority::Background, move |connection| {
                syncs::hold(connection, claim.sync_id, &claim.worker, now)?;
                stage::discard(connection, scope_id, STAGED_AT_ONCE)
            })
            .await?;
        if gone < STAGED_AT_ONCE {
            return Ok(());
        }
    }
}
