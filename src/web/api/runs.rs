//! Runs: what was done outside, ending one, and the purge of an app's caches.

use actix_web::{HttpRequest, HttpResponse, web};

use super::items::{CachePurge, List, RunAccepted, RunDetail, RunItem, RunStepItem};
use super::{answer, asked};
use crate::actions::{self, purge_cache::Wish};
use crate::audit::Doer;
use crate::context::Context;
use crate::runs::IdempotencyKey;
use crate::store::Scope;
use crate::store::listing::MOST;
use crate::store::runs::{RunRow, StepRow, list as rows, steps};
use crate::web::PageError;
use crate::web::listing::ROWS;
use crate::web::pages::cache_purges;
use crate::web::pages::runs::acts;
use crate::web::pages::runs::list::{PARAMETERS, wanted};

/// The header by which a client says that it asks the same once more.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// Of such a key.
const LONGEST_KEY: usize = 200;

/// `GET /api/v1/runs`.
pub async fn list(context: web::Data<Context>, request: HttpRequest, scope: Scope) -> Result<HttpResponse, PageError> {
    let params = asked(&request, &PARAMETERS)?;
    let limit = params.limit(ROWS, MOST).map_err(PageError::Invalid)?;
    let wanted = wanted(&params)?;
    let page = context.db.read(move |connection| rows::page(connection, &scope, &wanted, limit)).await?;
    let next = page.next.map(|id| id.to_string());
    answer(&request, &List::of_own(page.rows.into_iter().map(RunItem::from).collect(), next))
}

/// `GET /api/v1/runs/{id}`.
pub async fn detail(
    context: web::Data<Context>,
    request: HttpRequest,
    id: web::Path<i64>,
    scope: Scope,
) -> Result<HttpResponse, PageError> {
    asked(&request, &[])?;
    let detail = read(&context, *id, scope).await?;
    answer(&request, &detail)
}

async fn read(context: &Context, id: i64, scope: Scope) -> Result<RunDetail, PageError> {
    let sees_everything = scope.sees_everything();
    let found = context
        .db
        .read(move |connection| {
            let Some(run) = rows::find(connection, &scope, id)? else { return Ok(None) };
            Ok(Some((run, steps::of_run(connection, id)?)))
        })
        .await?;
    let (run, steps) = found.ok_or(PageError::NotFound)?;
    let plan = serde_json::from_str(&run.plan).unwrap_or_default();
    let plan = match actions::by_name(&run.action) {
        Some(action) if !sees_everything => action.told(plan),
        _ => plan,
    };
    Ok(RunDetail { plan, steps: steps.into_iter().map(RunStepItem::from).collect(), run: run.into() })
}

/// `POST /api/v1/runs/{id}/cancel`.
pub async fn cancel(
    context: web::Data<Context>,
    doer: Doer,
    id: web::Path<i64>,
    scope: Scope,
) -> Result<HttpResponse, PageError> {
    let (run, _) = acts::end(&context, &doer, &scope, *id).await?;
    Ok(HttpResponse::Accepted().json(RunAccepted::of(&run)))
}

/// `POST /api/v1/runs/{id}/acknowledge`.
pub async fn acknowledge(
    context: web::Data<Context>,
    doer: Doer,
    id: web::Path<i64>,
    scope: Scope,
) -> Result<HttpResponse, PageError> {
    let noted = crate::runs::acknowledge(&context, &doer, &scope, *id).await?;
    let run = noted
        .ok_or_else(|| PageError::Conflict("There is nothing to acknowledge, or somebody already has.".to_owned()))?;
    Ok(HttpResponse::Ok().json(RunAccepted::of(&run)))
}

/// `POST /api/v1/apps/{id}/cache-purges`.
pub async fn purge_cache(
    context: web::Data<Context>,
    doer: Doer,
    request: HttpRequest,
    id: web::Path<i64>,
    scope: Scope,
    body: web::Json<CachePurge>,
) -> Result<HttpResponse, PageError> {
    let CachePurge { hosts, prefixes, files, everything, reason } = body.into_inner();
    let wish = Wish { hosts, prefixes, files, everything };
    let key = idempotency_key(&request, &cache_purges::asked(*id, &wish, &reason))?;
    let run = cache_purges::ask(&context, &doer, &scope, *id, wish, &reason, key).await?;
    let found = context.db.read(move |connection| rows::find(connection, &scope, run)).await?;
    Ok(HttpResponse::Accepted().json(RunAccepted::of(&found.ok_or(PageError::NotFound)?)))
}

/// The key of a request that may come twice, if the client gave one.
pub fn idempotency_key(request: &HttpRequest, body: &[u8]) -> Result<Option<IdempotencyKey>, PageError> {
    let Some(given) = request.headers().get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let key = given.to_str().ok().map(str::trim).filter(|key| !key.is_empty() && key.len() <= LONGEST_KEY);
    let unreadable = || PageError::Invalid(format!("Idempotency-Key is 1 to {LONGEST_KEY} plain characters."));
    key.map(|key| Some(IdempotencyKey::new(key, body))).ok_or_else(unreadable)
}

impl RunAccepted {
    fn of(run: &RunRow) -> Self {
        Self { id: run.id.to_string(), state: run.state().to_string() }
    }
}

impl From<RunRow> for RunItem {
    fn from(row: RunRow) -> Self {
        Self {
            id: row.id.to_string(),
            state: row.state().to_string(),
            requested_at: row.requested_at(),
            not_before: row.not_before(),
            started_at: row.started_at(),
            deadline_at: row.deadline_at(),
            ended_at: row.ended_at(),
            cancel_requested_at: row.cancel_requested_at(),
            acknowledged_at: row.acknowledged_at(),
            parent_id: row.parent_id.map(|id| id.to_string()),
            action: row.action,
            title: row.title,
            target: row.target,
            reason: row.reason,
            actor: row.actor,
            effective_actor: row.effective_actor,
            outcome: row.outcome,
        }
    }
}

impl From<StepRow> for RunStepItem {
    fn from(row: StepRow) -> Self {
        Self {
            position: row.position,
            undoes: row.undoes,
            state: row.state().as_str().to_owned(),
            started_at: row.started_at(),
            ended_at: row.ended_at(),
            title: row.title,
            outcome: row.outcome,
            attempts: row.attempts,
            request: row.request,
            answer: row.answer,
            request_id: row.request_id,
        }
    }
}
