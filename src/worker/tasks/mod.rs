//! The tasks, a file each; `schedule.rs` says when.

pub mod alerts;
pub mod dns_changes;
pub mod expiry;
pub mod findings;
pub mod prune;
pub mod recovery;
pub mod search_index;
pub mod served;
mod slices;
pub mod sync;
pub mod zone_files;
