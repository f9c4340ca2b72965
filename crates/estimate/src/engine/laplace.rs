//! Newton's method to the mode of the Laplace approximation, the evidence there, and its gradient.
//!
//! ```text
//! evidence = sum log p(y | f) - f' K^-1 f / 2 - log |I + W^1/2 K W^1/2| / 2      at the mode f
//! ```
//!
//! Its gradient with respect to a variance v, K' = dK/dv, has the explicit part `alpha' K' alpha / 2 - trace((W^-1 +
//! K)^-1 K') / 2` and, since W moves with the mode, the part `u' K' alpha` with `u = s - W C s`, C the posterior
//! covariance of f and `s_i = -C_ii (dW_i / df_i) / 2` (Rasmussen and Williams 2006, section 5.5.1).

use super::dense::dot;
use super::gaussian::{Field, Gaussian, Located};
use super::kernel::KernelRoute;
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

/// While scales are being looked for, the system of an f that lies this near may stand for that of the mode, in logits:
/// its log determinant is corrected to first order, and what is left is of the square of this.
const SEARCH_SLACK: f64 = 1e-2;

/// From this near on, in logits, steps go on with the system at hand for as long as each is much shorter than the last.
const GLIDE: f64 = 0.5;

/// What a step may be of the one before it when the system stays.
const GLIDE_RATIO: f64 = 0.3;

/// Newton steps after which something is wrong: five to eight suffice.
const MOST_STEPS: usize = 100;

/// The routes of exact linear algebra.
pub(crate) enum Route<'a> {
    /// One that knows of all leaves.
    Wide(Wide<'a>),
    /// Tree and neighbours of few tallies, which knows of nothing else.
    Kernel(Arc<KernelRoute<'a>>),
}

impl<'a> Route<'a> {
    /// The route on which scales are looked for: it is asked about tallies alone.
    ///
    /// # Errors
    /// When there is no memory for the neighbours' system.
    pub(crate) fn of_tallies(stage: &'a Stage<'a>, observed: &Observed) -> Result<Self, StageError> {
        Ok(match stage.graph {
            Some(graph) if KernelRoute::suits(stage, observed) => {
                Self::Kernel(Arc::new(KernelRoute::new(stage, graph, observed)))
            }
            _ => Self::Wide(Wide::new(stage, observed, false)?),
        })
    }

    fn gaussian(&self, variances: &Variances, weights: &[f64]) -> Result<Box<dyn Gaussian + 'a>, StageError> {
        match self {
            Self::Wide(route) => Ok(route.posterior(variances, weights)?),
            Self::Kernel(route) => Ok(Box::new(route.posterior(variances, weights)?)),
        }
    }
}

/// A route that knows of all leaves.
pub(crate) enum Wide<'a> {
    /// Tree only.
    Tree(Arc<TreeRoute<'a>>),
    /// Tree and neighbours.
    Neighbours(Arc<NeighbourRoute<'a>>),
}

impl<'a> Wide<'a> {
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

    fn posterior(&self, variances: &Variances, weights: &[f64]) -> Result<Box<dyn Field + 'a>, StageError> {
        Ok(match self {
            Self::Tree(route) => Box::new(route.sweep(variances, weights)?),
            Self::Neighbours(route) => Box::new(route.system(variances, weights)?),
        })
    }

    /// The field around a mode that was found at the same variances.
    ///
    /// # Errors
    /// When the system is not positive definite in the numbers at hand.
    pub(crate) fn field(
        &self,
        mode: &Mode<'_>,
        variances: &Variances,
    ) -> Result<(Box<dyn Field + 'a>, Located), StageError> {
        let weights: Vec<f64> = mode.points.iter().map(|point| point.curvature).collect();
        let field = self.posterior(variances, &weights)?;
        let at = field.locate(&mode.information);
        Ok((field, at))
    }
}

