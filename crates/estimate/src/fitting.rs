//! From evidence to the posterior: three stages told to the engine, fitted, met with polls, drawn.

use crate::benchmark::{About, Merged, StageTarget, invlogit, merge};
use crate::card::{ModelCard, ScaleCard, ScaleSource};
use crate::covariates::{Design, design};
use crate::engine::{
    Across, AcrossTotal, Chance, Covariates, Fitted, Graph, NoisedTally, Priors, Stage, StageError, Tally, Total, fit,
    hear_noised, profile_draws, variance_of_sum,
};
use crate::evidence::{Answers, Base, Districts, EstimateError, Evidence};
use crate::offset::{StageOffset, offsets};
use crate::report;
use crate::scales::{History, learn, sigma_mu};
use crate::{STAGE_NAMES, STAGES};
use quartier_model::{Draw, NoiseLaw, Tree, flags};
use rayon::prelude::*;

/// Extra sd of the common swing where no baseline has a single count of the stage: log odds of a share unknown
/// between about 12 and 88 %.
const SIGMA_NO_BASELINE: f64 = 1.0;

/// Sd of an offset whose counts were moved from areas that the leaf's border divides, on the logit scale (method,
/// section 1: measured on Minnesota).
const SIGMA_INTERPOLATED: f64 = 0.075;

/// What an estimate is: draws, how they were made, and what they moved away from.
#[derive(Debug, Clone, PartialEq)]
pub struct Posterior {
    /// Leaf-major: the draws of leaf i (in the order of `tree.leaves()`) are `[i * DRAWS .. (i + 1) * DRAWS]`.
    pub draws: Vec<Draw>,
    /// Per node of the tree, the bits of `model::flags` that follow from the evidence (own evidence, no baseline).
    pub node_flags: Vec<u8>,
    /// Per leaf, the four groups of the baseline: shares that add to 1.
    pub baseline: Vec<[f64; 4]>,
    /// Per leaf, the mean four groups before any answer and any poll.
    pub prior: Vec<[f64; 4]>,
    /// Method, scales, benchmarks, notes.
    pub card: ModelCard,
}

/// What all stages share.
pub(crate) struct Ground<'a> {
    pub evidence: &'a Evidence<'a>,
    /// Nodes of the leaves.
    pub leaves: Vec<u32>,
    /// Per leaf, electors; 0 where unknown.
    pub electors: Vec<f64>,
    pub offsets: [StageOffset; STAGES],
    pub history: [History; STAGES],
    pub design: Design,
    pub graph: Option<Graph>,
}

/// A benchmark as the engine meets it.
pub(crate) struct Target {
    pub node: u32,
    pub about: About,
    /// Leaves below it.
    pub members: Vec<u32>,
    pub target: StageTarget,
    /// Polls that it averages; 0: the answers of an area above the leaves.
    pub polls: usize,
}

/// Estimates the four groups of every leaf from the evidence: see the crate's documentation for the model.
///
/// # Errors
/// When a list does not fit the tree, a number is unlawful, a benchmark says nothing, or a stage's numbers
/// overflow.
pub fn estimate(evidence: &Evidence<'_>) -> Result<Posterior, EstimateError> {
    evidence.check()?;
    let mut card = ModelCard::new(evidence.seed);
    let merged = merge(&evidence.benchmarks, evidence.keys, &mut card.notes)?;
    let ground = Ground::new(evidence)?;
    let mut stages: Vec<Stage<'_>> = ground.fitted_stages().map(|stage| ground.stage(stage)).collect();
    hear_noised(&mut stages, &ground.noised()).map_err(|source| EstimateError::Stage { name: "all", source })?;
    let mut fits: Vec<Fitted<'_>> = if ground.leaves.is_empty() { vec![] } else { fit_all(&stages)? };
    report::stages(&ground, &stages, &fits, &mut card)?;
    let prior = prior_profiles(&ground, &stages, &fits)?;
    let targets: Vec<Vec<Target>> = ground.fitted_stages().map(|stage| ground.targets(stage, &merged)).collect();
    meet(&ground, &mut fits, &targets);
    let across_targets = ground.across(&merged);

    let chances: Vec<Chance> = fits
        .iter()
        .zip(ground.fitted_stages())
        .map(|(fit, stage)| fit.chance(evidence.seed, stage, evidence.keys))
        .collect();
    let mut given = [None; STAGES];
    for (stage, pair) in ground.fitted_stages().zip(fits.iter().zip(&chances)) {
        given[stage] = Some(pair);
    }
    let totals: Vec<AcrossTotal> = across_targets.iter().filter_map(|target| ground.across_total(target)).collect();
    let across = Across::new(given.map(|pair| pair.map(|(fitted, _)| fitted)), &totals);
    let draws = profile_draws(given, &across, ground.leaves.len());
    let targets: Vec<Target> = targets.into_iter().flatten().chain(across_targets).collect();
    report::benchmarks(&ground, &targets, &draws, &mut card);
    report::evidence(&ground, &mut card);
    let baseline = profiles(&ground, |stage, leaf| invlogit(ground.offsets[stage].l[ground.leaves[leaf] as usize]));
    Ok(Posterior { draws, node_flags: node_flags(&ground), baseline, prior, card })
}

