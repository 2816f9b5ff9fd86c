//! The one integration binary: a folder per part of the panel, and what they all stand on in `support`.
//!
//! **One more test file**: its `mod` line in its folder's `mod.rs`; **one more folder**: its `mod` line here.

// Tests may read the environment and the machine's clock; src may not.
#![allow(clippy::disallowed_methods)]
#![allow(clippy::unwrap_used, reason = "a story that cannot go on has failed")]
#![allow(clippy::print_stderr, reason = "what a test has to say goes where its failure is read")]

mod access;
mod api;
mod cli;
mod dependencies;
mod dns_changes;
mod estate;
mod findings;
mod layers;
mod name_servers;
mod past;
mod probe;
mod providers;
mod relations;
mod runs;
mod secrets;
mod store;
mod support;
mod sync;
mod teams;
mod worker;
mod zone_files;
