//! How good a forecast was, area by area: MAE and CRPS in points, coverage of 90 % intervals, PIT.

use super::Case;
use crate::interval::interval90;
use quartier_model::{DRAW_ONE, DRAWS, Draw};
use rayon::prelude::*;

/// Groups of the electorate.
pub(crate) const GROUPS: usize = 4;

/// A figure of an area beside what came: shares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Judged {
    /// Position of the area in its level.
    pub area: usize,
    pub group: usize,
    /// Electors.
    pub weight: f64,
    pub mean: f64,
    pub low: f64,
    pub high: f64,
    pub actual: f64,
    pub crps: f64,
    /// Where the truth falls among the draws, strictly inside (0, 1).
    pub pit: f64,
}

impl Judged {
    pub fn error(&self) -> f64 {
        (self.mean - self.actual).abs()
    }

    pub fn is_inside(&self) -> bool {
        (self.low..=self.high).contains(&self.actual)
    }
}

/// Sums of scores, weighted by electors.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Score {
    weight: f64,
    error: f64,
    crps: f64,
    inside: f64,
    areas: usize,
    /// Weight in each of twenty parts of (0, 1).
    pit: [f64; PIT_PARTS],
}

/// Parts of a PIT histogram.
pub(crate) const PIT_PARTS: usize = 20;

impl Score {
    pub fn add(&mut self, judged: &Judged) {
        self.weight += judged.weight;
        self.error += judged.weight * judged.error();
        self.crps += judged.weight * judged.crps;
        self.inside += if judged.is_inside() { judged.weight } else { 0.0 };
        self.areas += 1;
        self.pit[((judged.pit * PIT_PARTS as f64) as usize).min(PIT_PARTS - 1)] += judged.weight;
    }

    /// Figures that were judged.
    pub fn areas(&self) -> usize {
        self.areas
    }

    fn over(&self, sum: f64) -> f64 {
        if self.weight > 0.0 { sum / self.weight } else { 0.0 }
    }

    /// Mean absolute error in points.
    pub fn mae(&self) -> f64 {
        100.0 * self.over(self.error)
    }

    /// CRPS in points.
    pub fn crps(&self) -> f64 {
        100.0 * self.over(self.crps)
    }

    /// Part of the electors whose 90 % interval held, 0 to 1.
    pub fn coverage(&self) -> f64 {
        self.over(self.inside)
    }

    /// PIT histogram in `parts` parts (a divisor of [`PIT_PARTS`]); fractions that add to 1.
    pub fn pit(&self, parts: usize) -> Vec<f64> {
        self.pit.chunks(PIT_PARTS / parts).map(|chunk| self.over(chunk.iter().sum())).collect()
    }
}

/// Judges the draws of a level's areas: of every group that the forecast is about, where the truth is known.
pub(crate) fn judge(case: &Case<'_>, draws: &[Draw], level: usize) -> Vec<Judged> {
    let members = case.members(level);
    members.par_iter().enumerate().flat_map_iter(|(area, leaves)| judge_area(case, draws, area, leaves)).collect()
}

fn judge_area(case: &Case<'_>, draws: &[Draw], area: usize, leaves: &[u32]) -> Vec<Judged> {
    let groups = case.judged_groups();
    let judged = |group: &usize| {
        let known: Vec<usize> =
            leaves.iter().map(|leaf| *leaf as usize).filter(|leaf| case.is_known(*leaf, *group)).collect();
        let electors = |leaf: usize| case.groups(leaf).iter().sum::<f64>();
        let weight: f64 = known.iter().map(|leaf| electors(*leaf)).sum();
        if weight <= 0.0 {
            return None;
        }
        let actual = known.iter().map(|leaf| case.groups(*leaf)[*group]).sum::<f64>() / weight;
        let mut shares = [0.0; DRAWS];
        for leaf in &known {
            let part = electors(*leaf) / weight / f64::from(DRAW_ONE);
            let own = &draws[leaf * DRAWS..][..DRAWS];
            shares.iter_mut().zip(own).for_each(|(sum, draw)| *sum += part * f64::from(group_of(*draw, *group)));
        }
        let (low, high) = interval90(&shares);
        let mean = shares.iter().sum::<f64>() / DRAWS as f64;
        let crps = crps(&shares, actual);
        Some(Judged { area, group: *group, weight, mean, low, high, actual, crps, pit: pit(&shares, actual) })
    };
    groups.iter().filter_map(judged).collect()
}

fn group_of(draw: Draw, group: usize) -> u16 {
    match group {
        0 => draw.abstainers,
        1 => draw.undecided,
        2 => draw.favourable,
        _ => draw.opposed(),
    }
}

/// CRPS of the draws: `mean |x - truth| - mean |x - x'| / 2` (Gneiting and Raftery 2007, equation 21).
fn crps(draws: &[f64; DRAWS], truth: f64) -> f64 {
    let mut sorted = *draws;
    sorted.sort_by(f64::total_cmp);
    let count = DRAWS as f64;
    let apart: f64 = sorted.iter().enumerate().map(|(at, x)| (2.0 * (at as f64 + 1.0) - count - 1.0) * x).sum();
    draws.iter().map(|x| (x - truth).abs()).sum::<f64>() / count - apart / (count * count)
}

/// Part of the draws below the truth, those equal to it by half; half a draw from either end at least.
fn pit(draws: &[f64; DRAWS], truth: f64) -> f64 {
    let below = draws.iter().filter(|x| **x < truth).count() as f64;
    let equal = draws.iter().filter(|x| **x == truth).count() as f64;
    (below + 0.5 * equal + 0.5) / (DRAWS as f64 + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crps_and_pit_of_draws_with_a_known_answer() {
        let even: [f64; DRAWS] = std::array::from_fn(|at| (at as f64 + 0.5) / DRAWS as f64);
        // Of a uniform law on (0, 1) at its middle: 1/4 - 1/6.
        assert!((crps(&even, 0.5) - 1.0 / 12.0).abs() < 1e-3);
        assert!((crps(&[0.3; DRAWS], 0.5) - 0.2).abs() < 1e-12);
        assert!((pit(&even, 0.25) - 50.5 / 201.0).abs() < 1e-12);
        assert!(pit(&even, -1.0) > 0.0 && pit(&even, 2.0) < 1.0);
    }
}