impl<'a> Ground<'a> {
    fn new(evidence: &'a Evidence<'a>) -> Result<Self, EstimateError> {
        let leaves: Vec<u32> = evidence.tree.leaves().collect();
        let electors: Vec<f64> =
            evidence.electors.iter().map(|electors| f64::from(electors.known().unwrap_or(0))).collect();
        let offsets = offsets(evidence.tree, &evidence.baseline);
        // Without an answer neighbours have nothing to share, and cost half of the time.
        let answered = evidence.tallies.iter().any(|answers| evidence.tree.is_leaf(answers.node));
        let few_districts = evidence.districts.as_ref().is_none_or(Districts::allow_neighbours);
        let graph = (answered && few_districts && !evidence.neighbours.is_empty())
            .then(|| Graph::new(leaves.len(), &evidence.neighbours))
            .transpose()
            .map_err(|source| EstimateError::Stage { name: "all", source })?;
        let design = design(evidence, &leaves, &offsets, &electors);
        Ok(Self { evidence, history: learn(evidence), leaves, electors, offsets, design, graph })
    }

    /// The stages that are fitted: without a register there is nothing to abstain from.
    pub fn fitted_stages(&self) -> std::ops::Range<usize> {
        let first = if self.evidence.of == Base::Voters { 1 } else { 0 };
        first..STAGES
    }

