//! What a provider told in one collection, gathered for tests of this folder.

use serde_json::Value;

use crate::providers::{Collector, Provider};
use crate::secret::{Digest, Remembered};
use crate::wire::{Event, Outcome, Parent, ProviderError, ScopeRef};

/// One whole collection.
pub struct Told {
    pub events: Vec<Event>,
    pub error: Option<ProviderError>,
}

/// Collects once and reads everything.
pub async fn tell(provider: &dyn Provider) -> Told {
    // One key for all of them, so that two collections can be compared.
    let (collector, mut receiver) = Collector::channel_with(Remembered::nothing(Digest::new([7; 32])));
    let collect = async {
        let error = provider.collect(&collector).await.err();
        drop(collector);
        error
    };
    let read = async {
        let mut events = Vec::new();
        while let Some(event) = receiver.recv().await {
            events.push(event);
        }
        events
    };
    let (error, events) = tokio::join!(collect, read);
    Told { events, error }
}

impl Told {
    /// The scopes that were begun, in their order.
    pub fn scopes(&self) -> Vec<&ScopeRef> {
        self.events
            .iter()
            .filter_map(|event| if let Event::Begin { scope, .. } = event { Some(scope) } else { None })
            .collect()
    }

    /// The resources of a scope, as JSON; what came before a restart does not count.
    pub fn resources(&self, kind: &str, name: &str) -> Vec<Value> {
        let mut resources = Vec::new();
        for event in &self.events {
            match event {
                Event::Records { scope, records } if is(scope, kind, name) => {
                    resources.extend(
                        records.iter().map(|record| serde_json::from_str(record.attrs.get()).unwrap_or_default()),
                    );
                }
                Event::Restart { scope } if is(scope, kind, name) => resources.clear(),
                _ => {}
            }
        }
        resources
    }

    /// The resources of a kind in all scopes.
    pub fn all(&self, kind: &str) -> Vec<Value> {
        let scopes = self.scopes().into_iter().filter(|scope| scope.kind.as_str() == kind);
        scopes.flat_map(|scope| self.resources(kind, &scope.name)).collect()
    }

    pub fn count(&self, kind: &str, name: &str) -> usize {
        self.resources(kind, name).len()
    }

    pub fn outcome(&self, kind: &str, name: &str) -> Option<&Outcome> {
        self.events.iter().find_map(|event| match event {
            Event::End { scope, outcome } if is(scope, kind, name) => Some(outcome),
            _ => None,
        })
    }

    pub fn parent(&self, kind: &str, name: &str) -> Option<&Parent> {
        self.events.iter().find_map(|event| match event {
            Event::Begin { scope, parent } if is(scope, kind, name) => parent.as_ref(),
            _ => None,
        })
    }

    pub fn notes(&self) -> Vec<&str> {
        self.events
            .iter()
            .filter_map(|event| if let Event::Note { text } = event { Some(text.as_str()) } else { None })
            .collect()
    }
}

fn is(scope: &ScopeRef, kind: &str, name: &str) -> bool {
    scope.kind.as_str() == kind && scope.name == name
}
