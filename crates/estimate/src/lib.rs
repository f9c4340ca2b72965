//! From evidence to figures: the posterior of every finest area in 200 coherent draws, and the tables of every level.
//!
//! Two steps. [`estimate`] turns [`Evidence`] (the tree, a baseline election, past pairs, polls and known totals) into
//! a [`Posterior`]: draws of the four groups per leaf. [`aggregate`] turns draws into published tables, one figure for
//! every face.
//!
//! Per stage (abstain; undecided among voters; favourable among the decided), on the logit scale:
//!
//! ```text
//! logit p_i = l_i + mu + x_i' beta + effects of i's ancestors + effect of i
//! ```
//!
//! `l_i` is the baseline's log odds, `mu` the campaign's common swing, `x` covariates; the scales of the effects have
//! priors from the campaign's own past pairs, and are learnt from canvass answers by the [`engine`]. Polls and known
//! totals are soft benchmarks. How to read it: `evidence` (what is told), `offset`, `covariates`, `scales` (history),
//! `fitting` (the steps), `report` and `card` (what was learnt), `aggregate` (published tables).
//!
//! Invariants: the children of an area sum to it exactly in every draw; the same evidence and seed give the same bits
//! on any number of threads and in any order of areas; no figure is NaN.
//!
//! Called by `campaign`. The crate is pure: no file, no clock, no environment, and never anything about a person.

mod aggregate;
mod benchmark;
mod card;
mod chance;
mod covariates;
pub mod engine;
pub mod evaluation;
mod evidence;
mod fitting;
mod interval;
mod moved;
mod offset;
mod report;
mod scales;

pub use aggregate::{Figures, Frame, Sums, aggregate, level_draws, mobilised, own_draws};
pub use benchmark::{AcrossTarget, Benchmark, PollBase, SE_AVERAGE, SE_ONE_POLL, Said, StageTarget};
pub use card::{BenchmarkCard, DistrictCard, METHOD, ModelCard, ScaleCard, ScaleSource, SlopeCard, StageCard};
pub use chance::{inverse_normal, lean_offsets};
pub use evidence::{Answers, BIASES, Base, CovariateGroup, Districts, EstimateError, Evidence, Pair, Past};
pub use fitting::{Posterior, estimate};
pub use interval::interval90;
pub use moved::{Moved, MovedDraws, moved, share_of};
pub use offset::swing_error;

/// The three continuation-ratio stages: abstain among electors; undecided among voters; favourable among decided.
pub const STAGES: usize = 3;

/// Names of the stages, for notes and cards.
pub const STAGE_NAMES: [&str; STAGES] = ["abstain", "undecided", "favourable"];
