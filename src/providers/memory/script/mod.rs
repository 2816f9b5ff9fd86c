//! A provider that does what a test tells it to: the double for everything inside.
//!
//! A [`Script`] is a stack of holdings and how each of them ends. A test keeps one clone and hands another, boxed, to
//! `sync`; between two collections it says what is different now. Nothing is registered and nothing is global, so that
//! tests may run side by side.
//!
//! ```ignore
//! let script = Script::new();
//! script.holds("eu", twelve_instances);
//! sync(&source, Box::new(script.clone())).await;
//! script.holds("eu", nine_of_them).ends::<Instance>("eu", Ending::Partial(timeout()));
//! ```
//!
//! **One more way to misbehave**: a variant of [`Ending`] if it concerns how a scope ends, a field of `Act` if it
//! concerns its course.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::holding::{Holding, Seal};
use crate::kinds::Kind;
use crate::providers::dns::WriteRecords;
use crate::providers::{Collector, Provider};
use crate::wire::ProviderError;

mod act;
pub mod gate;
#[cfg(test)]
mod tests;
pub mod writes;

pub use gate::Gate;
pub use writes::Writing;

use act::Act;
use writes::Writes;

/// A scripted provider. Cheap to clone; all clones are the same script.
#[derive(Clone, Debug, Default)]
pub struct Script {
    state: Arc<Mutex<State>>,
}

/// How the listing of a scope ends.
#[derive(Clone, Debug, Default)]
pub enum Ending {
    #[default]
    Complete,
    Partial(ProviderError),
    Skipped(String),
    /// Without a word, as when a stream is cut.
    Cut,
}

#[derive(Debug, Default)]
struct State {
    acts: Vec<Act>,
    notes: Vec<String>,
    refusal: Option<ProviderError>,
    collections: usize,
    writes: Writes,
}

impl Script {
    /// A source that is reached and has no scopes.
    pub fn new() -> Self {
        Self::default()
    }

    /// The scope `scope` of the kind `K` now holds these; how it ends, and its gates and pace, stay.
    pub fn holds<K: Kind + Clone>(&self, scope: &str, resources: impl IntoIterator<Item = K>) -> &Self {
        self.put(Holding::of(scope, resources))
    }

    /// As [`Script::holds`], with secrets beside the resources.
    pub fn seals<K: Kind + Clone>(&self, scope: &str, resources: Vec<K>, seal: Seal<K>) -> &Self {
        self.put(Holding::sealed(scope, resources, seal))
    }

    /// As [`Script::holds`], for a scope that exists as long as `parent` does.
    pub fn holds_within<K: Kind + Clone, P: Kind>(
        &self,
        scope: &str,
        parent: &P,
        resources: impl IntoIterator<Item = K>,
    ) -> &Self {
        self.put(Holding::of(scope, resources).within(parent))
    }

    /// The scope now holds `count` resources, each made from its index when its turn comes: for scopes of any size.
    pub fn streams<K: Kind>(
        &self,
        scope: &str,
        count: usize,
        make: impl Fn(usize) -> K + Send + Sync + 'static,
    ) -> &Self {
        self.put(Holding::made(scope, count, make))
    }

    /// How the scope ends from now on.
    pub fn ends<K: Kind>(&self, scope: &str, ending: Ending) -> &Self {
        self.change::<K>(scope, |act| act.ending = ending)
    }

    /// From now on the scope begins again after `count` records, and then tells everything.
    pub fn restarts_after<K: Kind>(&self, scope: &str, count: usize) -> &Self {
        self.change::<K>(scope, |act| act.restart_after = Some(count))
    }

    /// The scope stands still after `count` records, all of them sent, until the gate is opened.
    pub fn stops_after<K: Kind>(&self, scope: &str, count: usize) -> Gate {
        let gate = Gate::default();
        self.change::<K>(scope, |act| act.gate = Some((count, gate.clone())));
        gate
    }

    /// The scope sends `count` records at a time and pauses in between.
    pub fn dawdles<K: Kind>(&self, scope: &str, count: usize, pause: Duration) -> &Self {
        self.change::<K>(scope, |act| act.pace = Some((count.max(1), pause)))
    }

    /// The scope is not reported at all any more, as a zone that was deleted.
    pub fn forgets<K: Kind>(&self, scope: &str) -> &Self {
        self.state().acts.retain(|act| !act.is::<K>(scope));
        self
    }

    /// Remarks that go into the sync's log from now on.
    pub fn notes(&self, text: &str) -> &Self {
        self.state().notes.push(text.to_owned());
        self
    }

    /// From now on nothing can be seen at all.
    pub fn refuses(&self, error: ProviderError) -> &Self {
        self.state().refusal = Some(error);
        self
    }

    /// Ends what [`Script::refuses`] began.
    pub fn recovers(&self) -> &Self {
        self.state().refusal = None;
        self
    }

    /// How many collections were begun, refused ones among them.
    pub fn collections(&self) -> usize {
        self.state().collections
    }

    fn put(&self, holding: Holding) -> &Self {
        let mut state = self.state();
        match state.acts.iter_mut().find(|act| act.holding.scope() == holding.scope()) {
            Some(act) => act.holding = holding,
            None => state.acts.push(Act::of(holding)),
        }
        drop(state);
        self
    }

    /// # Panics
    /// When the script does not know the scope: a mistake in the test, which would otherwise prove nothing.
    fn change<K: Kind>(&self, scope: &str, change: impl FnOnce(&mut Act)) -> &Self {
        let mut state = self.state();
        let act = state.acts.iter_mut().find(|act| act.is::<K>(scope));
        change(act.expect("the scope was given its records before it is told how to behave"));
        drop(state);
        self
    }

    /// A test that panicked while holding the lock must not hide its own message behind a second panic.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self) -> Result<(Vec<String>, Vec<Act>), ProviderError> {
        let mut state = self.state();
        state.collections += 1;
        match &state.refusal {
            Some(error) => Err(error.clone()),
            None => Ok((state.notes.clone(), state.acts.clone())),
        }
    }
}

#[async_trait]
impl Provider for Script {
    async fn collect(&self, collector: &Collector) -> Result<(), ProviderError> {
        let (notes, acts) = self.begin()?;
        for note in notes {
            collector.note(note).await?;
        }
        for act in acts {
            act.play(collector).await?;
        }
        Ok(())
    }

    async fn probe(&self) -> Result<String, ProviderError> {
        self.state().refusal.clone().map_or_else(|| Ok("a script".to_owned()), Err)
    }

    /// A script has the power as soon as it has a zone that can be written to.
    fn dns(&self) -> Option<&dyn WriteRecords> {
        let has_zones = self.state().writes.has_zones();
        has_zones.then_some(self as &dyn WriteRecords)
    }
}
