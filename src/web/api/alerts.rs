//! Alerts: what rules have found, in one state.

use actix_web::{HttpRequest, HttpResponse, web};

use super::items::{AlertItem, List};
use super::{answer, asked};
use crate::context::Context;
use crate::store::alerts::{self, AlertRow};
use crate::store::listing::MOST;
use crate::store::{Scope, sources};
use crate::web::PageError;
use crate::web::listing::ROWS;
use crate::web::pages::alerts::wanted;

/// `GET /api/v1/alerts`. An alert that should be there may be missing while a source is not complete.
pub async fn list(context: web::Data<Context>, request: HttpRequest, scope: Scope) -> Result<HttpResponse, PageError> {
    let params = asked(&request, &["state", "severity", "region", "cluster", "cursor", "limit"])?;
    let limit = params.limit(ROWS, MOST).map_err(PageError::Invalid)?;
    let wanted = wanted(&params, limit)?;
    let (page, rows) = context
        .db
        .read(move |connection| {
            let reach = scope;
            Ok((alerts::page(connection, &reach, &wanted)?, sources::all(connection, &reach)?))
        })
        .await?;
    let (confirmed_at, complete) = sources::together(&rows);
    let items = page.rows.into_iter().map(AlertItem::from).collect();
    answer(&request, &List { items, next_cursor: page.next.map(|id| id.to_string()), confirmed_at, complete })
}

impl From<AlertRow> for AlertItem {
    fn from(row: AlertRow) -> Self {
        Self {
            id: row.id.to_string(),
            resource_id: row.resource_id.map(|id| id.to_string()),
            due_at: row.due_at.map(|at| at.and_utc()),
            opened_at: row.opened_at.and_utc(),
            resolved_at: row.resolved_at.map(|at| at.and_utc()),
            rule: row.rule,
            severity: row.severity,
            state: row.state,
            title: row.title,
            body: row.body,
            link: row.link,
            source: row.source,
        }
    }
}
