//! `[[region]]` and `[[cluster]]`: where things are.

use super::names::Names;
use super::reader::Reader;

/// A region of ours: a name for a place with a clock on the wall.
#[derive(Clone, Debug, PartialEq)]
pub struct RegionConfig {
    pub name: String,
    /// UTC if the region does not say.
    pub timezone: chrono_tz::Tz,
    /// In degrees, north positive; with the longitude or not at all.
    pub latitude: Option<f64>,
    /// In degrees, east positive.
    pub longitude: Option<f64>,
    /// Another region that also checks this one from outside.
    pub watched_by: Option<String>,
}

/// A cluster within a region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterConfig {
    pub name: String,
    pub region: String,
    /// `production`, `staging`, …; empty if the cluster does not say.
    pub environment: String,
}

/// Reads the regions; whether `watched_by` exists can be said once all are read.
pub fn read_regions(root: &mut Reader<'_>) -> Vec<RegionConfig> {
    let mut names = Names::default();
    let mut sections = Vec::new();
    for table in root.tables("region") {
        let mut section = root.within(table);
        let region = RegionConfig {
            name: names.read(&mut section, "eu"),
            timezone: timezone(&mut section),
            latitude: degrees(&mut section, "latitude", 90.0),
            longitude: degrees(&mut section, "longitude", 180.0),
            watched_by: section.text("watched_by"),
        };
        for (one, other) in [("latitude", "longitude"), ("longitude", "latitude")] {
            if section.has(one) && !section.has(other) {
                section.fault(one, format!("`{one}` is given without `{other}`"), format!("add {other}, or remove it"));
            }
        }
        sections.push((region, section));
    }
    for (region, section) in &sections {
        let Some(watcher) = &region.watched_by else { continue };
        if *watcher == region.name {
            section.fault("watched_by", "a region cannot watch itself from outside", "name another region");
        } else if !sections.iter().any(|(other, _)| other.name == *watcher) {
            section.fault("watched_by", format!("no region is named {watcher:?}"), "name a region that is configured");
        }
    }
    sections
        .into_iter()
        .map(|(region, section)| {
            section.finish();
            region
        })
        .collect()
}

fn timezone(section: &mut Reader<'_>) -> chrono_tz::Tz {
    let Some(name) = section.text("timezone") else { return chrono_tz::UTC };
    name.parse().unwrap_or_else(|_| {
        let what = format!("{name:?} is not a time zone");
        section.fault("timezone", what, "write an IANA name, as in \"Europe/Warsaw\"");
        chrono_tz::UTC
    })
}

fn degrees(section: &mut Reader<'_>, name: &'static str, limit: f64) -> Option<f64> {
    let degrees = section.float(name)?;
    if !(-limit..=limit).contains(&degrees) {
        let remedy = format!("write degrees from -{limit} to {limit}");
        section.fault(name, format!("`{name}` is out of range: {degrees}"), remedy);
    }
    Some(degrees)
}

/// Reads the clusters of the regions.
pub fn read_clusters(root: &mut Reader<'_>, regions: &[RegionConfig]) -> Vec<ClusterConfig> {
    let mut names = Names::default();
    let mut clusters = Vec::new();
    for table in root.tables("cluster") {
        let mut section = root.within(table);
        let cluster = ClusterConfig {
            name: names.read(&mut section, "eu-production"),
            region: section.required_text("region", "eu").unwrap_or_default(),
            environment: section.text("environment").unwrap_or_default(),
        };
        if !cluster.region.is_empty() && !regions.iter().any(|region| region.name == cluster.region) {
            let what = format!("no region is named {:?}", cluster.region);
            section.fault("region", what, "name a region that is configured, or add its [[region]]");
        }
        section.finish();
        clusters.push(cluster);
    }
    clusters
}

/// A cluster that is named beside a region has to lie there.
pub fn check_region(section: &Reader<'_>, cluster: &ClusterConfig, region: Option<&str>) {
    if region.is_some_and(|region| region != cluster.region) {
        let what = format!("the cluster {:?} lies in the region {:?}", cluster.name, cluster.region);
        section.fault("cluster", what, "leave `region` out, or name a cluster of that region");
    }
}
