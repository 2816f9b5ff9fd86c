//! The Natural Earth projection (Šavrič, Jenny, Patterson, 2011), in the polynomial that `static/build.mjs` draws the
//! land with.

use super::{Point, WIDTH};

/// The northern edge of the sheet, in degrees.
const NORTH: f64 = 84.0;

/// Where a place lies on the sheet. Both in degrees, north and east positive.
pub fn project(latitude: f64, longitude: f64) -> Point {
    let (half, _) = raw(0.0, 180.0);
    let (_, top) = raw(NORTH, 0.0);
    let (x, y) = raw(latitude, longitude);
    let scale = WIDTH / 2.0 / half;
    Point { x: (half + x) * scale, y: (top - y) * scale }
}

fn raw(latitude: f64, longitude: f64) -> (f64, f64) {
    let (x, y) = (longitude.to_radians(), latitude.to_radians());
    let (y2, y4) = (y.powi(2), y.powi(4));
    (
        x * (0.8707 - 0.131_979 * y2 + y4 * (-0.013_791 + y4 * (0.003_971 * y2 - 0.001_529 * y4))),
        y * (1.007_226 + y2 * (0.015_085 + y4 * (-0.044_475 + 0.028_874 * y2 - 0.005_916 * y4))),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same places as d3-geo's `geoNaturalEarth1` puts them, to a hundredth of the sheet's units.
    #[test]
    fn places_lie_where_the_outline_has_them() {
        for (latitude, longitude, x, y) in [
            (0.0, 0.0, 500.0, 252.68),
            (84.0, 0.0, 500.0, 0.0),
            (0.0, 180.0, 1_000.0, 252.68),
            (0.0, -180.0, 0.0, 252.68),
        ] {
            let point = project(latitude, longitude);
            assert!((point.x - x).abs() < 0.01 && (point.y - y).abs() < 0.01, "{latitude} {longitude}: {point:?}");
        }
    }

    #[test]
    fn north_is_up_and_east_is_right() {
        let (warsaw, tokyo, sydney) = (project(52.2, 21.0), project(35.7, 139.7), project(-33.9, 151.2));
        assert!(warsaw.x < tokyo.x && warsaw.y < tokyo.y && tokyo.y < sydney.y && sydney.y < super::super::HEIGHT);
    }

    /// Cape Town, Reykjavík and Singapore are within two units (80 km at the equator) of a corner of the outline.
    #[test]
    fn the_outline_and_the_markers_agree() {
        let outline = include_str!("../../../static/vendor/land.svg");
        let corners = corners(outline);
        assert!(corners.len() > 2_000, "{}", corners.len());
        for (latitude, longitude) in [(-34.35, 18.47), (64.15, -21.95), (1.35, 103.8)] {
            let point = project(latitude, longitude);
            let nearest = corners.iter().map(|corner| corner.distance(point)).fold(f64::MAX, f64::min);
            assert!(nearest < 4.0, "{latitude} {longitude} is {nearest} off");
        }
    }

    /// The corners of the rings of a path that knows `M`, `l` and `z` only.
    fn corners(svg: &str) -> Vec<Point> {
        let path = svg.split(" d=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        let mut corners = Vec::new();
        for ring in path.split('z').filter(|ring| !ring.is_empty()) {
            let spaced = ring.replace(['M', 'l'], " ").replace('-', " -");
            let numbers: Vec<f64> = spaced.split_whitespace().map(|number| number.parse().unwrap()).collect();
            let mut at = Point { x: 0.0, y: 0.0 };
            for step in numbers.chunks_exact(2) {
                at = Point { x: at.x + step[0], y: at.y + step[1] };
                corners.push(at);
            }
        }
        corners
    }
}
