//! `/pulse`: one phone screen, no script, under 30 kB: get up or not.

use askama::Template;
use askama_web::WebTemplate;

use actix_web::{HttpRequest, HttpResponse, web};
use diesel::QueryResult;

use crate::clock::Instant;
use crate::context::Context;
use crate::kinds::Tone;
use crate::store::runs::list::{self, Wanted};
use crate::store::{AnyConnection, Scope, alerts, held, tasks};
use crate::web::extract::written;
use crate::web::filters::span;
use crate::web::pages::alerts::AlertLine;
use crate::web::pages::sources::{self, SourceLine};
use crate::web::tally::Tally;
use crate::web::view::Verdict;
use crate::web::{PageError, Shell, filters};
use crate::wire::runs::RunState;

/// The whole house on a phone, in the dark.
#[derive(Template, WebTemplate)]
#[template(path = "pulse.html")]
pub struct PulsePage {
    pub shell: Shell,
    /// `Sleep on`, `Look in the morning`, `Get up`.
    pub verdict: Verdict,
    /// What is wrong, the worst first; eight at most.
    pub lines: Vec<PulseLine>,
    pub figures: Vec<Figure>,
    pub confirmed_at: Option<Instant>,
}

/// Something wrong.
#[derive(Clone, Debug)]
pub struct PulseLine {
    pub title: String,
    pub detail: String,
    pub tone: Tone,
    pub href: String,
}

/// A number that says how things stand.
#[derive(Clone, Debug)]
pub struct Figure {
    pub label: &'static str,
    pub value: String,
    pub tone: Tone,
}

/// So far runs are counted.
const COUNTED: usize = 100;
/// Troubles that a phone shows at once.
const SHOWN: usize = 8;
/// Of which a team is told nothing, and so not that there are none.
const HELD_HERE: &str = "losses held";

/// How things stand.
pub fn fetch(connection: &mut AnyConnection, scope: &Scope, shell: Shell) -> QueryResult<PulsePage> {
    let worst = alerts::worst(connection, scope, SHOWN)?;
    let held = held::open(connection, scope, None)?;
    let sources = sources::lines_with(connection, scope, &held, shell.now)?;
    let open = alerts::open_counts(connection, scope)?;
    let tally = Tally::of(open, &sources, held.len(), tasks::silence(connection, shell.now)?);
    let found = tally.verdict();
    let title = match found.tone {
        Tone::Bad => "Get up",
        Tone::Warn => "Look in the morning",
        _ => "Sleep on",
    };
    let mut lines: Vec<PulseLine> = worst.iter().map(AlertLine::of).map(alert).collect();
    // A source that an alert speaks of already is not told twice.
    let troubled: Vec<PulseLine> = sources.iter().filter(|source| source.tone > Tone::Good).map(source).collect();
    let hrefs: Vec<String> = troubled.iter().map(|line| line.href.clone()).collect();
    let told = alerts::leading_to(connection, scope, &hrefs)?;
    lines.extend(troubled.into_iter().filter(|line| !told.contains(&line.href)));
    lines.sort_by_key(|line| std::cmp::Reverse(line.tone));
    lines.truncate(SHOWN);
    let figure = |label, value: usize, tone| Figure {
        label,
        value: value.to_string(),
        tone: if value > 0 { tone } else { Tone::Good },
    };
    let at_work = Wanted { states: vec![RunState::Running, RunState::Cancelling], ..Wanted::default() };
    let going_on = list::page(connection, scope, &at_work, COUNTED)?.rows.len();
    let mut figures = vec![
        figure("critical", tally.critical, Tone::Bad),
        figure("warnings", tally.warnings, Tone::Warn),
        figure("sources down", tally.troubled, Tone::Bad),
        figure(HELD_HERE, tally.held, Tone::Warn),
        figure("runs in progress", going_on, Tone::Plain),
        figure("sources", tally.sources, Tone::Plain),
        Figure {
            label: "oldest facts",
            value: tally.confirmed_at.map_or_else(|| "–".to_owned(), |at| span((shell.now - at).num_seconds())),
            tone: Tone::Plain,
        },
    ];
    figures.retain(|figure| figure.label != HELD_HERE || scope.sees_everything());
    let verdict = Verdict { tone: found.tone, title: title.to_owned(), detail: format!("{}.", found.title) };
    Ok(PulsePage { verdict, lines, figures, confirmed_at: tally.confirmed_at, shell })
}

fn alert(line: AlertLine) -> PulseLine {
    PulseLine { title: line.title, detail: line.detail, tone: line.tone, href: line.href }
}

fn source(line: &SourceLine) -> PulseLine {
    PulseLine {
        title: format!("{} is {}", line.name, line.state.replace('_', " ")),
        detail: line.reason.clone(),
        tone: line.tone,
        href: format!("/sources/{}", line.name),
    }
}

/// `GET /pulse`.
pub async fn show(context: web::Data<Context>, request: HttpRequest, scope: Scope) -> Result<HttpResponse, PageError> {
    let fetch = move |connection: &mut _, shell| fetch(connection, &scope, shell).map(Some);
    written(&context, Shell::begin(&request)?, fetch).await
}
