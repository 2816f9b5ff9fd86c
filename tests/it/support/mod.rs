//! What the tests stand on.

pub mod database;
pub mod house;
pub mod panel;
