//! Sources: how they fare, syncing one now, and deciding held losses.

use actix_web::{HttpRequest, HttpResponse, web};

use super::items::{HeldLossItem, List, Reason, ScopeItem, SourceDetail, SourceItem, SyncAccepted};
use super::{answer, asked};
use crate::audit::Doer;
use crate::clock::Instant;
use crate::context::Context;
use crate::store::Scope;
use crate::store::held::{self, HeldLossRow};
use crate::store::scopes::{self, ScopeRow};
use crate::store::sources::{self, SourceRow, together};
use crate::web::PageError;
use crate::web::acts::{self, Decision};

/// `GET /api/v1/sources`.
pub async fn list(context: web::Data<Context>, request: HttpRequest, scope: Scope) -> Result<HttpResponse, PageError> {
    let now = context.clock.now();
    asked(&request, &[])?;
    let rows = context.db.read(move |connection| sources::all(connection, &scope)).await?;
    let (confirmed_at, complete) = together(&rows);
    let items = rows.into_iter().map(|row| source(row, now)).collect();
    answer(&request, &List::<SourceItem> { items, next_cursor: None, confirmed_at, complete })
}

/// `GET /api/v1/sources/{name}`.
pub async fn detail(
    context: web::Data<Context>,
    request: HttpRequest,
    name: web::Path<String>,
    reach: Scope,
) -> Result<HttpResponse, PageError> {
    let now = context.clock.now();
    asked(&request, &[])?;
    let found = context
        .db
        .read(move |connection| {
            let Some(row) = sources::find(connection, &reach, &name)? else { return Ok(None) };
            let listed = scopes::of_source(connection, &reach, &name)?;
            Ok(Some((row, listed, held::open(connection, &reach, Some(&name))?)))
        })
        .await?;
    let (row, listed, losses) = found.ok_or(PageError::NotFound)?;
    answer(
        &request,
        &SourceDetail {
            source: source(row, now),
            scopes: listed.into_iter().map(listing).collect(),
            held_losses: losses.into_iter().map(loss).collect(),
        },
    )
}

/// `POST /api/v1/sources/{name}/syncs`.
pub async fn sync(
    context: web::Data<Context>,
    doer: Doer,
    name: web::Path<String>,
    scope: Scope,
) -> Result<HttpResponse, PageError> {
    let row = acts::sync_now(&context, &doer, &scope, &name).await?;
    Ok(HttpResponse::Accepted().json(SyncAccepted { id: row.id.to_string(), state: row.state }))
}

/// `POST /api/v1/held-losses/{id}/accept`.
pub async fn accept(
    context: web::Data<Context>,
    doer: Doer,
    scope: Scope,
    id: web::Path<i64>,
    body: web::Json<Reason>,
) -> Result<HttpResponse, PageError> {
    decide(&context, &doer, &scope, *id, Decision::Accept, &body.reason).await
}

/// `POST /api/v1/held-losses/{id}/reject`.
pub async fn reject(
    context: web::Data<Context>,
    doer: Doer,
    scope: Scope,
    id: web::Path<i64>,
    body: web::Json<Reason>,
) -> Result<HttpResponse, PageError> {
    decide(&context, &doer, &scope, *id, Decision::Reject, &body.reason).await
}

async fn decide(
    context: &Context,
    doer: &Doer,
    scope: &Scope,
    id: i64,
    decision: Decision,
    reason: &str,
) -> Result<HttpResponse, PageError> {
    let decided = acts::decide(context, doer, scope, id, decision, reason).await?;
    Ok(HttpResponse::Ok().json(loss(decided)))
}

fn source(row: SourceRow, now: Instant) -> SourceItem {
    SourceItem {
        state: row.state_at(now).as_str().to_owned(),
        confirmed_at: row.confirmed_at(),
        complete: row.is_complete(),
        name: row.name,
        provider: row.provider,
        reason: row.reason,
        every_seconds: row.every_seconds,
        region: row.region,
        cluster: row.cluster,
        count: row.present,
    }
}

fn listing(row: ScopeRow) -> ScopeItem {
    ScopeItem {
        confirmed_at: row.confirmed_at(),
        kind: row.kind,
        name: row.name,
        state: row.state,
        reason: row.reason,
        count: row.present,
    }
}

fn loss(row: HeldLossRow) -> HeldLossItem {
    HeldLossItem {
        id: row.id.to_string(),
        kind: row.kind,
        scope: row.scope,
        subject: row.subject,
        state: row.state,
        reason: row.reason,
        count: row.rows,
        baseline: row.baseline,
        opened_at: row.opened_at.and_utc(),
    }
}
