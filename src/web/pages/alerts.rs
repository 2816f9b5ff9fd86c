//! `/alerts`: what rules have found, open first.

use askama::Template;
use askama_web::WebTemplate;

use actix_web::{HttpRequest, web};
use diesel::QueryResult;

use crate::clock::Instant;
use crate::context::Context;
use crate::kinds::Tone;
use crate::store::alerts::{self, AlertRow, Placed, Wanted};
use crate::store::{AnyConnection, Scope};
use crate::web::listing::ROWS;
use crate::web::params::Params;
use crate::web::view::{Chip, FilterGroup, Pager};
use crate::web::{PageError, Shell, cells, filters};

/// Alerts in one state, the worst first.
#[derive(Template, WebTemplate)]
#[template(path = "alerts.html")]
pub struct AlertsPage {
    pub shell: Shell,
    /// By state, severity and rule.
    pub filters: Vec<FilterGroup>,
    pub alerts: Vec<AlertLine>,
    pub pager: Pager,
}

/// An alert wherever alerts are listed.
#[derive(Clone, Debug)]
pub struct AlertLine {
    pub title: String,
    pub detail: String,
    /// Where to look.
    pub href: String,
    pub severity: String,
    pub tone: Tone,
    pub opened_at: Instant,
}

/// What a query asks for: `state` (`open`, `resolved`), `severity`, `region`, `cluster`, `cursor`.
///
/// # Errors
/// [`PageError::Invalid`] for a word that is none of those.
pub fn wanted(params: &Params, limit: usize) -> Result<Wanted, PageError> {
    let resolved = match params.get("state") {
        None | Some("open") => false,
        Some("resolved") => true,
        Some(other) => {
            return Err(PageError::Invalid(format!("there is no state “{other}”; there are open, resolved")));
        }
    };
    let severity = params.get("severity").map(|name| {
        let known = || alerts::Severity::ALL.map(alerts::Severity::as_str).join(", ");
        let unknown = || PageError::Invalid(format!("there is no severity “{name}”; there are {}", known()));
        alerts::Severity::parse(name).ok_or_else(unknown)
    });
    let after = params.id_cursor().map_err(PageError::Invalid)?;
    let text = |name: &str| params.get(name).map(str::to_owned);
    let place = Placed { region: text("region"), cluster: text("cluster") };
    Ok(Wanted { resolved, severity: severity.transpose()?, place, after, limit })
}

/// The alerts that are wanted, the worst first.
pub fn fetch(
    connection: &mut AnyConnection,
    scope: &Scope,
    wanted: &Wanted,
    params: &Params,
    shell: Shell,
) -> QueryResult<AlertsPage> {
    let page = alerts::page(connection, scope, wanted)?;
    let open = alerts::open_count(connection, scope)?;
    let here = params.without(&["cursor"]);
    Ok(AlertsPage {
        filters: [states(&here, wanted.resolved, open), severities(&here, wanted.severity)]
            .into_iter()
            .chain(places(&here))
            .collect(),
        alerts: page.rows.iter().map(AlertLine::of).collect(),
        pager: Pager {
            shown: page.rows.len(),
            first_href: params.get("cursor").map(|_| here.href("/alerts")),
            next_href: page.next.map(|cursor| here.with("cursor", &cursor.to_string()).href("/alerts")),
        },
        shell,
    })
}

fn states(here: &Params, is_resolved: bool, open: i64) -> FilterGroup {
    let chip = |label: &str, on, count, href| Chip { label: label.to_owned(), count, href, on, tone: Tone::Plain };
    let chips = vec![
        chip("open", !is_resolved, Some(open), here.without(&["state"]).href("/alerts")),
        chip("resolved", is_resolved, None, here.with("state", "resolved").href("/alerts")),
    ];
    FilterGroup { name: "state".to_owned(), title: "State".to_owned(), chips, more: Vec::new() }
}

fn severities(here: &Params, chosen: Option<alerts::Severity>) -> FilterGroup {
    let chip = |severity: &alerts::Severity| {
        let (name, on) = (severity.as_str(), chosen == Some(*severity));
        let href = if on { here.without(&["severity"]) } else { here.with("severity", name) }.href("/alerts");
        Chip { label: name.to_owned(), count: None, href, on, tone: cells::severity_tone(name) }
    };
    let chips = alerts::Severity::ALL.iter().rev().map(chip).collect();
    FilterGroup { name: "severity".to_owned(), title: "Severity".to_owned(), chips, more: Vec::new() }
}

/// What a query narrows the list to, each with the way out of it. The map and the pages of places lead here.
fn places(here: &Params) -> impl Iterator<Item = FilterGroup> {
    [("region", "Region"), ("cluster", "Cluster")].into_iter().filter_map(|(name, title)| {
        let label = here.get(name)?.to_owned();
        let href = here.without(&[name]).href("/alerts");
        let chips = vec![Chip { label, count: None, href, on: true, tone: Tone::Plain }];
        Some(FilterGroup { name: name.to_owned(), title: title.to_owned(), chips, more: Vec::new() })
    })
}

impl AlertLine {
    /// An alert as a line.
    pub fn of(row: &AlertRow) -> Self {
        let tone = if row.state == "resolved" { Tone::Muted } else { cells::severity_tone(&row.severity) };
        Self {
            title: row.title.clone(),
            detail: row.body.clone(),
            href: if row.link.starts_with('/') { row.link.clone() } else { "/alerts".to_owned() },
            severity: row.severity.clone(),
            tone,
            opened_at: row.opened_at.and_utc(),
        }
    }
}

/// `GET /alerts`.
pub async fn show(
    context: web::Data<Context>,
    shell: Shell,
    request: HttpRequest,
    scope: Scope,
) -> Result<AlertsPage, PageError> {
    let params = Params::parse(request.query_string());
    params.only(&["state", "severity", "region", "cluster", "cursor"]).map_err(PageError::Invalid)?;
    let wanted = wanted(&params, ROWS)?;
    Ok(context.db.read(move |connection| fetch(connection, &scope, &wanted, &params, shell)).await?)
}
