//! Snap rounding of the arcs onto the grid of one zoom.
//!
//! Hot pixels are the grid squares of all kept vertices and of all crossings with clip lines;
//! every edge is led through the hot pixels it passes (Hobby 1999). Arcs then meet at vertices
//! only. Where several run along the same grid edge, their areas are summed: what has the same
//! area on both sides vanishes, and exactly one area is left on either side of what remains.

use rayon::prelude::*;

use crate::arcs::Arcs;
use crate::bins::{PointBins, cells_near, shift_for};
use crate::exact::passes_pixel;
use crate::mesh::{AreaRings, GridPoint, GridPolygon};
use crate::project::{GRID_ZOOM, TILE_EXTENT, Wide};
use crate::rings::trace;
use crate::soup::NONE;

/// Edges in a row with one area on either side, in grid squares.
#[derive(Debug, Clone)]
pub(crate) struct Chain {
    pub points: Vec<Wide>,
    pub left: u32,
    pub right: u32,
}

/// Rounds the arcs to zoom `z` (0..=20). `detail`: simplification state to draw, as a zoom.
pub(crate) fn round(arcs: &Arcs, z: u8, detail: i8, buffer: i32) -> Vec<Chain> {
    let shift = u32::from(GRID_ZOOM - z);
    let clip = Clip { shift, buffer: i64::from(buffer) };
    let lines: Vec<Vec<Wide>> = (0..arcs.len())
        .into_par_iter()
        .map(|i| arcs.arc(i).iter().filter(|&&v| arcs.kept(v, detail)).map(|&v| arcs.at(v)).collect())
        .collect();
    let mut pixels: Vec<Wide> = lines
        .par_iter()
        .flat_map_iter(|line| {
            let mut found: Vec<Wide> = line.iter().map(|&p| pixel(p, shift)).collect();
            for w in line.windows(2) {
                clip.crossings(w[0], w[1], |p| found.push(p));
            }
            found
        })
        .collect();
    pixels.par_sort_unstable();
    pixels.dedup();
    let edges: usize = lines.iter().map(|l| l.len() - 1).sum();
    let extent: f64 = lines
        .par_iter()
        .map(|l| l.windows(2).map(|w| (w[0].x - w[1].x).abs().max((w[0].y - w[1].y).abs())).sum::<i64>())
        .sum::<i64>() as f64;
    let bins = PointBins::new(
        pixels.iter().enumerate().map(|(i, &p)| (i as u32, p)),
        shift_for(extent / (1_u64 << shift) as f64 / edges.max(1) as f64),
    );
    let hot = Hot { pixels: &pixels, bins, shift };
    let snapped: Vec<Vec<u32>> = lines.par_iter().map(|line| hot.lead(line)).collect();
    let pieces = settle_arcs(&snapped, arcs, pixels.len());
    let mut degree = vec![0_u8; pixels.len()];
    for (ids, ..) in &pieces {
        for w in ids.windows(2) {
            for &id in w {
                degree[id as usize] = degree[id as usize].saturating_add(1);
            }
        }
    }
    pieces
        .par_iter()
        .flat_map_iter(|(ids, left, right)| {
            let mut out = Vec::new();
            let mut from = 0;
            for i in 1..ids.len() {
                if i == ids.len() - 1 || degree[ids[i] as usize] > 2 {
                    let points = ids[from..=i].iter().map(|&id| pixels[id as usize]);
                    out.push(Chain { points: straighten(points, clip), left: *left, right: *right });
                    from = i;
                }
            }
            out
        })
        .collect()
}

/// Grid square of a point.
pub(crate) fn pixel(p: Wide, shift: u32) -> Wide {
    let half = (1_i64 << shift) >> 1;
    Wide { x: (p.x + half) >> shift, y: (p.y + half) >> shift }
}

/// The lines at which tiles with their buffer are cut.
#[derive(Debug, Clone, Copy)]
struct Clip {
    shift: u32,
    buffer: i64,
}

impl Clip {
    /// Whether a coordinate is on a line.
    fn on(self, v: i64) -> bool {
        let within = v.rem_euclid(i64::from(TILE_EXTENT));
        within == self.buffer || within == i64::from(TILE_EXTENT) - self.buffer
    }

    /// Pixels in which the edge crosses lines.
    fn crossings(self, a: Wide, b: Wide, mut f: impl FnMut(Wide)) {
        self.along(a.x, a.y, b.x, b.y, |x, y| f(Wide { x, y }));
        self.along(a.y, a.x, b.y, b.x, |y, x| f(Wide { x, y }));
    }

