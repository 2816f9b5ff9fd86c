//! The store, on both databases.

mod changes;
mod holders;
mod list_plans;
mod listing;
mod migrations;
mod month;
mod search;
mod writing;
