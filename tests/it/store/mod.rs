//! The store, on both databases.

mod alerts;
mod changes;
mod habits;
mod holders;
mod list_plans;
mod listing;
mod lists;
mod many_scopes;
mod migrations;
mod month;
mod search;
mod statements;
mod watermark;
mod writing;
