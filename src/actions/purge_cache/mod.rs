//! Making caches forget what an app's hosts serve. Accepted is not proven: nobody says whether anything was cached, or
//! is gone.
//!
//! Asking twice is harmless, so a step whose outcome nobody saw is done again; and there is no way back, nor need of
//! one.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::context::{Context, Reach};
use crate::runs::{Action, AfterCrash, Done, NewStep, OnFailure, Shown, StepAt, Trouble};
use crate::store::runs::RunRow;
use crate::wire::dns::ZoneAt;
use crate::wire::purge::Purge;

mod plan;

pub use plan::{Plan, Refusal, Wish, ZonePart, plan, to_run};

/// The action.
pub struct PurgeCache;

/// What one step asks for.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Asked {
    source: String,
    zone: ZoneAt,
    purge: Purge,
    /// For the sake of the provider's limit.
    wait_ms: u64,
}

/// Waited for where a source says nothing, or is not there any more.
const PATIENCE: Duration = Duration::from_secs(30);

#[async_trait]
impl Action for PurgeCache {
    fn name(&self) -> &'static str {
        "purge_cache"
    }

    fn title(&self) -> &'static str {
        "Cache purge"
    }

    fn show(&self, plan: &Value) -> Shown {
        match Plan::deserialize(plan) {
            Ok(plan) => plan.show(),
            Err(_) => Shown::default(),
        }
    }

    /// Of a zone its name, which the hosts end in, and what it is to forget.
    fn told(&self, mut plan: Value) -> Value {
        let zones = plan.get_mut("zones").and_then(Value::as_array_mut);
        for part in zones.into_iter().flatten().filter_map(Value::as_object_mut) {
            part.retain(|name, _| matches!(name.as_str(), "zone" | "pieces"));
            if let Some(zone) = part.get_mut("zone").and_then(Value::as_object_mut) {
                zone.remove("id");
            }
        }
        plan
    }

    fn patience(&self, context: &Context, run: &RunRow) -> Duration {
        let plan: Option<Plan> = serde_json::from_str(&run.plan).ok();
        let parts = plan.iter().flat_map(|plan| &plan.zones);
        let patience = parts.filter_map(|part| {
            let source = context.sources.iter().find(|source| source.config.name == part.source)?;
            match &source.reach {
                Reach::Ready(provider) => provider.cache().map(|cache| cache.patience()),
                Reach::NotConfigured { .. } => None,
            }
        });
        patience.max().unwrap_or(PATIENCE)
    }

    async fn apply(&self, at: &StepAt<'_>, what: &Value) -> Result<Done, Trouble> {
        let asked: Asked = at.what(what)?;
        let provider = at.provider(&asked.source)?;
        let cache = provider
            .cache()
            .ok_or_else(|| Trouble::Failed(format!("The source of {} cannot purge a cache.", asked.zone.name)))?;
        if asked.wait_ms > 0 && !at.pause(Duration::from_millis(asked.wait_ms)).await {
            return Err(Trouble::Stopped);
        }
        let answered = at.send(cache.purge(&asked.zone, &asked.purge)).await?;
        let purged = answered.map_err(|failed| Trouble::of_write(failed.error, failed.may_have_been_applied))?;
        at.sent(purged.request);
        at.answered(purged.answer, purged.request_id.as_deref());
        Ok(Done::new("Accepted by the provider, which does not say what was cached."))
    }

    /// The other zones' caches are to forget all the same.
    fn on_failure(&self) -> OnFailure {
        OnFailure::GoOn
    }
}

/// The steps of a plan: one request each, as far apart as the provider wants them.
fn steps(plan: &Plan) -> Vec<NewStep> {
    let mut steps = Vec::new();
    for part in &plan.zones {
        for (position, purge) in part.pieces.iter().enumerate() {
            let asked = Asked {
                source: part.source.clone(),
                zone: part.zone.clone(),
                purge: purge.clone(),
                wait_ms: if position < part.at_once { 0 } else { part.apart_ms },
            };
            let title = format!("Purge {} in {}", plan::words(purge), part.zone.name);
            steps.push(NewStep::new(title, serde_json::to_value(asked).unwrap_or_default(), AfterCrash::Again));
        }
    }
    steps
}
