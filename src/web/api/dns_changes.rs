//! DNS changes: planned, applied by the generation that was shown, taken back.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use diesel::QueryResult;
use serde_json::json;

use super::items::{
    ApplyWanted, DnsChangeItem, DnsChangeList, DnsChangeWanted, OverrideWanted, RecordSetItem, RecordWanted,
    RefusalItem, ResourceId, SetChangeItem, SetTouchItem,
};
use super::runs::idempotency_key;
use super::{answer, asked};
use crate::actions::dns_change::{self, Applied, Ask, Override, Refused, Sort};
use crate::audit::Doer;
use crate::clock::Instant;
use crate::context::Context;
use crate::dns_plan::{Edit, Op, Plan, PlannedChange};
use crate::store::dns_changes::{self, ChangeRow, Wanted};
use crate::store::listing::MOST;
use crate::store::{AnyConnection, Scope};
use crate::web::PageError;
use crate::web::listing::ROWS;
use crate::wire::dns::RecordSet;

/// `GET /api/v1/dns-changes`.
pub async fn list(context: web::Data<Context>, request: HttpRequest, scope: Scope) -> Result<HttpResponse, PageError> {
    let params = asked(&request, &["cursor", "limit"])?;
    let invalid = || PageError::Invalid("the cursor is not one that a page before has given".to_owned());
    let before = params.get("cursor").map(|cursor| cursor.parse().map_err(|_| invalid())).transpose()?;
    let limit = params.limit(ROWS, MOST).map_err(PageError::Invalid)?;
    let wanted = Wanted { before, limit, ..Wanted::default() };
    let now = context.clock.now();
    let read = context.db.read(move |connection| {
        let page = dns_changes::page(connection, &scope, &wanted)?;
        Ok((items(connection, &scope, &page.rows, now)?, page.next))
    });
    let (items, next) = read.await?;
    answer(&request, &DnsChangeList { items, next_cursor: next.map(|cursor| cursor.to_string()) })
}

/// `GET /api/v1/dns-changes/{id}`.
pub async fn detail(
    context: web::Data<Context>,
    request: HttpRequest,
    id: web::Path<i64>,
    scope: Scope,
) -> Result<HttpResponse, PageError> {
    asked(&request, &[])?;
    answer(&request, &found(&context, &scope, *id).await?)
}

/// `POST /api/v1/dns-changes`: 201 planned, 202 applying.
pub async fn plan(
    context: web::Data<Context>,
    doer: Doer,
    request: HttpRequest,
    scope: Scope,
    body: web::Json<DnsChangeWanted>,
) -> Result<HttpResponse, PageError> {
    let wanted = body.into_inner();
    let key = idempotency_key(&request, &serde_json::to_vec(&wanted).unwrap_or_default())?;
    let (apply, over) = (wanted.apply, wanted.over.as_ref().map(overriding));
    let reason = wanted.reason.clone().unwrap_or_default();
    let ask = ask(wanted)?;
    if !apply {
        let planned = dns_change::plan(&context, &scope, &doer, &ask, reason.trim(), key).await;
        return match planned {
            Ok(id) => Ok(HttpResponse::Created().json(found(&context, &scope, id).await?)),
            Err(refused) => refusal(&context, &scope, refused).await,
        };
    }
    let applied = dns_change::plan_and_apply(&context, &scope, &doer, &ask, reason.trim(), over.as_ref(), key).await;
    accepted(&context, &scope, applied).await
}

/// `POST /api/v1/dns-changes/{id}/apply`.
pub async fn apply(
    context: web::Data<Context>,
    doer: Doer,
    id: web::Path<i64>,
    scope: Scope,
    body: web::Json<ApplyWanted>,
) -> Result<HttpResponse, PageError> {
    let over = body.over.as_ref().map(overriding);
    let applied = dns_change::apply(&context, &scope, &doer, *id, body.generation, over.as_ref()).await;
    accepted(&context, &scope, applied).await
}

