//! Sync against scripted sources: what is believed, what is held, what survives a crash.

mod against_cloudflare;
mod against_moto;
mod apps;
mod crash;
mod dry_run;
mod expiry;
mod failures;
mod fences;
mod fields;
mod guard;
mod history;
mod losses;
mod placement;
mod scopes;
mod statistics;
mod two_workers;
mod unsaid;
