//! Polls and known totals as soft benchmarks of a fitted stage.
//!
//! A total says `z = sum w_i p_i + eps`, `eps ~ N(0, se²)`, over a set of areas. Linearised at the mean with
//! `g_i = w_i p_i (1 - p_i)`, it is one more Gaussian observation: with S the covariance of theta,
//!
//! ```text
//! mean += S g (z - prediction) / q,    variance -= (S g)² / q,    q = g' S g + se²
//! ```
//!
//! The direction `S g` and q are kept, so that the next total sees `S - S g (S g)' / q` without a matrix of areas.
//! se = 0 meets the total exactly (the logit shift of Rosenman, McCartan, Olivella 2023, spread by S).

use super::dense::dot;
use super::fitted::{Component, mean_share};
use super::gaussian::Chance;
use crate::benchmark::invlogit;
use crate::chance::{Purpose, Stream, key_hash};

/// A poll or a known total of one stage.
#[derive(Debug, Clone, PartialEq)]
pub struct Total {
    /// Key of its area: addresses the random numbers of its error.
    pub key: String,
    /// Leaves and their weights, 0 or more (the stage's base in people); normalised here.
    pub weights: Vec<(u32, f64)>,
    /// The stage's share.
    pub share: f64,
    /// Its standard error; 0 is exact.
    pub se: f64,
}

/// Bounds of a share that can be met on the logit scale.
const SHARE_BOUND: f64 = 1e-9;
/// Bounds of a drawn target of a poll, as in the prior's draws.
const DRAWN_BOUND: f64 = 1e-3;
/// Gauss-Newton stops when the total is met to this; three iterations are the rule.
const MEAN_TOLERANCE: f64 = 1e-13;
/// Most Gauss-Newton iterations.
const MEAN_ITERATIONS: usize = 30;
/// A draw meets a known total to this.
const DRAW_TOLERANCE: f64 = 1e-12;
/// Most steps in a draw; a dozen is usual.
const DRAW_ITERATIONS: usize = 80;
/// Longest step of a share towards a known total in one iteration.
const LONGEST_ALONG: f64 = 0.25;
/// Innovation variance below which a total says nothing that an exact one has not said before.
const LEAST_INNOVATION: f64 = 1e-16;

/// A total as a component met it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Met {
    key: u64,
    weights: Vec<(u32, f64)>,
    share: f64,
    se: f64,
    /// S g at the time, over all leaves.
    direction: Vec<f64>,
    /// q.
    innovation: f64,
    /// Per earlier total i: `direction_i' g / q_i`, so that the first covariance times g is
    /// `direction + sum loads_i direction_i`.
    loads: Vec<f64>,
}

