//! The differences between a source and what is stored, and nothing written.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::Source;
use crate::guard::{Loss, Peaks, Verdict, judge};
use crate::kinds::diff::{Change, differences};
use crate::kinds::record::identity;
use crate::kinds::{KindName, Record};
use crate::providers::Collector;
use crate::store::apply::{attrs_by_identity, keep_fields};
use crate::store::scopes::{self, ScopeRow};
use crate::store::{Db, StoreError};
use crate::wire::{Event, Outcome, ProviderError, ScopeRef};

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

/// What a dry run found.
#[derive(Clone, Debug, Default)]
pub struct DryRun {
    pub differences: Vec<Difference>,
    /// Scopes that were not listed to their end, with the reason.
    pub inconclusive: Vec<(ScopeRef, String)>,
    /// What kept the provider from seeing anything.
    pub error: Option<ProviderError>,
}

/// Collects a source and compares; the database is only read.
pub async fn dry_run(db: &Db, source: &Source) -> Result<DryRun, StoreError> {
    let (collector, mut events) = Collector::channel_with(db.remembered(&source.config.name).await?);
    let provider = Arc::clone(&source.provider);
    let collecting = tokio::spawn(async move { provider.collect(&collector).await });
    let mut found = DryRun::default();
    let mut open: BTreeMap<ScopeRef, HashMap<i64, Record>> = BTreeMap::new();
    while let Some(event) = events.recv().await {
        match event {
            Event::Begin { scope, .. } | Event::Restart { scope } => {
                open.insert(scope, HashMap::new());
            }
            Event::Records { scope, records } => {
                let seen = open.entry(scope).or_default();
                seen.extend(records.into_iter().map(Record::without_nul).map(|record| (record.identity(), record)));
            }
            Event::End { scope, outcome } => {
                let seen = open.remove(&scope).unwrap_or_default();
                if let Outcome::Partial { error } = &outcome {
                    found.inconclusive.push((scope.clone(), error.to_string()));
                }
                compare(db, source, &scope, seen, outcome == Outcome::Complete, &mut found).await?;
            }
            Event::Note { .. } => {}
        }
    }
    found.error = collecting.await.ok().and_then(Result::err);
    Ok(found)
}

async fn compare(
    db: &Db,
    source: &Source,
    scope: &ScopeRef,
    seen: HashMap<i64, Record>,
    complete: bool,
    found: &mut DryRun,
) -> Result<(), StoreError> {
    let (name, wanted) = (source.config.name.clone(), scope.clone());
    let row = db.read(move |connection| scopes::find(connection, &name, &wanted)).await?;
    let known: HashMap<i64, i64> = match &row {
        None => HashMap::new(),
        Some(row) => {
            let id = row.id;
            let known = db.read(move |connection| scopes::known(connection, id)).await?;
            known.into_iter().map(|row| (row.external_hash, row.fingerprint)).collect()
        }
    };
    let listed: HashSet<i64> = seen.keys().copied().collect();
    let mut changed = Vec::new();
    for (hash, record) in seen {
        match known.get(&hash) {
            Some(fingerprint) if *fingerprint == source.salted(record.fingerprint()) => {}
            Some(_) => changed.push(record),
            None => {
                let facts = (scope.kind.spec().of.facts)(record.attrs.get(), &source.origin);
                let name = facts.map_or(record.external_id, |facts| facts.name);
                found.differences.push(Difference::Added { kind: scope.kind, name });
            }
        }
    }
    if let Some(row) = row {
        compare_changed(db, scope, &row, changed, found).await?;
        if complete {
            let missing: Vec<i64> = known.keys().filter(|hash| !listed.contains(*hash)).copied().collect();
            compare_missing(db, source, scope, &row, known.len(), missing, found).await?;
        }
    }
    Ok(())
}

async fn compare_changed(
    db: &Db,
    scope: &ScopeRef,
    row: &ScopeRow,
    changed: Vec<Record>,
    found: &mut DryRun,
) -> Result<(), StoreError> {
    let spec = scope.kind.spec();
    for chunk in changed.chunks(500) {
        let (id, hashes) = (row.id, chunk.iter().map(Record::identity).collect::<Vec<_>>());
        let stored = db.read(move |connection| attrs_by_identity(connection, id, &hashes)).await?;
        for record in chunk {
            let Some((name, old)) = stored.get(&identity(&record.external_id)) else { continue };
            let new = keep_fields(spec, old, record.attrs.get().to_owned(), &[]);
            let changes = differences(spec, old, &new);
            if !changes.is_empty() {
                found.differences.push(Difference::Changed { kind: scope.kind, name: name.clone(), changes });
            }
        }
    }
    Ok(())
}

async fn compare_missing(
    db: &Db,
    source: &Source,
    scope: &ScopeRef,
    row: &ScopeRow,
    known: usize,
    missing: Vec<i64>,
    found: &mut DryRun,
) -> Result<(), StoreError> {
    let loss = Loss {
        kept: (known - missing.len()) as u64,
        missing: missing.len() as u64,
        peak: Peaks::from_json(&row.peaks).peak(db.clock.now()),
        seen: 1,
    };
    let held = judge(loss, &source.thresholds(scope.kind.spec())) != Verdict::Apply;
    for chunk in missing.chunks(500) {
        let (id, hashes) = (row.id, chunk.to_vec());
        for row in db.read(move |connection| scopes::present(connection, id, &hashes)).await? {
            let (kind, name) = (scope.kind, row.name);
            found.differences.push(if held {
                Difference::Held { kind, name }
            } else {
                Difference::Gone { kind, name }
            });
        }
    }
    Ok(())
}
