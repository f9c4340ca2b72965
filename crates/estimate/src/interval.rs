//! The central 90 % interval of a set of draws.

use quartier_model::DRAWS;

/// 5th and 95th percentile of the draws by Hyndman and Fan's type 7; `draws` is reordered.
///
/// The same figure as `percentile_type7` of sorted draws, by selection instead of sorting.
pub fn interval90(draws: &mut [f64; DRAWS]) -> (f64, f64) {
    const POSITION: f64 = 0.05 * (DRAWS - 1) as f64;
    const BELOW: usize = POSITION as usize;
    const FRACTION: f64 = POSITION - BELOW as f64;
    let least = f64::total_cmp;
    // Order statistics BELOW and BELOW + 1, and their mirror images.
    let (left, upper_of_low, rest) = draws.select_nth_unstable_by(BELOW + 1, least);
    let upper_of_low = *upper_of_low;
    let lower_of_low = left.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mirror = DRAWS - 2 - BELOW;
    let (_, lower_of_high, right) = rest.select_nth_unstable_by(mirror - (BELOW + 2), least);
    let lower_of_high = *lower_of_high;
    let upper_of_high = right.iter().copied().fold(f64::INFINITY, f64::min);
    let low = lower_of_low + (upper_of_low - lower_of_low) * FRACTION;
    let high = lower_of_high + (upper_of_high - lower_of_high) * (1.0 - FRACTION);
    (low, high.max(low))
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
            let (low, high) = interval90(&mut draws);
            assert!((low - percentile_type7(&sorted, 0.05)).abs() < 1e-9);
            assert!((high - percentile_type7(&sorted, 0.95)).abs() < 1e-9);
        }
    }
}
