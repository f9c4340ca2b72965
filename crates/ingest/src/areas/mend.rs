//! Mends the outline of one area, and dissolves several into one.

use super::rings::is_inside;
use geo::bool_ops::{BooleanOps, FillRule};
use geo::kernels::{Kernel, Orientation, RobustKernel};
use geo::{Orient, Validation, orient::Direction};
use geo_types::{Coord, LineString, MultiPolygon, Polygon};

/// What was done to an outline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mended {
    /// Nothing but the direction of its rings: every coordinate is as it was.
    Valid,
    /// Its rings crossed or overlapped; the non-zero rule drew them anew.
    SelfIntersecting,
}

/// A valid outline after RFC 7946: exteriors counter-clockwise, no ring without area, nothing that crosses itself.
pub(super) fn mend(area: MultiPolygon<f64>) -> (MultiPolygon<f64>, Mended) {
    let area = directed(area);
    if is_plainly_valid(&area) || area.is_valid() {
        return (area, Mended::Valid);
    }
    let nothing = MultiPolygon::<f64>(Vec::new());
    let mended = area.union_with_fill_rule(&nothing, FillRule::NonZero);
    (directed(mended), Mended::SelfIntersecting)
}

/// One outline that covers what all of them cover.
pub(super) fn dissolve(areas: &[MultiPolygon<f64>]) -> MultiPolygon<f64> {
    match areas {
        [] => MultiPolygon(Vec::new()),
        [only] => only.clone(),
        many => mend(geo::unary_union(many)).0,
    }
}

/// Without rings that have no area, and with every ring turned as it should be.
fn directed(area: MultiPolygon<f64>) -> MultiPolygon<f64> {
    let has_area = |ring: &LineString<f64>| ring.0.len() >= 4 && turns(ring);
    let polygons = area.0.into_iter().filter(|polygon| has_area(polygon.exterior())).map(|polygon| {
        let (exterior, holes) = polygon.into_inner();
        Polygon::new(exterior, holes.into_iter().filter(|hole| has_area(hole)).collect()).orient(Direction::Default)
    });
    MultiPolygon(polygons.collect())
}

/// Whether a ring turns anywhere. Its signed area is no measure of that: a bow tie's two halves cancel.
fn turns(ring: &LineString<f64>) -> bool {
    ring.0.windows(3).any(|w| RobustKernel::orient2d(w[0], w[1], w[2]) != Orientation::Collinear)
}

/// A side of a ring, with its place.
struct Side {
    from: Coord<f64>,
    to: Coord<f64>,
    ring: u32,
    /// Which side of its ring, and how many that ring has.
    at: u32,
    of: u32,
}

/// True only where no two sides meet but neighbours at their common vertex, and holes and islands lie as they should.
///
/// False may also mean "valid, but rings touch": the full rules then decide, at a hundred times the price.
fn is_plainly_valid(area: &MultiPolygon<f64>) -> bool {
    let mut sides = Vec::new();
    let mut ring_number = 0;
    for ring in area.iter().flat_map(|polygon| std::iter::once(polygon.exterior()).chain(polygon.interiors())) {
        let start = sides.len();
        for pair in ring.0.windows(2) {
            if !(pair[0].x.is_finite() && pair[0].y.is_finite()) {
                return false;
            }
            if pair[0] == pair[1] {
                continue;
            }
            let at = (sides.len() - start) as u32;
            sides.push(Side { from: pair[0], to: pair[1], ring: ring_number, at, of: 0 });
        }
        let of = (sides.len() - start) as u32;
        if of < 3 {
            return false;
        }
        sides[start..].iter_mut().for_each(|side| side.of = of);
        ring_number += 1;
    }
    no_two_meet(sides) && is_nested_well(area)
}

/// Sweep from left to right: a side is compared with those that still reach it.
fn no_two_meet(mut sides: Vec<Side>) -> bool {
    let left = |side: &Side| side.from.x.min(side.to.x);
    let right = |side: &Side| side.from.x.max(side.to.x);
    sides.sort_unstable_by(|a, b| left(a).total_cmp(&left(b)));
    let mut open: Vec<usize> = Vec::new();
    for (at, side) in sides.iter().enumerate() {
        let reached = left(side);
        open.retain(|other| right(&sides[*other]) >= reached);
        let (low, high) = (side.from.y.min(side.to.y), side.from.y.max(side.to.y));
        for other in &open {
            let other = &sides[*other];
            if other.from.y.max(other.to.y) < low || other.from.y.min(other.to.y) > high {
                continue;
            }
            if meets(side, other) {
                return false;
            }
        }
        open.push(at);
    }
    true
}

fn meets(a: &Side, b: &Side) -> bool {
    let orient = |p, q, r| RobustKernel::orient2d(p, q, r);
    if a.ring == b.ring && a.of > 2 {
        let follows = |first: &Side, next: &Side| (first.at + 1) % first.of == next.at;
        for (first, next) in [(a, b), (b, a)] {
            if follows(first, next) {
                // Neighbours meet at their vertex; they must not fold back onto each other.
                let straight = orient(first.from, first.to, next.to) == Orientation::Collinear;
                let (u, v) = (first.from - first.to, next.to - next.from);
                return straight && u.x * v.x + u.y * v.y > 0.0;
            }
        }
    }
    let (a1, a2) = (orient(a.from, a.to, b.from), orient(a.from, a.to, b.to));
    if a1 == a2 && a1 != Orientation::Collinear {
        return false;
    }
    let (b1, b2) = (orient(b.from, b.to, a.from), orient(b.from, b.to, a.to));
    // Boxes overlap here, so four collinear ends share a point.
    !(b1 == b2 && b1 != Orientation::Collinear)
}

