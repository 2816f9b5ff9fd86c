//! `/dns-changes`: every change, the newest first: what, by whom, how it stands, until when it can be taken back.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use askama_web::WebTemplate;
use diesel::QueryResult;

use super::lines::ChangeLine;
use crate::context::Context;
use crate::store::dns_changes::{self, Wanted};
use crate::store::{AnyConnection, Scope};
use crate::web::extract::written;
use crate::web::listing::ROWS;
use crate::web::params::Params;
use crate::web::view::Pager;
use crate::web::{PageError, Shell, filters};

/// The list.
#[derive(Template, WebTemplate)]
#[template(path = "dns_changes/list.html")]
pub struct ChangesPage {
    pub shell: Shell,
    pub lines: Vec<ChangeLine>,
    pub pager: Pager,
    /// Also plans that nobody has applied.
    pub with_plans: bool,
}

/// `GET /dns-changes`.
pub async fn show(context: web::Data<Context>, request: HttpRequest, scope: Scope) -> Result<HttpResponse, PageError> {
    let shell = Shell::begin(&request)?;
    let params = Params::parse(request.query_string());
    let with_plans = params.get("plans") == Some("true");
    let before = params.get("cursor").map(|cursor| {
        cursor.parse().map_err(|_| PageError::Invalid("the cursor is not one that a page before has given".to_owned()))
    });
    let wanted = Wanted {
        applied: (!with_plans).then_some(true),
        before: before.transpose()?,
        limit: ROWS,
        ..Wanted::default()
    };
    written(&context, shell, move |connection, shell| fetch(connection, &scope, &wanted, with_plans, shell)).await
}

fn fetch(
    connection: &mut AnyConnection,
    scope: &Scope,
    wanted: &Wanted,
    with_plans: bool,
    shell: Shell,
) -> QueryResult<Option<ChangesPage>> {
    let page = dns_changes::page(connection, scope, wanted)?;
    let plans = if with_plans { "plans=true&" } else { "" };
    let lines: Vec<ChangeLine> = page.rows.iter().map(|row| ChangeLine::of(row, shell.now)).collect();
    let pager = Pager {
        shown: lines.len(),
        first_href: wanted.before.map(|_| format!("/dns-changes?{}", plans.trim_end_matches('&'))),
        next_href: page.next.map(|cursor| format!("/dns-changes?{plans}cursor={cursor}")),
    };
    Ok(Some(ChangesPage { lines, pager, with_plans, shell }))
}
