//! The scales of the tree effects, learnt from past pairs of elections: first by moments, then by the model itself.
//!
//! The model is told the later election of a pair as answers without bias, and the earlier one as the offset: the
//! scales of most evidence are how far areas moved beyond what the covariates explain. Several pairs give the root
//! mean square. By moments, where the model starts and what counts where it fails: a pair gives each leaf a logit swing `s = l(later) - l(earlier)` with sampling variance
//! `v = 1/(a+q) + 1/(b+1-q)` of each election. Under the model, siblings differ by an effect of variance
//! `sigma_L^2` of their level L on top of what their own subtrees leave as noise. Working from the finest level up,
//! with electors as weights w and W their sum over siblings,
//!
//! ```text
//! E[ sum w (m - mean)^2 ] = sum w (1 - w/W) (sigma_L^2 + noise)      per parent; pooled over parents and pairs
//! noise of a leaf = v (+ sigma_leaf^2 above the finest level),   of a node = sum (w/W)^2 (sigma^2 of its children + noise)
//! ```
//!
//! which is solved for `sigma_L^2`, at least 0: nested variance components by the method of moments.

use crate::STAGES;
use crate::chance::key_hash;
use crate::covariates::design;
use crate::engine::{Bias, LogPrior, Priors, Stage, Tally, fit_scales};
use crate::evidence::{Evidence, Pair};
use crate::offset::{node_sums, offsets, smoothed_log_odds};
use quartier_model::Tree;
use rayon::prelude::*;

/// Floor of a learnt sd (method, section 1: `max(1.5 sigma_hist, .12)`).
pub(crate) const SIGMA_FLOOR: f64 = 0.12;
/// How much wider than the past the future is taken to be (same rule).
pub(crate) const SIGMA_WIDEN: f64 = 1.5;
/// Sd of the common swing by stage: .5 for turnout, .3 for the stances (method, section 1).
const SIGMA_MU: [f64; STAGES] = [0.5, 0.3, 0.3];
/// How much the undecided of the baseline add to it: those who voted for neither bloc have yet to choose, so a baseline
/// of which they are half says little of how many stay so, and of whom the others join. A choice of this product:
/// from the first to the second round of 2017 in France, u was .55 and the swings of stages 2 and 3 were -2.2 and .55.
const SIGMA_UNDECIDED: [f64; STAGES] = [0.0, 2.0, 1.0];
/// Least degrees of freedom (siblings beyond one a parent, summed over pairs) from which a scale is learnt.
pub(crate) const LEAST_FREEDOM: f64 = 4.0;

/// Swing of a leaf, or what a subtree's swings sum to.
#[derive(Debug, Clone, Copy, Default)]
struct Swing {
    mean: f64,
    noise: f64,
    weight: f64,
}

/// The swings of one pair in one stage, per node; weight 0 where a leaf lacks a count in either election.
fn leaf_swings(tree: &Tree, pair: &Pair, stage: usize) -> Vec<Swing> {
    let earlier = node_sums(tree, &pair.earlier, stage);
    let later = node_sums(tree, &pair.later, stage);
    let (before, after) = (smoothed_log_odds(tree, &earlier), smoothed_log_odds(tree, &later));
    let mut swings = vec![Swing::default(); tree.len()];
    for (leaf, node) in tree.leaves().enumerate() {
        let at = node as usize;
        let (e, l) = (earlier[at], later[at]);
        if e[0] + e[1] == 0.0 || l[0] + l[1] == 0.0 {
            continue;
        }
        let q = |odds: f64| 1.0 / (1.0 + (-odds).exp());
        let parent = tree.parent(node).unwrap_or(0) as usize;
        let variance = |[a, b]: [f64; 2], q: f64| 1.0 / (a + q) + 1.0 / (b + 1.0 - q);
        let electors: f64 = pair.later.counts[leaf].map_or(0.0, |counts| counts.groups.iter().sum());
        swings[at] = Swing {
            mean: after[at] - before[at],
            noise: variance(e, q(before[parent])) + variance(l, q(after[parent])),
            weight: electors,
        };
    }
    swings
}

