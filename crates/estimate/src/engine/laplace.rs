//! Newton's method to the mode of the Laplace approximation, the evidence there, and its gradient.
//!
//! ```text
//! evidence = sum log p(y | f) - f' K^-1 f / 2 - log |I + W^1/2 K W^1/2| / 2      at the mode f
//! ```
//!
//! Its gradient with respect to a variance v, K' = dK/dv, has the explicit part `alpha' K' alpha / 2 - trace((W^-1 +
//! K)^-1 K') / 2` and, since W moves with the mode, the part `u' K' alpha` with `u = s - W C s`, C the posterior
//! covariance of f and `s_i = -C_ii (dW_i / df_i) / 2` (Rasmussen and Williams 2006, section 5.5.1).

use super::gaussian::{Gaussian, Located};
use super::likelihood::{Observed, Point};
use super::neighbours::NeighbourRoute;
use super::stage::{Scales, Stage, StageError, Variances};
use super::tree::TreeRoute;
use std::sync::Arc;

/// Longest step of Newton's method, in logits (method, section 2).
const LONGEST_STEP: f64 = 4.0;

/// The mode is reached when no f moves by more than this, in logits. The method asks for 1e-5; as convergence is
/// quadratic this costs one step more, and leaves an evidence that its gradient agrees with.
const TOLERANCE: f64 = 1e-7;

/// The same while scales are being looked for: the error of the evidence is of the square of it.
const SEARCH_TOLERANCE: f64 = 1e-4;

/// Newton steps after which something is wrong: five to eight suffice.
const MOST_STEPS: usize = 100;

/// The two routes of exact linear algebra.
pub(crate) enum Route<'a> {
    /// Tree only.
    Tree(Arc<TreeRoute<'a>>),
    /// Tree and neighbours.
    Neighbours(Arc<NeighbourRoute<'a>>),
}

impl<'a> Route<'a> {
    /// The route that a stage needs. `whole`: it will also be asked about leaves; a search for scales is not.
    ///
    /// # Errors
    /// When there is no memory for the neighbours' system.
    pub(crate) fn new(stage: &'a Stage<'a>, observed: &Observed, whole: bool) -> Result<Self, StageError> {
        Ok(match stage.graph {
            None => Self::Tree(Arc::new(TreeRoute::new(stage, observed))),
            Some(graph) => Self::Neighbours(Arc::new(NeighbourRoute::new(stage, graph, observed, whole)?)),
        })
    }

    fn gaussian(&self, variances: &Variances, weights: &[f64]) -> Result<Box<dyn Gaussian + 'a>, StageError> {
        match self {
            Self::Tree(route) => Ok(Box::new(route.sweep(variances, weights)?)),
            Self::Neighbours(route) => Ok(Box::new(route.system(variances, weights)?)),
        }
    }
}

/// The Laplace approximation at one set of scales.
pub(crate) struct Mode<'a> {
    /// f at the tallies.
    pub f: Vec<f64>,
    /// The Gaussian around it.
    pub gaussian: Box<dyn Gaussian + 'a>,
    /// Where it lies.
    pub at: Located,
    /// Log evidence, without the binomial coefficients.
    pub evidence: f64,
    alpha: Vec<f64>,
    points: Vec<Point>,
}

/// Finds the mode. `start` is a guess of f, from scales nearby.
pub(crate) fn mode<'a>(
    route: &Route<'a>,
    observed: &Observed,
    variances: &Variances,
    start: Option<&[f64]>,
) -> Result<Mode<'a>, StageError> {
    mode_within(TOLERANCE, route, observed, variances, start)
}

/// The mode as closely as a search for scales needs it.
pub(crate) fn rough_mode<'a>(
    route: &Route<'a>,
    observed: &Observed,
    variances: &Variances,
    start: Option<&[f64]>,
) -> Result<Mode<'a>, StageError> {
    mode_within(SEARCH_TOLERANCE, route, observed, variances, start)
}

