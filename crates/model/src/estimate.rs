//! Estimates, intervals, draws, and the published table of a level.

use crate::change::PastShare;
use crate::measure::Measure;
use serde::{Deserialize, Serialize};

/// How many coherent draws of the posterior a snapshot holds.
pub const DRAWS: usize = 200;

/// The unit of a share in a draw: a share is so many of 65,535.
pub const DRAW_ONE: u16 = u16::MAX;

/// A published share in thousandths (signed for a margin); [`MISSING`] where there is none.
pub type Thousandths = i16;

/// No figure: no electors here, or a measure that this campaign does not have.
pub const MISSING: Thousandths = i16::MIN;

/// One draw of one leaf: shares in units of 1/65535, which with `opposed` add to exactly [`DRAW_ONE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Draw {
    /// Abstainers.
    pub abstainers: u16,
    /// Undecided.
    pub undecided: u16,
    /// Favourable.
    pub favourable: u16,
}

impl Draw {
    /// The draw nearest to three shares (abstainers, undecided, favourable), each 0 to 1 and adding to at most 1.
    ///
    /// The cumulative shares are rounded, so the four parts add to [`DRAW_ONE`] exactly and none is negative.
    pub fn of_shares(abstainers: f64, undecided: f64, favourable: f64) -> Self {
        let one = f64::from(DRAW_ONE);
        let cut = |share: f64| (share.clamp(0.0, 1.0) * one).round() as u16;
        let first = cut(abstainers);
        let second = cut(abstainers + undecided).max(first);
        let third = cut(abstainers + undecided + favourable).max(second);
        Self { abstainers: first, undecided: second - first, favourable: third - second }
    }

    /// The rest: opposed.
    pub fn opposed(self) -> u16 {
        DRAW_ONE - self.abstainers - self.undecided - self.favourable
    }
}

/// A central 90 % credible interval: the 5th and 95th percentile (type 7) of the draws.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// 5th percentile.
    pub low: f64,
    /// 95th percentile, at least `low`.
    pub high: f64,
}

/// A figure with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The posterior mean.
    pub mean: f64,
    /// The central 90 % interval.
    pub interval: Interval,
    /// Width of the 90 % interval of (area - campaign), draw by draw: what the map's certainty is judged on.
    pub spread: f64,
}

/// The percentile `q` (0 to 1) of sorted values by Hyndman and Fan's type 7 (1996): linear between the two
/// neighbours of `q (n - 1)`. `sorted` must not be empty.
pub fn percentile_type7(sorted: &[f64], q: f64) -> f64 {
    let last = sorted.len() - 1;
    let position = q.clamp(0.0, 1.0) * last as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(last);
    sorted[below] + (sorted[above] - sorted[below]) * (position - below as f64)
}

/// Four shares that add to 1, rounded to thousandths that add to exactly 1000, by largest remainder (ties: the first).
pub fn round_profile(shares: [f64; 4]) -> [Thousandths; 4] {
    let scaled = shares.map(|share| share * 1000.0);
    let mut whole = scaled.map(|value| value.floor() as i16);
    let mut order = [0, 1, 2, 3];
    order
        .sort_by(|a, b| (scaled[*b] - scaled[*b].floor()).total_cmp(&(scaled[*a] - scaled[*a].floor())).then(a.cmp(b)));
    let missing = (1000 - whole.iter().sum::<i16>()).clamp(0, 4) as usize;
    for at in order.into_iter().take(missing) {
        whole[at] += 1;
    }
    whole
}

/// Flags of a row of a published table.
pub mod flags {
    /// The area shows one joint estimate with its neighbours.
    pub const POOLED: u8 = 1;
    /// Nobody is registered here.
    pub const NO_ELECTORS: u8 = 2;
    /// Evidence of its own (answers, a poll) beside the past.
    pub const OWN_EVIDENCE: u8 = 4;
    /// The baseline has no result here: the estimate is its parent's, moved.
    pub const NO_BASELINE: u8 = 8;
    /// How many electors there are is not known.
    pub const UNKNOWN_ELECTORS: u8 = 16;
    /// In an estimate: counts of its baseline here came out of areas of another geography that were divided. Comparisons
    /// use the bit for something else.
    pub const MOVED_BASELINE: u8 = 32;
    /// What an estimate says of an area that a comparison with it repeats.
    pub const COMPARED: u8 = POOLED | NO_ELECTORS | OWN_EVIDENCE | NO_BASELINE | UNKNOWN_ELECTORS;
    /// In a comparison: the election has no result here.
    pub const NO_RESULT: u8 = 32;
    /// In a comparison: no list of the bloc stood here.
    pub const NO_CANDIDATE: u8 = 64;
    /// In a comparison: part of the ground has no result in the election.
    pub const PARTLY_COUNTED: u8 = 128;
}

