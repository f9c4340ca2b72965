//! Snapping under a tolerance, where neighbours do not agree.

use crate::bins::{PointBins, SegmentBins, shift_for};
use crate::project::{Wide, metres_per_unit};
use crate::soup::{NONE, Soup};

/// Snapping stops once no more than this share of all vertices misses a neighbour: below it
/// stand stray islets across a ditch, above it a file whose areas were drawn apart.
const MISSES: f64 = 0.05;

/// Snaps at `snap_m` metres, and twice as far again while many vertices still miss a neighbour
/// that is within `limit_m`. Returns the tolerance reached and how many vertices were moved or
/// put in.
///
/// Vertices of loose edges (those that do not have one area on either side) move onto vertices of
/// other areas; what is left is put into loose edges of other areas. A vertex moves once in a
/// round.
pub(crate) fn snap(soup: &mut Soup, snap_m: f64, limit_m: f64) -> (f64, usize) {
    let (mut reach_m, mut count) = (snap_m, 0);
    loop {
        if reach_m > 0.0 {
            let moved = onto_vertices(soup, reach_m) + into_edges(soup, reach_m);
            if moved > 0 {
                soup.node();
            }
            count += moved;
        }
        if reach_m >= limit_m || !misses_many(soup, limit_m) {
            return (reach_m, count);
        }
        reach_m = (2.0 * reach_m).clamp(FIRST_REACH_M, limit_m);
    }
}

/// Where snapping starts when it is allowed but no tolerance is given, in metres.
const FIRST_REACH_M: f64 = 0.5;

/// Whether [`snap`] would change anything.
pub(crate) fn needed(soup: &Soup, snap_m: f64, limit_m: f64) -> bool {
    (snap_m > 0.0 && !near_misses(soup, snap_m).is_empty()) || (limit_m > snap_m && misses_many(soup, limit_m))
}

fn misses_many(soup: &Soup, reach_m: f64) -> bool {
    near_misses(soup, reach_m).chunk_by(|a, b| a.1 == b.1).count() as f64 > MISSES * soup.edges.len() as f64
}

fn loose_edges(soup: &Soup) -> Vec<u32> {
    (0..soup.edges.len() as u32)
        .filter(|&e| {
            let edge = &soup.edges[e as usize];
            edge.left == NONE || edge.right == NONE || soup.extra.binary_search_by_key(&e, |x| x.0).is_ok()
        })
        .collect()
}

/// Areas at each vertex of loose edges, as sorted pairs (vertex, area).
fn areas_at(soup: &Soup, loose: &[u32]) -> Vec<(u32, u32)> {
    let mut at = Vec::new();
    for &e in loose {
        let edge = soup.edges[e as usize];
        for (area, _) in soup.claims(e) {
            at.push((edge.u, area));
            at.push((edge.v, area));
        }
    }
    at.sort_unstable();
    at.dedup();
    at
}

fn areas_of(at: &[(u32, u32)], v: u32) -> &[(u32, u32)] {
    let from = at.partition_point(|p| p.0 < v);
    &at[from..from + at[from..].partition_point(|p| p.0 == v)]
}

/// Whether two vertices bound exactly the same areas.
fn same_areas(at: &[(u32, u32)], v: u32, w: u32) -> bool {
    areas_of(at, v).iter().map(|p| p.1).eq(areas_of(at, w).iter().map(|p| p.1))
}

