//! What a stage is told: areas, offsets, covariates, tallies, priors; and the scales to learn.

use super::graph::Graph;
use super::noised::{Cavity, Mixture};
use quartier_model::{Node, Tree};
use std::sync::Arc;

/// Answers of one area to one yes/no question.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tally {
    /// Position among the tree's leaves.
    pub leaf: u32,
    /// Answers "yes" to the stage's question; 0 to `asked`.
    pub yes: f64,
    /// Answers.
    pub asked: f64,
}

/// Noised answers of one area to one yes/no question, as [`super::hear_noised`] makes them.
#[derive(Debug, Clone, PartialEq)]
pub struct Noised {
    /// Position among the tree's leaves.
    pub leaf: u32,
    /// How many answers there may be, noise and all: at least 0. For cards, not for the fit.
    pub asked: f64,
    /// Their likelihood.
    pub(super) mixture: Arc<Mixture>,
}

/// How answers differ from the electorate, on the logit scale. Not part of the estimate.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Bias {
    /// Expected bias of the whole campaign, b0.
    pub mean: f64,
    /// Its sd, sb.
    pub sd: f64,
    /// Sd of the bias of an area around it, tau.
    pub local_sd: f64,
}

/// Covariates of the leaves, in groups that share one learnt slope scale. Standardised by the caller.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Covariates {
    /// Leaf-major: the `columns()` values of leaf i are `[i * columns() .. (i + 1) * columns()]`.
    rows: Vec<f64>,
    /// Per column, its group.
    group: Vec<usize>,
    /// Whether the last group is the districts', one column each.
    districts: bool,
}

impl Covariates {
    /// Covariates from groups of columns; each column has one value a leaf.
    pub fn new(groups: &[Vec<Vec<f64>>]) -> Self {
        let group: Vec<usize> =
            groups.iter().enumerate().flat_map(|(at, columns)| columns.iter().map(move |_| at)).collect();
        let columns: Vec<&Vec<f64>> = groups.iter().flatten().collect();
        let leaves = columns.first().map_or(0, |column| column.len());
        let rows = (0..leaves).flat_map(|leaf| columns.iter().map(move |column| column[leaf])).collect();
        Self { rows, group, districts: false }
    }

    /// The same covariates and a group more: `count` districts that need not follow the tree, each an effect of its
    /// own on the leaves that lie in it.
    pub fn with_districts(&self, of_leaf: &[Option<u32>], count: usize) -> Self {
        let before = self.columns();
        let mut rows = Vec::with_capacity(of_leaf.len() * (before + count));
        for (leaf, district) in of_leaf.iter().enumerate() {
            rows.extend_from_slice(if before > 0 { self.row(leaf) } else { &[] });
            rows.extend((0..count as u32).map(|column| f64::from(u8::from(*district == Some(column)))));
        }
        let group = self.group.iter().copied().chain(std::iter::repeat_n(self.groups(), count)).collect();
        Self { rows, group, districts: count > 0 }
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.group.len()
    }

    /// Number of groups.
    pub fn groups(&self) -> usize {
        self.group.last().map_or(0, |last| last + 1)
    }

    /// Group of a column.
    pub(crate) fn group(&self, column: usize) -> usize {
        self.group[column]
    }

    /// The values of a leaf.
    pub fn row(&self, leaf: usize) -> &[f64] {
        &self.rows[leaf * self.group.len()..][..self.group.len()]
    }
}

/// Normal prior of the log of a scale (or of logit phi).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogPrior {
    /// Mean.
    pub mean: f64,
    /// Sd.
    pub sd: f64,
}

impl LogPrior {
    /// Log density, up to a constant.
    fn log_density(self, at: f64) -> f64 {
        -0.5 * ((at - self.mean) / self.sd).powi(2)
    }

    fn slope(self, at: f64) -> f64 {
        (self.mean - at) / (self.sd * self.sd)
    }
}

/// Priors of a stage.
#[derive(Debug, Clone, PartialEq)]
pub struct Priors {
    /// Sd of the common swing mu.
    pub sigma_mu: f64,
    /// Per level of the tree, coarse to fine, of the log sd of its effects; the finest is the leaves' own sigma_n.
    /// `None`: the level has no effect of its own (one area, say).
    pub levels: Vec<Option<LogPrior>>,
    /// Of the log sd of the slopes of a covariate group.
    pub slope: LogPrior,
    /// Of the log sd of the districts' effects.
    pub district: LogPrior,
    /// Of logit phi, the share of neighbourhood in a leaf's variance.
    pub phi: LogPrior,
}

