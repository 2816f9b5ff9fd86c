//! `/runs`: what was, is and will be done outside. The list, a run's own page, what people do to it, and the stream
//! that keeps its page true while it is looked at.
//!
//! Pages that show a run of their own take [`StepLine`] and `templates/runs/_steps.html`, and put
//! `data-follow="/runs/<id>/events"` on what is to be read anew when the run moves.

use crate::actions;
use crate::clock::Instant;
use crate::kinds::Tone;
use crate::store::runs::{RunRow, StepRow};
use crate::web::cells;

pub mod acts;
pub mod events;
pub mod list;
pub mod show;

/// A run wherever runs are listed.
#[derive(Clone, Debug)]
pub struct RunLine {
    pub href: String,
    pub title: String,
    pub target: String,
    /// For people: `Cache purge`.
    pub action: String,
    pub state: &'static str,
    pub tone: Tone,
    pub outcome: String,
    pub actor: String,
    /// For whom, where that is another.
    pub effective_actor: String,
    pub requested_at: Instant,
    /// Where it is to begin later.
    pub not_before: Option<Instant>,
    pub started_at: Option<Instant>,
    pub ended_at: Option<Instant>,
}

impl RunLine {
    pub fn of(row: &RunRow) -> Self {
        let state = row.state();
        let action = actions::by_name(&row.action).map_or(row.action.as_str(), |action| action.title());
        Self {
            href: format!("/runs/{}", row.id),
            title: row.title.clone(),
            target: row.target.clone(),
            action: action.to_owned(),
            state: state.as_str(),
            tone: cells::state_tone(state.as_str()),
            outcome: row.outcome.clone(),
            actor: row.actor.clone(),
            effective_actor: row.effective_actor.clone(),
            requested_at: row.requested_at(),
            not_before: Some(row.not_before()).filter(|at| *at > row.requested_at() && row.started_at().is_none()),
            started_at: row.started_at(),
            ended_at: row.ended_at(),
        }
    }
}

/// A step as a line with what lies behind it.
#[derive(Clone, Debug)]
pub struct StepLine {
    pub position: i32,
    pub undoes: Option<i32>,
    pub title: String,
    pub state: &'static str,
    pub tone: Tone,
    pub outcome: String,
    pub attempts: i32,
    pub started_at: Option<Instant>,
    pub ended_at: Option<Instant>,
    /// In short and redacted.
    pub request: String,
    pub answer: String,
    pub request_id: String,
}

impl StepLine {
    pub fn of(row: &StepRow) -> Self {
        let state = row.state().as_str();
        Self {
            position: row.position,
            undoes: row.undoes,
            title: row.title.clone(),
            state,
            tone: cells::state_tone(state),
            outcome: row.outcome.clone(),
            attempts: row.attempts,
            started_at: row.started_at(),
            ended_at: row.ended_at(),
            request: row.request.clone(),
            answer: row.answer.clone(),
            request_id: row.request_id.clone(),
        }
    }

    /// Whether there is more to tell than its outcome.
    pub fn has_calls(&self) -> bool {
        !(self.request.is_empty() && self.answer.is_empty() && self.request_id.is_empty())
    }
}
