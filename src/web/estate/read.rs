//! Reading an [`Estate`]: a handful of sums, put together by name.

use std::collections::{BTreeMap, BTreeSet};

use diesel::QueryResult;

use super::{Cluster, Estate, Region, Standing, state};
use crate::clock::Instant;
use crate::config::Config;
use crate::store::counts::EVERYWHERE;
use crate::store::estate::{self, Alerted, Counted, Found};
use crate::store::findings::Column;
use crate::store::{AnyConnection, Scope};
use crate::web::pages::sources::{self, SourceLine};

/// What has been gathered of each place so far, by name.
#[derive(Default)]
struct Gathered {
    regions: BTreeMap<String, Standing>,
    clusters: BTreeMap<String, Standing>,
    /// The regions and environments of what lies in a cluster, by how much of it says so.
    said: BTreeMap<(String, &'static str), BTreeMap<String, i64>>,
    /// Which sources report something in a cluster.
    reporters: BTreeSet<(String, String)>,
}

pub(super) fn estate(
    connection: &mut AnyConnection,
    scope: &Scope,
    config: &Config,
    now: Instant,
) -> QueryResult<Estate> {
    let mut gathered = Gathered::default();
    // To a team even the name of a place is told only if something of its own is there.
    if scope.sees_everything() {
        for region in &config.regions {
            gathered.regions.entry(region.name.clone()).or_default();
        }
        for cluster in &config.clusters {
            gathered.clusters.entry(cluster.name.clone()).or_default();
        }
    }
    for counted in estate::counted(connection, scope)? {
        gathered.count(counted);
    }
    let region_of: BTreeMap<String, String> =
        gathered.clusters.keys().map(|name| (name.clone(), gathered.region_of(config, name))).collect();
    for name in region_of.values().filter(|name| !name.is_empty()) {
        gathered.regions.entry(name.clone()).or_default();
    }
    for alerted in estate::alerted(connection, scope)? {
        gathered.alert(&alerted, &region_of);
    }
    for found in estate::found(connection, scope, Column::Region, now)? {
        find(&mut gathered.regions, found);
    }
    for found in estate::found(connection, scope, Column::Cluster, now)? {
        find(&mut gathered.clusters, found);
    }
    for held in estate::held(connection, scope)? {
        let region = region_at(&held.region, &held.cluster, &region_of);
        for standing in
            [gathered.regions.get_mut(region), gathered.clusters.get_mut(&held.cluster)].into_iter().flatten()
        {
            standing.held.insert(held.id, held.source.clone());
        }
    }
    for source in sources::lines(connection, scope, now)? {
        gathered.hear(&source, &region_of);
    }
    let mut estate = gathered.told(config, &region_of);
    let known: BTreeSet<String> = estate.regions.iter().map(|region| region.name.clone()).collect();
    for config in estate.regions.iter_mut().filter_map(|region| region.config.as_mut()) {
        let is_told = |watcher: &String| scope.sees_everything() || known.contains(watcher);
        config.watched_by = config.watched_by.take().filter(is_told);
    }
    Ok(estate)
}

impl Gathered {
    fn count(&mut self, counted: Counted) {
        let Counted { kind, facet, value, cluster, present } = counted;
        match facet.as_str() {
            "region" if cluster == EVERYWHERE => {
                self.regions.entry(value).or_default().present.insert(kind, present);
            }
            "" => {
                self.clusters.entry(cluster).or_default().present.insert(kind, present);
            }
            "region" => *self.said.entry((cluster, "region")).or_default().entry(value).or_default() += present,
            "environment" => {
                *self.said.entry((cluster, "environment")).or_default().entry(value).or_default() += present
            }
            "source" => drop(self.reporters.insert((cluster, value))),
            _ => {}
        }
    }

    /// What most of a cluster says of it.
    fn most(&self, cluster: &str, facet: &'static str) -> String {
        let said = self.said.get(&(cluster.to_owned(), facet)).into_iter().flatten();
        said.max_by_key(|(_, present)| **present).map(|(value, _)| value.clone()).unwrap_or_default()
    }

    fn region_of(&self, config: &Config, cluster: &str) -> String {
        let configured = config.clusters.iter().find(|configured| configured.name == cluster);
        configured.map_or_else(|| self.most(cluster, "region"), |configured| configured.region.clone())
    }

    fn alert(&mut self, alerted: &Alerted, region_of: &BTreeMap<String, String>) {
        let region = region_at(&alerted.region, &alerted.cluster, region_of);
        for standing in [self.regions.get_mut(region), self.clusters.get_mut(&alerted.cluster)].into_iter().flatten() {
            *match alerted.severity.as_str() {
                "critical" => &mut standing.critical,
                "warning" => &mut standing.warnings,
                _ => &mut standing.infos,
            } += alerted.n;
        }
    }

    /// A source counts where it reports something, and where the configuration says that it lies.
    fn hear(&mut self, source: &SourceLine, region_of: &BTreeMap<String, String>) {
        let mut regions = BTreeSet::from([region_at(&source.region, &source.cluster, region_of)]);
        for (name, standing) in &mut self.clusters {
            if source.cluster == *name || self.reporters.contains(&(name.clone(), source.name.clone())) {
                standing.sources.push(source.clone());
                regions.extend(region_of.get(name).map(String::as_str));
            }
        }
        for region in regions {
            if let Some(standing) = self.regions.get_mut(region) {
                standing.sources.push(source.clone());
            }
        }
    }

    fn told(mut self, config: &Config, region_of: &BTreeMap<String, String>) -> Estate {
        let standings = self.regions.values_mut().chain(self.clusters.values_mut());
        standings
            .for_each(|standing| standing.sources.sort_by_key(|source| std::cmp::Reverse(state::of_source(source))));
        let region = |(name, standing): (String, Standing)| Region {
            config: config.regions.iter().find(|region| region.name == name).cloned(),
            name,
            standing,
        };
        let clusters = std::mem::take(&mut self.clusters).into_iter().map(|(name, standing)| {
            let configured = config.clusters.iter().find(|cluster| cluster.name == name);
            let environment = configured.map(|cluster| cluster.environment.clone()).filter(|said| !said.is_empty());
            Cluster {
                region: region_of.get(&name).cloned().unwrap_or_default(),
                environment: environment.unwrap_or_else(|| self.most(&name, "environment")),
                is_configured: configured.is_some(),
                name,
                standing,
            }
        });
        let mut clusters: Vec<Cluster> = clusters.collect();
        clusters.sort_by(|one, other| (&one.region, &one.name).cmp(&(&other.region, &other.name)));
        Estate { regions: self.regions.into_iter().map(region).collect(), clusters }
    }
}

fn find(places: &mut BTreeMap<String, Standing>, found: Found) {
    if let Some(standing) = places.get_mut(&found.value) {
        standing.findings.insert(found.rule, found.n);
    }
}

/// The region that is said, or else the cluster's.
fn region_at<'r>(region: &'r str, cluster: &str, region_of: &'r BTreeMap<String, String>) -> &'r str {
    if region.is_empty() { region_of.get(cluster).map_or("", String::as_str) } else { region }
}
