//! Outlines: sets of small cells dissolved, their edges drawn as coasts and lanes rather than straight lines.

use super::terrain::{degrees, mixed_unit};
use super::voronoi::{Across, Cells, Km};
use geo_types::{Coord, LineString, MultiPolygon, Polygon};
use std::collections::HashMap;

/// How far an edge strays from its straight line, as a share of its length: on the coast, and inland.
const STRAY: [f64; 2] = [0.26, 0.15];
/// Shortest piece of an edge in kilometres, on the coast and inland.
const PIECE_KM: [f64; 2] = [0.22, 0.5];
/// Most times that an edge is halved, on the coast and inland.
const HALVINGS: [u32; 2] = [4, 2];
/// How much of the kite between two sites an edge may fill, so that it meets no other edge however it strays.
const KITE: f64 = 0.8;
/// The steepest that an edge may leave its corner, as a slope.
const STEEPEST: f64 = 0.7;

/// The three sites that meet at a corner, in increasing order: its name.
type Corner = [u32; 3];

/// An edge of an outline: where it ends, and the sites on its left and right.
struct Edge {
    to: Corner,
    left: u32,
    right: u32,
}

/// Dissolves cells into outlines with the same points wherever two of them meet.
pub struct Dissolver<'a> {
    /// Seed of the wander of edges.
    pub seed: u64,
    /// Sites of the cells.
    pub sites: &'a [Km],
    /// The cells.
    pub cells: &'a Cells,
    /// Whether each cell is land, which decides how wild its edges are.
    pub land: &'a dyn Fn(u32) -> bool,
}

