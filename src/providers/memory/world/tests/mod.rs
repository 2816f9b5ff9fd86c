//! What the demo promises. Everything is asked through the provider, as sync would.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta};
use serde_json::Value;

use super::{SIGHTS, sight};
use crate::clock::{Clock, Instant};
use crate::providers::memory::Memory;
use crate::providers::memory::told::{Told, tell};

mod drift;
mod numbers;
mod served;
mod stories;

/// A Saturday morning.
fn morning() -> Instant {
    DateTime::from_timestamp(1_795_244_400, 0).unwrap_or_default()
}

fn clock() -> Clock {
    Clock::held_at(morning())
}

fn provider(source: &str) -> Memory {
    Memory::new(sight(source).unwrap_or_else(|| panic!("no source is named {source}")), clock())
}

/// The first `steps` collections of a source.
async fn steps(source: &str, steps: usize) -> Vec<Told> {
    let provider = provider(source);
    let mut told = Vec::new();
    for _ in 0..steps {
        told.push(tell(&provider).await);
    }
    told
}

/// The first collection of every source that answers.
async fn platform() -> BTreeMap<&'static str, Told> {
    let mut platform = BTreeMap::new();
    for sight in SIGHTS {
        platform.insert(sight.source, steps(sight.source, 1).await.remove(0));
    }
    platform
}

/// The resources of a kind, of all sources.
fn all<'a>(platform: &'a BTreeMap<&'static str, Told>, kind: &'a str) -> Vec<Value> {
    platform.values().flat_map(|told| told.all(kind)).collect()
}

fn text<'a>(resource: &'a Value, field: &str) -> &'a str {
    resource[field].as_str().unwrap_or_default()
}

/// What tells two resources of a kind apart.
fn identity(kind: &str, resource: &Value) -> String {
    let field = match kind {
        "instance" => "instance_id",
        "maintenance_event" => "event_id",
        "dns_record" => "record_id",
        _ => "name",
    };
    text(resource, field).to_owned()
}

/// Days from the morning, for times in resources.
fn days_ahead(resource: &Value, field: &str) -> i64 {
    let at: Instant = serde_json::from_value(resource[field].clone()).unwrap();
    (at - morning()).num_days()
}

/// Whether the time lies on tomorrow's date.
fn is_tomorrow(resource: &Value, field: &str) -> bool {
    let at: Instant = serde_json::from_value(resource[field].clone()).unwrap();
    at.date_naive() == (morning() + TimeDelta::days(1)).date_naive()
}

/// The addresses of an instance.
fn addresses(instance: &Value) -> Vec<&str> {
    instance["addresses"].as_array().into_iter().flatten().map(|address| text(address, "address")).collect()
}
