//! Three fitted stages as draws of the four groups.

use super::across::{Across, Fields};
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
/// among those whom the same draw leaves to it, so a known total holds in every draw; totals across the stages last.
///
/// ```text
/// abstainers = p1,  undecided = (1 - p1) p2,  favourable = (1 - p1)(1 - p2) p3,  opposed the rest
/// ```
pub fn profile_draws(stages: [Option<(&Fitted<'_>, &Chance)>; STAGES], across: &Across, leaves: usize) -> Vec<Draw> {
    let means: Vec<Option<Vec<f64>>> = stages.iter().map(|stage| stage.map(|(fitted, _)| fitted.shares())).collect();
    let numbers: Vec<usize> = (0..DRAWS).collect();
    let joint = stages.iter().flatten().any(|(fitted, _)| fitted.is_joint());
    let columns: Vec<Vec<Draw>> = numbers
        .par_chunks(if joint { TOGETHER } else { 1 })
        .flat_map_iter(|draws| drawn_together(stages, across, &means, leaves, draws))
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
    across: &Across,
    means: &[Option<Vec<f64>>],
    leaves: usize,
    draws: &[usize],
) -> Vec<Vec<Draw>> {
    // Per draw and leaf, those whom the draw leaves to the next stage, by those whom the mean leaves to it.
    let mut tilts = vec![vec![1.0; leaves]; draws.len()];
    let mut fields: Vec<Fields> = vec![Fields::default(); draws.len()];
    for (at, (stage, mean)) in stages.iter().zip(means).enumerate() {
        let Some(((fitted, chance), mean)) = stage.zip(mean.as_ref()) else { continue };
        let drawn = fitted.unmet_draws(chance, draws);
        for (((mut theta, draw), tilt), fields) in drawn.into_iter().zip(draws).zip(&mut tilts).zip(&mut fields) {
            fitted.meet_drawn(&mut theta, chance, *draw, tilt);
            leave(tilt, &theta, mean);
            fields[at] = Some(theta);
        }
    }
    drop(tilts);
    let profiles = fields.into_iter().zip(draws).map(|(mut fields, draw)| {
        if !across.is_empty() {
            across.meet_in_draw(&mut fields, stages, means, *draw);
        }
        (0..leaves).map(|leaf| profile(&fields, leaf)).collect()
    });
    profiles.collect()
}

/// Leaves to the next stage those who are not in this one.
pub(super) fn leave(tilt: &mut [f64], theta: &[f64], mean: &[f64]) {
    for ((tilt, theta), mean) in tilt.iter_mut().zip(theta).zip(mean) {
        *tilt *= (1.0 - invlogit(*theta)) / (1.0 - mean);
    }
}

fn profile(fields: &Fields, leaf: usize) -> Draw {
    let [p1, p2, p3] = fields.each_ref().map(|field| field.as_ref().map_or(0.0, |theta| invlogit(theta[leaf])));
    Draw::of_shares(p1, (1.0 - p1) * p2, (1.0 - p1) * (1.0 - p2) * p3)
}
