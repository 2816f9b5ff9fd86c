//! `/sources`: where the facts come from.

use askama::Template;
use askama_web::WebTemplate;

use crate::clock::Instant;
use crate::kinds::Tone;
use crate::web::{Shell, filters};

/// All sources, those in trouble first.
#[derive(Template, WebTemplate)]
#[template(path = "sources/list.html")]
pub struct SourcesPage {
    pub shell: Shell,
    pub sources: Vec<SourceLine>,
}

/// A source and how it fares.
#[derive(Clone, Debug)]
pub struct SourceLine {
    pub name: String,
    pub provider: String,
    pub state: String,
    pub tone: Tone,
    pub reason: String,
    pub region: String,
    pub cluster: String,
    pub every_seconds: i64,
    /// Open held losses.
    pub held: i64,
    pub scopes: i64,
    pub complete_scopes: i64,
    pub present: i64,
    /// The oldest over its scopes.
    pub confirmed_at: Option<Instant>,
    pub attempted_at: Option<Instant>,
}
