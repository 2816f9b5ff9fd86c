//! The API's own description: what there is to call, and what it answers with.

pub mod items;
pub mod openapi;
pub mod operations;