/// Per level, `sigma^2` of history (absent where not learnable) and degrees of freedom.
fn history(tree: &Tree, pairs: &[Pair], stage: usize) -> Vec<(Option<f64>, f64)> {
    let mut all: Vec<Vec<Swing>> = pairs.iter().map(|pair| leaf_swings(tree, pair, stage)).collect();
    let mut learnt = vec![(None, 0.0); tree.levels()];
    let mut leaf_variance = 0.0;
    for level in (0..tree.levels()).rev() {
        let finest = level + 1 == tree.levels();
        let (mut square, mut noise, mut scale, mut freedom) = (0.0, 0.0, 0.0, 0.0);
        let mut groups: Vec<Vec<Swing>> = Vec::with_capacity(all.len());
        for swings in &mut all {
            // Per parent: sum of w, of w m.
            let mut parents = vec![Swing::default(); tree.len()];
            let mut children = vec![0u32; tree.len()];
            let nodes = || tree.level(level).map(|node| (node, tree.parent(node).unwrap_or(0) as usize));
            for (node, parent) in nodes() {
                let swing = &mut swings[node as usize];
                if !finest && tree.is_leaf(node) {
                    swing.noise += leaf_variance;
                }
                if swing.weight > 0.0 {
                    parents[parent].weight += swing.weight;
                    parents[parent].mean += swing.weight * swing.mean;
                    children[parent] += 1;
                }
            }
            for (node, parent) in nodes() {
                let swing = swings[node as usize];
                if swing.weight > 0.0 {
                    let total = parents[parent];
                    let share = swing.weight * (1.0 - swing.weight / total.weight);
                    square += swing.weight * (swing.mean - total.mean / total.weight).powi(2);
                    noise += share * swing.noise;
                    scale += share;
                }
            }
            freedom += children.iter().map(|count| f64::from(count.saturating_sub(1))).sum::<f64>();
            groups.push(parents);
        }
        let variance = (freedom >= LEAST_FREEDOM && scale > 0.0).then(|| ((square - noise) / scale).max(0.0));
        learnt[level] = (variance, freedom);
        let effect = variance.unwrap_or(0.0);
        if finest {
            leaf_variance = effect;
        }
        // What the parents' own means carry as noise.
        for (swings, parents) in all.iter_mut().zip(groups) {
            let mut noises = vec![0.0; tree.len()];
            for node in tree.level(level) {
                let swing = swings[node as usize];
                let parent = tree.parent(node).unwrap_or(0) as usize;
                if swing.weight > 0.0 {
                    noises[parent] += (swing.weight / parents[parent].weight).powi(2) * (effect + swing.noise);
                }
            }
            for (at, total) in parents.iter().enumerate() {
                // The root may hold children of several levels; only effects of one level are ever compared.
                if total.weight > 0.0 && at > 0 {
                    swings[at] = Swing { mean: total.mean / total.weight, noise: noises[at], weight: total.weight };
                }
            }
        }
    }
    learnt
}

/// Sd of the common swing of a stage, `u` the part of the baseline's voters who count as undecided: the root of the sum
/// of squares of the stated sd and of [`SIGMA_UNDECIDED`] times u.
pub(crate) fn sigma_mu(stage: usize, u: f64) -> f64 {
    SIGMA_MU[stage].hypot(SIGMA_UNDECIDED[stage] * u)
}

/// What the past pairs say of one stage.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct History {
    /// Per level, sd of its effects; `None`: too few areas.
    pub sigma: Vec<Option<f64>>,
    /// Per level, degrees of freedom behind it.
    pub freedom: Vec<f64>,
}

/// Most areas at which the model reads a past pair: their scales are known to a few percent, and more only cost time.
/// They are those whose keys have the smallest hash, so the order of areas does not matter.
const AREAS_READ: usize = 4_000;

/// Prior sd of the common swing of the past, which its result shows: nothing may leak from it into the regions.
const SIGMA_MU_PAST: f64 = 2.0;

