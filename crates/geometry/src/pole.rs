//! Pole of inaccessibility: the inner point farthest from the boundary, where a label sits.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use geo_types::{Coord, MultiPolygon, Polygon};

/// The search stops when no cell can beat the best point by more than this share of it.
const PRECISION: f64 = 0.02;

/// Cells looked at before the best point so far is taken: a bound for outlines that are all coast.
const CELL_LIMIT: usize = 2_000;

/// The pole of the part whose pole is farthest from its boundary, in longitude and latitude,
/// within 2 % of the distance. `None` without area.
///
/// Method: cells are split in four while their centre's distance plus their half-diagonal may
/// still beat the best (Garcia-Castellanos and Lombardo 2007 posed it, polylabel's quadtree
/// search solves it). Longitudes are shrunk by the cosine of the latitude.
pub fn pole(area: &MultiPolygon<f64>) -> Option<Coord<f64>> {
    let mut best: Option<(f64, Coord<f64>)> = None;
    let mut parts: Vec<(f64, &Polygon<f64>)> = area.iter().filter_map(|p| Some((shorter_side(p)?, p))).collect();
    parts.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (side, part) in parts {
        // A circle inside cannot be wider than the box around.
        if best.is_some_and(|b| side / 2.0 <= b.0) {
            continue;
        }
        if let Some(found) = of_part(part)
            && best.is_none_or(|b| found.0 > b.0)
        {
            best = Some(found);
        }
    }
    best.map(|b| b.1)
}

fn bounds(part: &Polygon<f64>) -> Option<[f64; 4]> {
    let mut it = part.exterior().0.iter();
    let first = it.next()?;
    Some(it.fold([first.x, first.y, first.x, first.y], |b, c| {
        [b[0].min(c.x), b[1].min(c.y), b[2].max(c.x), b[3].max(c.y)]
    }))
}

fn shorter_side(part: &Polygon<f64>) -> Option<f64> {
    let [w, s, e, n] = bounds(part)?;
    let side = ((e - w) * ((s + n) / 2.0).to_radians().cos()).min(n - s);
    (side > 0.0).then_some(side)
}

struct Cell {
    x: f64,
    y: f64,
    half: f64,
    /// Signed distance of the centre to the boundary, positive inside.
    distance: f64,
    /// The farthest from the boundary that any point of the cell may be.
    bound: f64,
}

