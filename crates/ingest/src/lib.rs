//! Files that a campaign brings, turned into records: areas, results, polls, covariates, population, groupings.
//!
//! Invariants:
//! - a reader reports **every** fault of a file, each with its row, its column, what was found and what was expected,
//!   and then gives no record at all: a file is taken wholly or not at all;
//! - no vote is lost: what a reader keeps, skips by `--where` or places elsewhere is in the account;
//! - whatever was guessed (encoding, delimiter, form of the file) or computed (a column that was not there) is said in
//!   the account.
//!
//! `campaign` calls this crate, gives it paths and the codes of the areas it knows, and stores what comes back.
//! This crate opens files and never writes one; it knows no database and prints nothing.

pub mod answers;
pub mod areas;
pub mod covariates;
mod fault;
pub mod grouping;
pub mod points;
pub mod polls;
pub mod population;
pub mod results;
mod source;
pub mod table;
mod template;

pub use fault::{Fault, Found, IngestError, Refusal, SHOWN_FAULTS, did_you_mean, grouped};
pub use source::{Kind, Limits, Source};
pub use template::{BoundTemplate, Template, missing_columns};
