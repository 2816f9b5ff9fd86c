//! `/tasks`: what happens periodically, how it went, and when it happens next.
//!
//! Forms: `POST /tasks/{name}/run`, `/enable`, `/disable`.

use askama::Template;
use askama_web::WebTemplate;

use actix_web::{HttpResponse, web};
use chrono::TimeDelta;
use diesel::QueryResult;

use crate::audit::{self, Act, Doer, Outcome};
use crate::clock::Instant;
use crate::context::Context;
use crate::kinds::Tone;
use crate::store::AnyConnection;
use crate::store::tasks::{self, HeartbeatRow, TaskRow};
use crate::web::forms::go_on;
use crate::web::{PageError, Session, Shell, acts, cells, filters};

/// All tasks, and the workers that do them.
#[derive(Template, WebTemplate)]
#[template(path = "tasks.html")]
pub struct TasksPage {
    pub shell: Shell,
    pub workers: Vec<WorkerLine>,
    pub tasks: Vec<TaskLine>,
}

/// A worker and its last heartbeat.
#[derive(Clone, Debug)]
pub struct WorkerLine {
    pub name: String,
    pub beat_at: Instant,
    pub tone: Tone,
}

/// A task.
#[derive(Clone, Debug)]
pub struct TaskLine {
    pub name: String,
    pub about: String,
    /// Seconds.
    pub every: i64,
    pub enabled: bool,
    /// Somebody asked for it, and it has not begun.
    pub is_requested: bool,
    pub due_at: Instant,
    pub ended_at: Option<Instant>,
    pub outcome: String,
    pub tone: Tone,
    pub report: String,
}

/// A worker that was silent for longer is in trouble; it beats every few seconds.
const SILENCE: TimeDelta = TimeDelta::seconds(60);

/// The tasks and the workers.
pub fn fetch(connection: &mut AnyConnection, shell: Shell) -> QueryResult<TasksPage> {
    let tasks = tasks::all(connection)?.into_iter().map(line).collect();
    let workers = tasks::heartbeats(connection)?.into_iter().map(|row| worker(row, shell.now)).collect();
    Ok(TasksPage { shell, workers, tasks })
}

fn worker(row: HeartbeatRow, now: Instant) -> WorkerLine {
    let beat_at = row.beat_at.and_utc();
    WorkerLine { name: row.worker, beat_at, tone: if now - beat_at > SILENCE { Tone::Bad } else { Tone::Good } }
}

fn line(row: TaskRow) -> TaskLine {
    TaskLine {
        tone: cells::state_tone(&row.outcome),
        is_requested: row.requested_at.is_some(),
        due_at: row.due_at.and_utc(),
        ended_at: row.ended_at.map(|at| at.and_utc()),
        name: row.name,
        about: row.about,
        every: row.cadence,
        enabled: row.enabled,
        outcome: row.outcome,
        report: row.report,
    }
}

/// `GET /tasks`.
pub async fn show(context: web::Data<Context>, shell: Shell) -> Result<TasksPage, PageError> {
    Ok(context.db.read(move |connection| fetch(connection, shell)).await?)
}

/// `POST /tasks/{name}/run`.
pub async fn run(
    context: web::Data<Context>,
    doer: Doer,
    session: Session,
    name: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    acts::run_task(&context, &doer, &name).await?;
    session.leave_flash(true, format!("{name} runs as soon as a worker is free."));
    Ok(go_on("/tasks"))
}

/// `POST /tasks/{name}/enable`.
pub async fn enable(
    context: web::Data<Context>,
    doer: Doer,
    session: Session,
    name: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    switch(&context, &doer, &session, name.into_inner(), true).await
}

/// `POST /tasks/{name}/disable`.
pub async fn disable(
    context: web::Data<Context>,
    doer: Doer,
    session: Session,
    name: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    switch(&context, &doer, &session, name.into_inner(), false).await
}

async fn switch(
    context: &Context,
    doer: &Doer,
    session: &Session,
    name: String,
    on: bool,
) -> Result<HttpResponse, PageError> {
    let begun = audit::begin(&context.db, doer, Act::new("task.switch", name.as_str())).await?;
    let task = name.clone();
    let known = context.db.write(move |connection| tasks::set_enabled(connection, &task, on)).await?;
    let state = if on { "on" } else { "off" };
    let outcome = if known { Outcome::Succeeded } else { Outcome::Failed };
    begun.complete(&context.db, outcome, state).await?;
    if !known {
        return Err(PageError::NotFound);
    }
    session.leave_flash(true, format!("{name} is switched {state}."));
    Ok(go_on("/tasks"))
}
