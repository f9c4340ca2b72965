//! Three fitted stages as draws of the four groups.

use super::fitted::Fitted;
use super::gaussian::Chance;
use crate::STAGES;
use crate::benchmark::invlogit;
use quartier_model::{DRAWS, Draw};
use rayon::prelude::*;

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
    let columns: Vec<Vec<Draw>> = (0..DRAWS)
        .into_par_iter()
        .map(|draw| {
            // Per leaf, those whom the draw leaves to the next stage, by those whom the mean leaves to it.
            let mut tilt = vec![1.0; leaves];
            let shares: Vec<Vec<f64>> = stages
                .iter()
                .zip(&means)
                .map(|(stage, mean)| {
                    let Some(((fitted, chance), mean)) = stage.zip(mean.as_ref()) else { return vec![0.0; leaves] };
                    let mut shares = fitted.draw_tilted(chance, draw, Some(&tilt));
                    for ((share, mean), tilt) in shares.iter_mut().zip(mean).zip(&mut tilt) {
                        *share = invlogit(*share);
                        *tilt *= (1.0 - *share) / (1.0 - mean);
                    }
                    shares
                })
                .collect();
            (0..leaves)
                .map(|leaf| {
                    let [p1, p2, p3] = [0, 1, 2].map(|stage: usize| shares[stage][leaf]);
                    Draw::of_shares(p1, (1.0 - p1) * p2, (1.0 - p1) * (1.0 - p2) * p3)
                })
                .collect()
        })
        .collect();
    let mut draws = vec![Draw::default(); leaves * DRAWS];
    draws.par_chunks_mut(DRAWS).enumerate().for_each(|(leaf, row)| {
        row.iter_mut().zip(&columns).for_each(|(draw, column)| *draw = column[leaf]);
    });
    draws
}
