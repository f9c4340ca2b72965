//! One simplification for all zooms, over shared arcs, that never changes the topology.
//!
//! On each arc vertices leave in order of the error they cause: the farthest that any original vertex then
//! lies from the chord that replaces it. So the movement of a boundary is bounded by the
//! tolerance itself, which the effective area of Visvalingam does not promise. A vertex leaves
//! only if the triangle with its two neighbours holds no other vertex: no edge can then be
//! crossed, and the state at every zoom is planar.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};

use crate::arcs::Arcs;
use crate::bins::{PointBins, shift_for};
use crate::exact::in_triangle;
use crate::project::{GRID_ZOOM, Wide};

/// Interior vertices that a closed arc keeps, so that it stays a triangle.
const LOOP_KEEPS: u32 = 2;

struct State<'a> {
    arcs: &'a mut Arcs,
    alive: Vec<bool>,
    /// Neighbours on the arc, as positions of the chain.
    previous: Vec<u32>,
    next: Vec<u32>,
    /// Arc of a position, interior vertices left on each arc.
    arc_of: Vec<u32>,
    interior: Vec<u32>,
    /// Pairs of nodes joined by an arc without interior vertices.
    straight: HashSet<(u32, u32)>,
}

/// Sets `gone` for zooms `from` down to 0. Vertices known to be gone above `from` stay so;
/// `tolerance` is in grid squares of each zoom.
pub(crate) fn simplify(arcs: &mut Arcs, from: i8, tolerance: f64) {
    if from < 0 {
        return;
    }
    let mut state = State::new(arcs, from);
    for z in (0..=from).rev() {
        let reach = tolerance * (1_u64 << (GRID_ZOOM as i8 - z)) as f64;
        state.round(z, reach);
    }
}

impl<'a> State<'a> {
    fn new(arcs: &'a mut Arcs, from: i8) -> Self {
        for g in &mut arcs.gone {
            if *g <= from {
                *g = -1;
            }
        }
        let alive: Vec<bool> = arcs.gone.iter().map(|&g| g < 0).collect();
        let n = arcs.chain.len();
        let (mut previous, mut next, mut arc_of) = (vec![0; n], vec![0; n], vec![0; n]);
        let mut interior = Vec::with_capacity(arcs.len());
        let mut straight = HashSet::new();
        for i in 0..arcs.len() {
            let (start, end) = (arcs.starts[i] as usize, arcs.starts[i + 1] as usize);
            let mut last = start;
            let mut count = 0;
            for p in start..end {
                arc_of[p] = i as u32;
                if p > start && (alive[arcs.chain[p] as usize] || p == end - 1) {
                    previous[p] = last as u32;
                    next[last] = p as u32;
                    last = p;
                    count += u32::from(p < end - 1);
                }
            }
            interior.push(count);
            if count == 0 {
                straight.insert(pair(arcs.chain[start], arcs.chain[end - 1]));
            }
        }
        Self { arcs, alive, previous, next, arc_of, interior, straight }
    }

    fn at(&self, position: u32) -> Wide {
        self.arcs.at(self.arcs.chain[position as usize])
    }

    fn is_end(&self, position: u32) -> bool {
        let arc = self.arc_of[position as usize] as usize;
        position == self.arcs.starts[arc] || position + 1 == self.arcs.starts[arc + 1]
    }

    fn round(&mut self, z: i8, reach: f64) {
        let bins = self.bins();
        let mut heap: BinaryHeap<Reverse<(u64, u32)>> = BinaryHeap::new();
        let mut current = vec![u64::MAX; self.arcs.chain.len()];
        for i in 0..self.arcs.len() {
            let mut p = self.next[self.arcs.starts[i] as usize];
            while p + 1 < self.arcs.starts[i + 1] {
                self.offer(p, reach, &mut current, &mut heap);
                p = self.next[p as usize];
            }
            self.drain(z, reach, &bins, &mut current, &mut heap);
        }
    }