fn mode_within<'a>(
    tolerance: f64,
    route: &Route<'a>,
    observed: &Observed,
    variances: &Variances,
    start: Option<&[f64]>,
) -> Result<Mode<'a>, StageError> {
    let mut f = start.map_or_else(|| vec![0.0; observed.len()], <[f64]>::to_vec);
    // K^-1 f is known at 0 and after a first full step; without it the objective cannot be compared.
    let mut alpha = start.is_none().then(|| vec![0.0; observed.len()]);
    for _ in 0..MOST_STEPS {
        let (value, points) = observed.at(&f);
        let weights: Vec<f64> = points.iter().map(|point| point.curvature).collect();
        let information: Vec<f64> = points.iter().zip(&f).map(|(point, f)| point.curvature * f + point.slope).collect();
        let gaussian = route.gaussian(variances, &weights)?;
        let target = gaussian.smooth(&information);
        let aim: Vec<f64> = (0..f.len()).map(|at| information[at] - weights[at] * target[at]).collect();
        let jump = f.iter().zip(&target).map(|(f, target)| (f - target).abs()).fold(0.0, f64::max);
        if !jump.is_finite() {
            return Err(StageError::Singular);
        }
        if jump < tolerance {
            let evidence = value - 0.5 * super::dense::dot(&aim, &f) - 0.5 * gaussian.log_det();
            let at = gaussian.locate(&information);
            return Ok(Mode { f, gaussian, at, evidence, alpha: aim, points });
        }
        let Some(from) = &alpha else {
            if jump > LONGEST_STEP {
                return mode_within(tolerance, route, observed, variances, None);
            }
            (f, alpha) = (target, Some(aim));
            continue;
        };
        let objective = |f: &[f64], value: f64, alpha: &[f64]| value - 0.5 * super::dense::dot(alpha, f);
        let before = objective(&f, value, from);
        let mut step = (LONGEST_STEP / jump).min(1.0);
        loop {
            let between = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a + step * (b - a)).collect::<Vec<f64>>();
            let (next, next_alpha) = (between(&f, &target), between(from, &aim));
            let after = objective(&next, observed.at(&next).0, &next_alpha);
            // Rounding of a sum of thousands of terms must not look like a descent.
            if after > before - 1e-9 * (1.0 + before.abs()) || step < 1e-4 {
                (f, alpha) = (next, Some(next_alpha));
                break;
            }
            step *= 0.5;
        }
    }
    Err(StageError::Singular)
}

impl Mode<'_> {
    /// Gradient of the evidence with respect to the variances.
    pub(crate) fn gradient(&self) -> Variances {
        let variance = self.gaussian.variance();
        let pull: Vec<f64> = variance.iter().zip(&self.points).map(|(v, point)| -0.5 * v * point.twist).collect();
        let carried = self.gaussian.smooth(&pull);
        let adjoint: Vec<f64> = (0..pull.len()).map(|at| pull[at] - self.points[at].curvature * carried[at]).collect();
        self.gaussian.derivative(&self.alpha, &adjoint)
    }

    /// Minus the second derivatives of the evidence with respect to the scales, about: the average of the observed and
    /// the expected ones, `a_i' (W^-1 + K)^-1 a_j / 2` with `a_i = dK/dscale_i alpha`, which needs no trace (Gilmour,
    /// Thompson, Cullis 1995). Row-major.
    pub(crate) fn curvature(&self, stage: &Stage<'_>, scales: &Scales) -> Vec<f64> {
        let swings = self.gaussian.swings(&self.alpha);
        let by_tally: Vec<Vec<f64>> = swings.iter().map(|swing| scales.gradient(&stage.covariates, swing)).collect();
        let size = by_tally.first().map_or(0, Vec::len);
        let column = |at: usize| by_tally.iter().map(move |row| row[at]);
        let weigh = |at| column(at).zip(&self.points).map(|(a, point)| a * point.curvature).collect();
        let all: Vec<Vec<f64>> = (0..size).map(weigh).collect();
        let mut curvature = vec![0.0; size * size];
        for (row, (weighted, carried)) in all.iter().zip(self.gaussian.smooth_many(&all)).enumerate() {
            let left: Vec<f64> = (0..weighted.len())
                .map(|tally| weighted[tally] - self.points[tally].curvature * carried[tally])
                .collect();
            for other in 0..size {
                curvature[row * size + other] = 0.5 * column(other).zip(&left).map(|(a, b)| a * b).sum::<f64>();
            }
        }
        curvature
    }
}

impl<'a> Mode<'a> {
    /// The same mode on the route that also answers about leaves.
    ///
    /// # Errors
    /// When the system is not positive definite in the numbers at hand.
    pub(crate) fn on(mut self, route: &Route<'a>, variances: &Variances) -> Result<Self, StageError> {
        if let Route::Neighbours(_) = route {
            let weights: Vec<f64> = self.points.iter().map(|point| point.curvature).collect();
            self.gaussian = route.gaussian(variances, &weights)?;
            self.at = self.gaussian.locate(&self.at.information);
        }
        Ok(self)
    }
}
