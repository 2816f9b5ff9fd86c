//! `[[source]]`: one configured provider.

use std::time::Duration;

use super::guard::{self, GuardConfig};
use super::names::{Mention, Names};
use super::reader::Reader;
use super::regions::{ClusterConfig, RegionConfig, check_region};
use super::table::Table;
use crate::error::Place;

/// One configured provider.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceConfig {
    pub name: String,
    pub provider: String,
    /// The default for what no placement rule places.
    pub region: Option<String>,
    pub cluster: Option<String>,
    /// Between two periodic syncs.
    pub every: Duration,
    /// Read by the provider's own spec.
    pub settings: Table,
    pub guard: GuardConfig,
    /// Where `provider` is written, or the whole source if it is not.
    pub place: Place,
}

const DEFAULT_EVERY: Duration = Duration::from_secs(300);
/// More often, a provider is asked by nothing else than this panel.
const SHORTEST_EVERY: Duration = Duration::from_secs(10);
/// Longer, nobody remembers that there is a source.
const LONGEST_EVERY: Duration = Duration::from_secs(30 * 86_400);

/// Reads the sources.
pub fn read(
    root: &mut Reader<'_>,
    regions: &[RegionConfig],
    clusters: &[ClusterConfig],
    mentions: &mut Vec<Mention>,
) -> Vec<SourceConfig> {
    let mut names = Names::default();
    let mut sources = Vec::new();
    for table in root.tables("source") {
        let mut section = root.within(table);
        let source = SourceConfig {
            name: names.read(&mut section, "aws-eu"),
            provider: section.required_text("provider", "aws").unwrap_or_default(),
            region: section.text("region"),
            cluster: section.text("cluster"),
            every: every(&mut section),
            settings: section.table("settings").cloned().unwrap_or_else(|| Table::empty(table.place.clone())),
            guard: guard::read(&mut section, mentions),
            place: section.place("provider"),
        };
        check_defaults(&section, &source, regions, clusters);
        section.finish();
        sources.push(source);
    }
    sources
}

fn every(section: &mut Reader<'_>) -> Duration {
    match section.duration("every") {
        None => DEFAULT_EVERY,
        Some(every) if !(SHORTEST_EVERY..=LONGEST_EVERY).contains(&every) => {
            section.fault("every", "`every` is out of bounds", "write 10s at least and 30d at most, or leave it out");
            DEFAULT_EVERY
        }
        Some(every) => every,
    }
}

fn check_defaults(section: &Reader<'_>, source: &SourceConfig, regions: &[RegionConfig], clusters: &[ClusterConfig]) {
    if let Some(name) = &source.region
        && !regions.iter().any(|region| region.name == *name)
    {
        let remedy = "name a region that is configured, or add its [[region]]";
        section.fault("region", format!("no region is named {name:?}"), remedy);
    }
    let Some(name) = &source.cluster else { return };
    let Some(cluster) = clusters.iter().find(|cluster| cluster.name == *name) else {
        let remedy = "name a cluster that is configured, or add its [[cluster]]";
        section.fault("cluster", format!("no cluster is named {name:?}"), remedy);
        return;
    };
    check_region(section, cluster, source.region.as_deref());
}
