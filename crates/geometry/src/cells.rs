//! Areas that rounding has left without a grid square get one, inside the topology.
//!
//! The four corners of the cell become hot pixels. Their squares tile the cell, so every edge
//! through it is led along its sides or one diagonal; then the cell is repainted. A painted cell
//! has sides of length 1, which nothing can bend, and is never painted again: so this ends.

use std::collections::BTreeSet;

use rayon::prelude::*;

use crate::bins::{KeyMap, PointBins, cells_near, shift_for};
use crate::exact::{by_angle, passes_pixel, side};
use crate::project::Wide;
use crate::round::{Chain, doubled_areas, explode, net};
use crate::soup::NONE;

/// Half-squares that every area has at least: one whole grid square.
const WHOLE: i64 = 2;

/// Boxes of fewer grid points than this are looked through point by point.
const SMALL_BOX: i64 = 64;

/// Farthest that a cell is looked for, in cells from where the area lies.
const SEARCH: i64 = 512;

/// Gives a cell to every row of `wanted` that has less than a grid square. `place(row)` is a point
/// inside the area, in grid squares; `limit` the last coordinate of the grid. Returns the rows
/// helped, in order.
pub(crate) fn restore(
    chains: &mut Vec<Chain>,
    rows: usize,
    wanted: &[bool],
    place: impl Fn(u32) -> (f64, f64),
    limit: i64,
) -> Vec<u32> {
    let mut taken: BTreeSet<Wide> = BTreeSet::new();
    let mut helped = BTreeSet::new();
    loop {
        let doubled = doubled_areas(chains, rows);
        let lost: Vec<u32> = (0..rows as u32).filter(|&r| wanted[r as usize] && doubled[r as usize] < WHOLE).collect();
        if lost.is_empty() {
            return helped.into_iter().collect();
        }
        let mut cells = Vec::new();
        for &row in &lost {
            if let Some(cell) = nearest_free(place(row), &taken, limit) {
                taken.insert(cell);
                cells.push((row, cell));
            }
        }
        if cells.is_empty() {
            return helped.into_iter().collect();
        }
        helped.extend(cells.iter().map(|c| c.0));
        paint(chains, &cells);
    }
}

/// The free cell nearest to a point, by its lower corner.
fn nearest_free(at: (f64, f64), taken: &BTreeSet<Wide>, limit: i64) -> Option<Wide> {
    let home = Wide { x: (at.0.floor() as i64).clamp(0, limit - 1), y: (at.1.floor() as i64).clamp(0, limit - 1) };
    for radius in 0..SEARCH {
        let mut best: Option<(u64, Wide)> = None;
        for dy in -radius..=radius {
            let step = if dy.abs() == radius { 1 } else { (2 * radius).max(1) };
            let mut dx = -radius;
            while dx <= radius {
                let cell = Wide { x: home.x + dx, y: home.y + dy };
                let fits = (0..limit).contains(&cell.x) && (0..limit).contains(&cell.y);
                if fits && !taken.contains(&cell) {
                    let (ex, ey) = (cell.x as f64 + 0.5 - at.0, cell.y as f64 + 0.5 - at.1);
                    let key = ((ex * ex + ey * ey).to_bits(), cell);
                    best = Some(best.map_or(key, |b| b.min(key)));
                }
                dx += step;
            }
        }
        if let Some((_, cell)) = best {
            return Some(cell);
        }
    }
    None
}

fn corners(cell: Wide) -> [Wide; 4] {
    let Wide { x, y } = cell;
    [Wide { x, y }, Wide { x: x + 1, y }, Wide { x: x + 1, y: y + 1 }, Wide { x, y: y + 1 }]
}

