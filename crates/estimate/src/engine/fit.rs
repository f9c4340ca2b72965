//! Scales by evidence, and a mixture over their common size.

use super::dense::dot;
use super::fitted::{Component, Fitted};
use super::gaussian::Field;
use super::laplace::{Bend, Mode, Route, Wide, mode, rough_mode};
use super::lbfgs::{Valued, maximise};
use super::likelihood::Observed;
use super::stage::{Scales, Stage, StageError};
use super::tree::TreeRoute;
use rayon::prelude::*;
use std::sync::Arc;

/// Steps of the common scale, on the log sds (method, section 2, step 4).
pub const DELTAS: [f64; 6] = [-0.6, -0.3, 0.0, 0.3, 0.6, 0.9];

/// Components of this weight and less are dropped (same step).
const LEAST_WEIGHT: f64 = 0.02;

/// Bounds of an sd on the logit scale: .005 moves no figure, 2 explains everything.
const SIGMA_BOUNDS: (f64, f64) = (0.005, 2.0);

/// Bounds of logit phi.
const PHI_BOUNDS: (f64, f64) = (-6.0, 6.0);

/// Fits a stage: the scales of most evidence times prior, then the mixture around them.
///
/// Without tallies the scales are their prior means, and the mixture is over the prior.
///
/// # Errors
/// When a list does not fit the tree, a number is unlawful, or numbers overflow.
pub fn fit<'a>(stage: &'a Stage<'a>) -> Result<Fitted<'a>, StageError> {
    stage.check()?;
    let observed = Observed::new(stage);
    let (scales, near) = best_scales(stage, &observed, &Route::of_tallies(stage, &observed)?)?;
    mixture(stage, &observed, scales, &DELTAS, near.as_ref())
}

/// The scales of most evidence times prior, without the posterior.
///
/// # Errors
/// As [`fit`].
pub fn fit_scales(stage: &Stage<'_>) -> Result<Scales, StageError> {
    stage.check()?;
    let observed = Observed::new(stage);
    Ok(best_scales(stage, &observed, &Route::of_tallies(stage, &observed)?)?.0)
}

/// The mixture over the common size of given scales, without looking for better ones.
///
/// # Errors
/// As [`fit`].
pub fn mix<'a>(stage: &'a Stage<'a>, scales: &Scales) -> Result<Fitted<'a>, StageError> {
    stage.check()?;
    let observed = Observed::new(stage);
    mixture(stage, &observed, scales.clone(), &DELTAS, None)
}

/// The posterior at given scales.
///
/// # Errors
/// As [`fit`].
pub fn fit_fixed<'a>(stage: &'a Stage<'a>, scales: &Scales) -> Result<Fitted<'a>, StageError> {
    stage.check()?;
    let observed = Observed::new(stage);
    mixture(stage, &observed, scales.clone(), &[0.0], None)
}

/// Log evidence of scales (without binomial coefficients and without their prior), and its gradient in the order:
/// levels that have a scale, covariate groups, logit phi.
///
/// # Errors
/// As [`fit`].
pub fn log_evidence(stage: &Stage<'_>, scales: &Scales) -> Result<(f64, Vec<f64>), StageError> {
    stage.check()?;
    let observed = Observed::new(stage);
    let route = Route::of_tallies(stage, &observed)?;
    let found = mode(&route, &observed, &scales.variances(&stage.covariates), None)?;
    Ok((found.evidence, scales.gradient(&stage.covariates, &found.gradient())))
}

/// Variance of a weighted sum of theta over the leaves at given scales: before the answers, and after.
///
/// With C the prior covariance and r = C weights at the tallies, answers take `r' (W^-1 + K)^-1 r` away, for which no
/// system over all leaves is needed.
///
/// # Errors
/// As [`fit`].
pub fn variance_of_sum(stage: &Stage<'_>, scales: &Scales, weights: &[f64]) -> Result<[f64; 2], StageError> {
    stage.check()?;
    let variances = scales.variances(&stage.covariates);
    let bare = stage.bare();
    let (nothing, observed) = (Observed::new(&bare), Observed::new(stage));
    let mut carried = Arc::new(TreeRoute::new(&bare, &nothing)).sweep(&variances, &[])?.covariance_times(weights);
    if let Some(graph) = stage.graph {
        let along = graph.covariance_times(weights);
        carried.iter_mut().zip(along).for_each(|(sum, along)| *sum += variances.neighbourhood * along);
    }
    let before = dot(&carried, weights);
    if observed.len() == 0 {
        return Ok([before; 2]);
    }
    let found = mode(&Route::of_tallies(stage, &observed)?, &observed, &variances, None)?;
    let seen: Vec<f64> = observed.leaf.iter().map(|leaf| carried[*leaf as usize]).collect();
    Ok([before, before - found.explained(&seen)])
}

