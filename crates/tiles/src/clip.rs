//! One area of one zoom, cut into its tiles without a single new coordinate.
//!
//! The mesh promises that every crossing of a clip line (`x` or `y` = k * 4096 +- 64) is a vertex
//! shared by the two neighbours. So cutting only chooses among edges, and what two neighbours
//! share outside the cut they share inside it:
//!
//! 1. Each edge is looked at once and handed, in runs, to the one, two or four tiles whose closed
//!    box holds it.
//! 2. In a tile the edges along the box's border are dropped, the rest are *chains* from border
//!    to border, or whole rings. Walking on from where a chain leaves, along the border in
//!    positive direction, to the next that enters restores exactly the border that the area
//!    covers.
//! 3. Tiles of the area without an edge of it are found by crossings along one row scan per row of
//!    tiles, not by asking tile by tile.

use quartier_geometry::GridPolygon;

use crate::error::MeshFault;
use crate::grid::{BUFFER, EXTENT, EXTENT_BITS, Point, TileBox, tiles_holding, tiles_meeting};
use crate::rings::{Rings, cross, minus};

/// What an area leaves in a tile.
#[derive(Debug)]
pub(crate) enum Piece<'a> {
    /// All of the area, untouched: the same rings for each tile that gets it.
    Whole(&'a Rings),
    /// The part within the tile's box.
    Part(&'a Rings),
    /// The whole box of the tile.
    Solid,
}

/// A run of consecutive edges of one ring, for one tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Run {
    y: i32,
    x: i32,
    ring: u32,
    /// First edge: from vertex `start` to the next.
    start: u32,
    /// One past the last edge.
    end: u32,
}

/// Where the boundary crosses the middle of a row of tiles: every tile from `x` on lies beyond it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Crossing {
    y: i32,
    x: i32,
    turn: i32,
}

/// A chain's end on the border of the box.
#[derive(Debug, Clone, Copy)]
struct Gate {
    perimeter: i32,
    at: Point,
    /// From the border into the box, along the chain.
    ray: Point,
    enters: bool,
    chain: usize,
}

/// Cuts areas into tiles; keeps its buffers from one area to the next.
#[derive(Debug, Default)]
pub(crate) struct Clipper {
    area: Rings,
    runs: Vec<Run>,
    crossings: Vec<Crossing>,
    solid: Vec<(i32, i32)>,
    cut: Cut,
    polygons: Rings,
}