    /// A stage as the engine is told it.
    fn stage(&self, at: usize) -> Stage<'_> {
        let StageOffset { l, missing, between, .. } = &self.offsets[at];
        let tree = self.evidence.tree;
        let interpolated = self.interpolated();
        let extra = |node: usize| match tree.place(node as u32) {
            _ if !missing[node] => (SIGMA_INTERPOLATED * interpolated[node]).powi(2),
            None => SIGMA_NO_BASELINE.powi(2),
            Some((level, _)) => between[level].powi(2),
        };
        Stage {
            tree,
            offset: self.leaves.iter().map(|node| l[*node as usize]).collect(),
            extra_variance: (0..tree.len()).map(extra).collect(),
            covariates: self.covariates(),
            graph: self.graph.as_ref(),
            tallies: self.tallies(at),
            noised: vec![],
            bias: self.evidence.biases[at],
            priors: self.priors(at),
        }
    }

    /// The covariates, and the districts where there are any.
    fn covariates(&self) -> Covariates {
        let covariates = &self.design.covariates;
        let districts = self.evidence.districts.as_ref();
        districts.map_or_else(|| covariates.clone(), |own| covariates.with_districts(&own.of_leaf, own.count))
    }

    /// Per node, the weight in the baseline of the elections whose counts were moved there; only leaves have any.
    fn interpolated(&self) -> Vec<f64> {
        let baseline = &self.evidence.baseline;
        let whole: f64 = baseline.iter().map(|past| past.weight).sum();
        let mut weights = vec![0.0; self.evidence.tree.len()];
        for past in baseline {
            for (leaf, _) in self.leaves.iter().zip(&past.interpolated).filter(|(_, moved)| **moved) {
                weights[*leaf as usize] += past.weight / whole;
            }
        }
        weights
    }

    /// The priors of a stage; those of the levels are what the pairs taught.
    fn priors(&self, at: usize) -> Priors {
        let undecided = &self.offsets[1];
        let u = if undecided.missing[0] { 0.0 } else { invlogit(undecided.l[0]) };
        let mut priors = Priors::from_history(sigma_mu(at, u), &self.history[at].sigma);
        for (level, prior) in priors.levels.iter_mut().enumerate() {
            if self.is_one_area(level) {
                *prior = None;
            }
        }
        priors
    }

    /// Whether a level above the finest has one area, whose effect is the common swing.
    pub fn is_one_area(&self, level: usize) -> bool {
        let tree = self.evidence.tree;
        level + 1 < tree.levels() && tree.level(level).len() == 1
    }

    /// The answers at leaves.
    fn tallies(&self, stage: usize) -> Vec<Tally> {
        let at_leaves = self.evidence.tallies.iter().filter_map(|answers| {
            let leaf = self.leaves.binary_search(&answers.node).ok()?;
            let (yes, asked) = answers.exact_stage(stage)?;
            Some(Tally { leaf: leaf as u32, yes, asked })
        });
        at_leaves.collect()
    }

    /// The noised answers at leaves.
    fn noised(&self) -> Vec<NoisedTally> {
        let noised = self.evidence.tallies.iter().filter(|answers| answers.counts.law() != NoiseLaw::Exact);
        let at_leaf = |answers: &Answers| self.leaves.binary_search(&answers.node).ok();
        noised
            .filter_map(|answers| Some(NoisedTally { leaf: at_leaf(answers)? as u32, counts: answers.counts }))
            .collect()
    }

    /// The answers at areas above the leaves.
    pub fn answers_above(&self) -> impl Iterator<Item = &Answers> {
        self.evidence.tallies.iter().filter(|answers| self.leaves.binary_search(&answers.node).is_err())
    }

    /// All soft benchmarks of a stage: polls, then answers above the leaves.
    fn targets(&self, stage: usize, merged: &[Merged]) -> Vec<Target> {
        let polls = merged
            .iter()
            .filter(|benchmark| benchmark.about == About::Stage(stage))
            .map(|benchmark| (benchmark.node, benchmark.target, benchmark.polls));
        let bias = self.evidence.biases[stage];
        let answers = self.answers_above().filter_map(|answers| {
            let (yes, asked) = answers.stage(stage)?;
            // Half an answer of each kind keeps a share of nobody or everybody off the ends of the logit scale.
            let said = ((yes + 0.5) / (asked + 1.0)).clamp(0.5 / (asked + 1.0), 1.0 - 0.5 / (asked + 1.0));
            let share = invlogit((said / (1.0 - said)).ln() - bias.mean);
            let slope = share * (1.0 - share);
            // What was added to each count, in the numerator and in the later groups of the denominator.
            let later = (STAGES - stage) as f64;
            let noise = answers.counts.law().variance() * ((1.0 - said).powi(2) + later * said * said);
            let unbiased = bias.sd.powi(2) + bias.local_sd.powi(2);
            let se = (slope / asked + noise / (asked * asked) + slope * slope * unbiased).sqrt();
            Some((answers.node, StageTarget { share, se }, 0))
        });
        polls
            .chain(answers)
            .map(|(node, target, polls)| self.target(node, About::Stage(stage), target, polls))
            .collect()
    }

    fn target(&self, node: u32, about: About, target: StageTarget, polls: usize) -> Target {
        Target { node, about, target, polls, members: members(self.evidence.tree, &self.leaves, node) }
    }

    /// The benchmarks that no stage says alone.
    fn across(&self, merged: &[Merged]) -> Vec<Target> {
        let across = merged.iter().filter(|benchmark| matches!(benchmark.about, About::Across { .. }));
        across
            .map(|benchmark| self.target(benchmark.node, benchmark.about, benchmark.target, benchmark.polls))
            .collect()
    }

    /// One of them as the engine meets it.
    fn across_total(&self, target: &Target) -> Option<AcrossTotal> {
        let About::Across { groups, of_voters } = target.about else { return None };
        Some(AcrossTotal {
            key: format!("{} {}", self.evidence.keys[target.node as usize], target.about.name()),
            electors: target.members.iter().map(|leaf| (*leaf, self.electors[*leaf as usize])).collect(),
            groups,
            of_voters,
            share: target.target.share,
            se: target.target.se,
        })
    }
}

/// Positions of the leaves below a node, or of itself.
fn members(tree: &Tree, leaves: &[u32], node: u32) -> Vec<u32> {
    let below = |leaf: u32| leaf == node || tree.ancestors(leaf).any(|above| above == node);
    (0..leaves.len() as u32).filter(|leaf| below(leaves[*leaf as usize])).collect()
}

fn refused(stage: usize) -> impl Fn(StageError) -> EstimateError {
    move |source| EstimateError::Stage { name: STAGE_NAMES[stage], source }
}

/// Fits all stages side by side; of `stages` the last is stage 3.
fn fit_all<'a>(stages: &'a [Stage<'a>]) -> Result<Vec<Fitted<'a>>, EstimateError> {
    let first = STAGES - stages.len();
    stages.par_iter().enumerate().map(|(at, stage)| fit(stage).map_err(refused(first + at))).collect()
}

/// Meets the benchmarks stage by stage, among those whom the posterior of the stage before leaves.
fn meet(ground: &Ground<'_>, fits: &mut [Fitted<'_>], targets: &[Vec<Target>]) {
    let mut remaining = ground.electors.clone();
    for (fitted, targets) in fits.iter_mut().zip(targets) {
        let totals: Vec<Total> = targets
            .iter()
            .map(|target| Total {
                // The error of answers is not that of a poll of the same area.
                key: format!(
                    "{}{}",
                    ground.evidence.keys[target.node as usize],
                    if target.polls == 0 { " answers" } else { "" }
                ),
                weights: target.members.iter().map(|leaf| (*leaf, remaining[*leaf as usize])).collect(),
                share: target.target.share,
                se: target.target.se,
            })
            .collect();
        fitted.meet(&totals);
        remaining.iter_mut().zip(fitted.shares()).for_each(|(weight, p)| *weight *= 1.0 - p);
    }
}

