//! Sync against scripted sources: what is believed, what is held, what survives a crash.

mod against_cloudflare;
mod against_moto;
mod crash;
mod expiry;
mod failures;
mod guard;
mod history;
mod scopes;
mod two_workers;
mod unsaid;