impl PartialEq for Cell {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}
impl Eq for Cell {}
impl PartialOrd for Cell {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Cell {
    fn cmp(&self, other: &Self) -> Ordering {
        self.bound.total_cmp(&other.bound).then(other.x.total_cmp(&self.x)).then(other.y.total_cmp(&self.y))
    }
}

/// Distance to the boundary and place of one polygon's pole.
fn of_part(part: &Polygon<f64>) -> Option<(f64, Coord<f64>)> {
    let [w, s, e, n] = bounds(part)?;
    let squeeze = ((s + n) / 2.0).to_radians().cos();
    let edges: Vec<[f64; 4]> = std::iter::once(part.exterior())
        .chain(part.interiors())
        .flat_map(|r| r.lines())
        .map(|l| [l.start.x * squeeze, l.start.y, l.end.x * squeeze, l.end.y])
        .collect();
    let (w, e) = (w * squeeze, e * squeeze);
    let size = (e - w).min(n - s);
    if size <= 0.0 {
        return None;
    }
    let cell = |x: f64, y: f64, half: f64| {
        let distance = signed_distance(&edges, x, y);
        Cell { x, y, half, distance, bound: distance + half * std::f64::consts::SQRT_2 }
    };
    let mut queue = BinaryHeap::new();
    let half = size / 2.0;
    let mut x = w + half;
    while x < e + half {
        let mut y = s + half;
        while y < n + half {
            queue.push(cell(x, y, half));
            y += size;
        }
        x += size;
    }
    let mut best = centroid_cell(&edges).map_or(cell((w + e) / 2.0, (s + n) / 2.0, 0.0), |(x, y)| cell(x, y, 0.0));
    let mut seen = 0;
    while let Some(top) = queue.pop() {
        if top.bound <= best.distance.max(0.0) * (1.0 + PRECISION) && best.distance > 0.0 {
            break;
        }
        seen += 1;
        if seen > CELL_LIMIT && best.distance > 0.0 || seen > 20 * CELL_LIMIT {
            break;
        }
        let h = top.half / 2.0;
        for (dx, dy) in [(-h, -h), (h, -h), (-h, h), (h, h)] {
            let c = cell(top.x + dx, top.y + dy, h);
            if c.bound > best.distance {
                queue.push(c);
            }
        }
        if top.distance > best.distance {
            best = top;
        }
    }
    (best.distance > 0.0).then(|| (best.distance, Coord { x: best.x / squeeze, y: best.y }))
}

fn centroid_cell(edges: &[[f64; 4]]) -> Option<(f64, f64)> {
    let &[ox, oy, ..] = edges.first()?;
    let (mut area, mut x, mut y) = (0.0, 0.0, 0.0);
    for e in edges {
        let [ax, ay, bx, by] = [e[0] - ox, e[1] - oy, e[2] - ox, e[3] - oy];
        let cross = ax * by - bx * ay;
        area += cross;
        x += (ax + bx) * cross;
        y += (ay + by) * cross;
    }
    (area != 0.0).then(|| (ox + x / (3.0 * area), oy + y / (3.0 * area)))
}

fn signed_distance(edges: &[[f64; 4]], x: f64, y: f64) -> f64 {
    let mut inside = false;
    let mut least = f64::INFINITY;
    for &[ax, ay, bx, by] in edges {
        if (ay > y) != (by > y) && x < (bx - ax) * (y - ay) / (by - ay) + ax {
            inside = !inside;
        }
        let (dx, dy) = (bx - ax, by - ay);
        let squared = dx * dx + dy * dy;
        let along = if squared > 0.0 { (((x - ax) * dx + (y - ay) * dy) / squared).clamp(0.0, 1.0) } else { 0.0 };
        let (ex, ey) = (x - ax - along * dx, y - ay - along * dy);
        least = least.min(ex * ex + ey * ey);
    }
    if inside { least.sqrt() } else { -least.sqrt() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo_types::{LineString, polygon};

    #[test]
    fn the_pole_of_a_horseshoe_is_inside_it() {
        let shoe = polygon![(x: 0.0, y: 0.0), (x: 3.0, y: 0.0), (x: 3.0, y: 3.0), (x: 2.4, y: 3.0),
            (x: 2.4, y: 0.5), (x: 0.6, y: 0.5), (x: 0.6, y: 3.0), (x: 0.0, y: 3.0)];
        let p = pole(&MultiPolygon(vec![shoe])).expect("it has an area");
        assert!(p.y < 0.6 || p.x < 0.6 || p.x > 2.4, "{p:?}");
    }

    #[test]
    fn a_hole_keeps_the_pole_away_and_the_widest_part_wins() {
        let holed = Polygon::new(
            LineString::from(vec![(0.0, 0.0), (10.0, 0.0), (10.0, 4.0), (0.0, 4.0), (0.0, 0.0)]),
            vec![LineString::from(vec![(4.0, 1.0), (4.0, 3.0), (6.0, 3.0), (6.0, 1.0), (4.0, 1.0)])],
        );
        let small = polygon![(x: 20.0, y: 0.0), (x: 21.0, y: 0.0), (x: 21.0, y: 1.0)];
        let p = pole(&MultiPolygon(vec![small, holed])).expect("it has an area");
        assert!(p.x < 4.0 || (p.x > 6.0 && p.x < 10.0), "{p:?}");
        assert!((p.y - 2.0).abs() < 0.2, "{p:?}");
    }

    #[test]
    fn what_has_no_area_has_no_pole() {
        let flat = polygon![(x: 0.0, y: 0.0), (x: 1.0, y: 0.0), (x: 2.0, y: 0.0)];
        assert_eq!(pole(&MultiPolygon(vec![flat])), None);
        assert_eq!(pole(&MultiPolygon(vec![])), None);
    }
}
