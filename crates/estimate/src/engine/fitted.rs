//! What a fit says: means, variances, shares and coherent draws of every leaf.

use super::gaussian::{Chance, Field, Located};
use super::stage::{Scales, Stage};
use super::totals::{Met, Total};
use crate::benchmark::invlogit;
use crate::chance::{PAIRS, key_hash};
use rayon::prelude::*;
use std::f64::consts::PI;

/// Mean of logit^-1(x) for x ~ N(mean, variance), by `logit^-1(m / sqrt(1 + pi v / 8))` (MacKay 1992).
pub fn mean_share(mean: f64, variance: f64) -> f64 {
    invlogit(mean / (1.0 + PI * variance / 8.0).sqrt())
}

/// The posterior at one size of the scales.
pub(crate) struct Component<'a> {
    pub weight: f64,
    pub delta: f64,
    pub field: Box<dyn Field + 'a>,
    pub at: Located,
    /// Of theta, per leaf; benchmarks met.
    pub mean: Vec<f64>,
    pub variance: Vec<f64>,
    /// Benchmarks met, in the order they were.
    pub met: Vec<Met>,
}

impl<'a> Component<'a> {
    pub(crate) fn new(stage: &Stage<'_>, weight: f64, delta: f64, field: Box<dyn Field + 'a>, at: Located) -> Self {
        let mean = field.leaf_mean(&at).iter().zip(&stage.offset).map(|(f, l)| l + f).collect();
        let variance = field.leaf_variance();
        Self { weight, delta, field, at, mean, variance, met: vec![] }
    }
}

/// A fitted stage.
pub struct Fitted<'a> {
    stage: &'a Stage<'a>,
    scales: Scales,
    log_evidence: f64,
    components: Vec<Component<'a>>,
}

impl<'a> Fitted<'a> {
    pub(crate) fn new(stage: &'a Stage<'a>, scales: Scales, log_evidence: f64, components: Vec<Component<'a>>) -> Self {
        Self { stage, scales, log_evidence, components }
    }

    /// The scales of most evidence times prior.
    pub fn scales(&self) -> &Scales {
        &self.scales
    }

    /// Log evidence at those scales, without binomial coefficients.
    pub fn log_evidence(&self) -> f64 {
        self.log_evidence
    }

    /// Per component of the mixture, how far its log sds lie from the scales, and its weight.
    pub fn components(&self) -> Vec<(f64, f64)> {
        self.components.iter().map(|component| (component.delta, component.weight)).collect()
    }

    /// Mean of theta per leaf, on the logit scale.
    pub fn mean(&self) -> Vec<f64> {
        let mut mean = vec![0.0; self.stage.offset.len()];
        for component in &self.components {
            mean.iter_mut().zip(&component.mean).for_each(|(sum, m)| *sum += component.weight * m);
        }
        mean
    }

    /// Variance of theta per leaf, within and between the components.
    pub fn variance(&self) -> Vec<f64> {
        let mean = self.mean();
        let mut variance = vec![0.0; mean.len()];
        for component in &self.components {
            for (leaf, sum) in variance.iter_mut().enumerate() {
                let apart = component.mean[leaf] - mean[leaf];
                *sum += component.weight * (component.variance[leaf] + apart * apart);
            }
        }
        variance
    }

    /// Mean share of the stage per leaf.
    pub fn shares(&self) -> Vec<f64> {
        self.mean().iter().zip(self.variance()).map(|(mean, variance)| mean_share(*mean, variance)).collect()
    }

    /// Posterior covariance of theta times a vector over the leaves, totals not counted, within the components.
    pub fn covariance_times(&self, weights: &[f64]) -> Vec<f64> {
        let mut sums = vec![0.0; weights.len()];
        for component in &self.components {
            let part = component.field.covariance_times(weights);
            sums.iter_mut().zip(part).for_each(|(sum, part)| *sum += component.weight * part);
        }
        sums
    }

    /// Number of leaves.
    pub(crate) fn leaves(&self) -> usize {
        self.stage.offset.len()
    }

