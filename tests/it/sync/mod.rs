//! Sync against scripted sources: what is believed, what is held, what survives a crash.

mod crash;
mod failures;
mod guard;
mod history;
mod scopes;
