//! Sync: takes what a provider collects, compares it with what is stored, asks the guard, and lets the store write.
//!
//! | file | part |
//! | --- | --- |
//! | `source.rs` | a configured source, ready to be collected |
//! | `tracked.rs` | one scope while it is being listed: what was known, what was seen, what differs |
//! | `fields.rs` | whether most rows have lost a field |
//! | `decide.rs` | a listing has ended: what is gone, what is held, how the scope ends |
//! | `write.rs` | a scope's outcome written in one transaction, or staged and applied in slices |
//! | `orphans.rs` | scopes that the listing no longer mentions |
//! | `recover.rs` | after a crash: discard drafts, roll applications forward |
//! | `dry_run.rs` | the differences, and nothing written |
//!
//! A collection arrives as events (`wire::collection`), so it does not matter where it was made. Memory follows the changes, and
//! 16 bytes a known row, not the listing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::clock::Instant;
use crate::providers::Collector;
use crate::relations::placement;
use crate::store::sources::SourceState;
use crate::store::syncs::{self, Tally};
use crate::store::{Db, StoreError, scopes, sources};
use crate::wire::{ErrorKind, Event, Outcome, ProviderError, ScopeRef};

mod decide;
pub mod dry_run;
mod fields;
mod orphans;
pub mod recover;
mod source;
mod tracked;
mod write;

pub use source::Source;
use tracked::Tracked;

/// How often the lease is renewed, whether the provider speaks or not.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// A provider that reports nothing for so long is given up.
const SILENCE: Duration = Duration::from_secs(600);
/// A provider that always has one more page is given up after this.
const LONGEST: Duration = Duration::from_secs(6 * 3_600);

/// The right to write: a claimed sync and the worker that claimed it.
#[derive(Clone, Debug)]
pub struct Claim {
    pub sync_id: i64,
    pub worker: String,
}

/// How a sync ended.
#[derive(Clone, Debug)]
pub struct Report {
    pub source: String,
    /// `succeeded`, `partial` or `failed`.
    pub state: &'static str,
    /// In the provider's words, when something failed.
    pub reason: String,
    pub scopes: Vec<ScopeReport>,
    pub notes: Vec<String>,
}

/// What a sync did in one scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeReport {
    pub scope: ScopeRef,
    pub state: String,
    pub reason: String,
    pub tally: Tally,
}

/// Collects a source and writes what has changed. The sync's row is ended here, whatever happens but a lost lease.
pub async fn run(db: &Db, source: &Source, claim: &Claim) -> Result<Report, StoreError> {
    let mut pass = Pass::new(db, source, claim);
    let (collector, events) = Collector::channel_with(db.remembered(&source.config.name).await?);
    let provider = Arc::clone(&source.provider);
    let span = tracing::Span::current();
    let collecting =
        tokio::spawn(tracing::Instrument::instrument(async move { provider.collect(&collector).await }, span));
    let listened = pass.listen(events).await;
    if listened.is_err() {
        collecting.abort();
    }
    listened?;
    let failure = |kind, words: &str| ProviderError::new(&source.config.provider, "collect", kind, words);
    let collected = if let Some(why) = pass.gave_up {
        collecting.abort();
        Err(failure(ErrorKind::Unavailable, why))
    } else {
        let broke_off = |_| Err(failure(ErrorKind::Malformed, "the collector broke off"));
        collecting.await.unwrap_or_else(broke_off)
    };
    pass.conclude(collected).await
}

