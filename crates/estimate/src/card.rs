//! The model card: what a snapshot says of how its figures were made.

use crate::engine::Bias;
use serde::{Deserialize, Serialize};

/// The method's version, in every snapshot.
pub const METHOD: &str = "2.0-laplace";

/// Where a scale comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScaleSource {
    /// Learnt from past pairs of elections.
    History,
    /// The stated default: no pair, or too few areas to learn from.
    Default,
    /// Zero: the level has one area, whose effect is the common swing.
    OneArea,
}

/// A scale of the model: the sd, on the logit scale, of the effects of one level in one stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScaleCard {
    /// Position of the level in the tree, 0 the coarsest; the finest is the leaves' own effect.
    pub level: usize,
    /// Stage: 0 abstain, 1 undecided, 2 favourable.
    pub stage: usize,
    /// Sd of most evidence times prior; without answers that of the prior.
    pub sigma: f64,
    /// Median of its prior.
    pub prior: f64,
    /// Sd of its log in the prior.
    pub prior_log_sd: f64,
    /// Sd of the past pairs' swings, sampling variance removed; absent where there were too few areas.
    pub sigma_history: Option<f64>,
    /// Degrees of freedom behind `sigma_history`.
    pub freedom: f64,
    /// Where the prior comes from.
    pub source: ScaleSource,
    /// Extra sd of an area of this level without a count of its own: how far siblings differ in the baseline.
    pub sigma_no_result: f64,
}

/// The slopes of one group of covariates in one stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SlopeCard {
    /// Stage: 0 abstain, 1 undecided, 2 favourable.
    pub stage: usize,
    /// Name of the group.
    pub group: String,
    /// Its columns that vary.
    pub columns: Vec<String>,
    /// Sd of its slopes, per sd of a column.
    pub sigma: f64,
}

/// The effects of electoral districts that are no level, in one stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DistrictCard {
    /// Stage: 0 abstain, 1 undecided, 2 favourable.
    pub stage: usize,
    /// What they are called.
    pub name: String,
    /// How many there are.
    pub count: usize,
    /// Sd of their effects; without answers that of the prior.
    pub sigma: f64,
    /// Median of its prior.
    pub prior: f64,
    /// Sd of its log in the prior.
    pub prior_log_sd: f64,
}

/// How one stage was fitted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StageCard {
    /// Stage: 0 abstain, 1 undecided, 2 favourable.
    pub stage: usize,
    /// Sd of the common swing.
    pub sigma_mu: f64,
    /// Share of neighbourhood in a leaf's variance; absent without neighbours.
    pub phi: Option<f64>,
    /// Log evidence of the scales, without binomial coefficients.
    pub log_evidence: f64,
    /// Mixture over the common size of the scales: step of the log sds, weight.
    pub mixture: Vec<(f64, f64)>,
    /// Expected bias of answers, its sd, and sd of an area's around it: logits.
    pub bias: [f64; 3],
    /// Areas of the finest level with answers to this stage.
    pub areas_with_answers: usize,
    /// Answers to this stage at areas of the finest level.
    pub answers: f64,
    /// Answers to this stage that count at an area above, as a soft benchmark.
    pub answers_above: f64,
    /// How many answers of a random sample without bias would say as much of the campaign's share.
    pub effective_answers: f64,
}

impl StageCard {
    pub(crate) fn bias(bias: Bias) -> [f64; 3] {
        [bias.mean, bias.sd, bias.local_sd]
    }
}

/// A benchmark as the model met it, after polls of one area were averaged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BenchmarkCard {
    /// Key of the area, `level:code` or `campaign`.
    pub area: String,
    /// Stage: 0 abstain, 1 undecided, 2 favourable; absent of a share that no stage says alone.
    pub stage: Option<usize>,
    /// What the share is of, in words.
    #[serde(default)]
    pub about: String,
    /// Target share.
    pub target: f64,
    /// Standard error of the target; 0 is a known total.
    pub se: f64,
    /// How many polls it averages.
    pub polls: usize,
    /// Distance, as a share, between the target and the posterior: of a known total the mean absolute one over the
    /// draws, of a poll that of the mean, pulled by everything else that is known.
    pub residual: f64,
    /// Target less the posterior's mean, in standard errors of the target; absent of a known total.
    pub residual_se: Option<f64>,
}

/// How a posterior was made, in figures and words.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ModelCard {
    /// [`METHOD`].
    pub method: String,
    /// Seed of all random numbers.
    pub seed: u64,
    /// Version of the estimator.
    pub version: String,
    /// One entry a stage that is fitted.
    pub stages: Vec<StageCard>,
    /// One entry a stage and level.
    pub scales: Vec<ScaleCard>,
    /// One entry a stage and group of covariates.
    pub slopes: Vec<SlopeCard>,
    /// One entry a stage where districts cross the tree.
    #[serde(default)]
    pub districts: Vec<DistrictCard>,
    /// Prior of a slope scale: median, sd of the log.
    pub slope_prior: [f64; 2],
    /// Baseline elections with their weights, as normalised.
    pub baseline: Vec<(String, f64)>,
    /// Pairs of past elections that taught the scales.
    pub pairs: Vec<String>,
    /// Benchmarks met.
    pub benchmarks: Vec<BenchmarkCard>,
    /// Leaves that the baseline has no count for, in all three stages.
    pub leaves_without_baseline: usize,
    /// Leaves whose number of electors is unknown: shown, but without weight in any sum.
    pub leaves_without_electors_known: usize,
    /// Pairs of neighbouring leaves; 0: the tree alone.
    pub neighbours: usize,
    /// What a reader should know, one sentence each.
    pub notes: Vec<String>,
}

impl ModelCard {
    /// The card of an estimate that begins.
    pub(crate) fn new(seed: u64) -> Self {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        Self { method: METHOD.into(), version, seed, ..Self::default() }
    }
}
