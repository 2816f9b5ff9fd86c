//! The PowerDNS provider against a real server: what it reports, what it writes, and the traps of its API.

use std::collections::BTreeSet;

use quarterdeck::config::Environment;
use quarterdeck::net::http::{Http, RetryPolicy};
use quarterdeck::providers::dns::{WriteRecords, ZoneRead};
use quarterdeck::providers::powerdns::{PowerDns as Source, Settings};
use quarterdeck::providers::{Parts, Provider};
use quarterdeck::wire::dns::{RecordSet, RecordValue, SetChange, SetName, ZoneAt};

use crate::support::collected;
use crate::support::powerdns::{KEY, PowerDns};

mod collect;
mod faults;
mod writes;

/// Enough attempts, and no time lost between them.
const QUICK: RetryPolicy = RetryPolicy {
    attempts: 3,
    base: std::time::Duration::from_millis(1),
    cap: std::time::Duration::from_millis(5),
    patience: std::time::Duration::from_secs(5),
};

/// A source as the configuration makes it.
fn configured(server: &PowerDns, zones: &[&ZoneAt]) -> Box<dyn Provider> {
    let environment = Environment::default().with("PDNS_KEY", KEY);
    collected::provider("powerdns", &server.settings(zones), &environment)
}

/// A source at any address.
fn source(url: &str) -> Source {
    let parts = Parts { http: Http::new(), clock: quarterdeck::clock::Clock::system() };
    Source::new(Settings::new(url.parse().unwrap(), KEY.to_owned().into()), &parts).with_retry(QUICK)
}

fn of(zone: &ZoneAt, label: &str, record_type: &str) -> SetName {
    SetName { name: format!("{label}.{}", zone.name), record_type: record_type.to_owned() }
}

fn set(of: &SetName, ttl: i64, contents: &[&str]) -> RecordSet {
    let value = |content: &&str| RecordValue { content: (*content).to_owned(), ttl, ..RecordValue::default() };
    RecordSet { of: of.clone(), values: contents.iter().map(value).collect(), comments: Vec::new() }
}

fn found(read: &ZoneRead, of: &SetName) -> Option<RecordSet> {
    read.sets.iter().find(|set| set.of == *of).cloned()
}

/// The set as the source reads it now.
async fn fresh(source: &Source, zone: &ZoneAt, of: &SetName) -> Option<RecordSet> {
    let names = BTreeSet::from([of.name.clone()]);
    found(&source.read(zone, Some(&names)).await.unwrap(), of)
}
