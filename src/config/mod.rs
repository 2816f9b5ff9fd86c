//! The configuration: `quarterdeck.toml`, read whole, with every mistake collected as a fault with its place and remedy.
//!
//! **One more setting**: a field in the section's struct and the line that reads it, both in the section's file.

use std::collections::BTreeMap;
use std::time::Duration;

use ipnet::IpNet;
use url::Url;

pub mod environment;
pub mod table;

pub use environment::Environment;
pub use table::{Reader, SecretSetting, Table, parse_duration};

use crate::error::Place;
use crate::secret::Secret;

/// The whole configuration, valid.
#[derive(Clone, Debug)]
pub struct Config {
    pub server: ServerConfig,
    pub regions: Vec<RegionConfig>,
    pub clusters: Vec<ClusterConfig>,
    pub sources: Vec<SourceConfig>,
    pub placements: Vec<PlacementRule>,
    pub networks: Vec<NetworkConfig>,
    pub links: Vec<LinkConfig>,
    pub environment: Environment,
}

/// Where it listens and where its data lies.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// How browsers reach the panel; decides the `Secure` flag of cookies and the links in messages.
    pub public_url: Url,
    /// `host:port`.
    pub listen: String,
    /// A second listener for `/metrics` alone, without a token.
    pub metrics_listen: Option<String>,
    pub database_url: Secret,
    pub secret_key: SecretKeyConfig,
    /// Networks of reverse proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
}

/// Where the key lies that signs cookies and seals secrets.
#[derive(Clone, Debug)]
pub enum SecretKeyConfig {
    /// A file, made on first start with mode 0600 if `make` is set.
    File {
        path: String,
        make: bool,
    },
    Given(Secret),
}

/// A region of ours: a name for a place with a clock on the wall.
#[derive(Clone, Debug, PartialEq)]
pub struct RegionConfig {
    pub name: String,
    pub timezone: chrono_tz::Tz,
    pub latitude: f64,
    pub longitude: f64,
    pub watched_by: Option<String>,
}

/// A cluster within a region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterConfig {
    pub name: String,
    pub region: String,
    pub environment: String,
}

/// One configured provider.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceConfig {
    pub name: String,
    pub provider: String,
    pub region: Option<String>,
    pub cluster: Option<String>,
    /// Between two periodic syncs.
    pub every: Duration,
    /// Read by the provider's own spec.
    pub settings: Table,
    pub guard: GuardConfig,
    pub place: Place,
}

/// Thresholds of the guard, where they differ from the defaults.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GuardConfig {
    /// By kind name; `None` as a key is not used, a missing kind takes the default.
    pub by_kind: BTreeMap<String, GuardThresholds>,
    pub default: GuardThresholds,
}

/// When a loss is suspicious.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GuardThresholds {
    /// Of a scope with ten or more: the share that may vanish at once.
    pub loss_of_many: f64,
    /// Of a scope with two to nine.
    pub loss_of_few: f64,
}

impl Default for GuardThresholds {
    fn default() -> Self {
        Self { loss_of_many: 0.30, loss_of_few: 0.50 }
    }
}

/// First match wins; sets what it names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlacementRule {
    /// Field (`source`, `kind`, `name`, `tag.<name>`, or a facet) to pattern with `*`.
    pub matches: BTreeMap<String, String>,
    pub set: PlacementSet,
}

/// What a rule sets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlacementSet {
    pub region: Option<String>,
    pub cluster: Option<String>,
    pub app: Option<String>,
    pub role: Option<String>,
    pub app_type: Option<String>,
    pub environment: Option<String>,
}

/// What counts as our own address space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkConfig {
    pub name: String,
    pub cidr: IpNet,
}

/// A deep link to another tool; `{field}` in the URL is replaced, URL-encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkConfig {
    pub kind: String,
    pub title: String,
    pub url: String,
}
