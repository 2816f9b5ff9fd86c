//! DNS changes that can be trusted: planned from fresh reads, shown, applied as shown or not at all, proven from
//! outside, taken back.
//!
//! | file | part |
//! | --- | --- |
//! | `ask.rs` | what somebody asks for |
//! | `sides.rs`, `zones.rs`, `touched.rs` | what the inventory and the providers say about it |
//! | `whose.rs` | which of it is the asker's: of the rest a team learns nothing |
//! | `draft.rs` | the plan that follows, by the rules of `dns_plan` |
//! | `later.rs` | what came on top of a change, and goes before it |
//! | `told.rs` | what somebody is told of a plan that was kept |
//! | `submit.rs` | keeping a plan, applying it, taking a change back |
//! | `carry.rs` | what a run carries with it, and its steps |
//! | `write.rs` | a step: re-read, compare, write, read back; and what became of one that was cut off |
//! | `landed.rs` | what was read back, kept for the way back and in the inventory |
//! | `verify.rs` | the zones' own servers are asked until they agree |
//!
//! A write compares each set with the plan right before it is sent, under the zone's lane and behind the fence, so that
//! a delayed worker writes nothing over what came later (F1). A name is never done by half, and never left empty on the
//! way (F3). What fails half-way is taken back (F4).

use std::time::Duration;

use async_trait::async_trait;
use diesel::QueryResult;
use serde_json::Value;

mod ask;
mod carry;
mod draft;
mod landed;
mod later;
mod sides;
mod submit;
mod told;
mod touched;
mod verify;
mod whose;
mod write;
mod zones;

pub use ask::{Ask, Sort, titled};
pub use draft::Draft;
pub use later::first_back;
pub use submit::{Applied, Override, Refused, apply, plan, plan_and_apply, restore_due, undo};
pub use told::told;
pub use whose::may_change;

use crate::clock::Instant;
use crate::context::Context;
use crate::runs::{Action, Done, NewStep, RunState, Settled, Shown, StepAt, StepState, Trouble};
use crate::store::AnyConnection;
use crate::store::dns_changes::{self, due};
use crate::store::runs::{RunRow, StepRow};
use crate::wire::dns::SetChange;
use carry::{Carried, What};

/// Changes records.
pub struct DnsChange;

/// Where nothing says how long a write may last.
const PATIENCE: Duration = Duration::from_secs(60);

#[async_trait]
impl Action for DnsChange {
    fn name(&self) -> &'static str {
        "dns_change"
    }

    fn title(&self) -> &'static str {
        "DNS change"
    }

    fn show(&self, plan: &Value) -> Shown {
        carry::shown(plan)
    }

    fn patience(&self, context: &Context, run: &RunRow) -> Duration {
        let carried: Carried = serde_json::from_str(&run.plan).unwrap_or_default();
        let providers = carried.pieces.iter().filter_map(|piece| zones::provider(context, &piece.source).ok());
        providers.filter_map(|provider| Some(provider.dns()?.patience())).max().unwrap_or(PATIENCE)
    }

    async fn apply(&self, at: &StepAt<'_>, what: &Value) -> Result<Done, Trouble> {
        let carried: Carried = at.plan()?;
        match at.what(what)? {
            What::Write(piece) => write::forward(at, &carried, piece).await,
            What::Back(piece) => write::back(at, &carried, piece).await,
            What::Verify => verify::verify(at, &carried).await,
        }
    }

    async fn settle(&self, at: &StepAt<'_>, what: &Value) -> Result<Settled, Trouble> {
        let carried: Carried = at.plan()?;
        match at.what(what)? {
            What::Write(piece) => write::settle(at, &carried, piece, write::Way::Forward).await,
            What::Back(piece) => write::settle(at, &carried, piece, write::Way::Back).await,
            What::Verify => Ok(Settled::NotApplied("Asking writes nothing.".to_owned())),
        }
    }

    fn undo(&self, _run: &RunRow, steps: &[StepRow]) -> Option<Vec<NewStep>> {
        let done = |step: &&StepRow| matches!(step.state(), StepState::Succeeded | StepState::Partial);
        let written = steps.iter().rev().filter(|step| step.undoes.is_none()).filter(done);
        Some(written.filter_map(carry::step_back).collect())
    }

    fn left(&self, run: &RunRow, state: RunState) -> String {
        let carried: Carried = serde_json::from_str(&run.plan).unwrap_or_default();
        let changes: Vec<&SetChange> = carried.pieces.iter().flat_map(|piece| &piece.changes).collect();
        match state {
            RunState::Succeeded => carry::told(changes.iter().map(|change| (&change.of, change.after.as_ref()))),
            _ => String::new(),
        }
    }

    fn ended(&self, connection: &mut AnyConnection, run: &RunRow, state: RunState, at: Instant) -> QueryResult<()> {
        let everybody = crate::store::Scope::unrestricted();
        let Some(change) = dns_changes::of_run(connection, &everybody, run.id)? else { return Ok(()) };
        if state != RunState::Succeeded {
            return Ok(());
        }
        if let Some(undone) = change.undo_of {
            dns_changes::undone(connection, undone, change.id)?;
        }
        let carried: Carried = serde_json::from_str(&run.plan).unwrap_or_default();
        match carried.restore_after_seconds.filter(|_| change.follows.is_some()) {
            Some(soak) => due::restore_at(connection, change.id, Some(at + chrono::TimeDelta::seconds(soak))),
            None => Ok(()),
        }
    }
}
