//! Relations: what is joined with what, by keys alone.

pub mod placement;