fn onto_vertices(soup: &mut Soup, snap_m: f64) -> usize {
    let loose = loose_edges(soup);
    let at = areas_at(soup, &loose);
    let mut vertices: Vec<u32> = at.iter().map(|p| p.0).collect();
    vertices.dedup();
    let reach = |p: Wide| snap_m / metres_per_unit(p.y as f64);
    let widest = vertices.iter().map(|&v| reach(soup.at(v))).fold(1.0, f64::max);
    let bins = PointBins::new(vertices.iter().map(|&v| (v, soup.at(v))), shift_for(widest));
    // What many areas share stays; the others come to it.
    vertices.sort_by_key(|&v| (std::cmp::Reverse(areas_of(&at, v).len()), soup.at(v)));
    let mut target: Vec<u32> = (0..soup.points.len() as u32).collect();
    let mut fixed = vec![false; soup.points.len()];
    let mut count = 0;
    for &v in &vertices {
        let p = soup.at(v);
        let r = reach(p);
        let step = r.ceil() as i64;
        let mut best: Option<(i64, u32)> = None;
        bins.any(Wide { x: p.x - step, y: p.y - step }, Wide { x: p.x + step, y: p.y + step }, |w| {
            let q = soup.at(w);
            let d = (q.x - p.x).pow(2) + (q.y - p.y).pow(2);
            if fixed[w as usize] && d as f64 <= r * r && !same_areas(&at, v, w) {
                best = Some(best.map_or((d, w), |b| b.min((d, w))));
            }
            false
        });
        match best {
            Some((_, w)) => {
                target[v as usize] = w;
                count += 1;
            }
            None => fixed[v as usize] = true,
        }
    }
    if count > 0 {
        soup.rebuild(Some(&target), Vec::new());
    }
    count
}

fn into_edges(soup: &mut Soup, snap_m: f64) -> usize {
    let cuts = near_misses(soup, snap_m);
    let count = cuts.len();
    if count > 0 {
        soup.rebuild(None, cuts);
    }
    count
}

/// Loose edges with vertices of other areas within reach of them: (edge, vertex), by vertex.
fn near_misses(soup: &Soup, snap_m: f64) -> Vec<(u32, u32)> {
    let loose = loose_edges(soup);
    if loose.is_empty() {
        return Vec::new();
    }
    let at = areas_at(soup, &loose);
    let segments: Vec<(Wide, Wide)> = loose
        .iter()
        .map(|&e| {
            let edge = soup.edges[e as usize];
            (soup.at(edge.u), soup.at(edge.v))
        })
        .collect();
    let reach = |p: Wide| snap_m / metres_per_unit(p.y as f64);
    let widest = segments.iter().map(|s| reach(s.0)).fold(1.0, f64::max).ceil() as i64 + 1;
    let bins = SegmentBins::new(&segments, widest);
    let mut vertices: Vec<u32> = at.iter().map(|p| p.0).collect();
    vertices.dedup();
    let mut cuts = Vec::new();
    for &v in &vertices {
        let p = soup.at(v);
        let r = reach(p);
        for i in bins.at(p) {
            let e = loose[i as usize];
            let edge = soup.edges[e as usize];
            let (a, b) = segments[i as usize];
            if v == edge.u || v == edge.v || distance(p, a, b) > r {
                continue;
            }
            // An edge whose areas all meet at the vertex anyway is this vertex's own boundary.
            let own = soup.claims(e).all(|c| areas_of(&at, v).iter().any(|p| p.1 == c.0));
            if !own {
                cuts.push((e, v));
            }
        }
    }
    cuts
}

fn distance(p: Wide, a: Wide, b: Wide) -> f64 {
    let (dx, dy) = ((b.x - a.x) as f64, (b.y - a.y) as f64);
    let (x, y) = ((p.x - a.x) as f64, (p.y - a.y) as f64);
    let along = ((x * dx + y * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
    (x - along * dx).hypot(y - along * dy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::Point;
    use crate::soup::Ring;

    fn ring(area: u32, points: &[(u32, u32)]) -> Ring {
        let base = 1 << 31;
        Ring { area, points: points.iter().map(|&(x, y)| Point { x: base + x, y: base + y }).collect() }
    }

    #[test]
    fn a_vertex_near_a_neighbours_edge_is_put_into_it() {
        let mut soup = Soup::new(&[
            ring(0, &[(0, 0), (1000, 0), (1000, 2000), (0, 2000)]),
            ring(1, &[(1020, 0), (2000, 0), (2000, 1000), (1010, 1000)]),
        ]);
        assert!(snap(&mut soup, 0.5, 0.5).1 >= 2);
        let twinned = soup.edges.iter().filter(|e| e.left != NONE && e.right != NONE).count();
        assert_eq!(twinned, 1);
    }
}
