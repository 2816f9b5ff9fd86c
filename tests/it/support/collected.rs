//! What a provider reported, gathered from its stream of events for assertions.

use std::cell::RefCell;
use std::collections::BTreeMap;

use quarterdeck::clock::Clock;
use quarterdeck::config::{Environment, GuardConfig, Reader, SourceConfig, Table};
use quarterdeck::error::Place;
use quarterdeck::kinds::{Kind, Record};
use quarterdeck::net::http::Http;
use quarterdeck::providers::{self, Built, Collector, Parts, Provider};
use quarterdeck::wire::{Event, Outcome, ProviderError, ScopeRef};

/// A collection as sync would see it.
#[derive(Debug)]
pub struct Collected {
    pub scopes: BTreeMap<ScopeRef, (Vec<Record>, Option<Outcome>)>,
    pub restarts: usize,
    pub notes: Vec<String>,
    pub ended: Result<(), ProviderError>,
}

/// The provider `name` with `settings` written in TOML.
pub fn provider(name: &str, settings: &str, environment: &Environment) -> Box<dyn Provider> {
    let (table, faults) = Table::parse("quarterdeck.toml", settings);
    assert!(faults.is_empty(), "{faults:?}");
    let source = SourceConfig {
        name: "under-test".to_owned(),
        provider: name.to_owned(),
        region: None,
        cluster: None,
        every: std::time::Duration::from_secs(300),
        settings: table.clone(),
        guard: GuardConfig::default(),
        place: Place::outside("test"),
    };
    let faults = RefCell::new(Vec::new());
    let mut reader = Reader::new(&table, environment, &faults);
    let parts = Parts { http: Http::new(), clock: Clock::system() };
    let built = (providers::by_name(name).unwrap().build)(&source, &mut reader, &parts);
    reader.finish();
    assert_eq!(*faults.borrow(), []);
    match built {
        Some(Built::Ready(provider)) => provider,
        _ => panic!("the provider is not configured"),
    }
}

/// Runs one collection to its end.
pub async fn collect(provider: &dyn Provider) -> Collected {
    let (collector, mut events) = Collector::channel();
    let gather = async {
        let mut gathered = (BTreeMap::<ScopeRef, (Vec<Record>, Option<Outcome>)>::new(), 0, Vec::new());
        while let Some(event) = events.recv().await {
            match event {
                Event::Begin { scope, .. } => assert!(gathered.0.insert(scope, (Vec::new(), None)).is_none()),
                Event::Records { scope, records } => gathered.0.get_mut(&scope).unwrap().0.extend(records),
                Event::Restart { scope } => {
                    gathered.0.get_mut(&scope).unwrap().0.clear();
                    gathered.1 += 1;
                }
                Event::End { scope, outcome } => gathered.0.get_mut(&scope).unwrap().1 = Some(outcome),
                Event::Note { text } => gathered.2.push(text),
            }
        }
        gathered
    };
    let run = async {
        let ended = provider.collect(&collector).await;
        drop(collector);
        ended
    };
    let (ended, (scopes, restarts, notes)) = futures_util::future::join(run, gather).await;
    Collected { scopes, restarts, notes, ended }
}

impl Collected {
    /// The resources of the kind `K` in the scope `name`.
    pub fn all<K: Kind>(&self, name: &str) -> Vec<K> {
        let (records, _) = self.scope::<K>(name);
        records.iter().map(|record| serde_json::from_str(record.attrs.get()).unwrap()).collect()
    }

    /// The one resource with that external id.
    pub fn one<K: Kind>(&self, name: &str, external_id: &str) -> K {
        let (records, _) = self.scope::<K>(name);
        let mut found = records.iter().filter(|record| record.external_id == external_id);
        let record = found.next().unwrap_or_else(|| panic!("{name} has no {external_id}"));
        assert!(found.next().is_none(), "{external_id} was reported twice");
        serde_json::from_str(record.attrs.get()).unwrap()
    }

    /// How the listing of the kind `K` ended.
    pub fn outcome<K: Kind>(&self, name: &str) -> &Outcome {
        self.scope::<K>(name).1.as_ref().expect("the listing never ended")
    }

    /// The error of a listing that has to be partial.
    pub fn partial<K: Kind>(&self, name: &str) -> &ProviderError {
        match self.outcome::<K>(name) {
            Outcome::Partial { error } => error,
            other => panic!("{name} is {other:?}"),
        }
    }

    fn scope<K: Kind>(&self, name: &str) -> &(Vec<Record>, Option<Outcome>) {
        let scope = ScopeRef { kind: K::SPEC.id(), name: name.to_owned() };
        self.scopes.get(&scope).unwrap_or_else(|| panic!("no listing of {scope:?}"))
    }
}
