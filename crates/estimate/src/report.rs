//! The model card, filled in: what was learnt, what was met, and what a reader should know.

use crate::STAGE_NAMES;
use crate::benchmark::{About, CONTRADICTION_SE, invlogit};
use crate::card::{BenchmarkCard, DistrictCard, ModelCard, SlopeCard, StageCard};
use crate::engine::{Fitted, Stage};
use crate::evidence::{Base, EstimateError};
use crate::fitting::{Ground, Target, effective_answers, scale_cards};
use quartier_model::{DRAW_ONE, DRAWS, Draw, Electors};
use std::collections::BTreeSet;

/// Residual of a known total, as a share, above which contradicting benchmarks are said.
const RESIDUAL_SAID: f64 = 1e-3;

/// The stages, scales and slopes as fitted, before polls.
pub(crate) fn stages(
    ground: &Ground<'_>,
    stages: &[Stage<'_>],
    fits: &[Fitted<'_>],
    card: &mut ModelCard,
) -> Result<(), EstimateError> {
    for ((at, stage), fitted) in ground.fitted_stages().zip(stages).zip(fits) {
        let above = ground.answers_above().filter_map(|answers| Some(answers.stage(at)?.1)).fold(0.0, |sum, n| sum + n);
        let asked = stage.tallies.iter().map(|tally| (tally.leaf, tally.asked));
        let asked: Vec<(u32, f64)> =
            asked.chain(stage.noised.iter().map(|noised| (noised.leaf, noised.asked))).collect();
        let areas: BTreeSet<u32> = asked.iter().map(|(leaf, _)| *leaf).collect();
        card.stages.push(StageCard {
            stage: at,
            sigma_mu: stage.priors.sigma_mu,
            phi: fitted.scales().phi.map(invlogit),
            log_evidence: fitted.log_evidence(),
            mixture: fitted.components(),
            bias: StageCard::bias(stage.bias),
            areas_with_answers: areas.len(),
            answers: asked.iter().fold(0.0, |sum, (_, asked)| sum + asked),
            answers_above: above,
            effective_answers: effective_answers(ground, stage, fitted, at)?,
        });
        card.scales.extend(scale_cards(ground, at, stage, fitted));
        let slopes = ground.design.groups.iter().zip(&fitted.scales().slope);
        card.slopes.extend(slopes.map(|((group, columns), log)| SlopeCard {
            stage: at,
            group: group.clone(),
            columns: columns.clone(),
            sigma: log.exp(),
        }));
        let districts = ground.evidence.districts.as_ref().zip(fitted.scales().slope.last());
        card.districts.extend(districts.map(|(own, log)| DistrictCard {
            stage: at,
            name: own.name.clone(),
            count: own.count,
            sigma: log.exp(),
            prior: stage.priors.district.mean.exp(),
            prior_log_sd: stage.priors.district.sd,
        }));
        card.slope_prior = [stage.priors.slope.mean.exp(), stage.priors.slope.sd];
    }
    Ok(())
}

/// The benchmarks as the draws meet them.
pub(crate) fn benchmarks(ground: &Ground<'_>, targets: &[Target], draws: &[Draw], card: &mut ModelCard) {
    for target in targets.iter().filter(|target| target.polls > 0) {
        let area = ground.evidence.keys[target.node as usize].clone();
        let shares = drawn_shares(ground, target.about, &target.members, draws);
        let (share, se) = (target.target.share, target.target.se);
        let mean = |shares: &[f64; DRAWS]| shares.iter().sum::<f64>() / DRAWS as f64;
        let residual = match &shares {
            None => 1.0,
            Some(shares) if se == 0.0 => shares.iter().map(|p| (p - share).abs()).sum::<f64>() / DRAWS as f64,
            Some(shares) => (mean(shares) - share).abs(),
        };
        let residual_se = shares.as_ref().filter(|_| se > 0.0).map(|shares| (share - mean(shares)) / se);
        let about = target.about.name();
        if shares.is_none() {
            card.notes.push(format!("{area}: a benchmark was not used, because no electors are known there"));
        } else if se == 0.0 && residual > RESIDUAL_SAID {
            card.notes.push(format!(
                "{area}: benchmarks contradict each other; {:.1} points of {about} are left between them",
                100.0 * residual
            ));
        } else if let Some(apart) = residual_se.filter(|apart| apart.abs() > CONTRADICTION_SE) {
            card.notes.push(format!(
                "{area}: polls of {about} contradict everything else that is known: they say {:.1} %, the estimate {:.1} %, {:.1} standard errors away",
                100.0 * share,
                100.0 * (share - apart * se),
                apart.abs()
            ));
        }
        let stage = match target.about {
            About::Stage(stage) => Some(stage),
            About::Across { .. } => None,
        };
        let polls = target.polls;
        card.benchmarks.push(BenchmarkCard { area, stage, about, target: share, se, polls, residual, residual_se });
    }
}

/// What a benchmark is about, among the electors of some leaves, in every draw; `None` where no electors are known.
fn drawn_shares(ground: &Ground<'_>, about: About, members: &[u32], draws: &[Draw]) -> Option<[f64; DRAWS]> {
    let mut parts = [[0.0; 2]; DRAWS];
    for leaf in members {
        let electors = ground.electors[*leaf as usize];
        if electors == 0.0 {
            continue;
        }
        for (part, draw) in parts.iter_mut().zip(&draws[*leaf as usize * DRAWS..][..DRAWS]) {
            let groups = [draw.abstainers, draw.undecided, draw.favourable, draw.opposed()].map(f64::from);
            let from = |first: usize| groups[first..].iter().sum::<f64>();
            let (share, whole) = match about {
                About::Stage(stage) => (groups[stage], from(stage)),
                About::Across { groups: counted, of_voters } => {
                    let counted = groups[1..].iter().zip(counted).filter(|(_, counted)| *counted);
                    (counted.map(|(group, _)| group).sum(), from(usize::from(of_voters)))
                }
            };
            part[0] += electors * share;
            part[1] += electors * whole;
        }
    }
    // A stage that nobody reaches in a draw has no share to compare.
    let least = f64::from(DRAW_ONE) * f64::EPSILON;
    parts.iter().all(|[_, whole]| *whole > least).then(|| parts.map(|[part, whole]| part / whole))
}

/// What the evidence was, and what it lacks.
pub(crate) fn evidence(ground: &Ground<'_>, card: &mut ModelCard) {
    let evidence = ground.evidence;
    let total: f64 = evidence.baseline.iter().map(|past| past.weight).sum();
    card.baseline = evidence.baseline.iter().map(|past| (past.id.clone(), past.weight / total)).collect();
    card.pairs = evidence.pairs.iter().map(|pair| format!("{} to {}", pair.earlier.id, pair.later.id)).collect();
    card.neighbours = ground.graph.as_ref().map_or(0, |graph| graph.edges().len());
    if let Some(own) =
        evidence.districts.as_ref().filter(|own| !own.allow_neighbours() && !evidence.neighbours.is_empty())
    {
        card.notes.push(format!(
            "Neighbours were left out beside the {} areas of `{}`: each borders their whole system.",
            own.count, own.name
        ));
    }
    let nowhere = |node: &&u32| ground.offsets.iter().all(|stage| stage.missing[**node as usize]);
    card.leaves_without_baseline = ground.leaves.iter().filter(nowhere).count();
    card.leaves_without_electors_known = evidence.electors.iter().filter(|e| **e == Electors::Unknown).count();
    if evidence.baseline.is_empty() {
        card.notes
            .push("No baseline election: every area has the same offset, and only polls and answers move it.".into());
    }
    if evidence.pairs.is_empty() {
        card.notes.push("No pair of past elections: priors of the scales are the stated defaults.".into());
    }
    for column in &ground.design.constant {
        card.notes.push(format!("Covariate {column} is the same everywhere and was left out."));
    }
    let turnout_asked = evidence.benchmarks.iter().any(|benchmark| benchmark.turnout.is_some());
    if evidence.of == Base::Voters && turnout_asked {
        card.notes.push("A benchmark of turnout was not used, because shares are of voters.".into());
    }
    if evidence.of == Base::Voters {
        card.notes.push("No register: shares are of voters; turnout, abstainers and mobilisation are absent.".into());
    }
    for stage in ground.fitted_stages() {
        let asked = evidence.tallies.iter().any(|answers| answers.stage(stage).is_some());
        if !evidence.tallies.is_empty() && !asked {
            card.notes.push(format!("No answer says anything of the stage `{}`.", STAGE_NAMES[stage]));
        }
    }
}
