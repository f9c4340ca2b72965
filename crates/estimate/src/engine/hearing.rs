//! Noised answers told to all stages: each hears them through what the others believe without them.
//!
//! The stages begin at their priors. In turns, every stage finds its mode, each noised tally is taken out of it again
//! (which leaves the cavity), and the tally is told anew to the other stages: twice at the prior scales, then twice at
//! the scales that were learnt. The stages hardly depend on each other through a tally, so that this settles at once.

use super::fit::best_scales;
use super::laplace::{Mode, Route, mode};
use super::likelihood::Observed;
use super::noised::{Cavity, Chain, Mixture};
use super::stage::{Noised, Scales, Stage, StageError, Variances};
use crate::STAGES;
use quartier_model::{AnswerCounts, Node};
use rayon::prelude::*;
use std::sync::Arc;

/// Turns at the prior scales, and again at the learnt ones.
const TURNS: usize = 2;

/// Least part of a posterior precision that stays when a tally is taken out of it: a tally whose likelihood is not
/// concave may seem to say more than everything together.
const LEAST_LEFT: f64 = 0.01;

/// Noised answers of one area.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NoisedTally {
    /// Position among the tree's leaves.
    pub leaf: u32,
    /// What is stored.
    pub counts: AnswerCounts,
}

/// What the engine keeps of a stage while it hears.
struct Listener<'s, 'a> {
    stage: &'s Stage<'a>,
    /// Which of three.
    number: usize,
    observed: Observed,
    route: Route<'s>,
    scales: Scales,
    guess: Option<Vec<f64>>,
}

/// Tells noised answers to the stages, of which the last is stage 3; fills in their `noised`.
///
/// Counts that need no sum (no noise) or say nothing of a stage are passed over.
///
/// # Errors
/// As [`super::fit`].
pub fn hear_noised(stages: &mut [Stage<'_>], noised: &[NoisedTally]) -> Result<(), StageError> {
    let first = STAGES - stages.len();
    let chains: Vec<(u32, Chain)> =
        noised.iter().filter_map(|tally| Some((tally.leaf, Chain::new(&tally.counts)?))).collect();
    if chains.is_empty() || stages.is_empty() {
        return Ok(());
    }
    stages.iter().try_for_each(|stage| stage.check())?;
    let nodes: Vec<Node> = stages[0].tree.leaves().collect();
    let variances: Vec<Variances> =
        stages.iter().map(|stage| stage.prior_scales().variances(&stage.covariates)).collect();
    let before = chains.iter().map(|(leaf, chain)| {
        let prior = |stage: usize| {
            let at = stage.checked_sub(first).filter(|_| chain.asks(stage))?;
            Some(stages[at].prior_cavity(*leaf, *nodes.get(*leaf as usize)?, &variances[at]))
        };
        std::array::from_fn(prior)
    });
    let before: Vec<[Option<Cavity>; STAGES]> = before.collect();
    let heard: Vec<[Option<Mixture>; STAGES]> = said(&chains, &before);
    // Which chain each noised tally of a stage is.
    let mut whose: Vec<Vec<usize>> = vec![vec![]; stages.len()];
    for (at, mixtures) in heard.into_iter().enumerate() {
        let (leaf, chain) = &chains[at];
        for (number, mixture) in mixtures.into_iter().enumerate().skip(first) {
            let Some(mixture) = mixture else { continue };
            let asked = chain.about(number);
            stages[number - first].noised.push(Noised { leaf: *leaf, asked, mixture: Arc::new(mixture) });
            whose[number - first].push(at);
        }
    }
    let settled = settle(stages, first, &chains, &whose, before)?;
    for (stage, mixtures) in stages.iter_mut().zip(settled) {
        stage.noised.iter_mut().zip(mixtures).for_each(|(noised, mixture)| noised.mixture = mixture);
    }
    Ok(())
}

/// What every stage sees of every chain.
fn said(chains: &[(u32, Chain)], cavities: &[[Option<Cavity>; STAGES]]) -> Vec<[Option<Mixture>; STAGES]> {
    chains.par_iter().zip(cavities).map(|((_, chain), cavities)| chain.mixtures(cavities)).collect()
}

/// The turns. Per stage, the likelihoods of its noised tallies.
fn settle(
    stages: &[Stage<'_>],
    first: usize,
    chains: &[(u32, Chain)],
    whose: &[Vec<usize>],
    mut cavities: Vec<[Option<Cavity>; STAGES]>,
) -> Result<Vec<Vec<Arc<Mixture>>>, StageError> {
    let mut listeners: Vec<Listener<'_, '_>> = stages
        .par_iter()
        .enumerate()
        .map(|(at, stage)| {
            let observed = Observed::new(stage);
            let route = Route::of_tallies(stage, &observed)?;
            Ok(Listener { stage, number: first + at, observed, route, scales: stage.prior_scales(), guess: None })
        })
        .collect::<Result<_, StageError>>()?;
    for turn in 0..2 * TURNS {
        if turn == TURNS {
            listeners.par_iter_mut().try_for_each(Listener::learn)?;
        }
        let left: Vec<Vec<Cavity>> =
            listeners.par_iter_mut().map(Listener::cavities).collect::<Result<_, StageError>>()?;
        for ((listener, left), whose) in listeners.iter().zip(left).zip(whose) {
            whose.iter().zip(left).for_each(|(chain, cavity)| cavities[*chain][listener.number] = Some(cavity));
        }
        let mut heard = said(chains, &cavities);
        for (listener, whose) in listeners.iter_mut().zip(whose) {
            for (at, chain) in whose.iter().enumerate() {
                if let Some(mixture) = heard[*chain][listener.number].take() {
                    listener.observed.hear(at, Arc::new(mixture));
                }
            }
        }
    }
    let mixtures =
        |listener: &Listener<'_, '_>| listener.observed.noised().iter().map(|(_, said)| said.clone()).collect();
    Ok(listeners.iter().map(mixtures).collect())
}

impl Listener<'_, '_> {
    /// The scales of most evidence for what was heard so far.
    fn learn(&mut self) -> Result<(), StageError> {
        let (scales, near) = best_scales(self.stage, &self.observed, &self.route)?;
        self.guess = near.map(|near| near.guess(&scales.to_list()));
        self.scales = scales;
        Ok(())
    }

    /// What the stage believes at each noised tally, without it.
    fn cavities(&mut self) -> Result<Vec<Cavity>, StageError> {
        if self.observed.len() == 0 {
            return Ok(vec![]);
        }
        let variances = self.scales.variances(&self.stage.covariates);
        let Mode { f, gaussian, .. } = mode(&self.route, &self.observed, &variances, self.guess.as_deref())?;
        let posterior = gaussian.variance();
        let cavity = |(entry, mixture): &(usize, Arc<Mixture>)| {
            let eta = self.observed.eta(*entry, &f);
            let point = mixture.at(eta);
            let whole = 1.0 / posterior[*entry];
            let left = (whole - point.curvature).max(LEAST_LEFT * whole);
            Cavity { mean: eta - point.slope / left, variance: 1.0 / left }
        };
        let cavities = self.observed.noised().iter().map(cavity).collect();
        self.guess = Some(f);
        Ok(cavities)
    }
}
