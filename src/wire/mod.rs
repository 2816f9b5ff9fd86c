//! Types that cross a boundary: between a collector and `sync`, and some day between a region's own agent and the
//! panel.
//!
//! Plain serde data; nothing here does anything.

pub mod collection;
pub mod dns;
pub mod purge;
pub mod runs;

pub use crate::net::error::{ErrorKind, ProviderError};
pub use collection::{Event, Outcome, Parent, ScopeRef};
