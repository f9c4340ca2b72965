//! The value of one conversation and the pace of doors.

use crate::{DOORS_PER_HOUR_DENSE, DOORS_PER_HOUR_SPREAD};
use quartier_model::{DRAW_ONE, Draw, W_OPPOSED};

/// What the effects of one contacted elector are multiplied by, in one draw.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Terms {
    /// `T r (1 + q)`: net votes per unit of `delta_p`.
    pub persuasion: f64,
    /// `c (f_a - o_a)`: net votes per unit of `delta_m`; negative where opponents lead among abstainers.
    pub mobilisation: f64,
    /// `undecided + w opposed + abstainers f_a`: the potentials, in shares of electors.
    pub potential: f64,
}

/// The terms of an area in one draw.
///
/// `reach`: the campaign's mean of `u' + w o'` over voters. `churn`: its mean of `T (1 - T)` over electors. `odds`:
/// exp of the campaign-wide offset between how abstainers and voters lean; opponents take its inverse, so the two
/// shares never exceed 1. Where a mean is 0 the ratio over it is 1.
pub fn conversation_value(draw: Draw, odds: f64, reach: f64, churn: f64) -> Terms {
    let share = |part: u16| f64::from(part) / f64::from(DRAW_ONE);
    let (abstainers, undecided, favourable, opposed) =
        (share(draw.abstainers), share(draw.undecided), share(draw.favourable), share(draw.opposed()));
    let turnout = 1.0 - abstainers;
    let (f_a, o_a) = if turnout > 0.0 {
        let lean =
            |part: f64, odds: f64| part * odds / (part * odds + (turnout - part).max(0.0)).max(f64::MIN_POSITIVE);
        (lean(favourable, odds), lean(opposed, 1.0 / odds))
    } else {
        (odds / (1.0 + odds), 1.0 / (1.0 + odds))
    };
    let reachable = undecided + W_OPPOSED * opposed;
    // T r = (U + w O) / mean: the area's own turnout cancels.
    let relative = if reach > 0.0 { reachable / reach } else { turnout };
    let twice = if reachable > 0.0 { 1.0 + W_OPPOSED * opposed / reachable } else { 1.0 };
    let c = if churn > 0.0 { turnout * abstainers / churn } else { 1.0 };
    Terms { persuasion: relative * twice, mobilisation: c * (f_a - o_a), potential: reachable + abstainers * f_a }
}

/// Electors a km² up to which homes count as spread out. A choice of this product: open country and villages.
const SPREAD_PER_KM2: f64 = 50.0;
/// Electors a km² from which homes count as dense. A choice of this product: blocks of flats.
const DENSE_PER_KM2: f64 = 5_000.0;

/// Doors an hour, from the density in electors a km²: 15 (spread) to 25 (dense), even on the logarithm between; the
/// middle where the density is unknown.
pub fn doors_per_hour(density_per_km2: Option<f64>) -> f64 {
    let at = match density_per_km2 {
        Some(density) if density > 0.0 && density.is_finite() => {
            ((density / SPREAD_PER_KM2).ln() / (DENSE_PER_KM2 / SPREAD_PER_KM2).ln()).clamp(0.0, 1.0)
        }
        Some(density) if density > 0.0 => 1.0,
        Some(_) => 0.0,
        None => 0.5,
    };
    DOORS_PER_HOUR_SPREAD + (DOORS_PER_HOUR_DENSE - DOORS_PER_HOUR_SPREAD) * at
}
