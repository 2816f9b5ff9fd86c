//! The tasks, a file each; `schedule.rs` says when.

pub mod alerts;
pub mod expiry;
pub mod recovery;
pub mod sync;
