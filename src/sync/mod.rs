//! Sync: takes what a provider collects, compares it with what is stored, asks the guard, and lets the store write.
//!
//! | file | part |
//! | --- | --- |
//! | `source.rs` | a configured source, ready to be collected |
//! | `tracked.rs` | one scope while it is being listed: what was known, what was seen, what differs |
//! | `fields.rs` | whether most rows have lost a field |
//! | `decide.rs` | a listing has ended: what is gone, what is held, how the scope ends |
//! | `small.rs` | the outcomes of small scopes, written several in one transaction |
//! | `write.rs` | the outcome of a large scope, staged and applied in slices |
//! | `stream.rs` | a large scope that nothing is known of, written while it is listed |
//! | `written.rs` | records that the panel itself has written, taken over at once |
//! | `orphans.rs` | scopes that the listing no longer mentions |
//! | `lease.rs` | the right to write, kept while the work goes on |
//! | `report.rs` | what a sync came to |
//! | `recover.rs` | after a crash: discard drafts, roll applications forward |
//! | `dry_run.rs` | the differences, and nothing written |
//!
//! A collection arrives as events (`wire::collection`), so it does not matter where it was made. Memory follows the
//! changes, and 16 bytes a known row, not the listing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use crate::clock::Instant;
use crate::providers::Collector;
use crate::relations::placement;
use crate::store::scopes::ScopeState;
use crate::store::sources::SourceState;
use crate::store::syncs;
use crate::store::{Db, StoreError, sources, statistics};
use crate::wire::{ErrorKind, Event, Outcome, ProviderError, ScopeRef};

mod decide;
pub mod dry_run;
mod fields;
mod lease;
mod orphans;
pub mod recover;
mod report;
mod small;
mod source;
mod stream;
mod tracked;
mod write;
pub mod written;

pub use report::{Report, ScopeReport, SyncState};
use small::Small;
pub use source::Source;
use tracked::Tracked;

/// A provider that reports nothing for so long is given up.
const SILENCE: Duration = Duration::from_secs(600);
/// A provider that always has one more page is given up after this.
const LONGEST: Duration = Duration::from_secs(6 * 3_600);

/// A provider that reports the next scope within this time has both written together.
const GATHERING: Duration = Duration::from_millis(20);
/// But none waits longer for the others.
const GATHERED: Duration = Duration::from_secs(1);
/// Rows, and scopes, that are written together at most.
const TOGETHER: (usize, usize) = (4_000, 64);

/// The right to write: a claimed sync and the worker that claimed it.
#[derive(Clone, Debug)]
pub struct Claim {
    pub sync_id: i64,
    pub worker: String,
}

/// Collects a source and writes what has changed. The sync's row is ended here, whatever happens but a lost lease.
pub async fn run(db: &Db, source: &Source, claim: &Claim) -> Result<Report, StoreError> {
    lease::keep(db, claim, Pass::new(db, source, claim).run()).await
}

/// One pass over a source.
struct Pass<'a> {
    db: &'a Db,
    source: &'a Source,
    claim: &'a Claim,
    started_at: Instant,
    open: BTreeMap<ScopeRef, Tracked>,
    /// Those whose listing has ended, to be judged and written.
    listed: Vec<(Tracked, Outcome)>,
    /// When the first of these had ended.
    listed_at: tokio::time::Instant,
    ended: Vec<ScopeReport>,
    errors: Vec<ProviderError>,
    notes: Vec<String>,
    /// Why the provider is not listened to any more.
    gave_up: Option<&'static str>,
}

impl<'a> Pass<'a> {
    fn new(db: &'a Db, source: &'a Source, claim: &'a Claim) -> Self {
        Self {
            db,
            source,
            claim,
            started_at: db.clock.now(),
            open: BTreeMap::new(),
            listed: Vec::new(),
            listed_at: tokio::time::Instant::now(),
            ended: Vec::new(),
            errors: Vec::new(),
            notes: Vec::new(),
            gave_up: None,
        }
    }

