//! Rings without a stated role (shapefiles) put together as polygons.

use geo::{Orient, orient::Direction};
use geo_types::{Coord, LineString, MultiPolygon, Polygon};

/// Twice the signed area of a ring: above 0 where it runs counter-clockwise. Relative to its first vertex, so that
/// coordinates in the millions of metres lose no digits.
pub(super) fn doubled_area(ring: &LineString<f64>) -> f64 {
    let Some(origin) = ring.0.first() else { return 0.0 };
    ring.0
        .windows(2)
        .map(|pair| {
            let (a, b) = (pair[0] - *origin, pair[1] - *origin);
            a.x * b.y - b.x * a.y
        })
        .sum()
}

/// Polygons of a shapefile's rings: exteriors run clockwise, holes the other way, in any order.
///
/// A hole belongs to the smallest exterior around it; one that lies in none is an exterior that was drawn the wrong
/// way round, which many tools write.
pub(super) fn clockwise_exteriors(rings: Vec<LineString<f64>>) -> MultiPolygon<f64> {
    let (mut exteriors, mut holes) = (Vec::new(), Vec::new());
    for ring in rings {
        let area = doubled_area(&ring);
        if area < 0.0 {
            exteriors.push((area.abs(), Polygon::new(ring, Vec::new())));
        } else if area > 0.0 {
            holes.push((area, ring));
        }
    }
    if exteriors.len() == 1 && holes.is_empty() {
        return MultiPolygon(exteriors.into_iter().map(|(_, polygon)| polygon).collect());
    }
    let mut lost = Vec::new();
    for (area, hole) in holes {
        let inside = |polygon: &Polygon<f64>| {
            let within = hole.0.iter().filter(|at| is_inside(polygon.exterior(), **at)).count();
            2 * within > hole.0.len()
        };
        let around = exteriors
            .iter_mut()
            .filter(|(around, polygon)| *around >= area && inside(polygon))
            .min_by(|(a, _), (b, _)| a.total_cmp(b));
        match around {
            Some((_, polygon)) => polygon.interiors_push(hole),
            None => lost.push((area, Polygon::new(hole, Vec::new()))),
        }
    }
    exteriors.extend(lost);
    MultiPolygon(exteriors.into_iter().map(|(_, polygon)| polygon.orient(Direction::Default)).collect())
}

/// Whether a point lies in a ring or on it.
pub(super) fn is_inside(ring: &LineString<f64>, at: Coord<f64>) -> bool {
    use geo::coordinate_position::{CoordPos, coord_pos_relative_to_ring};
    coord_pos_relative_to_ring(at, ring) != CoordPos::Outside
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::Contains;
    use geo_types::Point;

    fn square(x: f64, y: f64, side: f64, clockwise: bool) -> LineString<f64> {
        let mut ring = vec![(x, y), (x + side, y), (x + side, y + side), (x, y + side), (x, y)];
        if clockwise {
            ring.reverse();
        }
        ring.into()
    }

    #[test]
    fn a_hole_finds_the_smallest_exterior_around_it() {
        let island_in_lake = clockwise_exteriors(vec![
            square(2.5, 2.5, 1.0, false),
            square(0.0, 0.0, 10.0, true),
            square(2.0, 2.0, 2.0, true),
            square(1.0, 1.0, 5.0, false),
        ]);
        let holes: Vec<usize> = island_in_lake.iter().map(|polygon| polygon.interiors().len()).collect();
        assert_eq!(holes, [1, 1]);
        let inner = &island_in_lake.0[1].interiors()[0];
        assert!(inner.0.contains(&Coord { x: 2.5, y: 2.5 }));
    }

    #[test]
    fn an_exterior_drawn_the_wrong_way_round_is_no_hole() {
        let wrong = clockwise_exteriors(vec![square(0.0, 0.0, 1.0, false), square(5.0, 5.0, 1.0, false)]);
        assert_eq!(wrong.0.len(), 2);
        assert!(wrong.contains(&Point::new(5.5, 5.5)));
    }
}
