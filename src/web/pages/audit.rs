//! `/audit`: who did what, for administrators.

use askama::Template;
use askama_web::WebTemplate;

use crate::clock::Instant;
use crate::kinds::Tone;
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