/// The Laplace approximation at one set of scales.
pub(crate) struct Mode<'a> {
    /// f at the tallies.
    pub f: Vec<f64>,
    /// The Gaussian around it.
    pub gaussian: Box<dyn Gaussian + 'a>,
    /// b = W f + slope of the likelihood, which locates it.
    information: Vec<f64>,
    /// Log evidence, without the binomial coefficients.
    pub evidence: f64,
    alpha: Vec<f64>,
    /// Of the likelihood; the curvatures are those of the Gaussian.
    points: Vec<Point>,
}

/// Finds the mode. `start` is a guess of f, from scales nearby.
pub(crate) fn mode<'a>(
    route: &Route<'a>,
    observed: &Observed,
    variances: &Variances,
    start: Option<&[f64]>,
) -> Result<Mode<'a>, StageError> {
    mode_within(0.0, route, observed, variances, start)
}

/// The mode as closely as a search for scales needs it.
pub(crate) fn rough_mode<'a>(
    route: &Route<'a>,
    observed: &Observed,
    variances: &Variances,
    start: Option<&[f64]>,
) -> Result<Mode<'a>, StageError> {
    mode_within(SEARCH_SLACK, route, observed, variances, start)
}

/// `slack`: how far from the mode its system may be taken.
fn mode_within<'a>(
    slack: f64,
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
        let gaussian = route.gaussian(variances, &weights)?;
        let Step { information, target, aim, jump } = Step::from(&*gaussian, &weights, &points, &f);
        if !jump.is_finite() {
            return Err(StageError::Singular);
        }
        if jump < TOLERANCE {
            let evidence = value - 0.5 * dot(&aim, &f) - 0.5 * gaussian.log_det();
            return Ok(Mode { f, gaussian, information, evidence, alpha: aim, points });
        }
        if jump < GLIDE
            && let Some(glided) = glide(&*gaussian, observed, &weights, jump, &target)
        {
            if largest_apart(&glided.f, &f) < slack {
                return Ok(glided.taken_with(gaussian, &weights));
            }
            (f, alpha) = (glided.f, Some(glided.step.aim));
            continue;
        }
        let Some(from) = &alpha else {
            if jump > LONGEST_STEP {
                return mode_within(slack, route, observed, variances, None);
            }
            (f, alpha) = (target, Some(aim));
            continue;
        };
        let objective = |f: &[f64], value: f64, alpha: &[f64]| value - 0.5 * dot(alpha, f);
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

/// One step of Newton's method, with a system whose curvatures may be those of another f nearby.
struct Step {
    /// b = W f + slope of the likelihood.
    information: Vec<f64>,
    /// Where the step leads: `K (I + W K)^-1 b`.
    target: Vec<f64>,
    /// K^-1 target.
    aim: Vec<f64>,
    /// How far it leads, in logits.
    jump: f64,
}

impl Step {
    fn from(gaussian: &dyn Gaussian, weights: &[f64], points: &[Point], f: &[f64]) -> Self {
        let information: Vec<f64> =
            points.iter().zip(weights).zip(f).map(|((point, weight), f)| weight * f + point.slope).collect();
        let target = gaussian.smooth(&information);
        let aim = (0..f.len()).map(|at| information[at] - weights[at] * target[at]).collect();
        let jump = largest_apart(f, &target);
        Self { information, target, aim, jump }
    }
}

