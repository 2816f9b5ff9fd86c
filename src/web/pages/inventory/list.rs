//! `/{kind}`: the list of a kind, with filters, columns, search, a past moment, and CSV.

use std::collections::BTreeMap;

use askama::Template;
use askama_web::WebTemplate;

use diesel::QueryResult;

use crate::kinds::{Cell, Column, KindSpec, Tone, certificate};
use crate::store::listing::{self, ListQuery, Sort, Total};
use crate::store::rows::ResourceRow;
use crate::store::scopes;
use crate::store::{AnyConnection, Scope, served_certificates};
use crate::web::listing::Asked;
use crate::web::params::Params;
use crate::web::view::{Age, Chip, FilterGroup, Kept, Pager};
use crate::web::{Shell, cells, filters};

/// A page of a kind's list.
#[derive(Template, WebTemplate)]
#[template(path = "inventory/list.html")]
pub struct ListPage {
    pub shell: Shell,
    pub spec: &'static KindSpec,
    pub list_path: String,
    pub age: Age,
    /// How many match, where that is known without counting.
    pub total: Option<Total>,
    /// It cannot be said any more how many there were at that moment.
    pub uncounted: bool,
    pub query: String,
    pub filters: Vec<FilterGroup>,
    /// The list without any condition, if there is one.
    pub clear_href: Option<String>,
    /// The query without `q` and `cursor`, for the form that searches.
    pub kept: Vec<Kept>,
    /// The query without `at` and `cursor`, for the forms that change another part of it.
    pub kept_all: Vec<Kept>,
    /// In the order of `cells`.
    pub headings: Vec<Heading>,
    pub choices: Vec<Choice>,
    pub rows: Vec<Row>,
    pub pager: Pager,
    pub csv_href: String,
}

impl ListPage {
    /// `No load balancers are known`.
    fn none_known(&self) -> String {
        format!("No {} are known", filters::within_sentence(self.spec.titles))
    }
}

/// The head of a column.
#[derive(Clone, Debug)]
pub struct Heading {
    pub title: &'static str,
    pub priority: u8,
    /// Sorts by it, or turns the order around.
    pub href: Option<String>,
    pub sorted: Option<Order>,
}

/// In which order a column is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Ascending,
    Descending,
}

impl Order {
    /// As `aria-sort` says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ascending => "ascending",
            Self::Descending => "descending",
        }
    }

    /// Its arrow.
    pub fn icon(self) -> &'static str {
        match self {
            Self::Ascending => "asc",
            Self::Descending => "desc",
        }
    }
}

/// A column that can be shown.
#[derive(Clone, Debug)]
pub struct Choice {
    pub id: &'static str,
    pub title: &'static str,
    pub on: bool,
}

/// A resource in the list; the first cell is its name.
#[derive(Clone, Debug)]
pub struct Row {
    pub href: String,
    pub name: String,
    pub cells: Vec<Cell>,
    pub is_gone: bool,
    /// Missing in a complete listing, while the guard holds the loss.
    pub is_missing: bool,
    /// What is wrong with what hosts really send, of a certificate that is meant for them.
    pub served: Option<&'static str>,
}

/// The list as asked for, from one moment of the database.
pub fn fetch(connection: &mut AnyConnection, scope: &Scope, asked: &Asked, shell: Shell) -> QueryResult<ListPage> {
    let spec = asked.query.spec;
    let columns = cells::Chosen::of(spec, &asked.columns);
    let query = ListQuery { wanted: columns.wanted(), ..asked.query.clone() };
    let page = listing::list(connection, scope, &query)?;
    let chosen = asked
        .query
        .filters
        .iter()
        .flat_map(|filter| filter.values().iter().map(|value| (filter.name(), value.as_str())));
    let counts = match asked.query.at {
        None => listing::facets(connection, scope, spec, chosen)?,
        Some(at) => listing::facets_at(connection, scope, spec, at, chosen)?,
    };
    let stale_after = shell.standing.and_then(|standing| standing.stale_after);
    let path = format!("/{}", spec.path);
    let here = asked.params.without(&["cursor"]);
    let conditions = here.without(&["sort", "columns", "limit", "at"]);
    let uncounted = asked.query.at.is_some() && counts.more && scope.sees_everything();
    let plain = conditions.is_empty() && !uncounted;
    let age = Age {
        stale: page.confirmed_at.zip(stale_after).is_some_and(|(at, after)| shell.now - at > after),
        confirmed_at: page.confirmed_at,
        complete: page.complete,
        reasons: if page.complete { Vec::new() } else { incomplete(connection, scope, spec)? },
    };
    let served = if spec.name == certificate::SPEC.name && asked.query.at.is_none() {
        let ids: Vec<i64> = page.rows.iter().map(|row| row.id).collect();
        served_certificates::worst_of(connection, scope, &ids)?
    } else {
        BTreeMap::new()
    };
    let line = |row: &ResourceRow| Row {
        served: served.get(&row.id).map(|judgement| judgement.as_str()),
        ..line(spec, row, &columns, asked)
    };
    Ok(ListPage {
        age,
        spec,
        uncounted,
        total: plain.then_some(Total { present: counts.total, more: counts.more }),
        query: asked.query.text.clone().unwrap_or_default(),
        filters: groups(spec, &counts, &here, &path),
        clear_href: (!conditions.is_empty()).then(|| without_names(&here, &conditions).href(&path)),
        kept: here.without(&["q"]).kept(),
        kept_all: here.without(&["at"]).kept(),
        headings: asked.columns.iter().map(|column| heading(column, asked, &here, &path)).collect(),
        choices: spec.columns.iter().filter(|column| column.id != "name").map(|column| choice(column, asked)).collect(),
        rows: page.rows.iter().map(line).collect(),
        pager: Pager {
            shown: page.rows.len(),
            first_href: asked.params.get("cursor").map(|_| here.href(&path)),
            next_href: page.next.map(|cursor| here.with("cursor", &cursor.to_string()).href(&path)),
        },
        csv_href: here.without(&["limit"]).with("format", "csv").href(&path),
        list_path: path,
        shell,
    })
}

