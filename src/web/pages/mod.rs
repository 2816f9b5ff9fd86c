//! A file per page: the struct that its template reads, what it fetches, its handler.

pub mod account;
pub mod audit;
pub mod error;
pub mod setup;
pub mod sign_in;
pub mod tokens;
pub mod users;