impl Dissolver<'_> {
    /// The outline of each of `count` groups of cells in degrees, exterior rings anticlockwise, holes clockwise.
    /// `group_of` gives the group of a cell, `None` for the sea.
    pub fn outlines(&self, count: usize, group_of: impl Fn(u32) -> Option<u32>) -> Vec<MultiPolygon<f64>> {
        let mut edges: Vec<HashMap<Corner, Edge>> = (0..count).map(|_| HashMap::new()).collect();
        for cell in 0..self.sites.len() as u32 {
            let Some(group) = group_of(cell) else { continue };
            let around = &self.cells.around[cell as usize];
            for (at, across) in around.iter().enumerate() {
                let before = around[(at + around.len() - 1) % around.len()];
                let after = around[(at + 1) % around.len()];
                let (Across::Site(left), Across::Site(right), Across::Site(next)) = (before, *across, after) else {
                    continue;
                };
                if group_of(right) != Some(group) {
                    let edge = Edge { to: corner([cell, right, next]), left: cell, right };
                    edges[group as usize].insert(corner([cell, left, right]), edge);
                }
            }
        }
        edges.into_iter().map(|edges| self.polygons(edges)).collect()
    }

    /// Chains edges into rings, and holes into the exteriors that contain them.
    fn polygons(&self, mut edges: HashMap<Corner, Edge>) -> MultiPolygon<f64> {
        let mut starts: Vec<Corner> = edges.keys().copied().collect();
        starts.sort_unstable();
        let (mut exteriors, mut holes) = (Vec::new(), Vec::new());
        for start in starts {
            let mut ring: Vec<Coord<f64>> = Vec::new();
            let mut at = start;
            while let Some(edge) = edges.remove(&at) {
                for point in self.path(at, &edge) {
                    let [x, y] = degrees(point);
                    if ring.last() != Some(&Coord { x, y }) {
                        ring.push(Coord { x, y });
                    }
                }
                at = edge.to;
            }
            if ring.len() > 1 && ring.first() == ring.last() {
                ring.pop();
            }
            if ring.len() < 3 {
                continue;
            }
            if area2(&ring) > 0.0 { exteriors.push((ring, Vec::new())) } else { holes.push(ring) }
        }
        for hole in holes {
            let around = exteriors
                .iter_mut()
                .filter(|(ring, _)| contains(ring, hole[0]))
                .min_by(|a, b| area2(&a.0).total_cmp(&area2(&b.0)));
            if let Some((_, holes)) = around {
                holes.push(hole);
            }
        }
        // The largest part first, as most readers expect.
        exteriors.sort_by(|a, b| area2(&b.0).total_cmp(&area2(&a.0)));
        exteriors
            .into_iter()
            .map(|(ring, holes)| Polygon::new(LineString(ring), holes.into_iter().map(LineString).collect()))
            .collect()
    }

    /// The points of an edge from its start, without its end. The same points backwards for the cell on the other side.
    fn path(&self, from: Corner, edge: &Edge) -> Vec<Km> {
        let place = |corner: Corner| {
            let [a, b, c] = corner.map(Across::Site);
            let Across::Site(first) = a else { return [0.0; 2] };
            Cells::corner(self.sites, first, b, c).expect("a corner of three sites is a point")
        };
        let forwards = from < edge.to;
        let (low, high) = if forwards { (from, edge.to) } else { (edge.to, from) };
        let (start, end) = (place(low), place(high));
        let inner = self.wander(start, end, edge.left.min(edge.right), edge.left.max(edge.right));
        if forwards {
            std::iter::once(start).chain(inner).collect()
        } else {
            std::iter::once(end).chain(inner.into_iter().rev()).collect()
        }
    }

    /// The points between two corners: midpoint displacement (Fournier, Fussell and Carpenter 1982) across the line,
    /// held within the kite of the two corners and the two sites, which no other edge enters.
    fn wander(&self, start: Km, end: Km, a: u32, b: u32) -> Vec<Km> {
        let coast = (self.land)(a) != (self.land)(b);
        let kind = usize::from(!coast);
        let along = [end[0] - start[0], end[1] - start[1]];
        let length = along[0].hypot(along[1]);
        let halvings = ((length / PIECE_KM[kind]).log2().floor().max(0.0) as u32).min(HALVINGS[kind]);
        if halvings == 0 {
            return Vec::new();
        }
        let site = self.sites[a as usize];
        let slope = |corner: Km, sign: f64| {
            let away = [site[0] - corner[0], site[1] - corner[1]];
            let beside = sign * (away[0] * along[0] + away[1] * along[1]) / length;
            let across = ((away[0] * along[1] - away[1] * along[0]) / length).abs();
            if beside <= 0.0 { STEEPEST } else { (across / beside).min(STEEPEST) }
        };
        let steepest = KITE * slope(start, 1.0).min(slope(end, -1.0));
        let pieces = 1usize << halvings;
        let mut stray = vec![0.0; pieces + 1];
        let mut size = STRAY[kind];
        let mut step = pieces;
        while step > 1 {
            for middle in (step / 2..pieces).step_by(step) {
                let chance = mixed_unit(self.seed, u64::from(a) << 32 | u64::from(b), middle as u64);
                let straight = f64::midpoint(stray[middle - step / 2], stray[middle + step / 2]);
                stray[middle] = straight + size * chance;
            }
            size *= 0.55;
            step /= 2;
        }
        (1..pieces)
            .map(|at| {
                let t = at as f64 / pieces as f64;
                let room = steepest * t.min(1.0 - t);
                let off = stray[at].clamp(-room, room);
                [start[0] + along[0] * t - along[1] * off, start[1] + along[1] * t + along[0] * off]
            })
            .collect()
    }
}

fn corner(mut sites: [u32; 3]) -> Corner {
    sites.sort_unstable();
    sites
}

/// Twice the signed area of an open ring; positive when anticlockwise.
fn area2(ring: &[Coord<f64>]) -> f64 {
    let origin = ring[0];
    (0..ring.len())
        .map(|at| {
            let (p, q) = (ring[at] - origin, ring[(at + 1) % ring.len()] - origin);
            p.x * q.y - q.x * p.y
        })
        .sum()
}

/// Whether a point lies within an open ring, by the even-odd rule.
fn contains(ring: &[Coord<f64>], point: Coord<f64>) -> bool {
    (0..ring.len())
        .filter(|at| {
            let (p, q) = (ring[*at], ring[(at + 1) % ring.len()]);
            (p.y > point.y) != (q.y > point.y) && point.x < p.x + (point.y - p.y) / (q.y - p.y) * (q.x - p.x)
        })
        .count()
        % 2
        == 1
}
