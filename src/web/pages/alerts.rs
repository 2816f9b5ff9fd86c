//! `/alerts`: what rules have found, open first.

use askama::Template;
use askama_web::WebTemplate;

use crate::clock::Instant;
use crate::kinds::Tone;
use crate::web::view::{FilterGroup, Pager};
use crate::web::{Shell, filters};

/// Alerts in one state, the worst first.
#[derive(Template, WebTemplate)]
#[template(path = "alerts.html")]
pub struct AlertsPage {
    pub shell: Shell,
    /// By state, severity and rule.
    pub filters: Vec<FilterGroup>,
    pub alerts: Vec<AlertLine>,
    pub pager: Pager,
}

/// An alert wherever alerts are listed.
#[derive(Clone, Debug)]
pub struct AlertLine {
    pub title: String,
    pub detail: String,
    /// Where to look.
    pub href: String,
    pub severity: String,
    pub tone: Tone,
    pub opened_at: Instant,
}
