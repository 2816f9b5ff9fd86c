//! The store, on both databases.

mod changes;
mod holders;
mod listing;
mod month;
mod migrations;
mod search;
