//! Where to knock: areas of a level ranked by the expected value of an hour of doors; and a goal of votes, shared out
//! over the areas.
//!
//! The value of work follows the method's section on targeting. For one contacted elector of area i, in net votes,
//!
//! ```text
//! persuasion    P_i = delta_p T_i r_i (1 + q_i),  r_i = (u'_i + w o'_i) / mean(u' + w o'),  q_i = w o'_i / (u'_i + w o'_i)
//! mobilisation  M_i = delta_m c_i (f_a - o_a),    c_i = T_i (1 - T_i) / mean(T (1 - T))
//! V_i(m) = D_i h (P_i + M_i) (1 - (1 - kappa_i)^m),   H_i(m) = m D_i / doors_per_hour_i
//! ```
//!
//! u', o' are shares among voters, T turnout, w = .25, D doors, h electors a door, kappa the share of doors that open.
//! The mean of `u' + w o'` is over the campaign's voters and that of `T (1 - T)` over its electors, draw by draw, so
//! `delta_p` is the mean effect over the campaign, as studies report it.
//!
//! Invariants: a ranking is a pure function of its input and seed; the order of areas changes nothing; an effect of
//! zero never divides anything. Called by `campaign`. Never plans a route, never reads a file, knows no person.

mod goal;
mod preset;
mod rank;
mod work;

pub use goal::{PARTS_OF_A_VOTE, Stock, apportion, chance, down_the_tree, majority_of, shares};
pub use preset::{Effects, Mixture, Normal, PRESETS, Preset, preset};
pub use rank::{Figure, Ground, Priorities, Priority, RelativeOf, TargetingError, rank};
pub use work::{Terms, conversation_value, doors_per_hour};

/// Electors behind a door, unless known.
pub const ELECTORS_PER_DOOR: f64 = 1.6;
/// Share of doors that open at one pass: a range, each area somewhere in it.
pub const KAPPA: (f64, f64) = (0.25, 0.30);
/// Doors an hour where homes are spread out.
pub const DOORS_PER_HOUR_SPREAD: f64 = 15.0;
/// Doors an hour where homes are dense.
pub const DOORS_PER_HOUR_DENSE: f64 = 25.0;
