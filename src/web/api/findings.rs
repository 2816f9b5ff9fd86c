//! Findings: how much of each sort there is, which they are, and ignoring one for a while.

use actix_web::{HttpRequest, HttpResponse, web};

use super::items::{FindingItem, FindingRuleItem, IgnoreUntil, List, OtherItem};
use super::{answer, asked};
use crate::audit::Doer;
use crate::context::Context;
use crate::relations::findings::{self, Finding, Tally};
use crate::store::doubt::Doubts;
use crate::store::{Scope, findings as stored, sources};
use crate::web::pages::findings::list::{next_cursor, rule_of, wanted};
use crate::web::pages::findings::{given, one};
use crate::web::params::Params;
use crate::web::{PageError, acts};

/// `GET /api/v1/findings`.
pub async fn rules(context: web::Data<Context>, request: HttpRequest, scope: Scope) -> Result<HttpResponse, PageError> {
    asked(&request, &[])?;
    let now = context.clock.now();
    let (tallies, rows) = context
        .db
        .read(move |connection| Ok((findings::tally(connection, &scope, now)?, sources::all(connection, &scope)?)))
        .await?;
    let (confirmed_at, complete) = sources::together(&rows);
    let items = tallies.into_iter().map(FindingRuleItem::from).collect();
    answer(&request, &List { items, next_cursor: None, confirmed_at, complete })
}

/// `GET /api/v1/findings/{rule}`.
pub async fn list(context: web::Data<Context>, request: HttpRequest, scope: Scope) -> Result<HttpResponse, PageError> {
    let rule = rule_of(&request)?;
    let params = Params::parse(request.query_string());
    let (wanted, given) = (wanted(&params)?, given(&context));
    if params.get("format") == Some("csv") {
        return Ok(crate::web::pages::findings::csv::file(context, scope, rule, wanted));
    }
    let (found, next, doubt, confirmed_at) = context
        .db
        .read(move |connection| {
            let page = stored::page(connection, &scope, rule.name, &wanted, given.now)?;
            let next = next_cursor(&page);
            let mut doubts = Doubts::at(given.now, &scope);
            let found = findings::verify(connection, &scope, rule, &given, &mut doubts, page.rows)?;
            let doubt = doubts.about(connection, [rule.walks.name])?;
            let confirmed_at = sources::together(&sources::all(connection, &scope)?).0;
            Ok((found, next, doubt, confirmed_at))
        })
        .await?;
    let complete = doubt.is_none() && found.iter().all(|one| one.doubt.is_none());
    let items = found.into_iter().map(FindingItem::from).collect();
    answer(&request, &List { items, next_cursor: next, confirmed_at, complete })
}

/// `GET /api/v1/findings/{rule}/{id}`.
pub async fn detail(
    context: web::Data<Context>,
    scope: Scope,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    asked(&request, &[])?;
    answer(&request, &FindingItem::from(looked_up(&context, &request, scope).await?))
}

/// `POST /api/v1/findings/{rule}/{id}/ignore`.
pub async fn ignore(
    context: web::Data<Context>,
    doer: Doer,
    request: HttpRequest,
    body: web::Json<IgnoreUntil>,
    scope: Scope,
) -> Result<HttpResponse, PageError> {
    let IgnoreUntil { until, reason } = body.into_inner();
    let (rule, id) = (rule_of(&request)?, id_of(&request)?);
    acts::ignore(&context, &doer, &scope, rule, id, &until, &reason).await?;
    Ok(HttpResponse::Ok().json(FindingItem::from(looked_up(&context, &request, scope).await?)))
}

/// `POST /api/v1/findings/{rule}/{id}/heed`.
pub async fn heed(
    context: web::Data<Context>,
    doer: Doer,
    request: HttpRequest,
    scope: Scope,
) -> Result<HttpResponse, PageError> {
    acts::heed(&context, &doer, &scope, rule_of(&request)?, id_of(&request)?).await?;
    Ok(HttpResponse::Ok().json(FindingItem::from(looked_up(&context, &request, scope).await?)))
}

async fn looked_up(context: &Context, request: &HttpRequest, scope: Scope) -> Result<Finding, PageError> {
    let (rule, id, given) = (rule_of(request)?, id_of(request)?, given(context));
    let found = context.db.read(move |connection| one::find(connection, &scope, rule, id, &given)).await?;
    found.ok_or(PageError::NotFound)
}

fn id_of(request: &HttpRequest) -> Result<i64, PageError> {
    request.match_info().query("id").parse().map_err(|_| PageError::NotFound)
}

impl From<Tally> for FindingRuleItem {
    fn from(tally: Tally) -> Self {
        let rule = tally.rule;
        Self {
            rule: rule.name.to_owned(),
            title: rule.title.to_owned(),
            meaning: rule.meaning.to_owned(),
            remedy: rule.remedy.to_owned(),
            kind: rule.spec.name.to_owned(),
            sure: tally.sure,
            unsure: tally.unsure,
            ignored: tally.ignored,
            more: tally.more,
            doubt: tally.doubt,
            computed_at: tally.computed_at,
        }
    }
}

impl From<Finding> for FindingItem {
    fn from(finding: Finding) -> Self {
        let Finding { stored, row, subject, words, other, doubt } = finding;
        Self {
            id: stored.id.to_string(),
            rule: stored.rule,
            resource_id: row.id.to_string(),
            name: row.title().to_owned(),
            subject: subject.map(|key| key.to_string()),
            finding: words,
            other: other.map(|(other, until)| OtherItem {
                id: other.id.to_string(),
                name: other.title().to_owned(),
                kind: other.kind,
                until,
            }),
            sure: doubt.is_none(),
            doubt,
            found_at: stored.found_at.and_utc(),
            ignored_until: stored.ignored_until.map(|at| at.and_utc()),
            ignored_reason: stored.ignored_reason,
            ignored_by: stored.ignored_by,
            kind: row.kind,
            source: row.source,
            region: row.region,
            cluster: row.cluster,
        }
    }
}
