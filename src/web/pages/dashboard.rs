//! `/`: what is wrong, what comes, what there is, how we know, what has changed; in that order.

use askama::Template;
use askama_web::WebTemplate;

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::TimeDelta;
use diesel::QueryResult;

use crate::clock::Instant;
use crate::context::Context;
use crate::kinds::{KINDS, KindSpec, Tone};
use crate::store::listing;
use crate::store::rows::ResourceRow;
use crate::store::{AnyConnection, Scope, alerts, held, resources, runs, served_certificates, tasks};
use crate::web::extract::written;
use crate::web::pages::alerts::AlertLine;
use crate::web::pages::findings::overview::{self, RuleLine};
use crate::web::pages::runs::RunLine;
use crate::web::pages::sources::{self, SourceLine};
use crate::web::tally::{HELD, Tally};
use crate::web::view::Verdict;
use crate::web::{PageError, Shell, cells, filters};

/// The dashboard.
#[derive(Template, WebTemplate)]
#[template(path = "dashboard.html")]
pub struct DashboardPage {
    pub shell: Shell,
    pub verdict: Verdict,
    pub tiles: Vec<Tile>,
    /// Open ones, the worst first; a screenful at most.
    pub alerts: Vec<AlertLine>,
    /// Maintenance and expiries within the horizon, the nearest first.
    pub upcoming: Vec<Upcoming>,
    pub horizon_days: i64,
    pub kinds: Vec<KindCount>,
    /// Those in trouble first.
    pub sources: Vec<SourceBrief>,
    /// What runs, waits, or ended badly lately.
    pub runs: Vec<RunLine>,
    /// What does not fit together, by rule.
    pub findings: Vec<RuleLine>,
    /// Of the last day, the newest first.
    pub changes: Vec<RecentChange>,
}

/// A figure that leads to what it counts.
#[derive(Clone, Debug)]
pub struct Tile {
    pub label: &'static str,
    pub value: String,
    pub note: String,
    pub tone: Tone,
    pub href: String,
}

/// A moment worth attention: the `due_at` of a resource.
#[derive(Clone, Debug)]
pub struct Upcoming {
    pub at: Instant,
    pub name: String,
    pub href: String,
    /// `system-reboot`, `certificate expires`.
    pub what: String,
    pub tone: Tone,
}

/// How many of a kind are present.
#[derive(Clone, Debug)]
pub struct KindCount {
    pub name: &'static str,
    pub path: &'static str,
    pub titles: &'static str,
    pub present: i64,
    /// There are more than were counted.
    pub more: bool,
}

/// A source in one line.
#[derive(Clone, Debug)]
pub struct SourceBrief {
    pub name: String,
    pub state: String,
    pub tone: Tone,
    pub reason: String,
    pub confirmed_at: Option<Instant>,
}

/// A resource that came, changed or went.
#[derive(Clone, Debug)]
pub struct RecentChange {
    pub at: Instant,
    /// `added`, `changed`, `gone`.
    pub what: &'static str,
    pub tone: Tone,
    pub kind: &'static str,
    pub name: String,
    pub href: String,
}

/// How far ahead the page looks.
const HORIZON: TimeDelta = TimeDelta::days(30);
/// What is due within it is counted so far.
pub const COUNTED: i64 = 1_000;
/// A run that failed is shown for so long; one that left something to look at until somebody does.
const LATELY: TimeDelta = TimeDelta::hours(6);
/// Lines of each panel.
const SHOWN: usize = 8;