/// The published columns of one measure at one level, in row order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LevelValues {
    /// Mean, thousandths.
    pub value: Vec<Thousandths>,
    /// 5th percentile.
    pub low: Vec<Thousandths>,
    /// 95th percentile.
    pub high: Vec<Thousandths>,
    /// Spread.
    pub spread: Vec<Thousandths>,
    /// People: electors × the unrounded mean; empty for a measure that counts nobody.
    pub people: Vec<f32>,
    /// People: electors × the unrounded 5th percentile; empty where nobody worked it out.
    pub people_low: Vec<f32>,
    /// Likewise of the 95th.
    pub people_high: Vec<f32>,
}

/// The published table of one level: what every face shows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LevelTable {
    /// Electors; `u32::MAX` where unknown.
    pub electors: Vec<u32>,
    /// See [`flags`].
    pub flags: Vec<u8>,
    /// One entry a measure, in the order of [`Measure::ALL`]; a measure the campaign lacks is all [`MISSING`].
    pub measures: Vec<LevelValues>,
}

impl LevelTable {
    /// The columns of a measure.
    pub fn measure(&self, measure: Measure) -> &LevelValues {
        &self.measures[measure.index()]
    }

    /// Number of areas.
    pub fn rows(&self) -> usize {
        self.electors.len()
    }

    /// Fills in the change of the favourable of a row since an exact share of the past, where both are known.
    pub fn set_change(&mut self, row: usize, past: Option<PastShare>) {
        let electors = self.electors[row];
        let favourable = &self.measures[Measure::Favourable.index()];
        let Some(past) = past.filter(|_| favourable.value[row] != MISSING) else { return };
        let shares = [favourable.value[row], favourable.low[row], favourable.high[row]].map(|own| past.to(own));
        let spread = favourable.spread[row];
        let people = [favourable.people[row], favourable.people_low[row], favourable.people_high[row]]
            .map(|people| (f64::from(people) - past.count) as f32);
        let change = &mut self.measures[Measure::Change.index()];
        [change.value[row], change.low[row], change.high[row]] = shares;
        change.spread[row] = spread;
        if electors != 0 && electors != u32::MAX {
            [change.people[row], change.people_low[row], change.people_high[row]] = people;
        }
    }

    /// The table of these rows, in this order, each as often as it is named.
    ///
    /// # Panics
    /// When there is no such row.
    #[must_use]
    pub fn rows_of(&self, rows: &[usize]) -> Self {
        fn pick<T: Copy>(column: &[T], rows: &[usize]) -> Vec<T> {
            // A column that nobody worked out stays empty.
            if column.is_empty() { Vec::new() } else { rows.iter().map(|row| column[*row]).collect() }
        }
        let values = |own: &LevelValues| LevelValues {
            value: pick(&own.value, rows),
            low: pick(&own.low, rows),
            high: pick(&own.high, rows),
            spread: pick(&own.spread, rows),
            people: pick(&own.people, rows),
            people_low: pick(&own.people_low, rows),
            people_high: pick(&own.people_high, rows),
        };
        Self {
            electors: pick(&self.electors, rows),
            flags: pick(&self.flags, rows),
            measures: self.measures.iter().map(values).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_published_shares_add_to_one_exactly() {
        for shares in
            [[0.25; 4], [1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0, 0.0], [0.0005, 0.0005, 0.999, 0.0], [1.0, 0.0, 0.0, 0.0]]
        {
            let rounded = round_profile(shares);
            assert_eq!(rounded.iter().sum::<i16>(), 1000, "{shares:?}");
            for (thousandths, share) in rounded.iter().zip(shares) {
                assert!((f64::from(*thousandths) / 1000.0 - share).abs() < 0.001);
            }
        }
    }

    #[test]
    fn a_draw_has_four_parts_that_add_to_one() {
        let draw = Draw::of_shares(0.4, 0.35, 0.25);
        assert_eq!(draw.opposed(), 0);
        let draw = Draw::of_shares(0.2, 0.1, 0.3);
        let sum = u32::from(draw.abstainers)
            + u32::from(draw.undecided)
            + u32::from(draw.favourable)
            + u32::from(draw.opposed());
        assert_eq!(sum, 65_535);
        assert!((f64::from(draw.opposed()) / 65_535.0 - 0.4).abs() < 1e-4);
    }

    #[test]
    fn percentiles_are_of_type_seven() {
        let values = [1.0, 2.0, 3.0, 4.0];
        assert_eq!(percentile_type7(&values, 0.5), 2.5);
        assert_eq!(percentile_type7(&values, 0.05), 1.15);
        assert_eq!(percentile_type7(&values, 1.0), 4.0);
        assert_eq!(percentile_type7(&[7.0], 0.95), 7.0);
    }
}