    /// Lines across the first coordinate: calls `f(line, rounded other coordinate)`.
    fn along(self, a: i64, ao: i64, b: i64, bo: i64, mut f: impl FnMut(i64, i64)) {
        let ((a, ao), (b, bo)) = if a < b { ((a, ao), (b, bo)) } else { ((b, bo), (a, ao)) };
        let extent = i64::from(TILE_EXTENT);
        let (low, high) = (a >> self.shift, b >> self.shift);
        if low.div_euclid(extent) == high.div_euclid(extent) {
            let tile = low.div_euclid(extent) * extent;
            if high < tile + self.buffer || (low >= tile + self.buffer && high < tile + extent - self.buffer) {
                return;
            }
        }
        let half = (1_i64 << self.shift) >> 1;
        for tile in low.div_euclid(extent)..=high.div_euclid(extent) {
            for line in [tile * extent + self.buffer, (tile + 1) * extent - self.buffer] {
                let at = line << self.shift;
                if a < at && at < b {
                    let den = i128::from(b - a);
                    let num = i128::from(ao + half) * den + i128::from(at - a) * i128::from(bo - ao);
                    f(line, num.div_euclid(den << self.shift) as i64);
                }
            }
        }
    }
}

/// Drops inner points on a straight line, save on clip lines. Inner points belong to this chain
/// alone, so both areas lose them.
fn straighten(points: impl Iterator<Item = Wide>, clip: Clip) -> Vec<Wide> {
    let mut out: Vec<Wide> = Vec::new();
    for p in points {
        if let [.., a, b] = out[..] {
            let straight = (b.x - a.x) * (p.y - b.y) == (b.y - a.y) * (p.x - b.x)
                && (b.x - a.x) * (p.x - b.x) + (b.y - a.y) * (p.y - b.y) > 0;
            if straight && !clip.on(b.x) && !clip.on(b.y) {
                out.pop();
            }
        }
        out.push(p);
    }
    out
}

/// The hot pixels of a zoom.
struct Hot<'a> {
    pixels: &'a [Wide],
    bins: PointBins,
    shift: u32,
}

impl Hot<'_> {
    /// Numbers of the pixels that a line passes, in order.
    fn lead(&self, line: &[Wide]) -> Vec<u32> {
        let mut out = vec![self.find(pixel(line[0], self.shift))];
        let mut hits: Vec<u32> = Vec::new();
        for w in line.windows(2) {
            let (a, b) = (w[0], w[1]);
            let (pa, pb) = (pixel(a, self.shift), pixel(b, self.shift));
            hits.clear();
            cells_near(pa, pb, 1, self.bins.shift, |cx, cy| {
                for &(_, id) in self.bins.cell(cx, cy) {
                    let p = self.pixels[id as usize];
                    if p.x < pa.x.min(pb.x) || p.x > pa.x.max(pb.x) || p.y < pa.y.min(pb.y) || p.y > pa.y.max(pb.y) {
                        continue;
                    }
                    if p != pa && p != pb && passes_pixel(a, b, p, self.shift) {
                        hits.push(id);
                    }
                }
            });
            // A straight line meets pixels in monotone order of both coordinates.
            let (sx, sy) = ((b.x - a.x).signum(), (b.y - a.y).signum());
            hits.sort_unstable_by_key(|&id| {
                let p = self.pixels[id as usize];
                (sx * p.x + sy * p.y, sx * p.x)
            });
            hits.push(self.find(pb));
            for &id in &hits {
                if out[out.len() - 1] != id {
                    out.push(id);
                }
            }
        }
        out
    }

    fn find(&self, p: Wide) -> u32 {
        self.bins
            .cell(p.x >> self.bins.shift, p.y >> self.bins.shift)
            .iter()
            .map(|e| e.1)
            .find(|&id| self.pixels[id as usize] == p)
            .expect("every kept vertex is hot")
    }
}

type Piece = (Vec<u32>, u32, u32);

/// Sums the areas along grid edges that several arcs use; all others stay whole.
fn settle_arcs(snapped: &[Vec<u32>], arcs: &Arcs, points: usize) -> Vec<Piece> {
    let mut degree = vec![0_u32; points];
    let mut sum = vec![0_u64; points];
    for ids in snapped {
        for w in ids.windows(2) {
            for (p, q) in [(w[0], w[1]), (w[1], w[0])] {
                degree[p as usize] += 1;
                sum[p as usize] += u64::from(q);
            }
        }
    }
    // An edge can only be used twice if both ends have other edges too, or one end is the tip
    // of a fold.
    let shared = |u: u32, v: u32| {
        let (du, dv) = (degree[u as usize], degree[v as usize]);
        (du > 2 && dv > 2)
            || (du == 2 && sum[u as usize] == 2 * u64::from(v))
            || (dv == 2 && sum[v as usize] == 2 * u64::from(u))
    };
    let mut pieces = Vec::new();
    let mut loose = Vec::new();
    for (i, ids) in snapped.iter().enumerate() {
        explode(ids, arcs.left[i], arcs.right[i], shared, &mut pieces, &mut loose);
    }
    pieces.extend(net(loose).into_iter().map(|(u, v, l, r)| (vec![u, v], l, r)));
    pieces
}

