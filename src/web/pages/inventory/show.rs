//! `/{kind}/{id}`: a resource with all its facts, what hangs together with it, its alerts and its latest changes.

use askama::Template;
use askama_web::WebTemplate;

use crate::clock::Instant;
use crate::kinds::{KindSpec, Section, Tone};
use crate::web::pages::alerts::AlertLine;
use crate::web::view::{Age, Crumb, Diff};
use crate::web::{Shell, filters};

/// A resource's own page, now or at a past moment.
#[derive(Template, WebTemplate)]
#[template(path = "inventory/show.html")]
pub struct ShowPage {
    pub shell: Shell,
    pub spec: &'static KindSpec,
    /// Of this page, without a query.
    pub path: String,
    pub name: String,
    pub external_id: String,
    pub status: String,
    pub status_tone: Tone,
    pub source: String,
    pub scope_name: String,
    pub age: Age,
    /// Region, cluster, app, environment, role; those that are known.
    pub places: Vec<PlaceLine>,
    pub sections: Vec<Section>,
    pub neighbours: Vec<NeighbourGroup>,
    /// Why there may be none or more: a listing that is not complete, a neighbourhood that was cut.
    pub neighbours_note: String,
    pub alerts: Vec<AlertLine>,
    pub changes: Vec<ChangeLine>,
    pub first_seen_at: Instant,
    pub changed_at: Instant,
    pub last_seen_at: Option<Instant>,
    pub missing_since: Option<Instant>,
    pub gone_at: Option<Instant>,
    /// To tools that this panel does not replace.
    pub links: Vec<Crumb>,
}

/// Where it belongs.
#[derive(Clone, Debug)]
pub struct PlaceLine {
    pub label: &'static str,
    pub value: String,
    pub href: Option<String>,
}

/// The neighbours of one kind.
#[derive(Clone, Debug)]
pub struct NeighbourGroup {
    /// The kind's stored name.
    pub kind: &'static str,
    pub title: &'static str,
    pub items: Vec<NeighbourLine>,
    /// There are more than these.
    pub cut: bool,
}

/// A resource that is related, and by what.
#[derive(Clone, Debug)]
pub struct NeighbourLine {
    pub href: String,
    pub name: String,
    pub status: String,
    pub tone: Tone,
    /// How they are related, in words: `points at it`.
    pub role: String,
    /// The keys on the way, in their shown spelling.
    pub via: Vec<String>,
    /// Another resource claims the same key.
    pub ambiguous: bool,
}

/// A superseded version, and what replaced it.
#[derive(Clone, Debug)]
pub struct ChangeLine {
    pub at: Instant,
    /// This page as it was just before.
    pub at_href: String,
    pub diffs: Vec<Diff>,
}