    /// Per component, the covariance of theta after its totals times a sparse vector over the leaves.
    pub(crate) fn directions(&self, sparse: &[(u32, f64)]) -> Vec<Vec<f64>> {
        self.components.par_iter().map(|component| component.updated_covariance_times(sparse).0).collect()
    }

    /// Meets polls and known totals, the most certain first, in every component.
    pub fn meet(&mut self, totals: &[Total]) {
        let mut ordered: Vec<&Total> = totals.iter().collect();
        ordered.sort_by(|a, b| a.se.total_cmp(&b.se).then_with(|| a.key.cmp(&b.key)));
        self.components.par_iter_mut().for_each(|component| ordered.iter().for_each(|total| component.meet(total)));
    }

    /// The random numbers of this stage's draws: `stage` is 0, 1 or 2, `keys` the key of every node.
    pub fn chance(&self, seed: u64, stage: usize, keys: &[String]) -> Chance {
        let hashes: Vec<u64> = keys.iter().map(|key| key_hash(key)).collect();
        let fixed = self.components.first().map_or(0, |component| component.at.slopes.len());
        Chance::new(seed, stage, &hashes, fixed, self.stage.graph.is_some())
    }

    /// One draw of theta for every leaf, 0 to `DRAWS - 1`; draws of one number belong together over all areas.
    pub fn draw(&self, chance: &Chance, draw: usize) -> Vec<f64> {
        self.draw_tilted(chance, draw, None)
    }

    /// As [`Fitted::draw`], with totals met under weights that are multiplied by `tilt` (per leaf) in this draw.
    pub(crate) fn draw_tilted(&self, chance: &Chance, draw: usize, tilt: Option<&[f64]>) -> Vec<f64> {
        let Some(component) = self.components.get(self.component_of(chance, draw)) else {
            return self.stage.offset.clone();
        };
        let mut theta = component.field.draw(&component.at, chance, draw);
        theta.iter_mut().zip(&self.stage.offset).for_each(|(theta, l)| *theta += l);
        component.meet_in_draw(&mut theta, chance, draw, tilt);
        theta
    }

    /// Meets the known totals again in a draw that was moved since; returns how far the farthest was, as a share.
    pub(crate) fn meet_known(&self, theta: &mut [f64], chance: &Chance, draw: usize, tilt: &[f64]) -> f64 {
        let component = self.components.get(self.component_of(chance, draw));
        component.map_or(0.0, |component| component.meet_known(theta, tilt))
    }

    /// Which component a draw picks.
    pub(crate) fn component_of(&self, chance: &Chance, draw: usize) -> usize {
        let mut rest = chance.component[draw % PAIRS];
        let chosen = self.components.iter().position(|component| {
            rest -= component.weight;
            rest < 0.0
        });
        chosen.unwrap_or(self.components.len().saturating_sub(1))
    }

    /// Whether draws are cheaper several at a time.
    pub(crate) fn is_joint(&self) -> bool {
        self.stage.graph.is_some()
    }

    /// Several draws of theta, totals not yet met: those of one component share their work.
    pub(crate) fn unmet_draws(&self, chance: &Chance, draws: &[usize]) -> Vec<Vec<f64>> {
        let mut thetas: Vec<Vec<f64>> = vec![self.stage.offset.clone(); draws.len()];
        for (at, component) in self.components.iter().enumerate() {
            let picked: Vec<usize> =
                (0..draws.len()).filter(|row| self.component_of(chance, draws[*row]) == at).collect();
            let numbers: Vec<usize> = picked.iter().map(|row| draws[*row]).collect();
            for (row, field) in picked.iter().zip(component.field.draws(&component.at, chance, &numbers)) {
                thetas[*row].iter_mut().zip(field).for_each(|(theta, field)| *theta += field);
            }
        }
        thetas
    }

    /// Meets the totals in one of [`Fitted::unmet_draws`], as [`Fitted::draw_tilted`] does.
    pub(crate) fn meet_drawn(&self, theta: &mut [f64], chance: &Chance, draw: usize, tilt: &[f64]) {
        if let Some(component) = self.components.get(self.component_of(chance, draw)) {
            component.meet_in_draw(theta, chance, draw, Some(tilt));
        }
    }
}
