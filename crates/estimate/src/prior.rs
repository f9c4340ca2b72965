//! The estimate: 200 coherent draws of the four groups for every leaf.

use crate::STAGES;
use crate::benchmark::{Merged, invlogit, logit_shift, merge};
use crate::card::{BenchmarkCard, METHOD, ModelCard, ScaleCard};
use crate::chance::{PAIRS, Purpose, Stream, key_hash};
use crate::evidence::{Base, EstimateError, Evidence};
use crate::offset::{StageOffset, offsets};
use crate::scales::{SIGMA_MU, learn};
use quartier_model::{DRAWS, Draw, Electors, flags};
use rayon::prelude::*;

/// Extra sd of the common swing where no baseline has a single count of the stage: log odds of a share unknown
/// between about 12 and 88 %.
const SIGMA_NO_BASELINE: f64 = 1.0;

/// Most passes over benchmarks of overlapping areas; agreeing ones need a handful, contradicting ones never settle.
const PASSES: usize = 40;

/// The bounds of a drawn target of a poll: no share of a stage is ever taken to be nobody or everybody.
const TARGET_BOUND: f64 = 1e-3;

/// What an estimate is: draws, and how they were made.
#[derive(Debug, Clone, PartialEq)]
pub struct Posterior {
    /// Leaf-major: the draws of leaf i (in the order of `tree.leaves()`) are `[i * DRAWS .. (i + 1) * DRAWS]`.
    pub draws: Vec<Draw>,
    /// Per node of the tree, the bits of `model::flags` that follow from the evidence (own evidence, no baseline).
    pub node_flags: Vec<u8>,
    /// Method, scales, benchmarks, notes.
    pub card: ModelCard,
}

/// One stage, ready to be drawn.
struct Stage {
    /// Per leaf, the offset.
    offset: Vec<f64>,
    /// Per node, sd of its effect.
    sd: Vec<f64>,
    /// Per node, its random numbers.
    streams: Vec<Stream>,
    /// Benchmarks with their leaves and the target of every draw, from the least to the most certain.
    targets: Vec<(Merged, Vec<u32>, Vec<f64>)>,
}

/// Estimates the four groups of every leaf from the evidence: see the crate's documentation for the model.
///
/// # Errors
/// When a list does not fit the tree, a count or weight is unlawful, or a benchmark determines no stage.
pub fn estimate(evidence: &Evidence<'_>) -> Result<Posterior, EstimateError> {
    evidence.check()?;
    let tree = evidence.tree;
    let leaves: Vec<u32> = tree.leaves().collect();
    let mut card = ModelCard { method: METHOD.into(), seed: evidence.seed, sigma_mu: SIGMA_MU, ..ModelCard::default() };
    let merged = merge(&evidence.benchmarks, evidence.keys, &mut card.notes)?;
    let offset = offsets(tree, &evidence.baseline);
    card.scales = learn(tree, &evidence.pairs, &offset);
    let stages = stages(evidence, &leaves, &offset, &card.scales, merged);

    let weights: Vec<f64> = evidence.electors.iter().map(|electors| f64::from(electors.known().unwrap_or(0))).collect();
    let mut drawn: Vec<(Vec<Draw>, Vec<f64>)> = (0..PAIRS)
        .into_par_iter()
        .flat_map_iter(|pair| draw_pair(evidence, &leaves, &stages, &weights, pair))
        .collect();
    // Antithetic twins were made together: put them 100 apart.
    let odd: Vec<_> = (0..PAIRS).map(|pair| std::mem::take(&mut drawn[2 * pair + 1])).collect();
    let columns: Vec<_> = (0..PAIRS).map(|pair| std::mem::take(&mut drawn[2 * pair])).chain(odd).collect();
    let mut draws = vec![Draw::default(); leaves.len() * DRAWS];
    draws.par_chunks_mut(DRAWS).enumerate().for_each(|(leaf, row)| {
        for (draw, (column, _)) in row.iter_mut().zip(&columns) {
            *draw = column[leaf];
        }
    });

    report(evidence, &leaves, &offset, &stages, &columns, &mut card);
    let node_flags = node_flags(evidence, &leaves, &offset);
    Ok(Posterior { draws, node_flags, card })
}