impl Component<'_> {
    /// Covariance of theta, earlier totals met, times a sparse g; and the loads on their directions.
    pub(crate) fn updated_covariance_times(&self, g: &[(u32, f64)]) -> (Vec<f64>, Vec<f64>) {
        let mut dense = vec![0.0; self.mean.len()];
        g.iter().for_each(|(leaf, value)| dense[*leaf as usize] += value);
        let mut result = self.field.covariance_times(&dense);
        let mut loads = Vec::with_capacity(self.met.len());
        for met in &self.met {
            let load = if met.innovation > 0.0 { sparse_dot(g, &met.direction) / met.innovation } else { 0.0 };
            result.iter_mut().zip(&met.direction).for_each(|(sum, direction)| *sum -= load * direction);
            loads.push(load);
        }
        (result, loads)
    }

    /// Meets a total: moves the mean, narrows the variance, keeps the direction.
    pub(crate) fn meet(&mut self, total: &Total) {
        let whole: f64 = total.weights.iter().map(|(_, weight)| weight).sum();
        if whole <= 0.0 {
            return;
        }
        let weights: Vec<(u32, f64)> = total.weights.iter().map(|(leaf, weight)| (*leaf, weight / whole)).collect();
        let share = total.share.clamp(SHARE_BOUND, 1.0 - SHARE_BOUND);
        let before = self.mean.clone();
        let (mut direction, mut loads, mut innovation) = (vec![], vec![], 0.0);
        for _ in 0..MEAN_ITERATIONS {
            let p = |leaf: u32| mean_share(self.mean[leaf as usize], self.variance[leaf as usize]);
            let prediction: f64 = weights.iter().map(|(leaf, weight)| weight * p(*leaf)).sum();
            let g: Vec<(u32, f64)> =
                weights.iter().map(|(leaf, weight)| (*leaf, weight * p(*leaf) * (1.0 - p(*leaf)))).collect();
            (direction, loads) = self.updated_covariance_times(&g);
            innovation = sparse_dot(&g, &direction) + total.se * total.se;
            if innovation < LEAST_INNOVATION {
                return;
            }
            let moved: f64 = g.iter().map(|(leaf, g)| g * (self.mean[*leaf as usize] - before[*leaf as usize])).sum();
            let step = (share - prediction + moved) / innovation;
            let mut largest = 0.0f64;
            for (leaf, mean) in self.mean.iter_mut().enumerate() {
                let next = before[leaf] + direction[leaf] * step;
                largest = largest.max((next - *mean).abs());
                *mean = next;
            }
            if largest < MEAN_TOLERANCE {
                break;
            }
        }
        for (variance, direction) in self.variance.iter_mut().zip(&direction) {
            *variance = (*variance - direction * direction / innovation).max(0.0);
        }
        let key = key_hash(&total.key);
        self.met.push(Met { key, weights, share, se: total.se, direction, innovation, loads });
    }

    /// Meets all totals in one draw, each with its own drawn error.
    ///
    /// With R = diag(se²), G the gradients and y the drawn targets, the draw is `theta + S G a` where
    /// `R a + shares(theta + S G a) = y`: exactly the conditional law where shares are linear, and exactly on a known
    /// total where they are not. `R + G' S G` is already factored by the directions, innovations and loads.
    ///
    /// `tilt`, per leaf, multiplies the weights in this draw: the voters of a drawn turnout are not those of its mean.
    pub(crate) fn meet_in_draw(&self, theta: &mut [f64], chance: &Chance, draw: usize, tilt: Option<&[f64]>) {
        if self.met.is_empty() {
            return;
        }
        let targets: Vec<f64> = self.met.iter().map(|met| met.target(chance, draw)).collect();
        let left = |theta: &[f64], a: &[f64]| -> Vec<f64> {
            let each = self.met.iter().zip(&targets).zip(a);
            each.map(|((met, target), a)| target - met.predict(theta, tilt) - met.se * met.se * a).collect()
        };
        let size = |residual: &[f64]| residual.iter().fold(0.0f64, |most, r| most.max(r.abs()));
        let mut a = vec![0.0; self.met.len()];
        let mut residual = left(theta, &a);
        for _ in 0..DRAW_ITERATIONS {
            if size(&residual) < DRAW_TOLERANCE {
                break;
            }
            let (along, change) = self.solve(&residual);
            let mut step = 1.0;
            loop {
                let mut next = theta.to_vec();
                for (met, along) in self.met.iter().zip(&along) {
                    next.iter_mut().zip(&met.direction).for_each(|(theta, d)| *theta += step * along * d);
                }
                let next_a: Vec<f64> = a.iter().zip(&change).map(|(a, change)| a + step * change).collect();
                let next_residual = left(&next, &next_a);
                if size(&next_residual) < size(&residual) || step < 1e-3 {
                    theta.copy_from_slice(&next);
                    (a, residual) = (next_a, next_residual);
                    break;
                }
                step *= 0.5;
            }
        }
    }

    /// Meets the known totals again, each along its own direction, in a draw that something else has moved since; returns
    /// how far the farthest was. A direction leaves the totals before it where they are, to first order.
    pub(crate) fn meet_known(&self, theta: &mut [f64], tilt: &[f64]) -> f64 {
        let mut farthest = 0.0f64;
        for met in self.met.iter().filter(|met| met.se == 0.0) {
            for turn in 0..DRAW_ITERATIONS {
                let left = met.share - met.predict(theta, Some(tilt));
                if turn == 0 {
                    farthest = farthest.max(left.abs());
                }
                let slope = met.slope(theta, tilt);
                if left.abs() < DRAW_TOLERANCE || slope.abs() < LEAST_INNOVATION {
                    break;
                }
                let step = (left / slope).clamp(-LONGEST_ALONG / slope.abs(), LONGEST_ALONG / slope.abs());
                theta.iter_mut().zip(&met.direction).for_each(|(theta, d)| *theta += step * d);
            }
        }
        farthest
    }

    /// Solves `(R + G' S G) a = residual`: the steps along the kept directions, and a.
    fn solve(&self, residual: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let mut along = residual.to_vec();
        for at in 0..along.len() {
            along[at] -= dot(&self.met[at].loads, &along[..at]);
        }
        along.iter_mut().zip(&self.met).for_each(|(x, met)| *x /= met.innovation);
        let mut a = along.clone();
        for at in (0..a.len()).rev() {
            for later in at + 1..a.len() {
                a[at] -= self.met[later].loads[at] * a[later];
            }
        }
        (along, a)
    }
}

impl Met {
    fn predict(&self, theta: &[f64], tilt: Option<&[f64]>) -> f64 {
        let share = |leaf: &u32| invlogit(theta[*leaf as usize]);
        let Some(tilt) = tilt else { return self.weights.iter().map(|(leaf, weight)| weight * share(leaf)).sum() };
        let (mut sum, mut whole) = (0.0, 0.0);
        for (leaf, weight) in &self.weights {
            let weight = weight * tilt[*leaf as usize];
            sum += weight * share(leaf);
            whole += weight;
        }
        if whole > 0.0 { sum / whole } else { self.share }
    }

    /// How the prediction answers to a step along the total's own direction.
    fn slope(&self, theta: &[f64], tilt: &[f64]) -> f64 {
        let (mut sum, mut whole) = (0.0, 0.0);
        for (leaf, weight) in &self.weights {
            let (weight, p) = (weight * tilt[*leaf as usize], invlogit(theta[*leaf as usize]));
            sum += weight * p * (1.0 - p) * self.direction[*leaf as usize];
            whole += weight;
        }
        if whole > 0.0 { sum / whole } else { 0.0 }
    }

    fn target(&self, chance: &Chance, draw: usize) -> f64 {
        drawn_target((self.share, self.se), chance.seed, (chance.stage, self.key), draw)
    }
}

/// A target as a draw has it: a known total is itself, a poll has an error, addressed by its stage and key.
pub(super) fn drawn_target((share, se): (f64, f64), seed: u64, (stage, key): (usize, u64), draw: usize) -> f64 {
    if se == 0.0 {
        return share;
    }
    let errors = Stream::new(seed, Purpose::BenchmarkError(stage), key).stratified();
    (share + se * errors[draw]).clamp(DRAWN_BOUND, 1.0 - DRAWN_BOUND)
}

fn sparse_dot(sparse: &[(u32, f64)], dense: &[f64]) -> f64 {
    sparse.iter().map(|(leaf, value)| value * dense[*leaf as usize]).sum()
}
