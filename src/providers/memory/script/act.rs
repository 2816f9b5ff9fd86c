//! How a script tells one scope: what it holds, at what pace, past which gate, and to which end.

use std::time::Duration;

use super::super::holding::Holding;
use super::{Ending, Gate};
use crate::kinds::Kind;
use crate::providers::{Collector, Listing};
use crate::wire::ProviderError;

/// The listing of one scope, as it will be told.
#[derive(Clone, Debug)]
pub struct Act {
    pub holding: Holding,
    pub ending: Ending,
    /// After how many records it begins again.
    pub restart_after: Option<usize>,
    /// After how many records it stands before which gate.
    pub gate: Option<(usize, Gate)>,
    /// How many records between two pauses, and how long these are.
    pub pace: Option<(usize, Duration)>,
}

impl Act {
    /// Everything at once, and complete.
    pub fn of(holding: Holding) -> Self {
        Self { holding, ending: Ending::Complete, restart_after: None, gate: None, pace: None }
    }

    /// Whether it is the scope of that name and kind.
    pub fn is<K: Kind>(&self, scope: &str) -> bool {
        self.holding.scope().kind == K::SPEC.id() && self.holding.scope().name == scope
    }

    /// Tells it, from its beginning to its end.
    pub async fn play(&self, collector: &Collector) -> Result<(), ProviderError> {
        if let Ending::Skipped(reason) = &self.ending {
            return Ok(self.holding.begin(collector).await?.skipped(reason).await?);
        }
        let mut listing = self.holding.begin_with(collector, self.restart_after.unwrap_or(0)).await?;
        if self.restart_after.is_some() {
            listing.flush().await?;
            listing.restart().await?;
        }
        for told in 0..self.holding.len() {
            self.wait(&mut listing, told).await?;
            self.holding.tell(&mut listing, told).await?;
        }
        self.wait(&mut listing, self.holding.len()).await?;
        match &self.ending {
            Ending::Complete | Ending::Skipped(_) => listing.complete().await?,
            Ending::Partial(error) => listing.partial(error.clone()).await?,
            Ending::Cut => listing.flush().await?,
        }
        Ok(())
    }

    /// What happens once `told` records were told: a gate, a pause, or nothing.
    async fn wait(&self, listing: &mut Listing, told: usize) -> Result<(), ProviderError> {
        if let Some((after, gate)) = &self.gate
            && (told == *after || (told == self.holding.len() && *after > told))
        {
            listing.flush().await?;
            gate.pass().await;
        }
        if let Some((count, pause)) = self.pace
            && told > 0
            && told.is_multiple_of(count)
        {
            listing.flush().await?;
            tokio::time::sleep(pause).await;
        }
        Ok(())
    }
}
