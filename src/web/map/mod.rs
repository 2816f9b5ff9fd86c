//! The map: the outline of the land and a marker for each cluster, drawn on the server as SVG. There are no tiles,
//! nothing is fetched from elsewhere, and it works without script.
//!
//! [`projection`] puts a place on the sheet, [`layout`] moves apart what would overlap. The outline itself is a static
//! file, so that a page does not repeat it.

pub mod layout;
pub mod projection;

/// The sheet's width and height, in the units of `static/vendor/land.svg`.
pub const WIDTH: f64 = 1_000.0;
pub const HEIGHT: f64 = 435.0;

/// A point of the sheet, from its upper left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub x: f64,
    pub y: f64,
}

impl Point {
    fn distance(self, other: Self) -> f64 {
        (self.x - other.x).hypot(self.y - other.y)
    }
}
