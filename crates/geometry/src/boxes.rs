//! Boxes around cells that follow each other, and around such boxes: where a polygon meets a few of very many cells,
//! most are told inside or outside together, and no outline of theirs is asked for.

use crate::pieces::{Bounds, Shape};
use h3o::CellIndex;
use rayon::prelude::*;
use std::ops::Range;

/// Cells, or boxes of the step before, in a box.
const FAN: usize = 8;

/// A box that is wider than this, in degrees, says nothing: it may go around the world.
const WIDEST: f32 = 90.0;

/// Beyond this latitude a box may hold a pole.
const MOST_LATITUDE: f32 = 85.0;

/// Boxes of cells, by step: of each cell, of each [`FAN`] cells, and so on.
#[derive(Debug, Clone, Default)]
pub(crate) struct Boxes {
    steps: Vec<Vec<Around>>,
}

/// West, south, east, north in degrees, rounded outwards; its middle lies between -180 and 180, or just beyond.
#[derive(Debug, Clone, Copy)]
struct Around([f32; 4]);

/// A box of cells that follow each other.
#[derive(Debug, Clone)]
pub(crate) struct Cells {
    step: usize,
    at: usize,
    /// Their places.
    pub(crate) places: Range<usize>,
}

impl Boxes {
    /// Of cells in an order in which those that are near mostly follow each other.
    pub(crate) fn new(cells: &[CellIndex]) -> Self {
        let mut steps: Vec<Vec<Around>> = vec![cells.par_iter().map(|cell| Around::of(*cell)).collect()];
        while let Some(finer) = steps.last().filter(|finer| finer.len() > FAN) {
            let coarser = finer.chunks(FAN).map(Around::together).collect();
            steps.push(coarser);
        }
        Self { steps }
    }

    /// The largest boxes.
    pub(crate) fn coarsest(&self) -> impl Iterator<Item = Cells> + '_ {
        let step = self.steps.len().saturating_sub(1);
        (0..self.steps.last().map_or(0, Vec::len)).map(move |at| self.cells(step, at))
    }

    /// The boxes in a box; none in that of one cell.
    pub(crate) fn finer(&self, of: &Cells) -> impl Iterator<Item = Cells> + '_ {
        let finer = of.step.checked_sub(1);
        let (from, to) = (of.at * FAN, (of.at + 1) * FAN);
        let all = finer.map_or(0..0, |step| from..to.min(self.steps[step].len()));
        all.map(move |at| self.cells(finer.unwrap_or(0), at))
    }

    fn cells(&self, step: usize, at: usize) -> Cells {
        let each = FAN.pow(step as u32);
        Cells { step, at, places: at * each..((at + 1) * each).min(self.steps[0].len()) }
    }

    /// The bounds of a box, on the turn of the world nearest to a longitude; `None` where it says nothing.
    pub(crate) fn bounds(&self, of: &Cells, near: f64) -> Option<Bounds> {
        let [west, south, east, north] = self.steps[of.step][of.at].0;
        if east - west > WIDEST || south < -MOST_LATITUDE || north > MOST_LATITUDE {
            return None;
        }
        let [west, south, east, north] = [west, south, east, north].map(f64::from);
        let turn = 360.0 * ((f64::midpoint(west, east) - near) / 360.0).round();
        Some(Bounds { low: [west - turn, south], high: [east - turn, north] })
    }
}

impl Around {
    fn of(cell: CellIndex) -> Self {
        let corners = Shape::new(cell, 0.0).corners;
        let low = |axis: usize| corners.iter().map(|at| at[axis]).fold(f64::INFINITY, f64::min) as f32;
        let high = |axis: usize| corners.iter().map(|at| at[axis]).fold(f64::NEG_INFINITY, f64::max) as f32;
        Self([low(0).next_down(), low(1).next_down(), high(0).next_up(), high(1).next_up()])
    }

    fn together(all: &[Self]) -> Self {
        all[1..].iter().fold(all[0], |Self([w, s, e, n]), Self(next)| {
            Self([w.min(next[0]), s.min(next[1]), e.max(next[2]), n.max(next[3])])
        })
    }
}