/// Sd of a level's effects where no past pair teaches it (method, section 1: `.2 with sd 1`).
const SIGMA_UNTAUGHT: LogPrior = LogPrior { mean: -1.609_437_912_434_100_3, sd: 1.0 };
/// Slope scale (method, section 1: `N(log .06, .8²)`).
const SLOPE: LogPrior = LogPrior { mean: -2.813_410_716_760_036, sd: 0.8 };
/// Logit phi (method, section 1).
const PHI: LogPrior = LogPrior { mean: 0.0, sd: 1.0 };

impl Priors {
    /// The priors of the method, from the sds that past pairs taught: `log max(1.5 sigma, .12)` with sd .8, else
    /// `log .2` with sd 1.
    pub fn from_history(sigma_mu: f64, history: &[Option<f64>]) -> Self {
        use crate::scales::{SIGMA_FLOOR, SIGMA_WIDEN};
        let level = |sigma: &Option<f64>| {
            sigma.map_or(SIGMA_UNTAUGHT, |sd| LogPrior { mean: (SIGMA_WIDEN * sd).max(SIGMA_FLOOR).ln(), sd: 0.8 })
        };
        Self {
            sigma_mu,
            levels: history.iter().map(|sigma| Some(level(sigma))).collect(),
            slope: SLOPE,
            district: SIGMA_UNTAUGHT,
            phi: PHI,
        }
    }
}

/// One stage of the model.
#[derive(Clone)]
pub struct Stage<'a> {
    /// The tree of areas.
    pub tree: &'a Tree,
    /// Per leaf in the order of `tree.leaves()`, the past's log odds l.
    pub offset: Vec<f64>,
    /// Per node, variance of its effect beyond the learnt scales (an offset that is missing or interpolated).
    pub extra_variance: Vec<f64>,
    /// Covariates of the leaves.
    pub covariates: Covariates,
    /// Neighbours of the leaves, for the ICAR part of the leaves' effects; `None`: tree only.
    pub graph: Option<&'a Graph>,
    /// Answers; several of one leaf are added up.
    pub tallies: Vec<Tally>,
    /// Noised answers beside them, which [`super::hear_noised`] fills in.
    pub noised: Vec<Noised>,
    /// How they differ from the electorate.
    pub bias: Bias,
    /// Priors.
    pub priors: Priors,
}

/// Why a stage cannot be fitted.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum StageError {
    /// A list that does not fit the tree.
    #[error("{what} has {found} entries, expected {expected}")]
    Length {
        /// The list.
        what: &'static str,
        /// As given.
        found: usize,
        /// As the tree needs.
        expected: usize,
    },
    /// A number that is not finite, or negative where it may not be.
    #[error("{what}, entry {at}: found {found}, expected {expected}")]
    Number {
        /// The list.
        what: &'static str,
        /// Position in it, from 0.
        at: usize,
        /// As given.
        found: f64,
        /// What is lawful.
        expected: &'static str,
    },
    /// The linear algebra failed: some scale is so small or some count so large that a precision overflowed.
    #[error("a precision matrix is not positive definite; scales or counts are beyond what numbers can hold")]
    Singular,
}

