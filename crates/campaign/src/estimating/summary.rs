//! What was estimated, for people: what was used, how far it moved the map, and where nobody answered.

use super::candidate::total;
use crate::places::Places;
use quartier_estimate::{Evidence, Figures, Posterior, STAGE_NAMES};
use quartier_model::{DRAW_ONE, DRAWS, MISSING, Measure, Node};
use serde::Serialize;
use std::collections::BTreeSet;

/// Areas named among those that moved most.
const MOVERS: usize = 5;

/// A level is read for movers where it has at least so many areas, the coarsest such; else the finest.
const ENOUGH_TO_RANK: usize = 10;

/// Answers to one stage, and what they are worth.
#[derive(Debug, Clone, Serialize)]
pub struct StageAnswers {
    /// `abstain`, `undecided` or `favourable`.
    pub stage: &'static str,
    /// Answers.
    pub answers: f64,
    /// Areas with answers of their own.
    pub areas: usize,
    /// How many answers of a random sample without bias would say as much of the campaign's share.
    pub effective: f64,
}

/// An area whose favourable share moved.
#[derive(Debug, Clone, Serialize)]
pub struct Mover {
    /// `level:code`.
    pub area: String,
    /// Its name.
    pub name: String,
    /// Favourable share of electors in the baseline, in points.
    pub before: f64,
    /// In the estimate, in points.
    pub after: f64,
}

/// What was estimated, for people.
#[derive(Debug, Clone, Serialize)]
pub struct EstimateSummary {
    /// Leaves of the tree.
    pub areas: usize,
    /// Electors of the campaign; `None` where unknown.
    pub electors: Option<u64>,
    /// Elections that the estimate starts from, and their weights.
    pub baseline: Vec<(String, f64)>,
    /// Past pairs that taught the scales: "from → to".
    pub pairs: Vec<String>,
    /// Polls used.
    pub polls: usize,
    /// Answers used, by stage; empty without tallies.
    pub answers: Vec<StageAnswers>,
    /// Groups of covariates used.
    pub covariates: Vec<String>,
    /// Pairs of neighbours that share answers; 0: the tree alone.
    pub neighbours: usize,
    /// Mean absolute move of the four groups from the baseline, in points, weighted by electors.
    pub moved_from_baseline: f64,
    /// The same from what was expected before any answer and poll.
    pub moved_from_prior: f64,
    /// Areas whose favourable share moved most from the baseline.
    pub movers: Vec<Mover>,
    /// The level of the districts.
    pub district: String,
    /// Districts without a single answer, where there are answers elsewhere.
    pub silent: Vec<String>,
    /// Areas in which the baseline has no result.
    pub without_baseline: usize,
    /// The campaign's figures in thousandths: measure, value, low, high.
    pub campaign: Vec<(Measure, i16, i16, i16)>,
    /// What else should be known.
    pub notes: Vec<String>,
}

/// The districts in which answers should be.
pub(super) struct Districts {
    /// Id of their level or grouping.
    pub id: String,
    /// Their names.
    pub names: Vec<String>,
    /// Per leaf, the district that holds it.
    pub of_leaf: Vec<Option<u32>>,
}

/// Sums up an estimate.
pub(super) fn of(
    places: &Places,
    levels: &[String],
    districts: &Districts,
    evidence: &Evidence<'_>,
    posterior: &Posterior,
    figures: &Figures,
) -> EstimateSummary {
    let card = &posterior.card;
    let means = means(posterior);
    EstimateSummary {
        areas: means.len(),
        electors: total(&figures.campaign),
        baseline: card.baseline.clone(),
        pairs: evidence.pairs.iter().map(|pair| format!("{} → {}", pair.earlier.id, pair.later.id)).collect(),
        polls: evidence.benchmarks.len(),
        answers: answers(posterior),
        covariates: evidence.covariates.iter().map(|group| group.name.clone()).collect(),
        neighbours: card.neighbours,
        moved_from_baseline: moved(evidence, &means, &posterior.baseline),
        moved_from_prior: moved(evidence, &means, &posterior.prior),
        movers: movers(places, levels, evidence, posterior, &means),
        district: districts.id.clone(),
        silent: silent(places, districts, evidence),
        without_baseline: card.leaves_without_baseline,
        campaign: Measure::ALL
            .into_iter()
            .map(|measure| {
                let values = figures.campaign.measure(measure);
                (measure, values.value[0], values.low[0], values.high[0])
            })
            .filter(|(_, value, ..)| *value != MISSING)
            .collect(),
        notes: card.notes.clone(),
    }
}

