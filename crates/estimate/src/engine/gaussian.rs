//! What the exact routes promise: the Gaussian that Newton's method needs at one set of scales and curvatures, and the
//! same over all leaves.
//!
//! Given curvatures W at the tallies and a vector b of "information" (W f + slope of the likelihood), the posterior of
//! the latent field is normal with mean K (I + W K)^-1 b at the tallies. Local noise t is integrated out everywhere:
//! a tally's precision on what stands above it is W / (1 + tau² W).

use super::dense::{Cholesky, multiply};
use super::likelihood::Observed;
use super::stage::{Stage, Variances};
use super::tree::Skeleton;
use crate::chance::{PAIRS, Purpose, Stream};
use quartier_model::DRAWS;

/// A Gaussian located at a mode: what its sweeps start from, whatever the route.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Located {
    /// Information summed into the state.
    pub sums: Vec<f64>,
    /// Posterior mean of the fixed effects.
    pub slopes: Vec<f64>,
    /// The information itself, per tally.
    pub information: Vec<f64>,
}

/// The posterior Gaussian at fixed scales and curvatures, seen from the tallies.
pub(crate) trait Gaussian: Send + Sync {
    /// `log |I + W^1/2 K W^1/2|`.
    fn log_det(&self) -> f64;

    /// `K (I + W K)^-1 b` at the tallies: the posterior mean of f, and the posterior covariance times b.
    fn smooth(&self, information: &[f64]) -> Vec<f64>;

    /// [`Gaussian::smooth`] of several, which may share their work.
    fn smooth_many(&self, informations: &[Vec<f64>]) -> Vec<Vec<f64>> {
        informations.iter().map(|information| self.smooth(information)).collect()
    }

    /// Posterior variance of f at the tallies.
    fn variance(&self) -> Vec<f64>;

    /// Per variance v of the model, with K' = dK/dv:
    /// `alpha' K' alpha / 2 + adjoint' K' alpha - trace((W^-1 + K)^-1 K') / 2`.
    fn derivative(&self, alpha: &[f64], adjoint: &[f64]) -> Variances;

    /// Per tally and variance v of the model, `K' alpha` with K' = dK/dv.
    fn swings(&self, alpha: &[f64]) -> Vec<Variances>;
}

/// The posterior Gaussian at fixed scales and curvatures, over all leaves.
pub(crate) trait Field: Gaussian {
    /// Locates the Gaussian at information b.
    fn locate(&self, information: &[f64]) -> Located;

    /// Posterior mean of theta - l of every leaf.
    fn leaf_mean(&self, at: &Located) -> Vec<f64>;

    /// Posterior variance of theta of every leaf.
    fn leaf_variance(&self) -> Vec<f64>;

    /// Posterior covariance of theta times a vector over all leaves.
    fn covariance_times(&self, weights: &[f64]) -> Vec<f64>;

    /// One draw of theta - l of every leaf.
    fn draw(&self, at: &Located, chance: &Chance, draw: usize) -> Vec<f64>;

    /// Several draws, which may share their work.
    fn draws(&self, at: &Located, chance: &Chance, draws: &[usize]) -> Vec<Vec<f64>> {
        draws.iter().map(|draw| self.draw(at, chance, *draw)).collect()
    }
}

/// Per tally, `K' alpha` for every variance but the neighbourhoods'.
pub(crate) fn swings(stage: &Stage<'_>, skeleton: &Skeleton, design: &Design, alpha: &[f64]) -> Vec<Variances> {
    let sums = skeleton.sums(alpha);
    let columns = stage.covariates.columns();
    let mut along = vec![0.0; columns];
    for (tally, alpha) in alpha.iter().enumerate() {
        along.iter_mut().zip(design.row(tally)).for_each(|(sum, x)| *sum += alpha * x);
    }
    let levels = stage.tree.levels().saturating_sub(1);
    let swing = |(tally, leaf): (usize, &u32)| {
        let slope = along.iter().zip(design.row(tally)).map(|(along, x)| along * x).collect();
        let mut swing = Variances { level: vec![0.0; levels], slope, ..Variances::default() };
        let mut at = *leaf as usize;
        while at > 0 {
            swing.add(stage, skeleton.nodes[at], sums[at]);
            at = skeleton.parent[at] as usize;
        }
        swing
    };
    skeleton.tally.iter().enumerate().map(swing).collect()
}

/// Rows of the fixed effects at the tallies: the covariates, then 1 where the campaign's bias b is unknown.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Design {
    /// Number of fixed effects.
    pub columns: usize,
    rows: Vec<f64>,
}

impl Design {
    pub(crate) fn new(stage: &Stage<'_>, observed: &Observed) -> Self {
        let biased = stage.bias.sd > 0.0;
        let mut rows = Vec::new();
        for leaf in &observed.leaf {
            rows.extend_from_slice(stage.covariates.row(*leaf as usize));
            rows.extend(biased.then_some(1.0));
        }
        Self { columns: stage.covariates.columns() + usize::from(biased), rows }
    }

    /// The row of a tally.
    pub(crate) fn row(&self, at: usize) -> &[f64] {
        &self.rows[at * self.columns..][..self.columns]
    }

    /// Prior variances of the fixed effects.
    pub(crate) fn prior(stage: &Stage<'_>, variances: &Variances) -> Vec<f64> {
        let bias = (stage.bias.sd > 0.0).then_some(stage.bias.sd.powi(2));
        variances.slope.iter().copied().chain(bias).collect()
    }
}

