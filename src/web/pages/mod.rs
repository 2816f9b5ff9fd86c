//! A file per page: the struct that its template reads, what it fetches, its handler.

pub mod account;
pub mod alerts;
pub mod api;
pub mod audit;
pub mod changes;
pub mod dashboard;
pub mod dns_changes;
pub mod error;
pub mod findings;
pub mod held_loss;
pub mod inventory;
pub mod invitation;
pub mod placement;
pub mod pulse;
pub mod search;
pub mod second_factor;
pub mod served_certificates;
pub mod setup;
pub mod sign_in;
pub mod source;
pub mod sources;
pub mod syncs;
pub mod tasks;
pub mod tokens;
pub mod users;
