//! The likelihood of tallies as a function of the log odds eta: binomial, or what noise makes of it.

use super::noised::Mixture;
use super::stage::{Stage, Tally};
use std::sync::Arc;

/// Least curvature in Newton's method: tallies that are sure of themselves still leave a solvable system.
pub(super) const LEAST_CURVATURE: f64 = 1e-9;

/// Value and derivatives of a log likelihood at one eta.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Point {
    /// `y eta - n log(1 + e^eta)`; the binomial coefficient is left out, since no scale changes it.
    pub value: f64,
    /// `y - n p`.
    pub slope: f64,
    /// W = `n p (1 - p)`, minus the second derivative.
    pub curvature: f64,
    /// dW / d eta = `n p (1 - p) (1 - 2p)`.
    pub twist: f64,
}

impl Point {
    /// Adds an independent observation of the same log odds.
    fn add(&mut self, other: &Self) {
        self.value += other.value;
        self.slope += other.slope;
        self.curvature += other.curvature;
        self.twist += other.twist;
    }
}

/// Binomial log likelihood of `yes` of `asked` at log odds `eta`.
pub(crate) fn binomial(yes: f64, asked: f64, eta: f64) -> Point {
    // log(1 + e^eta) without overflow.
    let softplus = eta.max(0.0) + (-eta.abs()).exp().ln_1p();
    let p = crate::benchmark::invlogit(eta);
    let spread = asked * p * (1.0 - p);
    Point {
        value: yes * eta - asked * softplus,
        slope: yes - asked * p,
        curvature: spread.max(LEAST_CURVATURE),
        twist: spread * (1.0 - 2.0 * p),
    }
}

/// The tallies of a stage, one entry a visited leaf, in leaf order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Observed {
    /// Position among the leaves.
    pub leaf: Vec<u32>,
    yes: Vec<f64>,
    asked: Vec<f64>,
    /// l + b0: what eta is at f = 0.
    base: Vec<f64>,
    /// Noised tallies in the order of the stage's: the entry that each belongs to, and what it says.
    noised: Vec<(usize, Arc<Mixture>)>,
}

impl Observed {
    /// Adds up the tallies of each leaf; leaves without an answer are left out.
    pub(crate) fn new(stage: &Stage<'_>) -> Self {
        let nobody = |seen: &super::Noised| Tally { leaf: seen.leaf, yes: 0.0, asked: 0.0 };
        let exact = stage.tallies.iter().copied().filter(|tally| tally.asked > 0.0);
        let mut tallies: Vec<Tally> = exact.chain(stage.noised.iter().map(nobody)).collect();
        tallies.sort_by_key(|tally| tally.leaf);
        let mut seen = Self { leaf: vec![], yes: vec![], asked: vec![], base: vec![], noised: vec![] };
        for tally in tallies {
            if seen.leaf.last() == Some(&tally.leaf) {
                let last = seen.leaf.len() - 1;
                seen.yes[last] += tally.yes;
                seen.asked[last] += tally.asked;
                continue;
            }
            seen.leaf.push(tally.leaf);
            seen.yes.push(tally.yes);
            seen.asked.push(tally.asked);
            seen.base.push(stage.offset[tally.leaf as usize] + stage.bias.mean);
        }
        let entry = |leaf: u32| seen.leaf.partition_point(|seen| *seen < leaf);
        seen.noised = stage.noised.iter().map(|noised| (entry(noised.leaf), noised.mixture.clone())).collect();
        seen
    }

    pub(crate) fn len(&self) -> usize {
        self.leaf.len()
    }

    /// Sum of the log likelihoods, and the points, at f.
    pub(crate) fn at(&self, f: &[f64]) -> (f64, Vec<Point>) {
        let mut points: Vec<Point> =
            (0..self.len()).map(|at| binomial(self.yes[at], self.asked[at], self.base[at] + f[at])).collect();
        for (entry, mixture) in &self.noised {
            points[*entry].add(&mixture.at(self.base[*entry] + f[*entry]));
        }
        (points.iter().map(|point| point.value).sum(), points)
    }

    /// Log odds of an entry's answers at f.
    pub(super) fn eta(&self, entry: usize, f: &[f64]) -> f64 {
        self.base[entry] + f[entry]
    }

    /// The noised tallies: the entry of each, and what it says.
    pub(super) fn noised(&self) -> &[(usize, Arc<Mixture>)] {
        &self.noised
    }

    /// Replaces what a noised tally says.
    pub(super) fn hear(&mut self, at: usize, mixture: Arc<Mixture>) {
        self.noised[at].1 = mixture;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derivatives_agree_with_differences() {
        let step = 1e-5;
        for (yes, asked, eta) in [(3.0, 10.0, -0.4), (0.0, 5.0, 1.2), (7.0, 7.0, 3.0)] {
            let [below, here, above] = [eta - step, eta, eta + step].map(|eta| binomial(yes, asked, eta));
            assert!(((above.value - below.value) / (2.0 * step) - here.slope).abs() < 1e-8);
            assert!(((below.slope - above.slope) / (2.0 * step) - here.curvature).abs() < 1e-8);
            assert!(((above.curvature - below.curvature) / (2.0 * step) - here.twist).abs() < 1e-8);
        }
    }

    #[test]
    fn far_logits_stay_finite() {
        for eta in [-800.0, -40.0, 40.0, 800.0] {
            let point = binomial(2.0, 5.0, eta);
            assert!(point.value.is_finite() && point.slope.is_finite() && point.curvature > 0.0);
        }
    }
}
