//! `/sources/{name}`: one source with its listings, what is held, and its latest syncs.
//!
//! Forms: `POST /sources/{name}/syncs`, `POST /held-losses/{id}/accept` and `/reject` (`reason`).

use askama::Template;
use askama_web::WebTemplate;

use crate::clock::Instant;
use crate::kinds::Tone;
use crate::web::pages::sources::SourceLine;
use crate::web::pages::syncs::SyncLine;
use crate::web::view::{Age, Crumb};
use crate::web::{Shell, filters};

/// A source.
#[derive(Template, WebTemplate)]
#[template(path = "sources/show.html")]
pub struct SourcePage {
    pub shell: Shell,
    pub source: SourceLine,
    pub age: Age,
    /// One waits or runs.
    pub is_syncing: bool,
    pub held: Vec<HeldLine>,
    pub scopes: Vec<ScopeLine>,
    pub syncs: Vec<SyncLine>,
}

/// A loss that waits for a person.
#[derive(Clone, Debug)]
pub struct HeldLine {
    pub id: i64,
    /// `312 of 320 instances in eu-west-1 are missing`.
    pub title: String,
    pub reason: String,
    pub opened_at: Instant,
    /// Complete listings that have shown the same loss.
    pub seen: i64,
    pub rows: i64,
    /// The first of them.
    pub items: Vec<Crumb>,
}

/// A listing of the source: one kind in one place.
#[derive(Clone, Debug)]
pub struct ScopeLine {
    pub titles: &'static str,
    pub name: String,
    pub state: String,
    pub tone: Tone,
    pub reason: String,
    pub present: i64,
    pub confirmed_at: Option<Instant>,
    pub attempted_at: Option<Instant>,
}