/// Given that no rings meet: holes lie in their exterior and not in each other, polygons not in each other.
fn is_nested_well(area: &MultiPolygon<f64>) -> bool {
    let inside = |ring: &LineString<f64>, of: &LineString<f64>| {
        let (a, b) = (bounds(ring), bounds(of));
        a.0.x >= b.0.x && a.0.y >= b.0.y && a.1.x <= b.1.x && a.1.y <= b.1.y && is_inside(of, ring.0[0])
    };
    for (at, polygon) in area.iter().enumerate() {
        let holes = polygon.interiors();
        if holes.iter().any(|hole| !inside(hole, polygon.exterior())) {
            return false;
        }
        let nested = |one: usize, other: usize| one != other && inside(&holes[one], &holes[other]);
        if (0..holes.len()).any(|one| (0..holes.len()).any(|other| nested(one, other))) {
            return false;
        }
        for (other_at, other) in area.iter().enumerate() {
            let is_on_it = at != other_at
                && inside(polygon.exterior(), other.exterior())
                && !other.interiors().iter().any(|hole| inside(polygon.exterior(), hole));
            if is_on_it {
                return false;
            }
        }
    }
    true
}

fn bounds(ring: &LineString<f64>) -> (Coord<f64>, Coord<f64>) {
    let start = (ring.0[0], ring.0[0]);
    ring.0.iter().fold(start, |(low, high), at| {
        (Coord { x: low.x.min(at.x), y: low.y.min(at.y) }, Coord { x: high.x.max(at.x), y: high.y.max(at.y) })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::Area;
    use proptest::prelude::*;

    fn area(rings: &[&[(f64, f64)]]) -> MultiPolygon<f64> {
        let mut rings = rings.iter().map(|ring| LineString::from(ring.to_vec()));
        let exterior = rings.next().expect("an exterior");
        MultiPolygon(vec![Polygon::new(exterior, rings.collect())])
    }

    #[test]
    fn a_valid_outline_keeps_every_coordinate() {
        let given = area(&[&[(0.1, 0.2), (4.3, 0.0), (4.0, 4.7), (0.0, 4.0)], &[(1.0, 1.0), (1.0, 2.0), (2.0, 2.0)]]);
        let (kept, notes) = mend(given.clone());
        assert_eq!((kept, notes), (given.orient(Direction::Default), Mended::Valid));
    }

    #[test]
    fn a_bow_tie_becomes_two_triangles() {
        let (mended, notes) = mend(area(&[&[(0.0, 0.0), (2.0, 2.0), (2.0, 0.0), (0.0, 2.0)]]));
        assert_eq!(notes, Mended::SelfIntersecting);
        assert!(mended.is_valid());
        assert!((mended.unsigned_area() - 2.0).abs() < 1e-6, "{}", mended.unsigned_area());
    }

    #[test]
    fn a_spike_is_cut_and_a_line_is_nothing() {
        let (mended, notes) = mend(area(&[&[(0.0, 0.0), (2.0, 0.0), (2.0, 2.0), (2.0, 5.0), (2.0, 2.0), (0.0, 2.0)]]));
        assert_eq!(notes, Mended::SelfIntersecting);
        assert!((mended.unsigned_area() - 4.0).abs() < 1e-6);
        let (nothing, _) = mend(area(&[&[(0.0, 0.0), (1.0, 1.0), (2.0, 2.0)]]));
        assert!(nothing.0.is_empty());
    }

    #[test]
    fn a_hole_that_touches_its_exterior_at_a_point_is_valid() {
        let touching =
            area(&[&[(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0)], &[(0.0, 2.0), (1.0, 1.0), (1.0, 3.0)]]);
        assert_eq!(mend(touching).1, Mended::Valid);
    }

    #[test]
    fn neighbours_dissolve_into_one_ring() {
        let left = area(&[&[(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]]);
        let right = area(&[&[(1.0, 0.0), (2.0, 0.0), (2.0, 1.0), (1.0, 1.0)]]);
        let one = dissolve(&[left, right]);
        assert_eq!(one.0.len(), 1);
        assert!((one.unsigned_area() - 2.0).abs() < 1e-6);
    }

    proptest! {
        #[test]
        fn what_is_mended_is_valid(ring in prop::collection::vec((-9i8..9, -9i8..9), 0..12)) {
            let ring: Vec<(f64, f64)> = ring.iter().map(|(x, y)| (f64::from(*x), f64::from(*y))).collect();
            let given = MultiPolygon(vec![Polygon::new(LineString::from(ring), Vec::new())]);
            let (mended, notes) = mend(given.clone());
            prop_assert!(mended.is_valid(), "{given:?} gave {mended:?}");
            if notes == Mended::Valid {
                prop_assert!((mended.unsigned_area() - given.unsigned_area()).abs() < 1e-9);
            }
        }
    }
}
