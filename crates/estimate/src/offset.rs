//! The offset l of every node and stage: the baseline's log odds, smoothed towards the parent's share.

use crate::STAGES;
use crate::benchmark::invlogit;
use crate::evidence::Past;
use quartier_model::Tree;

/// Sd between siblings' offsets where the baseline cannot tell, on the logit scale.
pub(crate) const BETWEEN_DEFAULT: f64 = 0.5;

/// Floor of the sd between siblings' offsets: an area without a result is never narrower than this allows.
pub(crate) const BETWEEN_FLOOR: f64 = 0.3;

/// Offsets of one stage.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StageOffset {
    /// Per node, the log odds l.
    pub l: Vec<f64>,
    /// Per node: no baseline has a count here, so l is the parent's.
    pub missing: Vec<bool>,
    /// Per level, sd of the offsets between siblings.
    pub between: Vec<f64>,
    /// In no baseline has the stage votes on both sides.
    pub one_sided: bool,
}

/// Sums `(a, b)` of a stage over every node's leaves.
pub(crate) fn node_sums(tree: &Tree, past: &Past, stage: usize) -> Vec<[f64; 2]> {
    let mut sums = vec![[0.0; 2]; tree.len()];
    for (leaf, node) in tree.leaves().enumerate() {
        sums[node as usize] = past.stage(leaf, stage);
    }
    tree.sum_upwards(&mut sums, |sum, part| {
        sum[0] += part[0];
        sum[1] += part[1];
    });
    sums
}

/// Log odds `log((a + q) / (b + 1 - q))` per node, q the parent's smoothed share; at the root q = 1/2.
///
/// A node without counts gets the parent's log odds.
pub(crate) fn smoothed_log_odds(tree: &Tree, sums: &[[f64; 2]]) -> Vec<f64> {
    let mut shares = vec![0.5; tree.len()];
    let mut log_odds = vec![0.0; tree.len()];
    for node in 0..tree.len() {
        let q = tree.parent(node as u32).map_or(0.5, |parent| shares[parent as usize]);
        let [a, b] = sums[node];
        shares[node] = (a + q) / (a + b + 1.0);
        log_odds[node] = ((a + q) / (b + 1.0 - q)).ln();
    }
    log_odds
}

/// The offsets of the three stages from a weighted mix of past elections.
///
/// Each node differs from its parent by the weighted mean of the differences in the elections that have a count
/// there, so an election without a candidate in one area does not tilt that area.
pub(crate) fn offsets(tree: &Tree, baseline: &[Past]) -> [StageOffset; STAGES] {
    std::array::from_fn(|stage| {
        let elections: Vec<(f64, Vec<[f64; 2]>, Vec<f64>)> = baseline
            .iter()
            .map(|past| {
                let sums = node_sums(tree, past, stage);
                let log_odds = smoothed_log_odds(tree, &sums);
                (past.weight, sums, log_odds)
            })
            .collect();
        let mut l = vec![0.0; tree.len()];
        let mut missing = vec![true; tree.len()];
        let mut weight_here = vec![0.0; tree.len()];
        for node in 0..tree.len() {
            let parent = tree.parent(node as u32).map(|parent| parent as usize);
            let (mut weight, mut step) = (0.0, 0.0);
            for (w, sums, log_odds) in &elections {
                let count = sums[node][0] + sums[node][1];
                if count > 0.0 {
                    weight += w;
                    step += w * (log_odds[node] - parent.map_or(0.0, |parent| log_odds[parent]));
                    weight_here[node] += w * count;
                }
            }
            missing[node] = weight == 0.0;
            l[node] = parent.map_or(0.0, |parent| l[parent]) + if weight > 0.0 { step / weight } else { 0.0 };
        }
        let between = between(tree, &l, &missing, &weight_here);
        let one_sided = elections.iter().all(|(_, sums, _)| sums[0][0] == 0.0 || sums[0][1] == 0.0);
        StageOffset { l, missing, between, one_sided }
    })
}

