//! `[[placement]]`: rules that say where a resource belongs. The first match wins; `placement` applies them.

use std::collections::BTreeMap;

use super::names::{Mention, Mentioned};
use super::reader::Reader;
use super::regions::{ClusterConfig, RegionConfig, check_region};
use super::sources::SourceConfig;
use super::table::{Table, Value};

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

/// What a rule may name.
pub struct Known<'a> {
    pub regions: &'a [RegionConfig],
    pub clusters: &'a [ClusterConfig],
    pub sources: &'a [SourceConfig],
}

/// Reads the rules, in their order.
pub fn read(root: &mut Reader<'_>, known: &Known<'_>, mentions: &mut Vec<Mention>) -> Vec<PlacementRule> {
    let mut rules = Vec::new();
    for table in root.tables("placement") {
        let mut section = root.within(table);
        let rule = PlacementRule { matches: matches(&mut section, known, mentions), set: set(&mut section, known) };
        section.finish();
        rules.push(rule);
    }
    rules
}

fn matches(section: &mut Reader<'_>, known: &Known<'_>, mentions: &mut Vec<Mention>) -> BTreeMap<String, String> {
    let Some(table) = required_table(section, "match", "match = { kind = \"instance\" }, or match = {} for everything")
    else {
        return BTreeMap::new();
    };
    let mut matches = BTreeMap::new();
    for (field, entry) in &table.entries {
        let Value::Text(pattern) = &entry.value else {
            let remedy = match &entry.value {
                Value::Table(_) => format!("put the whole name into quotes: \"{field}.NAME\" = \"…\""),
                _ => "write a text in quotes, in which `*` stands for any run of characters".to_owned(),
            };
            section.fault_at(&entry.place, format!("`{field}` is {}, not a pattern", entry.value.sort()), remedy);
            continue;
        };
        let mention = |mentioned| Mention { place: entry.place.clone(), mentioned };
        match field.as_str() {
            "source" if !pattern.contains('*') && !known.sources.iter().any(|source| source.name == *pattern) => {
                section.fault_at(
                    &entry.place,
                    format!("no source is named {pattern:?}"),
                    "name a source that is configured",
                );
            }
            "kind" if !pattern.contains('*') => mentions.push(mention(Mentioned::Kind(pattern.clone()))),
            "source" | "kind" | "name" => {}
            field if field.strip_prefix("tag.").is_some_and(|tag| !tag.is_empty()) => {}
            facet => mentions.push(mention(Mentioned::Facet(facet.to_owned()))),
        }
        matches.insert(field.clone(), pattern.clone());
    }
    matches
}

fn set(section: &mut Reader<'_>, known: &Known<'_>) -> PlacementSet {
    let Some(table) = required_table(section, "set", "set = { role = \"database\" }") else {
        return PlacementSet::default();
    };
    let mut inner = section.within(table);
    let set = PlacementSet {
        region: inner.text("region"),
        cluster: inner.text("cluster"),
        app: inner.text("app"),
        role: inner.text("role"),
        app_type: inner.text("app_type"),
        environment: inner.text("environment"),
    };
    if table.entries.is_empty() {
        section.fault("set", "the rule sets nothing", "set any of region, cluster, app, role, app_type, environment");
    }
    if let Some(name) = &set.region
        && !known.regions.iter().any(|region| region.name == *name)
    {
        inner.fault("region", format!("no region is named {name:?}"), "name a region that is configured");
    }
    if let Some(name) = &set.cluster {
        match known.clusters.iter().find(|cluster| cluster.name == *name) {
            None => {
                inner.fault("cluster", format!("no cluster is named {name:?}"), "name a cluster that is configured")
            }
            Some(cluster) => check_region(&inner, cluster, set.region.as_deref()),
        }
    }
    inner.finish();
    set
}

fn required_table<'a>(section: &mut Reader<'a>, name: &'static str, example: &str) -> Option<&'a Table> {
    if !section.has(name) {
        section.fault(name, format!("`{name}` is missing"), format!("add {example}"));
    }
    section.table(name)
}