impl Stage<'_> {
    /// Checks that every list fits the tree and every number is lawful.
    pub(crate) fn check(&self) -> Result<(), StageError> {
        let leaves = self.tree.leaves().count();
        let columns = self.covariates.columns();
        length("offset", self.offset.len(), leaves)?;
        length("extra variance", self.extra_variance.len(), self.tree.len())?;
        length("covariates", self.covariates.rows.len(), columns * leaves)?;
        length("level priors", self.priors.levels.len(), self.tree.levels())?;
        if let Some(graph) = self.graph {
            length("neighbour graph", graph.leaves(), leaves)?;
        }
        numbers("offset", &self.offset, |value| value.is_finite(), "a finite log odds")?;
        numbers("covariates", &self.covariates.rows, |value| value.is_finite(), "a finite number")?;
        let lawful = |value: f64| value.is_finite() && value >= 0.0;
        numbers("extra variance", &self.extra_variance, lawful, "a variance of 0 or more")?;
        numbers("bias", &[self.bias.sd, self.bias.local_sd, self.priors.sigma_mu], lawful, "an sd of 0 or more")?;
        for (at, tally) in self.tallies.iter().enumerate() {
            if tally.leaf as usize >= leaves {
                return Err(StageError::Length {
                    what: "leaves of a tally",
                    found: tally.leaf as usize,
                    expected: leaves,
                });
            }
            if !(lawful(tally.yes) && tally.asked.is_finite() && tally.yes <= tally.asked) {
                return Err(StageError::Number { what: "tallies", at, found: tally.yes, expected: "0 to the answers" });
            }
        }
        Ok(())
    }

    /// What the prior believes of the answers of a leaf, which is a node, at given variances and without covariates.
    pub(super) fn prior_cavity(&self, leaf: u32, node: Node, variances: &Variances) -> Cavity {
        let above = self.tree.ancestors(node).map(|node| variances.node(self, node)).sum::<f64>();
        let own = variances.node(self, node) + variances.neighbourhood;
        Cavity {
            mean: self.offset[leaf as usize] + self.bias.mean,
            variance: above + own + self.bias.sd.powi(2) + self.bias.local_sd.powi(2),
        }
    }

    /// Priors of the covariate groups' log sds.
    fn slope_priors(&self) -> impl Iterator<Item = LogPrior> + '_ {
        let last = self.covariates.groups().wrapping_sub(1);
        let of = move |group| {
            if self.covariates.districts && group == last { self.priors.district } else { self.priors.slope }
        };
        (0..self.covariates.groups()).map(of)
    }

    /// Priors of the scales, in the order of [`Scales::to_list`].
    fn scale_priors(&self, scales: &Scales) -> Vec<LogPrior> {
        let levels = scales.level.iter().zip(&self.priors.levels).filter_map(|(log, prior)| log.and(*prior));
        levels.chain(self.slope_priors()).chain(scales.phi.map(|_| self.priors.phi)).collect()
    }

    /// The stage without its answers and, since they change no area's own prior, its neighbours.
    pub fn bare(&self) -> Self {
        Stage { tallies: vec![], noised: vec![], graph: None, ..self.clone() }
    }

    /// Whether any answer is there.
    pub fn is_answered(&self) -> bool {
        !self.tallies.is_empty() || !self.noised.is_empty()
    }

    /// The scales at their prior means: where a fit starts, and where it stays without tallies.
    pub fn prior_scales(&self) -> Scales {
        Scales {
            level: self.priors.levels.iter().map(|prior| prior.map(|prior| prior.mean)).collect(),
            slope: self.slope_priors().map(|prior| prior.mean).collect(),
            phi: self.graph.map(|_| self.priors.phi.mean),
        }
    }
}

fn length(what: &'static str, found: usize, expected: usize) -> Result<(), StageError> {
    if found == expected { Ok(()) } else { Err(StageError::Length { what, found, expected }) }
}

fn numbers(
    what: &'static str,
    list: &[f64],
    lawful: impl Fn(f64) -> bool,
    expected: &'static str,
) -> Result<(), StageError> {
    match list.iter().position(|value| !lawful(*value)) {
        Some(at) => Err(StageError::Number { what, at, found: list[at], expected }),
        None => Ok(()),
    }
}

/// The learnt hyper-parameters of a stage.
#[derive(Debug, Clone, PartialEq)]
pub struct Scales {
    /// Per level, log sd of its effects; the finest is log sigma_n of the leaves. `None`: no effect.
    pub level: Vec<Option<f64>>,
    /// Per covariate group, log sd of its slopes.
    pub slope: Vec<f64>,
    /// Logit of phi; `None` without a neighbour graph.
    pub phi: Option<f64>,
}

impl Scales {
    /// All as one list, in a fixed order: levels, slopes, phi.
    pub fn to_list(&self) -> Vec<f64> {
        self.level.iter().flatten().chain(&self.slope).copied().chain(self.phi).collect()
    }

    /// The same scales with the values of a flat list.
    pub fn from_list(&self, flat: &[f64]) -> Self {
        let mut values = flat.iter().copied();
        let mut next = |old: f64| values.next().unwrap_or(old);
        Self {
            level: self.level.iter().map(|level| level.map(&mut next)).collect(),
            slope: self.slope.iter().map(|slope| next(*slope)).collect(),
            phi: self.phi.map(&mut next),
        }
    }