/// How far a mix of past elections misses a later one after a uniform swing in every stage: mean over electors of the
/// later one and over the four groups of the absolute difference, as a share. Areas without a count are left out.
pub fn swing_error(tree: &Tree, baseline: &[Past], later: &Past) -> f64 {
    let past = offsets(tree, baseline);
    let leaves: Vec<u32> = tree.leaves().collect();
    let shares: Vec<Vec<f64>> = (0..STAGES).map(|stage| swung(&leaves, &past[stage].l, later, stage)).collect();
    let (mut sum, mut whole) = (0.0, 0.0);
    for (leaf, counts) in later.counts.iter().enumerate() {
        let lacking = past[STAGES - 1].missing[leaves[leaf] as usize] || later.stage(leaf, STAGES - 1) == [0.0; 2];
        let Some(counts) = counts.filter(|_| !lacking) else { continue };
        let n: f64 = counts.groups.iter().sum();
        let [p1, p2, p3] =
            [0, 1, 2].map(|stage: usize| if counts.has_registered || stage > 0 { shares[stage][leaf] } else { 0.0 });
        let groups = [p1, (1.0 - p1) * p2, (1.0 - p1) * (1.0 - p2) * p3, (1.0 - p1) * (1.0 - p2) * (1.0 - p3)];
        sum += groups.iter().zip(counts.groups).map(|(p, count)| (n * p - count).abs()).sum::<f64>() / 4.0;
        whole += n;
    }
    if whole > 0.0 { sum / whole } else { 0.0 }
}

/// The shares of a stage at the leaves, all log odds moved alike so that they meet the later election's total.
fn swung(leaves: &[u32], l: &[f64], later: &Past, stage: usize) -> Vec<f64> {
    let counts: Vec<[f64; 2]> = (0..leaves.len()).map(|leaf| later.stage(leaf, stage)).collect();
    let target: f64 = counts.iter().map(|[a, _]| a).sum();
    let share = |leaf: usize, by: f64| invlogit(l[leaves[leaf] as usize] + by);
    // Shares grow with the swing: halving 50 times from ±10 settles it to the last bit.
    let (mut low, mut high) = (-10.0, 10.0);
    for _ in 0..50 {
        let by = 0.5 * (low + high);
        let sum: f64 = counts.iter().enumerate().map(|(leaf, [a, b])| (a + b) * share(leaf, by)).sum();
        if sum < target { low = by } else { high = by }
    }
    (0..leaves.len()).map(|leaf| share(leaf, low)).collect()
}

