//! Regions and clusters as they stand: those of the configuration, and those that only a placement names. The map, the
//! lists, their own pages and the API are all drawn from one [`Estate`], so that no two of them can disagree.
//!
//! **One more thing that can be wrong with a place**: its count in [`Standing`], and its rank in [`state`].

use std::collections::{BTreeMap, BTreeSet};

use diesel::QueryResult;

pub mod asked;
mod read;
pub mod state;
pub mod time;

pub use asked::Asked;
pub use state::State;

use crate::clock::Instant;
use crate::config::{Config, RegionConfig};
use crate::kinds::KindSpec;
use crate::store::{AnyConnection, Scope};
use crate::web::pages::sources::SourceLine;

/// Everything that has a name on the map.
#[derive(Clone, Debug, Default)]
pub struct Estate {
    /// By name.
    pub regions: Vec<Region>,
    /// By region, then by name.
    pub clusters: Vec<Cluster>,
}

/// A region.
#[derive(Clone, Debug)]
pub struct Region {
    pub name: String,
    /// `None` for one that only a placement names.
    pub config: Option<RegionConfig>,
    pub standing: Standing,
}

/// A cluster.
#[derive(Clone, Debug)]
pub struct Cluster {
    pub name: String,
    /// Empty where nothing says in which it lies.
    pub region: String,
    pub environment: String,
    /// Whether the configuration names it.
    pub is_configured: bool,
    pub standing: Standing,
}

/// What there is in a place, and what is wrong there.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// By the kind's stored name.
    pub present: BTreeMap<String, i64>,
    pub critical: i64,
    pub warnings: i64,
    pub infos: i64,
    /// By rule.
    pub findings: BTreeMap<String, i64>,
    /// Each loss that waits for a decision, with its source.
    pub held: BTreeMap<i64, String>,
    /// Those that report something there or are meant to, the worst first.
    pub sources: Vec<SourceLine>,
}

impl Estate {
    /// As things stand now.
    pub fn read(connection: &mut AnyConnection, scope: &Scope, config: &Config, now: Instant) -> QueryResult<Self> {
        read::estate(connection, scope, config, now)
    }

    pub fn region(&self, name: &str) -> Option<&Region> {
        self.regions.iter().find(|region| region.name == name)
    }

    pub fn cluster(&self, name: &str) -> Option<&Cluster> {
        self.clusters.iter().find(|cluster| cluster.name == name)
    }

    /// The clusters of a region, the worst first.
    pub fn clusters_of<'e>(&'e self, region: &str) -> Vec<&'e Cluster> {
        let mut clusters: Vec<&Cluster> = self.clusters.iter().filter(|cluster| cluster.region == region).collect();
        clusters
            .sort_by(|one, other| other.standing.state().cmp(&one.standing.state()).then(one.name.cmp(&other.name)));
        clusters
    }
}

impl Standing {
    pub fn alerts(&self) -> i64 {
        self.critical + self.warnings + self.infos
    }

    pub fn found(&self) -> i64 {
        self.findings.values().sum()
    }

    pub fn present_of(&self, spec: &KindSpec) -> i64 {
        self.present.get(spec.name).copied().unwrap_or(0)
    }

    /// The sources whose facts cannot be believed as they are.
    pub fn troubled(&self) -> impl Iterator<Item = &SourceLine> {
        self.sources.iter().filter(|source| state::of_source(source) > State::Good)
    }

    /// The sources of its held losses, each once.
    pub fn held_by(&self) -> BTreeSet<&str> {
        self.held.values().map(String::as_str).collect()
    }
}
