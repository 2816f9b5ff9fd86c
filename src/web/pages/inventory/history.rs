//! `/{kind}/{id}/history`: every version with the time that it was true, and what was different.

use askama::Template;
use askama_web::WebTemplate;

use crate::clock::Instant;
use crate::kinds::{KindSpec, Tone};
use crate::web::view::{Diff, Pager};
use crate::web::{Shell, filters};

/// The versions of a resource, the newest first.
#[derive(Template, WebTemplate)]
#[template(path = "inventory/history.html")]
pub struct HistoryPage {
    pub shell: Shell,
    pub spec: &'static KindSpec,
    /// Of the resource's own page.
    pub path: String,
    pub name: String,
    pub versions: Vec<VersionLine>,
    pub pager: Pager,
}

/// A version: from when, until when, and what was new in it.
#[derive(Clone, Debug)]
pub struct VersionLine {
    /// `First seen`, `Changed`, `Gone`, `Came back`.
    pub title: &'static str,
    pub tone: Tone,
    pub from: Instant,
    /// `None` while it is true.
    pub until: Option<Instant>,
    pub diffs: Vec<Diff>,
    /// Said where there is no difference to show.
    pub note: &'static str,
    pub at_href: Option<String>,
}
