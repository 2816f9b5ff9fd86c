//! The worker: what it starts, what it leaves behind, and what it says of itself.

mod alerts;
mod prune;
mod tasks;