    async fn run(mut self) -> Result<Report, StoreError> {
        let (collector, events) = Collector::channel_with(self.db.remembered(&self.source.config.name).await?);
        let provider = Arc::clone(&self.source.provider);
        let collect = async move { provider.collect(&collector).await };
        // Dropped with the pass, however that ends.
        let collecting =
            AbortOnDropHandle::new(tokio::spawn(tracing::Instrument::instrument(collect, tracing::Span::current())));
        self.listen(events).await?;
        let collected = match self.gave_up {
            Some(why) => Err(self.failure(ErrorKind::Unavailable, why)),
            None => {
                collecting.await.unwrap_or_else(|_| Err(self.failure(ErrorKind::Malformed, "the collector broke off")))
            }
        };
        self.conclude(collected).await
    }

    /// An error that is not of the provider's own telling.
    fn failure(&self, kind: ErrorKind, words: &str) -> ProviderError {
        ProviderError::new(&self.source.config.provider, "collect", kind, words)
    }

    async fn listen(&mut self, mut events: mpsc::Receiver<Event>) -> Result<(), StoreError> {
        let began = tokio::time::Instant::now();
        let mut heard = began;
        loop {
            let patience =
                if self.listed.is_empty() { heard + SILENCE } else { tokio::time::Instant::now() + GATHERING };
            match tokio::time::timeout_at(patience, events.recv()).await {
                Ok(None) => return self.settle().await,
                Ok(Some(event)) => self.take(event).await?,
                Err(_elapsed) if !self.listed.is_empty() => {
                    self.settle().await?;
                    continue;
                }
                Err(_elapsed) => {
                    self.gave_up = Some("reported nothing for ten minutes");
                    return Ok(());
                }
            }
            if !self.listed.is_empty() && self.listed_at.elapsed() >= GATHERED {
                self.settle().await?;
            }
            if began.elapsed() >= LONGEST {
                self.gave_up = Some("was not done after six hours");
                return self.settle().await;
            }
            heard = tokio::time::Instant::now();
        }
    }

    async fn take(&mut self, event: Event) -> Result<(), StoreError> {
        match event {
            Event::Begin { scope, parent } => {
                if let Some(tracked) = self.open.get_mut(&scope) {
                    tracked.listed_twice = true;
                    return Ok(());
                }
                if self.listed.iter().any(|(listed, _)| listed.scope == scope) {
                    self.settle().await?;
                }
                recover::roll_forward_scope(self.db, self.source, self.claim, &scope).await?;
                let tracked = Tracked::begin(self.db, self.source, self.claim, scope.clone(), parent).await?;
                self.open.insert(scope, tracked);
            }
            Event::Records { scope, records } => {
                let gathered = records.len() + self.open.values().map(Tracked::gathered).sum::<usize>();
                if let Some(tracked) = self.open.get_mut(&scope) {
                    tracked.see(records);
                    tracked.spill(self.db, self.claim, gathered).await?;
                }
            }
            Event::Restart { scope } => {
                if let Some(tracked) = self.open.get_mut(&scope) {
                    tracked.restart(self.db, self.claim).await?;
                }
            }
            Event::End { scope, outcome } => self.end(&scope, outcome).await?,
            Event::Note { text } => {
                let text = text.replace('\0', "\u{FFFD}");
                tracing::info!(source = self.source.config.name, note = text, "a provider remarks");
                // Enough to understand, too few to fill a row with.
                if self.notes.len() < 100 && !self.notes.contains(&text) {
                    self.notes.push(text);
                }
            }
        }
        Ok(())
    }