/// The points that edges must now be led through: the corners of the cells and, where an edge
/// that one of them bends also passes the pixel of a vertex, that vertex, and so on. All of
/// them, or an edge could be bent across another that was not.
fn hot_points(chains: &[Chain], cells: &[(u32, Wide)]) -> Vec<Wide> {
    let mut hot: BTreeSet<Wide> = cells.iter().flat_map(|c| corners(c.1)).collect();
    let vertices: Vec<Wide> = chains.iter().flat_map(|c| c.points.iter().copied()).collect();
    let extent: i64 = chains
        .iter()
        .flat_map(|c| c.points.windows(2))
        .map(|w| (w[0].x - w[1].x).abs().max((w[0].y - w[1].y).abs()))
        .sum();
    let shift = shift_for(extent as f64 / vertices.len().max(1) as f64);
    let bins = PointBins::new(vertices.iter().enumerate().map(|(i, &p)| (i as u32, p)), shift);
    loop {
        let sorted = Hot::new(hot.iter().copied());
        let more: Vec<Wide> = chains
            .par_iter()
            .flat_map_iter(|chain| {
                let mut found = Vec::new();
                for w in chain.points.windows(2) {
                    if sorted.passed(w[0], w[1]).is_empty() {
                        continue;
                    }
                    cells_near(w[0], w[1], 1, shift, |cx, cy| {
                        for &(_, i) in bins.cell(cx, cy) {
                            let p = vertices[i as usize];
                            if p != w[0] && p != w[1] && !sorted.contains(p) && passes_pixel(w[0], w[1], p, 0) {
                                found.push(p);
                            }
                        }
                    });
                }
                found
            })
            .collect();
        if more.is_empty() {
            return hot.into_iter().collect();
        }
        hot.extend(more);
    }
}

/// Points to lead edges through.
struct Hot {
    sorted: Vec<Wide>,
    known: KeyMap<(i64, i64), ()>,
}

impl Hot {
    /// From points in ascending order.
    fn new(points: impl Iterator<Item = Wide>) -> Self {
        let sorted: Vec<Wide> = points.collect();
        let known = sorted.iter().map(|p| ((p.x, p.y), ())).collect();
        Self { sorted, known }
    }

    fn contains(&self, p: Wide) -> bool {
        self.known.contains_key(&(p.x, p.y))
    }

    /// Points whose pixels the edge passes, its ends aside, in order from `a`.
    fn passed(&self, a: Wide, b: Wide) -> Vec<Wide> {
        let mut hits: Vec<Wide> = Vec::new();
        let (low, high) = (a.x.min(b.x), a.x.max(b.x));
        let (bottom, top) = (a.y.min(b.y), a.y.max(b.y));
        if (high - low + 1) * (top - bottom + 1) < SMALL_BOX {
            for x in low..=high {
                for y in bottom..=top {
                    let p = Wide { x, y };
                    if p != a && p != b && self.contains(p) && passes_pixel(a, b, p, 0) {
                        hits.push(p);
                    }
                }
            }
        } else {
            let from = self.sorted.partition_point(|p| p.x < low);
            for &p in self.sorted[from..].iter().take_while(|p| p.x <= high) {
                let near = bottom <= p.y && p.y <= top && p != a && p != b;
                if near && passes_pixel(a, b, p, 0) {
                    hits.push(p);
                }
            }
        }
        let (sx, sy) = ((b.x - a.x).signum(), (b.y - a.y).signum());
        hits.sort_unstable_by_key(|p| (sx * p.x + sy * p.y, sx * p.x));
        hits
    }
}

fn paint(chains: &mut Vec<Chain>, cells: &[(u32, Wide)]) {
    let hot = Hot::new(hot_points(chains, cells).into_iter());
    let (mut pieces, mut loose) = (Vec::new(), Vec::new());
    let led: Vec<Option<Vec<Wide>>> = chains.par_iter().map(|c| lead(&c.points, &hot)).collect();
    let mut kept = Vec::with_capacity(chains.len());
    for (chain, led) in chains.drain(..).zip(led) {
        match led {
            None => kept.push(chain),
            Some(points) => explode(
                &points,
                chain.left,
                chain.right,
                |u, v| hot.contains(u) || hot.contains(v),
                &mut pieces,
                &mut loose,
            ),
        }
    }
    kept.extend(pieces.into_iter().map(|(points, left, right)| Chain { points, left, right }));
    let edges = net(loose);
    let mut stars: KeyMap<(i64, i64), Vec<(Wide, u32)>> = KeyMap::default();
    for &(u, v, left, right) in &edges {
        // What lies on the left, seen from either end.
        stars.entry((u.x, u.y)).or_default().push((v, left));
        stars.entry((v.x, v.y)).or_default().push((u, right));
    }
    let mut all = edges.clone();
    for &(row, cell) in cells {
        let c = corners(cell);
        let joined = |a: Wide, b: Wide| stars.get(&(a.x, a.y)).is_some_and(|s| s.iter().any(|&(to, _)| to == b));
        let parts: &[[usize; 3]] = if joined(c[0], c[2]) {
            &[[0, 1, 2], [0, 2, 3]]
        } else {
            // Without a diagonal either split will do: both halves have one owner.
            &[[0, 1, 3], [1, 2, 3]]
        };
        for part in parts {
            let corner = part.map(|i| c[i]);
            let owner = owner_inside(corner, &stars).unwrap_or_else(|| locate(corner, &kept, &edges));
            for i in 0..3 {
                let (u, v) = (corner[i], corner[(i + 1) % 3]);
                all.push(if u < v { (u, v, row, owner) } else { (v, u, owner, row) });
            }
        }
    }
    kept.extend(net(all).into_iter().map(|(u, v, left, right)| Chain { points: vec![u, v], left, right }));
    *chains = kept;
}

