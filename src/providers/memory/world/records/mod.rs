//! What is written in each zone.
//!
//! **One more zone**: a function that writes it, here, and its line in `zones`.

use super::place::Place;

pub mod apps;
pub mod billing;
pub mod campaign;
pub mod edge;
pub mod media;
pub mod office;
pub mod shop;

/// The name of the region's edge, which leads on to its balancer: records say this one, so that a switch is one record.
fn edge_of(place: &Place) -> String {
    format!("{}.edge.example.net", place.code)
}
