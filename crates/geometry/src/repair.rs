//! Mends one area's polygons before they are kept.

use geo_types::{Coord, LineString, MultiPolygon, Polygon};

use crate::faces::Faces;
use crate::soup::{Ring, Soup};
use crate::{CleanOptions, build, input};

/// What [`repair`] had to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RepairNotes {
    /// Rings crossed or overlapped themselves or each other; mended by the non-zero rule.
    pub self_intersecting: bool,
    /// Rings that were not closed.
    pub closed_rings: usize,
    /// Rings without area that were left out.
    pub dropped_rings: usize,
    /// Rings turned to the right-hand rule (exterior counter-clockwise).
    pub turned_rings: usize,
    /// Whether nothing with an area is left.
    pub empty: bool,
}

/// A valid form of `area` in longitude and latitude (RFC 7946: closed rings, exterior
/// counter-clockwise). A polygon that was valid keeps its coordinates bit for bit; one that crossed
/// itself is rebuilt on the grid of 1 cm. Coordinates that are no longitude and latitude are
/// left to [`build`] to refuse.
pub fn repair(area: &MultiPolygon<f64>) -> (MultiPolygon<f64>, RepairNotes) {
    let mut notes = RepairNotes::default();
    let mut out = Vec::with_capacity(area.0.len());
    for polygon in area {
        let Some(exterior) = mend(polygon.exterior(), true, &mut notes) else {
            notes.dropped_rings += polygon.interiors().len();
            continue;
        };
        let holes = polygon.interiors().iter().filter_map(|r| mend(r, false, &mut notes)).collect();
        out.push(Polygon::new(exterior, holes));
    }
    let mut out = MultiPolygon(out);
    if let Ok(rings) = input::rings(0, &out)
        && crosses_itself(&rings)
    {
        notes.self_intersecting = true;
        let options = CleanOptions { snap_m: 0.0, snap_limit_m: 0.0, ..CleanOptions::default() };
        if let Ok((coverage, _)) = build(&[Some(out.clone())], &options) {
            out = coverage.outline(0);
        }
    }
    notes.empty = out.0.is_empty();
    (out, notes)
}

/// Whether the rings of one area are other than simple, disjoint and rightly nested.
fn crosses_itself(rings: &[Ring]) -> bool {
    if rings.iter().any(Ring::touches_itself) {
        return true;
    }
    let mut soup = Soup::new(rings);
    let whole = soup.edges.len() == rings.iter().map(|r| r.points.len()).sum::<usize>();
    let crossed = !soup.node().is_empty();
    soup.drop_unclaimed();
    !whole || crossed || !Faces::new(&soup).wound_oddly().is_empty()
}

fn mend(line: &LineString<f64>, exterior: bool, notes: &mut RepairNotes) -> Option<LineString<f64>> {
    let mut points: Vec<Coord<f64>> = line.0.clone();
    points.dedup();
    if points.first() != points.last() {
        notes.closed_rings += 1;
        points.push(points[0]);
    }
    let origin = *points.first()?;
    let doubled: f64 = points
        .windows(2)
        .map(|w| (w[0].x - origin.x) * (w[1].y - origin.y) - (w[1].x - origin.x) * (w[0].y - origin.y))
        .sum();
    // Fewer than three corners; a figure of eight of no signed area is mended later.
    if points.len() < 4 {
        notes.dropped_rings += 1;
        return None;
    }
    if doubled != 0.0 && (doubled > 0.0) != exterior {
        notes.turned_rings += 1;
        points.reverse();
    }
    Some(LineString(points))
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo_types::polygon;

    #[test]
    fn a_valid_polygon_keeps_its_coordinates() {
        let square = polygon![(x: 1.0, y: 1.0), (x: 2.0, y: 1.0), (x: 2.0, y: 2.0), (x: 1.0, y: 2.0)];
        let (out, notes) = repair(&MultiPolygon(vec![square.clone()]));
        assert_eq!(out.0, vec![square]);
        assert_eq!(notes, RepairNotes::default());
    }

    #[test]
    fn a_bow_tie_becomes_two_triangles() {
        let tie = polygon![(x: 0.0, y: 0.0), (x: 2.0, y: 2.0), (x: 2.0, y: 0.0), (x: 0.0, y: 2.0)];
        let (out, notes) = repair(&MultiPolygon(vec![tie]));
        assert!(notes.self_intersecting);
        assert_eq!(out.0.len(), 2);
        assert!(out.iter().all(|p| p.exterior().0.len() == 4));
    }

    #[test]
    fn rings_are_turned_and_slips_dropped() {
        let clockwise = polygon![(x: 0.0, y: 0.0), (x: 0.0, y: 2.0), (x: 2.0, y: 2.0), (x: 2.0, y: 0.0)];
        let slip = polygon![(x: 5.0, y: 5.0), (x: 6.0, y: 5.0)];
        let (out, notes) = repair(&MultiPolygon(vec![clockwise, slip]));
        assert_eq!((out.0.len(), notes.turned_rings, notes.dropped_rings), (1, 1, 1));
    }

    #[test]
    fn overlapping_parts_are_united() {
        let a = polygon![(x: 0.0, y: 0.0), (x: 2.0, y: 0.0), (x: 2.0, y: 2.0), (x: 0.0, y: 2.0)];
        let b = polygon![(x: 1.0, y: 1.0), (x: 3.0, y: 1.0), (x: 3.0, y: 3.0), (x: 1.0, y: 3.0)];
        let (out, notes) = repair(&MultiPolygon(vec![a, b]));
        assert!(notes.self_intersecting);
        assert_eq!(out.0.len(), 1);
        assert_eq!(out.0[0].exterior().0.len(), 9);
    }
}
