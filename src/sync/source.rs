//! A configured source, ready to be collected.

use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

use crate::config::{Config, GuardThresholds, SourceConfig};
use crate::kinds::{KindSpec, Origin};
use crate::placement::Rules;
use crate::providers::Provider;

/// Raised whenever the same attrs lead to other facts than before, so that every row is derived anew at its next
/// listing.
const DERIVATION: u64 = 2;

/// A source: its configuration, its provider, and the rules that its records meet.
#[derive(Clone)]
pub struct Source {
    pub config: SourceConfig,
    pub provider: Arc<dyn Provider>,
    pub rules: Rules,
    pub origin: Origin,
    /// Mixed into fingerprints: facts that follow from the configuration change with it.
    salt: i64,
}

impl Source {
    pub fn new(config: &Config, source: SourceConfig, provider: Arc<dyn Provider>) -> Self {
        let rules = Rules::of_source(config, &source);
        let network = provider.network().unwrap_or_else(|| source.name.clone());
        let origin = Origin { source: source.name.clone(), network };
        let salt = (xxh3_64(format!("{rules:?}{origin:?}").as_bytes()) ^ DERIVATION).cast_signed();
        Self { config: source, provider, rules, origin, salt }
    }

    /// A record's fingerprint as it is stored: of its content, and of what else its facts follow from.
    pub fn salted(&self, fingerprint: i64) -> i64 {
        fingerprint ^ self.salt
    }

    /// The guard's thresholds for a kind of this source.
    pub fn thresholds(&self, spec: &KindSpec) -> GuardThresholds {
        self.config.guard.by_kind.get(spec.name).copied().unwrap_or(self.config.guard.default)
    }
}
