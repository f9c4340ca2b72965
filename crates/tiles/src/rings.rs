//! Closed rings in one buffer, and the law that makes them polygons.
//!
//! A [`Rings`] is the boundary of one area: every ring keeps the area on its positive side, so
//! exterior rings have a positive shoelace sum and holes a negative one. [`Rings::separate`] makes
//! rings simple where they touch themselves or each other; [`Rings::put_polygons`] orders them as
//! a Mapbox Vector Tile wants them, every exterior ring followed by its holes. All arithmetic is
//! exact in `i64`.

use crate::error::MeshFault;
use crate::grid::Point;

/// Closed rings; the first vertex of a ring is not repeated at its end.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Rings {
    points: Vec<Point>,
    ends: Vec<usize>,
}

impl Rings {
    pub(crate) fn clear(&mut self) {
        self.points.clear();
        self.ends.clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub(crate) fn ring(&self, index: usize) -> &[Point] {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.points[start..self.ends[index]]
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &[Point]> {
        (0..self.len()).map(|i| self.ring(i))
    }

    /// Adds a vertex to the ring under construction.
    pub(crate) fn add(&mut self, p: Point) {
        self.points.push(p);
    }

    /// Adds vertices to the ring under construction.
    pub(crate) fn extend(&mut self, points: impl IntoIterator<Item = Point>) {
        self.points.extend(points);
    }

    /// Ends the ring under construction.
    pub(crate) fn close(&mut self) {
        self.ends.push(self.points.len());
    }

    /// Twice the signed area of all rings together.
    pub(crate) fn double_area(&self) -> i64 {
        self.iter().map(double_area).sum()
    }

    /// Splits and joins rings at vertices that occur more than once, so that each ring is simple
    /// and an area whose parts only touch in a point becomes several. Does nothing, cheaply, where
    /// no vertex repeats.
    pub(crate) fn separate(&mut self, scratch: &mut Vec<(Point, usize)>) -> Result<(), MeshFault> {
        scratch.clear();
        scratch.extend(self.points.iter().copied().zip(0..));
        scratch.sort_unstable();
        if scratch.windows(2).all(|w| w[0].0 != w[1].0) {
            return Ok(());
        }
        let (before, mut after) = self.links();
        for shared in scratch.chunk_by(|a, b| a.0 == b.0).filter(|c| c.len() > 1) {
            self.relink(shared, &before, &mut after)?;
        }
        let mut place = vec![0; self.points.len()];
        for (group, shared) in scratch.chunk_by(|a, b| a.0 == b.0).enumerate() {
            shared.iter().for_each(|&(_, i)| place[i] = group);
        }
        *self = self.trace(&after, &place)?;
        Ok(())
    }

    /// Follows `after` around each face and cuts a loop off wherever the walk comes back to a
    /// vertex (`place` is equal for occurrences of one vertex).
    fn trace(&self, after: &[usize], place: &[usize]) -> Result<Rings, MeshFault> {
        let mut simple = Rings::default();
        let mut emit = |walk: &[usize]| {
            if walk.len() < 3 {
                return Err(MeshFault::Crossing { near: self.points[walk[0]] });
            }
            simple.extend(walk.iter().map(|&i| self.points[i]));
            simple.close();
            Ok(())
        };
        let mut seen = vec![false; self.points.len()];
        let mut depth = vec![usize::MAX; self.points.len()];
        let mut walk: Vec<usize> = Vec::new();
        for start in 0..self.points.len() {
            let mut at = start;
            while !seen[at] {
                seen[at] = true;
                let back = depth[place[at]];
                if back != usize::MAX {
                    emit(&walk[back..])?;
                    walk.drain(back..).for_each(|i| depth[place[i]] = usize::MAX);
                }
                depth[place[at]] = walk.len();
                walk.push(at);
                at = after[at];
            }
            if !walk.is_empty() {
                emit(&walk)?;
                walk.drain(..).for_each(|i| depth[place[i]] = usize::MAX);
            }
        }
        Ok(simple)
    }

    /// For every vertex the index of the one before and after it in its ring.
    fn links(&self) -> (Vec<usize>, Vec<usize>) {
        let n = self.points.len();
        let (mut before, mut after) = (vec![0; n], vec![0; n]);
        let mut start = 0;
        for &end in &self.ends {
            for (i, next) in (start..end).zip((start + 1..end).chain([start])) {
                after[i] = next;
                before[next] = i;
            }
            start = end;
        }
        (before, after)
    }

    /// At one vertex shared by several passes of the boundary: whoever arrives leaves by the edge
    /// that bounds the same wedge of the area. Rays around the vertex alternate between arriving
    /// and leaving; the wedge of an arriving ray ends at the ray just before it in positive order.
    fn relink(&self, shared: &[(Point, usize)], before: &[usize], after: &mut [usize]) -> Result<(), MeshFault> {
        let centre = shared[0].0;
        let mut rays: Vec<(Point, bool, usize)> = Vec::with_capacity(2 * shared.len());
        for &(_, i) in shared {
            rays.push((minus(self.points[before[i]], centre), true, before[i]));
            rays.push((minus(self.points[after[i]], centre), false, after[i]));
        }
        rays.sort_by(|a, b| by_angle(a.0, b.0));
        // `after[i]` names an occurrence of the vertex; a leaving ray is one occurrence's.
        let leaving: Vec<(usize, usize)> = shared.iter().map(|&(_, i)| (after[i], i)).collect();
        for k in 0..rays.len() {
            let (_, arrives, from) = rays[k];
            if !arrives {
                continue;
            }
            let (_, arrives_too, to) = rays[(k + rays.len() - 1) % rays.len()];
            let occurrence = leaving.iter().find(|l| l.0 == to);
            match occurrence {
                Some(&(_, occurrence)) if !arrives_too => after[from] = occurrence,
                _ => return Err(MeshFault::Crossing { near: centre }),
            }
        }
        Ok(())
    }

    /// Orders simple rings as polygons: every exterior ring followed by its holes. The order
    /// depends only on the rings. Appends to `out`.
    pub(crate) fn put_polygons(&self, out: &mut Rings) -> Result<(), MeshFault> {
        out.clear();
        let areas: Vec<i64> = self.iter().map(double_area).collect();
        if areas.contains(&0) {
            return Err(MeshFault::Flat);
        }
        let exteriors: Vec<usize> = (0..self.len()).filter(|&i| areas[i] > 0).collect();
        let mut holes: Vec<(usize, usize)> = Vec::with_capacity(self.len() - exteriors.len());
        for hole in (0..self.len()).filter(|&i| areas[i] < 0) {
            let ring = self.ring(hole);
            let within = match exteriors[..] {
                [only] => Some(only),
                _ => exteriors
                    .iter()
                    .copied()
                    .filter(|&e| areas[e] > -areas[hole] && holds_middle(self.ring(e), ring))
                    .min_by_key(|&e| areas[e]),
            };
            holes.push((within.ok_or(MeshFault::StrayHole { near: ring[0] })?, hole));
        }
        for exterior in exteriors {
            let mine = holes.iter().filter(|h| h.0 == exterior).map(|h| h.1);
            for index in std::iter::once(exterior).chain(mine) {
                out.extend(self.ring(index).iter().copied());
                out.close();
            }
        }
        Ok(())
    }
}

pub(crate) fn minus(a: Point, b: Point) -> Point {
    [a[0] - b[0], a[1] - b[1]]
}

/// z of the cross product of two rays: above 0 where `b` lies in positive direction from `a`.
pub(crate) fn cross(a: Point, b: Point) -> i64 {
    i64::from(a[0]) * i64::from(b[1]) - i64::from(a[1]) * i64::from(b[0])
}

/// Order of rays by angle, in positive direction from the one that points along +x.
fn by_angle(a: Point, b: Point) -> std::cmp::Ordering {
    let half = |p: Point| u8::from(!(p[1] > 0 || (p[1] == 0 && p[0] > 0)));
    half(a).cmp(&half(b)).then_with(|| 0.cmp(&cross(a, b)))
}

/// Twice the signed area of a ring (shoelace), exact.
pub(crate) fn double_area(ring: &[Point]) -> i64 {
    let Some((&origin, rest)) = ring.split_first() else {
        return 0;
    };
    rest.windows(2).map(|w| cross(minus(w[0], origin), minus(w[1], origin))).sum()
}

/// Whether the middle of the first edge of `inner` lies within `outer`; it must not lie on it.
fn holds_middle(outer: &[Point], inner: &[Point]) -> bool {
    let (p, q) = (inner[0], inner[1 % inner.len()]);
    // All in doubled coordinates, so that the middle is a grid point.
    let middle = [i64::from(p[0]) + i64::from(q[0]), i64::from(p[1]) + i64::from(q[1])];
    let mut inside = false;
    let mut a = outer[outer.len() - 1].map(|v| 2 * i64::from(v));
    for &next in outer {
        let b = next.map(|v| 2 * i64::from(v));
        if (a[1] > middle[1]) != (b[1] > middle[1]) {
            let side = (b[0] - a[0]) * (middle[1] - a[1]) - (middle[0] - a[0]) * (b[1] - a[1]);
            if (side > 0) == (b[1] > a[1]) {
                inside = !inside;
            }
        }
        a = b;
    }
    inside
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rings(all: &[&[Point]]) -> Rings {
        let mut out = Rings::default();
        for ring in all {
            out.extend(ring.iter().copied());
            out.close();
        }
        out
    }

    fn separated(all: &[&[Point]]) -> Rings {
        let mut r = rings(all);
        r.separate(&mut Vec::new()).expect("sound boundary");
        r
    }

    #[test]
    fn a_ring_that_touches_itself_becomes_two() {
        let eight = separated(&[&[[0, 0], [4, 4], [8, 4], [8, 8], [4, 8], [4, 4], [0, 4]]]);
        assert_eq!(eight.len(), 2);
        assert!(eight.iter().all(|r| double_area(r) > 0));
        assert_eq!(eight.double_area(), 16 + 32);
    }

    #[test]
    fn a_hole_that_touches_its_ring_twice_cuts_the_area_in_two() {
        let outer: &[Point] = &[[0, 0], [4, 0], [8, 0], [8, 8], [4, 8], [0, 8]];
        let hole: &[Point] = &[[4, 0], [3, 4], [4, 8], [5, 4]];
        let cut = separated(&[outer, hole]);
        assert_eq!(cut.len(), 2);
        assert!(cut.iter().all(|r| double_area(r) == (128 - 16) / 2));
    }

    #[test]
    fn a_hole_that_touches_its_ring_once_stays_a_hole() {
        let outer: &[Point] = &[[0, 0], [4, 0], [8, 0], [8, 8], [0, 8]];
        let hole: &[Point] = &[[4, 0], [3, 4], [5, 4]];
        let r = separated(&[outer, hole]);
        let mut polygons = Rings::default();
        r.put_polygons(&mut polygons).expect("polygons");
        assert_eq!(polygons.len(), 2);
        assert_eq!(polygons.double_area(), 128 - 8);
        assert!(double_area(polygons.ring(0)) > 0 && double_area(polygons.ring(1)) < 0);
    }

    #[test]
    fn holes_follow_the_smallest_ring_around_them() {
        let big: &[Point] = &[[0, 0], [100, 0], [100, 100], [0, 100]];
        let lake: &[Point] = &[[10, 10], [10, 90], [90, 90], [90, 10]];
        let island: &[Point] = &[[20, 20], [80, 20], [80, 80], [20, 80]];
        let pond: &[Point] = &[[30, 30], [30, 40], [40, 40], [40, 30]];
        let mut out = Rings::default();
        rings(&[pond, big, island, lake]).put_polygons(&mut out).expect("polygons");
        assert_eq!(out, rings(&[big, lake, island, pond]));
    }

    #[test]
    fn a_hole_outside_is_refused() {
        let a: &[Point] = &[[0, 0], [10, 0], [10, 10], [0, 10]];
        let b: &[Point] = &[[20, 0], [30, 0], [30, 10], [20, 10]];
        let stray: &[Point] = &[[50, 50], [50, 52], [52, 52]];
        let got = rings(&[a, b, stray]).put_polygons(&mut Rings::default());
        assert_eq!(got, Err(MeshFault::StrayHole { near: [50, 50] }));
    }
}