/// The dashboard as of one moment of the database.
pub fn fetch(connection: &mut AnyConnection, scope: &Scope, shell: Shell) -> QueryResult<DashboardPage> {
    let worst = alerts::worst(connection, scope, SHOWN)?;
    let held = held::open(connection, scope, None)?;
    let sources = sources::lines_with(connection, scope, &held, shell.now)?;
    let totals = listing::totals(connection, scope, KINDS)?;
    let counted = |(spec, total): (&&'static KindSpec, listing::Total)| KindCount {
        name: spec.name,
        path: spec.path,
        titles: spec.titles,
        present: total.present,
        more: total.more,
    };
    let kinds = KINDS.iter().zip(totals).map(counted).collect();
    let due = resources::due_counts(connection, scope, KINDS, shell.now + HORIZON, COUNTED)?;
    let due: Vec<(&str, i64)> = due.into_iter().map(|(spec, count)| (spec.path, count)).collect();
    let mut upcoming = coming(connection, scope, shell.now)?;
    let mut changes = recent(connection, scope, shell.now)?;
    upcoming.sort_by_key(|item| item.at);
    changes.sort_by_key(|change| std::cmp::Reverse(change.at));
    changes.truncate(SHOWN + 4);
    let open = alerts::open_counts(connection, scope)?;
    let tally = Tally::of(open, &sources, held.len(), tasks::silence(connection, shell.now)?);
    let served = served_certificates::bad_hosts(connection, scope)?;
    let mut tiles = tally.tiles(&upcoming, &due, served, shell.now);
    // Losses are held of whole listings: a team is not told of them, and so not that there are none.
    tiles.retain(|tile| tile.label != HELD || scope.sees_everything());
    upcoming.truncate(SHOWN);
    Ok(DashboardPage {
        verdict: tally.verdict(),
        tiles,
        alerts: worst.iter().map(AlertLine::of).collect(),
        upcoming,
        horizon_days: HORIZON.num_days(),
        kinds,
        sources: sources.into_iter().take(SHOWN).map(brief).collect(),
        runs: runs::list::current(connection, scope, shell.now - LATELY, SHOWN as i64)?
            .iter()
            .map(RunLine::of)
            .collect(),
        findings: overview::lines(connection, scope, shell.now)?,
        changes,
        shell,
    })
}

fn brief(line: SourceLine) -> SourceBrief {
    let SourceLine { name, state, tone, reason, confirmed_at, .. } = line;
    SourceBrief { name, state, tone, reason, confirmed_at }
}

/// What is due within the horizon, kind by kind, overdue first.
fn coming(connection: &mut AnyConnection, scope: &Scope, now: Instant) -> QueryResult<Vec<Upcoming>> {
    let rows = resources::due(connection, scope, KINDS, now + HORIZON, SHOWN)?;
    let due = rows.iter().filter_map(|row| Some((row, row.spec()?, row.due_at()?)));
    Ok(due
        .map(|(row, spec, at)| Upcoming {
            at,
            name: row.title().to_owned(),
            href: cells::href(spec, row.id, None),
            what: due_words(spec, row),
            tone: if at < now + TimeDelta::days(3) {
                Tone::Bad
            } else if at < now + TimeDelta::days(14) {
                Tone::Warn
            } else {
                Tone::Plain
            },
        })
        .collect())
}

/// What it is that is due: an event's own code, otherwise the kind's noun.
fn due_words(spec: &KindSpec, row: &ResourceRow) -> String {
    match spec.name {
        "certificate" => "Certificate expires".to_owned(),
        _ if row.facet_a.is_empty() => format!("{} is due", spec.title),
        _ => format!("{}: {}", spec.title, row.facet_a),
    }
}

/// What came, changed or went in the last day.
fn recent(connection: &mut AnyConnection, scope: &Scope, now: Instant) -> QueryResult<Vec<RecentChange>> {
    let since = now - TimeDelta::days(1);
    let mut changes = Vec::new();
    for row in resources::latest(connection, scope, KINDS, false, since, SHOWN)? {
        let (what, tone) =
            if row.changed_at == row.first_seen_at { ("added", Tone::Good) } else { ("changed", Tone::Plain) };
        changes.extend(change(&row, row.changed_at(), what, tone));
    }
    for row in resources::latest(connection, scope, KINDS, true, since, SHOWN)? {
        changes.extend(change(&row, row.gone_at().unwrap_or(since), "gone", Tone::Muted));
    }
    Ok(changes)
}

fn change(row: &ResourceRow, at: Instant, what: &'static str, tone: Tone) -> Option<RecentChange> {
    let (spec, name) = (row.spec()?, row.title().to_owned());
    Some(RecentChange { at, what, tone, kind: spec.title, name, href: cells::href(spec, row.id, None) })
}

/// `GET /`.
pub async fn show(context: web::Data<Context>, request: HttpRequest, scope: Scope) -> Result<HttpResponse, PageError> {
    let fetch = move |connection: &mut _, shell| fetch(connection, &scope, shell).map(Some);
    written(&context, Shell::begin(&request)?, fetch).await
}