/// Least sd from which the model starts on a past pair: its search is on logs.
const START_FLOOR: f64 = 0.02;

/// What the past pairs teach of every stage.
pub(crate) fn learn(evidence: &Evidence<'_>) -> [History; STAGES] {
    let moments: Vec<Vec<(Option<f64>, f64)>> =
        (0..STAGES).map(|stage| history(evidence.tree, &evidence.pairs, stage)).collect();
    // Per pair and stage, the model's sd of every level.
    let fitted: Vec<Vec<Option<Vec<f64>>>> =
        evidence.pairs.par_iter().map(|pair| told_the_result(evidence, pair, &moments)).collect();
    std::array::from_fn(|stage| {
        let by_pair: Vec<&Vec<f64>> = fitted.iter().filter_map(|stages| stages[stage].as_ref()).collect();
        let sigma = moments[stage].iter().enumerate().map(|(level, (variance, _))| {
            let square: f64 = by_pair.iter().map(|sds| sds[level] * sds[level]).sum();
            variance.map(|variance| if by_pair.is_empty() { variance } else { square / by_pair.len() as f64 }.sqrt())
        });
        History { sigma: sigma.collect(), freedom: moments[stage].iter().map(|(_, freedom)| *freedom).collect() }
    })
}

/// Per stage, the sds of the levels when the model is told the later result of a pair; `None` where nothing can be
/// learnt or the numbers fail.
fn told_the_result(evidence: &Evidence<'_>, pair: &Pair, moments: &[Vec<(Option<f64>, f64)>]) -> Vec<Option<Vec<f64>>> {
    let tree = evidence.tree;
    let leaves: Vec<u32> = tree.leaves().collect();
    let earlier = offsets(tree, std::slice::from_ref(&pair.earlier));
    let counts = &pair.later.counts;
    let weights: Vec<f64> =
        counts.iter().map(|counts| counts.map_or(0.0, |counts| counts.groups.iter().sum())).collect();
    let covariates = design(evidence, &leaves, &earlier, &weights).covariates;
    (0..STAGES)
        .into_par_iter()
        .map(|stage| {
            let start = |(variance, _): &(Option<f64>, f64)| {
                variance.map(|variance| LogPrior { mean: variance.sqrt().max(START_FLOOR).ln(), sd: 1.0 })
            };
            let levels: Vec<Option<LogPrior>> = moments[stage].iter().map(start).collect();
            let tallies = later_result(evidence, &leaves, &earlier[stage].missing, pair, stage);
            if tallies.is_empty() || levels.iter().all(Option::is_none) {
                return None;
            }
            let scales = fit_scales(&Stage {
                tree,
                offset: leaves.iter().map(|node| earlier[stage].l[*node as usize]).collect(),
                extra_variance: vec![0.0; tree.len()],
                covariates: covariates.clone(),
                graph: None,
                tallies,
                noised: vec![],
                bias: Bias::default(),
                priors: Priors { levels, ..Priors::from_history(SIGMA_MU_PAST, &[]) },
            });
            Some(scales.ok()?.level.iter().map(|log| log.map_or(0.0, f64::exp)).collect())
        })
        .collect()
}

/// The later result of a pair as answers, at [`AREAS_READ`] areas that have both.
fn later_result(evidence: &Evidence<'_>, leaves: &[u32], missing: &[bool], pair: &Pair, stage: usize) -> Vec<Tally> {
    let both = leaves.iter().enumerate().filter(|(_, node)| !missing[**node as usize]);
    let mut found: Vec<(u64, Tally)> = both
        .filter_map(|(leaf, node)| {
            let [a, b] = pair.later.stage(leaf, stage);
            let tally = Tally { leaf: leaf as u32, yes: a, asked: a + b };
            (a + b > 0.0).then(|| (key_hash(&evidence.keys[*node as usize]), tally))
        })
        .collect();
    found.sort_unstable_by_key(|(hash, _)| *hash);
    found.truncate(AREAS_READ);
    found.into_iter().map(|(_, tally)| tally).collect()
}
