//! `/audit`: who did what, for administrators.

use actix_web::web;
use askama::Template;
use askama_web::WebTemplate;
use serde::Deserialize;

use crate::clock::Instant;
use crate::context::Context;
use crate::kinds::Tone;
use crate::store::audit::{self, AuditRow};
use crate::web::error::PageError;
use crate::web::view::Pager;
use crate::web::{Shell, filters};

/// The audit, the newest first.
#[derive(Template, WebTemplate)]
#[template(path = "audit.html")]
pub struct AuditPage {
    pub shell: Shell,
    pub query: String,
    pub entries: Vec<AuditLine>,
    pub pager: Pager,
}

/// An act. `begun` that was never completed means that nobody knows.
#[derive(Clone, Debug)]
pub struct AuditLine {
    pub at: Instant,
    pub actor: String,
    pub effective_actor: String,
    pub action: String,
    pub subject: String,
    pub reason: String,
    pub before: String,
    pub after: String,
    pub outcome: String,
    pub tone: Tone,
    pub address: String,
}

/// Rows on a page.
const PAGE: usize = 100;

/// What may be asked for; `cursor` is the id of the last row of the page before.
#[derive(Deserialize)]
pub struct AuditQuery {
    #[serde(default)]
    q: String,
    cursor: Option<i64>,
}

/// `GET /audit`.
pub async fn show(
    context: web::Data<Context>,
    shell: Shell,
    query: web::Query<AuditQuery>,
) -> Result<AuditPage, PageError> {
    let AuditQuery { q, cursor } = query.into_inner();
    let wanted = q.trim().to_owned();
    let page = context.db.read(move |connection| audit::page(connection, &wanted, cursor, PAGE)).await?;
    let pager = Pager {
        shown: page.rows.len(),
        first_href: cursor.map(|_| href(&q, None)),
        next_href: page.next.map(|last| href(&q, Some(last))),
    };
    Ok(AuditPage { shell, query: q, entries: page.rows.into_iter().map(line).collect(), pager })
}

fn href(q: &str, cursor: Option<i64>) -> String {
    let mut query = Vec::new();
    if !q.is_empty() {
        query.push(("q", q.to_owned()));
    }
    if let Some(cursor) = cursor {
        query.push(("cursor", cursor.to_string()));
    }
    match serde_urlencoded::to_string(&query) {
        Ok(query) if !query.is_empty() => format!("/audit?{query}"),
        _ => "/audit".to_owned(),
    }
}

fn line(row: AuditRow) -> AuditLine {
    let tone = match row.outcome.as_str() {
        "succeeded" => Tone::Good,
        "failed" => Tone::Bad,
        "refused" | "unknown" => Tone::Warn,
        _ => Tone::Muted,
    };
    AuditLine {
        at: row.at.and_utc(),
        actor: row.actor,
        effective_actor: row.effective_actor,
        action: row.action,
        subject: row.subject,
        reason: row.reason,
        before: row.before_state,
        after: row.after_state,
        outcome: row.outcome,
        tone,
        address: row.address,
    }
}