/// `POST /api/v1/dns-changes/{id}/undo`.
pub async fn undo(
    context: web::Data<Context>,
    doer: Doer,
    id: web::Path<i64>,
    scope: Scope,
) -> Result<HttpResponse, PageError> {
    let undone = dns_change::undo(&context, &scope, &doer, *id, "").await;
    accepted(&context, &scope, undone).await
}

async fn accepted(
    context: &Context,
    scope: &Scope,
    applied: Result<Applied, Refused>,
) -> Result<HttpResponse, PageError> {
    match applied {
        Ok(applied) => Ok(HttpResponse::Accepted().json(found(context, scope, applied.change).await?)),
        Err(refused) => refusal(context, scope, refused).await,
    }
}

/// Problem JSON with the change as it stands, where there is one: whoever is refused sees the plan at once.
async fn refusal(context: &Context, scope: &Scope, refused: Refused) -> Result<HttpResponse, PageError> {
    let (status, slug, title, id) = match refused {
        Refused::Outdated(id) => (StatusCode::CONFLICT, "plan-outdated", "The plan is outdated", id),
        Refused::Guard(id) => (StatusCode::UNPROCESSABLE_ENTITY, "guard-refused", "A guard refuses it", id),
        Refused::NotFound => return Err(PageError::NotFound),
        Refused::TooLate(why) => return Err(PageError::Conflict(why)),
        Refused::OtherBody => {
            return Err(PageError::Invalid("This Idempotency-Key was used with another body.".to_owned()));
        }
        Refused::Store(error) => return Err(error.into()),
    };
    let change = found(context, scope, id).await?;
    let detail = match slug {
        "plan-outdated" => {
            "Records have changed since it was made, or its time is over. The new plan is in `change`.".to_owned()
        }
        _ => change.refusals.iter().map(|refusal| refusal.text.as_str()).collect::<Vec<_>>().join(" "),
    };
    let body = json!({
        "type": format!("/problems/{slug}"),
        "title": title,
        "status": status.as_u16(),
        "detail": detail,
        "change": change,
    });
    Ok(HttpResponse::build(status).content_type("application/problem+json").body(body.to_string()))
}

async fn found(context: &Context, scope: &Scope, id: i64) -> Result<DnsChangeItem, PageError> {
    let now = context.clock.now();
    let scope = scope.clone();
    let read = context.db.read(move |connection| {
        let row = dns_changes::find(connection, &scope, id)?;
        items(connection, &scope, &row.into_iter().collect::<Vec<_>>(), now)
    });
    read.await?.into_iter().next().ok_or(PageError::NotFound)
}

/// Changes as the asker is told of them.
fn items(
    connection: &mut AnyConnection,
    scope: &Scope,
    rows: &[ChangeRow],
    now: Instant,
) -> QueryResult<Vec<DnsChangeItem>> {
    let others = rows.iter().flat_map(|row| [row.undo_of, row.undone_by]).flatten();
    let seen = dns_changes::visible(connection, scope, &others.collect::<Vec<_>>())?;
    let mut items = Vec::with_capacity(rows.len());
    for row in rows {
        let mut item = item(row, dns_change::told(connection, scope, row)?, now);
        item.undo_of = row.undo_of.filter(|other| seen.contains(other)).map(|id| id.to_string());
        item.undone_by = row.undone_by.filter(|other| seen.contains(other)).map(|id| id.to_string());
        items.push(item);
    }
    Ok(items)
}

fn overriding(wanted: &OverrideWanted) -> Override {
    Override { reason: wanted.reason.clone(), typed: None }
}