fn largest_apart(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

/// The mode, reached with a system of another f nearby.
struct Glided {
    f: Vec<f64>,
    value: f64,
    points: Vec<Point>,
    /// The last step, which leads nowhere.
    step: Step,
}

/// Steps on to the mode with the system at hand, whose fixed point it is whatever the curvatures; `None` where the
/// steps do not shrink fast.
fn glide(
    gaussian: &dyn Gaussian,
    observed: &Observed,
    weights: &[f64],
    mut jump: f64,
    start: &[f64],
) -> Option<Glided> {
    let mut f = start.to_vec();
    loop {
        let (value, points) = observed.at(&f);
        let step = Step::from(gaussian, weights, &points, &f);
        if step.jump < TOLERANCE {
            return Some(Glided { f, value, points, step });
        }
        if step.jump.is_nan() || step.jump > GLIDE_RATIO * jump {
            return None;
        }
        (f, jump) = (step.target, step.jump);
    }
}

impl Glided {
    /// The mode with the system at hand: its log determinant moves with the curvatures, `d log|I + W K| = sum C_ii dW_i`.
    fn taken_with<'a>(self, gaussian: Box<dyn Gaussian + 'a>, weights: &[f64]) -> Mode<'a> {
        let Self { f, value, mut points, step } = self;
        let spread = gaussian.variance();
        let moved: f64 =
            points.iter().zip(weights).zip(&spread).map(|((point, weight), c)| c * (point.curvature - weight)).sum();
        points.iter_mut().zip(weights).for_each(|(point, weight)| point.curvature = *weight);
        let evidence = value - 0.5 * dot(&step.aim, &f) - 0.5 * (gaussian.log_det() + moved);
        Mode { f, gaussian, information: step.information, evidence, alpha: step.aim, points }
    }
}

impl Mode<'_> {
    /// `r' (W^-1 + K)^-1 r` of a number per tally.
    pub(crate) fn explained(&self, r: &[f64]) -> f64 {
        let weighed: Vec<f64> = r.iter().zip(&self.points).map(|(r, point)| r * point.curvature).collect();
        let smoothed = self.gaussian.smooth(&weighed);
        r.iter().zip(smoothed).zip(&weighed).map(|((r, smoothed), weighed)| weighed * (r - smoothed)).sum()
    }

    /// Gradient of the evidence with respect to the variances.
    pub(crate) fn gradient(&self) -> Variances {
        let variance = self.gaussian.variance();
        let pull: Vec<f64> = variance.iter().zip(&self.points).map(|(v, point)| -0.5 * v * point.twist).collect();
        let carried = self.gaussian.smooth(&pull);
        let adjoint: Vec<f64> = (0..pull.len()).map(|at| pull[at] - self.points[at].curvature * carried[at]).collect();
        self.gaussian.derivative(&self.alpha, &adjoint)
    }

    /// How the evidence bends, and the mode moves, with the scales.
    ///
    /// Minus the second derivatives of the evidence are about the average of the observed and the expected ones,
    /// `a_i' (W^-1 + K)^-1 a_j / 2` with `a_i = dK/dscale_i alpha`, which needs no trace (Gilmour, Thompson, Cullis
    /// 1995). The mode moves by `(I + K W)^-1 a_i`.
    pub(crate) fn bend(&self, stage: &Stage<'_>, scales: &Scales) -> Bend {
        let swings = self.gaussian.swings(&self.alpha);
        let by_tally: Vec<Vec<f64>> = swings.iter().map(|swing| scales.gradient(&stage.covariates, swing)).collect();
        let size = by_tally.first().map_or(0, Vec::len);
        let column = |at: usize| by_tally.iter().map(move |row| row[at]);
        let weigh = |at| column(at).zip(&self.points).map(|(a, point)| a * point.curvature).collect();
        let all: Vec<Vec<f64>> = (0..size).map(weigh).collect();
        let mut bend = Bend { curvature: vec![0.0; size * size], tangents: Vec::with_capacity(size) };
        for (row, carried) in self.gaussian.smooth_many(&all).iter().enumerate() {
            let tangent: Vec<f64> = column(row).zip(carried).map(|(a, carried)| a - carried).collect();
            let left: Vec<f64> = tangent.iter().zip(&self.points).map(|(t, point)| point.curvature * t).collect();
            for other in 0..size {
                bend.curvature[row * size + other] = 0.5 * column(other).zip(&left).map(|(a, b)| a * b).sum::<f64>();
            }
            bend.tangents.push(tangent);
        }
        bend
    }
}

/// What scales change near a mode, to first order.
pub(crate) struct Bend {
    /// Minus the second derivatives of the evidence, about; row-major.
    pub curvature: Vec<f64>,
    /// Per scale, how f moves with it.
    pub tangents: Vec<Vec<f64>>,
}
