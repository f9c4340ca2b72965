//! The scales of the tree effects, learnt by moments from past pairs of elections.
//!
//! A pair gives each leaf a logit swing `s = l(later) - l(earlier)` with sampling variance
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
use crate::card::{ScaleCard, ScaleSource};
use crate::evidence::Pair;
use crate::offset::{StageOffset, node_sums, smoothed_log_odds};
use quartier_model::Tree;

/// Sd of an effect where no past pair teaches it (method, section 1: "no pair: .2").
pub(crate) const SIGMA_DEFAULT: f64 = 0.2;
/// Floor of a learnt sd (method, section 1: `max(1.5 sigma_hist, .12)`).
pub(crate) const SIGMA_FLOOR: f64 = 0.12;
/// How much wider than the past the future is taken to be (same rule).
pub(crate) const SIGMA_WIDEN: f64 = 1.5;
/// Sd of the common swing by stage: .5 for turnout, .3 for the stances (method, section 1).
pub(crate) const SIGMA_MU: [f64; STAGES] = [0.5, 0.3, 0.3];
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

/// The scale of every level and stage.
pub(crate) fn learn(tree: &Tree, pairs: &[Pair], offsets: &[StageOffset; STAGES]) -> Vec<ScaleCard> {
    let mut cards = Vec::with_capacity(STAGES * tree.levels());
    for (stage, offset) in offsets.iter().enumerate() {
        for (level, (variance, freedom)) in history(tree, pairs, stage).into_iter().enumerate() {
            let one_area = tree.level(level).len() == 1 && level + 1 < tree.levels();
            let sigma_history = variance.map(f64::sqrt);
            let (sigma, source) = match sigma_history {
                _ if one_area => (0.0, ScaleSource::OneArea),
                Some(sd) => ((SIGMA_WIDEN * sd).max(SIGMA_FLOOR), ScaleSource::History),
                None => (SIGMA_DEFAULT, ScaleSource::Default),
            };
            let sigma_no_result = offset.between[level];
            cards.push(ScaleCard { level, stage, sigma, sigma_history, freedom, source, sigma_no_result });
        }
    }
    cards
}