fn ask(wanted: DnsChangeWanted) -> Result<Ask, PageError> {
    let invalid = |text: String| PageError::Invalid(text);
    let action = match wanted.action.as_str() {
        "edit" => Sort::Edit,
        "repoint" => Sort::Repoint,
        "replace" => Sort::Replace,
        "switch" => Sort::Switch,
        other => return Err(invalid(format!("action is edit, repoint, replace or switch, not “{other}”."))),
    };
    let id = |id: Option<ResourceId>| match id {
        None => Ok(None),
        Some(ResourceId::Number(id)) => Ok(Some(id)),
        Some(ResourceId::Text(text)) => {
            text.parse().map(Some).map_err(|_| invalid(format!("“{text}” is no id of a resource.")))
        }
    };
    let (from, to) = (id(wanted.from)?, id(wanted.to)?);
    match action {
        Sort::Edit if wanted.records.is_empty() => return Err(invalid("An edit needs records.".to_owned())),
        Sort::Repoint if from.is_none() => return Err(invalid("A repoint needs from.".to_owned())),
        Sort::Replace | Sort::Switch if from.is_none() || to.is_none() => {
            return Err(invalid("It needs from and to.".to_owned()));
        }
        _ => {}
    }
    Ok(Ask {
        action,
        from,
        to,
        records: wanted.records.into_iter().map(edit).collect::<Result<_, _>>()?,
        source: wanted.source,
        prepare_ttl_seconds: wanted.prepare_ttl_seconds,
        include_own_names: wanted.include_own_names,
        of: None,
    })
}

fn edit(wanted: RecordWanted) -> Result<Edit, PageError> {
    let op = match wanted.op.as_str() {
        "create" => Op::Create,
        "update" => Op::Update,
        "delete" => Op::Delete,
        other => return Err(PageError::Invalid(format!("op is create, update or delete, not “{other}”."))),
    };
    let RecordWanted { zone, name, record_type, ttl, proxied, comment, contents, .. } = wanted;
    Ok(Edit { op, zone, name, record_type, ttl, proxied, comment, contents })
}

fn item(row: &ChangeRow, plan: Plan, now: Instant) -> DnsChangeItem {
    DnsChangeItem {
        id: row.id.to_string(),
        action: row.action.clone(),
        title: row.title.clone(),
        state: row.state(now).to_owned(),
        run_id: row.run_id.map(|id| id.to_string()),
        generation: row.generation,
        planned_at: row.planned_at(),
        expires_at: row.expires_at(),
        applied_at: row.applied_at(),
        undo_until: row.undo_until(),
        undo_of: None,
        undone_by: None,
        actor: row.actor.clone(),
        reason: row.reason.clone(),
        changes: plan.changes.into_iter().map(change).collect(),
        refusals: plan
            .refusals
            .into_iter()
            .map(|refusal| RefusalItem {
                code: refusal.code.as_str().to_owned(),
                text: refusal.text,
                overridable: refusal.overridable,
                change: refusal.change.map(|id| id.to_string()),
            })
            .collect(),
        notes: plan.notes,
    }
}

fn change(planned: PlannedChange) -> SetChangeItem {
    let touch = |touch: crate::dns_plan::Touch| SetTouchItem {
        id: touch.id.to_string(),
        kind: touch.kind,
        name: touch.name,
        harm: touch.harm,
    };
    SetChangeItem {
        source: planned.source,
        zone: planned.at.name,
        name: planned.change.of.name,
        record_type: planned.change.of.record_type,
        before: planned.change.before.as_ref().map(set),
        after: planned.change.after.as_ref().map(set),
        why: planned.why,
        touches: planned.touches.into_iter().map(touch).collect(),
        warnings: planned.warnings,
    }
}

fn set(set: &RecordSet) -> RecordSetItem {
    let contents = set.values.iter().map(|value| match value.priority {
        Some(priority) => format!("{priority} {}", value.content),
        None => value.content.clone(),
    });
    let comments = set.comments.iter().map(|comment| &comment.content);
    let mut comments = set.values.iter().map(|value| &value.comment).chain(comments);
    RecordSetItem {
        contents: contents.collect(),
        ttl: set.values.first().map_or(0, |value| value.ttl),
        proxied: set.values.iter().any(|value| value.proxied),
        comment: comments.find(|comment| !comment.is_empty()).cloned().unwrap_or_default(),
        values: serde_json::to_value(&set.values).unwrap_or_default(),
    }
}
