//! `/placement`: what has no place and why, and the rules that place the rest.

use askama::Template;
use askama_web::WebTemplate;

use crate::web::view::Pager;
use crate::web::{Shell, filters};

/// The unplaced, and the rules.
#[derive(Template, WebTemplate)]
#[template(path = "placement.html")]
pub struct PlacementPage {
    pub shell: Shell,
    pub unplaced: Vec<UnplacedLine>,
    pub pager: Pager,
    pub rules: Vec<RuleLine>,
}

/// A resource in no region and no cluster.
#[derive(Clone, Debug)]
pub struct UnplacedLine {
    pub href: String,
    pub name: String,
    pub kind: &'static str,
    pub source: String,
    pub reason: String,
}

/// A rule of the configuration, as text.
#[derive(Clone, Debug)]
pub struct RuleLine {
    pub matches: String,
    pub sets: String,
}