    /// Lets the vertices of one arc go, the least error first.
    fn drain(
        &mut self,
        z: i8,
        reach: f64,
        bins: &PointBins,
        current: &mut [u64],
        heap: &mut BinaryHeap<Reverse<(u64, u32)>>,
    ) {
        while let Some(Reverse((error, p))) = heap.pop() {
            if current[p as usize] != error {
                continue;
            }
            current[p as usize] = u64::MAX;
            if !self.may_go(p, bins) {
                continue;
            }
            let (before, after) = (self.previous[p as usize], self.next[p as usize]);
            let v = self.arcs.chain[p as usize] as usize;
            self.alive[v] = false;
            self.arcs.gone[v] = z;
            self.next[before as usize] = after;
            self.previous[after as usize] = before;
            let arc = self.arc_of[p as usize] as usize;
            self.interior[arc] -= 1;
            if self.interior[arc] == 0 {
                let (a, b) = (self.arcs.chain[before as usize], self.arcs.chain[after as usize]);
                self.straight.insert(pair(a, b));
            }
            for q in [before, after] {
                if !self.is_end(q) {
                    self.offer(q, reach, current, heap);
                }
            }
        }
    }

    /// Cells of the vertices still alive, about two to a cell where they are regular.
    fn bins(&self) -> PointBins {
        let (mut total, mut count) = (0.0, 0_u32);
        for i in 0..self.arcs.len() {
            let mut p = self.arcs.starts[i];
            while p + 1 < self.arcs.starts[i + 1] {
                let q = self.next[p as usize];
                let (a, b) = (self.at(p), self.at(q));
                total += (a.x - b.x).abs().max((a.y - b.y).abs()) as f64;
                count += 1;
                p = q;
            }
        }
        let alive = (0..self.alive.len() as u32).filter(|&v| self.alive[v as usize]);
        let arcs = &*self.arcs;
        PointBins::new(alive.map(|v| (v, arcs.at(v))), shift_for(total / f64::from(count.max(1))))
    }

    /// Queues a vertex if its error is within reach.
    fn offer(&self, p: u32, reach: f64, current: &mut [u64], heap: &mut BinaryHeap<Reverse<(u64, u32)>>) {
        current[p as usize] = match self.error(p, reach) {
            // Non-negative floats order as their bits.
            Some(error) => {
                heap.push(Reverse((error.to_bits(), p)));
                error.to_bits()
            }
            None => u64::MAX,
        };
    }

    /// Farthest that an original vertex would lie from the chord across `p`, if within `reach`.
    fn error(&self, p: u32, reach: f64) -> Option<f64> {
        let (before, after) = (self.previous[p as usize], self.next[p as usize]);
        let (a, b) = (self.at(before), self.at(after));
        let (dx, dy) = ((b.x - a.x) as f64, (b.y - a.y) as f64);
        let squared = dx * dx + dy * dy;
        let limit = reach * reach;
        let mut worst = 0.0_f64;
        // The vertex itself first: it is the likeliest to be too far.
        for q in std::iter::once(p).chain(before + 1..after) {
            let o = self.at(q);
            let (x, y) = ((o.x - a.x) as f64, (o.y - a.y) as f64);
            let along = if squared > 0.0 { ((x * dx + y * dy) / squared).clamp(0.0, 1.0) } else { 0.0 };
            let (ex, ey) = (x - along * dx, y - along * dy);
            let d = ex * ex + ey * ey;
            if d > limit {
                return None;
            }
            worst = worst.max(d);
        }
        Some(worst)
    }

    fn may_go(&self, p: u32, bins: &PointBins) -> bool {
        let arc = self.arc_of[p as usize] as usize;
        let (before, after) = (self.previous[p as usize], self.next[p as usize]);
        let chain = &self.arcs.chain;
        let (first, last) = (chain[self.arcs.starts[arc] as usize], chain[self.arcs.starts[arc + 1] as usize - 1]);
        if first == last {
            if self.interior[arc] <= LOOP_KEEPS {
                return false;
            }
        } else if self.interior[arc] == 1 && self.straight.contains(&pair(first, last)) {
            return false;
        }
        let (a, b, c) = (self.at(before), self.at(p), self.at(after));
        let corners = [chain[before as usize], chain[p as usize], chain[after as usize]];
        let low = Wide { x: a.x.min(b.x).min(c.x), y: a.y.min(b.y).min(c.y) };
        let high = Wide { x: a.x.max(b.x).max(c.x), y: a.y.max(b.y).max(c.y) };
        !bins.any(low, high, |v| {
            self.alive[v as usize] && !corners.contains(&v) && in_triangle(self.arcs.at(v), a, b, c)
        })
    }
}

fn pair(a: u32, b: u32) -> (u32, u32) {
    (a.min(b), a.max(b))
}
