//! What is asked of regions and clusters, the same on the map and in the tables: `region`, `environment`, `state`.

use std::collections::BTreeMap;

use super::{Cluster, Estate, Region, State};
use crate::kinds::Tone;
use crate::web::params::Params;
use crate::web::view::{Chip, FilterGroup};

/// The values of a filter are alternatives, several filters must all hold; none asks for everything.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub regions: Vec<String>,
    pub environments: Vec<String>,
    pub states: Vec<State>,
    pub params: Params,
}

/// What a query may ask for.
pub const ASKABLE: [&str; 3] = ["region", "environment", "state"];
/// Chips of one filter before "more".
const CHIPS: usize = 8;

impl Asked {
    /// Reads a query.
    ///
    /// # Errors
    /// What is wrong with it, for whoever wrote it.
    pub fn read(params: Params) -> Result<Self, String> {
        params.only(&ASKABLE)?;
        let texts = |name: &str| params.all(name).map(str::to_owned).collect();
        let known = || State::ALL.map(State::as_str).join(", ");
        let state =
            |name: &str| State::parse(name).ok_or_else(|| format!("there is no state “{name}”; there are {}", known()));
        Ok(Self {
            regions: texts("region"),
            environments: texts("environment"),
            states: params.all("state").map(state).collect::<Result<_, _>>()?,
            params,
        })
    }

    /// Reads the query of a table of regions alone, which have no environment and lie in none.
    ///
    /// # Errors
    /// What is wrong with it, for whoever wrote it.
    pub fn of_regions(params: Params) -> Result<Self, String> {
        params.only(&["state"])?;
        Self::read(params)
    }

    /// Whether a cluster is asked for.
    pub fn admits(&self, cluster: &Cluster) -> bool {
        self.admits_region_and_state(&cluster.region, cluster.standing.state())
            && (self.environments.is_empty() || self.environments.contains(&cluster.environment))
    }

    /// Whether a region is asked for by itself. An environment is a thing of clusters.
    pub fn admits_region(&self, region: &Region) -> bool {
        self.environments.is_empty() && self.admits_region_and_state(&region.name, region.standing.state())
    }

    fn admits_region_and_state(&self, region: &str, state: State) -> bool {
        (self.regions.is_empty() || self.regions.iter().any(|wanted| wanted == region))
            && (self.states.is_empty() || self.states.contains(&state))
    }

    /// The page without any condition, if there is one.
    pub fn clear_href(&self, path: &str) -> Option<String> {
        (!self.params.is_empty()).then(|| path.to_owned())
    }

    /// The filters of the table at `path`, each value with how many of the clusters have it.
    pub fn filters(&self, estate: &Estate, path: &str) -> Vec<FilterGroup> {
        let tally = |of: fn(&Cluster) -> &str| {
            let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
            estate.clusters.iter().for_each(|cluster| *counts.entry(of(cluster)).or_default() += 1);
            counts.remove("");
            counts
        };
        let mut regions = tally(|cluster| &cluster.region);
        for region in &estate.regions {
            regions.entry(&region.name).or_default();
        }
        let states = tally(|cluster| cluster.standing.state().as_str());
        let states = State::ALL.into_iter().map(State::as_str).filter_map(|name| Some((name, *states.get(name)?)));
        let mut groups = vec![
            self.group("state", "State", states.collect(), path),
            self.group("region", "Region", regions.into_iter().collect(), path),
            self.group("environment", "Environment", tally(|cluster| &cluster.environment).into_iter().collect(), path),
        ];
        groups.retain(|group| group.chips.len() > 1 || group.is_on());
        groups
    }

    /// The filter of a table of regions.
    pub fn filters_of_regions(&self, estate: &Estate, path: &str) -> Vec<FilterGroup> {
        let count = |state: State| {
            let n = estate.regions.iter().filter(|region| region.standing.state() == state).count();
            (n > 0).then(|| (state.as_str(), i64::try_from(n).unwrap_or(i64::MAX)))
        };
        let group = self.group("state", "State", State::ALL.into_iter().filter_map(count).collect(), path);
        if group.chips.len() > 1 || group.is_on() { vec![group] } else { Vec::new() }
    }

    fn group<'v>(&'v self, name: &str, title: &str, mut values: Vec<(&'v str, i64)>, path: &str) -> FilterGroup {
        let chosen: Vec<&str> = self.params.all(name).collect();
        for on in &chosen {
            if !values.iter().any(|(value, _)| value == on) {
                values.push((on, 0));
            }
        }
        let chip = |(value, count): (&str, i64)| Chip {
            label: value.to_owned(),
            count: Some(count),
            href: self.params.toggled(name, value).href(path),
            on: chosen.contains(&value),
            tone: State::parse(value).filter(|_| name == "state").map_or(Tone::Plain, State::tone),
        };
        let mut chips: Vec<Chip> = values.into_iter().map(chip).collect();
        chips.sort_by_key(|chip| !chip.on);
        let more = chips.split_off(chips.len().min(CHIPS));
        FilterGroup { name: name.to_owned(), title: title.to_owned(), chips, more }
    }
}
