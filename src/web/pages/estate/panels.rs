//! What lies in a place: the panels that the page of a region and that of a cluster have in common.

use diesel::QueryResult;

use super::line::{Figure, Sort};
use crate::clock::Instant;
use crate::kinds::{KindSpec, Tone, app, instance, load_balancer};
use crate::relations::findings::RULES;
use crate::store::alerts::{self, Placed, Wanted};
use crate::store::changes;
use crate::store::listing::{Filter, ListQuery, list};
use crate::store::rows;
use crate::store::{AnyConnection, Scope};
use crate::web::changes::USUAL;
use crate::web::estate::Standing;
use crate::web::pages::alerts::AlertLine;
use crate::web::pages::changes::{TapeLine, change};
use crate::web::{cells, params::Params};

/// The panels of a place.
#[derive(Clone, Debug)]
pub struct Panels {
    /// Load balancers, instances, apps; of a cluster without the balancers, which have a panel of their own.
    pub lists: Vec<Listed>,
    pub alerts: Vec<AlertLine>,
    /// All of them.
    pub alerts_href: String,
    pub findings: Vec<Figure>,
    pub changes: Vec<TapeLine>,
    pub changes_href: String,
}

/// The first few of a kind.
#[derive(Clone, Debug)]
pub struct Listed {
    pub kind: &'static str,
    pub titles: &'static str,
    pub items: Vec<ListedItem>,
    pub total: i64,
    pub href: String,
}

/// One of them.
#[derive(Clone, Debug)]
pub struct ListedItem {
    pub name: String,
    pub href: String,
    pub status: String,
    pub tone: Tone,
}

/// Of each kind.
const SHOWN: usize = 8;
/// Of the tape.
const CHANGES: usize = 10;

pub fn fetch(
    connection: &mut AnyConnection,
    scope: &Scope,
    sort: Sort,
    name: &str,
    standing: &Standing,
    now: Instant,
) -> QueryResult<Panels> {
    let mut lists = Vec::new();
    let balancers = Some(&load_balancer::SPEC).filter(|_| sort == Sort::Region);
    for spec in balancers.into_iter().chain([&instance::SPEC, &app::SPEC]) {
        lists.push(listed(connection, scope, spec, sort, name, standing)?);
    }
    let place = match sort {
        Sort::Region => Placed { region: Some(name.to_owned()), cluster: None },
        Sort::Cluster => Placed { region: None, cluster: Some(name.to_owned()) },
    };
    let wanted = Wanted { resolved: false, severity: None, place, after: None, limit: SHOWN };
    let alerts = alerts::page(connection, scope, &wanted)?;
    let mut asked = changes::Asked::between(now - USUAL, now);
    match sort {
        Sort::Region => asked.regions.push(name.to_owned()),
        Sort::Cluster => asked.clusters.push(name.to_owned()),
    }
    asked.limit = CHANGES;
    let tape = changes::tape(connection, scope, &asked)?;
    Ok(Panels {
        lists,
        alerts: alerts.rows.iter().map(AlertLine::of).collect(),
        alerts_href: sort.within(name, "/alerts"),
        findings: findings(sort, name, standing),
        changes: tape.rows.iter().filter_map(change).collect(),
        changes_href: sort.within(name, "/changes"),
    })
}

fn listed(
    connection: &mut AnyConnection,
    scope: &Scope,
    spec: &'static KindSpec,
    sort: Sort,
    name: &str,
    standing: &Standing,
) -> QueryResult<Listed> {
    let query = ListQuery {
        filters: Filter::named(spec, sort.filter(), [name]).into_iter().collect(),
        wanted: rows::Wanted::only(["status"]),
        limit: SHOWN,
        ..ListQuery::of(spec)
    };
    let page = list(connection, scope, &query)?;
    let items = page.rows.iter().map(|row| ListedItem {
        name: row.title().to_owned(),
        href: cells::href(spec, row.id, None),
        status: row.status.clone(),
        tone: (spec.tone)(&row.status),
    });
    Ok(Listed {
        kind: spec.name,
        titles: spec.titles,
        items: items.collect(),
        total: standing.present_of(spec),
        href: sort.within(name, &format!("/{}", spec.path)),
    })
}

/// What each rule has found there, in the order of the rules.
fn findings(sort: Sort, name: &str, standing: &Standing) -> Vec<Figure> {
    let figure = |rule: &crate::relations::findings::Rule| {
        let value = *standing.findings.get(rule.name)?;
        let asked = Params::default().with(sort.filter(), name).with("ignored", "false");
        let href = asked.href(&format!("/findings/{}", rule.name));
        Some(Figure { value, label: rule.title.to_owned(), href, tone: Tone::Warn })
    };
    RULES.iter().filter_map(figure).collect()
}