/// So many listings are named on the page of a list.
const NAMED: i64 = 8;

/// Which listings of the kind were not complete, and why.
fn incomplete(connection: &mut AnyConnection, reach: &Scope, spec: &KindSpec) -> QueryResult<Vec<String>> {
    let troubled = scopes::troubled(connection, reach, spec.name, NAMED)?;
    Ok(troubled.iter().map(super::sentence).collect())
}

fn without_names(here: &Params, conditions: &Params) -> Params {
    here.without(&conditions.names())
}

/// The filters with their counts, where those are known.
fn groups(spec: &KindSpec, counts: &listing::Counts, here: &Params, path: &str) -> Vec<FilterGroup> {
    let group = |name: &&'static str| {
        let chosen: Vec<&str> = here.all(name).collect();
        let toggled = here.toggles(path, name);
        let mut values = counts.values.get(*name).cloned().unwrap_or_default();
        values.retain(|(value, _)| !value.is_empty());
        values.extend(
            chosen
                .iter()
                .filter(|on| !values.iter().any(|(value, _)| value == *on))
                .map(|on| ((*on).to_owned(), 0))
                .collect::<Vec<_>>(),
        );
        values.sort_by_key(|(value, count)| (!chosen.contains(&value.as_str()), -count));
        let mut chips = values.into_iter().map(|(value, count)| Chip {
            href: toggled(&value),
            on: chosen.contains(&value.as_str()),
            tone: if *name == "status" { (spec.tone)(&value) } else { Tone::Plain },
            count: (!counts.more).then_some(count),
            label: value,
        });
        let shown = chips.by_ref().take(CHIPS).collect();
        FilterGroup { name: (*name).to_owned(), title: titled(spec, name), chips: shown, more: chips.collect() }
    };
    spec.filters.iter().map(group).filter(|group| group.chips.len() > 1 || group.is_on()).collect()
}

/// Chips of one filter before "more".
const CHIPS: usize = 5;

/// As the column of that name is headed; without one, `instance_type` as `Instance type`.
fn titled(spec: &KindSpec, name: &str) -> String {
    if let Some(column) = spec.columns.iter().find(|column| column.id == name) {
        return column.title.to_owned();
    }
    let words = name.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn heading(column: &'static Column, asked: &Asked, here: &Params, path: &str) -> Heading {
    let sort = &asked.query.sort;
    let is_this = Sort::parse(asked.query.spec, column.id).is_some_and(|this| this.column() == sort.column());
    let sorted = is_this.then_some(if sort.descending { Order::Descending } else { Order::Ascending });
    let next = if sorted == Some(Order::Ascending) { format!("-{}", column.id) } else { column.id.to_owned() };
    let href = column.sortable.then(|| here.with("sort", &next).href(path));
    Heading { title: column.title, priority: column.priority, href, sorted }
}

fn choice(column: &'static Column, asked: &Asked) -> Choice {
    Choice { id: column.id, title: column.title, on: asked.columns.iter().any(|shown| shown.id == column.id) }
}

fn line(spec: &'static KindSpec, row: &ResourceRow, columns: &cells::Chosen<'_>, asked: &Asked) -> Row {
    Row {
        href: cells::href(spec, row.id, asked.query.at),
        name: row.title().to_owned(),
        cells: columns.of_row(row),
        is_gone: row.gone_at.is_some(),
        is_missing: row.missing_since.is_some(),
        served: None,
    }
}
