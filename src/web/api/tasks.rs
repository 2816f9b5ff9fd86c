//! Periodic tasks: how they fare, and running one now.

use actix_web::{HttpRequest, HttpResponse, web};

use super::items::{List, TaskAccepted, TaskItem};
use super::{answer, asked};
use crate::audit::Doer;
use crate::context::Context;
use crate::store::tasks::{self, TaskRow};
use crate::web::{PageError, acts};

/// `GET /api/v1/tasks`.
pub async fn list(context: web::Data<Context>, request: HttpRequest) -> Result<HttpResponse, PageError> {
    asked(&request, &[])?;
    let rows = context.db.read(tasks::all).await?;
    answer(&request, &List::of_own(rows.into_iter().map(TaskItem::from).collect(), None))
}

/// `POST /api/v1/tasks/{name}/run`.
pub async fn run(context: web::Data<Context>, doer: Doer, name: web::Path<String>) -> Result<HttpResponse, PageError> {
    let name = name.into_inner();
    acts::run_task(&context, &doer, &name).await?;
    Ok(HttpResponse::Accepted().json(TaskAccepted { name, state: "queued".to_owned() }))
}

impl From<TaskRow> for TaskItem {
    fn from(row: TaskRow) -> Self {
        Self {
            name: row.name,
            about: row.about,
            every_seconds: row.cadence,
            enabled: row.enabled,
            due_at: row.due_at.and_utc(),
            requested_at: row.requested_at.map(|at| at.and_utc()),
            ended_at: row.ended_at.map(|at| at.and_utc()),
            outcome: row.outcome,
            report: row.report,
        }
    }
}
