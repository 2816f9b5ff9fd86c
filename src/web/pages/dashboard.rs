//! `/`: what is wrong, what comes, what there is, how we know, what has changed; in that order.

use askama::Template;
use askama_web::WebTemplate;

use crate::clock::Instant;
use crate::kinds::Tone;
use crate::web::pages::alerts::AlertLine;
use crate::web::view::Verdict;
use crate::web::{Shell, filters};

/// The dashboard.
#[derive(Template, WebTemplate)]
#[template(path = "dashboard.html")]
pub struct DashboardPage {
    pub shell: Shell,
    pub verdict: Verdict,
    pub tiles: Vec<Tile>,
    /// Open ones, the worst first; a screenful at most.
    pub alerts: Vec<AlertLine>,
    /// Maintenance and expiries within the horizon, the nearest first.
    pub upcoming: Vec<Upcoming>,
    pub horizon_days: i64,
    pub kinds: Vec<KindCount>,
    /// Those in trouble first.
    pub sources: Vec<SourceBrief>,
    /// Of the last day, the newest first.
    pub changes: Vec<RecentChange>,
}

/// A figure that leads to what it counts.
#[derive(Clone, Debug)]
pub struct Tile {
    pub label: &'static str,
    pub value: String,
    pub note: String,
    pub tone: Tone,
    pub href: String,
}

/// A moment worth attention: the `due_at` of a resource.
#[derive(Clone, Debug)]
pub struct Upcoming {
    pub at: Instant,
    pub name: String,
    pub href: String,
    /// `system-reboot`, `certificate expires`.
    pub what: String,
    pub tone: Tone,
}

/// How many of a kind are present.
#[derive(Clone, Debug)]
pub struct KindCount {
    pub name: &'static str,
    pub path: &'static str,
    pub titles: &'static str,
    pub present: i64,
}

/// A source in one line.
#[derive(Clone, Debug)]
pub struct SourceBrief {
    pub name: String,
    pub state: String,
    pub tone: Tone,
    pub reason: String,
    pub confirmed_at: Option<Instant>,
}

/// A resource that came, changed or went.
#[derive(Clone, Debug)]
pub struct RecentChange {
    pub at: Instant,
    /// `new`, `changed`, `gone`.
    pub what: &'static str,
    pub tone: Tone,
    pub kind: &'static str,
    pub name: String,
    pub href: String,
}