/// The four groups of every leaf from a share of each stage: `share(stage, leaf)`.
fn profiles(ground: &Ground<'_>, share: impl Fn(usize, usize) -> f64) -> Vec<[f64; 4]> {
    let first = ground.fitted_stages().start;
    let of = |stage: usize, leaf: usize| if stage < first { 0.0 } else { share(stage, leaf) };
    (0..ground.leaves.len())
        .map(|leaf| {
            let [p1, p2, p3] = [0, 1, 2].map(|stage| of(stage, leaf));
            let (voters, decided) = (1.0 - p1, (1.0 - p1) * (1.0 - p2));
            [p1, voters * p2, decided * p3, decided * (1.0 - p3)]
        })
        .collect()
}

/// The mean groups before any answer and any poll.
fn prior_profiles(
    ground: &Ground<'_>,
    stages: &[Stage<'_>],
    fits: &[Fitted<'_>],
) -> Result<Vec<[f64; 4]>, EstimateError> {
    let first = ground.fitted_stages().start;
    let each = stages.par_iter().zip(fits).enumerate().map(|(at, (stage, fitted))| {
        if !stage.is_answered() {
            return Ok(fitted.shares());
        }
        Ok(fit(&stage.bare()).map_err(refused(first + at))?.shares())
    });
    let shares: Vec<Vec<f64>> = each.collect::<Result<_, EstimateError>>()?;
    Ok(profiles(ground, |stage, leaf| shares[stage - first][leaf]))
}

/// How many answers of a random sample without bias would say as much of the campaign's share of a stage:
/// `p (1 - p) (1 / V - 1 / V0)`, V the share's variance with the answers, V0 without them, both at the learnt scales.
pub(crate) fn effective_answers(
    ground: &Ground<'_>,
    stage: &Stage<'_>,
    fitted: &Fitted<'_>,
    at: usize,
) -> Result<f64, EstimateError> {
    let whole: f64 = ground.electors.iter().sum();
    if !stage.is_answered() || whole <= 0.0 {
        return Ok(0.0);
    }
    let shares = fitted.shares();
    let slopes: Vec<f64> = shares.iter().zip(&ground.electors).map(|(p, n)| n / whole * p * (1.0 - p)).collect();
    let [before, after] = variance_of_sum(stage, fitted.scales(), &slopes).map_err(refused(at))?;
    let p = shares.iter().zip(&ground.electors).map(|(p, n)| n / whole * p).sum::<f64>();
    Ok((p * (1.0 - p) * (1.0 / after - 1.0 / before)).max(0.0))
}

fn node_flags(ground: &Ground<'_>) -> Vec<u8> {
    let evidence = ground.evidence;
    let offsets = &ground.offsets[ground.fitted_stages()];
    let mut bits: Vec<u8> = (0..evidence.tree.len())
        .map(|node| if offsets.iter().all(|stage| stage.missing[node]) { flags::NO_BASELINE } else { 0 })
        .collect();
    let asked = evidence.tallies.iter().map(|answers| answers.node);
    for node in evidence.benchmarks.iter().map(|benchmark| benchmark.node).chain(asked) {
        bits[node as usize] |= flags::OWN_EVIDENCE;
    }
    bits
}

/// Where a level's prior comes from.
pub(crate) fn source(ground: &Ground<'_>, stage: usize, level: usize) -> ScaleSource {
    match ground.history[stage].sigma[level] {
        _ if ground.is_one_area(level) => ScaleSource::OneArea,
        Some(_) => ScaleSource::History,
        None => ScaleSource::Default,
    }
}

/// The cards of a stage's levels.
pub(crate) fn scale_cards(ground: &Ground<'_>, at: usize, stage: &Stage<'_>, fitted: &Fitted<'_>) -> Vec<ScaleCard> {
    let (priors, scales) = (&stage.priors.levels, &fitted.scales().level);
    let levels = priors.iter().zip(scales).enumerate();
    levels
        .map(|(level, (prior, scale))| ScaleCard {
            level,
            stage: at,
            sigma: scale.map_or(0.0, f64::exp),
            prior: prior.map_or(0.0, |prior| prior.mean.exp()),
            prior_log_sd: prior.map_or(0.0, |prior| prior.sd),
            sigma_history: ground.history[at].sigma[level],
            freedom: ground.history[at].freedom[level],
            source: source(ground, at, level),
            sigma_no_result: ground.offsets[at].between[level],
        })
        .collect()
}
