//! Three fitted stages as draws of the four groups.

use super::fitted::Fitted;
use super::gaussian::Chance;
use crate::STAGES;
use crate::benchmark::invlogit;
use quartier_model::{DRAWS, Draw};
use rayon::prelude::*;

/// Draws of the four groups for every leaf, leaf-major as in [`crate::Posterior`].
///
/// A stage that is `None` has share 0 everywhere (stage 1 where there is no register).
///
/// ```text
/// abstainers = p1,  undecided = (1 - p1) p2,  favourable = (1 - p1)(1 - p2) p3,  opposed the rest
/// ```
pub fn profile_draws(stages: [Option<(&Fitted<'_>, &Chance)>; STAGES], leaves: usize) -> Vec<Draw> {
    let columns: Vec<Vec<Draw>> = (0..DRAWS)
        .into_par_iter()
        .map(|draw| {
            let logits = stages.map(|stage| stage.map(|(fitted, chance)| fitted.draw(chance, draw)));
            let share = |stage: usize, leaf: usize| logits[stage].as_ref().map_or(0.0, |list| invlogit(list[leaf]));
            (0..leaves)
                .map(|leaf| {
                    let [p1, p2, p3] = [0, 1, 2].map(|stage| share(stage, leaf));
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
