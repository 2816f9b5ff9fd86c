//! What can be done outside: a file per action, and the table of them.
//!
//! **One more action**: its file here with an `impl Action`, and one line in [`ACTIONS`].

use crate::runs::{Action, Actions};

pub mod dns_change;
pub mod purge_cache;

/// Every action.
pub const ACTIONS: Actions = &[&dns_change::DnsChange, &purge_cache::PurgeCache];

/// The action of that name.
pub fn by_name(name: &str) -> Option<&'static dyn Action> {
    ACTIONS.iter().copied().find(|action| action.name() == name)
}
