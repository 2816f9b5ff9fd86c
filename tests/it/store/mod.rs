//! The store, on both databases.

mod changes;
mod holders;
mod listing;
mod migrations;
mod month;
mod search;
mod writing;
