//! What keeps a person's opinion from being found in what is published: noise, groups, the mosaic, and the attacks.
//!
//! Invariants:
//! - Noise is drawn by whole numbers alone: floating point has gaps through which the exact count can be read
//!   (Mironov 2012). Chance enters as an argument; callers give the operating system's.
//! - Counts leave [`count_in_groups`] noised, in groups of at least [`MIN_ANSWERS`]. The exact ones are consumed.
//! - The mosaic is a function of public electors and outlines; it becomes coarser, never finer.
//! - The attacks see only what is published.
//!
//! `campaign` calls this crate while it imports, publishes and audits. It opens no file and knows no database.

pub mod attacks;
mod audit;
mod groups;
mod mosaic;
mod noise;

pub use audit::{PairFindings, Publication, Told, ToldTogether};
pub use groups::{ANSWER, Counted, Grain, Group, MIN_ANSWERS, Tally, count_in_groups};
pub use mosaic::{LEAST_DEFAULT, LEAST_FLOOR, Mosaic};
pub use noise::{Budget, BudgetError, DiscreteLaplace};
