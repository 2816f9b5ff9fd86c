//! Quarterdeck: the control room of a hosting platform.
//!
//! | # | modules | may touch |
//! | --- | --- | --- |
//! | 0 | [`error`] [`clock`] [`secret`] [`passwords`] [`telemetry`] [`config`] [`net`] | the environment and the network |
//! | 1 | [`kinds`] [`wire`] [`guard`] [`placement`] [`rdata`] [`roles`] [`served`] [`dns_plan`] | nothing: pure data and functions |
//! | 2 | [`providers`] · [`store`], never each other | HTTP out through `net` · SQL |
//! | 3 | [`context`] [`audit`] [`runs`] [`zone_files`] | 0–2 |
//! | 4 | [`relations`] · [`accounts`] | 0–3 |
//! | 5 | [`sync`] [`alerts`] [`probe`], not each other | 0–4 |
//! | 6 | [`actions`] | 0–5 |
//! | 7 | [`web`] · [`worker`], never each other | 0–6 |
//! | 8 | [`cli`] | all |
//!
//! The way of the data: a provider *collects* records into a stream (`providers::collect`), `sync` hashes, compares and
//! asks the `guard`, `store` writes what changed, `relations` joins it by keys, and `web` shows it with its age.

pub mod accounts;
pub mod actions;
pub mod alerts;
pub mod audit;
pub mod cli;
pub mod clock;
pub mod config;
pub mod context;
pub mod dns_plan;
pub mod error;
pub mod guard;
pub mod kinds;
pub mod net;
pub mod passwords;
pub mod placement;
pub mod probe;
pub mod providers;
pub mod rdata;
pub mod relations;
pub mod roles;
pub mod runs;
pub mod secret;
pub mod served;
pub mod store;
pub mod sync;
pub mod telemetry;
pub mod web;
pub mod wire;
pub mod worker;
pub mod zone_files;