fn stages(
    evidence: &Evidence<'_>,
    leaves: &[u32],
    offset: &[StageOffset; STAGES],
    scales: &[ScaleCard],
    merged: Vec<Merged>,
) -> Vec<Stage> {
    let tree = evidence.tree;
    let hashes: Vec<u64> = evidence.keys.iter().map(|key| key_hash(key)).collect();
    let finest = tree.levels().saturating_sub(1);
    let mut stages: Vec<Stage> = (0..STAGES)
        .map(|stage| {
            let scale = |level: usize| &scales[stage * tree.levels() + level];
            let sd = (0..tree.len() as u32).map(|node| {
                let missing = offset[stage].missing[node as usize];
                let Some((level, _)) = tree.place(node) else {
                    return SIGMA_MU[stage].hypot(if missing { SIGMA_NO_BASELINE } else { 0.0 });
                };
                // A leaf above the finest level has its level's effect and its own.
                let own = if tree.is_leaf(node) && level < finest { scale(finest).sigma } else { 0.0 };
                let wider = if missing { scale(level).sigma_no_result } else { 0.0 };
                scale(level).sigma.hypot(own).hypot(wider)
            });
            Stage {
                offset: leaves.iter().map(|node| offset[stage].l[*node as usize]).collect(),
                sd: sd.collect(),
                streams: hashes.iter().map(|hash| Stream::new(evidence.seed, Purpose::Effect(stage), *hash)).collect(),
                targets: Vec::new(),
            }
        })
        .collect();
    for benchmark in merged {
        if evidence.of == Base::Voters && benchmark.stage == 0 {
            continue;
        }
        let members = (0..leaves.len() as u32).filter(|leaf| {
            let node = leaves[*leaf as usize];
            node == benchmark.node || tree.ancestors(node).any(|above| above == benchmark.node)
        });
        let purpose = Purpose::BenchmarkError(benchmark.stage);
        let errors = Stream::new(evidence.seed, purpose, hashes[benchmark.node as usize]).stratified();
        let target = benchmark.target;
        let targets = errors.iter().map(|z| match target.se {
            0.0 => target.share.clamp(1e-9, 1.0 - 1e-9),
            se => (target.share + se * z).clamp(TARGET_BOUND, 1.0 - TARGET_BOUND),
        });
        let entry = (benchmark.clone(), members.collect(), targets.collect());
        stages[benchmark.stage].targets.push(entry);
    }
    stages
}

/// Two antithetic draws of all leaves; with each, the distance left to every benchmark, in the order of the stages.
fn draw_pair(
    evidence: &Evidence<'_>,
    leaves: &[u32],
    stages: &[Stage],
    weights: &[f64],
    pair: usize,
) -> [(Vec<Draw>, Vec<f64>); 2] {
    let effects: Vec<Vec<f64>> = stages.iter().map(|stage| effects(evidence, stage, pair)).collect();
    [(1.0, pair), (-1.0, pair + PAIRS)].map(|(sign, draw)| {
        let (shares, residuals) = draw_shares(evidence, leaves, stages, weights, &effects, sign, draw);
        let [first, second, third] = &shares;
        let draws = (0..leaves.len()).map(|leaf| {
            let (p1, p2, p3) = (first[leaf], second[leaf], third[leaf]);
            Draw::of_shares(p1, (1.0 - p1) * p2, (1.0 - p1) * (1.0 - p2) * p3)
        });
        (draws.collect(), residuals)
    })
}

/// Per node, the sum of the effects of its ancestors and itself; a parent stands before its children.
fn effects(evidence: &Evidence<'_>, stage: &Stage, pair: usize) -> Vec<f64> {
    // The common swing is one number a draw: stratified over the draws, so computed from its own stream.
    let common = stage.streams[0].stratified()[pair];
    let mut sums = vec![0.0; evidence.tree.len()];
    for node in 0..sums.len() {
        sums[node] = match evidence.tree.parent(node as u32) {
            None => stage.sd[0] * common,
            Some(parent) => sums[parent as usize] + stage.sd[node] * stage.streams[node].normal(pair),
        };
    }
    sums
}

/// The three stages' shares of every leaf in one draw, benchmarks met.
fn draw_shares(
    evidence: &Evidence<'_>,
    leaves: &[u32],
    stages: &[Stage],
    weights: &[f64],
    effects: &[Vec<f64>],
    sign: f64,
    draw: usize,
) -> ([Vec<f64>; STAGES], Vec<f64>) {
    let mut remaining = weights.to_vec();
    let mut residuals = Vec::new();
    let shares = std::array::from_fn(|at| {
        if at == 0 && evidence.of == Base::Voters {
            return vec![0.0; leaves.len()];
        }
        let (stage, effects) = (&stages[at], &effects[at]);
        let mut eta: Vec<f64> =
            leaves.iter().zip(&stage.offset).map(|(node, l)| l + sign * effects[*node as usize]).collect();
        meet(&stage.targets, &mut eta, &remaining, draw, &mut residuals);
        eta.iter_mut().for_each(|eta| *eta = invlogit(*eta));
        remaining.iter_mut().zip(&eta).for_each(|(weight, p)| *weight *= 1.0 - p);
        eta
    });
    (shares, residuals)
}

