//! A script's zones can be written to, and misbehave on cue.
//!
//! ```ignore
//! script.serves_zone(&zone, records).writes_end(Writing::LoseAnswer);
//! ```

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use async_trait::async_trait;

use super::super::book::{self, Book};
use super::{Gate, Script};
use crate::kinds::dns_record::DnsRecord;
use crate::kinds::zone::Zone;
use crate::providers::dns::{WriteError, WriteRecords, Written, ZoneRead};
use crate::wire::dns::{RecordSet, SetChange, ZoneAt};
use crate::wire::{ErrorKind, ProviderError};

/// How the next write goes.
#[derive(Clone, Debug)]
pub enum Writing {
    /// Nothing is written.
    Refuse(ProviderError),
    /// It is written, and the answer is lost.
    LoseAnswer,
    /// Nothing is written, and the caller cannot know.
    LoseRequest,
    /// It stands before the gate, and is written when that opens.
    StopAt(Gate),
    /// Somebody else writes this first; then it goes on.
    After(Vec<SetChange>),
}

/// What is written to and how.
#[derive(Debug, Default)]
pub struct Writes {
    zones: Vec<(Zone, Vec<DnsRecord>)>,
    book: Book,
    next: VecDeque<Writing>,
    refused_reads: VecDeque<ProviderError>,
    count: usize,
    moments: i64,
}

impl Script {
    /// The zone can be read and written, and holds these records at first; collections show it in the scope of its
    /// name.
    pub fn serves_zone(&self, zone: &Zone, records: Vec<DnsRecord>) -> &Self {
        let mut state = self.state();
        state.writes.zones.retain(|(known, _)| known.zone_id != zone.zone_id);
        state.writes.zones.push((zone.clone(), records.clone()));
        drop(state);
        self.holds_within(&zone.name, zone, records)
    }

    /// How writes end from now on, one after the other; when there is nothing left, well.
    pub fn writes_end(&self, how: Writing) -> &Self {
        self.state().writes.next.push_back(how);
        self
    }

    /// The next read of a zone fails so.
    pub fn refuses_a_read(&self, error: ProviderError) -> &Self {
        self.state().writes.refused_reads.push_back(error);
        self
    }

    /// The next write stands before a gate.
    pub fn stops_a_write(&self) -> Gate {
        let gate = Gate::default();
        self.writes_end(Writing::StopAt(gate.clone()));
        gate
    }

    /// Somebody else writes.
    pub fn is_written(&self, zone: &ZoneAt, changes: &[SetChange]) -> Vec<RecordSet> {
        let mut state = self.state();
        let Some((known, records)) = state.writes.records(zone) else { return Vec::new() };
        // A time of its own for each write, which is all that a time is for here.
        state.writes.moments += 1;
        let now = chrono::DateTime::from_timestamp_micros(state.writes.moments).unwrap_or_default();
        let sets = state.writes.book.write(&known, &records, changes, now);
        let now = state.writes.book.over(&known, records);
        drop(state);
        self.holds_within(&known.name, &known, now);
        sets
    }

    /// How many writes were asked for.
    pub fn writes(&self) -> usize {
        self.state().writes.count
    }

    fn next_write(&self) -> Option<Writing> {
        let mut state = self.state();
        state.writes.count += 1;
        state.writes.next.pop_front()
    }
}

impl Writes {
    pub fn has_zones(&self) -> bool {
        !self.zones.is_empty()
    }

    fn records(&self, asked: &ZoneAt) -> Option<(Zone, Vec<DnsRecord>)> {
        let (zone, records) = self.zones.iter().find(|(zone, _)| zone.zone_id == asked.id)?;
        Some((zone.clone(), self.book.over(zone, records.clone())))
    }
}

#[async_trait]
impl WriteRecords for Script {
    async fn read(&self, zone: &ZoneAt, names: Option<&BTreeSet<String>>) -> Result<ZoneRead, ProviderError> {
        let mut state = self.state();
        if let Some(error) = state.writes.refused_reads.pop_front() {
            return Err(error);
        }
        let (zone, records) = state.writes.records(zone).ok_or_else(|| error(ErrorKind::NotFound, "no such zone"))?;
        let mut read = book::read(&zone, &records);
        read.sets.retain(|set| names.is_none_or(|names| names.contains(&set.of.name)));
        Ok(read)
    }

    async fn write(&self, zone: &ZoneAt, changes: &[SetChange]) -> Result<Written, WriteError> {
        let lost =
            || WriteError { error: error(ErrorKind::Unavailable, "no answer in time"), may_have_been_applied: true };
        let how = self.next_write();
        match &how {
            Some(Writing::Refuse(error)) => {
                return Err(WriteError { error: error.clone(), may_have_been_applied: false });
            }
            Some(Writing::LoseRequest) => return Err(lost()),
            Some(Writing::StopAt(gate)) => gate.pass().await,
            Some(Writing::After(foreign)) => drop(self.is_written(zone, foreign)),
            Some(Writing::LoseAnswer) | None => {}
        }
        let sets = self.is_written(zone, changes);
        match how {
            Some(Writing::LoseAnswer) => Err(lost()),
            _ => Ok(Written { sets, request: "scripted".to_owned(), answer: "done".to_owned(), request_id: None }),
        }
    }

    fn shaped(&self, _zone: &ZoneAt, set: RecordSet) -> Result<RecordSet, String> {
        Ok(set)
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(5)
    }

    fn name_servers(&self) -> &[String] {
        &[]
    }
}

fn error(kind: ErrorKind, words: &str) -> ProviderError {
    ProviderError::new("memory", "write", kind, words)
}