/// The scales of most evidence times prior, and the last mode on the way there.
pub(super) fn best_scales(
    stage: &Stage<'_>,
    observed: &Observed,
    route: &Route<'_>,
) -> Result<(Scales, Option<Near>), StageError> {
    let start = stage.prior_scales();
    if observed.len() == 0 {
        return Ok((start, None));
    }
    let sds = start.to_list().len() - usize::from(start.phi.is_some());
    let sigma = (SIGMA_BOUNDS.0.ln(), SIGMA_BOUNDS.1.ln());
    let bounds: Vec<(f64, f64)> = std::iter::repeat_n(sigma, sds).chain(start.phi.map(|_| PHI_BOUNDS)).collect();
    let mut near: Option<Near> = None;
    let best = maximise(&start.to_list(), &bounds, |flat| {
        let scales = start.from_list(flat);
        let guess = near.as_ref().map(|near| near.guess(flat));
        let found = rough_mode(route, observed, &scales.variances(&stage.covariates), guess.as_deref())?;
        let (prior, prior_slopes) = scales.log_prior(stage);
        let slopes = scales.gradient(&stage.covariates, &found.gradient());
        let Bend { mut curvature, tangents } = found.bend(stage, &scales);
        let precisions = scales.prior_precisions(stage);
        let size = precisions.len();
        (0..size).for_each(|at| curvature[at * size + at] += precisions[at]);
        let value = found.evidence + prior;
        near = Some(Near { scales: flat.to_vec(), f: found.f, tangents });
        let gradient = slopes.iter().zip(prior_slopes).map(|(a, b)| a + b).collect();
        Ok::<_, StageError>(Valued { value, gradient, curvature })
    })?;
    Ok((start.from_list(&best), near))
}

/// A mode, and how it moves with the scales.
pub(super) struct Near {
    scales: Vec<f64>,
    f: Vec<f64>,
    tangents: Vec<Vec<f64>>,
}

impl Near {
    /// The mode at other scales, to first order.
    pub(super) fn guess(&self, scales: &[f64]) -> Vec<f64> {
        let mut f = self.f.clone();
        for ((to, from), tangent) in scales.iter().zip(&self.scales).zip(&self.tangents) {
            f.iter_mut().zip(tangent).for_each(|(f, tangent)| *f += (to - from) * tangent);
        }
        f
    }
}

fn mixture<'a>(
    stage: &'a Stage<'a>,
    observed: &Observed,
    scales: Scales,
    deltas: &[f64],
    near: Option<&Near>,
) -> Result<Fitted<'a>, StageError> {
    // Most sizes are only weighed: the wider system is for those that are kept.
    let route = Route::of_tallies(stage, observed)?;
    let modes: Vec<(f64, Mode<'a>)> = deltas
        .par_iter()
        .map(|delta| {
            let shifted = scales.shifted(*delta);
            let guess = near.map(|near| near.guess(&shifted.to_list()));
            let found = mode(&route, observed, &shifted.variances(&stage.covariates), guess.as_deref())?;
            Ok((found.evidence + shifted.log_prior(stage).0, found))
        })
        .collect::<Result<_, StageError>>()?;
    let centre = deltas.iter().position(|delta| *delta == 0.0).unwrap_or(0);
    let log_evidence = modes[centre].1.evidence;
    let most = modes.iter().map(|(log, _)| *log).fold(f64::NEG_INFINITY, f64::max);
    let total: f64 = modes.iter().map(|(log, _)| (log - most).exp()).sum();
    let weight = |log: f64| (log - most).exp() / total;
    let kept: f64 = modes.iter().map(|(log, _)| weight(*log)).filter(|weight| *weight > LEAST_WEIGHT).sum();
    let wide = Wide::new(stage, observed, true)?;
    let components = modes
        .into_iter()
        .zip(deltas)
        .filter(|((log, _), _)| weight(*log) > LEAST_WEIGHT)
        .collect::<Vec<_>>()
        .into_par_iter()
        .map(|((log, mode), delta)| {
            let (field, at) = wide.field(&mode, &scales.shifted(*delta).variances(&stage.covariates))?;
            Ok(Component::new(stage, weight(log) / kept, *delta, field, at))
        })
        .collect::<Result<Vec<Component<'a>>, StageError>>()?;
    Ok(Fitted::new(stage, scales, log_evidence, components))
}
