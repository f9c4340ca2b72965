//! How a measure moved between two sets of draws of one area.

use crate::aggregate::mobilised;
use crate::interval::interval90;
use quartier_model::{DRAW_ONE, DRAWS, Draw, Measure, W_OPPOSED};

/// A measure of one draw, 0 to 1 (-1 to 1 for the margin); change but for the past, which is the same in every draw.
///
/// `odds`: exp of the lean offset of this draw (see [`crate::lean_offsets`]).
pub fn share_of(measure: Measure, draw: Draw, odds: f64) -> f64 {
    let [abstainers, undecided, favourable, opposed] =
        [draw.abstainers, draw.undecided, draw.favourable, draw.opposed()].map(f64::from);
    let units = match measure {
        Measure::Favourable | Measure::Change => favourable,
        Measure::Undecided => undecided,
        Measure::Opposed => opposed,
        Measure::Abstainers => abstainers,
        Measure::Turnout => f64::from(DRAW_ONE) - abstainers,
        Measure::Margin => favourable - opposed,
        Measure::Persuasion => undecided + W_OPPOSED * opposed,
        Measure::Mobilisation => f64::from(mobilised(draw, odds)),
    };
    units / f64::from(DRAW_ONE)
}

/// The same area at two times: [`DRAWS`] draws each, paired by number.
#[derive(Debug, Clone, Copy)]
pub struct Moved<'a> {
    /// The measure.
    pub measure: Measure,
    /// Draws of the later time.
    pub now: &'a [Draw],
    /// Draws of the earlier time.
    pub before: &'a [Draw],
    /// exp of the lean offset of each draw: now, then before.
    pub odds: [&'a [f64]; 2],
}

/// The draws of a difference, and what they say.
#[derive(Debug, Clone, PartialEq)]
pub struct MovedDraws {
    /// Later less earlier, draw by draw.
    pub draws: [f64; DRAWS],
    /// 5th and 95th percentile.
    pub interval: [f64; 2],
    /// Width of the 90 % interval of (area - campaign); 0 for the campaign itself.
    pub spread: f64,
    /// 5th and 95th percentile of people; `None` where either number of electors is unknown.
    pub people: Option<[f64; 2]>,
}

/// The difference draw by draw: noise common to both times cancels.
///
/// `electors`: now and before. `campaign`: the campaign's own difference, `None` for the campaign.
pub fn moved(pair: &Moved<'_>, electors: [Option<f64>; 2], campaign: Option<&[f64; DRAWS]>) -> MovedDraws {
    let side = |draws: &[Draw], odds: &[f64]| {
        let mut shares = [0.0; DRAWS];
        let own = draws.iter().zip(odds).map(|(draw, odds)| share_of(pair.measure, *draw, *odds));
        shares.iter_mut().zip(own).for_each(|(to, share)| *to = share);
        shares
    };
    let (now, before) = (side(pair.now, pair.odds[0]), side(pair.before, pair.odds[1]));
    let minus = |a: &[f64; DRAWS], b: &[f64; DRAWS]| {
        let mut out = [0.0; DRAWS];
        out.iter_mut().zip(a.iter().zip(b)).for_each(|(out, (a, b))| *out = a - b);
        out
    };
    let draws = minus(&now, &before);
    let (low, high) = interval90(&draws);
    let spread = campaign.map_or(0.0, |campaign| {
        let (from, to) = interval90(&minus(&draws, campaign));
        to - from
    });
    let people = electors[0].zip(electors[1]).map(|(later, earlier)| {
        let (low, high) = interval90(&minus(&now.map(|share| share * later), &before.map(|share| share * earlier)));
        [low, high]
    });
    MovedDraws { draws, interval: [low, high], spread, people }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Draws whose favourable share wavers by a noise that is keyed by the draw's number, about `centre`.
    fn draws(centre: f64) -> Vec<Draw> {
        (0..DRAWS).map(|at| Draw::of_shares(0.3, 0.2, centre + (at * 37 % DRAWS) as f64 / 4000.0)).collect()
    }

    #[test]
    fn common_noise_cancels_and_a_shift_is_clear() {
        let odds = [1.0; DRAWS];
        let (now, before) = (draws(0.24), draws(0.20));
        let pair = Moved { measure: Measure::Favourable, now: &now, before: &before, odds: [&odds, &odds] };
        let campaign = moved(&pair, [Some(1000.0), Some(900.0)], None);
        // Each side alone wavers by nearly five points; the difference by the rounding of a draw.
        assert!(campaign.interval.iter().all(|end| (end - 0.04).abs() < 1e-4), "{:?}", campaign.interval);
        let [low, high] = campaign.people.expect("known electors");
        assert!(low > 59.0 && high < 67.0 && low < high, "{low} {high}");
        let same = moved(&pair, [None, Some(900.0)], Some(&campaign.draws));
        assert_eq!((same.spread, same.people), (0.0, None));
    }

    #[test]
    fn every_measure_of_a_draw_is_that_of_its_groups() {
        let draw = Draw::of_shares(0.4, 0.2, 0.3);
        let near = |measure, share: f64| assert!((share_of(measure, draw, 1.0) - share).abs() < 1e-4, "{measure}");
        near(Measure::Favourable, 0.3);
        near(Measure::Opposed, 0.1);
        near(Measure::Turnout, 0.6);
        near(Measure::Margin, 0.2);
        near(Measure::Persuasion, 0.225);
        near(Measure::Mobilisation, 0.2);
    }
}
