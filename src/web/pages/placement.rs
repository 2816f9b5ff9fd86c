//! `/placement`: what has no place and why, and the rules that place the rest.

use askama::Template;
use askama_web::WebTemplate;

use actix_web::web;
use diesel::QueryResult;

use crate::config::{PlacementRule, PlacementSet};
use crate::context::Context;
use crate::kinds::{KINDS, KindSpec};
use crate::store::listing::{self, Filter, ListQuery};
use crate::store::rows::ResourceRow;
use crate::store::{AnyConnection, Scope};
use crate::web::view::Pager;
use crate::web::{PageError, Shell, cells, filters};

/// The unplaced, and the rules.
#[derive(Template, WebTemplate)]
#[template(path = "placement.html")]
pub struct PlacementPage {
    pub shell: Shell,
    pub unplaced: Vec<UnplacedLine>,
    pub pager: Pager,
    pub rules: Vec<RuleLine>,
}

/// A resource in no region and no cluster.
#[derive(Clone, Debug)]
pub struct UnplacedLine {
    pub href: String,
    pub name: String,
    pub kind: &'static str,
    pub source: String,
    pub reason: String,
}

/// A rule of the configuration, as text.
#[derive(Clone, Debug)]
pub struct RuleLine {
    pub matches: String,
    pub sets: String,
}

/// So many of a kind are named; the rest have the same reasons.
const NAMED: usize = 40;

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
        query.limit = NAMED;
        query.filters = ["region", "cluster"].iter().filter_map(|name| Filter::named(spec, name, [""])).collect();
        let page = listing::list(connection, scope, &query)?;
        unplaced.extend(page.rows.iter().map(|row| line(spec, row)));
    }
    let pager = Pager { shown: unplaced.len(), ..Pager::default() };
    Ok(PlacementPage { shell, unplaced, pager, rules: rules.iter().map(rule).collect() })
}

fn line(spec: &'static KindSpec, row: &ResourceRow) -> UnplacedLine {
    UnplacedLine {
        href: cells::href(spec, row.id, None),
        name: row.title().to_owned(),
        kind: spec.title,
        source: row.source.clone(),
        reason: format!(
            "No rule matches it, {} has no default region, and nothing that it hangs together with has a place.",
            row.source
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
pub async fn show(context: web::Data<Context>, shell: Shell) -> Result<PlacementPage, PageError> {
    let rules = context.config.placements.clone();
    Ok(context.db.read(move |connection| fetch(connection, &Scope::of_member(), &rules, shell)).await?)
}
