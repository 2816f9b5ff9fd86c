//! `/pulse`: one phone screen, no script, under 30 kB: get up or not.

use askama::Template;
use askama_web::WebTemplate;

use crate::clock::Instant;
use crate::kinds::Tone;
use crate::web::view::Verdict;
use crate::web::{Shell, filters};

/// The whole house on a phone, in the dark.
#[derive(Template, WebTemplate)]
#[template(path = "pulse.html")]
pub struct PulsePage {
    pub shell: Shell,
    /// `Sleep on`, `Look in the morning`, `Get up`.
    pub verdict: Verdict,
    /// What is wrong, the worst first; eight at most.
    pub lines: Vec<PulseLine>,
    pub figures: Vec<Figure>,
    pub confirmed_at: Option<Instant>,
}

/// Something wrong.
#[derive(Clone, Debug)]
pub struct PulseLine {
    pub title: String,
    pub detail: String,
    pub tone: Tone,
    pub href: String,
}

/// A number that says how things stand.
#[derive(Clone, Debug)]
pub struct Figure {
    pub label: &'static str,
    pub value: String,
    pub tone: Tone,
}