/// Adds `weight x x'` to the lower triangle of a row-major square matrix. Rows that are 0 cost nothing: with districts
/// most are.
pub(crate) fn add_outer(matrix: &mut [f64], x: &[f64], weight: f64) {
    let size = x.len();
    for row in (0..size).filter(|row| x[*row] != 0.0) {
        let scaled = weight * x[row];
        for column in 0..=row {
            matrix[row * size + column] += scaled * x[column];
        }
    }
}

/// Posterior of the fixed effects, D their prior variances and S = X' V^-1 X what the tallies say of them:
/// `covariance = D^1/2 (I + D^1/2 S D^1/2)^-1 D^1/2`, which also holds where a variance is 0.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FixedEffects {
    sd: Vec<f64>,
    factor: Cholesky,
    /// Row-major.
    pub covariance: Vec<f64>,
    /// Per column, `(D - covariance) / D²`: the column's diagonal of X' (V + X D X')^-1 X.
    pub learnt: Vec<f64>,
}

impl FixedEffects {
    /// `None` where the system is not positive definite. Of `gram` the lower triangle is read.
    pub(crate) fn new(prior: &[f64], gram: &[f64]) -> Option<Self> {
        let size = prior.len();
        let sd: Vec<f64> = prior.iter().map(|variance| variance.sqrt()).collect();
        let mut system = vec![0.0; size * size];
        for row in 0..size {
            for column in 0..=row {
                let one = if row == column { 1.0 } else { 0.0 };
                system[row * size + column] = one + sd[row] * gram[row * size + column] * sd[column];
            }
        }
        let factor = Cholesky::new(size, &system)?;
        let mut covariance = factor.inverse();
        let learnt =
            (0..size).map(|at| (1.0 - covariance[at * size + at]) / prior[at].max(f64::MIN_POSITIVE)).collect();
        for row in 0..size {
            (0..size).for_each(|column| covariance[row * size + column] *= sd[row] * sd[column]);
        }
        Some(Self { sd, factor, covariance, learnt })
    }

    pub(crate) fn log_det(&self) -> f64 {
        self.factor.log_det()
    }

    /// Posterior mean from X' V^-1 r.
    pub(crate) fn mean(&self, projected: &[f64]) -> Vec<f64> {
        multiply(&self.covariance, projected)
    }

    /// A draw around a mean, from standard normals.
    pub(crate) fn draw(&self, mean: &[f64], normals: impl Iterator<Item = f64>) -> Vec<f64> {
        let mut z: Vec<f64> = normals.take(mean.len()).collect();
        self.factor.backward(&mut z);
        mean.iter().zip(z).zip(&self.sd).map(|((mean, z), sd)| mean + sd * z).collect()
    }
}

/// The random numbers of a stage, by address: seed, stage, area and draw.
#[derive(Debug, Clone)]
pub struct Chance {
    /// Of the numbers; a total's error has its own stream.
    pub(crate) seed: u64,
    /// The stage, 0 to 2.
    pub(crate) stage: usize,
    streams: Vec<Stream>,
    answers: Vec<Stream>,
    neighbours: Vec<Stream>,
    /// The common swing, then the fixed effects: one number a draw each, stratified over the draws.
    common: Vec<[f64; DRAWS]>,
    /// Per pair of draws, a number in (0, 1), stratified.
    pub(crate) component: [f64; PAIRS],
}

impl Chance {
    /// The numbers of stage `stage` (0, 1, 2); `keys` holds the hash of every node's key, `fixed` counts the fixed
    /// effects, and `along_graph` says whether draws need numbers for pairs of neighbours and for tallies.
    pub(crate) fn new(seed: u64, stage: usize, keys: &[u64], fixed: usize, along_graph: bool) -> Self {
        let all = |purpose: Purpose| keys.iter().map(|key| Stream::new(seed, purpose, *key)).collect::<Vec<_>>();
        let common = std::iter::once(Stream::new(seed, Purpose::Effect(stage), keys[0]))
            .chain((0..fixed as u64).map(|column| Stream::new(seed, Purpose::Slope(stage), column)))
            .map(Stream::stratified)
            .collect();
        Self {
            seed,
            stage,
            streams: all(Purpose::Effect(stage)),
            answers: if along_graph { all(Purpose::Answers(stage)) } else { vec![] },
            neighbours: if along_graph { all(Purpose::Neighbours(stage)) } else { vec![] },
            common,
            component: Stream::new(seed, Purpose::Component(stage), 0).stratified_uniform(),
        }
    }

    fn normal(stream: Stream, draw: usize) -> f64 {
        let z = stream.normal(draw % PAIRS);
        if draw < PAIRS { z } else { -z }
    }

    /// The number of a node's effect; the root's is the common swing's.
    pub(crate) fn node(&self, node: u32, draw: usize) -> f64 {
        if node == 0 { self.common[0][draw] } else { Self::normal(self.streams[node as usize], draw) }
    }

    /// The numbers of the fixed effects.
    pub(crate) fn fixed(&self, draw: usize) -> impl Iterator<Item = f64> + '_ {
        self.common[1..].iter().map(move |numbers| numbers[draw])
    }

    /// The number of an area's tally.
    pub(crate) fn answers(&self, node: u32, draw: usize) -> f64 {
        Self::normal(self.answers[node as usize], draw)
    }

    /// Whether a node stands first in an order that keys alone decide.
    pub(crate) fn comes_first(&self, a: u32, b: u32) -> bool {
        self.neighbours[a as usize] <= self.neighbours[b as usize]
    }

    /// The number of a pair of neighbours (of an area alone, `a = b`), whatever their order.
    pub(crate) fn neighbours(&self, a: u32, b: u32, draw: usize) -> f64 {
        let (a, b) = (self.neighbours[a as usize], self.neighbours[b as usize]);
        Self::normal(a.join(b), draw)
    }
}
