//! A DNS provider whose zones are maps, so that a test sees every write, can write behind the panel's back, and can
//! lose answers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta};
use quarterdeck::kinds::dns_record::DnsRecord;
use quarterdeck::kinds::zone::Zone;
use quarterdeck::providers::dns::{WriteError, WriteRecords, Written, ZoneRead};
use quarterdeck::providers::{Collector, Provider};
use quarterdeck::wire::dns::{RecordSet, RecordValue, SetChange, SetName, ZoneAt};
use quarterdeck::wire::{ErrorKind, ProviderError};
use tokio::sync::Notify;

/// What happens to a write.
#[derive(Clone, Debug)]
pub enum Turn {
    /// Carried out, and the answer is lost.
    DoneUnheard,
    /// Not carried out, and the answer is lost too.
    Lost,
    /// Refused, nothing done.
    Refused,
    /// Too many requests: nothing done, and it may be tried later.
    Later,
    /// Waits for the gate before it is carried out.
    Waits(Arc<Notify>),
    /// As always.
    Fine,
}

#[derive(Default)]
struct Inner {
    zones: BTreeMap<String, BTreeMap<SetName, RecordSet>>,
    turns: Vec<Turn>,
    next_id: u64,
    writes: usize,
    read_only: Option<String>,
    most: usize,
    /// A listing that has begun waits here before it tells what it saw.
    gate: Option<Arc<Notify>>,
    began: Arc<Notify>,
}

/// The provider; clones are one.
#[derive(Clone, Default)]
pub struct Ledger(Arc<Mutex<Inner>>, Arc<OnceLock<Vec<String>>>);

impl Ledger {
    pub fn new(zones: &[&str]) -> Self {
        let ledger = Self::default();
        ledger.0.lock().unwrap().most = 200;
        for zone in zones {
            ledger.0.lock().unwrap().zones.insert((*zone).to_owned(), BTreeMap::new());
        }
        ledger
    }

    /// Puts a set there, as somebody with another dashboard does.
    pub fn put(&self, name: &str, record_type: &str, ttl: i64, contents: &[&str]) {
        let mut inner = self.0.lock().unwrap();
        let of = SetName { name: name.to_owned(), record_type: record_type.to_owned() };
        let mut values = Vec::new();
        for content in contents {
            inner.next_id += 1;
            values.push(RecordValue {
                id: Some(format!("r{}", inner.next_id)),
                content: (*content).to_owned(),
                ttl,
                comment: format!("of {name}"),
                modified_on: moment(inner.next_id),
                ..RecordValue::default()
            });
        }
        let zone = inner.zones.keys().find(|zone| name.ends_with(zone.as_str())).unwrap().clone();
        let sets = inner.zones.get_mut(&zone).unwrap();
        sets.insert(of.clone(), RecordSet { of, values, comments: Vec::new() });
    }

    pub fn turns(&self, turns: &[Turn]) {
        self.0.lock().unwrap().turns = turns.to_vec();
    }

    pub fn writes(&self) -> usize {
        self.0.lock().unwrap().writes
    }

    pub fn takes_at_once(&self, most: usize) {
        self.0.lock().unwrap().most = most;
    }

    /// Its zones are served, or said to be, at this address.
    pub fn is_served_at(&self, server: &str) {
        self.1.set(vec![server.to_owned()]).unwrap();
    }

    pub fn is_read_only(&self, why: &str) {
        self.0.lock().unwrap().read_only = Some(why.to_owned());
    }

    /// The next listing waits until this gate is opened; the other one says that it has begun.
    pub fn dawdles(&self) -> (Arc<Notify>, Arc<Notify>) {
        let gate = Arc::new(Notify::new());
        let mut inner = self.0.lock().unwrap();
        inner.gate = Some(Arc::clone(&gate));
        (gate, Arc::clone(&inner.began))
    }

    /// `name TYPE ttl: contents`, a line each; ids only with `ids`.
    pub fn told(&self, ids: bool) -> String {
        let inner = self.0.lock().unwrap();
        let line = |set: &RecordSet| {
            let value = |value: &RecordValue| match &value.id {
                Some(id) if ids => format!("{}#{id} {} {}", value.content, value.ttl, value.comment),
                _ => format!("{} {} {}", value.content, value.ttl, value.comment),
            };
            let mut values: Vec<String> = set.values.iter().map(value).collect();
            values.sort();
            format!("{}: {}", set.of, values.join(", "))
        };
        inner.zones.values().flat_map(|sets| sets.values()).map(line).collect::<Vec<_>>().join("\n")
    }