impl Clipper {
    /// Calls `sink(x, y, piece)` for every tile of `zoom` that the area reaches into, each once.
    pub(crate) fn clip(
        &mut self,
        zoom: u8,
        polygons: &[GridPolygon],
        mut sink: impl FnMut(u32, u32, Piece<'_>),
    ) -> Result<(), MeshFault> {
        self.load(polygons);
        let Some((low, high)) = self.bounds() else {
            return Ok(());
        };
        let last = (1i32 << zoom) - 1;
        let within = |(a, b): (i32, i32)| (a.max(0), b.min(last));
        let whole_x = within(tiles_holding(low[0], high[0]));
        let whole_y = within(tiles_holding(low[1], high[1]));
        let (meet_x, meet_y) = (within(tiles_meeting(low[0], high[0])), within(tiles_meeting(low[1], high[1])));
        for y in whole_y.0..=whole_y.1 {
            for x in whole_x.0..=whole_x.1 {
                sink(x as u32, y as u32, Piece::Whole(&self.area));
            }
        }
        if (whole_x, whole_y) == (meet_x, meet_y) {
            return Ok(());
        }
        let is_whole = |x: i32, y: i32| (whole_x.0..=whole_x.1).contains(&x) && (whole_y.0..=whole_y.1).contains(&y);
        self.collect_runs(last, &is_whole)?;
        self.find_solid(low, high, last);

        let mut solid = self.solid.iter().copied().peekable();
        for runs in self.runs.chunk_by(|a, b| (a.y, a.x) == (b.y, b.x)) {
            let (y, x) = (runs[0].y, runs[0].x);
            while let Some((sy, sx)) = solid.next_if(|&s| s < (y, x)) {
                sink(sx as u32, sy as u32, Piece::Solid);
            }
            let inside = solid.next_if_eq(&(y, x)).is_some();
            match self.cut.tile(&self.area, runs, TileBox::of(x, y), inside)? {
                Outcome::Empty => {}
                Outcome::Solid => sink(x as u32, y as u32, Piece::Solid),
                Outcome::Part => {
                    self.cut.rings.put_polygons(&mut self.polygons)?;
                    sink(x as u32, y as u32, Piece::Part(&self.polygons));
                }
            }
        }
        for (sy, sx) in solid {
            sink(sx as u32, sy as u32, Piece::Solid);
        }
        Ok(())
    }

    fn load(&mut self, polygons: &[GridPolygon]) {
        self.area.clear();
        for polygon in polygons {
            for ring in std::iter::once(&polygon.exterior).chain(&polygon.holes) {
                self.area.extend(ring.iter().map(|p| [p.x, p.y]));
                self.area.close();
            }
        }
    }

    fn bounds(&self) -> Option<(Point, Point)> {
        let mut all = self.area.iter().flatten();
        let &first = all.next()?;
        Some(all.fold((first, first), |(low, high), p| {
            ([low[0].min(p[0]), low[1].min(p[1])], [high[0].max(p[0]), high[1].max(p[1])])
        }))
    }

    /// One look at every edge: to which tiles it goes, and which row scan it crosses.
    fn collect_runs(&mut self, last: i32, is_whole: &impl Fn(i32, i32) -> bool) -> Result<(), MeshFault> {
        self.runs.clear();
        self.crossings.clear();
        for (ring, points) in self.area.iter().enumerate() {
            let mut started = 0;
            let mut current = None;
            let mut hand_out = |span: Option<((i32, i32), (i32, i32))>, start: usize, end: usize| {
                let Some((xs, ys)) = span else { return };
                for y in ys.0.max(0)..=ys.1.min(last) {
                    for x in xs.0.max(0)..=xs.1.min(last) {
                        if !is_whole(x, y) {
                            let (start, end) = (start as u32, end as u32);
                            self.runs.push(Run { y, x, ring: ring as u32, start, end });
                        }
                    }
                }
            };
            for (i, &a) in points.iter().enumerate() {
                let b = points[if i + 1 == points.len() { 0 } else { i + 1 }];
                let xs = tiles_holding(a[0].min(b[0]), a[0].max(b[0]));
                let ys = tiles_holding(a[1].min(b[1]), a[1].max(b[1]));
                if xs.0 > xs.1 || ys.0 > ys.1 {
                    return Err(MeshFault::CrossesClipLine { from: a, to: b });
                }
                if current != Some((xs, ys)) {
                    hand_out(current, started, i);
                    (started, current) = (i, Some((xs, ys)));
                }
                if ys.0 == ys.1 {
                    // The scan runs half a unit below the middle of the row: no vertex is on it.
                    let scan = ys.0 * EXTENT + EXTENT / 2;
                    if (a[1] <= scan) != (b[1] <= scan) {
                        let x = (a[0].max(b[0]) + BUFFER + EXTENT - 1) >> EXTENT_BITS;
                        let turn = if a[1] < b[1] { -1 } else { 1 };
                        self.crossings.push(Crossing { y: ys.0, x, turn });
                    }
                }
            }
            hand_out(current, started, points.len());
        }
        self.runs.sort_unstable();
        Ok(())
    }

    /// Tiles whose inside the row scan finds in the area; some may still hold edges along the
    /// border or whole rings. Sorted by row, then column.
    fn find_solid(&mut self, low: Point, high: Point, last: i32) {
        self.solid.clear();
        if high[0] - low[0] < TileBox::SIDE || high[1] - low[1] < TileBox::SIDE {
            return;
        }
        self.crossings.sort_unstable();
        for row in self.crossings.chunk_by(|a, b| a.y == b.y) {
            let y = row[0].y;
            let mut winding = 0;
            for (i, crossing) in row.iter().enumerate() {
                winding += crossing.turn;
                let until = row.get(i + 1).map_or(crossing.x, |next| next.x);
                if winding != 0 && (0..=last).contains(&y) {
                    self.solid.extend((crossing.x.max(0)..until.min(last + 1)).map(|x| (y, x)));
                }
            }
        }
    }
}

/// What is left of an area in one tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Empty,
    Solid,
    Part,
}

/// The cutting of one area by one tile.
#[derive(Debug, Default)]
struct Cut {
    rings: Rings,
    chains: Vec<Point>,
    chain_ends: Vec<usize>,
    gates: Vec<Gate>,
    scratch: Vec<(Point, usize)>,
}

impl Cut {
    /// `inside`: the row scan found the tile's inside in the area, which is true of a tile without
    /// chains exactly where its border is covered.
    fn tile(&mut self, area: &Rings, runs: &[Run], tile: TileBox, inside: bool) -> Result<Outcome, MeshFault> {
        self.rings.clear();
        self.chains.clear();
        self.chain_ends.clear();
        for runs in runs.chunk_by(|a, b| a.ring == b.ring) {
            self.ring(area.ring(runs[0].ring as usize), runs, tile)?;
        }
        if self.chain_ends.is_empty() {
            if self.rings.is_empty() {
                return Ok(if inside { Outcome::Solid } else { Outcome::Empty });
            }
            // The border is covered all around or not at all; whole rings alone sum to what they
            // enclose, or to what they take away from the box.
            if self.rings.double_area() < 0 {
                self.rings.extend(tile.corners());
                self.rings.close();
            }
        } else {
            self.join_chains(tile)?;
        }
        // Even one chain may come back to where it entered, and then closes around the whole border.
        if self.rings.len() > 1 || !self.chain_ends.is_empty() {
            self.rings.separate(&mut self.scratch)?;
        }
        Ok(Outcome::Part)
    }

