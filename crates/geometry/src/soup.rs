//! Edges with the areas that claim either side, before and after noding.

use rayon::prelude::*;

use crate::bins::{KeyMap, SegmentBins};
use crate::exact::{crossing_pixel, passes_pixel, properly_cross};
use crate::project::{Point, Wide};

/// No area.
pub(crate) const NONE: u32 = u32::MAX;

/// A closed ring of one area, first vertex not repeated, exteriors positive and holes negative.
#[derive(Debug, Clone)]
pub(crate) struct Ring {
    pub area: u32,
    pub points: Vec<Point>,
}

/// An undirected edge `u` < `v`, seen from `u` to `v`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Edge {
    pub u: u32,
    pub v: u32,
    pub left: u32,
    pub right: u32,
}

/// Points and the edges between them. Areas claim the sides of an edge as a multiset; the usual
/// case, at most one each, lives in the edge, what exceeds it in `extra`.
#[derive(Debug, Default)]
pub(crate) struct Soup {
    pub points: Vec<Point>,
    pub edges: Vec<Edge>,
    /// (edge, area, whether on the left).
    pub extra: Vec<(u32, u32, bool)>,
    point_ids: KeyMap<u64, u32>,
    edge_ids: KeyMap<u64, u32>,
}

impl Ring {
    /// Whether the ring passes a point twice.
    pub(crate) fn touches_itself(&self) -> bool {
        let mut keys: Vec<u64> = self.points.iter().map(|p| p.key()).collect();
        keys.sort_unstable();
        keys.windows(2).any(|w| w[0] == w[1])
    }
}

impl Soup {
    pub(crate) fn new(rings: &[Ring]) -> Self {
        let total: usize = rings.iter().map(|r| r.points.len()).sum();
        let mut soup = Self::default();
        soup.points.reserve(total / 2);
        soup.edges.reserve(total / 2);
        soup.point_ids.reserve(total / 2);
        soup.edge_ids.reserve(total / 2);
        for ring in rings {
            let Some(&last) = ring.points.last() else { continue };
            let mut from = soup.point(last);
            for &p in &ring.points {
                let to = soup.point(p);
                soup.claim(from, to, ring.area, true);
                from = to;
            }
        }
        soup.settle();
        soup
    }

    /// Number of a point, new or known.
    pub(crate) fn point(&mut self, p: Point) -> u32 {
        let next = self.points.len() as u32;
        let id = *self.point_ids.entry(p.key()).or_insert(next);
        if id == next {
            self.points.push(p);
        }
        id
    }

    pub(crate) fn at(&self, id: u32) -> Wide {
        self.points[id as usize].wide()
    }

    /// Adds a claim of `area` on the left (or right) of the way from `from` to `to`.
    fn claim(&mut self, from: u32, to: u32, area: u32, left: bool) {
        if from == to {
            return;
        }
        let (u, v, left) = if from < to { (from, to, left) } else { (to, from, !left) };
        let next = self.edges.len() as u32;
        let id = *self.edge_ids.entry(u64::from(u) << 32 | u64::from(v)).or_insert(next);
        if id == next {
            self.edges.push(Edge { u, v, left: NONE, right: NONE });
        }
        let edge = &mut self.edges[id as usize];
        let (mine, other) = if left { (&mut edge.left, &mut edge.right) } else { (&mut edge.right, &mut edge.left) };
        if *other == area {
            *other = NONE;
        } else if *mine == NONE {
            *mine = area;
        } else {
            self.extra.push((id, area, left));
        }
    }

