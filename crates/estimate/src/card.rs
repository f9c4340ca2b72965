//! The model card: what a snapshot says of how its figures were made.

use serde::{Deserialize, Serialize};

/// The method's version, in every snapshot.
pub const METHOD: &str = "1.0-prior";

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
    /// Sd used.
    pub sigma: f64,
    /// Sd of the swings of the past pairs, sampling variance removed; absent where there were too few.
    pub sigma_history: Option<f64>,
    /// Degrees of freedom behind `sigma_history`.
    pub freedom: f64,
    /// Where `sigma` comes from.
    pub source: ScaleSource,
    /// Extra sd of an area of this level without a count of its own: how far siblings differ in the baseline.
    pub sigma_no_result: f64,
}

/// A benchmark as the model met it, after polls of one area were averaged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BenchmarkCard {
    /// Key of the area, `level:code` or `campaign`.
    pub area: String,
    /// Stage: 0 abstain, 1 undecided, 2 favourable.
    pub stage: usize,
    /// Target share of the stage.
    pub target: f64,
    /// Standard error of the target; 0 is a known total.
    pub se: f64,
    /// How many polls it averages.
    pub polls: usize,
    /// Mean absolute distance over the draws that no shift could close, because benchmarks contradict each other.
    pub residual: f64,
}

/// How a posterior was made, in figures and words.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ModelCard {
    /// [`METHOD`].
    pub method: String,
    /// Seed of all random numbers.
    pub seed: u64,
    /// Sd of the common swing, by stage.
    pub sigma_mu: [f64; 3],
    /// One entry a level and stage.
    pub scales: Vec<ScaleCard>,
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
    /// What a reader should know, one sentence each.
    pub notes: Vec<String>,
}
