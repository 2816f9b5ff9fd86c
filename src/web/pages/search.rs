//! `/search?q=`: everything by name, address, host, tag or id, also by parts of them.

use askama::Template;
use askama_web::WebTemplate;

use crate::kinds::Tone;
use crate::web::{Shell, filters};

/// What was found, by kind.
#[derive(Template, WebTemplate)]
#[template(path = "search.html")]
pub struct SearchPage {
    pub shell: Shell,
    pub query: String,
    pub groups: Vec<HitGroup>,
}

/// The hits of one kind, the best first.
#[derive(Clone, Debug)]
pub struct HitGroup {
    /// The kind's stored name.
    pub kind: &'static str,
    pub titles: &'static str,
    pub hits: Vec<Hit>,
    /// Its list under the same question, when there are more.
    pub all_href: Option<String>,
}

/// A resource that bears what was looked for.
#[derive(Clone, Debug)]
pub struct Hit {
    pub href: String,
    pub name: String,
    /// By what it was found.
    pub term: String,
    pub status: String,
    pub tone: Tone,
    /// Cluster or source.
    pub place: String,
    pub is_gone: bool,
}
