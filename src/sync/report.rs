//! What a sync came to, for whoever ran it.

use crate::store::scopes::{Ending, ScopeState};
use crate::store::syncs::Tally;
use crate::wire::ScopeRef;

/// How a sync ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncState {
    /// Everything was listed, and nothing is held.
    Succeeded,
    /// Some of it was.
    Partial,
    /// Nothing was.
    Failed,
}

impl SyncState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Partial => "partial",
            Self::Failed => "failed",
        }
    }
}

/// What a sync came to.
#[derive(Clone, Debug)]
pub struct Report {
    pub source: String,
    pub state: SyncState,
    /// In the provider's words, when something failed.
    pub reason: String,
    pub scopes: Vec<ScopeReport>,
    pub notes: Vec<String>,
}

impl Report {
    /// Whether this is the first that was ever seen of the source.
    pub fn is_first(&self) -> bool {
        let known = |tally: &Tally| tally.changed + tally.unchanged + tally.gone + tally.held;
        let tallies = || self.scopes.iter().map(|scope| &scope.tally);
        tallies().any(|tally| tally.added > 0) && tallies().all(|tally| known(tally) == 0)
    }
}

/// What a sync did in one scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeReport {
    pub scope: ScopeRef,
    pub state: ScopeState,
    pub reason: String,
    pub tally: Tally,
}

impl ScopeReport {
    pub fn of(scope: ScopeRef, ending: &Ending, tally: Tally) -> Self {
        Self { scope, state: ending.state, reason: ending.reason.clone(), tally }
    }

    /// Whether the scope was listed to its end.
    pub fn is_conclusive(&self) -> bool {
        matches!(self.state, ScopeState::Complete | ScopeState::Held)
    }
}
