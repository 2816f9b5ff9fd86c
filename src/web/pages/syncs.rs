//! `/syncs`: every pass over a source, the newest first.

use askama::Template;
use askama_web::WebTemplate;

use crate::clock::Instant;
use crate::kinds::Tone;
use crate::web::view::Pager;
use crate::web::{Shell, filters};

/// Syncs of one source, or of all.
#[derive(Template, WebTemplate)]
#[template(path = "syncs.html")]
pub struct SyncsPage {
    pub shell: Shell,
    pub source: Option<String>,
    pub syncs: Vec<SyncLine>,
    pub pager: Pager,
}

/// A sync with its sums over all listings.
#[derive(Clone, Debug)]
pub struct SyncLine {
    pub source: String,
    /// When it began, or was asked for.
    pub at: Instant,
    pub state: String,
    pub tone: Tone,
    pub reason: String,
    pub notes: Vec<String>,
    pub added: i64,
    pub changed: i64,
    pub gone: i64,
    pub unchanged: i64,
    pub held: i64,
    /// How long it took; `None` until it ends.
    pub seconds: Option<i64>,
    pub requested_by: String,
}
