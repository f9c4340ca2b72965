//! What campaigns use today: the previous election as it was, and a uniform swing to the poll on the logit scale.

use super::Case;
use super::simulate::{Campaign, Dice};
use crate::STAGES;
use crate::benchmark::invlogit;
use crate::scales::History;
use quartier_model::{DRAWS, Draw};

/// Largest and smallest share of a stage that a drawn poll may name.
const DRAWN_BOUND: f64 = 1e-3;

/// Sd of a level's effects where no past pair teaches it (method, section 1).
const SIGMA_DEFAULT: f64 = 0.2;

/// The previous election, the same in every draw.
pub(crate) fn previous(case: &Case<'_>) -> Vec<Draw> {
    let logits: [Vec<f64>; STAGES] = std::array::from_fn(|stage| case.log_odds(stage));
    let leaf = |leaf: usize| draw([0, 1, 2].map(|stage| case.share_of(stage, logits[stage][leaf])));
    (0..case.leaves()).flat_map(|at| std::iter::repeat_n(leaf(at), DRAWS)).collect()
}

fn draw([p1, p2, p3]: [f64; STAGES]) -> Draw {
    Draw::of_shares(p1, (1.0 - p1) * p2, (1.0 - p1) * (1.0 - p2) * p3)
}

/// Every log odds of a stage moved alike, so that it meets the poll.
///
/// Its draws carry the poll's error and, area by area, the spread that past pairs of elections showed (all levels
/// together; the stated default where there is no pair). Half of the draws mirror the other half.
pub(crate) fn uniform(case: &Case<'_>, campaign: &Campaign, se: f64, seed: u64) -> Vec<Draw> {
    let mut dice = Dice::new(seed ^ 0xabcd);
    let logits: [Vec<f64>; STAGES] = std::array::from_fn(|stage| case.log_odds(stage));
    let spread: [f64; STAGES] = std::array::from_fn(|stage| spread(&case.history[stage]));
    let errors: Vec<[f64; STAGES]> = (0..DRAWS / 2).map(|_| std::array::from_fn(|_| se * dice.normal())).collect();
    let noise: Vec<[f64; STAGES]> =
        (0..case.leaves() * DRAWS / 2).map(|_| std::array::from_fn(|at| spread[at] * dice.normal())).collect();
    let mut draws = vec![Draw::default(); case.leaves() * DRAWS];
    for number in 0..DRAWS {
        let (half, sign) = (number % (DRAWS / 2), if number < DRAWS / 2 { 1.0 } else { -1.0 });
        let polls = std::array::from_fn(|stage| {
            campaign.shares[stage]
                .map(|share| (share + sign * errors[half][stage]).clamp(DRAWN_BOUND, 1.0 - DRAWN_BOUND))
        });
        let by = swing(case, &logits, polls);
        for leaf in 0..case.leaves() {
            let own = noise[leaf * (DRAWS / 2) + half];
            draws[leaf * DRAWS + number] = draw(std::array::from_fn(|stage| {
                case.share_of(stage, logits[stage][leaf] + by[stage] + sign * own[stage])
            }));
        }
    }
    draws
}

/// Sd of a leaf's swing around the common one: all levels together.
fn spread(history: &History) -> f64 {
    history.sigma.iter().map(|sigma| sigma.unwrap_or(SIGMA_DEFAULT).powi(2)).sum::<f64>().sqrt()
}

/// How far each stage's log odds move to meet its poll, among those whom the stages before leave.
fn swing(case: &Case<'_>, logits: &[Vec<f64>; STAGES], polls: [Option<f64>; STAGES]) -> [f64; STAGES] {
    let mut remaining: Vec<f64> = (0..case.leaves()).map(|leaf| case.groups(leaf).iter().sum()).collect();
    std::array::from_fn(|stage| {
        let by = polls[stage].map_or(0.0, |poll| shift(&logits[stage], &remaining, poll));
        for (weight, logit) in remaining.iter_mut().zip(&logits[stage]) {
            *weight *= 1.0 - if case.has_stage(stage) { invlogit(logit + by) } else { 0.0 };
        }
        by
    })
}

/// The common shift at which the weighted mean share is the poll's: Newton's method kept inside a bracket. 0 where no
/// weight is above 0.
fn shift(logits: &[f64], weights: &[f64], poll: f64) -> f64 {
    let whole: f64 = weights.iter().sum();
    if whole <= 0.0 {
        return 0.0;
    }
    let (mut low, mut high, mut by) = (-40.0, 40.0, 0.0);
    for _ in 0..60 {
        let (mut sum, mut slope) = (0.0, 0.0);
        for (logit, weight) in logits.iter().zip(weights) {
            let p = invlogit(logit + by);
            sum += weight * p;
            slope += weight * p * (1.0 - p);
        }
        let excess = sum / whole - poll;
        // A thousandth of what a poll can tell apart.
        if excess.abs() < 1e-6 {
            break;
        }
        if excess > 0.0 {
            high = by
        } else {
            low = by
        }
        let newton = by - excess * whole / slope;
        by = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
    }
    by
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shift_meets_its_poll_from_afar() {
        let logits: Vec<f64> = (0..100).map(|at| f64::from(at) * 0.2 - 15.0).collect();
        let weights: Vec<f64> = (0..100).map(|at| f64::from(at % 7)).collect();
        for poll in [0.01, 0.3, 0.5, 0.99] {
            let by = shift(&logits, &weights, poll);
            let sum: f64 = logits.iter().zip(&weights).map(|(logit, w)| w * invlogit(logit + by)).sum();
            assert!((sum / weights.iter().sum::<f64>() - poll).abs() < 2e-6, "{poll}");
        }
        assert_eq!(shift(&logits, &[0.0; 100], 0.4), 0.0);
    }
}