/// Splits a chain into runs without shared edges, and its shared edges.
pub(crate) fn explode<P: Copy + Ord>(
    ids: &[P],
    left: u32,
    right: u32,
    shared: impl Fn(P, P) -> bool,
    pieces: &mut Vec<(Vec<P>, u32, u32)>,
    loose: &mut Vec<(P, P, u32, u32)>,
) {
    let mut from = 0;
    for i in 1..ids.len() {
        let (u, v) = (ids[i - 1], ids[i]);
        if shared(u, v) {
            if i - 1 > from {
                pieces.push((ids[from..i].to_vec(), left, right));
            }
            from = i;
            loose.push(if u < v { (u, v, left, right) } else { (v, u, right, left) });
        }
    }
    if ids.len() > from + 1 {
        pieces.push((ids[from..].to_vec(), left, right));
    }
}

/// One edge for all that run between the same two points, or none where they cancel.
pub(crate) fn net<P: Copy + Ord>(mut loose: Vec<(P, P, u32, u32)>) -> Vec<(P, P, u32, u32)> {
    loose.sort_unstable();
    let mut out = Vec::new();
    for group in loose.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
        let (u, v, left, right) = group[0];
        if group.len() == 1 {
            if left != right {
                out.push(group[0]);
            }
            continue;
        }
        let mut lefts: Vec<u32> = group.iter().map(|e| e.2).collect();
        let mut rights: Vec<u32> = Vec::new();
        for r in group.iter().map(|e| e.3) {
            match lefts.iter().position(|&l| l == r) {
                Some(at) => _ = lefts.swap_remove(at),
                None => rights.push(r),
            }
        }
        debug_assert!(lefts.len() <= 1 && rights.len() == lefts.len(), "a partition has one area a side");
        if let (Some(&left), Some(&right)) = (lefts.first(), rights.first()) {
            out.push((u, v, left, right));
        }
    }
    out
}

/// Twice the area of each row, in grid squares.
pub(crate) fn doubled_areas(chains: &[Chain], rows: usize) -> Vec<i64> {
    let mut out = vec![0_i64; rows];
    for chain in chains {
        let mut sum = 0_i64;
        for w in chain.points.windows(2) {
            sum = sum.wrapping_add(w[0].x * w[1].y - w[1].x * w[0].y);
        }
        if chain.left != NONE {
            out[chain.left as usize] = out[chain.left as usize].wrapping_add(sum);
        }
        if chain.right != NONE {
            out[chain.right as usize] = out[chain.right as usize].wrapping_sub(sum);
        }
    }
    out
}

/// Polygons of all rows.
pub(crate) fn polygons(chains: &[Chain], rows: usize) -> Vec<AreaRings> {
    let mut sides: Vec<(u32, u32, bool)> = Vec::with_capacity(chains.len() * 2);
    for (i, chain) in chains.iter().enumerate() {
        for (area, forward) in [(chain.left, true), (chain.right, false)] {
            if area != NONE {
                sides.push((area, i as u32, forward));
            }
        }
    }
    sides.par_sort_unstable();
    (0..rows as u32)
        .into_par_iter()
        .map(|row| {
            let from = sides.partition_point(|s| s.0 < row);
            let around: Vec<Vec<Wide>> = sides[from..]
                .iter()
                .take_while(|s| s.0 == row)
                .map(|&(_, i, forward)| {
                    let mut points = chains[i as usize].points.clone();
                    if !forward {
                        points.reverse();
                    }
                    points
                })
                .collect();
            let ring = |ring: Vec<Wide>| -> Vec<GridPoint> {
                ring.into_iter().map(|p| GridPoint { x: p.x as i32, y: p.y as i32 }).collect()
            };
            let polygons = trace(&around)
                .into_iter()
                .map(|(exterior, holes)| GridPolygon {
                    exterior: ring(exterior),
                    holes: holes.into_iter().map(ring).collect(),
                })
                .collect();
            AreaRings { polygons }
        })
        .collect()
}