/// Weighted sd of offsets around their siblings' mean, per level; sampling noise is left in, which only widens.
fn between(tree: &Tree, l: &[f64], missing: &[bool], weight: &[f64]) -> Vec<f64> {
    let mut means = vec![[0.0; 2]; tree.len()];
    (0..tree.levels())
        .map(|level| {
            means.iter_mut().for_each(|mean| *mean = [0.0; 2]);
            let present = |node: &usize| !missing[*node] && weight[*node] > 0.0;
            let nodes = || tree.level(level).map(|node| node as usize).filter(present);
            let parent = |node: usize| tree.parent(node as u32).unwrap_or(0) as usize;
            for node in nodes() {
                means[parent(node)][0] += weight[node];
                means[parent(node)][1] += weight[node] * l[node];
            }
            let (mut square, mut scale, mut children) = (0.0, 0.0, 0usize);
            for node in nodes() {
                let [total, sum] = means[parent(node)];
                square += weight[node] * (l[node] - sum / total).powi(2);
                scale += weight[node] * (1.0 - weight[node] / total);
                children += usize::from(weight[node] < total);
            }
            if children < 4 || scale <= 0.0 { BETWEEN_DEFAULT } else { (square / scale).sqrt().max(BETWEEN_FLOOR) }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use quartier_model::StageCounts;

    fn counts(groups: [f64; 4]) -> Option<StageCounts> {
        Some(StageCounts { groups, has_registered: true })
    }

    #[test]
    fn an_area_without_a_count_takes_its_parents_odds() {
        let tree = Tree::new(&[vec![None], vec![Some(0), Some(0)]]).expect("a tree");
        let past = Past::new("e", vec![counts([300.0, 100.0, 400.0, 200.0]), None]);
        let [abstain, ..] = offsets(&tree, &[past]);
        assert_eq!(abstain.missing, [false, false, false, true]);
        assert_eq!(abstain.l[3], abstain.l[1]);
        assert!((abstain.l[2] - (300.0f64 / 700.0).ln()).abs() < 2e-3);
    }

    #[test]
    fn voters_without_a_valid_vote_and_a_bloc_without_candidate_are_missing_not_zero() {
        let tree = Tree::new(&[vec![None, None, None]]).expect("a tree");
        let mut past = Past::new(
            "e",
            vec![counts([300.0, 100.0, 400.0, 200.0]), counts([40.0, 60.0, 0.0, 0.0]), counts([10.0, 80.0, 0.0, 10.0])],
        );
        past.no_candidate = vec![false, false, true];
        let [abstain, undecided, favourable] = offsets(&tree, &[past]);
        assert_eq!(abstain.missing, [false; 4]);
        assert_eq!(undecided.missing, [false, false, false, true]);
        assert_eq!(favourable.missing, [false, false, true, true]);
        assert!(undecided.l[2].is_finite());
    }

    #[test]
    fn a_stage_is_one_sided_where_nobody_anywhere_stood_on_one_side() {
        let tree = Tree::new(&[vec![None, None]]).expect("a tree");
        let one_sided = |elections: &[[[f64; 4]; 2]]| {
            let pasts = elections.iter().map(|groups| Past::new("e", groups.iter().map(|own| counts(*own)).collect()));
            offsets(&tree, &pasts.collect::<Vec<_>>()).map(|stage| stage.one_sided)
        };
        let (decided, mixed) = ([30.0, 0.0, 40.0, 20.0], [30.0, 5.0, 40.0, 20.0]);
        assert_eq!(one_sided(&[[decided, decided]]), [false, true, false]);
        assert_eq!(one_sided(&[[decided, mixed]]), [false; 3], "undecided in one area");
        assert_eq!(
            one_sided(&[[decided, decided], [mixed, mixed]]),
            [false; 3],
            "undecided in one election of the mix"
        );
        assert_eq!(one_sided(&[[[0.0, 5.0, 40.0, 0.0]; 2]]), [true, false, true], "nobody abstained, nobody opposed");
    }

    #[test]
    fn a_uniform_swing_misses_nothing_where_all_areas_moved_alike() {
        let tree = Tree::new(&[vec![None, None]]).expect("a tree");
        let result = |first: f64, second: f64| {
            let of = |logit: f64| {
                let f = 1e6 * invlogit(logit);
                counts([5e5, 1e5, f, 1e6 - f])
            };
            Past::new("e", vec![of(first), of(second)])
        };
        let before = result(-0.5, 0.4);
        assert!(swing_error(&tree, std::slice::from_ref(&before), &result(-0.2, 0.7)) < 1e-5);
        assert!(swing_error(&tree, &[before], &result(0.2, 0.2)) > 0.02);
    }

    #[test]
    fn a_mix_is_the_weighted_mean_of_log_odds() {
        let tree = Tree::new(&[vec![None]]).expect("a tree");
        let mut first = Past::new("a", vec![counts([1e6, 0.0, 3e6, 1e6])]);
        let second = Past::new("b", vec![counts([1e6, 0.0, 1e6, 1e6])]);
        first.weight = 3.0;
        let [_, _, favourable] = offsets(&tree, &[first, second]);
        assert!((favourable.l[1] - 0.75 * 3f64.ln()).abs() < 1e-5);
    }
}
