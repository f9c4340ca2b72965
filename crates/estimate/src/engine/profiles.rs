//! Three fitted stages as draws of the four groups.

use super::fitted::Fitted;
use super::gaussian::Chance;
use crate::STAGES;
use crate::benchmark::invlogit;
use quartier_model::{DRAWS, Draw};
use rayon::prelude::*;

/// Draws made at a time with neighbours: those of one component then share passes over its factor.
const TOGETHER: usize = 25;

/// Draws of the four groups for every leaf, leaf-major as in [`crate::Posterior`].
///
/// A stage that is `None` has share 0 everywhere (stage 1 where there is no register). Totals of a later stage are met
/// among those whom the same draw leaves to it, so a known total holds in every draw.
///
/// ```text
/// abstainers = p1,  undecided = (1 - p1) p2,  favourable = (1 - p1)(1 - p2) p3,  opposed the rest
/// ```
pub fn profile_draws(stages: [Option<(&Fitted<'_>, &Chance)>; STAGES], leaves: usize) -> Vec<Draw> {
    let means: Vec<Option<Vec<f64>>> = stages.iter().map(|stage| stage.map(|(fitted, _)| fitted.shares())).collect();
    let numbers: Vec<usize> = (0..DRAWS).collect();
    let joint = stages.iter().flatten().any(|(fitted, _)| fitted.is_joint());
    let columns: Vec<Vec<Draw>> = numbers
        .par_chunks(if joint { TOGETHER } else { 1 })
        .flat_map_iter(|draws| drawn_together(stages, &means, leaves, draws))
        .collect();
    let mut draws = vec![Draw::default(); leaves * DRAWS];
    draws.par_chunks_mut(DRAWS).enumerate().for_each(|(leaf, row)| {
        row.iter_mut().zip(&columns).for_each(|(draw, column)| *draw = column[leaf]);
    });
    draws
}

/// The columns of a few draws.
fn drawn_together(
    stages: [Option<(&Fitted<'_>, &Chance)>; STAGES],
    means: &[Option<Vec<f64>>],
    leaves: usize,
    draws: &[usize],
) -> Vec<Vec<Draw>> {
    // Per draw and leaf, those whom the draw leaves to the next stage, by those whom the mean leaves to it.
    let mut tilts = vec![vec![1.0; leaves]; draws.len()];
    let mut shares: Vec<Vec<Vec<f64>>> = Vec::with_capacity(STAGES);
    for (stage, mean) in stages.iter().zip(means) {
        let Some(((fitted, chance), mean)) = stage.zip(mean.as_ref()) else {
            shares.push(vec![vec![0.0; leaves]; draws.len()]);
            continue;
        };
        let mut drawn = fitted.unmet_draws(chance, draws);
        for ((shares, draw), tilt) in drawn.iter_mut().zip(draws).zip(&mut tilts) {
            fitted.meet_drawn(shares, chance, *draw, tilt);
            for ((share, mean), tilt) in shares.iter_mut().zip(mean).zip(tilt) {
                *share = invlogit(*share);
                *tilt *= (1.0 - *share) / (1.0 - mean);
            }
        }
        shares.push(drawn);
    }
    let profile = |at: usize, leaf: usize| {
        let [p1, p2, p3] = [0, 1, 2].map(|stage: usize| shares[stage][at][leaf]);
        Draw::of_shares(p1, (1.0 - p1) * p2, (1.0 - p1) * (1.0 - p2) * p3)
    };
    (0..draws.len()).map(|at| (0..leaves).map(|leaf| profile(at, leaf)).collect()).collect()
}
