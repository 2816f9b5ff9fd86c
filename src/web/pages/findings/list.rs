//! `/findings/{rule}`: what a rule has found and what is still the case, by name.

use askama::Template;
use askama_web::WebTemplate;

use actix_web::{HttpRequest, HttpResponse, web};
use diesel::QueryResult;

use super::overview::RuleLine;
use super::{FindingLine, csv, given};
use crate::context::Context;
use crate::kinds::Tone;
use crate::relations::findings::{self, Given, Rule};
use crate::store::doubt::Doubts;
use crate::store::findings::{self as stored, FindingRow, Wanted};
use crate::store::listing::MOST;
use crate::store::page::Page;
use crate::store::{AnyConnection, Scope};
use crate::web::extract::written;
use crate::web::listing::ROWS;
use crate::web::params::Params;
use crate::web::view::{Chip, FilterGroup, Pager};
use crate::web::{PageError, Shell, filters};

/// The findings of a rule.
#[derive(Template, WebTemplate)]
#[template(path = "findings/list.html")]
pub struct FindingListPage {
    pub shell: Shell,
    pub rule: &'static Rule,
    pub numbers: Option<RuleLine>,
    pub filters: Vec<FilterGroup>,
    /// The list without any condition, if there is one.
    pub clear_href: Option<String>,
    pub findings: Vec<FindingLine>,
    pub pager: Pager,
    pub csv_href: String,
}

/// What a query may ask for.
pub const ASKABLE: [&str; 7] = ["source", "region", "cluster", "ignored", "cursor", "limit", "format"];

/// What a query asks for.
///
/// # Errors
/// [`PageError::Invalid`] for what is none of it.
pub fn wanted(params: &Params) -> Result<Wanted, PageError> {
    params.only(&ASKABLE).map_err(PageError::Invalid)?;
    let ignored = match params.get("ignored") {
        None => None,
        Some("true") => Some(true),
        Some("false") => Some(false),
        Some(other) => return Err(PageError::Invalid(format!("ignored is true or false, not “{other}”"))),
    };
    let after = params.cursor(behind).map_err(PageError::Invalid)?;
    let text = |name: &str| params.get(name).map(str::to_owned);
    Ok(Wanted {
        source: text("source"),
        region: text("region"),
        cluster: text("cluster"),
        ignored,
        limit: params.limit(ROWS, MOST).map_err(PageError::Invalid)?,
        after,
    })
}

/// `17.www.example.com`: behind the finding 17, which has that name.
fn behind(text: &str) -> Option<(String, i64)> {
    let (id, name) = text.split_once('.')?;
    Some((name.to_owned(), id.parse().ok()?))
}

/// The cursor of the page behind this one.
pub fn next_cursor(page: &Page<FindingRow>) -> Option<String> {
    let last = page.rows.last().filter(|_| page.next.is_some())?;
    Some(format!("{}.{}", last.id, last.name))
}

fn fetch(
    connection: &mut AnyConnection,
    scope: &Scope,
    rule: &'static Rule,
    wanted: &Wanted,
    given: &Given,
    params: &Params,
    shell: Shell,
) -> QueryResult<FindingListPage> {
    let page = stored::page(connection, scope, rule.name, wanted, shell.now)?;
    let next = next_cursor(&page);
    let found = findings::verify(connection, scope, rule, given, &mut Doubts::at(shell.now, scope), page.rows)?;
    let tally = findings::tally(connection, scope, shell.now)?.into_iter().find(|one| one.rule.name == rule.name);
    let path = format!("/findings/{}", rule.name);
    let here = params.without(&["cursor"]);
    let mut filters = Vec::new();
    for column in stored::Column::ALL {
        let values = stored::values(connection, scope, rule.name, column)?;
        filters.push(group(column.as_str(), values, &here, &path));
    }
    filters.push(ignored(&here, &path));
    filters.retain(|group| group.chips.len() > 1 || group.is_on());
    Ok(FindingListPage {
        rule,
        numbers: tally.as_ref().map(RuleLine::of),
        filters,
        clear_href: (!here.is_empty()).then(|| path.clone()),
        findings: found.iter().filter_map(FindingLine::of).collect(),
        pager: Pager {
            shown: found.len(),
            first_href: params.get("cursor").map(|_| here.href(&path)),
            next_href: next.map(|cursor| here.with("cursor", &cursor).href(&path)),
        },
        csv_href: here.with("format", "csv").href(&path),
        shell,
    })
}

/// One value at a time: a finding is in one place.
fn group(name: &str, values: Vec<String>, here: &Params, path: &str) -> FilterGroup {
    let chosen = here.get(name);
    let mut values = values;
    if let Some(chosen) = chosen.filter(|chosen| !values.iter().any(|value| value == chosen)) {
        values.push(chosen.to_owned());
    }
    let chip = |value: String| {
        let on = chosen == Some(value.as_str());
        let href = if on { here.without(&[name]) } else { here.with(name, &value) }.href(path);
        Chip { label: value, count: None, href, on, tone: Tone::Plain }
    };
    let (first, rest) = name.split_at(1);
    FilterGroup {
        name: name.to_owned(),
        title: first.to_uppercase() + rest,
        chips: values.into_iter().map(chip).collect(),
        more: Vec::new(),
    }
}

fn ignored(here: &Params, path: &str) -> FilterGroup {
    let chip = |label: &str, value: &str| {
        let on = here.get("ignored") == Some(value);
        let href = if on { here.without(&["ignored"]) } else { here.with("ignored", value) }.href(path);
        Chip { label: label.to_owned(), count: None, href, on, tone: Tone::Plain }
    };
    let chips = vec![chip("not ignored", "false"), chip("ignored", "true")];
    FilterGroup { name: "ignored".to_owned(), title: "Show".to_owned(), chips, more: Vec::new() }
}

/// `GET /findings/{rule}`; with `?format=csv` the whole of it as a file.
pub async fn show(context: web::Data<Context>, request: HttpRequest, scope: Scope) -> Result<HttpResponse, PageError> {
    let (rule, params) = (rule_of(&request)?, Params::parse(request.query_string()));
    let (wanted, given) = (wanted(&params)?, given(&context));
    if params.get("format") == Some("csv") {
        return Ok(csv::file(context, scope, rule, wanted));
    }
    let fetch =
        move |connection: &mut _, shell| fetch(connection, &scope, rule, &wanted, &given, &params, shell).map(Some);
    written(&context, Shell::begin(&request)?, fetch).await
}

/// A word that is no rule's name is no page.
pub fn rule_of(request: &HttpRequest) -> Result<&'static Rule, PageError> {
    Rule::by_name(request.match_info().query("rule")).ok_or(PageError::NotFound)
}
