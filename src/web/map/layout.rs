//! Where markers and names go: the clusters of a region fan out around it, regions that lie close together are moved
//! apart, and a name is put where nothing else is.
//!
//! Everything is laid out for the narrowest window, in which the sheet is a third of its size and letters and markers
//! are as large as on a wide one; so what does not overlap there overlaps nowhere.

use std::f64::consts::TAU;

use super::{HEIGHT, Point, WIDTH};

/// A region to be drawn.
#[derive(Clone, Debug)]
pub struct Spot {
    pub at: Point,
    /// Markers around it; with one or none it is the marker itself.
    pub markers: usize,
    /// Characters of its name.
    pub name: usize,
}

/// A region as it is drawn.
#[derive(Clone, Debug)]
pub struct Placed {
    /// Where it really lies.
    pub at: Point,
    /// The middle of its markers.
    pub middle: Point,
    pub markers: Vec<Point>,
    pub label: Label,
}

/// A name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Label {
    pub at: Point,
    pub anchor: Anchor,
}

/// Which end of a name lies at its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

impl Anchor {
    /// As `text-anchor` says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        }
    }
}

/// The part of the land that is shown: moved, then enlarged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    pub scale: f64,
    pub x: f64,
    pub y: f64,
}

impl View {
    /// The part in which all of these lie, with room around them. A few that lie close together are seen from nearer.
    pub fn of(points: &[Point]) -> Self {
        let least = |of: fn(&Point) -> f64| points.iter().map(of).fold(f64::MAX, f64::min);
        let most = |of: fn(&Point) -> f64| points.iter().map(of).fold(f64::MIN, f64::max);
        if points.is_empty() {
            return Self { scale: 1.0, x: 0.0, y: 0.0 };
        }
        let (left, right, top, bottom) = (least(|at| at.x), most(|at| at.x), least(|at| at.y), most(|at| at.y));
        let fits = (WIDTH / (right - left + ROOM)).min(HEIGHT / (bottom - top + ROOM));
        let scale = fits.clamp(1.0, NEAREST);
        let from = |low: f64, high: f64, whole: f64| {
            let shown = whole / scale;
            (f64::midpoint(low, high) - shown / 2.0).clamp(0.0, whole - shown)
        };
        Self { scale, x: from(left, right, WIDTH), y: from(top, bottom, HEIGHT) }
    }

    /// Where a point of the whole sheet is seen.
    pub fn see(&self, at: Point) -> Point {
        Point { x: (at.x - self.x) * self.scale, y: (at.y - self.y) * self.scale }
    }
}

/// Around what is shown from nearer.
const ROOM: f64 = 180.0;
/// The outline is too coarse to be seen from nearer than this.
const NEAREST: f64 = 3.0;
/// From the middle of a region to its first ring of markers, and from ring to ring.
const RING: f64 = 44.0;
/// Markers of the first ring; the second has room for twice as many.
const FIRST: usize = 6;
/// The markers of one region at most; what is more stands in the table.
pub const MOST: usize = 12;
/// Around a marker.
const MARGIN: f64 = 26.0;
/// Of a letter in the narrowest window: its width, and a line's height.
const LETTER: f64 = 19.0;
const LINE: f64 = 36.0;

/// Lays out the regions.
pub fn layout(spots: &[Spot]) -> Vec<Placed> {
    let middles = apart(spots);
    let mut taken: Vec<Frame> =
        spots.iter().zip(&middles).map(|(spot, middle)| Frame::around(*middle, reach(spot))).collect();
    spots
        .iter()
        .zip(&middles)
        .map(|(spot, middle)| {
            let label = label(spot, *middle, &taken);
            taken.push(Frame::of(label, spot.name));
            Placed { at: spot.at, middle: *middle, markers: fan(*middle, spot.markers), label }
        })
        .collect()
}

/// How far a region's markers reach from their middle.
fn reach(spot: &Spot) -> f64 {
    match spot.markers {
        0 | 1 => MARGIN,
        2..=FIRST => RING + MARGIN,
        _ => 2.0 * RING + MARGIN,
    }
}