    /// The contents of a set, sorted.
    pub fn contents(&self, name: &str, record_type: &str) -> Vec<String> {
        let of = SetName { name: name.to_owned(), record_type: record_type.to_owned() };
        let inner = self.0.lock().unwrap();
        let set = inner.zones.values().find_map(|sets| sets.get(&of));
        let mut contents: Vec<String> =
            set.into_iter().flat_map(|set| &set.values).map(|value| value.content.clone()).collect();
        contents.sort();
        contents
    }

    fn carry_out(&self, zone: &str, changes: &[SetChange]) -> Vec<RecordSet> {
        let mut inner = self.0.lock().unwrap();
        let mut made = Vec::new();
        for change in changes {
            let known: BTreeSet<String> =
                change.before.iter().flat_map(|set| &set.values).filter_map(|value| value.id.clone()).collect();
            inner.zones.get_mut(zone).unwrap().remove(&change.of);
            let Some(mut after) = change.after.clone() else { continue };
            for value in &mut after.values {
                inner.next_id += 1;
                let number = inner.next_id;
                value.id = value.id.clone().filter(|id| known.contains(id)).or(Some(format!("r{number}")));
                value.modified_on = moment(number);
            }
            inner.zones.get_mut(zone).unwrap().insert(change.of.clone(), after.clone());
            made.push(after);
        }
        inner.writes += 1;
        made
    }
}

fn moment(number: u64) -> Option<quarterdeck::clock::Instant> {
    Some(DateTime::UNIX_EPOCH + TimeDelta::microseconds(i64::try_from(number).unwrap()))
}

#[async_trait]
impl Provider for Ledger {
    async fn collect(&self, collector: &Collector) -> Result<(), ProviderError> {
        let zones = self.0.lock().unwrap().zones.clone();
        let zone = |name: &String| Zone {
            zone_id: format!("id-of-{name}"),
            name: name.clone(),
            status: "active".to_owned(),
            ..Zone::default()
        };
        let mut listing = collector.listing::<Zone>("all").await?;
        for name in zones.keys() {
            listing.push(&zone(name)).await?;
        }
        listing.complete().await?;
        for (name, sets) in zones {
            let mut listing = collector.listing_within::<DnsRecord, Zone>(&name, &zone(&name)).await?;
            let (gate, began) = {
                let mut inner = self.0.lock().unwrap();
                (inner.gate.take(), Arc::clone(&inner.began))
            };
            if let Some(gate) = gate {
                tokio::time::sleep(Duration::from_millis(50)).await;
                began.notify_one();
                gate.notified().await;
            }
            for set in sets.values() {
                let at = ZoneAt { id: format!("id-of-{name}"), name: name.clone() };
                for record in self.records(&at, set) {
                    listing.push(&record).await?;
                }
            }
            listing.complete().await?;
        }
        Ok(())
    }

    async fn probe(&self) -> Result<String, ProviderError> {
        Ok("a ledger".to_owned())
    }

    fn dns(&self) -> Option<&dyn WriteRecords> {
        Some(self)
    }
}

#[async_trait]
impl WriteRecords for Ledger {
    async fn read(&self, zone: &ZoneAt, names: Option<&BTreeSet<String>>) -> Result<ZoneRead, ProviderError> {
        let inner = self.0.lock().unwrap();
        let sets = inner.zones[&zone.name].values();
        let sets = sets.filter(|set| names.is_none_or(|names| names.contains(&set.of.name)));
        Ok(ZoneRead {
            sets: sets.cloned().collect(),
            read_only: inner.read_only.clone(),
            most_per_write: inner.most,
            ..ZoneRead::default()
        })
    }

    async fn write(&self, zone: &ZoneAt, changes: &[SetChange]) -> Result<Written, WriteError> {
        let turn = {
            let mut inner = self.0.lock().unwrap();
            if inner.turns.is_empty() { Turn::Fine } else { inner.turns.remove(0) }
        };
        let failed = |kind, may_have_been_applied| WriteError {
            error: ProviderError::new("ledger", "write", kind, "as the test wants it"),
            may_have_been_applied,
        };
        match &turn {
            Turn::Refused => return Err(failed(ErrorKind::Rejected, false)),
            Turn::Later => return Err(failed(ErrorKind::RateLimited, false)),
            Turn::Lost => return Err(failed(ErrorKind::Unavailable, true)),
            Turn::Waits(gate) => gate.notified().await,
            Turn::DoneUnheard | Turn::Fine => {}
        }
        let sets = self.carry_out(&zone.name, changes);
        match turn {
            Turn::DoneUnheard => Err(failed(ErrorKind::Unavailable, true)),
            _ => Ok(Written { request_id: Some("ledger-1".to_owned()), sets, ..Written::default() }),
        }
    }

    fn shaped(&self, _zone: &ZoneAt, set: RecordSet) -> Result<RecordSet, String> {
        Ok(set)
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(2)
    }

    fn name_servers(&self) -> &[String] {
        self.1.get().map_or(&[], Vec::as_slice)
    }
}