/// One pass over a source.
struct Pass<'a> {
    db: &'a Db,
    source: &'a Source,
    claim: &'a Claim,
    started_at: Instant,
    open: BTreeMap<ScopeRef, Tracked>,
    ended: Vec<ScopeReport>,
    errors: Vec<ProviderError>,
    notes: Vec<String>,
    touched: Vec<i64>,
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
            ended: Vec::new(),
            errors: Vec::new(),
            notes: Vec::new(),
            touched: Vec::new(),
            gave_up: None,
        }
    }

    async fn listen(&mut self, mut events: mpsc::Receiver<Event>) -> Result<(), StoreError> {
        let began = tokio::time::Instant::now();
        let (mut heard, mut renewed) = (began, began);
        loop {
            match tokio::time::timeout_at(renewed + HEARTBEAT, events.recv()).await {
                Ok(None) => return Ok(()),
                Ok(Some(event)) => {
                    self.take(event).await?;
                    heard = tokio::time::Instant::now();
                }
                Err(_elapsed) if heard.elapsed() >= SILENCE => self.gave_up = Some("reported nothing for ten minutes"),
                Err(_elapsed) if began.elapsed() >= LONGEST => self.gave_up = Some("was not done after six hours"),
                Err(_elapsed) => {}
            }
            if self.gave_up.is_some() {
                return Ok(());
            }
            // A listing that streams steadily and changes nothing writes nothing either: its lease must live all the same.
            if renewed.elapsed() >= HEARTBEAT {
                self.renew().await?;
                renewed = tokio::time::Instant::now();
            }
        }
    }

    async fn renew(&self) -> Result<(), StoreError> {
        let (claim, now) = (self.claim.clone(), self.db.clock.now());
        self.db.write(move |connection| syncs::hold(connection, claim.sync_id, &claim.worker, now)).await
    }

    async fn take(&mut self, event: Event) -> Result<(), StoreError> {
        match event {
            Event::Begin { scope, parent } => {
                recover::roll_forward_scope(self.db, self.source, &scope).await?;
                let tracked = Tracked::begin(self.db, self.source, scope.clone(), parent).await?;
                self.open.insert(scope, tracked);
            }
            Event::Records { scope, records } => {
                if let Some(tracked) = self.open.get_mut(&scope) {
                    tracked.see(records);
                    tracked.spill(self.db, self.claim).await?;
                }
            }
            Event::Restart { scope } => {
                if let Some(tracked) = self.open.get_mut(&scope) {
                    tracked.restart(self.db).await?;
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
        if let Outcome::Partial { error } = &outcome {
            self.errors.push(error.clone());
        }
        let decision = decide::decide(self.db, self.source, &tracked, &outcome).await?;
        let (report, touched) = write::write(self.db, self.source, self.claim, tracked, decision).await?;
        self.ended.push(report);
        self.touched.extend(touched);
        Ok(())
    }

    /// The collector is done: ends what it left open, looks after what it did not mention, and ends the sync.
    async fn conclude(mut self, collected: Result<(), ProviderError>) -> Result<Report, StoreError> {
        let cut = collected.clone().err().unwrap_or_else(|| {
            ProviderError::new(
                &self.source.config.provider,
                "collect",
                ErrorKind::Malformed,
                "the listing ended without saying how",
            )
        });
        for scope in self.open.keys().cloned().collect::<Vec<_>>() {
            self.end(&scope, Outcome::Partial { error: cut.clone() }).await?;
        }
        match collected {
            Ok(()) => {
                let mentioned = self.ended.iter().map(|report| report.scope.clone()).collect();
                let (reports, touched) =
                    orphans::settle(self.db, self.source, self.claim, mentioned, self.started_at).await?;
                self.ended.extend(reports);
                self.touched.extend(touched);
            }
            Err(error) => self.errors.insert(0, error),
        }
        placement::derive(self.db, std::mem::take(&mut self.touched)).await?;
        self.finish().await
    }

    async fn finish(self) -> Result<Report, StoreError> {
        let Self { db, source, claim, ended, errors, notes, .. } = self;
        let any_news = ended.iter().any(|report| matches!(report.state.as_str(), "complete" | "held"));
        let all_complete = ended.iter().all(|report| report.state == "complete");
        let state = match (errors.is_empty(), all_complete, any_news) {
            (true, true, _) => "succeeded",
            (true, false, _) | (false, _, true) => "partial",
            (false, _, false) => "failed",
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
            syncs::end(connection, claim.sync_id, &claim.worker, state, &reason, &notes, now)?;
            sources::set_state(connection, &name, source_state, &reason, now)
        })
        .await?;
        Ok(report)
    }
}

/// The state and reason of a scope, as its report has them.
fn report(scope: ScopeRef, ending: &scopes::Ending, tally: Tally) -> ScopeReport {
    ScopeReport { scope, state: ending.state.clone(), reason: ending.reason.clone(), tally }
}
