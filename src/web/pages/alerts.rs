//! `/alerts`: what rules have found, open first.

use askama::Template;
use askama_web::WebTemplate;

use actix_web::{HttpRequest, web};
use diesel::QueryResult;

use crate::clock::Instant;
use crate::context::Context;
use crate::kinds::Tone;
use crate::store::alerts::{self, AlertRow};
use crate::store::{AnyConnection, Scope};
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

/// Resolved alerts of one page.
const RESOLVED: i64 = 50;

/// The alerts in the asked state: `?state=resolved`, otherwise those that are open.
pub fn fetch(connection: &mut AnyConnection, scope: &Scope, params: &Params, shell: Shell) -> QueryResult<AlertsPage> {
    let is_resolved = params.get("state") == Some("resolved");
    let severity = params.get("severity");
    let open = alerts::open(connection, scope)?;
    let rows = if is_resolved {
        alerts::resolved(connection, scope, params.get("cursor").and_then(|id| id.parse().ok()), RESOLVED)?
    } else {
        open.clone()
    };
    let next = rows.last().filter(|_| is_resolved && rows.len() as i64 == RESOLVED).map(|row| row.id.to_string());
    let here = params.without(&["cursor"]);
    Ok(AlertsPage {
        filters: vec![states(&here, is_resolved, open.len() as i64), severities(&here, severity)],
        alerts: rows
            .iter()
            .filter(|row| severity.is_none_or(|severity| row.severity == severity))
            .map(AlertLine::of)
            .collect(),
        pager: Pager {
            shown: rows.len(),
            first_href: params.get("cursor").map(|_| here.href("/alerts")),
            next_href: next.map(|cursor| here.with("cursor", &cursor).href("/alerts")),
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

fn severities(here: &Params, chosen: Option<&str>) -> FilterGroup {
    let chip = |severity: &alerts::Severity| {
        let (name, on) = (severity.as_str(), chosen == Some(severity.as_str()));
        let href = if on { here.without(&["severity"]) } else { here.with("severity", name) }.href("/alerts");
        Chip { label: name.to_owned(), count: None, href, on, tone: cells::severity_tone(name) }
    };
    let chips = alerts::Severity::ALL.iter().rev().map(chip).collect();
    FilterGroup { name: "severity".to_owned(), title: "Severity".to_owned(), chips, more: Vec::new() }
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
pub async fn show(context: web::Data<Context>, shell: Shell, request: HttpRequest) -> Result<AlertsPage, PageError> {
    let params = Params::parse(request.query_string());
    Ok(context.db.read(move |connection| fetch(connection, &Scope::of_member(), &params, shell)).await?)
}