/// Per leaf, the mean four groups of the draws.
fn means(posterior: &Posterior) -> Vec<[f64; 4]> {
    let whole = DRAWS as f64 * f64::from(DRAW_ONE);
    let mean = |draws: &[quartier_model::Draw]| {
        let mut sums = [0.0; 4];
        for draw in draws {
            let groups = [draw.abstainers, draw.undecided, draw.favourable, draw.opposed()];
            sums.iter_mut().zip(groups).for_each(|(sum, group)| *sum += f64::from(group));
        }
        sums.map(|sum| sum / whole)
    };
    posterior.draws.chunks(DRAWS).map(mean).collect()
}

fn answers(posterior: &Posterior) -> Vec<StageAnswers> {
    let stages = posterior.card.stages.iter().filter(|stage| stage.answers + stage.answers_above > 0.0);
    let answers = stages.map(|stage| StageAnswers {
        stage: STAGE_NAMES[stage.stage],
        answers: stage.answers + stage.answers_above,
        areas: stage.areas_with_answers,
        effective: stage.effective_answers,
    });
    answers.collect()
}

fn electors(evidence: &Evidence<'_>, leaf: usize) -> f64 {
    f64::from(evidence.electors[leaf].known().unwrap_or(0))
}

/// Mean over electors and groups of the absolute difference, in points.
fn moved(evidence: &Evidence<'_>, after: &[[f64; 4]], before: &[[f64; 4]]) -> f64 {
    let (mut sum, mut whole) = (0.0, 0.0);
    for (leaf, (after, before)) in after.iter().zip(before).enumerate() {
        let weight = electors(evidence, leaf);
        sum += weight * after.iter().zip(before).map(|(a, b)| (a - b).abs()).sum::<f64>() / 4.0;
        whole += weight;
    }
    if whole > 0.0 { 100.0 * sum / whole } else { 0.0 }
}

fn movers(
    places: &Places,
    levels: &[String],
    evidence: &Evidence<'_>,
    posterior: &Posterior,
    means: &[[f64; 4]],
) -> Vec<Mover> {
    let tree = &places.tree;
    let level = (0..tree.levels()).find(|level| tree.level(*level).len() >= ENOUGH_TO_RANK);
    let Some(level) = level.or(tree.levels().checked_sub(1)) else { return vec![] };
    // Electors, favourable before, favourable after.
    let mut sums = vec![[0.0; 3]; tree.len()];
    for (leaf, node) in tree.leaves().enumerate() {
        let n = electors(evidence, leaf);
        sums[node as usize] = [n, n * posterior.baseline[leaf][2], n * means[leaf][2]];
    }
    tree.sum_upwards(&mut sums, |sum, part| sum.iter_mut().zip(part).for_each(|(sum, part)| *sum += part));
    let mut found: Vec<(Node, f64, f64)> = tree
        .level(level)
        .filter(|node| sums[*node as usize][0] > 0.0)
        .map(|node| {
            let [n, before, after] = sums[node as usize];
            (node, 100.0 * before / n, 100.0 * after / n)
        })
        .collect();
    let far = |(_, before, after): &(Node, f64, f64)| (after - before).abs();
    found.sort_by(|a, b| far(b).total_cmp(&far(a)).then_with(|| a.0.cmp(&b.0)));
    let mover = |(node, before, after): (Node, f64, f64)| {
        let place = places.place(node)?;
        Some(Mover { area: format!("{}:{}", levels[level], place.code), name: place.name.clone(), before, after })
    };
    found.into_iter().take(MOVERS).filter_map(mover).collect()
}

/// Names of the districts without an answer in them; an area above several says nothing of each.
fn silent(places: &Places, districts: &Districts, evidence: &Evidence<'_>) -> Vec<String> {
    if evidence.tallies.is_empty() {
        return vec![];
    }
    let home = places.tree.common(districts.of_leaf.iter().copied());
    let asked: BTreeSet<u32> =
        evidence.tallies.iter().filter_map(|tally| home[tally.node as usize].flatten()).collect();
    let named = districts.names.iter().zip(0u32..);
    named.filter(|(_, district)| !asked.contains(district)).map(|(name, _)| name.clone()).collect()
}
