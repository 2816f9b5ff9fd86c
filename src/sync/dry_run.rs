//! The differences between a source and what is stored, and nothing written.
//!
//! Records are compared as they arrive, and dropped. What is kept until the end of a listing, which may begin again
//! before it, is a name for each that is new and the changed fields of each that differs: memory follows the changes,
//! and 17 bytes a known row, not the listing.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::Arc;

use tokio_util::task::AbortOnDropHandle;

use super::Source;
use crate::guard::{Loss, Peaks, Verdict, judge};
use crate::kinds::diff::{Change, differences};
use crate::kinds::record::identity;
use crate::kinds::{KindName, Record};
use crate::providers::Collector;
use crate::store::apply::{attrs_by_identity, keep_fields};
use crate::store::scopes::{self, KnownRow, ScopeRow};
use crate::store::{Db, StoreError};
use crate::wire::{ErrorKind, Event, Outcome, ProviderError, ScopeRef};

/// What a sync would do to one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    Added {
        kind: KindName,
        name: String,
    },
    Changed {
        kind: KindName,
        name: String,
        changes: Vec<Change>,
    },
    Gone {
        kind: KindName,
        name: String,
    },
    /// Missing, and it would be held.
    Held {
        kind: KindName,
        name: String,
    },
}

/// What a dry run came to, besides the differences that it told.
#[derive(Clone, Debug, Default)]
pub struct DryRun {
    /// Scopes that were not listed to their end, with the reason.
    pub inconclusive: Vec<(ScopeRef, String)>,
    /// What kept the provider from seeing anything.
    pub error: Option<ProviderError>,
}

/// Why a dry run could not go on.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nobody takes what it tells.
    #[error("the differences could not be written")]
    Untold(#[from] io::Error),
}

/// Collects a source, compares, and tells each difference once its scope has ended; the database is only read.
pub async fn dry_run(
    db: &Db,
    source: &Source,
    tell: &mut (impl FnMut(Difference) -> io::Result<()> + Send),
) -> Result<DryRun, Stopped> {
    let (collector, mut events) = Collector::channel_with(db.remembered(&source.config.name).await?);
    let provider = Arc::clone(&source.provider);
    let collecting = AbortOnDropHandle::new(tokio::spawn(async move { provider.collect(&collector).await }));
    let mut found = DryRun::default();
    let mut open: BTreeMap<ScopeRef, Compared> = BTreeMap::new();
    while let Some(event) = events.recv().await {
        match event {
            Event::Begin { scope, .. } => {
                let begun = Compared::begin(db, source, &scope).await?;
                open.insert(scope, begun);
            }
            Event::Restart { scope } => {
                if let Some(compared) = open.get_mut(&scope) {
                    compared.forget();
                }
            }
            Event::Records { scope, records } => {
                if let Some(compared) = open.get_mut(&scope) {
                    compared.see(db, source, records).await?;
                }
            }
            Event::End { scope, outcome } => {
                let Some(compared) = open.remove(&scope) else { continue };
                if let Outcome::Partial { error } = &outcome {
                    found.inconclusive.push((scope, error.to_string()));
                }
                compared.end(db, source, outcome == Outcome::Complete, tell).await?;
            }
            Event::Note { .. } => {}
        }
    }
    // A stream that was cut proves no absence, and what it has shown is there all the same.
    for (scope, compared) in open {
        found.inconclusive.push((scope, "the listing broke off".to_owned()));
        compared.end(db, source, false, tell).await?;
    }
    let broke_off =
        || ProviderError::new(&source.config.provider, "collect", ErrorKind::Malformed, "the collector broke off");
    found.error = collecting.await.unwrap_or_else(|_| Err(broke_off())).err();
    Ok(found)
}

/// A scope while it is compared.
struct Compared {
    kind: KindName,
    row: Option<ScopeRow>,
    /// Sorted by identity.
    known: Vec<KnownRow>,
    /// Which of them the listing has shown.
    seen: Vec<bool>,
    /// Names of what is new, as it was listed; and where each is. One listed twice counts once, as it was last.
    added: Vec<Box<str>>,
    added_at: HashMap<i64, u32>,
    /// What differs, by identity.
    changed: BTreeMap<i64, (String, Vec<Change>)>,
}

