//! `/findings`: every rule with what it means and how much of it there is.

use askama::Template;
use askama_web::WebTemplate;

use actix_web::{HttpRequest, HttpResponse, web};
use diesel::QueryResult;

use crate::clock::Instant;
use crate::context::Context;
use crate::kinds::Tone;
use crate::relations::findings::{self, Tally};
use crate::store::findings::COUNTED;
use crate::store::{AnyConnection, Scope};
use crate::web::extract::written;
use crate::web::filters::grouped;
use crate::web::{PageError, Shell, filters};

/// Every rule.
#[derive(Template, WebTemplate)]
#[template(path = "findings/overview.html")]
pub struct FindingsPage {
    pub shell: Shell,
    pub rules: Vec<RuleLine>,
    /// The oldest pass; `None` while a rule never went over everything.
    pub computed_at: Option<Instant>,
}

/// A rule, and how much of it there is.
#[derive(Clone, Debug)]
pub struct RuleLine {
    pub title: &'static str,
    pub meaning: &'static str,
    pub kind: &'static str,
    pub href: String,
    pub tone: Tone,
    /// `12`, or `1,000+`.
    pub sure: String,
    pub unsure: String,
    pub ignored: i64,
    pub is_none: bool,
    pub has_unsure: bool,
    /// Why some are not sure.
    pub doubt: Option<String>,
    pub computed_at: Option<Instant>,
}

impl RuleLine {
    /// A rule's numbers as a line.
    pub fn of(tally: &Tally) -> Self {
        let number = |n: i64| {
            if n > COUNTED || (tally.more && n > 0) { format!("{}+", grouped(n.min(COUNTED))) } else { grouped(n) }
        };
        let tone = match () {
            () if tally.sure > 0 => Tone::Warn,
            () if tally.unsure > 0 || tally.computed_at.is_none() => Tone::Plain,
            () => Tone::Good,
        };
        Self {
            title: tally.rule.title,
            meaning: tally.rule.meaning,
            kind: tally.rule.spec.name,
            href: format!("/findings/{}", tally.rule.name),
            tone,
            sure: number(tally.sure),
            unsure: number(tally.unsure),
            ignored: tally.ignored,
            is_none: tally.sure == 0 && tally.unsure == 0,
            has_unsure: tally.unsure > 0,
            doubt: tally.doubt.clone(),
            computed_at: tally.computed_at,
        }
    }
}

/// Every rule with its numbers.
pub fn lines(connection: &mut AnyConnection, scope: &Scope, now: Instant) -> QueryResult<Vec<RuleLine>> {
    Ok(findings::tally(connection, scope, now)?.iter().map(RuleLine::of).collect())
}

fn fetch(connection: &mut AnyConnection, scope: &Scope, shell: Shell) -> QueryResult<FindingsPage> {
    let rules = lines(connection, scope, shell.now)?;
    let computed_at = rules.iter().map(|rule| rule.computed_at).min().flatten();
    Ok(FindingsPage { shell, rules, computed_at })
}

/// `GET /findings`.
pub async fn show(context: web::Data<Context>, request: HttpRequest, scope: Scope) -> Result<HttpResponse, PageError> {
    let fetch = move |connection: &mut _, shell| fetch(connection, &scope, shell).map(Some);
    written(&context, Shell::begin(&request)?, fetch).await
}
