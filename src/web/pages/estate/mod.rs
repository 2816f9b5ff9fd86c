//! `/map`, `/regions`, `/clusters` and the page of each: where things are, and how they stand there.

pub mod clusters;
pub mod line;
pub mod map;
mod panels;
pub mod place;
pub mod regions;
