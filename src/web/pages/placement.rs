//! `/placement`: what has no place and why, and the rules that place the rest.

use std::collections::BTreeMap;

use askama::Template;
use askama_web::WebTemplate;

use actix_web::web;
use diesel::QueryResult;

use crate::config::{PlacementRule, PlacementSet};
use crate::context::Context;
use crate::kinds::{KINDS, KindSpec, dns_record};
use crate::store::listing::{self, Filter, ListQuery};
use crate::store::rows::ResourceRow;
use crate::store::{AnyConnection, Scope};
use crate::web::view::Crumb;
use crate::web::{PageError, Shell, cells, filters};

/// The unplaced, and the rules.
#[derive(Template, WebTemplate)]
#[template(path = "placement.html")]
pub struct PlacementPage {
    pub shell: Shell,
    pub unplaced: Vec<UnplacedLine>,
    pub rules: Vec<RuleLine>,
}

/// The resources of a kind and a source in no region and no cluster: they all have one reason.
#[derive(Clone, Debug)]
pub struct UnplacedLine {
    pub kind: &'static str,
    pub source: String,
    /// `8`, or `200+` where nobody counted on.
    pub many: String,
    pub examples: Vec<Crumb>,
    pub reason: String,
}

/// A rule of the configuration, as text.
#[derive(Clone, Debug)]
pub struct RuleLine {
    pub matches: String,
    pub sets: String,
}

/// So many of a kind are looked at; the rest have the same reasons.
const SEEN: usize = 200;
/// So many of them are named.
const NAMED: usize = 3;

/// What is in no region and no cluster, and the rules.
pub fn fetch(
    connection: &mut AnyConnection,
    scope: &Scope,
    rules: &[PlacementRule],
    shell: Shell,
) -> QueryResult<PlacementPage> {
    let mut unplaced = Vec::new();
    for spec in KINDS.iter().copied() {
        let mut query = ListQuery::of(spec);
        query.limit = SEEN;
        query.filters = ["region", "cluster"].iter().filter_map(|name| Filter::named(spec, name, [""])).collect();
        let page = listing::list(connection, scope, &query)?;
        let mut by_source: BTreeMap<&str, Vec<&ResourceRow>> = BTreeMap::new();
        for row in &page.rows {
            by_source.entry(&row.source).or_default().push(row);
        }
        let more = if page.next.is_some() { "+" } else { "" };
        unplaced.extend(by_source.into_iter().map(|(source, rows)| line(spec, source, &rows, more)));
    }
    Ok(PlacementPage { shell, unplaced, rules: rules.iter().map(rule).collect() })
}

fn line(spec: &'static KindSpec, source: &str, rows: &[&ResourceRow], more: &str) -> UnplacedLine {
    let example = |row: &&ResourceRow| Crumb { title: row.title().to_owned(), href: cells::href(spec, row.id, None) };
    UnplacedLine {
        kind: if rows.len() == 1 && more.is_empty() { spec.title } else { spec.titles },
        source: source.to_owned(),
        many: format!("{}{more}", rows.len()),
        examples: rows.iter().take(NAMED).map(example).collect(),
        reason: format!(
            "No rule matches, {source} has no default region, and nothing that they hang together with has a place. \
             Give {source} a region, or write a rule{}.",
            // A rule for a zone is about the zone alone: its records may be of many places.
            if spec.name == dns_record::SPEC.name {
                "; one for all records of a zone is match = { kind = \"dns_record\", zone = \"…\" }"
            } else {
                ""
            }
        ),
    }
}

fn rule(rule: &PlacementRule) -> RuleLine {
    let PlacementSet { region, cluster, app, role, app_type, environment } = &rule.set;
    let sets = [
        ("region", region),
        ("cluster", cluster),
        ("app", app),
        ("role", role),
        ("app_type", app_type),
        ("environment", environment),
    ];
    let sets = sets.iter().filter_map(|(name, value)| value.as_ref().map(|value| format!("{name} = {value}")));
    RuleLine {
        matches: rule
            .matches
            .iter()
            .map(|(field, pattern)| format!("{field} = {pattern}"))
            .collect::<Vec<_>>()
            .join(", "),
        sets: sets.collect::<Vec<_>>().join(", "),
    }
}

/// `GET /placement`.
pub async fn show(context: web::Data<Context>, shell: Shell, scope: Scope) -> Result<PlacementPage, PageError> {
    let rules = context.config.placements.clone();
    Ok(context.db.read(move |connection| fetch(connection, &scope, &rules, shell)).await?)
}
