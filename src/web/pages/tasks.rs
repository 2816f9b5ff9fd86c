//! `/tasks`: what happens periodically, how it went, and when it happens next.
//!
//! Forms: `POST /tasks/{name}/run`, `/enable`, `/disable`.

use askama::Template;
use askama_web::WebTemplate;

use crate::clock::Instant;
use crate::kinds::Tone;
use crate::web::{Shell, filters};

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
    pub enabled: bool,
    /// Somebody asked for it, and it has not begun.
    pub is_requested: bool,
    pub due_at: Instant,
    pub ended_at: Option<Instant>,
    pub outcome: String,
    pub tone: Tone,
    pub report: String,
    pub every_seconds: i64,
}