impl Compared {
    async fn begin(db: &Db, source: &Source, scope: &ScopeRef) -> Result<Self, StoreError> {
        let (name, wanted) = (source.config.name.clone(), scope.clone());
        let read = db.read(move |connection| {
            let row = scopes::find(connection, &name, &wanted)?;
            let known = match &row {
                Some(row) => scopes::known(connection, row.id)?,
                None => Vec::new(),
            };
            Ok((row, known))
        });
        let (row, known) = read.await?;
        Ok(Self {
            kind: scope.kind,
            row,
            seen: vec![false; known.len()],
            known,
            added: Vec::new(),
            added_at: HashMap::new(),
            changed: BTreeMap::new(),
        })
    }

    /// The listing begins again: what it has shown does not count.
    fn forget(&mut self) {
        self.seen.fill(false);
        self.added.clear();
        self.added_at.clear();
        self.changed.clear();
    }

    async fn see(&mut self, db: &Db, source: &Source, records: Vec<Record>) -> Result<(), StoreError> {
        let mut differing = Vec::new();
        for record in records.into_iter().map(Record::without_nul) {
            let identity = record.identity();
            let Ok(position) = self.known.binary_search_by_key(&identity, |row| row.external_hash) else {
                self.add(source, identity, record);
                continue;
            };
            self.seen[position] = true;
            self.changed.remove(&identity);
            if self.known[position].fingerprint != source.salted(record.fingerprint()) {
                differing.push(record);
            }
        }
        self.differ(db, differing).await
    }

    fn add(&mut self, source: &Source, identity: i64, record: Record) {
        let facts = (self.kind.spec().of.facts)(record.attrs.get(), &source.origin);
        let name = facts.map_or(record.external_id, |facts| facts.name).into_boxed_str();
        match self.added_at.entry(identity) {
            Entry::Occupied(at) => self.added[*at.get() as usize] = name,
            Entry::Vacant(at) => {
                at.insert(u32::try_from(self.added.len()).unwrap_or(u32::MAX));
                self.added.push(name);
            }
        }
    }

    /// Compares field by field what does not look as it did.
    async fn differ(&mut self, db: &Db, differing: Vec<Record>) -> Result<(), StoreError> {
        let Some(id) = self.row.as_ref().map(|row| row.id).filter(|_| !differing.is_empty()) else { return Ok(()) };
        let spec = self.kind.spec();
        let hashes: Vec<i64> = differing.iter().map(Record::identity).collect();
        let stored = db.read(move |connection| attrs_by_identity(connection, id, &hashes)).await?;
        for record in differing {
            let identity = identity(&record.external_id);
            let Some((name, old)) = stored.get(&identity) else { continue };
            let new = keep_fields(spec, old, record.attrs.get().to_owned(), &[]);
            let changes = differences(spec, old, &new);
            if changes.is_empty() {
                self.changed.remove(&identity);
            } else {
                self.changed.insert(identity, (name.clone(), changes));
            }
        }
        Ok(())
    }

    /// Tells what differs; of what is missing only where all of the scope was listed.
    async fn end(
        self,
        db: &Db,
        source: &Source,
        is_complete: bool,
        tell: &mut (impl FnMut(Difference) -> io::Result<()> + Send),
    ) -> Result<(), Stopped> {
        let kind = self.kind;
        // Room that is not needed any more while millions are told.
        drop(self.added_at);
        for name in self.added {
            tell(Difference::Added { kind, name: name.into_string() })?;
        }
        for (name, changes) in self.changed.into_values() {
            tell(Difference::Changed { kind, name, changes })?;
        }
        let Some(row) = self.row.filter(|_| is_complete) else { return Ok(()) };
        let shown = self.known.iter().zip(&self.seen);
        let missing: Vec<i64> = shown.filter(|(_, seen)| !**seen).map(|(row, _)| row.external_hash).collect();
        tell_missing(db, source, kind, &row, self.known.len(), missing, tell).await
    }
}

async fn tell_missing(
    db: &Db,
    source: &Source,
    kind: KindName,
    row: &ScopeRow,
    known: usize,
    missing: Vec<i64>,
    tell: &mut (impl FnMut(Difference) -> io::Result<()> + Send),
) -> Result<(), Stopped> {
    let loss = Loss {
        kept: (known - missing.len()) as u64,
        missing: missing.len() as u64,
        peak: Peaks::from_json(&row.peaks).peak(db.clock.now()),
        seen: 1,
    };
    let is_held = judge(loss, &source.thresholds(kind.spec())) != Verdict::Apply;
    for chunk in missing.chunks(500) {
        let (id, hashes) = (row.id, chunk.to_vec());
        for row in db.read(move |connection| scopes::present(connection, id, &hashes)).await? {
            let name = row.name;
            tell(if is_held { Difference::Held { kind, name } } else { Difference::Gone { kind, name } })?;
        }
    }
    Ok(())
}
