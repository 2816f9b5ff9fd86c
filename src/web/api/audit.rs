//! The audit, for those who keep it elsewhere too.

use actix_web::{HttpRequest, HttpResponse, web};

use super::items::{AuditItem, List};
use super::{answer, asked};
use crate::context::Context;
use crate::store::audit::{self, AuditRow};
use crate::store::listing::MOST;
use crate::web::PageError;
use crate::web::listing::ROWS;

/// `GET /api/v1/audit`, the newest first.
pub async fn list(context: web::Data<Context>, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let params = asked(&request, &["q", "cursor", "limit"])?;
    let limit = params.limit(ROWS, MOST).map_err(PageError::Invalid)?;
    let cursor = params.id_cursor().map_err(PageError::Invalid)?;
    let wanted = params.get("q").unwrap_or_default().to_owned();
    let page = context.db.read(move |connection| audit::page(connection, &wanted, cursor, limit)).await?;
    let items = page.rows.into_iter().map(AuditItem::from).collect();
    answer(&request, &List::of_own(items, page.next.map(|id| id.to_string())))
}

impl From<AuditRow> for AuditItem {
    fn from(row: AuditRow) -> Self {
        Self {
            id: row.id.to_string(),
            at: row.at.and_utc(),
            completed_at: row.completed_at.map(|at| at.and_utc()),
            actor: row.actor,
            effective_actor: row.effective_actor,
            address: row.address,
            request_id: row.request_id,
            action: row.action,
            subject: row.subject,
            reason: row.reason,
            before: row.before_state,
            after: row.after_state,
            outcome: row.outcome,
        }
    }
}
