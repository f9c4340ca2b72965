//! The central 90 % interval of a set of draws.

use quartier_model::DRAWS;

/// Position of the 5th percentile among the sorted draws, counted from 0.
const POSITION: f64 = 0.05 * (DRAWS - 1) as f64;
/// The draw below it.
const BELOW: usize = POSITION as usize;
/// How many of the smallest draws the percentile needs.
const TAIL: usize = BELOW + 2;

/// 5th and 95th percentile of the draws by Hyndman and Fan's type 7.
///
/// The same figure as `percentile_type7` of sorted draws; only the eleven draws of either end are kept in order, which
/// costs a fraction of a sort. No draw may be NaN.
pub fn interval90(draws: &[f64; DRAWS]) -> (f64, f64) {
    let mut smallest = [f64::INFINITY; TAIL];
    let mut largest = [f64::INFINITY; TAIL];
    for draw in draws {
        keep(&mut smallest, *draw);
        keep(&mut largest, -draw);
    }
    let fraction = POSITION - BELOW as f64;
    let between = |tail: &[f64; TAIL]| tail[BELOW] + (tail[BELOW + 1] - tail[BELOW]) * fraction;
    (between(&smallest), -between(&largest))
}

/// Keeps the smallest numbers seen, sorted.
#[inline]
fn keep(tail: &mut [f64; TAIL], number: f64) {
    if number >= tail[TAIL - 1] {
        return;
    }
    let mut at = TAIL - 1;
    while at > 0 && tail[at - 1] > number {
        tail[at] = tail[at - 1];
        at -= 1;
    }
    tail[at] = number;
}

#[cfg(test)]
mod tests {
    use super::*;
    use quartier_model::percentile_type7;

    #[test]
    fn selection_gives_the_percentiles_of_the_sorted_draws() {
        let mut state = 1u64;
        for round in 0..50 {
            let mut draws = [0.0; DRAWS];
            for value in &mut draws {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                *value = ((state >> 33) % (3 + round * round)) as f64;
            }
            let mut sorted = draws.to_vec();
            sorted.sort_by(f64::total_cmp);
            let (low, high) = interval90(&draws);
            assert!((low - percentile_type7(&sorted, 0.05)).abs() < 1e-9);
            assert!((high - percentile_type7(&sorted, 0.95)).abs() < 1e-9);
        }
    }
}
