//! `/findings/{rule}/{id}`: one finding, what to do about it, and for operators the form that ignores it until a day.

use askama::Template;
use askama_web::WebTemplate;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::TimeDelta;
use diesel::QueryResult;
use serde::Deserialize;

use super::list::rule_of;
use super::{FindingLine, given};
use crate::audit::Doer;
use crate::context::Context;
use crate::relations::findings::{self, Finding, Given, Rule};
use crate::store::doubt::Doubts;
use crate::store::findings as stored;
use crate::store::{AnyConnection, Scope};
use crate::web::acts;
use crate::web::extract::page_with;
use crate::web::forms::go_on;
use crate::web::{PageError, Session, Shell, filters};

/// One finding.
#[derive(Template, WebTemplate)]
#[template(path = "findings/one.html")]
pub struct FindingPage {
    pub shell: Shell,
    pub rule: &'static Rule,
    pub finding: FindingLine,
    /// Why the form was not taken.
    pub error: Option<String>,
    /// What was typed, or a month from now.
    pub until: String,
    pub reason: String,
}

/// What the form sends.
#[derive(Deserialize)]
pub struct Ignored {
    #[serde(default)]
    pub until: String,
    #[serde(default)]
    pub reason: String,
}

/// A finding of a rule, if it is still the case.
pub fn find(
    connection: &mut AnyConnection,
    scope: &Scope,
    rule: &Rule,
    id: i64,
    given: &Given,
) -> QueryResult<Option<Finding>> {
    let row = stored::find(connection, scope, rule.name, id, given.now)?;
    let found =
        findings::verify(connection, scope, rule, given, &mut Doubts::at(given.now, scope), row.into_iter().collect())?;
    Ok(found.into_iter().next())
}

async fn page(
    context: &Context,
    request: &HttpRequest,
    scope: Scope,
    shell: Shell,
    asked: Ignored,
    error: Option<String>,
) -> Result<FindingPage, PageError> {
    let (rule, id, given) = (rule_of(request)?, id_of(request)?, given(context));
    let found = context.db.read(move |connection| find(connection, &scope, rule, id, &given)).await?;
    let finding = found.as_ref().and_then(FindingLine::of).ok_or(PageError::NotFound)?;
    let until = match asked.until.as_str() {
        "" => (shell.now + TimeDelta::days(30)).format("%Y-%m-%d").to_string(),
        typed => typed.to_owned(),
    };
    Ok(FindingPage { rule, finding, error, until, reason: asked.reason, shell })
}

/// `GET /findings/{rule}/{id}`.
pub async fn show(
    context: web::Data<Context>,
    scope: Scope,
    shell: Shell,
    request: HttpRequest,
) -> Result<FindingPage, PageError> {
    let nothing = Ignored { until: String::new(), reason: String::new() };
    page(&context, &request, scope, shell, nothing, None).await
}

/// `POST /findings/{rule}/{id}/ignore`.
pub async fn ignore(
    context: web::Data<Context>,
    doer: Doer,
    session: Session,
    request: HttpRequest,
    form: web::Form<Ignored>,
    scope: Scope,
) -> Result<HttpResponse, PageError> {
    let (rule, id) = (rule_of(&request)?, id_of(&request)?);
    let Ignored { until, reason } = form.into_inner();
    match acts::ignore(&context, &doer, &scope, rule, id, &until, &reason).await {
        Ok(finding) => {
            session.leave_flash(true, format!("{} is ignored here until {until}.", finding.name));
            Ok(go_on(&format!("/findings/{}", rule.name)))
        }
        Err(PageError::Invalid(why)) => {
            let shell = Shell::of(&request).await?;
            let page = page(&context, &request, scope, shell, Ignored { until, reason }, Some(why)).await?;
            Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, page, &request))
        }
        Err(other) => Err(other),
    }
}

/// `POST /findings/{rule}/{id}/heed`.
pub async fn heed(
    context: web::Data<Context>,
    doer: Doer,
    session: Session,
    request: HttpRequest,
    scope: Scope,
) -> Result<HttpResponse, PageError> {
    let (rule, id) = (rule_of(&request)?, id_of(&request)?);
    let finding = acts::heed(&context, &doer, &scope, rule, id).await?;
    session.leave_flash(true, format!("{} is told of again.", finding.name));
    Ok(go_on(&format!("/findings/{}/{id}", rule.name)))
}

fn id_of(request: &HttpRequest) -> Result<i64, PageError> {
    request.match_info().query("id").parse().map_err(|_| PageError::NotFound)
}