/// Shifts the logits until every benchmark of the stage is met, the most certain last; nested ones take a few passes.
fn meet(
    targets: &[(Merged, Vec<u32>, Vec<f64>)],
    eta: &mut [f64],
    weights: &[f64],
    draw: usize,
    residuals: &mut Vec<f64>,
) {
    for pass in 0..PASSES {
        let mut largest: f64 = 0.0;
        for (_, members, target) in targets {
            let delta = logit_shift(eta, weights, members, target[draw]);
            members.iter().for_each(|leaf| eta[*leaf as usize] += delta);
            largest = largest.max(delta.abs());
        }
        // One benchmark is met at once; below 1e-12 a pass changes no figure.
        if targets.len() < 2 || (pass > 0 && largest < 1e-12) {
            break;
        }
    }
    for (_, members, target) in targets {
        let total: f64 = members.iter().map(|leaf| weights[*leaf as usize]).sum();
        let sum: f64 = members.iter().map(|leaf| weights[*leaf as usize] * invlogit(eta[*leaf as usize])).sum();
        residuals.push(if total > 0.0 { sum / total - target[draw] } else { f64::INFINITY });
    }
}

/// Residual, as a share, above which contradicting benchmarks are said.
const RESIDUAL_SAID: f64 = 1e-3;

fn report(
    evidence: &Evidence<'_>,
    leaves: &[u32],
    offset: &[StageOffset; STAGES],
    stages: &[Stage],
    columns: &[(Vec<Draw>, Vec<f64>)],
    card: &mut ModelCard,
) {
    let total: f64 = evidence.baseline.iter().map(|past| past.weight).sum();
    card.baseline = evidence.baseline.iter().map(|past| (past.id.clone(), past.weight / total)).collect();
    card.pairs = evidence.pairs.iter().map(|pair| format!("{} to {}", pair.earlier.id, pair.later.id)).collect();
    card.leaves_without_baseline =
        leaves.iter().filter(|node| offset.iter().all(|stage| stage.missing[**node as usize])).count();
    card.leaves_without_electors_known = evidence.electors.iter().filter(|e| **e == Electors::Unknown).count();
    for (at, (benchmark, ..)) in stages.iter().flat_map(|stage| &stage.targets).enumerate() {
        let mean = columns.iter().map(|(_, residuals)| residuals[at].abs()).sum::<f64>() / DRAWS as f64;
        let area = evidence.keys[benchmark.node as usize].clone();
        if !mean.is_finite() {
            card.notes.push(format!("{area}: a benchmark was not used, because no electors are known there"));
        } else if mean > RESIDUAL_SAID {
            card.notes.push(format!(
                "{area}: benchmarks contradict each other; {:.1} points of the stage `{}` are left between them",
                100.0 * mean,
                crate::STAGE_NAMES[benchmark.stage]
            ));
        }
        card.benchmarks.push(BenchmarkCard {
            area,
            stage: benchmark.stage,
            target: benchmark.target.share,
            se: benchmark.target.se,
            polls: benchmark.polls,
            residual: if mean.is_finite() { mean } else { 1.0 },
        });
    }
    if evidence.baseline.is_empty() {
        card.notes.push("No baseline election: every area has the same offset, and only polls move it.".into());
    }
    if evidence.pairs.is_empty() {
        card.notes.push("No pair of past elections: scales are the stated defaults.".into());
    }
    let turnout_asked = evidence.benchmarks.iter().any(|benchmark| benchmark.turnout.is_some());
    if evidence.of == Base::Voters && turnout_asked {
        card.notes.push("A benchmark of turnout was not used, because shares are of voters.".into());
    }
    if evidence.of == Base::Voters {
        card.notes.push("No register: shares are of voters; turnout, abstainers and mobilisation are absent.".into());
    }
}

fn node_flags(evidence: &Evidence<'_>, leaves: &[u32], offset: &[StageOffset; STAGES]) -> Vec<u8> {
    let relevant = if evidence.of == Base::Voters { 1 } else { 0 };
    let mut bits: Vec<u8> = (0..evidence.tree.len())
        .map(|node| {
            let missing = offset[relevant..].iter().all(|stage| stage.missing[node]);
            if missing { flags::NO_BASELINE } else { 0 }
        })
        .collect();
    for benchmark in &evidence.benchmarks {
        bits[benchmark.node as usize] |= flags::OWN_EVIDENCE;
    }
    debug_assert!(leaves.iter().all(|node| (*node as usize) < bits.len()));
    bits
}