    /// Cancels claims of one area on both sides of an edge, and sorts the surplus by edge.
    fn settle(&mut self) {
        if self.extra.is_empty() {
            return;
        }
        let mut all = std::mem::take(&mut self.extra);
        let mut touched: Vec<u32> = all.iter().map(|e| e.0).collect();
        touched.sort_unstable();
        touched.dedup();
        for &e in &touched {
            let edge = &mut self.edges[e as usize];
            if edge.left != NONE {
                all.push((e, edge.left, true));
            }
            if edge.right != NONE {
                all.push((e, edge.right, false));
            }
            (edge.left, edge.right) = (NONE, NONE);
        }
        all.sort_unstable();
        for group in all.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let (e, area, _) = group[0];
            let net: i32 = group.iter().map(|c| if c.2 { 1 } else { -1 }).sum();
            for _ in 0..net.unsigned_abs() {
                let edge = &mut self.edges[e as usize];
                let mine = if net > 0 { &mut edge.left } else { &mut edge.right };
                if *mine == NONE {
                    *mine = area;
                } else {
                    self.extra.push((e, area, net > 0));
                }
            }
        }
    }

    /// Replaces points (`moved[id]`, itself where it stays) and edges by their pieces through
    /// `cuts` (edge, point), then drops what nobody claims any more.
    pub(crate) fn rebuild(&mut self, moved: Option<&[u32]>, mut cuts: Vec<(u32, u32)>) {
        cuts.sort_unstable();
        cuts.dedup();
        let old = std::mem::take(&mut self.edges);
        let extra = std::mem::take(&mut self.extra);
        self.edge_ids.clear();
        self.edges.reserve(old.len() + cuts.len());
        let (mut c, mut x) = (0, 0);
        let mut path = Vec::new();
        for (i, edge) in old.iter().enumerate() {
            path.clear();
            path.push(edge.u);
            while c < cuts.len() && cuts[c].0 as usize == i {
                path.push(cuts[c].1);
                c += 1;
            }
            path.push(edge.v);
            let inner = path.len() - 1;
            let (a, b) = (self.at(edge.u), self.at(edge.v));
            let (sx, sy) = ((b.x - a.x).signum(), (b.y - a.y).signum());
            let wide = (b.x - a.x).abs() >= (b.y - a.y).abs();
            path[1..inner].sort_unstable_by_key(|&p| {
                let p = self.at(p);
                let (x, y) = (sx * p.x, sy * p.y);
                if wide { (x, y) } else { (y, x) }
            });
            if let Some(moved) = moved {
                path.iter_mut().for_each(|p| *p = moved[*p as usize]);
            }
            let from = x;
            while x < extra.len() && extra[x].0 as usize == i {
                x += 1;
            }
            for w in 0..path.len() - 1 {
                if edge.left != NONE {
                    self.claim(path[w], path[w + 1], edge.left, true);
                }
                if edge.right != NONE {
                    self.claim(path[w], path[w + 1], edge.right, false);
                }
                for &(_, area, left) in &extra[from..x] {
                    self.claim(path[w], path[w + 1], area, left);
                }
            }
        }
        self.settle();
        self.drop_unclaimed();
    }

    /// Drops edges without claims.
    pub(crate) fn drop_unclaimed(&mut self) {
        if self.edges.iter().all(|e| e.left != NONE || e.right != NONE) {
            return;
        }
        let old = std::mem::take(&mut self.edges);
        let mut renumbered = vec![NONE; old.len()];
        self.edge_ids.clear();
        for (i, e) in old.into_iter().enumerate() {
            if e.left != NONE || e.right != NONE {
                renumbered[i] = self.edges.len() as u32;
                self.edge_ids.insert(u64::from(e.u) << 32 | u64::from(e.v), renumbered[i]);
                self.edges.push(e);
            }
        }
        self.extra.iter_mut().for_each(|x| x.0 = renumbered[x.0 as usize]);
    }

    /// All claims of one area upon the sides of `edge`.
    pub(crate) fn claims(&self, edge: u32) -> impl Iterator<Item = (u32, bool)> + '_ {
        let e = self.edges[edge as usize];
        let from = self.extra.partition_point(|x| x.0 < edge);
        [(e.left, true), (e.right, false)]
            .into_iter()
            .filter(|c| c.0 != NONE)
            .chain(self.extra[from..].iter().take_while(move |x| x.0 == edge).map(|x| (x.1, x.2)))
    }

    /// Nodes all edges against each other by snap rounding on the grid of units (Hobby 1999):
    /// every vertex and crossing is a hot pixel, and every edge is led through the pixels it
    /// passes. Returns the rows of areas one of whose edges crosses another of its own.
    pub(crate) fn node(&mut self) -> Vec<u32> {
        let segments: Vec<(Wide, Wide)> = self.edges.iter().map(|e| (self.at(e.u), self.at(e.v))).collect();
        let bins = SegmentBins::new(&segments, 1);
        let found: Vec<Finding> = bins.cells().flat_map_iter(|cell| meet(cell, &segments, &self.edges)).collect();
        if found.is_empty() {
            return Vec::new();
        }
        let mut cuts = Vec::new();
        let mut crossed = Vec::new();
        let mut pixels = Vec::new();
        for finding in found {
            match finding {
                Finding::Passes(edge, point) => cuts.push((edge, point)),
                Finding::Cross(e, f, pixel) => {
                    crossed.extend(self.shared_claims(e, f));
                    pixels.push(pixel);
                }
            }
        }
        pixels.sort_unstable();
        pixels.dedup();
        for pixel in pixels {
            let id = self.point(Point { x: pixel.x as u32, y: pixel.y as u32 });
            for e in bins.at(pixel) {
                let (a, b) = segments[e as usize];
                if a != pixel && b != pixel && passes_pixel(a, b, pixel, 0) {
                    cuts.push((e, id));
                }
            }
        }
        self.rebuild(None, cuts);
        crossed.sort_unstable();
        crossed.dedup();
        crossed
    }

    fn shared_claims(&self, e: u32, f: u32) -> Vec<u32> {
        self.claims(e).map(|c| c.0).filter(|&a| self.claims(f).any(|d| d.0 == a)).collect()
    }
}