    /// Takes one ring's runs apart: a whole ring within the box, or chains from border to border.
    fn ring(&mut self, points: &[Point], runs: &[Run], tile: TileBox) -> Result<(), MeshFault> {
        let n = points.len();
        let covers_all = runs[0].start == 0
            && runs[runs.len() - 1].end as usize == n
            && runs.windows(2).all(|w| w[0].end == w[1].start);
        if covers_all {
            return match points.iter().position(|&p| tile.on_border(p)) {
                Some(start) => self.stretch(points, start, n, tile),
                None => {
                    self.rings.extend(points.iter().copied());
                    self.rings.close();
                    Ok(())
                }
            };
        }
        let mut stretches: Vec<(usize, usize)> = Vec::with_capacity(runs.len());
        for run in runs {
            let (start, end) = (run.start as usize, run.end as usize);
            match stretches.last_mut() {
                Some(before) if before.1 == start => before.1 = end,
                _ => stretches.push((start, end)),
            }
        }
        // The ring's numbering may begin amid a stretch.
        if stretches.len() > 1 && stretches[0].0 == 0 && stretches[stretches.len() - 1].1 == n {
            let first = stretches.remove(0);
            let joined = stretches.len() - 1;
            stretches[joined].1 = n + first.1;
        }
        for (start, end) in stretches {
            self.stretch(points, start, end - start, tile)?;
        }
        Ok(())
    }

    /// Cuts `edges` consecutive edges from vertex `start` on into chains at every vertex on the
    /// border, leaving out the edges along it.
    fn stretch(&mut self, points: &[Point], start: usize, edges: usize, tile: TileBox) -> Result<(), MeshFault> {
        let n = points.len();
        let at = |i: usize| points[if i >= n { i - n } else { i }];
        let mut open = false;
        for i in start..start + edges {
            let (a, b) = (at(i % n), at((i + 1) % n));
            if !open {
                if !tile.on_border(a) {
                    return Err(MeshFault::CrossesClipLine { from: a, to: b });
                }
                if tile.along_border(a, b) {
                    continue;
                }
                self.chains.push(a);
                open = true;
            }
            self.chains.push(b);
            if tile.on_border(b) {
                self.chain_ends.push(self.chains.len());
                open = false;
            }
        }
        if open {
            let last = at((start + edges) % n);
            return Err(MeshFault::CrossesClipLine { from: last, to: last });
        }
        Ok(())
    }

    fn chain(&self, index: usize) -> &[Point] {
        let start = if index == 0 { 0 } else { self.chain_ends[index - 1] };
        &self.chains[start..self.chain_ends[index]]
    }

    /// Sorts the chains' ends around the border and joins each exit to the entry that follows.
    ///
    /// At one point of the border the ends are taken from the side the walk comes from, so that
    /// between an exit and the next entry there is always area, be it a wedge or border.
    fn join_chains(&mut self, tile: TileBox) -> Result<(), MeshFault> {
        self.gates.clear();
        for index in 0..self.chain_ends.len() {
            let chain = self.chain(index);
            let n = chain.len();
            let gate = |at: Point, towards: Point, enters: bool| Gate {
                perimeter: tile.perimeter(at),
                at,
                ray: minus(towards, at),
                enters,
                chain: index,
            };
            let both = [gate(chain[0], chain[1], true), gate(chain[n - 1], chain[n - 2], false)];
            self.gates.extend(both);
        }
        self.gates.sort_by(|a, b| a.perimeter.cmp(&b.perimeter).then_with(|| 0.cmp(&cross(b.ray, a.ray))));
        let gates = self.gates.len();
        let mut entry_after = vec![0; self.chain_ends.len()];
        for i in 0..gates {
            let (gate, next) = (self.gates[i], self.gates[(i + 1) % gates]);
            if gate.enters == next.enters {
                return Err(MeshFault::Crossing { near: gate.at });
            }
            if !gate.enters {
                entry_after[gate.chain] = (i + 1) % gates;
            }
        }
        let mut used = vec![false; self.chain_ends.len()];
        for first in 0..used.len() {
            if used[first] {
                continue;
            }
            let mut chain = first;
            loop {
                used[chain] = true;
                let start = if chain == 0 { 0 } else { self.chain_ends[chain - 1] };
                // The last vertex is the exit; it is written by the walk along the border.
                let end = self.chain_ends[chain] - 1;
                self.rings.extend(self.chains[start..end].iter().copied());
                let entry = entry_after[chain];
                let exit = self.gates[(entry + gates - 1) % gates];
                self.walk_border(tile, exit, self.gates[entry], entry == 0);
                chain = self.gates[entry].chain;
                if chain == first {
                    break;
                }
            }
            self.rings.close();
        }
        Ok(())
    }

    /// Writes the exit and the corners up to the entry, but not the entry, which the next chain
    /// begins with. `around`: the walk passes the north-west corner.
    fn walk_border(&mut self, tile: TileBox, exit: Gate, entry: Gate, around: bool) {
        let lap = if around { 4 * TileBox::SIDE } else { 0 };
        let (from, to) = (exit.perimeter, entry.perimeter + lap);
        if to == from {
            return; // The entry is the exit's own point, written once.
        }
        self.rings.add(exit.at);
        let corners = tile.corners();
        for k in 1..8 {
            let corner = k * TileBox::SIDE;
            if from < corner && corner < to {
                self.rings.add(corners[(k % 4) as usize]);
            }
        }
    }
}