    async fn end(&mut self, scope: &ScopeRef, outcome: Outcome) -> Result<(), StoreError> {
        let Some(tracked) = self.open.remove(scope) else { return Ok(()) };
        let outcome = if tracked.listed_twice {
            Outcome::Partial { error: self.failure(ErrorKind::Malformed, "the scope was listed twice at once") }
        } else {
            outcome
        };
        if let Outcome::Partial { error } = &outcome {
            self.errors.push(error.clone());
        }
        if self.listed.is_empty() {
            self.listed_at = tokio::time::Instant::now();
        }
        self.listed.push((tracked, outcome));
        let rows: usize = self.listed.iter().map(|(tracked, _)| tracked.pending.len()).sum();
        if rows >= TOGETHER.0 || self.listed.len() >= TOGETHER.1 { self.settle().await } else { Ok(()) }
    }

    /// Judges and writes the scopes whose listing has ended, the small ones together.
    async fn settle(&mut self) -> Result<(), StoreError> {
        let (db, source, claim) = (self.db, self.source, self.claim);
        let mut together = Vec::new();
        for (mut tracked, outcome) in std::mem::take(&mut self.listed) {
            tracked.settle(db, claim).await?;
            let decision = decide::decide(db, source, &tracked, &outcome).await?;
            if write::is_small(db, &tracked, &decision) {
                together.push(Small::of(db, source, tracked, decision));
                continue;
            }
            self.ended.extend(small::write(db, claim, std::mem::take(&mut together)).await?);
            self.ended.push(write::large(db, source, claim, tracked, decision).await?);
        }
        self.ended.extend(small::write(db, claim, together).await?);
        Ok(())
    }

    /// The collector is done: ends what it left open, looks after what it did not mention, and ends the sync.
    async fn conclude(mut self, collected: Result<(), ProviderError>) -> Result<Report, StoreError> {
        let cut = collected.clone().err();
        let cut = cut.unwrap_or_else(|| self.failure(ErrorKind::Malformed, "the listing ended without saying how"));
        for scope in self.open.keys().cloned().collect::<Vec<_>>() {
            self.end(&scope, Outcome::Partial { error: cut.clone() }).await?;
        }
        self.settle().await?;
        match collected {
            Ok(()) if self.ended.is_empty() => {
                self.errors.push(self.failure(ErrorKind::Malformed, "nothing was listed"));
            }
            Ok(()) => {
                let unmentioned =
                    orphans::settle(self.db, self.source, self.claim, &self.ended, self.started_at).await?;
                self.ended.extend(unmentioned);
            }
            Err(error) => self.errors.insert(0, error),
        }
        // Before places are derived, which asks about what has just come.
        statistics::all_written(self.db).await;
        placement::derive(self.db).await?;
        self.finish().await
    }

    async fn finish(self) -> Result<Report, StoreError> {
        let Self { db, source, claim, ended, errors, notes, .. } = self;
        let any_news = ended.iter().any(ScopeReport::is_conclusive);
        let all_complete = ended.iter().all(|report| report.state == ScopeState::Complete);
        let state = match (errors.is_empty(), all_complete, any_news) {
            (true, true, _) => SyncState::Succeeded,
            (true, false, _) | (false, _, true) => SyncState::Partial,
            (false, _, false) => SyncState::Failed,
        };
        let reason = errors.first().map(ToString::to_string).unwrap_or_default();
        let source_state = match errors.first() {
            None => SourceState::Ok,
            Some(error) if error.kind == ErrorKind::Auth => SourceState::Auth,
            Some(_) => SourceState::Failing,
        };
        let report = Report { source: source.config.name.clone(), state, reason, scopes: ended, notes };
        let (claim, name, now) = (claim.clone(), report.source.clone(), db.clock.now());
        let (reason, notes) = (report.reason.clone(), report.notes.join("\n"));
        db.write(move |connection| {
            syncs::end(connection, claim.sync_id, &claim.worker, state.as_str(), &reason, &notes, now)?;
            sources::set_state(connection, &name, source_state, &reason, now)
        })
        .await?;
        Ok(report)
    }
}
