//! The store, on both databases.

mod listing;
mod migrations;
mod search;
