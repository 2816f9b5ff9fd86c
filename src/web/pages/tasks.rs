//! `/tasks`: what happens periodically, how it went, and when it happens next.
//!
//! Forms: `POST /tasks/{name}/run`, `/enable`, `/disable`.

use askama::Template;
use askama_web::WebTemplate;

use chrono::TimeDelta;
use diesel::QueryResult;

use crate::clock::Instant;
use crate::kinds::Tone;
use crate::store::AnyConnection;
use crate::store::tasks::{self, HeartbeatRow, TaskRow};
use crate::web::{Shell, cells, filters};

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
        enabled: row.enabled,
        outcome: row.outcome,
        report: row.report,
    }
}
