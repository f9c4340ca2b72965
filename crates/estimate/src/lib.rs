//! From evidence to figures: the posterior of every finest area in 200 coherent draws, and the tables of every level.
//!
//! Two steps. [`estimate`] turns [`Evidence`] (the tree, a baseline election, past pairs, polls and known totals) into
//! a [`Posterior`]: draws of the four groups per leaf. [`aggregate`] turns draws into published tables, one figure for
//! every face.
//!
//! This first version is the *prior* of the method before any tally. Per stage (abstain; undecided among voters;
//! favourable among the decided), on the logit scale:
//!
//! ```text
//! logit p_i = l_i + mu + sum of the effects of i's ancestors + effect of i
//! ```
//!
//! `l_i` is the baseline's log odds, `mu` the campaign's common swing, and every effect is normal with one scale a
//! level, learnt by moments from the campaign's own past pairs or a stated default. Polls and known totals are met in
//! each draw by a shift on the logit scale. A fitted engine replaces the inside of [`estimate`] and keeps its face.
//!
//! Invariants: the children of an area sum to it exactly in every draw; the same evidence and seed give the same bits
//! on any number of threads and in any order of areas; no figure is NaN.
//!
//! Called by `campaign`. The crate is pure: no file, no clock, no environment, and never anything about a person.

mod aggregate;
mod benchmark;
mod card;
mod chance;
pub mod engine;
mod evidence;
mod interval;
mod offset;
mod prior;
mod scales;

pub use aggregate::{Figures, Sums, aggregate, level_draws, mobilised, own_draws};
pub use benchmark::{Benchmark, PollBase, SE_AVERAGE, SE_ONE_POLL, StageTarget};
pub use card::{BenchmarkCard, METHOD, ModelCard, ScaleCard, ScaleSource};
pub use chance::{inverse_normal, lean_offsets};
pub use evidence::{Base, EstimateError, Evidence, Pair, Past};
pub use interval::interval90;
pub use prior::{Posterior, estimate};

/// The three continuation-ratio stages: abstain among electors; undecided among voters; favourable among decided.
pub const STAGES: usize = 3;

/// Names of the stages, for notes and cards.
pub const STAGE_NAMES: [&str; STAGES] = ["abstain", "undecided", "favourable"];
