//! The configuration: `quarterdeck.toml`, read whole, with every mistake collected as a fault with its place and
//! remedy.
//!
//! A section is a file here with its type and the function that reads it; [`load`] finds the text.
//! What a section cannot know at this layer (whether a kind exists) is kept in [`Config::mentions`] for those who can.
//!
//! **One more setting**: a field in the section's struct and the line that reads it, both in the section's file, and
//! its row in `docs/configuration.md`.

pub mod database;
pub mod dns;
pub mod environment;
pub mod guard;
pub mod history;
pub mod links;
pub mod load;
pub mod names;
pub mod networks;
pub mod placement;
pub mod probe;
pub mod reader;
pub mod regions;
pub mod secret_key;
pub mod server;
pub mod sources;
pub mod table;
pub mod zone_files;

pub use dns::DnsConfig;
pub use environment::Environment;
pub use guard::{GuardConfig, GuardThresholds};
pub use history::HistoryConfig;
pub use links::LinkConfig;
pub use load::LoadFrom;
pub use names::{Mention, Mentioned};
pub use networks::{NetworkConfig, network};
pub use placement::{PlacementRule, PlacementSet};
pub use probe::ProbeConfig;
pub use reader::{Reader, SecretSetting, parse_duration};
pub use regions::{ClusterConfig, RegionConfig};
pub use server::{RequireSecondFactor, SecretKeyConfig, ServerConfig};
pub use sources::SourceConfig;
pub use table::Table;
pub use zone_files::ZoneFilesConfig;

/// The whole configuration.
#[derive(Clone, Debug)]
pub struct Config {
    pub server: ServerConfig,
    pub regions: Vec<RegionConfig>,
    pub clusters: Vec<ClusterConfig>,
    pub sources: Vec<SourceConfig>,
    pub placements: Vec<PlacementRule>,
    pub networks: Vec<NetworkConfig>,
    pub links: Vec<LinkConfig>,
    pub history: HistoryConfig,
    pub probe: ProbeConfig,
    pub dns: DnsConfig,
    pub zone_files: ZoneFilesConfig,
    /// Kinds and fields that it names; whether they exist is known further up.
    pub mentions: Vec<Mention>,
    pub environment: Environment,
}

#[cfg(test)]
mod tests;