    /// Every log sd moved by `delta`; phi is no sd and stays.
    pub(crate) fn shifted(&self, delta: f64) -> Self {
        let level = self.level.iter().map(|level| level.map(|log| log + delta)).collect();
        Self { level, slope: self.slope.iter().map(|log| log + delta).collect(), phi: self.phi }
    }

    /// Log prior density, up to a constant, and its gradient in the flat order.
    pub(crate) fn log_prior(&self, stage: &Stage<'_>) -> (f64, Vec<f64>) {
        let all: Vec<(f64, LogPrior)> = self.to_list().into_iter().zip(stage.scale_priors(self)).collect();
        let density = all.iter().map(|(at, prior)| prior.log_density(*at)).sum();
        (density, all.iter().map(|(at, prior)| prior.slope(*at)).collect())
    }

    /// Prior precisions in the flat order: minus the second derivatives of the log prior density.
    pub(crate) fn prior_precisions(&self, stage: &Stage<'_>) -> Vec<f64> {
        stage.scale_priors(self).into_iter().map(|prior| prior.sd.powi(-2)).collect()
    }

    /// Variances of the effects.
    pub(crate) fn variances(&self, covariates: &Covariates) -> Variances {
        let square = |log: &Option<f64>| log.map_or(0.0, |log| (2.0 * log).exp());
        let own = self.level.last().map_or(0.0, square);
        let phi = self.phi.map_or(0.0, crate::benchmark::invlogit);
        let coarse = self.level.len().saturating_sub(1);
        Variances {
            level: self.level[..coarse].iter().map(square).collect(),
            leaf: own * (1.0 - phi),
            neighbourhood: own * phi,
            slope: (0..covariates.columns()).map(|column| (2.0 * self.slope[covariates.group(column)]).exp()).collect(),
        }
    }

    /// The gradient in the flat order from a gradient with respect to the variances.
    pub(crate) fn gradient(&self, covariates: &Covariates, by_variance: &Variances) -> Vec<f64> {
        let variances = self.variances(covariates);
        let mut gradient = Vec::new();
        let coarse = variances.level.iter().zip(&by_variance.level).zip(&self.level);
        gradient.extend(coarse.filter(|(_, log)| log.is_some()).map(|((v, slope), _)| 2.0 * v * slope));
        if self.level.last().is_some_and(Option::is_some) {
            gradient
                .push(2.0 * (variances.leaf * by_variance.leaf + variances.neighbourhood * by_variance.neighbourhood));
        }
        let mut slopes = vec![0.0; self.slope.len()];
        for (column, (v, slope)) in variances.slope.iter().zip(&by_variance.slope).enumerate() {
            slopes[covariates.group(column)] += 2.0 * v * slope;
        }
        gradient.extend(slopes);
        if let Some(logit) = self.phi {
            let phi = crate::benchmark::invlogit(logit);
            let own = variances.leaf + variances.neighbourhood;
            gradient.push(own * phi * (1.0 - phi) * (by_variance.neighbourhood - by_variance.leaf));
        }
        gradient
    }
}

/// Variances of the effects of a stage; also used for derivatives with respect to them.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Variances {
    /// Per level above the finest.
    pub level: Vec<f64>,
    /// Of a leaf's own, unstructured part: sigma_n² (1 - phi).
    pub leaf: f64,
    /// Of a leaf's neighbourhood: sigma_n² phi.
    pub neighbourhood: f64,
    /// Per covariate column.
    pub slope: Vec<f64>,
}

impl Variances {
    /// Variance of a node's effect around its parent, neighbourhood excepted.
    ///
    /// A leaf above the finest level has its level's effect and its own.
    pub(crate) fn node(&self, stage: &Stage<'_>, node: u32) -> f64 {
        let extra = stage.extra_variance[node as usize];
        let Some((level, _)) = stage.tree.place(node) else {
            return stage.priors.sigma_mu.powi(2) + extra;
        };
        let own = if stage.tree.is_leaf(node) { self.leaf } else { 0.0 };
        self.level.get(level).copied().unwrap_or(0.0) + own + extra
    }

    /// Adds a derivative with respect to a node's variance to the scales that make it up.
    pub(crate) fn add(&mut self, stage: &Stage<'_>, node: u32, slope: f64) {
        let Some((level, _)) = stage.tree.place(node) else { return };
        if let Some(sum) = self.level.get_mut(level) {
            *sum += slope;
        }
        if stage.tree.is_leaf(node) {
            self.leaf += slope;
        }
    }
}
