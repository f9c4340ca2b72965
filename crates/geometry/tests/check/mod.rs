//! Exact integer checks that a mesh is a partition, shared by the tests and the example.

use std::collections::{HashMap, HashSet};

use quartier_geometry::{GridPoint, ZoomMesh};

/// Every fault of a mesh in words, at most a few of each kind; empty for a partition.
pub fn faults(mesh: &ZoomMesh, has_geometry: &[bool], buffer: i32) -> Vec<String> {
    let mut out = Vec::new();
    let mut edges: HashSet<(GridPoint, GridPoint)> = HashSet::new();
    for (row, area) in mesh.areas.iter().enumerate() {
        let mut doubled = 0_i64;
        for polygon in &area.polygons {
            for (n, ring) in std::iter::once(&polygon.exterior).chain(&polygon.holes).enumerate() {
                let sum: i64 =
                    pairs(ring).map(|(a, b)| i64::from(a.x) * i64::from(b.y) - i64::from(b.x) * i64::from(a.y)).sum();
                if (sum > 0) != (n == 0) || sum == 0 {
                    out.push(format!("row {row}: ring {n} has doubled area {sum}"));
                }
                doubled += sum;
                if ring.iter().collect::<HashSet<_>>().len() != ring.len() || ring.len() < 3 {
                    out.push(format!("row {row}: ring {n} touches itself"));
                }
                for (a, b) in pairs(ring) {
                    if !edges.insert((a, b)) {
                        out.push(format!("row {row}: edge {a:?} {b:?} bounds two areas"));
                    }
                    if crosses_line(a.x, b.x, buffer) || crosses_line(a.y, b.y, buffer) {
                        out.push(format!("row {row}: edge {a:?} {b:?} crosses a clip line"));
                    }
                }
            }
        }
        if has_geometry[row] && doubled < 2 {
            out.push(format!("row {row} has lost its square: doubled area {doubled}"));
        }
        if out.len() > 20 {
            return out;
        }
    }
    out.extend(crossings(&edges));
    out
}

fn pairs(ring: &[GridPoint]) -> impl Iterator<Item = (GridPoint, GridPoint)> + '_ {
    (0..ring.len()).map(|i| (ring[i], ring[(i + 1) % ring.len()]))
}

fn crosses_line(a: i32, b: i32, buffer: i32) -> bool {
    let (low, high) = (a.min(b), a.max(b));
    (low.div_euclid(4096) - 1..=high.div_euclid(4096) + 1)
        .flat_map(|t| [t * 4096 + buffer, t * 4096 - buffer])
        .any(|line| low < line && line < high)
}

/// Edges that cross or overlap, or pass through a vertex.
fn crossings(edges: &HashSet<(GridPoint, GridPoint)>) -> Vec<String> {
    let mut list: Vec<(GridPoint, GridPoint)> =
        edges.iter().map(|&(a, b)| if a < b { (a, b) } else { (b, a) }).collect();
    list.sort_unstable();
    list.dedup();
    let mean = list.iter().map(|(a, b)| (a.x - b.x).abs().max((a.y - b.y).abs()) as i64).sum::<i64>()
        / list.len().max(1) as i64;
    let cell = (2 * mean).max(2) as i32;
    let mut cells: HashMap<(i32, i32), Vec<usize>> = HashMap::new();
    for (i, (a, b)) in list.iter().enumerate() {
        for cx in a.x.min(b.x).div_euclid(cell)..=a.x.max(b.x).div_euclid(cell) {
            for cy in a.y.min(b.y).div_euclid(cell)..=a.y.max(b.y).div_euclid(cell) {
                cells.entry((cx, cy)).or_default().push(i);
            }
        }
    }
    let mut out = Vec::new();
    for members in cells.values() {
        for (n, &i) in members.iter().enumerate() {
            for &j in &members[n + 1..] {
                let ((a, b), (c, d)) = (list[i], list[j]);
                if a.x.max(b.x) < c.x.min(d.x)
                    || c.x.max(d.x) < a.x.min(b.x)
                    || a.y.max(b.y) < c.y.min(d.y)
                    || c.y.max(d.y) < a.y.min(b.y)
                {
                    continue;
                }
                let cross = side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0;
                let through = [(a, b, c), (a, b, d), (c, d, a), (c, d, b)]
                    .iter()
                    .any(|&(p, q, v)| v != p && v != q && side(p, q, v) == 0 && between(p, q, v));
                if (cross || through) && out.len() < 20 {
                    out.push(format!("edges {a:?}-{b:?} and {c:?}-{d:?} are not noded"));
                }
            }
        }
    }
    out
}

fn side(a: GridPoint, b: GridPoint, c: GridPoint) -> i64 {
    ((i64::from(b.x) - i64::from(a.x)) * (i64::from(c.y) - i64::from(a.y))
        - (i64::from(b.y) - i64::from(a.y)) * (i64::from(c.x) - i64::from(a.x)))
    .signum()
}

fn between(a: GridPoint, b: GridPoint, v: GridPoint) -> bool {
    a.x.min(b.x) <= v.x && v.x <= a.x.max(b.x) && a.y.min(b.y) <= v.y && v.y <= a.y.max(b.y)
}
