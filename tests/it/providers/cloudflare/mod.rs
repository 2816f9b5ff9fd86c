//! The Cloudflare provider against the fake: what it reports, and that nothing it failed to see looks like an absence.

use std::collections::BTreeMap;
use std::time::Duration;

use quarterdeck::clock::Clock;
use quarterdeck::kinds::dns_record::DnsRecord;
use quarterdeck::net::http::{Http, RetryPolicy};
use quarterdeck::providers::cloudflare::{Cloudflare, Settings};
use quarterdeck::providers::{Collector, Parts, Provider};
use quarterdeck::wire::{Event, Outcome, Parent, ProviderError};

use crate::support::cloudflare::{FakeCloudflare, TOKEN};

mod faults;
mod listing;
mod recorded;
mod setup;
mod writes;

/// Enough attempts, and no time lost between them.
const QUICK: RetryPolicy = RetryPolicy {
    attempts: 3,
    base: Duration::from_millis(1),
    cap: Duration::from_millis(5),
    patience: Duration::from_secs(5),
};

/// What a collection came to, scope by scope, as `kind name`.
#[derive(Debug, Default)]
struct Seen {
    /// The attributes of the records that count, those before a restart do not.
    records: BTreeMap<String, Vec<serde_json::Value>>,
    parents: BTreeMap<String, Option<Parent>>,
    outcomes: BTreeMap<String, Outcome>,
    restarts: usize,
    notes: Vec<String>,
    result: Option<ProviderError>,
}

impl Seen {
    fn records(&self, zone: &str) -> Vec<DnsRecord> {
        let values = self.records.get(&format!("dns_record {zone}")).cloned().unwrap_or_default();
        values.into_iter().map(|value| serde_json::from_value(value).unwrap()).collect()
    }

    fn scopes(&self) -> Vec<&str> {
        self.outcomes.keys().map(String::as_str).collect()
    }

    fn is_complete(&self, scope: &str) -> bool {
        self.outcomes.get(scope) == Some(&Outcome::Complete)
    }

    fn error(&self, scope: &str) -> &ProviderError {
        match self.outcomes.get(scope) {
            Some(Outcome::Partial { error }) => error,
            other => panic!("{scope} ended with {other:?}"),
        }
    }
}

fn source(fake: &FakeCloudflare) -> Cloudflare {
    with(Settings::new(TOKEN.to_owned().into(), fake.url().parse().unwrap()))
}

fn with(settings: Settings) -> Cloudflare {
    Cloudflare::new(settings, &Parts { http: Http::new(), clock: Clock::system() }).with_retry(QUICK)
}

async fn collect(provider: &dyn Provider) -> Seen {
    let (collector, mut events) = Collector::channel();
    let reading = async move {
        let mut seen = Seen::default();
        while let Some(event) = events.recv().await {
            match event {
                Event::Begin { scope, parent } => {
                    let name = format!("{} {}", scope.kind, scope.name);
                    assert!(seen.parents.insert(name, parent).is_none(), "{scope:?} begins twice");
                }
                Event::Records { scope, records } => {
                    let values = records.iter().map(|record| serde_json::from_str(record.attrs.get()).unwrap());
                    seen.records.entry(format!("{} {}", scope.kind, scope.name)).or_default().extend(values);
                }
                Event::Restart { scope } => {
                    seen.restarts += 1;
                    seen.records.remove(&format!("{} {}", scope.kind, scope.name));
                }
                Event::End { scope, outcome } => {
                    seen.outcomes.insert(format!("{} {}", scope.kind, scope.name), outcome);
                }
                Event::Note { text } => seen.notes.push(text),
            }
        }
        seen
    };
    let collecting = async {
        let result = provider.collect(&collector).await;
        drop(collector);
        result
    };
    let (result, mut seen) = tokio::join!(collecting, reading);
    seen.result = result.err();
    assert!(!format!("{seen:?}").contains(TOKEN), "the token shows in {seen:?}");
    seen
}