/// The chain led through the hot points it passes; `None` if it meets none.
fn lead(points: &[Wide], hot: &Hot) -> Option<Vec<Wide>> {
    let mut out: Option<Vec<Wide>> = None;
    for (i, w) in points.windows(2).enumerate() {
        let (a, b) = (w[0], w[1]);
        let hits = hot.passed(a, b);
        if out.is_none() && (!hits.is_empty() || hot.contains(a) || hot.contains(b)) {
            out = Some(points[..=i].to_vec());
        }
        if let Some(out) = &mut out {
            out.extend_from_slice(&hits);
            out.push(b);
        }
    }
    out
}

/// Owner of the inside of a triangle that no edge enters, by the edges at one of its corners.
fn owner_inside(t: [Wide; 3], stars: &KeyMap<(i64, i64), Vec<(Wide, u32)>>) -> Option<u32> {
    for i in 0..3 {
        let (o, next) = (t[i], t[(i + 1) % 3]);
        let Some(star) = stars.get(&(o.x, o.y)) else { continue };
        // The triangle lies just counter-clockwise of the side to `next`: the last edge at or
        // before that side, turning counter-clockwise, has it on its left.
        let from = (next.x - o.x, next.y - o.y);
        let turned = |p: Wide| (p.x - o.x, p.y - o.y);
        let at_or_before = |p: Wide| {
            let d = turned(p);
            by_angle(d.0, d.1, from.0, from.1).is_le()
        };
        let best = star
            .iter()
            .max_by(|a, b| {
                let (da, db) = (turned(a.0), turned(b.0));
                at_or_before(a.0).cmp(&at_or_before(b.0)).then_with(|| by_angle(da.0, da.1, db.0, db.1))
            })
            .map(|e| e.1);
        if best.is_some() {
            return best;
        }
    }
    None
}

/// Owner of the inside of a triangle that touches no edge, by the nearest edge to its west.
fn locate(t: [Wide; 3], chains: &[Chain], edges: &[(Wide, Wide, u32, u32)]) -> u32 {
    // The centroid in thirds of a grid square, so that it is whole and on no edge's end.
    let p = Wide { x: t[0].x + t[1].x + t[2].x, y: t[0].y + t[1].y + t[2].y };
    let third = |q: Wide| Wide { x: 3 * q.x, y: 3 * q.y };
    // (x of the crossing, direction): both as exact fractions of the same kind.
    let mut best: Option<(f64, u32)> = None;
    let mut consider = |u: Wide, v: Wide, left: u32, right: u32| {
        let (mut a, mut b, mut east) = (third(u), third(v), right);
        if a.y > b.y {
            (a, b, east) = (b, a, left);
        }
        if a.y < p.y && p.y < b.y && side(a, b, p) < 0 {
            let x = a.x as f64 + (b.x - a.x) as f64 * ((p.y - a.y) as f64 / (b.y - a.y) as f64);
            if best.is_none_or(|o| x > o.0) {
                best = Some((x, east));
            }
        }
    };
    for chain in chains {
        for w in chain.points.windows(2) {
            consider(w[0], w[1], chain.left, chain.right);
        }
    }
    for &(u, v, left, right) in edges {
        consider(u, v, left, right);
    }
    best.map_or(NONE, |b| b.1)
}