fn fan(middle: Point, markers: usize) -> Vec<Point> {
    if markers == 1 {
        return vec![middle];
    }
    let inner = markers.min(FIRST);
    let on_ring = |position: usize, of: usize, radius: f64, turned: f64| {
        #[allow(clippy::cast_precision_loss, reason = "there are a dozen of them")]
        let angle = TAU * (position as f64 + turned) / of as f64 - TAU / 4.0;
        Point { x: middle.x + radius * angle.cos(), y: middle.y + radius * angle.sin() }
    };
    // Two stand side by side.
    let turned = if markers == 2 { 0.5 } else { 0.0 };
    let first = (0..inner).map(|position| on_ring(position, inner, RING, turned));
    first.chain((inner..markers).map(|position| on_ring(position - inner, markers - inner, 2.0 * RING, 0.5))).collect()
}

/// Moves the middles apart until their markers do not overlap, within the sheet.
fn apart(spots: &[Spot]) -> Vec<Point> {
    let mut middles: Vec<Point> = spots.iter().map(|spot| spot.at).collect();
    for _ in 0..ROUNDS {
        let mut moved = false;
        for one in 0..spots.len() {
            for other in one + 1..spots.len() {
                let wanted = reach(&spots[one]) + reach(&spots[other]);
                let distance = middles[one].distance(middles[other]);
                if distance >= wanted {
                    continue;
                }
                let (dx, dy) = match distance {
                    0.0..0.1 => (1.0, 0.0),
                    _ => {
                        ((middles[other].x - middles[one].x) / distance, (middles[other].y - middles[one].y) / distance)
                    }
                };
                let push = (wanted - distance) / 2.0 + 0.1;
                for (position, sign) in [(one, -1.0), (other, 1.0)] {
                    let at =
                        Point { x: middles[position].x + sign * dx * push, y: middles[position].y + sign * dy * push };
                    middles[position] = within(at, reach(&spots[position]));
                }
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    middles.into_iter().zip(spots).map(|(middle, spot)| within(middle, reach(spot))).collect()
}

/// Rounds of moving apart; a sheet that is too full stays so.
const ROUNDS: usize = 200;

fn within(at: Point, margin: f64) -> Point {
    Point { x: at.x.clamp(margin, WIDTH - margin), y: at.y.clamp(margin, HEIGHT - margin) }
}

/// Lines that a name may stand away from its region before it may cover another.
const AWAY: u8 = 8;

/// Below, above or beside: the first where the name covers nothing, a line further away where it would everywhere.
fn label(spot: &Spot, middle: Point, taken: &[Frame]) -> Label {
    let near = reach(spot);
    let tries: Vec<Label> = (0..AWAY).flat_map(|lines| around(middle, near + f64::from(lines) * LINE)).collect();
    let fits = |label: &&Label| Frame::of(**label, spot.name).is_on_the_sheet();
    let is_free = |label: &&Label| !taken.iter().any(|other| Frame::of(**label, spot.name).overlaps(other));
    let best = tries.iter().filter(fits).find(is_free).or_else(|| tries.iter().find(fits));
    best.copied().unwrap_or(tries[0])
}

/// Where a name may stand so far from a middle, the best first.
fn around(middle: Point, far: f64) -> [Label; 8] {
    let label = |dx: f64, dy: f64, anchor| Label { at: Point { x: middle.x + dx, y: middle.y + dy }, anchor };
    [
        label(0.0, far + LINE * 0.75, Anchor::Middle),
        label(0.0, -far, Anchor::Middle),
        label(far, LINE / 3.0, Anchor::Start),
        label(-far, LINE / 3.0, Anchor::End),
        label(far * 0.7, far, Anchor::Start),
        label(-far * 0.7, far, Anchor::End),
        label(far * 0.7, -far * 0.7, Anchor::Start),
        label(-far * 0.7, -far * 0.7, Anchor::End),
    ]
}

/// A part of the sheet that is covered.
#[derive(Clone, Copy, Debug)]
struct Frame {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

impl Frame {
    fn around(middle: Point, far: f64) -> Self {
        // A little less than it reaches, because it is round.
        let far = far * 0.85;
        Self { left: middle.x - far, right: middle.x + far, top: middle.y - far, bottom: middle.y + far }
    }

    fn of(label: Label, letters: usize) -> Self {
        #[allow(clippy::cast_precision_loss, reason = "a name has a dozen letters")]
        let width = letters as f64 * LETTER;
        let left = match label.anchor {
            Anchor::Start => label.at.x,
            Anchor::Middle => label.at.x - width / 2.0,
            Anchor::End => label.at.x - width,
        };
        Self { left, right: left + width, top: label.at.y - LINE * 0.8, bottom: label.at.y + LINE * 0.2 }
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.left < other.right && other.left < self.right && self.top < other.bottom && other.top < self.bottom
    }

    fn is_on_the_sheet(&self) -> bool {
        self.left >= 0.0 && self.right <= WIDTH && self.top >= 0.0 && self.bottom <= HEIGHT
    }
}

#[cfg(test)]
mod tests {
    use super::super::projection::project;
    use super::*;

    fn spot(latitude: f64, longitude: f64, markers: usize) -> Spot {
        Spot { at: project(latitude, longitude), markers, name: 9 }
    }

    /// Frankfurt, London, Paris, Dublin, Virginia, Ohio, Tokyo, Singapore, Sydney, São Paulo.
    fn a_full_house() -> Vec<Spot> {
        let places = [
            (50.1, 8.7, 3),
            (51.5, -0.1, 2),
            (48.9, 2.4, 1),
            (53.3, -6.3, 1),
            (39.0, -77.5, 4),
            (40.0, -83.0, 2),
            (35.7, 139.7, 1),
            (1.3, 103.8, 2),
            (-33.9, 151.2, 0),
            (-23.5, -46.6, 1),
        ];
        places.into_iter().map(|(latitude, longitude, markers)| spot(latitude, longitude, markers)).collect()
    }

    #[test]
    fn no_marker_lies_on_another_and_all_lie_on_the_sheet() {
        let placed = layout(&a_full_house());
        let markers: Vec<Point> = placed
            .iter()
            .flat_map(|region| if region.markers.is_empty() { vec![region.middle] } else { region.markers.clone() })
            .collect();
        assert_eq!(markers.len(), 18, "a region without clusters is one itself");
        for (position, one) in markers.iter().enumerate() {
            assert!((0.0..=WIDTH).contains(&one.x) && (0.0..=HEIGHT).contains(&one.y), "{one:?}");
            for other in &markers[position + 1..] {
                assert!(one.distance(*other) > 40.0, "{one:?} and {other:?}");
            }
        }
    }

    #[test]
    fn names_cover_neither_markers_nor_each_other() {
        let spots = a_full_house();
        let placed = layout(&spots);
        let frames: Vec<Frame> = placed.iter().map(|region| Frame::of(region.label, 9)).collect();
        for (position, one) in frames.iter().enumerate() {
            assert!(one.is_on_the_sheet(), "{one:?}");
            assert!(!frames[position + 1..].iter().any(|other| one.overlaps(other)), "{one:?}");
        }
    }

    #[test]
    fn twelve_clusters_of_one_region_stand_in_two_rings() {
        let placed = layout(&[spot(52.2, 21.0, MOST)]);
        let markers = &placed[0].markers;
        assert_eq!(markers.len(), MOST);
        for (position, one) in markers.iter().enumerate() {
            assert!(markers[position + 1..].iter().all(|other| one.distance(*other) > 40.0), "{markers:?}");
        }
    }

    #[test]
    fn regions_at_the_same_place_are_moved_apart_and_far_ones_are_left() {
        let placed = layout(&[spot(52.2, 21.0, 1), spot(52.2, 21.0, 1), spot(35.7, 139.7, 1)]);
        assert!(placed[0].middle.distance(placed[1].middle) >= 2.0 * MARGIN);
        assert_eq!(placed[2].middle, placed[2].at);
    }

    #[test]
    fn what_lies_close_together_is_seen_from_nearer() {
        let world = [project(60.2, 24.9), project(37.8, -122.4), project(-36.8, 174.8)];
        assert_eq!(View::of(&world).scale, 1.0);
        assert_eq!(View::of(&[]).scale, 1.0);
        let europe = [project(52.2, 21.0), project(48.9, 2.4)];
        let view = View::of(&europe);
        assert!(view.scale > 2.0, "{view:?}");
        for point in europe.map(|point| view.see(point)) {
            assert!((0.0..WIDTH).contains(&point.x) && (0.0..HEIGHT).contains(&point.y), "{point:?}");
        }
    }
}