enum Finding {
    /// An edge passes the pixel of a point that is not its end.
    Passes(u32, u32),
    /// Two edges cross, in this pixel.
    Cross(u32, u32, Wide),
}

/// Meetings of the segments of one cell.
fn meet(cell: &[(u64, u32)], segments: &[(Wide, Wide)], edges: &[Edge]) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut boxes: Vec<(i64, i64, i64, i64, u32)> = cell
        .iter()
        .map(|&(_, i)| {
            let (a, b) = segments[i as usize];
            (a.x.min(b.x) - 1, a.x.max(b.x), a.y.min(b.y) - 1, a.y.max(b.y), i)
        })
        .collect();
    boxes.sort_unstable();
    for (n, e) in boxes.iter().enumerate() {
        for f in &boxes[n + 1..] {
            if f.0 > e.1 {
                break;
            }
            if f.2 > e.3 || e.2 > f.3 {
                continue;
            }
            let (ei, fi) = (edges[e.4 as usize], edges[f.4 as usize]);
            for (edge, seg, other) in [(e.4, ei, fi), (f.4, fi, ei)] {
                let (a, b) = segments[edge as usize];
                for (p, at) in [
                    (other.u, if edge == e.4 { segments[f.4 as usize].0 } else { segments[e.4 as usize].0 }),
                    (other.v, if edge == e.4 { segments[f.4 as usize].1 } else { segments[e.4 as usize].1 }),
                ] {
                    if p != seg.u && p != seg.v && passes_pixel(a, b, at, 0) {
                        found.push(Finding::Passes(edge, p));
                    }
                }
            }
            if ei.u != fi.u && ei.u != fi.v && ei.v != fi.u && ei.v != fi.v {
                let ((a, b), (c, d)) = (segments[e.4 as usize], segments[f.4 as usize]);
                if properly_cross(a, b, c, d) {
                    found.push(Finding::Cross(e.4, f.4, crossing_pixel(a, b, c, d)));
                }
            }
        }
    }
    found
}
